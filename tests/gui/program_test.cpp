// The program around the window: what it brings back, what it does without its device, its sizes, its measurements and
// what it says on the command line.
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "driver.h"
#include "output/files.h"
#include "session/json.h"

namespace gs::gui {
namespace {

namespace fs = std::filesystem;

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
      path.insert(path.end(),
                  {"mousemove", pixel(slider.x + slider.w * (from + (to - from) * i / 30)), pixel(y), "sleep", ".016"});
    return display.input(path);
  };
  ASSERT_TRUE(
      display.input({"mousemove", pixel(slider.x + slider.w * .3), pixel(y), "sleep", "0.2", "mousedown", "1"}));
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
    ASSERT_TRUE(display.input({"mousemove", pixel(300 + i), "300", "sleep", ".1"}));
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
    const std::string size = pixel(w) + "x" + pixel(h), png = (folder / (size + ".png")).string();
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
    EXPECT_GT(j["stages"]["device_ms"].number, 0);  // by timer queries
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
