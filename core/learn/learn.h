// Training: a job that learns something about an experiment on a thread of its own, watched, paused and stopped from
// another. The networks, LibTorch among them, are in a module that no program links: it is opened by the first job,
// on its thread (core/learn/module.h says what it has to offer). This header and its library know nothing of it.
//
// A job of the same request gives the same weights on the same machine, however often it was interrupted and resumed.
#pragma once
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "data/arrays.h"
#include "session/training.h"
#include "session/experiment.h"

namespace gs {

enum class LearnKind { Omega, Denoiser, Reward };
std::string_view nameOf(LearnKind);  // "omega", as in files and on the command line

struct LearnError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct LearnRequest {
  LearnKind kind = LearnKind::Omega;
  Experiment experiment;
  OmegaSettings omega;     // Omega
  DenoiserSettings net;    // Denoiser, Reward
  Arrays resume;           // the state to go on from; empty: from the beginning
  bool background = true;  // gives way to everything else on the machine
};

enum class LearnPhase { Idle, Opening, Running, Paused, Done, Stopped, Failed };

struct LearnProgress {
  LearnPhase phase = LearnPhase::Idle;
  int step = 0, steps = 0;
  double seconds = 0, secondsLeft = 0;  // of work; left: NaN until it is known
  std::vector<float> loss;              // the means of equal parts of the steps so far, at most kMostLosses of them
  int stepsPerLoss = 1;
  // The newest state: weights, what the optimiser remembers, the step, as files keep it. Replaced at the end and after
  // kSnapshotSeconds of processor time, or four times that by the clock; the last good one where a job failed.
  std::shared_ptr<const Arrays> state;
  std::shared_ptr<const LearnedWeights> weights;  // Omega: of that state
  int stateStep = 0;
  std::string device;   // "CPU, 1 thread"
  std::string instead;  // what it learns instead of the points of a file, and why; empty: what was asked for
  std::string error;    // of Failed
  static constexpr int kMostLosses = 400;
  static constexpr double kSnapshotSeconds = 0.5;
};

// One job at a time.
class LearnJob {
 public:
  explicit LearnJob(std::function<void()> wake);  // called on the job's thread when there is something new
  ~LearnJob();                                    // stops it
  void start(LearnRequest);                       // ends what goes on before
  void pause(), resume(), stop();                 // stop keeps the state
  LearnProgress progress() const;
  std::shared_ptr<const LearnRequest> request() const;  // of the job that progress is about; may be null
  void wait() const;                                    // until it is done, stopped or failed, and `wake` was told

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The weight that a state holds, as a session keeps it. Omega only.
LearnedWeights learnedWeights(const LearnRequest&, const Arrays& state, std::string name);

}  // namespace gs
