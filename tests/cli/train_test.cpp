// Trainings on the command line: interrupted and resumed, and what is said about files that do not fit.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "program.h"

namespace gs::test {
namespace {

std::vector<std::string> training(const std::string& output, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"train", "omega", "two-modes", "-o", output, "--set", "model.leakDenoiser=0.4"};
  for (const char* set : {"steps=120", "batch=64", "particles=4", "width=16", "depth=3"})
    arguments.insert(arguments.end(), {"--set", std::string("training.omega.") + set});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Train, InterruptedAndResumedGivesTheSameWeights) {
  const Folder folder;
  const std::string whole = folder.file("whole.npz"), broken = folder.file("broken.npz");
  ASSERT_EQ(run(training(whole, {"--session", folder.file("s.json")})).code, 0);
  {
    Running running(training(broken, {"--checkpoint", "0.1"}));
    for (int i = 0; i < 500 && !std::filesystem::exists(broken); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    running.signal(SIGINT);
    const int code = running.wait();
    EXPECT_TRUE(code == 128 + SIGINT || code == 0) << code;
  }
  auto partial = readNpz(broken);
  ASSERT_TRUE(partial.contains("step"));
  EXPECT_LE(partial["step"].values[0], 120);
  const Result rest = run(training(broken, {"--resume", "--json"}));
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_NE(rest.out.find("\"done\": true"), std::string::npos) << rest.out;
  const auto a = readNpz(whole), b = readNpz(broken);
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, array] : a) EXPECT_EQ(array.values, b.at(name).values) << name;

  const Result checked = run({"check", broken, folder.file("s.json")});
  EXPECT_EQ(checked.code, 0) << checked.out;
  EXPECT_NE(checked.out.find("trained weights, omega, step 120"), std::string::npos) << checked.out;
  EXPECT_EQ(folder.names().size(), 3u) << "no temporary is left";

  const Result other = run(training(whole, {"--resume", "--set", "training.omega.steps=121"}));
  EXPECT_EQ(other.code, 3);
  EXPECT_NE(other.err.find("belongs to another scene or other settings"), std::string::npos) << other.err;
}

TEST(Train, SaysWhatDoesNotFit) {
  const Folder folder;
  const std::string output = folder.file("w.npz");
  EXPECT_EQ(run(training(folder.file("missing/w.npz"))).code, 3);
  const Result range = run(training(output, {"--set", "training.omega.beta=3"}));
  EXPECT_EQ(range.code, 3);
  EXPECT_NE(range.err.find("training.omega.beta: 3 is outside 0.1..2"), std::string::npos) << range.err;
  const Result broken = run(training(folder.write("b.npz", "PK\x03\x04 not a zip"), {"--resume"}));
  EXPECT_EQ(broken.code, 3);
  EXPECT_NE(broken.err.find("is not a readable NPZ"), std::string::npos) << broken.err;
}

}  // namespace
}  // namespace gs::test
