// Files that come into the window by other ways than its dialogs, and points that take their time.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "driver.h"
#include "output/files.h"
#include "session/json.h"

namespace gs::gui {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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
    pause(1);
    ASSERT_TRUE(display_.input({"mousemove", "1150",  "60",        "sleep",   "0.2", "mousedown", "1",
                                "sleep",     "0.2",   "mousemove", "1000",    "200", "sleep",     "0.2",
                                "mousemove", "600",   "320",       "sleep",   "0.2", "mousemove", "598",
                                "318",       "sleep", "0.4",       "mouseup", "1",   "sleep",     "0.3"}));
  }
  static bool ready(Window& w) {
    return w.waitFor(30, [](const json& s) { return s["settled"] == true && s["playing"] == false; });
  }

  fs::path folder_;
  Display display_{1200, 700};
};

TEST_F(FilesTest, PointsOfASessionAreFittedBesideTheWindowAndCanBeGivenUp) {
  points("many.csv", 120'000);
  const fs::path slow = session("slow.json", R"({"kind":"points","file":"many.csv","maxComponents":2048})");
  Window window(display_, folder_, {"--size", "1024x700", slow.string()});
  ASSERT_TRUE(window.waitFor(20, [](const json& s) { return s["work"] == "Fitting the points of slow.json"; }))
      << window.log();
  ASSERT_TRUE(window.waitFor(20, [](const json& s) { return s["controls"].contains("work.stop"); })) << window.state();
  EXPECT_NE(window.state()["kind"], 2) << "the window does not wait for it";
  const Rect stop = window.control("work.stop");
  ASSERT_TRUE(display_.input(
      {"mousemove", number(stop.x + stop.w / 2), number(stop.y + stop.h / 2), "sleep", "0.2", "click", "1"}));
  ASSERT_TRUE(window.waitFor(10, [](const json& s) { return s["work"] == ""; }));
  EXPECT_TRUE(window.waitFor(5, [](const json& s) { return s["message"].get<std::string>().starts_with("Stopped."); }));
  EXPECT_NE(window.state()["kind"], 2);
  EXPECT_EQ(window.state()["dirty"], false);
  EXPECT_EQ(window.state()["path"], "");
  // The notice goes by itself.
  EXPECT_TRUE(window.waitFor(10, [](const json& s) { return s["message"] == ""; }));
}

TEST_F(FilesTest, AFileThatIsStillBeingOpenedDoesNotReplaceANewerScene) {
  points("many.csv", 120'000);
  const fs::path slow = session("slow.json", R"({"kind":"points","file":"many.csv","maxComponents":2048})");
  Window window(display_, folder_, {"--size", "1024x700", "--theme", "light", slow.string()});
  ASSERT_TRUE(window.waitFor(20, [](const json& s) { return s["work"] == "Fitting the points of slow.json"; }))
      << window.log();
  const auto before = window.state()["scene"];
  ASSERT_TRUE(display_.input({"key", "Next"}));
  EXPECT_TRUE(window.waitFor(5, [&](const json& s) { return s["scene"] != before && s["work"] == ""; }))
      << window.state();
  // Nor a newer file.
  drop(slow);
  ASSERT_TRUE(window.waitFor(20, [](const json& s) { return s["work"] == "Fitting the points of slow.json"; }))
      << window.state();
  drop(session("newer.json", R"({"kind":"preset","name":"two-gaussians"})"));
  EXPECT_TRUE(window.waitFor(10, [&](const json& s) { return s["scene"] == "newer" && s["work"] == ""; }))
      << window.state();
}

TEST_F(FilesTest, AnotherFitIsOneChangeThatCanBeUndoneAtAnyTime) {
  points("many.csv", 120'000);
  const fs::path quick = session("quick.json", R"({"kind":"points","file":"many.csv","maxComponents":2})");
  Window window(display_, folder_, {"--size", "1024x700", quick.string()});
  ASSERT_TRUE(window.waitFor(30, [](const json& s) { return s["kind"] == 2 && s["settled"] == true; })) << window.log();
  const auto waitFor = [&](int components, bool works) {
    return window.waitFor(20,
                          [&](const json& s) { return s["components"] == components && (s["work"] != "") == works; });
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
  ASSERT_TRUE(window.waitFor(20, [](const json& s) {
    return s["message"].get<std::string>().starts_with("Fitted 3 components") && s["work"] == "";
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
    ASSERT_TRUE(window.waitFor(5, [](const json& s) { return s["controls"].contains("work.stop"); }));
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
    EXPECT_EQ(json::parse(std::ifstream(figures))["scene"], "good") << "not what stands in for it";
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
  ASSERT_TRUE(window.waitFor(20, [](const json& s) { return s["kind"] == 2; })) << window.state() << window.log();
  EXPECT_EQ(window.state()["scene"], "small");
  ASSERT_TRUE(ready(window));
  drop(bad);
  ASSERT_TRUE(window.waitFor(10, [](const json& s) { return s["messageIsError"] == true; })) << window.state();
  EXPECT_NE(window.state()["message"].get<std::string>().find("bad.json: line 1"), std::string::npos)
      << window.state()["message"];
  EXPECT_EQ(window.state()["kind"], 2);
}

TEST_F(FilesTest, AViewIsCopiedAndPasted) {
  points("small.csv", 200);
  Window window(display_, folder_, {"--size", "1024x700", "two-gaussians"});
  ASSERT_TRUE(ready(window)) << window.log();
  ASSERT_TRUE(display_.input({"key", "End"}));
  ASSERT_TRUE(window.waitFor(5, [](const json& s) { return s["time"] == 0.0; }));
  ASSERT_TRUE(display_.input({"key", "ctrl+c"}));
  ASSERT_TRUE(
      window.waitFor(5, [](const json& s) { return s["message"].get<std::string>().starts_with("The view is on"); }));
  ASSERT_TRUE(display_.input({"key", "Home"}));
  ASSERT_TRUE(window.waitFor(5, [](const json& s) { return s["time"] == 1.0; }));
  ASSERT_TRUE(display_.input({"key", "ctrl+v"}));
  ASSERT_TRUE(window.waitFor(5, [](const json& s) { return s["message"] == "Pasted a view." && s["time"] == 0.0; }))
      << window.state();

  // A session of another program, whose points have changed since: both are said.
  {
    Process clip = other(
        {"clip", R"({"format":"guidescope-session","version":1,"panes":[{"distribution":{"kind":"points","file":")" +
                     (folder_ / "small.csv").string() + R"(","sha256":")" + std::string(64, '0') + R"("}}]})"});
    pause(1);
    ASSERT_TRUE(display_.input({"key", "ctrl+v"}));
    ASSERT_TRUE(window.waitFor(20, [](const json& s) { return s["kind"] == 2; })) << window.state();
    const std::string said = window.state()["message"];
    EXPECT_TRUE(said.starts_with("Pasted a session.")) << said;
    EXPECT_NE(said.find("has changed since"), std::string::npos) << said;
  }
  ASSERT_TRUE(display_.input({"key", "ctrl+z"}));
  EXPECT_TRUE(window.waitFor(5, [](const json& s) { return s["kind"] == 0; })) << window.state();
  Process clip = other({"clip", "not a session"});
  pause(1);
  ASSERT_TRUE(display_.input({"key", "ctrl+v"}));
  ASSERT_TRUE(window.waitFor(5, [](const json& s) { return s["messageIsError"] == true; }));
  EXPECT_TRUE(window.state()["message"].get<std::string>().starts_with("Nothing was pasted: "))
      << window.state()["message"];
}

TEST_F(FilesTest, CtrlAIsTheTextsWhileOneIsTyped) {
  Window window(display_, folder_, {"--size", "1024x700", "two-gaussians"});
  ASSERT_TRUE(ready(window)) << window.log();
  ASSERT_TRUE(display_.input({"key", "ctrl+shift+p", "sleep", "0.5", "type", "--delay", "60", "zzz"}));
  ASSERT_TRUE(
      display_.input({"sleep", "0.3", "key", "ctrl+a", "sleep", "0.3", "type", "--delay", "60", "three panes"}));
  ASSERT_TRUE(display_.input({"sleep", "0.3", "key", "Return"}));
  EXPECT_TRUE(window.waitFor(5, [](const json& s) { return s["panes"] == 3; })) << "zzz was still there";
}

// What is chosen in the menus for studies: a table is written where there is one, and the engines are checked.
TEST_F(FilesTest, TablesOfStudiesAreSavedAndTheSelfCheckIsShown) {
  const Display tall(1024, 1900);  // all cards are in sight
  Window window(tall, folder_, {"--size", "1024x1900", "e2"});
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
                                    {"sweep", "guidance.0.omega,inverse_posterior,inverse_posterior_se,"}}) {
    const std::string command = std::string("save ") + name, title = std::string("Save ") + name;
    ASSERT_TRUE(choose(command.c_str()));
    EXPECT_TRUE(window.waitFor(10, [&](const json& s) {
      return s["messageIsError"] == true &&
             s["message"].get<std::string>().starts_with(std::string("There is no ") + name + " yet");
    })) << window.state();
    ASSERT_TRUE(window.waitFor(5, [&](const json& s) { return s["controls"].contains(std::string("study.") + name); }));
    const Rect r = window.control(std::string("study.") + name);
    ASSERT_TRUE(tall.input({"mousemove", number(r.x + r.w - 12), number(r.y + r.h / 2), "sleep", "0.2", "click", "1"}));
    // It is there after a moment; until then the command says that there is none.
    bool open = false;
    for (int i = 0; i < 15 && !open; ++i) {
      pause(.5);
      ASSERT_TRUE(choose(command.c_str()));
      open = isOpen(title.c_str());
    }
    ASSERT_TRUE(open) << window.state();
    const fs::path file = folder_ / (std::string(name) + ".csv");
    ASSERT_TRUE(tall.input({"key", "ctrl+a", "type", "--delay", "20", file.string()}));
    ASSERT_TRUE(tall.input({"sleep", "0.3", "key", "Return"}));
    ASSERT_TRUE(window.waitFor(10, [&](const json& s) {
      return s["message"].get<std::string>().starts_with("Saved the numbers as ");
    })) << window.state();
    std::ifstream in(file);
    std::string heading;
    int lines = 0;
    std::getline(in, heading);
    for (std::string line; std::getline(in, line);) ++lines;
    EXPECT_TRUE(heading.starts_with(first)) << heading;
    EXPECT_GE(lines, 20);
  }
  ASSERT_TRUE(choose("self-check"));
  EXPECT_TRUE(waitOpen("^Self-check$", true)) << window.state();
  ASSERT_TRUE(tall.input({"key", "Escape"}));
  EXPECT_TRUE(waitOpen("^Self-check$", false));
}

}  // namespace
}  // namespace gs::gui
