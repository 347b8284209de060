#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace gs::cli {

namespace {

std::atomic<bool> shown{false};

void writeLine(const std::string& text) {
  // One write, so that the line is never torn; a terminal that is gone is not our trouble.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

void clearProgressLine() {
  if (shown.exchange(false)) writeLine("\r\033[K");
}

Progress::Progress(std::string what, double expectedSeconds) : what_(std::move(what)), expected_(expectedSeconds) {
  if (isatty(STDERR_FILENO)) thread_ = std::jthread([this](std::stop_token stop) { show(stop); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  clearProgressLine();
}

void Progress::show(std::stop_token stop) {
  using namespace std::chrono_literals;
  const auto begin = std::chrono::steady_clock::now();
  auto pause = 400ms;
  std::unique_lock lock(mutex_);
  while (!quit_.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
    pause = 100ms;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::string line = "\r\033[K";
    const double share = share_;
    if (expected_ > 0 || share >= 0) {
      const int percent = std::min(99, int(100 * (share >= 0 ? share : seconds / expected_)));
      const int filled = percent * 30 / 100;
      line.append("[").append(std::size_t(filled), '#').append(std::size_t(30 - filled), '.').append("] ");
      line.append(std::to_string(percent)).append(" %  ");
    }
    line += what_;
    if (const double left = left_; share >= 0 && left >= 0)
      line.append(", ").append(std::to_string(int(left + 0.5))).append(" s left");
    if (expected_ <= 0 && share < 0) line.append(", ").append(std::to_string(int(seconds))).append(" s");
    shown = true;
    writeLine(line);
  }
}

}  // namespace gs::cli
