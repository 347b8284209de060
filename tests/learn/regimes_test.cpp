// Denoisers that are trained for too short, or for long enough, with guidance weights that are learned for them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "data/distributions.h"
#include "data/networks.h"
#include "diffusion/two_samples.h"
#include "engine/engine.h"
#include "learn/module.h"
#include "measure/weights_compared.h"
#include "session/json.h"
#include "trainings.h"

namespace gs {
namespace {

using namespace test;

// A preset's law with the denoiser that such a training gives, and no guidance.
Experiment learnt(const char* law, const DenoiserSettings& net) {
  LearnRequest r;
  r.kind = LearnKind::Denoiser;
  r.experiment = scenePreset(law).panes[0];
  r.experiment.guidance.clear();
  r.net = net;
  const auto trainer = learnModule().make(r);
  while (trainer->step() < trainer->steps()) trainer->advance();
  r.experiment.model.network.file = law;
  r.experiment.model.network.network = Box<Network>(networkFrom(trainer->state(), law));
  return r.experiment;
}

// The energy distance of guided samples to a class, se and floor of it.
Distance distanceTo(Experiment e, int label, double omega, int particles) {
  static const auto engine = makeCpuEngine(1);
  e.condition = label, e.particles.count = particles;
  if (omega != 0) e.guidance = {Term{}}, e.guidance[0].omega = omega;
  const auto law = resolve(e.distribution);
  const auto frame = engine->sample(compile(e, law), particles, {});
  std::vector<float> exact;
  for (const Draw& d : sampleExact(*law, particles, 77, label)) exact.insert(exact.end(), {float(d.x.x), float(d.x.y)});
  return energyDistance(frame->at(frame->steps()), exact, 77);
}

// The toy of 2510.00815: small denoisers of two moons, weights learned for them, and what they are compared with. All
// that is drawn, in training and for the comparison, is another with another seed.
struct Regime {
  int steps, batch;
  double rate;
};
constexpr Regime kUnderTrained{40, 128, .002}, kHalfTrained{100, 128, .002}, kWellTrained{250, 256, .004};
struct Toy {
  Experiment model;
  LearnedWeights learned;
  WeightsCompared compared;
};
// `whole`: as large as the README has it (8 s of a core), or a sketch of that (0.5 s).
Toy toy(const Regime& regime, std::uint32_t seed, bool whole = false) {
  DenoiserSettings net;
  net.width = 32, net.layers = 3, net.snapshots = 1, net.seed = seed;
  net.steps = regime.steps, net.batch = regime.batch, net.rate = regime.rate;
  Toy t;
  t.model = learnt("two-moons", net);
  t.model.particles.seed = seed;
  LearnRequest r;
  if (whole) {
    r.experiment = t.model;
    r.omega.steps = 500, r.omega.batch = 128, r.omega.width = 32, r.omega.depth = 4, r.omega.rate = .005;
  } else {
    t.model.schedule.steps = 12;
    r = quick(t.model, 120);
    r.omega.batch = 64, r.omega.particles = 4;
  }
  r.omega.seed = seed;
  t.learned = trained(r);
  t.compared = compareWeights(*makeCpuEngine(1), t.model, t.learned, whole ? 800 : 300);
  return t;
}
void expectErrorBars(const WeightsCompared& c) {
  ASSERT_EQ(c.choices.size(), 4u);
  EXPECT_GT(c.floor, 0);
  for (const WeightChoice& w : c.choices) {
    EXPECT_TRUE(std::isfinite(w.distance)) << w.name;
    EXPECT_TRUE(w.se > 0 && w.se < .1) << w.name << " " << w.se;
    ASSERT_EQ(w.perClass.size(), 2u);
    EXPECT_NEAR(w.distance, (w.perClass[0] + w.perClass[1]) / 2, 1e-12) << w.name;
    EXPECT_NEAR(w.se, std::hypot(w.ses[0], w.ses[1]) / 2, 1e-12) << w.name;
  }
}

// A mean over networks of several seeds, and its standard error by how much they differ.
struct OverSeeds {
  double mean = 0, se = 0;
};
OverSeeds overSeeds(const std::vector<Toy>& toys, auto&& value) {
  OverSeeds out;
  const double n = double(toys.size());
  for (const Toy& t : toys) out.mean += value(t) / n;
  for (const Toy& t : toys) out.se += std::pow(value(t) - out.mean, 2) / (n * (n - 1));
  out.se = std::sqrt(out.se);
  return out;
}
enum { kNone, kConstant, kInterval, kLearned };
double gainOf(const Toy& t, int a, int b) { return t.compared.choices[b].distance - t.compared.choices[a].distance; }
// How much nearer to the data a is than b. Both are measured on the same particles and draws, so what these do to both
// goes out: the errors of the two added up would say too much of it, and nothing of how much networks differ.
OverSeeds gained(const std::vector<Toy>& toys, int a, int b) {
  return overSeeds(toys, [=](const Toy& t) { return gainOf(t, a, b); });
}
std::vector<Toy> toys(const Regime& regime, std::uint32_t seeds, bool whole = false) {
  std::vector<Toy> out;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed)
    expectErrorBars(out.emplace_back(toy(regime, seed, whole)).compared);
  return out;
}

// 40 steps: guidance of any kind helps, each network by more than the noise and all by more than they differ, and the
// learned weight gets nine tenths at least of what the best constant and the best interval get (here 97 %).
TEST(Compared, UnderTrainedNetworksAreHelped) {
  const std::vector<Toy> all = toys(kUnderTrained, 3);
  if (HasFailure()) return;
  for (const int guided : {kConstant, kInterval, kLearned}) {
    const OverSeeds more = gained(all, guided, kNone);
    EXPECT_GT(more.mean, 4 * more.se) << guided;
    for (const Toy& t : all)
      EXPECT_GT(gainOf(t, guided, kNone), 3 * std::hypot(t.compared.choices[guided].se, t.compared.choices[kNone].se));
  }
  for (const int other : {kConstant, kInterval})
    EXPECT_GT(gained(all, kLearned, kNone).mean, .9 * gained(all, other, kNone).mean) << other;
  double largest = 0;
  for (const Toy& t : all) {
    largest = std::max(largest, t.compared.choices[kConstant].omega);
    EXPECT_GT(t.compared.choices[kConstant].omega, 2);
    for (const int label : {0, 1}) EXPECT_GT(largestIn(t.learned, label), 1);
  }
  EXPECT_GT(largest, 4) << "the search goes on from the end of its list";
  // The best constant is one, with other noise: its neighbours are no better.
  const auto mean = [](const Toy& t, double omega) {
    const Distance a = distanceTo(t.model, 0, omega, 400), b = distanceTo(t.model, 1, omega, 400);
    return Distance{(a.value + b.value) / 2, std::hypot(a.se, b.se) / 2, 0};
  };
  for (const double factor : {1 / 1.5, 1.5}) {
    double more = 0, error = 0;
    for (const Toy& t : all) {
      const double omega = t.compared.choices[kConstant].omega;
      const Distance best = mean(t, omega), beside = mean(t, std::min(factor * omega, 20.));
      more += beside.value - best.value, error = std::hypot(error, best.se, beside.se);
    }
    EXPECT_GT(more, -2 * error) << factor;
  }
}

// 250 steps: none is learned, the best constant is next to none, and more guidance is worse.
TEST(Compared, WellTrainedNetworksNeedNone) {
  const std::vector<Toy> all = toys(kWellTrained, 2);
  if (HasFailure()) return;
  // A fourteenth of what the under-trained ones gain; what is learned is nothing.
  for (const int guided : {kConstant, kInterval}) EXPECT_NEAR(gained(all, guided, kNone).mean, 0, .02) << guided;
  EXPECT_NEAR(gained(all, kLearned, kNone).mean, 0, .003);
  for (const Toy& t : all) {
    EXPECT_LT(t.compared.choices[kNone].distance, .03 + 3 * t.compared.choices[kNone].se);
    EXPECT_LT(t.compared.choices[kConstant].omega, .5);
    for (const int label : {0, 1}) EXPECT_LT(largestIn(t.learned, label), .1);
  }
  Distance last = distanceTo(all[0].model, 0, 0, 400);
  for (const double omega : {1., 4.}) {
    const Distance d = distanceTo(all[0].model, 0, omega, 400);
    EXPECT_GT(d.value - last.value, 3 * std::hypot(d.se, last.se)) << omega;
    last = d;
  }
}

bool longTests() {
  const char* all = std::getenv("GS_LONG_TESTS");
  return all && *all == '1';
}

// The README's table: eight networks of each regime. What guidance gains is many standard errors; between the kinds of
// it there is no difference beyond three.
class ToyOverSeeds : public testing::TestWithParam<Regime> {};
void PrintTo(const Regime& r, std::ostream* out) { *out << r.steps << " steps"; }
TEST_P(ToyOverSeeds, IsTheTable) {
  if (!longTests()) GTEST_SKIP() << "with GS_LONG_TESTS=1 only";
  const std::vector<Toy> all = toys(GetParam(), 8, true);
  if (HasFailure()) return;
  std::printf("[ measured ] %d steps:", GetParam().steps);
  for (int i = 0; i < 4; ++i) {
    const OverSeeds of = overSeeds(all, [=](const Toy& t) { return t.compared.choices[i].distance; });
    std::printf(" %s %.4f +- %.4f", all[0].compared.choices[i].name.c_str(), of.mean, of.se);
  }
  for (const int other : {kNone, kConstant, kInterval}) {
    const OverSeeds more = gained(all, kLearned, other);
    std::printf("; learned gains %.4f +- %.4f on %s", more.mean, more.se, all[0].compared.choices[other].name.c_str());
    if (other == kNone && GetParam().steps < 250)
      EXPECT_GT(more.mean, 4 * more.se);
    else
      EXPECT_LT(std::abs(more.mean), 3 * more.se + 5e-4) << other;
  }
  std::printf("\n");
}
INSTANTIATE_TEST_SUITE_P(Regimes, ToyOverSeeds, testing::Values(kUnderTrained, kHalfTrained, kWellTrained));

// What a network trained with the default settings samples is within three floors of the data: the floor is what exact
// samples of that number show. An eighteenth of the steps is enough for a third of the samples; with GS_LONG_TESTS=1
// all the steps are done, for every law that the README names (14 s of one core each).
struct DefaultTraining {
  const char* law;
  int steps, particles;
};
void PrintTo(const DefaultTraining& d, std::ostream* out) { *out << d.law << ", " << d.steps << " steps"; }
class DefaultNetwork : public testing::TestWithParam<DefaultTraining> {};
TEST_P(DefaultNetwork, IsAsNearToTheDataAsExactSamples) {
  const DefaultTraining& d = GetParam();
  DenoiserSettings net;
  if (d.steps == net.steps && !longTests()) GTEST_SKIP() << "with GS_LONG_TESTS=1 only";
  net.steps = d.steps;
  Experiment e = learnt(d.law, net);
  if (d.steps < 4000) e.schedule.steps = 24;
  const Distance found = distanceTo(e, 0, 0, d.particles);
  RecordProperty("distance", std::to_string(found.value) + " of " + std::to_string(found.floor));
  EXPECT_LT(found.value, 3 * found.floor) << "se " << found.se;
}
INSTANTIATE_TEST_SUITE_P(Laws, DefaultNetwork,
                         testing::Values(DefaultTraining{"two-moons", 220, 1500},
                                         DefaultTraining{"two-moons", 4000, 4096},
                                         DefaultTraining{"spirals", 4000, 4096}, DefaultTraining{"ring", 4000, 4096}));

}  // namespace
}  // namespace gs
