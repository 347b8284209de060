// Distances between samples and neighbourhoods, against closed forms and brute force.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "diffusion/metrics.h"

namespace gs {
namespace {

std::vector<float> gaussian(int n, std::uint64_t seed, Vec2 mean = Vec2(0.0), double variance = 1) {
  const Mixture m{{{0, 1, mean, Sym2::isotropic(variance)}}};
  std::vector<float> out;
  for (const Draw& d : sampleExact(m, n, seed)) out.insert(out.end(), {float(d.x.x), float(d.x.y)});
  return out;
}
std::vector<float> moved(std::vector<float> x, Vec2 by) {
  for (std::size_t i = 0; i < x.size(); i += 2) x[i] += float(by.x), x[i + 1] += float(by.y);
  return x;
}

TEST(TwoSamples, MatchingIsTheBestOfAllPermutations) {
  for (int seed = 0; seed < 20; ++seed) {
    const int n = 7;
    const auto x = gaussian(n, 10 + std::uint64_t(seed)), y = gaussian(n, 50 + std::uint64_t(seed), {1, 0}, 3);
    std::array<int, 7> order;
    std::iota(order.begin(), order.end(), 0);
    double best = 1e300;
    do {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t j = std::size_t(order[i]);
        sum +=
            std::pow(double(x[2 * i]) - double(y[2 * j]), 2) + std::pow(double(x[2 * i + 1]) - double(y[2 * j + 1]), 2);
      }
      best = std::min(best, sum / n);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_NEAR(matchedWasserstein(x, y).value, std::sqrt(best), 1e-5);
  }
}

TEST(TwoSamples, WassersteinDistancesOfATranslationAreItsLength) {
  const Vec2 by{3, -1};
  const auto x = gaussian(kMatched, 3);
  auto y = moved(x, by);
  for (std::size_t i = 0; i < y.size() / 2; ++i)  // in another order
    for (const std::size_t k : {0u, 1u}) std::swap(y[2 * i + k], y[2 * ((i * 37 + 5) % (y.size() / 2)) + k]);
  const Matching m = matchedWasserstein(x, y);
  EXPECT_NEAR(m.value, glm::length(by), 1e-5);
  for (std::size_t i = 0; i < m.partner.size(); ++i) {
    EXPECT_NEAR(y[2 * std::size_t(m.partner[i])], x[2 * i] + float(by.x), 1e-4);
    EXPECT_NEAR(y[2 * std::size_t(m.partner[i]) + 1], x[2 * i + 1] + float(by.y), 1e-4);
  }
  EXPECT_NEAR(slicedWasserstein(x, y).value, glm::length(by) / std::numbers::sqrt2, 1e-5);
}

TEST(TwoSamples, WassersteinErrorsCoverTheDistanceOfGaussians) {
  // W2 between N(0, I) and N(m, I) is |m|, sliced |m| / sqrt 2; at |m| = 4 the bias is small beside the error.
  const Vec2 by{4, 0};
  double sum = 0, slicedSum = 0;
  int inside = 0, slicedInside = 0;
  const int repeats = 12;
  for (int r = 0; r < repeats; ++r) {
    const auto x = gaussian(300, 100 + std::uint64_t(r)), y = gaussian(300, 200 + std::uint64_t(r), by);
    const Matching m = matchedWasserstein(x, y);
    const Distance s = slicedWasserstein(x, y);
    sum += (m.value - 4) / m.se, slicedSum += (s.value - 4 / std::numbers::sqrt2) / s.se;
    inside += std::abs(m.value - 4) < 2.5 * m.se;
    slicedInside += std::abs(s.value - 4 / std::numbers::sqrt2) < 2.5 * s.se;
  }
  EXPECT_GE(inside, 10);
  EXPECT_GE(slicedInside, 10);
  EXPECT_LT(std::abs(sum / repeats), 1.5);
  EXPECT_LT(std::abs(slicedSum / repeats), 1.2);
}

TEST(TwoSamples, MmdOfShiftedGaussiansMatchesTheClosedForm) {
  // E exp(-|x - y|^2 / (2 h^2)) with x - y ~ N(d, 2 I) in the plane: h^2 / (h^2 + 2) exp(-|d|^2 / (2 (h^2 + 2))).
  const double d = .8;
  double z = 0;
  for (int r = 0; r < 10; ++r) {
    const auto x = gaussian(1000, 300 + std::uint64_t(r)), y = gaussian(1000, 400 + std::uint64_t(r), {0, d});
    const double scale = mmdScale(y);
    EXPECT_NEAR(scale, 1, .1);
    double wanted = 0;
    for (const double b : kMmdBandwidths) {
      const double h2 = b * b * scale * scale;
      wanted += 2 * h2 / (h2 + 2) * (1 - std::exp(-d * d / (2 * (h2 + 2)))) / 5;
    }
    const Distance m = mmd(x, y, 1);
    EXPECT_LT(std::abs(m.value - wanted), 4.5 * m.se) << wanted;
    EXPECT_GT(m.value, 5 * m.floor);
    z += (m.value - wanted) / m.se / 10;
  }
  EXPECT_LT(std::abs(z), 1.5);
}

TEST(TwoSamples, MmdFloorIsTheSpreadBetweenSetsOfOneLaw) {
  double squares = 0, floor = 0;
  for (int r = 0; r < 60; ++r) {
    const Distance m = mmd(gaussian(200, 500 + std::uint64_t(r)), gaussian(200, 700 + std::uint64_t(r)), 1);
    squares += m.value * m.value / 60;
    floor += m.floor / 60;
  }
  EXPECT_NEAR(std::sqrt(squares), floor, .4 * floor);
}

TEST(TwoSamples, NeighbourhoodsOfEqualLawsMatchTheClosedForm) {
  const int n = 400, m = 300, repeats = 12;
  double coverage = 0, density = 0, se = 0;
  for (int r = 0; r < repeats; ++r) {
    const Neighbourhood v = neighbourhood(gaussian(n, 10 + std::uint64_t(r)), gaussian(m, 60 + std::uint64_t(r)));
    coverage += v.coverage.value / repeats;
    density += v.density.value / repeats;
    se += v.coverage.se / repeats;
  }
  double missed = 1;  // 2002.09797, lemma 2
  for (int i = 0; i < kNeighbours; ++i) missed *= double(m - 1 - i) / (n + m - 1 - i);
  EXPECT_NEAR(coverage, 1 - missed, 4 * se / std::sqrt(repeats));
  EXPECT_NEAR(density, 1, .05);
  // Far apart nothing is covered; a collapsed copy is precise and recalls little.
  const auto real = gaussian(m, 1);
  const Neighbourhood far = neighbourhood(gaussian(n, 2, {50, 0}), real);
  EXPECT_EQ(far.precision.value + far.recall.value + far.density.value + far.coverage.value, 0);
  const Neighbourhood narrow = neighbourhood(gaussian(n, 2, {0, 0}, .01), real);
  EXPECT_EQ(narrow.precision.value, 1);
  EXPECT_LT(narrow.recall.value, .1);
  EXPECT_LT(narrow.coverage.value, .2);
  EXPECT_GT(narrow.density.value, 1.1);  // the densest place
}

TEST(TwoSamples, NeighbourhoodMatchesBruteForce) {
  const auto x = gaussian(40, 4), y = gaussian(30, 5, {1, 0});
  const auto d = [](const std::vector<float>& a, std::size_t i, const std::vector<float>& b, std::size_t j) {
    return std::hypot(a[2 * i] - b[2 * j], a[2 * i + 1] - b[2 * j + 1]);
  };
  const auto radius = [&](const std::vector<float>& a, std::size_t i) {
    std::vector<float> all;
    for (std::size_t j = 0; j < a.size() / 2; ++j) all.push_back(d(a, i, a, j));
    std::sort(all.begin(), all.end());
    return all[kNeighbours];  // after itself
  };
  double precise = 0, recalled = 0, balls = 0, covered = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    int in = 0;
    for (std::size_t j = 0; j < 30; ++j) in += d(x, i, y, j) <= radius(y, j);
    precise += in > 0, balls += in;
  }
  for (std::size_t j = 0; j < 30; ++j) {
    bool near = false, full = false;
    for (std::size_t i = 0; i < 40; ++i) near |= d(x, i, y, j) <= radius(x, i), full |= d(x, i, y, j) <= radius(y, j);
    recalled += near, covered += full;
  }
  const Neighbourhood v = neighbourhood(x, y);
  EXPECT_NEAR(v.precision.value, precise / 40, 1e-12);
  EXPECT_NEAR(v.recall.value, recalled / 30, 1e-12);
  EXPECT_NEAR(v.density.value, balls / 40 / kNeighbours, 1e-6);
  EXPECT_NEAR(v.coverage.value, covered / 30, 1e-12);
}

TEST(TwoSamples, EntropyOfGaussiansIsTheClosedForm) {
  const auto reference = gaussian(50, 1);
  for (const double variance : {.01, 1., 9.}) {
    double z = 0;
    for (int r = 0; r < 6; ++r) {
      const Distance h = neighbourhood(gaussian(1500, 20 + std::uint64_t(r), {3, 0}, variance), reference).entropyX;
      z += (h.value - std::log(2 * std::numbers::pi * std::numbers::e * variance)) / h.se / 6;
    }
    EXPECT_LT(std::abs(z), 2) << variance;
  }
  const std::vector<float> same(200, 1.f);
  EXPECT_TRUE(std::isnan(neighbourhood(same, reference).entropyX.value));
}

TEST(TwoSamples, StopsAndAnswersNothing) {
  std::stop_source stop;
  stop.request_stop();
  const auto x = gaussian(100, 1), y = gaussian(100, 2);
  EXPECT_TRUE(std::isnan(energyDistance(x, y, 1, stop.get_token()).value));
  EXPECT_TRUE(std::isnan(mmd(x, y, 1, stop.get_token()).value));
  EXPECT_TRUE(std::isnan(slicedWasserstein(x, y, stop.get_token()).value));
  EXPECT_TRUE(matchedWasserstein(x, y, stop.get_token()).partner.empty());
  EXPECT_TRUE(std::isnan(neighbourhood(x, y, stop.get_token()).coverage.value));
}

TEST(DistanceMetrics, ExactSamplesStayAtTheirFloors) {
  const Mixture m{{{0, .5, {-2, 0}, Sym2::isotropic(.2)}, {1, .5, {2, 0}, Sym2::isotropic(.3)}}};
  std::vector<float> x;
  for (const Draw& d : sampleExact(m, 600, 7, 0)) x.insert(x.end(), {float(d.x.x), float(d.x.y)});
  ClosestPairs pairs;
  int seen = 0;
  for (const Metric& v : distanceMetrics(m, 0, x, 3, 600, {}, &pairs)) {
    ++seen;
    const bool distance = v.name == "sliced_w2" || v.name == "exact_w2";
    if (distance) {
      EXPECT_LT(v.value, 2.5 * v.floor) << v.name;
      EXPECT_EQ(v.reference, 0) << v.name;
    } else {
      EXPECT_LT(std::abs(v.value - v.reference), 5 * std::hypot(v.se, v.floor)) << v.name;
    }
    EXPECT_GT(v.floor, 0) << v.name;
  }
  EXPECT_EQ(seen, 8);
  EXPECT_EQ(pairs.from.size(), 2u * kMatched);
  EXPECT_EQ(pairs.to.size(), 2u * kMatched);
  // And moved samples leave them.
  for (const Metric& v : distanceMetrics(m, 0, moved(x, {0, 1}), 3, 600, {}))
    if (v.name == "exact_w2" || v.name == "sliced_w2" || v.name == "mmd") {
      EXPECT_GT(v.value, 5 * v.floor) << v.name;
    }
}

TEST(PathMetrics, OfKnownPaths) {
  // Particle 0 goes straight on, 1 turns by a right angle, 2 walks a quarter of a circle in ten chords, 3 is lost.
  const int steps = 10;
  std::vector<std::vector<float>> rows;
  std::vector<NoiseLevel> levels;
  for (int i = 0; i <= steps; ++i) {
    const double angle = std::numbers::pi / 2 * i / steps, u = double(i) / steps;
    const NoiseLevel level{1 - .5 * u, std::sqrt(1 - (1 - .5 * u) * (1 - .5 * u))};  // alpha^2 + sigma^2 = 1
    levels.push_back(i % 2 ? NoiseLevel{2 * level.alpha, 2 * level.sigma} : level);
    const float s = i % 2 ? 2.f : 1.f;  // the same place on the page
    rows.push_back({s * float(3 * u), 0, s * float(std::min(2 * u, 1.)), s * float(std::max(2 * u - 1, 0.)),
                    s * float(std::cos(angle)), s * float(std::sin(angle)), NAN, 0});
  }
  const double chord = 2 * std::sin(std::numbers::pi / 4 / steps);
  const auto of = [&](std::size_t particle) {
    std::vector<std::vector<float>> own;
    for (const auto& r : rows)  // twice, so that there is a mean
      own.push_back({r[2 * particle], r[2 * particle + 1], r[2 * particle], r[2 * particle + 1], r[6], r[7]});
    const std::vector<std::span<const float>> spans(own.begin(), own.end());
    std::array<double, 3> out{};
    for (const Metric& m : pathMetrics(spans, levels, {}))
      out[m.name == "path_length" ? 0 : m.name == "path_detour" ? 1 : 2] = m.value;
    return out;
  };
  const auto straight = of(0), corner = of(1), circle = of(2);
  EXPECT_NEAR(straight[0], 3, 1e-5);
  EXPECT_NEAR(straight[1], 0, 1e-5);
  EXPECT_NEAR(straight[2], 0, 1e-4);
  EXPECT_NEAR(corner[0], 2, 1e-5);
  EXPECT_NEAR(corner[1], 2 / std::numbers::sqrt2 - 1, 1e-5);
  EXPECT_NEAR(corner[2], std::numbers::pi / 2, 1e-4);
  EXPECT_NEAR(circle[0], steps * chord, 1e-5);
  EXPECT_NEAR(circle[2], (steps - 1) * std::numbers::pi / 2 / steps, 1e-4);
}

}  // namespace
}  // namespace gs
