// The OpenGL engine: layouts as the driver sees them, rows kept in blocks and left out, blow-ups, faults.
#include <epoxy/gl.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "engine/cpu_engine.h"
#include "engine/gl_engine.h"
#include "gl/program.h"
#include "engine/reference.h"
#include "engine/scenes.h"
#include "shaders/shared.h"

namespace gs {
namespace {

using namespace test;

std::unique_ptr<GlEngine> engine(GlOptions options = {}) {
  options.checked = true;
  return makeGlEngine([] { return gl::Context::surfaceless(); }, std::move(options));
}
void expectSilence(const GlEngine& e) {
  for (const std::string& message : e.messages()) ADD_FAILURE() << message;
}
// The largest difference of two frames over the rows of the first, relative to the spread at that step.
double difference(const Frame& a, const Frame& b) {
  double worst = 0;
  for (int row = 0; row < a.rows(); ++row) {
    const HostRow x = a.read(row), y = b.read(b.rowNear(a.stepOf(row)));
    double error = 0, spread = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      error += (x[i] - y[i]) * (x[i] - y[i]);
      spread += y[i] * y[i];
    }
    worst = std::max(worst, error / spread);
  }
  return worst;
}

// ---- layouts ------------------------------------------------------------------------------------------------------

struct Member {
  std::string name;
  std::size_t offset, stride;
};
#define GS_MEMBER(Struct, array, member) \
  Member { array "[0]." #member, offsetof(shader::Struct, member), sizeof(shader::Struct) }
#define GS_UNIFORM(Struct, member) \
  Member { #member, offsetof(shader::Struct, member), 0 }

// A shader as the driver lays its blocks out.
struct Layout {
  gl::Program program;
  Layout(const char* asset, const char* defines = "") : program({asset}, defines) {}
  std::size_t property(GLenum interface, const std::string& name, GLenum what) const {
    const GLuint index = glGetProgramResourceIndex(program.id(), interface, name.c_str());
    EXPECT_NE(index, GL_INVALID_INDEX) << name;
    GLint value = -1;
    if (index != GL_INVALID_INDEX) glGetProgramResourceiv(program.id(), interface, index, 1, &what, 1, nullptr, &value);
    return std::size_t(value);
  }
  void storage(std::initializer_list<Member> members) const {
    for (const Member& m : members) {
      EXPECT_EQ(property(GL_BUFFER_VARIABLE, m.name, GL_OFFSET), m.offset) << m.name;
      EXPECT_EQ(property(GL_BUFFER_VARIABLE, m.name, GL_TOP_LEVEL_ARRAY_STRIDE), m.stride) << m.name;
    }
  }
  void uniforms(const std::string& block, std::size_t size, std::initializer_list<Member> members) const {
    for (const Member& m : members) EXPECT_EQ(property(GL_UNIFORM, m.name, GL_OFFSET), m.offset) << m.name;
    EXPECT_LE(property(GL_UNIFORM_BLOCK, block, GL_BUFFER_DATA_SIZE), (size + 15) / 16 * 16) << block;
  }
};

TEST(GlLayout, IsTheOneOfTheStructs) {
  gl::Context context = gl::Context::surfaceless();
  const Layout block("shaders/block.comp", "#define GS_GROUP 64\n");
  block.storage({GS_MEMBER(DevicePass, "passes", rows),
                 GS_MEMBER(DevicePass, "passes", groupA),
                 GS_MEMBER(DevicePass, "passes", components),
                 GS_MEMBER(DevicePass, "passes", firstUse),
                 GS_MEMBER(DevicePass, "passes", uses),
                 GS_MEMBER(DevicePass, "passes", bounds),
                 GS_MEMBER(DevicePass, "passes", leafRows),
                 GS_MEMBER(DevicePass, "passes", leavesA),
                 GS_MEMBER(DevicePass, "passes", leaves),
                 GS_MEMBER(DevicePass, "passes", reach),
                 GS_MEMBER(DevicePass, "passes", perLeaf),
                 GS_MEMBER(DevicePass, "passes", joint),
                 GS_MEMBER(DeviceUse, "uses", a),
                 GS_MEMBER(DeviceUse, "uses", b),
                 GS_MEMBER(DeviceUse, "uses", coefficient),
                 GS_MEMBER(DeviceStep, "steps", kind),
                 GS_MEMBER(DeviceStep, "steps", row),
                 GS_MEMBER(DeviceStep, "steps", now.firstPass),
                 GS_MEMBER(DeviceStep, "steps", now.passes),
                 GS_MEMBER(DeviceStep, "steps", now.gain),
                 GS_MEMBER(DeviceStep, "steps", mid.firstPass),
                 GS_MEMBER(DeviceStep, "steps", next.gain),
                 GS_MEMBER(DeviceStep, "steps", ratioNext),
                 GS_MEMBER(DeviceStep, "steps", decay),
                 GS_MEMBER(DeviceStep, "steps", noise),
                 GS_MEMBER(DeviceStep, "steps", blendNow),
                 GS_MEMBER(DeviceStep, "steps", blendOld),
                 GS_MEMBER(DeviceStep, "steps", heunNow),
                 GS_MEMBER(DeviceStep, "steps", heunNext),
                 GS_MEMBER(DeviceStep, "steps", logDecay),
                 GS_MEMBER(DeviceStep, "steps", alpha),
                 GS_MEMBER(DeviceStep, "steps", alphaNext),
                 GS_MEMBER(DeviceStart, "starts", meanX),
                 GS_MEMBER(DeviceStart, "starts", meanY),
                 GS_MEMBER(DeviceStart, "starts", l11),
                 GS_MEMBER(DeviceStart, "starts", l21),
                 GS_MEMBER(DeviceStart, "starts", l22),
                 GS_MEMBER(DeviceStart, "starts", below)});
  // The list of lost particles follows its head.
  const std::size_t head = sizeof(shader::DeviceLostHead);
  EXPECT_EQ(block.property(GL_BUFFER_VARIABLE, "lostHead.count", GL_OFFSET), offsetof(shader::DeviceLostHead, count));
  EXPECT_EQ(block.property(GL_BUFFER_VARIABLE, "lostHead.listed", GL_OFFSET), offsetof(shader::DeviceLostHead, listed));
  EXPECT_EQ(block.property(GL_BUFFER_VARIABLE, "lost[0].particle", GL_OFFSET),
            head + offsetof(shader::DeviceLost, particle));
  EXPECT_EQ(block.property(GL_BUFFER_VARIABLE, "lost[0].y", GL_OFFSET), head + offsetof(shader::DeviceLost, y));
  EXPECT_EQ(block.property(GL_BUFFER_VARIABLE, "lost[0].y", GL_TOP_LEVEL_ARRAY_STRIDE), sizeof(shader::DeviceLost));
  block.uniforms(
      "Run", sizeof(shader::Run),
      {GS_UNIFORM(Run, runSeed), GS_UNIFORM(Run, runFirst), GS_UNIFORM(Run, runCount), GS_UNIFORM(Run, runColumns),
       GS_UNIFORM(Run, runFrom), GS_UNIFORM(Run, runTo), GS_UNIFORM(Run, runStartRow), GS_UNIFORM(Run, runStarts),
       GS_UNIFORM(Run, runStartScale), GS_UNIFORM(Run, runStartShown), GS_UNIFORM(Run, runInfiniteX),
       GS_UNIFORM(Run, runInfiniteY), GS_UNIFORM(Run, runLastStep), GS_UNIFORM(Run, runLostMost),
       GS_UNIFORM(Run, runBegin), GS_UNIFORM(Run, runRemembers)});

  const Layout points("shaders/points.comp");
  points.storage({GS_MEMBER(DevicePoint, "points", weights), GS_MEMBER(DevicePoint, "points", last),
                  GS_MEMBER(DevicePoint, "points", push)});
  points.uniforms(
      "PointsAt", sizeof(shader::PointsAt),
      {GS_UNIFORM(PointsAt, pointsFirst), GS_UNIFORM(PointsAt, pointsEach), GS_UNIFORM(PointsAt, pointsPush),
       GS_UNIFORM(PointsAt, pointsScale), GS_UNIFORM(PointsAt, guidedFirst), GS_UNIFORM(PointsAt, guidedGain),
       GS_UNIFORM(PointsAt, mainGain), GS_UNIFORM(PointsAt, guidedShapes), GS_UNIFORM(PointsAt, pointsGeneral)});
  const Layout extents("shaders/extents.comp");
  extents.storage({GS_MEMBER(DeviceExtent, "extents", low), GS_MEMBER(DeviceExtent, "extents", high),
                   GS_MEMBER(DeviceExtent, "extents", full)});
  for (const char* asset : {"shaders/extents.comp", "shaders/field.comp"})
    Layout(asset).uniforms(
        "FieldAt", sizeof(shader::FieldAt),
        {GS_UNIFORM(FieldAt, fieldLoX), GS_UNIFORM(FieldAt, fieldStepY), GS_UNIFORM(FieldAt, fieldWidth),
         GS_UNIFORM(FieldAt, fieldHeight), GS_UNIFORM(FieldAt, fieldClasses), GS_UNIFORM(FieldAt, fieldFirst),
         GS_UNIFORM(FieldAt, fieldStride)});
  const Layout sums("shaders/sums.comp");
  sums.storage({GS_MEMBER(DevicePart, "parts", x), GS_MEMBER(DevicePart, "parts", y),
                GS_MEMBER(DevicePart, "parts", perScale), GS_MEMBER(DeviceSum, "totals", high),
                GS_MEMBER(DeviceSum, "totals", low), GS_MEMBER(DeviceSum, "totals", exponent)});
  sums.uniforms("SumsAt", sizeof(shader::SumsAt),
                {GS_UNIFORM(SumsAt, sumsFirst), GS_UNIFORM(SumsAt, sumsLast), GS_UNIFORM(SumsAt, sumsGroups),
                 GS_UNIFORM(SumsAt, sumsTotal), GS_UNIFORM(SumsAt, sumsClasses), GS_UNIFORM(SumsAt, sumsCondition),
                 GS_UNIFORM(SumsAt, sumsLawFirst), GS_UNIFORM(SumsAt, sumsLawLast), GS_UNIFORM(SumsAt, sumsParts)});
  Layout("shaders/outside.comp")
      .uniforms("OutsideAt", sizeof(shader::OutsideAt),
                {GS_UNIFORM(OutsideAt, outsideHere), GS_UNIFORM(OutsideAt, outsideThere),
                 GS_UNIFORM(OutsideAt, outsideMiddleX), GS_UNIFORM(OutsideAt, outsideReachY),
                 GS_UNIFORM(OutsideAt, outsideOf)});
}

// ---- rows ---------------------------------------------------------------------------------------------------------

TEST(StoredSteps, KeepTheLastAndAreEven) {
  EXPECT_TRUE(storedSteps(64, 65).empty());
  EXPECT_TRUE(storedSteps(1, 2).empty());
  EXPECT_EQ(storedSteps(64, 1), std::vector<int>{64});
  EXPECT_EQ(storedSteps(64, 2), (std::vector<int>{0, 64}));
  EXPECT_EQ(storedSteps(10, 4), (std::vector<int>{0, 4, 8, 10}));
  for (int steps = 1; steps <= 256; ++steps)
    for (long most = 1; most <= steps; ++most) {
      const std::vector<int> s = storedSteps(steps, most);
      ASSERT_FALSE(s.empty());
      EXPECT_LE(long(s.size()), most);
      EXPECT_EQ(s.back(), steps);
      EXPECT_TRUE(std::is_sorted(s.begin(), s.end(), std::less_equal<int>()));
      if (most >= 2) {
        EXPECT_EQ(s.front(), 0);
      }
    }
}

TEST(StoredSteps, AreSaidInWords) {
  Frame f;
  f.grid.resize(65);
  EXPECT_EQ(storedWords(f), "");
  for (const auto& [most, words] : std::map<long, std::string>{{1, "only the last step is kept"},
                                                               {2, "only the first and the last step are kept"},
                                                               {17, "every 4th step is kept"},
                                                               {33, "every 2nd step is kept"}}) {
    f.stored = storedSteps(64, most);
    EXPECT_EQ(storedWords(f), words);
  }
}

TEST(GlEngine, KeepsEveryStepOrEveryFewAsTheBudgetAllows) {
  const auto mixture = ring(7, 2);
  const Plan plan = compile(experiment(mixture, SolverKind::Heun, 20), mixture);
  constexpr int kCount = 1000;  // a row takes 8448 bytes, 256 of them to find writes beside it
  const auto reference = makeCpuEngine(2)->sample(plan, kCount, {});
  for (const auto& [rows, stored] : std::map<int, std::size_t>{{1, 1}, {2, 2}, {5, 5}, {20, 11}, {21, 21}}) {
    const auto gl = engine({.memoryBudget = 2 * std::size_t(rows) * 8448});
    const auto frame = gl->sample(plan, kCount, {});
    EXPECT_EQ(std::size_t(frame->rows()), stored) << rows;
    EXPECT_EQ(frame->stepOf(frame->rows() - 1), 20);
    EXPECT_LT(difference(*frame, *reference), 1e-10);
    expectSilence(*gl);
  }
}

TEST(GlEngine, SpreadsRowsOverBlocks) {
  const auto mixture = ring(7, 2);
  constexpr int kCount = 777;
  for (const SolverKind solver : kSolvers) {
    const Plan plan = compile(experiment(mixture, solver, 13), mixture);
    const auto reference = makeCpuEngine(2)->sample(plan, kCount, {});
    for (const std::size_t block : {13000u, 27000u, 100000u}) {  // one row, a few, nearly all
      const auto gl = engine({.largestBlock = block});
      const auto frame = gl->sample(plan, kCount, {});
      EXPECT_LT(difference(*frame, *reference), 1e-10) << int(solver) << ", blocks of " << block;
      expectSilence(*gl);
    }
  }
}

TEST(GlEngine, SaysInWordsWhatItDoesNotSupport) {
  const auto mixture = ring(60);
  Experiment e = experiment(mixture, SolverKind::Rk4, 256);
  const auto gl = engine({.largestBlock = 600'000});
  const Support tables = gl->supports(compile(e, mixture));
  EXPECT_FALSE(tables.ok);
  EXPECT_NE(tables.reason.find("component tables take 1 MiB"), std::string::npos) << tables.reason;
  e.schedule.steps = 16;
  EXPECT_TRUE(gl->supports(compile(e, mixture)).ok);
  e.particles.count = 200'000;
  const Support rows = gl->supports(compile(e, mixture));
  EXPECT_FALSE(rows.ok);
  EXPECT_NE(rows.reason.find("one step of its particles takes 2 MiB"), std::string::npos) << rows.reason;
}

TEST(GlEngine, ReadsBackACountAndWhatIsAskedFor) {
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

TEST(GlEngine, ReadsOfOneParticleItsOwnPlacesAndNothingElse) {
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

TEST(GlEngine, LeavesOutWhatCouldNotChangeAFloat) {
  // As Leaves.MoveADenoiserByLessThanRounding of the CPU's: one Euler step to ratio 0 is x = D^.
  const auto mixture = spirals(600);
  constexpr int kCount = 200;
  for (const bool tiled : {false, true}) {
    const auto gl = engine({.tiled = tiled});
    for (const double ratio : {0.12, 0.004})
      for (const bool joint : {true, false}) {
        Experiment e = atLevel(mixture, ratio, SolverKind::Euler, 1);
        e.start = joint ? Start::Exact : Start::Gaussian;  // Gaussian: far from every component
        Plan plan = compile(e, mixture);
        if (!joint)  // a denoiser that is mostly group B
          for (PlanBranch& b : plan.branches)
            if (b.b != 0) b.a = 0.01;
        const std::vector<double> exact = sampleInDouble(plan, kCount);
        const HostRow near = gl->sample(plan, kCount, {})->read(1);
        const HostRow all = gl->sample(withoutLeaves(plan), kCount, {})->read(1);
        double worstNear = 0, worstAll = 0;
        int unlike = 0;
        for (std::size_t i = 0; i < 2 * kCount; ++i) {
          worstNear = std::max(worstNear, std::abs(double(near[i]) - exact[2 * kCount + i]));
          worstAll = std::max(worstAll, std::abs(double(all[i]) - exact[2 * kCount + i]));
          unlike += near[i] != all[i];
        }
        EXPECT_LT(worstNear, 1.5 * worstAll + 1e-6) << tiled << ' ' << ratio << ' ' << joint;
        EXPECT_GT(unlike, 0) << "nothing was left out: " << tiled << ' ' << ratio << ' ' << joint;
        // Whatever runs beside it, a particle's path is the same bits.
        const HostRow few = gl->sample(plan, 37, {})->read(1);
        EXPECT_TRUE(std::equal(few.begin(), few.end(), near.begin())) << tiled << ' ' << ratio << ' ' << joint;
      }
    expectSilence(*gl);
  }
}

TEST(GlEngine, KeepsTheLeavesThroughADrag) {
  const auto mixture = spirals(600);
  Experiment e = atLevel(mixture, 0.1, SolverKind::Heun, 6);
  Term shaped = cfg(1);
  shaped.kind = TermKind::PowerLaw;
  e.guidance.push_back(shaped);  // levels with shapes sum over leaves too
  const auto gl = engine();
  const Plan plan = compile(e, mixture);
  const auto first = gl->sample(plan, 100, {});
  EXPECT_LT(difference(*first, *makeCpuEngine(1)->sample(withoutLeaves(plan), 100, {})), 1e-9);
  std::size_t rows = 0;
  for (const PlanModel& m : plan.models) rows += m.rows->size() * sizeof(ComponentRow);
  EXPECT_GT(first->transfers.uploaded, 2 * rows);  // the rows, and once more in leaves
  e.guidance[0].omega = 2;
  EXPECT_LT(gl->sample(compile(e, mixture, &plan), 100, {})->transfers.uploaded, 20'000u);
  // Leaves that do not fit beside the rows are done without.
  const auto small = engine({.largestBlock = rows + rows / 2});
  ASSERT_TRUE(small->supports(plan).ok);
  const auto frame = small->sample(plan, 100, {});
  EXPECT_LT(frame->transfers.uploaded, 2 * rows);
  EXPECT_LT(difference(*frame, *first), 1e-9);
  expectSilence(*gl);
}

TEST(GlEngine, AddsUpSamplesAsTheHostDoes) {
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

TEST(GlEngine, ManyLikeTermsAreNotRoundedAway) {
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

TEST(GlEngine, CountsWhatIsOutsideTheView) {
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

TEST(GlEngine, CountsAndListsBlowUps) {
  const auto mixture = ring(5);
  Experiment e = experiment(mixture);
  e.guidance[0].omega = 20;
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.sigmaMax = 3e38;  // a start near the end of single precision
  e.schedule.steps = 4;
  e.start = Start::Gaussian;
  const auto gl = engine();
  const auto frame = gl->sample(compile(e, mixture), 1000, {});
  int lost = 0;
  const HostRow last = frame->read(frame->rows() - 1);
  for (std::size_t i = 0; i < 1000; ++i) lost += blownUp(last[2 * i], last[2 * i + 1]);
  EXPECT_GT(lost, 0);
  EXPECT_EQ(frame->blownUp, lost);
  EXPECT_FALSE(frame->lost.empty());
  for (const LostParticle& l : frame->lost) {
    const HostRow row = frame->read(l.step);
    EXPECT_TRUE(blownUp(row[2 * std::size_t(l.particle)], row[2 * std::size_t(l.particle) + 1]));
    if (l.step == 0) continue;
    const HostRow before = frame->read(l.step - 1);
    EXPECT_EQ(before[2 * std::size_t(l.particle)], l.x);
    EXPECT_EQ(before[2 * std::size_t(l.particle) + 1], l.y);
  }
  e.schedule.sigmaMax = 80;
  const auto calm = gl->sample(compile(e, mixture), 1000, {});
  EXPECT_EQ(calm->blownUp, 0);
  EXPECT_TRUE(calm->lost.empty());
}

TEST(GlEngine, StopsBetweenDispatches) {
  const auto mixture = ring(8);
  std::stop_source source;
  source.request_stop();
  const auto gl = engine();
  EXPECT_EQ(gl->sample(compile(experiment(mixture), mixture), 1000, source.get_token()), nullptr);
}

TEST(GlEngine, FaultsAreErrorsAndLeaveItUsable) {
  const auto mixture = ring(4);
  const Plan plan = compile(experiment(mixture), mixture);
  std::string where;
  const auto fail = [&](std::string_view place) {
    if (place != where) return;
    if (place == "allocate") throw std::bad_alloc();
    throw DeviceError("injected");
  };
  where = "compile";
  EXPECT_THROW(engine({.fault = fail}), DeviceError);
  where = "";
  const auto gl = engine({.fault = fail});
  where = "dispatch";
  EXPECT_THROW(gl->sample(plan, 100, {}), DeviceError);
  where = "allocate";
  EXPECT_THROW(gl->sample(plan, 100, {}), std::bad_alloc);
  where = "";
  EXPECT_NE(gl->sample(plan, 100, {}), nullptr);
  EXPECT_THROW(makeGlEngine([]() -> gl::Context { throw std::runtime_error("no display"); }), std::runtime_error);
}

TEST(GlEngine, FramesOutliveTheEngine) {
  const auto mixture = ring(4);
  auto gl = engine();
  const auto frame = gl->sample(compile(experiment(mixture), mixture), 100, {});
  gl.reset();
  EXPECT_TRUE(std::isfinite(frame->read(frame->rows() - 1)[0]));
}

}  // namespace
}  // namespace gs
