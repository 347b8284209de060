// Leaving components out at little noise: the bound, what it saves, and that nothing is lost.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cpu_engine.h"
#include "engine/leaves.h"
#include "engine/program.h"
#include "engine/reference.h"
#include "scenes.h"

namespace gs {
namespace {

using namespace test;

TEST(Leaves, HoldEveryComponentOnceUnderABound) {
  constexpr int kComponents = 700;
  const auto mixture = spirals(kComponents);
  const Plan plan = compile(atLevel(mixture, 0.05, SolverKind::Euler, 3), mixture);
  for (const PlanModel& model : plan.models) {
    ASSERT_TRUE(model.leaves);
    for (int level = 0; level < 3; ++level) {
      LeafLevel near;
      ASSERT_TRUE(model.leaves->at(level, near));
      std::vector<int> seen(kComponents, 0);
      for (int leaf = 0; leaf < near.packs * kLeaf; ++leaf) {
        const Leaf& l = near.leaves[leaf];
        const LeafBounds& b = near.bounds[leaf / kLeaf];
        const int at = leaf % kLeaf;
        for (int i = 0; i < kLeaf; ++i) {
          if (l.logNorm[i] < -1e30f) continue;  // not a component
          int row = -1;
          for (int k = 0; k < model.components; ++k) {
            const ComponentRow& r = model.at(level)[k];
            if (r.meanX == l.meanX[i] && r.meanY == l.meanY[i] && r.logNorm == l.logNorm[i]) row = k;
          }
          ASSERT_GE(row, 0);
          ++seen[std::size_t(row)];
          EXPECT_EQ(row < model.groupA, leaf < near.packsA * kLeaf);
          for (int j = 0; j < 12; ++j) {  // points around the leaf, from inside it to far away
            const double away = std::pow(3., j - 7), x = b.centerX[at] + away * std::cos(2. * j + leaf);
            const double y = b.centerY[at] + away * std::sin(2. * j + leaf);
            const double dx = x - l.meanX[i], dy = y - l.meanY[i];
            const double exponent = l.logNorm[i] - l.pxx[i] * dx * dx - 2. * l.pxy[i] * dx * dy - l.pyy[i] * dy * dy;
            const double outX = std::max(0., std::abs(x - b.centerX[at]) - b.halfX[at]);
            const double outY = std::max(0., std::abs(y - b.centerY[at]) - b.halfY[at]);
            EXPECT_LE(exponent, b.most[at] - b.least[at] * (outX * outX + outY * outY) + 1e-9);
          }
        }
      }
      EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), model.components);
    }
  }
}

TEST(Leaves, AreForManyComponentsAndLittleNoise) {
  const auto mixture = spirals(900);
  Experiment e = experiment(mixture, SolverKind::Rk4, 24);  // flow: from pure noise
  const Plan plan = compile(e, mixture);
  ASSERT_TRUE(plan.models[0].leaves);
  double little = 0, much = 1e300;  // the most noise with leaves, the least without
  for (std::size_t i = 0; i < plan.ratios.size(); ++i) {
    LeafLevel near;
    if (plan.models[0].leaves->at(int(i), near))
      little = std::max(little, plan.ratios[i]);
    else
      much = std::min(much, plan.ratios[i]);
  }
  EXPECT_LT(little, much);
  EXPECT_GT(little, 0.05);
  EXPECT_LT(much, 2);
  EXPECT_EQ(compile(e, mixture, &plan).models[0].leaves, plan.models[0].leaves);
  EXPECT_FALSE(compile(experiment(ring(8)), ring(8)).models[0].leaves);
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.sigmaMax = 90;
  e.schedule.sigmaMin = 1;
  EXPECT_FALSE(compile(e, mixture).models[0].leaves);
}

TEST(Leaves, MoveADenoiserByLessThanRounding) {
  // One Euler step to ratio 0 is x = D^.
  const auto mixture = spirals(600);
  for (const double ratio : {0.15, 0.05, 0.004})
    for (const Start start : {Start::Exact, Start::Gaussian})  // Gaussian: far from every component
      for (const bool joint : {true, false}) {
        Experiment e = atLevel(mixture, ratio, SolverKind::Euler, 1);
        e.start = start;
        Plan plan = compile(e, mixture);
        if (!joint)  // a denoiser that is mostly group B
          for (PlanBranch& b : plan.branches)
            if (b.b != 0) b.a = 0.01;
        constexpr int kCount = 300;
        const std::vector<double> exact = sampleInDouble(plan, kCount);
        const Plan all = withoutLeaves(plan);
        for (const CpuKernels* build : everySimdKernels()) {
          const auto engine = makeCpuEngine(*build, 1);
          const auto near = engine->sample(plan, kCount, {}), plain = engine->sample(all, kCount, {});
          double worstNear = 0, worstPlain = 0;
          for (std::size_t i = 2 * kCount; i < exact.size(); ++i) {
            worstNear = std::max(worstNear, std::abs(double(near->x[i]) - exact[i]));
            worstPlain = std::max(worstPlain, std::abs(double(plain->x[i]) - exact[i]));
          }
          EXPECT_NE(near->x, plain->x) << "nothing was left out";
          EXPECT_LT(worstNear, 1.5 * worstPlain + 1e-6) << build->target << ' ' << ratio << ' ' << int(start) << joint;
        }
      }
}

TEST(Leaves, KeepAParticlesPathWhateverRunsBesideIt) {
  const auto mixture = spirals(400);
  for (const SolverKind solver : {SolverKind::Heun, SolverKind::Exponential}) {
    const Plan plan = compile(atLevel(mixture, 0.3, solver, 9), mixture);
    ASSERT_TRUE(plan.models[0].leaves);
    const auto all = makeCpuEngine(2)->sample(plan, 300, {});
    for (const int count : {1, 31, 257}) {
      const auto part = makeCpuEngine(1)->sample(plan, count, {});
      for (int step = 0; step <= part->steps(); ++step)
        EXPECT_TRUE(std::equal(part->at(step).begin(), part->at(step).end(), all->at(step).begin())) << count;
    }
    FloatBuffer first;
    for (const CpuKernels* build : everySimdKernels()) {
      if (build->target == "SSE4") continue;  // does not fuse products and sums
      const FloatBuffer x = makeCpuEngine(*build, 1)->sample(plan, 50, {})->x;
      EXPECT_TRUE(first.empty() || x == first) << build->target;
      first = x;
    }
  }
}

TEST(Leaves, TakeAnyPosition) {
  const auto mixture = spirals(400);
  Experiment e = experiment(mixture);
  const Plan plan = compileLevel(e, mixture, 0.02, 0.02);
  ASSERT_TRUE(plan.models[0].leaves);
  const Program<float> near(plan), all(withoutLeaves(plan));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float x[] = {0.5f, 30, -4e3f, 1e6f, 1e9f, 1e13f, 1e17f, kInfinity, std::nanf(""), 0.5f};
  const float y[] = {0.1f, -7, 2e3f, 1e6f, 0, -1e13f, 3, 0, 0, std::nanf("")};
  constexpr int kCount = 10;
  for (const CpuKernels* build : everySimdKernels()) {
    float nearX[kCount], nearY[kCount], allX[kCount], allY[kCount];
    build->guided(near.levels[0], x, y, kCount, nullptr, nullptr, nearX, nearY);
    build->guided(all.levels[0], x, y, kCount, nullptr, nullptr, allX, allY);
    for (int i = 0; i < kCount; ++i) {
      EXPECT_EQ(std::isfinite(nearX[i]), std::isfinite(allX[i])) << i << ' ' << nearX[i] << ' ' << allX[i];
      // Beyond, positions are rounded more coarsely than components are apart.
      if (i < 3) {
        EXPECT_NEAR(nearX[i], allX[i], 1e-3f + 1e-6f * std::abs(x[i])) << i;
        EXPECT_NEAR(nearY[i], allY[i], 1e-3f + 1e-6f * std::abs(x[i])) << i;
      }
    }
  }
}

}  // namespace
}  // namespace gs
