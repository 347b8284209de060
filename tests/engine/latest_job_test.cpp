#include "engine/latest_job.h"

#include <atomic>
#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace gs {
namespace {

using namespace std::chrono_literals;

TEST(LatestJob, ADragStarvesNothing) {
  std::atomic<int> begun{0}, shown{0}, refined{0};
  std::atomic<int> last{-1};
  {
    LatestJob<int> job([&](const int& request, int level, std::stop_token stop) {
      if (level == 0) {
        ++begun;
        std::this_thread::sleep_for(2ms);
        if (stop.stop_requested()) return false;  // would be a level 0 that is not shown
        ++shown;
        last = request;
        return true;
      }
      for (int i = 0; i < 100; ++i) {
        if (stop.stop_requested()) return false;
        std::this_thread::sleep_for(1ms);
      }
      ++refined;
      return false;
    });
    for (int i = 0; i < 300; ++i) {
      job.post(i);
      std::this_thread::sleep_for(1ms);
    }
    job.waitIdle();
  }
  EXPECT_EQ(begun, shown);  // no level 0 was given up
  EXPECT_EQ(last, 299);     // the newest request is the one that stays
  EXPECT_GE(shown, 30);     // of 300 edits in 0.3 s or more
  EXPECT_GE(refined, 1);    // at rest it was refined
}

TEST(LatestJob, ANewerRequestCutsRefinementShort) {
  std::atomic<bool> refining{false}, cutShort{false};
  LatestJob<int> job([&](const int& request, int level, std::stop_token stop) {
    if (request == 2) return false;
    if (level == 0) return true;
    refining = true;
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);  // for ever, if nobody stops it
    cutShort = true;
    return true;
  });
  job.post(1);
  while (!refining) std::this_thread::sleep_for(1ms);
  job.post(2);
  job.waitIdle();
  EXPECT_TRUE(cutShort);
}

TEST(LatestJob, AWaitingRequestIsReplaced) {
  std::atomic<bool> go{false};
  std::vector<int> seen;
  LatestJob<int> job([&](const int& request, int, std::stop_token) {
    while (!go) std::this_thread::sleep_for(1ms);
    seen.push_back(request);
    return false;
  });
  job.post(1);
  while (!job.idle() && seen.empty() && !go) {  // until the first one runs
    std::this_thread::sleep_for(2ms);
    job.post(2);
    job.post(3);
    go = true;
  }
  job.waitIdle();
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), 3);
  EXPECT_LE(seen.size(), 2u);
  EXPECT_TRUE(job.idle());
}

TEST(LatestJob, DestructionStopsEveryLevel) {
  for (const int blockingLevel : {0, 1}) {
    std::atomic<bool> running{false};
    LatestJob<int> job([&](const int&, int level, std::stop_token stop) {
      if (level < blockingLevel) return true;
      running = true;
      while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
      return false;
    });
    job.post(0);
    while (!running) std::this_thread::sleep_for(1ms);
  }  // hangs unless the token fires
}

}  // namespace
}  // namespace gs
