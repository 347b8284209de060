// The closed forms of mixtures against finite differences and against each other.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "diffusion/mixture.h"
#include "diffusion/parametrization.h"

namespace gs {
namespace {

Mixture randomMixture(std::mt19937& rng, int components, int classes) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(.1, 1);
  Mixture m;
  for (int k = 0; k < components; ++k) {
    const double a = uniform(rng), b = uniform(rng), c = .8 * std::sqrt(a * b) * std::tanh(normal(rng));
    m.components.push_back({k % classes, uniform(rng), {2 * normal(rng), 2 * normal(rng)}, {a, c, b}});
  }
  return normalised(std::move(m));
}

class RandomPoint : public testing::TestWithParam<int> {
 protected:
  std::mt19937 rng{unsigned(GetParam())};
  std::normal_distribution<double> normal;
  Mixture m = randomMixture(rng, 2 + GetParam() % 7, 1 + GetParam() % 3 % (2 + GetParam() % 7));
  NoiseLevel level{.2 + .1 * (GetParam() % 9), .1 + .3 * (GetParam() % 5)};
  Vec2 x{2 * normal(rng), 2 * normal(rng)};
  const double h = 1e-4;
  template <class F>
  Vec2 gradient(F f) const {
    // Fourth order, so that the difference is good to about 1e-11.
    const auto d = [&](Vec2 e) { return (8 * (f(x + e) - f(x - e)) - (f(x + 2. * e) - f(x - 2. * e))) / (12 * h); };
    return {d({h, 0}), d({0, h})};
  }
};

TEST_P(RandomPoint, ScoreIsTheGradientOfTheLogDensity) {
  for (int label = kUnconditional; label < m.classes(); ++label) {
    const Vec2 fd = gradient([&](Vec2 p) { return logDensity(m, p, level, label); });
    EXPECT_LT(glm::length(score(m, x, level, label) - fd), 1e-8 * (1 + glm::length(fd)));
  }
}

TEST_P(RandomPoint, HessianIsTheGradientOfTheScore) {
  const Vec2 dx = gradient([&](Vec2 p) { return score(m, p, level).x; });
  const Vec2 dy = gradient([&](Vec2 p) { return score(m, p, level).y; });
  const Sym2 hess = logDensityHessian(m, x, level);
  EXPECT_NEAR(hess.xx, dx.x, 1e-7 * (1 + std::abs(dx.x)));
  EXPECT_NEAR(hess.xy, dx.y, 1e-7 * (1 + std::abs(dx.y)));
  EXPECT_NEAR(hess.xy, dy.x, 1e-7 * (1 + std::abs(dy.x)));
  EXPECT_NEAR(hess.yy, dy.y, 1e-7 * (1 + std::abs(dy.y)));
}

TEST_P(RandomPoint, TweedieHoldsForMeanAndCovariance) {
  const Vec2 tweedie = denoiserFromScore(score(m, x, level), x, level);
  EXPECT_LT(glm::length(tweedie - denoise(m, x, level)), 1e-9);
  const Sym2 j = denoiserJacobian(m, x, level), c = posteriorCovariance(m, x, level);
  const double f = level.alpha / (level.sigma * level.sigma);
  EXPECT_NEAR(j.xx, f * c.xx, 1e-8);
  EXPECT_NEAR(j.xy, f * c.xy, 1e-8);
  EXPECT_NEAR(j.yy, f * c.yy, 1e-8);
}

TEST_P(RandomPoint, ClassesAddUpToTheWhole) {
  const auto p = classPosterior(m, x, level);
  double sum = 0;
  Vec2 s{0.0}, d{0.0};
  for (int c = 0; c < m.classes(); ++c) {
    sum += p[std::size_t(c)];
    s += p[std::size_t(c)] * score(m, x, level, c);
    d += p[std::size_t(c)] * denoise(m, x, level, c);
    EXPECT_NEAR(std::exp(logClassPosterior(m, x, level, c)), p[std::size_t(c)], 1e-12);
    const Vec2 push = score(m, x, level, c) - score(m, x, level);
    const Vec2 fd = gradient([&](Vec2 q) { return logClassPosterior(m, q, level, c); });
    EXPECT_LT(glm::length(push - fd), 1e-8 * (1 + glm::length(fd)));
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_LT(glm::length(s - score(m, x, level)), 1e-9 * (1 + glm::length(s)));
  EXPECT_LT(glm::length(d - denoise(m, x, level)), 1e-9);
}

TEST_P(RandomPoint, NoisedAndConditionedMixturesAreTheSameLaw) {
  EXPECT_NEAR(logDensity(noised(m, level), x, {1, 0}), logDensity(m, x, level), 1e-10);
  EXPECT_NEAR(logDensity(conditioned(m, 0), x, level), logDensity(m, x, level, 0), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPoint, testing::Range(0, 40));

TEST(Mixture, LogDensityIsExactFarFromEverything) {
  const Mixture m{{{0, .5, {0, 0}, Sym2::isotropic(1)}, {1, .5, {1, 0}, Sym2::isotropic(1)}}};
  // 1e3 sd away every density underflows; the log-ratio is that of two Gaussians, 1000 - 1/2.
  EXPECT_NEAR(logClassPosterior(m, {-1000, 0}, {1, 0}, 1), -1000.5, 1e-9);
  EXPECT_NEAR(logDensity(m, {-1000, 0}, {1, 0}), std::log(.5) - std::log(2 * M_PI) - 5e5, 1e-6);
}

TEST(Mixture, NormalisedNamesWhatIsWrong) {
  const auto message = [](Mixture m) {
    try {
      normalised(std::move(m));
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  const Component good{0, 2, {0, 0}, Sym2::isotropic(1)};
  EXPECT_EQ(message({{good}}), "accepted");
  EXPECT_EQ(message({}), "components: a mixture needs at least one");
  Component bad = good;
  bad.covariance.xy = 1;
  EXPECT_EQ(message({{good, bad}}), "components.1.covariance: is not positive definite");
  bad = good, bad.weight = 0;
  EXPECT_EQ(message({{bad}}), "components.0.weight: must be positive and finite");
  bad = good, bad.label = 64;
  EXPECT_EQ(message({{bad}}), "components.0.class: 64 is outside 0..63");
  bad = good, bad.label = 2;
  EXPECT_EQ(message({{good, bad}}), "components: class 1 has none (classes are 0..n-1)");
  bad = good, bad.mean.x = NAN;
  EXPECT_EQ(message({{bad}}), "components.0.mean: must be finite");
  EXPECT_EQ(message({std::vector<Component>(4097, good)}), "components: 4097 are more than 4096");
  const Mixture once = normalised({{good, good, good}});
  EXPECT_EQ(normalised(once), once);
}

TEST(Mixture, ExactDrawsHaveTheLawsMoments) {
  std::mt19937 rng(5);
  const Mixture m = randomMixture(rng, 5, 2);
  for (int label : {kUnconditional, 0, 1}) {
    const int n = 40000;
    const auto draws = sampleExact(m, n, 7, label);
    Vec2 mean{0.0};
    for (const auto& d : draws) mean += d.x / double(n);
    const Vec2 wanted = m.mean(label);
    const Sym2 cov = m.covariance(label);
    EXPECT_LT(std::abs(mean.x - wanted.x), 4 * std::sqrt(cov.xx / n));
    EXPECT_LT(std::abs(mean.y - wanted.y), 4 * std::sqrt(cov.yy / n));
    double xy = 0;
    for (const auto& d : draws) xy += (d.x.x - wanted.x) * (d.x.y - wanted.y) / n;
    EXPECT_LT(std::abs(xy - cov.xy), 8 * std::sqrt(cov.xx * cov.yy / n));
    const auto shorter = sampleExact(m, 10, 7, label);
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(shorter[i].x, draws[i].x);
  }
}

}  // namespace
}  // namespace gs
