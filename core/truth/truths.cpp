#include "truth/truths.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "truth/own_law.h"
#include "engine/reference.h"
#include "truth/target.h"
#include "engine/thread_pool.h"
#include "truth/tilted_law.h"
#include "truth/vector_field.h"

namespace gs {
namespace {

constexpr int kLawColumns = 160, kCoarseColumns = 48, kHeatColumns = 160;
constexpr double kQuickRows = 4e5, kQuickOwnRows = 4e6, kCoarseRows = 2e7,
                 kFullRows = 1.5e8;  // component evaluations
constexpr std::size_t kMostQuickComponents = 64;
constexpr int kFewestColumns = 36;  // of a law in full: on a coarser grid it would be another one
constexpr int kLeastColumns = 18;   // of a quick law
constexpr int kSamples = 1500, kOwnSteps = 256;

// The rectangle of the view's coordinates in the schedule's own at a level.
FieldGrid rectangleAt(FieldGrid grid, Coordinates coordinates, NoiseLevel level) {
  if (coordinates == Coordinates::Schedule) return grid;
  const double spread = std::hypot(level.alpha, level.sigma);
  grid.lo *= spread;
  grid.hi *= spread;
  return grid;
}

FieldGrid withColumns(FieldGrid grid, int columns) {
  const double shape = (grid.hi.y - grid.lo.y) / (grid.hi.x - grid.lo.x);
  grid.width = std::max(2, columns);
  grid.height = std::max(2, int(std::lround(columns * shape)));
  return grid;
}

// Columns so that all points together evaluate no more rows than that.
int affordable(const FieldGrid& grid, double rowsPerPoint, double rows, int most) {
  const double shape = (grid.hi.y - grid.lo.y) / (grid.hi.x - grid.lo.x);
  return std::clamp(int(std::sqrt(rows / (std::max(1., rowsPerPoint) * std::max(shape, 1e-3)))), 8, most);
}

// Cells about `apart` wide that stay in their places while the rectangle moves, and change only now and then with it.
FieldGrid lattice(const FieldGrid& rectangle, double apart, double mostPoints) {
  double cell = std::pow(2., std::round(2 * std::log2(apart)) / 2);
  const Vec2 size = rectangle.hi - rectangle.lo;
  while (size.x * size.y / (cell * cell) > mostPoints) cell *= std::sqrt(2.);
  const Vec2 lo = glm::floor(rectangle.lo / cell), hi = glm::ceil(rectangle.hi / cell);
  return {lo * cell, hi * cell, int(std::lround(hi.x - lo.x)), int(std::lround(hi.y - lo.y))};
}

double shownNormOf(NoiseLevel level, Coordinates c) {
  return c == Coordinates::Normalised ? std::hypot(level.alpha, level.sigma) : 1;
}

}  // namespace

bool TruthWants::any() const {
  return arrows.visible || streams.visible || heat.visible || own.visible ||
         (target.visible && (target.shape != LawShape::Contours || target.atCursor)) ||
         (densityShown && density != LawShape::Density);
}

TruthWants truthWants(const View& v, double unitsPerPoint) {
  return {v.arrows, v.streams, v.heat, v.own, v.target, v.density.visible, v.density.shape, unitsPerPoint};
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

  const OwnLaw& ensureOwn(const Asked& a, double ratio, double fine) {
    if (own && ownOf == a.experiment && ownRatio == ratio && ownFine >= fine) return *own;
    own = std::make_unique<OwnLaw>(a.experiment, a.mixture, ratio, fine, a.plan);
    ownOf = a.experiment;
    ownRatio = ratio;
    ownFine = fine;
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

TruthMaker::TruthMaker(std::shared_ptr<const Engine> engine) : impl_(std::make_unique<Impl>()) {
  impl_->engine = std::move(engine);
}
TruthMaker::~TruthMaker() = default;

bool TruthMaker::update(const Asked& a, Stage stage, std::stop_token stop, Truths& truths) {
  Impl& m = *impl_;
  const TruthWants& want = a.wants;
  if (!want.any()) {
    truths = {};
    return true;
  }
  m.newMixture(a.mixture);
  if (m.drawsSeed != a.experiment.particles.seed) {
    m.drawsSeed = a.experiment.particles.seed;
    m.tiltedDraws.clear();
    m.dataDrawsOf = -2;
  }
  const FieldLevel f = fieldLevel(a.experiment, *a.mixture, a.time);
  const FieldGrid here = rectangleAt(a.grid, a.coordinates, f.level);
  const FieldGrid clean = a.grid;  // at t = 0 both coordinates are one
  const NoiseLevel data{1, 0};
  const Tilt tilt = tiltOf(a.experiment);
  const bool closed = tilt.absent.empty();
  const double budget = stage == Stage::Quick ? kQuickRows : stage == Stage::Coarse ? kCoarseRows : kFullRows;
  const bool quick = stage == Stage::Quick;
  const auto key = [&](const FieldGrid& g, int what, int space, double apart, double ratio) {
    Experiment e = a.experiment;
    e.particles.count = 0;
    e.distribution = {};
    return Impl::FieldKey{std::move(e), f.t, ratio, g, what, space, apart};
  };

  // ---- arrows ------------------------------------------------------------------------------------------------------
  if (want.arrows.visible) {
    m.ensureFields(a, f);
    const bool law = want.arrows.what == ArrowWhat::Missing || want.arrows.what == ArrowWhat::ScoreError;
    if (law && closed && !m.ensureTilted(a, tilt, stop)) return false;
    double perPoint = m.fields->rows() + 4;
    if (law && closed) perPoint += double(m.tilted->closedForms(f.ratio)) * double(a.mixture->components.size());
    const double norm = shownNormOf(f.level, a.coordinates);
    const FieldGrid grid =
        lattice(here, want.arrows.spacing * want.unitsPerPoint * norm, std::max(64., budget / perPoint));
    const auto wanted = key(grid, int(want.arrows.what), int(want.arrows.space), 0, f.ratio);
    if (!m.arrowsMade.is(wanted) || !truths.arrows) {
      VectorField made = vectorField(*m.fields, closed && law ? m.tilted.get() : nullptr, tilt.absent, grid,
                                     want.arrows.what, want.arrows.space, stop);
      if (made.first.empty() && made.absent.empty()) return false;
      truths.arrows = std::make_shared<const VectorField>(std::move(made));
      m.arrowsMade.key = wanted;
    }
  } else {
    truths.arrows = nullptr;
  }

  // ---- streamlines -------------------------------------------------------------------------------------------------
  if (want.streams.visible) {
    const double norm = shownNormOf(f.level, a.coordinates);
    const double apart = want.streams.spacing * want.unitsPerPoint * norm;
    const auto wanted = key(here, 0, int(want.streams.space), apart, f.ratio);
    if (!m.streamsMade.is(wanted) || !truths.streams) {
      m.ensureFields(a, f);
      // Twenty evaluations a step along a line, five steps a distance.
      const Vec2 size = here.hi - here.lo;
      const double rows = size.x * size.y / (apart * apart) * 25 * (m.fields->rows() + 4);
      if (quick && rows > 4 * kQuickRows) {
        truths.streams = nullptr;
      } else {
        Streamlines lines = streamlines(*m.fields, here, want.streams.space, apart, stop);
        if (stop.stop_requested()) return false;
        truths.streams = std::make_shared<const Streamlines>(std::move(lines));
        m.streamsMade.key = wanted;
      }
    }
  } else {
    truths.streams = nullptr;
  }

  // ---- the data law as contours or samples -------------------------------------------------------------------------
  if (want.densityShown && want.density != LawShape::Density) {
    const NoiseLevel level = cursorLevel(a.experiment.schedule, timeGrid(a.experiment.schedule), a.time);
    LawField law{.grid = withColumns(rectangleAt(a.grid, a.coordinates, level), kLawColumns), .level = level};
    const auto wanted = key(law.grid, int(want.density), 0, level.sigma, level.alpha);
    if (!m.dataMade.is(wanted) || !truths.data) {
      if (want.density == LawShape::Samples) {
        if (m.dataDrawsOf != a.experiment.condition) {
          m.dataDraws.clear();
          for (const Draw& d : sampleExact(*a.mixture, kSamples, a.experiment.particles.seed, a.experiment.condition))
            m.dataDraws.push_back(d.x);
          m.dataDrawsOf = a.experiment.condition;
        }
        law.samples = Impl::noisedDraws(m.dataDraws, level, a.experiment.particles.seed);
      } else {
        const auto own = [&](const FieldGrid& g) {
          const DensityField field = m.engine->density(*a.mixture, level, g, stop);
          std::vector<float> out;
          const std::size_t pixels = std::size_t(g.width) * std::size_t(g.height);
          if (field.logJoint.empty()) return out;
          Tilt plain;
          plain.condition = a.experiment.condition;
          out = tiltedLog(plain, *a.mixture, field, {});
          out.resize(pixels);
          return out;
        };
        law.logDensity = own(law.grid);
        FieldGrid covering = lawGrid(noised(*a.mixture, level), Tilt{.condition = a.experiment.condition});
        const std::vector<float> all = own(covering);
        if (law.logDensity.empty() || all.empty()) return false;
        law.contourLevels = massLevels(all);
      }
      truths.data = std::make_shared<const LawField>(std::move(law));
      m.dataMade.key = wanted;
    }
  } else {
    truths.data = nullptr;
  }

  // ---- the tilted law ----------------------------------------------------------------------------------------------
  if (want.target.visible && (want.target.shape != LawShape::Contours || want.target.atCursor)) {
    const bool cursor = want.target.atCursor;
    const NoiseLevel level = cursor ? f.level : data;
    const double ratio = cursor ? f.ratio : 0;
    const FieldGrid rectangle = cursor ? here : clean;
    if (!closed) {
      truths.tilted =
          std::make_shared<const LawField>(LawField{.grid = rectangle, .level = level, .absent = tilt.absent});
      m.tiltedMade = {};
    } else {
      if (!m.ensureTilted(a, tilt, stop)) return false;
      const double perPoint = 1 + double(m.tilted->closedForms(ratio)) * double(a.mixture->components.size());
      LawField law{.grid = withColumns(rectangle, affordable(rectangle, perPoint, budget, kLawColumns)),
                   .level = level};
      const auto wanted = key(law.grid, int(want.target.shape), int(cursor), level.sigma, ratio);
      if (!m.tiltedMade.is(wanted) || !truths.tilted) {
        if (want.target.shape == LawShape::Samples) {
          if (m.tiltedDraws.empty()) m.tiltedDraws = m.tilted->draws(kSamples, a.experiment.particles.seed);
          law.samples = Impl::noisedDraws(m.tiltedDraws, cursor ? f.level : data, a.experiment.particles.seed);
        } else {
          const auto on = [&](const FieldGrid& g) {
            std::vector<double> xs, ys;
            for (int i = 0; i < g.width; ++i) xs.push_back(g.center(i, 0).x / level.alpha);
            for (int j = 0; j < g.height; ++j) ys.push_back(g.center(0, j).y / level.alpha);
            std::vector<float> out;
            for (const TiltedLaw::At& p : m.tilted->at(xs, ys, ratio, stop))
              out.push_back(float(std::max(p.logDensity - 2 * std::log(level.alpha), -1e30)));
            return out;
          };
          law.logDensity = on(law.grid);
          const FieldGrid covering =
              withColumns(lawGrid(noised(*a.mixture, level), tilt), affordable(rectangle, perPoint, budget, 128));
          const std::vector<float> all = on(covering);
          if (law.logDensity.empty() || all.empty()) return false;
          law.contourLevels = massLevels(all);
        }
        truths.tilted = std::make_shared<const LawField>(std::move(law));
        m.tiltedMade.key = wanted;
      }
    }
  } else {
    truths.tilted = nullptr;
  }

  // ---- the sampler's own law ---------------------------------------------------------------------------------------
  // Even the quick answer has one where that is cheap: contours that follow the hand.
  const double precision = stage == Stage::Full ? 1 : quick ? .3 : .5, ownBudget = quick ? kQuickOwnRows : budget;
  // The tables of a large mixture alone take longer than that.
  const bool ownLater = quick && a.mixture->components.size() > kMostQuickComponents;
  const int ownColumns = stage == Stage::Full ? kLawColumns : kCoarseColumns;
  const auto whyNoOwn = [&](const FieldGrid& g, const OwnLaw& law) -> std::string {
    if (!law.absent().empty()) return law.absent();
    if (affordable(g, law.rowsPerPoint() / precision, kFullRows, kLawColumns) >= kFewestColumns) return {};
    return "no own law on a grid: too many components";
  };
  const auto columnsOf = [&](const FieldGrid& g, const OwnLaw& law) {
    return affordable(g, law.rowsPerPoint(), ownBudget, ownColumns);
  };
  if (want.own.visible) {
    const bool cursor = want.own.atCursor;
    const double ratio = cursor ? f.ratio : 0;
    const NoiseLevel level = cursor ? f.level : data;
    const FieldGrid rectangle = cursor ? here : clean;
    const auto question = [&](const FieldGrid& g) { return key(g, int(want.own.shape), int(cursor), 0, ratio); };
    const auto finest = question(withColumns(rectangle, 0));
    // What is shown stays only while it is that of this experiment and cursor.
    if (m.ownMade.key && truths.own) {
      Impl::FieldKey k = *m.ownMade.key;
      k.grid = finest.grid;
      if (k != finest) truths.own = nullptr;
    }
    if (want.own.shape == LawShape::Samples) {
      if (!quick && !truths.own) {
        Experiment e = a.experiment;
        e.particles.count = std::min(e.particles.count, kSamples);
        if (m.ownRunOf != e || !m.ownRun) {
          Experiment run = e;
          run.schedule.steps = kOwnSteps;
          if (run.sampler.kind != SolverKind::Exponential || run.sampler.churn == 0) run.sampler = {SolverKind::Rk4, 0};
          m.ownRun = m.engine->sample(compile(run, a.mixture, a.plan), run.particles.count, stop);
          if (!m.ownRun) return false;
          m.ownRunOf = e;
        }
        const int step = cursor ? nearestStep(m.ownRun->grid, a.time) : m.ownRun->steps();
        const HostRow x = m.ownRun->read(m.ownRun->rowNear(step));
        LawField law{.grid = rectangle,
                     .level = m.ownRun->grid[std::size_t(step)].level,
                     .samples = std::vector<float>(x.begin(), x.end())};
        truths.own = std::make_shared<const LawField>(std::move(law));
        m.ownMade.key = finest;
      }
    } else if (!ownLater) {
      const OwnLaw& law = m.ensureOwn(a, ratio, precision);
      if (const std::string why = whyNoOwn(rectangle, law); !why.empty()) {
        truths.own = std::make_shared<const LawField>(LawField{.grid = rectangle, .level = level, .absent = why});
        m.ownMade.key = finest;
      } else if (const FieldGrid grid = withColumns(rectangle, columnsOf(rectangle, law));
                 !quick || grid.width >= kLeastColumns) {
        const auto wanted = question(grid);
        if (!m.ownMade.is(wanted) || !truths.own) {
          LawField made{.grid = grid, .level = level, .logDensity = m.ownOn(law, grid, level, stop)};
          if (made.logDensity.empty()) return false;
          // The contours' levels need all of the mass: of what is seen where that is nearly all, else of more.
          const auto mass = [](const FieldGrid& g, const std::vector<float>& log) {
            double sum = 0;
            for (const float l : log) sum += std::exp(double(l));
            const Vec2 size = g.hi - g.lo;
            return sum * size.x * size.y / double(log.size());
          };
          if (mass(grid, made.logDensity) > .985) {
            made.contourLevels = massLevels(made.logDensity);
          } else {
            FieldGrid all = lawGrid(noised(*a.mixture, level), Tilt{.condition = a.experiment.condition});
            const Vec2 room = .5 * (all.hi - all.lo);  // guidance pushes outwards
            all.lo -= room, all.hi += room;
            all = withColumns(all, grid.width);
            const std::vector<float> log = m.ownOn(law, all, level, stop);
            if (log.empty()) return false;
            made.contourLevels = massLevels(log);
          }
          truths.own = std::make_shared<const LawField>(std::move(made));
          m.ownMade.key = wanted;
        }
      }
    }
  } else {
    truths.own = nullptr;
  }

  // ---- maps --------------------------------------------------------------------------------------------------------
  if (want.heat.visible) {
    const HeatWhat what = want.heat.what;
    const auto question = [&](const FieldGrid& g) { return key(g, int(what), 0, 0, f.ratio); };
    if (m.heatMade.key && truths.heat) {
      Impl::FieldKey k = *m.heatMade.key;
      const auto now = question(k.grid);
      if (k != now || truths.heat->what != what) truths.heat = nullptr;
    }
    const auto absent = [&](std::string why) {
      truths.heat = std::make_shared<const ScalarField>(ScalarField{
          .grid = here, .level = f.level, .what = what, .value = {}, .weight = {}, .absent = std::move(why)});
      m.heatMade.key = question(here);
    };
    if (what != HeatWhat::Divergence && !closed) {
      absent(tilt.absent);
    } else {
      if (what != HeatWhat::Divergence && !m.ensureTilted(a, tilt, stop)) return false;
      const double components = double(a.mixture->components.size());
      ScalarField made;
      if (what == HeatWhat::Ratio) {
        if (!ownLater) {
          const OwnLaw& law = m.ensureOwn(a, f.ratio, precision);
          if (const std::string why = whyNoOwn(here, law); !why.empty()) {
            absent(why);
          } else if (const FieldGrid grid = withColumns(here, columnsOf(here, law));
                     !quick || grid.width >= kLeastColumns) {
            const auto wanted = question(grid);
            if (!m.heatMade.is(wanted) || !truths.heat) {
              std::vector<double> xs, ys;
              for (int i = 0; i < grid.width; ++i) xs.push_back(grid.center(i, 0).x / f.level.alpha);
              for (int j = 0; j < grid.height; ++j) ys.push_back(grid.center(0, j).y / f.level.alpha);
              const auto target = m.tilted->at(xs, ys, f.ratio, stop);
              const std::vector<float> log = m.ownOn(law, grid, f.level, stop);
              if (log.empty() || target.empty()) return false;
              made = {.grid = grid, .level = f.level, .what = what, .value = {}, .weight = {}};
              double top = -std::numeric_limits<double>::infinity();
              for (std::size_t i = 0; i < log.size(); ++i) top = std::max(top, target[i].logDensity);
              const double shift = 2 * std::log(f.level.alpha);
              for (std::size_t i = 0; i < log.size(); ++i) {
                const double own = double(log[i]) + shift, ratio = own - target[i].logDensity;
                made.value.push_back(float(ratio));
                made.weight.push_back(float(std::clamp((std::max(own, target[i].logDensity) - top + 7) / 3, 0., 1.)));
              }
              made.scale = std::log(10.);
              truths.heat = std::make_shared<const ScalarField>(std::move(made));
              m.heatMade.key = wanted;
            }
          }
        }
      } else {
        m.ensureFields(a, f);
        const bool error = what == HeatWhat::ScoreError;
        const double perPoint = (error ? 1 : 8) * (m.fields->rows() + 4) +
                                (error ? double(m.tilted->closedForms(f.ratio)) * components : 0);
        const FieldGrid grid = withColumns(here, affordable(here, perPoint, budget / 2, kHeatColumns));
        const auto wanted = question(grid);
        if (!m.heatMade.is(wanted) || !truths.heat) {
          made = error ? scoreErrorField(*m.fields, *m.tilted, grid, stop) : divergenceField(*m.fields, grid, stop);
          if (made.value.empty()) return false;
          truths.heat = std::make_shared<const ScalarField>(std::move(made));
          m.heatMade.key = wanted;
        }
      }
    }
  } else {
    truths.heat = nullptr;
  }
  return true;
}

Truths truthsOf(const Engine& engine, const Experiment& experiment, std::shared_ptr<const Mixture> mixture,
                const View& view, const FieldGrid& visible, double unitsPerPoint) {
  // The engine outlives the maker: it is not deleted here.
  TruthMaker maker(std::shared_ptr<const Engine>(std::shared_ptr<const Engine>(), &engine));
  const TruthWants wants = truthWants(view, unitsPerPoint);
  Truths truths;
  maker.update({experiment, std::move(mixture), nullptr, wants, view.time, visible, view.coordinates},
               TruthMaker::Stage::Full, {}, truths);
  return truths;
}

}  // namespace gs
