// The law of a deterministic sampler, and the causes of a number, against closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "measure/causes.h"
#include "oracle/oracle.h"
#include "oracle/random.h"
#include "papers/line.h"
#include "papers/run.h"

namespace papers {
namespace {

// ---- the law of a deterministic sampler ---------------------------------------------------------------------------

gs::Experiment fine(gs::Experiment e, int steps) {
  e.schedule = {.kind = gs::ScheduleKind::Edm,
                .grid = gs::GridKind::UniformLogSnr,
                .steps = steps,
                .sigmaMin = 5e-4,
                .sigmaMax = 80};
  e.sampler = {gs::SolverKind::Rk4, 0};
  return e;
}

TEST(FollowedLaw, WithoutGuidanceIsTheDataLaw) {  // identity 26
  oracle::Random r{3};
  const gs::Mixture m = oracle::randomMixture(r, 4, 2, 1.5, .3, .8);
  const gs::Plan plan =
      gs::compile(fine(cfg(0, gs::SolverKind::Rk4, 0, 1, 40), 256), std::make_shared<const gs::Mixture>(m));
  const auto frame = engine().sample(plan, 40, {});
  const gs::FollowedLaw law = gs::followLaw(plan, *frame, 40, false, {}).back();
  ASSERT_EQ(law.at.size(), 40u);
  for (std::size_t i = 0; i < law.at.size(); ++i) {
    EXPECT_NEAR(law.logDensity[i], gs::logDensity(m, law.at[i], {1, 0}, 0), 2e-5);
    EXPECT_NEAR(glm::length(law.at[i] - at(*frame, 256, int(i))), 0, 1e-3);  // the engine's own ends
  }
}

TEST(FollowedLaw, OfGuidedGaussiansHasTheClosedDivergence) {
  // N(0, 1) against N(0, 2): the ODE ends with variance 2^-omega in each direction (PF-ODE of a power of Gaussians).
  const auto m = std::make_shared<const gs::Mixture>(gs::Mixture{{{0, 1, {0, 0}, gs::Sym2::isotropic(1)}}});
  gs::Experiment e = cfg(1.5, gs::SolverKind::Rk4, 0, 1, 400);
  e.guidance[0].kind = gs::TermKind::Autoguidance;
  e.guidance[0].weak.broaden = 1;
  const gs::Plan plan = gs::compile(fine(e, 128), m);
  const auto frame = engine().sample(plan, 400, {});
  const gs::FollowedLaw law = gs::followLaw(plan, *frame, 400, false, {}).back();
  const double v = std::exp2(-1.5);
  for (std::size_t i = 0; i < law.at.size(); ++i) {
    const double exact = -glm::dot(law.at[i], law.at[i]) / (2 * v) - std::log(2 * std::numbers::pi * v);
    EXPECT_NEAR(law.logDensity[i], exact, 2e-3);  // the start at ratio 80 is worth 1e-3
  }
  const gs::Metric kl = gs::divergenceToConditional(plan, law);
  EXPECT_LT(std::abs(kl.value - (v - 1 - std::log(v))), kSpread * kl.se) << kl.value << " +- " << kl.se;
  EXPECT_GT(kl.se, 0);
  gs::Experiment wrong = e;
  wrong.sampler.kind = gs::SolverKind::Euler;
  EXPECT_THROW(gs::followLaw(gs::compile(wrong, m), *frame, 10, false, {}), std::invalid_argument);
}

// ---- causes -------------------------------------------------------------------------------------------------------

TEST(Causes, TellTheSolverFromTheGuidance) {
  // Gaussians make every run linear: y_end = f y_start with f a product over the steps.
  const auto m = std::make_shared<const gs::Mixture>(gs::Mixture{{{0, 1, {0, 0}, gs::Sym2::isotropic(1)}}});
  const double omega = 1, first = 200;
  gs::Experiment e = cfg(omega, gs::SolverKind::Euler, 0, 16, 3000, first);
  e.guidance[0].kind = gs::TermKind::Autoguidance;
  e.guidance[0].weak.broaden = 1;
  const gs::Plan plan = gs::compile(e, m);
  const auto frame = engine().sample(plan, 3000, {});
  double factor = 1;
  const std::vector<double> q = ratios(*frame);
  for (std::size_t i = 0; i + 1 < q.size(); ++i) {
    const double s = q[i] * q[i], slope = (1 + omega) / (1 + s) - omega * 2 / (2 + s), r = q[i + 1] / q[i];
    factor *= r + (1 - r) * slope;
  }
  // Converged: the ODE's variances are 2^-omega and 1.
  const double start = std::sqrt(1 + first * first), solved = factor * start, guided = std::exp2(-omega / 2);
  const gs::Causes c = gs::causes(engine(), plan, *frame, 3000, {});
  std::map<std::string, gs::Metric> metric;
  for (const gs::Metric& v : c.metrics) metric[v.name] = v;
  const auto near = [&](const char* name, double wanted) {
    EXPECT_LT(std::abs(metric.at(name).value - wanted), kSpread * metric.at(name).se + 2e-3)
        << name << " " << metric.at(name).value << ", " << wanted;
  };
  near("guidance_effect", std::numbers::sqrt2 * (1 - guided));
  near("solver_error", std::numbers::sqrt2 * std::abs(solved - guided));
  near("kl_conditional", guided * guided - 1 - std::log(guided * guided));
  ASSERT_EQ(c.rows.size(), 4u);  // one class: nothing about p(c|x)
  for (const gs::Cause& row : c.rows) {
    EXPECT_NEAR(row.value, row.data + row.chance + row.model + row.guidance + row.solver, 1e-9) << row.name;
    EXPECT_LT(std::abs(row.chance), kSpread * row.chanceSe + 1e-3) << row.name;
    if (row.name.starts_with("cov")) {  // of a Gaussian: sqrt(2 / n) of itself, or of the law's 1 where that is more
      EXPECT_NEAR(row.valueSe, std::sqrt(2. / 3000) * std::max(1., row.value), .1 * row.valueSe) << row.name;
    }
    if (row.name != "cov_xx") continue;
    EXPECT_LT(std::abs(row.guidance - (guided * guided - 1)), kSpread * row.guidanceSe + 2e-3);
    EXPECT_LT(std::abs(row.solver - (solved * solved - guided * guided)), kSpread * row.solverSe + 2e-3);
  }
}

TEST(Causes, FaultsOfTheModelAreToldApart) {
  // A model broadened by 1 samples variance 2 instead of 1, whatever guidance then does.
  const auto m = std::make_shared<const gs::Mixture>(gs::Mixture{{{0, 1, {0, 0}, gs::Sym2::isotropic(1)}}});
  gs::Experiment e = cfg(0, gs::SolverKind::Heun, 0, 64, 2000);
  e.model.broaden = 1;
  const gs::Plan plan = gs::compile(e, m);
  const auto frame = engine().sample(plan, 2000, {});
  const gs::Causes c = gs::causes(engine(), plan, *frame, 2000, {});
  int seen = 0;
  for (const gs::Cause& row : c.rows)
    if (row.name == "cov_xx") {
      ++seen;
      EXPECT_LT(std::abs(row.model - 1), kSpread * row.modelSe + .01) << row.model << " +- " << row.modelSe;
      EXPECT_EQ(row.guidance, 0);
    }
  EXPECT_EQ(seen, 1);
}

TEST(Causes, OfStochasticSamplersAreToldByMeans) {
  const Line line = e1();
  gs::Experiment e = cfg(1, gs::SolverKind::Exponential, 1, 12, 4000);
  const gs::Plan plan = gs::compile(e, std::make_shared<const gs::Mixture>(line.plane()));
  const auto frame = engine().sample(plan, 4000, {});
  const gs::Causes c = gs::causes(engine(), plan, *frame, 4000, {});
  EXPECT_NE(c.note.find("stochastic"), std::string::npos);
  const double coarse = finalLaw(line.chain(ratios(*frame), 1, 0, 1)).mean(), limit = 1.4816;
  int seen = 0;
  for (const gs::Cause& row : c.rows) {
    if (row.name == "mean_x") {
      ++seen;
      EXPECT_LT(std::abs(row.guidance - (limit - 1)), kSpread * row.guidanceSe + 5e-3) << row.guidance;
      EXPECT_LT(std::abs(row.solver - (coarse - limit)), kSpread * row.solverSe + 5e-3) << row.solver;
    }
    if (row.name == "log_posterior" || row.name == "accuracy") ++seen;
  }
  EXPECT_EQ(seen, 3);
}

}  // namespace
}  // namespace papers
