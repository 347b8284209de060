// p_t(c | y) of the data law and its derivatives at one noise level, prepared for many points; double precision.
#pragma once
#include <vector>

#include "diffusion/mixture.h"

namespace gs {

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
  struct Row {
    Vec2 mean;
    Sym2 precision;
    double logWeight;
  };
  std::vector<Row> rows_;  // the condition's first
  std::size_t own_ = 0;
};

}  // namespace gs
