// What the probe, a marked particle and an outline say, against the oracle.
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "oracle/oracle.h"
#include "papers/laws.h"
#include "papers/run.h"
#include "truth/probe.h"

namespace papers {
namespace {

using gs::Experiment;
using gs::Mixture;
using gs::Vec2;

TEST(Probe, SaysWhatTheOracleSays) {
  const auto m = shared(sMode());
  Experiment e = cfg(2, gs::SolverKind::Heun, 0, 32, 10);
  gs::Term weak;
  weak.kind = gs::TermKind::Autoguidance;
  weak.omega = .5;
  e.guidance.push_back(weak);
  const Vec2 x(.3, .2);
  const gs::ProbeAnswer a = gs::probeAt(e, m, .4, x);
  const Vec2 y = x / a.level.alpha;
  Experiment one = e, plain = e;
  one.guidance.pop_back();
  plain.guidance.clear();
  const Vec2 base = oracle::guided(plain, *m, y, a.ratio, a.t), first = oracle::guided(one, *m, y, a.ratio, a.t),
             both = oracle::guided(e, *m, y, a.ratio, a.t);
  ASSERT_EQ(a.pushes.size(), 2u);
  EXPECT_NEAR(glm::distance(a.base, base), 0, 1e-9);
  EXPECT_NEAR(glm::distance(a.pushes[0].by, first - base), 0, 1e-9);
  EXPECT_NEAR(glm::distance(a.pushes[1].by, both - first), 0, 1e-9);
  EXPECT_NEAR(glm::distance(a.guided, both), 0, 1e-9);
  EXPECT_NEAR(a.classPosterior[0], oracle::classPosterior(*m, y, a.ratio, 0), 1e-9);
  EXPECT_NEAR(a.logDensity, oracle::logDensity(oracle::law(*m, -1), y, a.ratio) - 2 * std::log(a.level.alpha), 1e-9);
  for (const auto& estimate : a.estimates) {
    if (estimate.kind == gs::ProbeAnswer::Estimate::Kind::Weak) {
      EXPECT_NEAR(glm::distance(estimate.at, oracle::denoiser(oracle::law(*m, 0, weak.weak.broaden), y, a.ratio)), 0,
                  1e-9);
    }
  }
  // The posterior of x0 has the denoiser for its mean.
  EXPECT_NEAR(glm::distance(a.posterior.mean(), base), 0, 1e-5);
  const oracle::Posterior p = oracle::posterior(oracle::law(*m, 0), y, a.ratio);
  EXPECT_NEAR(a.posterior.covariance().xx, p.covariance().xx, 1e-4);
}

TEST(Probe, ARecordFollowsOneParticleAndItsTwin) {
  const Mixture m = sMode();
  const auto law = shared(m);
  Experiment e = cfg(3, gs::SolverKind::Heun, 0, 12, 10);
  e.particles.count = 40;
  const gs::Plan plan = gs::compile(e, law);
  const auto frame = engine().sample(plan, 40, {});
  const auto r = gs::particleRecord(engine(), plan, frame, 17, {});
  ASSERT_TRUE(r);
  Experiment plain = e;
  plain.guidance.clear();
  const auto twin = run(plain, m);
  ASSERT_EQ(r->x.size(), 26u);
  ASSERT_EQ(r->push.size(), 13u);
  EXPECT_TRUE(r->logReward.empty());
  for (int s = 0; s <= 12; ++s) {
    const std::size_t k = 2 * std::size_t(s);
    EXPECT_EQ(Vec2(r->x[k], r->x[k + 1]), at(*frame, s, 17));
    EXPECT_EQ(Vec2(r->twin[k], r->twin[k + 1]), at(*twin, s, 17));
    const gs::GridPoint& g = frame->grid[std::size_t(s)];
    if (g.level.sigma == 0) continue;
    const Vec2 y = at(*frame, s, 17) / g.level.alpha;
    EXPECT_NEAR(r->classPosterior[std::size_t(s)], oracle::classPosterior(m, y, g.ratio, 0), 1e-5);
    EXPECT_NEAR(r->push[std::size_t(s)],
                glm::distance(oracle::guided(e, m, y, g.ratio, g.t), oracle::guided(plain, m, y, g.ratio, g.t)), 1e-4);
  }
  EXPECT_EQ(r->twin[0], r->x[0]);  // the same noise
  EXPECT_NE(r->twin[24], r->x[24]);
  EXPECT_EQ(gs::particleRecord(engine(), plan, frame, 40, {}), nullptr);
}

TEST(Probe, AnOutlineHoldsTheParticlesInside) {
  const std::array<float, 10> x{0, 0, 1, 1, 3, 0, .5f, .4f, std::nanf(""), 0};
  const std::array<Vec2, 4> square{Vec2(-.5, -.5), Vec2(1.5, -.5), Vec2(1.5, 1.5), Vec2(-.5, 1.5)};
  EXPECT_EQ(gs::particlesWithin(x, square), (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(gs::nearestParticle(x, {.9, .9}, .5), 1);
  EXPECT_EQ(gs::nearestParticle(x, {10, 10}, .5), -1);
  Experiment e = cfg(1, gs::SolverKind::Heun, 0, 8, 10);
  e.particles.count = 200;
  const auto frame = run(e, sMode());
  const gs::Group g = gs::groupOf(*frame, {3, 5, 8, 999}, 0, false);
  EXPECT_EQ(g.particles, (std::vector<int>{3, 5, 8}));
  const Vec2 mean = (at(*frame, 8, 3) + at(*frame, 8, 5) + at(*frame, 8, 8)) / 3.;
  EXPECT_NEAR(glm::distance(g.endMean, mean), 0, 1e-6);
  EXPECT_NEAR(glm::distance(g.mean, mean), 0, 1e-6);
  EXPECT_EQ(g.of, 200);
}

}  // namespace
}  // namespace papers
