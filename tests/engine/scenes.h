// Small scenes for the tests of the engine.
#pragma once
#include <cmath>
#include <memory>
#include <numbers>

#include "engine/plan.h"

namespace gs::test {

// Components of several shapes around a ring, classes in turn; weights differ.
inline std::shared_ptr<const Mixture> ring(int components, int classes = 2) {
  Mixture m;
  for (int k = 0; k < components; ++k) {
    const double angle = 2 * std::numbers::pi * k / components;
    m.components.push_back({k % classes,
                            1. + k % 3,
                            {2 * std::cos(angle), 1.5 * std::sin(angle)},
                            {.05 + .02 * (k % 4), .015 * (k % 3 - 1), .08 - .01 * (k % 5)}});
  }
  return std::make_shared<const Mixture>(normalised(std::move(m)));
}

inline Term cfg(double omega) {
  Term t;
  t.kind = TermKind::Cfg;
  t.omega = omega;
  return t;
}
inline Term autoguidance(double omega, WeakModel weak) {
  Term t;
  t.kind = TermKind::Autoguidance;
  t.omega = omega;
  t.weak = weak;
  return t;
}

inline Experiment experiment(const std::shared_ptr<const Mixture>& mixture, SolverKind solver = SolverKind::Euler,
                             int steps = 16) {
  Experiment e;
  e.distribution.kind = DistributionKind::Mixture;
  e.distribution.mixture = Box<Mixture>(*mixture);
  e.condition = 0;
  e.guidance = {cfg(1.5)};
  e.schedule.steps = steps;
  e.sampler.kind = solver;
  if (solver == SolverKind::Exponential) e.sampler.churn = 1;
  e.particles.count = 500;
  return e;
}

// Two interleaved spirals of thin strokes, in two classes, and an experiment that begins at a level of little noise: of
// many components a particle meets few there.
inline std::shared_ptr<const Mixture> spirals(int components) {
  Mixture m;
  for (int k = 0; k < components; ++k) {
    const double u = double(k) / components, angle = 9 * u + (k % 2) * std::numbers::pi, c = std::cos(angle);
    const double s = std::sin(angle), along = 4e-4, across = 2e-5;
    m.components.push_back(
        {k % 2,
         1. + k % 3,
         {(.3 + 2 * u) * c, (.3 + 2 * u) * s},
         {along * s * s + across * c * c, (across - along) * c * s, along * c * c + across * s * s}});
  }
  return std::make_shared<const Mixture>(normalised(std::move(m)));
}
inline Experiment atLevel(const std::shared_ptr<const Mixture>& mixture, double ratio, SolverKind solver, int steps) {
  Experiment e = experiment(mixture, solver, steps);
  e.guidance.push_back(autoguidance(0.5, {.02, .3, .2}));
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.grid = GridKind::Karras;
  e.schedule.sigmaMax = ratio;
  return e;
}
inline Plan withoutLeaves(Plan plan) {
  for (PlanModel& m : plan.models) m.leaves = nullptr;
  return plan;
}

inline constexpr SolverKind kSolvers[] = {SolverKind::Euler, SolverKind::Heun, SolverKind::Dpmpp2m,
                                          SolverKind::Exponential, SolverKind::Rk4};

}  // namespace gs::test
