// Rewards against quadrature: E[r], h_t and its gradient, and the mixtures that stand for r p / E[r].
#include "diffusion/reward.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "diffusion/gauss_hermite.h"
#include "diffusion/painted_map.h"

namespace gs {
namespace {

// Two anisotropic components of different classes.
Mixture twoLobes() { return {{{0, .4, {-1, .2}, {.3, .1, .2}}, {1, .6, {1, -.3}, {.5, -.2, .4}}}}; }

Reward rewardOf(RewardKind kind) {
  Reward r;
  r.kind = kind;
  r.angle = 20, r.offset = .3, r.strength = 1.5, r.width = .3, r.center = {.2, -.1}, r.period = 1.3;
  return r;
}

LogReward asFunction(const Reward& r, const Mixture& m, int label) {
  return [&r, &m, label](Vec2 x) { return logReward(r, m, label, x); };
}

constexpr double kCell = .1, kEnd = 4.4;
template <class Visit>
void overPlane(Visit visit) {
  for (double x = -kEnd; x <= kEnd; x += kCell)
    for (double y = -kEnd; y <= kEnd; y += kCell) visit(Vec2(x, y));
}
constexpr double kArea = kCell * kCell;

TEST(GaussHermite, IntegratesMomentsExactly) {
  for (const int n : {7, 64}) {
    double one = 0, two = 0, six = 0, twelve = 0, odd = 0;
    for (const HermiteNode& node : gaussHermite(n)) {
      const double square = node.x * node.x;
      one += node.weight, two += node.weight * square, six += node.weight * std::pow(square, 3);
      twelve += node.weight * std::pow(square, 6), odd += node.weight * node.x;
    }
    EXPECT_EQ(int(gaussHermite(n).size()), n);
    EXPECT_NEAR(one, 1, 1e-13);
    EXPECT_NEAR(two, 1, 1e-12);
    EXPECT_NEAR(six, 15, 1e-11);
    EXPECT_NEAR(twelve, 10395, 1e-7);
    EXPECT_NEAR(odd, 0, 1e-13);
  }
  EXPECT_THROW(gaussHermite(8), std::invalid_argument);
}

class EveryClosedForm : public testing::TestWithParam<RewardKind> {};

TEST_P(EveryClosedForm, OfHAgreesWithQuadratureAndItsGradientWithDifferences) {
  const Mixture m = twoLobes();
  const Reward r = rewardOf(GetParam());
  const NoiseLevel level{.8, .5};
  for (const int label : {kUnconditional, 1})
    for (const Vec2 x : {Vec2(.3, -.2), Vec2(-1.4, .9)}) {
      // p(x0 | x) is proportional to p(x0) N(x; alpha x0, sigma^2); along the edge of a half-plane cells count in part.
      double mass = 0, mean = 0;
      const Vec2 n = rewardDirection(r);
      overPlane([&](Vec2 x0) {
        const Vec2 d = x - level.alpha * x0;
        const double p = std::exp(logDensity(m, x0, {1, 0}, label) - glm::dot(d, d) / (2 * level.sigma * level.sigma));
        mass += p;
        if (r.kind != RewardKind::HalfPlane)
          mean += p * std::exp(logReward(r, m, label, x0));
        else
          for (int i = 0; i < 8; ++i)
            for (int j = 0; j < 8; ++j)
              mean += p / 64 * (glm::dot(n, x0 + kCell * Vec2((i - 3.5) / 8, (j - 3.5) / 8)) >= r.offset);
      });
      const LogH h = logH(m, label, r, x, level);
      EXPECT_NEAR(h.value, std::log(mean / mass), r.kind == RewardKind::HalfPlane ? 2e-2 : 2e-5);
      const double e = 1e-5;
      const auto value = [&](Vec2 at) { return logH(m, label, r, at, level).value; };
      const Vec2 slope((value(x + Vec2(e, 0)) - value(x - Vec2(e, 0))) / (2 * e),
                       (value(x + Vec2(0, e)) - value(x - Vec2(0, e))) / (2 * e));
      EXPECT_NEAR(h.gradient.x, slope.x, 1e-6);
      EXPECT_NEAR(h.gradient.y, slope.y, 1e-6);
    }
}
INSTANTIATE_TEST_SUITE_P(All, EveryClosedForm,
                         testing::Values(RewardKind::Linear, RewardKind::Bowl, RewardKind::HalfPlane, RewardKind::Ramp,
                                         RewardKind::Sinusoid));

// 2512.04985: with N(0, 1) on the line and r = exp(-(x - 2)^2 / 2), E[r] = .260130 and under the tilt .585045.
TEST(Reward, MeansOfThePaper) {
  const Mixture line{{{0, 1, {0, 0}, {1, 0, 1}}}};
  Reward r;
  r.center = {2, 0}, r.width = 1, r.across = 0;
  EXPECT_NEAR(std::exp(logMeanReward(line, 0, r)), .260130, 5e-7);
  const Reweighted tilt = reweighted(line, 0, r, asFunction(r, line, 0));
  ASSERT_EQ(tilt.mixture.components.size(), 1u);
  EXPECT_NEAR(tilt.mixture.components[0].mean.x, 1, 1e-14);
  EXPECT_NEAR(tilt.mixture.components[0].covariance.xx, .5, 1e-14);
  EXPECT_NEAR(tilt.mixture.components[0].covariance.yy, 1, 1e-14);
  EXPECT_NEAR(std::exp(logMeanReward(tilt.mixture, 0, r)), .585045, 5e-7);
  // E[r] under the tilt is E[r^2] / E[r]; r^2 is the bowl of 1 / sqrt 2 the width.
  Reward square = r;
  square.width = std::numbers::sqrt2 / 2;
  EXPECT_NEAR(logMeanReward(tilt.mixture, 0, r), logMeanReward(line, 0, square) - logMeanReward(line, 0, r), 1e-13);
}

TEST(Reward, LinearAndQuadraticOnesTiltAMixtureExactlyAtEveryNoiseLevel) {
  const Mixture m = twoLobes();
  for (const RewardKind kind : {RewardKind::Linear, RewardKind::Bowl})
    for (const double across : {0., .7}) {
      Reward r = rewardOf(kind);
      r.across = across;
      const Reweighted tilt = reweighted(m, kUnconditional, r, asFunction(r, m, kUnconditional));
      EXPECT_EQ(tilt.error, 0);
      EXPECT_NEAR(tilt.logMean, logMeanReward(m, kUnconditional, r), 1e-13);
      for (const Vec2 x : {Vec2(.4, .1), Vec2(-2, 1)}) {
        EXPECT_NEAR(logDensity(tilt.mixture, x, {1, 0}),
                    logDensity(m, x, {1, 0}) + logReward(r, m, kUnconditional, x) - tilt.logMean, 1e-11);
        for (const NoiseLevel level : {NoiseLevel{1, .1}, NoiseLevel{.6, .8}}) {  // h_t = E[r] p_t^r / p_t
          const LogH h = logH(m, kUnconditional, r, x, level);
          EXPECT_NEAR(h.value, tilt.logMean + logDensity(tilt.mixture, x, level) - logDensity(m, x, level), 1e-11);
          const Vec2 d = score(tilt.mixture, x, level) - score(m, x, level);
          EXPECT_NEAR(h.gradient.x, d.x, 1e-9);
          EXPECT_NEAR(h.gradient.y, d.y, 1e-9);
        }
      }
    }
}

// Nothing is clamped: 60 standard deviations from the edge the push still leads to it. There h_t is the tail of one
// Gaussian, whose gradient is the distance over the variance, and the pushed denoiser lies on the edge.
TEST(Reward, AHalfPlanePushesFromHoweverFar) {
  const Mixture m = twoLobes();
  Reward r = rewardOf(RewardKind::HalfPlane);
  r.angle = 0, r.offset = 40;
  const NoiseLevel level{1, .5};
  const Vec2 x(1, 0);
  const LogH h = logH(m, kUnconditional, r, x, level);
  ASSERT_TRUE(std::isfinite(h.value) && std::isfinite(h.gradient.x));
  EXPECT_LT(h.value, -2000);
  const double pushed = denoise(m, x, level).x + level.sigma * level.sigma * h.gradient.x;
  EXPECT_NEAR(pushed, 40, .1);
  EXPECT_GT(pushed, 40);
}

struct Tabulated {
  const char* name;
  RewardKind kind;
  bool wide;  // on one wide Gaussian, for which all parts are used up
  double bound;
};
class EveryTabulatedReward : public testing::TestWithParam<Tabulated> {};

// The law of the mixture against r p / E[r] on a grid: within the stated bound, which its own estimate confirms.
TEST_P(EveryTabulatedReward, StandsForTheTiltedLaw) {
  const auto [name, kind, wide, bound] = GetParam();
  const Mixture m = wide ? Mixture{{{0, 1, {.3, 0}, {1, .2, .8}}}} : twoLobes();
  Reward r = rewardOf(kind);
  LogReward log = asFunction(r, m, kUnconditional);
  PaintedMap map;  // two soft strokes over [-2, 2]^2
  for (int i = 0; i <= 12; ++i) map.touch({.3 + .03 * i, .35 + .02 * i}, .12, .5), map.touch({.8, .8}, .15, .2);
  if (kind == RewardKind::Painted) log = [&](Vec2 x) { return 2.5 * map.at(x / 4. + .5); };
  if (kind == RewardKind::Expression)
    log = [](Vec2 x) { return std::log(.05 + std::exp(-3 * std::pow(x.x * x.x + x.y - 1, 2))); };
  const Reweighted tilt = reweighted(m, kUnconditional, r, log);
  EXPECT_LE(int(tilt.mixture.components.size()), 768);
  double mass = 0, distance = 0;
  overPlane([&](Vec2 x) { mass += kArea * std::exp(std::max(-700., logDensity(m, x, {1, 0}) + log(x))); });
  overPlane([&](Vec2 x) {
    const double exact = std::exp(std::max(-700., logDensity(m, x, {1, 0}) + log(x))) / mass;
    distance += kArea / 2 * std::abs(std::exp(logDensity(tilt.mixture, x, {1, 0})) - exact);
  });
  // The grid itself does not see half-planes' edges better than to a cell.
  const double grid = kind == RewardKind::HalfPlane ? 1e-2 : 3e-4;
  EXPECT_LE(distance, bound + grid);
  EXPECT_LE(distance, tilt.error + grid) << "the error is underestimated";
  // Paint is finer than what this many parts can follow; the card says how much they miss.
  EXPECT_LE(tilt.error, kind == RewardKind::Painted ? .1 : wide ? .04 : .02);
  EXPECT_NEAR(tilt.logMean, std::log(mass), bound + grid);
}
INSTANTIATE_TEST_SUITE_P(All, EveryTabulatedReward,
                         testing::Values(Tabulated{"ring", RewardKind::Ring, false, 2.5e-3},
                                         Tabulated{"ringOnWide", RewardKind::Ring, true, 3e-3},
                                         Tabulated{"halfPlane", RewardKind::HalfPlane, false, 1e-3},
                                         Tabulated{"ramp", RewardKind::Ramp, false, 1e-3},
                                         Tabulated{"distance", RewardKind::Distance, false, 4e-3},
                                         Tabulated{"sinusoid", RewardKind::Sinusoid, false, 1e-3},
                                         Tabulated{"expression", RewardKind::Expression, true, 2e-2},
                                         Tabulated{"painted", RewardKind::Painted, false, .06},
                                         Tabulated{"paintedOnWide", RewardKind::Painted, true, .065}),
                         [](const auto& i) { return i.param.name; });

// The push that a sampler sees, sigma^2 / alpha (score^r - score), against the closed form of h_t: at no level is it
// farther off than a hundredth of a data unit where the tilted law is (u between .34 and 1.2, the edge at .3).
TEST(Reward, TabulatedPushesAgreeWithTheClosedForm) {
  const Mixture m = twoLobes();
  for (const RewardKind kind : {RewardKind::HalfPlane, RewardKind::Ramp, RewardKind::Sinusoid}) {
    const Reward r = rewardOf(kind);
    const Reweighted tilt = reweighted(m, kUnconditional, r, asFunction(r, m, kUnconditional));
    double worst = 0;
    for (const double ratio : {.05, .2, .6, 2., 10.})
      for (const Vec2 x0 : {Vec2(.25, .4), Vec2(.6, -.6), Vec2(1.2, -.5), Vec2(.2, 1.1)}) {
        const NoiseLevel level{1, ratio};
        const Vec2 x = x0 + ratio * Vec2(.7, -.4);
        const Vec2 push = denoise(tilt.mixture, x, level) - denoise(m, x, level);
        const Vec2 exact = ratio * ratio * logH(m, kUnconditional, r, x, level).gradient;
        worst = std::max(worst, glm::length(push - exact));
      }
    EXPECT_LE(worst, .01) << int(kind);
    EXPECT_GT(worst, 0);
  }
}

TEST(PaintedMap, KeepsWhatIsPainted) {
  PaintedMap map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.text(), "");
  map.touch({.5, .5}, .2, 1);
  EXPECT_NEAR(map.at({.5, .5}), 1, .03);
  EXPECT_NEAR(map.at({.6, .5}), std::pow(1 - .25, 2), .03);  // half of the radius
  EXPECT_EQ(map.at({.75, .5}), 0);
  EXPECT_EQ(map.at({-.1, .5}), 0);
  EXPECT_NEAR(map.at({.5, .4}), map.at({.5, .6}), 1e-12);
  EXPECT_EQ(PaintedMap(map.text()), map);
  const double before = map.at({.52, .47});
  map.touch({.5, .5}, .2, -.25);
  EXPECT_LT(map.at({.52, .47}), before);
  map.touch({.5, .5}, .5, -1);
  map.touch({.5, .5}, .5, -1);
  EXPECT_EQ(map.at({.5, .5}), 0);
  // Noise is the longest text there is; it comes back too.
  for (int i = 0; i < 4000; ++i)
    map.touch({std::fmod(i * .618034, 1), std::fmod(i * .414214, 1)}, .008, std::fmod(i * .7548777, 1));
  EXPECT_EQ(PaintedMap(map.text()), map);
  EXPECT_LE(int(map.text().size()), PaintedMap::kMostText);
  EXPECT_GT(int(map.text().size()), 2000);
  // A blur keeps the sum of what is not at the border, and spreads it.
  PaintedMap dot;
  dot.touch({.5 + .5 / PaintedMap::kSide, .5 + .5 / PaintedMap::kSide}, .02, .96);
  const auto sum = [](const PaintedMap& m) {
    double s = 0;
    for (int i = 0; i < PaintedMap::kSide * PaintedMap::kSide; ++i)
      s += m.at((Vec2(i % PaintedMap::kSide, i / PaintedMap::kSide) + .5) / double(PaintedMap::kSide));
    return s;
  };
  const double whole = sum(dot), top = dot.at(Vec2(.5 + .5 / PaintedMap::kSide));
  dot.blur();
  EXPECT_NEAR(sum(dot), whole, .02);
  EXPECT_LT(dot.at(Vec2(.5 + .5 / PaintedMap::kSide)), .3 * top);
}

TEST(PaintedMap, RefusesWhatIsNone) {
  for (const char* text : {"a b", "AAAA", "!", "gA=="}) EXPECT_THROW(PaintedMap{text}, std::invalid_argument) << text;
  PaintedMap map;
  map.touch({.2, .7}, .3, .5);
  const std::string text = map.text();
  EXPECT_THROW(PaintedMap{text.substr(0, text.size() / 2)}, std::invalid_argument);
  EXPECT_THROW(PaintedMap{text + text}, std::invalid_argument);
}

TEST(PaintedMap, TakesAPicturesBrightness) {
  // 40 x 20: white above, black below; a tenth of it in the middle is transparent.
  std::vector<std::uint8_t> rgba(40 * 20 * 4, 255);
  for (int y = 10; y < 20; ++y)
    for (int x = 0; x < 40; ++x)
      rgba[std::size_t((y * 40 + x) * 4)] = rgba[std::size_t((y * 40 + x) * 4 + 1)] =
          rgba[std::size_t((y * 40 + x) * 4 + 2)] = 0;
  for (int y = 0; y < 10; ++y)
    for (int x = 18; x < 22; ++x) rgba[std::size_t((y * 40 + x) * 4 + 3)] = 0;
  const PaintedMap map = PaintedMap::ofPicture(rgba, 40, 20);
  EXPECT_NEAR(map.at({.2, .6}), 1, 1e-9);  // the upper half of the middle band
  EXPECT_EQ(map.at({.2, .4}), 0);
  EXPECT_EQ(map.at({.5, .6}), 0);  // transparent
  EXPECT_EQ(map.at({.2, .9}), 0);  // beside the picture
  const std::vector<std::uint8_t> gray{128, 128, 128, 255};
  EXPECT_NEAR(PaintedMap::ofPicture(gray, 1, 1).at({.5, .5}), 128 / 255., .005);  // as it looks
}

TEST(Reward, NoneAnywhereIsAnError) {
  const Mixture m = twoLobes();
  const Reward r = rewardOf(RewardKind::Expression);
  for (const Mixture& law :
       {m, Mixture{{{0, 1, {0, 0}, {1, 0, 1}}}}})  // parts that are wide are looked at more closely
    EXPECT_THROW(reweighted(law, kUnconditional, r, [](Vec2) { return kNoReward; }), std::invalid_argument);
  EXPECT_THROW(logReward(r, m, 0, {0, 0}), std::invalid_argument);
}

// The class posterior's law is the class's; 1 / p(c | x) on p(x | c) gives p(x) (2512.04985).
TEST(Reward, PosteriorAndCostLeadFromOneLawToTheOther) {
  const Mixture m = twoLobes();
  Reward posterior = rewardOf(RewardKind::ClassPosterior), cost = rewardOf(RewardKind::Cost);
  posterior.label = 1;
  for (const Vec2 x : {Vec2(.3, .2), Vec2(-2, 1)}) {
    EXPECT_NEAR(logDensity(m, x, {1, 0}) + logReward(posterior, m, kUnconditional, x),
                logDensity(m, x, {1, 0}, 1) + std::log(.6), 1e-12);
    EXPECT_NEAR(logDensity(m, x, {1, 0}, 1) + logReward(cost, m, 1, x), logDensity(m, x, {1, 0}) - std::log(.6), 1e-12);
  }
}

}  // namespace
}  // namespace gs
