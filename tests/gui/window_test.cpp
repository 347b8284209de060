// The window as a person meets it: real X events on a virtual display, software OpenGL. Times are printed, not
// asserted.
#include <gtest/gtest.h>

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
  static void moveTo(double x, double y) { ASSERT_TRUE(display_->input({"mousemove", pixel(x), pixel(y)})); }
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
    path.insert(path.end(), {"mousemove", pixel(left + u * (right - left)), pixel(y), "sleep", "0.0155"});
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
      display_->input({"mousemove", pixel(slider.x + slider.w * .5), pixel(y), "sleep", "0.1", "mouseup", "1"}));
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
  ASSERT_TRUE(display_->input({"mousemove", pixel(track.x + track.w * .9), pixel(y), "sleep", "0.2", "mousedown", "1",
                               "sleep", "0.1", "mousemove", pixel(track.x + track.w * .6), pixel(y), "sleep", "0.1",
                               "mousemove", pixel(track.x + track.w * .25), pixel(y), "sleep", "0.2"}));
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
  // Presenting: no panels, larger, every key that does something is named; Esc brings all back.
  ASSERT_TRUE(waitFor(5, [](const Node& s) { return s["time"] == 0.0 && s["controls"].contains("guidance.0.omega"); }));
  const double narrow = state()["picture"].items[2].number, small = state()["controls"]["play"].items[2].number;
  ASSERT_EQ(state()["uiScale"], 1.0);
  key("F5");
  EXPECT_TRUE(waitFor(5, [&](const Node& s) {
    return !s["controls"].contains("guidance.0.omega") && s["picture"].items[2].number > narrow &&
           s["controls"]["play"].items[2].number > 1.3 * small;
  })) << state();
  EXPECT_EQ(state()["uiScale"], 1.0) << "what is saved meanwhile is no larger";
  // What is on the screen is what a later event would bring: a driver may learn late of the size that a window has now.
  const auto screen = [](const char* name) {
    const std::string png = (*folder_ / name).string();
    EXPECT_EQ(std::system(("ffmpeg -v error -y -f x11grab -draw_mouse 0 -video_size 1440x900 -i " + display_->name() +
                           " -frames:v 1 " + png)
                              .c_str()),
              0);
    return readPng(png).image;
  };
  // No frame follows, and none is on its way to the screen.
  const auto rested = [&](const char* name) {
    Image last = screen(name);
    for (int i = 0; i < 20; ++i) {
      const Node frame = state()["frame"];
      pause(.5);
      Image now = screen(name);
      const bool rests = frame == state()["frame"] && compare(last, now).mean == 0;
      last = std::move(now);
      if (rests) break;
    }
    return last;
  };
  const Image resized = rested("resized.png");
  moveTo(500, 120);
  EXPECT_LT(compare(resized, rested("later.png")).mean, 1);
  key("d");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["controls"].contains("pressed"); }));
  key("d");
  // What the mouse does is not said to be a key's doing.
  EXPECT_TRUE(waitFor(10, [](const Node& s) { return !s["controls"].contains("pressed"); }));
  const Rect play = window_->control("play");
  moveTo(play.x + play.w / 2, play.y + play.h / 2);
  for (const bool on : {true, false}) {
    ASSERT_TRUE(display_->input({"sleep", "0.2", "click", "1"}));
    EXPECT_TRUE(waitFor(5, [&](const Node& s) { return s["playing"] == on; }));
    EXPECT_FALSE(state()["controls"].contains("pressed"));
  }
  key("End");
  key("ctrl+equal");
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["uiScale"] == 1.1; })) << state()["uiScale"];
  key("Escape");
  EXPECT_TRUE(waitFor(5, [&](const Node& s) {
    return s["controls"].contains("guidance.0.omega") && s["picture"].items[2].number != narrow;
  }));
  EXPECT_EQ(state()["uiScale"], 1.1) << "what was asked for while presenting stays";
  key("ctrl+minus");
  EXPECT_TRUE(waitFor(5, [&](const Node& s) {
    return s["controls"].contains("guidance.0.omega") && !s["controls"].contains("pressed") &&
           s["picture"].items[2].number == narrow;
  }));
  // The keys of an open list are the list's.
  const Rect r = window_->control("guidance.+");
  ASSERT_TRUE(display_->input({"mousemove", pixel(r.x + r.w / 2), pixel(r.y + r.h / 2), "sleep", "0.1", "click", "1",
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

}  // namespace
}  // namespace gs::gui
