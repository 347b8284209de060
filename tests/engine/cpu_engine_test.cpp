// The CPU engine: determinism, blow-ups, stopping, densities and colours against the closed forms.
#include <algorithm>
#include <cmath>
#include <new>

#include <gtest/gtest.h>

#include "engine/cpu_engine.h"
#include "engine/memory.h"
#include "scenes.h"

namespace gs {
namespace {

using namespace test;

TEST(CpuEngine, AParticleTakesTheSamePathWhateverRunsBesideIt) {
  const auto mixture = ring(9, 3);
  for (const SolverKind solver : kSolvers) {
    const Plan plan = compile(experiment(mixture, solver), mixture);
    const auto all = makeCpuEngine(2)->sample(plan, 1500, {});
    for (const int threads : {1, 2})
      for (const int count : {1, 31, 257, 1499}) {
        const auto part = makeCpuEngine(threads)->sample(plan, count, {});
        ASSERT_EQ(part->particles, count);
        for (int step = 0; step <= part->steps(); ++step)
          EXPECT_TRUE(std::equal(part->at(step).begin(), part->at(step).end(), all->at(step).begin()))
              << int(solver) << " threads " << threads << " count " << count << " step " << step;
      }
  }
}

TEST(CpuEngine, DraggingAWeightThereAndBackGivesTheSameBits) {
  const auto mixture = ring(9, 3);
  const auto engine = makeCpuEngine(2);
  Experiment e = experiment(mixture, SolverKind::Exponential);
  const Plan first = compile(e, mixture);
  const auto before = engine->sample(first, 700, {});
  e.guidance[0].omega = 4;
  const Plan second = compile(e, mixture, &first);
  EXPECT_NE(engine->sample(second, 700, {})->x, before->x);
  e.guidance[0].omega = 1.5;
  const auto after = engine->sample(compile(e, mixture, &second), 700, {});
  EXPECT_EQ(after->x, before->x);
  EXPECT_GT(after->stamp, before->stamp);
  e.particles.seed = 2;
  EXPECT_NE(engine->sample(compile(e, mixture), 700, {})->x, before->x);
}

TEST(CpuEngine, ExactStartsFollowTheNoisedLaw) {
  const auto mixture = ring(6);
  Experiment e = experiment(mixture);
  e.schedule.kind = ScheduleKind::VpLinear;
  e.schedule.sigmaMax = 2;
  const Plan plan = compile(e, mixture);
  constexpr int kCount = 100'000;
  const auto frame = makeCpuEngine(2)->sample(plan, kCount, {});
  const NoiseLevel level = plan.grid.front().level;
  const Vec2 mean = level.alpha * mixture->mean(0);
  Sym2 cov = mixture->covariance(0);
  cov = level.alpha * level.alpha * cov + Sym2::isotropic(level.sigma * level.sigma);
  Vec2 sum(0.0);
  Sym2 square{0, 0, 0};
  for (int i = 0; i < kCount; ++i) {
    const Vec2 x(frame->at(0)[2 * std::size_t(i)], frame->at(0)[2 * std::size_t(i) + 1]);
    sum += x;
    square = square + Sym2::outer(x - mean);
  }
  sum /= double(kCount);
  EXPECT_NEAR(sum.x, mean.x, 5 * std::sqrt(cov.xx / kCount));
  EXPECT_NEAR(sum.y, mean.y, 5 * std::sqrt(cov.yy / kCount));
  EXPECT_NEAR(square.xx / kCount, cov.xx, 8 * cov.xx * std::sqrt(2. / kCount));
  EXPECT_NEAR(square.yy / kCount, cov.yy, 8 * cov.yy * std::sqrt(2. / kCount));
  EXPECT_NEAR(square.xy / kCount, cov.xy, 8 * std::sqrt(cov.xx * cov.yy / kCount));
}

TEST(CpuEngine, BlowUpsAreCountedAndKept) {
  const auto mixture = ring(5);
  Experiment e = experiment(mixture);
  e.guidance[0].omega = 20;
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.sigmaMax = 3e38;  // a start near the end of single precision
  e.schedule.steps = 4;
  e.start = Start::Gaussian;
  const auto frame = makeCpuEngine(2)->sample(compile(e, mixture), 1000, {});
  int lost = 0;
  for (int i = 0; i < 1000; ++i) {
    bool finite = true;
    for (int step = 0; step <= frame->steps(); ++step)
      for (int axis = 0; axis < 2; ++axis)
        finite = finite && std::isfinite(frame->at(step)[2 * std::size_t(i) + std::size_t(axis)]);
    const float* end = &frame->at(frame->steps())[2 * std::size_t(i)];
    EXPECT_TRUE(finite || blownUp(end[0], end[1]));  // what left the numbers once does not come back unnoticed
    lost += blownUp(end[0], end[1]);
  }
  EXPECT_GT(lost, 0);
  EXPECT_EQ(frame->blownUp, lost);

  e.schedule.sigmaMax = 80;
  EXPECT_EQ(makeCpuEngine(2)->sample(compile(e, mixture), 1000, {})->blownUp, 0);
}

TEST(CpuEngine, ParticlesFarFromEverythingStayFinite) {
  const auto mixture = ring(40);
  Experiment e = experiment(mixture);
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.sigmaMax = 1e15;
  e.schedule.grid = GridKind::UniformLogSnr;
  const auto frame = makeCpuEngine(1)->sample(compile(e, mixture), 300, {});
  EXPECT_EQ(frame->blownUp, 0);
  for (const float v : frame->at(frame->steps())) EXPECT_LT(std::abs(v), 20);
}

TEST(CpuEngine, KnowsHowMuchMemoryThereIs) {
  EXPECT_GT(availableMemory(), std::size_t(1) << 20);
  const auto mixture = ring(2);
  Experiment e = experiment(mixture, SolverKind::Euler, 256);
  const Plan plan = compile(e, mixture);
  // Not even the last step fits: refused at once instead of ended by the system.
  if (availableMemory() > std::size_t(16) << 30) GTEST_SKIP() << "this machine has too much memory";
  EXPECT_THROW(makeCpuEngine(1)->sample(plan, 2'000'000'000, {}), std::bad_alloc);
}

TEST(CpuEngine, LeavesStepsOutWhereMemoryDoesNotHoldThem) {
  const auto mixture = ring(5);
  for (const SolverKind solver : kSolvers) {
    const Plan plan = compile(experiment(mixture, solver, 20), mixture);
    const auto all = makeCpuEngine(2)->sample(plan, 300, {});
    EXPECT_TRUE(all->stored.empty());
    for (const int rows : {1, 2, 5, 20}) {
      const auto frame = makeCpuEngine(2, 2 * std::size_t(rows) * 300 * 8)->sample(plan, 300, {});
      EXPECT_LE(frame->rows(), rows);
      EXPECT_EQ(frame->stepOf(frame->rows() - 1), 20);
      EXPECT_EQ(frame->x.size(), std::size_t(frame->rows()) * 600);
      for (int row = 0; row < frame->rows(); ++row) {
        const HostRow some = frame->read(row), whole = all->read(frame->stepOf(row));
        EXPECT_TRUE(std::equal(some.begin(), some.end(), whole.begin())) << int(solver) << ", row " << row;
      }
    }
  }
}

TEST(CpuEngine, StopsWhenAsked) {
  const auto mixture = ring(8);
  std::stop_source source;
  source.request_stop();
  const auto engine = makeCpuEngine(2);
  const Plan plan = compile(experiment(mixture), mixture);
  EXPECT_EQ(engine->sample(plan, 1000, source.get_token()), nullptr);
  EXPECT_TRUE(engine->density(*mixture, {1, 0}, {{-1, -1}, {1, 1}, 8, 8}, source.get_token()).logJoint.empty());
  const auto frame = engine->sample(plan, 10, {});
  EXPECT_TRUE(engine->pointValues(plan, *frame, 3, source.get_token()).push.empty());
}

TEST(CpuEngine, DensitiesAreTheClosedForms) {
  for (const int components : {3, 50}) {
    const auto mixture = ring(components, 3);
    const FieldGrid grid{{-3, -2.5}, {3.5, 2}, 23, 17};
    for (const NoiseLevel level : {NoiseLevel{1, 0}, NoiseLevel{1, 2}, NoiseLevel{.8, .6}, NoiseLevel{0, 1}}) {
      const DensityField field = makeCpuEngine(2)->density(*mixture, level, grid, {});
      ASSERT_EQ(field.classes, 3);
      ASSERT_EQ(field.logJoint.size(), 3u * 23 * 17);
      EXPECT_EQ(field.level, level);
      for (int c = 0; c < 3; ++c)
        for (int j = 0; j < grid.height; ++j)
          for (int i = 0; i < grid.width; ++i) {
            const double exact =
                logDensity(*mixture, grid.center(i, j), level, c) + std::log(mixture->classProbability(c));
            EXPECT_NEAR(field.logJoint[std::size_t((c * grid.height + j) * grid.width + i)], exact,
                        2e-5 * (1 + std::abs(exact)));
          }
    }
  }
}

TEST(CpuEngine, DensitiesAreFlooredFarAway) {
  const auto mixture = ring(3, 1);
  const DensityField field = makeCpuEngine(1)->density(*mixture, {1, 0}, {{-1e30, -1e30}, {1e30, 1e30}, 2, 2}, {});
  for (const float l : field.logJoint) {
    EXPECT_TRUE(std::isfinite(l));
    EXPECT_LT(l, -1e20f);
  }
}

TEST(CpuEngine, PointValuesAreTheClosedForms) {
  const auto mixture = ring(8, 3);
  for (const ScheduleKind kind : {ScheduleKind::Flow, ScheduleKind::VpLinear}) {
    Experiment e = experiment(mixture);
    e.condition = 1;
    e.schedule.kind = kind;
    const Plan plan = compile(e, mixture);
    const auto engine = makeCpuEngine(2);
    const auto frame = engine->sample(plan, 60, {});
    for (int step = 0; step <= frame->steps(); step += 4) {
      const PointValues values = engine->pointValues(plan, *frame, step, {});
      ASSERT_EQ(values.classes, 3);
      const NoiseLevel level = plan.grid[std::size_t(step)].level;
      for (int i = 0; i < 60; ++i) {
        const Vec2 x(frame->at(step)[2 * std::size_t(i)], frame->at(step)[2 * std::size_t(i) + 1]);
        const std::vector<double> p = classPosterior(*mixture, x, level);
        for (int c = 0; c < 3; ++c) EXPECT_NEAR(values.classPosterior[std::size_t(3 * i + c)], p[std::size_t(c)], 1e-4);
        double push = 0;
        if (level.alpha == 0)
          push = 1.5 * glm::length(mixture->mean(1) - mixture->mean());
        else if (level.sigma > 0)
          push = 1.5 * glm::length(denoise(*mixture, x, level, 1) - denoise(*mixture, x, level));
        EXPECT_NEAR(values.push[std::size_t(i)], push, 2e-4 * (1 + push)) << "step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace gs
