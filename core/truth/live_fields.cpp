// Live's worker of densities, targets, colours, what is pointed at, and truths.
#include <algorithm>
#include <cmath>
#include <exception>
#include <new>

#include "engine/reward_model.h"
#include "truth/live_impl.h"

namespace gs {
namespace {

// Fields while something moves, and the bounds of those at rest: numbers to upload, component evaluations.
constexpr int kMovingWidth = 160;
constexpr double kMostFieldValues = 2.5e6, kMostFieldRows = 4e8;
constexpr double kCheapFieldRows = 1.5e7;

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
// Whether a kept field serves for the asked one.
bool serves(const std::shared_ptr<const DensityField>& field, NoiseLevel level, const FieldGrid& grid) {
  return field && field->level == level && sameRectangle(field->grid, grid) && field->grid.width >= grid.width &&
         field->grid.height >= grid.height;
}

}  // namespace

std::shared_ptr<const DensityField> Live::Impl::densityAt(const Mixture& m, NoiseLevel level, const FieldGrid& grid,
                                                          const std::stop_token& stop, bool shown) {
  auto field = std::make_shared<const DensityField>(shown ? engine->shownDensity(m, level, grid, stop)
                                                          : engine->density(m, level, grid, stop));
  return field->empty() ? nullptr : field;
}

bool Live::Impl::updateFields(const LiveRequest& want, const std::shared_ptr<const Mixture>& mixture,
                              const FieldGrid& grid, const std::stop_token& stop) {
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

void Live::Impl::countOutside(const LiveRequest& want) {
  const std::shared_ptr<const Frame> frame = shownFrame();
  std::optional<Outside> found;
  if (frame && frame->device && usable(want.grid))
    found = engine->outside(*frame, rowsAt(*frame, want.time, want.coordinates == Coordinates::Normalised),
                            0.5 * (want.grid.lo + want.grid.hi), 0.5 * (want.grid.hi - want.grid.lo) + want.reach);
  if (found || shownOutside) publish([&] { answer.outside = found; });
  shownOutside = found.has_value();
}

bool Live::Impl::updateInspected(const LiveRequest& want, const std::shared_ptr<const Mixture>& mixture,
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
    now.chosen = chosenParticles(*engine, *frame, want.time, normalised, ask.outline, ask.reach, stop);
    if (stop.stop_requested()) return false;
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

bool Live::Impl::updateTruths(const LiveRequest& want, const std::shared_ptr<const Mixture>& mixture, int level,
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

bool Live::Impl::runFields(const FieldRequest& request, int level, std::stop_token stop) {
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

}  // namespace gs
