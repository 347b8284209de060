// What classifier-free guidance does to E[1/p(c|x)] (2512.04985, theorem for guided processes): values in the limit of
// fine steps by quadrature of the process itself, and the program's sampler against the exact law of its own steps.
#include <array>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "diffusion/metrics.h"
#include "oracle/oracle.h"
#include "oracle/random.h"
#include "papers/line.h"
#include "papers/run.h"

namespace papers {
namespace {

// A statistic that misses by more has a chance of 1 in 150 000; all seeds are fixed.
constexpr double kSigmas = 4.5;
constexpr double kWholeRange = std::numeric_limits<double>::infinity();

// The limit of a quantity with an error in powers of 1/N, from N, 2N, 4N, ...: Richardson's table.
double limit(std::vector<double> v) {
  for (std::size_t order = 1; order < v.size(); ++order)
    for (std::size_t i = v.size() - 1; i >= order; --i) v[i] += (v[i] - v[i - 1]) / (std::exp2(order) - 1);
  return v.back();
}

// E f(x0) for infinitely many steps of the process with churn kappa, of each f.
using Function = std::function<double(double)>;
std::vector<double> continuous(const Line& line, double kappa, int label, double omega,
                               const std::vector<Function>& functions) {
  std::vector<std::vector<double>> values(functions.size());
  for (int n : {50, 100, 200, 400}) {
    const oracle::Atoms law = finalLaw(line.chain(oracle::flowGrid(n), kappa, label, omega));
    for (std::size_t i = 0; i < functions.size(); ++i) values[i].push_back(law.mean(functions[i]));
  }
  std::vector<double> limits;
  for (std::vector<double>& v : values) limits.push_back(limit(std::move(v)));
  return limits;
}
double continuous(const Line& line, double kappa, int label, double omega, const Function& f) {
  return continuous(line, kappa, label, omega, std::vector<Function>{f}).front();
}

auto inverse(const Line& line, int label) {
  return [&line, label](double x) { return 1 / line.posterior(x, label); };
}

struct Value {
  double omega, sde, ode;
};

// Expected numbers below were computed by a Fokker-Planck solver and Runge-Kutta quadrature, to 2e-4; here the process
// itself gives them again.
TEST(InversePosterior, E1FallsWithGuidance) {
  const Line line = e1();
  struct Row {
    double omega, sde, ode;            // E[1/p(c|x)]
    double posterior, mean, variance;  // of the SDE: E[p(c|x)], E[x], Var(x)
    double odeVariance;
  };
  const auto x = [](double v) { return v; };
  const auto square = [](double v) { return v * v; };
  for (const Row& v : {Row{0, 2.0000, 2.0000, .7752, 1.0000, 1.0000, 1},
                       {.1, 1.7742, 1.7507, .7933, 1.0649, .9450, .9358},
                       {.5, 1.3359, 1.2753, .8500, 1.2814, .7843, .7355},
                       {1, 1.1694, 1.1096, .8940, 1.4816, .6721, .5802},
                       {2, 1.0796, 1.0349, .9367, 1.7516, .5749, .4272},
                       {4, 1.0378, 1.0089, .9661, 2.0701, .5169, .3137},
                       {8, 1.0181, 1.0015, .9828, 2.4142, .4908, .2416},
                       {10, 1.0143, 1.0008, .9862, 2.5277, .4866, .2254}}) {
    const auto sde = continuous(line, 1, 0, v.omega,
                                {inverse(line, 0), [&](double at) { return line.posterior(at, 0); }, x, square});
    EXPECT_NEAR(sde[0], v.sde, 2e-4) << "SDE, omega " << v.omega;
    EXPECT_NEAR(sde[1], v.posterior, 3e-4) << v.omega;
    EXPECT_NEAR(sde[2], v.mean, 5e-4) << v.omega;
    EXPECT_NEAR(sde[3] - sde[2] * sde[2], v.variance, 1e-3) << v.omega;
    EXPECT_NEAR(line.odeMean(0, v.omega, inverse(line, 0)), v.ode, 2e-4) << "ODE, omega " << v.omega;
    const double mean = line.odeMean(0, v.omega, x);
    EXPECT_NEAR(line.odeMean(0, v.omega, square) - mean * mean, v.odeVariance, 3e-4) << v.omega;
  }
  // The other way it rises, with a tail that samples miss: by the ODE to 5.898.
  EXPECT_NEAR(line.odeMean(0, -.5, inverse(line, 0)), 5.8984, 2e-3);
}

TEST(InversePosterior, E1AtEveryChurn) {
  const Line line = e1();
  for (const auto& [kappa, value] : {std::array{.1, 1.1173}, {.5, 1.1440}, {1., 1.1694}, {3., 1.2218}})
    EXPECT_NEAR(continuous(line, kappa, 0, 1, inverse(line, 0)), value, 5e-4) << "kappa " << kappa;
}

TEST(InversePosterior, TheSlopeWithoutGuidanceIsTwiceTheDivergence) {  // -(2 / p(c)) KL( p(x) || p(x|c) )
  struct Slope {
    Line line;
    int label;
    double expected;
  };
  for (const Slope& c : {Slope{e1(), 0, -2.652677}, {e2(), 1, -.114755}, {e2(), 0, -.190228}}) {
    double kl = 0;
    for (double x = -12; x <= 12; x += .05) {
      const double p = c.line.fields(x, 1, 0, -1).logDensity;
      kl += .05 * std::exp(p) * (p - c.line.fields(x, 1, 0, c.label).logDensity);
    }
    EXPECT_NEAR(-2 / .5 * kl, c.expected, 1e-6);
    const double h = .02;
    const auto value = [&](double omega) { return continuous(c.line, 1, c.label, omega, inverse(c.line, c.label)); };
    EXPECT_NEAR((value(h) - value(-h)) / (2 * h), c.expected, .02 * std::abs(c.expected));
  }
}

TEST(InversePosterior, SeparatedClassesPutItsVarianceOutOfReach) {
  // Two unit-variance classes at distance d: Var(1/p(c|x)) under p(x|c) is e^(d^2) - 1.
  for (double d : {1., 2., 3., 4.}) {
    const Line line{{{0, .5, d / 2, 1}, {1, .5, -d / 2, 1}}};
    double mean = 0, square = 0;
    for (double x = -24; x <= 24; x += .02) {
      const double w = .02 * std::exp(line.fields(x, 1, 0, 0).logDensity), v = 1 / line.posterior(x, 0);
      mean += w * v;
      square += w * v * v;
    }
    EXPECT_NEAR(mean, 2, 1e-9);
    EXPECT_NEAR((square - mean * mean) / std::expm1(d * d), 1, 1e-6);
  }
}

TEST(InversePosterior, TheRateIsTheTheorems) {
  // d E[h] / d |ratio^2| = -E[h ((1+kappa)/2 omega |g|^2 + (1-kappa)/2 (|g|^2 - s_c g - div g))], h = 1 / p_t(c|y),
  // g = grad log p_t(c|y): accumulated along the process it must account for the whole fall from 1/p(c).
  const Line line = e1();
  const double omega = 1;
  for (double kappa : {.5, 1., 3.}) {
    std::vector<double> fall, missing;
    for (int refine = 0; refine < 4; ++refine) {
      oracle::Chain chain = line.chain(oracle::flowGrid(50 << refine), kappa, 0, omega);
      std::vector<double> t, rate;
      chain.visit = [&](const oracle::Atoms& law, std::size_t level) {
        const double q = chain.ratios[level], at = q / (1 + q), alpha = 1 / std::hypot(1, q), sigma = alpha * q;
        t.push_back(at);
        rate.push_back(2 * q / ((1 - at) * (1 - at)) * law.mean([&](double y) {
          // p_t(+|y) = logistic(2 y / v), v = 1 + ratio^2.
          const double v = 1 + q * q, plus = line.posterior(y * alpha, 0, alpha, sigma);
          const double g = 2 / v * (1 - plus), div = -4 / (v * v) * plus * (1 - plus), s = -(y - 1) / v;
          return ((1 + kappa) / 2 * omega * g * g + (1 - kappa) / 2 * (g * g - s * g - div)) / plus;
        }));
      };
      const double end = finalLaw(chain).mean(inverse(line, 0));
      t.push_back(0), rate.push_back(0);
      fall.push_back(0);
      for (std::size_t i = 0; i + 1 < t.size(); ++i) fall.back() += (t[i] - t[i + 1]) * (rate[i] + rate[i + 1]) / 2;
      missing.push_back(2 - end - fall.back());
    }
    EXPECT_NEAR(limit(missing), 0, 5e-4) << "kappa " << kappa;
    EXPECT_GT(limit(fall), .7);
  }
}

TEST(InversePosterior, E2BothWays) {
  const Line line = e2();
  for (const Value& v : {Value{.1, 1.9885, 1.9889},
                         {.5, 1.9420, 1.9446},
                         {1, 1.8833, 1.8900},
                         {2, 1.7664, 1.7846},
                         {4, 1.5519, 1.5969},
                         {8, 1.2668, 1.3315},
                         {10, 1.1909, 1.2467}}) {
    EXPECT_NEAR(continuous(line, 1, 1, v.omega, inverse(line, 1)), v.sde, 2e-4) << "to 1, SDE, omega " << v.omega;
    EXPECT_NEAR(line.odeMean(1, v.omega, inverse(line, 1), kWholeRange, .02), v.ode, 2e-4)
        << "to 1, ODE, omega " << v.omega;
  }
  for (const Value& v : {Value{.1, 1.9816, 1.9804},
                         {.5, 1.9187, 1.9118},
                         {1, 1.8590, 1.8445},
                         {2, 1.7811, 1.7530},
                         {4, 1.7063, 1.6641},
                         {8, 1.6571, 1.6161},
                         {10, 1.6469, 1.6105}}) {
    EXPECT_NEAR(continuous(line, 1, 0, v.omega, inverse(line, 0)), v.sde, 2e-4) << "to 0, SDE, omega " << v.omega;
    EXPECT_NEAR(line.odeMean(0, v.omega, inverse(line, 0)), v.ode, 2e-4) << "to 0, ODE, omega " << v.omega;
  }
  EXPECT_NEAR(1 / line.posterior(0, 0), 1 + std::exp(-.5), 1e-12);  // the floor of guiding to 0
  EXPECT_NEAR(1 / line.posterior(0, 1), 1 + std::exp(.5), 1e-12);   // the ceiling of guiding to 1
}

// ---- the program's sampler ---------------------------------------------------------------------------------------

struct Guided {
  const char* name;
  Line line;
  int label;
  double omega, kappa;
};

class Sampler : public testing::TestWithParam<Guided> {};

TEST_P(Sampler, FollowsTheExactLawOfItsSteps) {
  const Guided& p = GetParam();
  gs::Experiment e = cfg(p.omega, gs::SolverKind::Exponential, p.kappa, 64, 40000);
  e.condition = p.label;
  const auto frame = run(e, p.line.plane());
  const oracle::Atoms exact = finalLaw(p.line.chain(ratios(*frame), p.kappa, p.label, p.omega));
  const auto check = [&](const char* what, const std::function<double(double)>& f) {
    const Estimate got = estimate(*frame, [&](gs::Vec2 x) { return f(x.x); });
    EXPECT_LT(std::abs(got.z(exact.mean(f))), kSigmas)
        << what << ": " << got.value << " +- " << got.se << ", exact " << exact.mean(f);
  };
  const double mean = exact.mean();
  check("E[1/p(c|x)]", inverse(p.line, p.label));
  check("E[p(c|x)]", [&](double x) { return p.line.posterior(x, p.label); });
  check("mean", [](double x) { return x; });
  check("variance", [&](double x) { return (x - mean) * (x - mean); });
  check("soft distribution at 1", [](double x) { return 1 / (1 + std::exp(6 * (x - 1))); });
  // The second coordinate knows nothing of the class: the unguided law of the same steps.
  const Line normal{{{0, 1, 0, 1}}};
  const double variance = finalLaw(normal.chain(ratios(*frame), p.kappa, 0, 0)).variance();
  EXPECT_LT(std::abs(estimate(*frame, [](gs::Vec2 x) { return x.y; }).z(0)), kSigmas);
  EXPECT_LT(std::abs(estimate(*frame, [](gs::Vec2 x) { return x.y * x.y; }).z(variance)), kSigmas);
}

INSTANTIATE_TEST_SUITE_P(Scenes, Sampler,
                         testing::Values(Guided{"e1_unguided", e1(), 0, 0, 1}, Guided{"e1_half", e1(), 0, .5, 1},
                                         Guided{"e1_one", e1(), 0, 1, 1}, Guided{"e1_two", e1(), 0, 2, 1},
                                         Guided{"e1_ten", e1(), 0, 10, 1}, Guided{"e1_one_churn01", e1(), 0, 1, .1},
                                         Guided{"e1_one_churn05", e1(), 0, 1, .5},
                                         Guided{"e1_one_churn3", e1(), 0, 1, 3}, Guided{"e1_one_ddim", e1(), 0, 1, 0},
                                         Guided{"e2_to1", e2(), 1, 2, 1}, Guided{"e2_to0", e2(), 0, 4, 1},
                                         Guided{"e2_to1_ddim", e2(), 1, 4, 0}),
                         [](const auto& scene) { return std::string(scene.param.name); });

TEST(Sampler, OdeMeansAreTheContinuousOnes) {
  // Runge-Kutta with 256 steps is the ODE; its exact start is at ratio 200, and so is the quadrature's.
  const Line line = e1();
  for (double omega : {.5, 1., 4.}) {
    const auto frame = run(cfg(omega, gs::SolverKind::Rk4, 0, 256, 40000), line.plane());
    const auto got = estimate(*frame, [&](gs::Vec2 x) { return 1 / line.posterior(x.x, 0); });
    const double exact = line.odeMean(0, omega, inverse(line, 0), 200);
    EXPECT_LT(std::abs(got.z(exact)), kSigmas) << got.value << " +- " << got.se << ", exact " << exact;
  }
}

TEST(Sampler, GaussianStartsDropTheMean) {
  // N(0, 80^2) in place of the exact law at ratio 80 ends E1's ODE elsewhere, in the third digit.
  const Line line = e1();
  const double theta = std::atan(80.), sigma = std::sin(theta);
  struct Shifted {
    double omega, value;
  };
  for (const Shifted& c : {Shifted{0, 2.0250}, {.5, 1.2839}, {1, 1.1134}, {2, 1.0363}}) {
    double sum = 0, squares = 0, total = 0;
    for (double z = -9; z <= 9; z += .05) {
      const double w = std::exp(-z * z / 2), v = 1 / line.posterior(line.odeEnd(sigma * z, theta, 0, c.omega), 0);
      sum += w * v;
      squares += w * v * v;
      total += w;
    }
    const double exact = sum / total;
    EXPECT_NEAR(exact, c.value, 2e-4) << "omega " << c.omega;
    EXPECT_GT(exact, line.odeMean(0, c.omega, inverse(line, 0)) + 1e-3);  // where the whole range ends
    gs::Experiment e = cfg(c.omega, gs::SolverKind::Rk4, 0, 128, 40000, 80);
    e.start = gs::Start::Gaussian;
    const auto frame = run(e, line.plane());
    const auto got = estimate(*frame, [&](gs::Vec2 x) { return 1 / line.posterior(x.x, 0); });
    // The sample's own standard error is heavy-tailed at omega = 0; the exact one is known.
    const double se = std::sqrt((squares / total - exact * exact) / frame->particles);
    EXPECT_LT(std::abs(got.value - exact) / se, kSigmas)
        << "omega " << c.omega << ": " << got.value << ", exact " << exact;
  }
}

TEST(Sampler, E1PathsFollowTheAnalyticOde) {  // dx/da = 1 + w - w tanh(a x), a = sqrt(signal power)
  const auto analytic = [](double x, double a, double omega) {
    const int n = 600;
    const double h = (1 - a) / n;
    const auto f = [omega](double at, double v) { return 1 + omega - omega * std::tanh(at * v); };
    for (int i = 0; i < n; ++i) {
      const double at = a + i * h;
      const double k1 = f(at, x), k2 = f(at + h / 2, x + h / 2 * k1), k3 = f(at + h / 2, x + h / 2 * k2),
                   k4 = f(at + h, x + h * k3);
      x += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    return x;
  };
  const double z[] = {-3, -2, -1, 0, 1, 2};
  const double table[4][7] = {{0, -2, -1, 0, 1, 2, 3},
                              {1, -0.44352067, 0.22959556, 0.86045591, 1.56382987, 2.37475276, 3.26477719},
                              {3, 1.02823222, 1.35474300, 1.75981190, 2.28482258, 2.94258198, 3.71156988},
                              {10, 2.71875579, 2.97156871, 3.29887365, 3.71794839, 4.23751644, 4.85415416}};
  for (const auto& row : table) {
    for (int i = 0; i < 6; ++i) {
      EXPECT_NEAR(analytic(z[i], 0, row[0]), row[i + 1], 1e-8);
      EXPECT_NEAR(e1().odeEnd(z[i], std::numbers::pi / 2, 0, row[0], 2000), row[i + 1], 1e-8);
    }
    // The engine's particles, each from where it starts.
    gs::Experiment e = cfg(row[0], gs::SolverKind::Rk4, 0, 256, 500, 0);
    e.schedule.kind = gs::ScheduleKind::Edm;
    e.schedule.grid = gs::GridKind::UniformLogSnr;
    e.schedule.sigmaMax = 80;
    e.schedule.sigmaMin = 1e-3;
    const auto frame = run(e, e1().plane());
    const double a = 1 / std::hypot(1, 80);
    for (int i = 0; i < 500; ++i)
      EXPECT_NEAR(at(*frame, 256, i).x, analytic(at(*frame, 0, i).x * a, a, row[0]), 1e-4) << "omega " << row[0];
  }
}

TEST(Sampler, GuidanceIsNotUniform) {
  // Same-noise paths whose p(c|x) drops although E[1/p] falls (2505.01382). No closed form: the oracle's own paths.
  const Line line = e2();
  struct Fraction {
    int label;
    double omega, orientation;
  };
  for (const Fraction& f : {Fraction{1, 1, .12}, {1, 4, .077}, {0, 1, .183}, {0, 4, .188}}) {
    gs::Experiment e = cfg(f.omega, gs::SolverKind::Exponential, 1, 128, 40000);
    e.condition = f.label;
    const auto dropped = [&](double guided, double plain) {
      return line.posterior(guided, f.label) < line.posterior(plain, f.label);
    };
    const auto guided = run(e, line.plane());
    e.guidance.clear();
    const auto plain = run(e, line.plane());
    int count = 0;
    for (int i = 0; i < 40000; ++i) count += dropped(at(*guided, 128, i).x, at(*plain, 128, i).x);
    // The reference: other noise, double precision, the line's own fields.
    const std::vector<double> q = ratios(*guided);
    oracle::Random r{11};
    int reference = 0;
    const int n = 10000;
    for (int i = 0; i < n; ++i) {
      double centre = 0;
      if (f.label == 1) centre = r.chance(.5) ? 1 : -1;
      double x[2];
      x[0] = x[1] = centre + std::hypot(1, q[0]) * r.normal();
      for (std::size_t k = 0; k + 1 < q.size(); ++k) {
        const double z = r.normal(), ratio = q[k + 1] / q[k];
        for (int w = 0; w < 2; ++w) {
          const double d = line.guided(x[w], q[k], f.label, w * f.omega);
          x[w] = d + ratio * ratio * (x[w] - d) + q[k + 1] * std::sqrt(1 - ratio * ratio) * z;
        }
      }
      reference += dropped(x[1], x[0]);
    }
    const double p = count / 40000., p0 = reference / double(n), se = std::sqrt(p0 * (1 - p0) * (1. / n + 1. / 40000));
    EXPECT_LT(std::abs(p - p0) / se, kSigmas) << p << " and " << p0;
    EXPECT_NEAR(p, f.orientation, .015);
  }
}

// ---- three classes in the plane -----------------------------------------------------------------------------------

// Unit variances and equal weights make the fields short: C_k = 1 + ratio^2 for every class.
struct ThreeClasses : testing::Test {
  gs::Vec2 means[3];
  gs::Mixture mixture;
  ThreeClasses() {
    for (int k = 0; k < 3; ++k) {
      const double angle = (90 + 120 * k) * std::numbers::pi / 180;
      means[k] = {std::cos(angle), std::sin(angle)};
      mixture.components.push_back({k, 1. / 3, means[k], gs::Sym2::isotropic(1)});
    }
  }
  std::array<double, 3> posterior(gs::Vec2 y, double ratio) const {
    std::array<double, 3> p{};
    double sum = 0;
    for (int k = 0; k < 3; ++k)
      sum += p[std::size_t(k)] = std::exp(glm::dot(means[k] - means[0], y) / (1 + ratio * ratio));
    for (double& v : p) v /= sum;
    return p;
  }
  oracle::Chain2 chain(std::vector<double> ratios, double kappa, double omega) const {
    oracle::Chain2 c;
    c.kappa = kappa;
    c.denoiser = [this, omega](gs::Vec2 y, double ratio) {
      const std::array<double, 3> p = posterior(y, ratio);
      gs::Vec2 mean{0.0};
      for (int k = 0; k < 3; ++k) mean += p[std::size_t(k)] * means[k];
      const double q = ratio * ratio;
      return (q * means[0] + y) / (1 + q) + omega * q / (1 + q) * (means[0] - mean);
    };
    c.startDensity = [this, first = ratios.front()](gs::Vec2 y) {
      const double v = 1 + first * first;
      return std::exp(-glm::dot(y - means[0], y - means[0]) / (2 * v)) / (2 * std::numbers::pi * v);
    };
    c.ratios = std::move(ratios);
    return c;
  }
  std::function<double(gs::Vec2)> inversePosterior = [this](gs::Vec2 x) { return 1 / posterior(x, 0)[0]; };
};

TEST_F(ThreeClasses, TheSamplerFollowsTheExactLawOfItsSteps) {
  for (double omega : {.5, 3.}) {
    for (double kappa : {0., 1.}) {
      const auto frame = run(cfg(omega, gs::SolverKind::Exponential, kappa, 16, 100000), mixture);
      const oracle::Atoms2 exact = finalLaw(chain(ratios(*frame), kappa, omega));
      const auto check = [&](const char* what, const std::function<double(gs::Vec2)>& f) {
        const Estimate got = estimate(*frame, f);
        EXPECT_LT(std::abs(got.z(exact.mean(f))), kSigmas)
            << what << ", omega " << omega << ", kappa " << kappa << ": " << got.value << " +- " << got.se << ", exact "
            << exact.mean(f);
      };
      check("E[1/p(c|x)]", inversePosterior);
      check("E[p(c|x)]", [&](gs::Vec2 x) { return posterior(x, 0)[0]; });
      check("height", [](gs::Vec2 x) { return x.y; });
      check("width", [](gs::Vec2 x) { return x.x * x.x; });
    }
  }
}

TEST_F(ThreeClasses, TheMeanInversePosteriorFallsFromThreeAndTheOdeLiesBelowTheSde) {
  double before[2] = {3, 3};
  for (double omega : {0., 1., 4.}) {
    double value[2];
    for (int kappa = 0; kappa < 2; ++kappa) {
      std::vector<double> values;
      for (int n : {8, 16, 32})
        values.push_back(finalLaw(chain(oracle::flowGrid(n), kappa, omega)).mean(inversePosterior));
      value[kappa] = limit(values);
      if (omega == 0) {
        EXPECT_NEAR(value[kappa], 3, .1);  // exactly 3; the tail converges slowly
      } else {
        EXPECT_LT(value[kappa], before[kappa] - .02) << "omega " << omega;
      }
      before[kappa] = value[kappa];
    }
    if (omega > 0) {
      EXPECT_LT(value[0], value[1] - .01) << "omega " << omega;
    }
  }
}

// ---- without guidance every churn keeps the marginals -----------------------------------------------------------

TEST(Marginals, UnguidedSamplesHaveTheNoisedLawAtEveryLevelAndChurn) {
  gs::Mixture m;
  m.components = {{0, .3, {-2, 0}, {.25, 0, 1}}, {0, .7, {1, 0}, {.5, 0, 1}}};
  for (double kappa : {0., .3, 1.}) {
    gs::Experiment e = cfg(0, gs::SolverKind::Exponential, kappa, 256, 2000, 0);
    e.schedule.sigmaMax = 100;
    const auto frame = run(e, m);
    const auto noised = [&](int step) {
      const gs::NoiseLevel level = frame->grid[std::size_t(step)].level;
      oracle::Random r{std::uint64_t(step)};
      std::vector<float> exact;
      for (const gs::Draw& d : gs::sampleExact(m, 2000, 99)) {
        const gs::Vec2 x = level.alpha * d.x + level.sigma * r.normal2();
        exact.push_back(float(x.x)), exact.push_back(float(x.y));
      }
      return exact;
    };
    for (int step : {96, 192, 256}) {
      // The distance of equal laws has a skewed distribution whose standard deviation is the floor.
      const gs::Distance same = gs::energyDistance(frame->at(step), noised(step), 1);
      EXPECT_GT(same.floor, 0);
      EXPECT_LT(same.value, 6 * same.floor) << "kappa " << kappa << ", step " << step;
      // Another level's law is told apart.
      const gs::Distance other = gs::energyDistance(frame->at(step), noised(step - 64), 1);
      EXPECT_GT(other.value, 6 * other.floor) << "kappa " << kappa << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace papers
