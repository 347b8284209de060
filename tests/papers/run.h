// Runs experiments of the program's engine for statements about its samples.
#pragma once
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "engine/plan.h"

namespace papers {

inline constexpr double kSpread = 4.5;  // standard errors that a statistic may miss by

inline const gs::Engine& engine() {
  static const std::unique_ptr<gs::Engine> cpu = gs::makeCpuEngine();
  return *cpu;
}

inline std::shared_ptr<const gs::Frame> run(const gs::Experiment& e, const gs::Mixture& m) {
  return engine().sample(gs::compile(e, std::make_shared<const gs::Mixture>(m)), e.particles.count, {});
}

// Classifier-free guidance towards class 0 on the flow's uniform grid from `sigmaMax`, exact start.
inline gs::Experiment cfg(double omega, gs::SolverKind kind, double kappa, int steps, int count,
                          double sigmaMax = 200) {
  gs::Experiment e;
  e.condition = 0;
  gs::Term term;
  term.omega = omega;
  e.guidance = {term};
  e.schedule.kind = gs::ScheduleKind::Flow;
  e.schedule.grid = gs::GridKind::UniformT;
  e.schedule.steps = steps;
  e.schedule.sigmaMax = sigmaMax;
  e.sampler = {kind, kappa};
  e.particles = {count, 7};
  return e;
}

inline std::vector<double> ratios(const gs::Frame& f) {
  std::vector<double> r;
  for (const gs::GridPoint& g : f.grid) r.push_back(g.ratio);
  return r;
}

inline gs::Vec2 at(const gs::Frame& f, int step, int particle) {
  const float* x = f.at(step).data() + 2 * particle;
  return {x[0], x[1]};
}

// Sample mean of f over the final positions, with its standard error.
struct Estimate {
  double value, se;
  double z(double expected) const { return (value - expected) / se; }
};
inline Estimate estimate(const gs::Frame& frame, const std::function<double(gs::Vec2)>& f) {
  double sum = 0, squares = 0;
  const int n = frame.particles;
  for (int i = 0; i < n; ++i) {
    const double v = f(at(frame, frame.steps(), i));
    sum += v;
    squares += v * v;
  }
  const double mean = sum / n;
  return {mean, std::sqrt((squares / n - mean * mean) / (n - 1))};
}

}  // namespace papers
