// The training of a guidance weight as a window follows it: the job, and what its weights are worth when it is done.
#pragma once
#include <functional>
#include <memory>

#include "learn/learn.h"
#include "measure/weights_compared.h"
#include "session/training.h"

namespace gs {

struct LearningAnswer {
  LearnProgress progress;
  std::shared_ptr<const LearnRequest> request;  // null: nothing was started yet
  std::shared_ptr<const WeightsCompared> compared;
  double comparedDone = 1;  // 0..1 while that is measured
};

class Learning {
 public:
  explicit Learning(std::function<void()> wake);  // called on workers when something is new
  ~Learning();
  void start(const Experiment&, const Training&);
  void pause(), resume(), stop();
  LearningAnswer answer() const;  // never waits
  void wait() const;              // until nothing goes on

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs
