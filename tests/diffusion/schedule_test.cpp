#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/guidance.h"
#include "diffusion/parametrization.h"
#include "diffusion/schedule.h"

namespace gs {
namespace {

const ScheduleKind kKinds[] = {ScheduleKind::Edm, ScheduleKind::VpLinear, ScheduleKind::VpCosine, ScheduleKind::Flow};
const GridKind kGrids[] = {GridKind::Karras, GridKind::UniformT, GridKind::UniformLogSnr};

TEST(Schedule, TimeAndRatioAreInverse) {
  for (ScheduleKind kind : kKinds) {
    const Schedule s{.kind = kind};
    for (double t : {.001, .1, .37, .5, .93, .999}) {
      const NoiseLevel l = levelAt(s, t);
      EXPECT_NEAR(timeOf(s, l.ratio()), t, 1e-10);
      const NoiseLevel same = levelOfRatio(s, l.ratio());
      EXPECT_NEAR(same.alpha, l.alpha, 1e-12);
      EXPECT_NEAR(same.sigma, l.sigma, 1e-12 * (1 + l.sigma));
    }
    EXPECT_EQ(levelAt(s, 0), (NoiseLevel{1, 0}));
  }
  EXPECT_NEAR(ownSigmaMax({.kind = ScheduleKind::VpLinear}), 152.2, .05);
}

TEST(Schedule, RateIsTheDerivative) {
  for (ScheduleKind kind : kKinds) {
    const Schedule s{.kind = kind};
    for (double t : {.05, .4, .9}) {
      const double h = 1e-5;
      const NoiseLevel a = levelAt(s, t - h), b = levelAt(s, t + h);
      EXPECT_NEAR(noiseRate(s, t).alpha, (b.alpha - a.alpha) / (2 * h), 1e-7);
      EXPECT_NEAR(noiseRate(s, t).sigma, (b.sigma - a.sigma) / (2 * h), 1e-6);
    }
  }
}

TEST(Parametrization, RoundTrips) {
  const Vec2 x{.7, -1.3}, d{.2, .4};
  for (ScheduleKind kind : kKinds) {
    const Schedule s{.kind = kind};
    const double t = .35;
    const NoiseLevel l = levelAt(s, t);
    const auto same = [&](Vec2 back) { EXPECT_LT(glm::length(back - d), 1e-9); };
    same(denoiserFromScore(scoreFromDenoiser(d, x, l), x, l));
    same(denoiserFromEps(epsFromDenoiser(d, x, l), x, l));
    same(denoiserFromEps(epsFromScore(scoreFromDenoiser(d, x, l), l), x, l));
    same(denoiserFromScore(scoreFromEps(epsFromDenoiser(d, x, l), l), x, l));
    same(denoiserFromV(vFromDenoiser(d, x, l), x, l));
    same(denoiserFromVelocity(velocityFromDenoiser(d, x, l, noiseRate(s, t)), x, l, noiseRate(s, t)));
  }
  // Flow matching: u = (x - D) / t.
  const Schedule flow{.kind = ScheduleKind::Flow};
  const Vec2 u = velocityFromDenoiser(d, x, levelAt(flow, .25), noiseRate(flow, .25));
  EXPECT_LT(glm::length(u - (x - d) / .25), 1e-12);
}

TEST(TimeGrid, EveryKindIsStrictlyDecreasingToZero) {
  for (ScheduleKind kind : kKinds)
    for (GridKind grid : kGrids)
      for (double sigmaMax : {0., 20.})
        for (int steps : {1, 2, 3, 64, 256}) {
          const Schedule s{.kind = kind, .grid = grid, .steps = steps, .sigmaMax = sigmaMax};
          const auto points = timeGrid(s);
          ASSERT_EQ(points.size(), std::size_t(steps) + 1);
          EXPECT_EQ(points.front().ratio, startRatio(s));
          EXPECT_EQ(points.back().ratio, 0);
          EXPECT_EQ(points.back().t, 0);
          EXPECT_EQ(points.back().level, (NoiseLevel{1, 0}));
          for (std::size_t i = 1; i < points.size(); ++i) {
            EXPECT_LT(points[i].ratio, points[i - 1].ratio);
            EXPECT_LT(points[i].t, points[i - 1].t);
          }
        }
}

TEST(TimeGrid, HasTheLiteraturesPlaces) {
  // The step indices 17 and 22 of 32 in the limited-interval paper are sigma 1.61 and 0.283 (2404.07724).
  const auto karras = timeGrid({.kind = ScheduleKind::Edm, .grid = GridKind::Karras, .steps = 32});
  EXPECT_NEAR(karras[17].ratio, 1.61, .005);
  EXPECT_NEAR(karras[22].ratio, .283, .0005);
  EXPECT_EQ(karras[31].ratio, .002);
  const auto flow = timeGrid({.kind = ScheduleKind::Flow, .steps = 10});
  EXPECT_TRUE(std::isinf(flow[0].ratio));
  EXPECT_NEAR(flow[5].t, .5, 1e-12);
  EXPECT_NEAR(flow[5].ratio, 1, 1e-12);
  const auto log = timeGrid({.kind = ScheduleKind::VpLinear, .grid = GridKind::UniformLogSnr, .steps = 9});
  EXPECT_NEAR(log[2].ratio / log[1].ratio, log[7].ratio / log[6].ratio, 1e-12);
}

TEST(TimeGrid, RejectsWithTheFieldsName) {
  const auto message = [](Schedule s) {
    try {
      timeGrid(s);
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_TRUE(message({.steps = 0}).starts_with("schedule.steps: 0"));
  EXPECT_TRUE(message({.steps = 513}).starts_with("schedule.steps: 513"));
  EXPECT_TRUE(message({.sigmaMin = 30, .sigmaMax = 20}).starts_with("schedule.sigmaMin: 30"));
  EXPECT_TRUE(message({.kind = ScheduleKind::VpLinear, .sigmaMax = 200}).starts_with("schedule.sigmaMax: 200"));
  EXPECT_TRUE(message({.rho = 0}).starts_with("schedule.rho: 0"));
}

TEST(Curve, HasItsShapes) {
  EXPECT_EQ(evaluate({}, .3, 1), 1);
  const Curve interval{.kind = CurveKind::Interval, .lo = .2, .hi = 2};
  EXPECT_EQ(evaluate(interval, .3, .2), 0);  // lo itself is outside, hi inside
  EXPECT_EQ(evaluate(interval, .3, .2001), 1);
  EXPECT_EQ(evaluate(interval, .3, 2), 1);
  EXPECT_EQ(evaluate(interval, .3, INFINITY), 0);
  const Curve linear{.kind = CurveKind::Linear}, cosine{.kind = CurveKind::Cosine};
  double areaLinear = 0, areaCosine = 0;
  for (int i = 0; i < 1000; ++i) {
    areaLinear += evaluate(linear, (i + .5) / 1000, 1) / 1000;
    areaCosine += evaluate(cosine, (i + .5) / 1000, 1) / 1000;
  }
  EXPECT_NEAR(areaLinear, 1, 1e-9);  // 0 -> 2 has the area of the constant (2404.13040)
  EXPECT_NEAR(areaCosine, 1, 1e-6);
  EXPECT_EQ(evaluate(linear, 1, 1), 0);
  EXPECT_EQ(evaluate(linear, 0, 1), 2);
}

TEST(Curve, DrawnInterpolatesWithoutOvershoot) {
  const Curve c{.kind = CurveKind::Drawn, .knots = {{0, 0}, {.2, .1}, {.5, 1}, {.6, 1}, {1, .2}}};
  for (const Knot& k : c.knots) EXPECT_NEAR(evaluate(c, k.t, 1), k.value, 1e-12);
  for (std::size_t i = 0; i + 1 < c.knots.size(); ++i) {
    const auto [lo, hi] = std::minmax(c.knots[i].value, c.knots[i + 1].value);
    double last = c.knots[i].value;
    const double sign = c.knots[i + 1].value >= last ? 1 : -1;
    for (int j = 1; j <= 200; ++j) {
      const double v = evaluate(c, c.knots[i].t + (c.knots[i + 1].t - c.knots[i].t) * j / 200, 1);
      EXPECT_GE(v, lo - 1e-12);
      EXPECT_LE(v, hi + 1e-12);
      EXPECT_GE(sign * (v - last), -1e-12);
      last = v;
    }
  }
  EXPECT_EQ(evaluate({.kind = CurveKind::Drawn, .knots = {{.2, 3}, {.4, 1}}}, 0, 1), 3);
  EXPECT_EQ(evaluate({.kind = CurveKind::Drawn, .knots = {{.2, 3}, {.4, 1}}}, 1, 1), 1);
  EXPECT_NEAR(evaluate({.kind = CurveKind::Drawn, .knots = {{.2, 3}, {.4, 1}}}, .3, 1), 2, 1e-12);
}

}  // namespace
}  // namespace gs
