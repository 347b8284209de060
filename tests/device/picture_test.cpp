// Pictures drawn from what the OpenGL engine has left on the device against those from the CPU engine's frames.
#include <epoxy/gl.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "data/distributions.h"
#include "engine/cpu_engine.h"
#include "engine/gl_engine.h"
#include "gl/debug.h"
#include "render/offscreen.h"
#include "shaders/shared.h"

namespace gs {
namespace {

class Device : public testing::Test {
 protected:
  gl::Context context_ = gl::Context::surfaceless(true);
  gl::DebugLog log_;
  std::unique_ptr<GlEngine> gl_ = make({});
  std::unique_ptr<Engine> cpu_ = makeCpuEngine(2);
  Renderer renderer_;

  std::unique_ptr<GlEngine> make(GlOptions options) const {
    options.checked = true;
    return makeGlEngine([this] { return gl::Context::shared(context_); }, std::move(options));
  }
  void TearDown() override {
    for (const std::string& m : log_.take()) ADD_FAILURE() << m;
    for (const std::string& m : gl_->messages()) ADD_FAILURE() << m;
  }
  static Experiment experiment(const std::string& name = "two-moons") {
    Experiment e;
    e.distribution.kind = DistributionKind::Preset;
    e.distribution.name = name;
    e.guidance = {Term{}};
    e.schedule.steps = 24;
    e.particles.count = 700;
    return e;
  }
  static View view() {
    View v;
    v.density.visible = v.target.visible = v.axes.visible = false;
    v.camera.height = 5;
    v.time = 0.35;  // between two steps
    return v;
  }
  std::vector<std::uint8_t> draw(const Engine& engine, const Experiment& e, const View& v) {
    const Plan plan = compile(e, resolve(e.distribution));
    Picture p;
    p.frame = engine.sample(plan, e.particles.count, {});
    if (v.particles.color == ParticleColor::ClassPosterior || v.particles.color == ParticleColor::PushSize)
      p.points = std::make_shared<const PointValues>(
          engine.pointValues(plan, *p.frame, nearestStep(p.frame->grid, v.time), {}));
    return renderToRgba(renderer_, p, v, 320, 240);
  }
  // The share of channels that differ by more than a few steps of 256.
  static double difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    int n = 0;
    for (std::size_t i = 0; i < a.size(); ++i) n += std::abs(int(a[i]) - int(b[i])) > 6;
    return double(n) / double(a.size());
  }
  static bool empty(const std::vector<std::uint8_t>& a) {
    for (std::size_t i = 4; i < a.size(); ++i)
      if (a[i] != a[i % 4]) return false;
    return true;
  }
};

TEST_F(Device, DrawsPathsAndParticlesAsFromTheHost) {
  const Experiment e = experiment();
  View v = view();
  const auto host = draw(*cpu_, e, v);
  EXPECT_FALSE(empty(host));
  EXPECT_LT(difference(draw(*gl_, e, v), host), 1e-3);
  v.trajectories.visible = false;
  EXPECT_GT(difference(draw(*cpu_, e, v), host), 0.01);  // so that the comparison means something
  v.particles.visible = false;
  v.guidedDensity.visible = true;
  EXPECT_LT(difference(draw(*gl_, e, v), draw(*cpu_, e, v)), 1e-3);
}

TEST_F(Device, DrawsTheDensityWhereItWasEvaluated) {
  View v = view();
  v.density.visible = true;
  v.trajectories.visible = v.particles.visible = false;
  for (const char* name : {"two-moons", "letters"})
    for (const int condition : {kUnconditional, 1})
      for (const bool perClass : {true, false}) {
        Experiment e = experiment(name);
        e.condition = condition;
        e.particles.count = 10;
        v.density.perClass = perClass;
        const auto mixture = resolve(e.distribution);
        const NoiseLevel level{0.8, 0.3};
        const FieldGrid grid = visibleGrid(v, level, 320, 240, 100);
        Picture there, here;
        there.frame = here.frame = gl_->sample(compile(e, mixture), 10, {});
        there.density = std::make_shared<const DensityField>(gl_->shownDensity(*mixture, level, grid, {}));
        here.density = std::make_shared<const DensityField>(cpu_->density(*mixture, level, grid, {}));
        ASSERT_TRUE(there.density->device);
        EXPECT_TRUE(there.density->logJoint.empty());
        std::vector<float> numbers(here.density->logJoint.size());
        const Transfers before = gl_->transfers();
        const auto image = renderToRgba(renderer_, there, v, 320, 240);
        EXPECT_EQ(gl_->transfers(), before);  // nothing crossed for the picture
        EXPECT_FALSE(empty(image));
        EXPECT_LT(difference(image, renderToRgba(renderer_, here, v, 320, 240)), 1e-3) << name << condition;
        there.density->device->read(0, numbers.size() * sizeof(float), numbers.data());
        for (std::size_t i = 0; i < numbers.size(); i += 7)
          ASSERT_NEAR(numbers[i], here.density->logJoint[i], 2e-5 * (1 + std::abs(here.density->logJoint[i])));
      }
}

TEST_F(Device, DrawingAnAnswerReadsNothingBack) {
  Experiment e = experiment("two-modes");
  View v = view();
  v.density.visible = true;
  const Plan plan = compile(e, resolve(e.distribution));
  Picture p;
  p.frame = gl_->sample(plan, e.particles.count, {});
  EXPECT_EQ(p.frame->transfers.readBack, sizeof(shader::DeviceLostHead));  // how many blew up
  p.density = std::make_shared<const DensityField>(
      gl_->shownDensity(*plan.mixture, {1, 0}, visibleGrid(v, {1, 0}, 320, 240, 160), {}));
  p.points = std::make_shared<const PointValues>(gl_->pointValues(plan, *p.frame, 24, {}));
  p.outside = gl_->outside(*p.frame, rowsAt(*p.frame, v.time, false), {}, {2, 2});
  v.guidedDensity.visible = true;
  v.axes.visible = true;
  for (const ParticleColor color :
       {ParticleColor::Guided, ParticleColor::ClassPosterior, ParticleColor::PushSize, ParticleColor::Origin}) {
    v.particles.color = color;
    const Transfers before = gl_->transfers();
    EXPECT_FALSE(empty(renderToRgba(renderer_, p, v, 320, 240)));
    EXPECT_EQ(gl_->transfers(), before) << int(color);
  }
}

// While something moves fewer paths with fewer points and a coarser density are drawn: no other ones.
TEST_F(Device, WhatStaysWhileMovingDoesNotJump) {
  Experiment e = experiment("two-modes");
  e.schedule.steps = 64;
  const Plan plan = compile(e, resolve(e.distribution));
  for (const Engine* engine : {cpu_.get(), static_cast<Engine*>(gl_.get())}) {
    Picture p;
    p.frame = engine->sample(plan, e.particles.count, {});
    View v = view();
    v.particles.visible = false;
    v.trajectories.count = 400;
    v.trajectories.opacity = 1;
    v.time = 0;
    const auto image = [&](Quality quality) { return renderToRgba(renderer_, p, v, 320, 240, 1, quality); };
    const auto full = image(Quality::full()), thin = image({.trajectories = 60, .everyNthStep = 1}),
               coarse = image({.trajectories = 60, .everyNthStep = 4});
    v.trajectories.visible = false;
    const auto bare = image(Quality::full());
    const auto inked = [&](const std::vector<std::uint8_t>& a, std::size_t i, int least) {
      return std::abs(a[i] - bare[i]) + std::abs(a[i + 1] - bare[i + 1]) + std::abs(a[i + 2] - bare[i + 2]) > least;
    };
    int ofThin = 0, ofFull = 0, missing = 0, moved = 0;
    for (std::size_t i = 0; i < bare.size(); i += 4) {
      ofFull += inked(full, i, 24);
      ofThin += inked(thin, i, 24);
      missing += inked(thin, i, 24) && !inked(full, i, 6);
      moved += inked(coarse, i, 90) && !inked(thin, i, 6);
    }
    EXPECT_GT(ofThin, 500);
    EXPECT_LT(ofThin, ofFull / 2);
    EXPECT_EQ(missing, 0);          // a subset of the paths
    EXPECT_LT(moved, ofThin / 50);  // chords over four steps lie on them
  }
  View v = view();
  v.particles.visible = v.trajectories.visible = false;
  v.density.visible = true;
  const auto density = [&](int width) {
    Picture p;
    p.density = std::make_shared<const DensityField>(
        cpu_->density(*plan.mixture, {0.9, 0.2}, visibleGrid(v, {0.9, 0.2}, 320, 240, width), {}));
    return renderToRgba(renderer_, p, v, 320, 240);
  };
  const auto fine = density(160), half = density(80);
  int worst = 0;
  for (std::size_t i = 0; i < fine.size(); ++i) worst = std::max(worst, std::abs(int(fine[i]) - int(half[i])));
  EXPECT_LE(worst, 8);
  EXPECT_GT(difference(fine, renderToRgba(renderer_, Picture{}, v, 320, 240)), 0.1);
}

// One call draws all paths, of no more points than can be told apart, as from the host.
TEST_F(Device, PathsHaveTheLevelOfDetailOfTheHosts) {
  Experiment e = experiment();
  const Plan plan = compile(e, resolve(e.distribution));
  const auto onHost = cpu_->sample(plan, e.particles.count, {}), onDevice = gl_->sample(plan, e.particles.count, {});
  const auto triangles = [&](const std::shared_ptr<const Frame>& frame, double height, int paths) {
    Picture p;
    p.frame = frame;
    View v = view();
    v.particles.visible = false;
    v.trajectories.count = paths;
    v.camera.height = height;
    v.time = 0;
    GLuint query = 0, n = 0, without = 0;
    glGenQueries(1, &query);
    for (GLuint* count : {&n, &without}) {
      glBeginQuery(GL_PRIMITIVES_GENERATED, query);
      renderToRgba(renderer_, p, v, 320, 240);
      glEndQuery(GL_PRIMITIVES_GENERATED);
      glGetQueryObjectuiv(query, GL_QUERY_RESULT, count);
      v.trajectories.visible = false;
    }
    glDeleteQueries(1, &query);
    return int(n - without);
  };
  // 24 steps: three segments of eight, or one for every step.
  for (const auto& [height, segments] : {std::pair(4000., 3), std::pair(0.01, 24)}) {
    for (const int paths : {e.particles.count, e.particles.count / 2}) {  // also of fewer, and where one zooms
      EXPECT_EQ(triangles(onHost, height, paths), paths * segments * 2) << height;
      EXPECT_EQ(triangles(onDevice, height, paths), paths * segments * 2) << height;
    }
  }
  EXPECT_EQ(triangles(onDevice, 20, e.particles.count), triangles(onHost, 20, e.particles.count));
}

TEST_F(Device, AddsUpACrowd) {
  Experiment e = experiment("two-modes");
  e.schedule.steps = 3;
  e.particles.count = 60'000;
  View v = view();
  v.trajectories.visible = false;
  v.time = 0;
  const auto host = draw(*cpu_, e, v);
  EXPECT_LT(difference(draw(*gl_, e, v), host), 5e-3);
  // Not a patch of one colour: many strengths of it, and still something where few particles are.
  std::set<int> strengths;
  for (std::size_t i = 0; i < host.size(); i += 4) strengths.insert(host[i]);
  EXPECT_GT(strengths.size(), 60u);
  v.particles.color = ParticleColor::ClassPosterior;
  const auto colored = draw(*cpu_, e, v);
  EXPECT_GT(difference(colored, host), 0.02);
  EXPECT_LT(difference(draw(*gl_, e, v), colored), 0.01);
}

TEST_F(Device, DrawsFromSeveralBlocks) {
  gl_ = make({.largestBlock = 15000});  // two rows a block
  EXPECT_LT(difference(draw(*gl_, experiment(), view()), draw(*cpu_, experiment(), view())), 1e-3);
}

TEST_F(Device, DrawsEveryColourAsFromTheHost) {
  Experiment e = experiment("letters");
  e.condition = 1;
  View v = view();
  v.trajectories.visible = false;
  v.particles.size = 6;
  const auto plain = draw(*cpu_, e, v);
  for (const ParticleColor color : {ParticleColor::ClassPosterior, ParticleColor::PushSize, ParticleColor::Origin})
    for (const double time : {0.9, 0.35, 0.}) {  // at 1 all classes are alike, and rounding picks the marker
      v.particles.color = color;
      v.time = time;
      const auto host = draw(*cpu_, e, v);
      EXPECT_GT(difference(host, plain), 0.002) << int(color);
      EXPECT_LT(difference(draw(*gl_, e, v), host), 2e-3) << int(color) << " at " << time;
    }
}

TEST_F(Device, DrawsWhatLeftTheNumbersAtTheBorder) {
  Experiment e = experiment();
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.sigmaMax = 3e38;
  e.schedule.steps = 4;
  e.guidance[0].omega = 20;
  e.start = Start::Gaussian;
  View v = view();
  v.time = 0;
  const auto host = draw(*cpu_, e, v);
  EXPECT_FALSE(empty(host));
  EXPECT_LT(difference(draw(*gl_, e, v), host), 0.01);
}

TEST_F(Device, DrawsBetweenTheStepsThatAreStored) {
  // Straight lines between stored steps: with every fourth one the picture is nearly that of all of them.
  const Experiment e = experiment();
  View v = view();
  v.trajectories.visible = false;
  v.guidedDensity.visible = true;
  gl_ = make({.memoryBudget = 2 * 7 * 6144});
  const Plan plan = compile(e, resolve(e.distribution));
  EXPECT_EQ(gl_->sample(plan, e.particles.count, {})->stored, (std::vector<int>{0, 4, 8, 12, 16, 20, 24}));
  EXPECT_LT(difference(draw(*gl_, e, v), draw(*cpu_, e, v)), 0.03);
  gl_ = make({.memoryBudget = 1});
  EXPECT_EQ(gl_->sample(plan, e.particles.count, {})->stored, std::vector<int>{24});
  v.trajectories.visible = true;  // there are none of one row
  v.time = 0;
  View last = v;
  last.trajectories.visible = false;
  EXPECT_LT(difference(draw(*gl_, e, v), draw(*cpu_, e, last)), 1e-3);
}

TEST_F(Device, ValuesOfParticlesAreTheHosts) {
  constexpr int kCount = 100;
  for (const char* name : {"two-moons", "letters", "tree"})
    for (const ScheduleKind kind : {ScheduleKind::Flow, ScheduleKind::VpLinear}) {
      Experiment e = experiment(name);
      e.schedule.kind = kind;
      e.particles.count = kCount;
      const Plan plan = compile(e, resolve(e.distribution));
      const auto frame = gl_->sample(plan, kCount, {});
      Frame host = *frame;
      for (int row = 0; row < frame->rows(); ++row) {
        const HostRow x = frame->read(row);
        host.x.insert(host.x.end(), x.begin(), x.end());
      }
      host.device = nullptr;
      for (const int step : {0, 7, 23, 24}) {
        const PointValues here = gl_->pointValues(plan, *frame, step, {}),
                          there = cpu_->pointValues(plan, host, step, {});
        ASSERT_TRUE(here.device);
        ASSERT_EQ(here.classes, there.classes);
        std::vector<shader::DevicePoint> points(kCount);
        here.device->read(0, points.size() * sizeof points[0], points.data());
        std::vector<float> pushes = there.push;
        EXPECT_NEAR(here.pushScale, pushScaleOf(pushes), 1e-3 * (1 + here.pushScale)) << name << " step " << step;
        for (std::size_t i = 0; i < std::size_t(kCount); ++i) {
          EXPECT_NEAR(points[i].push, there.push[i], 2e-3 * (1 + there.push[i])) << name << " step " << step;
          float hues[5] = {};
          for (int c = 0; c < there.classes; ++c)
            hues[c % 5] += there.classPosterior[i * std::size_t(there.classes) + std::size_t(c)];
          for (int h = 0; h < 5; ++h) {
            const unsigned byte = h < 4 ? points[i].weights >> (8 * h) & 255 : points[i].last & 255;
            EXPECT_NEAR(byte / 255.f, hues[h], 0.003) << name << " step " << step;
          }
          const unsigned best = points[i].last >> 8;
          const float* p = &there.classPosterior[i * std::size_t(there.classes)];
          ASSERT_LT(int(best), there.classes);
          EXPECT_NEAR(p[best], *std::max_element(p, p + there.classes), 1e-3);
        }
      }
    }
}

}  // namespace
}  // namespace gs
