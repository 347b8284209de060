// What the program writes: the arrays of an NPZ, pictures with their session, and nothing half-written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>
#include <thread>

#include "output/files.h"
#include "program.h"
#include "session/json.h"
#include "session/text.h"

namespace gs::test {
namespace {

using testing::HasSubstr;

std::vector<std::string> sampleCommand(const std::string& output, int particles, int steps) {
  return {"sample", "two-modes",
          "-o",     output,
          "--set",  "particles.count=" + std::to_string(particles),
          "--set",  "schedule.steps=" + std::to_string(steps)};
}

TEST(Sample, WritesTheDocumentedArrays) {
  const Folder folder;
  const std::string file = folder.file("out.npz");
  const Result r = run(sampleCommand(file, 200, 10));
  ASSERT_EQ(r.code, 0) << r.err;
  const auto arrays = readNpz(file);
  ASSERT_EQ(arrays.size(), 9u);
  const Array& x = arrays.at("x");
  EXPECT_EQ(x.descr, "<f4");
  EXPECT_EQ(x.shape, (std::vector<std::size_t>{11, 200, 2}));
  for (double v : x.values) ASSERT_TRUE(std::isfinite(v));

  for (const char* name : {"sigmas", "alphas", "t", "steps"}) {
    EXPECT_EQ(arrays.at(name).descr, "<f8");
    EXPECT_EQ(arrays.at(name).shape, (std::vector<std::size_t>{11}));
  }
  EXPECT_EQ(arrays.at("sigmas").values.back(), 0);
  EXPECT_EQ(arrays.at("alphas").values.back(), 1);
  EXPECT_EQ(arrays.at("t").values.front(), 1);
  EXPECT_EQ(arrays.at("t").values.back(), 0);
  EXPECT_EQ(arrays.at("weights").shape, (std::vector<std::size_t>{1, 11}));
  for (const double w : arrays.at("weights").values) EXPECT_EQ(w, 2);
  const Array& metrics = arrays.at("metrics");
  const auto measured = parseText(std::string(metrics.values.begin(), metrics.values.end()));
  EXPECT_NEAR(measured["accuracy"]["value"].number, 1, 0.2);

  const Array& posterior = arrays.at("class_posterior");
  EXPECT_EQ(posterior.descr, "<f4");
  ASSERT_EQ(posterior.shape.size(), 2u);
  EXPECT_EQ(posterior.shape[0], 200u);
  const std::size_t classes = posterior.shape[1];
  for (std::size_t i = 0; i < 200; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += posterior.values[i * classes + c];
    EXPECT_NEAR(sum, 1, 1e-5);
  }

  // The session in the file computes the same again.
  const Array& bytes = arrays.at("session");
  const std::string text(bytes.values.begin(), bytes.values.end());
  EXPECT_EQ(parseSession(text).panes[0].particles.count, 200);
  const std::string scene = folder.write("scene.json", text), again = folder.file("again.npz");
  ASSERT_EQ(run({"sample", scene, "-o", again}).code, 0);
  EXPECT_EQ(readNpz(again).at("x").values, x.values);
}

// The long form says the same as the arrays, line by line; some states can be chosen.
TEST(Sample, WritesTheSameAsText) {
  const Folder folder;
  std::vector<std::string> command = sampleCommand(folder.file("a.npz"), 30, 8);
  command.insert(command.end(), {"--steps", "0,5,8"});
  ASSERT_EQ(run(command).code, 0);
  const auto arrays = readNpz(folder.file("a.npz"));
  EXPECT_EQ(arrays.at("steps").values, (std::vector<double>{0, 5, 8}));
  ASSERT_EQ(arrays.at("x").shape, (std::vector<std::size_t>{3, 30, 2}));
  command[3] = folder.file("a.csv");
  ASSERT_EQ(run(command).code, 0);
  std::istringstream csv(readFile(folder.file("a.csv")));
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line, "step,t,alpha,sigma,weight_0,particle,x1,x2,posterior_0,posterior_1");
  for (std::size_t i = 0; i < 90; ++i) {
    ASSERT_TRUE(std::getline(csv, line)) << i;
    std::vector<double> v;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) v.push_back(std::stod(cell));
    ASSERT_EQ(v.size(), 10u);
    EXPECT_EQ(v[0], arrays.at("steps").values[i / 30]);
    EXPECT_EQ(v[1], arrays.at("t").values[i / 30]);
    EXPECT_EQ(v[3], arrays.at("sigmas").values[i / 30]);
    EXPECT_EQ(v[5], double(i % 30));
    EXPECT_EQ(float(v[6]), float(arrays.at("x").values[2 * i]));
    EXPECT_EQ(float(v[7]), float(arrays.at("x").values[2 * i + 1]));
    EXPECT_NEAR(v[8] + v[9], 1, 1e-5);
    if (i >= 60) {
      EXPECT_EQ(float(v[8]), float(arrays.at("class_posterior").values[2 * (i - 60)]));
    }
  }
  EXPECT_FALSE(std::getline(csv, line));
  command[command.size() - 1] = "5,99";
  EXPECT_EQ(run(command).code, 2);
}

TEST(Metrics, OverTimeMeasureEveryState) {
  const Result r = run({"metrics", "two-modes", "--over-time", "--csv", "--set", "particles.count=300", "--set",
                        "schedule.steps=4", "--set", "guidance.0.omega=0"});
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 6);
  EXPECT_THAT(r.out, testing::StartsWith("step,t,alpha,sigma,"));
  for (const char* name : {"energy_conditional,", "kl_conditional,", "solver_error,", "path_length,"})
    EXPECT_THAT(r.out.substr(0, r.out.find('\n')) + ",", HasSubstr(name));
  EXPECT_EQ(run({"metrics", "two-modes", "--csv"}).code, 2);
  const Result one = run({"metrics", "two-modes", "--over-time", "--csv", "--metric", "path_length", "--set",
                          "particles.count=50", "--set", "schedule.steps=2"});
  EXPECT_THAT(one.out, testing::StartsWith("step,t,alpha,sigma,path_length,path_length_se\n"));
  EXPECT_THAT(run({"metrics", "two-modes", "--over-time", "--metric", "seconds"}).err, HasSubstr("not measured over"));
  EXPECT_EQ(run({"metrics", "two-modes", "--metric", "mmd"}).code, 2);
  const Node answer = parseText(
      run({"metrics", "two-modes", "--over-time", "--json", "--set", "particles.count=50", "--set", "schedule.steps=2"})
          .out,
      200);
  ASSERT_EQ(answer["states"].size(), 3u);
  EXPECT_EQ(answer["states"][2]["t"], 0);
}

TEST(Sample, EveryEngineKeepsWhatItsMemoryHolds) {
  const Folder folder;
  std::vector<std::vector<double>> kept;
  for (const char* engine : {"cpu", "opengl"}) {
    const std::string file = folder.file(std::string(engine) + ".npz");
    std::vector<std::string> command = sampleCommand(file, 20'000, 8);
    command.insert(command.end(), {"--engine", engine, "--memory-budget", "1"});
    const Result r = run(command);
    ASSERT_EQ(r.code, 0) << r.err;
    EXPECT_THAT(r.out, HasSubstr("memory holds 3 of the 9 states: steps 0, 4, ..., 8"));
    EXPECT_THAT(r.out, HasSubstr(engine == std::string("cpu") ? "CPU" : "OpenGL"));
    const auto arrays = readNpz(file);
    EXPECT_EQ(arrays.at("steps").values, (std::vector<double>{0, 4, 8}));
    EXPECT_EQ(arrays.at("x").shape, (std::vector<std::size_t>{3, 20'000, 2}));
    EXPECT_EQ(arrays.at("sigmas").values.back(), 0);
    kept.push_back(arrays.at("x").values);
  }
  double error = 0;
  for (std::size_t i = 0; i < kept[0].size(); ++i) error += std::abs(kept[0][i] - kept[1][i]);
  EXPECT_LT(error / double(kept[0].size()), 1e-5);
}

TEST(Sample, FewerParticlesAreAPrefix) {
  const Folder folder;
  ASSERT_EQ(run(sampleCommand(folder.file("small.npz"), 100, 8)).code, 0);
  ASSERT_EQ(run(sampleCommand(folder.file("large.npz"), 1000, 8)).code, 0);
  const Array small = readNpz(folder.file("small.npz")).at("x"), large = readNpz(folder.file("large.npz")).at("x");
  for (std::size_t step = 0; step <= 8; ++step)
    for (std::size_t i = 0; i < 200; ++i)
      ASSERT_EQ(small.values[step * 200 + i], large.values[step * 2000 + i]) << "step " << step << ", value " << i;
}

TEST(Sample, AnswersInJson) {
  const Folder folder;
  auto command = sampleCommand(folder.file("out.npz"), 50, 4);
  command.push_back("--json");
  const Result r = run(command);
  const auto answer = parseText(r.out);
  EXPECT_EQ(answer["particles"], 50);
  EXPECT_EQ(answer["steps"], 4);
  EXPECT_EQ(answer["blownUp"], 0);
}

// SIGKILL at any moment leaves the old file, the new one, or none where there was none; never a damaged one.
TEST(Sample, AKillLeavesNoDamagedFile) {
  const Folder folder;
  const std::string file = folder.file("out.npz");
  for (int delay = 20; delay <= 260; delay += 40) {
    Running running(sampleCommand(file, 60000, 16));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    running.signal(SIGKILL);
    running.wait();
    if (std::filesystem::exists(file)) {
      EXPECT_EQ(readNpz(file).size(), 9u) << "killed after " << delay << " ms";
    }
  }
}

TEST(Sample, AnInterruptCleansUp) {
  const Folder folder;
  for (int delay : {60, 200, 500}) {
    const std::string file = folder.file("out.npz");
    std::filesystem::remove(file);
    // About two seconds of work.
    Running running({"sample", "tree", "-o", file, "--set", "particles.count=40000"});
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    running.signal(SIGINT);
    const int code = running.wait();
    EXPECT_TRUE(code == 128 + SIGINT || code == 0) << code;
    const auto names = folder.names();
    EXPECT_TRUE(names.empty() || names == std::vector<std::string>{"out.npz"}) << testing::PrintToString(names);
    if (!names.empty()) {
      EXPECT_EQ(readNpz(file).size(), 9u);
    }
  }
}

TEST(Film, AnInterruptCleansUp) {
  const Folder folder;
  for (const int delay : {300, 900}) {
    Running running(
        {"render", "two-modes", "-o", folder.file("out.mp4"), "--size", "720p", "--animate", "time:1..0:60s"});
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    running.signal(SIGINT);
    EXPECT_EQ(running.wait(), 128 + SIGINT) << delay;
    EXPECT_TRUE(folder.names().empty()) << testing::PrintToString(folder.names());
  }
}

TEST(Film, ErrorsAreExitCodes) {
  const Folder folder;
  const auto film = [&](const std::string& name, std::vector<std::string> more) {
    std::vector<std::string> command{"render", "two-modes", "-o", folder.file(name)};
    command.insert(command.end(), more.begin(), more.end());
    return run(command);
  };
  Result r = film("a.mp4", {"--animate", "guidance.0.omega:0..99:1s"});
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.err, HasSubstr("'guidance.0.omega:0..99:1s': panes.0.guidance.0.omega: 99 is outside"));
  r = film("a.mp4", {"--animate", "time"});
  EXPECT_EQ(r.code, 2);
  EXPECT_THAT(r.err, HasSubstr("--animate: 'time': expected path:from..to:seconds"));
  EXPECT_EQ(film("a.mp4", {"--storyboard", folder.file("none.json")}).code, 3);
  EXPECT_EQ(film("a.svg", {"--animate", "time:1..0:1s"}).code, 2);
  EXPECT_EQ(film("a.mov", {}).code, 2);
  EXPECT_EQ(film("a.svg", {"--grid", "guidance.0.omega=0,zero"}).code, 3);
  EXPECT_TRUE(folder.names().empty());
}

std::vector<std::string> renderCommand(std::vector<std::string> more) {
  std::vector<std::string> command{"render", "two-modes",           "--size", "320x240",
                                   "--set",  "particles.count=400", "--set",  "schedule.steps=12"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

TEST(Render, PictureCarriesItsSession) {
  const Folder folder;
  const std::string file = folder.file("out.png");
  const Result r = run(renderCommand({"-o", file, "--time", "0.5"}));
  ASSERT_EQ(r.code, 0) << r.err;
  const PngContents png = readPng(file);
  EXPECT_EQ(png.image.width, 320);
  EXPECT_EQ(png.image.height, 240);
  const Session session = parseSession(png.session);
  EXPECT_EQ(session.view.time, 0.5);
  EXPECT_EQ(session.panes[0].particles.count, 400);
  EXPECT_THAT(run({"check", file}).out, HasSubstr("OK (png, 320x240, 1 pane"));
  // Something is drawn: not one colour.
  bool same = true;
  for (std::size_t i = 4; i < png.image.rgba.size() && same; i += 4)
    same = std::memcmp(&png.image.rgba[i], png.image.rgba.data(), 3) == 0;
  EXPECT_FALSE(same);
}

// With panels the pane is the picture without them, to the byte, and around it is ink; in a film as in a picture.
TEST(Render, PanelsLieAroundThePicture) {
  const Folder folder;
  const std::string with = folder.file("with.png"), alone = folder.file("alone.png");
  const std::vector<std::string> scene{"render", "two-modes", "--set", "particles.count=300", "--set", "view.time=0.5"};
  const auto more = [&](std::initializer_list<std::string> arguments) {
    std::vector<std::string> all = scene;
    all.insert(all.end(), arguments);
    return run(all);
  };
  const Result r = more({"-o", with, "--size", "1100x620", "--panels", "--json"});
  ASSERT_EQ(r.code, 0) << r.err;
  const Node answer = parseText(r.out);
  const Node& box = answer["panes"].items.at(0);
  const int x = int(box["x"].number), y = int(box["y"].number), width = int(box["width"].number),
            height = int(box["height"].number);
  ASSERT_EQ(more({"-o", alone, "--size", std::to_string(width) + "x" + std::to_string(height)}).code, 0);
  const Image a = readPng(with).image, b = readPng(alone).image;
  ASSERT_EQ(a.width, 1100);
  ASSERT_LT(width, 700);
  int left = 0, right = 0, below = 0;  // pixels that are not as the one beside them
  for (int j = 0; j < a.height; ++j)
    for (int i = 1; i < a.width; ++i) {
      const std::uint8_t* p = &a.rgba[4 * (std::size_t(j) * std::size_t(a.width) + std::size_t(i))];
      if (i >= x && i < x + width && j >= y && j < y + height) {
        const std::size_t at = 4 * (std::size_t(j - y) * std::size_t(width) + std::size_t(i - x));
        ASSERT_EQ(std::memcmp(p, &b.rgba[at], 4), 0) << i << "," << j;
      } else if (std::memcmp(p, p - 4, 4) != 0) {
        ++(i < x ? left : i >= x + width ? right : below);
      }
    }
  EXPECT_GT(left, 5000);
  EXPECT_GT(right, 2000);
  EXPECT_GT(below, 1000);
  const Result film = more({"-o", folder.file("%d.png"), "--size", "1100x620", "--scale", "1", "--panels", "--fps", "1",
                            "--animate", "time:1..0.5:1s:linear"});
  ASSERT_EQ(film.code, 0) << film.err;
  EXPECT_TRUE(readPng(folder.file("1.png")).image.rgba == a.rgba) << "what went before is seen";

  const auto refused = [&](std::initializer_list<std::string> arguments, const char* why) {
    const Result bad = more(arguments);
    EXPECT_NE(bad.code, 0);
    EXPECT_THAT(bad.err, HasSubstr(why));
  };
  refused({"-o", folder.file("a.svg"), "--panels"}, "figures and pages have none");
  refused({"-o", folder.file("a.html"), "--panels"}, "figures and pages have none");
  refused({"-o", folder.file("a.png"), "--panels", "--transparent"}, "not with --transparent");
  refused({"-o", folder.file("a.png"), "--panels", "--size", "300x200"}, "no room for panels");
}

// The README's picture is what its command draws. (One particle may land on the next pixel on another processor.)
TEST(Render, ReadmePictureIsUpToDate) {
  const Result r = run({"render", "two-modes", "--size", "960x560", "--scale", "0.9", "--max", "255", "--mean", "0.3",
                        "--reference", GS_SOURCE_DIR "/tests/golden/readme.png"});
  EXPECT_EQ(r.code, 0) << r.out << r.err << "when the change is meant: the same command with -o instead of --reference";
}

TEST(Render, ComparesWithAReference) {
  const Folder folder;
  const std::string file = folder.file("out.png");
  ASSERT_EQ(run(renderCommand({"-o", file})).code, 0);
  const Result same = run(renderCommand({"--reference", file}));
  EXPECT_EQ(same.code, 0) << same.out << same.err;
  const Result other = run(renderCommand({"--reference", file, "--set", "guidance.0.omega=6", "--json"}));
  EXPECT_EQ(other.code, 1) << other.err;
  const auto answer = parseText(other.out);
  EXPECT_EQ(answer["same"], false);
  EXPECT_GT(answer["max"].number, 8);
  EXPECT_EQ(
      run(renderCommand({"--reference", file, "--set", "guidance.0.omega=6", "--max", "255", "--mean", "255"})).code,
      0);
  EXPECT_EQ(run(renderCommand({"--reference", file, "--size", "320x200"})).code, 1);
  EXPECT_EQ(run(renderCommand({"--reference", folder.file("missing.png")})).code, 3);
  EXPECT_EQ(run(renderCommand({"--reference", folder.write("bad.png", "\x89PNG but no more")})).code, 3);
}

}  // namespace
}  // namespace gs::test
