// The parts that preset distributions are made of. A curved shape is a row of Gaussians along the curve, long along it
// and thin across it.
#pragma once
#include <functional>
#include <string_view>

#include "diffusion/mixture.h"

namespace gs {

// The covariance with standard deviations `along` in the direction of `tangent` (any length but 0) and `across` it.
Sym2 oriented(Vec2 tangent, double along, double across);

// A stretch of a curve: `mass` spread over `count` components evenly in arc length, from curve(0) to curve(1), with
// `across(u)` the standard deviation across it and `density(u)` the mass per length (both at curve parameter u).
struct Stroke {
  std::function<Vec2(double u)> curve;
  std::function<double(double u)> across;
  std::function<double(double u)> density = [](double) { return 1.0; };
  int count = 1;
  double mass = 1;
};
void addStroke(Mixture&, int label, const Stroke&);

// The mixture of a preset, and the two with a file of their own (weights as they come).
Mixture presetMixture(std::string_view name, std::string_view word);  // normalised; throws InputError
Mixture lettersMixture(std::string_view word);                        // throws InputError
Mixture treeMixture();

}  // namespace gs
