// Learned guidance weights (2510.00815): the step's kernel, the objectives against closed forms, their gradients.
#include <gtest/gtest.h>

#include <cmath>

#include "data/distributions.h"
#include "learn/module.h"
#include "learn/objective.h"
#include "learn/omega_network.h"
#include "oracle/networks.h"
#include "oracle/oracle.h"

namespace gs {
namespace {

// Two classes N(+-1, 1/4) on the line, straight paths; the second coordinate is the same for both and does not count.
Experiment twoOnLine() {
  Experiment e;
  Mixture m;
  m.components = {{0, .5, {1, 0}, {.25, 0, 1}}, {1, .5, {-1, 0}, {.25, 0, 1}}};
  e.distribution.kind = DistributionKind::Mixture;
  e.distribution.mixture = Box<Mixture>(m);
  e.condition = 0;
  e.schedule.kind = ScheduleKind::Flow;
  return e;
}

OmegaObjective objectiveOf(const Experiment& e, const OmegaSettings& o) { return {e, resolve(e.distribution), o}; }

// The weight at which the mean loss of many items at one pair of times is least, and the standard error of that.
struct Best {
  double omega = 0, se = 0;
};
Best bestOf(const Experiment& e, OmegaSettings o, double s, double t, int items = 8000) {
  o.batch = items;
  const OmegaBatch b = objectiveOf(e, o).batch(0, {{s, t}});
  const auto slope = [&](double omega, double* se = nullptr) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < b.items.size(); ++i) {
      const double g = b.loss(i, omega).gradient;
      sum += g, squares += g * g;
    }
    const double n = double(b.items.size()), mean = sum / n;
    if (se) *se = std::sqrt((squares / n - mean * mean) / n);
    return mean;
  };
  // The slope grows with omega: regula falsi, its resting end halved (Illinois), which is exact for squares at once.
  double lo = -4, hi = 8, below = slope(lo), above = slope(hi), at = 0;
  for (int i = 0, side = 0; i < 12 && hi - lo > 1e-4; ++i) {
    at = (lo * above - hi * below) / (above - below);
    const double v = slope(at);
    if (std::abs(v) < 1e-7) break;
    if (v > 0) {
      hi = at, above = v;
      if (side == 1) below /= 2;
      side = 1;
    } else {
      lo = at, below = v;
      if (side == -1) above /= 2;
      side = -1;
    }
  }
  Best best{at, 0};
  constexpr double h = .05;
  const double bend = (slope(best.omega + h) - slope(best.omega - h)) / (2 * h);
  double se = 0;
  slope(best.omega, &se);
  best.se = se / bend;
  return best;
}

TEST(OmegaKernel, HoldsTheVectorsAndKeepsMarginals) {
  const NoiseLevel s{.7, .3}, t{.4, .6};
  const StepKernel ddim = stepKernel(s, t, 0), half = stepKernel(s, t, .5), ddpm = stepKernel(s, t, 1);
  EXPECT_NEAR(ddim.a, .5, 1e-12);
  EXPECT_NEAR(ddim.b, .5, 1e-12);
  EXPECT_NEAR(ddim.variance, 0, 1e-12);
  EXPECT_NEAR(half.a, .410714, 1e-6);
  EXPECT_NEAR(half.b, .535714, 1e-6);
  EXPECT_NEAR(half.variance, .0292730, 1e-7);
  EXPECT_NEAR(ddpm.a, .142857, 1e-6);
  EXPECT_NEAR(ddpm.b, .642857, 1e-6);
  EXPECT_NEAR(ddpm.variance, .0826531, 1e-7);
  for (const double churn : {0., .3, .7, 1.}) {
    const StepKernel k = stepKernel(s, t, churn);
    EXPECT_NEAR(k.a * t.alpha + k.b, s.alpha, 1e-12);
    EXPECT_NEAR(k.a * k.a * t.sigma * t.sigma + k.variance, s.sigma * s.sigma, 1e-12);
  }
}

TEST(OmegaObjective, ModelIsTheDataLawWithItsFlaws) {
  Experiment e;
  e.distribution.name = "ring";
  const auto law = resolve(e.distribution);
  const NoiseLevel level{.6, .4};
  const auto ask = [&](const Flaws& flaws, Vec2 x, int label) {
    e.model = flaws;
    PairedDenoiser::Answer out;
    std::vector<PairedDenoiser::Ask> asks{{level, label, &x, &out}};
    pairedDenoiser(e, law)->answer(asks, 1);
    return out;
  };
  for (const Vec2 x : {Vec2(.3, -.2), Vec2(1.5, .1), Vec2(-30, 40)}) {
    const Vec2 c = denoise(*law, x, level, 1), u = denoise(*law, x, level);
    const auto exact = ask({}, x, 1);
    EXPECT_NEAR(exact.conditional.x, c.x, 1e-9);
    EXPECT_NEAR(exact.conditional.y, c.y, 1e-9);
    EXPECT_NEAR(exact.difference.x, c.x - u.x, 1e-9);
    EXPECT_NEAR(exact.difference.y, c.y - u.y, 1e-9);
    Flaws leaky;
    leaky.leakDenoiser = .25;
    EXPECT_NEAR(ask(leaky, x, 1).conditional.x, .75 * c.x + .25 * u.x, 1e-9);
    EXPECT_NEAR(ask(leaky, x, 1).difference.y, .75 * (c.y - u.y), 1e-9);
    leaky.leaks = 0;  // the other class
    EXPECT_NEAR(ask(leaky, x, 1).conditional.x, c.x, 1e-9);
    // Over-smoothed: the denoiser of wider components.
    Flaws wide;
    wide.broaden = .3;
    Mixture wider = *law;
    for (Component& k : wider.components) k.covariance.xx += .09, k.covariance.yy += .09;
    const Vec2 smooth = denoise(wider, x, level, 1);
    EXPECT_NEAR(ask(wide, x, 1).conditional.x, smooth.x, 1e-9 * (1 + std::abs(smooth.x)));
    EXPECT_NEAR(ask(wide, x, 1).difference.y, smooth.y - denoise(wider, x, level).y, 1e-9 * (1 + std::abs(smooth.y)));
    // A leak of the density is the conditional law of a mixture of both.
    Flaws dense;
    dense.leak = .5;
    const double pc = std::exp(logDensity(*law, x, level, 1)), p = std::exp(logDensity(*law, x, level));
    if (p > 1e-200) {
      EXPECT_NEAR(ask(dense, x, 1).conditional.x, (.5 * pc * c.x + .5 * p * u.x) / (.5 * pc + .5 * p), 1e-9);
    }
  }
}

TEST(OmegaObjective, ModelMayBeATrainedNetwork) {
  Experiment e = twoOnLine();
  const auto law = resolve(e.distribution);
  e.model.network = oracle::randomNetwork(12, 3, 2, 4);
  const NoiseLevel level{.6, .4};
  const Vec2 x[] = {{.3, -.2}, {1.5, .1}, {-3, 4}};
  PairedDenoiser::Answer out[3];
  std::vector<PairedDenoiser::Ask> asks{{level, 1, x, out}};
  pairedDenoiser(e, law)->answer(asks, 3);
  for (int j = 0; j < 3; ++j) {
    const Vec2 y = x[j] / level.alpha, c = oracle::network(e.model.network, 1, y, level.ratio()),
               u = oracle::network(e.model.network, kUnconditional, y, level.ratio());
    EXPECT_NEAR(out[j].conditional.x, c.x, 1e-5);
    EXPECT_NEAR(out[j].conditional.y, c.y, 1e-5);
    EXPECT_NEAR(out[j].difference.x, c.x - u.x, 1e-5);
    EXPECT_NEAR(out[j].difference.y, c.y - u.y, 1e-5);
  }
  e.model.network = oracle::randomNetwork(12, 3, 3, 4);
  EXPECT_THROW(pairedDenoiser(e, law), std::invalid_argument);
}

// The table of an exact model: score matching, squares, energy distances with powers 2 and 1, by quadrature.
TEST(OmegaObjective, MinimisersAreThoseOfTheClosedForms) {
  const Experiment e = twoOnLine();
  struct Row {
    double churn, s, t, squares, power2, power1;
  };
  const Row rows[] = {{0, .1, .2, .8, -1.1554, -.563},   {0, .3, .4, 1.8, -.6852, -.310},
                      {0, .5, .6, 2, -.1367, -.079},     {0, .7, .8, 1.4, -.0163, -.011},
                      {0, .3, .6, .4, -.1367, -.124},    {1, .1, .2, .2462, -1.1554, -.708},
                      {1, .3, .4, .7043, -.6852, -.454}, {1, .5, .6, .8, -.1367, -.117},
                      {1, .7, .8, .5158, -.0163, -.016}, {1, .3, .6, .0889, -.1367, -.163}};
  for (const Row& r : rows) {
    OmegaSettings o;
    o.churn = r.churn;
    const auto expect = [&](const char* what, double value) {
      const Best best = bestOf(e, o, r.s, r.t);
      EXPECT_NEAR(best.omega, value, 4 * best.se + 1e-3)
          << what << " eps " << r.churn << " (" << r.s << ", " << r.t << ")";
      EXPECT_LT(best.se, .12) << what;
    };
    o.loss = OmegaLoss::Score;
    expect("score", 0);
    o.loss = OmegaLoss::Squares;
    expect("squares", r.squares);
    o.loss = OmegaLoss::SelfConsistency, o.beta = 2;
    expect("beta 2", r.power2);
    o.beta = 1;
    expect("beta 1", r.power1);
  }
}

// xhat = (1 - eta) xhat_c + eta xhat_u: the same line of guided denoisers, so omega = (1 + exact) / (1 - eta) - 1.
TEST(OmegaObjective, LeakMovesEveryMinimiserAsItMust) {
  Experiment e = twoOnLine();
  e.model.leakDenoiser = .5;
  struct Row {
    double s, t, squares, power2, power1;
  };
  for (const Row& r : {Row{.1, .2, 2.6, -1.3108, -.127}, {.5, .6, 5, .7266, .841}, {.3, .6, 1.8, .7266, .752}}) {
    OmegaSettings o;
    const auto expect = [&](const char* what, double value) {
      const Best best = bestOf(e, o, r.s, r.t);
      EXPECT_NEAR(best.omega, value, 4 * best.se + 1e-3) << what << " (" << r.s << ", " << r.t << ")";
      EXPECT_LT(best.se, .12) << what;
    };
    o.loss = OmegaLoss::Score;
    expect("score", 1);
    o.loss = OmegaLoss::Squares;
    expect("squares", r.squares);
    o.loss = OmegaLoss::SelfConsistency, o.beta = 2;
    expect("beta 2", r.power2);
    o.beta = 1;
    expect("beta 1", r.power1);
  }
}

// Marginal consistency with power 2 compares the means over all x0, which an exact denoiser keeps at every noise level:
// 0 for it, and eta / (1 - eta) where it leaks, as for score matching.
TEST(OmegaObjective, MarginalsCompareMeansOverAllData) {
  for (const double leak : {0., .5}) {
    Experiment e = twoOnLine();
    e.model.leakDenoiser = leak;
    OmegaSettings o;
    o.loss = OmegaLoss::Marginal, o.beta = 2;
    for (const double t : {.5, .7}) {
      const Best best = bestOf(e, o, .3, t);
      EXPECT_NEAR(best.omega, leak / (1 - leak), 4 * best.se + 1e-3) << t;
      EXPECT_LT(best.se, .12);
    }
  }
}

// A alpha_t / B, whatever means and variances: the closed form of the squared loss for two like classes.
TEST(OmegaObjective, SquaresBuyVarianceReduction) {
  for (const double mean : {.5, 2.}) {
    Experiment e = twoOnLine();
    Mixture m = *e.distribution.mixture;
    m.components[0].mean.x = mean, m.components[1].mean.x = -mean;
    e.distribution.mixture = Box<Mixture>(m);
    OmegaSettings o;
    o.loss = OmegaLoss::Squares;
    o.churn = .5;
    const NoiseLevel s{.6, .4}, t{.4, .6};
    const StepKernel k = stepKernel(s, t, o.churn);
    const Best best = bestOf(e, o, .4, .6);
    EXPECT_NEAR(best.omega, k.a * t.alpha / k.b, 4 * best.se) << mean;
  }
}

// With the same noise in both sets, and DDIM, x~_s - x_s = B (x^ - x0): the squared loss is score matching and learns
// 0.
TEST(OmegaObjective, SharedNoiseIsAPitfall) {
  const Experiment e = twoOnLine();
  OmegaSettings o;
  o.loss = OmegaLoss::Squares;
  const Best own = bestOf(e, o, .3, .6);
  o.sharedNoise = true;
  const Best shared = bestOf(e, o, .3, .6);
  EXPECT_NEAR(own.omega, .4, 4 * own.se);
  EXPECT_NEAR(shared.omega, 0, 4 * shared.se + 1e-9);
  EXPECT_LT(shared.se, .03);
}

// The signal of short steps: B -> 0, and the squared loss asks for ever larger weights.
TEST(OmegaObjective, ShortStepsSayLittle) {
  const Experiment e = twoOnLine();
  OmegaSettings o;
  o.loss = OmegaLoss::Squares;
  o.batch = 512;
  const auto mean = [&](double gap) {
    const OmegaBatch b = objectiveOf(e, o).batch(0, {{.5, .5 + gap}});
    double sum = 0;
    for (const Vec2& p : b.push) sum += std::abs(p.x);
    return sum / double(b.push.size());
  };
  EXPECT_NEAR(mean(.01) / mean(.1), .1, .03);
  EXPECT_GT(.5 * .49 / .01, 10);  // s (1 - t) / (t - s)
}

// The unbiased interaction: for particles of one law, exact and paired off by omega = 0, the loss has mean
// E|x - y| - E|x - x'| / 2 = E|x - y| / 2, which the biased version (1 / m^2) overstates by 1 / m.
TEST(OmegaObjective, InteractionIsUnbiased) {
  OmegaBatch b;
  b.particles = 3;
  b.items.resize(1);
  b.base = {{0, 0}, {3, 4}, {0, 8}};
  b.push.assign(3, Vec2(0.0));
  b.target.assign(3, Vec2(0.0));
  EXPECT_NEAR(b.loss(0, 0).value, (0 + 5 + 8) / 3. - .5 * 2 * (5 + 8 + 5) / 6., 1e-12);
}

OmegaSettings small() {
  OmegaSettings o;
  o.batch = 64, o.particles = 4, o.width = 16, o.depth = 3;
  return o;
}

TEST(OmegaGradient, IsTheDifferenceQuotientAndAutomaticDifferentiation) {
  Experiment e;
  e.distribution.name = "ring";
  e.model.leak = .2;
  for (const OmegaLoss loss : {OmegaLoss::SelfConsistency, OmegaLoss::Squares, OmegaLoss::Marginal, OmegaLoss::Score}) {
    for (const double beta : {1., 1.75}) {
      LearnRequest r;
      r.experiment = e;
      r.omega = small();
      r.omega.batch = 24;
      r.omega.loss = loss, r.omega.beta = beta, r.omega.churn = .4;
      const OmegaBatch b = objectiveOf(e, r.omega).batch(5);
      std::vector<double> omega;
      for (std::size_t i = 0; i < b.items.size(); ++i) omega.push_back(.05 * double(i) - .4);
      const std::vector<double> automatic = learnModule().gradient(r, 5, omega);
      ASSERT_EQ(automatic.size(), omega.size());
      for (std::size_t i = 0; i < omega.size(); ++i) {
        constexpr double h = 1e-5;
        const double own = b.loss(i, omega[i]).gradient;
        const double quotient = (b.loss(i, omega[i] + h).value - b.loss(i, omega[i] - h).value) / (2 * h);
        EXPECT_NEAR(own, quotient, 1e-5 * (1 + std::abs(own))) << int(loss) << " beta " << beta << " item " << i;
        EXPECT_NEAR(own, automatic[i], 1e-9 * (1 + std::abs(own))) << int(loss) << " beta " << beta << " item " << i;
      }
    }
  }
}

// Algorithm 4: L - gamma R. A reward that grows along the push pulls the weight up, so its slope is negative.
TEST(OmegaGradient, RewardCountsWithItsSign) {
  Experiment e = twoOnLine();
  OmegaSettings o = small();
  o.rewardWeight = 2;
  o.reward.kind = RewardKind::Linear;
  o.reward.angle = 0, o.reward.strength = 1.5;  // log r = 1.5 x
  const OmegaBatch with = objectiveOf(e, o).batch(3);
  o.rewardWeight = 0;
  const OmegaBatch without = objectiveOf(e, o).batch(3);
  for (std::size_t i = 0; i < with.items.size(); ++i) {
    double mean = 0, at = 0;
    for (std::size_t j = 4 * i; j < 4 * i + 4; ++j)
      mean += with.difference[j].x / 4, at += (with.answer[j].x + .7 * with.difference[j].x) / 4;
    EXPECT_NEAR(with.loss(i, .7).gradient - without.loss(i, .7).gradient, -2 * 1.5 * mean, 1e-6);
    EXPECT_NEAR(with.loss(i, .7).value - without.loss(i, .7).value, -2 * 1.5 * at, 1e-9);
    if (with.items[i].label == 0) {
      EXPECT_GT(mean, 0);
    }
  }
}

TEST(OmegaNetworks, NativeAndTorchAgree) {
  LearnRequest r;
  r.experiment.distribution.name = "ring-4";
  for (const OmegaOutput output : {OmegaOutput::Relu, OmegaOutput::Softplus}) {
    r.omega = small();
    r.omega.output = output, r.omega.seed = 7, r.omega.width = 24, r.omega.depth = 4;
    OmegaNetwork net = OmegaNetwork::fresh(r.omega, 4);
    EXPECT_NEAR(net(1, -1, 2), r.omega.bias, .1) << "live at the start";
    for (NamedArray& a : net.weights)
      for (float& v : a.values) v *= 3;
    std::vector<double> queries;
    for (int c = 0; c < 4; ++c)
      for (double s = -8; s < 8; s += 2.5) queries.insert(queries.end(), {s, s - 3, double(c)});
    const std::vector<double> theirs = learnModule().omega(r, net.weights, queries);
    double largest = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      const double own = net(queries[3 * i], queries[3 * i + 1], int(queries[3 * i + 2]));
      EXPECT_NEAR(own, theirs[i], 1e-4 * (1 + own));
      largest = std::max(largest, own);
    }
    EXPECT_GT(largest, .1);
  }
}

TEST(OmegaNetworks, TableFollowsTheNetwork) {
  OmegaSettings o = small();
  o.seed = 3;
  OmegaNetwork net = OmegaNetwork::fresh(o, 2);
  for (float& v : net.weights[4].values) v *= 20;  // classes that differ
  const LearnedWeights w = net.table(o, "test");
  EXPECT_TRUE(wellFormed(w));
  EXPECT_EQ(w.classes, 2);
  const auto ratio = [](double t) { return t / (1 - t); };
  for (int c = 0; c < 2; ++c)
    for (const double t : {.2, .5, .61, .9})
      for (const double s : {.05, .5, .9}) {
        const double at = t * s, own = net(-2 * std::log(ratio(at)), -2 * std::log(ratio(t)), c);
        EXPECT_NEAR(weightOf(w, ratio(t), ratio(at), c), own, 2e-3 + .01 * own) << c << " " << t << " " << s;
      }
  EXPECT_GT(std::abs(weightOf(w, 1, .5, 0) - weightOf(w, 1, .5, 1)), 1e-3);
  EXPECT_EQ(weightOf(w, 1, .5, 2), 0);
  EXPECT_GT(weightOf(w, std::numeric_limits<double>::infinity(), 50, 0), 0) << "from pure noise";
}

TEST(OmegaErrors, NameThePlace) {
  const auto message = [](Experiment e, const OmegaSettings& o) -> std::string {
    try {
      objectiveOf(e, o);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  OmegaSettings o;
  o.particles = 1;
  EXPECT_EQ(message(twoOnLine(), o).rfind("omega.particles: ", 0), 0u);
  o = {};
  o.apart = .99;
  EXPECT_EQ(message(twoOnLine(), o).rfind("omega.apart: ", 0), 0u);
  Experiment one = twoOnLine();
  Mixture m = *one.distribution.mixture;
  for (Component& c : m.components) c.label = 0;
  one.distribution.mixture = Box<Mixture>(m);
  EXPECT_EQ(message(one, {}).rfind("distribution: has one class only", 0), 0u);
  try {
    OmegaNetwork net = OmegaNetwork::fresh(small(), 2);
    net.weights[5].shape = {3, 3};
    OmegaNetwork::of(small(), 2, net.weights);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "layer.0.weight: has the shape (3, 3); (16, 48) is needed");
  }
}

}  // namespace
}  // namespace gs
