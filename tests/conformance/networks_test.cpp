// Trained networks in place of exact models, on every engine, against the oracle.
#include <gtest/gtest.h>

#include "conformance/compare.h"
#include "oracle/networks.h"

namespace conformance {
namespace {

using namespace gs;

std::shared_ptr<const Mixture> twoClasses() {
  Mixture m;
  m.components = {{0, .5, {-1, .3}, {.2, .05, .1}}, {1, .3, {.9, -.6}, {.1, 0, .2}}, {1, .2, {.2, 1}, {.1, 0, .1}}};
  return std::make_shared<const Mixture>(m);
}

Experiment ofNetwork(SolverKind solver, ScheduleKind schedule) {
  Experiment e;
  e.condition = 0;
  e.model.network = oracle::randomNetwork(32, 3, 2, 5);
  e.schedule.kind = schedule;
  e.schedule.steps = 8;
  e.sampler.kind = solver;
  e.sampler.churn = solver == SolverKind::Exponential ? .7 : 0;
  e.particles.seed = 3;
  return e;
}

// A random network stretches what it is given more than an exact denoiser does, and rounding with it.
void expectOracle(const Experiment& e, const char* what) {
  const auto mixture = twoClasses();
  const Plan plan = compile(e, mixture);
  constexpr int kParticles = 40;  // no whole number of packs
  const auto exact = oracle::sample(e, *mixture, oracle::start(e, *mixture, kParticles));
  for (const Subject& s : engines()) {
    SCOPED_TRACE(std::string(what) + " on " + s.name);
    const Difference d = compare(s.sample(plan, kParticles), exact);
    EXPECT_TRUE(d.finite);
    EXPECT_LE(d.worst, 10 * s.bound) << "at step " << d.step;
  }
}

TEST(Networks, AsModelWithEverySolver) {
  Term cfg;
  cfg.omega = .8;
  for (const SolverKind solver :
       {SolverKind::Euler, SolverKind::Heun, SolverKind::Dpmpp2m, SolverKind::Exponential, SolverKind::Rk4}) {
    Experiment e = ofNetwork(solver, ScheduleKind::Edm);
    e.guidance = {cfg};
    expectOracle(e, "cfg");
  }
}

TEST(Networks, FromPureNoise) {
  Experiment e = ofNetwork(SolverKind::Heun, ScheduleKind::Flow);
  Term cfg;
  cfg.omega = .5;
  e.guidance = {cfg};
  expectOracle(e, "flow");
}

TEST(Networks, AsWeakModelBesideShapes) {
  Experiment e = ofNetwork(SolverKind::Heun, ScheduleKind::VpCosine);
  Term weak;
  weak.kind = TermKind::Autoguidance;
  weak.omega = .7;
  weak.network = oracle::randomNetwork(8, 2, 2, 9, 3, Activation::Tanh);
  weak.network.snapshot = 1;
  Term also;
  also.kind = TermKind::And;
  also.label = 1;
  also.omega = .3;
  Term apg;
  apg.kind = TermKind::Apg;
  apg.omega = 1;
  apg.cap = .4;
  apg.parallel = .2;
  e.guidance = {weak, also, apg};
  expectOracle(e, "weak");
  e.model.network = {};  // the exact model, pushed away from a network
  e.guidance = {weak};
  expectOracle(e, "exact and weak");
}

TEST(Networks, AsRewardBesideTheExactModel) {
  Experiment e = ofNetwork(SolverKind::Exponential, ScheduleKind::Edm);
  e.model.network = {};
  Term reward;
  reward.kind = TermKind::Reward;
  reward.omega = .6;
  reward.network = oracle::randomNetwork(128, 1, 2, 4, 1, Activation::Relu);
  for (const RewardBase base : {RewardBase::Whole, RewardBase::Condition}) {
    reward.reward.base = base;
    e.guidance = {reward};
    expectOracle(e, "reward");
  }
}

TEST(Networks, SayWhatTheyCannotDo) {
  const auto mixture = twoClasses();
  const auto problem = [&](const Experiment& e) -> std::string {
    try {
      compile(e, mixture);
      return {};
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  Experiment e = ofNetwork(SolverKind::Euler, ScheduleKind::Edm);
  EXPECT_EQ(problem(e), "");
  Term feedback;
  feedback.kind = TermKind::Feedback;
  e.guidance = {feedback};
  EXPECT_EQ(problem(e), "guidance.0.kind: 'feedback' asks for densities of the model, and a network has none");
  Network shown = *e.model.network.network;
  shown.shape.unconditional = false;
  e.model.network.network = Box<Network>(shown);
  e.guidance = {Term{}};
  EXPECT_NE(problem(e).find("'cfg' needs an unconditional model"), std::string::npos) << problem(e);
  e.guidance = {};
  EXPECT_EQ(problem(e), "");
  e.condition = kUnconditional;
  EXPECT_EQ(problem(e), "model.network: was trained without label dropout: it knows no unconditional law");
  e.condition = 0;
  e.model.network = oracle::randomNetwork(8, 2, 3, 1);
  EXPECT_EQ(problem(e), "model.network: 'random' was trained for 3 classes; the distribution has 2");
  shown.problem = "model.npz: there is no such file";
  e.model.network.network = Box<Network>(shown);
  EXPECT_EQ(problem(e), "model.network: model.npz: there is no such file");
}

}  // namespace
}  // namespace conformance
