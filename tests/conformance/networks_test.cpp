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

// A network as code of somebody's own: asked by the batch, all particles from stage to stage together.
class AsCode final : public ScriptedDenoiser {
 public:
  explicit AsCode(NetworkFile of) : of_(std::move(of)) {}
  void denoise(const float* y, int count, double ratio, int label, float* d) const override {
    for (int i = 0; i < count; ++i) {
      const Vec2 answer = oracle::network(of_, label, {y[2 * i], y[2 * i + 1]}, ratio);
      d[2 * i] = float(answer.x), d[2 * i + 1] = float(answer.y);
    }
  }
  std::string device() const override { return "the test"; }

 private:
  const NetworkFile of_;
};
NetworkFile asCode(const NetworkFile& of) {
  Network n;
  n.shape = of.network->shape;
  n.script = std::make_shared<const AsCode>(of);
  NetworkFile file;
  file.file = "own.pt";
  file.network = Box<Network>(std::move(n));
  return file;
}

void expectOracleOfCode(const Experiment& e, const char* what, int particles = 40) {
  const auto mixture = twoClasses();
  const auto exact = oracle::sample(e, *mixture, oracle::start(e, *mixture, particles));
  Experiment code = e;
  if (e.model.network) code.model.network = asCode(e.model.network);
  for (Term& t : code.guidance)
    if (t.network) t.network = asCode(t.network);
  const Plan plan = compile(code, mixture);
  ASSERT_TRUE(plan.scripted());
  for (const Subject& s : engines()) {
    SCOPED_TRACE(std::string(what) + " on " + s.name);
    const Support support = s.supports(plan);
    EXPECT_EQ(support.ok, s.name.find("opengl") == std::string::npos);
    if (!support.ok) {
      EXPECT_EQ(support.reason, "a model that is code (TorchScript) is not asked from a shader");
      continue;
    }
    const Difference d = compare(s.sample(plan, particles), exact);
    EXPECT_TRUE(d.finite);
    EXPECT_LE(d.worst, 10 * std::max(s.bound, kSingle)) << "at step " << d.step;  // the code answers in floats
  }
}

TEST(Networks, AsCodeInStages) {
  Term cfg;
  cfg.omega = .8;
  for (const SolverKind solver :
       {SolverKind::Euler, SolverKind::Heun, SolverKind::Dpmpp2m, SolverKind::Exponential, SolverKind::Rk4}) {
    Experiment e = ofNetwork(solver, ScheduleKind::Edm);
    e.guidance = {cfg};
    // Once more than a block of the other plans, and no whole number of packs.
    expectOracleOfCode(e, "cfg", solver == SolverKind::Exponential ? 300 : 40);
  }
  Experiment e = ofNetwork(SolverKind::Heun, ScheduleKind::Flow);  // from pure noise
  Term weak, apg;
  weak.kind = TermKind::Autoguidance;
  weak.omega = .7;
  weak.network = oracle::randomNetwork(8, 2, 2, 9);
  apg.kind = TermKind::Apg;
  apg.omega = 1, apg.cap = .4, apg.parallel = .2, apg.momentum = -.5;
  e.guidance = {weak, apg};
  expectOracleOfCode(e, "shapes with a memory");
  e.model.network = {};  // the exact model, pushed away from code at some levels
  weak.curve.kind = CurveKind::Interval;
  weak.curve.lo = .1, weak.curve.hi = 3;
  e.guidance = {weak, apg};
  expectOracleOfCode(e, "exact and code");
}

// Code that answers point by point gives any particles the bits that they have in the whole, the noise among them.
TEST(Networks, AnyParticlesOfCodeHaveTheBitsOfTheWhole) {
  for (const SolverKind solver : {SolverKind::Heun, SolverKind::Exponential}) {
    Experiment e = ofNetwork(solver, ScheduleKind::Edm);
    e.model.network = asCode(e.model.network);
    e.guidance = {Term{}};
    const Plan plan = compile(e, twoClasses());
    ASSERT_TRUE(plan.scripted());
    const auto engine = makeCpuEngine(2);
    const auto whole = engine->sample(plan, 300, {});
    for (const ParticleRange range : {ParticleRange(0, 300), ParticleRange(13, 1), ParticleRange(31, 258)}) {
      const auto part = engine->sample(plan, range, {});
      ASSERT_EQ(part->particles, range.count);
      for (int step = 0; step <= part->steps(); ++step)
        EXPECT_TRUE(std::equal(part->at(step).begin(), part->at(step).end(), whole->at(step).begin() + 2 * range.first))
            << int(solver) << " from " << range.first << " step " << step;
    }
  }
}

TEST(Networks, CodeIsColouredAndKeepsWithinItsClasses) {
  Experiment e = ofNetwork(SolverKind::Euler, ScheduleKind::Edm);
  Term cfg;
  e.guidance = {cfg};
  const auto engine = makeCpuEngine(1);
  const Plan native = compile(e, twoClasses());
  const auto frame = engine->sample(native, 50, {});
  const std::vector<float> known = engine->pointValues(native, *frame, 3, {}).push;
  e.model.network = asCode(e.model.network);
  const std::vector<float> pushes = engine->pointValues(compile(e, twoClasses()), *frame, 3, {}).push;
  ASSERT_EQ(pushes.size(), known.size());
  for (std::size_t i = 0; i < known.size(); ++i) EXPECT_NEAR(pushes[i], known[i], 1e-4 * (1 + known[i]));
  Network few = *e.model.network.network;
  few.shape.classes = 1;
  e.model.network.network = Box<Network>(few);
  try {
    compile(e, twoClasses());
    ADD_FAILURE();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "model.network: 'own.pt' knows 1 class; the distribution has 2");
  }
}

TEST(Networks, ATrackedPosteriorNeedsNoDensities) {
  Term feedback;
  feedback.kind = TermKind::Feedback;
  feedback.omega = .5, feedback.leak = .4, feedback.factorMost = 4;
  feedback.tracked = true, feedback.trust = .5, feedback.drift = -1;
  for (const auto& [solver, schedule] : {std::pair(SolverKind::Exponential, ScheduleKind::Edm),
                                         {SolverKind::Heun, ScheduleKind::Flow},
                                         {SolverKind::Rk4, ScheduleKind::VpCosine}}) {
    Experiment e = ofNetwork(solver, schedule);
    e.guidance = {feedback};
    expectOracle(e, "tracked");
    expectOracleOfCode(e, "tracked");
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
