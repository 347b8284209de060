// The kernel text: its elementary functions, its noise against Random123, and its builds against each other.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <vector>

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include "engine/cpu_engine.h"
#include "scenes.h"

#define GS_REAL float
namespace gs {
namespace text {
namespace {
#include "engine/scalar-inl.h"
#include "engine/block-inl.h"
}  // namespace
}  // namespace text

namespace {

using namespace test;

TEST(Elementary, Exp2IsWithinItsError) {
  for (double x = -100; x <= 100; x += 0.00371) {
    const float f = float(x);
    EXPECT_NEAR(double(text::gsExp2(f)) / std::exp2(double(f)), 1, 2.5e-7) << x;
  }
  EXPECT_EQ(text::gsExp2(-1e30f), text::gsExp2(-100.f));
}

TEST(Elementary, Log2IsWithinItsError) {
  for (double e = -24; e <= 12; e += 0.000771) {
    const float x = float(std::exp2(e));
    EXPECT_NEAR(text::gsLog2(x), std::log2(double(x)), 2e-7 * (1 + std::abs(e))) << x;
  }
}

TEST(Elementary, SinCosOfATurn) {
  for (int i = 0; i <= 100'000; ++i) {
    const float u = float(i) / 100'000;
    float s, c;
    text::gsSinCosTurn(u, s, c);
    EXPECT_NEAR(s, std::sin(2 * std::numbers::pi * double(u)), 3e-7) << u;
    EXPECT_NEAR(c, std::cos(2 * std::numbers::pi * double(u)), 3e-7) << u;
  }
}

TEST(Noise, PhiloxIsRandom123s) {
  const std::uint32_t words[] = {0, 1, 2, 17, 4096, 0x7fffffff, 0x80000000, 0xffffffff, 0x243f6a88};
  for (const std::uint32_t a : words)
    for (const std::uint32_t b : words)
      for (const std::uint32_t key : words) {
        std::uint32_t c[4] = {a, b, a ^ key, b + 3};
        const r123::Philox4x32::ctr_type expected = r123::Philox4x32()({{c[0], c[1], c[2], c[3]}}, {{key, a}});
        text::gsPhilox(c[0], c[1], c[2], c[3], key, a);
        for (int i = 0; i < 4; ++i) EXPECT_EQ(c[i], expected[std::size_t(i)]);
      }
}

TEST(Noise, EveryBuildDrawsTheSameNumbers) {
  constexpr int kCount = 301;
  for (const std::uint32_t seed : {1u, 77u})
    for (const std::uint32_t step : {0u, 5u}) {
      std::vector<const CpuKernels*> builds = everySimdKernels();
      builds.push_back(&scalarKernels());
      for (const CpuKernels* build : builds) {
        std::vector<float> x(kCount), y(kCount);
        build->noise(seed, step, 1000, kCount, x.data(), y.data());
        for (int i = 0; i < kCount; ++i) {
          const Noise exact = noiseOf(seed, std::uint32_t(1000 + i), step);
          EXPECT_NEAR(x[std::size_t(i)], exact.z.x, 2e-6) << build->target;
          EXPECT_NEAR(y[std::size_t(i)], exact.z.y, 2e-6) << build->target;
        }
      }
    }
}

TEST(Noise, HasTheMomentsOfTheNormalLaw) {
  constexpr int kCount = 200'000;
  std::vector<float> x(kCount), y(kCount);
  simdKernels().noise(3, 2, 0, kCount, x.data(), y.data());
  double m1 = 0, m2 = 0, m4 = 0, cross = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    m1 += x[i] + y[i];
    m2 += double(x[i]) * x[i] + double(y[i]) * y[i];
    m4 += std::pow(double(x[i]), 4) + std::pow(double(y[i]), 4);
    cross += double(x[i]) * y[i];
  }
  const double n = 2. * kCount;
  EXPECT_NEAR(m1 / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(m2 / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(m4 / n, 3, 5 * std::sqrt(96 / n));
  EXPECT_NEAR(cross / kCount, 0, 5 / std::sqrt(double(kCount)));
}

// The normalised mean squared difference from the double build.
double difference(const Frame& frame, const std::vector<double>& exact) {
  double sum = 0, scale = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    sum += (frame.x[i] - exact[i]) * (frame.x[i] - exact[i]);
    scale += exact[i] * exact[i];
  }
  return sum / scale;
}

TEST(Builds, AgreeWithDoublePrecision) {
  for (const int components : {1, 5, 8, 37, 300}) {
    const auto mixture = ring(components, components > 1 ? 2 : 1);
    for (const SolverKind solver : kSolvers)
      for (const ScheduleKind schedule :
           {ScheduleKind::Edm, ScheduleKind::VpLinear, ScheduleKind::VpCosine, ScheduleKind::Flow}) {
        Experiment e = experiment(mixture, solver);
        e.guidance.push_back(autoguidance(0.7, {.1, .2, .3}));
        e.schedule.kind = schedule;
        e.schedule.grid = GridKind::Karras;
        const Plan plan = compile(e, mixture);
        const int count = components > 100 ? 40 : 150;
        const std::vector<double> exact = sampleInDouble(plan, count);
        std::vector<const CpuKernels*> builds = everySimdKernels();
        builds.push_back(&scalarKernels());
        for (const CpuKernels* build : builds) {
          const auto frame = makeCpuEngine(*build, 1)->sample(plan, count, {});
          EXPECT_LT(difference(*frame, exact), 1e-9)
              << build->target << ' ' << components << ' ' << int(solver) << ' ' << int(schedule);
        }
      }
  }
}

TEST(Builds, TargetsThatFuseProductsAndSumsAreBitIdentical) {
  const auto mixture = ring(11);
  const Plan plan = compile(experiment(mixture, SolverKind::Exponential), mixture);
  std::vector<FloatBuffer> results;
  for (const CpuKernels* build : everySimdKernels())
    if (build->target != "SSE4") results.push_back(makeCpuEngine(*build, 2)->sample(plan, 333, {})->x);
  if (results.size() < 2) GTEST_SKIP() << "this processor has one such target";
  for (const FloatBuffer& r : results) EXPECT_EQ(r, results.front());
}

}  // namespace
}  // namespace gs
