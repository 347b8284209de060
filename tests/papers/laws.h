// Mixtures that several tests are about.
#pragma once
#include <memory>

#include "diffusion/mixture.h"

namespace papers {

using gs::Mixture;
using gs::Sym2;
using gs::Vec2;

// Two modes of class 0 beside class 1, and classes apart by little.
inline Mixture sMode() {
  Mixture m;
  m.components = {{0, .25, {-2, 0}, Sym2::isotropic(.12)},
                  {0, .25, {1, 1.2}, Sym2::isotropic(.12)},
                  {1, .5, {1.5, -.6}, Sym2::isotropic(.2)}};
  return m;
}
// p(.|c) = N(0, a I); the class is so rare that the whole is N(0, b I) to 1e-8.
inline constexpr double kShare = 1e-8;
inline Mixture pairOf(double a, double b) {
  Mixture m;
  m.components = {{0, kShare, {0, 0}, Sym2::isotropic(a)}, {1, 1 - kShare, {0, 0}, Sym2::isotropic(b)}};
  return m;
}
inline Mixture linePair(double a, double b) {
  Mixture m;
  m.components = {{0, kShare, {0, 0}, {a, 0, 1}}, {1, 1 - kShare, {0, 0}, {b, 0, 1}}};
  return m;
}

inline std::shared_ptr<const Mixture> shared(Mixture m) { return std::make_shared<const Mixture>(std::move(m)); }

}  // namespace papers
