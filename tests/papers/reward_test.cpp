// What a reward's tilt does to E[r] (2512.04985): the laws of the guided process by quadrature of the process itself,
// with the denoisers of the program's own plans, and the program's sampler.
#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "data/distributions.h"
#include "diffusion/metrics.h"
#include "engine/reward_model.h"
#include "oracle/markov.h"
#include "oracle/random.h"
#include "papers/run.h"
#include "session/json.h"

namespace papers {
namespace {

using gs::Reward;
using gs::RewardKind;

gs::Mixture oneBell() { return {{{0, 1, {0, 0}, {1, 0, 1}}}}; }
gs::Mixture twoBells() { return {{{0, .5, {-1, 0}, {.3, 0, 1}}, {0, .5, {1, 0}, {.3, 0, 1}}}}; }

gs::Experiment tilted(const Reward& reward, double omega) {
  gs::Experiment e = cfg(omega, gs::SolverKind::Exponential, 1, 64, 20000);
  e.guidance[0].kind = gs::TermKind::Reward;
  e.guidance[0].reward = reward;
  return e;
}
Reward along(RewardKind kind) {
  Reward r;
  r.kind = kind;
  return r;
}

// A reward of the first coordinate on a mixture whose second one is standard normal and independent.
struct TiltedLine {
  gs::Mixture law;
  Reward reward;
  std::shared_ptr<const gs::RewardModel> model;

  TiltedLine(gs::Mixture m, const Reward& r) : law(std::move(m)), reward(r) {
    model = gs::compile(tilted(r, 1), std::make_shared<const gs::Mixture>(law)).rewards.front();
  }
  double r(double x) const { return std::exp(gs::logReward(reward, law, 0, {x, 0})); }
  double density(double x, double ratio) const {  // of the first coordinate, noised
    return std::exp(gs::logDensity(law, {x, 0}, {1, ratio})) * std::sqrt(2 * std::numbers::pi * (1 + ratio * ratio));
  }
  double mean(auto&& f) const {  // E f(x0) under the law
    double sum = 0;
    for (double x = -9; x < 9; x += .005) sum += .005 * density(x + .0025, 0) * f(x + .0025);
    return sum;
  }
  oracle::Chain chain(int steps, double omega, double kappa = 1) const {
    oracle::Chain c;
    c.ratios = oracle::flowGrid(steps, 1e3);
    c.kappa = kappa;
    c.denoiser = [this, omega](double y, double ratio) {
      const double plain = gs::denoise(law, {y, 0}, {1, ratio}).x;
      return plain + (omega == 0 ? 0 : omega * (gs::denoise(*model->law, {y, 0}, {1, ratio}).x - plain));
    };
    c.startDensity = [this, first = c.ratios.front()](double y) { return density(y, first); };
    return c;
  }
  // E f of infinitely many steps: Richardson's table over 25, 50, 100 steps.
  double limit(double omega, const std::function<double(double)>& f) const {
    std::array<double, 3> v;
    for (int i = 0; i < 3; ++i) v[std::size_t(i)] = finalLaw(chain(25 << i, omega)).mean(f);
    const double a = 2 * v[1] - v[0], b = 2 * v[2] - v[1];
    return b + (b - a) / 3;
  }
};

// Guided by r = exp(-(x - 2)^2 / 2), whose law is N(1, 1/2), the process is Gaussian.
TEST(RewardTilt, OfAGaussianGoesAlongTheClosedForm) {
  Reward r = along(RewardKind::Bowl);
  r.center = {2, 0}, r.width = 1, r.across = 0;
  const TiltedLine line(oneBell(), r);
  struct Row {
    double omega, mean, variance, reward;
  };
  for (const Row& row : {Row{0, 0, 1, .260130},
                         {.25, .318207, .828427, .341234},
                         {.5, .585786, .693147, .425747},
                         {1, 1, .5, .585045},
                         {2, 1.5, .291667, .798723}}) {
    const double mean = line.limit(row.omega, [](double x) { return x; });
    EXPECT_NEAR(mean, row.mean, 2e-3) << row.omega;
    EXPECT_NEAR(line.limit(row.omega, [](double x) { return x * x; }) - mean * mean, row.variance, 2e-3) << row.omega;
    EXPECT_NEAR(line.limit(row.omega, [&](double x) { return line.r(x); }), row.reward, 1e-3) << row.omega;
  }
}

TEST(RewardTilt, OfALinearRewardMovesTheMeanAlone) {  // N(omega v b, v)
  Reward r = along(RewardKind::Linear);
  r.strength = .8;
  const TiltedLine line(oneBell(), r);
  for (const double omega : {.5, 2.}) {
    const double mean = line.limit(omega, [](double x) { return x; });
    EXPECT_NEAR(mean, omega * .8, 2e-3);
    EXPECT_NEAR(line.limit(omega, [](double x) { return x * x; }) - mean * mean, 1, 3e-3);
  }
}

// A regression on y of x0, each pair with its reward as weight, is the reward's denoiser (denoising score matching with
// weights): of a Gaussian and a Gaussian reward a straight line.
TEST(RewardTilt, IsWhatWeightedRegressionFinds) {
  Reward r = along(RewardKind::Bowl);
  r.center = {2, 0}, r.width = 1, r.across = 0;
  const TiltedLine line(oneBell(), r);
  for (const double ratio : {.2, 1., 5.}) {
    double w = 0, y = 0, yy = 0, x = 0, xy = 0;
    for (double x0 = -6; x0 < 6; x0 += .05)
      for (double z = -6; z < 6; z += .05) {
        const double weight = line.r(x0) * std::exp(-(x0 * x0 + z * z) / 2), at = x0 + ratio * z;
        w += weight, y += weight * at, yy += weight * at * at, x += weight * x0, xy += weight * x0 * at;
      }
    const double slope = (w * xy - x * y) / (w * yy - y * y), offset = (x - slope * y) / w;
    for (const double at : {-2., .5, 3.})
      EXPECT_NEAR(gs::denoise(*line.model->law, {at, 0}, {1, ratio}).x, offset + slope * at, 1e-6) << ratio;
  }
}

// omega = 1 samples r p / E[r]: E[r] rises to E[r^2] / E[r]. At omega = 0 its slope is 2 (E[r log r] - E[r] log E[r]).
TEST(RewardTilt, IsExactAtOneAndStartsWithTwiceTheEntropy) {
  Reward ramp = along(RewardKind::Ramp), waves = along(RewardKind::Sinusoid);
  ramp.width = .25, ramp.offset = .3;
  waves.period = 1.7, waves.strength = .8;
  for (const Reward& r : {ramp, waves}) {
    const TiltedLine line(twoBells(), r);
    const auto value = [&](double x) { return line.r(x); };
    const double first = line.mean(value), second = line.mean([&](double x) { return line.r(x) * line.r(x); });
    EXPECT_NEAR(std::exp(line.model->logMean), first, 1e-3 * first);
    EXPECT_NEAR(line.limit(1, value), second / first, 4e-3 * second / first) << int(r.kind);
    const double entropy =
        line.mean([&](double x) { return line.r(x) * std::log(line.r(x)); }) - first * std::log(first);
    const double h = .05;
    EXPECT_NEAR((line.limit(h, value) - line.limit(-h, value)) / (2 * h), 2 * entropy, .03 * entropy) << int(r.kind);
  }
}

// E_omega[r] - E[r] is the integral of omega E[ |grad h|^2 / h ] over the noise variance, along the guided process.
TEST(RewardTilt, GainsWhatTheTheoremSays) {
  Reward r = along(RewardKind::Bowl);
  r.center = {1.5, 0}, r.width = .8;
  const TiltedLine line(twoBells(), r);
  const double omega = 1.5, before = line.mean([&](double x) { return line.r(x); });
  std::array<double, 3> missing;
  for (int refine = 0; refine < 3; ++refine) {
    oracle::Chain chain = line.chain(50 << refine, omega);
    double gained = 0;
    chain.visit = [&](const oracle::Atoms& law, std::size_t level) {
      const double ratio = chain.ratios[level], next = chain.ratios[level + 1];
      const double rate = law.mean([&](double y) {
        const gs::LogH h = gs::logH(line.law, 0, r, {y, 0}, {1, ratio});
        return std::exp(h.value) * h.gradient.x * h.gradient.x;
      });
      gained += omega * rate * (ratio * ratio - next * next);
    };
    const double after = finalLaw(chain).mean([&](double x) { return line.r(x); });
    missing[std::size_t(refine)] = (after - before) - gained;
  }
  EXPECT_LT(std::abs(missing[2]), std::abs(missing[1]));
  const double a = 2 * missing[1] - missing[0], b = 2 * missing[2] - missing[1];
  EXPECT_NEAR(b + (b - a) / 3, 0, 3e-3);
}

TEST(RewardTilt, OfAHalfSpaceBringsAllToItsSide) {
  const Reward r = along(RewardKind::HalfPlane);
  const TiltedLine line(twoBells(), r);
  const auto share = [&](double omega) {
    const oracle::Atoms law = finalLaw(line.chain(50, omega));
    return law.mean([](double x) { return double(x > -.01); });
  };
  EXPECT_NEAR(share(0), .5, 5e-3);
  EXPECT_GT(share(1), .998);
  const oracle::Atoms law = finalLaw(line.chain(50, 1));  // of the half that is there: E[x | x > 0]
  EXPECT_NEAR(law.mean([](double x) { return x; }), line.mean([](double x) { return x > 0 ? 2 * x : 0; }), .01);
}

// The program's sampler in the plane, by the table that stands for the tilted law.
TEST(RewardTilt, TheSamplerReachesTheTiltedLaw) {
  const gs::Mixture m{{{0, .4, {-1, .2}, {.3, .1, .2}}, {1, .6, {1, -.3}, {.5, -.2, .4}}}};
  Reward r = along(RewardKind::Ring);
  r.width = .25;
  gs::Experiment e = tilted(r, 1);
  e.condition = gs::kUnconditional;
  e.schedule.steps = 100;
  e.particles.count = 3000;
  double mass = 0, reward = 0;
  for (double x = -4; x < 4; x += .02)
    for (double y = -4; y < 4; y += .02) {
      const double f = std::exp(gs::logReward(r, m, 0, {x, y})), p = std::exp(gs::logDensity(m, {x, y}, {1, 0}));
      mass += p * f, reward += p * f * f;
    }
  const auto frame = run(e, m);
  const Estimate got = estimate(*frame, [&](gs::Vec2 x) { return std::exp(gs::logReward(r, m, 0, x)); });
  EXPECT_NEAR(got.value, reward / mass, 4.5 * got.se + 5e-3);
  // Not in its mean reward alone: the samples are of r p / E[r], whose draws are those of p that r lets pass (it is at
  // most 1).
  oracle::Random random{12};
  std::vector<float> exact;
  for (const gs::Draw& d : gs::sampleExact(m, 12000, 31))
    if (random.chance(std::exp(gs::logReward(r, m, 0, d.x)))) exact.insert(exact.end(), {float(d.x.x), float(d.x.y)});
  exact.resize(std::min<std::size_t>(exact.size(), 3000));
  ASSERT_GT(exact.size(), 2000u);
  const gs::Distance distance = gs::energyDistance(frame->at(frame->steps()), exact, 5);
  EXPECT_LT(distance.value, 6 * distance.floor);
  e.guidance[0].omega = 3;
  EXPECT_GT(estimate(*run(e, m), [&](gs::Vec2 x) { return std::exp(gs::logReward(r, m, 0, x)); }).value, got.value);
}

// The gallery's scenes: E[r] without guidance is that of the law, with weight 1 it is E[r^2] / E[r], with more it is
// higher.
TEST(RewardTilt, TheScenesShowWhatTheTheoremSays) {
  for (const char* name : {"reward", "swiss-roll"}) {
    const gs::Session scene = gs::scenePreset(name);
    const auto m = gs::resolve(scene.panes[0].distribution);
    gs::Experiment e = scene.panes[1];
    const Reward r = e.guidance.at(0).reward;
    const auto value = [&](gs::Vec2 x) { return std::exp(gs::logReward(r, *m, gs::kUnconditional, x)); };
    double first = 0, second = 0;
    for (double x = -3.5; x < 3.5; x += .07)
      for (double y = -3.5; y < 3.5; y += .07) {
        const double p = .0049 * std::exp(gs::logDensity(*m, {x, y}, {1, 0}));
        first += p * value({x, y}), second += p * value({x, y}) * value({x, y});
      }
    double before = 0;
    for (const double omega : {0., 1., 4.}) {
      e.guidance[0].omega = omega;
      const Estimate got = estimate(*run(e, *m), value);
      if (omega < 4) {
        EXPECT_NEAR(got.value, omega == 0 ? first : second / first, 4.5 * got.se + 1e-3) << name << " " << omega;
      }
      EXPECT_GT(got.value, before) << name << " " << omega;
      before = got.value;
    }
  }
}

// A classifier's posterior as a reward on p(x), from the unconditional model: E1's numbers.
TEST(RewardTilt, ByAClassPosteriorIsClassifierGuidance) {
  const gs::Mixture m{{{0, .5, {1, 0}, {1, 0, 1}}, {1, .5, {-1, 0}, {1, 0, 1}}}};
  Reward r = along(RewardKind::ClassPosterior);
  for (const auto& [omega, value] : {std::array{0., .5}, {.5, .6572}, {1., .7752}, {2., .8940}}) {
    gs::Experiment e = tilted(r, omega);
    e.condition = gs::kUnconditional;
    const Estimate got = estimate(*run(e, m), [&](gs::Vec2 x) { return std::exp(gs::logReward(r, m, -1, x)); });
    EXPECT_NEAR(got.value, value, 4.5 * got.se + 4e-3) << omega;
  }
}

}  // namespace
}  // namespace papers
