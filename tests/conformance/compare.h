// One experiment on one engine against the oracle.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "conformance/engines.h"
#include "engine/plan.h"
#include "oracle/oracle.h"

namespace conformance {

struct Difference {
  double worst = 0;  // the largest over the steps of sum |x - exact|^2 / sum |exact - mean|^2
  int step = 0;      // where
  bool finite = true;
};

// `least`: of the mean squared spread that an error is compared with, for steps after which all particles are at one
// place.
inline Difference compare(const std::vector<double>& x, const oracle::Trajectories& exact, double least = 0) {
  Difference d;
  const std::size_t n = exact[0].size();
  for (std::size_t step = 0; step < exact.size(); ++step) {
    oracle::Vec2 mean{0.0};
    for (const oracle::Vec2& v : exact[step]) mean += v / double(n);
    double error = 0, spread = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const oracle::Vec2 got{x[2 * (step * n + i)], x[2 * (step * n + i) + 1]};
      const oracle::Vec2 e = got - exact[step][i], s = exact[step][i] - mean;
      error += glm::dot(e, e);
      spread += glm::dot(s, s);
    }
    spread = std::max(spread, least * double(n));
    if (!std::isfinite(error)) d.finite = false;
    if (!(error / spread <= d.worst)) {
      d.worst = error / spread;
      d.step = int(step);
    }
  }
  return d;
}

}  // namespace conformance
