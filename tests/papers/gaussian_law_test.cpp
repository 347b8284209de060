// Guided sampling between Gaussians, where everything is closed: the law of DDIM, DDPM and every churn, the weight at
// which autoguidance undoes a model's blur, and how far an interval of guidance moves the mean. None of these is the
// tilted law p_c^(1+omega) p^(-omega).
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "engine/reference.h"
#include "papers/run.h"

namespace papers {
namespace {

using gs::Experiment;
using gs::Mixture;
using gs::SolverKind;

constexpr double kSigmas = 4.5;

// p(.|c) = N(mc, vc), p = N(mu, vu) along the first axis, standard normal along the second. The class is so rare that
// the rest of the mixture is p to 1e-8.
struct Pair {
  double mc, vc, mu, vu;
};

constexpr double kRare = 1e-8;
Mixture plane(const Pair& p) {
  Mixture m;
  m.components = {{0, kRare, {p.mc, 0}, {p.vc, 0, 1}}, {1, 1 - kRare, {p.mu, 0}, {p.vu, 0, 1}}};
  return m;
}

// Every denoiser is affine, D(y) = a + b y, and so are the guided one and the step: mean and variance follow exactly.
struct Moments {
  double mean, variance;
};
template <class Weight>
Moments exactMoments(const Pair& p, const std::vector<double>& ratios, double kappa, Weight weight) {
  Moments s{p.mc, p.vc + ratios[0] * ratios[0]};
  for (std::size_t i = 0; i + 1 < ratios.size(); ++i) {
    const double q = ratios[i] * ratios[i], w = weight(ratios[i]);
    const auto guided = [&](double c, double u) { return c + w * (c - u); };
    const double slope = guided(p.vc / (p.vc + q), p.vu / (p.vu + q));
    const double offset = guided(p.mc * q / (p.vc + q), p.mu * q / (p.vu + q));
    const double next = ratios[i + 1], r = next / ratios[i], decay = next == 0 ? 0 : std::pow(r, 1 + kappa);
    const double noise = next == 0 || kappa == 0 ? 0 : next * std::sqrt(1 - std::pow(r, 2 * kappa));
    const double m = slope + decay * (1 - slope);
    s = {m * s.mean + (1 - decay) * offset, m * m * s.variance + noise * noise};
  }
  return s;
}
auto constant(double w) {
  return [w](double) { return w; };
}

// Ratios so fine, and from so far, that they are the continuous process to 1e-4.
std::vector<double> fine(double from = 1e5, double to = 1e-4, int steps = 200000) {
  std::vector<double> r;
  for (int i = 0; i <= steps; ++i) r.push_back(from * std::pow(to / from, double(i) / steps));
  r.push_back(0);
  return r;
}

template <class F>
double simpson(double a, double b, int n, F f) {
  const double h = (b - a) / n;
  double s = f(a) + f(b);
  for (int i = 1; i < n; ++i) s += f(a + i * h) * (i % 2 ? 4 : 2);
  return s * h / 3;
}

// Closed forms over the whole noise range; g = 1 + omega, rho = vc / vu, delta = mc - mu.
Moments sde(const Pair& p, double g) {
  const double rho = p.vc / p.vu, delta = p.mc - p.mu;
  return {p.mu + delta * (1 - std::pow(rho, g)) / (1 - rho),
          p.vu * (rho - std::pow(rho, 2 * g)) / ((1 - rho) * (2 * g - 1))};
}
Moments ode(const Pair& p, double g) {
  const double rho = p.vc / p.vu, delta = p.mc - p.mu;
  // int_rho^1 u^(-1-g/2) |1-u|^(-1/2) du with u = 1 - s^2; beyond 1 with u = 1 + s^2 from 1 to rho.
  const double sign = rho < 1 ? -1 : 1;
  const double integral = simpson(0, std::sqrt(std::abs(1 - rho)), 2000,
                                  [&](double s) { return 2 * std::pow(1 + sign * s * s, -1 - g / 2); });
  return {p.mu + std::pow(p.vc, g / 2) * std::pow(p.vu, (1 - g) / 2) * g * delta / 2 /
                     std::sqrt(std::abs(p.vu - p.vc)) * integral,
          std::pow(p.vc, g) * std::pow(p.vu, 1 - g)};
}
Moments tilt(const Pair& p, double g) {
  const double precision = g / p.vc + (1 - g) / p.vu;
  return {(g * p.mc / p.vc + (1 - g) * p.mu / p.vu) / precision, 1 / precision};
}

struct Case {
  Pair pair;
  double omega;
};
const Case kCases[] = {
    {{1, .5, 0, 2}, .5}, {{1, .5, 0, 2}, 1}, {{0, 1, 0, 2}, 2}, {{.5, 1, -.5, 1.3}, 3}, {{1, 1.3, 0, 1}, .5}};

TEST(Gaussians, ClosedFormsAreTheLimitOfTheSteps) {
  const std::vector<double> ratios = fine();
  for (const Case& c : kCases) {
    const Moments s = exactMoments(c.pair, ratios, 1, constant(c.omega)),
                  o = exactMoments(c.pair, ratios, 0, constant(c.omega));
    EXPECT_NEAR(s.mean, sde(c.pair, 1 + c.omega).mean, 5e-4);
    EXPECT_NEAR(s.variance, sde(c.pair, 1 + c.omega).variance, 5e-4);
    EXPECT_NEAR(o.mean, ode(c.pair, 1 + c.omega).mean, 5e-4);
    EXPECT_NEAR(o.variance, ode(c.pair, 1 + c.omega).variance, 5e-4);
    // Neither is the tilted law.
    EXPECT_GT(std::abs(s.variance - tilt(c.pair, 1 + c.omega).variance), .01);
    EXPECT_GT(std::abs(o.variance - tilt(c.pair, 1 + c.omega).variance), .01);
  }
  EXPECT_NEAR(ode(kCases[0].pair, 1.5).mean, 1.238451, 1e-6);
  EXPECT_NEAR(ode(kCases[1].pair, 2).mean, 1.380173, 1e-6);
  EXPECT_NEAR(sde(kCases[0].pair, 1.5).mean, 1.166667, 1e-6);
  EXPECT_NEAR(sde(kCases[0].pair, 1.5).variance, .3125, 1e-12);
  EXPECT_NEAR(tilt(kCases[0].pair, 1.5).mean, 1.090909, 1e-6);
  EXPECT_NEAR(sde(kCases[2].pair, 3).variance, (2 - std::exp2(-4)) / 5, 1e-12);  // (2 - 2^(-2 omega)) / (2 omega + 1)
  const Moments s = sde(kCases[1].pair, 2), o = ode(kCases[1].pair, 2), t = tilt(kCases[1].pair, 2);
  EXPECT_NEAR(s.mean, 1.25, 1e-12);
  EXPECT_NEAR(s.variance, .21875, 1e-12);
  EXPECT_NEAR(o.variance, .125, 1e-12);
  EXPECT_NEAR(t.mean, 1.142857, 1e-6);
  EXPECT_NEAR(t.variance, .285714, 1e-6);
  // However strong the guidance, the SDE's mean stops where both scores are equal.
  const Pair& p = kCases[0].pair;
  const double far = exactMoments(p, fine(), 1, constant(30)).mean;
  EXPECT_NEAR((far - p.mc) / p.vc, (far - p.mu) / p.vu, 1e-2);
}

TEST(Gaussians, EqualVariancesMoveTheMeanAlone) {
  const Pair p{1, .7, -.5, .7};
  for (double kappa : {0., 1.}) {
    const Moments m = exactMoments(p, fine(), kappa, constant(2));
    EXPECT_NEAR(m.mean, -.5 + 3 * 1.5, 1e-3);
    EXPECT_NEAR(m.variance, .7, 5e-4);
  }
}

TEST(Gaussians, ChurnInterpolatesBetweenTheOdeAndTheTilt) {
  // V = kappa int_0^inf (F(0) / F(tau))^(1+kappa) d tau, F = (a + tau)^g (b + tau)^(1-g); a = 1, b = 2, g = 3.
  const Pair p{0, 1, 0, 2};
  const double g = 3;
  double before = std::pow(1, g) * std::pow(2, 1 - g);
  for (double kappa : {.25, 1., 4., 16.}) {
    const double v = simpson(-20, 80, 20000, [&](double ell) {  // tau = e^ell
      const double tau = std::exp(ell), f = g * std::log1p(tau) + (1 - g) * std::log1p(tau / 2);
      return kappa * std::exp(ell - (1 + kappa) * f);
    });
    EXPECT_NEAR(exactMoments(p, fine(), kappa, constant(g - 1)).variance, v, 1e-3) << "kappa " << kappa;
    EXPECT_GT(v, before);
    EXPECT_LT(v, tilt(p, g).variance);
    before = v;
  }
  EXPECT_NEAR(before, .4887, 1e-3);
}

// The engine's samples against the exact moments of its own steps.
void expectMoments(const Experiment& e, const Mixture& m, Moments expected, const char* what) {
  const auto frame = run(e, m);
  const auto mean = estimate(*frame, [](gs::Vec2 x) { return x.x; });
  const auto variance = estimate(*frame, [&](gs::Vec2 x) { return (x.x - expected.mean) * (x.x - expected.mean); });
  EXPECT_LT(std::abs(mean.z(expected.mean)), kSigmas) << what << ": mean " << mean.value << ", exact " << expected.mean;
  EXPECT_LT(std::abs(variance.z(expected.variance)), kSigmas)
      << what << ": variance " << variance.value << ", exact " << expected.variance;
}

TEST(Gaussians, TheSamplerHasTheExactMomentsOfItsSteps) {
  for (const Case& c : kCases) {
    for (double kappa : {0., .5, 1., 3.}) {
      Experiment e = cfg(c.omega, SolverKind::Exponential, kappa, 64, 40000);
      const auto grid = gs::timeGrid(e.schedule);
      std::vector<double> r;
      for (const gs::GridPoint& g : grid) r.push_back(g.ratio);
      expectMoments(e, plane(c.pair), exactMoments(c.pair, r, kappa, constant(c.omega)), "exponential");
    }
  }
}

// A Gaussian's ODE is affine: from ratio S the distance to the centre path is multiplied by
// ((vc / (vc + S^2))^g (vu / (vu + S^2))^(1-g))^(1/2), whatever the particle.
TEST(Gaussians, PathsOfTheOdeContractByTheClosedForm) {
  for (const Case& c : kCases) {
    const double g = 1 + c.omega, s = 80, q = s * s;
    Experiment e = cfg(c.omega, SolverKind::Rk4, 0, 256, 200, s);
    e.schedule.kind = gs::ScheduleKind::Edm;
    e.schedule.grid = gs::GridKind::UniformLogSnr;
    e.schedule.sigmaMin = 1e-3;
    const auto frame = run(e, plane(c.pair));
    const double factor =
        std::sqrt(std::pow(c.pair.vc / (c.pair.vc + q), g) * std::pow(c.pair.vu / (c.pair.vu + q), 1 - g));
    const double plain = 1 / std::hypot(1, s);
    for (int i = 1; i < 200; ++i) {
      const gs::Vec2 start = at(*frame, 0, i) - at(*frame, 0, 0), end = at(*frame, 256, i) - at(*frame, 256, 0);
      EXPECT_NEAR(end.x, factor * start.x, 1e-4);
      EXPECT_NEAR(end.y, plain * start.y, 1e-4);  // no guidance across
    }
    // With exact starts the end's variance is that factor's square times vc + S^2: a^g b^(1-g) up to
    // (g vc + (1 - g) vu) / S^2 relative.
    const double variance = factor * factor * (c.pair.vc + q);
    EXPECT_NEAR(variance / ode(c.pair, g).variance, 1, 2 * (1 + std::abs(g * c.pair.vc + (1 - g) * c.pair.vu)) / q);
    expectMoments(
        [&] {
          e.particles.count = 20000;
          return e;
        }(),
        plane(c.pair), {exactMoments(c.pair, fine(s), 0, constant(c.omega)).mean, variance}, "Runge-Kutta");
  }
}

// Where characteristic guidance has found its place, both denoisers agree: D_c(y + w u) = D_u(y + (1 + w) u) = d.
// Between Gaussians that is y = d + sh^2 ((1 + w) (d - mc) / vc - w (d - mu) / vu), the tilted law's own denoiser
// (2312.07586).
TEST(Characteristic, IsExactBetweenGaussians) {
  for (const Case& c : kCases) {
    if (c.pair.vc > c.pair.vu) continue;  // the search begins too near to be measured by how far it comes
    const auto mixture = std::make_shared<const Mixture>(plane(c.pair));
    const Moments target = tilt(c.pair, 1 + c.omega);
    for (const double ratio : {.3, 1., 2.}) {
      Experiment e = cfg(c.omega, SolverKind::Euler, 0, 8, 1);
      e.guidance[0].kind = gs::TermKind::Characteristic;
      const double q = ratio * ratio, y = 1.7;
      const double exact = (target.variance * y + q * target.mean) / (target.variance + q);
      const auto errorAfter = [&](int iterations) {
        e.guidance[0].iterations = iterations;
        return gs::GuidedInDouble(gs::compileLevels(e, mixture, {.5}, {ratio})).denoise(0, {y, .4}).x - exact;
      };
      EXPECT_LT(std::abs(errorAfter(20)), 2e-3 * std::abs(errorAfter(0))) << ratio << ' ' << c.omega;
      // The search is linear: its error shrinks by the same factor every time.
      const double slope = 1 + c.omega * c.pair.vc / (c.pair.vc + q) - (1 + c.omega) * c.pair.vu / (c.pair.vu + q);
      EXPECT_NEAR(errorAfter(2), slope * errorAfter(1), 1e-6) << ratio << ' ' << c.omega;
    }
  }
}

// Langevin steps on the guided score at every level bring the law of conditional steps to the tilted one (2408.09000).
TEST(PredictorCorrector, GoesFromTheConditionalToTheTiltedLaw) {
  const Pair pair{0, 1, 0, 2};
  const auto exact = [&](const std::vector<double>& r, int corrections, double stride) {
    double v = pair.vc + r[0] * r[0];
    for (std::size_t i = 0; i + 1 < r.size(); ++i) {
      const double q = r[i] * r[i], step = pair.vc / (pair.vc + q);
      v *= std::pow(step + r[i + 1] / r[i] * (1 - step), 2);
      const double next = r[i + 1] * r[i + 1];
      const double m = 1 - stride * (1 - 3 * pair.vc / (pair.vc + next) + 2 * pair.vu / (pair.vu + next));
      for (int k = 0; next > 0 && k < corrections; ++k) v = m * m * v + 2 * stride * next;
    }
    return v;
  };
  Experiment e = cfg(2, SolverKind::Euler, 0, 64, 20000, 20);
  e.guidance[0].kind = gs::TermKind::PredictorCorrector;
  e.guidance[0].corrections = 4, e.guidance[0].stride = .2;
  const auto frame = run(e, plane(pair));
  EXPECT_EQ(frame->modelCalls, 64 + 63 * 4 * 2);
  const double seen = estimate(*frame, [](gs::Vec2 x) { return x.x * x.x; }).value;
  EXPECT_NEAR(seen, exact(ratios(*frame), 4, .2), kSigmas * seen * std::sqrt(2. / 20000));
  const std::vector<double> steps = fine(100, 1e-3, 400);
  EXPECT_NEAR(exact(steps, 0, .1), 1, .02);
  EXPECT_NEAR(exact(steps, 10, .1), tilt(pair, 3).variance, .02);
  EXPECT_GT(exact(steps, 1, .1), exact(steps, 3, .1));
}

// A round of Gibbs-like guidance takes the variance V to A (V + s^2): in the limit A s^2 / (1 - A), for small s the
// tilted law's (2505.21101).
TEST(Gibbs, HasTheClosedFormOfItsRounds) {
  const Pair pair{0, 1, 0, 2};
  const auto limit = [&](double s) {
    const double contraction = std::pow(pair.vc / (pair.vc + s * s), 3) * std::pow(pair.vu / (pair.vu + s * s), -2);
    return contraction * s * s / (1 - contraction);
  };
  EXPECT_NEAR(limit(.02), tilt(pair, 3).variance, 1e-3);
  for (const double back : {.5, 1.}) {
    Experiment e = cfg(2, SolverKind::Heun, 0, 64, 20000, 20);
    e.guidance[0].kind = gs::TermKind::Gibbs;
    e.guidance[0].rounds = 12, e.guidance[0].returnTo = back;
    const auto frame = run(e, plane(pair));
    const double seen = estimate(*frame, [](gs::Vec2 x) { return x.x * x.x; }).value;
    EXPECT_NEAR(seen, limit(back), kSigmas * seen * std::sqrt(2. / 20000)) << back;
    // The rows above s* are those of the sampler of p(.|c).
    e.guidance.clear();
    const auto plain = run(e, plane(pair));
    int above = 0;
    while (frame->grid[std::size_t(above)].ratio >= back) ++above;
    EXPECT_EQ(at(*frame, above - 1, 7), at(*plain, above - 1, 7));
    EXPECT_NE(at(*frame, above, 7), at(*plain, above, 7));
  }
}

TEST(Gaussians, AnIntervalMovesTheMeanByTheClosedForm) {
  // Equal variances v, guidance for ratio^2 in (q1, q2] alone: omega delta sqrt(v) [(v+q1)^(-1/2) - (v+q2)^(-1/2)] by
  // the ODE, omega delta v [1/(v+q1) - 1/(v+q2)] by the SDE, beyond the unguided mean.
  const Pair p{1, .7, -.5, .7};
  const double w = 2, lo = .3, hi = 2.5, q1 = lo * lo, q2 = hi * hi, delta = 1.5, v = .7;
  const auto band = [&](double ratio) { return lo < ratio && ratio <= hi ? w : 0.; };
  const double byOde = 1 + w * delta * std::sqrt(v) * (1 / std::sqrt(v + q1) - 1 / std::sqrt(v + q2));
  const double bySde = 1 + w * delta * v * (1 / (v + q1) - 1 / (v + q2));
  EXPECT_NEAR(exactMoments(p, fine(), 0, band).mean, byOde, 1e-3);
  EXPECT_NEAR(exactMoments(p, fine(), 1, band).mean, bySde, 1e-3);
  for (double kappa : {0., 1.}) {
    Experiment e = cfg(w, SolverKind::Exponential, kappa, 256, 40000);
    e.schedule.grid = gs::GridKind::UniformLogSnr;
    e.guidance[0].curve.kind = gs::CurveKind::Interval;
    e.guidance[0].curve.lo = lo;
    e.guidance[0].curve.hi = hi;
    const auto grid = gs::timeGrid(e.schedule);
    std::vector<double> r;
    for (const gs::GridPoint& g : grid) r.push_back(g.ratio);
    const Moments exact = exactMoments(p, r, kappa, band);
    EXPECT_NEAR(exact.mean, kappa == 0 ? byOde : bySde,
                .08);  // 256 steps from the closed form: edges fall between levels
    expectMoments(e, plane(p), exact, "interval");
  }
}

// ---- autoguidance -----------------------------------------------------------------------------------------------

// A Gaussian of variance v seen through a model blurred by d1 and guided by one blurred by d2 > d1:
// (v + d1^2)^(1+omega) (v + d2^2)^(-omega) by the ODE. The program's main model is exact, so the blur d1 is put into
// its distribution, and the weak one is broader by sqrt(d2^2 - d1^2).
TEST(Autoguidance, UndoesABlurAtTheClosedFormsWeight) {
  const double v = .04, d1 = .15, d2 = .212, main = v + d1 * d1, weak = v + d2 * d2;
  const double best = std::log(v / main) / std::log(main / weak);  // omega*; the weight "w" is 1 + omega* = 2.45
  EXPECT_NEAR(1 + best, 2.45, .01);
  EXPECT_NEAR(1 + best, std::log(v / weak) / std::log(main / weak), 1e-12);
  Mixture m;
  m.components = {{0, 1, {.3, -.2}, gs::Sym2::isotropic(main)}};
  for (double omega : {0., .5, best, 3.}) {
    const double s = 80, q = s * s;
    Experiment e = cfg(omega, SolverKind::Rk4, 0, 256, 300, s);
    e.schedule.kind = gs::ScheduleKind::Edm;
    e.schedule.grid = gs::GridKind::UniformLogSnr;
    e.schedule.sigmaMin = 1e-3;
    e.guidance[0].kind = gs::TermKind::Autoguidance;
    e.guidance[0].weak.broaden = std::sqrt(d2 * d2 - d1 * d1);
    const auto frame = run(e, m);
    const double factor = std::sqrt(std::pow(main / (main + q), 1 + omega) * std::pow(weak / (weak + q), -omega));
    for (int i = 1; i < 300; ++i) {
      const gs::Vec2 start = at(*frame, 0, i) - at(*frame, 0, 0), end = at(*frame, 256, i) - at(*frame, 256, 0);
      EXPECT_LE(glm::length(end - factor * start), 1e-4) << "omega " << omega;
    }
    const double law = std::pow(main, 1 + omega) * std::pow(weak, -omega);
    EXPECT_NEAR(factor * factor * (main + q) / law, 1, 1e-4);
    if (omega == best) {
      EXPECT_NEAR(law, v, 1e-12);
    }
  }
}

// The over-smoothed model of B6 (2510.00815): of N(0, 1) the model knows N(0, 1.5), the weaker one N(0, 4). By the ODE
// the variance ends at v_c' (v_c' / v_u')^w: the data's own at w = .41339, above it below, below it above.
TEST(Autoguidance, UndoesAnOverSmoothedModel) {
  constexpr double v = 1, model = 1.5, weak = 4;
  const double best = std::log(model / v) / std::log(weak / model);
  EXPECT_NEAR(best, .41339, 5e-6);
  Mixture m;
  m.components = {{0, 1, {0, 0}, gs::Sym2::isotropic(v)}};
  for (const double omega : {0., .2, best, 1.}) {
    const double s = 300;
    Experiment e = cfg(omega, SolverKind::Rk4, 0, 128, 2, s);
    e.schedule.kind = gs::ScheduleKind::Edm;
    e.schedule.grid = gs::GridKind::UniformLogSnr;
    e.schedule.sigmaMin = 1e-3;
    e.model.broaden = std::sqrt(model - v);
    e.guidance[0].kind = gs::TermKind::Autoguidance;
    e.guidance[0].weak.broaden = std::sqrt(weak - v);
    const auto x = gs::sampleInDouble(gs::compile(e, std::make_shared<const Mixture>(m)), 2);  // affine: y' = k y
    const double k = (x[x.size() - 4] - x[x.size() - 2]) / (x[0] - x[2]), ends = k * k * (v + s * s);
    EXPECT_NEAR(ends, model * std::pow(model / weak, omega), 2e-4) << "weight " << omega;
    if (omega == best) {
      EXPECT_NEAR(ends, v, 2e-4);
    }
  }
}

// Eight modes apart, a model that is too broad by .15, pushed away from one that is by .212: outside three standard
// deviations of the data is e^(-4.5 v / variance) of each mode, and no particle changes its mode.
TEST(Autoguidance, TakesOutliersAwayFromEveryMode) {
  constexpr double v = .04, d1 = .15, d2 = .212;
  Mixture m;
  for (int k = 0; k < 8; ++k) {
    const double angle = k * std::numbers::pi / 4;
    m.components.push_back({k % 2, .125, 2. * gs::Vec2(std::cos(angle), std::sin(angle)), gs::Sym2::isotropic(v)});
  }
  Experiment e = cfg(0, SolverKind::Heun, 0, 64, 6000, 80);
  e.condition = gs::kUnconditional;
  e.schedule.kind = gs::ScheduleKind::Edm;
  e.schedule.grid = gs::GridKind::Karras;
  e.guidance[0].kind = gs::TermKind::Autoguidance;
  e.guidance[0].weak.broaden = d2;
  e.model.broaden = d1;
  std::vector<int> first;
  for (const auto& [omega, told] : {std::pair(0., .056), {1., .020}, {2., .005}, {3., .001}}) {
    e.guidance[0].omega = omega;
    const auto frame = run(e, m);
    const double variance = std::pow(v + d1 * d1, 1 + omega) * std::pow(v + d2 * d2, -omega);
    const double expected = std::exp(-4.5 * v / variance);
    EXPECT_NEAR(expected, told, 6e-4);
    int outside = 0, moved = 0;
    for (int i = 0; i < 6000; ++i) {
      const gs::Vec2 x = at(*frame, 64, i);
      int mode = 0;
      for (int k = 1; k < 8; ++k)
        if (glm::distance(x, m.components[std::size_t(k)].mean) <
            glm::distance(x, m.components[std::size_t(mode)].mean))
          mode = k;
      outside += glm::distance(x, m.components[std::size_t(mode)].mean) > 3 * std::sqrt(v);
      if (omega == 0)
        first.push_back(mode);
      else
        moved += first[std::size_t(i)] != mode;
    }
    EXPECT_NEAR(outside / 6000., expected, kSigmas * std::sqrt(expected / 6000) + .001) << omega;
    EXPECT_LT(moved, 30) << omega;
  }
}

TEST(Autoguidance, SharpensModesAndKeepsTheirShares) {
  // Four narrow modes of one class: the push vanishes between identical copies of the same mode structure, so the
  // shares stay while each mode narrows.
  Mixture m;
  const double share[] = {.4, .3, .2, .1};
  for (int k = 0; k < 4; ++k) {
    const double angle = k * std::numbers::pi / 2;
    m.components.push_back({0, share[k], 2.0 * gs::Vec2(std::cos(angle), std::sin(angle)), gs::Sym2::isotropic(.0625)});
  }
  const auto nearest = [&](gs::Vec2 x) {
    int best = 0;
    for (int k = 1; k < 4; ++k)
      if (glm::distance(x, m.components[std::size_t(k)].mean) < glm::distance(x, m.components[std::size_t(best)].mean))
        best = k;
    return best;
  };
  Experiment e = cfg(0, SolverKind::Heun, 0, 64, 20000, 80);
  e.guidance[0].kind = gs::TermKind::Autoguidance;
  e.guidance[0].weak.broaden = .15;
  const auto plain = run(e, m);
  e.guidance[0].omega = 1.45;
  const auto guided = run(e, m);
  int moved = 0;
  double before = 0, after = 0;
  for (int i = 0; i < 20000; ++i) {
    const gs::Vec2 a = at(*plain, 64, i), b = at(*guided, 64, i);
    moved += nearest(a) != nearest(b);
    before += std::pow(glm::distance(a, m.components[std::size_t(nearest(a))].mean), 2) / 40000;
    after += std::pow(glm::distance(b, m.components[std::size_t(nearest(b))].mean), 2) / 40000;
  }
  EXPECT_NEAR(before, .0625, .004);
  const double narrowed = std::pow(.0625, 2.45) * std::pow(.0625 + .0225, -1.45);
  EXPECT_NEAR(after, narrowed, .1 * narrowed);
  EXPECT_LT(moved, 200);
}

}  // namespace
}  // namespace papers
