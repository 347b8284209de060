// The report of `bench`, from a short run. No timing is asserted: these machines are shared.
#include "bench.h"

#include <sstream>

#include <gtest/gtest.h>

namespace gs {
namespace {

BenchSize small() {
  return {.seconds = 0.001,
          .components = {8},
          .tree = false,
          .nearLevels = {0.05},
          .memoryParticles = 100'000,
          .engines = {.particles = {100, 1000}, .components = {2, 8}, .steps = {8, 16}, .nearLevels = {}},
          .networkParticles = 64};
}

TEST(Bench, ReportsRatiosBesideWhatTheMachineGave) {
  std::ostringstream out;
  ASSERT_EQ(runBench(true, out, small()), 0);
  const auto report = parseText(out.str());
  ASSERT_GE(report["attainable"].size(), 2u);  // scalar and SIMD
  ASSERT_GE(report["runs"].size(), 2u);
  for (const auto& run : report["runs"]) {
    EXPECT_EQ(run["components"], 8);
    EXPECT_EQ(run["particles"], 10'000);
    EXPECT_EQ(run["evaluations"], 10'000. * 8 * 64);
    EXPECT_GT(run["ns_per_component"].number, 0);
    EXPECT_GT(run["fraction_of_attainable"].number, 0);
    const auto& timing = run["timing"];
    EXPECT_EQ(timing["counts"].flag, timing["spinning_cores"].number >= 1.8);
  }
  EXPECT_GT(report["ratios"]["simd_over_scalar"].number, 1);
  ASSERT_EQ(report["leaving_out"].size(), 1u);
  EXPECT_EQ(report["leaving_out"][0]["components"], 2168);
  EXPECT_GT(report["leaving_out"][0]["gain"].number, 1);  // four times, so that no busy machine turns it round
  EXPECT_GT(report["networks"]["native"][0]["seconds"].number, 0);
  EXPECT_GT(report["networks"]["times_faster"].number, 0);
  EXPECT_NEAR(report["memory"]["trajectories_mb"].number, 100'000. * 33 * 8 / 1048576, 0.01);
  EXPECT_LT(report["memory"]["beside_mb"].number, 20);  // O(blocks), whatever else the process did before
}

TEST(Bench, ComparesTheEnginesAndFitsTheirGrowth) {
  std::ostringstream out;
  const EngineSweeps sweeps{
      .particles = {500, 5000}, .components = {8, 64}, .steps = {8, 64}, .nearLevels = {0.02}, .mostSeconds = 1e-6};
  const auto cut = compareEngines(sweeps, &out);
  ASSERT_EQ(cut["leaving_out"].size(), 1u);
  EXPECT_GT(cut["leaving_out"][0]["gain"].number, 1);  // about five times
  for (const auto& run : cut["runs"])  // the first of each is run, what would take longer is left out and said so
    EXPECT_EQ(run.contains("left_out"), run["growing"] == "particles"    ? run["particles"] == 5000
                                        : run["growing"] == "components" ? run["components"] == 64
                                                                         : run["steps"] == 64)
        << run;
  EXPECT_NE(out.str().find("left out: about"), std::string::npos);
  const auto whole = compareEngines(
      {.particles = {500, 5000}, .components = {8, 256}, .steps = {8, 64}, .nearLevels = {}, .mostSeconds = 20},
      nullptr);
  for (const auto& run : whole["runs"]) EXPECT_GT(run["ns_per_component"].number, 0) << run;
  ASSERT_GE(whole["exponents"].size(), 3u);
  for (const auto& e : whole["exponents"]) {  // in proportion to the work, but for what a run costs by itself
    EXPECT_GT(e["exponent"].number, 0.2) << e;
    EXPECT_LT(e["exponent"].number, 2) << e;
  }
}

TEST(Bench, PrintsATable) {
  std::ostringstream out;
  ASSERT_EQ(runBench(false, out, small()), 0);
  EXPECT_NE(out.str().find("particle-step-component"), std::string::npos);
  EXPECT_NE(out.str().find("sigma/alpha 0.05: "), std::string::npos);
  EXPECT_NE(out.str().find("scalar, 1 thread"), std::string::npos);
}

}  // namespace
}  // namespace gs
