// The report of `bench`, from a short run. No timing is asserted: these machines are shared.
#include "bench.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gs {
namespace {

BenchSize small() { return {.seconds = 0.001, .components = {8}, .tree = false, .memoryParticles = 100'000}; }

TEST(Bench, ReportsRatiosBesideWhatTheMachineGave) {
  std::ostringstream out;
  ASSERT_EQ(runBench(true, out, small()), 0);
  const auto report = nlohmann::json::parse(out.str());
  ASSERT_GE(report["attainable"].size(), 2u);  // scalar and SIMD
  ASSERT_GE(report["runs"].size(), 2u);
  for (const auto& run : report["runs"]) {
    EXPECT_EQ(run["components"], 8);
    EXPECT_EQ(run["particles"], 10'000);
    EXPECT_EQ(run["evaluations"], 10'000. * 8 * 64);
    EXPECT_GT(run["ns_per_component"].get<double>(), 0);
    EXPECT_GT(run["fraction_of_attainable"].get<double>(), 0);
    const auto& timing = run["timing"];
    EXPECT_EQ(timing["counts"].get<bool>(), timing["spinning_cores"].get<double>() >= 1.8);
  }
  EXPECT_GT(report["ratios"]["simd_over_scalar"].get<double>(), 1);
  EXPECT_NEAR(report["memory"]["trajectories_mb"].get<double>(), 100'000. * 33 * 8 / 1048576, 0.01);
  EXPECT_LT(report["memory"]["beside_mb"].get<double>(), 20);  // O(blocks), whatever else the process did before
}

TEST(Bench, PrintsATable) {
  std::ostringstream out;
  ASSERT_EQ(runBench(false, out, small()), 0);
  EXPECT_NE(out.str().find("particle-step-component"), std::string::npos);
  EXPECT_NE(out.str().find("scalar, 1 thread"), std::string::npos);
}

}  // namespace
}  // namespace gs
