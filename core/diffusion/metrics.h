// Numbers about samples of a guided sampler, each with a standard error and a Monte Carlo floor, from the closed forms
// of the data law. Pure functions; the caller chooses the thread.
#pragma once
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "diffusion/mixture.h"

namespace gs {

struct Metric {
  std::string name;    // JSON key: "inverse_posterior", "log_posterior", "accuracy", "mean_x", "cov_xy", "fraction_3", ...
  std::string label;   // "E[1/p(c|x)]"
  double value = 0;    // NaN when it cannot be computed (note says why)
  double se = 0;       // standard error of value
  double floor = 0;    // Monte Carlo floor: what this estimator shows for exact samples of this size; no digits below it
  std::string note;    // warnings: "tail: 1 sample carries 31 % of the sum"
};

// The names that sampleMetrics can return, with labels, for `list metrics`.
struct MetricInfo { std::string name, label, about; };
std::vector<MetricInfo> metricList();

// `x` is [sample][2] at t = 0; not finite samples are left out and counted in "blown_up".
// With condition = kUnconditional the posterior metrics are absent and the energy distance is to p alone.
// E[1/p(c|x)] warns when the largest weight's share exceeds 20 % or where Var(1/p) is known to be out of reach
// (2512.04985 baseline 1/p(c)); gives the median of 16 means in its note.
// energySamples exact draws (and at most as many samples) enter the unbiased energy distance
// 2 E|x-y| - E|x-x'| - E|y-y'|; its se is by the jackknife of the U-statistic, its floor from a permutation null.
// Returns what was finished when stopped.
std::vector<Metric> sampleMetrics(const Mixture&, int condition, std::span<const float> x, std::uint64_t seed,
                                  int energySamples, std::stop_token);

struct EnergyDistance { double value, se, floor; };
EnergyDistance energyDistance(std::span<const float> x, std::span<const float> y, std::uint64_t seed);

// "0.718 +- 0.007": as many digits as the larger of se and floor allows.
std::string formatValue(double value, double se, double floor);

}  // namespace gs
