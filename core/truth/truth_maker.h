// The inside of TruthMaker: what is kept from one answer to the next, and a turn, which answers one question layer by
// layer. Inside the truth room only.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "diffusion/two_samples.h"
#include "engine/reference.h"
#include "engine/thread_pool.h"
#include "truth/own_law.h"
#include "truth/probe.h"
#include "truth/target.h"
#include "truth/tilted_law.h"
#include "truth/truths.h"
#include "truth/vector_field.h"

namespace gs {

inline constexpr int kLawColumns = 160, kCoarseColumns = 48, kHeatColumns = 160;
inline constexpr double kQuickRows = 4e5, kQuickOwnRows = 4e6, kCoarseRows = 2e7, kFullRows = 1.5e8,
                        kMostCarriedRows = 1.5e8, kFullOwnRows = 4e8;  // component evaluations
inline constexpr std::size_t kMostQuickComponents = 64;
inline constexpr int kFewestColumns = 36;  // of a law in full: on a coarser grid it would be another one
inline constexpr int kLeastColumns = 18;   // of a quick law
inline constexpr int kSamples = 1500, kOwnSteps = 256, kQuickMatched = 128;
inline constexpr int kSpread = 65536, kQuickSpread = 8192;  // particles of a density

// The rectangle of the view's coordinates in the schedule's own at a level.
inline FieldGrid rectangleAt(FieldGrid grid, Coordinates coordinates, NoiseLevel level) {
  if (coordinates == Coordinates::Schedule) return grid;
  const double spread = std::hypot(level.alpha, level.sigma);
  grid.lo *= spread;
  grid.hi *= spread;
  return grid;
}

inline FieldGrid withColumns(FieldGrid grid, int columns) {
  const double shape = (grid.hi.y - grid.lo.y) / (grid.hi.x - grid.lo.x);
  grid.width = std::max(2, columns);
  grid.height = std::max(2, int(std::lround(columns * shape)));
  return grid;
}

// Columns so that all points together evaluate no more rows than that.
inline int affordable(const FieldGrid& grid, double rowsPerPoint, double rows, int most) {
  const double shape = (grid.hi.y - grid.lo.y) / (grid.hi.x - grid.lo.x);
  return std::clamp(int(std::sqrt(rows / (std::max(1., rowsPerPoint) * std::max(shape, 1e-3)))), 8, most);
}

// Cells about `apart` wide that stay in their places while the rectangle moves, and change only now and then with it.
inline FieldGrid lattice(const FieldGrid& rectangle, double apart, double mostPoints) {
  double cell = std::pow(2., std::round(2 * std::log2(apart)) / 2);
  const Vec2 size = rectangle.hi - rectangle.lo;
  while (size.x * size.y / (cell * cell) > mostPoints) cell *= std::sqrt(2.);
  const Vec2 lo = glm::floor(rectangle.lo / cell), hi = glm::ceil(rectangle.hi / cell);
  return {lo * cell, hi * cell, int(std::lround(hi.x - lo.x)), int(std::lround(hi.y - lo.y))};
}

inline double shownNormOf(NoiseLevel level, Coordinates c) {
  return c == Coordinates::Normalised ? std::hypot(level.alpha, level.sigma) : 1;
}

struct TruthMaker::Impl {
  std::shared_ptr<const Engine> engine;
  ThreadPool pool{2};

  // Kept from one call to the next, each with what it was made of.
  struct LawKey {
    Tilt tilt;
    FieldGrid grid;
    bool operator==(const LawKey&) const = default;
  };
  std::shared_ptr<const Mixture> mixture;
  std::optional<LawKey> lawKey;
  std::unique_ptr<TiltedLaw> tilted;
  std::vector<Vec2> tiltedDraws, dataDraws;
  int dataDrawsOf = -2;
  std::uint32_t drawsSeed = 0;

  std::optional<Experiment> fieldsOf;
  std::optional<FieldLevel> fieldsAt;
  std::unique_ptr<GuidedFields> fields;

  std::optional<Experiment> ownOf;
  double ownRatio = -1, ownFine = 0;
  std::unique_ptr<OwnLaw> own;
  std::optional<Experiment> ownRunOf;
  std::shared_ptr<const Frame> ownRun;

  // What the answers were made of, so that an equal question costs nothing.
  template <class Key>
  struct Made {
    std::optional<Key> key;
    // The same question, answered over at least this rectangle and at least as finely.
    bool is(const Key& k) const {
      if (!key) return false;
      Key same = *key;
      same.grid = k.grid;
      if (same != k) return false;
      const FieldGrid &has = key->grid, &asked = k.grid;
      const double cell = (has.hi.x - has.lo.x) / has.width, most = (asked.hi.x - asked.lo.x) / asked.width;
      const double slack = 1e-9 * (asked.hi.x - asked.lo.x);
      return cell <= most * (1 + 1e-9) && has.lo.x <= asked.lo.x + slack && has.lo.y <= asked.lo.y + slack &&
             has.hi.x >= asked.hi.x - slack && has.hi.y >= asked.hi.y - slack;
    }
  };
  struct FieldKey {
    Experiment experiment;
    double t = 0, ratio = 0;
    FieldGrid grid;
    int what = 0, space = 0;
    double apart = 0;
    bool operator==(const FieldKey&) const = default;
  };
  struct MatchKey {
    std::shared_ptr<const Frame> frame;
    double time = 0;
    Coordinates coordinates = Coordinates::Schedule;
    int most = 0;
  };
  std::optional<MatchKey> matchMade;
  struct RatioKey {
    std::weak_ptr<const Frame> frame;  // not kept alive for a layer that is off
    double time = 0, kernel = 0;
    Coordinates coordinates = Coordinates::Schedule;
    FieldGrid grid;
    int most = 0;
    // Over the same rectangle, as finely and with as many particles.
    bool answers(const RatioKey& k) const {
      return frame.lock() == k.frame.lock() && time == k.time && kernel == k.kernel && coordinates == k.coordinates &&
             grid.lo == k.grid.lo && grid.hi == k.grid.hi && grid.width >= k.grid.width && most >= k.most;
    }
  };
  std::optional<RatioKey> ratioMade;
  Made<FieldKey> arrowsMade, heatMade, streamsMade, ownMade, tiltedMade, dataMade;

  bool ensureTilted(const Asked& a, const Tilt& tilt, const std::stop_token& stop) {
    const LawKey key{tilt, lawGrid(*a.mixture, tilt)};
    if (tilted && lawKey == key) return true;
    const DensityField law = engine->density(*a.mixture, {1, 0}, key.grid, stop);
    if (law.logJoint.empty()) return false;
    tilted = std::make_unique<TiltedLaw>(tilt, a.mixture, law, rewardOn(tilt, *a.mixture, law));
    tiltedDraws.clear();
    lawKey = key;
    return true;
  }

  void ensureFields(const Asked& a, const FieldLevel& f) {
    if (fields && fieldsOf == a.experiment && fieldsAt->t == f.t && fieldsAt->ratio == f.ratio) return;
    fields = std::make_unique<GuidedFields>(a.experiment, a.mixture, f, a.plan);
    fieldsOf = a.experiment;
    fieldsAt = f;
  }

  const OwnLaw& ensureOwn(const Asked& a, double ratio, const OwnLaw::Effort& effort) {
    if (own && ownOf == a.experiment && ownRatio == ratio && ownFine >= effort.fine && !own->postponed()) return *own;
    own = std::make_unique<OwnLaw>(a.experiment, a.mixture, ratio, effort, a.plan);
    ownOf = a.experiment;
    ownRatio = ratio;
    ownFine = effort.fine;
    return *own;
  }

  // log-densities of x at the centres of a grid; empty when stopped.
  std::vector<float> ownOn(const OwnLaw& law, const FieldGrid& grid, NoiseLevel level, const std::stop_token& stop) {
    std::vector<float> out(std::size_t(grid.width) * std::size_t(grid.height));
    const double shift = 2 * std::log(level.alpha);
    pool.forEach(grid.height, [&](int j) {
      if (stop.stop_requested()) return;
      for (int i = 0; i < grid.width; ++i) {
        const double l = law.logDensity(grid.center(i, j) / level.alpha) - shift;
        out[std::size_t(j) * std::size_t(grid.width) + std::size_t(i)] =
            std::isfinite(l) ? float(std::max(l, -1e30)) : -1e30f;
      }
    });
    if (stop.stop_requested()) out.clear();
    return out;
  }

  void newMixture(const std::shared_ptr<const Mixture>& m) {
    if (mixture == m) return;
    mixture = m;
    tilted.reset(), fields.reset(), own.reset(), ownRun.reset();
    lawKey.reset(), fieldsOf.reset(), ownOf.reset(), ownRunOf.reset();
    tiltedDraws.clear(), dataDraws.clear();
    dataDrawsOf = -2;
    arrowsMade = heatMade = streamsMade = ownMade = tiltedMade = dataMade = {};
  }

  // x = alpha x0 + sigma eps with the noise of a particle of the experiment, so that draws move smoothly with the
  // cursor.
  static std::vector<float> noisedDraws(const std::vector<Vec2>& draws, NoiseLevel level, std::uint32_t seed) {
    std::vector<float> out;
    for (std::size_t i = 0; i < draws.size(); ++i) {
      const Vec2 x = level.alpha * draws[i] + level.sigma * noiseOf(seed ^ 0x5eed, std::uint32_t(i), 0).z;
      out.push_back(float(x.x));
      out.push_back(float(x.y));
    }
    return out;
  }
};

struct TruthMaker::Turn {
  Impl& m;
  const Asked& a;
  const Stage stage;
  const std::stop_token stop;
  Truths& truths;
  const TruthWants& want;
  const FieldLevel f;
  const FieldGrid here, clean;  // what is seen, at the cursor and at t = 0, where both coordinates are one
  const NoiseLevel data{1, 0};
  const Tilt tilt;
  const bool closed, quick;
  const double budget;

  Turn(Impl&, const Asked&, Stage, std::stop_token, Truths&);
  Impl::FieldKey key(const FieldGrid& g, int what, int space, double apart, double ratio) const {
    Experiment e = a.experiment;
    e.particles.count = 0;
    e.distribution = {};
    return {std::move(e), f.t, ratio, g, what, space, apart};
  }
  // Each brings its layer up to date or takes it away; false when stopped.
  bool arrows(), streams(), dataLaw(), tiltedLaw(), ownLaw(), map(), dataRatio(), matching();

 private:
  OwnLaw::Effort effort() const {
    // On fewer columns than that a law from points would be another one.
    const double shape = (here.hi.y - here.lo.y) / (here.hi.x - here.lo.x);
    const double perPoint = kFullOwnRows / (kFewestColumns * kFewestColumns * std::max(shape, 1e-3));
    const double fine = stage == Stage::Full ? 1 : quick ? .3 : .5;
    return {fine, quick ? kQuickOwnRows : stage == Stage::Full ? kMostCarriedRows : kCoarseRows, perPoint * fine, stop};
  }
  // The tables of a large mixture alone take longer than a quick answer may.
  bool ownLater() const { return quick && a.mixture->components.size() > kMostQuickComponents; }
  int columnsOf(const FieldGrid& g, const OwnLaw& law) const {
    return affordable(g, law.rowsPerPoint(),
                      quick                  ? kQuickOwnRows
                      : stage == Stage::Full ? kFullOwnRows
                                             : kCoarseRows,
                      stage == Stage::Full ? kLawColumns : kCoarseColumns);
  }
  // Why a law of its own cannot be drawn there; empty: it can.
  std::string whyNoOwn(const FieldGrid& g, const OwnLaw& law) const {
    if (!law.absent().empty()) return law.absent();
    const int columns = affordable(g, law.rowsPerPoint() / effort().fine, kFullOwnRows, kLawColumns);
    // A grid that is coarse for want of time must still show the narrowest part of the law.
    const NoiseLevel level = want.own.atCursor ? f.level : data;
    const double cell = (g.hi.x - g.lo.x) / columns;
    const double width = std::hypot(level.alpha * narrowestWidth(*a.mixture), level.sigma);
    if (columns == kLawColumns || (columns >= kFewestColumns && cell < 2 * width)) return {};
    return "no own law on a grid: too many components";
  }
};

}  // namespace gs
