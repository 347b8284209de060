// The tilted law: closed forms for Gaussians, mass within its contours, and when there is none.
#include "truth/target.h"

#include <cmath>

#include <gtest/gtest.h>

#include "scenes.h"

namespace gs {
namespace {

using namespace test;

std::shared_ptr<const Mixture> gaussians(double varA, double varB) {
  Mixture m;
  m.components = {{0, .5, {0, 0}, Sym2::isotropic(varA)}, {1, .5, {0, 0}, Sym2::isotropic(varB)}};
  return std::make_shared<const Mixture>(m);
}

TEST(Target, OneGaussianHasItsOwnContours) {
  Mixture m;
  m.components = {{0, 1, {.5, -1}, {.3, .1, .2}}};
  const auto engine = makeCpuEngine(2);
  Experiment e = experiment(std::make_shared<const Mixture>(m));
  e.guidance.clear();
  for (const double reach : {1., 8.}) {  // the camera does not matter
    const FieldGrid grid{{.5 - reach, -1 - reach}, {.5 + reach, -1 + reach}, 40, 30};
    const TargetField target = targetField(*engine, e, m, grid, {});
    ASSERT_EQ(target.absent, "");
    ASSERT_EQ(target.contourLevels.size(), 2u);
    const double peak = logDensity(m, {.5, -1}, {1, 0});
    EXPECT_NEAR(target.contourLevels[0], peak - .5, .02);
    EXPECT_NEAR(target.contourLevels[1], peak - 2, .02);
    for (int j = 0; j < 30; j += 7)
      for (int i = 0; i < 40; i += 7) {
        const double exact = logDensity(m, grid.center(i, j), {1, 0});
        EXPECT_NEAR(target.logDensity[std::size_t(j * 40 + i)], exact, 1e-3 + 1e-5 * std::abs(exact));
      }
  }
}

TEST(Target, IsTheNormalisedTilt) {
  const auto mixture = ring(6);
  const auto engine = makeCpuEngine(2);
  for (const double omega : {-.5, .7, 3.}) {
    Experiment e = experiment(mixture);
    e.guidance = {cfg(omega)};
    const FieldGrid grid{{-5, -5}, {5, 5}, 200, 200};
    const TargetField target = targetField(*engine, e, *mixture, grid, {});
    double mass = 0, inner = 0, outer = 0;
    const double cell = 100. / (200 * 200);
    double offset = 0;
    for (std::size_t i = 0; i < target.logDensity.size(); ++i) {
      const double p = std::exp(double(target.logDensity[i])) * cell;
      mass += p;
      if (target.logDensity[i] >= target.contourLevels[0]) inner += p;
      if (target.logDensity[i] >= target.contourLevels[1]) outer += p;
      const Vec2 x = grid.center(int(i % 200), int(i / 200));
      const double tilt = (1 + omega) * logDensity(*mixture, x, {1, 0}, 0) - omega * logDensity(*mixture, x, {1, 0});
      if (i == 0) offset = target.logDensity[i] - tilt;
      if (tilt > -30) {
        EXPECT_NEAR(target.logDensity[i] - tilt, offset, 2e-3 * (1 + std::abs(offset)));
      }
    }
    EXPECT_NEAR(mass, 1, 5e-3) << omega;
    EXPECT_NEAR(inner, .3935, .02) << omega;
    EXPECT_NEAR(outer, .8647, .02) << omega;
  }
}

TEST(Target, ConcentricGaussiansTiltToANarrowerOne) {
  // p(x|0)^(1+w) / p^w with p(x|1) far wider than the region where p(x|0) lives: nearly p(x|0) itself.
  const auto mixture = gaussians(.04, 100);
  const auto engine = makeCpuEngine(2);
  Experiment e = experiment(mixture);
  e.guidance = {cfg(1)};
  const TargetField target = targetField(*engine, e, *mixture, {{-1, -1}, {1, 1}, 21, 21}, {});
  const double centre = target.logDensity[std::size_t(10 * 21 + 10)];
  EXPECT_NEAR(centre, -std::log(2 * 3.14159265 * .04), .01);
}

TEST(Target, ExistsOnlyForOneConstantClassifierFreeTerm) {
  Experiment e = experiment(ring(4));
  EXPECT_EQ(tiltOf(e).absent, "");
  EXPECT_EQ(tiltOf(e).omega, 1.5);
  e.guidance = {};
  EXPECT_EQ(tiltOf(e), (Tilt{0, 0, ""}));
  e.guidance = {cfg(1), cfg(1)};
  EXPECT_NE(tiltOf(e).absent, "");
  e.guidance[1].enabled = false;
  EXPECT_EQ(tiltOf(e).absent, "");
  e.guidance[0].curve.kind = CurveKind::Linear;
  EXPECT_NE(tiltOf(e).absent, "");
  e.guidance = {autoguidance(1, {})};
  EXPECT_NE(tiltOf(e).absent, "");
  e.guidance[0].omega = 0;
  EXPECT_EQ(tiltOf(e).absent, "");
  e.condition = kUnconditional;
  e.guidance = {cfg(2)};
  EXPECT_EQ(tiltOf(e), (Tilt{kUnconditional, 0, ""}));
}

}  // namespace
}  // namespace gs
