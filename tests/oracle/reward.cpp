#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "oracle/stack.h"

namespace oracle {
namespace {

struct Tilted {
  double log;  // of E[r]
  Vec2 mean;   // E[r x] / E[r]
};

// Of r under N(m, v).
Tilted tilted(const gs::Reward& r, Vec2 m, const Sym2& v) {
  const double turn = r.angle * std::numbers::pi / 180;
  const Vec2 n(std::cos(turn), std::sin(turn)), vn(v.xx * n.x + v.xy * n.y, v.xy * n.x + v.yy * n.y);
  const double q = n.x * vn.x + n.y * vn.y, u = n.x * m.x + n.y * m.y;
  switch (r.kind) {
    case gs::RewardKind::Linear:
      return {r.strength * u + r.strength * r.strength * q / 2, m + r.strength * vn};
    case gs::RewardKind::HalfPlane: {
      const double z = (u - r.offset) / std::sqrt(q), phi = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
      const double mass = std::erfc(-z / std::numbers::sqrt2) / 2;
      return {std::log(mass), m + phi / mass / std::sqrt(q) * vn};
    }
    case gs::RewardKind::Bowl: {  // one direction after the other, each a product of two Gaussians on the line
      Tilted t{0, m};
      Sym2 left = v;
      const Vec2 directions[] = {n, {-n.y, n.x}};
      const double widths[] = {r.width, r.across};
      for (int i = 0; i < 2; ++i) {
        if (widths[i] == 0) continue;
        const Vec2 d = directions[i], ld(left.xx * d.x + left.xy * d.y, left.xy * d.x + left.yy * d.y);
        const double s = d.x * ld.x + d.y * ld.y, l = widths[i] * widths[i];
        const double off = d.x * (t.mean.x - r.center.x) + d.y * (t.mean.y - r.center.y);
        t.log += std::log(l / (l + s)) / 2 - off * off / (l + s) / 2;
        t.mean -= off / (l + s) * ld;
        left = {left.xx - ld.x * ld.x / (l + s), left.xy - ld.x * ld.y / (l + s), left.yy - ld.y * ld.y / (l + s)};
      }
      return t;
    }
    default:
      throw std::invalid_argument("the oracle has no closed form of this reward");
  }
}

}  // namespace

// E[r x0 | y] / E[r | y] from the posterior of x0, component by component.
Vec2 rewarded(const gs::Reward& r, const Law& base, Vec2 y, double ratio) {
  Posterior p;
  if (std::isinf(ratio))
    for (std::size_t k = 0; k < base.weights.size(); ++k)
      p.parts.push_back({base.weights[k], base.means[k], base.covariances[k]});
  else
    p = posterior(base, y, ratio);
  double top = -1e300, sum = 0;
  std::vector<Tilted> all;
  std::vector<double> logs;
  for (const PosteriorPart& part : p.parts) {
    all.push_back(tilted(r, part.mean, part.covariance));
    logs.push_back(part.weight > 0 ? std::log(part.weight) + all.back().log : -1e300);
    top = std::max(top, logs.back());
  }
  Vec2 mean(0.0);
  for (std::size_t k = 0; k < all.size(); ++k) {
    sum += std::exp(logs[k] - top);
    mean += std::exp(logs[k] - top) * all[k].mean;
  }
  return mean / sum;
}

}  // namespace oracle
