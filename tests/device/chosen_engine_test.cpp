// Choosing the engine and going on without it.
#include "engine/chosen_engine.h"

#include <atomic>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "truth/live.h"
#include "engine/scenes.h"

namespace gs {
namespace {

using namespace test;

class Chosen : public testing::Test {
 protected:
  std::shared_ptr<const Mixture> mixture_ = ring(5);
  Plan plan_ = compile(experiment(mixture_), mixture_);
  std::string faultAt_;
  std::exception_ptr fault_ = std::make_exception_ptr(DeviceError("the OpenGL context was lost"));
  std::mutex mutex_;
  std::vector<std::string> said_;
  int made_ = 0;

  std::shared_ptr<ChosenEngine> engine(EngineChoice choice, GlOptions options = {}) {
    options.fault = [this](std::string_view place) {
      if (place == faultAt_) std::rethrow_exception(fault_);
    };
    return std::make_shared<ChosenEngine>(
        choice,
        [this, options](bool hardware) {
          ++made_;
          GlOptions wanted = options;
          wanted.hardware = hardware;
          return makeGlEngine([] { return gl::Context::surfaceless(); }, wanted);
        },
        [this](const std::string& text) {
          std::lock_guard lock(mutex_);
          said_.push_back(text);
        });
  }
};

TEST_F(Chosen, NamesAreThoseOfTheCommandLine) {
  for (const EngineChoice c : {EngineChoice::Auto, EngineChoice::Cpu, EngineChoice::OpenGl})
    EXPECT_EQ(engineChoice(nameOf(c)), c);
  EXPECT_EQ(engineChoice("gpu"), std::nullopt);
}

TEST_F(Chosen, TheCpuNeedsNoOpenGl) {
  const auto e = engine(EngineChoice::Cpu);
  EXPECT_EQ(e->sample(plan_, 50, {})->device, nullptr);
  EXPECT_EQ(e->name(), "cpu");
  EXPECT_EQ(made_, 0);
}

TEST_F(Chosen, AutoTakesHardwareOnly) {
  const bool software = makeGlEngine([] { return gl::Context::surfaceless(); })->software();
  const auto e = engine(EngineChoice::Auto);
  const auto frame = e->sample(plan_, 50, {});
  EXPECT_EQ(frame->device == nullptr, software);
  EXPECT_EQ(e->name(), software ? "cpu" : "opengl");
  e->sample(plan_, 50, {});
  EXPECT_EQ(made_, 1);  // decided once
  EXPECT_TRUE(said_.empty());
}

TEST_F(Chosen, OpenGlIsUsedEvenInSoftwareWhenAskedFor) {
  const auto e = engine(EngineChoice::OpenGl);
  EXPECT_NE(e->sample(plan_, 50, {})->device, nullptr);
  EXPECT_EQ(e->name(), "opengl");
  EXPECT_NE(e->description().find("OpenGL"), std::string::npos);
  e->choose(EngineChoice::Cpu);
  EXPECT_EQ(e->sample(plan_, 50, {})->device, nullptr);
  EXPECT_EQ(e->name(), "cpu");
  e->choose(EngineChoice::OpenGl);
  EXPECT_NE(e->sample(plan_, 50, {})->device, nullptr);
  EXPECT_EQ(made_, 1);
}

TEST_F(Chosen, EveryFaultIsSaidOnceAndTheCpuGoesOn) {
  for (const char* place : {"compile", "dispatch", "allocate"}) {
    said_.clear();
    faultAt_ = place;
    const auto e = engine(EngineChoice::OpenGl);
    for (int i = 0; i < 3; ++i) {
      const auto frame = e->sample(plan_, 50, {});
      ASSERT_NE(frame, nullptr);
      EXPECT_EQ(frame->device, nullptr);
    }
    ASSERT_EQ(said_.size(), 1u) << place;
    EXPECT_NE(said_[0].find("the OpenGL context was lost. The CPU engine"), std::string::npos) << said_[0];
    EXPECT_EQ(e->name(), "cpu");
    // Asked for again, it is made anew.
    faultAt_.clear();
    e->choose(EngineChoice::OpenGl);
    EXPECT_NE(e->sample(plan_, 50, {})->device, nullptr) << place;
  }
  faultAt_ = "allocate";
  fault_ = std::make_exception_ptr(std::bad_alloc());
  said_.clear();
  EXPECT_EQ(engine(EngineChoice::OpenGl)->sample(plan_, 50, {})->device, nullptr);
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("not enough memory"), std::string::npos) << said_[0];
}

TEST_F(Chosen, RealFaultsAreSaidInWords) {
  struct Case {
    GlOptions options;
    const char* words;
  };
  GlOptions broken, full, lost;
  broken.shaderText = "int broken = undeclared;\n";  // the driver's compiler finds it
  full.memoryBudget = 1 << 20;
  full.room = 1000;
  lost.resetStatus = [looks = 6]() mutable { return looks-- > 0 ? 0u : 0x8253u; };  // GL_GUILTY_CONTEXT_RESET
  for (const Case& c : {Case{broken, "shaders/block.comp:3: error"}, Case{full, "not enough memory"},
                        Case{lost, "the graphics driver was reset"}}) {
    said_.clear();
    const auto e = engine(EngineChoice::OpenGl, c.options);
    std::shared_ptr<const Frame> frame;
    for (int i = 0; i < 6; ++i) {
      frame = e->sample(plan_, 50, {});
      ASSERT_NE(frame, nullptr);
      EXPECT_EQ(frame->particles, 50);
    }
    EXPECT_EQ(frame->device, nullptr);
    ASSERT_EQ(said_.size(), 1u) << c.words;
    EXPECT_NE(said_[0].find(c.words), std::string::npos) << said_[0];
    EXPECT_NE(said_[0].find("The CPU engine"), std::string::npos) << said_[0];
  }
}

TEST_F(Chosen, AFrameWhoseDeviceIsGoneIsComputedAnew) {
  // The context is lost after the frame was computed: at its colours, its metrics, its count.
  GlOptions options;
  const auto lost = std::make_shared<std::atomic<bool>>(false);
  options.resetStatus = [lost] { return *lost ? 0x8254u : 0u; };  // GL_INNOCENT_CONTEXT_RESET
  const auto e = engine(EngineChoice::OpenGl, options);
  Live live(e, nullptr);
  LiveRequest r;
  r.experiment = experiment(mixture_);
  r.grid = {{-3, -3}, {3, 3}, 32, 24};
  live.want(r);
  live.waitSettled();
  LiveAnswer a = live.answer();
  ASSERT_TRUE(a.frame && a.frame->device);
  ASSERT_TRUE(a.density && a.density->device);
  ASSERT_TRUE(a.outside);
  EXPECT_EQ(a.outside->of, r.experiment.particles.count);
  *lost = true;
  r.wantPoints = true;  // nothing about the trajectories changes
  live.want(r);
  live.waitSettled();
  a = live.answer();
  EXPECT_EQ(a.error, "");
  EXPECT_EQ(a.frame->device, nullptr);
  EXPECT_FALSE(a.outside);
  EXPECT_EQ(a.density->device, nullptr);
  EXPECT_EQ(a.points->push.size(), std::size_t(r.experiment.particles.count));
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_EQ(said_[0], "The OpenGL engine stopped: the graphics driver was reset. The CPU engine goes on.");
}

TEST_F(Chosen, MetricsOfManyParticlesComeFromSums) {
  const auto e = engine(EngineChoice::OpenGl);
  Live live(e, nullptr);
  LiveRequest r;
  r.experiment = experiment(mixture_, SolverKind::Euler, 4);
  r.experiment.particles.count = 9000;
  live.want(r);
  live.waitSettled();
  const LiveAnswer a = live.answer();
  ASSERT_TRUE(a.frame && a.frame->device && a.metrics);
  // Not all positions came back: 4096 of them, the sums, and a few counts.
  EXPECT_LT(e->transfers().readBack, 4096u * 8 + 4000);
  const HostRow x = a.frame->read(a.frame->rows() - 1);
  const auto all = sampleMetrics(*mixture_, 0, x, r.experiment.particles.seed, 16, {});
  int compared = 0;
  for (const Metric& m : *a.metrics) {
    const bool own = m.name.find("_q") != std::string::npos || m.name.starts_with("energy");
    EXPECT_EQ(m.note.find("of the first") != std::string::npos, own) << m.name << ": " << m.note;
    for (const Metric& w : all)
      if (w.name == m.name && !own) {
        EXPECT_NEAR(m.value, w.value, 1e-4 * (1 + std::abs(w.value))) << m.name;
        EXPECT_NEAR(m.se, w.se, 1e-4 * (1 + w.se)) << m.name;
        ++compared;
      }
  }
  EXPECT_GT(compared, 15);
}

TEST_F(Chosen, WhatIsPointedAtReadsNoRows) {
  const auto e = engine(EngineChoice::OpenGl);
  Live live(e, nullptr), onHost(engine(EngineChoice::Cpu), nullptr);
  LiveRequest r;
  r.experiment = experiment(mixture_, SolverKind::Euler, 4);
  r.experiment.particles.count = 9000;
  r.wantMetrics = r.wantDensity = r.wantTarget = false;
  const auto settled = [&](Live& on) {
    on.want(r);
    on.waitSettled();
    return on.answer();
  };
  settled(live);
  settled(onHost);
  r.inspect.marked = 8123;
  r.inspect.outline = {{1.2, 0}, {2.2, -0.4}, {2.4, 0.3}};
  r.inspect.serial = 1;
  const auto before = e->transfers().readBack;
  const Inspected there = settled(live).inspected, here = settled(onHost).inspected;
  EXPECT_GT(there.chosen.size(), 20u);
  EXPECT_NEAR(double(there.chosen.size()), double(here.chosen.size()), 2);  // paths of single precision
  ASSERT_TRUE(there.record);
  EXPECT_EQ(there.record->particle, 8123);
  r.inspect.group = there.chosen;
  const Inspected grouped = settled(live).inspected;
  ASSERT_TRUE(grouped.group);
  EXPECT_EQ(grouped.group->particles, there.chosen);
  // And a click among them.
  const float* const x = grouped.group->x.data();
  r.inspect.outline = {{x[0], x[1]}};
  r.inspect.reach = 1e-6;
  r.inspect.serial = 2;
  EXPECT_EQ(settled(live).inspected.chosen, std::vector<int>{there.chosen.front()});
  EXPECT_LT(e->transfers().readBack - before, 9000u * 8 / 2) << "a row";
}

TEST_F(Chosen, AMissingOpenGlIsSaid) {
  ChosenEngine e(
      EngineChoice::Auto, [](bool) -> std::unique_ptr<GlEngine> { throw std::runtime_error("no driver"); },
      [this](const std::string& text) { said_.push_back(text); });
  EXPECT_NE(e.sample(plan_, 50, {}), nullptr);
  EXPECT_EQ(said_,
            std::vector<std::string>{"The OpenGL engine cannot be used: no driver. The CPU engine computes instead."});
}

TEST_F(Chosen, WhatOpenGlDoesNotSupportTheCpuComputes) {
  const auto e = engine(EngineChoice::OpenGl, {.largestBlock = 1000});
  EXPECT_TRUE(e->supports(plan_).ok);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(e->sample(plan_, 50, {})->device, nullptr);
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("component tables"), std::string::npos) << said_[0];
}

TEST_F(Chosen, ALiveSessionGoesOnThroughAFault) {
  const auto e = engine(EngineChoice::OpenGl);
  Live live(e, nullptr);
  LiveRequest r;
  r.experiment = experiment(mixture_);
  r.grid = {{-3, -3}, {3, 3}, 32, 24};
  r.wantPoints = true;
  live.want(r);
  live.waitSettled();
  LiveAnswer a = live.answer();
  EXPECT_EQ(a.error, "");
  ASSERT_TRUE(a.frame && a.points && a.metrics);
  EXPECT_TRUE(a.frame->device);
  EXPECT_TRUE(a.points->device);
  const auto metrics = a.metrics;
  faultAt_ = "dispatch";
  r.experiment.guidance[0].omega = 2.5;
  live.want(r);
  live.waitSettled();
  a = live.answer();
  EXPECT_EQ(a.error, "");
  EXPECT_EQ(a.frame->device, nullptr);
  EXPECT_EQ(a.frame->experiment->guidance[0].omega, 2.5);
  EXPECT_EQ(a.points->push.size(), 500u);
  EXPECT_NE(a.metrics, metrics);
  EXPECT_EQ(said_.size(), 1u);
}

}  // namespace
}  // namespace gs
