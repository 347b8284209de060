// Document, playback clock, quality and fits: the parts of the window that need no display.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <set>
#include <thread>

#include "data/distributions.h"
#include "data/networks.h"
#include "document.h"
#include "engine/engine.h"
#include "export_panels.h"
#include "fitting.h"
#include "playback.h"
#include "quality.h"
#include "workbench.h"

namespace gs {
namespace {

Session start() {
  Session s;
  s.name = "start";
  s.panes[0].guidance.push_back({});
  return s;
}

TEST(Document, AGestureIsOneEntryAndLookingIsNone) {
  Document d(start());
  EXPECT_FALSE(d.canUndo());
  for (int i = 0; i <= 30; ++i) d.session.panes[0].guidance[0].omega = 2 + i / 10.;  // dragged, not let go
  EXPECT_TRUE(d.commit());
  EXPECT_FALSE(d.commit());
  d.session.view.time = .3;
  d.session.view.camera.height = 9;
  EXPECT_FALSE(d.commit());
  EXPECT_TRUE(d.dirty());
  d.undo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_EQ(d.session.view.camera.height, 9);  // undo does not move the picture
  EXPECT_FALSE(d.canUndo());
  EXPECT_FALSE(d.dirty());
  d.redo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 5);
}

TEST(Document, UndoInTheMiddleOfAGestureTakesBackTheGesture) {
  Document d(start());
  d.session.panes[0].guidance[0].omega = 7;
  EXPECT_TRUE(d.canUndo());
  d.undo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_TRUE(d.canRedo());
}

TEST(Document, SavingAndOpening) {
  Document d(start());
  d.session.panes[0].particles.count = 99;
  d.commit();
  EXPECT_TRUE(d.dirty());
  d.saved(d.session, "a.json");
  EXPECT_FALSE(d.dirty());
  EXPECT_EQ(d.path(), "a.json");
  d.session.view.time = .5;
  d.session.view.camera.center.x = 3;
  d.session.view.theme = Theme::Light;
  d.session.view.uiScale = 2;
  EXPECT_FALSE(d.commit());
  EXPECT_FALSE(d.dirty()) << "no question on closing that undo could not answer";
  d.undo();
  EXPECT_TRUE(d.dirty());

  Session other = start();
  other.view.theme = Theme::Light;
  d.open(other, "b.json");
  EXPECT_FALSE(d.canUndo());
  EXPECT_FALSE(d.dirty());
  EXPECT_EQ(d.session.view.theme, Theme::Light);  // a file says how it looks

  d.recovered(other, "b.json");
  EXPECT_TRUE(d.dirty());
}

TEST(Document, ASceneCanBeUndoneAndKeepsTheReadersSettings) {
  Document d(start());
  d.session.view.theme = Theme::Projector;
  d.session.view.uiScale = 1.5;
  d.commit();
  d.saved(d.session, "mine.json");
  Session scene = start();
  scene.name = "scene";
  scene.panes[0].particles.seed = 5;
  d.openScene(scene);
  EXPECT_EQ(d.session.name, "scene");
  EXPECT_EQ(d.session.view.theme, Theme::Projector);
  EXPECT_EQ(d.session.view.uiScale, 1.5);
  EXPECT_TRUE(d.path().empty());  // saving must not overwrite mine.json with something else
  EXPECT_FALSE(d.dirty());
  d.undo();
  EXPECT_EQ(d.session.name, "start");
}

TEST(Document, ImportedPointsAreNotCalledAsTheSceneBefore) {
  Document d(start());
  d.session.notes = "About another law.";
  d.session.panes[0].condition = 1;
  d.commit();
  Distribution points;
  points.kind = DistributionKind::Points;
  points.file = "/data/fruit.csv";
  points.mixture = Box<Mixture>(Mixture{{{}}});
  d.imported(points, 0);
  EXPECT_EQ(d.session.name, "fruit");
  EXPECT_EQ(d.session.notes, "");
  EXPECT_EQ(d.session.panes[0].condition, 0);
  d.session.name = "mine";
  points.components = 3;
  d.imported(points, 0);  // another fit of the same points
  EXPECT_EQ(d.session.name, "mine");
  d.undo();
  d.undo();
  EXPECT_EQ(d.session.name, "start");
  EXPECT_EQ(d.session.notes, "About another law.");
  EXPECT_EQ(d.session.panes[0].distribution.kind, DistributionKind::Preset);
}

TEST(Document, NewPanesCopyTheActiveOne) {
  Document d(start());
  d.setPanes(2, 0);
  d.session.panes[1].guidance[0].omega = 5;
  d.setPanes(4, 1);
  ASSERT_EQ(d.session.panes.size(), 4u);
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_EQ(d.session.panes[3].guidance[0].omega, 5);
  d.setPanes(1, 3);
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 5);
  d.setPanes(9, 0);
  EXPECT_EQ(d.session.panes.size(), std::size_t(Session::kMaxPanes));
}

TEST(Playback, EasesAtTheEndsAndTakesFourSeconds) {
  for (double u = 0; u <= 1; u += 1. / 64) {
    EXPECT_NEAR(phaseOf(easedProgress(u)), u, 1e-12);
    EXPECT_NEAR(easedProgress(u) + easedProgress(1 - u), 1, 1e-12);
  }
  const double h = 1e-4;
  EXPECT_LT(easedProgress(h) / h, .01);                                         // starts from rest
  EXPECT_NEAR((easedProgress(.5 + h) - easedProgress(.5)) / h, 1 / .85, 1e-6);  // then even speed
  double t = 1;
  int frames = 0;
  while (t > 0 && frames < 1000) t = advanceTime(t, .01, 1, false), ++frames;
  EXPECT_NEAR(frames, 400, 1);
  EXPECT_EQ(advanceTime(.5, 100, 1, false), 0);
  EXPECT_DOUBLE_EQ(advanceTime(.5, .4, 1, true), .4);  // reduced motion: even speed
  EXPECT_EQ(advanceTime(0, .1, 1, false), 0);
}

TEST(Playback, StepsGoFromGridPointToGridPoint) {
  Schedule s;
  s.steps = 10;
  const auto grid = timeGrid(s);
  EXPECT_EQ(stepTime(s, grid[3].t, 1), grid[4].t);
  EXPECT_EQ(stepTime(s, grid[3].t, -1), grid[2].t);
  const double between = .5 * (grid[3].t + grid[4].t);
  EXPECT_EQ(stepTime(s, between, 1), grid[4].t);
  EXPECT_EQ(stepTime(s, between, -1), grid[3].t);
  EXPECT_EQ(stepTime(s, grid[3].t, 10), grid[10].t);
  EXPECT_EQ(stepTime(s, grid[3].t, -10), grid[0].t);
  s.steps = -1;  // while a panel shows the error, the cursor still moves
  EXPECT_LT(stepTime(s, .5, 1), .5);
}

TEST(Framing, TakesInTheGuidedSamplesButNotTheirStragglers) {
  Mixture m;
  m.components.push_back({});
  m.components[0].covariance = Sym2::isotropic(.25);
  const Camera law = framing(m, {});
  std::vector<float> x(2000, 0);
  EXPECT_EQ(framing(m, x), law);                            // they lie in sight already
  for (int i = 0; i < 500; ++i) x[std::size_t(2 * i)] = 9;  // half of them pushed to the right
  x[0] = 1e6f;                                              // one far away, one lost
  x[2] = std::numeric_limits<float>::infinity();
  const Camera both = framing(m, x);
  EXPECT_GT(both.center.x + both.height * 2 / 3, 9);
  EXPECT_LT(both.center.x + both.height * 2 / 3, 10);
  EXPECT_LE(both.center.x - both.height * 2 / 3, law.center.x - law.height * 2 / 3 + 1e-9);
  for (int i = 0; i < 1000; ++i) x[std::size_t(2 * i + 1)] = -30;
  EXPECT_LT(framing(m, x).center.y - framing(m, x).height / 2, -29.9);
}

TEST(Quality, ThinsPathsOnSlowFramesOnlyWhileMoving) {
  AdaptiveQuality soft(true);
  EXPECT_EQ(soft.next(false).everyNthStep, 1);
  EXPECT_GT(soft.next(false).trajectories, 20000);
  EXPECT_EQ(soft.next(true).trajectories, 150);
  EXPECT_EQ(soft.next(true).everyNthStep, 4);
  for (int i = 0; i < 30; ++i) soft.measured(60, true);
  const int thin = soft.next(true).trajectories;
  EXPECT_LT(thin, 150);
  for (int i = 0; i < 1000; ++i) soft.measured(60, true);
  EXPECT_GE(soft.next(true).trajectories, 20);  // never nothing
  for (int i = 0; i < 100; ++i) soft.measured(2, false);
  EXPECT_LT(soft.next(true).trajectories, thin + 1);  // frames at rest say nothing
  for (int i = 0; i < 1000; ++i) soft.measured(2, true);
  EXPECT_GT(soft.next(true).trajectories, 1000);

  AdaptiveQuality hard(false);
  EXPECT_EQ(hard.next(true).everyNthStep, 1);
  for (int i = 0; i < 100; ++i) hard.measured(50, true);
  EXPECT_LT(hard.next(true).trajectories, 2001);
}

TEST(Fits, AnotherParameterAsksForAnotherFitOnce) {
  Mixture m;
  m.components.push_back({});
  Distribution d;
  d.kind = DistributionKind::Points;
  d.file = "points.csv";
  d.mixture = Box<Mixture>(m);
  Fits fits;
  EXPECT_FALSE(fits.stale(d));  // opened: believed
  Distribution more = d;
  more.components = 128;
  EXPECT_TRUE(fits.stale(more));
  fits.fitted(more);
  EXPECT_FALSE(fits.stale(more));
  EXPECT_FALSE(fits.stale(d));  // undone: still known
  EXPECT_FALSE(fits.stale(Distribution{}));
}

TEST(Fits, KnowWhatTheShownMixtureWasFittedWith) {
  Mixture m;
  m.components.push_back({});
  Distribution d;
  d.kind = DistributionKind::Points;
  d.file = "points.csv";
  d.mixture = Box<Mixture>(m);
  Document document(start());
  document.imported(d, 0);
  Fits fits;
  fits.fitted(d);
  const auto shown = [&]() -> Distribution& { return document.session.panes[0].distribution; };
  shown().components = 128;
  document.commit();
  const Distribution asked = shown();
  ASSERT_TRUE(fits.stale(asked));
  fits.asked(asked, asked, 0);
  EXPECT_FALSE(fits.stale(asked)) << "it is on its way";
  // Given up: the panel shows the former number again, and redo asks once more.
  ASSERT_TRUE(fits.before(asked));
  EXPECT_EQ(*fits.before(asked), d);
  document.refitGivenUp(*fits.before(asked), 0);
  fits.ended();
  EXPECT_EQ(shown(), d);
  EXPECT_TRUE(document.canRedo());
  document.redo();
  EXPECT_TRUE(fits.stale(shown()));
  // What was done meanwhile stays.
  document.session.panes[0].guidance[0].omega = 7;
  document.commit();
  document.refitGivenUp(d, 0);
  EXPECT_EQ(shown(), d);
  EXPECT_EQ(document.session.panes[0].guidance[0].omega, 7);
  EXPECT_FALSE(fits.before(Distribution{}));
}

Distribution fittedPoints(int components) {
  Distribution d;
  d.kind = DistributionKind::Points;
  d.file = "points.csv";
  d.components = components;
  d.mixture = Box<Mixture>(Mixture{std::vector<Component>(std::size_t(components))});
  return d;
}

TEST(Fits, PanesTakeTurns) {
  Fits fits;
  std::vector<Experiment> panes(2);
  panes[0].distribution = panes[1].distribution = fittedPoints(1);
  EXPECT_EQ(fits.next(panes), -1);
  panes[0].distribution.components = 2;
  panes[1].distribution.components = 3;
  ASSERT_EQ(fits.next(panes), 0);
  fits.asked(panes[0].distribution, panes[0].distribution, 0);
  EXPECT_EQ(fits.next(panes), -1) << "the second one would stop the first, and that one the second, without end";
  fits.ended();
  panes[0].distribution = fittedPoints(2);
  fits.fitted(panes[0].distribution);
  EXPECT_EQ(fits.next(panes), 1);
}

TEST(Fits, AFitIsWantedOnlyWhereItWasAskedFor) {
  Fits fits;
  std::vector<Experiment> panes(2);
  EXPECT_FALSE(fits.wanted(panes));
  panes[1].distribution = fittedPoints(1);
  fits.fitted(panes[1].distribution);
  // Points that are imported: the pane shows another law until then.
  fits.asked(fittedPoints(8), panes[1].distribution, 1);
  EXPECT_TRUE(fits.wanted(panes));
  panes[0].distribution.name = "another pane";
  panes[1].particles.count = 7;
  EXPECT_TRUE(fits.wanted(panes));
  const auto shown = panes[1].distribution;
  panes[1].distribution.components = 5;
  EXPECT_FALSE(fits.wanted(panes));
  EXPECT_EQ(fits.next(panes), 1) << "the newer wish is not kept waiting";
  panes[1].distribution = shown;
  EXPECT_TRUE(fits.wanted(panes));
  panes.pop_back();
  EXPECT_FALSE(fits.wanted(panes)) << "its pane is closed";
}

TEST(Document, AnotherFitBelongsToTheEntryThatAskedForIt) {
  Document d(start());
  const Distribution one = fittedPoints(1), two = fittedPoints(2);
  d.imported(one, 0);
  d.session.panes[0].condition = 0;
  d.session.panes[0].distribution.components = 2;
  d.commit();
  const Distribution asked = d.session.panes[0].distribution;
  d.session.panes[0].guidance[0].omega = 7;  // meanwhile
  d.commit();
  d.refitted(asked, two);
  EXPECT_EQ(d.session.panes[0].distribution, two);
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 7);
  d.undo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_EQ(d.session.panes[0].distribution, two) << "an entry without its fit would ask for it again and cut off redo";
  d.undo();
  EXPECT_EQ(d.session.panes[0].distribution, one);
  d.redo();
  EXPECT_EQ(d.session.panes[0].distribution, two);
}

// One of several: under load the answer may come later than the frame waits. Without waiting none would be there.
TEST(Workbench, AnEditIsSeenInTheFrameThatBringsIt) {
  Session s = start();
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

// The picture follows the network from moment to moment; it is paused and stopped, and no frame waits for LibTorch.
TEST(Workbench, ATrainingIsFollowedByThePictureAndNoFrameWaitsForIt) {
  Session s = start();
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
  std::vector<double> frames;
  std::set<int> shown;  // steps of the networks that the picture was of
  const auto frame = [&](LearnAsk ask = LearnAsk::Nothing) {
    UiResult result;
    result.panes = {{0, 0, 64, 48}};
    result.train = ask;
    const auto begin = Clock::now();
    bench.collect();
    bench.settle(result);
    frames.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
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
  std::printf("[ measured ] beside a training: %.1f ms a frame without drawing (median), at most %.1f\n",
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
    Session s = start();
    s.panes.push_back(s.panes[0]);
    s.panes[1].model.network = n;
    return s;
  };
  Session inTerm = start();
  inTerm.panes[0].guidance[0].network = refused;
  EXPECT_EQ(saidOf(inModel(refused), {}), "panes.1.model.network: " + refusedNetwork.problem);
  EXPECT_EQ(saidOf(inTerm, {}), "panes.0.guidance.0.network: " + refusedNetwork.problem);
  EXPECT_EQ(saidOf(start(), {{start()}, {inTerm}}), "panes.0.guidance.0.network: " + refusedNetwork.problem);
  EXPECT_EQ(saidOf(start(), {{start()}, {inModel(unread)}}),
            "panes.1.model.network: '" + file.string() + "' has not been read");
  EXPECT_EQ(saidOf(inModel(changed), {}),
            "panes.1.model.network: " + file.string() + ": has changed since it was opened; open it again");
  changed.sha256 = "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b";  // of "code"
  EXPECT_TRUE(saidOf(inModel(changed), {}).starts_with("not refused: "));
  EXPECT_TRUE(saidOf(start(), {}).starts_with("not refused: "));
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
  EXPECT_NE(toldOf(start(), {{start()}, {inModel(changed)}}).find(allows), std::string::npos);
  EXPECT_EQ(toldOf(start(), {}).find("--allow-model"), std::string::npos);
  // A network that was trained in the window is in no file: the program gets one.
  std::ofstream(program) << "#!/bin/sh\ncp \"$(dirname \"$2\")\"/*.npz '" + told.string() + ".npz'; cat \"$2\" >'" +
                                told.string() + "'\n";
  Network small;
  small.shape.width = 8, small.shape.layers = 1, small.shape.classes = 2;
  small.snapshots.push_back({5, std::vector<float>(weightCount(small.shape), .25f)});
  NetworkFile here;
  here.file = kTrainedHere;
  here.network = Box<Network>(small);
  EXPECT_NE(toldOf(inModel(here), {}).find("/trained here.npz\""), std::string::npos);
  NetworkFile written;
  written.file = told.string() + ".npz";
  std::vector<std::string> warnings;
  EXPECT_EQ(*readNetwork(written, "", warnings).network, small);
  for (const auto& made : {file, program, told, std::filesystem::path(written.file)}) std::filesystem::remove(made);
}

}  // namespace
}  // namespace gs
