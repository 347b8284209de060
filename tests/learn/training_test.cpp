// Trainings of guidance weights: what they learn on models whose best weights are known, jobs, and files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "data/distributions.h"
#include "engine/engine.h"
#include "learn/files.h"
#include "learn/module.h"
#include "learn/objective.h"
#include "measure/learning.h"
#include "session/json.h"
#include "trainings.h"

namespace gs {
namespace {

using namespace test;

// N(+-1, 1/4) on the line, a class each; straight paths, 64 steps of DDIM.
Experiment leakyPair(double leak, int leaks) {
  Experiment e;
  Mixture m;
  m.components = {{0, .5, {1, 0}, {.25, 0, 1}}, {1, .5, {-1, 0}, {.25, 0, 1}}};
  e.distribution.kind = DistributionKind::Mixture;
  e.distribution.mixture = Box<Mixture>(m);
  e.schedule.kind = ScheduleKind::Flow;
  e.schedule.steps = 64;
  e.model.leakDenoiser = leak, e.model.leaks = leaks;
  return e;
}

// 2 INT (F - G)^2 of samples of the first coordinate to N(mean, 1/4): the energy distance on the line.
double distanceOf(std::vector<double> x, double mean) {
  std::sort(x.begin(), x.end());
  double sum = 0;
  constexpr double kStep = .004;
  std::size_t below = 0;
  for (double at = -6; at < 6; at += kStep) {
    while (below < x.size() && x[below] <= at) ++below;
    const double d = double(below) / double(x.size()) - std::erfc(-(at - mean) / .5 / std::sqrt(2.)) / 2;
    sum += 2 * d * d * kStep;
  }
  return sum;
}

// The mean over both classes or of one, guided by this curve; `reward`: the mean of x as well.
double finalDistance(Experiment e, const Curve& curve, double omega, int only = -1, double* reward = nullptr) {
  static const auto engine = makeCpuEngine(1);
  e.particles.count = 6000;
  e.guidance = {Term{}};
  e.guidance[0].omega = omega, e.guidance[0].curve = curve;
  const auto law = resolve(e.distribution);
  double sum = 0;
  for (const int c : {0, 1}) {
    if (only >= 0 && c != only) continue;
    e.condition = c;
    const auto frame = engine->sample(compile(e, law), e.particles.count, {});
    const HostRow row = frame->read(frame->rows() - 1);
    std::vector<double> x;
    for (std::size_t i = 0; i < row.size(); i += 2) x.push_back(double(row[i]));
    if (reward)
      for (const double v : x) *reward += v / double(x.size());
    sum += distanceOf(std::move(x), c == 0 ? 1 : -1) / (only >= 0 ? 1 : 2);
  }
  return sum;
}
Curve curveOf(const LearnedWeights& w) {
  Curve c;
  c.kind = CurveKind::Learned, c.learned = w;
  return c;
}
// The figure of 2510.00815's well-trained and under-trained models, with constant weights: the same curve, moved.
TEST(FinalDistance, FollowsTheQuadrature) {
  const std::pair<double, double> exact[] = {{0, 0},       {.25, .0140}, {.5, .0467}, {1, .1396},
                                             {1.5, .2498}, {2, .3665},   {4, .8303}};
  for (const auto& [omega, distance] : exact)
    EXPECT_NEAR(finalDistance(leakyPair(0, -1), {}, omega), distance, 4e-4 + .03 * distance) << omega;
  // B5: eta / (1 - eta) = 1 restores the denoiser.
  const std::pair<double, double> leaky[] = {{0, .1185},   {.25, .0583}, {.5, .0226}, {1, 0},
                                             {1.5, .0140}, {2, .0467},   {4, .2498}};
  for (const auto& [omega, distance] : leaky)
    EXPECT_NEAR(finalDistance(leakyPair(.5, -1), {}, omega), distance, 4e-4 + .03 * distance) << omega;
}

TEST(Learned, NothingFromAnExactModel) {
  const LearnedWeights w = trained(quick(leakyPair(0, -1)));
  EXPECT_LT(largestIn(w, 0), .05);
  EXPECT_LT(largestIn(w, 1), .05);
}

TEST(Learned, MostOfWhatALeakTook) {
  const Experiment e = leakyPair(.5, -1);
  const LearnedWeights w = trained(quick(e));
  const double learned = finalDistance(e, curveOf(w), 1), none = finalDistance(e, {}, 0);
  EXPECT_LT(learned, none / 6);
  EXPECT_NEAR(learned, .0073, .005);
  // The best constant is exact for such a model, so no learned weight can be better.
  EXPECT_LT(finalDistance(e, {}, 1), learned);
}

TEST(Learned, ClassesApart) {
  const Experiment e = leakyPair(.5, 1);
  LearnRequest r = quick(e, 400);
  const LearnedWeights w = trained(r);
  EXPECT_LT(largestIn(w, 0), .15) << "the exact class";
  EXPECT_GT(weightOf(w, 1.5, .5, 1), .4) << "the leaking one";
  const double learned = finalDistance(e, curveOf(w), 1);
  double best = 1;
  for (double omega = .2; omega < .7; omega += .1) best = std::min(best, finalDistance(e, {}, omega));
  EXPECT_NEAR(best, .0332, .003);
  EXPECT_NEAR(learned, .0037, .003);
}

// Algorithm 4: a Pareto front. The more a reward counts that grows away from the other class, the more of it the
// samples have, and the farther they are from the data.
TEST(Learned, RewardsRaiseTheWeightAndThePrice) {
  const Experiment e = leakyPair(0, -1);
  double most = -1e9, distance = -1;
  for (const double gamma : {0., .2, .6}) {
    LearnRequest r = quick(e, 150);
    r.omega.rewardWeight = gamma;
    r.omega.reward.kind = RewardKind::Expression;
    r.omega.reward.expression = "exp(3 * tanh(x) * (1 - 2 * c))";
    const LearnedWeights w = trained(r);
    double reward = 0;
    const double paid = finalDistance(e, curveOf(w), 1, 0, &reward);
    EXPECT_GT(reward, most) << gamma;
    EXPECT_GT(paid, distance) << gamma;
    most = reward + .02, distance = paid + .002;
  }
}

TEST(Training, ResumedIsUninterrupted) {
  const LearnRequest r = quick(leakyPair(.5, 1), 40);
  const auto whole = learnModule().make(r);
  for (int i = 0; i < 40; ++i) whole->advance();
  const auto first = learnModule().make(r);
  for (int i = 0; i < 17; ++i) first->advance();
  LearnRequest rest = r;
  const std::string path = (std::filesystem::temp_directory_path() / "guidescope_learn_test.npz").string();
  writeLearned(path, r, first->state());
  rest.resume = readLearnedFile(path, LearnKind::Omega).request.resume;
  const auto second = learnModule().make(rest);
  EXPECT_EQ(second->step(), 17);
  for (int i = 0; i < 23; ++i) second->advance();
  EXPECT_EQ(whole->state(), second->state());
  // The same seed again is the same; another one is not.
  const auto again = learnModule().make(r);
  for (int i = 0; i < 40; ++i) again->advance();
  EXPECT_EQ(whole->state(), again->state());
  std::filesystem::remove(path);
}

TEST(Training, StopsAtALossThatIsNoNumber) {
  LearnRequest r = quick(leakyPair(.5, -1), 50);
  r.omega.rate = 1e30;
  LearnJob job([] {});
  job.start(r);
  job.wait();
  const LearnProgress p = job.progress();
  EXPECT_EQ(p.phase, LearnPhase::Failed);
  EXPECT_NE(p.error.find("the loss is not finite at step"), std::string::npos) << p.error;
  ASSERT_TRUE(p.state);
  for (const NamedArray& a : *p.state)
    for (const float v : a.values) EXPECT_TRUE(std::isfinite(v)) << a.name;
}

TEST(Training, IsPausedResumedAndStopped) {
  LearnJob job([] {});
  LearnRequest r = quick(leakyPair(.5, -1), 100000);
  job.start(r);
  const auto until = [&](auto&& test) {
    for (int i = 0; i < 2000 && !test(job.progress()); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return test(job.progress());
  };
  ASSERT_TRUE(until([](const LearnProgress& p) { return p.step > 3; }));
  job.pause();
  ASSERT_TRUE(until([](const LearnProgress& p) { return p.phase == LearnPhase::Paused; }));
  const int held = job.progress().step;
  std::this_thread::sleep_for(std::chrono::milliseconds(15));
  EXPECT_EQ(job.progress().step, held);
  job.resume();
  ASSERT_TRUE(until([&](const LearnProgress& p) { return p.step > held; }));
  EXPECT_GT(job.progress().secondsLeft, 0);
  job.stop();
  job.wait();
  const LearnProgress p = job.progress();
  EXPECT_EQ(p.phase, LearnPhase::Stopped);
  EXPECT_EQ(p.stateStep, p.step);
  ASSERT_TRUE(p.weights);
  EXPECT_TRUE(wellFormed(*p.weights));
  // One class has nothing to learn: said, not crashed.
  Mixture one = *r.experiment.distribution.mixture;
  for (Component& c : one.components) c.label = 0;
  r.experiment.distribution.mixture = Box<Mixture>(one);
  job.start(r);
  job.wait();
  EXPECT_NE(job.progress().error.find("has one class only"), std::string::npos);
}

TEST(Files, SayWhatIsWrongWithThem) {
  const LearnRequest r = quick(leakyPair(.5, -1), 5);
  const auto trainer = learnModule().make(r);
  const std::string path = (std::filesystem::temp_directory_path() / "guidescope_learn_files.npz").string();
  const auto problem = [&](const Arrays& state, auto&& damage, LearnKind kind = LearnKind::Omega) -> std::string {
    writeLearned(path, r, state);
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    damage(bytes);
    try {
      readLearned(bytes, "w.npz", kind);
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  const auto none = [](std::string&) {};
  Arrays state = trainer->state();
  EXPECT_EQ(problem(state, none), "");
  const LearnedFile file = readLearnedFile(path, LearnKind::Omega);
  EXPECT_EQ(file.sha256.size(), 64u);
  EXPECT_EQ(canonical(sessionOf(file.request)), canonical(sessionOf(r)));
  EXPECT_EQ(learnedWeights(file, "w").values, learnedWeights(r, state, "w").values);

  EXPECT_NE(problem(state, none, LearnKind::Denoiser).find("was trained as 'omega'"), std::string::npos);
  EXPECT_NE(problem(state, [](std::string& b) { b.resize(b.size() / 2); }).find("w.npz: is not a readable NPZ"),
            std::string::npos);
  Arrays wrong = state;
  wrong[0].shape = {1, wrong[0].values.size()};
  EXPECT_EQ(problem(wrong, none), "w.npz:time.0.weight: has the shape (1, 16); (16, 1) is needed");
  wrong = state;
  wrong[7].values[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(problem(wrong, none), "w.npz:" + wrong[7].name + ": [2] is not finite");
  wrong = state;
  wrong.erase(wrong.begin() + 4);
  EXPECT_EQ(problem(wrong, none), "w.npz:class: is missing; a guidance network of this width and depth has it");
  EXPECT_THROW(readLearnedFile("/nowhere/w.npz", LearnKind::Omega), InputError);
  std::filesystem::remove(path);
}

TEST(Sessions, HoldALearnedWeight) {
  std::vector<double> values;
  for (int i = 0; i < 2 * LearnedWeights::kTimes * LearnedWeights::kShares; ++i) values.push_back(.01 * (i % 97));
  LearnedWeights w;
  w.name = "mine";
  encode(w, values);
  EXPECT_NEAR(weightOf(w, 1, 0, 0), values[16 * 17], 1e-5);
  Session s;
  s.panes[0] = withLearned(s.panes[0], w);
  const Session back = parseSession(toJson(s));
  EXPECT_EQ(back, s);
  EXPECT_EQ(back.panes[0].guidance[0].curve.learned, w);
  s.panes[0].guidance[0].curve.learned.values.pop_back();
  try {
    validate(s);
    ADD_FAILURE();
  } catch (const SessionError& e) {
    EXPECT_STREQ(e.what(), "panes.0.guidance.0.curve.learned.values: is no table of base 64 for 2 classes");
  }
  // Drawn from there: the same weight at the steps that have knots.
  const Experiment e = leakyPair(.5, -1);
  const DrawnWeights drawn = drawnWeights(e, w);
  ASSERT_EQ(drawn.knots.size(), std::size_t(Curve::kMaxKnots));
  Curve curve;
  curve.kind = CurveKind::Drawn, curve.knots = drawn.knots;
  const auto grid = timeGrid(e.schedule);
  EXPECT_NEAR(drawn.omega * evaluate(curve, grid[0].t, grid[0].ratio), weightOf(w, grid[0].ratio, grid[1].ratio, 0),
              1e-3);
}

TEST(Compared, BestConstantOfALeakIsExact) {
  std::vector<double> ones(2 * LearnedWeights::kTimes * LearnedWeights::kShares, 1.);
  LearnedWeights w;
  encode(w, ones);
  const auto engine = makeCpuEngine(1);
  const WeightsCompared c = compareWeights(*engine, leakyPair(.5, -1), w, 300);
  ASSERT_EQ(c.choices.size(), 4u);
  EXPECT_NEAR(c.choices[0].distance, .1185, 4 * c.choices[0].se);
  EXPECT_NEAR(c.choices[1].omega, 1, .5);
  EXPECT_LT(c.choices[1].distance, .1185 / 4);
  EXPECT_LT(c.choices[2].distance, .1185 / 2);
  EXPECT_NEAR(c.choices[3].distance, 0, 4 * c.choices[3].se) << "omega = 1 everywhere";
  EXPECT_GT(c.choices[3].se, 0);
}

}  // namespace
}  // namespace gs
