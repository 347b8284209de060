// Every method of the guidance catalogue on every engine against the oracle, and what each is at its neutral
// parameters.
#include <string>

#include <gtest/gtest.h>

#include "conformance/compare.h"
#include "session/enums.h"

namespace conformance {
namespace {

using namespace gs;

struct Method {
  const char* name;
  std::vector<Term> terms;
  double looser = 1;
  Flaws model = {};
};

Term make(TermKind kind, double omega, auto&& change) {
  Term t;
  t.kind = kind;
  t.omega = omega;
  change(t);
  return t;
}
Term make(TermKind kind, double omega) {
  return make(kind, omega, [](Term&) {});
}
Term weakened(double omega, auto&& change) {
  return make(TermKind::Autoguidance, omega, [&](Term& t) {
    t.weak.broaden = 0;
    change(t.weak);
  });
}
Term rewarded(RewardKind kind, double omega, auto&& change) {
  return make(TermKind::Reward, omega, [&](Term& t) {
    t.reward.kind = kind;
    t.reward.angle = 25, t.reward.center = {.4, -.3}, t.reward.width = .8;
    change(t.reward);
  });
}
Term rewarded(RewardKind kind, double omega) {
  return rewarded(kind, omega, [](Reward&) {});
}
Term curved(CurveKind kind, auto&& change) {
  return make(TermKind::Cfg, 1.5, [&](Term& t) {
    t.curve.kind = kind;
    change(t.curve);
  });
}

const std::vector<Method>& methods() {
  static const std::vector<Method> list = [] {
    const Term cfg = make(TermKind::Cfg, 2);
    const auto plain = [](auto&) {};
    std::vector<Method> m{
        {"classifier", {make(TermKind::Classifier, 2)}},
        {"classifierWarm", {make(TermKind::Classifier, 2, [](Term& t) { t.temperature = 2.5; })}},
        {"classifierCold", {make(TermKind::Classifier, 1, [](Term& t) { t.temperature = .5; })}},
        // Far from the data two large scores of the clean law cancel.
        {"classifierClean", {make(TermKind::Classifier, .02, [](Term& t) { t.clean = true; })}, 1e4},
        {"classifierCleanWarm",
         {make(TermKind::Classifier, .02, [](Term& t) { t.clean = true, t.temperature = 2; })},
         1e4},
        {"and", {make(TermKind::And, 1.5, [](Term& t) { t.label = 2; }), cfg}, 10},
        {"sum", {make(TermKind::Sum, .5, [](Term& t) { t.label = 2; })}, 100},
        {"sumLate",
         {make(TermKind::Sum, .3, [](Term& t) { t.label = 0, t.curve.kind = CurveKind::Interval; }), cfg},
         100},
        {"or", {make(TermKind::Or, 1, [](Term& t) { t.label = 2; }), cfg}},
        {"negative", {make(TermKind::Negative, .7, [](Term& t) { t.label = 0; })}},
        {"dynamic", {make(TermKind::Dynamic, 1, [](Term& t) { t.label = 0; })}},
        {"dynamicBounded", {make(TermKind::Dynamic, 2, [](Term& t) { t.label = 2, t.most = .8; })}},
        {"perpendicular", {make(TermKind::Perpendicular, 1, [](Term& t) { t.label = 0; }), cfg}, 100},
        {"cads",
         {make(TermKind::Cads, 1, [](Term& t) { t.from = .8, t.to = .3; }), cfg,
          weakened(1, [](WeakModel& w) { w.leakDensity = .2; })}},
        {"delayed", {make(TermKind::Delayed, 2, [](Term& t) { t.delay = .6; })}},
        {"delayedMore", {make(TermKind::Delayed, 1, [](Term& t) { t.delay = 2; })}},
        {"plusPlus", {make(TermKind::PlusPlus, 1)}},
        {"feedback", {make(TermKind::Feedback, 1, [](Term& t) { t.leak = .4; })}, 1, {0, .4}},
        {"feedbackTracked", {make(TermKind::Feedback, 1, [](Term& t) { t.leak = .4, t.tracked = true; })}, 10, {0, .4}},
        {"feedbackTrackedWithDrift",
         {make(TermKind::Feedback, .8,
               [](Term& t) {
                 t.leak = .2, t.factorMost = 8, t.tracked = true, t.trust = .6, t.drift = -4;
                 t.curve.kind = CurveKind::Interval;
               }),
          make(TermKind::Cfg, .5)},
         10},
        {"feedbackBounded",
         {make(TermKind::Feedback, 1, [](Term& t) { t.leak = .5, t.factorMost = 5; })},
         10,
         {.1, .3}},
        {"powerLaw", {make(TermKind::PowerLaw, .5, [](Term& t) { t.space = Space::Score; })}},
        {"powerLawInverse", {make(TermKind::PowerLaw, .5, [](Term& t) { t.exponent = -.6; })}, 1e4},
        {"mambo", {make(TermKind::Mambo, 3, [](Term& t) { t.space = Space::Noise; })}},
        {"mamboVelocity", {make(TermKind::Mambo, 3, [](Term& t) { t.space = Space::Velocity, t.damping = 3; })}},
        {"adaptive", {make(TermKind::Adaptive, 2, [](Term& t) { t.space = Space::Noise, t.agreement = .9; })}, 1e4},
        {"adaptiveLatched",
         {make(TermKind::Adaptive, 2, [](Term& t) { t.space = Space::Velocity, t.agreement = .9, t.latch = true; })},
         1e4},
        {"zero", {make(TermKind::Zero, 2, [](Term& t) { t.space = Space::Velocity; })}, 1e4},
        {"zeroAndRest", {make(TermKind::Zero, 2, [](Term& t) { t.space = Space::Velocity, t.still = 2; })}, 100},
        {"tangential", {make(TermKind::Tangential, 1, [](Term& t) { t.space = Space::Noise; })}, 100},
        {"tangentialV", {make(TermKind::Tangential, 1, [](Term& t) { t.space = Space::V; })}, 100},
        {"rectified", {make(TermKind::Rectified, 2)}},
        {"rectifiedLeaky", {make(TermKind::Rectified, 1)}, 1, {0, .3}},
        {"characteristic", {make(TermKind::Characteristic, 2)}, 10},
        {"characteristicSlowly",
         {make(TermKind::Characteristic, 1, [](Term& t) { t.iterations = 3, t.relaxation = .4; }),
          make(TermKind::Apg, 1, [](Term& t) { t.cap = .5; })},
         10,
         {.1, .2}},
        {"corrector", {make(TermKind::PredictorCorrector, 2)}},
        {"correctorBesideOthers",
         {make(TermKind::Cfg, .5),
          make(TermKind::PredictorCorrector, 1, [](Term& t) { t.corrections = 1, t.stride = .4; }),
          make(TermKind::Apg, 1, [](Term& t) { t.cap = 1, t.momentum = -.3; })},
         10},
        {"gibbs", {make(TermKind::Gibbs, 2, [](Term& t) { t.returnTo = 1.1; })}},
        {"gibbsFromAbove", {make(TermKind::Gibbs, 1, [](Term& t) { t.rounds = 1, t.returnTo = 30; })}},
        {"gibbsBesideOthers",
         {make(TermKind::Gibbs, 1, [](Term& t) { t.rounds = 3, t.returnTo = .3; }),
          make(TermKind::PredictorCorrector, 1, [](Term& t) { t.corrections = 1; }), make(TermKind::Mambo, 2),
          make(TermKind::Apg, 1, [](Term& t) { t.cap = 1, t.momentum = -.3; })},
         10},
        {"apg", {cfg, make(TermKind::Apg, 1, [](Term& t) { t.cap = .5; })}, 10},
        {"apgNoise", {cfg, make(TermKind::Apg, 1, [](Term& t) { t.space = Space::Noise, t.cap = .2; })}, 10},
        {"apgMomentum", {cfg, make(TermKind::Apg, .8, [](Term& t) { t.momentum = -.5, t.parallel = .7; })}, 10},
        {"rescale", {cfg, make(TermKind::Rescale, .7, [](Term& t) { t.space = Space::V; })}, 10},
        {"rescaleDenoiser", {cfg, make(TermKind::Rescale, 1)}, 100},
        {"threshold", {make(TermKind::Cfg, 6), make(TermKind::Threshold, 1, [](Term& t) { t.reach = 1.2; })}},
        {"thresholdThenMore",
         {cfg, make(TermKind::Threshold, 1, [](Term& t) { t.center = Center::Class; }), make(TermKind::Cfg, .5)}},
        {"blur", {weakened(.5, [](WeakModel& w) { w.blur = 1.2; })}},
        {"shift", {weakened(.5, [](WeakModel& w) { w.shift = 1.2; })}},
        {"shiftAndBlur", {weakened(.5, [](WeakModel& w) { w.shift = .8, w.blur = 1.1; })}},
        {"drop", {weakened(1, [](WeakModel& w) { w.drop = 1; })}},
        {"offset",
         {weakened(1,
                   [](WeakModel& w) {
                     w.offset = {.3, -.1};
                   })}},
        {"atoms", {weakened(.5, [](WeakModel& w) { w.atoms = 12, w.leakDensity = .1; })}, 1e4},
        {"noise", {weakened(1, [](WeakModel& w) { w.noise = .3; }), cfg}},
        {"noiseOfABroaderOne", {weakened(.5, [](WeakModel& w) { w.broaden = .2, w.noise = .5, w.noiseLength = .3; })}},
        {"flaws", {cfg}, 1, {.2, .3}},
        {"leakyDenoiser", {cfg, weakened(.5, [](WeakModel& w) { w.broaden = .2; })}, 1, {.1, .2, .4}},
        {"leakyDenoiserOfAnother", {cfg}, 1, {0, .2, .4, 2}},
        {"learned",
         {curved(CurveKind::Learned,
                 [](Curve& c) {
                   std::vector<double> weights;  // all different
                   for (int i = 0; i < 3 * LearnedWeights::kTimes * LearnedWeights::kShares; ++i)
                     weights.push_back(1 + std::sin(i * .7) * .5 + i * 2e-4);
                   encode(c.learned, weights);
                 })}},
        {"rewardLinear", {rewarded(RewardKind::Linear, 1)}},
        {"rewardBowl", {rewarded(RewardKind::Bowl, 1.5)}},
        {"rewardBowlOfTheWhole",
         {cfg, rewarded(RewardKind::Bowl, .7, [](Reward& r) { r.base = RewardBase::Whole, r.across = 1.2; })},
         1,
         {.1, 0}},
        {"rewardPosterior", {rewarded(RewardKind::ClassPosterior, 1.5, [](Reward& r) { r.label = 2; })}},
        {"rewardCost", {rewarded(RewardKind::Cost, 2)}},
        {"sine", {curved(CurveKind::Sine, plain)}},
        {"vAtLeast", {curved(CurveKind::V, [](Curve& c) { c.least = .8; })}},
        {"peak", {curved(CurveKind::Peak, plain)}},
        {"pcs", {curved(CurveKind::Pcs, [](Curve& c) { c.power = 2.5; })}},
        {"beta", {curved(CurveKind::Beta, [](Curve& c) { c.a = 2.5, c.b = 1.5; })}},
        {"switch", {curved(CurveKind::Switch, [](Curve& c) { c.late = -.5, c.normalise = true; })}},
        {"everything",
         {make(TermKind::Cads, .5), make(TermKind::Mambo, 2), make(TermKind::Dynamic, 1, [](Term& t) { t.label = 0; }),
          weakened(1, [](WeakModel& w) { w.broaden = .2; }),
          make(TermKind::Apg, 1, [](Term& t) { t.cap = 1, t.parallel = .5; }), make(TermKind::Rescale, .5),
          make(TermKind::Threshold, 1)},
         100}};
    return m;
  }();
  return list;
}

// Anisotropic components in three classes.
std::shared_ptr<const Mixture> scene() {
  static const auto m = std::make_shared<const Mixture>(Mixture{{{0, .25, {-1.4, .3}, {.20, .08, .10}},
                                                                 {1, .15, {.9, 1.1}, {.12, -.05, .15}},
                                                                 {0, .20, {.4, -1.0}, {.09, 0, .30}},
                                                                 {2, .25, {1.6, -.4}, {.15, .03, .08}},
                                                                 {1, .15, {-.5, 1.5}, {.30, .10, .12}}}});
  return m;
}

Experiment experimentOf(const std::vector<Term>& terms, ScheduleKind schedule, SolverKind solver, int condition) {
  Experiment e;
  e.condition = condition;
  e.guidance = terms;
  e.schedule.kind = schedule;
  e.schedule.grid = schedule == ScheduleKind::Flow ? GridKind::UniformT : GridKind::Karras;
  e.schedule.steps = 12;
  e.schedule.sigmaMin = .02;
  e.schedule.sigmaMax = schedule == ScheduleKind::Edm ? 20 : 0;
  e.sampler = {solver, solver == SolverKind::Exponential ? 1. : 0.};
  e.particles.seed = 5;
  return e;
}

class Methods : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Methods, FollowTheOracle) {
  struct Where {
    ScheduleKind schedule;
    SolverKind solver;
    int condition;
  };
  static constexpr Where kWhere[] = {{ScheduleKind::Edm, SolverKind::Heun, 1},
                                     {ScheduleKind::Flow, SolverKind::Euler, 1},
                                     {ScheduleKind::VpLinear, SolverKind::Exponential, 1},
                                     {ScheduleKind::VpCosine, SolverKind::Rk4, 1},
                                     {ScheduleKind::Flow, SolverKind::Dpmpp2m, 1},
                                     {ScheduleKind::Edm, SolverKind::Exponential, kUnconditional}};
  const auto [index, where] = GetParam();
  const Method& method = methods()[std::size_t(index)];
  const Where& at = kWhere[where];
  for (const Term& t : method.terms)
    if ((t.momentum != 0 || t.latch || t.tracked) && at.solver == SolverKind::Dpmpp2m) return;
  Experiment e = experimentOf(method.terms, at.schedule, at.solver, at.condition);
  e.model = method.model;
  const int count = 20;
  const Plan plan = compile(e, scene());
  const oracle::Trajectories exact = oracle::sample(e, *scene(), oracle::start(e, *scene(), count));
  for (const Subject& subject : engines()) {
    ASSERT_TRUE(subject.supports(plan).ok);
    const Difference d = compare(subject.sample(plan, count), exact);
    EXPECT_TRUE(d.finite) << subject.name;
    EXPECT_LE(d.worst, method.looser * subject.bound) << subject.name << " at step " << d.step;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Methods, testing::Combine(testing::Range(0, int(methods().size())), testing::Range(0, 6)),
                         [](const auto& i) {
                           return std::string(methods()[std::size_t(std::get<0>(i.param))].name) + "_" +
                                  std::to_string(std::get<1>(i.param));
                         });

// Where a method's own parameters do nothing it is classifier-free guidance, or it is off.
TEST(Neutral, EveryMethodReducesToClassifierFreeGuidanceOrToNothing) {
  const Term cfg = make(TermKind::Cfg, 2);
  struct Neutral {
    const char* name;
    std::vector<Term> terms;
    bool off;
  };
  const auto one = [](TermKind kind, auto&& change) { return std::vector<Term>{make(kind, 2, change)}; };
  const auto after = [&](TermKind kind, auto&& change) { return std::vector<Term>{cfg, make(kind, 1, change)}; };
  std::vector<Neutral> all{
      {"classifier", one(TermKind::Classifier, [](Term&) {}), false},
      {"and of the condition", one(TermKind::And, [](Term& t) { t.label = 1; }), false},
      {"or of the condition", one(TermKind::Or, [](Term& t) { t.label = 1; }), true},
      {"cads that is never hidden", {cfg, make(TermKind::Cads, 1, [](Term& t) { t.from = t.to = 1; })}, false},
      {"delay 1", one(TermKind::Delayed, [](Term& t) { t.delay = 1; }), false},
      {"power 0", one(TermKind::PowerLaw, [](Term& t) { t.exponent = 0; }), false},
      {"damping 0", one(TermKind::Mambo, [](Term& t) { t.damping = 0; }), false},
      {"agreement 1", one(TermKind::Adaptive, [](Term& t) { t.agreement = 1; }), false},
      {"agreement 1, latched", one(TermKind::Adaptive, [](Term& t) { t.agreement = 1, t.latch = true; }), false},
      {"s* 1", one(TermKind::Zero, [](Term& t) { t.optimise = false; }), false},
      {"no leak", one(TermKind::Feedback, [](Term& t) { t.leak = 0; }), true},
      {"factor 1", one(TermKind::Feedback, [](Term& t) { t.factorMost = 1; }), true},
      {"no leak, tracked", one(TermKind::Feedback, [](Term& t) { t.leak = 0, t.tracked = true; }), true},
      {"factor 1, tracked", one(TermKind::Feedback, [](Term& t) { t.factorMost = 1, t.tracked = true; }), true},
      {"no iterations", one(TermKind::Characteristic, [](Term& t) { t.iterations = 0; }), false},
      {"no corrections", one(TermKind::PredictorCorrector, [](Term& t) { t.corrections = 0; }), true},
      {"no rounds", one(TermKind::Gibbs, [](Term& t) { t.rounds = 0; }), true},
      {"weak model without noise", {weakened(2, [](WeakModel& w) { w.noiseLength = .2; })}, true},
      {"apg", after(TermKind::Apg, [](Term& t) { t.parallel = 1; }), false},
      {"threshold far away", after(TermKind::Threshold, [](Term& t) { t.reach = 1e6; }), false},
      {"rescale of nothing", one(TermKind::Rescale, [](Term&) {}), true},
      {"weak model without faults", {weakened(2, [](WeakModel&) {})}, true}};
  for (int kind = 0; kind < int(TermKind::Gibbs) + 1; ++kind)
    all.push_back({"weight 0", {make(TermKind(kind), 0, [](Term& t) { t.still = 3; })}, true});
  const int count = 16;
  for (const ScheduleKind schedule : {ScheduleKind::Edm, ScheduleKind::Flow}) {
    const auto run = [&](const std::vector<Term>& terms) {
      return sampleInDouble(compile(experimentOf(terms, schedule, SolverKind::Heun, 1), scene()), count);
    };
    const std::vector<double> guided = run({cfg}), plain = run({});
    for (const Neutral& n : all) {
      const std::vector<double> x = run(n.terms);
      double most = 0;
      for (std::size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - (n.off ? plain : guided)[i]));
      EXPECT_LT(most, 1e-9) << n.name << ' ' << enumName(n.terms.back().kind);
    }
  }
}

TEST(Neutral, NormalisedCurvesHaveTheSameArea) {
  for (const CurveKind kind : {CurveKind::Linear, CurveKind::Cosine, CurveKind::Sine, CurveKind::V, CurveKind::Peak,
                               CurveKind::Pcs, CurveKind::Beta, CurveKind::Switch, CurveKind::Drawn})
    for (const double least : {-2., .7}) {
      Curve c;
      c.kind = kind;
      c.from = .5, c.to = 3;
      c.power = 2.5, c.a = 2.5, c.b = 1.5, c.late = -.2;
      c.knots = {{.1, .4}, {.4, 2}, {.8, -.5}};
      c.least = least;
      c.normalise = true;
      double mean = 0;
      constexpr int n = 500;
      for (int i = 0; i < n; ++i) mean += evaluate(c, (i + .5) / n, 1) / n;
      EXPECT_NEAR(mean, 1, 2e-3) << enumName(kind) << ' ' << least;
    }
}

// What the steps say adds up to log p(x|c) / p(x) of the model where they are fine, and ancestral: only then are they
// draws of the kernels that they are compared with (2506.06085, algorithm 1).
TEST(Feedback, TheTrackedPosteriorComesToTheKnownOneWithFinerSteps) {
  const auto apart = [](int steps, SolverKind solver) {
    std::vector<double> ends[2];
    for (const bool tracked : {false, true}) {
      Experiment e = experimentOf({make(TermKind::Feedback, 1, [&](Term& t) { t.leak = .4, t.tracked = tracked; })},
                                  ScheduleKind::Edm, solver, 1);
      e.model.leak = .4;
      e.schedule.steps = steps;
      const std::vector<double> x = engines()[0].sample(compile(e, scene()), 1500);
      ends[tracked].assign(x.end() - 3000, x.end());
    }
    double sum = 0;
    for (std::size_t i = 0; i < 3000; ++i) sum += std::pow(ends[0][i] - ends[1][i], 2) / 1500;
    return std::sqrt(sum);
  };
  const double coarse = apart(12, SolverKind::Exponential), fine = apart(192, SolverKind::Exponential);
  EXPECT_LT(fine, .5 * coarse);
  EXPECT_GT(apart(192, SolverKind::Heun), 1.5 * fine);  // steps without noise say less than they should
}

// Linear stacks stay on the linear path, whatever the terms are called.
TEST(Neutral, PlainPushesLeaveNoShapes) {
  for (const TermKind kind : {TermKind::Cfg, TermKind::Classifier, TermKind::And, TermKind::Or, TermKind::Negative,
                              TermKind::Cads, TermKind::Delayed, TermKind::PlusPlus, TermKind::Autoguidance}) {
    const Plan plan = compile(experimentOf({make(kind, 1, [](Term& t) { t.label = 2, t.delay = 2; })},
                                           ScheduleKind::Flow, SolverKind::Euler, 1),
                              scene());
    EXPECT_TRUE(plan.shapes.empty()) << enumName(kind);
    for (std::size_t level = 0; level < plan.ratios.size(); ++level) {
      double sum = 0;
      for (const PlanBranch& b : plan.branches) sum += b.coefficient[level];
      EXPECT_NEAR(sum, 1, 1e-12) << enumName(kind);
    }
  }
}

}  // namespace
}  // namespace conformance
