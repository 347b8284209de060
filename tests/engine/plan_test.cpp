// What compile() makes of an experiment: branches, tables, costs, errors.
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "scenes.h"
#include "session/enums.h"
#include "session/methods.h"

namespace gs {
namespace {

using namespace test;

void expectSumsToOne(const Plan& plan) {
  for (std::size_t level = 0; level < plan.ratios.size(); ++level) {
    double sum = 0;
    for (const PlanBranch& b : plan.branches) sum += b.coefficient[level];
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(Plan, ClassifierFreeGuidanceIsTwoBlendsOfOneModel) {
  const auto mixture = ring(8);
  const Plan plan = compile(experiment(mixture), mixture);
  ASSERT_EQ(plan.models.size(), 1u);
  EXPECT_EQ(plan.models[0].components, 8);
  EXPECT_EQ(plan.models[0].groupA, 4);
  ASSERT_EQ(plan.branches.size(), 2u);
  EXPECT_EQ(plan.branches[0].b, 0);
  EXPECT_EQ(plan.branches[1].a, 1);
  EXPECT_EQ(plan.branches[1].b, 1);
  for (const double c : plan.branches[0].coefficient) EXPECT_DOUBLE_EQ(c, 2.5);
  for (const double c : plan.branches[1].coefficient) EXPECT_DOUBLE_EQ(c, -1.5);
  EXPECT_EQ(plan.kernelRows(), 8);
}

TEST(Plan, WhatPushesNothingCostsNothing) {
  const auto mixture = ring(8);
  const auto oneBranch = [&](const std::function<void(Experiment&)>& change, int rows) {
    Experiment e = experiment(mixture);
    change(e);
    const Plan plan = compile(e, mixture);
    EXPECT_EQ(plan.branches.size(), 1u);
    EXPECT_EQ(plan.models.size(), 1u);
    EXPECT_EQ(plan.kernelRows(), rows);
    EXPECT_EQ(plan.modelCalls, 16);
  };
  oneBranch([](Experiment& e) { e.guidance.clear(); }, 4);
  oneBranch([](Experiment& e) { e.guidance[0].enabled = false; }, 4);
  oneBranch([](Experiment& e) { e.guidance[0].omega = 0; }, 4);
  oneBranch([](Experiment& e) { e.condition = kUnconditional; }, 8);
  oneBranch([](Experiment& e) { e.guidance = {autoguidance(2, {0, 0, 0})}; }, 4);
  oneBranch(
      [](Experiment& e) {
        e.guidance[0].curve.kind = CurveKind::Interval;
        e.guidance[0].curve.lo = 1e4;
        e.guidance[0].curve.hi = 2e4;
      },
      4);
}

TEST(Plan, HasPushesWhereTheStackIsSaidToGuide) {
  const auto two = ring(6), one = ring(6, 1);
  const auto agree = [](const std::shared_ptr<const Mixture>& mixture, int condition, const Term& t) {
    Experiment e = experiment(mixture);
    e.condition = condition;
    e.guidance = {t};
    Plan plan;
    try {
      plan = compile(e, mixture);
    } catch (const std::invalid_argument&) {
      return 0;  // of a class that there is not
    }
    bool pushes = false;
    for (std::size_t level = 0; level < plan.ratios.size(); ++level) {
      if (plan.parts[level].noises) continue;
      for (const PlanBranch& b : plan.branches)
        pushes = pushes || !b.as.empty() || std::abs(b.coefficient[level] - b.unguided) > 1e-9;
      // The other two change what others push.
      for (const PlanShape& s : plan.shapes)
        pushes = pushes || (s.kind != ShapeKind::Apg && s.kind != ShapeKind::Rescale && s.at[level].applied());
    }
    EXPECT_EQ(guides(e, mixture->classes()), pushes)
        << enumName(t.kind) << ", condition " << condition << " of " << mixture->classes();
    return 1;
  };
  int compared = 0;
  for (int kind = 0; kind <= int(TermKind::Gibbs); ++kind)
    for (const int condition : {0, kUnconditional})
      for (const auto& mixture : {two, one}) {
        Term t = newTerm(TermKind(kind));
        compared += agree(mixture, condition, t);
        t.label = 0;
        t.leak = t.omega = 0;
        compared += agree(mixture, condition, t);
        t.omega = 1;
        t.corrections = t.rounds = 0;
        t.weak = {0, 0, 0};
        compared += agree(mixture, condition, t);
        t.reward.kind = RewardKind::Cost;
        compared += agree(mixture, condition, t);
        t.reward.kind = RewardKind::Ring;
        compared += agree(mixture, condition, t);
      }
  EXPECT_GT(compared, 300);
}

TEST(Plan, AnIntervalSavesItsModelCalls) {
  const auto mixture = ring(8);
  Experiment e = experiment(mixture);
  e.schedule.kind = ScheduleKind::Edm;
  e.guidance[0].curve.kind = CurveKind::Interval;
  e.guidance[0].curve.lo = .1;
  e.guidance[0].curve.hi = 5;
  const Plan plan = compile(e, mixture);
  int inside = 0;
  for (std::size_t i = 0; i + 1 < plan.grid.size(); ++i) {
    const bool in = plan.grid[i].ratio > .1 && plan.grid[i].ratio <= 5;
    inside += in;
    EXPECT_DOUBLE_EQ(plan.branches[1].coefficient[i], in ? -1.5 : 0);
  }
  EXPECT_GT(inside, 0);
  EXPECT_LT(inside, 16);
  EXPECT_EQ(plan.modelCalls, 16 + inside);
  EXPECT_DOUBLE_EQ(plan.rowEvaluations, 16. * 4 + inside * 4.);
}

TEST(Plan, AutoguidanceBlendsABroadenedModel) {
  const auto mixture = ring(8);
  Experiment e = experiment(mixture);
  e.guidance = {cfg(1), autoguidance(2, {.2, .25, .4})};
  const Plan plan = compile(e, mixture);
  expectSumsToOne(plan);
  ASSERT_EQ(plan.models.size(), 2u);
  EXPECT_EQ(plan.models[1].broaden, .2);
  ASSERT_EQ(plan.branches.size(), 4u);  // conditional, unconditional; weak with a density leak, weak unconditional
  EXPECT_DOUBLE_EQ(plan.branches[0].coefficient[3], 4);
  EXPECT_DOUBLE_EQ(plan.branches[1].coefficient[3], -1);
  EXPECT_DOUBLE_EQ(plan.branches[2].coefficient[3], -1.2);
  EXPECT_DOUBLE_EQ(plan.branches[3].coefficient[3], -.8);
  const double p = mixture->classProbability(0);
  EXPECT_DOUBLE_EQ(plan.branches[2].a, (.75 / p + .25) / .25);
}

TEST(Plan, CountsModelCalls) {
  const auto mixture = ring(4);
  const auto calls = [&](SolverKind solver, ScheduleKind schedule) {
    Experiment e = experiment(mixture, solver, 10);
    e.guidance.clear();
    e.schedule.kind = schedule;
    return compile(e, mixture).modelCalls;
  };
  EXPECT_EQ(calls(SolverKind::Euler, ScheduleKind::Edm), 10);
  EXPECT_EQ(calls(SolverKind::Dpmpp2m, ScheduleKind::Edm), 10);
  EXPECT_EQ(calls(SolverKind::Exponential, ScheduleKind::Edm), 10);
  EXPECT_EQ(calls(SolverKind::Heun, ScheduleKind::Edm), 19);
  EXPECT_EQ(calls(SolverKind::Rk4, ScheduleKind::Edm), 37);
  EXPECT_EQ(calls(SolverKind::Heun, ScheduleKind::Flow), 18);  // the first step leaves pure noise
}

TEST(Plan, PureNoiseStartsAtTheGuidedPriorMean) {
  const auto mixture = ring(8);
  const Plan plan = compile(experiment(mixture), mixture);
  EXPECT_TRUE(std::isinf(plan.ratios.front()));
  EXPECT_TRUE(plan.steps.front().fromPureNoise);
  const Vec2 expected = 2.5 * mixture->mean(0) - 1.5 * mixture->mean();
  EXPECT_NEAR(plan.infiniteDenoiser.x, expected.x, 1e-12);
  EXPECT_NEAR(plan.infiniteDenoiser.y, expected.y, 1e-12);
}

TEST(Plan, RowsAreDensities) {
  const auto mixture = ring(5);
  const std::vector<int> order = groupOrder(*mixture, kUnconditional);
  for (const NoiseLevel level : {NoiseLevel{1, 0}, NoiseLevel{1, 3}, NoiseLevel{.6, .8}, NoiseLevel{0, 1}}) {
    const Vec2 x(.3, -.4);
    double density = 0;
    for (const auto& r : componentRows(*mixture, order, level)) {
      const double dx = x.x - r.meanX, dy = x.y - r.meanY;
      density += std::exp2(r.logNorm - (r.pxx * dx * dx + 2 * r.pxy * dx * dy + r.pyy * dy * dy));
    }
    EXPECT_NEAR(std::log(density), logDensity(*mixture, x, level), 1e-10);
  }
}

TEST(Plan, SharesTheTablesOfTheOneBefore) {
  const auto mixture = ring(8);
  Experiment e = experiment(mixture);
  const Plan first = compile(e, mixture);
  e.guidance[0].omega = 3;
  e.particles.count = 7;
  const Plan second = compile(e, mixture, &first);
  EXPECT_EQ(first.models[0].rows, second.models[0].rows);
  e.schedule.steps = 17;
  EXPECT_NE(compile(e, mixture, &second).models[0].rows, second.models[0].rows);
  e.schedule.steps = 16;
  e.condition = 1;
  EXPECT_NE(compile(e, mixture, &second).models[0].rows, second.models[0].rows);
}

TEST(Plan, StageTimesLieOnTheGrid) {
  for (const GridKind grid : {GridKind::Karras, GridKind::UniformT, GridKind::UniformLogSnr})
    for (const ScheduleKind kind : {ScheduleKind::Edm, ScheduleKind::VpLinear, ScheduleKind::Flow}) {
      Schedule s;
      s.kind = kind;
      s.grid = grid;
      s.steps = 9;
      const auto points = timeGrid(s);
      for (int i = 1; i + 2 < int(points.size()); ++i) {
        const GridPoint &a = points[std::size_t(i)], &b = points[std::size_t(i) + 1];
        EXPECT_NEAR(stageTime(s, points, i, a.ratio), a.t, 1e-12);
        EXPECT_NEAR(stageTime(s, points, i, b.ratio), b.t, 1e-12);
        const double middle = stageTime(s, points, i, std::sqrt(a.ratio * b.ratio));
        EXPECT_LT(middle, a.t);
        EXPECT_GT(middle, b.t);
      }
    }
}

TEST(Plan, SaysWhatIsWrong) {
  const auto mixture = ring(4);
  const auto message = [&](const std::function<void(Experiment&)>& change) -> std::string {
    Experiment e = experiment(mixture);
    change(e);
    try {
      compile(e, mixture);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message([](Experiment&) {}), "");
  EXPECT_EQ(message([](Experiment& e) { e.sampler.churn = .5; }),
            "sampler.churn: 0.5 needs the exponential solver; the others are deterministic");
  EXPECT_EQ(message([](Experiment& e) { e.condition = 2; }),
            "condition: class 2 does not exist; the distribution has 2 classes");
  EXPECT_EQ(message([](Experiment& e) { e.particles.count = 0; }), "particles.count: 0 is outside 1..10000000");
  EXPECT_EQ(message([](Experiment& e) { e.guidance[0].omega = std::numeric_limits<double>::quiet_NaN(); }),
            "guidance.0.omega: is not finite");
  EXPECT_EQ(message([](Experiment& e) { e.guidance.assign(9, cfg(1)); }), "guidance: more than 8 terms");
  EXPECT_EQ(message([](Experiment& e) {
              e.guidance[0].curve.kind = CurveKind::Drawn;
              e.guidance[0].curve.knots = {{.5, 1}, {.5, 2}};
            }),
            "guidance.0.curve.knots.1.t: 0.5 is not above the knot before");
  EXPECT_EQ(message([](Experiment& e) {
              e.guidance = {autoguidance(1, {.1, 2, 0})};
            }),
            "guidance.0.weak.leakDensity: 2 is outside 0..1");
  EXPECT_NE(message([](Experiment& e) { e.schedule.steps = 0; }).find("schedule.steps"), std::string::npos);
  EXPECT_THROW(compile(experiment(mixture), nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace gs
