// One thread that owns an OpenGL context; others hand work to it. So contexts of several job threads never have to be
// made current in turn, and no caller's own current context is touched.
#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "gl/context.h"

namespace gs::gl {

class Thread {
 public:
  // `make` is called on the new thread and leaves its context current there; what it throws is thrown here.
  explicit Thread(std::function<Context()> make);
  // Does what has been handed over, then destroys the context.
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // f() on the thread, in the order of the calls; waits for it and passes on its result or what it throws. f may itself
  // call run.
  template <class F>
  std::invoke_result_t<F> run(F f) const {
    using Result = std::invoke_result_t<F>;
    std::exception_ptr error;
    if constexpr (std::is_void_v<Result>) {
      runAll([&] {
        try {
          f();
        } catch (...) {
          error = std::current_exception();
        }
      });
      if (error) std::rethrow_exception(error);
    } else {
      std::optional<Result> result;
      runAll([&] {
        try {
          result.emplace(f());
        } catch (...) {
          error = std::current_exception();
        }
      });
      if (error) std::rethrow_exception(error);
      return std::move(*result);
    }
  }
  // Later, without waiting. `work` must not throw.
  void post(std::function<void()> work) const;

 private:
  void runAll(const std::function<void()>& work) const;
  void loop(const std::function<Context()>& make);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::deque<std::function<void()>> waiting_;
  bool started_ = false, ending_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace gs::gl
