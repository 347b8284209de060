// Numbers of a run on its way, against closed forms of Gaussians.
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "measure/over_time.h"
#include "measure/sweep.h"
#include "papers/laws.h"
#include "papers/run.h"

namespace papers {
namespace {

gs::SweepTable measured(const gs::Experiment& e, const std::shared_ptr<const Mixture>& m,
                        const std::vector<std::string>& metrics, std::shared_ptr<const gs::Frame>& frame) {
  const gs::Plan plan = gs::compile(e, m);
  frame = engine().sample(plan, e.particles.count, {});
  return gs::overTime(engine(), plan, *frame, metrics, {}, {});
}
// The row of the frame that a line of the table is about.
int rowOf(const gs::SweepTable& t, const gs::Frame& f, std::size_t line) {
  return gs::nearestStep(f.grid, t.axes[0].number(line));
}

// Every state of a run without guidance has the noised data law.
TEST(OverTime, UnguidedStatesHaveTheDataLawAtEveryLevel) {
  const auto law = shared(sMode());
  gs::Experiment e = cfg(0, gs::SolverKind::Heun, 0, 32, 160, 80);
  e.schedule.kind = gs::ScheduleKind::Edm;
  e.schedule.grid = gs::GridKind::Karras;
  const gs::Plan plan = gs::compile(e, law);
  const auto frame = engine().sample(plan, 160, {});
  int heard = 0;
  const gs::SweepTable t =
      gs::overTime(engine(), plan, *frame, {"energy_conditional", "log_posterior", "sliced_w2", "seconds"},
                   [&](const gs::SweepTable&, int) { ++heard; }, {});
  ASSERT_EQ(t.values.size(), 24u);
  EXPECT_EQ(heard, 24);
  EXPECT_EQ(t.axes[0].number(23), 0);
  EXPECT_GT(t.axes[0].number(0), .9);
  for (const auto& v : t.values) {
    EXPECT_LT(std::abs(v[0].value), 5 * std::max(v[0].floor, v[0].se));
    EXPECT_LT(v[2].value, 3 * v[2].floor);
    EXPECT_TRUE(std::isnan(v[3].value));
  }
  EXPECT_THROW(gs::overTime(engine(), plan, *frame, {"nothing"}, {}, {}), std::invalid_argument);
}

// The guided ODE takes variances along F = (a + tau)^(1 + omega) (b + tau)^-omega, tau = sh^2, from those of the start.
TEST(OverTime, DivergenceOfGuidedGaussiansIsClosedAtEveryLevel) {
  const double a = 1, b = 2, omega = 1.5;
  std::shared_ptr<const gs::Frame> frame;
  const auto t =
      measured(cfg(omega, gs::SolverKind::Heun, 0, 30, 400, 20), shared(pairOf(a, b)), {"kl_conditional"}, frame);
  const auto f = [&](double tau) { return std::pow(a + tau, 1 + omega) * std::pow(b + tau, -omega); };
  double most = 0;
  for (std::size_t i = 0; i < t.values.size(); ++i) {
    const double tau = std::pow(frame->grid[std::size_t(rowOf(t, *frame, i))].ratio, 2);
    const double v = (a + 400) * f(tau) / f(400) / (a + tau), expected = v - 1 - std::log(v);
    EXPECT_NEAR(t.values[i][0].value, expected, 4 * t.values[i][0].se + 2e-4) << tau;
    most = std::max(most, expected);
  }
  EXPECT_GT(most, .3);
}

// Without guidance D = a / (a + tau) y: an Euler step multiplies y by r + (1 - r) a / (a + tau), the ODE by
// sqrt((a + tau') / (a + tau)).
TEST(OverTime, SolverErrorOfEulersStepsIsClosed) {
  const double a = .3;
  gs::Experiment e = cfg(0, gs::SolverKind::Euler, 0, 16, 300, 10);
  e.guidance.clear();
  for (const gs::GridKind grid : {gs::GridKind::UniformT, gs::GridKind::Karras}) {
    e.schedule.grid = grid;
    std::shared_ptr<const gs::Frame> frame;
    const auto t = measured(e, shared(pairOf(a, 2)), {"solver_error", "path_length"}, frame);
    ASSERT_EQ(t.values.size(), 17u);
    double square = 0, step = 1;
    for (int i = 0; i < 300; ++i) square += glm::dot(at(*frame, 0, i), at(*frame, 0, i)) / 300;
    const double first = frame->grid[0].ratio, scale = std::sqrt(square) / frame->grid[0].level.alpha;
    for (std::size_t k = 0; k < 17; ++k) {
      const gs::GridPoint& g = frame->grid[k];
      const double expected =
          g.level.alpha * scale * std::abs(step - std::sqrt((a + g.ratio * g.ratio) / (a + first * first)));
      EXPECT_NEAR(t.values[k][0].value, expected, 2e-5 + 2e-3 * expected) << k;
      if (k == 16) break;
      const double r = frame->grid[k + 1].ratio / g.ratio;
      step *= r + (1 - r) * a / (a + g.ratio * g.ratio);
    }
    EXPECT_GT(t.values[16][0].value, .02);
  }
}

// As many steps as its own would be no reference for a run of Runge-Kutta steps: with f = 1 - D / y = tau / (a + tau),
// k1 = f, k2 = f_m (1 + h k1 / 2), k3 = f_m (1 + h k2 / 2), k4 = f' (1 + h k3) for h = log(ratio' / ratio).
TEST(OverTime, SolverErrorOfRungeKuttaIsClosed) {
  const double a = .3;
  gs::Experiment e = cfg(0, gs::SolverKind::Rk4, 0, 5, 300, 10);
  e.guidance.clear();
  e.schedule.sigmaMax = 0;  // from pure noise
  e.schedule.grid = gs::GridKind::Karras;
  e.schedule.sigmaMin = .05;
  std::shared_ptr<const gs::Frame> frame;
  const auto t = measured(e, shared(pairOf(a, 2)), {"solver_error"}, frame);
  ASSERT_EQ(t.values.size(), 6u);
  ASSERT_TRUE(std::isinf(frame->grid[0].ratio));
  double square = 0, step = 1;
  for (int i = 0; i < 300; ++i) square += glm::dot(at(*frame, 1, i), at(*frame, 1, i)) / 300;
  const double first = frame->grid[1].ratio, scale = std::sqrt(square) / frame->grid[1].level.alpha;
  const auto f = [&](double ratio) { return ratio * ratio / (a + ratio * ratio); };
  for (std::size_t k = 1; k < 5; ++k) {
    const gs::GridPoint& g = frame->grid[k];
    const double expected =
        g.level.alpha * scale * std::abs(step - std::sqrt((a + g.ratio * g.ratio) / (a + first * first)));
    EXPECT_NEAR(t.values[k][0].value, expected, 2e-5 + 2e-3 * expected) << k;
    const double next = frame->grid[k + 1].ratio, h = std::log(next / g.ratio), m = f(std::sqrt(g.ratio * next));
    const double k1 = f(g.ratio), k2 = m * (1 + h / 2 * k1), k3 = m * (1 + h / 2 * k2), k4 = f(next) * (1 + h * k3);
    step *= 1 + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  EXPECT_GT(t.values[4][0].value, .01);

  // The most steps that there are, of which none fit between.
  e.schedule.steps = 200;
  e.particles.count = 20;
  const auto most = measured(e, shared(pairOf(a, 2)), {"solver_error"}, frame);
  EXPECT_GT(most.values.back()[0].value, 0);
  EXPECT_LT(most.values.back()[0].value, 1e-4);
}

// The paths of one narrow Gaussian are straight towards the middle, in x / sqrt(alpha^2 + sigma^2).
TEST(OverTime, PathsAreMeasuredAsFarAsTheyAre) {
  const double a = .01;
  gs::Experiment e = cfg(0, gs::SolverKind::Rk4, 0, 40, 200, 10);
  e.guidance.clear();
  std::shared_ptr<const gs::Frame> frame;
  const auto t = measured(e, shared(pairOf(a, 2)), {"path_length", "path_detour", "path_turning"}, frame);
  double mean = 0;
  for (int i = 0; i < 200; ++i) mean += glm::length(at(*frame, 0, i)) / frame->grid[0].level.alpha / 200;
  const auto radius = [&](double q) { return mean * std::sqrt((a + q) / (a + 100) / (1 + q)); };
  EXPECT_TRUE(std::isnan(t.values[0][0].value));
  for (std::size_t i = 1; i < t.values.size(); ++i) {
    const double ratio = frame->grid[std::size_t(rowOf(t, *frame, i))].ratio;
    EXPECT_NEAR(t.values[i][0].value, radius(100) - radius(ratio * ratio), 5e-3) << ratio;
    EXPECT_NEAR(t.values[i][1].value, 0, 1e-3) << ratio;
  }
}

// Of r = exp(k x) on N(0, a): h_t(y) = exp(k a y / (a + tau) + k^2 a tau / (2 (a + tau))), whose mean is E[r] without a
// push at every level.
TEST(OverTime, RewardsAreExpectedOnes) {
  const double a = .8, k = .7;
  gs::Experiment e = cfg(0, gs::SolverKind::Heun, 0, 24, 500, 15);
  e.guidance[0].kind = gs::TermKind::Reward;
  e.guidance[0].reward.kind = gs::RewardKind::Linear;
  e.guidance[0].reward.angle = 0, e.guidance[0].reward.strength = k;
  for (const double omega : {0., 1.5}) {
    e.guidance[0].omega = omega;
    std::shared_ptr<const gs::Frame> frame;
    const auto t = measured(e, shared(pairOf(a, 2)), {"mean_reward"}, frame);
    EXPECT_NEAR(t.references[0], std::exp(k * k * a / 2), 1e-6);
    for (std::size_t i = 0; i < t.values.size(); ++i) {
      const int row = rowOf(t, *frame, i);
      const gs::GridPoint& g = frame->grid[std::size_t(row)];
      const double tau = g.ratio * g.ratio;
      double expected = 0;
      for (int p = 0; p < 500; ++p)
        expected +=
            std::exp(k * a * at(*frame, row, p).x / g.level.alpha / (a + tau) + k * k * a * tau / (2 * (a + tau))) /
            500;
      EXPECT_NEAR(t.values[i][0].value, expected, 1e-4 * expected) << omega << ' ' << tau;
      if (omega == 0) {
        EXPECT_NEAR(expected, std::exp(k * k * a / 2), 5 * t.values[i][0].se);
      }
    }
  }
}

TEST(OverTime, SaysWhatIsNotThere) {
  std::shared_ptr<const gs::Frame> frame;
  const auto t = measured(cfg(1, gs::SolverKind::Exponential, 1, 6, 50, 10), shared(pairOf(1, 2)),
                          {"solver_error", "kl_conditional", "mean_x"}, frame);
  EXPECT_TRUE(std::isnan(t.values[3][0].value) && std::isnan(t.values[3][1].value));
  EXPECT_FALSE(std::isnan(t.values[3][2].value));
  EXPECT_NE(t.notes[3].find("churn"), std::string::npos);
  const auto plain = measured(cfg(1, gs::SolverKind::Heun, 0, 4, 50, 10), shared(pairOf(1, 2)), {"mean_reward"}, frame);
  EXPECT_TRUE(std::isnan(plain.values[3][0].value));
  EXPECT_NE(plain.notes[3].find("no reward"), std::string::npos);
  // Where paths blow up on their way the divergence ends, and what was before stays: variances
  // grow as (b / a)^-omega.
  const auto cut =
      measured(cfg(-20, gs::SolverKind::Heun, 0, 40, 50, 10), shared(pairOf(.001, 1)), {"kl_conditional"}, frame);
  EXPECT_TRUE(std::isfinite(cut.values[4][0].value));
  EXPECT_TRUE(std::isnan(cut.values.back()[0].value));
  EXPECT_NE(cut.notes[4].find("no density"), std::string::npos);
  EXPECT_TRUE(gs::measuredOverTime("fraction_3") && gs::measuredOverTime("reward_q50"));
  EXPECT_FALSE(gs::measuredOverTime("seconds") || gs::measuredOverTime("guidance_effect"));
}

}  // namespace
}  // namespace papers
