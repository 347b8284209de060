// Random experiments from the field tables, ends of the ranges included, on every engine against the oracle.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "conformance/compare.h"
#include "oracle/random.h"
#include "session/enums.h"
#include "session/generate.h"

namespace conformance {
namespace {

using namespace gs;

constexpr int kSeeds = 500, kCount = 12;

constexpr int kKinds = int(TermKind::Gibbs) + 1;

// Terms that look at the model's answer itself, which a leak of the denoiser makes a sum of two.
bool looksAtAnswers(TermKind kind) {
  switch (kind) {
    case TermKind::Cfg:
    case TermKind::Autoguidance:
    case TermKind::Reward:
    case TermKind::Classifier:
    case TermKind::And:
    case TermKind::Or:
    case TermKind::Negative:
    case TermKind::Dynamic:
    case TermKind::Cads:
    case TermKind::PlusPlus:
    case TermKind::PredictorCorrector:
    case TermKind::Gibbs:
      return false;
    default:
      return true;
  }
}

// What may stand together, and numbers for which single digits of a path still mean something after 24 steps.
void settle(Experiment& e, oracle::Random& r, int classes) {
  bool memory = e.sampler.kind == SolverKind::Dpmpp2m, corrects = false, returns = false;
  const auto once = [](bool& taken, auto& value, auto off) {
    if (taken) value = off;
    taken = taken || value != off;
  };
  for (Term& t : e.guidance) {
    t.label %= classes;
    t.network = {};
    if (t.curve.kind == CurveKind::Learned) t.curve = {};  // learned for other classes
    t.clean = false;                                       // far from the data two large scores cancel
    t.weak.drop = -1;
    t.weak.atoms = t.weak.atoms % 8;
    if (t.kind == TermKind::Apg) once(memory, t.momentum, 0.);
    if (t.kind == TermKind::Adaptive) once(memory, t.latch, false);
    if (t.kind == TermKind::Feedback) once(memory, t.tracked, false);
    if (t.kind == TermKind::PredictorCorrector) once(corrects, t.omega, 0.);
    if (t.kind == TermKind::Gibbs) once(returns, t.omega, 0.);
    t.corrections %= 3, t.rounds %= 3, t.iterations %= 4;  // each of them costs the oracle a whole step
    // Rules that weigh by lengths and logarithms magnify as their weights do, and so does what does not push away from
    // the law's own place: a sum of scores, a negative class, two Langevin steps that are long.
    if (looksAtAnswers(t.kind) || t.kind == TermKind::Negative || t.kind == TermKind::Dynamic) t.omega *= .1;
    if (t.kind == TermKind::PowerLaw) t.omega *= .3, t.exponent = std::abs(t.exponent);
    if (t.kind == TermKind::PredictorCorrector || t.kind == TermKind::Gibbs) t.omega *= .2, t.stride *= .3;
    if (t.kind == TermKind::Delayed) t.omega = std::abs(t.omega), t.curve = {};  // nowhere negative
    if (t.kind == TermKind::Reward) {  // of which the oracle has closed forms to all digits
      constexpr RewardKind kClosed[] = {RewardKind::Linear, RewardKind::Bowl, RewardKind::ClassPosterior,
                                        RewardKind::Cost};
      t.omega *= .1;
      t.reward.kind = kClosed[r.integer(0, 3)];
      t.reward.label %= classes;
      t.reward.strength = r.uniform(-1, 1), t.reward.width = r.uniform(.4, 2);
      t.reward.across = r.chance(.5) ? 0 : r.uniform(.4, 2);
      t.reward.center = r.normal2();
    }
    if (looksAtAnswers(t.kind) && t.enabled && t.omega != 0) e.model.leakDenoiser = 0;
  }
}

// What a random session computes, on a law of few components and with at most 24 steps, so that many fit into a run.
Experiment randomExperiment(test::Random& random, oracle::Random& r, std::shared_ptr<const Mixture>& law) {
  Experiment e = test::randomSession(random).panes[0];
  const int classes = r.integer(1, 4);
  law = std::make_shared<const Mixture>(randomMixture(r, classes + r.integer(0, 6), classes, 1.5, .15, .8));
  e.condition = r.integer(-1, classes - 1);
  e.schedule.steps = 1 + e.schedule.steps % 24;
  e.model.leaks = e.model.leaks % (classes + 1) - (e.model.leaks < 0 ? 0 : 1);
  e.model.network = {};
  settle(e, r, classes);
  return e;
}

TEST(Fields, RandomExperimentsFollowTheOracle) {
  int above = 0, calm = 0, compared = 0, blown = 0;
  int met[kKinds] = {};
  enum : std::size_t { kCpu, kScalar, kDouble, kOpenGl, kTiled };
  ASSERT_EQ(engines()[kOpenGl].name, "opengl");
  ASSERT_EQ(engines().size(), 5u);
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(std::uint64_t(seed) + 1);
    oracle::Random r{std::uint64_t(seed) + 90000};
    std::shared_ptr<const Mixture> law;
    const Experiment e = randomExperiment(random, r, law);
    std::string terms = std::string(enumName(e.sampler.kind)) + ", " + std::to_string(e.schedule.steps) + " steps";
    for (const Term& t : e.guidance)
      if (t.enabled && t.omega != 0) terms += ", " + std::string(enumName(t.kind)) + " " + std::to_string(t.omega);
    SCOPED_TRACE(terms);
    const Plan plan = compile(e, law);
    const oracle::Trajectories exact = oracle::sample(e, *law, oracle::start(e, *law, kCount));
    bool far = false;  // a stack of weights up to 20 sends particles away: what is finite in double may not be in float
    for (const auto& step : exact)
      for (const auto& x : step) far = far || blownUp(float(x.x), float(x.y));
    std::vector<double> ratios;
    double inDouble = 0;
    for (const Subject& subject : engines()) {
      // Tiles differ from rows in where components wait only: every fourth experiment is enough of them.
      if (ratios.size() == kTiled && seed % 4 != 0) {
        ratios.push_back(ratios[kOpenGl]);
        continue;
      }
      const Support s = subject.supports(plan);
      ASSERT_TRUE(s.ok) << subject.name << ": " << s.reason;
      const std::vector<double> x = subject.sample(plan, kCount);
      const Difference d = compare(x, exact);
      if (ratios.size() == kDouble) inDouble = compare(x, exact, 1e-3).worst;
      ratios.push_back(d.finite ? d.worst / subject.bound : std::numeric_limits<double>::infinity());
    }
    if (std::isinf(ratios[kCpu]) || std::isinf(ratios[kDouble])) far = true;  // so far that a single digit is all
    if (far) {
      ++blown;
      continue;
    }
    ++compared;
    for (const Term& t : e.guidance) met[int(t.kind)] += t.enabled && t.omega != 0;
    // The double-precision build is the same text: what it is off by is its 1e-16, magnified along the path by no more
    // than single precision, whose paths are still paths. A formula that is another one is off by far more.
    EXPECT_LE(inDouble, 1e-7);
    // Weights up to 20 magnify the last digit, by as much as the double-precision build (whose digits are 1e9 times
    // finer, and whose errors 1e18) and the CPU engine show here. No engine may be off by much more than that.
    const double magnified = std::max({1., ratios[kCpu], ratios[kDouble]});
    for (std::size_t i = 0; i < ratios.size(); ++i) EXPECT_LE(ratios[i], 300 * magnified) << engines()[i].name;
    for (const std::size_t i : {kOpenGl, kTiled}) {
      above += ratios[i] > 3 * magnified;
      calm += ratios[i] <= 1;
    }
  }
  std::printf("%d compared, %d left the numbers; OpenGL: %d within the bound, %d off by more than thrice the CPU\n",
              compared, blown, calm, above);
  for (int kind = 0; kind < kKinds; ++kind) EXPECT_GE(met[kind], 10) << enumName(TermKind(kind));
  EXPECT_GE(compared, kSeeds * 9 / 10);
  EXPECT_GE(calm, compared);  // of two engines: half of all experiments are calm
  EXPECT_LE(above, 2 * compared / 10);
}

}  // namespace
}  // namespace conformance
