// The sampler's own law against closed forms, the oracle and itself, computed in another way.
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "engine/reference.h"
#include "truth/linear_field.h"
#include "truth/own_law.h"
#include "oracle/oracle.h"
#include "papers/laws.h"
#include "papers/run.h"

namespace papers {
namespace {

using gs::Experiment;

// Without guidance it is the data law at every level, with the start's law at the noise end.
TEST(OwnLaw, IsTheDataLawWithoutGuidance) {
  const auto m = shared(sMode());
  for (const gs::ScheduleKind kind : {gs::ScheduleKind::Flow, gs::ScheduleKind::Edm}) {
    Experiment e = cfg(0, gs::SolverKind::Heun, 0, 32, 1, 0);
    e.guidance.clear();
    e.schedule.kind = kind;
    for (const double ratio : {0., .3, 2.}) {
      // In the middle between the modes paths part, and small steps are needed for all digits.
      const gs::OwnLaw own(e, m, ratio, {}), finer(e, m, ratio, {.fine = 12});
      ASSERT_EQ(own.absent(), "");
      for (const Vec2 y : {Vec2(1, 1.2), Vec2(-.5, .4), Vec2(-2.3, .2)}) {
        const double expected = oracle::logDensity(oracle::law(*m, 0), y, ratio);
        EXPECT_NEAR(own.logDensity(y), expected, y.x == -.5 ? .03 : 3e-4) << ratio << ' ' << y.x;
        EXPECT_NEAR(finer.logDensity(y), expected, y.x == -.5 ? 2e-4 : 2e-5) << ratio << ' ' << y.x;
      }
    }
  }
}

// Between Gaussians the ODE's variance is a^(1+omega) b^-omega.
TEST(OwnLaw, OfGaussiansIsClosed) {
  const double a = 1, b = 2;
  const auto m = shared(pairOf(a, b));
  for (const double omega : {.5, 2.}) {
    const Experiment e = cfg(omega, gs::SolverKind::Heun, 0, 32, 1, 0);
    const double v = std::pow(a, 1 + omega) * std::pow(b, -omega);
    const gs::OwnLaw own(e, m, 0, {});
    for (const Vec2 y : {Vec2(0, 0), Vec2(.6, -.3), Vec2(-1, 1)})
      EXPECT_NEAR(own.logDensity(y), -.5 * glm::dot(y, y) / v - std::log(2 * std::numbers::pi * v), 1e-3) << omega;
  }
}

// With a jump of the weight, from a finite start: mass 1, and the share of each mode that particles show.
TEST(OwnLaw, HoldsItsMassAndTheSamplersShares) {
  const auto m = shared(sMode());
  Experiment e = cfg(2, gs::SolverKind::Rk4, 0, 96, 4000, 60);
  e.guidance[0].curve.kind = gs::CurveKind::Interval;
  e.guidance[0].curve.lo = .3, e.guidance[0].curve.hi = 3;
  const gs::OwnLaw own(e, m, 0, {});
  double mass = 0, right = 0;
  const double h = .13;
  for (double x = -4.2; x < 3; x += h)
    for (double y = -2; y < 3.6; y += h) {
      const double p = std::exp(own.logDensity({x, y})) * h * h;
      mass += p;
      if (x > -.4) right += p;
    }
  EXPECT_NEAR(mass, 1, .004);
  const Estimate share = estimate(*run(e, *m), [](Vec2 x) { return x.x > -.4; });
  EXPECT_LT(share.value, .47);  // guidance drains it
  EXPECT_NEAR(right, share.value, 4 * share.se);
}

// With churn kappa on the line (lesson 7): variances at omega = 2 between N(0, 1) and N(0, 2).
TEST(OwnLaw, WithChurnOnTheLineFollowsTheFokkerPlanckEquation) {
  const auto m = shared(linePair(1, 2));
  constexpr double kOmega = 2;
  const double sde = (2 - std::pow(2., 2 - 2 * (1 + kOmega))) / (2 * (1 + kOmega) - 1);  // .3875
  for (const auto& [kappa, expected] : {std::pair(1., sde), {.25, .306}, {4., .46}}) {
    const Experiment e = cfg(kOmega, gs::SolverKind::Exponential, kappa, 64, 1, 0);
    const gs::OwnLaw own(e, m, 0, {});
    ASSERT_EQ(own.absent(), "");
    double mass = 0, variance = 0;
    const double h = .01;
    for (double x = -6; x <= 6; x += h) {
      const double p = std::exp(own.logDensity({x, 0})) * std::sqrt(2 * std::numbers::pi) * h;
      mass += p;
      variance += p * x * x;
    }
    EXPECT_NEAR(mass, 1, 1e-4) << kappa;
    EXPECT_NEAR(variance, expected, kappa == 1 ? 5e-4 : 2e-3) << kappa;
  }
}

// A law on the line, turned: nothing is known of the line any more, and the law is carried over the plane.
TEST(OwnLaw, WithChurnInThePlaneIsThatOfTheLineTurned) {
  Mixture line;
  line.components = {{0, .2, {-1.5, 0}, {.3, 0, 1}}, {0, .3, {.5, 0}, {.2, 0, 1}}, {1, .5, {1.6, 0}, {.4, 0, 1}}};
  const double c = std::cos(.6), s = std::sin(.6);
  Mixture turned = line;
  for (gs::Component& k : turned.components) {
    const double a = k.covariance.xx, b = k.covariance.yy;
    k.covariance = {c * c * a + s * s * b, c * s * (a - b), s * s * a + c * c * b};
    k.mean = {c * k.mean.x, s * k.mean.x};
  }
  for (const auto& [kappa, ratio] : {std::pair(.25, 0.), {1., .6}, {4., 0.}}) {
    const Experiment e = cfg(2, gs::SolverKind::Exponential, kappa, 64, 1, 0);
    const gs::OwnLaw straight(e, shared(line), ratio, {}), carried(e, shared(turned), ratio, {}),
        coarse(e, shared(turned), ratio, {.fine = .3});
    ASSERT_EQ(carried.absent(), "");
    int compared = 0;
    for (const double u : {-2.2, -1.8, -1.5, -1., -.5, 0., .4, .9, 1.4})
      for (const double v : {0., 1.2}) {
        const double expected = straight.logDensity({u, v});
        if (expected < -7) continue;  // nothing is there
        const Vec2 y(c * u - s * v, s * u + c * v);
        EXPECT_NEAR(carried.logDensity(y), expected, expected < -5 ? .1 : .03) << kappa << ' ' << u << ' ' << v;
        EXPECT_NEAR(coarse.logDensity(y), expected, .15) << kappa << ' ' << u << ' ' << v;
        ++compared;
      }
    EXPECT_GE(compared, 12);
  }
}

TEST(OwnLaw, WithChurnInThePlaneOfGaussiansIsClosed) {
  constexpr double kOmega = 2;
  const auto m = shared(pairOf(1, 2));
  const double v = (2 - std::pow(2., 2 - 2 * (1 + kOmega))) / (2 * (1 + kOmega) - 1);
  const gs::OwnLaw own(cfg(kOmega, gs::SolverKind::Exponential, 1, 64, 1, 0), m, 0, {});
  for (const Vec2 y : {Vec2(0, 0), Vec2(.6, -.3), Vec2(-1, 1)})
    EXPECT_NEAR(own.logDensity(y), -.5 * glm::dot(y, y) / v - std::log(2 * std::numbers::pi * v), 5e-3);
}

// The same law by both ways where there is no churn: from every point, and over a grid, which large mixtures need.
TEST(OwnLaw, OverAGridIsThatOfEveryPoint) {
  const auto m = shared(sMode());
  const Experiment e = cfg(2, gs::SolverKind::Heun, 0, 32, 1, 0);
  const gs::OwnLaw points(e, m, 0, {}), grid(e, m, 0, {.mostPerPoint = 1});
  EXPECT_LT(grid.rowsPerPoint(), 2);
  for (const Vec2 y : {Vec2(1, 1.5), Vec2(.8, 1.3), Vec2(1.2, 1.9), Vec2(-2.1, .1), Vec2(-2.4, .3)})
    EXPECT_NEAR(grid.logDensity(y), points.logDensity(y), .02) << y.x;
}

// Lesson 20: the sum of two scores is that of no noised product. Along the ODE it draws the product's law to the
// middle; much churn lets particles find their way back.
TEST(OwnLaw, OfAProductIsTooNarrowWithoutChurn) {
  Mixture m;
  for (const double side : {-1.5, 1.5}) {
    m.components.push_back({0, .25, {side, 0}, {.1, 0, 2}});
    m.components.push_back({1, .25, {0, side}, {2, 0, .1}});
  }
  const auto law = shared(m);
  const auto squareRadius = [&](double kappa) {
    Experiment e = cfg(1, gs::SolverKind::Exponential, kappa, 64, 1);
    e.guidance[0].kind = gs::TermKind::And;
    e.guidance[0].label = 1;
    const gs::OwnLaw own(e, law, 0, {.fine = .5});
    double mass = 0, sum = 0;
    const double h = .08;
    for (double x = -4; x < 4; x += h)
      for (double y = -4; y < 4; y += h) {
        const double p = std::exp(own.logDensity({x, y}));
        mass += p, sum += p * (x * x + y * y);
      }
    EXPECT_NEAR(mass * h * h, 1, .02) << kappa;
    return sum / mass;
  };
  double mass = 0, sum = 0;
  for (double x = -4; x < 4; x += .04)
    for (double y = -4; y < 4; y += .04) {
      const Vec2 at(x, y);
      const double p =
          std::exp(gs::logDensity(m, at, {1, 0}, 0) + gs::logDensity(m, at, {1, 0}, 1) - gs::logDensity(m, at, {1, 0}));
      mass += p, sum += p * (x * x + y * y);
    }
  const double target = sum / mass, ode = squareRadius(0), churned = squareRadius(4);
  EXPECT_LT(ode, .96 * target);
  EXPECT_LT(std::abs(churned - target), .7 * std::abs(ode - target)) << ode << ' ' << churned << ' ' << target;
}

// Two curves of a thousand narrow components each.
std::shared_ptr<const Mixture> curves() {
  Mixture m;
  for (int i = 0; i < 2000; ++i) {
    const double u = i / 2 / 1000. * 5, side = i % 2 ? 1 : -1;
    m.components.push_back(
        {i % 2, 1. / 2000, {side * (.4 + .3 * u), std::sin(u + i % 2)}, {.0009, .0003 * side, .0004}});
  }
  return shared(m);
}

TEST(OwnLaw, IsAskedInOnePassOverTheComponentsThatMatter) {
  const auto m = curves();
  Experiment e = cfg(2, gs::SolverKind::Heun, 0, 32, 1, 0);
  e.model.leak = .1;
  e.guidance.push_back(e.guidance[0]);
  e.guidance[1].kind = gs::TermKind::Autoguidance;
  e.guidance[1].weak.leakDensity = .3, e.guidance[1].weak.shift = 1.3;
  const std::vector<double> ratios{.01, .1, .5, 4};
  const gs::Plan plan = gs::compileLevels(e, m, {.1, .2, .3, .9}, ratios);
  const auto field = gs::LinearField::of(plan);
  ASSERT_TRUE(field);
  const gs::GuidedInDouble guided(plan);
  for (int level = 0; level < 4; ++level) {
    const double ratio = ratios[std::size_t(level)];
    for (int i = 0; i < 40; ++i) {
      const Vec2 y = m->components[std::size_t(i * 49)].mean + ratio * Vec2(std::cos(i), std::sin(2. * i));
      const gs::LinearField::At at = field->at(level, y);
      const Vec2 d = guided.denoise(level, y);
      EXPECT_LT(glm::length(at.denoiser - d), 1e-9) << ratio << ' ' << i;
      const double trace = guided.jacobian(level, y, 1e-4 * std::hypot(.02, ratio)).trace();
      EXPECT_NEAR(at.divergence, trace, 1e-4 * (1 + std::abs(trace))) << ratio << ' ' << i;
    }
  }
  EXPECT_LT(field->rows(0), 4000 / 2);  // of two models
  EXPECT_LE(field->rows(3), 4 * 2300);
  e.guidance[0].kind = gs::TermKind::Mambo;
  EXPECT_FALSE(gs::LinearField::of(gs::compileLevels(e, m, {.5}, {1})));
}

TEST(OwnLaw, OfThousandsOfComponentsIsTheDataLawWithoutGuidance) {
  const auto m = curves();
  Experiment e = cfg(0, gs::SolverKind::Heun, 0, 32, 1, 0);
  e.guidance.clear();
  const gs::OwnLaw own(e, m, 0, {});
  ASSERT_EQ(own.absent(), "");
  EXPECT_LT(own.rowsPerPoint(), 4e8 / (36 * 36 * .6));
  for (const int i : {0, 500, 1400}) {
    const Vec2 y = m->components[std::size_t(i)].mean + Vec2(.01, -.01);
    EXPECT_NEAR(own.logDensity(y), gs::logDensity(*m, y, {1, 0}, 0), 5e-3) << i;
  }
}

TEST(OwnLaw, SaysWhyThereIsNone) {
  const auto m = shared(sMode());
  const auto why = [&](const Experiment& e) { return gs::OwnLaw(e, m, 0, {.fine = .3}).absent(); };
  const Experiment churned = cfg(2, gs::SolverKind::Exponential, 1, 32, 10);
  EXPECT_EQ(why(churned), "");
  const gs::OwnLaw hasty(churned, m, 0, {.mostRows = 1e4});
  EXPECT_EQ(hasty.absent(), "no own law on a grid: churn, and too many components");
  EXPECT_TRUE(hasty.postponed());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(gs::OwnLaw(churned, m, 0, {.stop = stop.get_token()}).postponed());
  Experiment e = cfg(2, gs::SolverKind::Heun, 0, 32, 10);
  EXPECT_EQ(why(e), "");
  e.guidance[0].kind = gs::TermKind::PlusPlus;
  EXPECT_EQ(why(e), "no own law: the weight of CFG++ hangs on the number of steps");
}

}  // namespace
}  // namespace papers
