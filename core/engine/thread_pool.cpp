#include "engine/thread_pool.h"

#include <algorithm>
#include <thread>

#ifndef GS_STD_THREADS

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace gs {

struct ThreadPool::Impl {
  int threads;
  bool all;  // as many as TBB would take by itself
};

ThreadPool::ThreadPool(int threads) {
  const int cores = std::max(1, int(std::thread::hardware_concurrency()));
  impl_.reset(new Impl{threads > 0 ? threads : cores, threads <= 0 || threads == cores});
}
ThreadPool::~ThreadPool() = default;
int ThreadPool::threads() const { return impl_->threads; }

void ThreadPool::forEach(int count, const std::function<void(int)>& f) {
  const auto run = [&] {
    tbb::parallel_for(
        tbb::blocked_range<int>(0, count, 1),
        [&](const tbb::blocked_range<int>& range) {
          for (int i = range.begin(); i != range.end(); ++i) f(i);
        },
        tbb::simple_partitioner());
  };
  // Each caller has an arena to itself: in a shared one a short run would wait for the slots that a long one holds.
  if (impl_->all)
    run();
  else
    tbb::task_arena(impl_->threads).execute(run);
}

}  // namespace gs

#else

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <vector>

namespace gs {

struct ThreadPool::Impl {
  struct Job {
    const std::function<void(int)>& f;
    const int count;
    std::atomic<int> next{0};
    int helpers = 0;  // guarded by mutex

    void work() {
      for (int i; (i = next.fetch_add(1)) < count;) f(i);
    }
  };

  int threads;
  std::mutex mutex;
  std::condition_variable changed;
  std::list<Job*> jobs;  // with indices left
  bool quit = false;
  std::vector<std::thread> workers;

  explicit Impl(int n) : threads(n) {
    for (int i = 1; i < n; ++i) workers.emplace_back([this] { loop(); });
  }
  ~Impl() {
    {
      std::lock_guard lock(mutex);
      quit = true;
    }
    changed.notify_all();
    for (std::thread& t : workers) t.join();
  }
  void loop() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return quit || !jobs.empty(); });
      if (quit) return;
      Job* job = jobs.front();
      jobs.splice(jobs.end(), jobs, jobs.begin());  // the next helper takes another job
      ++job->helpers;
      lock.unlock();
      job->work();
      lock.lock();
      jobs.remove(job);
      if (--job->helpers == 0) changed.notify_all();
    }
  }
};

ThreadPool::ThreadPool(int threads)
    : impl_(std::make_unique<Impl>(threads > 0 ? threads : std::max(1, int(std::thread::hardware_concurrency())))) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::threads() const { return impl_->threads; }

void ThreadPool::forEach(int count, const std::function<void(int)>& f) {
  Impl::Job job{f, count};
  {
    std::lock_guard lock(impl_->mutex);
    impl_->jobs.push_back(&job);
  }
  impl_->changed.notify_all();
  job.work();
  std::unique_lock lock(impl_->mutex);
  impl_->jobs.remove(&job);
  impl_->changed.wait(lock, [&] { return job.helpers == 0; });
}

}  // namespace gs

#endif
