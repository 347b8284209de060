// Ctrl+C and SIGTERM end the program at once, except while a file is being written: then right after it.
#pragma once
#include <mutex>

namespace gs::cli {

// Call once, before any other thread is started.
void watchInterrupts();

// Hold one while writing a file, so that no interrupt leaves a temporary behind.
class Writing {
 public:
  Writing();

 private:
  std::unique_lock<std::mutex> lock_;
};

// While it lives the first interrupt only asks; another one ends the program as usual.
class StopOnInterrupt {
 public:
  StopOnInterrupt();
  ~StopOnInterrupt();
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
  bool asked() const;
};

}  // namespace gs::cli
