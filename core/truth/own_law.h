// The sampler's own law: what a guided sampler converges to with ever finer steps, without Monte Carlo. Without churn
// by the change of variables along its ODE; with churn, on the line, by the Fokker-Planck equation.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "engine/frame.h"
#include "engine/plan.h"

namespace gs {

// t of a ratio on an experiment's time axis: the schedule's own; of EDM the position on the grid.
double timeAt(const Schedule&, std::span<const GridPoint> grid, double ratio);

class OwnLaw {
 public:
  // The law at this ratio, 0 included. `fine` of 1 gives log-densities to about 3e-4 where the mass is, and to a few
  // hundredths in the valleys where paths part; larger ones are finer. Throws std::invalid_argument as
  // compile() does; `absent` says where there is none.
  OwnLaw(const Experiment&, std::shared_ptr<const Mixture>, double ratio, double fine = 1,
         const Plan* previous = nullptr);
  ~OwnLaw();
  OwnLaw(OwnLaw&&) noexcept;

  const std::string& absent() const;  // "no own law without Monte Carlo: churn in the plane"; empty: there is one
  double logDensity(Vec2 y) const;    // of y = x / alpha; several threads may ask
  double rowsPerPoint() const;        // components that one answer evaluates, about

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs
