// Expectations of laws by quadrature, against closed forms and one-dimensional quadrature.
#include "diffusion/law_values.h"

#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/metrics.h"

namespace gs {
namespace {

constexpr double kClass = .5;
// Classes N(+-1, 1) in x: p(0|x) = 1 / (1 + e^{-2x}).
Mixture besideEachOther() {
  return {{{0, kClass, {1, 0}, Sym2::isotropic(1)}, {1, 1 - kClass, {-1, 0}, Sym2::isotropic(1)}}};
}
Mixture modesAndOther() {
  return {{{0, .25, {-2, 0}, Sym2::isotropic(.12)},
           {0, .25, {1, 1.2}, Sym2::isotropic(.12)},
           {1, .5, {1.5, -.6}, Sym2::isotropic(.2)}}};
}
// E[f] under p(x|0) p(0|x)^omega of besideEachOther().
double onLine(double omega, const std::function<double(double)>& f) {
  double sum = 0, mass = 0;
  for (int i = 0; i < 400000; ++i) {
    const double x = -14 + 30. * (i + .5) / 400000;
    const double w = std::exp(-.5 * (x - 1) * (x - 1) - omega * std::log1p(std::exp(-2 * x)));
    mass += w, sum += w * f(x);
  }
  return sum / mass;
}
void expectLaw(const std::vector<NamedLawValue>& law, const std::string& name, double exact, double tolerance) {
  const LawValue* const v = lawValue(law, name);
  ASSERT_NE(v, nullptr) << name;
  EXPECT_NEAR(v->value, exact, tolerance) << name;
  // The error holds, and no digit that matters hides behind it.
  EXPECT_LE(std::abs(v->value - exact), 4 * v->error + 1e-6) << name;
  EXPECT_LE(v->error, tolerance) << name;
}

TEST(LawValues, OfTheDataAndOfTiltsAreTheirIntegrals) {
  const Mixture m = besideEachOther();
  const auto logPosterior = [](double x) { return -std::log1p(std::exp(-2 * x)); };
  for (const double omega : {0., .3, 2.}) {
    SCOPED_TRACE(omega);
    const auto tilt = [&](Vec2 x) { return omega * logPosterior(x.x); };
    const LawPoints points = omega > 0 ? lawPoints(m, 0, tilt) : lawPoints(m, 0);
    ASSERT_EQ(points.absent, "");
    ASSERT_FALSE(points.draws());
    const auto law = lawValues(points, m, 0);
    expectLaw(law, "log_posterior", onLine(omega, logPosterior), 1e-6);
    expectLaw(law, "accuracy", onLine(omega, [](double x) { return x > 0; }), 2e-3);
    const double mean = onLine(omega, [](double x) { return x; });
    expectLaw(law, "mean_x", mean, 1e-6);
    expectLaw(law, "mean_y", 0, 1e-6);
    expectLaw(law, "cov_xx", onLine(omega, [&](double x) { return (x - mean) * (x - mean); }), 1e-6);
    expectLaw(law, "shift_along", mean - 1, 1e-6);
    // A tail that reaches into the other class: 1/p(c) without a tilt, which its grid is not made for.
    if (omega > 0)
      expectLaw(law, "inverse_posterior", onLine(omega, [&](double x) { return std::exp(-logPosterior(x)); }), 1e-5);
    // The median of log p, which rises with x: where half of the mass is below.
    const double median = lawValue(law, "log_posterior_q50")->value;
    EXPECT_NEAR(onLine(omega, [&](double x) { return logPosterior(x) < median; }), .5, .03);
  }
}

// The default scene's numbers, whose classes hardly overlap: the sums of 20000 draws say -.0185 and -.015.
TEST(LawValues, AreThoseOfTheDefaultScene) {
  const Mixture m = modesAndOther();
  double log = 0, correct = 0;
  constexpr int kSide = 1200;
  const double h = 8. / kSide;
  for (int i = 0; i < kSide * kSide; ++i) {
    const Vec2 x(-4.5 + h * (i % kSide + .5), -3 + h * (i / kSide + .5));
    double of[3];
    for (std::size_t k = 0; k < 3; ++k) {
      const Component& c = m.components[k];
      const Vec2 d = x - c.mean;
      of[k] = c.weight * std::exp(-.5 * glm::dot(d, d) / c.covariance.xx) / (2 * std::acos(-1.) * c.covariance.xx);
    }
    const double own = of[0] + of[1];
    if (own < 1e-18) continue;
    log -= 2 * own * h * h * std::log1p(of[2] / own);
    correct += 2 * own * h * h * (own > of[2]);
  }
  const auto law = lawValues(lawPoints(m, 0), m, 0);
  expectLaw(law, "log_posterior", log, 1e-6);
  expectLaw(law, "accuracy", correct, 3e-4);
  expectLaw(law, "outliers", std::exp(-4.5), 1e-3);
  expectLaw(law, "fraction_0", .5, 1e-4);
  // The same number is the metrics' reference, whatever samples they are of.
  std::vector<float> x;
  for (const Draw& d : sampleExact(m, 64, 3, 0)) x.insert(x.end(), {float(d.x.x), float(d.x.y)});
  for (const Metric& v : sampleMetrics(m, 0, x, 7, 16, {})) {
    if (v.name != "log_posterior" && v.name != "accuracy") continue;
    EXPECT_EQ(v.reference, lawValue(law, v.name)->value);
    EXPECT_EQ(v.referenceError, lawValue(law, v.name)->error);
  }
}

TEST(LawValues, FollowALawThatATiltMovesFarAway) {
  // r = e^{b.x} at omega: N(mu + omega S b, S), ten widths from where the data are.
  const Mixture m{{{0, 1, {.5, -1}, {.3, .1, .2}}}};
  const Vec2 b(18, 0);
  const LawPoints points = lawPoints(m, kUnconditional, [&](Vec2 x) { return glm::dot(b, x); });
  ASSERT_EQ(points.absent, "");
  const Vec2 mean = m.components[0].mean + m.components[0].covariance * b;
  const auto law = lawValues(points, m, kUnconditional);
  expectLaw(law, "mean_x", mean.x, 1e-5);
  expectLaw(law, "mean_y", mean.y, 1e-5);
  expectLaw(law, "cov_xy", .1, 1e-5);
  EXPECT_EQ(lawValue(law, "log_posterior"), nullptr);
}

TEST(LawValues, OfTooNarrowComponentsAreDrawn) {
  // A thousandth of the plane's width each: no grid of bounded cost sees them all.
  Mixture m;
  for (int k = 0; k < 40; ++k) m.components.push_back({k % 2, 1. / 40, {.4 * k, .1 * (k % 3)}, Sym2::isotropic(1e-4)});
  const LawPoints points = lawPoints(m, 0, [](Vec2 x) { return .1 * x.x; });
  ASSERT_TRUE(points.draws());
  ASSERT_EQ(points.absent, "");
  double sum = 0, mean = 0;
  for (int k = 0; k < 40; k += 2) sum += std::exp(.04 * k), mean += .4 * k * std::exp(.04 * k);
  const auto law = lawValues(points, m, 0);
  const LawValue v = *lawValue(law, "mean_x");
  EXPECT_GT(v.error, 0);
  EXPECT_LT(std::abs(v.value - mean / sum), 4.5 * v.error);
  // A tilt that no draw follows has no numbers, and says why.
  EXPECT_NE(lawPoints(m, 0, [](Vec2 x) { return 1e5 * x.y; }).absent, "");
  EXPECT_EQ(formatLawValue(-.0170838, 1e-9), "−0.01708");
  EXPECT_EQ(formatLawValue(NAN, 0), "");
}

}  // namespace
}  // namespace gs
