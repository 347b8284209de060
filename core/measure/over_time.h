// Numbers of a run on its way from noise to data: every state by itself. The window's plots over time, `metrics
// --over-time` and the marks of `list metrics` have one list.
#pragma once
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "diffusion/metrics.h"
#include "engine/engine.h"

namespace gs {

struct SweepTable;

// Whether a metric of metricList() or causeList() means something at a state between noise and data; of those that name
// several ("fraction_K") by any of their names.
//
// Metrics of samples and distances are to the noised data law of the state's own level. "path_length" ... are of the
// way so far. "mean_reward", "reward_q05" ... are of h_t(x) = E[r(x0) | x_t = x], which is r at the data, and whose
// mean stays where it is without guidance (2512.04985). "solver_error" is the root mean square distance to the
// converged run from the same start, at the same level. "kl_conditional" is KL(q_t || p_t(. | c)) of the law q_t that
// the converged sampler has at that level.
bool measuredOverTime(const std::string& metric);

// The states of a frame of a plan. `names`: what is wanted; empty: all that can be had. Exact draws that distances and
// sample metrics compare with: `pairs`. What needs runs of its own is run here; what cannot be had is left out, and
// `note` says why. The plan and the frame have to outlive it.
class MetricsInTime {
 public:
  MetricsInTime(const Engine&, const Plan&, const Frame&, const std::vector<std::string>& names, int pairs,
                std::stop_token);
  ~MetricsInTime();
  // Of a row of the frame; what is finished when stopped. Paths are followed from row to row: ask for rows in ascending
  // order.
  std::vector<Metric> at(int row);
  const std::string& note() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// These metrics of at most 24 stored states of a frame: the table of a sweep along "time", from noise to data. Metrics
// that are not measured over time are NaN; "inverse_posterior" is the plain mean. `progress` hears of every finished
// state. Throws std::invalid_argument for a metric that does not exist.
SweepTable overTime(const Engine&, const Plan&, const Frame&, const std::vector<std::string>& metrics,
                    const std::function<void(const SweepTable&, int of)>& progress, std::stop_token);

}  // namespace gs
