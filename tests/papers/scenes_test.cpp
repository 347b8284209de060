// What the notes of the methods' scenes say is so, to the digits that they give.
#include <array>

#include <gtest/gtest.h>

#include "data/distributions.h"
#include "data/networks.h"
#include "diffusion/metrics.h"
#include "diffusion/reward.h"
#include "measure/score_errors.h"
#include "measure/sweep.h"
#include "oracle/oracle.h"
#include "oracle/random.h"
#include "papers/line.h"
#include "papers/run.h"
#include "session/json.h"

namespace papers {
namespace {

struct Said {
  const char* scene;
  int pane;
  const char* metric;
  double value, within;
};
void PrintTo(const Said& s, std::ostream* out) { *out << s.scene << " pane " << s.pane << " " << s.metric; }

class SceneNotes : public testing::TestWithParam<Said> {};
TEST_P(SceneNotes, SayWhatIsMeasured) {
  const Said& said = GetParam();
  const gs::Session session = gs::scenePreset(said.scene);
  const gs::Experiment& e = session.panes.at(std::size_t(said.pane));
  const auto mixture = gs::resolve(e.distribution);
  const auto frame = engine().sample(gs::compile(e, mixture), e.particles.count, {});
  for (const gs::Metric& m : gs::sampleMetrics(*mixture, e.condition, frame->read(frame->rows() - 1), 1, 16, {}))
    if (m.name == said.metric) {
      EXPECT_NEAR(m.value, said.value, said.within);
      return;
    }
  ADD_FAILURE() << "no such number";
}
INSTANTIATE_TEST_SUITE_P(
    Methods, SceneNotes,
    testing::Values(
        Said{"classifier", 0, "outliers", .008, .004}, Said{"classifier", 1, "outliers", .19, .015},
        Said{"perp-neg", 0, "outliers", .27, .015}, Said{"perp-neg", 1, "outliers", .93, .01},
        Said{"label-noise", 0, "fraction_1", .24, .015}, Said{"label-noise", 1, "fraction_1", .19, .015},
        Said{"delayed", 0, "fraction_1", .29, .015}, Said{"power-law", 0, "outliers", .027, .006},
        Said{"power-law", 1, "outliers", .044, .008}, Said{"mambo", 0, "fraction_1", .5, .015},
        Said{"adaptive", 0, "fraction_1", .35, .015}, Said{"cfg-zero", 0, "fraction_1", .34, .015},
        Said{"cfg-zero", 1, "fraction_1", .26, .015}, Said{"tangential", 0, "fraction_1", .21, .015},
        Said{"rectified", 0, "fraction_1", .29, .015}, Said{"rectified", 0, "outliers", .008, .004},
        Said{"score-noise", 0, "outliers", .014, .004}, Said{"score-noise", 1, "outliers", .087, .01},
        Said{"score-noise", 1, "fraction_2", .196, .01}, Said{"score-noise", 1, "fraction_4", .318, .01},
        Said{"characteristic", 0, "fraction_1", .295, .015}, Said{"characteristic", 1, "fraction_1", .186, .015},
        Said{"predictor-corrector", 0, "fraction_1", .27, .015}, Said{"predictor-corrector", 0, "shift_1", .075, .03},
        Said{"predictor-corrector", 1, "shift_1", .68, .03}, Said{"gibbs", 0, "fraction_1", .5, .015},
        Said{"gibbs", 1, "fraction_1", .27, .015}, Said{"sum-of-scores", 0, "shift_0", .81, .03},
        Said{"sum-of-scores", 1, "shift_0", .13, .03}, Said{"adaptive-latched", 0, "fraction_1", .343, .015},
        Said{"adaptive-latched", 1, "fraction_1", .245, .015}, Said{"rescale", 0, "fraction_1", .5, .015},
        Said{"feedback-tracked", 0, "accuracy", .983, .008}, Said{"feedback-tracked", 1, "accuracy", .938, .012},
        Said{"threshold", 1, "outliers", .37, .02}, Said{"weak-gap", 0, "fraction_0", .187, .015},
        Said{"weak-gap", 1, "mean_x", -.3, .06}, Said{"weak-few", 0, "fraction_1", .44, .015},
        Said{"weak-few", 1, "outliers", .245, .02}, Said{"temperature", 0, "fraction_1", .196, .015},
        Said{"temperature", 1, "fraction_1", .287, .015}, Said{"temperature", 2, "fraction_1", .428, .015},
        Said{"weight-shapes", 0, "fraction_1", .187, .015}, Said{"weight-shapes", 1, "fraction_1", .243, .015},
        Said{"weight-shapes", 2, "fraction_1", .315, .015}, Said{"weight-powers", 0, "fraction_1", .414, .015},
        Said{"weight-powers", 1, "fraction_1", .469, .015}, Said{"weight-powers", 2, "fraction_1", .496, .015},
        Said{"weight-powers", 0, "shift_1", .281, .03}, Said{"weight-powers", 2, "shift_1", .07, .03},
        Said{"weight-window", 0, "fraction_1", .305, .015}, Said{"weight-window", 1, "fraction_1", .497, .015},
        Said{"push-back", 0, "mean_x", 1.614, .03}, Said{"push-back", 0, "spread_along", .771, .02},
        Said{"push-back", 1, "mean_x", 1.364, .03}, Said{"push-back", 1, "spread_along", .942, .02},
        Said{"push-back", 2, "mean_x", 1.269, .03}, Said{"push-back", 2, "spread_along", 1.011, .025}));

// Of the crown's part that reaches into the other one classifier-free guidance keeps next to nothing, autoguidance all;
// and its samples lie closer to the branches than those of the network by itself.
TEST(SceneNotes, AutoguidanceOnTheTreeKeepsItsBranches) {
  gs::Session session = gs::scenePreset("autoguidance-tree");
  std::vector<std::string> warnings;
  gs::readNetworks(session, "", warnings);
  ASSERT_TRUE(warnings.empty()) << warnings[0];
  const auto mixture = gs::resolve(session.panes[0].distribution);
  constexpr double kReaches = .3;
  double data = 0, all = 0;
  for (const gs::Component& c : mixture->components)
    if (c.label == session.panes[0].condition) {
      all += c.weight;
      data += c.weight * .5 * std::erfc((kReaches - c.mean.x) / std::sqrt(2 * c.covariance.xx));
    }
  data /= all;
  const auto look = [&](gs::Experiment e) {
    e.particles.count = 2048;
    const auto frame = engine().sample(gs::compile(e, mixture), e.particles.count, {});
    const auto row = frame->read(frame->rows() - 1);
    int beyond = 0;
    for (std::size_t i = 0; i < row.size(); i += 2) beyond += row[i] > kReaches;
    double outside = -1;
    for (const gs::Metric& m : gs::sampleMetrics(*mixture, e.condition, row, 1, 16, {}))
      if (m.name == "outliers") outside = m.value;
    return std::array<double, 2>{beyond / 2048. / data, outside};
  };
  const auto free = look(session.panes[0]), automatic = look(session.panes[1]);
  session.panes[1].guidance[0].omega = 0;
  const auto none = look(session.panes[1]);
  EXPECT_GT(data, .05);
  EXPECT_LT(free[0], .1);
  EXPECT_NEAR(automatic[0], 1, .25);
  EXPECT_LT(automatic[1], none[1] - .03);
}

// Or: half of the particles at each of the two classes. And: the crossings, with fewer strays where there is churn.
TEST(SceneNotes, OrAndAnd) {
  const auto ends = [](const gs::Experiment& e) {
    const auto frame = engine().sample(gs::compile(e, gs::resolve(e.distribution)), e.particles.count, {});
    const auto row = frame->read(frame->rows() - 1);
    std::vector<gs::Vec2> x;
    for (std::size_t i = 0; i + 1 < row.size(); i += 2) x.push_back({row[i], row[i + 1]});
    return x;
  };
  const auto share = [](const std::vector<gs::Vec2>& x, auto&& in) {
    return double(std::count_if(x.begin(), x.end(), in)) / double(x.size());
  };
  const auto either = ends(gs::scenePreset("or").panes[0]);
  EXPECT_NEAR(share(either, [](gs::Vec2 x) { return glm::distance(x, gs::Vec2{2., 0.}) < .7; }), .5, .03);
  EXPECT_NEAR(share(either, [](gs::Vec2 x) { return glm::distance(x, gs::Vec2{-2., 0.}) < .7; }), .5, .03);
  const gs::Session both = gs::scenePreset("and");
  const auto inside = [](gs::Vec2 x) { return std::abs(std::abs(x.x) - 1.5) > 1 || std::abs(std::abs(x.y) - 1.5) > 1; };
  const double ode = share(ends(both.panes[0]), inside), sde = share(ends(both.panes[1]), inside);
  EXPECT_GT(ode, 2 * sde + .01);
  EXPECT_LT(sde, .03);
}

// ---- paper-a5: how far a network that was trained with the reward as weight is from the closed form ----------------

gs::Session learningScene() {
  gs::Session session = gs::scenePreset("paper-a5");
  std::vector<std::string> warnings;
  gs::readNetworks(session, "", warnings);
  EXPECT_TRUE(warnings.empty());
  return session;
}

// E[r x0 | y] / E[r | y] for a reward of u = n.x: along n by the midpoint rule, across it as Gaussians go along.
gs::Vec2 rampDenoiser(const gs::Reward& reward, const gs::Mixture& law, const oracle::Law& base, gs::Vec2 y,
                      double ratio) {
  const gs::Vec2 n = gs::rewardDirection(reward);
  double mass = 0;
  gs::Vec2 sum{0., 0.};
  for (const oracle::PosteriorPart& part : oracle::posterior(base, y, ratio).parts) {
    if (part.weight < 1e-8) continue;
    const gs::Vec2 across = part.covariance * n;  // covariance of x0 and u
    const double variance = glm::dot(n, across), spread = std::sqrt(variance);
    for (double z = -5.75; z < 6; z += .5) {
      const gs::Vec2 x = part.mean + across * (z / spread);
      const double w = part.weight * std::exp(gs::logReward(reward, law, gs::kUnconditional, x) - z * z / 2);
      mass += w, sum += w * x;
    }
  }
  return sum / mass;
}

struct LearnedError {
  int steps;
  double endless, few;  // the number of a sweep for a network that saw new points for ever, and for one of 100 points
};
TEST(RewardNetworks, NearTheClosedFormWithStepsAndData) {
  gs::Session session = learningScene();
  for (gs::Experiment& e : session.panes) e.particles.count = 256;  // the first paths are what the number is of
  const auto errors = [&](int pane) {
    return gs::sweep(engine(), session, pane, {gs::parseAxis("guidance.0.network.snapshot=0,1,2,3,4")}, {"score_error"},
                     {}, {});
  };
  const gs::SweepTable endless = errors(0), few = errors(1);
  const gs::Network& network = *session.panes[0].guidance[0].network.network;
  ASSERT_EQ(network.snapshots.size(), 5u);
  std::size_t i = 0;
  for (const LearnedError& said :
       {LearnedError{20, .94, .91}, {75, .67, .72}, {283, .32, .43}, {1064, .13, .245}, {4000, .086, .26}}) {
    EXPECT_EQ(network.snapshots[i].step, said.steps);
    EXPECT_NEAR(endless.values[i][0].value, said.endless, .1 * said.endless) << said.steps;
    EXPECT_NEAR(few.values[i][0].value, said.few, .1 * said.few) << said.steps;
    ++i;
  }
}

// The curve that the scene's card draws, at some levels, against draws of the tilted law with the closed form's
// denoiser by quadrature and the oracle's network.
TEST(RewardNetworks, ErrorsAreThoseOfTheOracle) {
  gs::Session session = learningScene();
  gs::Experiment& e = session.panes[0];
  e.schedule.steps = 6;
  const auto law = gs::resolve(e.distribution);
  const oracle::Law base = oracle::law(*law, gs::kUnconditional);
  const gs::Reward& reward = e.guidance[0].reward;
  for (const int snapshot : {1, 4}) {
    e.guidance[0].network.snapshot = snapshot;
    const gs::ScoreErrors found = gs::scoreErrors(engine(), gs::compile(e, law), {});
    ASSERT_EQ(found.absent, "");
    int compared = 0;
    for (const gs::ScoreErrorPoint& p : found.points) {
      if (p.ratio < .1 || p.ratio > 3) continue;
      oracle::Random random(5);
      double mass = 0, squares = 0;
      for (int i = 0; i < 480; ++i) {  // three of every component
        const gs::Component& k = law->components[std::size_t(i) % law->components.size()];
        const gs::Vec2 x = k.mean + std::sqrt(k.covariance.xx) * random.normal2(), y = x + p.ratio * random.normal2();
        const double r = std::exp(gs::logReward(reward, *law, gs::kUnconditional, x));
        const gs::Vec2 off = oracle::network(e.guidance[0].network, gs::kUnconditional, y, p.ratio) -
                             rampDenoiser(reward, *law, base, y, p.ratio);
        mass += r, squares += r * glm::dot(off, off);
      }
      EXPECT_NEAR(p.guided, std::sqrt(squares / mass) / p.ratio, .12 * p.guided) << snapshot << " at " << p.ratio;
      ++compared;
    }
    EXPECT_GE(compared, 2);
  }
}

// ---- reward-network: the Swiss roll before and after guidance (figure A-4) ------------------------------------------

// E[r] is that of the law without guidance and E[r^2] / E[r] with weight 1, by quadrature; the closed form's push and
// that of two trained networks both go from one to the other, as the scene's notes say.
TEST(RewardNetworks, OnTheSwissRollReachTheTiltedLaw) {
  gs::Session session = gs::scenePreset("reward-network");
  std::vector<std::string> warnings;
  gs::readNetworks(session, "", warnings);
  ASSERT_TRUE(warnings.empty()) << warnings[0];
  const auto law = gs::resolve(session.panes[0].distribution);
  const gs::Reward reward = session.panes[0].guidance.at(0).reward;
  ASSERT_EQ(session.panes[1].guidance.at(0).reward, reward);
  const auto value = [&](gs::Vec2 x) { return std::exp(gs::logReward(reward, *law, gs::kUnconditional, x)); };
  double mass = 0, first = 0, second = 0;
  for (double x = -3.5; x < 3.5; x += .07)
    for (double y = -3.5; y < 3.5; y += .07) {
      const double p = std::exp(gs::logDensity(*law, {x, y}, {1, 0})), r = value({x, y});
      mass += p, first += p * r, second += p * r * r;
    }
  first /= mass, second /= mass;
  EXPECT_NEAR(first, .475, 6e-4);
  EXPECT_NEAR(second / first, .898, 6e-4);
  const auto after = [&](int pane, double omega) {
    gs::Experiment e = session.panes[std::size_t(pane)];
    e.particles.count = 1500;
    e.guidance[0].omega = omega;
    return estimate(*run(e, *law), value);
  };
  EXPECT_LT(std::abs(after(0, 1).z(second / first)), 4.5);
  const Estimate networks = after(1, 1), base = after(1, 0);
  EXPECT_NEAR(networks.value, second / first, 4 * networks.se);
  EXPECT_NEAR(base.value, first, 4 * base.se + .01);
}

// ---- |E_N - E_inf| ------------------------------------------------------------------------------------------------

// Of E1 both are known by quadrature: the law of N steps of DDIM, and the ODE's.
TEST(LimitErrorOf, E1IsThatOfTheStepsLaw) {
  gs::Session session;
  session.panes = {cfg(1, gs::SolverKind::Euler, 0, 16, 4000)};
  session.panes[0].distribution.name = "ov";
  const gs::SweepTable t =
      gs::sweep(engine(), session, 0, {gs::parseAxis("schedule.steps=8,16,32")}, {"limit_error"}, {}, {});
  ASSERT_EQ(t.values.size(), 3u);
  const Line line = e1();
  const auto inverse = [&](double x) { return 1 / line.posterior(x, 0); };
  const double limit = line.odeMean(0, 1, inverse, 200);
  for (std::size_t i = 0; i < 3; ++i) {
    gs::Schedule s = session.panes[0].schedule;
    s.steps = 8 << i;
    std::vector<double> levels;
    for (const gs::GridPoint& g : gs::timeGrid(s)) levels.push_back(g.ratio);
    const double exact = std::abs(finalLaw(line.chain(levels, 0, 0, 1)).mean(inverse) - limit);
    const gs::SweepValue& v = t.values[i][0];
    EXPECT_LT(std::abs(v.value - exact), 4.5 * v.se + 1e-4) << s.steps << ": " << v.value << ", exact " << exact;
    EXPECT_LT(v.se, .5 * v.value);
  }
}

// ---- paper-a6: what guidance raises and lowers in spite of a wrong score -------------------------------------------

struct TooBroad {
  double broaden, guided, plain;  // E[1/p(c|x)] of infinitely many steps, guided and without guidance
};
TEST(WrongScore, LowersTheMeanInverseInSpiteOfABroadModel) {
  gs::Experiment e = gs::scenePreset("paper-a6").panes[0];
  const auto law = gs::resolve(e.distribution);
  const Line exact = e1();
  const auto inverse = [&](double x) { return 1 / exact.posterior(x, 0); };
  for (const TooBroad& said : {TooBroad{0, 1.170, 2}, {.4, 1.195, 2.38}, {.8, 1.342, 4.6}}) {
    e.model.broaden = said.broaden;
    const auto frame = engine().sample(gs::compile(e, law), e.particles.count, {});
    Line broad = exact;
    for (Part& p : broad.parts) p.variance += said.broaden * said.broaden;
    const auto mean = [&](double omega, std::vector<double> levels) {
      levels.front() = std::min(levels.front(), 1e4);  // pure noise
      return finalLaw(broad.chain(std::move(levels), e.sampler.churn, 0, omega)).mean(inverse);
    };
    std::array<double, 3> guided;
    for (int i = 0; i < 3; ++i) guided[std::size_t(i)] = mean(1, oracle::flowGrid(100 << i));
    const double a = 2 * guided[1] - guided[0], b = 2 * guided[2] - guided[1];  // Richardson's table
    EXPECT_NEAR(b + (b - a) / 3, said.guided, .004) << said.broaden;
    EXPECT_NEAR(1 + std::exp(2 * said.broaden * said.broaden), said.plain, .006);
    // The same for the steps of the scene, where the heavy tail still is missing.
    const std::vector<double> levels = ratios(*frame);
    EXPECT_LT(mean(1, levels), .7 * mean(0, levels)) << said.broaden;
    const Estimate sampled = estimate(*frame, [&](gs::Vec2 x) { return inverse(x.x); });
    EXPECT_LT(std::abs(sampled.z(mean(1, levels))), 4.5) << said.broaden;
  }
}

struct Noisy {
  double noise, guided, plain;  // E[r(x)]
};
TEST(WrongScore, RaisesTheRewardInSpiteOfANoisyModel) {
  gs::Experiment e = gs::scenePreset("paper-a6").panes[1];
  const auto law = gs::resolve(e.distribution);
  const gs::Reward reward = e.guidance[0].reward;
  const auto mean = [&](double omega, double noise) {
    e.guidance[0].omega = omega, e.guidance[1].weak.noise = noise;
    const auto frame = engine().sample(gs::compile(e, law), e.particles.count, {});
    return estimate(*frame, [&](gs::Vec2 x) { return std::exp(gs::logReward(reward, *law, gs::kUnconditional, x)); });
  };
  gs::Reward square = reward;  // r^2
  square.width /= std::numbers::sqrt2, square.across /= std::numbers::sqrt2;
  const double plain = std::exp(gs::logMeanReward(*law, gs::kUnconditional, reward)),
               tilted = std::exp(gs::logMeanReward(*law, gs::kUnconditional, square)) / plain;
  EXPECT_NEAR(mean(1, 0).value, tilted, .012);
  EXPECT_NEAR(mean(0, 0).value, plain, .012);
  for (const Noisy& said : {Noisy{.2, .651, .336}, {.4, .632, .334}, {.8, .576, .319}}) {
    EXPECT_NEAR(mean(1, said.noise).value, said.guided, .012) << said.noise;
    EXPECT_NEAR(mean(0, said.noise).value, said.plain, .012) << said.noise;
  }
}

}  // namespace
}  // namespace papers
