// Rewards whose law is a table of many parts: every engine against the double-precision build on the same plan, and the
// half-plane, which has a closed form, against the oracle.
#include <gtest/gtest.h>

#include "conformance/compare.h"
#include "diffusion/painted_map.h"

namespace conformance {
namespace {

using namespace gs;

std::shared_ptr<const Mixture> threeLobes() {
  static const auto m = std::make_shared<const Mixture>(
      Mixture{{{0, .4, {-1, .2}, {.3, .1, .2}}, {1, .35, {1, -.3}, {.5, -.2, .4}}, {1, .25, {0, 1.5}, {.2, 0, .1}}}});
  return m;
}
Experiment tiltedScene(RewardKind kind, double omega) {
  Experiment e;
  e.condition = 1;
  Term t;
  t.kind = TermKind::Reward;
  t.omega = omega;
  t.reward.kind = kind;
  t.reward.angle = 25, t.reward.offset = .3, t.reward.width = .4, t.reward.center = {.2, .3};
  PaintedMap map;
  map.touch({.7, .5}, .3, .9);
  t.reward.map = map.text();
  t.reward.expression = "1 + c * exp(-(x^2 + y - 1)^2)";
  e.guidance = {t};
  e.schedule.steps = 16;
  e.sampler = {SolverKind::Exponential, 1};
  return e;
}

class TabulatedRewards : public testing::TestWithParam<RewardKind> {};

TEST_P(TabulatedRewards, AreTheSameOnEveryEngine) {
  const int count = 24;
  for (const double omega : {1., 2.5}) {
    const Plan plan = compile(tiltedScene(GetParam(), omega), threeLobes());
    const std::vector<double> x = sampleInDouble(plan, count);
    oracle::Trajectories exact(plan.grid.size(), std::vector<oracle::Vec2>(std::size_t(count)));
    for (std::size_t i = 0; i < x.size() / 2; ++i)
      exact[i / std::size_t(count)][i % std::size_t(count)] = {x[2 * i], x[2 * i + 1]};
    for (const Subject& subject : engines()) {
      ASSERT_TRUE(subject.supports(plan).ok);
      const Difference d = compare(subject.sample(plan, count), exact);
      EXPECT_TRUE(d.finite) << subject.name;
      EXPECT_LE(d.worst, subject.bound) << subject.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TabulatedRewards,
                         testing::Values(RewardKind::Ring, RewardKind::HalfPlane, RewardKind::Ramp,
                                         RewardKind::Distance, RewardKind::Sinusoid, RewardKind::Expression,
                                         RewardKind::Painted));

// The table is within 1e-4 of the tilted law in total variation: its paths are those of the closed form to a
// ten-thousandth of the spread at weight 1, and to a thousandth at half of it, where some end short of the edge.
TEST(HalfPlane, FollowsTheClosedForm) {
  const int count = 24;
  for (const auto& [omega, bound] : {std::pair{1., 5e-9}, {.5, 2e-7}}) {
    Experiment e = tiltedScene(RewardKind::HalfPlane, omega);
    e.guidance[0].reward.offset = 1.1;  // most of the law lies beyond
    const oracle::Trajectories exact = oracle::sample(e, *threeLobes(), oracle::start(e, *threeLobes(), count));
    for (const Subject& subject : engines()) {
      const Difference d = compare(subject.sample(compile(e, threeLobes()), count), exact);
      EXPECT_TRUE(d.finite) << subject.name;
      EXPECT_LE(d.worst, bound) << subject.name << " at step " << d.step;
    }
  }
}

}  // namespace
}  // namespace conformance
