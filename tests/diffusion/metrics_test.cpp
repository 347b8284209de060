// Every number of sampleMetrics against a closed form or a quadrature, with its own error bar.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "diffusion/estimates.h"
#include "diffusion/metrics.h"
#include "diffusion/sample_sums.h"

namespace gs {
namespace {

Mixture twoGaussians(double distance) {
  return {{{0, .5, {distance / 2, 0}, Sym2::isotropic(1)}, {1, .5, {-distance / 2, 0}, Sym2::isotropic(1)}}};
}
// S-MODE: class 0 has two modes, class 1 one.
Mixture twoModes() {
  return {{{0, .25, {-2, 0}, Sym2::isotropic(.12)},
           {0, .25, {1, 1.2}, Sym2::isotropic(.12)},
           {1, .5, {1.5, -.6}, Sym2::isotropic(.2)}}};
}
std::vector<float> floats(const std::vector<Draw>& draws) {
  std::vector<float> out;
  for (const Draw& d : draws) out.insert(out.end(), {float(d.x.x), float(d.x.y)});
  return out;
}
std::map<std::string, Metric> measure(const Mixture& m, int condition, std::span<const float> x, int energy = 1000) {
  std::map<std::string, Metric> out;
  for (Metric& v : sampleMetrics(m, condition, x, 11, energy, {})) out[v.name] = v;
  return out;
}

TEST(Metrics, ExactSamplesReproduceTheDataLaw) {
  const Mixture m = twoModes();
  const int n = 20000;
  const auto v = measure(m, 0, floats(sampleExact(m, n, 3, 0)));
  const Sym2 cov = m.covariance(0);
  const Vec2 mean = m.mean(0);
  const auto within = [&](const char* name, double wanted) {
    const Metric& a = v.at(name);
    EXPECT_GT(a.se, 0) << name;
    EXPECT_LT(std::abs(a.value - wanted), 4 * a.se) << name << " " << a.value << " +- " << a.se;
    EXPECT_NEAR(a.se, a.floor, .2 * a.floor) << name;  // these are exact samples
  };
  within("mean_x", mean.x);
  within("mean_y", mean.y);
  within("cov_xx", cov.xx);
  within("cov_xy", cov.xy);
  within("cov_yy", cov.yy);
  within("fraction_0", .5);
  within("fraction_1", .5);
  within("outliers", std::exp(-4.5));
  EXPECT_EQ(v.at("mean_x").reference, mean.x);
  for (const char* name : {"fraction_0", "fraction_1"})  // far apart: their weights, without chance
    EXPECT_NEAR(v.at(name).reference, .5, .02 * v.at(name).floor) << name;
  EXPECT_NEAR(v.at("mean_x").se, std::sqrt(cov.xx / n), .02 * std::sqrt(cov.xx / n));
  EXPECT_EQ(v.count("fraction_2"), 0u);
  EXPECT_LT(std::abs(v.at("energy_conditional").value), 4 * v.at("energy_conditional").floor);
}

TEST(Metrics, PosteriorNumbersMatchQuadrature) {
  // Classes N(+-1, 1) in x: p(0|x) = 1 / (1 + e^{-2x}). 1D quadrature under N(1, 1).
  const Mixture m = twoGaussians(2);
  double log = 0, accuracy = 0, inverse = 0;
  const int steps = 200000;
  for (int i = 0; i < steps; ++i) {
    const double x = -11 + 24. * (i + .5) / steps,
                 w = std::exp(-.5 * (x - 1) * (x - 1)) / std::sqrt(2 * M_PI) * 24 / steps;
    log += -w * std::log1p(std::exp(-2 * x));
    accuracy += w * (x > 0);
    inverse += w * (1 + std::exp(-2 * x));
  }
  EXPECT_NEAR(inverse, 2, 1e-9);
  const auto v = measure(m, 0, floats(sampleExact(m, 60000, 5, 0)));
  EXPECT_LT(std::abs(v.at("log_posterior").value - log), 4 * v.at("log_posterior").se);
  EXPECT_LT(std::abs(v.at("accuracy").value - accuracy), 4 * v.at("accuracy").se);
  EXPECT_LT(std::abs(v.at("inverse_posterior").value - inverse), 5 * v.at("inverse_posterior").se);
  EXPECT_EQ(v.at("inverse_posterior").reference, 2);
  // Var(1/p) is e^4 - 1 = 53.6 here: the mean is found, with a warning about its error.
  EXPECT_NE(v.at("inverse_posterior").note.find("1 % of the samples carry"), std::string::npos);
  // Where 1/p is bounded (guiding to the wider class of E2) there is nothing to warn of.
  const Mixture bounded{{{0, .5, {0, 0}, Sym2::isotropic(1)},
                         {1, .25, {1, 0}, Sym2::isotropic(1)},
                         {1, .25, {-1, 0}, Sym2::isotropic(1)}}};
  EXPECT_EQ(measure(bounded, 1, floats(sampleExact(bounded, 4000, 5, 1))).at("inverse_posterior").note, "");
}

TEST(Metrics, QuantilesOfTheLogPosteriorAreThoseOfX) {
  // log p(0|x) = -log(1 + e^-2x) grows with x ~ N(1, 1).
  const auto v = measure(twoGaussians(2), 0, floats(sampleExact(twoGaussians(2), 20000, 5, 0)));
  for (const auto& [name, z] :
       {std::pair("log_posterior_q05", -1.6448536), {"log_posterior_q50", 0.}, {"log_posterior_q95", 1.6448536}}) {
    const Metric& m = v.at(name);
    EXPECT_GT(m.se, 0) << name;
    EXPECT_LT(std::abs(m.value + std::log1p(std::exp(-2 * (1 + z)))), 4.5 * m.se) << name << " " << m.value;
  }
}

TEST(Metrics, RewardsAreMeasuredAsTheirLawSays) {
  // r = e^(x/2) of x ~ N(1, 1) against that of N(0, 1): a lognormal law each.
  const auto rewards = [](double mean, std::uint64_t seed) {
    std::vector<double> r;
    for (const Draw& d : sampleExact({{{0, 1, {mean, 0}, Sym2::isotropic(1)}}}, 20000, seed))
      r.push_back(std::exp(d.x.x / 2));
    return r;
  };
  const std::vector<Metric> all = rewardMetrics(rewards(1, 3), rewards(0, 4), std::exp(.125));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].reference, std::exp(.125));
  EXPECT_LT(std::abs(all[0].value - std::exp(.625)), 4.5 * all[0].se);
  EXPECT_NEAR(all[0].se, std::exp(.625) * std::sqrt(std::expm1(.25) / 20000), .05 * all[0].se);
  const double z[] = {-1.6448536, 0, 1.6448536};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LT(std::abs(all[i + 1].value - std::exp((1 + z[i]) / 2)), 4.5 * all[i + 1].se) << all[i + 1].name;
    EXPECT_LT(std::abs(all[i + 1].reference - std::exp(z[i] / 2)), 4.5 * all[i + 1].floor + .01) << all[i + 1].name;
  }
}

TEST(Metrics, ShiftAndSpreadAreMeasuredAlongAndAcrossThePush) {
  // The push of class 0 at (3, 4) / 5 from (0, 0) points that way; the samples are moved by (1, 2) and stretched.
  const Vec2 u{.6, .8}, left{-.8, .6}, by{1, 2};
  const Mixture m{{{0, .5, u, {1, .3, .5}}, {1, .5, -u, Sym2::isotropic(1)}}};
  const int n = 20000;
  std::vector<float> x;
  for (const Draw& d : sampleExact(m, n, 8, 0)) {
    const Vec2 at = u + by + 2. * (d.x - u);
    x.insert(x.end(), {float(at.x), float(at.y)});
  }
  const auto v = measure(m, 0, x, 16);
  const auto within = [&](const char* name, double wanted, double reference) {
    const Metric& a = v.at(name);
    EXPECT_LT(std::abs(a.value - wanted), 4.5 * a.se) << name << " " << a.value << ", " << wanted;
    EXPECT_NEAR(a.reference, reference, 1e-12) << name;
  };
  const auto sd = [&](Vec2 w) { return std::sqrt(glm::dot(w, m.covariance(0) * w)); };
  within("shift_along", glm::dot(by, u), 0);
  within("shift_across", glm::dot(by, left), 0);
  within("spread_along", 2 * sd(u), sd(u));
  within("spread_across", 2 * sd(left), sd(left));
  EXPECT_NEAR(v.at("spread_along").se, 2 * sd(u) / std::sqrt(2. * n), .05 * v.at("spread_along").se);  // a Gaussian's
  // Where the class's mean is the data's, the push has no direction.
  const Mixture inside{{{0, .5, {0, 0}, Sym2::isotropic(1)},
                        {1, .25, {1, 0}, Sym2::isotropic(1)},
                        {1, .25, {-1, 0}, Sym2::isotropic(1)}}};
  EXPECT_EQ(measure(inside, 0, x, 16).count("shift_along"), 0u);
}

TEST(Metrics, TheModeTableMeasuresEveryComponent) {
  // Component 0 is drawn together to half its width and moved by (.3, 0); component 1 stays.
  const Mixture m = twoModes();
  std::vector<float> x;
  int own = 0;
  for (const Draw& d : sampleExact(m, 12000, 9, 0)) {
    Vec2 at = d.x;
    const Vec2 mean = m.components[std::size_t(d.component)].mean;
    if (d.component == 0) at = mean + Vec2{.3, 0} + .5 * (d.x - mean), ++own;
    x.insert(x.end(), {float(at.x), float(at.y)});
  }
  const auto v = measure(m, 0, x, 16);
  EXPECT_LT(std::abs(v.at("shift_0").value - .3), 4.5 * v.at("shift_0").se);
  EXPECT_LT(v.at("shift_1").value, 4 * v.at("shift_1").floor);
  EXPECT_LT(std::abs(v.at("covariance_0").value - 1. / 16), 4.5 * v.at("covariance_0").se);
  EXPECT_NEAR(v.at("covariance_0").se, 2. / 16 / std::sqrt(own), .2 * v.at("covariance_0").se);  // a Gaussian's
  EXPECT_LT(std::abs(v.at("covariance_1").value - 1), 4.5 * v.at("covariance_1").se);
  EXPECT_LT(v.at("outliers_0").value, .001);
  EXPECT_LT(std::abs(v.at("outliers_1").value - std::exp(-4.5)), 4.5 * v.at("outliers_1").se);
}

TEST(Metrics, WarnsOfATailThatTheMeanMisses) {
  // At distance 6 the variance of 1/p is e^36: the naive mean finds about 1 where 2 is exact.
  const Mixture m = twoGaussians(6);
  const auto v = measure(m, 0, floats(sampleExact(m, 4000, 5, 0)));
  EXPECT_NE(v.at("inverse_posterior").note.find("2 is exact"), std::string::npos) << v.at("inverse_posterior").note;
  EXPECT_NE(v.at("inverse_posterior").note.find("median of 16 means"), std::string::npos);
}

TEST(Metrics, CountsBlownUpSamplesAndUsesTheRest) {
  const Mixture m = twoGaussians(2);
  auto x = floats(sampleExact(m, 2000, 5, 0));
  x[10] = NAN;
  x[101] = INFINITY;
  x[200] = -2e9f;
  const auto v = measure(m, 0, x);
  EXPECT_EQ(v.at("blown_up").value, 3);
  EXPECT_TRUE(std::isfinite(v.at("mean_x").value));
  const auto none = sampleMetrics(m, 0, std::vector<float>(20, NAN), 1, 100, {});
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].value, 10);
}

TEST(Metrics, SamplesFarAwayStayFinite) {
  const Mixture m = twoGaussians(2);
  const auto v = measure(m, 0, std::vector<float>(200, -1e6f));
  for (const auto& [name, metric] : v) {
    EXPECT_TRUE(std::isfinite(metric.se)) << name;
    // 1/p(c|x) is e^(4e6) there: no number stands for its mean.
    EXPECT_EQ(std::isfinite(metric.value), name != "inverse_posterior") << name;
  }
  EXPECT_EQ(v.at("inverse_posterior").note, "100 samples have 1/p(c|x) above 1e150: no mean can be given");
}

TEST(Metrics, OneClassHasNoPosterior) {
  Mixture m;
  m.components.push_back({});
  std::vector<float> x;
  for (const Draw& d : sampleExact(m, 200, 1)) x.insert(x.end(), {float(d.x.x), float(d.x.y)});
  std::set<std::string> names;
  for (const Metric& metric : sampleMetrics(m, 0, x, 1, 64, {})) {
    names.insert(metric.name);
    if (metric.name == "energy_data") {
      EXPECT_EQ(metric.reference, 0);
    }
  }
  for (const char* absent : {"inverse_posterior", "log_posterior", "accuracy", "energy_conditional"})
    EXPECT_FALSE(names.contains(absent)) << absent;
  EXPECT_TRUE(names.contains("energy_data"));
  EXPECT_TRUE(names.contains("mean_x"));
}

TEST(Metrics, WithoutAConditionOnlyTheDataLawIsCompared) {
  const Mixture m = twoModes();
  const auto v = measure(m, kUnconditional, floats(sampleExact(m, 2000, 3)));
  EXPECT_EQ(v.count("accuracy") + v.count("inverse_posterior") + v.count("energy_conditional"), 0u);
  EXPECT_EQ(v.count("fraction_2"), 1u);
  EXPECT_EQ(v.at("energy_data").reference, 0);
}

TEST(EnergyDistance, OfShiftedGaussiansMatchesTheClosedForm) {
  // Between N(0, I) and N(d, I) in the plane: 2 E|sqrt(2) Z + d| - 2 E|sqrt(2) Z|; E of a Rice variable by quadrature.
  const double d = 1.5;
  double shifted = 0, centred = 0;
  const int n = 2000;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      const double a = -9 + 18. * (i + .5) / n, b = -9 + 18. * (j + .5) / n;
      const double w = std::exp(-(a * a + b * b) / 4) / (4 * M_PI) * (18. / n) * (18. / n);
      shifted += w * std::hypot(a + d, b);
      centred += w * std::hypot(a, b);
    }
  const double wanted = 2 * (shifted - centred);
  const Mixture a{{{0, 1, {0, 0}, Sym2::isotropic(1)}}}, b{{{0, 1, {d, 0}, Sym2::isotropic(1)}}};
  int inside = 0;
  for (int seed = 0; seed < 10; ++seed) {
    const auto e =
        energyDistance(floats(sampleExact(a, 1500, 100 + seed)), floats(sampleExact(b, 1500, 200 + seed)), 1);
    EXPECT_LT(std::abs(e.value - wanted), 4.5 * e.se);
    inside += std::abs(e.value - wanted) < 1.5 * e.se;
  }
  EXPECT_GE(inside, 5);  // the bar is not a wild overestimate either way: 87 % expected
}

TEST(EnergyDistance, FloorIsTheSpreadBetweenExactSets) {
  const Mixture m = twoModes();
  const int n = 400, repeats = 60;
  double squares = 0, floor = 0;
  for (int r = 0; r < repeats; ++r) {
    const auto e = energyDistance(floats(sampleExact(m, n, 1000 + r)), floats(sampleExact(m, n, 5000 + r)), r);
    squares += e.value * e.value / repeats;
    floor += e.floor / repeats;
  }
  EXPECT_NEAR(std::sqrt(squares), floor, .35 * floor);  // the spread itself is known to about 10-15 % from 60 repeats
  // And it falls with 1/n.
  const auto large = energyDistance(floats(sampleExact(m, 4 * n, 1)), floats(sampleExact(m, 4 * n, 2)), 3);
  EXPECT_NEAR(large.floor, floor / 4, .4 * floor / 4);
}

TEST(FormatValue, PrintsNoDigitBelowTheUncertainty) {
  EXPECT_EQ(formatValue(.71834, .0071, .001), "0.718 ± 0.007");
  EXPECT_EQ(formatValue(.71834, .0131, .001), "0.718 ± 0.013");
  EXPECT_EQ(formatValue(.71834, .0001, .05), "0.72 ± 0.05");
  EXPECT_EQ(formatValue(-.00004, .002, 0), "0.000 ± 0.002");
  EXPECT_EQ(formatValue(-1.5, .2, 0), "−1.5 ± 0.2");
  EXPECT_EQ(formatValue(12345.6, 230, 0), "12346 ± 230");
  EXPECT_EQ(formatValue(2, 0, 0), "2");
  EXPECT_EQ(formatValue(NAN, 1, 1), "–");
}

TEST(SampleSumsTest, SayWhatTheSamplesSay) {
  // Metrics of all samples from their sums, against those from the samples themselves.
  Mixture two;
  two.components = {{0, 1, {-1, 0}, {.3, .1, .2}}, {0, 2, {1.5, .5}, {.2, 0, .4}}, {1, 1, {0, 2}, {.5, -.1, .3}}};
  two = normalised(two);
  Mixture many = two;
  for (int k = 0; k < 40; ++k) many.components.push_back({k % 2, .1, {.1 * k, -.05 * k}, {.1, 0, .1}});
  many = normalised(many);
  for (const Mixture& m : {two, many})
    for (const int condition : {0, kUnconditional}) {
      std::vector<float> x = exactDraws(m, 400, 5, kUnconditional);
      x[10] = 2e9f;  // blown up
      std::vector<Metric> own = sampleMetrics(m, condition, x, 3, 50, {}), summed = own;
      for (Metric& w : summed)  // what takes nothing from the sums would keep this
        if (w.name.find("_q") == std::string::npos && w.name.find("energy") == std::string::npos) {
          w.value = -7;
          if (w.name != "blown_up") w.se = -7;
        }
      takeSums(summed, m, condition, sampleSums(m, condition, x), 399);
      for (std::size_t i = 0; i < own.size(); ++i) {
        EXPECT_NEAR(summed[i].value, own[i].value, 1e-8 * (1 + std::abs(own[i].value))) << own[i].name;
        EXPECT_NEAR(summed[i].se, own[i].se, 1e-8 * (1 + own[i].se)) << own[i].name;
        EXPECT_EQ(summed[i].floor, own[i].floor) << own[i].name;
      }
      // Of four times as many the floors are half as high.
      std::vector<float> y;
      for (int i = 0; i < 4; ++i) y.insert(y.end(), x.begin(), x.end());
      std::vector<Metric> of = own;
      takeSums(of, m, condition, sampleSums(m, condition, y), 399);
      const auto mean = [](const std::vector<Metric>& v) {
        return *std::find_if(v.begin(), v.end(), [](const Metric& w) { return w.name == "mean_x"; });
      };
      EXPECT_NEAR(mean(of).floor, mean(own).floor / 2, 1e-12);
      EXPECT_NEAR(mean(of).value, mean(own).value, 1e-9);
    }
}

}  // namespace
}  // namespace gs
