#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "data/distributions.h"
#include "data/shapes.h"
#include "session/classes.h"

namespace gs {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::shared_ptr<const Mixture> preset(const std::string& name, const std::string& word = "GUIDE") {
  Distribution d;
  d.name = name;
  d.word = word;
  return resolve(d);
}

constexpr NoiseLevel kData{1, 0};

TEST(Presets, EveryOneIsAValidMixtureInThePicture) {
  struct Expected {
    int classes, components;
  };
  const std::map<std::string, Expected, std::less<>> expected = {
      {"two-modes", {2, 3}}, {"two-gaussians", {2, 2}},  {"e2", {2, 3}},        {"e3", {3, 3}},
      {"ov", {2, 2}},        {"ring", {2, 8}},           {"ring-4", {4, 4}},    {"two-moons", {2, 48}},
      {"spirals", {2, 112}}, {"checkerboard", {2, 256}}, {"pinwheel", {5, 70}}, {"rings", {3, 96}},
      {"letters", {5, 100}}, {"tree", {2, 2168}}};
  std::set<std::string_view> seen;
  for (const DistributionPreset& p : distributionPresets()) {
    SCOPED_TRACE(p.name);
    EXPECT_TRUE(seen.insert(p.name).second);
    EXPECT_FALSE(p.label.empty());
    EXPECT_GT(p.about.size(), 20u);
    ASSERT_TRUE(expected.contains(p.name));
    const auto m = preset(std::string(p.name));
    EXPECT_EQ(m->classes(), expected.find(p.name)->second.classes);
    EXPECT_EQ(int(m->components.size()), expected.find(p.name)->second.components);
    EXPECT_EQ(normalised(*m), *m);  // valid, and its weights sum to 1 already
    double sum = 0;
    for (const Component& c : m->components) sum += c.weight;
    EXPECT_NEAR(sum, 1, 1e-12);
    // Spread of about 1, centred, nearly everything in [-3, 3]^2 (the unit Gaussians of the theorem reach farther).
    const double spread = std::sqrt(0.5 * m->covariance().trace());
    EXPECT_GT(spread, 0.8);
    EXPECT_LT(spread, 1.6);
    const bool gaussians =
        p.name == "two-gaussians" || p.name == "e2" || p.name == "e3" || p.name == "ov" || p.name == "two-modes";
    if (!gaussians) {
      EXPECT_LT(glm::length(m->mean()), 0.5);
      int outside = 0;
      const auto draws = sampleExact(*m, 5000, 7);
      for (const Draw& d : draws) outside += std::abs(d.x.x) > 3.2 || std::abs(d.x.y) > 3.2;
      EXPECT_LE(outside, 2);
    }
  }
  EXPECT_EQ(seen.size(), expected.size());
}

TEST(Presets, AreTheSameEveryTime) {
  for (const DistributionPreset& p : distributionPresets()) {
    const Mixture a = presetMixture(p.name, "GUIDE"), b = presetMixture(p.name, "GUIDE");
    EXPECT_EQ(a, b) << p.name;
    EXPECT_EQ(*preset(std::string(p.name)), a) << p.name;
  }
}

TEST(Presets, UnknownNamesAreErrors) {
  EXPECT_THAT([] { preset("two-mode"); },
              ThrowsMessage<InputError>("distribution.name: there is no preset 'two-mode'"));
}

// E[f(x)] under p(x | label) by the trapezoidal rule on a wide grid, exact to rounding for smooth laws like these.
template <class F>
double expectation(const Mixture& m, int label, F&& f) {
  constexpr double kReach = 9, kStep = 0.05;
  double sum = 0;
  for (double y = -kReach; y <= kReach; y += kStep)
    for (double x = -kReach; x <= kReach; x += kStep)
      sum += std::exp(logDensity(m, {x, y}, kData, label)) * f(Vec2(x, y));
  return sum * kStep * kStep;
}

TEST(Presets, TheoremExamplesHaveTheirReferenceNumbers) {
  // 2512.04985: without guidance E[1/p(c|x)] = 1/p(c); its slope at weight 0 is -KL(p || p(.|c)) / p(c)^2.
  struct Case {
    const char* name;
    int label;
    double baseline, slope;
  };
  for (const Case& c :
       {Case{"two-gaussians", 0, 2, -2.652677}, Case{"e2", 1, 2, -0.114755}, Case{"e2", 0, 2, -0.190228}}) {
    SCOPED_TRACE(c.name);
    const auto m = preset(c.name);
    EXPECT_NEAR(expectation(*m, c.label, [&](Vec2 x) { return std::exp(-logClassPosterior(*m, x, kData, c.label)); }),
                c.baseline, 1e-6);
    const double kl = expectation(*m, kUnconditional,
                                  [&](Vec2 x) { return logDensity(*m, x, kData) - logDensity(*m, x, kData, c.label); });
    EXPECT_NEAR(-kl * c.baseline * c.baseline, c.slope, 2e-6);
  }
  const auto e3 = preset("e3");
  EXPECT_NEAR(expectation(*e3, 0, [&](Vec2 x) { return std::exp(-logClassPosterior(*e3, x, kData, 0)); }), 3, 1e-6);
  EXPECT_NEAR(e3->components[0].mean.y, 1, 1e-15);
  // Bounds of 1/p in E2: 1 + e^(1/2) for class 1, at least 1 + e^(-1/2) for class 0, both at the origin.
  const auto e2 = preset("e2");
  EXPECT_NEAR(1 / classPosterior(*e2, {0, 0.3}, kData)[1], 1 + std::exp(0.5), 1e-12);
  EXPECT_NEAR(1 / classPosterior(*e2, {0, 0.3}, kData)[0], 1 + std::exp(-0.5), 1e-12);
}

TEST(Presets, TheGuidedClassOfTheFirstExampleIsThePlusOne) {
  EXPECT_EQ(preset("two-gaussians")->mean(0), Vec2(1, 0));
  EXPECT_EQ(preset("ov")->mean(0), Vec2(-1, 0));
  EXPECT_EQ(preset("two-modes")->components[0].mean, Vec2(-2, 0));
  EXPECT_DOUBLE_EQ(preset("two-modes")->classProbability(0), 0.5);
}

TEST(Presets, RingsAlternate) {
  const auto ring = preset("ring");
  for (std::size_t k = 0; k < 8; ++k) {
    EXPECT_EQ(ring->components[k].label, int(k % 2));
    EXPECT_NEAR(glm::length(ring->components[k].mean), 2, 1e-12);
    EXPECT_DOUBLE_EQ(ring->components[k].covariance.xx, 0.04);
  }
  EXPECT_EQ(preset("ring-4")->components[3].label, 3);
}

TEST(Presets, CurvesAreEvenRidges) {
  // The density along the middle of a concentric ring varies by little: the components overlap into a ridge.
  const auto rings = preset("rings");
  double lo = 1e9, hi = 0;
  for (int i = 0; i < 1000; ++i) {
    const double angle = 2 * M_PI * i / 1000;
    const double d = std::exp(logDensity(*rings, Vec2(1.6 * std::cos(angle), 1.6 * std::sin(angle)), kData));
    lo = std::min(lo, d);
    hi = std::max(hi, d);
  }
  EXPECT_LT(hi / lo, 1.06);
}

TEST(Presets, CheckerboardIsFlatTogetherAndSharpAlone) {
  const auto m = preset("checkerboard");
  const double inside = std::exp(logDensity(*m, {0.6, 0.6}, kData));
  EXPECT_NEAR(inside, 1 / (4.8 * 4.8), 0.002);
  EXPECT_NEAR(std::exp(logDensity(*m, {0.0, 0.6}, kData)), inside, 0.1 * inside);
  EXPECT_GT(classPosterior(*m, {0.6, 0.6}, kData)[0], 0.99);
  EXPECT_GT(classPosterior(*m, {-0.6, 0.6}, kData)[1], 0.99);
}

TEST(Presets, TheTreeIsFineAtItsTips) {
  const auto m = preset("tree");
  int perClass[2] = {0, 0};
  double fine = 0;
  for (const Component& c : m->components) {
    ++perClass[c.label];
    const double determinant = c.covariance.determinant(), trace = c.covariance.trace();
    const double thin = std::sqrt(0.5 * trace - std::sqrt(std::max(0.0, 0.25 * trace * trace - determinant)));
    if (thin < 0.02) fine += c.weight;
  }
  EXPECT_EQ(perClass[0], perClass[1]);
  EXPECT_GT(perClass[0], 900);
  EXPECT_LT(perClass[0], 1200);
  EXPECT_GT(fine, 0.35);  // the twigs hold a good part of the mass
  EXPECT_NEAR(m->classProbability(0), 0.5, 1e-12);
  // The crowns interlock: each tree has mass beyond the other's middle.
  int crossed = 0;
  for (const Draw& d : sampleExact(*m, 4000, 1))
    crossed += (m->components[std::size_t(d.component)].label == 0) == (d.x.x > 0);
  EXPECT_GT(crossed, 400);
}

TEST(Letters, EachClassLiesInItsOwnLetter) {
  const auto m = preset("letters", "GUIDE");
  ASSERT_EQ(m->classes(), 5);
  double right = -9;
  for (int label = 0; label < 5; ++label) {
    // The glyph's box by the components' means; strokes are at most 0.35 wide at this size.
    Vec2 lo(9.0), hi(-9.0);
    for (const Component& c : m->components)
      if (c.label == label) lo = glm::min(lo, c.mean), hi = glm::max(hi, c.mean);
    EXPECT_GT(lo.x, right);  // left to right without overlap
    right = hi.x;
    int outside = 0;
    for (const Draw& d : sampleExact(*m, 2000, 5, label))
      outside += d.x.x < lo.x - 0.3 || d.x.x > hi.x + 0.3 || d.x.y < lo.y - 0.3 || d.x.y > hi.y + 0.3;
    EXPECT_LE(outside, 10) << label;
    EXPECT_NEAR(m->classProbability(label), 0.2, 1e-9);
  }
  // The U is open above, the D has a hole.
  EXPECT_LT(std::exp(logDensity(*m, m->mean(1) + Vec2(0, 0.3), kData)), 0.05);
  EXPECT_LT(std::exp(logDensity(*m, m->mean(3), kData)), 0.05);
}

TEST(Letters, WordsOfAnyLengthFillTheSameWidth) {
  for (const std::string word : {"a", "Wow", "ABCDEFGHIJKL", "Möbius 7"}) {
    const auto m = preset("letters", word);
    Vec2 lo(9.0), hi(-9.0);
    for (const Component& c : m->components) lo = glm::min(lo, c.mean), hi = glm::max(hi, c.mean);
    EXPECT_LT(std::max(hi.x, -lo.x), 2.9) << word;
    EXPECT_GT(std::max(hi.x - lo.x, hi.y - lo.y), 2.2) << word;
  }
  EXPECT_EQ(preset("letters", "Möbius 7")->classes(), 7);  // the blank is a gap, not a class
  EXPECT_EQ(preset("letters", "AA")->classes(), 2);        // every place is a class, also of equal letters
}

TEST(Letters, NamesAndClassesGoTogether) {
  Distribution d;
  d.name = "letters";
  for (const char* word : {"ANNA", "M\u00F6b\u2003ius 7", "a\u00A0b"}) {
    d.word = word;
    const int classes = resolve(d)->classes();
    EXPECT_NE(className(d, classes - 1), className(Distribution{}, classes - 1)) << word;  // the last letter
    EXPECT_EQ(className(d, classes), className(Distribution{}, classes)) << word;          // and none after it
  }
  // Marks without a dot of ink would be classes without a component.
  EXPECT_THAT([] { preset("letters", "a\u200Db"); }, ThrowsMessage<InputError>(HasSubstr("distribution.word: the ")));
}

TEST(Letters, BadWordsAreErrors) {
  const auto word = [](const char* w) { return [w] { preset("letters", w); }; };
  EXPECT_THAT(word(""), ThrowsMessage<InputError>("distribution.word: is empty; type a word"));
  EXPECT_THAT(word("   "), ThrowsMessage<InputError>("distribution.word: has no letter that can be drawn"));
  EXPECT_THAT(word("ABCDEFGHIJKLM"), ThrowsMessage<InputError>("distribution.word: more than 12 letters"));
  EXPECT_THAT(word("a\xE4\xB8\xAD"),
              ThrowsMessage<InputError>("distribution.word: the font has no letter '\xE4\xB8\xAD'"));
  EXPECT_THAT(word("a\xFFz"), ThrowsMessage<InputError>("distribution.word: is not UTF-8 text"));
  EXPECT_THAT(word("\xC3"), ThrowsMessage<InputError>("distribution.word: is not UTF-8 text"));
  EXPECT_THAT(word("a\nb"), ThrowsMessage<InputError>("distribution.word: control characters cannot be drawn"));
}

TEST(Resolve, MixturesAreNormalisedAndBadOnesNamed) {
  Distribution d;
  d.kind = DistributionKind::Mixture;
  EXPECT_THAT([&] { resolve(d); }, ThrowsMessage<InputError>("distribution.components: there are none"));
  d.kind = DistributionKind::Points;
  EXPECT_THAT([&] { resolve(d); }, ThrowsMessage<InputError>("distribution.file: no points have been imported yet"));
  Mixture m{{{0, 3, {0, 0}, {}}, {1, 1, {1, 0}, {}}}};
  d.mixture = Box<Mixture>(m);
  EXPECT_DOUBLE_EQ(resolve(d)->components[0].weight, 0.75);
  m.components[1].covariance = {1, 2, 1};
  d.mixture = Box<Mixture>(m);
  EXPECT_THAT([&] { resolve(d); }, ThrowsMessage<InputError>(HasSubstr("distribution.components.1.covariance")));
}

}  // namespace
}  // namespace gs
