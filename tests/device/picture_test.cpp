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
  gl::Context context_ = gl::Context::surfaceless();
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
