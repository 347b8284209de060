#include "engine/spinning.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace gs {
namespace {

// Rounds of dependent arithmetic per second, summed over the threads.
double spinRate(int threads) {
  constexpr double kSeconds = 0.03;
  std::atomic<int> ready{0};
  std::vector<double> rates(std::size_t(threads), 0.);
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&, i] {
      ++ready;
      while (ready < threads) {
      }
      const auto begin = std::chrono::steady_clock::now();
      std::uint64_t x = std::uint64_t(i) + 1;
      long rounds = 0;
      double passed = 0;
      while (passed < kSeconds) {
        for (int k = 0; k < 2000; ++k) x = x * 6364136223846793005u + 1442695040888963407u;
        ++rounds;
        passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      }
      rates[std::size_t(i)] = (double(rounds) + (x == 0)) / passed;
    });
  for (std::thread& t : running) t.join();
  double sum = 0;
  for (const double r : rates) sum += r;
  return sum;
}

}  // namespace

// One thread is measured before and after: where it was held up itself, two would seem to get more cores than there
// are.
double spinningCores() {
  const double before = spinRate(1), both = spinRate(2), after = spinRate(1);
  return std::min(2., both / std::max(before, after));
}

}  // namespace gs
