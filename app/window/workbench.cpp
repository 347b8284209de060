#include "workbench.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "playback.h"
#include "render/palette.h"
#include "session/caption.h"
#include "session/json.h"

namespace gs {
namespace {

constexpr double kTransitionSeconds = 0.25;
constexpr double kMinHeight = 1e-3, kMaxHeight = 1e4;  // of the camera, data units
constexpr int kMaxDensityWidth = 480;

// A camera says how much is seen from bottom to top; scenes and fit() mean a picture of 4:3 or wider. In a narrower one
// the same things stay in sight when the height grows by this.
double breadth(const PixelRect& r) {
  return r.width > 0 && r.height > 0 ? std::max(1., 4. / 3 * r.height / r.width) : 1;
}

// Which law it is, leaving out how it was fitted.
bool sameLaw(const Distribution& a, const Distribution& b) {
  return a.kind == b.kind && a.name == b.name && a.word == b.word && a.file == b.file &&
         (a.kind != DistributionKind::Mixture || a.mixture == b.mixture);
}

// What is shown of an experiment: the exact model for the second that LibTorch takes to open. (What is written or
// learned is told instead that there is no network yet.)
Experiment shownNow(const Experiment& asked, const NetworkTrainingAnswer& a) {
  Experiment e = withTrained(asked, a);
  const auto leaveOut = [&](NetworkFile& n) {
    if (n.file == kTrainedHere && !n.network && a.progress.phase == LearnPhase::Opening) n = {};
  };
  leaveOut(e.model.network);
  for (Term& t : e.guidance) leaveOut(t.network);
  return e;
}

}  // namespace

Camera framing(const Mixture& mixture, std::span<const float> ends) {
  Camera camera = fit(mixture);
  std::vector<float> axis[2];
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2)
    if (!blownUp(ends[i], ends[i + 1])) axis[0].push_back(ends[i]), axis[1].push_back(ends[i + 1]);
  if (axis[0].empty()) return camera;
  constexpr double kLeftOut = 0.0025, kMargin = 0.04;  // at either end; of the samples' extent
  const Vec2 half = 0.5 * camera.height * Vec2(4. / 3, 1);
  Vec2 lo = camera.center - half, hi = camera.center + half;
  for (int i = 0; i < 2; ++i) {
    auto& v = axis[i];
    const auto quantile = [&v](double q) {
      const auto at = v.begin() + std::ptrdiff_t(std::lround(q * double(v.size() - 1)));
      std::nth_element(v.begin(), at, v.end());
      return double(*at);
    };
    const double first = quantile(kLeftOut), last = quantile(1 - kLeftOut), margin = kMargin * (last - first);
    lo[i] = std::min(lo[i], first - margin);
    hi[i] = std::max(hi[i], last + margin);
  }
  if (lo == camera.center - half && hi == camera.center + half) return camera;
  return {0.5 * (lo + hi), std::max(hi.y - lo.y, 0.75 * (hi.x - lo.x))};
}

Workbench::Workbench(Session start, std::shared_ptr<const Engine> engine, std::function<void()> wake)
    : document(std::move(start)),
      engine_(std::move(engine)),
      wake_(std::move(wake)),
      studies_(wake_),
      learning_(wake_),
      training_(wake_) {
  framed_ = document.session.panes[0].distribution;
  for (const ScenePreset& p : scenePresets())
    if (p.title == document.session.name) scene_ = p.name;
  keepCamera_ = scene_.empty();
  shown_ = document.session;
  collect();
}

const LiveAnswer& Workbench::active() const {
  return answers_[std::size_t(std::clamp(ui.activePane, 0, int(answers_.size()) - 1))];
}

// ---- one frame -----------------------------------------------------------------------------------------------------

void Workbench::advance(double seconds) {
  View& view = document.session.view;
  if (ui.playing) {
    view.time = advanceTime(view.time, seconds, view.speed, view.reducedMotion);
    if (view.time <= 0) ui.playing = false;
  }
  if (transition_) {
    transition_->elapsed += seconds;
    const double u = std::min(1.0, transition_->elapsed / kTransitionSeconds), w = easedProgress(u);
    const Camera &a = transition_->from, &b = transition_->to;
    view.camera.center = a.center + w * (b.center - a.center);
    view.camera.height = a.height * std::pow(b.height / a.height, w);
    if (u >= 1) {
      view.camera = b;
      transition_.reset();
    }
  }
}

const std::vector<LiveAnswer>& Workbench::collect() {
  const std::size_t n = document.session.panes.size();
  while (lives_.size() < n) lives_.push_back(std::make_unique<Live>(engine_, wake_));
  answers_.resize(n);
  for (std::size_t i = 0; i < n; ++i)
    answers_[i] = lives_[i]->answer(), answers_[i].error = inPane(int(i), answers_[i].error);
  ui.activePane = std::clamp(ui.activePane, 0, int(n) - 1);
  ui.study = studies_.answer();
  ui.study.error = inPane(ui.activePane, ui.study.error);
  ui.learning = learning_.answer();
  ui.training = training_.answer();
  return answers_;
}

void Workbench::settle(const UiResult& result) {
  gesture_ = result.gesture;
  panes_ = result.panes;
  followShape();
  if (!gesture_ && !hand_) document.commit();
  followDistribution();
  const bool edited = document.session.panes != shown_.panes;
  if (document.session != shown_) {
    shown_ = document.session;
    changed_ = std::chrono::steady_clock::now();
  }
  collect();
  const std::size_t n = std::min(document.session.panes.size(), panes_.size());
  for (std::size_t i = 0; i < n; ++i)
    if (panes_[i].width > 0 && panes_[i].height > 0) lives_[i]->want(request(int(i)));
  if (edited) {
    const auto until = std::chrono::steady_clock::now() + kGrace;
    for (std::size_t i = 0; i < n; ++i) lives_[i]->waitFrame(until - std::chrono::steady_clock::now());
    collect();
  }
  switch (result.learn) {
    case LearnAsk::Start:
      learning_.start(withTrained(document.session.panes[std::size_t(ui.activePane)], ui.training),
                      document.session.training);
      break;
    case LearnAsk::Pause:
      learning_.pause();
      break;
    case LearnAsk::Resume:
      learning_.resume();
      break;
    case LearnAsk::Stop:
      learning_.stop();
      break;
    case LearnAsk::Nothing:
      break;
  }
  switch (result.train) {
    case LearnAsk::Start:
      training_.start(document.session.panes[std::size_t(ui.activePane)], document.session.training, result.trainKind);
      break;
    case LearnAsk::Pause:
      training_.pause();
      break;
    case LearnAsk::Resume:
      training_.resume();
      break;
    case LearnAsk::Stop:
      training_.stop();
      break;
    case LearnAsk::Nothing:
      break;
  }
  StudyRequest study = ui::studyRequest(shownNow(document.session.panes[std::size_t(ui.activePane)], ui.training), ui);
  study.moving = moving();
  studies_.want(study);
  // What cannot be computed is said once, and taken back when it can.
  const std::string& error = active().error;
  if (error == shownError_) return;
  if (!error.empty())
    fail(error);
  else if (ui.messageIsError && ui.message == shownError_)
    notice({});
  shownError_ = error;
}

// Panes, panels and the window's size change the picture's shape; what was in sight stays there.
void Workbench::followShape() {
  if (panes_.empty()) return;
  const double now = breadth(panes_[std::min(std::size_t(ui.activePane), panes_.size() - 1)]);
  if (now == breadth_) return;
  const double factor = std::exchange(keepCamera_, false) ? 1 : now / breadth_;
  breadth_ = now;
  document.session.view.camera.height *= factor;
  if (transition_) transition_->from.height *= factor, transition_->to.height *= factor;
}

Session Workbench::exported() const {
  Session s = document.session;
  for (Experiment& e : s.panes) e = withTrained(std::move(e), ui.training);
  return s;
}

LiveRequest Workbench::request(int pane) const {
  const Session& s = document.session;
  LiveRequest r;
  r.experiment = shownNow(s.panes[std::size_t(pane)], ui.training);
  if (reference_ && pane == ui.activePane)
    for (Term& term : r.experiment.guidance) term.omega = 0;
  // A learned weight without a table yet follows the training of this very model.
  const LearningAnswer& learned = ui.learning;
  if (learned.request && learned.progress.weights && learned.request->experiment.model == r.experiment.model &&
      learned.request->experiment.distribution == r.experiment.distribution)
    for (Term& term : r.experiment.guidance)
      if (term.curve.kind == CurveKind::Learned && term.curve.learned.classes == 0)
        term.curve.learned = *learned.progress.weights;
  r.time = s.view.time;
  const PixelRect& rect = panes_[std::size_t(pane)];
  r.grid = visibleGrid(s.view, NoiseLevel{}, rect.width, rect.height, std::clamp(rect.width / 2, 16, kMaxDensityWidth));
  r.coordinates = s.view.coordinates;
  // Of a particle whose middle is farther out nothing is seen.
  r.reach = 0.5 * s.view.particles.size * palette(s.view.theme).strokes * pixelRatio * s.view.camera.height /
            std::max(1, rect.height);
  r.wantDensity = s.view.density.visible;
  r.wantTarget = s.view.target.visible || s.view.reward.visible;
  r.wantPoints = s.view.particles.visible && (s.view.particles.color == ParticleColor::ClassPosterior ||
                                              s.view.particles.color == ParticleColor::PushSize);
  r.truths = truthWants(s.view, s.view.camera.height / std::max(1, rect.height) * pixelRatio);
  const UiState::Pointing& mouse = ui.pointing;
  r.inspect.probe = mouse.probe && mouse.known && pane == mouse.pane;
  if (r.inspect.probe) r.inspect.point = mouse.at;
  r.inspect.marked = s.view.particles.marked;
  r.inspect.group = mouse.group;
  if (pane == mouse.pane && mouse.serial != mouse.taken) {
    r.inspect.outline = mouse.outline;
    r.inspect.reach = mouse.reach;
    r.inspect.serial = mouse.serial;
  }
  r.wantMetrics = ui.rightOpen;
  r.moving = moving();
  return r;
}

// Another distribution chosen in a panel, imported, or brought back by undo is framed as soon as it is known.
void Workbench::followDistribution() {
  const Distribution& now = document.session.panes[std::size_t(ui.activePane)].distribution;
  if (!sameLaw(now, framed_)) {
    fitWhenKnown_ = true;
    before_ = active().mixture;
    framed_ = now;
  }
  if (fitWhenKnown_ && !gesture_ && active().mixture && active().mixture != before_) {
    fitWhenKnown_ = false;
    before_.reset();
    fitView();
  }
}

Picture Workbench::picture(int pane) const {
  const LiveAnswer& a = answers_[std::size_t(pane)];
  return {.frame = a.frame,
          .density = a.density,
          .target = a.target,
          .points = a.points,
          .label = label(pane),
          .truths = a.truths,
          .record = a.inspected.record,
          .group = a.inspected.group,
          .outside = a.outside};
}

std::string Workbench::label(int pane) const {
  const LiveAnswer& a = answers_[std::size_t(pane)];
  const int classes = a.mixture ? a.mixture->classes() : 0;
  if (!reference_ || pane != ui.activePane) return caption(document.session, pane, classes);
  Session unguided = document.session;
  for (Term& term : unguided.panes[std::size_t(pane)].guidance) term.omega = 0;
  return "Reference: " + caption(unguided, pane, classes);
}

bool Workbench::moving() const {
  return animating() || std::chrono::steady_clock::now() - changed_ < std::chrono::duration<double>(kRest);
}

bool Workbench::settled() const {
  return !moving() && !ui.study.busy &&
         std::all_of(answers_.begin(), answers_.end(), [](const LiveAnswer& a) { return a.settled; });
}

void Workbench::waitSettled() const {
  for (std::size_t i = 0; i < document.session.panes.size(); ++i) lives_[i]->waitSettled();
  studies_.waitSettled();
}

// ---- the camera -----------------------------------------------------------------------------------------------------

void Workbench::moveCamera(const Camera& to) {
  View& view = document.session.view;
  if (view.reducedMotion) {
    view.camera = to;
    transition_.reset();
  } else if (view.camera != to) {
    transition_ = Transition{view.camera, to};
  }
}

void Workbench::fitView() {
  const auto mixture = active().mixture;
  if (!mixture) return;
  const LiveAnswer& a = active();
  std::span<const float> ends;
  if (a.frame && a.frame->mixture == mixture) {
    // What lies on a device is not waited for here: once it has been measured, its ends are known.
    if (!a.frame->device)
      ends = a.frame->at(a.frame->steps()).first(2 * std::size_t(std::min(a.frame->particles, 1 << 15)));
    else if (a.ends && a.metricsOf == a.frame->experiment)
      ends = *a.ends;
  }
  Camera camera = framing(*mixture, ends);
  camera.height = std::clamp(camera.height * breadth_, kMinHeight, kMaxHeight);
  moveCamera(camera);
}

void Workbench::recompute() {
  for (const auto& live : lives_) live->recompute();
}

void Workbench::pan(int pane, Vec2 pixels) {
  transition_.reset();
  Camera& camera = document.session.view.camera;
  camera.center -= pixels * (camera.height / panes_[std::size_t(pane)].height);
}

void Workbench::zoom(int pane, Vec2 at, double factor) {
  transition_.reset();
  Camera& camera = document.session.view.camera;
  const PixelRect& rect = panes_[std::size_t(pane)];
  const Vec2 fixedPoint = toData(camera, at, rect.width, rect.height);
  camera.height = std::clamp(camera.height / factor, kMinHeight, kMaxHeight);
  camera.center += fixedPoint - toData(camera, at, rect.width, rect.height);
}

}  // namespace gs
