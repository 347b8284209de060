#include <algorithm>
#include <cmath>
#include <numbers>

#include "oracle/oracle.h"

namespace oracle {
namespace {

// log N(d; 0, c), by Cholesky's factor ((a, 0), (b, e)).
double logGaussian(Vec2 d, const Sym2& c) {
  const double a = std::sqrt(c.xx), b = c.xy / a, e = std::sqrt(c.yy - b * b);
  const double u = d.x / a, v = (d.y - b * u) / e;
  return -.5 * (u * u + v * v) - std::log(a) - std::log(e) - std::log(2 * std::numbers::pi);
}

Sym2 invert(const Sym2& m) {
  const double det = m.xx * m.yy - m.xy * m.xy;
  return {m.yy / det, -m.xy / det, m.xx / det};
}

Vec2 times(const Sym2& m, Vec2 v) { return {m.xx * v.x + m.xy * v.y, m.xy * v.x + m.yy * v.y}; }

}  // namespace

Law law(const gs::Mixture& mixture, int label, double broaden, double leak) {
  double total = 0, ofClass = 0;
  for (const gs::Component& c : mixture.components) {
    total += c.weight;
    if (c.label == label) ofClass += c.weight;
  }
  Law result;
  result.weights.reserve(mixture.components.size());
  result.means.reserve(mixture.components.size());
  result.covariances.reserve(mixture.components.size());
  for (const gs::Component& c : mixture.components) {
    double w = c.weight / total;
    if (label != gs::kUnconditional) w = (c.label == label ? (1 - leak) * c.weight / ofClass : 0) + leak * w;
    result.weights.push_back(w);
    result.means.push_back(c.mean);
    result.covariances.push_back(
        {c.covariance.xx + broaden * broaden, c.covariance.xy, c.covariance.yy + broaden * broaden});
  }
  return result;
}

Posterior posterior(const Law& p, Vec2 y, double ratio) {
  const double q = ratio * ratio;
  std::vector<double> logs;
  Posterior result{};
  logs.reserve(p.weights.size());
  result.parts.reserve(p.weights.size());
  double top = -1e300;
  for (std::size_t k = 0; k < p.weights.size(); ++k) {
    if (p.weights[k] <= 0) continue;
    const Sym2& s = p.covariances[k];
    const double l = std::log(p.weights[k]) + logGaussian(y - p.means[k], {s.xx + q, s.xy, s.yy + q});
    const Sym2 precision = invert(s);
    const Sym2 v = invert({precision.xx + 1 / q, precision.xy, precision.yy + 1 / q});
    const Vec2 natural = times(precision, p.means[k]) + y / q;
    logs.push_back(l);
    top = std::max(top, l);
    result.parts.push_back({0, times(v, natural), v});
  }
  double sum = 0;
  for (double l : logs) sum += std::exp(l - top);
  for (std::size_t k = 0; k < logs.size(); ++k) result.parts[k].weight = std::exp(logs[k] - top) / sum;
  result.logDensity = top + std::log(sum);
  return result;
}

Vec2 Posterior::mean() const {
  Vec2 m{0.0};
  for (const PosteriorPart& p : parts) m += p.weight * p.mean;
  return m;
}

Sym2 Posterior::covariance() const {
  const Vec2 m = mean();
  Sym2 c{0, 0, 0};
  for (const PosteriorPart& p : parts) {
    const Vec2 d = p.mean - m;
    c.xx += p.weight * (p.covariance.xx + d.x * d.x);
    c.xy += p.weight * (p.covariance.xy + d.x * d.y);
    c.yy += p.weight * (p.covariance.yy + d.y * d.y);
  }
  return c;
}

Vec2 denoiser(const Law& p, Vec2 y, double ratio) {
  if (ratio == 0) return y;
  if (std::isinf(ratio)) {
    Vec2 m{0.0};
    double total = 0;
    for (std::size_t k = 0; k < p.weights.size(); ++k) {
      m += p.weights[k] * p.means[k];
      total += p.weights[k];
    }
    return m / total;
  }
  return posterior(p, y, ratio).mean();
}

double logDensity(const Law& p, Vec2 y, double ratio) {
  const double q = ratio * ratio;
  std::vector<double> logs;
  logs.reserve(p.weights.size());
  for (std::size_t k = 0; k < p.weights.size(); ++k) {
    if (p.weights[k] <= 0) continue;
    const Sym2& s = p.covariances[k];
    logs.push_back(std::log(p.weights[k]) + logGaussian(y - p.means[k], {s.xx + q, s.xy, s.yy + q}));
  }
  const double top = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double l : logs) sum += std::exp(l - top);
  return top + std::log(sum);
}

Vec2 score(const Law& p, Vec2 y, double ratio) {
  const double all = logDensity(p, y, ratio), q = ratio * ratio;
  Vec2 sum{0.0};
  for (std::size_t k = 0; k < p.weights.size(); ++k) {
    if (p.weights[k] <= 0) continue;
    const Sym2 s{p.covariances[k].xx + q, p.covariances[k].xy, p.covariances[k].yy + q};
    const Vec2 d = p.means[k] - y;
    sum += std::exp(std::log(p.weights[k]) + logGaussian(d, s) - all) * times(invert(s), d);
  }
  return sum;
}

double classPosterior(const gs::Mixture& m, Vec2 y, double ratio, int label) {
  if (label == gs::kUnconditional) return 1;
  double total = 0, ofClass = 0;
  for (const gs::Component& c : m.components) {
    total += c.weight;
    if (c.label == label) ofClass += c.weight;
  }
  return ofClass / total *
         std::exp(logDensity(law(m, label), y, ratio) - logDensity(law(m, gs::kUnconditional), y, ratio));
}

}  // namespace oracle
