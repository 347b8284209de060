// The solvers' orders of convergence, and that more is worse at very few steps.
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "oracle/oracle.h"
#include "engine/reference.h"
#include "papers/run.h"

namespace papers {
namespace {

using gs::Experiment;
using gs::SolverKind;
using gs::Vec2;

constexpr int kCount = 200;

// Four modes on a circle, as the accuracy tables of the solvers use.
gs::Mixture ring() {
  gs::Mixture m;
  for (int k = 0; k < 4; ++k) {
    const double angle = (k + .5) * std::numbers::pi / 2;
    m.components.push_back({k % 2, .25, 2.0 * Vec2(std::cos(angle), std::sin(angle)), gs::Sym2::isotropic(.04)});
  }
  return m;
}

Experiment experiment(SolverKind solver, int steps, gs::GridKind grid, double omega) {
  Experiment e;
  e.condition = omega == 0 ? gs::kUnconditional : 0;
  if (omega != 0) {
    e.guidance = {gs::Term{}};
    e.guidance[0].omega = omega;
  }
  e.schedule.kind = gs::ScheduleKind::Edm;
  e.schedule.grid = grid;
  e.schedule.steps = steps;
  e.schedule.sigmaMax = 10;
  e.schedule.sigmaMin = .01;
  e.sampler = {solver, 0};
  e.particles = {kCount, 3};
  return e;
}

// Where each start goes under the ODE: classic Runge-Kutta in the oracle's fields with steps far beyond any engine's,
// and the step from sigmaMin to the data that every solver ends with.
std::vector<Vec2> exactEnds(const Experiment& e, const gs::Mixture& m, const std::vector<Vec2>& starts) {
  const oracle::Law main = oracle::law(m, e.condition), all = oracle::law(m, gs::kUnconditional);
  const double omega = e.guidance.empty() ? 0 : e.guidance[0].omega;
  const auto guided = [&](Vec2 y, double ratio) {
    const Vec2 d = oracle::denoiser(main, y, ratio);
    return omega == 0 ? d : d + omega * (d - oracle::denoiser(all, y, ratio));
  };
  const int n = 700;
  const double from = std::log(e.schedule.sigmaMax), h = (std::log(e.schedule.sigmaMin) - from) / n;
  std::vector<Vec2> ends;
  for (Vec2 y : starts) {
    for (int i = 0; i < n; ++i) {
      const double at = from + i * h;
      const auto f = [&](Vec2 v, double ell) { return v - guided(v, std::exp(ell)); };
      const Vec2 k1 = f(y, at), k2 = f(y + h / 2 * k1, at + h / 2), k3 = f(y + h / 2 * k2, at + h / 2),
                 k4 = f(y + h * k3, at + h);
      y += h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    }
    ends.push_back(guided(y, e.schedule.sigmaMin));
  }
  return ends;
}

// Root of the mean square error at the data, of the program's plan in double precision (so that order 4 is seen).
double error(const Experiment& e, const gs::Mixture& m, const std::vector<Vec2>& exact) {
  const std::vector<double> x = gs::sampleInDouble(gs::compile(e, std::make_shared<const gs::Mixture>(m)), kCount);
  const double* end = x.data() + std::size_t(2 * kCount) * std::size_t(e.schedule.steps);
  double sum = 0;
  for (int i = 0; i < kCount; ++i) {
    const Vec2 d = Vec2(end[2 * i], end[2 * i + 1]) - exact[std::size_t(i)];
    sum += glm::dot(d, d);
  }
  return std::sqrt(sum / kCount);
}

struct Order {
  SolverKind solver;
  int steps;
  double low, high;
};

class Orders : public testing::TestWithParam<double> {};

TEST_P(Orders, AreTheSolversOwn) {
  const double omega = GetParam();
  const gs::Mixture m = ring();
  for (gs::GridKind grid : {gs::GridKind::UniformLogSnr, gs::GridKind::Karras}) {
    const Experiment base = experiment(SolverKind::Euler, 4, grid, omega);
    const std::vector<Vec2> exact = exactEnds(base, m, oracle::start(base, m, kCount));
    // 2M's second order shows from 128 steps on; the others' from 64 or earlier.
    for (const Order& o : {Order{SolverKind::Euler, 64, .9, 1.15},
                           {SolverKind::Heun, 64, 1.8, 2.3},
                           {SolverKind::Dpmpp2m, 128, 1.7, 2.2},
                           {SolverKind::Rk4, 64, 3.6, 4.6}}) {
      const double coarse = error(experiment(o.solver, o.steps, grid, omega), m, exact);
      const double fine = error(experiment(o.solver, 2 * o.steps, grid, omega), m, exact);
      // N points make N - 1 steps down to sigmaMin.
      const double order = std::log(coarse / fine) / std::log((2 * o.steps - 2.) / (o.steps - 2.));
      EXPECT_GT(order, o.low) << "solver " << int(o.solver) << ", grid " << int(grid) << ": errors " << coarse << ", "
                              << fine;
      EXPECT_LT(order, o.high) << "solver " << int(o.solver) << ", grid " << int(grid) << ": errors " << coarse << ", "
                               << fine;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Omega, Orders, testing::Values(0., .5));

TEST(FewSteps, HeunIsWorseThanEuler) {
  const gs::Mixture m = ring();
  const Experiment base = experiment(SolverKind::Euler, 4, gs::GridKind::Karras, 0);
  const std::vector<Vec2> exact = exactEnds(base, m, oracle::start(base, m, kCount));
  for (int steps : {2, 3, 4}) {
    EXPECT_GT(error(experiment(SolverKind::Heun, steps, gs::GridKind::Karras, 0), m, exact),
              1.5 * error(experiment(SolverKind::Euler, steps, gs::GridKind::Karras, 0), m, exact))
        << steps;
  }
  for (int steps : {16, 32, 64}) {
    const double euler = error(experiment(SolverKind::Euler, steps, gs::GridKind::Karras, 0), m, exact);
    EXPECT_LT(error(experiment(SolverKind::Heun, steps, gs::GridKind::Karras, 0), m, exact), euler / 3) << steps;
    EXPECT_LT(error(experiment(SolverKind::Dpmpp2m, steps, gs::GridKind::Karras, 0), m, exact), euler / 2) << steps;
  }
}

// With two steps Euler leaves all in a heap where no mode is.
TEST(FewSteps, TwoOfEulerReachNoMode) {
  const gs::Mixture m = ring();
  const std::vector<double> x = gs::sampleInDouble(
      gs::compile(experiment(SolverKind::Euler, 2, gs::GridKind::Karras, 0), std::make_shared<const gs::Mixture>(m)),
      kCount);
  for (std::size_t i = x.size() - 2 * kCount; i < x.size(); i += 2)
    for (const gs::Component& c : m.components) EXPECT_GT(glm::distance(Vec2(x[i], x[i + 1]), c.mean), .6);
}

// Where 16 steps of Euler lie decides what they are worth: equal steps of sigma are all spent in the noise.
struct Places {
  gs::ScheduleKind schedule;
  gs::GridKind grid;
  double told;  // root of the mean square error
};
TEST(FewSteps, EqualStepsOfSigmaAreWasted) {
  const gs::Mixture m = ring();
  Experiment base = experiment(SolverKind::Euler, 16, gs::GridKind::Karras, 0);
  base.schedule.sigmaMax = 80, base.schedule.sigmaMin = .002;
  const std::vector<Vec2> exact = exactEnds(base, m, oracle::start(base, m, kCount));
  for (const Places& p : {Places{gs::ScheduleKind::Edm, gs::GridKind::UniformT, 1.58},
                          {gs::ScheduleKind::Edm, gs::GridKind::Karras, .137},
                          {gs::ScheduleKind::Edm, gs::GridKind::UniformLogSnr, .144},
                          {gs::ScheduleKind::Flow, gs::GridKind::UniformT, .054},
                          {gs::ScheduleKind::VpLinear, gs::GridKind::UniformT, .088}}) {
    Experiment e = base;
    e.schedule.kind = p.schedule, e.schedule.grid = p.grid;
    EXPECT_NEAR(error(e, m, exact), p.told, .2 * p.told) << int(p.schedule) << ' ' << int(p.grid);
  }
}

TEST(Reverse, TheProgramsRungeKuttaIsUndoneByIntegratingBack) {
  // From the engine's single-precision positions at sigmaMin up the same ODE in double: back at the starts.
  const gs::Mixture m = ring();
  Experiment e = experiment(SolverKind::Rk4, 256, gs::GridKind::UniformLogSnr, 0);
  const auto frame = run(e, m);
  const oracle::Law all = oracle::law(m, gs::kUnconditional);
  const int n = 700;
  const double from = std::log(e.schedule.sigmaMin), h = (std::log(e.schedule.sigmaMax) - from) / n;
  const std::vector<double> precise =
      gs::sampleInDouble(gs::compile(e, std::make_shared<const gs::Mixture>(m)), kCount);
  const auto back = [&](Vec2 y) {
    for (int i = 0; i < n; ++i) {
      const double at = from + i * h;
      const auto f = [&](Vec2 v, double ell) { return v - oracle::denoiser(all, v, std::exp(ell)); };
      const Vec2 k1 = f(y, at), k2 = f(y + h / 2 * k1, at + h / 2), k3 = f(y + h / 2 * k2, at + h / 2),
                 k4 = f(y + h * k3, at + h);
      y += h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    }
    return y;
  };
  for (int i = 0; i < 100; ++i) {
    const std::size_t last = 2 * std::size_t(255 * kCount + i);
    const Vec2 start{precise[2 * std::size_t(i)], precise[2 * std::size_t(i) + 1]};
    EXPECT_LE(glm::distance(back({precise[last], precise[last + 1]}), start), 1e-4);
    // Upwards the ODE spreads what it narrowed: sigmaMax / .2 times the rounding of a position.
    EXPECT_LE(glm::distance(back(at(*frame, 255, i)), start), 2e-3);
  }
}

}  // namespace
}  // namespace papers
