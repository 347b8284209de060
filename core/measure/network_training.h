// The training of a denoiser as a window follows it: the job, and the network as it is by now.
#pragma once
#include <functional>
#include <memory>

#include "learn/learn.h"
#include "session/session.h"
#include "session/training.h"

namespace gs {

struct NetworkTrainingAnswer {
  LearnProgress progress;
  std::shared_ptr<const LearnRequest> request;  // null: nothing was started yet
  Box<Network> network;                         // all moments so far; none before the first
};

// Sessions name the network of a training that goes on, or that was not saved, by this.
inline constexpr const char* kTrainedHere = "trained here";

class NetworkTraining {
 public:
  explicit NetworkTraining(std::function<void()> wake);  // called on the job's thread when something is new
  void start(const Experiment&, const Training&, LearnKind);
  void pause() { job_.pause(); }
  void resume() { job_.resume(); }
  void stop() { job_.stop(); }
  NetworkTrainingAnswer answer();  // never waits
  void wait() const { job_.wait(); }

 private:
  LearnJob job_;
  std::shared_ptr<const Arrays> read_;  // what network_ is of
  Box<Network> network_;
};

// The session names a network that no file holds.
bool namesTrained(const Session&);
// An experiment with what was trained by now wherever it names that.
Experiment withTrained(Experiment, const NetworkTrainingAnswer&);

}  // namespace gs
