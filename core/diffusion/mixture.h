// A labelled Gaussian mixture in the plane and everything that is known about it in closed form at any noise level
// x_t = alpha x_0 + sigma eps (2512.04985, closed forms for mixtures; double precision, log-sum-exp throughout).
// This is the readable reference: the engines run the kernel text in kernels/ instead.
#pragma once
#include <cstdint>
#include <random>
#include <vector>

#include "diffusion/vec.h"

namespace gs {

// No class: the unconditional law.
inline constexpr int kUnconditional = -1;

struct Component {
  int label = 0;      // the class, 0..classes-1
  double weight = 1;  // > 0; a valid mixture's weights sum to 1
  Vec2 mean{0.0};
  Sym2 covariance;  // positive definite
  bool operator==(const Component&) const = default;
};

struct Mixture {
  static constexpr int kMaxComponents = 4096;
  static constexpr int kMaxClasses = 64;

  std::vector<Component> components;
  bool operator==(const Mixture&) const = default;

  int classes() const;                       // 1 + the largest label; 0 when empty
  double classProbability(int label) const;  // p(c); 1 for kUnconditional
  Vec2 mean(int label = kUnconditional) const;
  Sym2 covariance(int label = kUnconditional) const;
};

// Divides the weights by their sum. Throws std::invalid_argument naming the component when there is none, a weight is
// not positive and finite, a covariance is not positive definite, a label is outside 0..kMaxClasses-1 or unused
// (labels must be 0..n-1 without gaps), or there are more than kMaxComponents.
Mixture normalised(Mixture m);

// A noise level: x = alpha x0 + sigma eps. sigma / alpha is the noise-to-signal ratio "sh" of the formulas (EDM's
// sigma); alpha = 0 means pure noise. sigma = 0 is the data itself.
struct NoiseLevel {
  double alpha = 1, sigma = 0;
  bool operator==(const NoiseLevel&) const = default;
  double ratio() const { return sigma / alpha; }  // may be +infinity
};

// ---- exact fields of the noised law p_t(x | label); label = kUnconditional: p_t(x) -------------------------------
double logDensity(const Mixture&, Vec2 x, NoiseLevel, int label = kUnconditional);  // natural log, of x (not of y)
Vec2 score(const Mixture&, Vec2 x, NoiseLevel, int label = kUnconditional);         // grad log p_t
Sym2 logDensityHessian(const Mixture&, Vec2 x, NoiseLevel, int label = kUnconditional);
Vec2 denoise(const Mixture&, Vec2 x, NoiseLevel, int label = kUnconditional);              // E[x0 | x_t = x, label]
Sym2 posteriorCovariance(const Mixture&, Vec2 x, NoiseLevel, int label = kUnconditional);  // Cov[x0 | x_t = x, label]
Sym2 denoiserJacobian(const Mixture&, Vec2 x, NoiseLevel, int label = kUnconditional);     // dE[x0|x]/dx
std::vector<double> classPosterior(const Mixture&, Vec2 x, NoiseLevel);                    // [class], sums to 1
double logClassPosterior(const Mixture&, Vec2 x, NoiseLevel, int label);                   // exact in the tails

// The law of x_t itself, as a mixture: means alpha mu, covariances alpha^2 S + sigma^2 I.
Mixture noised(const Mixture&, NoiseLevel);
// p(x | label) as a mixture on its own (labels kept, weights renormalised).
Mixture conditioned(const Mixture&, int label);

// Exact draws of p(x0 | label), reproducible for a seed.
struct Draw {
  Vec2 x;
  int component;
};
std::vector<Draw> sampleExact(const Mixture&, int count, std::uint64_t seed, int label = kUnconditional);

}  // namespace gs
