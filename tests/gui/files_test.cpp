// Files that come into the window by other ways than its dialogs, and points that take their time.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "driver.h"
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

TEST_F(FilesTest, ADroppedFileIsOpened) {
  const fs::path small = points("small.csv", 200), bad = write("bad.json", "{]");
  Window window(display_, folder_, {"--size", "1024x700", "two-gaussians"});
  ASSERT_TRUE(ready(window)) << window.log();
  const auto drop = [&](const fs::path& file) {
    Process source = other({"drag", file.string(), "1110", "20"});
    pause(1);
    ASSERT_TRUE(display_.input({"mousemove", "1150",  "60",        "sleep",   "0.2", "mousedown", "1",
                                "sleep",     "0.2",   "mousemove", "1000",    "200", "sleep",     "0.2",
                                "mousemove", "600",   "320",       "sleep",   "0.2", "mousemove", "598",
                                "318",       "sleep", "0.4",       "mouseup", "1",   "sleep",     "0.3"}));
  };
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

}  // namespace
}  // namespace gs::gui
