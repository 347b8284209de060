#include "engine/latest_job.h"

#include <atomic>
#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace gs {
namespace {

using namespace std::chrono_literals;

// Paced by the job's own progress, so that it means the same on a slow machine: ten edits for every run that begins,
// most of them while a level 0 is under way.
TEST(LatestJob, ADragStarvesNothing) {
  std::atomic<int> begun{0}, shown{0}, refined{0};
  std::atomic<int> last{-1};
  LatestJob<int> job([&](const int& request, int level, std::stop_token stop) {
    if (level == 0) {
      ++begun;
      std::this_thread::sleep_for(2ms);
      if (stop.stop_requested()) return false;  // would be a level 0 that is not shown
      ++shown;
      last = request;
      return true;
    }
    while (request != 299) {  // only the last request's refinement ends by itself
      if (stop.stop_requested()) return false;
      std::this_thread::sleep_for(1ms);
    }
    ++refined;
    return false;
  });
  for (int i = 0; i < 300; ++i) {
    const int before = begun;
    job.post(i);
    if (i % 10 == 9)
      while (begun == before) std::this_thread::sleep_for(100us);  // hangs unless a refinement gives way
  }
  job.waitIdle();
  EXPECT_EQ(begun, shown);  // no level 0 was given up
  EXPECT_GE(shown, 30);     // many answers for 300 edits
  EXPECT_EQ(last, 299);     // the newest request is the one that stays
  EXPECT_EQ(refined, 1);    // at rest it was refined
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
  std::atomic<bool> running{false}, go{false};
  std::vector<int> seen;  // of the job's thread until it is idle
  LatestJob<int> job([&](const int& request, int, std::stop_token) {
    running = true;
    while (!go) std::this_thread::sleep_for(1ms);
    seen.push_back(request);
    return false;
  });
  job.post(1);
  while (!running) std::this_thread::sleep_for(1ms);
  job.post(2);
  job.post(3);
  EXPECT_FALSE(job.idle());
  go = true;
  job.waitIdle();
  EXPECT_EQ(seen, (std::vector<int>{1, 3}));
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
