// Files that come into the window by other ways than its dialogs, films that go out of it, and points that take their
// time.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>

#include "driver.h"
#include "learn/module.h"
#include "output/files.h"
#include "output/provenance.h"
#include "session/json.h"

namespace gs::gui {
namespace {

namespace fs = std::filesystem;

std::string number(double v) { return std::to_string(int(std::lround(v))); }

class FilesTest : public testing::Test {
 protected:
  FilesTest() : folder_(fs::temp_directory_path() / ("guidescope-files-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~FilesTest() override { fs::remove_all(folder_); }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  // Two classes on arcs.
  fs::path points(const std::string& name, int count) const {
    std::string csv = "x,y,kind\n";
    for (int i = 0; i < count; ++i) {
      const double u = 3.14159 * std::fmod(i * .6180339887, 1), r = 1 + .1 * std::sin(i * 1.7), side = i % 2 ? 1 : -1;
      csv += std::to_string(side * r * std::cos(u) + .5 * side) + ',' + std::to_string(side * r * std::sin(u)) + ',' +
             (i % 2 ? "upper" : "lower") + '\n';
    }
    return write(name, csv);
  }
  fs::path session(const std::string& name, const std::string& distribution) const {
    return write(name,
                 R"({"format":"guidescope-session","version":1,"panes":[{"distribution":)" + distribution + "}]}");
  }
  Process other(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), GS_BINARY_DIR "/tests/other_program");
    return Process(arguments, {"DISPLAY=" + display_.name(), "QT_QPA_PLATFORM=xcb"}, (folder_ / "other.log").string());
  }
  // By another program's window, which lies beside the one of 1024x700.
  void drop(const fs::path& file) const {
    Process source = other({"drag", file.string(), "1110", "20"});
    for (int i = 0; i < 100 && !display_.input({"search", "--onlyvisible", "--class", "^other_program$"}); ++i)
      pause(.05);
    pause(.2);
    ASSERT_TRUE(display_.input({"mousemove", "1150",  "60",        "sleep",   "0.2", "mousedown", "1",
                                "sleep",     "0.2",   "mousemove", "1000",    "200", "sleep",     "0.2",
                                "mousemove", "600",   "320",       "sleep",   "0.2", "mousemove", "598",
                                "318",       "sleep", "0.4",       "mouseup", "1",   "sleep",     "0.3"}));
  }
  static bool ready(Window& w) {
    return w.waitFor(30, [](const Node& s) { return s["settled"] == true && s["playing"] == false; });
  }

  fs::path folder_;
  Display display_{1200, 700};
};

TEST_F(FilesTest, PointsOfASessionAreFittedBesideTheWindowAndCanBeGivenUp) {
  points("many.csv", 120'000);
  const fs::path slow = session("slow.json", R"({"kind":"points","file":"many.csv","maxComponents":2048})");
  Window window(display_, folder_, {"--size", "1024x700", slow.string()});
  ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["work"] == "Fitting the points of slow.json"; }))
      << window.log();
  ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["controls"].contains("work.stop"); })) << window.state();
  EXPECT_NE(window.state()["kind"], 2) << "the window does not wait for it";
  const Rect stop = window.control("work.stop");
  ASSERT_TRUE(display_.input(
      {"mousemove", number(stop.x + stop.w / 2), number(stop.y + stop.h / 2), "sleep", "0.2", "click", "1"}));
  ASSERT_TRUE(window.waitFor(10, [](const Node& s) { return s["work"] == ""; }));
  EXPECT_TRUE(window.waitFor(5, [](const Node& s) { return s["message"].text.starts_with("Stopped."); }));
  EXPECT_NE(window.state()["kind"], 2);
  EXPECT_EQ(window.state()["dirty"], false);
  EXPECT_EQ(window.state()["path"], "");
  // The notice goes by itself.
  EXPECT_TRUE(window.waitFor(10, [](const Node& s) { return s["message"] == ""; }));
}

TEST_F(FilesTest, AFileThatIsStillBeingOpenedDoesNotReplaceANewerScene) {
  points("many.csv", 120'000);
  const fs::path slow = session("slow.json", R"({"kind":"points","file":"many.csv","maxComponents":2048})");
  Window window(display_, folder_, {"--size", "1024x700", "--theme", "light", slow.string()});
  ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["work"] == "Fitting the points of slow.json"; }))
      << window.log();
  const auto before = window.state()["scene"];
  ASSERT_TRUE(display_.input({"key", "Next"}));
  EXPECT_TRUE(window.waitFor(5, [&](const Node& s) { return s["scene"] != before && s["work"] == ""; }))
      << window.state();
  // Nor a newer file.
  drop(slow);
  ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["work"] == "Fitting the points of slow.json"; }))
      << window.state();
  drop(session("newer.json", R"({"kind":"preset","name":"two-gaussians"})"));
  EXPECT_TRUE(window.waitFor(10, [&](const Node& s) { return s["scene"] == "newer" && s["work"] == ""; }))
      << window.state();
}

TEST_F(FilesTest, AnotherFitIsOneChangeThatCanBeUndoneAtAnyTime) {
  points("many.csv", 120'000);
  const fs::path quick = session("quick.json", R"({"kind":"points","file":"many.csv","maxComponents":2})");
  Window window(display_, folder_, {"--size", "1024x700", quick.string()});
  ASSERT_TRUE(window.waitFor(30, [](const Node& s) { return s["kind"] == 2 && s["settled"] == true; })) << window.log();
  const auto waitFor = [&](int components, bool works) {
    return window.waitFor(20,
                          [&](const Node& s) { return s["components"] == components && (s["work"] != "") == works; });
  };
  const auto type = [&](const char* components) {
    const Rect r = window.control("distribution.maxComponents");
    return display_.input({"mousemove", number(r.x + r.w / 2), number(r.y + r.h / 2), "sleep", "0.2", "keydown", "ctrl",
                           "click", "1", "keyup", "ctrl", "sleep", "0.3", "key", "ctrl+a", "type", "--delay", "40",
                           components}) &&
           display_.input({"sleep", "0.2", "key", "Return", "sleep", "0.2"});
  };
  // Undone once it is there: the fit goes with the number, and comes back with it.
  ASSERT_TRUE(type("3"));
  ASSERT_TRUE(window.waitFor(20, [](const Node& s) {
    return s["message"].text.starts_with("Fitted 3 components") && s["work"] == "";
  })) << window.state();
  ASSERT_TRUE(display_.input({"key", "ctrl+z"}));
  ASSERT_TRUE(waitFor(2, false)) << window.state();
  pause(1);
  EXPECT_EQ(window.state()["components"], 2);
  EXPECT_EQ(window.state()["undo"], "");
  ASSERT_TRUE(display_.input({"key", "ctrl+y"}));
  ASSERT_TRUE(waitFor(3, false)) << window.state();
  // Undone while it goes on: the fit is not wanted any more.
  ASSERT_TRUE(type("2000"));
  ASSERT_TRUE(waitFor(2000, true)) << window.state();
  ASSERT_TRUE(display_.input({"key", "ctrl+z"}));
  ASSERT_TRUE(waitFor(3, false)) << window.state();
  // Asked for again, stopped, and asked for again.
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(display_.input({"key", "ctrl+y"}));
    ASSERT_TRUE(waitFor(2000, true)) << window.state();
    ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["controls"].contains("work.stop"); }));
    const Rect stop = window.control("work.stop");
    ASSERT_TRUE(display_.input(
        {"mousemove", number(stop.x + stop.w / 2), number(stop.y + stop.h / 2), "sleep", "0.2", "click", "1"}));
    ASSERT_TRUE(waitFor(3, false)) << window.state();
  }
}

TEST_F(FilesTest, WhatIsMeasuredAndPhotographedAreThePointsThemselves) {
  points("many.csv", 40'000);
  const fs::path good = session("good.json", R"({"kind":"points","file":"many.csv"},"guidance":[{"omega":2}])"),
                 bad = session("bad.json", R"({"kind":"points","file":"none.csv"},"guidance":[{"omega":2}])"),
                 figures = folder_ / "figures.json", picture = folder_ / "picture.png";
  {
    Window window(
        display_, folder_,
        {"--measure-drag", "--seconds", "0.5", "--json", figures.string(), "--size", "1024x700", good.string()});
    ASSERT_EQ(window.process().wait(60), 0) << window.log();
    EXPECT_EQ(treeIn(figures)["scene"], "good") << "not what stands in for it";
  }
  {
    Window window(display_, folder_, {"--measure-drag", "--seconds", "0.5", "--size", "1024x700", bad.string()});
    EXPECT_EQ(window.process().wait(30), 3);
    EXPECT_NE(window.log().find("none.csv"), std::string::npos) << window.log();
  }
  Window window(display_, folder_,
                {"--screenshot", picture.string(), "--theme", "light", "--size", "1024x700", good.string()});
  ASSERT_EQ(window.process().wait(60), 0) << window.log();
  const Session shot = parseSession(readPng(picture.string()).session);
  EXPECT_EQ(shot.panes[0].distribution.kind, DistributionKind::Points);
  EXPECT_EQ(shot.view.theme, Theme::Light);
}

TEST_F(FilesTest, ADroppedFileIsOpened) {
  const fs::path small = points("small.csv", 200), bad = write("bad.json", "{]");
  Window window(display_, folder_, {"--size", "1024x700", "two-gaussians"});
  ASSERT_TRUE(ready(window)) << window.log();
  drop(small);
  ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["kind"] == 2; })) << window.state() << window.log();
  EXPECT_EQ(window.state()["scene"], "small");
  ASSERT_TRUE(ready(window));
  drop(bad);
  ASSERT_TRUE(window.waitFor(10, [](const Node& s) { return s["messageIsError"] == true; })) << window.state();
  EXPECT_NE(window.state()["message"].text.find("bad.json: line 1"), std::string::npos) << window.state()["message"];
  EXPECT_EQ(window.state()["kind"], 2);
}

// A model that is dropped is code, too: the window asks, looks at it elsewhere and shows what it samples; a no leaves
// the session as it was.
TEST_F(FilesTest, ADroppedModelIsAskedAboutAndThenShown) {
  // Of this model all samples are at (2, 1).
  const fs::path model = folder_ / "point.pt";
  std::ofstream(model, std::ios::binary) << learnModule().compileScript(
      "def forward(self, x, sigma, label):\n    return torch.zeros_like(x) + torch.tensor([2.0, 1.0])\n");
  Window window(display_, folder_, {"--size", "1024x700", "two-gaussians"});
  ASSERT_TRUE(ready(window)) << window.log();
  const Node before = window.state();
  const auto answer = [&](const std::vector<std::string>& keys) {
    drop(model);
    const auto isAsked = [&] { return display_.input({"search", "--onlyvisible", "--name", "^Guidescope$"}); };
    for (int i = 0; i < 100 && !isAsked(); ++i) pause(.05);
    ASSERT_TRUE(isAsked()) << window.state();
    EXPECT_EQ(window.state()["network"], "") << "nothing runs meanwhile";
    pause(.2);
    std::vector<std::string> arguments{"key"};
    arguments.insert(arguments.end(), keys.begin(), keys.end());
    ASSERT_TRUE(display_.input(arguments));
    for (int i = 0; i < 100 && isAsked(); ++i) pause(.05);
    EXPECT_FALSE(isAsked());
  };
  answer({"Return"});  // that is Cancel
  pause(.3);
  for (const char* field : {"network", "scene", "path", "dirty", "undo", "work", "message"})
    EXPECT_EQ(window.state()[field], before[field]) << field;
  answer({"Tab", "Return"});
  ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["message"] == "The model of this pane is point.pt."; }))
      << window.state();
  EXPECT_EQ(window.state()["network"], model.string());
  EXPECT_EQ(window.state()["dirty"], true);
  EXPECT_TRUE(window.waitFor(20, [&](const Node& s) {
    return s["settled"] == true && s["shownNetwork"] == model.string();
  })) << window.state();
  EXPECT_EQ(window.state()["messageIsError"], false);
}

TEST_F(FilesTest, AViewIsCopiedAndPasted) {
  points("small.csv", 200);
  Window window(display_, folder_, {"--size", "1024x700", "two-gaussians"});
  ASSERT_TRUE(ready(window)) << window.log();
  ASSERT_TRUE(display_.input({"key", "End"}));
  ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["time"] == 0.0; }));
  ASSERT_TRUE(display_.input({"key", "ctrl+c"}));
  ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["message"].text.starts_with("The view is on"); }));
  ASSERT_TRUE(display_.input({"key", "Home"}));
  ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["time"] == 1.0; }));
  ASSERT_TRUE(display_.input({"key", "ctrl+v"}));
  ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["message"] == "Pasted a view." && s["time"] == 0.0; }))
      << window.state();

  // A session of another program, whose points have changed since: both are said.
  {
    Process clip = other(
        {"clip", R"({"format":"guidescope-session","version":1,"panes":[{"distribution":{"kind":"points","file":")" +
                     (folder_ / "small.csv").string() + R"(","sha256":")" + std::string(64, '0') + R"("}}]})"});
    pause(1);
    ASSERT_TRUE(display_.input({"key", "ctrl+v"}));
    ASSERT_TRUE(window.waitFor(20, [](const Node& s) { return s["kind"] == 2; })) << window.state();
    const std::string said = window.state()["message"].text;
    EXPECT_TRUE(said.starts_with("Pasted a session.")) << said;
    EXPECT_NE(said.find("has changed since"), std::string::npos) << said;
  }
  ASSERT_TRUE(display_.input({"key", "ctrl+z"}));
  EXPECT_TRUE(window.waitFor(5, [](const Node& s) { return s["kind"] == 0; })) << window.state();
  Process clip = other({"clip", "not a session"});
  pause(1);
  ASSERT_TRUE(display_.input({"key", "ctrl+v"}));
  ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["messageIsError"] == true; }));
  EXPECT_TRUE(window.state()["message"].text.starts_with("Nothing was pasted: ")) << window.state()["message"];
}

TEST_F(FilesTest, CtrlAIsTheTextsWhileOneIsTyped) {
  Window window(display_, folder_, {"--size", "1024x700", "two-gaussians"});
  ASSERT_TRUE(ready(window)) << window.log();
  ASSERT_TRUE(display_.input({"key", "ctrl+shift+p", "sleep", "0.5", "type", "--delay", "60", "zzz"}));
  ASSERT_TRUE(
      display_.input({"sleep", "0.3", "key", "ctrl+a", "sleep", "0.3", "type", "--delay", "60", "three panes"}));
  ASSERT_TRUE(display_.input({"sleep", "0.3", "key", "Return"}));
  EXPECT_TRUE(window.waitFor(5, [](const Node& s) { return s["panes"] == 3; })) << "zzz was still there";
}

// What is chosen in the menus for studies: a table is written where there is one, and the engines are checked.
TEST_F(FilesTest, TablesOfStudiesAreSavedAndTheSelfCheckIsShown) {
  const Display tall(1024, 1900);  // all cards are in sight
  const fs::path small = write("small.json", R"({"format":"guidescope-session","version":1,"panes":[{"condition":1,
             "distribution":{"kind":"preset","name":"e2"},"guidance":[{"kind":"reward","omega":1}],
             "schedule":{"steps":24},"particles":{"count":500}}]})");
  Window window(tall, folder_, {"--size", "1024x1900", small.string()});
  ASSERT_TRUE(ready(window)) << window.log();
  const auto choose = [&](const char* words) {
    return tall.input({"key", "ctrl+shift+p", "sleep", "0.6", "type", "--delay", "40", words}) &&
           tall.input({"sleep", "0.4", "key", "Return", "sleep", "0.4"});
  };
  const auto isOpen = [&](const char* title) { return tall.input({"search", "--onlyvisible", "--name", title}); };
  const auto waitOpen = [&](const char* title, bool open) {
    for (int i = 0; i < 100 && isOpen(title) != open; ++i) pause(.2);
    return isOpen(title) == open;
  };
  for (const auto& [name, first] : {std::pair("certificate", "t,ratio,direct,direct_se,"),
                                    {"score error", "t,ratio,score_error,score_error_unguided"},
                                    {"frontier", "curve,at,reward,reward_se,kl,kl_se"},
                                    {"sweep", "guidance.0.omega,inverse_posterior,inverse_posterior_se,"}}) {
    std::string control = std::string("study.") + name;
    std::replace(control.begin(), control.end(), ' ', '-');
    const std::string command = std::string("save ") + name, title = std::string("Save ") + name;
    if (control == "study.certificate") {
      ASSERT_TRUE(choose(command.c_str()));
      EXPECT_TRUE(window.waitFor(10, [&](const Node& s) {
        return s["messageIsError"] == true && s["message"].text.starts_with("There is no certificate yet");
      })) << window.state();
    }
    ASSERT_TRUE(window.waitFor(5, [&](const Node& s) { return s["controls"].contains(control); }));
    const auto toggle = [&] {
      const Rect r = window.control(control);
      return tall.input({"mousemove", number(r.x + r.w - 12), number(r.y + r.h / 2), "sleep", "0.2", "click", "1"});
    };
    ASSERT_TRUE(toggle());
    // It is there after a moment; until then the command says that there is none.
    bool open = false;
    for (int i = 0; i < 15 && !open; ++i) {
      pause(.5);
      ASSERT_TRUE(choose(command.c_str()));
      open = isOpen(title.c_str());
    }
    ASSERT_TRUE(open) << window.state();
    const fs::path file = folder_ / (std::string(name) + ".csv");
    ASSERT_TRUE(tall.input({"key", "ctrl+a", "type", "--delay", "8", file.string()}));
    ASSERT_TRUE(tall.input({"sleep", "0.3", "key", "Return"}));
    ASSERT_TRUE(window.waitFor(10, [&](const Node& s) {
      return s["message"].text == "Saved the numbers as " + file.string();
    })) << window.state();
    std::ifstream in(file);
    std::string heading;
    int lines = 0;
    std::getline(in, heading);
    for (std::string line; std::getline(in, line);) ++lines;
    EXPECT_TRUE(heading.starts_with(first)) << heading;
    EXPECT_GE(lines, 20);
    ASSERT_TRUE(toggle());  // room for the next one
  }
  ASSERT_TRUE(choose("self-check"));
  EXPECT_TRUE(waitOpen("^Self-check$", true)) << window.state();
  ASSERT_TRUE(tall.input({"key", "Escape"}));
  EXPECT_TRUE(waitOpen("^Self-check$", false));
}

// The words of a program's output, without the line's end.
std::string output(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return {};
  std::string out;
  for (int c; (c = std::fgetc(pipe)) != EOF;) out += char(c);
  pclose(pipe);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

// File > Export beside the window: a storyboard is put in order, a film is finished, and one is given up while the
// window answers to a hand.
TEST_F(FilesTest, FilmsAreExportedBesideTheWindow) {
  const Display wide(1960, 800);
  const fs::path films = folder_ / "films";
  fs::create_directories(films);
  const fs::path small =
      write("small.json", R"({"format":"guidescope-session","version":1,"panes":[{"guidance":[{"omega":1}],
             "distribution":{"kind":"preset","name":"two-gaussians"},"particles":{"count":1000}}]})");
  Window window(wide, folder_, {"--size", "1024x800", small.string()});
  ASSERT_TRUE(ready(window)) << window.log();
  // Two keyframes, of data and of noise; then the dialog, put beside the window.
  ASSERT_TRUE(wide.input({"key", "End", "key", "ctrl+k", "sleep", "0.1", "key", "Home"}));
  ASSERT_TRUE(window.waitFor(5, [](const Node& s) { return s["time"] == 1.0; }));
  ASSERT_TRUE(wide.input({"key", "ctrl+k", "sleep", "0.1", "key", "ctrl+shift+e"}));
  ASSERT_TRUE(wide.input({"search", "--sync", "--onlyvisible", "--name", "^Export", "windowmove", "1030", "0"}));
  // What is reported is reported with a frame, and the mouse over the picture brings one.
  const auto waitFor = [&](double seconds, const std::function<bool(const Node&)>& condition) {
    for (int i = 0; i < seconds / .1; ++i) {
      if (!wide.input({"mousemove", number(400 + i % 2 * 20), "400"})) return false;
      if (window.waitFor(.1, condition)) return true;
    }
    return false;
  };
  const auto click = [&](const char* control) {  // where it is now
    const double seen = window.state()["frame"].number;
    if (!waitFor(5, [&](const Node& s) { return s["frame"].number > seen; })) return false;
    const Rect r = window.control(control);
    return r.w > 0 && wide.input({"mousemove", number(r.x + r.w / 2), number(r.y + r.h / 2), "sleep", "0.05", "click",
                                  "1", "sleep", "0.05"});
  };
  const auto enter = [&](const char* control, const std::string& text) {
    return click(control) && wide.input({"key", "ctrl+a", "type", "--delay", "1", text});
  };
  ASSERT_TRUE(waitFor(5, [](const Node& s) {
    return s["controls"].contains("export.keyframe.1") && s["controls"]["export.path"][0].number > 1030;
  })) << window.state();
  const fs::path picture = folder_ / "display.png";
  // What a thumbnail shows, away from its edge.
  const auto thumbnails = [&] {
    std::array<std::vector<std::uint8_t>, 2> out;
    if (Process grab = Process({GS_BINARY_DIR "/tests/other_program", "grab", picture.string()},
                               {"DISPLAY=" + wide.name(), "QT_QPA_PLATFORM=xcb"}, (folder_ / "other.log").string());
        grab.wait(10) != 0)
      return out;
    const Image image = readPng(picture.string()).image;
    for (int k = 0; k < 2; ++k) {
      const Rect r = window.control("export.keyframe." + std::to_string(k));
      for (int y = int(r.y) + 15; y < int(r.y) + 65; ++y)
        for (int x = int(r.x + r.w / 2) - 50; x < int(r.x + r.w / 2) + 50; ++x)
          for (int c = 0; c < 3; ++c) out[k].push_back(image.rgba[(std::size_t(y) * image.width + x) * 4 + c]);
    }
    return out;
  };
  const auto drawn = [](const std::vector<std::uint8_t>& t) {
    return std::set<std::uint8_t>(t.begin(), t.end()).size() > 20;  // grey while it is not
  };
  auto before = thumbnails();
  for (int i = 0; i < 20 && !(drawn(before[0]) && drawn(before[1])); ++i) {
    pause(.1);
    before = thumbnails();
  }
  ASSERT_TRUE(drawn(before[0]) && drawn(before[1]));
  EXPECT_NE(before[0], before[1]) << "data and noise look different";
  ASSERT_TRUE(click("export.earlier"));
  const auto after = thumbnails();
  EXPECT_EQ(after[0], before[1]);
  EXPECT_EQ(after[1], before[0]);

  // Half a second of film of the last size, 640 x 400; a Tab leads from what moves to the size.
  const fs::path film = films / "film.mp4", longer = films / "longer.mp4";
  ASSERT_TRUE(wide.input({"key", "alt+m", "key", "Home", "sleep", "0.1"}));
  ASSERT_TRUE(enter("export.path", film.string()));
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["exportMoves"] == "Noise to data"; }));
  ASSERT_TRUE(enter("export.animate", "time:1..0:500ms"));
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["exportMoves"] == ""; })) << "written by hand";
  ASSERT_TRUE(wide.input({"key", "Tab", "key", "End", "sleep", "0.1"}));
  ASSERT_TRUE(click("export.start"));
  for (int i = 0; i < 400 && !fs::exists(film); ++i) pause(.05);
  EXPECT_TRUE(waitFor(5, [](const Node& s) { return s["export"].text.starts_with("Saved as "); }))
      << window.state()["export"];
  EXPECT_EQ(output("ffprobe -v error -count_frames -select_streams v -show_entries "
                   "stream=width,height,nb_read_frames -of csv=p=0 " +
                   film.string()),
            "640,400,16");
  EXPECT_EQ(openCarried(film.string()).panes, loadSession(small.string()).panes);

  // With panels around it, by the command line beside the window.
  const fs::path framed = films / "framed.mp4";
  ASSERT_TRUE(click("export.panels") && enter("export.path", framed.string()) &&
              enter("export.animate", "time:1..0:100ms") && click("export.start"));
  EXPECT_TRUE(waitFor(20, [&](const Node& s) { return s["export"] == "Saved as " + framed.string(); }))
      << window.state()["export"];
  EXPECT_EQ(output("ffprobe -v error -count_frames -select_streams v -show_entries "
                   "stream=width,height,nb_read_frames -of csv=p=0 " +
                   framed.string()),
            "640,400,4");
  EXPECT_EQ(openCarried(framed.string()).panes, loadSession(small.string()).panes);
  fs::remove(framed);
  ASSERT_TRUE(click("export.panels"));

  // Ten minutes of it, given up after a drag.
  const auto only = [&] {  // what lies in the folder beside the finished film
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(films))
      if (entry.path() != film) out.push_back(entry.path());
    return out;
  };
  ASSERT_TRUE(enter("export.path", longer.string()) && enter("export.animate", "time:1..0:600s"));
  ASSERT_TRUE(waitFor(5, [](const Node& s) { return s["export"].text.starts_with("600"); }));
  ASSERT_TRUE(click("export.start"));
  for (int i = 0; i < 100 && only().empty(); ++i) pause(.05);
  ASSERT_EQ(only().size(), 1u);
  ASSERT_TRUE(only()[0].string().ends_with(".tmp"));
  const Rect slider = window.control("guidance.0.omega");
  ASSERT_GT(slider.w, 20) << window.state();
  const std::string y = number(slider.y + slider.h / 2);
  ASSERT_TRUE(wide.input({"mousemove", number(slider.x + slider.w * .2), y, "sleep", "0.1", "mousedown", "1"}));
  const double begin = window.state()["frame"].number;
  std::vector<std::string> path;
  for (int i = 1; i <= 45; ++i)
    path.insert(path.end(), {"mousemove", number(slider.x + slider.w * (.2 + .6 * i / 45)), y, "sleep", "0.0155"});
  ASSERT_TRUE(wide.input(path));
  EXPECT_EQ(only().size(), 1u) << "it goes on";
  const std::vector<Node> frames = window.frames();
  ASSERT_TRUE(wide.input({"mouseup", "1"}));
  std::set<double> answers;
  double last = -1, longest = 0;
  for (const Node& f : frames) {
    if (f["frame"].number < begin) continue;
    if (last >= 0) longest = std::max(longest, f["ms"].number - last);
    last = f["ms"].number;
    if (f.contains("shownOmega")) answers.insert(f["shownOmega"].number);
  }
  std::printf("[ measured ] beside an export: %zu answers to a drag of .8 s, at most %.0f ms between two frames\n",
              answers.size(), longest);
  EXPECT_GE(answers.size(), 3u);
  EXPECT_LT(longest, 1000);
  ASSERT_TRUE(click("export.cancel"));
  EXPECT_TRUE(waitFor(10, [](const Node& s) { return s["export"] == "Stopped. Nothing was written."; }))
      << window.state()["export"];
  EXPECT_TRUE(only().empty()) << only()[0];
}

}  // namespace
}  // namespace gs::gui
