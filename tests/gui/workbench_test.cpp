// What the window computes between its frames, and films with panels, which another program makes. No display.
#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "data/distributions.h"
#include "data/networks.h"
#include "engine/engine.h"
#include "export_panels.h"
#include "workbench.h"

namespace gs {
namespace {

Session oneTerm() {
  Session s;
  s.panes[0].guidance.push_back({});
  return s;
}

// One of several: under load the answer may come later than the frame waits. Without waiting none would be there.
TEST(Workbench, AnEditIsSeenInTheFrameThatBringsIt) {
  Session s = oneTerm();
  s.panes[0].particles.count = 4096;  // about 2 ms of computing
  Workbench bench(s, makeCpuEngine(1), [] {});
  UiResult result;
  result.panes = {{0, 0, 64, 48}};
  bench.collect();
  bench.settle(result);
  bench.waitSettled();
  int seen = 0;
  for (int i = 1; i <= 20; ++i) {
    bench.collect();
    bench.document.session.panes[0].guidance[0].omega = 2 + i / 10.;
    bench.settle(result);
    seen += bench.active().frame && *bench.active().frame->experiment == bench.document.session.panes[0];
  }
  EXPECT_GT(seen, 0);
}

// While LibTorch opens, the picture is of the exact model; what is written or learned then is not, but says so.
TEST(Workbench, NothingIsMadeOfTheExactModelInANetworksStead) {
  Session s = oneTerm();
  s.panes[0].model.network.file = kTrainedHere;
  Workbench bench(s, makeCpuEngine(1), [] {});
  bench.ui.training.progress.phase = LearnPhase::Opening;
  const Session out = bench.exported();
  EXPECT_EQ(out.panes, s.panes);
  EXPECT_EQ(withTrained(s.panes[0], bench.ui.training), s.panes[0]);
  try {
    compile(out.panes[0], resolve(out.panes[0].distribution));
    ADD_FAILURE();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "model.network: 'trained here' has not been read");
  }
}

// The picture follows the network from moment to moment; it is paused and stopped, and no frame waits for LibTorch.
TEST(Workbench, ATrainingIsFollowedByThePictureAndNoFrameWaitsForIt) {
  Session s = oneTerm();
  s.panes[0].guidance.clear();
  s.panes[0].particles.count = 256;
  s.panes[0].schedule.steps = 8;
  s.panes[0].model.network.file = kTrainedHere;
  s.training.denoiser.width = 16, s.training.denoiser.layers = 2, s.training.denoiser.batch = 64;
  s.training.denoiser.steps = 100'000;  // more than it gets time for
  s.training.omega.batch = 8, s.training.omega.particles = 2, s.training.omega.width = 16, s.training.omega.depth = 2;
  s.training.omega.steps = 100'000;
  Workbench bench(s, makeCpuEngine(1), [] {});
  using Clock = std::chrono::steady_clock;
  const auto own = [] {  // milliseconds: under load a frame takes longer, but no more of the processor
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e3 * double(t.tv_sec) + 1e-6 * double(t.tv_nsec);
  };
  std::vector<double> frames;  // milliseconds of this thread
  std::set<int> shown;         // steps of the networks that the picture was of
  const auto frame = [&](LearnAsk ask = LearnAsk::Nothing) {
    UiResult result;
    result.panes = {{0, 0, 64, 48}};
    result.train = ask;
    const double begin = own();
    bench.collect();
    bench.settle(result);
    frames.push_back(own() - begin);
    if (const auto& f = bench.active().frame)
      if (const Network* n = f->experiment->model.network.network.get()) shown.insert(n->snapshots.back().step);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  };
  const auto until = [&](const std::function<bool(const LearnProgress&)>& there) {
    for (const auto end = Clock::now() + std::chrono::seconds(60); Clock::now() < end; frame())
      if (there(bench.ui.training.progress)) return true;
    return false;
  };
  frame(LearnAsk::Start);
  ASSERT_TRUE(until([&](const LearnProgress&) { return shown.size() >= 2; })) << bench.ui.training.progress.error;
  EXPECT_EQ(bench.ui.training.progress.phase, LearnPhase::Running);
  EXPECT_GT(frames.size(), 2 * shown.size()) << "frames come without anything new to show";
  EXPECT_EQ(bench.ui.training.progress.device, "CPU, 1 thread");
  EXPECT_FALSE(bench.ui.training.progress.loss.empty());
  EXPECT_GT(bench.ui.training.progress.secondsLeft, 0);
  frame(LearnAsk::Pause);
  ASSERT_TRUE(until([](const LearnProgress& p) { return p.phase == LearnPhase::Paused; }));
  const int paused = bench.ui.training.progress.step;
  for (int i = 0; i < 5; ++i) frame();
  EXPECT_EQ(bench.ui.training.progress.step, paused);
  frame(LearnAsk::Resume);
  EXPECT_TRUE(until([&](const LearnProgress& p) { return p.step > paused; }));
  frame(LearnAsk::Stop);
  ASSERT_TRUE(until([](const LearnProgress& p) { return p.phase == LearnPhase::Stopped; }));
  const int stopped = bench.ui.training.progress.stateStep;
  EXPECT_GE(stopped, paused);
  EXPECT_TRUE(until([&](const LearnProgress&) { return shown.count(stopped) > 0; }))
      << "what it was stopped at is shown";
  EXPECT_TRUE(bench.active().error.empty()) << bench.active().error;
  // What is exported has it in it, and a guidance weight is learned for it.
  EXPECT_FALSE(networksRead(bench.document.session));
  EXPECT_TRUE(networksRead(bench.exported()));
  UiResult ask;
  ask.panes = {{0, 0, 64, 48}};
  ask.learn = LearnAsk::Start;
  bench.collect();
  bench.settle(ask);
  EXPECT_TRUE(until([&](const LearnProgress&) {
    return bench.ui.learning.progress.step > 0 || bench.ui.learning.progress.phase == LearnPhase::Failed;
  }));
  EXPECT_EQ(bench.ui.learning.progress.error, "");
  std::sort(frames.begin(), frames.end());
  std::printf(
      "[ measured ] beside a training: %.1f ms of the processor a frame without drawing (median), at most %.1f\n",
      frames[frames.size() / 2], frames.back());
  EXPECT_LT(frames[frames.size() / 2], 15);
}

// The program that makes the film runs whatever models its files name, so none gets there that the window did not run.
TEST(ExportWithPanels, RunsNoModelThatWasNotSaidYesTo) {
  const std::filesystem::path file = std::filesystem::path(GS_BINARY_DIR) / "tests" / "export_own.pt";
  std::ofstream(file) << "code";
  Network refusedNetwork;
  refusedNetwork.problem = "own.pt: is a model, and a model is code: File > Open model asks whether to run it";
  NetworkFile refused, unread, changed;
  refused.file = unread.file = changed.file = file.string();
  refused.network = Box<Network>(refusedNetwork);
  changed.network = Box<Network>(Network{});
  changed.sha256 = std::string(64, '0');
  const auto saidOf = [](const Session& s, const std::vector<Keyframe>& board) -> std::string {
    try {
      exportWithPanels({.session = s}, "time:1..0:1s", board, EngineChoice::Cpu, [](const ExportProgress&) {}, {});
    } catch (const InputError& e) {
      return e.what();
    } catch (const std::exception& e) {
      return std::string("not refused: ") + e.what();  // there is no guidescope-cli beside this program
    }
    return "exported";
  };
  const auto inModel = [](const NetworkFile& n) {
    Session s = oneTerm();
    s.panes.push_back(s.panes[0]);
    s.panes[1].model.network = n;
    return s;
  };
  Session inTerm = oneTerm();
  inTerm.panes[0].guidance[0].network = refused;
  EXPECT_EQ(saidOf(inModel(refused), {}), "panes.1.model.network: " + refusedNetwork.problem);
  EXPECT_EQ(saidOf(inTerm, {}), "panes.0.guidance.0.network: " + refusedNetwork.problem);
  EXPECT_EQ(saidOf(oneTerm(), {{oneTerm()}, {inTerm}}), "panes.0.guidance.0.network: " + refusedNetwork.problem);
  EXPECT_EQ(saidOf(oneTerm(), {{oneTerm()}, {inModel(unread)}}),
            "panes.1.model.network: '" + file.string() + "' has not been read");
  EXPECT_EQ(saidOf(inModel(changed), {}),
            "panes.1.model.network: " + file.string() + ": has changed since it was opened; open it again");
  changed.sha256 = "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b";  // of "code"
  EXPECT_TRUE(saidOf(inModel(changed), {}).starts_with("not refused: "));
  EXPECT_TRUE(saidOf(oneTerm(), {}).starts_with("not refused: "));
  NetworkFile early;  // LibTorch is still opening
  early.file = kTrainedHere;
  EXPECT_EQ(saidOf(inModel(early), {}), "panes.1.model.network: 'trained here' has not been read");
  // Between that look and the other program's the file may become another: it is told which one was said yes to.
  const std::filesystem::path program = file.parent_path() / "export_own.sh", told = file.parent_path() / "export_own";
  std::ofstream(program) << "#!/bin/sh\necho \"$@\" >'" + told.string() + "'\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto toldOf = [&](const Session& s, const std::vector<Keyframe>& board) {
    exportWithPanels(
        {.session = s}, "time:1..0:1s", board, EngineChoice::Cpu, [](const ExportProgress&) {}, {}, program.string());
    std::ifstream in(told);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string allows = " --allow-model " + changed.sha256 + " --";
  EXPECT_NE(toldOf(inModel(changed), {}).find(allows), std::string::npos);
  EXPECT_NE(toldOf(oneTerm(), {{oneTerm()}, {inModel(changed)}}).find(allows), std::string::npos);
  EXPECT_EQ(toldOf(oneTerm(), {}).find("--allow-model"), std::string::npos);
  // A network that was trained in the window is in no file: the program gets one.
  std::ofstream(program) << "#!/bin/sh\ncp \"$(dirname \"$2\")\"/*.npz '" + told.string() +
                                ".npz'; { cat \"$2\"; echo \"$@\"; } >'" + told.string() + "'\n";
  Network small;
  small.shape.width = 8, small.shape.layers = 1, small.shape.classes = 2;
  small.snapshots.push_back({5, std::vector<float>(weightCount(small.shape), .25f)});
  NetworkFile here;
  here.file = kTrainedHere;
  here.network = Box<Network>(small);
  const std::string session = toldOf(inModel(here), {}),
                    before = session.substr(0, session.find("/trained here.npz\""));
  ASSERT_NE(before, session);
  // ... and is told to call it as the window does.
  const std::string folder = before.substr(before.rfind('"') + 1);
  EXPECT_NE(session.find(" --call-network trained here=" + folder + "/trained here.npz"), std::string::npos) << session;
  NetworkFile written;
  written.file = told.string() + ".npz";
  std::vector<std::string> warnings;
  EXPECT_EQ(*readNetwork(written, "", warnings).network, small);
  for (const auto& made : {file, program, told, std::filesystem::path(written.file)}) std::filesystem::remove(made);
}

}  // namespace
}  // namespace gs
