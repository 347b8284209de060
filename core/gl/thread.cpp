#include "gl/thread.h"

namespace gs::gl {

Thread::Thread(std::function<Context()> make) {
  thread_ = std::thread([this, make = std::move(make)] { loop(make); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return started_; });
  if (!failure_) return;
  lock.unlock();
  thread_.join();
  std::rethrow_exception(failure_);
}

Thread::~Thread() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Thread::loop(const std::function<Context()>& make) {
  std::optional<Context> context;
  try {
    context.emplace(make());
  } catch (...) {
    failure_ = std::current_exception();
  }
  std::unique_lock lock(mutex_);
  started_ = true;
  changed_.notify_all();
  while (!failure_) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) break;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

void Thread::post(std::function<void()> work) const {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  changed_.notify_all();
}

void Thread::runAll(const std::function<void()>& work) const {
  if (std::this_thread::get_id() == thread_.get_id()) return work();
  bool done = false;
  post([&] {
    work();
    std::lock_guard lock(mutex_);
    done = true;
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done; });
}

}  // namespace gs::gl
