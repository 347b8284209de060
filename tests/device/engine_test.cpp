// The OpenGL engine: rows kept in blocks and left out, leaves, blow-ups, dispatches, faults.
#include <epoxy/gl.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "device/checked.h"
#include "engine/cpu_engine.h"
#include "engine/gl_job.h"
#include "engine/reference.h"
#include "engine/scenes.h"

namespace gs {
namespace {

using namespace test;
using namespace device;

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

TEST(GlEngine, TakesAQuarterOfTheMemoryUnlessTold) {
  constexpr std::size_t kMiB = 1 << 20;
  EXPECT_EQ(defaultBudget(8192 * kMiB), 2048 * kMiB);
  EXPECT_EQ(defaultBudget(0), 512 * kMiB);
  const auto unknown = engine();
  if (unknown->software()) {
    EXPECT_EQ(unknown->memoryBudget(), 512 * kMiB);
  }
  EXPECT_EQ(engine({.memoryBudget = 5 * kMiB})->memoryBudget(), 5 * kMiB);
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
  // Of a part its columns are named.
  const auto part = gl->sample(compile(e, mixture), {500, 500}, {});
  EXPECT_GT(part->blownUp, 0);
  for (const LostParticle& l : part->lost) {
    EXPECT_LT(l.particle, 500);
    const HostRow row = part->read(l.step);
    EXPECT_TRUE(blownUp(row[2 * std::size_t(l.particle)], row[2 * std::size_t(l.particle) + 1]));
  }
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

TEST(GlEngine, AnyParticlesHaveTheBitsOfTheWhole) {
  const auto mixture = spirals(200);
  const auto gl = engine({.largestBlock = 60'000});
  const auto cpu = makeCpuEngine(2);
  for (const SolverKind solver : kSolvers) {
    Experiment e = atLevel(mixture, 0.3, solver, 6);
    Term shaped = cfg(1);
    shaped.kind = TermKind::PowerLaw;
    if (solver != SolverKind::Euler) e.guidance.push_back(shaped);
    const Plan plan = compile(e, mixture);
    for (const Engine* engine : {static_cast<const Engine*>(gl.get()), static_cast<const Engine*>(cpu.get())}) {
      const auto all = engine->sample(plan, 300, {});
      for (const ParticleRange part : {ParticleRange(299, 1), ParticleRange(3, 150), ParticleRange(0, 7)}) {
        const auto some = engine->sample(plan, part, {});
        ASSERT_EQ(some->particles, part.count);
        for (int row = 0; row < all->rows(); ++row) {
          const HostRow a = all->read(row), b = some->read(row);
          ASSERT_TRUE(std::equal(b.begin(), b.end(), a.begin() + 2 * part.first))
              << engine->name() << ' ' << int(solver) << ' ' << part.first << ", row " << row;
        }
      }
    }
  }
  expectSilence(*gl);
}

TEST(GlEngine, NothingThatShadersWriteLiesInTheSystemsMemory) {
  // What the host may map, drivers put there: shaders would reach it over the bus.
  const auto mixture = ring(5);
  auto context = gl::Context::surfaceless();
  const auto gl = makeGlEngine([&] { return gl::Context::shared(context); });
  const Plan plan = compile(experiment(mixture), mixture);
  for (int turn = 0; turn < 2; ++turn) {  // the second time with what the first gave back, its readings among it
    const auto frame = gl->sample(plan, 300, {});
    EXPECT_EQ(frame->read(0).size(), 600u);
    GLint flags = -1;
    glGetNamedBufferParameteriv(frame->device->place(0).buffer, GL_BUFFER_STORAGE_FLAGS, &flags);
    EXPECT_EQ(flags, GLint(GL_DYNAMIC_STORAGE_BIT));
  }
}

std::shared_ptr<GlDevice> bareDevice(GlOptions options) {
  return std::make_shared<GlDevice>([] { return gl::Context::surfaceless(true); }, std::move(options));
}
std::shared_ptr<const Frame> runOn(const std::shared_ptr<GlDevice>& device, const Plan& plan, int count) {
  auto frame = std::make_shared<Frame>();
  GlJob job(device, plan, count);
  device->thread->run([&] {
    job.prepare({});
    while (job.dispatch()) {
    }
    job.finish(*frame);
  });
  frame->grid = plan.grid;
  frame->particles = count;
  return frame;
}

TEST(GlEngine, CutsWorkIntoDispatchesOfFourMilliseconds) {
  // On a card, by the speeds of slow and of fast ones: up to four sums over 4096 components in a step.
  const auto card = bareDevice({});
  card->software = false;
  for (const double seconds : {3e-10, 1e-10, 1e-11, 1e-12})
    for (const double rows : {14., 500., 4102., 8204., 16408.}) {
      card->secondsPerRow = seconds;
      const int items = card->chunk(rows, 10'000'000);
      EXPECT_LE(items * rows * seconds, 0.00401) << seconds << ' ' << rows;
      EXPECT_GE(items, 64);
    }
  // However it is cut, the same bits; and it is cut as the speed says.
  const auto mixture = ring(5);
  const Plan plan = compile(experiment(mixture), mixture);
  int dispatches = 0;
  const auto run = [&](double seconds) {
    dispatches = 0;
    const auto device = bareDevice({.fault = [&](std::string_view place) { dispatches += place == "dispatch"; }});
    device->software = false;
    device->secondsPerRow = seconds;
    return runOn(device, plan, 1000);
  };
  const auto whole = run(1e-13);
  EXPECT_EQ(dispatches, 1);
  const auto cut = run(1e-6);
  // A step sums over 5 components and costs something besides, so that 4 ms hold no step of all particles at 1 us.
  EXPECT_GE(dispatches, 16 * 3);
  EXPECT_EQ(difference(*whole, *cut), 0);
}

TEST(GlEngine, ComputesInTheGroupsOfACardAsOnTheProcessor) {
  // Groups of several waves that share tiles, the last one not full; tables of more than a tile.
  const auto device = bareDevice({.tiled = true, .checked = true});
  device->group = GlDevice::kGroupOfCards;
  const auto mixture = ring(300);
  const Plan plan = compile(experiment(mixture, SolverKind::Heun, 5), mixture);
  const auto frame = runOn(device, plan, 300);
  EXPECT_LT(difference(*frame, *makeCpuEngine(2)->sample(plan, 300, {})), 1e-10);
  EXPECT_EQ(difference(*frame, *engine({.tiled = true})->sample(plan, 300, {})), 0);  // to the bit
  EXPECT_TRUE(device->messages().empty());
}

TEST(GlEngine, WhatIsWrittenBesideRowsOrNotAtAllIsNoticed) {
  const auto device = std::make_shared<GlDevice>([] { return gl::Context::surfaceless(); }, GlOptions{.checked = true});
  device->thread->run([&] {
    const GlRows rows(device, 3, 1000);
    const auto write = [&](int row, std::size_t offset, std::size_t bytes) {
      const GLuint zero = 0;
      const DeviceRows::Place at = rows.place(row);
      glClearNamedBufferSubData(at.buffer, GL_R32UI, GLintptr(at.offset + offset), GLsizeiptr(bytes), GL_RED_INTEGER,
                                GL_UNSIGNED_INT, &zero);
    };
    write(0, 0, 1000);
    write(1, 0, 1000);
    write(2, 0, 996);
    EXPECT_THROW(rows.verify(), std::logic_error);
    write(2, 996, 4);
    EXPECT_NO_THROW(rows.verify());
    write(1, 1000, 4);
    EXPECT_THROW(rows.verify(), std::logic_error);
    // Any buffer that is given back.
    for (const std::size_t bytes : {512u, 516u}) {
      Block block = device->take(512);
      const GLuint zero = 0;
      glClearNamedBufferSubData(block.id(), GL_R32UI, 0, GLsizeiptr(bytes), GL_RED_INTEGER, GL_UNSIGNED_INT, &zero);
      device->give(std::move(block));
      EXPECT_EQ(device->messages().size(), bytes > 512 ? 1u : 0u);
    }
  });
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
