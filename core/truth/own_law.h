// The sampler's own law: what a guided sampler converges to with ever finer steps, without Monte Carlo. Without churn
// by the change of variables along its ODE, from every point by itself; with churn by the Fokker-Planck equation, on a
// line where nothing touches the other coordinate, else carried over a grid of the plane (law_on_grid.h), as are the
// laws of mixtures that are too large for the ODE.
#pragma once
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/frame.h"
#include "engine/plan.h"

namespace gs {

// t of a ratio on an experiment's time axis: the schedule's own; of EDM the position on the grid.
double timeAt(const Schedule&, std::span<const GridPoint> grid, double ratio);

class OwnLaw {
 public:
  struct Effort {
    double fine = 1;             // 1 gives log-densities to about 3e-4 (on grids 1e-2) where the mass is, and to a few
                                 // hundredths in the valleys where paths part; larger ones are finer
    double mostRows = 1.5e8;     // component evaluations of a law that is carried over a grid
    double mostPerPoint = 1e99;  // above that a law without churn is carried over a grid as well
    std::stop_token stop{};
  };
  // The law at this ratio, 0 included. Throws std::invalid_argument as compile() does; `absent` says where there is
  // none.
  OwnLaw(const Experiment&, std::shared_ptr<const Mixture>, double ratio, const Effort&,
         const Plan* previous = nullptr);
  ~OwnLaw();
  OwnLaw(OwnLaw&&) noexcept;

  const std::string& absent() const;  // "no own law on a grid: too many components"; empty: there is one
  bool postponed() const;             // there would be one with more rows, or it was stopped
  double logDensity(Vec2 y) const;    // of y = x / alpha; several threads may ask
  double rowsPerPoint() const;        // components that one answer evaluates, about

 private:
  void carry(const Experiment&, const std::vector<double>& edges, double kappa, const Effort&, const Plan* previous);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs
