// A progress bar on stderr, where that is a terminal; for stages that take longer than a moment.
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace gs::cli {

// Shown from 0.4 s on until destruction. With an expected time it is a bar (the stages here do the same work for every
// particle, so the time follows from a small run), without one the seconds are counted.
class Progress {
 public:
  explicit Progress(std::string what, double expectedSeconds = 0);
  ~Progress();
  // So many of so many parts are done: a bar of these instead.
  void reached(int done, int of, double secondsLeft = -1) {
    share_ = of > 0 ? double(done) / of : 0;
    left_ = secondsLeft;
  }

 private:
  void show(std::stop_token);
  std::string what_;
  double expected_;
  std::atomic<double> share_{-1}, left_{-1};
  std::mutex mutex_;
  std::condition_variable_any quit_;
  std::jthread thread_;
};

// Takes a bar that is being shown off the terminal.
void clearProgressLine();

}  // namespace gs::cli
