// Laws of guided samplers by quadrature instead of Monte Carlo: the universal exponential step is a Gaussian
// transition, so the law after a step is a Gaussian sum over the law before it, and sums over a uniform grid finer than
// the Gaussian are exact to rounding (the trapezoid rule converges like exp(-2 pi^2 (width / spacing)^2)). With steps
// going to 0 this is the Fokker-Planck equation of the guided reverse process.
#pragma once
#include <functional>
#include <vector>

#include "diffusion/vec.h"

namespace oracle {

// A law as point masses.
struct Atoms {
  std::vector<double> x, mass;
  double mean(const std::function<double(double)>& f) const;
  double mean() const;
  double variance() const;
};
struct Atoms2 {
  std::vector<gs::Vec2> x;
  std::vector<double> mass;
  double mean(const std::function<double(gs::Vec2)>& f) const;
};

// y' = D + r^(1 + kappa) (y - D) + ratio' sqrt(1 - r^(2 kappa)) z along `ratios` (decreasing, finite first, last 0), on
// the line, from the density of y at ratios[0]. The data's scale is 1: everything of weight lies in
// |y| < reach sqrt(1 + ratio^2). `visit`, where given, sees the law of y at every level but the last.
struct Chain {
  std::vector<double> ratios;
  double kappa = 1;
  double reach = 9;
  std::function<double(double y, double ratio)> denoiser;
  std::function<double(double y)> startDensity;
  std::function<void(const Atoms&, std::size_t level)> visit;
};
Atoms finalLaw(const Chain&);

struct Chain2 {
  std::vector<double> ratios;
  double kappa = 1;
  double reach = 6;
  std::function<gs::Vec2(gs::Vec2 y, double ratio)> denoiser;
  std::function<double(gs::Vec2 y)> startDensity;
};
Atoms2 finalLaw(const Chain2&);

// Equal steps of t = ratio / (1 + ratio) from `first` to 0: the local error is first order all the way to the data, so
// that two of these grids extrapolate to the continuous process.
std::vector<double> flowGrid(int steps, double first = 1e6);

}  // namespace oracle
