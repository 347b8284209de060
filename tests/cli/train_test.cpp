// Trainings on the command line: interrupted and resumed, and what is said about files that do not fit.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "data/distributions.h"
#include "data/networks.h"
#include "data/sha256.h"
#include "learn/files.h"
#include "learn/module.h"
#include "output/animation.h"
#include "output/provenance.h"
#include "program.h"
#include "session/json.h"

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

// 0 where there is no whole checkpoint.
int stepIn(const std::string& file) {
  const auto arrays = readNpz(file);
  const auto step = arrays.find("step");
  return step == arrays.end() ? 0 : int(step->second.values[0]);
}

// Whatever ends a training of networks, and when: its file is, to the byte, that of one that was never stopped and is
// at that step, and --resume goes on from there. (What remains after it is a function of those bytes.) Of a kill the
// last checkpoint is there, of an interrupt the step that it came in.
TEST(Train, OfNetworksIsInterruptedAnywhereAndGoesOn) {
  const Folder folder;
  LearnRequest r;
  r.background = false;
  Mixture law;
  law.components = {{0, .5, {1, .5}, {.25, .1, .2}}, {1, .5, {-1, 0}, {.3, 0, .1}}};
  r.experiment.distribution.kind = DistributionKind::Mixture;
  r.experiment.distribution.mixture = Box<Mixture>(law);
  Term reward;
  reward.kind = TermKind::Reward;
  r.experiment.guidance = {reward};
  r.net.width = 16, r.net.layers = 2, r.net.batch = 64, r.net.snapshots = 8;
  r.net.steps = 100'000;  // more than it gets time for
  Session session;
  session.panes = {r.experiment};
  session.training.denoiser = r.net;
  const std::string scene = folder.file("scene.json"), again = folder.file("again.npz");
  saveSession(session, scene);
  using Break = std::pair<int, int>;  // the signal; from which step on
  for (const auto& [kind, breaks] : {std::pair{LearnKind::Denoiser, std::vector<Break>{{SIGKILL, 1}, {SIGINT, 0}}},
                                     std::pair{LearnKind::Reward, std::vector<Break>{{SIGINT, 0}, {SIGTERM, 0}}}}) {
    SCOPED_TRACE(nameOf(kind));
    const std::string file = folder.file(std::string(nameOf(kind)) + ".npz");
    r.kind = kind;
    const auto uninterrupted = learnModule().make(r);
    for (const auto& [signal, from] : breaks) {
      SCOPED_TRACE(signal);
      const int before = stepIn(file);
      {
        std::error_code none;
        const auto past = std::filesystem::last_write_time(file, none);
        Running running({"train", std::string(nameOf(kind)), scene, "-o", file, "--resume", "--checkpoint", "0.1"});
        const auto written = [&, from = from] {
          return std::filesystem::exists(file) && std::filesystem::last_write_time(file, none) != past &&
                 stepIn(file) >= from;
        };
        for (int i = 0; i < 3000 && !written(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::this_thread::sleep_for(std::chrono::milliseconds(30));  // in the middle of something
        running.signal(signal);
        EXPECT_EQ(running.wait(), signal == SIGKILL ? 128 + SIGKILL : 130);
      }
      const int reached = stepIn(file);
      ASSERT_GT(reached, before);
      ASSERT_LT(reached, r.net.steps);
      while (uninterrupted->step() < reached) uninterrupted->advance();
      writeLearned(again, r, uninterrupted->state());
      EXPECT_TRUE(readFile(file) == readFile(again)) << "at step " << reached;
    }
  }
}

// With --allow-model a model that is code runs only where it is the one of that checksum.
TEST(OwnModel, RunsOnlyWhereItIsTheAllowedOne) {
  const Folder folder;
  const std::string bytes = learnModule().compileScript(
      "def forward(self, x, sigma, label):\n    return x / (1 + sigma * sigma).unsqueeze(1)\n");
  const std::string model = folder.write("own.pt", bytes), sum = sha256(bytes), other(64, 'a');
  const auto sampled = [&](const std::string& scene, std::vector<std::string> allowed) {
    std::vector<std::string> arguments{"sample", scene, "-o", folder.file("x.npz"), "--set", "particles.count=16"};
    for (const std::string& a : allowed) arguments.insert(arguments.end(), {"--allow-model", a});
    return run(arguments);
  };
  Session session = scenePreset("two-gaussians");
  session.panes[0].guidance.clear();
  session.panes[0].model.network.file = "own.pt";
  saveSession(session, folder.file("scene.json"));
  const Result refused = sampled(folder.file("scene.json"), {other});
  EXPECT_EQ(refused.code, 3);
  EXPECT_EQ(refused.err, "guidescope-cli: panes.0.model.network: own.pt: is not run: its SHA-256 is " + sum +
                             ", and --allow-model names another\n")
      << "nothing of it ran";
  const Result ran = sampled(folder.file("scene.json"), {other, sum});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("a model is code"), std::string::npos) << ran.err;
  const Result wrong = sampled("two-modes", {"abc"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("--allow-model: 'abc' is no SHA-256"), std::string::npos) << wrong.err;
}

// A window gives what was trained in it to this program as a file; what is made calls it as the window does.
TEST(Render, CallsNetworksAsItIsTold) {
  const Folder folder;
  Network small;
  small.shape.width = 8, small.shape.layers = 1, small.shape.classes = 2;
  small.snapshots.push_back({5, std::vector<float>(weightCount(small.shape), .01f)});
  const std::string file = folder.file("mine.npz");
  writeArrays(file, arraysOf(small));
  Session s = scenePreset("two-modes");
  s.panes[0].guidance.clear();
  s.panes[0].particles.count = 32, s.panes[0].schedule.steps = 4;
  s.panes[0].model.network.file = file;
  saveSession(s, folder.file("scene.json"));
  const Keyframe frame{.session = s, .seconds = 1};
  const std::string board = folder.write("board.json", storyboardJson({frame, frame}));
  const auto named = [&](const std::string& picture, std::vector<std::string> more) {
    std::vector<std::string> arguments{"render", folder.file("scene.json"), "-o", picture, "--size", "160x120"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result r = run(arguments);
    EXPECT_EQ(r.code, 0) << r.err;
    const std::string made = folder.file(picture.ends_with("%d.png") ? "0.png" : "a.png"), inside = sessionInFile(made);
    EXPECT_EQ(inside.find(folder.file("")) == inside.npos, more.size() > 2) << inside;
    return parseSession(inside).panes[0].model.network;
  };
  EXPECT_EQ(named(folder.file("a.png"), {}).file, file);
  for (const bool film : {false, true}) {
    std::vector<std::string> more{"--call-network", "trained here=" + file, "--scale", "1"};
    if (film) more.insert(more.end(), {"--storyboard", board, "--fps", "1"});
    const NetworkFile n = named(folder.file(film ? "%d.png" : "a.png"), more);
    EXPECT_EQ(n.file, "trained here");
    EXPECT_EQ(n.sha256, "");
  }
  EXPECT_EQ(run({"render", "two-modes", "-o", folder.file("b.png"), "--call-network", "x="}).code, 2);
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
