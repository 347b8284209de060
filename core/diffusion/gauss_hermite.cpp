#include "diffusion/gauss_hermite.h"

#include <cmath>
#include <stdexcept>

namespace gs {
namespace {

// The value of the orthonormal Hermite polynomial of degree n (weight: the standard normal density) and the one below.
struct HermiteValue {
  double own, below;
};
HermiteValue hermiteAt(int n, double x) {
  double below = 0, own = 1;
  for (int k = 0; k < n; ++k) {
    const double next = (x * own - std::sqrt(double(k)) * below) / std::sqrt(k + 1.);
    below = own;
    own = next;
  }
  return {own, below};
}

// The roots lie within +-2 sqrt(n): a fine walk finds the changes of sign, bisection the roots.
std::vector<HermiteNode> hermiteNodes(int n) {
  std::vector<HermiteNode> nodes;
  const double end = 2 * std::sqrt(double(n)), step = 0.5 / n;
  double at = -end;
  for (double x = -end; x < end; x = at) {
    at = x + step;
    double lo = x, hi = at;
    const bool rises = hermiteAt(n, lo).own < 0;
    if (rises == (hermiteAt(n, hi).own < 0)) continue;
    for (int i = 0; i < 60; ++i) {
      const double middle = (lo + hi) / 2;
      ((hermiteAt(n, middle).own < 0) == rises ? lo : hi) = middle;
    }
    const double root = (lo + hi) / 2, below = hermiteAt(n, root).below;
    nodes.push_back({root, 1 / (n * below * below)});
  }
  return nodes;
}

}  // namespace

const std::vector<HermiteNode>& gaussHermite(int n) {
  static const std::vector<HermiteNode> seven = hermiteNodes(7), many = hermiteNodes(64);
  if (n == 7) return seven;
  if (n == 64) return many;
  throw std::invalid_argument("7 or 64 nodes");
}

}  // namespace gs
