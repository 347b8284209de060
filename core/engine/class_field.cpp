#include "engine/class_field.h"

#include <algorithm>
#include <cmath>

namespace gs {

ClassField::ClassField(const Mixture& m, int condition, double ratio) {
  for (const bool own : {true, false}) {
    for (const Component& c : m.components) {
      if ((c.label == condition) != own) continue;
      const Sym2 covariance = c.covariance + Sym2::isotropic(ratio * ratio);
      rows_.push_back({c.mean, covariance.inverse(), std::log(c.weight) - .5 * std::log(covariance.determinant())});
    }
    if (own) own_ = rows_.size();
  }
}

ClassField::At ClassField::at(Vec2 y) const {
  // Sums of both groups, each under its own largest exponent: weights, pulls u = P (mu - y), and tr(u u^T - P).
  struct Sums {
    double top = -1e300, z = 0, laplacian = 0;
    Vec2 pull{0.0};
  } group[2];
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    const Row& r = rows_[k];
    Sums& s = group[k < own_ ? 0 : 1];
    const Vec2 away = r.mean - y, u = r.precision * away;
    const double e = r.logWeight - .5 * glm::dot(away, u);
    if (e > s.top) {
      const double f = std::exp(s.top - e);
      s.z *= f, s.pull *= f, s.laplacian *= f;
      s.top = e;
    }
    const double w = std::exp(e - s.top);
    s.z += w;
    s.pull += w * u;
    s.laplacian += w * (glm::dot(u, u) - r.precision.trace());
  }
  const Sums &c = group[0], &rest = group[1];
  At out;
  out.score = c.pull / c.z;
  const double hessian = c.laplacian / c.z - glm::dot(out.score, out.score);
  if (rest.z == 0) {
    out.logPosterior = 0;
    out.gradient = Vec2(0.0);
    return out;
  }
  // p(rest | y) / p(c | y) and the fields of the whole, s = p(c|y) s_c + p(rest|y) s_rest.
  const double logOdds = rest.top + std::log(rest.z) - c.top - std::log(c.z);
  out.logPosterior = logOdds > 0 ? -logOdds - std::log1p(std::exp(-logOdds)) : -std::log1p(std::exp(logOdds));
  const double other = logOdds > 0 ? 1 / (1 + std::exp(-logOdds)) : std::exp(logOdds) / (1 + std::exp(logOdds));
  const Vec2 restScore = rest.pull / rest.z;
  out.gradient = other * (out.score - restScore);
  const Vec2 s = out.score - out.gradient;
  const double whole = (1 - other) * c.laplacian / c.z + other * rest.laplacian / rest.z - glm::dot(s, s);
  out.divergence = hessian - whole;
  return out;
}

}  // namespace gs
