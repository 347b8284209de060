// What takes longer than an answer: causes, distances, the certificate, sweeps and the frontier of one experiment, on a
// thread and an engine of their own, so that no drag waits for them.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "measure/causes.h"
#include "measure/certificate.h"
#include "measure/frontier.h"
#include "measure/score_errors.h"
#include "measure/sweep.h"

namespace gs {

struct SweepChoice {
  SweepAxis axis;  // "time": of the run's states
  std::string metric;
  std::string against;  // a second metric, for the plot's other axis; empty: the axis itself
  bool operator==(const SweepChoice&) const = default;
};
struct StudyRequest {
  Experiment experiment;
  bool causes = false, certificate = false, frontier = false, scoreErrors = false;
  std::optional<SweepChoice> sweep;
  bool moving = false;  // nothing is begun, and what is under way is given up
  bool operator==(const StudyRequest&) const = default;
};

// Parts may be of an earlier experiment while a new one is studied. All immutable.
struct StudyAnswer {
  std::shared_ptr<const Causes> causes;
  std::shared_ptr<const std::vector<Metric>> distances;  // with the causes: distanceMetrics, pathMetrics, costMetrics
  std::shared_ptr<const Certificate> certificate;
  std::shared_ptr<const SweepTable> sweep;
  std::shared_ptr<const Frontier> frontier;
  std::shared_ptr<const ScoreErrors> scoreErrors;
  std::shared_ptr<const Experiment> causesOf, certificateOf, sweepOf, frontierOf, scoreErrorsOf;
  double sweepDone = 1, frontierDone = 1;  // of what is under way, 0..1
  bool busy = false;
  std::string error;  // of the last request
};

class Studies {
 public:
  explicit Studies(std::function<void()> wake);  // called on a worker when a part is there
  ~Studies();
  void want(const StudyRequest&);  // never waits; equal requests are free
  StudyAnswer answer() const;
  void waitSettled() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs
