// What methods of the catalogue are said to do, with closed forms or with numbers of the double-precision build.
#include <cmath>

#include <gtest/gtest.h>

#include "data/distributions.h"
#include "diffusion/metrics.h"
#include "engine/reference.h"
#include "oracle/oracle.h"
#include "session/enums.h"
#include "session/methods.h"

namespace conformance {
namespace {

using namespace gs;

std::shared_ptr<const Mixture> twoModes() { return resolve(Distribution{}); }

Experiment sampled(std::vector<Term> terms, SolverKind solver = SolverKind::Heun, int steps = 64) {
  Experiment e;
  e.condition = 0;
  e.guidance = std::move(terms);
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.grid = GridKind::Karras;
  e.schedule.steps = steps;
  e.sampler.kind = solver;
  return e;
}

Term lessonTerm(TermKind kind, double omega, auto&& change) {
  Term t = newTerm(kind);
  t.omega = omega;
  change(t);
  return t;
}
Term lessonTerm(TermKind kind, double omega) {
  return lessonTerm(kind, omega, [](Term&) {});
}

// D^ of an experiment at a level: the step of DDIM from there to the data.
std::vector<std::pair<Vec2, Vec2>> guidedAt(Experiment e, std::shared_ptr<const Mixture> m, double ratio) {
  e.schedule.steps = 1;
  e.schedule.sigmaMin = ratio / 4;
  e.schedule.sigmaMax = ratio;
  e.sampler = {SolverKind::Euler, 0};
  constexpr int n = 60;
  const std::vector<double> x = sampleInDouble(compile(e, std::move(m)), n);
  std::vector<std::pair<Vec2, Vec2>> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back({{x[2 * i], x[2 * i + 1]}, {x[2 * (n + i)], x[2 * (n + i) + 1]}});
  return out;
}

std::vector<Vec2> ends(const Experiment& e, std::shared_ptr<const Mixture> m, int count) {
  const std::vector<double> x = sampleInDouble(compile(e, std::move(m)), count);
  std::vector<Vec2> out;
  for (std::size_t i = x.size() - 2 * std::size_t(count); i < x.size(); i += 2) out.push_back({x[i], x[i + 1]});
  return out;
}
// The share of class 0's right mode, which is one half without guidance.
double rightShare(const Experiment& e) {
  const std::vector<Vec2> x = ends(e, twoModes(), 1500);
  double right = 0;
  for (const Vec2& p : x) right += p.x > -.4;
  return right / double(x.size());
}

TEST(Lessons, DynamicNegativeGuidanceIsTheLawWithoutTheClass) {  // 2410.14398
  const auto m = twoModes();
  Experiment e = sampled({lessonTerm(TermKind::Dynamic, 1)});  // k = 1
  e.condition = kUnconditional;
  for (const double ratio : {.05, .4, 2., 20.})
    for (const auto& [y, d] : guidedAt(e, m, ratio)) {
      const Vec2 exact = oracle::denoiser(oracle::law(*m, 0), y, ratio);  // two classes: not 1 is 0
      EXPECT_LT(glm::distance(d, exact), 1e-9 * (1 + ratio)) << ratio;
    }
}

TEST(Lessons, FeedbackGuidanceUndoesTheLeakOfTheModel) {  // 2506.06085
  const auto m = twoModes();
  Experiment e = sampled({lessonTerm(TermKind::Feedback, 1, [](Term& t) { t.leak = .4, t.factorMost = 1000; })});
  e.model.leak = .4;
  int compared = 0;
  for (const double ratio : {.4, 2., 20.})
    for (const auto& [y, d] : guidedAt(e, m, ratio)) {
      const double posterior = oracle::classPosterior(*m, y, ratio, 0);
      if (posterior < 1e-2) continue;  // beyond the largest factor
      EXPECT_LT(glm::distance(d, oracle::denoiser(oracle::law(*m, 0), y, ratio)), 1e-8 * (1 + ratio)) << ratio;
      ++compared;
    }
  EXPECT_GT(compared, 100);
  // Without it the leaky model puts a good part of the particles beside the class.
  const auto beside = [&](const Experiment& x) {
    double out = 0;
    for (const Vec2& p : ends(x, m, 600)) out += oracle::classPosterior(*m, p, .01, 0) < .5;
    return out / 600;
  };
  EXPECT_LT(beside(e), .02);
  e.guidance.clear();
  EXPECT_GT(beside(e), .1);
}

// Where another leak is assumed than there is, it corrects too little or too much; a constant weight is between.
TEST(Lessons, FeedbackHangsOnTheLeakThatIsAssumed) {
  const auto m = twoModes();
  constexpr int n = 1500;
  std::vector<float> exact;
  for (const Draw& d : sampleExact(*m, n, 9, 0)) exact.insert(exact.end(), {float(d.x.x), float(d.x.y)});
  const auto distance = [&](const Term& t) {
    Experiment e = sampled({t}, SolverKind::Heun, 48);
    e.model.leak = .4;
    std::vector<float> x;
    for (const Vec2& p : ends(e, m, n)) x.insert(x.end(), {float(p.x), float(p.y)});
    return energyDistance(x, exact, 1).value;
  };
  const auto assumed = [&](double leak) {
    return distance(lessonTerm(TermKind::Feedback, 1, [&](Term& t) { t.leak = leak, t.factorMost = 1000; }));
  };
  const double right = assumed(.4), less = assumed(.3), more = assumed(.7),
               constant = distance(lessonTerm(TermKind::Cfg, 1));
  EXPECT_LT(right, .01);  // what is left is chance
  EXPECT_LT(constant, .015);
  EXPECT_NEAR(less, .018, .01);
  EXPECT_NEAR(more, .094, .04);
  EXPECT_LT(right, less);
  EXPECT_LT(less, more);
}

TEST(Lessons, OrIsTheLawOfBothClasses) {
  const auto m = resolve(Distribution{.name = "e3"});
  const Experiment e = sampled({lessonTerm(TermKind::Or, 1)});
  Mixture both = *m;
  both.components.pop_back();
  for (Component& c : both.components) c.weight *= 1.5;
  for (const auto& [y, d] : guidedAt(e, m, .8))
    EXPECT_LT(glm::distance(d, oracle::denoiser(oracle::law(both, kUnconditional), y, .8)), 1e-10);
}

TEST(Lessons, PlusPlusIsItsOwnUpdate) {  // 2406.08070: y' = D_l + r (y - D_u), D_l = D_u + l (D_c - D_u)
  const auto m = twoModes();
  Experiment e = sampled({lessonTerm(TermKind::PlusPlus, 1)}, SolverKind::Euler, 6);
  e.schedule.sigmaMin = .05;
  const int n = 40;
  const std::vector<double> x = sampleInDouble(compile(e, m), n);
  const std::vector<oracle::Point> grid = oracle::grid(e.schedule);
  for (std::size_t i = 0; i + 1 < grid.size(); ++i)
    for (std::size_t p = 0; p < std::size_t(n); ++p) {
      const Vec2 y{x[2 * (i * n + p)], x[2 * (i * n + p) + 1]},
          next{x[2 * ((i + 1) * n + p)], x[2 * ((i + 1) * n + p) + 1]};
      const Vec2 c = oracle::denoiser(oracle::law(*m, 0), y, grid[i].ratio),
                 u = oracle::denoiser(oracle::law(*m, kUnconditional), y, grid[i].ratio);
      const Vec2 expected = u + .6 * (c - u) + grid[i + 1].ratio / grid[i].ratio * (y - u);
      EXPECT_LT(glm::distance(next, expected), 1e-10 * (1 + grid[i].ratio));
    }
}

// That is DDIM with classifier-free guidance of cfg scale l / (1 - r), which on equal steps of ln(ratio) is one number
// for all steps but the last.
TEST(Lessons, PlusPlusIsClassifierFreeGuidanceOfTheStepsWeight) {
  const auto m = twoModes();
  Experiment e = sampled({lessonTerm(TermKind::PlusPlus, 1)}, SolverKind::Euler, 20);
  e.schedule.grid = GridKind::UniformLogSnr;
  e.schedule.sigmaMax = 80, e.schedule.sigmaMin = .002;
  const double ratio = std::pow(.002 / 80, 1. / 19), scale = .6 / (1 - ratio);
  EXPECT_NEAR(scale, 1.40, .005);
  const std::vector<double> x = sampleInDouble(compile(e, m), 30);
  e.guidance = {lessonTerm(TermKind::Cfg, scale - 1)};
  const std::vector<double> same = sampleInDouble(compile(e, m), 30);
  for (std::size_t i = 0; i < x.size() - 60; ++i) EXPECT_NEAR(x[i], same[i], 1e-9 * (1 + std::abs(x[i])));
}

TEST(Lessons, PlusPlusPushesHarderWithMoreSteps) {
  double before = 1;
  for (const auto& [steps, share] : {std::pair{10, .53}, {20, .44}, {50, .27}, {200, .05}}) {
    Experiment e = sampled({lessonTerm(TermKind::PlusPlus, 1)}, SolverKind::Euler, steps);
    e.schedule.grid = GridKind::UniformLogSnr;
    const double right = rightShare(e);
    EXPECT_NEAR(right, share, .05) << steps;
    EXPECT_LT(right, before);
    before = right;
  }
}

TEST(Lessons, TheCapOfTheProjectionKeepsModes) {  // 2410.02416
  const Term cfg = lessonTerm(TermKind::Cfg, 4);
  const double plain = rightShare(sampled({cfg}));
  const double capped = rightShare(
      sampled({cfg, lessonTerm(TermKind::Apg, 1, [](Term& t) { t.cap = 1, t.momentum = -.5, t.parallel = 1; })}));
  const auto projected = [&](Center center) {
    return rightShare(sampled({cfg, lessonTerm(TermKind::Apg, 1, [&](Term& t) { t.center = center; })}));
  };
  EXPECT_NEAR(plain, .18, .04);
  EXPECT_NEAR(capped, .36, .05);
  // What the projection alone does hangs on where the coordinates have their origin.
  EXPECT_LT(projected(Center::Origin), .2);
  EXPECT_GT(projected(Center::Data), .4);
}

TEST(Lessons, LateWeightKeepsModesAtEqualArea) {  // 2404.13040
  double before = 1;
  for (const auto& [kind, from, to] : {std::tuple{CurveKind::Cosine, 0., 2.},
                                       {CurveKind::Linear, 0., 2.},
                                       {CurveKind::Constant, 1., 1.},
                                       {CurveKind::Linear, 2., 0.},
                                       {CurveKind::Sine, 2., 0.}}) {
    Term t = lessonTerm(TermKind::Cfg, 2);
    t.curve.kind = kind;
    t.curve.from = from, t.curve.to = to;
    t.curve.normalise = true;
    Experiment e = sampled({t}, SolverKind::Euler, 50);
    e.schedule.kind = ScheduleKind::Flow;
    e.schedule.grid = GridKind::UniformT;
    const double right = rightShare(e);
    EXPECT_LT(right, before) << int(kind) << ' ' << from;
    before = right;
  }
}

// One Gaussian N(0, v), asked at noise k sh: closed forms of the ODE's map, d ln y / d ln sh = 1 - D^ / y.
TEST(Lessons, ABlurredScoreSharpensAndAShiftedDenoiserWidens) {  // 2408.00760, 2407.02687
  const double v = .12, k = 1.2, omega = 1, start = 10;
  const auto m = std::make_shared<const Mixture>(Mixture{{{0, 1, {0, 0}, Sym2::isotropic(v)}}});
  const auto measured = [&](auto&& change) {
    Experiment e = sampled({lessonTerm(TermKind::Autoguidance, omega,
                                       [&](Term& t) {
                                         t.weak.broaden = 0;
                                         change(t.weak);
                                       })},
                           SolverKind::Rk4, 200);
    e.schedule.grid = GridKind::UniformLogSnr;
    e.schedule.sigmaMax = start;
    const std::vector<double> x = sampleInDouble(compile(e, m), 1);
    return std::hypot(x[x.size() - 2], x[x.size() - 1]) / std::hypot(x[0], x[1]);
  };
  const double s2 = start * start;
  const double shifted = std::sqrt(std::pow(v / (v + s2), 1 + omega) * std::pow(v / (v + k * k * s2), -omega));
  const double blurred =
      std::sqrt(std::pow(v / (v + s2), 1 + omega) * std::pow(v / (v + k * k * s2), -omega / (k * k)));
  const double plain = std::sqrt(v / (v + s2));
  EXPECT_NEAR(measured([&](WeakModel& w) { w.shift = k; }) / shifted, 1, 1e-3);
  EXPECT_NEAR(measured([&](WeakModel& w) { w.blur = k; }) / blurred, 1, 1e-3);
  EXPECT_GT(shifted, 1.1 * plain);
  EXPECT_LT(blurred, .6 * plain);
}

// A model that is too broad by d1, pushed away from one that is too broad by d2: the weight at which the variance is
// right (2406.02507; the closed form is that of the test above).
TEST(Lessons, AutoguidanceUndoesTheModelsOwnBreadth) {
  const double v = .04, d1 = .15, d2 = .212, start = 10;
  const double w = std::log(v / (v + d2 * d2)) / std::log((v + d1 * d1) / (v + d2 * d2));
  EXPECT_NEAR(w, 2.45, .01);
  const auto m = std::make_shared<const Mixture>(Mixture{{{0, 1, {0, 0}, Sym2::isotropic(v)}}});
  Experiment e =
      sampled({lessonTerm(TermKind::Autoguidance, w - 1, [&](Term& t) { t.weak.broaden = d2; })}, SolverKind::Rk4, 200);
  e.model.broaden = d1;
  e.schedule.grid = GridKind::UniformLogSnr;
  e.schedule.sigmaMax = start;
  const std::vector<double> x = sampleInDouble(compile(e, m), 1);
  const auto power = [&](double d, double exponent) {
    return std::pow((v + d * d) / (v + d * d + start * start), exponent);
  };
  const double expected = std::sqrt(power(d1, w) * power(d2, 1 - w));
  EXPECT_NEAR(std::hypot(x[x.size() - 2], x[x.size() - 1]) / std::hypot(x[0], x[1]) / expected, 1, 1e-3);
  EXPECT_NEAR(expected * std::sqrt(v + start * start), std::sqrt(v), 1e-4);
}

// ---- neutral parameters ---------------------------------------------------------------------------------------------

void expectEnds(const std::vector<Term>& terms, const std::vector<Term>& expected, int condition, const char* what) {
  const auto m = resolve(Distribution{.name = "e3"});
  const auto run = [&](std::vector<Term> t, int of) {
    Experiment e = sampled(std::move(t), SolverKind::Heun, 12);
    e.condition = of;
    e.start = Start::Gaussian;  // the same for every condition
    return sampleInDouble(compile(e, m), 12);
  };
  const std::vector<double> x = run(terms, 0), y = run(expected, condition);
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  EXPECT_LT(most, 1e-9) << what << ' ' << enumName(terms.back().kind) << ' ' << enumName(terms.back().curve.kind);
}

// Weight -1 of every rule that is linear in both answers leaves the second one alone: the unconditional law's.
TEST(Neutral, WeightMinusOneIsTheUnconditionalLaw) {
  const auto minus = [](TermKind kind, auto&& change) { return std::vector<Term>{lessonTerm(kind, -1, change)}; };
  for (const std::vector<Term>& terms :
       {minus(TermKind::Cfg, [](Term&) {}), minus(TermKind::Classifier, [](Term&) {}),
        minus(TermKind::And, [](Term& t) { t.label = 0; }), minus(TermKind::PowerLaw, [](Term& t) { t.exponent = 0; }),
        minus(TermKind::Mambo, [](Term& t) { t.damping = 0; }),
        minus(TermKind::Adaptive, [](Term& t) { t.agreement = 1; }),
        minus(TermKind::Zero, [](Term& t) { t.optimise = false, t.still = 0; }),
        minus(TermKind::Reward, [](Term& t) { t.reward.kind = RewardKind::Cost; }),
        minus(TermKind::Autoguidance, [](Term& t) { t.weak.broaden = 0, t.weak.leakDenoiser = 1; })})
    expectEnds(terms, {}, kUnconditional, "weight -1");
}

// What is switched off by its weight leaves the stack above it alone; so do curves that are 1 everywhere.
TEST(Neutral, WeightZeroBelowOthersAndFlatCurvesChangeNothing) {
  const Term cfg = lessonTerm(TermKind::Cfg, 2);
  for (std::size_t k = 0; k < enumNames<TermKind>().size(); ++k)
    if (TermKind(k) != TermKind::Reward)  // by a law that is tabulated for nothing
      expectEnds({cfg, lessonTerm(TermKind(k), 0)}, {cfg}, 0, "weight 0 below another");
  const auto curved = [&](CurveKind kind, auto&& change) {
    return std::vector<Term>{lessonTerm(TermKind::Cfg, 2, [&](Term& t) { t.curve.kind = kind, change(t.curve); })};
  };
  for (const std::vector<Term>& terms : {curved(CurveKind::Interval, [](Curve& c) { c.lo = 0, c.hi = 1000; }),
                                         curved(CurveKind::Linear, [](Curve& c) { c.from = c.to = 1; }),
                                         curved(CurveKind::Cosine, [](Curve& c) { c.from = c.to = 1; }),
                                         curved(CurveKind::Drawn,
                                                [](Curve& c) {
                                                  c.knots = {{.2, 1}, {.7, 1}};
                                                }),
                                         curved(CurveKind::Beta, [](Curve& c) { c.a = c.b = 1; }),
                                         curved(CurveKind::Switch, [](Curve& c) { c.late = 1; })})
    expectEnds(terms, {cfg}, 0, "a flat curve");
  const std::vector<Term> nothing = curved(CurveKind::Learned, [](Curve& c) {
    encode(c.learned, std::vector<double>(3 * LearnedWeights::kTimes * LearnedWeights::kShares, 0.));
  });
  expectEnds(nothing, {}, 0, "learned weights of 0");
}

TEST(Lessons, AConstantNegativeWeightFliesAwayADynamicOneDoesNot) {
  const auto m = std::make_shared<const Mixture>(Mixture{{{0, .4, {-1.2, 0}, Sym2::isotropic(.2)},
                                                          {1, .3, {1.2, .6}, Sym2::isotropic(.2)},
                                                          {0, .3, {0, 1.6}, Sym2::isotropic(.2)}}});
  const auto radius = [&](TermKind kind) {
    Experiment e = sampled({lessonTerm(kind, 1)});
    e.condition = kUnconditional;
    double sum = 0;
    for (const Vec2& p : ends(e, m, 500)) sum += glm::length(p) / 500;
    return sum;
  };
  EXPECT_GT(radius(TermKind::Negative), 2.5);
  EXPECT_LT(radius(TermKind::Dynamic), 1.7);
}

}  // namespace
}  // namespace conformance
