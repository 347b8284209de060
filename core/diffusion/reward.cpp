#include "diffusion/reward.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "diffusion/gauss_hermite.h"
#include "diffusion/reward_forms.h"

namespace gs {
namespace {

// log r of a reward of u alone, and its derivative.
double rewardProfile(const Reward& r, double u) {
  switch (r.kind) {
    case RewardKind::Linear:
      return r.strength * u;
    case RewardKind::HalfPlane:
      return u >= r.offset ? 0 : kNoReward;
    case RewardKind::Ramp: {
      const double z = (u - r.offset) / r.width;
      return z > 0 ? -std::log1p(std::exp(-z)) : z - std::log1p(std::exp(z));
    }
    default:  // Sinusoid
      return r.strength * std::sin(2 * std::numbers::pi * (u - r.offset) / r.period);
  }
}
double rewardSlope(const Reward& r, double u) {
  if (r.kind == RewardKind::Ramp) return 1 / r.width / (1 + std::exp((u - r.offset) / r.width));
  const double k = 2 * std::numbers::pi / r.period;
  return r.strength * k * std::cos(k * (u - r.offset));
}

}  // namespace

Sym2 precisionOf(const Reward& r) {
  const Vec2 n = rewardDirection(r), m(-n.y, n.x);
  const double along = 1 / (r.width * r.width), across = r.across == 0 ? 0 : 1 / (r.across * r.across);
  return along * Sym2::outer(n) + across * Sym2::outer(m);
}

// There Q(x) = phi(x) / (x + 1 / (x + 2 / (x + ...))).
NormalTail normalTail(double z) {
  const double logDensity = -z * z / 2 - std::log(2 * std::numbers::pi) / 2;
  if (z > -4) {
    const double p = std::erfc(-z / std::numbers::sqrt2) / 2;
    return {std::exp(logDensity) / p, std::log(p)};
  }
  double fraction = -z;
  for (int i = 80; i > 0; --i) fraction = -z + i / fraction;
  return {fraction, logDensity - std::log(fraction)};
}

LogH gaussianReward(const Reward& r, Vec2 m, const Sym2& v) {
  if (r.kind == RewardKind::Bowl) {
    const Sym2 l = precisionOf(r);
    const Matrix2 vl = productOf(v, l);  // (I + V L)^-1 = adj(I + V L) / det
    const double det = (1 + vl.a) * (1 + vl.d) - vl.b * vl.c;
    const Vec2 e = m - r.center, w((1 + vl.d) * e.x - vl.b * e.y, (1 + vl.a) * e.y - vl.c * e.x);
    const Vec2 pull = l * (w / det);
    return {-glm::dot(e, pull) / 2 - std::log(det) / 2, -pull};
  }
  const Vec2 n = rewardDirection(r);
  const double u = glm::dot(n, m), q = std::sqrt(glm::dot(n, v * n));
  if (r.kind == RewardKind::Linear) return {r.strength * u + r.strength * r.strength * q * q / 2, r.strength * n};
  if (r.kind == RewardKind::HalfPlane) {
    const NormalTail t = normalTail((u - r.offset) / q);
    return {t.logPhi, t.mills / q * n};
  }
  double sum = 0, slope = 0, top = kNoReward;
  for (const HermiteNode& node : gaussHermite(64)) top = std::max(top, rewardProfile(r, u + q * node.x));
  for (const HermiteNode& node : gaussHermite(64)) {
    const double f = node.weight * std::exp(rewardProfile(r, u + q * node.x) - top);
    sum += f;
    slope += f * rewardSlope(r, u + q * node.x);
  }
  return {top + std::log(sum), slope / sum * n};
}

Vec2 rewardDirection(const Reward& r) {
  if (r.angle == 90) return {0, 1};  // the axes without rounding
  if (r.angle == -90) return {0, -1};
  if (std::abs(r.angle) == 180) return {-1, 0};
  const double a = r.angle * std::numbers::pi / 180;
  return {std::cos(a), std::sin(a)};
}

double logReward(const Reward& r, const Mixture& mixture, int condition, Vec2 x) {
  switch (r.kind) {
    case RewardKind::Bowl: {
      const Vec2 d = x - r.center;
      return -glm::dot(d, precisionOf(r) * d) / 2;
    }
    case RewardKind::Ring: {
      const double d = (glm::length(x - r.center) - r.radius) / r.width;
      return -d * d / 2;
    }
    case RewardKind::Distance:
      return -glm::length(x - r.center) / r.width;
    case RewardKind::ClassPosterior:
      return logClassPosterior(mixture, x, {1, 0}, r.label);
    case RewardKind::Cost:
      return condition == kUnconditional ? 0 : -logClassPosterior(mixture, x, {1, 0}, condition);
    case RewardKind::Expression:
    case RewardKind::Painted:
      throw std::invalid_argument("an expression or a map has to be read first");
    default:
      return rewardProfile(r, glm::dot(rewardDirection(r), x));
  }
}

double logMeanReward(const Mixture& mixture, int label, const Reward& r) {
  const double share = mixture.classProbability(label);
  std::vector<double> logs;
  for (const Component& c : mixture.components)
    if (label == kUnconditional || c.label == label)
      logs.push_back(std::log(c.weight / share) + gaussianReward(r, c.mean, c.covariance).value);
  const double top = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double l : logs) sum += std::exp(l - top);
  return top + std::log(sum);
}

LogH logH(const Mixture& mixture, int label, const Reward& r, Vec2 x, NoiseLevel level) {
  struct Entry {
    double log, plain;
    Vec2 gradient;
  };
  const double a = level.alpha, q = level.sigma * level.sigma;
  std::vector<Entry> entries;
  double top = -1e300, topPlain = -1e300;
  for (const Component& c : mixture.components) {
    if (label != kUnconditional && c.label != label) continue;
    const Sym2 spread = a * a * c.covariance + Sym2::isotropic(q), inverse = spread.inverse();
    const Vec2 d = a * c.mean - x, pull = inverse * d;
    const Matrix2 g = productOf(c.covariance, inverse);  // S C^-1, symmetric: both commute
    const Sym2 gain{g.a, g.b, g.d};
    const LogH e = gaussianReward(r, c.mean - a * (gain * d), q * gain);
    const double plain = std::log(c.weight) - std::log(spread.determinant()) / 2 - glm::dot(d, pull) / 2;
    entries.push_back({plain + e.value, plain, pull + a * (gain * e.gradient)});
    top = std::max(top, plain + e.value);
    topPlain = std::max(topPlain, plain);
  }
  double sum = 0, sumPlain = 0;
  Vec2 gradient(0.0);
  for (const Entry& e : entries) {
    const double w = std::exp(e.log - top);
    sum += w;
    gradient += w * e.gradient;
    sumPlain += std::exp(e.plain - topPlain);
  }
  return {top + std::log(sum) - topPlain - std::log(sumPlain), gradient / sum - score(mixture, x, level, label)};
}

}  // namespace gs
