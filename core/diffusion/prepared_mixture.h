// The data law at t = 0, for the metrics of many samples.
#pragma once
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "diffusion/mixture.h"

namespace gs {

// Per component its precision and log of weight times norm.
struct PreparedMixture {
  struct Row {
    Vec2 mean;
    Sym2 precision;
    double logNorm;
    int label, index;
  };
  std::vector<Row> rows;
  int condition;

  PreparedMixture(const Mixture& m, int label) : condition(label) {
    for (std::size_t k = 0; k < m.components.size(); ++k) {
      const Component& c = m.components[k];
      rows.push_back({c.mean, c.covariance.inverse(),
                      std::log(c.weight) - .5 * std::log(c.covariance.determinant()) - std::log(2 * std::numbers::pi),
                      c.label, int(k)});
    }
  }

  struct Values {
    double logPosterior = 0;  // log p(condition | x)
    bool correct = false;     // the condition's class is the likeliest
    int nearest = -1;         // component of the conditional law, by Mahalanobis distance
    double distance = 0;      // to it
  };
  Values at(Vec2 x) const {
    std::array<double, Mixture::kMaxClasses> top, sum{};
    top.fill(-1e300);
    Values v;
    double best = 1e300;
    for (const Row& r : rows) {
      const Vec2 d = x - r.mean;
      const double q = glm::dot(d, r.precision * d), e = r.logNorm - .5 * q;
      const auto c = std::size_t(r.label);
      if (e > top[c]) {
        sum[c] = sum[c] * std::exp(top[c] - e) + 1;
        top[c] = e;
      } else {
        sum[c] += std::exp(e - top[c]);
      }
      if ((condition == kUnconditional || r.label == condition) && q < best) {
        best = q;
        v.nearest = r.index;
      }
    }
    v.distance = std::sqrt(best);
    if (condition == kUnconditional) return v;
    double peak = -1e300, all = 0;
    int likeliest = 0;
    std::array<double, Mixture::kMaxClasses> log{};
    for (std::size_t c = 0; c < top.size(); ++c) {
      if (sum[c] == 0) continue;
      log[c] = top[c] + std::log(sum[c]);
      if (log[c] > peak) peak = log[c], likeliest = int(c);
    }
    for (std::size_t c = 0; c < top.size(); ++c)
      if (sum[c] > 0) all += std::exp(log[c] - peak);
    v.logPosterior = log[std::size_t(condition)] - peak - std::log(all);
    v.correct = likeliest == condition;
    return v;
  }
};

}  // namespace gs
