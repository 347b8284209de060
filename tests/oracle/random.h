// Reproducible random inputs for the tests: the same on every platform, unlike the standard distributions.
#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

#include "diffusion/mixture.h"

namespace oracle {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  std::uint64_t bits() {  // splitmix64
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double unit() { return (double(bits() >> 11) + .5) / 9007199254740992.0; }  // (0, 1)
  double uniform(double lo, double hi) { return lo + (hi - lo) * unit(); }
  double logUniform(double lo, double hi) { return std::exp(uniform(std::log(lo), std::log(hi))); }
  int integer(int lo, int hi) { return lo + int(bits() % std::uint64_t(hi - lo + 1)); }  // both ends
  bool chance(double p) { return unit() < p; }
  double normal() { return std::sqrt(-2 * std::log(unit())) * std::cos(2 * std::numbers::pi * unit()); }
  gs::Vec2 normal2() {
    const double x = normal();
    return {x, normal()};
  }

 private:
  std::uint64_t state_;
};

// Normalised, labels 0..classes-1 all used, anisotropic rotated covariances.
inline gs::Mixture randomMixture(Random& r, int components, int classes, double spread = 2, double sdMin = .1,
                                 double sdMax = 1) {
  gs::Mixture m;
  double total = 0;
  for (int k = 0; k < components; ++k) {
    const double a = r.logUniform(sdMin, sdMax), b = r.logUniform(sdMin, sdMax), turn = r.uniform(0, std::numbers::pi);
    const double c = std::cos(turn), s = std::sin(turn);
    gs::Component part;
    part.label = k < classes ? k : r.integer(0, classes - 1);
    part.weight = r.uniform(.2, 1);
    part.mean = spread * r.normal2();
    part.covariance = {a * a * c * c + b * b * s * s, (a * a - b * b) * c * s, a * a * s * s + b * b * c * c};
    total += part.weight;
    m.components.push_back(part);
  }
  for (gs::Component& part : m.components) part.weight /= total;
  return m;
}

}  // namespace oracle
