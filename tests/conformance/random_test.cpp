// Random experiments within the ranges of the session, and the extreme ones, against the oracle.
#include <cstdio>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "conformance/compare.h"
#include "data/distributions.h"
#include "oracle/random.h"

namespace conformance {
namespace {

using namespace gs;
using oracle::Random;

Curve randomCurve(Random& r) {
  Curve c;
  c.kind = CurveKind(r.integer(0, 4));
  c.lo = r.logUniform(.01, 2);
  c.hi = c.lo * r.logUniform(1.1, 100);
  c.from = r.uniform(-1, 3);
  c.to = r.uniform(-1, 3);
  double t = r.uniform(0, .2);
  for (int k = r.integer(2, 8); k > 0; --k, t += r.uniform(.01, .3))
    if (t <= 1) c.knots.push_back({t, r.uniform(-1, 2)});
  while (c.knots.size() < 2) c.knots.push_back({1, r.uniform(-1, 2)});
  return c;
}

Experiment randomExperiment(Random& r, const Mixture& m) {
  Experiment e;
  e.condition = r.integer(-1, m.classes() - 1);
  for (int n = r.integer(0, 3); n > 0; --n) {
    Term t;
    t.kind = TermKind(r.integer(0, 1));
    t.enabled = r.chance(.9);
    t.omega = r.uniform(-1, 2.5);
    t.curve = randomCurve(r);
    t.weak = {r.chance(.5) ? r.uniform(0, .5) : 0, r.chance(.5) ? r.uniform(0, .7) : 0,
              r.chance(.5) ? r.uniform(0, .7) : 0};
    e.guidance.push_back(t);
  }
  e.schedule.kind = ScheduleKind(r.integer(0, 3));
  e.schedule.grid = GridKind(r.integer(0, 2));
  e.schedule.steps = r.integer(8, 40);
  e.schedule.sigmaMin = r.logUniform(.002, .05);
  e.schedule.sigmaMax = r.chance(.4) ? 0 : r.logUniform(3, 100);
  e.schedule.rho = r.uniform(1, 10);
  e.sampler.kind = SolverKind(r.integer(0, 4));
  if (e.sampler.kind == SolverKind::Exponential) e.sampler.churn = r.uniform(0, 8);
  e.start = r.chance(.5) ? Start::Exact : Start::Gaussian;
  e.particles.seed = std::uint32_t(r.bits());
  return e;
}

// The normalised mean squared error relative to the engine's bound, on every engine; not finite counts as infinite.
std::vector<double> compareAll(const Experiment& e, const Mixture& m, int count) {
  const Plan plan = compile(e, std::make_shared<const Mixture>(m));
  const oracle::Trajectories exact = oracle::sample(e, m, oracle::start(e, m, count));
  std::vector<double> ratios;
  for (const Subject& subject : engines()) {
    if (const Support s = subject.supports(plan); !s.ok) {
      std::printf("skipped on %s: %s\n", subject.name.c_str(), s.reason.c_str());
      ratios.push_back(0);
      continue;
    }
    const Difference d = compare(subject.sample(plan, count), exact);
    ratios.push_back(d.finite ? d.worst / subject.bound : std::numeric_limits<double>::infinity());
  }
  return ratios;
}

void expectConforms(const Experiment& e, const Mixture& m, int count, double looser = 1) {
  const std::vector<double> ratios = compareAll(e, m, count);
  for (std::size_t i = 0; i < ratios.size(); ++i) EXPECT_LE(ratios[i], looser) << "bounds, on " << engines()[i].name;
}

TEST(Random, ExperimentsFollowTheOracle) {
  constexpr int kTries = 400;
  int above = 0;
  for (int seed = 0; seed < kTries; ++seed) {
    Random r{std::uint64_t(seed) + 5000};
    const int classes = r.integer(1, 4);
    const Mixture m = randomMixture(r, classes + r.integer(0, 8), classes, 1.5, .15, .8);
    for (double ratio : compareAll(randomExperiment(r, m), m, 16)) {
      // A particle on the watershed between two modes magnifies the last digit of its path, whatever the engine; with
      // few particles one such path shows. It is rare.
      EXPECT_LE(ratio, 1000) << "seed " << seed;
      above += ratio > 1;
    }
  }
  EXPECT_LE(above, kTries * int(engines().size()) / 50);
}

TEST(Presets, EveryDistributionFollowsTheOracle) {
  for (const DistributionPreset& preset : distributionPresets()) {
    SCOPED_TRACE(preset.name);
    Distribution d;
    d.name = preset.name;
    const std::shared_ptr<const Mixture> m = resolve(d);
    Experiment e;
    e.condition = 0;
    Term cfg, weak;
    cfg.omega = 1;
    weak.kind = TermKind::Autoguidance;
    weak.omega = .5;
    weak.weak = {.05, .1, 0};
    e.guidance = {cfg, weak};
    e.schedule.kind = ScheduleKind::Edm;
    e.schedule.grid = GridKind::Karras;
    e.schedule.steps = 16;
    e.schedule.sigmaMax = 10;
    e.schedule.sigmaMin = .01;
    e.sampler = {SolverKind::Exponential, .5};
    // Narrow components in curves and lattices have a watershed between every two.
    expectConforms(e, *m, 12, 1000);
  }
}

// ---- extremes -----------------------------------------------------------------------------------------------------

Experiment plain(SolverKind solver, int steps) {
  Experiment e;
  e.condition = 0;
  Term t;
  t.omega = 2;
  e.guidance = {t};
  e.schedule.steps = steps;
  e.sampler = {solver, solver == SolverKind::Exponential ? 1. : 0.};
  return e;
}

constexpr SolverKind kSolvers[] = {SolverKind::Euler, SolverKind::Heun, SolverKind::Dpmpp2m, SolverKind::Exponential,
                                   SolverKind::Rk4};

TEST(Extremes, NumbersOfComponents) {
  for (int components : {1, 2, 3, 15, 16, 17, 33, 2000, 4096}) {
    Random r{std::uint64_t(components)};
    // Thousands of components are narrow, as along curves.
    const Mixture m = randomMixture(r, components, std::min(components, 2), 1.5, components > 100 ? .05 : .2,
                                    components > 100 ? .1 : .6);
    for (SolverKind solver : kSolvers) {
      if (components > 100 && solver != SolverKind::Heun && solver != SolverKind::Exponential) continue;
      SCOPED_TRACE(std::to_string(components) + " components, solver " + std::to_string(int(solver)));
      Experiment e = plain(solver, 12);
      e.guidance[0].omega = 1;
      // The same watersheds as above, with many more of them.
      expectConforms(e, m, components > 100 ? 8 : 24, components > 100 ? 100 : 1);
    }
  }
}

TEST(Extremes, AllClassesOfASession) {
  Random r{64};
  const Mixture m = randomMixture(r, 128, Mixture::kMaxClasses, 2, .3, .5);
  for (int condition : {0, 31, 63}) {
    Experiment e = plain(SolverKind::Heun, 16);
    e.condition = condition;
    expectConforms(e, m, 24);
  }
}

TEST(Extremes, FarAwayClassesNeedTheLogarithmOfTheSum) {
  // Hundreds of standard deviations apart: every density of the other class underflows.
  Mixture m;
  m.components = {{0, .5, {-60, 10}, Sym2::isotropic(.04)},
                  {1, .3, {60, -20}, {.09, .02, .04}},
                  {1, .2, {58, 30}, Sym2::isotropic(.01)}};
  for (SolverKind solver : kSolvers) {
    for (int condition : {kUnconditional, 0, 1}) {
      SCOPED_TRACE("solver " + std::to_string(int(solver)) + ", condition " + std::to_string(condition));
      Experiment e = plain(solver, 32);
      e.condition = condition;
      e.schedule.kind = ScheduleKind::Edm;
      e.schedule.sigmaMax = 400;
      // 300 standard deviations from the origin and guided by differences as large, an error of 25 last digits of a
      // position is 5e-4 of the spread.
      expectConforms(e, m, 24, 1e4);
      e.start = Start::Gaussian;
      expectConforms(e, m, 24, 1e4);
    }
  }
}

TEST(Extremes, AVeryRareClass) {
  Mixture m;
  m.components = {{0, 1e-8, {.3, .2}, Sym2::isotropic(.5)}, {1, 1 - 1e-8, {-.5, 0}, Sym2::isotropic(1)}};
  for (SolverKind solver : kSolvers) expectConforms(plain(solver, 24), m, 24);
}

TEST(Extremes, NoiseDownToAlmostNothing) {
  Random r{21};
  const Mixture m = randomMixture(r, 5, 2, 1, .2, .6);
  for (SolverKind solver : kSolvers) {
    for (double sigmaMin : {1e-3, 1e-5}) {
      Experiment e = plain(solver, 64);
      e.schedule.kind = ScheduleKind::Edm;
      e.schedule.grid = GridKind::UniformLogSnr;
      e.schedule.sigmaMin = sigmaMin;
      SCOPED_TRACE("solver " + std::to_string(int(solver)) + ", sigmaMin " + std::to_string(sigmaMin));
      expectConforms(e, m, 24);
    }
  }
}

TEST(Extremes, OneStepTwoStepsAndTheMost) {
  Random r{31};
  const Mixture m = randomMixture(r, 4, 2, 1.2, .3, .6);
  for (SolverKind solver : kSolvers) {
    for (int steps : {1, 2, 3, 256}) {
      for (int kind = 0; kind < 4; ++kind) {
        for (GridKind grid : {GridKind::Karras, GridKind::UniformT, GridKind::UniformLogSnr}) {
          Experiment e = plain(solver, steps);
          e.schedule.kind = ScheduleKind(kind);
          e.schedule.grid = grid;
          e.guidance[0].omega = .5;
          if (steps < 4)
            e.schedule.sigmaMax = 10;  // the first step's result is compared relative to its own small spread
          SCOPED_TRACE("solver " + std::to_string(int(solver)) + ", steps " + std::to_string(steps) + ", schedule " +
                       std::to_string(kind) + ", grid " + std::to_string(int(grid)));
          expectConforms(e, m, steps > 100 ? 8 : 16);
        }
      }
    }
  }
}

TEST(Extremes, ASmallerRunIsAPrefixOfALargerOne) {
  Random r{41};
  const Mixture m = randomMixture(r, 6, 3, 1.2, .3, .6);
  for (SolverKind solver : kSolvers) {
    const Plan plan = compile(plain(solver, 8), std::make_shared<const Mixture>(m));
    for (const Subject& subject : engines()) {
      const std::vector<double> large = subject.sample(plan, 1000);
      for (int count : {1, 7, 255, 256, 257}) {
        const std::vector<double> small = subject.sample(plan, count);
        for (std::size_t step = 0; step <= 8; ++step)
          for (std::size_t i = 0; i < std::size_t(2 * count); ++i)
            ASSERT_EQ(small[step * std::size_t(2 * count) + i], large[step * 2000 + i])
                << subject.name << ", count " << count;
      }
    }
  }
}

TEST(Extremes, ReturningToAWeightReturnsToTheSamePaths) {
  Random r{43};
  const auto m = std::make_shared<const Mixture>(randomMixture(r, 6, 3, 1.2, .3, .6));
  Experiment e = plain(SolverKind::Exponential, 16);
  for (const Subject& subject : engines()) {
    const std::vector<double> first = subject.sample(compile(e, m), 500);
    e.guidance[0].omega = 2.01;
    const std::vector<double> moved = subject.sample(compile(e, m), 500);
    e.guidance[0].omega = 2;
    EXPECT_EQ(first, subject.sample(compile(e, m), 500)) << subject.name;
    // The same noise: a small change of the weight is a small change of every path, and none of the start.
    double most = 0;
    for (std::size_t i = 0; i < first.size(); ++i) most = std::max(most, std::abs(first[i] - moved[i]));
    EXPECT_GT(most, 0) << subject.name;
    EXPECT_LT(most, .2) << subject.name;
    EXPECT_TRUE(std::equal(first.begin(), first.begin() + 1000, moved.begin())) << subject.name;
  }
}

TEST(Extremes, StartsHaveTheConditionsNoisedLaw) {
  // Against the law, not against the oracle's draws: a shared mistake in choosing the component would show here.
  Random r{47};
  const Mixture m = randomMixture(r, 5, 2, 3, .3, 1.5);
  for (int condition : {kUnconditional, 0, 1}) {
    Experiment e = plain(SolverKind::Euler, 1);
    e.condition = condition;
    e.schedule.sigmaMax = 2;
    const Plan plan = compile(e, std::make_shared<const Mixture>(m));
    constexpr int n = 40000;
    const oracle::Law law = oracle::law(m, condition);
    Vec2 mean{0.0};
    for (std::size_t k = 0; k < law.weights.size(); ++k) mean += law.weights[k] * law.means[k];
    double xx = 0, xy = 0, yy = 0;
    for (std::size_t k = 0; k < law.weights.size(); ++k) {
      const Vec2 d = law.means[k] - mean;
      xx += law.weights[k] * (law.covariances[k].xx + 4 + d.x * d.x);
      xy += law.weights[k] * (law.covariances[k].xy + d.x * d.y);
      yy += law.weights[k] * (law.covariances[k].yy + 4 + d.y * d.y);
    }
    for (const Subject& subject : engines()) {
      const std::vector<double> x = subject.sample(plan, n);
      const double alpha = plan.grid[0].level.alpha;
      double sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, fx = 0, fxy = 0, fy = 0;
      for (int i = 0; i < n; ++i) {
        const double dx = x[std::size_t(2 * i)] / alpha - mean.x, dy = x[std::size_t(2 * i) + 1] / alpha - mean.y;
        sx += dx, sy += dy, sxx += dx * dx, sxy += dx * dy, syy += dy * dy;
        fx += std::pow(dx, 4), fxy += dx * dx * dy * dy, fy += std::pow(dy, 4);
      }
      const auto z = [](double sum, double expected, double squares) {
        return std::abs(sum / n - expected) / std::sqrt((squares / n - expected * expected) / n);
      };
      EXPECT_LT(z(sx, 0, sxx), 4.5) << subject.name;
      EXPECT_LT(z(sy, 0, syy), 4.5) << subject.name;
      EXPECT_LT(z(sxx, xx, fx), 4.5) << subject.name;
      EXPECT_LT(z(sxy, xy, fxy), 4.5) << subject.name;
      EXPECT_LT(z(syy, yy, fy), 4.5) << subject.name;
    }
  }
}

}  // namespace
}  // namespace conformance
