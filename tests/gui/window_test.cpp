// The window as a person meets it: real X events on a virtual display, software OpenGL. Times are printed, not
// asserted.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>

#include "driver.h"
#include "learn/module.h"
#include "output/files.h"
#include "session/json.h"

namespace gs::gui {
namespace {

namespace fs = std::filesystem;

fs::path freshFolder(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("guidescope-" + name + "-" + std::to_string(getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::string number(double v) { return std::to_string(int(std::lround(v))); }

class WindowTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new fs::path(freshFolder("window"));
    display_ = new Display(1440, 900);
    ASSERT_TRUE(display_->ok());
    window_ = new Window(*display_, *folder_, {"--size", "1440x900"});
  }
  static void TearDownTestSuite() {
    delete window_;
    delete display_;
    fs::remove_all(*folder_);
    delete folder_;
  }
  void SetUp() override { ASSERT_TRUE(window_->process().running()) << "the program has ended: " << window_->log(); }

  static Node state() { return window_->state(); }
  static bool waitFor(double seconds, const std::function<bool(const Node&)>& f) {
    return window_->waitFor(seconds, f);
  }
  static bool settled() {
    return waitFor(20, [](const Node& s) { return s["settled"] == true; });
  }
  static void key(const std::string& k) { ASSERT_TRUE(display_->input({"key", k})); }
  static void moveTo(double x, double y) { ASSERT_TRUE(display_->input({"mousemove", number(x), number(y)})); }
  // A file dialog of Qt's own is open, in the home folder: the name, and Return.
  static void typeFileName(const fs::path& path) {
    pause(.7);
    ASSERT_TRUE(display_->input({"key", "ctrl+a", "type", "--delay", "15", path.filename().string()}));
    pause(.2);
    key("Return");
  }

  static inline fs::path* folder_ = nullptr;
  static inline Display* display_ = nullptr;
  static inline Window* window_ = nullptr;
};

// The tests of this suite follow one another in one window, as a person's actions do; gtest keeps their order.

TEST_F(WindowTest, A_OpensPlayingAndThenInvites) {
  ASSERT_TRUE(waitFor(20, [](const Node&) { return true; })) << window_->log();
  std::printf("[ measured ] first frame %.0f ms after the program's own start\n", window_->frames()[0]["ms"].number);
  ASSERT_TRUE(waitFor(20, [](const Node& s) { return s["playing"] == false && s["time"] == 0.0; }));
  ASSERT_TRUE(settled());
  EXPECT_EQ(state()["scene"], "Two modes");
  EXPECT_EQ(state()["omega"], 2.0);
  EXPECT_EQ(state()["invite"], true);
  EXPECT_EQ(state()["dirty"], false);
  EXPECT_EQ(state()["undo"], "");
  std::set<double> times;  // it played: the cursor went through many values, from noise to data
  double last = 1;
  for (const Node& f : window_->frames()) {
    const double t = f["time"].number;
    EXPECT_LE(t, last);
    last = t;
    times.insert(t);
  }
  EXPECT_GT(times.size(), 10u);
  EXPECT_GT(*times.rbegin(), .9);
}

TEST_F(WindowTest, B_DraggingOmegaShowsAnswersWhileTheMouseIsDown) {
  const Rect slider = window_->control("guidance.0.omega");
  ASSERT_GT(slider.w, 20) << state();
  const double y = slider.y + slider.h / 2;
  const double left = slider.x + slider.w * .15, right = slider.x + slider.w * .85;
  const Node before = state();
  moveTo(left, y);
  pause(.3);
  ASSERT_TRUE(display_->input({"mousedown", "1"}));
  std::vector<std::string> path;  // 3 s there and back
  const int moves = 190;
  for (int i = 1; i <= moves; ++i) {
    const double u = .5 - .5 * std::cos(i * 4 * 3.14159265 / moves);
    path.insert(path.end(), {"mousemove", number(left + u * (right - left)), number(y), "sleep", "0.0155"});
  }
  const Node begin = state();
  const double cpuBefore = window_->process().cpuSeconds();
  Process drag = display_->inputInBackground(path);
  ASSERT_EQ(drag.wait(20), 0);
  const double cpu = window_->process().cpuSeconds() - cpuBefore;
  const std::vector<Node> frames = window_->frames();  // the mouse is still down
  std::set<double> shown;
  std::set<double> stamps;
  double first = 0, last = 0;
  for (const Node& f : frames) {
    if (f["frame"].number <= begin["frame"].number || f["gesture"] != true) continue;
    if (first == 0) first = f["ms"].number;
    last = f["ms"].number;
    if (f.contains("shownOmega")) shown.insert(f["shownOmega"].number);
    stamps.insert(f["answers"].number);
  }
  EXPECT_GT(shown.size(), 10u) << "trajectories of many weights were on the screen before the mouse was let go";
  EXPECT_EQ(state()["gesture"], true);
  EXPECT_EQ(state()["undo"], "") << "no entry while the hand is down";
  const double drawn = state()["frame"].number - begin["frame"].number;
  std::printf(
      "[ measured ] %zu answers on the screen in %.2f s of dragging: %.1f a second, frame %.1f ms, answer %.1f ms, "
      "processor time %.1f ms a frame\n",
      stamps.size(), (last - first) / 1e3, double(stamps.size()) / ((last - first) / 1e3), state()["frameMs"].number,
      state()["answerMs"].number, cpu * 1e3 / drawn);
  ASSERT_TRUE(
      display_->input({"mousemove", number(slider.x + slider.w * .5), number(y), "sleep", "0.1", "mouseup", "1"}));
  ASSERT_TRUE(waitFor(5, [](const Node& s) { return s["gesture"] == false && s["undo"] != ""; }));
  EXPECT_NE(state()["omega"], before["omega"]);
  EXPECT_NE(state()["undo"].text.find("guidance.0.omega"), std::string::npos);
  EXPECT_EQ(state()["invite"], false);
  EXPECT_EQ(state()["dirty"], true);
  ASSERT_TRUE(settled());
  EXPECT_EQ(state()["shownOmega"], state()["omega"]);
}

TEST_F(WindowTest, C_ScrubbingMovesTheCursorAndMakesNoEntry) {
  const Node before = state();
  const Rect track = window_->control("view.time");
  ASSERT_GT(track.w, 50);
  const double y = track.y + track.h / 2;
  // Noise is on the left: from data to a quarter of the way.
  ASSERT_TRUE(display_->input({"mousemove", number(track.x + track.w * .9), number(y), "sleep", "0.2", "mousedown", "1",
                               "sleep", "0.1", "mousemove", number(track.x + track.w * .6), number(y), "sleep", "0.1",
                               "mousemove", number(track.x + track.w * .25), number(y), "sleep", "0.2"}));
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return std::abs(s["time"].number - .75) < .1; })) << state()["time"];
  ASSERT_TRUE(display_->input({"mouseup", "1"}));
  ASSERT_TRUE(settled());
  EXPECT_EQ(state()["undo"], before["undo"]);
  EXPECT_EQ(state()["omega"], before["omega"]);
  EXPECT_EQ(state()["answers"], before["answers"]) << "moving the cursor recomputes no trajectory";
  key("End");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["time"] == 0.0; }));
}

TEST_F(WindowTest, D_OneUndoTakesBackTheWholeDrag) {
  const double dragged = state()["omega"].number;
  key("ctrl+z");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["omega"] == 2.0 && s["undo"] == ""; }));
  key("ctrl+shift+z");
  EXPECT_TRUE(waitFor(5, [&](const Node& s) { return s["omega"] == dragged && s["redo"] == ""; }));
}

TEST_F(WindowTest, E_SavesWhatIsShown) {
  const fs::path file = *folder_ / "mine.json";
  key("ctrl+s");
  typeFileName(file);
  ASSERT_TRUE(waitFor(10, [&](const Node& s) { return s["path"] == file.string() && s["dirty"] == false; })) << state();
  const Session saved = loadSession(file.string());
  ASSERT_EQ(saved.panes.size(), 1u);
  EXPECT_EQ(saved.panes[0].guidance.at(0).omega, state()["omega"].number);
}

TEST_F(WindowTest, E_SavesAPictureThatHoldsTheSession) {
  const fs::path file = *folder_ / "mine.png";
  key("ctrl+e");
  typeFileName(file);
  ASSERT_TRUE(waitFor(20, [&](const Node& s) { return s["message"].text.starts_with("Saved the picture"); }))
      << state()["message"];
  const PngContents png = readPng(file.string());
  EXPECT_GT(png.image.width, state()["picture"][2].number);
  EXPECT_EQ(parseSession(png.session).panes, loadSession((*folder_ / "mine.json").string()).panes);
}

TEST_F(WindowTest, F_ABadFileSaysSoAndChangesNothing) {
  const fs::path file = *folder_ / "bad.json";
  std::ofstream(file)
      << R"({"format":"guidescope-session","version":1,"panes":[{"guidance":[{"kind":"cfg","omega":40}]}]})";
  const Node before = state();
  key("ctrl+o");
  typeFileName(file);
  ASSERT_TRUE(waitFor(10, [](const Node& s) { return s["messageIsError"] == true; })) << state();
  EXPECT_NE(state()["message"].text.find("panes.0.guidance.0.omega"), std::string::npos) << state()["message"];
  for (const char* field : {"omega", "scene", "path", "panes", "dirty", "undo", "distribution"})
    EXPECT_EQ(state()[field], before[field]) << field;
}

TEST_F(WindowTest, G_ImportsPoints) {
  const fs::path file = *folder_ / "points.csv";
  {
    std::ofstream csv(file);
    csv << "x,y,label\n";
    for (int i = 0; i < 400; ++i)
      csv << (i % 2 ? 2 : -2) + .3 * std::sin(i * 1.7) << ',' << .4 * std::cos(i * 2.3) << ','
          << (i % 2 ? "right" : "left") << '\n';
  }
  key("ctrl+i");
  typeFileName(file);
  ASSERT_TRUE(waitFor(20, [](const Node& s) { return s["kind"] == 2; })) << state();
  EXPECT_EQ(state()["messageIsError"], false);
  ASSERT_TRUE(settled());
  key("ctrl+z");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["kind"] != 2; }));
}

// A model is code: the window asks before anything of it runs, then another process looks at it. By File > Open, which
// takes the way of a dropped file, and by File > Open model.
TEST_F(WindowTest, G_AModelOfOnesOwnIsAskedAboutCheckedAndRun) {
  const auto model = [&](const char* name, const std::string& body) -> fs::path {
    std::ofstream(*folder_ / name, std::ios::binary)
        << learnModule().compileScript("def forward(self, x, sigma, label):\n    " + body + '\n');
    return *folder_ / name;
  };
  const auto isAsked = [&] { return display_->input({"search", "--onlyvisible", "--name", "^Guidescope$"}); };
  const auto open = [&](const char* keys, const fs::path& file, bool yes) {
    key(keys);
    typeFileName(file);
    for (int i = 0; i < 100 && !isAsked(); ++i) pause(.05);
    ASSERT_TRUE(isAsked()) << state();
    EXPECT_EQ(state()["work"], "");
    if (yes) key("Tab");  // Return alone is Cancel
    key("Return");
  };
  const auto says = [&](const std::string& words) {
    return waitFor(20, [&](const Node& s) { return s["message"] == words && s["work"] == ""; });
  };
  const fs::path good = model("own.pt", "return x / (1 + sigma * sigma).unsqueeze(1)");
  const Node before = state();
  open("ctrl+o", good, false);
  pause(.2);
  EXPECT_EQ(state()["network"], "");
  EXPECT_EQ(state()["work"], "");
  open("ctrl+o", model("flat.pt", "return x[:, 0]"), true);
  EXPECT_TRUE(says("flat.pt: forward(x [7, 2], sigma, class 0) answers with the shape [7]; [7, 2] is needed"))
      << state();
  EXPECT_EQ(state()["messageIsError"], true);
  // One that never answers can be given up.
  open("ctrl+o", model("endless.pt", "i = 0\n    while i >= 0:\n        i = 1 - i\n    return x"), true);
  ASSERT_TRUE(waitFor(10, [](const Node& s) {
    return s["work"] == "Checking the model endless.pt" && s["controls"].contains("work.stop");
  })) << state();
  const Rect stop = window_->control("work.stop");
  moveTo(stop.x + stop.w / 2, stop.y + stop.h / 2);
  ASSERT_TRUE(display_->input({"sleep", "0.2", "click", "1"}));
  EXPECT_TRUE(waitFor(3, [](const Node& s) { return s["message"].text.starts_with("Stopped.") && s["work"] == ""; }))
      << state();
  for (const char* field : {"network", "scene", "path", "dirty", "undo"})
    EXPECT_EQ(state()[field], before[field]) << field;
  ASSERT_TRUE(display_->input({"key", "ctrl+shift+p", "sleep", "0.4", "type", "--delay", "20", "open model"}));
  open("Return", good, true);
  EXPECT_TRUE(says("The model of this pane is own.pt.")) << state();
  EXPECT_EQ(state()["network"], good.string());
  ASSERT_TRUE(settled());
  key("ctrl+z");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["network"] == ""; }));
  // Said yes to once: those bytes are not asked about again.
  key("ctrl+o");
  typeFileName(good);
  EXPECT_TRUE(waitFor(20, [&](const Node& s) { return s["network"] == good.string(); })) << state();
  key("ctrl+z");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["network"] == ""; }));
  ASSERT_TRUE(settled());
}

TEST_F(WindowTest, H_KeysOpenPanesAndPlay) {
  key("3");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["panes"] == 3; }));
  ASSERT_TRUE(settled());
  key("1");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["panes"] == 1; }));
  key("space");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["playing"] == true && s["time"].number < 1.0; }));
  key("space");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["playing"] == false; }));
  const double paused = state()["time"].number;
  key("Right");
  EXPECT_TRUE(waitFor(5, [&](const Node& s) { return s["time"].number < paused; }));
  key("End");
  // The keys of an open list are the list's.
  const Rect r = window_->control("guidance.+");
  ASSERT_TRUE(display_->input({"mousemove", number(r.x + r.w / 2), number(r.y + r.h / 2), "sleep", "0.1", "click", "1",
                               "sleep", "0.3", "key", "Home", "sleep", "0.3", "key", "Escape"}));
  pause(.3);
  EXPECT_EQ(state()["time"], 0.0);
  // Held: the same particles without guidance. The session's own weight does not change.
  const double omega = state()["omega"].number;
  ASSERT_TRUE(display_->input({"keydown", "semicolon"}));
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["shownOmega"] == 0.0; }));
  EXPECT_EQ(state()["omega"], omega);
  ASSERT_TRUE(display_->input({"keyup", "semicolon"}));
  EXPECT_TRUE(waitFor(5, [&](const Node& s) { return s["shownOmega"] == omega; }));
}

TEST_F(WindowTest, H_TheMenuChoosesTheEngine) {
  const double omega = state()["omega"].number;
  const auto choose = [](const char* letter, const std::string& engine) {
    ASSERT_TRUE(
        display_->input({"key", "alt+v", "sleep", "0.3", "key", "e", "sleep", "0.3", "key", letter, "sleep", "0.2"}));
    EXPECT_TRUE(waitFor(20, [&](const Node& s) {
      return s["settled"] == true && s["engine"].text.starts_with(engine);
    })) << state()["engine"];
  };
  ASSERT_EQ(state()["engine"].text.substr(0, 3), "CPU");
  choose("o", "OpenGL");
  EXPECT_EQ(state()["omega"], omega);
  choose("a", "CPU");
  EXPECT_EQ(state()["messageIsError"], false);
}

TEST_F(WindowTest, I_AnIdleWindowSleeps) {
  moveTo(720, 450);
  ASSERT_TRUE(settled());
  for (Node last; last != state()["frame"]; pause(1))
    last = state()["frame"];  // tooltips and the status bar come to rest
  const double before = window_->process().cpuSeconds();
  const auto frames = state()["frame"];
  pause(2);
  const double used = window_->process().cpuSeconds() - before;
  std::printf("[ measured ] CPU time in 2 s of idling: %.0f ms\n", used * 1e3);
  EXPECT_LT(used, .2);
  EXPECT_EQ(state()["frame"], frames) << "nothing happens, nothing is drawn";
}

TEST_F(WindowTest, J_ReopensTheSameSession) {
  const Session saved = loadSession((*folder_ / "mine.json").string());
  Window again(*display_, *folder_ / "again", {(*folder_ / "mine.json").string()});
  ASSERT_TRUE(again.waitFor(20, [](const Node& s) { return s["settled"] == true; })) << again.log();
  const Node s = again.state();
  EXPECT_EQ(s["omega"], saved.panes[0].guidance.at(0).omega);
  EXPECT_EQ(s["shownOmega"], s["omega"]);
  EXPECT_EQ(s["path"], (*folder_ / "mine.json").string());
  EXPECT_EQ(s["time"], saved.view.time);
  EXPECT_EQ(s["playing"], false);
  EXPECT_EQ(s["dirty"], false);
  EXPECT_EQ(s["undo"], "");
}

TEST(WindowProgram, BringsBackUnsavedWorkAfterItWasKilled) {
  const fs::path folder = freshFolder("recovery");
  const Display display(1024, 700);
  ASSERT_TRUE(display.ok());
  {
    Window window(display, folder, {"two-gaussians"});
    ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["frame"].number > 3; })) << window.log();
    ASSERT_TRUE(display.input({"key", "2"}));
    ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["dirty"] == true && s["panes"] == 2; }));
    const auto kept = [&] {
      if (!fs::exists(folder / "data")) return false;
      for (const auto& entry : fs::recursive_directory_iterator(folder / "data"))
        if (entry.path().extension() == ".json") return true;
      return false;
    };
    for (int i = 0; i < 100 && !kept(); ++i) pause(.1);
    ASSERT_TRUE(kept());
    window.process().kill(SIGKILL);
    ASSERT_EQ(window.process().wait(5), 128 + SIGKILL);
  }
  Window again(display, folder, {});
  ASSERT_TRUE(again.waitFor(20, [](const Node& s) { return s["frame"].number > 1; })) << again.log();
  for (int i = 0; i < 10 && again.state()["panes"] != 2; ++i) {  // a question is open; Return answers "Open"
    pause(.5);
    ASSERT_TRUE(display.input({"key", "Return"}));
  }
  EXPECT_TRUE(again.waitFor(5, [](const Node& s) { return s["panes"] == 2 && s["dirty"] == true; })) << again.state();
  fs::remove_all(folder);
}

// The engine's context is lost while the hand is on the weight: it is said, the drag goes on with the CPU, the session
// is kept. Then the canvas's own context is lost: another window goes on with the session.
TEST(WindowProgram, GoesOnWithTheCpuWhenTheDeviceIsLostInADrag) {
  const fs::path folder = freshFolder("lost");
  const Display display(1024, 700);
  ASSERT_TRUE(display.ok());
  setenv("GUIDESCOPE_LOSE_ENGINE", (folder / "engine").c_str(), 1);
  setenv("GUIDESCOPE_LOSE_CANVAS", (folder / "canvas").c_str(), 1);
  Window window(display, folder,
                {"two-modes", "--engine", "opengl", "--set", "particles.count=200", "--set", "schedule.steps=8"});
  unsetenv("GUIDESCOPE_LOSE_ENGINE");
  unsetenv("GUIDESCOPE_LOSE_CANVAS");
  const auto engineIs = [](const Node& s, const char* name) { return s["engine"].text.starts_with(name); };
  ASSERT_TRUE(window.waitFor(30, [&](const Node& s) { return s["settled"] == true && engineIs(s, "OpenGL"); }))
      << window.log() << window.state();
  const Rect slider = window.control("guidance.0.omega");
  ASSERT_GT(slider.w, 20);
  const double y = slider.y + slider.h / 2;
  const auto drag = [&](double from, double to) {
    std::vector<std::string> path;
    for (int i = 1; i <= 30; ++i)
      path.insert(path.end(), {"mousemove", number(slider.x + slider.w * (from + (to - from) * i / 30)), number(y),
                               "sleep", ".016"});
    return display.input(path);
  };
  ASSERT_TRUE(
      display.input({"mousemove", number(slider.x + slider.w * .3), number(y), "sleep", "0.2", "mousedown", "1"}));
  ASSERT_TRUE(drag(.3, .8));
  ASSERT_TRUE(engineIs(window.state(), "OpenGL")) << window.state();
  std::ofstream(folder / "engine") << "lost";
  ASSERT_TRUE(drag(.8, .4));
  EXPECT_TRUE(window.waitFor(5, [&](const Node& s) { return engineIs(s, "CPU"); })) << window.state();
  EXPECT_EQ(window.state()["gesture"], true);
  bool said = false;
  for (const Node& f : window.frames())
    said = said || f["message"].text.starts_with("The OpenGL engine stopped: the graphics driver was reset");
  EXPECT_TRUE(said) << window.state();
  ASSERT_TRUE(drag(.4, .7));
  ASSERT_TRUE(display.input({"mouseup", "1"}));
  EXPECT_TRUE(window.waitFor(10, [&](const Node& s) {
    return s["settled"] == true && s["gesture"] == false && s["omega"] == s["shownOmega"] && engineIs(s, "CPU");
  })) << window.state();
  EXPECT_NE(window.state()["undo"], "");
  EXPECT_EQ(window.state()["panes"], 1);

  const double omega = window.state()["omega"].number;
  std::ofstream(folder / "canvas") << "lost";
  for (int i = 0; i < 50 && window.process().running(); ++i)  // a mouse that moves asks for frames
    ASSERT_TRUE(display.input({"mousemove", number(300 + i), "300", "sleep", ".1"}));
  EXPECT_EQ(window.process().wait(5), 4) << window.log();
  EXPECT_NE(window.log().find("The graphics driver was reset"), std::string::npos) << window.log();
  Node next;  // of the window that takes over
  for (int i = 0; i < 100 && !next["message"].text.starts_with("The graphics driver was reset"); ++i) {
    pause(.1);
    next = window.state();
  }
  EXPECT_EQ(next["omega"], omega) << next;
  EXPECT_EQ(next["dirty"], true);
  EXPECT_TRUE(engineIs(next, "CPU"));
  EXPECT_EQ(kill(pid_t(next["process"].number), SIGTERM), 0);
  pause(.3);
  fs::remove_all(folder);
}

TEST(WindowProgram, OpensAtTheSmallestAndAtALargeSize) {
  const fs::path folder = freshFolder("sizes");
  for (const auto& [w, h] : {std::pair{1024, 700}, std::pair{2560, 1440}}) {
    const Display display(w, h);
    ASSERT_TRUE(display.ok());
    const std::string size = number(w) + "x" + number(h), png = (folder / (size + ".png")).string();
    Window window(display, folder / size, {"--size", size, "--screenshot", png});
    ASSERT_EQ(window.process().wait(40), 0) << window.log();
    const PngContents shot = readPng(png);
    EXPECT_EQ(shot.image.width, w);
    EXPECT_EQ(shot.image.height, h);
    EXPECT_EQ(parseSession(shot.session).panes.size(), 1u);
    // Amber particles are on it: the OpenGL window was seen, not only the menus around it.
    int amber = 0;
    for (std::size_t i = 0; i + 3 < shot.image.rgba.size(); i += 4) {
      const int r = shot.image.rgba[i], g = shot.image.rgba[i + 1], b = shot.image.rgba[i + 2];
      amber += r > 200 && g > 120 && g < 200 && b < 90;
    }
    EXPECT_GT(amber, 1000);
    // Everything lies on the canvas.
    const Node s = window.state();
    const Node& controls = s["controls"];
    for (std::size_t i = 0; i < controls.size(); ++i) {
      EXPECT_GE(controls[i][0].number, 0) << controls.keys[i];
      EXPECT_LE(controls[i][0].number + controls[i][2].number, w) << controls.keys[i];
    }
    const double picture = s["picture"][2].number / w;
    EXPECT_GT(picture, .35);
  }
  fs::remove_all(folder);
}

TEST(WindowProgram, MeasuresADrag) {
  const fs::path folder = freshFolder("measure");
  Display display(1280, 800);
  ASSERT_TRUE(display.ok());
  const fs::path file = folder / "drag.json";
  {
    Window window(display, folder, {"--measure-drag", "--seconds", "1.5", "--json", file.string()});
    ASSERT_EQ(window.process().wait(30), 0) << window.log();
    const Node j = treeIn(file);
    ASSERT_TRUE(j.is(Node::Kind::Object)) << window.log();
    EXPECT_EQ(j["parameter"], "guidance.0.omega");
    EXPECT_GE(j["model_calls"].number, 2 * 64);
    EXPECT_GT(j["frames_per_second"].number, 0);
    EXPECT_LE(j["answers_per_second"].number, j["frames_per_second"].number);
    EXPECT_GT(j["latency_ms"]["median"].number, 0) << "something that was asked for was shown";
    EXPECT_LE(j["latency_ms"]["median"].number, j["latency_ms"]["p95"].number);
    EXPECT_LE(j["latency_ms"]["p95"].number, j["latency_ms"]["max"].number);
    EXPECT_GT(j["mouse_events"].number, 1);
    EXPECT_EQ(j["width"], 1280);
    EXPECT_NEAR(j["seconds"].number, 1.5, .5);
    EXPECT_GE(j["blocked_by_compute_ms"].number, 0);
    EXPECT_GT(j["spinning_cores"].number, 0);
    EXPECT_EQ(j["counts"].flag, j["spinning_cores"].number >= 1.8);
    EXPECT_NE(j["engine"].text.find("CPU"), std::string::npos);
    for (const char* stage :
         {"interface_ms", "plan_ms", "compute_ms", "upload_ms", "draw_ms", "present_ms", "device_ms"})
      EXPECT_GE(j["stages"][stage].number, 0) << stage;
    EXPECT_GT(j["stages"]["compute_ms"].number, 0);
    EXPECT_NE(window.log().find("answers a second"), std::string::npos);
    std::printf("[ measured ] %s", window.log().substr(window.log().find("Two modes")).c_str());
  }
  {
    Window window(display, folder, {"--measure-drag", "--seconds", "1", "--set", "guidance=[]"});
    EXPECT_EQ(window.process().wait(30), 3);
    EXPECT_NE(window.log().find("guidance.0"), std::string::npos) << window.log();
  }
  {
    Window window(display, folder,
                  {"--measure-drag", "--parameter", "panes.0.schedule.steps", "--seconds", "1", "--json",
                   "/no/such/folder/drag.json"});
    EXPECT_EQ(window.process().wait(30), 4);
    EXPECT_NE(window.log().find("schedule.steps: "), std::string::npos) << window.log();
    EXPECT_EQ(window.log().find(" 0.0 answers"), std::string::npos) << window.log();
    EXPECT_NE(window.log().find("/no/such/folder/drag.json"), std::string::npos) << window.log();
  }
  fs::remove_all(folder);
}

TEST(WindowProgram, SaysWhatIsWrongOnTheCommandLine) {
  const auto run = [](std::vector<std::string> arguments, std::vector<std::string> environment, std::string& said) {
    const fs::path folder = freshFolder("command-line");
    const std::string log = (folder / "log").string();
    arguments.insert(arguments.begin(), GS_BINARY_DIR "/guidescope");
    Process p(arguments, environment, log);
    const int status = p.wait(20);
    std::ifstream in(log);
    said.assign(std::istreambuf_iterator<char>(in), {});
    fs::remove_all(folder);
    return status;
  };
  std::string said;
  EXPECT_EQ(run({"--version"}, {}, said), 0);
  EXPECT_TRUE(said.starts_with("guidescope ")) << said;
  EXPECT_EQ(run({"--help"}, {}, said), 0);
  EXPECT_NE(said.find("--screenshot"), std::string::npos) << said;
  EXPECT_EQ(run({"--size", "big"}, {}, said), 2) << said;
  EXPECT_EQ(run({"--nonsense"}, {}, said), 2) << said;
  EXPECT_EQ(run({"no-such-scene"}, {}, said), 3) << said;
  EXPECT_NE(said.find("no-such-scene"), std::string::npos) << said;
  EXPECT_EQ(run({"--set", "guidance.0.omega=40"}, {}, said), 3) << said;
  EXPECT_NE(said.find("guidance.0.omega"), std::string::npos) << said;
  const std::vector<std::string> nowhere{"DISPLAY=:9999", "WAYLAND_DISPLAY=", "QT_QPA_PLATFORM=xcb"};
  EXPECT_EQ(run({}, nowhere, said), 4) << said;
  EXPECT_NE(said.find("display"), std::string::npos) << said;
}

}  // namespace
}  // namespace gs::gui
