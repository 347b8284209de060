#include "measure/class_field.h"

#include <algorithm>
#include <cmath>

namespace gs {
namespace {

NoisedRow noised(const Component& c, double ratio) {
  const Sym2 covariance = c.covariance + Sym2::isotropic(ratio * ratio);
  return {c.mean, covariance.inverse(), std::log(c.weight) - .5 * std::log(covariance.determinant())};
}

// Sums over rows under their largest exponent: weights, pulls u = P (mu - y), and tr(u u^T - P).
struct NoisedSums {
  double top = -1e300, z = 0, laplacian = 0;
  Vec2 pull{0.0};

  void add(const NoisedRow& r, Vec2 y) {
    const Vec2 away = r.mean - y, u = r.precision * away;
    const double e = r.logWeight - .5 * glm::dot(away, u);
    if (e > top) {
      const double f = std::exp(top - e);
      z *= f, pull *= f, laplacian *= f;
      top = e;
    }
    const double w = std::exp(e - top);
    z += w;
    pull += w * u;
    laplacian += w * (glm::dot(u, u) - r.precision.trace());
  }
  double log() const { return top + std::log(z); }
  Vec2 score() const { return pull / z; }
  double hessianTrace() const { return laplacian / z - glm::dot(score(), score()); }
};

}  // namespace

ClassField::ClassField(const Mixture& m, int condition, double ratio) {
  for (const bool own : {true, false}) {
    for (const Component& c : m.components) {
      if ((c.label == condition) == own) rows_.push_back(noised(c, ratio));
    }
    if (own) own_ = rows_.size();
  }
}

ClassField::At ClassField::at(Vec2 y) const {
  NoisedSums group[2];
  for (std::size_t k = 0; k < rows_.size(); ++k) group[k < own_ ? 0 : 1].add(rows_[k], y);
  const NoisedSums &c = group[0], &rest = group[1];
  At out;
  out.score = c.score();
  if (rest.z == 0) {
    out.logPosterior = 0;
    out.gradient = Vec2(0.0);
    return out;
  }
  // p(rest | y) / p(c | y) and the fields of the whole, s = p(c|y) s_c + p(rest|y) s_rest.
  const double logOdds = rest.log() - c.log();
  out.logPosterior = logOdds > 0 ? -logOdds - std::log1p(std::exp(-logOdds)) : -std::log1p(std::exp(logOdds));
  const double other = logOdds > 0 ? 1 / (1 + std::exp(-logOdds)) : std::exp(logOdds) / (1 + std::exp(logOdds));
  out.gradient = other * (out.score - rest.score());
  const Vec2 s = out.score - out.gradient;
  const double whole = (1 - other) * c.laplacian / c.z + other * rest.laplacian / rest.z - glm::dot(s, s);
  out.divergence = c.hessianTrace() - whole;
  return out;
}

TiltField::TiltField(const Mixture& base, int label, const Mixture& tilted, int tiltedLabel, double logMean,
                     double ratio)
    : logMean_(logMean) {
  const auto collect = [ratio](const Mixture& m, int of, std::vector<NoisedRow>& rows) {
    double mass = 0;
    for (const Component& c : m.components)
      if (of == kUnconditional || c.label == of) mass += c.weight, rows.push_back(noised(c, ratio));
    for (NoisedRow& r : rows) r.logWeight -= std::log(mass);
  };
  collect(base, label, base_);
  collect(tilted, tiltedLabel, tilted_);
}

TiltField::At TiltField::at(Vec2 y) const {
  NoisedSums plain, tilted;
  for (const NoisedRow& r : base_) plain.add(r, y);
  for (const NoisedRow& r : tilted_) tilted.add(r, y);
  return {logMean_ + tilted.log() - plain.log(), plain.score(), tilted.score() - plain.score(),
          tilted.hessianTrace() - plain.hessianTrace()};
}

}  // namespace gs
