// Every engine x solver x schedule x grid x guidance x condition x start against the oracle, from the same noise.
#include <array>
#include <iterator>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "conformance/compare.h"

namespace conformance {
namespace {

using namespace gs;

struct NamedSampler {
  const char* name;
  SolverKind kind;
  double churn;
};
constexpr NamedSampler kSampled[] = {{"euler", SolverKind::Euler, 0},
                                     {"heun", SolverKind::Heun, 0},
                                     {"dpmpp2m", SolverKind::Dpmpp2m, 0},
                                     {"rk4", SolverKind::Rk4, 0},
                                     {"exponential0", SolverKind::Exponential, 0},
                                     {"exponential05", SolverKind::Exponential, .5},
                                     {"exponential1", SolverKind::Exponential, 1},
                                     {"exponential3", SolverKind::Exponential, 3}};
constexpr std::array kSchedules{"edm", "vpLinear", "vpCosine", "flow"};
constexpr std::array kGrids{"karras", "uniformT", "uniformLogSnr"};

struct Stack {
  const char* name;
  std::vector<Term> terms;
};

std::vector<Stack> stacks() {
  const auto cfg = [](double omega, Curve curve) { return Term{TermKind::Cfg, true, omega, std::move(curve), {}}; };
  const auto weak = [](double omega, WeakModel model, Curve curve = {}) {
    return Term{TermKind::Autoguidance, true, omega, std::move(curve), model};
  };
  Curve interval, linear, cosine, drawn, band;
  interval.kind = CurveKind::Interval;
  interval.lo = .15, interval.hi = 3.1;
  linear.kind = CurveKind::Linear;
  linear.from = .5, linear.to = 1.5;
  cosine.kind = CurveKind::Cosine;
  cosine.from = 0, cosine.to = 2;
  drawn.kind = CurveKind::Drawn;
  drawn.knots = {{.05, .3}, {.2, 1.6}, {.45, 1.4}, {.7, -.4}, {.95, .8}};
  band.kind = CurveKind::Interval;
  band.lo = .05, band.hi = 11;
  std::vector<Stack> s{{"none", {}},
                       {"cfgConstant", {cfg(2, {})}},
                       {"cfgInterval", {cfg(3, interval)}},
                       {"cfgLinear", {cfg(2, linear)}},
                       {"cfgCosine", {cfg(1.5, cosine)}},
                       {"cfgDrawn", {cfg(2, drawn)}},
                       {"cfgNegative", {cfg(-.7, {})}},
                       {"autoBroadened", {weak(1.5, {.2, 0, 0})}},
                       {"autoLeakDensity", {weak(2, {0, .3, 0})}},
                       {"autoLeakDenoiser", {weak(2, {0, 0, .4})}},
                       {"autoEverything", {weak(1, {.15, .2, .3}, cosine)}},
                       {"cfgAndAuto", {cfg(1, band), weak(1, {.2, .1, 0}, linear)}},
                       {"twoTimesCfgOneOff", {cfg(1, {}), cfg(7, {}), cfg(.5, linear)}}};
  s.back().terms[1].enabled = false;
  return s;
}

// Five anisotropic components in three classes.
Mixture threeClasses() {
  Mixture m;
  m.components = {{0, .25, {-1.4, .3}, {.20, .08, .10}},
                  {1, .15, {.9, 1.1}, {.12, -.05, .15}},
                  {0, .20, {.4, -1.0}, {.09, 0, .30}},
                  {2, .25, {1.6, -.4}, {.15, .03, .08}},
                  {1, .15, {-.5, 1.5}, {.30, .10, .12}}};
  return m;
}

class Matrix : public testing::TestWithParam<std::tuple<int, int, int, int, int, int, int>> {};

TEST_P(Matrix, FollowsTheOracle) {
  const auto [engine, solver, schedule, grid, stack, conditional, start] = GetParam();
  const Subject& subject = engines()[std::size_t(engine)];
  static const std::vector<Stack> kStacks = stacks();
  static const auto kScene = std::make_shared<const Mixture>(threeClasses());
  Experiment e;
  e.condition = conditional ? 1 : kUnconditional;
  e.guidance = kStacks[std::size_t(stack)].terms;
  e.schedule.kind = ScheduleKind(schedule);
  e.schedule.grid = GridKind(grid);
  e.schedule.steps = 12;
  e.schedule.sigmaMin = .02;
  e.sampler = {kSampled[solver].kind, kSampled[solver].churn};
  e.start = start ? Start::Gaussian : Start::Exact;
  e.particles.seed = 11;
  const int count = 24;
  const Plan plan = compile(e, kScene);
  if (const Support s = subject.supports(plan); !s.ok) GTEST_SKIP() << s.reason;
  // The oracle's paths are the same for every engine.
  static std::map<std::array<int, 6>, oracle::Trajectories> cache;
  oracle::Trajectories& exact = cache[{solver, schedule, grid, stack, conditional, start}];
  if (exact.empty()) exact = oracle::sample(e, *kScene, oracle::start(e, *kScene, count));
  const Difference d = compare(subject.sample(plan, count), exact);
  EXPECT_TRUE(d.finite);
  // Equal steps of sigma from 80 end with one from sigma = 6.7 to the data: the samples shrink to a fifth of the data's
  // spread, and rounding of y, which is the size of sigma, weighs the more.
  const double looser = e.schedule.kind == ScheduleKind::Edm && e.schedule.grid == GridKind::UniformT ? 20 : 1;
  EXPECT_LE(d.worst, looser * subject.bound) << "at step " << d.step;
}

std::string caseName(const testing::TestParamInfo<Matrix::ParamType>& info) {
  static const std::vector<Stack> kNamed = stacks();
  const auto [engine, solver, schedule, grid, stack, conditional, start] = info.param;
  return engines()[std::size_t(engine)].name + "_" + kSampled[solver].name + "_" + kSchedules[std::size_t(schedule)] +
         "_" + kGrids[std::size_t(grid)] + "_" + kNamed[std::size_t(stack)].name + (conditional ? "_class" : "_none") +
         (start ? "_gaussian" : "_exact");
}

INSTANTIATE_TEST_SUITE_P(
    All, Matrix,
    testing::Combine(testing::Range(0, int(engines().size())), testing::Range(0, int(std::size(kSampled))),
                     testing::Range(0, int(kSchedules.size())), testing::Range(0, int(kGrids.size())),
                     testing::Range(0, int(stacks().size())), testing::Range(0, 2), testing::Range(0, 2)),
    caseName);

}  // namespace
}  // namespace conformance
