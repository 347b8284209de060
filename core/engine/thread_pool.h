// Indices shared out over threads, by oneTBB or (GS_STD_THREADS: ThreadSanitizer cannot see into Debian's TBB) by
// threads of our own. Calls may come from several threads at once; the calling thread works too.
#pragma once
#include <functional>
#include <memory>

namespace gs {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // 0: all cores
  ~ThreadPool();
  int threads() const;
  // f(i) once for every i in 0..count-1, in any order; returns when all are done. f must not throw.
  void forEach(int count, const std::function<void(int)>& f);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs
