// One or two parameters go over their values, and metrics are measured at each.
#pragma once
#include <functional>
#include <limits>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "diffusion/metrics.h"
#include "engine/engine.h"
#include "session/session.h"

namespace gs {

struct SweepAxis {
  std::string path;                 // "guidance.0.omega", as for --set
  std::vector<std::string> values;  // at most kMost, at least one; as setPath reads them
  bool logarithmic = false;         // for plots
  static constexpr int kMost = 1000;
  bool operator==(const SweepAxis&) const = default;
  double number(std::size_t i) const;  // NaN for a word
};
// "PATH=LO..HI:log:24" or "PATH=LO..HI:linear:24" (24 values, both ends among them; linear and 16 may be left out), or
// "PATH=A,B,C". Throws std::invalid_argument that names what is wrong.
SweepAxis parseAxis(std::string_view text);

struct SweepValue {
  double value = 0, se = 0, floor = 0;
};
struct SweepTable {
  SweepTable() = default;
  SweepTable(std::vector<SweepAxis> axes, std::vector<std::string> metrics);  // without points
  // A point: of what was found there, what is asked for. What a metric is called and refers to, its first point says.
  void add(std::vector<std::size_t> at, std::span<const Metric> found, std::string note);

  std::vector<SweepAxis> axes;                  // 1 or 2
  std::vector<std::string> metrics;             // names
  std::vector<std::string> labels;              // of them, or the names
  std::vector<double> references;               // [metric] of the data law at the first point; NaN: none
  std::vector<std::vector<std::size_t>> at;     // [point][axis]: which value; the last axis goes fastest
  std::vector<std::vector<SweepValue>> values;  // [point][metric]; NaN where a metric does not exist there
  std::vector<std::string> notes;               // [point], warnings
  std::vector<bool> labelled;                   // [metric]: a point has said its label and reference
  double seconds = 0;
};

// Measures the named metrics of one pane (those of sampleMetrics, distanceMetrics, pathMetrics and causes) at every
// point. "inverse_posterior" uses the same noise without guidance as a control variate, whose mean 1/p(c) is exact.
// Whole-number parameters take the rounded values, each once. `progress` hears of every finished point; what is
// finished is returned when stopped. Throws SessionError for a path or value that cannot be set, std::invalid_argument
// for a metric that does not exist, more than two axes, or an experiment that cannot be compiled.
SweepTable sweep(const Engine&, const Session&, int pane, std::vector<SweepAxis> axes,
                 const std::vector<std::string>& metrics,
                 const std::function<void(const SweepTable&, int of)>& progress, std::stop_token);

// The exponent a of y ~ x^a: least squares of log y over log x over the points with x > 0 and y above three of its
// errors (where there are any). se: from what the line leaves; NaN for fewer than three points.
struct LogSlope {
  double value = std::numeric_limits<double>::quiet_NaN(), se = 0;
  double constant = 0;  // y = constant x^value
  int points = 0;
};
LogSlope logSlope(std::span<const double> x, std::span<const double> y, std::span<const double> error = {});

// "score_error": how wrong the sampled model is where the particles are: the root of the mean, over the steps and the
// first paths of a frame, of sigma^2 |s^ - s^_exact|^2, both with the same guidance, where the networks of rewards are
// the model's as well: exact is their closed form. 0 for an exact model.
Metric scoreError(const Plan&, const Frame&);

// Comma-separated tables with a heading line and numbers that read back exactly.
std::string csv(const SweepTable&);
struct Certificate;
std::string csv(const Certificate&);

}  // namespace gs
