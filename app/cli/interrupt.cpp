#include "interrupt.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <unistd.h>

#include "progress.h"

namespace gs::cli {

namespace {
// Never destroyed: the watching thread uses it until the very end.
std::mutex& writing() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}
std::atomic<bool> onlyAsks{false}, wasAsked{false};
}  // namespace

void watchInterrupts() {
  static sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread that is started later
  std::thread([] {
    int signal = 0;
    while (sigwait(&signals, &signal) != 0 || (onlyAsks && !wasAsked.exchange(true))) {
    }
    const std::lock_guard lock(writing());
    clearProgressLine();
    _exit(128 + signal);
  }).detach();
}

StopOnInterrupt::StopOnInterrupt() {
  wasAsked = false;
  onlyAsks = true;
}
StopOnInterrupt::~StopOnInterrupt() { onlyAsks = false; }
bool StopOnInterrupt::asked() const { return wasAsked; }

Writing::Writing() : lock_(writing()) {}

}  // namespace gs::cli
