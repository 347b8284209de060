// Live: stages run again exactly when their own input changes, and the caller never waits.
#include "truth/live.h"
#include "truth/target.h"

#include <atomic>
#include <chrono>
#include <semaphore>
#include <thread>

#include <gtest/gtest.h>

#include "scenes.h"

namespace gs {
namespace {

using namespace std::chrono_literals;
using namespace test;

// Counts what is asked of the CPU engine; can be held up.
class CountingEngine final : public Engine {
 public:
  std::string name() const override { return "counting"; }
  std::string description() const override { return "counting"; }
  Support supports(const Plan&) const override { return {}; }
  std::shared_ptr<const Frame> sample(const Plan& plan, ParticleRange range, std::stop_token stop) const override {
    ++samples;
    if (range.count == 1) alone = range.first;
    while (held && !stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return inner->sample(plan, range, stop);
  }
  DensityField density(const Mixture& m, NoiseLevel level, const FieldGrid& grid, std::stop_token stop) const override {
    ++densities;
    widest = std::max(widest.load(), grid.width);
    return inner->density(m, level, grid, stop);
  }
  PointValues pointValues(const Plan& plan, const Frame& frame, int step, std::stop_token stop) const override {
    ++points;
    return inner->pointValues(plan, frame, step, stop);
  }

  std::unique_ptr<Engine> inner = makeCpuEngine(2);
  mutable std::atomic<int> samples{0}, densities{0}, points{0}, widest{0};
  mutable std::atomic<int> alone{-1};  // a particle that was computed by itself
  std::atomic<bool> held{false};
};

class LiveTest : public testing::Test {
 protected:
  std::shared_ptr<const Mixture> mixture = ring(6);
  std::shared_ptr<CountingEngine> engine = std::make_shared<CountingEngine>();
  std::atomic<int> woken{0};
  Live live{engine, [this] { ++woken; }};

  LiveRequest request() const {
    LiveRequest r;
    r.experiment = experiment(mixture);
    r.grid = {{-3, -3}, {3, 3}, 64, 48};
    return r;
  }
  LiveAnswer settled(const LiveRequest& r) {
    live.want(r);
    live.waitSettled();
    return live.answer();
  }
};

TEST_F(LiveTest, TruthsComeWithTheAnswerAndGoWithTheQuestion) {
  LiveRequest r = request();
  EXPECT_EQ(settled(r).truths, Truths{});
  View v;
  v.arrows.visible = v.own.visible = true;
  r.time = .3;
  r.truths = truthWants(v, .02);
  const Truths first = settled(r).truths;
  ASSERT_TRUE(first.arrows && first.own);
  EXPECT_FALSE(first.own->logDensity.empty());
  EXPECT_FALSE(first.heat || first.streams || first.tilted || first.data);
  EXPECT_EQ(settled(r).truths, first);  // an equal question costs nothing
  r.wantPoints = true;                  // nor does another one beside it
  EXPECT_EQ(settled(r).truths.own, first.own);
  // Another weight has another law, and what is shown is never that of the last one.
  r.experiment.guidance = {cfg(3)};
  r.moving = true;
  const Truths moving = settled(r).truths;
  EXPECT_NE(moving.own, first.own);
  EXPECT_NE(moving.arrows, first.arrows);
  r.experiment.sampler = {SolverKind::Exponential, 1};
  r.moving = false;
  const auto noisy = settled(r).truths.own;  // with churn by its evolution on a grid
  EXPECT_EQ(noisy->absent, "");
  EXPECT_NE(noisy->logDensity, first.own->logDensity);
  r.truths = {};
  EXPECT_EQ(settled(r).truths, Truths{});
}

TEST_F(LiveTest, AnswersWhatIsPointedAt) {
  LiveRequest r = request();
  r.inspect.probe = true;
  r.inspect.point = {.5, .25};
  r.inspect.outline = {{-10, -10}, {10, -10}, {10, 10}, {-10, 10}};
  r.inspect.serial = 3;
  r.inspect.marked = 7;
  Inspected a = settled(r).inspected;  // the particles may come after the first look at them
  ASSERT_TRUE(a.probe && a.record);
  EXPECT_EQ(a.probe->x, Vec2(.5, .25));
  EXPECT_EQ(a.record->particle, 7);
  EXPECT_EQ(engine->alone, 7);  // its twin, without those before it
  EXPECT_EQ(a.chosenSerial, 3u);
  EXPECT_EQ(a.chosen.size(), 500u);
  r.inspect = {};
  r.inspect.group = {1, 2, 3};
  a = settled(r).inspected;
  EXPECT_FALSE(a.probe || a.record);
  ASSERT_TRUE(a.group);
  EXPECT_EQ(a.group->particles.size(), 3u);
}

TEST_F(LiveTest, AnswersEverything) {
  LiveRequest r = request();
  r.wantPoints = true;
  const LiveAnswer a = settled(r);
  EXPECT_TRUE(a.settled);
  EXPECT_EQ(a.error, "");
  ASSERT_TRUE(a.frame && a.mixture && a.plan && a.density && a.target && a.points && a.metrics);
  EXPECT_EQ(a.frame->particles, 500);
  EXPECT_EQ(*a.frame->experiment, r.experiment);
  EXPECT_EQ(a.density->grid, r.grid);
  EXPECT_EQ(a.density->level, (NoiseLevel{1, 0}));
  EXPECT_EQ(a.target->absent, "");
  EXPECT_EQ(a.points->push.size(), 500u);
  EXPECT_FALSE(a.metrics->empty());
  ASSERT_TRUE(a.metricsOf);
  EXPECT_EQ(*a.metricsOf, r.experiment);
  EXPECT_GT(a.framesShown, 0u);
  EXPECT_GT(woken, 0);
}

TEST_F(LiveTest, EqualRequestsAreFree) {
  settled(request());
  const int samples = engine->samples, densities = engine->densities, wakes = woken;
  settled(request());
  EXPECT_EQ(engine->samples, samples);
  EXPECT_EQ(engine->densities, densities);
  EXPECT_EQ(woken, wakes);
}

TEST_F(LiveTest, MovingTheCursorRecomputesNoTrajectory) {
  LiveRequest r = request();
  const auto frame = settled(r).frame;
  const int samples = engine->samples, densities = engine->densities;
  for (const double t : {.2, .4, .6}) {
    r.time = t;
    const LiveAnswer a = settled(r);
    EXPECT_EQ(a.frame, frame);
    EXPECT_NEAR(a.density->level.sigma, t, 1e-12);  // linear flow: sigma = t
  }
  EXPECT_EQ(engine->samples, samples);
  EXPECT_EQ(engine->densities, densities + 3);
}

TEST_F(LiveTest, DraggingAWeightRecomputesNoDensity) {
  LiveRequest r = request();
  const LiveAnswer before = settled(r);
  const int samples = engine->samples, densities = engine->densities;
  for (const double omega : {1.6, 1.7, 1.8}) {
    r.experiment.guidance[0].omega = omega;
    settled(r);
  }
  const LiveAnswer after = live.answer();
  EXPECT_GE(engine->samples, samples + 3);
  EXPECT_EQ(engine->densities, densities);
  EXPECT_EQ(after.density, before.density);
  EXPECT_NE(after.frame, before.frame);
  EXPECT_NE(after.target, before.target);
  EXPECT_NE(after.metrics, before.metrics);
}

TEST_F(LiveTest, PanningRecomputesOnlyFields) {
  LiveRequest r = request();
  settled(r);
  const int samples = engine->samples, densities = engine->densities;
  r.grid.lo.x += 1;
  r.grid.hi.x += 1;
  const LiveAnswer a = settled(r);
  EXPECT_EQ(engine->samples, samples);
  EXPECT_GT(engine->densities, densities);
  EXPECT_EQ(a.density->grid, r.grid);
  EXPECT_EQ(a.target->grid, r.grid);
}

TEST_F(LiveTest, NormalisedCoordinatesScaleTheDensityAndNotTheTarget) {
  LiveRequest r = request();
  r.experiment.schedule.kind = ScheduleKind::Edm;
  r.experiment.schedule.grid = GridKind::Karras;
  r.time = .5;
  r.coordinates = Coordinates::Normalised;
  const LiveAnswer a = settled(r);
  const double spread = std::hypot(1, a.density->level.sigma);
  EXPECT_GT(spread, 1.1);
  EXPECT_NEAR(a.density->grid.hi.x, r.grid.hi.x * spread, 1e-9);
  EXPECT_EQ(a.target->grid, r.grid);
}

TEST_F(LiveTest, FieldsAreCoarseWhileMovingAndFineAtRest) {
  LiveRequest r = request();
  r.grid.width = 800;
  r.grid.height = 600;
  r.moving = true;
  r.wantTarget = false;
  LiveAnswer a = settled(r);
  EXPECT_FALSE(a.settled);
  EXPECT_EQ(a.density->grid.width, 160);
  EXPECT_LE(engine->widest, 160);
  EXPECT_FALSE(a.metrics);
  r.moving = false;
  a = settled(r);
  EXPECT_TRUE(a.settled);
  EXPECT_EQ(a.density->grid.width, 800);
  EXPECT_TRUE(a.metrics);
  const int densities = engine->densities;
  r.moving = true;  // what is there already is better than what is asked for
  settled(r);
  EXPECT_EQ(engine->densities, densities);
}

TEST_F(LiveTest, FaultsLeaveTheLastGoodParts) {
  LiveRequest r = request();
  const auto frame = settled(r).frame;
  r.experiment.sampler.churn = 1;
  LiveAnswer a = settled(r);
  EXPECT_EQ(a.error.rfind("sampler.churn: ", 0), 0u) << a.error;
  EXPECT_EQ(a.frame, frame);
  r.experiment.sampler.churn = 0;
  r.experiment.schedule.steps = 600;
  a = settled(r);
  EXPECT_NE(a.error.find("schedule.steps"), std::string::npos) << a.error;
  r.experiment.schedule.steps = 16;
  r.experiment.condition = 9;
  a = settled(r);
  EXPECT_NE(a.error.find("condition"), std::string::npos) << a.error;
  EXPECT_EQ(a.frame, frame);
  a = settled(request());
  EXPECT_EQ(a.error, "");
  EXPECT_NE(a.frame, nullptr);
}

TEST_F(LiveTest, TheCallerNeverWaits) {
  engine->held = true;
  LiveRequest r = request();
  for (int i = 0; i < 300; ++i) {  // would hang if any of these waited for the engine
    r.experiment.guidance[0].omega = 1 + .01 * i;
    live.want(r);
    EXPECT_FALSE(live.answer().settled);
  }
  engine->held = false;
  live.waitSettled();
  EXPECT_EQ(live.answer().frame->experiment->guidance[0].omega, 1 + .01 * 299);
  EXPECT_LT(engine->samples, 20);
}

TEST_F(LiveTest, WaitsForTheNewestAnswerNoLongerThanAsked) {
  LiveRequest r = request();
  live.want(r);
  ASSERT_TRUE(live.waitFrame(10s));
  EXPECT_EQ(*live.answer().frame->experiment, r.experiment);
  engine->held = true;
  r.experiment.guidance.front().omega += 1;
  live.want(r);
  EXPECT_FALSE(live.waitFrame(5ms));
  EXPECT_NE(*live.answer().frame->experiment, r.experiment);
  engine->held = false;
  ASSERT_TRUE(live.waitFrame(10s));
  EXPECT_EQ(*live.answer().frame->experiment, r.experiment);
  r.experiment.condition = 99;  // a fault is an answer as well
  live.want(r);
  ASSERT_TRUE(live.waitFrame(10s));
  EXPECT_NE(live.answer().error, "");
}

TEST_F(LiveTest, ADragShowsManyAnswers) {
  LiveRequest r = request();
  r.moving = true;
  settled(r);
  const auto before = live.answer().framesShown;
  for (int i = 0; i < 300; ++i) {  // ten edits for every answer, whatever the machine's pace
    r.experiment.guidance[0].omega = 1 + .01 * i;
    const auto shown = live.answer().framesShown;
    live.want(r);
    if (i % 10 == 9)
      while (live.answer().framesShown == shown)
        std::this_thread::sleep_for(100us);  // hangs if edits starve the answers
  }
  live.waitSettled();
  EXPECT_GE(live.answer().framesShown, before + 20);
  EXPECT_EQ(live.answer().frame->experiment->guidance[0].omega, r.experiment.guidance[0].omega);
}

TEST_F(LiveTest, LargeRunsBeginWithAPrefix) {
  LiveRequest r = request();
  r.wantDensity = r.wantTarget = r.wantMetrics = false;
  r.experiment.particles.count = 400'000;
  r.experiment.schedule.steps = 8;
  live.want(r);
  std::shared_ptr<const Frame> first;
  while (!first) {
    first = live.answer().frame;
    std::this_thread::sleep_for(1ms);
  }
  live.waitSettled();
  const auto full = live.answer().frame;
  ASSERT_EQ(full->particles, 400'000);
  EXPECT_GE(live.answer().framesShown, 2u);
  const std::size_t step = 8;
  EXPECT_TRUE(std::equal(first->at(step).begin(), first->at(step).end(), full->at(step).begin()));
}

TEST(LiveLifetime, EndsWhileWorkIsUnderWay) {
  auto engine = std::make_shared<CountingEngine>();
  engine->held = true;
  Live live(engine, nullptr);
  LiveRequest r;
  r.experiment = experiment(ring(6));
  live.want(r);
  while (engine->samples == 0) std::this_thread::sleep_for(1ms);
}  // hangs unless the engine is told to stop

TEST(CursorLevel, IsTheSchedulesOwn) {
  Schedule s;
  s.kind = ScheduleKind::Flow;
  auto grid = timeGrid(s);
  EXPECT_EQ(cursorLevel(s, grid, 1), grid.front().level);
  EXPECT_EQ(cursorLevel(s, grid, 0), (NoiseLevel{1, 0}));
  EXPECT_NEAR(cursorLevel(s, grid, .3).sigma, .3, 1e-12);
  s.sigmaMax = 1;  // begins at t = 1/2
  grid = timeGrid(s);
  EXPECT_EQ(cursorLevel(s, grid, .9), grid.front().level);
  s.kind = ScheduleKind::Edm;
  s.grid = GridKind::Karras;
  s.sigmaMax = 80;
  grid = timeGrid(s);
  for (std::size_t i = 0; i < grid.size(); ++i)
    EXPECT_NEAR(cursorLevel(s, grid, grid[i].t).ratio(), grid[i].ratio, 1e-9);
  EXPECT_NEAR(cursorLevel(s, grid, (grid[3].t + grid[4].t) / 2).ratio(), (grid[3].ratio + grid[4].ratio) / 2, 1e-9);
}

}  // namespace
}  // namespace gs
