// The martingales that certificates follow, p_t(c | y) of the data law and h_t(y) = E[r(x0) | y] of a reward, with
// their derivatives at one noise level, prepared for many points; double precision.
#pragma once
#include <vector>

#include "diffusion/mixture.h"

namespace gs {

// A component of a noised law, y = x / alpha.
struct NoisedRow {
  Vec2 mean;
  Sym2 precision;
  double logWeight;
};

class ClassField {
 public:
  ClassField(const Mixture&, int condition, double ratio);  // ratio in [0, infinity)
  struct At {
    double logPosterior;    // log p_t(c | y)
    Vec2 score, gradient;   // s_c = grad log p_t(y | c); g = grad log p_t(c | y)
    double divergence = 0;  // div g
  };
  At at(Vec2 y) const;  // y = x / alpha

 private:
  std::vector<NoisedRow> rows_;  // the condition's first
  std::size_t own_ = 0;
};

// h_t(y) = E[r] p^r_t(y) / p_t(y) of a base law and r p / E[r], both Gaussian mixtures (2512.04985).
class TiltField {
 public:
  // The components of `label` of both (kUnconditional: all), weights normalised; ratio in [0, infinity).
  TiltField(const Mixture& base, int label, const Mixture& tilted, int tiltedLabel, double logMean, double ratio);
  struct At {
    double logH;            // log E[r(x0) | y]
    Vec2 score, gradient;   // grad log p_t(y); grad log h_t(y)
    double divergence = 0;  // of that gradient
  };
  At at(Vec2 y) const;

 private:
  std::vector<NoisedRow> base_, tilted_;
  double logMean_;
};

}  // namespace gs
