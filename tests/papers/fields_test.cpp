// Identities of the noised mixture's fields: densities, scores, denoisers, posteriors, and their conversions.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "diffusion/mixture.h"
#include "diffusion/parametrization.h"
#include "diffusion/schedule.h"
#include "oracle/oracle.h"
#include "oracle/random.h"

namespace gs {
namespace {

using oracle::Random;

// A random mixture, level and point of weight. Levels come from every schedule.
struct Case {
  Mixture mixture;
  Schedule schedule;
  double t;
  NoiseLevel level;
  Vec2 x;
};

std::vector<Case> cases(int count, double ratioMin = .02, double ratioMax = 60) {
  std::vector<Case> list;
  for (int i = 0; i < count; ++i) {
    Random r{std::uint64_t(i) + 17};
    Case c;
    const int classes = r.integer(1, 4);
    c.mixture = randomMixture(r, classes + r.integer(0, 6), classes);
    c.schedule.kind = ScheduleKind(i % 4);
    const double ratio = r.logUniform(ratioMin, ratioMax);
    c.t = timeOf(c.schedule, ratio);
    c.level = levelOfRatio(c.schedule, ratio);
    const Component& k = c.mixture.components[std::size_t(r.integer(0, int(c.mixture.components.size()) - 1))];
    c.x = c.level.alpha * k.mean +
          1.5 * std::sqrt(c.level.alpha * c.level.alpha * k.covariance.trace() / 2 + c.level.sigma * c.level.sigma) *
              r.normal2();
    list.push_back(c);
  }
  return list;
}

// Central differences, extrapolated twice: error h^6.
template <class F>
auto derivative(F f, double h) {
  const auto d = [&](double step) { return (f(step) - f(-step)) / (2 * step); };
  const auto a = d(h), b = d(h / 2), c = d(h / 4);
  const auto ab = (4.0 * b - a) / 3.0, bc = (4.0 * c - b) / 3.0;
  return (16.0 * bc - ab) / 15.0;
}
template <class F>
Vec2 gradient(F f, Vec2 x, double h) {
  return {derivative([&](double e) { return f(x + Vec2(e, 0)); }, h),
          derivative([&](double e) { return f(x + Vec2(0, e)); }, h)};
}
// Steps small against the narrowest structure at a level.
double stepFor(const Case& c) { return .02 * std::hypot(.1 * c.level.alpha, c.level.sigma); }

void expectNear(Vec2 a, Vec2 b, double tolerance, const char* what) {
  const double scale = std::max({1.0, glm::length(a), glm::length(b)});
  EXPECT_LE(glm::length(a - b), tolerance * scale)
      << what << ": (" << a.x << ", " << a.y << ") and (" << b.x << ", " << b.y << ")";
}
void expectNear(const Sym2& a, const Sym2& b, double tolerance, const char* what) {
  const double scale = std::max({1.0, std::abs(a.xx), std::abs(a.xy), std::abs(a.yy)});
  EXPECT_LE(std::max({std::abs(a.xx - b.xx), std::abs(a.xy - b.xy), std::abs(a.yy - b.yy)}), tolerance * scale)
      << what << ": (" << a.xx << ", " << a.xy << ", " << a.yy << ") and (" << b.xx << ", " << b.xy << ", " << b.yy
      << ")";
}

class Fields : public testing::TestWithParam<int> {
 protected:
  Case c = cases(GetParam() + 1).back();
  std::vector<int> labels() const {
    std::vector<int> l{kUnconditional};
    for (int k = 0; k < c.mixture.classes(); ++k) l.push_back(k);
    return l;
  }
};

TEST_P(Fields, AgreeWithTheOracle) {
  const Vec2 y = c.x / c.level.alpha;
  const double ratio = c.level.ratio();
  for (int label : labels()) {
    const oracle::Law law = oracle::law(c.mixture, label);
    EXPECT_NEAR(logDensity(c.mixture, c.x, c.level, label),
                oracle::logDensity(law, y, ratio) - 2 * std::log(c.level.alpha), 1e-9);
    expectNear(denoise(c.mixture, c.x, c.level, label), oracle::denoiser(law, y, ratio), 1e-10, "denoiser");
    EXPECT_NEAR(std::exp(logClassPosterior(c.mixture, c.x, c.level, label)),
                oracle::classPosterior(c.mixture, y, ratio, label), 1e-12);
  }
}

TEST_P(Fields, ScoreIsTheGradientOfTheLogDensityAndTheHessianItsDerivative) {
  for (int label : labels()) {
    const double h = stepFor(c);
    const Vec2 s = score(c.mixture, c.x, c.level, label);
    expectNear(s, gradient([&](Vec2 x) { return logDensity(c.mixture, x, c.level, label); }, c.x, h), 1e-8, "score");
    const Vec2 dx = derivative([&](double e) { return score(c.mixture, c.x + Vec2(e, 0), c.level, label); }, h);
    const Vec2 dy = derivative([&](double e) { return score(c.mixture, c.x + Vec2(0, e), c.level, label); }, h);
    const Sym2 hessian = logDensityHessian(c.mixture, c.x, c.level, label);
    expectNear({dx.x, dx.y, dy.y}, hessian, 1e-7, "Hessian");
    expectNear({dx.x, dy.x, dy.y}, hessian, 1e-7, "Hessian, transposed");
  }
}

TEST_P(Fields, GuidanceIsTheGradientOfTheLogClassPosterior) {
  const Vec2 s = score(c.mixture, c.x, c.level);
  for (int label = 0; label < c.mixture.classes(); ++label) {
    const Vec2 push = score(c.mixture, c.x, c.level, label) - s;
    const Vec2 g = gradient([&](Vec2 x) { return logClassPosterior(c.mixture, x, c.level, label); }, c.x, stepFor(c));
    const double scale = std::max(1.0, glm::length(s));  // the difference cancels digits of the scores
    EXPECT_LE(glm::length(push - g), 1e-8 * scale);
  }
}

TEST_P(Fields, ClassPosteriorsSumToOneAndAverageTheConditionalFields) {
  const std::vector<double> p = classPosterior(c.mixture, c.x, c.level);
  ASSERT_EQ(int(p.size()), c.mixture.classes());
  double total = 0;
  Vec2 s{0.0}, d{0.0};
  for (int label = 0; label < int(p.size()); ++label) {
    const double q = p[std::size_t(label)];
    EXPECT_NEAR(q, std::exp(logClassPosterior(c.mixture, c.x, c.level, label)), 1e-14);
    total += q;
    s += q * score(c.mixture, c.x, c.level, label);
    d += q * denoise(c.mixture, c.x, c.level, label);
  }
  EXPECT_NEAR(total, 1, 1e-13);
  expectNear(s, score(c.mixture, c.x, c.level), 1e-9, "posterior mean of the scores");
  expectNear(d, denoise(c.mixture, c.x, c.level), 1e-9, "posterior mean of the denoisers");
}

TEST_P(Fields, TweedieMeanAndCovarianceAreThoseOfThePosteriorMixture) {
  const double a = c.level.alpha, v = c.level.sigma * c.level.sigma;
  for (int label : labels()) {
    const oracle::Posterior direct = oracle::posterior(oracle::law(c.mixture, label), c.x / a, c.level.ratio());
    const Vec2 s = score(c.mixture, c.x, c.level, label);
    expectNear((c.x + v * s) / a, direct.mean(), 1e-9, "mean from the score");
    expectNear(denoise(c.mixture, c.x, c.level, label), direct.mean(), 1e-10, "mean");
    const Sym2 cov = posteriorCovariance(c.mixture, c.x, c.level, label);
    expectNear(cov, direct.covariance(), 1e-9, "covariance");
    const Sym2 h = logDensityHessian(c.mixture, c.x, c.level, label);
    expectNear((v / a / a) * (Sym2{1, 0, 1} + v * h), direct.covariance(), 1e-8, "covariance from the Hessian");
  }
}

TEST_P(Fields, TheDenoisersJacobianIsTheScaledPosteriorCovariance) {
  const double a = c.level.alpha, v = c.level.sigma * c.level.sigma;
  for (int label : labels()) {
    const Sym2 j = denoiserJacobian(c.mixture, c.x, c.level, label);
    const Vec2 dx =
        derivative([&](double e) { return denoise(c.mixture, c.x + Vec2(e, 0), c.level, label); }, stepFor(c));
    const Vec2 dy =
        derivative([&](double e) { return denoise(c.mixture, c.x + Vec2(0, e), c.level, label); }, stepFor(c));
    expectNear({dx.x, dx.y, dy.y}, j, 1e-7, "Jacobian");
    expectNear({dx.x, dy.x, dy.y}, j, 1e-7, "Jacobian, transposed");
    expectNear((a / v) * posteriorCovariance(c.mixture, c.x, c.level, label), j, 1e-9, "Jacobian from the covariance");
  }
}

TEST_P(Fields, EverySchedulesFieldsAreTheVarianceExplodingOnesAtTheSameRatio) {
  const double a = c.level.alpha;
  const NoiseLevel ve{1, c.level.ratio()};
  for (int label : labels()) {
    expectNear(denoise(c.mixture, c.x, c.level, label), denoise(c.mixture, c.x / a, ve, label), 1e-10, "denoiser");
    expectNear(a * score(c.mixture, c.x, c.level, label), score(c.mixture, c.x / a, ve, label), 1e-9, "score");
    EXPECT_NEAR(logDensity(c.mixture, c.x, c.level, label), logDensity(c.mixture, c.x / a, ve, label) - 2 * std::log(a),
                1e-10);
  }
}

TEST_P(Fields, ParametrisationsConvertBackAndForth) {
  const NoiseLevel l = c.level;
  const Vec2 d = denoise(c.mixture, c.x, l), s = score(c.mixture, c.x, l);
  const NoiseRate rate = noiseRate(c.schedule, c.t);
  expectNear(scoreFromDenoiser(d, c.x, l), s, 1e-8, "score");
  expectNear(denoiserFromScore(s, c.x, l), d, 1e-10, "denoiser from score");
  expectNear(denoiserFromEps(epsFromDenoiser(d, c.x, l), c.x, l), d, 1e-10, "by eps");
  expectNear(scoreFromEps(epsFromScore(s, l), l), s, 1e-12, "score by eps");
  expectNear(epsFromScore(s, l), epsFromDenoiser(d, c.x, l), 1e-8, "eps");
  expectNear(denoiserFromV(vFromDenoiser(d, c.x, l), c.x, l), d, 1e-10, "by v");
  expectNear(denoiserFromVelocity(velocityFromDenoiser(d, c.x, l, rate), c.x, l, rate), d, 1e-9, "by velocity");
  // Blends with weights that add up to 1, as guidance makes them, are the same in every form.
  const Vec2 own = denoise(c.mixture, c.x, l, 0), blend = own + 2.5 * (own - d);
  const auto commutes = [&](auto&& form) {
    expectNear(form(blend), form(own) + 2.5 * (form(own) - form(d)), 1e-9, "guided in another form");
  };
  commutes([&](Vec2 x0) { return epsFromDenoiser(x0, c.x, l); });
  commutes([&](Vec2 x0) { return vFromDenoiser(x0, c.x, l); });
  commutes([&](Vec2 x0) { return scoreFromDenoiser(x0, c.x, l); });
  commutes([&](Vec2 x0) { return velocityFromDenoiser(x0, c.x, l, rate); });
  // v = alpha eps - sigma x0 with eps and x0 in place of their expectations (the definition for unit power, which the
  // general form extends).
  if (c.schedule.kind == ScheduleKind::VpLinear || c.schedule.kind == ScheduleKind::VpCosine) {
    expectNear(vFromDenoiser(d, c.x, l), l.alpha * epsFromDenoiser(d, c.x, l) - l.sigma * d, 1e-9, "v");
  }
  if (c.schedule.kind == ScheduleKind::Flow) {
    const Vec2 u = velocityFromDenoiser(d, c.x, l, rate);
    expectNear(u, epsFromDenoiser(d, c.x, l) - d, 1e-9, "flow velocity is eps - D");
    expectNear(u, (c.x - d) / c.t, 1e-9, "flow velocity is (x - D) / t");
  }
  // The rates are the derivatives of the schedule.
  const double h = 1e-5 * c.t;
  const NoiseLevel before = levelAt(c.schedule, c.t - h), after = levelAt(c.schedule, c.t + h);
  EXPECT_NEAR(rate.alpha, (after.alpha - before.alpha) / (2 * h), 1e-6 * std::max(1.0, std::abs(rate.alpha)));
  EXPECT_NEAR(rate.sigma, (after.sigma - before.sigma) / (2 * h), 1e-6 * std::max(1.0, std::abs(rate.sigma)));
}

TEST_P(Fields, AnEulerStepOfTheFlowIsADdimStep) {
  Schedule flow;
  flow.kind = ScheduleKind::Flow;
  const double t = timeOf(flow, c.level.ratio()), next = .6 * t;
  const NoiseLevel a = levelAt(flow, t), b = levelAt(flow, next);
  const Vec2 x = c.x * (a.alpha / c.level.alpha);
  const Vec2 d = denoise(c.mixture, x, a);
  const Vec2 euler = x + (next - t) * velocityFromDenoiser(d, x, a, noiseRate(flow, t));
  const Vec2 ddim = b.alpha * d + b.sigma * epsFromDenoiser(d, x, a);
  EXPECT_LE(glm::length(euler - ddim), 1e-14 * std::max(1.0, glm::length(x)));
}

TEST_P(Fields, ALeakyDensityCommutesWithNoiseAndABroaderMixtureIsASmootherLaw) {
  Random r{std::uint64_t(GetParam()) + 900};
  const double leak = r.uniform(.05, .6), broaden = r.uniform(.05, .5);
  const int label = r.integer(0, c.mixture.classes() - 1);
  const double pc = c.mixture.classProbability(label);
  // (1 - e) p(x | c) + e p(x) as a mixture of its own, then noised; and the same blend of the noised laws.
  Mixture leaky = c.mixture;
  for (Component& k : leaky.components) k.weight *= leak + (k.label == label ? (1 - leak) / pc : 0);
  const double blend = std::log((1 - leak) * std::exp(logDensity(c.mixture, c.x, c.level, label)) +
                                leak * std::exp(logDensity(c.mixture, c.x, c.level)));
  EXPECT_NEAR(logDensity(leaky, c.x, c.level), blend, 1e-9);
  expectNear(denoise(leaky, c.x, c.level),
             oracle::denoiser(oracle::law(c.mixture, label, 0, leak), c.x / c.level.alpha, c.level.ratio()), 1e-10,
             "leaky denoiser");
  // Broadened components are the law at a higher noise: S + b^2 at sigma is S at sqrt(sigma^2 + alpha^2 b^2).
  Mixture broad = c.mixture;
  for (Component& k : broad.components) k.covariance = k.covariance + Sym2::isotropic(broaden * broaden);
  const NoiseLevel smoother{c.level.alpha, std::hypot(c.level.sigma, c.level.alpha * broaden)};
  EXPECT_NEAR(logDensity(broad, c.x, c.level), logDensity(c.mixture, c.x, smoother), 1e-10);
  expectNear(score(broad, c.x, c.level), score(c.mixture, c.x, smoother), 1e-9, "broad score");
  // noised() is that law as a mixture.
  EXPECT_NEAR(logDensity(noised(c.mixture, c.level), c.x, {1, 0}), logDensity(c.mixture, c.x, c.level), 1e-10);
  EXPECT_NEAR(logDensity(conditioned(c.mixture, label), c.x, c.level), logDensity(c.mixture, c.x, c.level, label),
              1e-10);
}

INSTANTIATE_TEST_SUITE_P(Random, Fields, testing::Range(0, 60));

// ---- the far tail -------------------------------------------------------------------------------------------------

TEST(FarFields, StayExactWhereEveryDensityUnderflows) {
  Mixture m;
  m.components = {{0, .5, {-300, 0}, Sym2::isotropic(.01)}, {1, .5, {300, 0}, Sym2::isotropic(.01)}};
  const NoiseLevel l{1, .05};
  const Vec2 x{-290, 1};  // 90 standard deviations from one class, 5000 from the other
  const double v = .01 + .0025;
  EXPECT_NEAR(logDensity(m, x, l, 0), -(100 + 1) / (2 * v) - std::log(2 * std::numbers::pi * v), 1e-9);
  EXPECT_NEAR(logClassPosterior(m, x, l, 1), (100. - 590. * 590) / (2 * v), 1e-6);
  expectNear(denoise(m, x, l, 1), Vec2(300, 0) + (.01 / v) * (x - Vec2(300, 0)), 1e-12, "denoiser of the far class");
  EXPECT_EQ(classPosterior(m, x, l)[0], 1);
}

TEST(FarFields, EndsOfTheNoiseRange) {
  Random r{5};
  const Mixture m = randomMixture(r, 5, 2);
  for (int label : {kUnconditional, 0, 1}) {
    Vec2 mean{0.0};
    double total = 0;
    for (const Component& k : m.components) {
      if (label != kUnconditional && k.label != label) continue;
      mean += k.weight * k.mean;
      total += k.weight;
    }
    expectNear(denoise(m, {.3, -.7}, {0, 1}, label), mean / total, 1e-12, "prior mean at pure noise");
    expectNear(denoise(m, {.3, -.7}, {1, 0}, label), {.3, -.7}, 1e-12, "the point itself without noise");
    expectNear(denoise(m, {.3, -.7}, {1, 1e-6}, label), {.3, -.7}, 1e-9, "almost without noise");
    expectNear(denoise(m, {3e7, -7e7}, {1, 1e8}, label), oracle::denoiser(oracle::law(m, label), {3e7, -7e7}, 1e8),
               1e-7, "almost pure noise");
  }
}

// ---- statements about whole laws, by quadrature -----------------------------------------------------------------

// Sum over a square grid; Gaussian tails make the trapezoid rule exact to rounding.
template <class F>
double integrate(double reach, double h, F f) {
  double sum = 0;
  for (double x = -reach; x <= reach; x += h)
    for (double y = -reach; y <= reach; y += h) sum += f(Vec2(x, y));
  return sum * h * h;
}

TEST(Quadrature, TheMeanInverseClassPosteriorIsTheInversePriorAtEveryLevel) {  // 2512.04985: the value at omega = 0
  Mixture e3;  // three unit-variance classes on the unit circle
  for (int k = 0; k < 3; ++k) {
    const double angle = (90 + 120 * k) * std::numbers::pi / 180;
    e3.components.push_back({k, 1. / 3, {std::cos(angle), std::sin(angle)}, Sym2::isotropic(1)});
  }
  for (double sigma : {0., .7, 2.}) {
    const NoiseLevel l{1, sigma};
    const double reach = 12 * std::hypot(1, sigma), h = .2 * std::hypot(1, sigma);
    for (int label = 0; label < 3; ++label) {
      EXPECT_NEAR(
          integrate(reach, h,
                    [&](Vec2 x) { return std::exp(logDensity(e3, x, l, label) - logClassPosterior(e3, x, l, label)); }),
          3, 1e-9);
    }
    EXPECT_NEAR(
        integrate(reach, h, [&](Vec2 x) { return std::exp(logDensity(e3, x, l)) * classPosterior(e3, x, l)[1]; }),
        1. / 3, 1e-9);
  }
}

TEST(Quadrature, DensityFromTheScoreAlone) {  // 2408.16765
  // .3 N(-2, .25) + .7 N(1, .5) on the first axis, an independent standard normal on the second.
  Mixture m;
  m.components = {{0, .3, {-2, 0}, {.25, 0, 1}}, {0, .7, {1, 0}, {.5, 0, 1}}};
  const auto exact = [](double x) {
    const auto n = [](double d, double v) { return std::exp(-d * d / (2 * v)) / std::sqrt(2 * std::numbers::pi * v); };
    return std::log(.3 * n(x + 2, .25) + .7 * n(x - 1, .5));
  };
  // log p(x) = -(1 + log 2 pi) / 2 - int_0^1 { E |(X_t - sqrt(1-t) x) / t + s_t(X_t)|^2 / (2 (1-t)) - 1 / (2t) } dt,
  // X_t = sqrt(1-t) x + sqrt(t) Z. With t = q^2 the integrand is smooth at 0; 1 - t is regularised by the score
  // itself, so Gauss-Legendre panels suffice.
  const auto formula = [&](double x) {
    const auto integrand = [&](double q) {
      const double t = q * q, a = std::sqrt(1 - t);
      double mean = 0, total = 0;
      for (double z = -9; z <= 9; z += .1) {
        const double w = std::exp(-z * z / 2), xt = a * x + q * z;
        const double g = z / q + score(m, {xt, 0}, {a, q}).x;
        mean += w * g * g;
        total += w;
      }
      return 2 * q * (mean / total / (2 * (1 - t)) - 1 / (2 * t));
    };
    constexpr int kPanels = 60;
    const double node[] = {-.9061798459386640, -.5384693101056831, 0, .5384693101056831, .9061798459386640};
    const double weight[] = {.2369268850561891, .4786286704993665, .5688888888888889, .4786286704993665,
                             .2369268850561891};
    double sum = 0;
    for (int p = 0; p < kPanels; ++p)
      for (int k = 0; k < 5; ++k) sum += weight[k] / 2 / kPanels * integrand((p + (1 + node[k]) / 2) / kPanels);
    return -(1 + std::log(2 * std::numbers::pi)) / 2 - sum;
  };
  for (double x : {-2., 0., 1.5, -.7}) EXPECT_NEAR(formula(x), exact(x), 1e-6) << "x = " << x;
  EXPECT_NEAR(exact(-2), -1.429561, 1e-6);
  EXPECT_NEAR(exact(0), -1.928487, 1e-6);
  EXPECT_NEAR(exact(1.5), -1.179040, 1e-6);
}

// ---- along the probability-flow ODE -----------------------------------------------------------------------------

// dy / d ln ratio = y - D and d log p / d ln ratio = -div(y - D), classic Runge-Kutta.
struct FlowState {
  Vec2 y;
  double logChange;
};
FlowState flow(const Mixture& m, int label, Vec2 y, double from, double to, int steps) {
  const double h = std::log(to / from) / steps;
  const auto f = [&](Vec2 at, double ell) {
    const NoiseLevel l{1, std::exp(ell)};
    return FlowState{at - denoise(m, at, l, label), -(2 - denoiserJacobian(m, at, l, label).trace())};
  };
  FlowState s{y, 0};
  for (int i = 0; i < steps; ++i) {
    const double ell = std::log(from) + i * h;
    const FlowState a = f(s.y, ell), b = f(s.y + h / 2 * a.y, ell + h / 2), c = f(s.y + h / 2 * b.y, ell + h / 2),
                    d = f(s.y + h * c.y, ell + h);
    s.y += h / 6 * (a.y + 2.0 * b.y + 2.0 * c.y + d.y);
    s.logChange += h / 6 * (a.logChange + 2 * b.logChange + 2 * c.logChange + d.logChange);
  }
  return s;
}

TEST(ProbabilityFlow, InstantaneousChangeOfVariablesGivesTheExactLikelihood) {
  for (int i = 0; i < 6; ++i) {
    Random r{std::uint64_t(i) + 40};
    const Mixture m = randomMixture(r, 4, 2, 1.5, .3, .8);
    for (int label : {kUnconditional, 0}) {
      const Vec2 y = m.components[std::size_t(i % 4)].mean + .4 * r.normal2();
      const FlowState end = flow(m, label, y, .01, 80, 800);
      const double atNoise = logDensity(m, end.y, {1, 80}, label);
      EXPECT_NEAR(atNoise - end.logChange, logDensity(m, y, {1, .01}, label), 1e-5);
    }
  }
}

TEST(ProbabilityFlow, ForwardThenBackwardReturns) {
  for (int i = 0; i < 6; ++i) {
    Random r{std::uint64_t(i) + 60};
    const Mixture m = randomMixture(r, 5, 2, 1.5, .3, .8);
    const Vec2 y = m.components[std::size_t(i % 5)].mean + .4 * r.normal2();
    const FlowState up = flow(m, kUnconditional, y, .01, 80, 800), down = flow(m, kUnconditional, up.y, 80, .01, 800);
    EXPECT_LE(glm::length(down.y - y), 1e-6);
  }
}

// ---- exact-kernel sampling --------------------------------------------------------------------------------------

TEST(ExactKernel, OneStepFromAnyLevelGivesTheDataLaw) {
  // x0 ~ p(x0 | x_t) drawn exactly, then noised again to a lower level, and so on: the data law after any number of
  // steps. By quadrature: the density of x0 after one step is the integral of the transition over the noised law.
  Random r{3};
  const Mixture m = randomMixture(r, 4, 2, 1, .4, .8);
  const oracle::Law law = oracle::law(m, 1);
  for (double ratio : {.5, 2., 8.}) {
    for (Vec2 x0 : {m.components[1].mean, Vec2(.2, -.3)}) {
      const double reach = 8 * std::hypot(1.5, ratio), h = .12 * std::hypot(.6, ratio);
      const double density = integrate(reach, h, [&](Vec2 y) {
        const oracle::Posterior p = oracle::posterior(law, y, ratio);
        double transition = 0;
        for (const oracle::PosteriorPart& k : p.parts) {
          const Vec2 d = x0 - k.mean;
          transition += k.weight * std::exp(-.5 * glm::dot(d, k.covariance.inverse() * d)) /
                        (2 * std::numbers::pi * std::sqrt(k.covariance.determinant()));
        }
        return std::exp(p.logDensity) * transition;
      });
      EXPECT_NEAR(std::log(density), logDensity(m, x0, {1, 0}, 1), 1e-8) << "ratio " << ratio;
    }
  }
}

TEST(ExactKernel, SampledChainsKeepTheDataLawsMoments) {
  Random r{8};
  const Mixture m = randomMixture(r, 5, 2, 1.5, .2, .6);
  const oracle::Law law = oracle::law(m, 0);
  const Vec2 mean = m.mean(0);
  const Sym2 cov = m.covariance(0);
  const int n = 20000;
  for (const std::vector<double>& levels : {std::vector<double>{40}, {40, 1}, {40, 4, 1, .4, .1}}) {
    Vec2 sum{0.0};
    Sym2 squares{0, 0, 0}, fourth{0, 0, 0};
    for (const Draw& draw : sampleExact(m, n, 77, 0)) {
      Vec2 x0 = draw.x;
      for (double ratio : levels) {
        const oracle::Posterior p = oracle::posterior(law, x0 + ratio * r.normal2(), ratio);
        double u = r.unit();
        std::size_t k = 0;
        while (k + 1 < p.parts.size() && u > p.parts[k].weight) u -= p.parts[k++].weight;
        const Sym2& v = p.parts[k].covariance;
        const double a = std::sqrt(v.xx), b = v.xy / a, c = std::sqrt(v.yy - b * b);
        const Vec2 z = r.normal2();
        x0 = p.parts[k].mean + Vec2(a * z.x, b * z.x + c * z.y);
      }
      const Vec2 d = x0 - mean;
      sum += d;
      squares = squares + Sym2::outer(d);
      fourth = fourth + Sym2{std::pow(d.x, 4), d.x * d.x * d.y * d.y, std::pow(d.y, 4)};
    }
    const auto z = [&](double value, double expected, double meanSquare) {
      return (value - expected) / std::sqrt((meanSquare - expected * expected) / n);
    };
    EXPECT_LT(std::abs(sum.x / n) / std::sqrt(cov.xx / n), 4.5);
    EXPECT_LT(std::abs(sum.y / n) / std::sqrt(cov.yy / n), 4.5);
    EXPECT_LT(std::abs(z(squares.xx / n, cov.xx, fourth.xx / n)), 4.5);
    EXPECT_LT(std::abs(z(squares.xy / n, cov.xy, fourth.xy / n)), 4.5);
    EXPECT_LT(std::abs(z(squares.yy / n, cov.yy, fourth.yy / n)), 4.5);
  }
}

}  // namespace
}  // namespace gs
