// One job thread with a mailbox of one. Level 0 of every job that is started runs to its end and is shown; the levels
// above it stop as soon as a newer request waits. (Cancelling every run on every edit froze the picture during a drag.)
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace gs {

// Request: a value. run must not throw. run(request, level, stop) -> true if there is a next level. Level 0 gets a stop
// token that fires only at destruction; higher levels' fires when a newer request is posted.
template <class Request>
class LatestJob {
 public:
  using Run = std::function<bool(const Request&, int level, std::stop_token)>;
  explicit LatestJob(Run run);
  ~LatestJob();           // stops and joins
  void post(Request);     // never blocks for longer than a mailbox swap; replaces a waiting request
  bool idle() const;      // nothing running or waiting
  void waitIdle() const;  // for tests and the command line

 private:
  void loop(std::stop_token);
  Run run_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::optional<Request> waiting_;
  bool running_ = false;
  std::stop_source refine_;  // of the job that is running
  std::jthread thread_;
};

template <class Request>
LatestJob<Request>::LatestJob(Run run) : run_(std::move(run)), thread_([this](std::stop_token s) { loop(s); }) {}

template <class Request>
LatestJob<Request>::~LatestJob() {
  {
    std::lock_guard lock(mutex_);
    refine_.request_stop();
    waiting_.reset();
  }
  thread_.request_stop();
  thread_.join();
}

template <class Request>
void LatestJob<Request>::post(Request request) {
  {
    std::lock_guard lock(mutex_);
    waiting_ = std::move(request);
    refine_.request_stop();
  }
  changed_.notify_all();
}

template <class Request>
bool LatestJob<Request>::idle() const {
  std::lock_guard lock(mutex_);
  return !running_ && !waiting_;
}

template <class Request>
void LatestJob<Request>::waitIdle() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !running_ && !waiting_; });
}

template <class Request>
void LatestJob<Request>::loop(std::stop_token quit) {
  for (;;) {
    Request job;
    std::stop_token refine;
    {
      std::unique_lock lock(mutex_);
      running_ = false;
      changed_.notify_all();
      if (!changed_.wait(lock, quit, [this] { return waiting_.has_value(); })) return;
      job = std::move(*waiting_);
      waiting_.reset();
      running_ = true;
      refine_ = std::stop_source();
      refine = refine_.get_token();
    }
    for (int level = 0; run_(job, level, level == 0 ? quit : refine); ++level) {
      if (refine.stop_requested() || quit.stop_requested()) break;
    }
  }
}

}  // namespace gs
