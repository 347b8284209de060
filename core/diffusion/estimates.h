// Metrics as means over samples, shared by the files that measure.
#pragma once
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "diffusion/metrics.h"

namespace gs {

struct Moments {
  double mean = 0, sd = 0, se = 0;  // sd with n - 1; se of the mean
};
Moments moments(std::span<const double>);

// A metric that is a mean over samples; the floor and (unless it is known exactly) the reference come from exact draws.
Metric meanMetric(std::string name, std::string label, std::span<const double> guided, std::span<const double> exact,
                  double knownReference = std::numeric_limits<double>::quiet_NaN());

// The p-quantile; its standard error is half the span of the order statistics one standard error of p apart.
Metric quantileMetric(std::string name, std::string label, std::vector<double> guided, std::vector<double> exact,
                      double p);

// What sampleMetrics gives of the data law itself: lawValues where there is no closed form.
void takeReferences(std::vector<Metric>&, const Mixture&, int condition);

// [sample][2], of p(x0 | label).
std::vector<float> exactDraws(const Mixture&, int count, std::uint64_t seed, int label);

}  // namespace gs
