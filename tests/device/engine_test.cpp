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
#define GS_UNIFORM(member) \
  Member { #member, offsetof(shader::Run, member), 0 }

TEST(GlLayout, IsTheOneOfTheStructs) {
  gl::Context context = gl::Context::surfaceless();
  const gl::Program program({"shaders/block.comp"}, "#define GS_GROUP 64\n");
  const auto property = [&](GLenum interface, const std::string& name, GLenum what) {
    const GLuint index = glGetProgramResourceIndex(program.id(), interface, name.c_str());
    EXPECT_NE(index, GL_INVALID_INDEX) << name;
    GLint value = -1;
    if (index != GL_INVALID_INDEX) glGetProgramResourceiv(program.id(), interface, index, 1, &what, 1, nullptr, &value);
    return std::size_t(value);
  };
  const Member storage[] = {GS_MEMBER(DevicePass, "passes", rows),
                            GS_MEMBER(DevicePass, "passes", groupA),
                            GS_MEMBER(DevicePass, "passes", components),
                            GS_MEMBER(DevicePass, "passes", firstUse),
                            GS_MEMBER(DevicePass, "passes", uses),
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
                            GS_MEMBER(DeviceStart, "starts", below)};
  for (const Member& m : storage) {
    EXPECT_EQ(property(GL_BUFFER_VARIABLE, m.name, GL_OFFSET), m.offset) << m.name;
    EXPECT_EQ(property(GL_BUFFER_VARIABLE, m.name, GL_TOP_LEVEL_ARRAY_STRIDE), m.stride) << m.name;
  }
  // The list of lost particles follows its head.
  const std::size_t head = sizeof(shader::DeviceLostHead);
  EXPECT_EQ(property(GL_BUFFER_VARIABLE, "lostHead.count", GL_OFFSET), offsetof(shader::DeviceLostHead, count));
  EXPECT_EQ(property(GL_BUFFER_VARIABLE, "lostHead.listed", GL_OFFSET), offsetof(shader::DeviceLostHead, listed));
  EXPECT_EQ(property(GL_BUFFER_VARIABLE, "lost[0].particle", GL_OFFSET), head + offsetof(shader::DeviceLost, particle));
  EXPECT_EQ(property(GL_BUFFER_VARIABLE, "lost[0].y", GL_OFFSET), head + offsetof(shader::DeviceLost, y));
  EXPECT_EQ(property(GL_BUFFER_VARIABLE, "lost[0].y", GL_TOP_LEVEL_ARRAY_STRIDE), sizeof(shader::DeviceLost));
  const Member uniforms[] = {GS_UNIFORM(runSeed),       GS_UNIFORM(runFirst),     GS_UNIFORM(runCount),
                             GS_UNIFORM(runColumns),    GS_UNIFORM(runFrom),      GS_UNIFORM(runTo),
                             GS_UNIFORM(runStartRow),   GS_UNIFORM(runStarts),    GS_UNIFORM(runStartScale),
                             GS_UNIFORM(runStartShown), GS_UNIFORM(runInfiniteX), GS_UNIFORM(runInfiniteY),
                             GS_UNIFORM(runLastStep),   GS_UNIFORM(runLostMost),  GS_UNIFORM(runBegin)};
  for (const Member& m : uniforms) EXPECT_EQ(property(GL_UNIFORM, m.name, GL_OFFSET), m.offset) << m.name;
  EXPECT_LE(property(GL_UNIFORM_BLOCK, "Run", GL_BUFFER_DATA_SIZE), sizeof(shader::Run));
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
