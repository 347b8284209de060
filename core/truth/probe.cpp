#include "truth/probe.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "truth/own_law.h"
#include "engine/reference.h"
#include "engine/reward_model.h"
#include "truth/target.h"
#include "truth/vector_field.h"
#include "session/classes.h"
#include "session/enums.h"

namespace gs {
namespace {

constexpr int kMostClasses = 6;  // whose estimates are listed

Vec2 denoiserOf(const Experiment& e, const std::shared_ptr<const Mixture>& m, const FieldLevel& f, Vec2 x,
                const Plan* previous) {
  return GuidedInDouble(compileLevels(e, m, {f.t}, {f.ratio}, previous)).denoise(0, x / f.level.alpha);
}

Sym2 covarianceOf(std::span<const Vec2> x, Vec2 mean) {
  Sym2 c{0, 0, 0};
  for (const Vec2 p : x) c = c + Sym2::outer(p - mean);
  return (1 / std::max(1., double(x.size()) - 1)) * c;
}

// The places between two rows; the second row is not looked at where it weighs nothing.
std::vector<float> weighted(const RowsAt& at, std::span<const float> here, std::span<const float> there) {
  std::vector<float> out(here.size());
  const float u = float(at.here), v = float(at.there);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = at.there > 0 ? u * here[i] + v * there[i] : u * here[i];
  return out;
}

}  // namespace

ProbeAnswer probeAt(const Experiment& e, std::shared_ptr<const Mixture> m, double time, Vec2 x, const Plan* previous) {
  const FieldLevel f = fieldLevel(e, *m, time);
  ProbeAnswer out;
  out.x = x;
  out.t = f.t;
  out.ratio = f.ratio;
  out.level = f.level;
  out.logDensity = logDensity(*m, x, f.level);
  out.logConditional = logDensity(*m, x, f.level, e.condition);
  out.classPosterior = classPosterior(*m, x, f.level);
  using Kind = ProbeAnswer::Estimate::Kind;
  const bool conditional = e.condition != kUnconditional && m->classes() > 1;
  const auto name = [&](int label) { return className(e.distribution, label, 10); };

  Experiment plain = e;
  plain.guidance.clear();
  out.base = denoiserOf(plain, m, f, x, previous);
  out.estimates.push_back({Kind::Condition, conditional ? "D(x | " + name(e.condition) + ")" : "D(x)",
                           conditional ? e.condition : -1, out.base});
  if (conditional) {
    out.estimates.push_back({Kind::Whole, "D(x)", -1, denoise(*m, x, f.level)});
    for (int c = 0; c < m->classes() && m->classes() <= kMostClasses; ++c)
      if (c != e.condition)
        out.estimates.push_back({Kind::Class, "D(x | " + name(c) + ")", c, denoise(*m, x, f.level, c)});
  }
  // Term by term: what each adds to those above it.
  Vec2 before = out.base;
  Experiment some = plain;
  for (const Term& t : e.guidance) {
    some.guidance.push_back(t);
    if (!t.enabled || t.omega == 0) continue;
    const Vec2 now = denoiserOf(some, m, f, x, previous);
    out.pushes.push_back({std::string(enumLabel(t.kind)), now - before});
    before = now;
    if (t.kind != TermKind::Autoguidance && t.kind != TermKind::Reward) continue;
    // The other denoiser of a difference, by the term alone with a weight of 1.
    Experiment alone = plain;
    alone.guidance = {t};
    alone.guidance[0].omega = 1;
    alone.guidance[0].curve = {};
    const Vec2 difference = denoiserOf(alone, m, f, x, previous) - out.base;
    if (t.kind == TermKind::Autoguidance)
      out.estimates.push_back({Kind::Weak, "weak model", -1, out.base - difference});
    else if (t.reward.kind != RewardKind::Cost && baseOf(t.reward, e.condition) == e.condition)
      out.estimates.push_back({Kind::Reward, "reweighted by r", -1, out.base + difference});
  }
  out.guided = before;
  if (!out.pushes.empty()) out.estimates.push_back({Kind::Guided, "guided", -1, out.guided});

  // p(x0 | x, c): every component with its share at x, narrowed by what x says (Tweedie).
  const Mixture law = conditioned(*m, e.condition);
  const double ratio = f.ratio;
  const Vec2 y = x / f.level.alpha;
  double top = -1e300;
  std::vector<double> logs;
  for (const Component& c : law.components) {
    const Sym2 wide = c.covariance + Sym2::isotropic(ratio * ratio);
    const Vec2 d = y - c.mean;
    logs.push_back(std::log(c.weight) - .5 * glm::dot(d, wide.inverse() * d) - .5 * std::log(wide.determinant()));
    top = std::max(top, logs.back());
  }
  double sum = 0;
  for (double& l : logs) sum += l = std::exp(l - top);
  for (std::size_t k = 0; k < logs.size(); ++k) {
    if (logs[k] / sum < 1e-6) continue;
    Component c = law.components[k];
    const Sym2 precision = c.covariance.inverse() + Sym2::isotropic(1 / (ratio * ratio));
    const Vec2 pull = c.covariance.inverse() * c.mean + y / (ratio * ratio);
    c.weight = logs[k] / sum;
    c.covariance = precision.inverse();
    c.mean = c.covariance * pull;
    out.posterior.components.push_back(c);
  }
  return out;
}

std::shared_ptr<const ParticleRecord> particleRecord(const Engine& engine, const Plan& plan,
                                                     std::shared_ptr<const Frame> frame, int particle,
                                                     std::stop_token stop) {
  if (particle < 0 || particle >= frame->particles) return nullptr;
  const Experiment& e = *frame->experiment;
  auto out = std::make_shared<ParticleRecord>();
  out->frame = frame;
  out->particle = particle;
  Experiment plain = e;
  plain.guidance.clear();
  const auto twin = engine.sample(compile(plain, frame->mixture), {particle, 1}, stop);
  if (!twin) return nullptr;
  const std::vector<float> own = frame->path(particle), twins = twin->path(0);
  std::vector<double> times, ratios;
  std::vector<Vec2> places;
  const double least = 1e-3 * narrowestWidth(*frame->mixture);
  for (int row = 0; row < frame->rows(); ++row) {
    const GridPoint& g = frame->grid[std::size_t(frame->stepOf(row))];
    const float* const here = own.data() + 2 * row;
    const float* const there = twins.data() + 2 * twin->rowNear(frame->stepOf(row));
    out->x.insert(out->x.end(), here, here + 2);
    out->twin.insert(out->twin.end(), there, there + 2);
    times.push_back(g.t);
    ratios.push_back(std::clamp(std::isinf(g.ratio) ? 1e4 : g.ratio, least, 1e4));
    const double alpha = g.level.alpha > 0 ? g.level.alpha : levelOfRatio(e.schedule, ratios.back()).alpha;
    places.push_back(Vec2(here[0], here[1]) / alpha);
  }
  if (stop.stop_requested()) return nullptr;
  const GuidedInDouble guided(compileLevels(e, frame->mixture, times, ratios, &plan)),
      base(compileLevels(plain, frame->mixture, times, ratios));
  const Tilt tilt = tiltOf(e);
  LogReward reward;
  if (tilt.reward) reward = rewardFunction(*tilt.reward, *frame->mixture, e.condition, tilt.path);
  const bool conditional = e.condition != kUnconditional && frame->mixture->classes() > 1;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool lost = blownUp(out->x[2 * i], out->x[2 * i + 1]);
    const Vec2 d = lost ? Vec2(0.0) : base.denoise(int(i), places[i]);
    const Vec2 g = lost ? Vec2(0.0) : guided.denoise(int(i), places[i]);
    const float none = std::nanf("");
    out->push.push_back(lost ? none : float(glm::length(g - d)));
    const NoiseLevel level{1, ratios[i]};
    if (conditional)
      out->classPosterior.push_back(
          lost ? none : float(std::exp(logClassPosterior(*frame->mixture, places[i], level, e.condition))));
    if (reward) out->logReward.push_back(lost ? none : float(std::max(reward(g), -50.)));
  }
  return out;
}

std::vector<float> positionsAt(const Frame& frame, double time, bool normalised, int count) {
  const RowsAt at = rowsAt(frame, time, normalised);
  const HostRow here = frame.read(at.row, count);
  return at.there > 0 ? weighted(at, here, frame.read(at.next, count)) : weighted(at, here, {});
}

std::vector<int> particlesWithin(std::span<const float> x, std::span<const Vec2> outline) {
  std::vector<int> out;
  if (outline.size() < 3) return out;
  Vec2 low = outline[0], high = low;  // of ten million particles most are not even in the rectangle around it
  for (const Vec2 p : outline) low = glm::min(low, p), high = glm::max(high, p);
  for (std::size_t i = 0; i + 1 < x.size(); i += 2) {
    if (blownUp(x[i], x[i + 1])) continue;
    const Vec2 p(x[i], x[i + 1]);
    if (p.x < low.x || p.x > high.x || p.y < low.y || p.y > high.y) continue;
    bool in = false;  // by crossings of a ray to the right
    for (std::size_t k = 0, j = outline.size() - 1; k < outline.size(); j = k++) {
      const Vec2 a = outline[k], b = outline[j];
      if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + (b.x - a.x) * (p.y - a.y) / (b.y - a.y)) in = !in;
    }
    if (in) out.push_back(int(i / 2));
  }
  return out;
}

int nearestParticle(std::span<const float> x, Vec2 at, double reach) {
  int best = -1;
  double least = reach * reach;
  for (std::size_t i = 0; i + 1 < x.size(); i += 2) {
    const Vec2 d(double(x[i]) - at.x, double(x[i + 1]) - at.y);
    if (const double s = glm::dot(d, d); s < least) least = s, best = int(i / 2);
  }
  return best;
}

std::vector<int> chosenParticles(const Engine& engine, const Frame& frame, double time, bool normalised,
                                 std::span<const Vec2> outline, double reach, std::stop_token stop) {
  if (outline.empty()) return {};
  const bool click = outline.size() == 1;
  const RowsAt at = rowsAt(frame, time, normalised);
  std::optional<std::vector<int>> near;
  if (frame.device) near = engine.near(frame, at, outline, click ? reach : 0, stop);
  if (stop.stop_requested()) return {};
  std::vector<float> x;
  if (near) {
    const std::vector<float> rows = frame.gather(std::array{at.row, at.next}, *near);
    x = weighted(at, std::span(rows).first(rows.size() / 2), std::span(rows).last(rows.size() / 2));
  } else {
    x = positionsAt(frame, time, normalised);
  }
  std::vector<int> out;
  if (!click)
    out = particlesWithin(x, outline);
  else if (const int i = nearestParticle(x, outline[0], reach); i >= 0)
    out = {i};
  if (near)
    for (int& i : out) i = (*near)[std::size_t(i)];
  return out;
}

Group groupOf(const Frame& frame, std::vector<int> particles, double time, bool normalised) {
  Group out;
  out.of = frame.particles;
  std::erase_if(particles, [&](int i) { return i < 0 || i >= frame.particles; });
  const RowsAt at = rowsAt(frame, time, normalised);
  const std::vector<float> rows = frame.gather(std::array{at.row, at.next, frame.rows() - 1}, particles);
  const std::size_t row = 2 * particles.size();
  const std::span<const float> from = std::span(rows).first(row), to = std::span(rows).subspan(row, row),
                               end = std::span(rows).last(row);
  const std::vector<float> here = weighted(at, from, to),
                           own = normalised ? weighted(rowsAt(frame, time, false), from, to) : here;
  const Experiment& e = *frame.experiment;
  const FieldLevel f = fieldLevel(e, *frame.mixture, time);
  const bool conditional = e.condition != kUnconditional && frame.mixture->classes() > 1;
  std::vector<Vec2> now, then;
  double posterior = 0, endPosterior = 0;
  std::size_t asked = 0;
  const auto pair = [](std::span<const float> v, std::size_t k) { return Vec2(v[k], v[k + 1]); };
  for (std::size_t k = 0; k < row; k += 2) {
    if (blownUp(end[k], end[k + 1]) || blownUp(own[k], own[k + 1])) continue;
    now.push_back(pair(here, k));
    then.push_back(pair(end, k));
    if (!conditional || asked == kMostGroupPosteriors) continue;
    ++asked;
    posterior += std::exp(logClassPosterior(*frame.mixture, pair(own, k), f.level, e.condition));
    endPosterior += std::exp(logClassPosterior(*frame.mixture, then.back(), {1, 0}, e.condition));
  }
  out.x = here;
  for (const Vec2 p : now) out.mean += p / double(now.size());
  for (const Vec2 p : then) out.endMean += p / double(then.size());
  out.covariance = covarianceOf(now, out.mean);
  out.endCovariance = covarianceOf(then, out.endMean);
  out.classPosterior = asked ? posterior / double(asked) : 0;
  out.endPosterior = asked ? endPosterior / double(asked) : 0;
  out.particles = std::move(particles);
  return out;
}

}  // namespace gs
