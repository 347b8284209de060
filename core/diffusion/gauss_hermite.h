// Nodes and weights with E[f(z)] = sum_i weight_i f(x_i) for a standard normal z, exact for polynomials below degree
// 2 n.
#pragma once
#include <vector>

namespace gs {

struct HermiteNode {
  double x, weight;
};
// n of 7 or 64, worked out once, ascending.
const std::vector<HermiteNode>& gaussHermite(int n);

}  // namespace gs
