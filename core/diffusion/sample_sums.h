// What the metrics that are means need of many samples: sums that can be formed where the samples are. A device sums
// millions of particles and only these numbers are read back.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "diffusion/metrics.h"
#include "diffusion/mixture.h"

namespace gs {

// Of samples at t = 0 that have not blown up.
struct SampleSums {
  // u^a v^b in the order u v, uu uv vv, uuu uuv uvv vvv, uuuu .. vvvv.
  static constexpr int kPowers = 14;
  // The samples that are nearest (Mahalanobis) to one component of p(x|c), about its mean, in units of `scale`; or all
  // of them in one part (component -1) where the law has more than kMaxFractions components.
  struct Part {
    int component = -1;
    Vec2 center{0.0};
    double scale = 1;
    double count = 0, outliers = 0;  // outliers: farther than 3 from every component
    std::array<double, kPowers> powers{};
  };
  std::vector<Part> parts;
  double samples = 0, lost = 0, correct = 0;
  double log = 0, logSquares = 0;          // of log p(c|x)
  double inverse = 0, inverseSquares = 0;  // of 1/p(c|x), the larger ones taken for e^kMostLog ...
  double overflowed = 0;                   // ... so many
  double smallestLog = 0;                  // the smallest log p(c|x): the sample that weighs most in the mean of 1/p

  static constexpr double kFar = 3;
};

// Empty sums with the parts that this law has.
SampleSums emptySums(const Mixture&, int condition);
// In double precision, of x [sample][2].
SampleSums sampleSums(const Mixture&, int condition, std::span<const float> x);

// Makes metrics of the first `some` samples (sampleMetrics) those of all: the means, their errors and floors come from
// the sums; what needs the samples themselves, quantiles and distances, says of how many it is.
void takeSums(std::vector<Metric>&, const Mixture&, int condition, const SampleSums&, int some);

}  // namespace gs
