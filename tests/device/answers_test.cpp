// What crosses from the OpenGL engine's device: counts, sums, and what is asked for.
#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "device/checked.h"
#include "engine/cpu_engine.h"
#include "engine/scenes.h"
#include "shaders/shared.h"
#include "truth/probe.h"

namespace gs {
namespace {

using namespace test;
using namespace device;

TEST(GlAnswers, ReadsBackACountAndWhatIsAskedFor) {
  const auto mixture = ring(5);
  const auto gl = engine();
  const Plan plan = compile(experiment(mixture), mixture);
  const auto first = gl->sample(plan, 3000, {});
  EXPECT_TRUE(first->x.empty());
  EXPECT_EQ(first->transfers.readBack, sizeof(shader::DeviceLostHead));
  const std::size_t table = plan.models[0].rows->size() * sizeof(ComponentRow);
  EXPECT_GT(first->transfers.uploaded, table);
  // The same tables again: only weights and steps cross.
  Experiment e = *plan.experiment;
  e.guidance[0].omega = 3;
  const auto second = gl->sample(compile(e, mixture, &plan), 3000, {});
  EXPECT_LT(second->transfers.uploaded + table, first->transfers.uploaded + 100);
  EXPECT_EQ(second->read(3, 17).size(), 34u);
  const auto host = engine({.readBack = true})->sample(plan, 3000, {});
  EXPECT_EQ(host->device, nullptr);
  EXPECT_EQ(host->x.size(), 17u * 3000 * 2);
  EXPECT_EQ(host->transfers.readBack, sizeof(shader::DeviceLostHead) + host->x.size() * sizeof(float));
  EXPECT_EQ(difference(*host, *first), 0);
}

TEST(GlAnswers, ReadsOfOneParticleItsOwnPlacesAndNothingElse) {
  const auto mixture = ring(5);
  const auto gl = engine({.largestBlock = 50'000});  // rows in several blocks
  const Plan plan = compile(experiment(mixture), mixture);
  const auto frame = gl->sample(plan, 1000, {});
  const auto before = gl->transfers().readBack;
  const std::vector<float> path = frame->path(777);
  EXPECT_EQ(gl->transfers().readBack - before, 17u * 2 * sizeof(float));
  ASSERT_EQ(path.size(), 34u);
  for (int row = 0; row < 17; ++row) {
    const HostRow all = frame->read(row);
    EXPECT_EQ(path[2 * std::size_t(row)], all[1554]);
    EXPECT_EQ(path[2 * std::size_t(row) + 1], all[1555]);
  }
  const auto host = engine({.readBack = true})->sample(plan, 1000, {});
  EXPECT_EQ(host->path(777), path);
  expectSilence(*gl);
}

TEST(GlAnswers, AddsUpSamplesAsTheHostDoes) {
  const auto gl = engine();
  struct Case {
    std::shared_ptr<const Mixture> mixture;
    int condition, count;
    double omega;
  };
  // Parts for every component; one part for a law of many; no condition; particles far away, with a large 1/p(c|x).
  for (const Case& c : {Case{ring(7, 2), 1, 5000, 1.5}, Case{ring(80, 2), 0, 1000, 1.5},
                        Case{ring(6, 3), kUnconditional, 700, 0}, Case{ring(5, 2), 0, 1500, -0.9}}) {
    Experiment e = experiment(c.mixture);
    e.condition = c.condition;
    e.guidance[0].omega = c.omega;
    e.particles.count = c.count;
    const auto frame = gl->sample(compile(e, c.mixture), c.count, {});
    const auto before = gl->transfers();
    const auto there = gl->sums(*frame, {});
    ASSERT_TRUE(there);
    const std::size_t sums = there->parts.size() * GS_PART_SUMS + GS_OTHER_SUMS;
    EXPECT_EQ(gl->transfers().readBack - before.readBack, sums * sizeof(shader::DeviceSum));
    const SampleSums here = sampleSums(*c.mixture, c.condition, frame->read(frame->rows() - 1));
    // A few particles may be nearer to another component, or on the other side of a bound, in single precision.
    EXPECT_EQ(there->samples, here.samples);
    EXPECT_EQ(there->samples + there->lost, c.count);
    EXPECT_NEAR(there->correct, here.correct, 1);
    EXPECT_EQ(there->overflowed, here.overflowed);
    const auto near = [&](double a, double b, double scale) { EXPECT_NEAR(a, b, 2e-5 * scale) << c.count; };
    near(there->log, here.log, c.count * 0.1 - here.log);
    near(there->logSquares, here.logSquares, c.count * 0.1 + here.logSquares);
    near(there->inverse, here.inverse, here.inverse);
    near(there->inverseSquares, here.inverseSquares, 2 * here.inverseSquares);
    near(there->smallestLog, here.smallestLog, 1 - here.smallestLog);
    std::map<int, const SampleSums::Part*> parts;
    for (const SampleSums::Part& p : there->parts) parts[p.component] = &p;
    for (const SampleSums::Part& p : here.parts) {
      ASSERT_TRUE(parts.count(p.component));
      const SampleSums::Part& q = *parts[p.component];
      EXPECT_NEAR(q.count, p.count, 1);
      EXPECT_NEAR(q.outliers, p.outliers, 1);
      if (q.count != p.count) continue;
      for (std::size_t i = 0; i < p.powers.size(); ++i) {
        // The even powers say how large the terms of the odd ones are.
        const double size = i < 2 ? p.count : i < 5 ? p.powers[2] + p.powers[4] : p.powers[9] + p.powers[13] + p.count;
        near(q.powers[i], p.powers[i], size);
      }
    }
    expectSilence(*gl);
  }
}

TEST(GlAnswers, ManyLikeTermsAreNotRoundedAway) {
  // 2^17 numbers near 1: one after another in single precision they would be off by a hundred.
  const auto mixture = ring(2, 2);
  Experiment e = experiment(mixture, SolverKind::Euler, 1);
  e.particles.count = 1 << 17;
  const auto gl = engine();
  const auto frame = gl->sample(compile(e, mixture), e.particles.count, {});
  const auto there = gl->sums(*frame, {});
  ASSERT_TRUE(there);
  EXPECT_EQ(there->samples, e.particles.count);
  const SampleSums here = sampleSums(*mixture, 0, frame->read(frame->rows() - 1));
  EXPECT_NEAR(there->inverse / here.inverse, 1, 1e-6);
  EXPECT_NEAR(there->parts[0].powers[2] / here.parts[0].powers[2], 1, 1e-6);
}

TEST(GlAnswers, CountsWhatIsOutsideTheView) {
  const auto mixture = ring(7, 2);
  Experiment e = experiment(mixture);
  const auto gl = engine();
  const auto frame = gl->sample(compile(e, mixture), 3000, {});
  for (const double time : {1., 0.37, 0.})
    for (const bool normalised : {false, true}) {
      const RowsAt at = rowsAt(*frame, time, normalised);
      const Vec2 middle(0.3, -0.2), reach(1.1, 1.4);
      const HostRow a = frame->read(at.row), b = frame->read(at.next);
      int outside = 0;
      for (std::size_t i = 0; i < a.size(); i += 2) {
        const Vec2 d = glm::abs(at.here * Vec2(a[i], a[i + 1]) + at.there * Vec2(b[i], b[i + 1]) - middle);
        outside += d.x > reach.x || d.y > reach.y;
      }
      EXPECT_GT(outside, 100);
      const auto before = gl->transfers().readBack;
      const auto there = gl->outside(*frame, at, middle, reach);
      ASSERT_TRUE(there);
      EXPECT_NEAR(there->count, outside, 1);
      EXPECT_EQ(there->of, 3000);
      EXPECT_EQ(gl->transfers().readBack - before, 4u);
    }
  expectSilence(*gl);
  // Of another engine's frame it knows nothing, and neither does one without a device.
  EXPECT_FALSE(engine()->outside(*frame, {}, {}, {}));
  EXPECT_FALSE(makeCpuEngine(1)->sums(*frame, {}));
}

// The same numbers, all of them on the host.
Frame hostCopy(const Frame& frame) {
  Frame host = frame;
  host.device = nullptr;
  for (int row = 0; row < frame.rows(); ++row) {
    const HostRow x = frame.read(row);
    host.x.insert(host.x.end(), x.begin(), x.end());
  }
  return host;
}

TEST(GlAnswers, WhatIsOutlinedAndClickedIsFoundWithoutReadingRows) {
  const auto mixture = ring(7, 2);
  constexpr int kCount = 20'011;  // no multiple of a group
  Experiment e = experiment(mixture, SolverKind::Euler, 6);
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.sigmaMax = 3;
  const auto gl = engine({.largestBlock = 400'000});
  const auto frame = gl->sample(compile(e, mixture), kCount, {});
  const Frame host = hostCopy(*frame);
  const auto cpuEngine = makeCpuEngine(1);
  const std::vector<Vec2> star{{1, 0}, {0.2, 0.1}, {-0.3, 1.4}, {-0.4, 0}, {-2, -0.7}, {0.1, -0.2}},
      crossing{{-1, -1}, {1, 1}, {1, -1}, {-1, 1}}, away{{90, 90}, {91, 90}, {90, 91}};
  // Through places of particles, where single precision does not know on which side they are.
  const HostRow last = frame->read(frame->rows() - 1, 12);
  std::vector<Vec2> touching;
  for (std::size_t i = 0; i < 24; i += 2) touching.push_back(Vec2(last[i], last[i + 1]));
  const std::size_t marks = (kCount + 63) / 64 * 8;
  std::size_t found = 0;
  for (const double time : {1., 0.37, 0.})
    for (const bool normalised : {false, true})
      for (const auto& outline : {star, crossing, touching, away}) {
        const auto here = chosenParticles(*cpuEngine, host, time, normalised, outline, 0, {});
        const auto before = gl->transfers().readBack;
        EXPECT_EQ(chosenParticles(*gl, *frame, time, normalised, outline, 0, {}), here);
        EXPECT_LE(gl->transfers().readBack - before, marks + 16 * (here.size() + 2 * outline.size()));
        found += here.size();
      }
  EXPECT_GT(found, 3000u);
  EXPECT_LT(found, 24u * kCount / 4);
  for (const Vec2 at : {Vec2(0.5, 1.1), Vec2(1.9, 0.1), Vec2(50, 50)})
    for (const double reach : {0.003, 0.05}) {
      const auto here = chosenParticles(*cpuEngine, host, 0.2, true, std::span(&at, 1), reach, {});
      EXPECT_LE(here.size(), 1u);
      const auto before = gl->transfers().readBack;
      EXPECT_EQ(chosenParticles(*gl, *frame, 0.2, true, std::span(&at, 1), reach, {}), here);
      EXPECT_LT(gl->transfers().readBack - before, marks + 16 * kCount / 20);
    }
  expectSilence(*gl);
}

TEST(GlAnswers, AGroupReadsItsOwnParticles) {
  const auto mixture = ring(5);
  const auto gl = engine({.largestBlock = 50'000});  // a few rows a block
  const auto frame = gl->sample(compile(experiment(mixture), mixture), 2000, {});
  const Frame host = hostCopy(*frame);
  std::vector<int> particles;
  for (int i = 3; i < 2000; i += 17) particles.push_back(i);
  std::swap(particles.front(), particles.back());  // in any order
  particles.push_back(2000);                       // of a larger answer than this one
  for (const bool normalised : {false, true}) {
    const Group a = groupOf(host, particles, 0.41, normalised);
    const auto before = gl->transfers().readBack;
    const Group b = groupOf(*frame, particles, 0.41, normalised);
    EXPECT_EQ(gl->transfers().readBack - before, 3 * 8 * (particles.size() - 1));
    EXPECT_EQ(a.particles, b.particles);
    EXPECT_EQ(a.x, b.x);
    EXPECT_EQ(a.mean, b.mean);
    EXPECT_EQ(a.endMean, b.endMean);
    EXPECT_EQ(a.covariance.xy, b.covariance.xy);
    EXPECT_EQ(a.endCovariance.yy, b.endCovariance.yy);
    EXPECT_EQ(a.classPosterior, b.classPosterior);
    EXPECT_EQ(a.endPosterior, b.endPosterior);
    EXPECT_GT(a.endPosterior, 0);
  }
  expectSilence(*gl);
}

TEST(GlAnswers, AMarkedParticleReadsTwoPaths) {
  const auto mixture = ring(5);
  const auto gl = engine();
  const Plan plan = compile(experiment(mixture), mixture);
  const auto frame = gl->sample(plan, 3000, {});
  const auto before = gl->transfers().readBack;
  const auto record = particleRecord(*gl, plan, frame, 2777, {});
  EXPECT_EQ(gl->transfers().readBack - before, 2 * 17 * 8 + sizeof(shader::DeviceLostHead));
  Experiment plain = *plan.experiment;
  plain.guidance.clear();
  EXPECT_EQ(record->twin, gl->sample(compile(plain, mixture), 3000, {})->path(2777));
  EXPECT_EQ(record->x, frame->path(2777));
  expectSilence(*gl);
}

}  // namespace
}  // namespace gs
