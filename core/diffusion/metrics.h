// Numbers about samples of a guided sampler, each with a standard error and a Monte Carlo floor, from the closed forms
// of the data law. Pure functions; the caller chooses the thread.
#pragma once
#include <limits>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "diffusion/mixture.h"
#include "diffusion/two_samples.h"

namespace gs {

// Logarithms of what is averaged are cut here, so that squares stay finite: e^345 = 1e150.
inline constexpr double kMostLog = 345;

struct Metric {
  std::string
      name;  // JSON key: "inverse_posterior", "log_posterior", "accuracy", "mean_x", "cov_xy", "fraction_3", ...
  std::string label;                                            // "E[1/p(c|x)]"
  double value = 0;                                             // NaN when it cannot be computed (note says why)
  double se = 0;                                                // standard error of value
  double reference = std::numeric_limits<double>::quiet_NaN();  // of the data law p(x|c) itself: closed form or
                                                                // quadrature (law_values.h); NaN: no such value
  double floor = 0;  // Monte Carlo floor: what this estimator shows for exact samples of this size; no digits below it
  std::string note;  // warnings: "tail: 1 sample carries 31 % of the sum"
  double referenceError = 0;                                 // of the quadrature (law_values.h), or a standard error
  double tilted = std::numeric_limits<double>::quiet_NaN();  // the same of the tilted law that the stack aims at; NaN:
  double tiltedError = 0;                                    // there is none, or no such value
};

// The names that sampleMetrics can return, with labels, for `list metrics`.
struct MetricInfo {
  std::string name, label, about;
};
std::vector<MetricInfo> metricList();

// `x` is [sample][2] at t = 0; samples that are not finite are left out and counted in "blown_up".
// With condition = kUnconditional, and with one class only, the posterior metrics are absent and the energy distance is
// to p alone.
// "inverse_posterior" E[1/p(c|x)] (2512.04985; for exact samples of p(x|c) it is 1/p(c)) has a heavy tail: its note
// warns when one sample carries more than 20 % of the sum, the largest 1 % more than 10 %, or exact draws of the same
// number miss 1/p(c), and gives the median of 16 block means; beyond 1e150 the value is NaN. "fraction_k": share
// nearest (Mahalanobis) to component k of the conditional law, for at most kMaxFractions components; "outliers": share
// farther than 3 from every component (exp(-4.5) = .011 for one Gaussian). energySamples (>= 16) exact draws, and at
// most as many samples, enter the unbiased energy distance 2 E|x-y| - E|x-x'| - E|y-y'|; se by the jackknife's
// projection, floor from a permutation null of exact draws. Floors of means are the standard error that exact draws of
// p(x|c) would have. Returns what was finished when stopped.
inline constexpr int kMaxFractions = 32;
std::vector<Metric> sampleMetrics(const Mixture&, int condition, std::span<const float> x, std::uint64_t seed,
                                  int energySamples, std::stop_token);

// Of the reward r(x) of samples and of exact draws of the law that is sampled without guidance (at least 2 of each, all
// finite): "mean_reward" E[r], "reward_q05", "reward_q50", "reward_q95". `known`: E[r] of that law, NaN where only the
// draws tell it.
std::vector<Metric> rewardMetrics(std::span<const double> guided, std::span<const double> exact,
                                  double known = std::numeric_limits<double>::quiet_NaN());

// The distances of two_samples.h to exact draws of p(x | condition), the neighbourhoods of samples and the entropy, of
// the first `most` (>= 16) finite samples: "mmd", "sliced_w2", "exact_w2", "precision", "recall", "density",
// "coverage", "entropy". Floors and references come from a second set of exact draws. Costs O(most^2), and O(512^3) for
// the matching; returns what was finished when stopped.
struct ClosestPairs {
  std::vector<float> from, to;  // [pair][2]: guided samples and the exact ones that they are matched with
};
std::vector<Metric> distanceMetrics(const Mixture&, int condition, std::span<const float> x, std::uint64_t seed,
                                    int most, std::stop_token, ClosestPairs* matched = nullptr);

// Of paths in the coordinates x / sqrt(alpha^2 + sigma^2): rows[i] is [particle][2] at levels[i], noise first. Paths
// that blew up are left out. "path_length", "path_detour", "path_turning".
std::vector<Metric> pathMetrics(std::span<const std::span<const float>> rows, std::span<const NoiseLevel> levels,
                                std::stop_token);

// "0.718 ± 0.007": the larger of se and floor to one digit (two when it leads with 1) and no digit of the value below
// it; exact values (no uncertainty) print with four significant digits; "–" for NaN.
std::string formatValue(double value, double se, double floor);

}  // namespace gs
