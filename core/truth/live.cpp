#include "truth/live.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <optional>

#include "data/distributions.h"
#include "engine/latest_job.h"
#include "engine/program.h"
#include "engine/reward_model.h"
#include "truth/target.h"

namespace gs {
namespace {

// Level 0 of a drag should take about this long; it is sized from the throughput measured so far.
constexpr double kFirstLevelSeconds = 0.008;
// Fields while something moves, and the bounds of those at rest: numbers to upload, component evaluations.
constexpr int kMovingWidth = 160;
constexpr double kMostFieldValues = 2.5e6, kMostFieldRows = 4e8;
constexpr double kCheapFieldRows = 1.5e7;
constexpr double kMostMetricRows = 4e7;
constexpr int kEnergySamples = 2000;
// Of a frame on a device: what needs the samples themselves takes no more of them, the rest comes as sums.
constexpr int kMostRead = 4096;
constexpr int kMostEnds = 1 << 15;  // to frame them: of many the first ones are a fair sample

double costOf(const Plan& plan) { return plan.rowEvaluations + kOverheadRows * std::max(1, plan.modelCalls); }

FieldGrid scaled(FieldGrid grid, double factor) {
  if (factor >= 1) return grid;
  grid.width = std::max(1, int(std::lround(grid.width * factor)));
  grid.height = std::max(1, int(std::lround(grid.height * factor)));
  return grid;
}
FieldGrid coarse(const FieldGrid& grid) { return scaled(grid, double(kMovingWidth) / std::max(1, grid.width)); }
FieldGrid fine(const FieldGrid& grid, const Mixture& m) {
  const double pixels = double(grid.width) * grid.height;
  return scaled(grid, std::sqrt(std::min(kMostFieldValues / (pixels * m.classes()),
                                         kMostFieldRows / (pixels * double(m.components.size())))));
}
// The rectangle of the view's coordinates in the schedule's own at a level.
FieldGrid inSchedule(FieldGrid grid, Coordinates coordinates, NoiseLevel level) {
  if (coordinates == Coordinates::Schedule) return grid;
  const double spread = std::hypot(level.alpha, level.sigma);
  grid.lo *= spread;
  grid.hi *= spread;
  return grid;
}
bool sameRectangle(const FieldGrid& a, const FieldGrid& b) { return a.lo == b.lo && a.hi == b.hi; }
bool usable(const FieldGrid& g) {
  return g.width > 0 && g.height > 0 && std::isfinite(g.lo.x) && std::isfinite(g.lo.y) && std::isfinite(g.hi.x) &&
         std::isfinite(g.hi.y) && g.lo.x < g.hi.x && g.lo.y < g.hi.y;
}

// Work that is posted and done, by serial number.
struct Stage {
  std::uint64_t posted = 0, done = 0;
  bool busy() const { return done < posted; }
};

}  // namespace

struct Live::Impl {
  struct FrameRequest {
    std::uint64_t serial = 0;
    std::shared_ptr<const Experiment> experiment;
  };
  struct FieldRequest {
    std::uint64_t serial = 0;
    std::shared_ptr<const LiveRequest> want;
  };
  struct MetricsRequest {
    std::uint64_t serial = 0;
    std::shared_ptr<const Frame> frame;
  };

  Impl(std::shared_ptr<const Engine> e, std::function<void()> w)
      : engine(std::move(e)),
        wake(std::move(w)),
        truthMaker(engine),
        metricsJob([this](const MetricsRequest& r, int level, std::stop_token s) { return runMetrics(r, level, s); }),
        fieldJob([this](const FieldRequest& r, int level, std::stop_token s) { return runFields(r, level, s); }),
        frameJob([this](const FrameRequest& r, int level, std::stop_token s) { return runFrames(r, level, s); }) {}

  // ---- shared, under mutex --------------------------------------------------------------------------------------
  const std::shared_ptr<const Engine> engine;
  const std::function<void()> wake;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::shared_ptr<const LiveRequest> wanted;
  LiveAnswer answer;
  std::shared_ptr<const Plan> framePlan;   // of answer.frame
  std::shared_ptr<const Frame> abandoned;  // with its device
  std::shared_ptr<const Frame> measured;   // what answer.metrics is of, or will be
  std::string frameError, fieldError;
  Stage frames, fields, metrics;

  // The law of the newest distribution; workers wait for each other here, the window never does.
  std::mutex resolveMutex;
  std::optional<Distribution> resolved;
  std::shared_ptr<const Mixture> resolvedMixture;

  // ---- of the frame worker --------------------------------------------------------------------------------------
  std::shared_ptr<const Plan> plan;
  double secondsPerRow = 5e-10;  // measured as the program runs
  double planSeconds = 0;        // of the last plan

  // ---- of the field worker --------------------------------------------------------------------------------------
  struct Fields {
    std::shared_ptr<const Mixture> mixture;
    std::shared_ptr<const DensityField> density;
    // At t = 0, for targets: on the visible grid, and on one that covers the law. A weight changes neither.
    std::shared_ptr<const Mixture> dataMixture;
    std::shared_ptr<const DensityField> visible, law;
    // log r on the same grids, and its lines: they depend on the reward, not on its weight.
    std::vector<float> rewardOnVisible, rewardOnLaw;
    std::shared_ptr<const RewardField> reward;
    std::optional<Tilt> tilt;
    std::shared_ptr<const TargetField> target;
    std::shared_ptr<const Frame> pointsFrame;
    int pointsStep = -1;
    Truths truths;
    Inspected inspected;
    std::shared_ptr<const Frame> recordFrame, groupFrame;
    double groupTime = -1;
    Coordinates groupCoordinates = Coordinates::Schedule;
  } kept;
  TruthMaker truthMaker;
  bool shownOutside = false;
  std::atomic<bool> densityLost{false};

  // The three workers, destroyed first; the frame worker posts to the others.
  LatestJob<MetricsRequest> metricsJob;
  LatestJob<FieldRequest> fieldJob;
  LatestJob<FrameRequest> frameJob;

  std::shared_ptr<const Mixture> mixtureOf(const Distribution& d) {
    std::lock_guard lock(resolveMutex);
    if (!resolved || *resolved != d) {
      auto mixture = resolve(d);
      resolved = d;
      resolvedMixture = std::move(mixture);
    }
    return resolvedMixture;
  }

  void postFrame() {  // with mutex
    frameJob.post({++frames.posted, std::shared_ptr<const Experiment>(wanted, &wanted->experiment)});
    dropMetrics();
  }
  void postFields() {  // with mutex
    fieldJob.post({++fields.posted, wanted});
  }
  void postMetricsIfDue() {  // with mutex
    if (!wanted->wantMetrics || wanted->moving || !answer.frame || frames.busy() || measured == answer.frame) return;
    if (*answer.frame->experiment != wanted->experiment) return;
    measured = answer.frame;
    metricsJob.post({++metrics.posted, answer.frame});
  }
  void
  dropMetrics() {  // with mutex: what is being measured is out of date, and needs the processor for what replaces it
    if (!metrics.busy()) return;
    measured = nullptr;
    metricsJob.post({++metrics.posted, nullptr});
  }
  // Changes the shared state, then tells everybody.
  template <class Change>
  void publish(Change change) {
    {
      std::lock_guard lock(mutex);
      change();
      answer.error = frameError.empty() ? fieldError : frameError;
    }
    changed.notify_all();
    if (wake) wake();
  }

  bool runFrames(const FrameRequest& request, int level, std::stop_token stop) {
    try {
      if (level == 0 || plan->coarse) {
        const Experiment& e = *request.experiment;
        const auto begin = std::chrono::steady_clock::now();
        auto next = std::make_shared<const Plan>(compile(e, mixtureOf(e.distribution), plan.get(), level == 0));
        planSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const Support support = engine->supports(*next);
        if (!support.ok) throw std::invalid_argument(support.reason);
        plan = std::move(next);
      }
      const int count = plan->experiment->particles.count;
      const double cost = costOf(*plan);
      int n = count;
      if (level == 0) {
        const double affordable = kFirstLevelSeconds / (secondsPerRow * cost);
        if (affordable * 1.5 < count) n = std::clamp(int(affordable) / 64 * 64, std::min(256, count), count);
      }
      const auto frame = engine->sample(*plan, n, stop);
      if (!frame) {  // stopped: a newer request, or the end, takes over
        publish([&] { frames.done = std::max(frames.done, request.serial); });
        return false;
      }
      if (n * cost > 1e5) secondsPerRow = 0.5 * secondsPerRow + 0.5 * frame->seconds / (n * cost);
      const bool last = n == count && !plan->coarse;
      publish([&] {
        if (last) {
          frames.done = std::max(frames.done, request.serial);
          answer.frameSeconds = frame->seconds;
          answer.planSeconds = planSeconds;
        }
        frameError.clear();
        answer.mixture = plan->mixture;
        answer.plan = plan;
        answer.frame = frame;
        if (!frame->device) answer.outside.reset();
        framePlan = plan;
        ++answer.framesShown;
        if (frame->device || wanted->wantPoints || wanted->truths.ofParticles() || wanted->inspect.marked >= 0 ||
            !wanted->inspect.group.empty() || wanted->inspect.serial != 0)
          postFields();
        postMetricsIfDue();
      });
      return !last;
    } catch (const std::bad_alloc&) {
      publish([&] {
        frames.done = std::max(frames.done, request.serial);
        frameError = "particles.count: there is not enough memory for " +
                     std::to_string(request.experiment->particles.count) + " particles";
      });
    } catch (const std::exception& e) {
      publish([&] {
        frames.done = std::max(frames.done, request.serial);
        frameError = e.what();
      });
    }
    return false;
  }

  std::shared_ptr<const DensityField> densityAt(const Mixture& m, NoiseLevel level, const FieldGrid& grid,
                                                const std::stop_token& stop, bool shown = false) {
    auto field = std::make_shared<const DensityField>(shown ? engine->shownDensity(m, level, grid, stop)
                                                            : engine->density(m, level, grid, stop));
    return field->empty() ? nullptr : field;
  }
  // Whether a kept field serves for the asked one.
  static bool serves(const std::shared_ptr<const DensityField>& field, NoiseLevel level, const FieldGrid& grid) {
    return field && field->level == level && sameRectangle(field->grid, grid) && field->grid.width >= grid.width &&
           field->grid.height >= grid.height;
  }

  // Brings density, target and point values up to date with the request on this grid; false when stopped.
  bool updateFields(const LiveRequest& want, const std::shared_ptr<const Mixture>& mixture, const FieldGrid& grid,
                    const std::stop_token& stop) {
    if (densityLost.exchange(false)) kept.density = nullptr;
    if (want.wantDensity && usable(want.grid)) {
      const NoiseLevel level = cursorLevel(want.experiment.schedule, timeGrid(want.experiment.schedule), want.time);
      const FieldGrid rectangle = inSchedule(grid, want.coordinates, level);
      if (kept.mixture != mixture || !serves(kept.density, level, rectangle)) {
        auto field = densityAt(*mixture, level, rectangle, stop, true);
        if (!field) return false;
        kept.mixture = mixture;
        kept.density = field;
        publish([&] { answer.density = std::move(field); });
      }
    }
    if (want.wantTarget && usable(want.grid)) {
      const Tilt tilt = tiltOf(want.experiment);
      bool stale = kept.tilt != tilt || !kept.target;
      if (std::max(want.experiment.condition, tilt.product) >= mixture->classes()) return true;  // said elsewhere
      if (kept.dataMixture != mixture) {
        kept.visible = kept.law = nullptr;
        kept.dataMixture = mixture;
        kept.reward = nullptr;
        kept.rewardOnLaw.clear();
      }
      if (tilt.absent.empty() || needsDensity(tilt)) {
        if (!serves(kept.visible, {1, 0}, grid)) {
          auto field = serves(kept.density, {1, 0}, grid) && kept.mixture == mixture && !kept.density->device
                           ? kept.density
                           : densityAt(*mixture, {1, 0}, grid, stop);
          if (!field) return false;
          kept.visible = std::move(field);
          stale = true;
        }
      }
      if (tilt.absent.empty()) {
        const FieldGrid covering = lawGrid(*mixture, tilt);
        if (!kept.law || kept.law->grid != covering) {
          kept.law = densityAt(*mixture, {1, 0}, covering, stop);
          if (!kept.law) return false;
          kept.rewardOnLaw.clear();
          stale = true;
        }
      }
      const bool onDensity = tilt.absent.empty() || needsDensity(tilt);
      const FieldGrid shown = onDensity ? kept.visible->grid : grid;
      const bool same = kept.tilt && kept.tilt->reward == tilt.reward && kept.tilt->condition == tilt.condition;
      if (tilt.reward && (!same || !kept.reward || kept.reward->grid != shown)) {
        kept.rewardOnVisible = rewardOn(tilt, *mixture, onDensity ? *kept.visible : DensityField{.grid = grid});
        kept.reward = std::make_shared<const RewardField>(rewardField(tilt, shown, kept.rewardOnVisible));
        stale = true;
      }
      if (!tilt.reward) kept.reward = nullptr;
      if (stale) {
        if (!same) kept.rewardOnLaw.clear();
        if (tilt.absent.empty() && kept.rewardOnLaw.empty()) kept.rewardOnLaw = rewardOn(tilt, *mixture, *kept.law);
        TargetField made = tilt.absent.empty() ? targetFrom(tilt, *mixture, *kept.law, *kept.visible, kept.rewardOnLaw,
                                                            kept.rewardOnVisible)
                                               : TargetField{want.grid, {}, {}, tilt.absent, {}};
        made.reward = kept.reward;
        auto target = std::make_shared<const TargetField>(std::move(made));
        kept.tilt = tilt;
        kept.target = target;
        publish([&] { answer.target = std::move(target); });
      }
    }
    if (!want.wantPoints) kept.pointsFrame = nullptr;  // or it would keep its memory for good
    if (want.wantPoints) {
      std::shared_ptr<const Frame> frame;
      std::shared_ptr<const Plan> of;
      {
        std::lock_guard lock(mutex);
        frame = answer.frame;
        of = framePlan;
      }
      if (frame) {
        const int step = nearestStep(frame->grid, want.time);
        if (kept.pointsFrame != frame || kept.pointsStep != step) {
          auto values = std::make_shared<const PointValues>(engine->pointValues(*of, *frame, step, stop));
          if (stop.stop_requested()) return false;
          kept.pointsFrame = frame;
          kept.pointsStep = step;
          publish([&] { answer.points = std::move(values); });
        }
      }
    }
    return true;
  }

  std::shared_ptr<const Frame> shownFrame() const {
    std::lock_guard lock(mutex);
    return answer.frame;
  }
  // A frame whose device is gone is asked for once more: the engine goes on without it. True: what failed is repaired.
  bool renewFrame(const std::shared_ptr<const Frame>& frame) {
    if (!frame || engine->keeps(*frame)) return false;
    std::lock_guard lock(mutex);
    if (frame == answer.frame && abandoned != frame) {
      abandoned = frame;
      densityLost = true;
      postFrame();
      postFields();
    }
    return true;
  }

  // Particles outside the view, of a frame on a device.
  void countOutside(const LiveRequest& want) {
    const std::shared_ptr<const Frame> frame = shownFrame();
    std::optional<Outside> found;
    if (frame && frame->device && usable(want.grid))
      found = engine->outside(*frame, rowsAt(*frame, want.time, want.coordinates == Coordinates::Normalised),
                              0.5 * (want.grid.lo + want.grid.hi), 0.5 * (want.grid.hi - want.grid.lo) + want.reach);
    if (found || shownOutside) publish([&] { answer.outside = found; });
    shownOutside = found.has_value();
  }

  // What is asked about a place, a particle or a group; false when stopped.
  bool updateInspected(const LiveRequest& want, const std::shared_ptr<const Mixture>& mixture,
                       const std::stop_token& stop) {
    const Inspect& ask = want.inspect;
    std::shared_ptr<const Frame> frame;
    std::shared_ptr<const Plan> of;
    {
      std::lock_guard lock(mutex);
      frame = answer.frame;
      of = framePlan;
    }
    Inspected& now = kept.inspected;
    const bool had = now.probe || now.record || now.group;
    now.probe = nullptr;
    if (ask.probe) {
      NoiseLevel level = cursorLevel(want.experiment.schedule, timeGrid(want.experiment.schedule), want.time);
      const double norm = want.coordinates == Coordinates::Normalised ? std::hypot(level.alpha, level.sigma) : 1;
      now.probe =
          std::make_shared<const ProbeAnswer>(probeAt(want.experiment, mixture, want.time, ask.point * norm, of.get()));
    }
    const bool normalised = want.coordinates == Coordinates::Normalised;
    if (frame && ask.serial != now.chosenSerial && !ask.outline.empty()) {
      const std::vector<float> x = positionsAt(*frame, want.time, normalised);
      now.chosen.clear();
      if (ask.outline.size() > 1)
        now.chosen = particlesWithin(x, ask.outline);
      else if (const int i = nearestParticle(x, ask.outline[0], ask.reach); i >= 0)
        now.chosen = {i};
      now.chosenSerial = ask.serial;
    }
    if (ask.marked < 0) now.record = nullptr, kept.recordFrame = nullptr;
    if (ask.marked >= 0 && frame && (kept.recordFrame != frame || !now.record || now.record->particle != ask.marked)) {
      now.record = particleRecord(*engine, *of, frame, ask.marked, stop);
      if (stop.stop_requested()) return false;
      kept.recordFrame = frame;
    }
    if (ask.group.empty()) now.group = nullptr, kept.groupFrame = nullptr;
    if (!ask.group.empty() && frame &&
        (kept.groupFrame != frame || kept.groupTime != want.time || kept.groupCoordinates != want.coordinates ||
         !now.group || now.group->particles != ask.group)) {
      now.group = std::make_shared<const Group>(groupOf(*frame, ask.group, want.time, normalised));
      kept.groupFrame = frame;
      kept.groupTime = want.time;
      kept.groupCoordinates = want.coordinates;
    }
    if (had || now.probe || now.record || now.group || ask.serial != 0) publish([&] { answer.inspected = now; });
    return true;
  }

  bool updateTruths(const LiveRequest& want, const std::shared_ptr<const Mixture>& mixture, int level,
                    const std::stop_token& stop) {
    // What is wrong with an experiment the frame worker says.
    const int classes = mixture->classes();
    if (!usable(want.grid) || want.experiment.condition >= classes || tiltOf(want.experiment).product >= classes)
      return true;
    std::shared_ptr<const Plan> of;
    std::shared_ptr<const Frame> frame;
    {
      std::lock_guard lock(mutex);
      of = framePlan;
      if (want.truths.ofParticles()) frame = answer.frame;
    }
    const Truths before = kept.truths;
    const auto stage = level == 0   ? TruthMaker::Stage::Quick
                       : level == 1 ? TruthMaker::Stage::Coarse
                                    : TruthMaker::Stage::Full;
    const bool done = truthMaker.update(
        {want.experiment, mixture, of.get(), want.truths, want.time, want.grid, want.coordinates, frame}, stage, stop,
        kept.truths);
    if (before != kept.truths) publish([&] { answer.truths = kept.truths; });
    return done;
  }

  bool runFields(const FieldRequest& request, int level, std::stop_token stop) {
    const LiveRequest& want = *request.want;
    std::string error;
    bool more = false;
    try {
      const auto mixture = mixtureOf(want.experiment.distribution);
      const FieldGrid full = fine(want.grid, *mixture), quick = coarse(want.grid);
      const double rows =
          double(full.width) * full.height * (double(mixture->components.size()) + 2 * mixture->classes());
      const bool cheap = rows < kCheapFieldRows;
      bool done = updateFields(want, mixture, level > 0 || (cheap && !want.moving) ? full : quick, stop);
      more = done && level == 0 && !want.moving && !cheap;
      if (done && level == 0) countOutside(want);
      if (done && level == 0) done = updateInspected(want, mixture, stop);
      if (done) done = updateTruths(want, mixture, level, stop);
      if (done && level < 2 && !want.moving && want.truths.any()) more = true;
    } catch (const std::bad_alloc&) {
      error = "there is not enough memory for the density";
    } catch (const std::exception& e) {
      error = e.what();
    }
    if (renewFrame(shownFrame())) error.clear();
    publish([&] {
      fieldError = error;
      if (!more) fields.done = std::max(fields.done, request.serial);
    });
    return more;
  }

  bool runMetrics(const MetricsRequest& request, int level, std::stop_token stop) {
    if (!request.frame) {
      publish([&] { metrics.done = std::max(metrics.done, request.serial); });
      return false;
    }
    if (level == 0) return true;  // level 0 cannot be stopped, and this may be long
    const Frame& frame = *request.frame;
    std::shared_ptr<const std::vector<Metric>> result;
    std::shared_ptr<const std::vector<float>> ends;
    std::string error;
    try {
      const double affordable = std::max(4096., kMostMetricRows / double(frame.mixture->components.size()));
      const auto sums = frame.particles > kMostRead ? engine->sums(frame, stop) : std::nullopt;
      const int some = int(std::min(sums ? double(kMostRead) : affordable, double(frame.particles)));
      const HostRow x = frame.read(frame.rows() - 1, some);
      ends = std::make_shared<const std::vector<float>>(
          x.begin(), x.begin() + std::ptrdiff_t(std::min(x.size(), std::size_t(2 * kMostEnds))));
      std::vector<Metric> found = sampleMetrics(*frame.mixture, frame.experiment->condition, x,
                                                frame.experiment->particles.seed, kEnergySamples, stop);
      if (sums && !stop.stop_requested()) takeSums(found, *frame.mixture, frame.experiment->condition, *sums, some);
      const std::size_t summed = sums ? found.size() : 0;
      for (Metric& m : rewardMetrics(*frame.experiment, *frame.mixture, x)) found.push_back(std::move(m));
      if (some < frame.particles)
        for (std::size_t i = summed; i < found.size(); ++i)
          if (found[i].note.empty()) found[i].note = "of the first " + std::to_string(some) + " samples";
      result = std::make_shared<const std::vector<Metric>>(std::move(found));
    } catch (const std::exception& e) {
      error = e.what();
    }
    if (renewFrame(request.frame)) error.clear();
    publish([&] {
      metrics.done = std::max(metrics.done, request.serial);
      if (stop.stop_requested()) return;
      if (result) {
        answer.metrics = result;
        answer.metricsOf = frame.experiment;
        answer.ends = ends;
      }
      if (!error.empty()) fieldError = error;
    });
    return false;
  }
};

Live::Live(std::shared_ptr<const Engine> engine, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(std::move(engine), std::move(wake))) {}
Live::~Live() = default;

void Live::want(const LiveRequest& request) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->wanted && *impl_->wanted == request) return;
  const bool newExperiment = !impl_->wanted || impl_->wanted->experiment != request.experiment;
  impl_->wanted = std::make_shared<const LiveRequest>(request);
  if (newExperiment) impl_->postFrame();
  impl_->postFields();
  impl_->postMetricsIfDue();
}

void Live::recompute() {
  std::lock_guard lock(impl_->mutex);
  if (!impl_->wanted) return;
  impl_->postFrame();
  impl_->postFields();
}

LiveAnswer Live::answer() const {
  std::lock_guard lock(impl_->mutex);
  LiveAnswer answer = impl_->answer;
  answer.settled = impl_->wanted && !impl_->wanted->moving && !impl_->frames.busy() && !impl_->fields.busy() &&
                   !impl_->metrics.busy();
  return answer;
}

bool Live::waitFrame(std::chrono::steady_clock::duration atMost) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, atMost, [&] {
    const auto& frame = impl_->answer.frame;
    return !impl_->frames.busy() || (frame && *frame->experiment == impl_->wanted->experiment);
  });
}

void Live::waitSettled() const {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [&] { return !impl_->frames.busy() && !impl_->fields.busy() && !impl_->metrics.busy(); });
}

}  // namespace gs
