// Every preset scene, and every layer on the default one, as a picture that is compared with tests/golden/images.
//
// When a change of the picture is meant, look at the new pictures and write them with
//     GS_UPDATE_GOLDEN=1 build/release/tests/golden_test
// On failure the picture, the golden one and their difference (times eight) are left in <build>/golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "data/distributions.h"
#include "truth/probe.h"
#include "truth/target.h"
#include "truth/truths.h"
#include "gl/context.h"
#include "output/files.h"
#include "render/offscreen.h"
#include "session/caption.h"
#include "session/json.h"

namespace gs {
namespace {

constexpr int kWidth = 480, kHeight = 320;
constexpr double kPixelRatio = 0.75;  // as a pane of 640 x 427 points
// Means of 4 x 4 pixels may differ by this much anywhere, single bytes by that much on average: one particle that lands
// on the next pixel on another processor passes, a missing one, a shifted label or another colour does not.
constexpr int kMaxBlock = 24;
constexpr double kMaxMean = 0.25;

struct Case {
  std::string name, scene;
  std::function<void(Session&)> change;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const ScenePreset& p : scenePresets()) all.push_back({p.name, p.name, [](Session& s) { s.view.time = 0; }});
  const auto add = [&](const char* name, std::function<void(View&)> change) {
    all.push_back({std::string("layer-") + name, "two-modes", [change](Session& s) {
                     s.view.theme = Theme::Dark;
                     change(s.view);
                   }});
  };
  add("halfway", [](View& v) { v.time = 0.5; });
  add("light", [](View& v) { v.time = 0.25, v.theme = Theme::Light; });
  add("projector", [](View& v) { v.time = 0, v.theme = Theme::Projector, v.particles.visible = false; });
  add("high-contrast", [](View& v) { v.time = 0, v.theme = Theme::HighContrast, v.density.perClass = false; });
  add("guided-density", [](View& v) {
    v.time = 0.3, v.guidedDensity.visible = true, v.particles.visible = v.trajectories.visible = false;
  });
  add("class-posterior",
      [](View& v) { v.time = 0.6, v.particles.color = ParticleColor::ClassPosterior, v.particles.size = 5; });
  add("push-size",
      [](View& v) { v.time = 0.6, v.particles.color = ParticleColor::PushSize, v.density.visible = false; });
  add("origin", [](View& v) {
    v.time = 0.2, v.particles.color = ParticleColor::Origin, v.coordinates = Coordinates::Normalised;
  });
  add("fields", [](View& v) {
    v.time = 0.35, v.arrows.visible = v.own.visible = v.target.atCursor = true;
    v.trajectories.visible = v.particles.visible = false;
  });
  add("map", [](View& v) {
    v.time = 0, v.heat.visible = v.streams.visible = true, v.streams.spacing = 34;
    v.trajectories.visible = v.density.visible = false, v.particles.marked = 5, v.particles.size = 2;
  });
  for (const char* scene : {"reward", "swiss-roll", "autoguidance-tree", "reward-network", "paper-a5", "paper-a6",
                            "score-noise", "weak-gap", "weak-few"})  // pane 2
    all.push_back({std::string(scene) + "-2", scene, [](Session& s) {
                     s.view.time = 0;
                     s.panes.erase(s.panes.begin());
                   }});
  all.push_back({"layer-million", "two-modes", [](Session& s) {
                   s.view.time = 0;
                   s.view.trajectories.visible = false;
                   s.panes[0].particles.count = 1'000'000;
                   s.panes[0].schedule.steps = 16;
                 }});
  all.push_back({"layer-no-condition", "ring", [](Session& s) {
                   s.view.time = 0;
                   s.panes[0].condition = kUnconditional;
                   s.panes[0].guidance.clear();
                 }});
  return all;
}

Picture compute(const Engine& engine, const Session& session) {
  const Experiment& experiment = session.panes[0];
  const View& view = session.view;
  const auto mixture = resolve(experiment.distribution);
  const Plan plan = compile(experiment, mixture);
  Picture picture;
  picture.frame = engine.sample(plan, experiment.particles.count, {});
  picture.label = caption(session, 0, mixture->classes());
  const NoiseLevel level = cursorLevel(experiment.schedule, picture.frame->grid, view.time);
  picture.density = std::make_shared<const DensityField>(
      engine.density(*mixture, level, visibleGrid(view, level, kWidth, kHeight, kWidth / 2), {}));
  picture.target = std::make_shared<const TargetField>(
      targetField(engine, experiment, *mixture, visibleGrid(view, {}, kWidth, kHeight, kWidth / 2), {}));
  picture.truths = truthsOf(engine, experiment, mixture, view, visibleGrid(view, {}, kWidth, kHeight, kWidth / 2),
                            view.camera.height / kHeight * kPixelRatio, picture.frame);
  if (view.particles.marked >= 0)
    picture.record = particleRecord(engine, plan, picture.frame, view.particles.marked, {});
  picture.points = std::make_shared<const PointValues>(
      engine.pointValues(plan, *picture.frame, nearestStep(picture.frame->grid, view.time), {}));
  return picture;
}

int largestBlockDifference(const Image& a, const Image& b) {
  int largest = 0;
  for (int y = 0; y + 4 <= a.height; y += 4)
    for (int x = 0; x + 4 <= a.width; x += 4)
      for (int c = 0; c < 3; ++c) {
        int sum = 0;
        for (int j = 0; j < 4; ++j)
          for (int i = 0; i < 4; ++i) {
            const std::size_t at =
                (std::size_t(y + j) * std::size_t(a.width) + std::size_t(x + i)) * 4 + std::size_t(c);
            sum += int(a.rgba[at]) - int(b.rgba[at]);
          }
        largest = std::max(largest, std::abs(sum) / 16);
      }
  return largest;
}

class Golden : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() {
    context = new gl::Context(gl::Context::surfaceless());
    renderer = new Renderer;
    engine = makeCpuEngine().release();
  }
  static void TearDownTestSuite() {
    delete engine;
    delete renderer;
    delete context;
  }
  static inline gl::Context* context;
  static inline Renderer* renderer;
  static inline Engine* engine;
};

TEST_P(Golden, LooksAsApproved) {
  Session session = completed(scenePreset(GetParam().scene), "").session;
  GetParam().change(session);
  const Image image{kWidth, kHeight,
                    renderToRgba(*renderer, compute(*engine, session), session.view, kWidth, kHeight, kPixelRatio)};
  const std::string file = GetParam().name + ".png",
                    golden = std::string(GS_SOURCE_DIR) + "/tests/golden/images/" + file;
  if (const char* update = std::getenv("GS_UPDATE_GOLDEN"); update && std::string(update) == "1") {
    std::filesystem::create_directories(std::filesystem::path(golden).parent_path());
    writePng(image, golden, "");
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(golden)) << golden << " is missing; see the head of this file";
  const Image approved = readPng(golden).image;
  ASSERT_EQ(approved.rgba.size(), image.rgba.size());
  const int block = largestBlockDifference(image, approved);
  const double mean = compare(image, approved).mean;
  if (block <= kMaxBlock && mean <= kMaxMean) return;
  Image difference = image;
  for (std::size_t i = 0; i < difference.rgba.size(); ++i)
    difference.rgba[i] =
        i % 4 == 3 ? 255 : std::uint8_t(std::min(255, 8 * std::abs(int(image.rgba[i]) - int(approved.rgba[i]))));
  const std::string folder = std::string(GS_BINARY_DIR) + "/golden/";
  std::filesystem::create_directories(folder);
  writePng(image, folder + file, "");
  writePng(approved, folder + "approved-" + file, "");
  writePng(difference, folder + "difference-" + file, "");
  FAIL() << file << ": 4x4 blocks differ by up to " << block << " (allowed " << kMaxBlock << "), bytes by " << mean
         << " on average (allowed " << kMaxMean << "); see " << folder;
}

INSTANTIATE_TEST_SUITE_P(Pictures, Golden, testing::ValuesIn(cases()), [](const auto& i) {
  std::string name = i.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace gs
