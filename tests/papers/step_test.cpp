// Identities of the program's steps: the coefficients of the universal step as DDIM's, DDPM's and the learned-guidance
// paper's kernel, the flow's Euler step, and weak models as laws of their own.
#include <cmath>

#include <gtest/gtest.h>

#include "diffusion/parametrization.h"
#include "engine/reference.h"
#include "oracle/random.h"
#include "papers/run.h"

namespace papers {
namespace {

using gs::Experiment;
using gs::Mixture;
using gs::NoiseLevel;
using gs::SolverKind;
using gs::Vec2;

Mixture scene(std::uint64_t seed = 1) {
  oracle::Random r{seed};
  return oracle::randomMixture(r, 6, 3, 1.3, .25, .7);
}

// One step of the engine's plan as x' = A x + B D + sqrt(Sigma) z in the schedule's own coordinates.
struct Kernel {
  double a, b, sigma2;
};
Kernel kernelOf(const gs::Plan& plan, int step) {
  const gs::PlanStep& s = plan.steps[std::size_t(step)];
  const double alpha = plan.grid[std::size_t(step)].level.alpha, next = plan.grid[std::size_t(step) + 1].level.alpha;
  return {next / alpha * s.decay, next * (1 - s.decay), next * next * s.noise * s.noise};
}

Experiment plain(gs::ScheduleKind kind, double kappa, int steps) {
  Experiment e;
  e.condition = gs::kUnconditional;
  e.schedule.kind = kind;
  e.schedule.steps = steps;
  e.sampler = {SolverKind::Exponential, kappa};
  return e;
}

// Flow from t = .6 by two steps: .6, .3, 0.
gs::Plan fromSixToThree(double kappa) {
  Experiment e = plain(gs::ScheduleKind::Flow, kappa, 2);
  e.schedule.sigmaMax = 1.5;
  return gs::compile(e, std::make_shared<const Mixture>(scene()));
}

TEST(Kernel, LearnedGuidanceTestVectors) {  // 2510.00815, eq. 23, alpha = 1 - t, sigma = t, s = .3, t = .6
  const double s = .3, t = .6, alphaS = .7, alphaT = .4;
  const auto r = [&](int i, int j) { return std::pow(alphaT / alphaS, i) * std::pow(s / t, j); };
  for (double eps : {0., .25, .5, .8, 1.}) {
    const double e2 = eps * eps;
    const Kernel paper{e2 * r(1, 2) + (1 - e2) * r(0, 1), alphaS * (1 - e2 * r(2, 2) - (1 - e2) * r(1, 1)),
                       s * s * (1 - std::pow(e2 * r(1, 1) + (1 - e2), 2))};
    // The paper's churn eps is the universal step's kappa with ratio^kappa = 1 - eps^2 (1 - ratio).
    const double ratio = r(1, 1), kappa = std::log(1 - e2 * (1 - ratio)) / std::log(ratio);
    const gs::Plan plan = fromSixToThree(kappa);
    ASSERT_NEAR(plan.grid[0].t, t, 1e-12);
    ASSERT_NEAR(plan.grid[1].t, s, 1e-12);
    const Kernel k = kernelOf(plan, 0);
    EXPECT_NEAR(k.a, paper.a, 1e-12) << "eps " << eps;
    EXPECT_NEAR(k.b, paper.b, 1e-12) << "eps " << eps;
    EXPECT_NEAR(k.sigma2, paper.sigma2, 1e-12) << "eps " << eps;
  }
  const Kernel zero = kernelOf(fromSixToThree(0), 0), one = kernelOf(fromSixToThree(1), 0);
  EXPECT_NEAR(zero.a, .5, 1e-12);
  EXPECT_NEAR(zero.b, .5, 1e-12);
  EXPECT_EQ(zero.sigma2, 0);
  EXPECT_NEAR(one.a, .142857, 1e-6);
  EXPECT_NEAR(one.b, .642857, 1e-6);
  EXPECT_NEAR(one.sigma2, .0826531, 1e-7);
}

class EverySchedule : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EverySchedule, testing::Range(0, 4));

TEST_P(EverySchedule, EveryChurnKeepsTheMarginals) {  // A alpha + B = alpha', A^2 sigma^2 + Sigma = sigma'^2
  for (double kappa : {0., .3, 1., 3., 8.}) {
    Experiment e = plain(gs::ScheduleKind(GetParam()), kappa, 16);
    e.schedule.sigmaMax = 20;
    const gs::Plan plan = gs::compile(e, std::make_shared<const Mixture>(scene()));
    for (int i = 0; i + 1 < 16; ++i) {
      const Kernel k = kernelOf(plan, i);
      const NoiseLevel from = plan.grid[std::size_t(i)].level, to = plan.grid[std::size_t(i) + 1].level;
      EXPECT_NEAR(k.a * from.alpha + k.b, to.alpha, 1e-12);
      EXPECT_NEAR(k.a * k.a * from.sigma * from.sigma + k.sigma2, to.sigma * to.sigma, 1e-9 * to.sigma * to.sigma);
    }
  }
}

TEST_P(EverySchedule, ChurnZeroIsDdimAndChurnOneThePosterior) {
  for (double kappa : {0., 1.}) {
    Experiment e = plain(gs::ScheduleKind(GetParam()), kappa, 16);
    e.schedule.sigmaMax = 20;
    const gs::Plan plan = gs::compile(e, std::make_shared<const Mixture>(scene()));
    for (int i = 0; i + 1 < 16; ++i) {
      const Kernel k = kernelOf(plan, i);
      const NoiseLevel t = plan.grid[std::size_t(i)].level, s = plan.grid[std::size_t(i) + 1].level;
      if (kappa == 0) {  // 2010.02502, eq. 12: x' = alpha' D + sigma' (x - alpha D) / sigma
        EXPECT_NEAR(k.a, s.sigma / t.sigma, 1e-12);
        EXPECT_NEAR(k.b, s.alpha - t.alpha * s.sigma / t.sigma, 1e-12);
        EXPECT_EQ(k.sigma2, 0);
      } else {
        // q(x_s | x_t, x_0 = D) (2006.11239, eq. 6-7 for any alpha, sigma): the product of N(x_s; alpha_s D, sigma_s^2)
        // and N(x_t; a x_s, v) with a = alpha_t / alpha_s, v = sigma_t^2 - a^2 sigma_s^2.
        const double a = t.alpha / s.alpha, v = t.sigma * t.sigma - a * a * s.sigma * s.sigma;
        const double precision = 1 / (s.sigma * s.sigma) + a * a / v;
        EXPECT_NEAR(k.a, a / v / precision, 1e-11);
        EXPECT_NEAR(k.b, s.alpha / (s.sigma * s.sigma) / precision, 1e-11);
        EXPECT_NEAR(k.sigma2, 1 / precision, 1e-11 * s.sigma * s.sigma);
        // DDIM with eta = 1 is the same ancestral step (2010.02502, eq. 16, in y = x / alpha): noise
        // sh'^2 (1 - r^2), the rest of the deviation towards D.
        const double sh = t.ratio(), next = s.ratio(), r = next / sh, up = next * std::sqrt(1 - r * r),
                     down = std::sqrt(next * next - up * up);
        EXPECT_NEAR(k.a, s.alpha / t.alpha * down / sh, 1e-11);
        EXPECT_NEAR(k.sigma2, s.alpha * s.alpha * up * up, 1e-11 * s.sigma * s.sigma);
      }
    }
  }
}

TEST(Steps, FlowEulerIsDdim) {
  // x' = x + (t' - t) u with the flow's velocity u = eps - D, against the engine's DDIM steps in double.
  Experiment e = plain(gs::ScheduleKind::Flow, 0, 20);
  e.sampler = {SolverKind::Euler, 0};
  e.schedule.sigmaMax = 50;
  const auto m = std::make_shared<const Mixture>(scene());
  const int count = 30;
  const std::vector<double> x = gs::sampleInDouble(gs::compile(e, m), count);
  const std::vector<gs::GridPoint> grid = gs::timeGrid(e.schedule);
  for (int i = 0; i < count; ++i) {
    Vec2 at{x[std::size_t(2 * i)], x[std::size_t(2 * i) + 1]};
    for (int step = 0; step < 20; ++step) {
      const NoiseLevel l = grid[std::size_t(step)].level;
      const double t = grid[std::size_t(step)].t, next = grid[std::size_t(step) + 1].t;
      at += (next - t) * gs::velocityFromDenoiser(gs::denoise(*m, at, l), at, l, gs::noiseRate(e.schedule, t));
      const std::size_t k = 2 * std::size_t((step + 1) * count + i);
      EXPECT_NEAR(at.x, x[k], 1e-11);
      EXPECT_NEAR(at.y, x[k + 1], 1e-11);
    }
  }
}

// Every schedule gives the same y where it has the same ratios.
TEST(Steps, ASchedulePlacesStepsAndNothingElse) {
  const auto m = std::make_shared<const Mixture>(scene());
  std::vector<double> first;
  for (int kind = 0; kind < 4; ++kind) {
    Experiment e = plain(gs::ScheduleKind(kind), 0, 24);
    e.condition = 1;
    e.guidance = {gs::Term{}};
    e.sampler = {SolverKind::Heun, 0};
    e.schedule.grid = gs::GridKind::Karras;
    e.schedule.sigmaMax = 30;
    e.schedule.sigmaMin = .01;
    const gs::Plan plan = gs::compile(e, m);
    std::vector<double> y = gs::sampleInDouble(plan, 20);
    for (std::size_t k = 0; k < y.size(); ++k) y[k] /= plan.grid[k / 40].level.alpha;
    if (first.empty()) first = y;
    for (std::size_t k = 0; k < y.size(); ++k) EXPECT_NEAR(y[k], first[k], 1e-9 * std::max(1.0, std::abs(first[k])));
  }
}

// omega = -1 leaves nothing of the main model: D_c - (D_c - D_weak). What remains must be the weak law's own sampler.
std::vector<double> withWeak(const Mixture& m, const gs::WeakModel& weak, SolverKind solver) {
  Experiment e = plain(gs::ScheduleKind::VpLinear, 0, 16);
  e.condition = 1;
  e.start = gs::Start::Gaussian;
  e.sampler = {solver, 0};
  gs::Term t;
  t.kind = gs::TermKind::Autoguidance;
  t.omega = -1;
  t.weak = weak;
  e.guidance = {t};
  return gs::sampleInDouble(gs::compile(e, std::make_shared<const Mixture>(m)), 40);
}
std::vector<double> alone(const Mixture& m, int condition, SolverKind solver) {
  Experiment e = plain(gs::ScheduleKind::VpLinear, 0, 16);
  e.condition = condition;
  e.start = gs::Start::Gaussian;
  e.sampler = {solver, 0};
  return gs::sampleInDouble(gs::compile(e, std::make_shared<const Mixture>(m)), 40);
}
void expectSame(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-9);
}

TEST(WeakModels, ALeakyDensityCommutesWithNoise) {
  const Mixture m = scene();
  const double e = .35, pc = m.classProbability(1);
  Mixture leaky = m;
  for (gs::Component& k : leaky.components) k.weight *= e + (k.label == 1 ? (1 - e) / pc : 0);
  for (SolverKind s : {SolverKind::Euler, SolverKind::Heun, SolverKind::Rk4})
    expectSame(withWeak(m, {0, e, 0}, s), alone(leaky, gs::kUnconditional, s));
}

TEST(WeakModels, ABroadModelIsTheSmoothedLaw) {
  const Mixture m = scene();
  Mixture broad = m;
  for (gs::Component& k : broad.components) k.covariance = k.covariance + gs::Sym2::isotropic(.09);
  for (SolverKind s : {SolverKind::Euler, SolverKind::Heun, SolverKind::Rk4})
    expectSame(withWeak(m, {.3, 0, 0}, s), alone(broad, 1, s));
}

TEST(WeakModels, AllThreeFaultsTogether) {
  // Broadened, its density leaky, and its denoiser leaking into the broadened unconditional one. omega = -1 of the
  // whole is, for the broadened and leaky law, classifier-free guidance with omega = -e; without a condition that law
  // has none, so the two classes are made by hand: class 1 the leaky conditional, class 0 the rest of the broadened
  // whole.
  const Mixture m = scene();
  const double density = .25, denoiser = .4, pc = m.classProbability(1), p = .3;
  // The leaky conditional q has weights (1-e) [k in c] / pc + e; p(x) = p q + (1 - p) rest needs rest >= 0.
  Mixture split;
  for (const gs::Component& k : m.components) {
    const double q = k.weight * (density + (k.label == 1 ? (1 - density) / pc : 0)),
                 rest = (k.weight - p * q) / (1 - p);
    ASSERT_GT(rest, 0);
    split.components.push_back({1, p * q, k.mean, k.covariance + gs::Sym2::isotropic(.04)});
    split.components.push_back({0, (1 - p) * rest, k.mean, k.covariance + gs::Sym2::isotropic(.04)});
  }
  Experiment e = plain(gs::ScheduleKind::VpLinear, 0, 16);
  e.condition = 1;
  e.start = gs::Start::Gaussian;
  e.sampler = {SolverKind::Heun, 0};
  gs::Term t;
  t.omega = -denoiser;
  e.guidance = {t};
  expectSame(withWeak(m, {.2, density, denoiser}, SolverKind::Heun),
             gs::sampleInDouble(gs::compile(e, std::make_shared<const Mixture>(split)), 40));
}

TEST(WeakModels, ALeakyDenoiserMakesAConstantWeightExact) {
  // The denoiser leak D_theta = (1-e) D_c + e D_u: guiding it by omega = e / (1-e) restores D_c (2510.00815). As terms
  // of the exact model: D_theta + omega (D_theta - D_u) is classifier-free guidance with (1+omega)(1-e) - 1.
  const Mixture m = scene();
  expectSame(withWeak(m, {0, 0, .4}, SolverKind::Heun), [&] {
    Experiment e = plain(gs::ScheduleKind::VpLinear, 0, 16);
    e.condition = 1;
    e.start = gs::Start::Gaussian;
    e.sampler = {SolverKind::Heun, 0};
    gs::Term t;
    t.omega = -.4;
    e.guidance = {t};
    return gs::sampleInDouble(gs::compile(e, std::make_shared<const Mixture>(m)), 40);
  }());
}

TEST(WeakModels, WeightsAtTheEndsGiveTheParts) {  // omega 0: the conditional; -1: the unconditional
  const Mixture m = scene();
  Experiment e = plain(gs::ScheduleKind::VpLinear, 0, 16);
  e.condition = 1;
  e.start = gs::Start::Gaussian;
  e.sampler = {SolverKind::Heun, 0};
  gs::Term t;
  t.omega = 0;
  e.guidance = {t};
  const auto shared = std::make_shared<const Mixture>(m);
  expectSame(gs::sampleInDouble(gs::compile(e, shared), 40), alone(m, 1, SolverKind::Heun));
  e.guidance[0].omega = -1;
  expectSame(gs::sampleInDouble(gs::compile(e, shared), 40), alone(m, gs::kUnconditional, SolverKind::Heun));
}

}  // namespace
}  // namespace papers
