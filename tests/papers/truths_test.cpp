// The truths beside the particles, against closed forms, quadrature and the oracle: fields in five forms, the tilted
// law at every noise level, and the missing force.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "diffusion/metrics.h"
#include "truth/truths.h"
#include "truth/vector_field.h"
#include "oracle/oracle.h"
#include "papers/laws.h"
#include "papers/run.h"

namespace papers {
namespace {

using gs::ArrowWhat;
using gs::Experiment;
using gs::FieldGrid;
using gs::FieldLevel;
using gs::GuidedFields;
using gs::Mixture;
using gs::Space;
using gs::Sym2;
using gs::TiltedLaw;
using gs::Vec2;
using gs::VectorField;

TiltedLaw tiltedLaw(const Experiment& e, const std::shared_ptr<const Mixture>& m) {
  const gs::Tilt tilt = gs::tiltOf(e);
  EXPECT_EQ(tilt.absent, "");
  const gs::DensityField law = engine().density(*m, {1, 0}, gs::lawGrid(*m, tilt), {});
  return TiltedLaw(tilt, m, law, gs::rewardOn(tilt, *m, law));
}

TEST(Truths, ArrowsAreTheOraclesFieldsInFiveForms) {
  const auto m = shared(sMode());
  for (const gs::ScheduleKind kind : {gs::ScheduleKind::Flow, gs::ScheduleKind::VpLinear, gs::ScheduleKind::Edm}) {
    Experiment e = cfg(2, gs::SolverKind::Heun, 0, 32, 10);
    e.schedule.kind = kind;
    e.schedule.sigmaMax = kind == gs::ScheduleKind::Edm ? 8 : 0;
    const FieldLevel f = gs::fieldLevel(e, *m, .45);
    const GuidedFields fields(e, m, f);
    Experiment plain = e;
    plain.guidance.clear();
    const double a = f.level.alpha, s = f.level.sigma;
    const FieldGrid grid{Vec2(-2, -1) * a, Vec2(2, 2) * a, 4, 3};
    for (const Space space : {Space::Denoiser, Space::Noise, Space::V, Space::Score, Space::Velocity}) {
      // The forms by themselves: x = a x0 + s eps, v = a eps - s x0, u = a' x0 + s' eps, score = -eps / s.
      const double h = 1e-6;
      double da = 0, ds = 0;
      if (space == Space::Velocity) {
        const double t = gs::timeOf(e.schedule, f.ratio);
        const gs::NoiseLevel p = gs::levelAt(e.schedule, t + h), q = gs::levelAt(e.schedule, t - h);
        da = (p.alpha - q.alpha) / (2 * h), ds = (p.sigma - q.sigma) / (2 * h);
      }
      const auto form = [&](Vec2 d, Vec2 x) {
        const Vec2 eps = (x - a * d) / s;
        switch (space) {
          case Space::Denoiser:
            return d - x / a;
          case Space::Noise:
            return eps;
          case Space::V:
            return a * eps - s * d;
          case Space::Score:
            return -eps / s;
          default:
            return da * d + ds * eps;
        }
      };
      for (const ArrowWhat what : {ArrowWhat::Base, ArrowWhat::Guided, ArrowWhat::Push}) {
        const VectorField v = gs::vectorField(fields, nullptr, "", grid, what, space);
        ASSERT_EQ(v.first.size(), 24u);
        for (int j = 0; j < 3; ++j)
          for (int i = 0; i < 4; ++i) {
            const Vec2 x = grid.center(i, j);
            const Vec2 base = form(oracle::guided(plain, *m, x / a, f.ratio, f.t), x),
                       guided = form(oracle::guided(e, *m, x / a, f.ratio, f.t), x);
            const Vec2 expected = what == ArrowWhat::Base ? base : what == ArrowWhat::Guided ? guided : guided - base;
            const std::size_t k = 2 * std::size_t(j * 4 + i);
            EXPECT_NEAR(v.first[k], expected.x, 2e-5 * (1 + glm::length(expected))) << int(space) << int(what);
            EXPECT_NEAR(v.first[k + 1], expected.y, 2e-5 * (1 + glm::length(expected))) << int(space) << int(what);
          }
      }
    }
  }
}

// s_c - s_u = grad log p_t(c|x), by differences of the oracle's posterior; and s_u = sum_c p_t(c|x) s_c.
TEST(Truths, ThePushIsTheGradientOfTheClassPosterior) {
  const auto m = shared(sMode());
  Experiment e = cfg(1, gs::SolverKind::Heun, 0, 32, 10);
  const FieldLevel f = gs::fieldLevel(e, *m, .4);
  const GuidedFields fields(e, m, f);
  Experiment other = e, none = e;
  other.condition = 1;
  none.condition = gs::kUnconditional;
  other.guidance.clear(), none.guidance.clear();
  const GuidedFields ofOther(other, m, f), ofNone(none, m, f);
  const double a = f.level.alpha, h = 1e-5;
  for (const Vec2 y : {Vec2(0, 0), Vec2(1.2, .4), Vec2(-1, 1)}) {
    const auto log = [&](Vec2 p) { return std::log(oracle::classPosterior(*m, p, f.ratio, 0)); };
    const Vec2 gradient{(log(y + Vec2(h, 0)) - log(y - Vec2(h, 0))) / (2 * h),
                        (log(y + Vec2(0, h)) - log(y - Vec2(0, h))) / (2 * h)};  // over y = x / alpha
    const Vec2 push = gs::inSpace(fields.push(a * y), Space::Score, f) * a;
    EXPECT_NEAR(glm::distance(push, gradient), 0, 1e-7);
    EXPECT_NEAR(glm::distance(fields.classGradient(a * y) * a, gradient), 0, 1e-7);
    const double p = oracle::classPosterior(*m, y, f.ratio, 0);
    EXPECT_NEAR(glm::distance(p * fields.base(a * y) + (1 - p) * ofOther.base(a * y), ofNone.base(a * y)), 0, 1e-12);
  }
}

TEST(Truths, PartsOfThePushAddUpAndAreAcrossEachOther) {
  const auto m = shared(sMode());
  const Experiment e = cfg(3, gs::SolverKind::Heun, 0, 32, 10);
  const GuidedFields fields(e, m, gs::fieldLevel(e, *m, .5));
  const FieldGrid grid{{-1, -1}, {1, 1}, 5, 5};
  const VectorField whole = gs::vectorField(fields, nullptr, "", grid, ArrowWhat::Push, Space::Score);
  for (const ArrowWhat what : {ArrowWhat::PushParts, ArrowWhat::PushClassParts}) {
    const VectorField v = gs::vectorField(fields, nullptr, "", grid, what, Space::Score);
    ASSERT_EQ(v.second.size(), whole.first.size());
    double across = 0;
    for (std::size_t k = 0; k < whole.first.size(); k += 2) {
      const Vec2 a(v.first[k], v.first[k + 1]), b(v.second[k], v.second[k + 1]), w(whole.first[k], whole.first[k + 1]);
      EXPECT_NEAR(glm::distance(a + b, w), 0, 1e-5 * (1 + glm::length(w)));
      EXPECT_NEAR(glm::dot(a, b), 0, 1e-5 * (1 + glm::dot(w, w)));
      across = std::max(across, glm::length(b));
    }
    // Classifier-free guidance pushes along the gradient and nowhere else; along the denoiser it does not.
    if (what == ArrowWhat::PushClassParts)
      EXPECT_LT(across, 1e-5);
    else
      EXPECT_GT(across, .1);
  }
}

TEST(Truths, TheDivergenceOfThePushIsTheOraclesJacobian) {
  const auto m = shared(sMode());
  const Experiment e = cfg(2, gs::SolverKind::Heun, 0, 32, 10);
  Experiment plain = e;
  plain.guidance.clear();
  const FieldLevel f = gs::fieldLevel(e, *m, .4);
  const GuidedFields fields(e, m, f);
  const double h = 1e-4;
  for (const Vec2 y : {Vec2(0, 0), Vec2(1.2, .4), Vec2(-1, 1)}) {
    const auto push = [&](Vec2 p) {
      return oracle::guided(e, *m, p, f.ratio, f.t) - oracle::guided(plain, *m, p, f.ratio, f.t);
    };
    const double expected =
        (push(y + Vec2(h, 0)).x - push(y - Vec2(h, 0)).x + push(y + Vec2(0, h)).y - push(y - Vec2(0, h)).y) / (2 * h);
    EXPECT_NEAR(fields.pushDivergence(f.level.alpha * y), expected, 1e-6 * (1 + std::abs(expected)));
  }
}

// p_c^(1+omega) p^-omega between Gaussians has the precision (1 + omega) / a - omega / b, and noise adds to it.
TEST(Truths, TheTiltedLawIsClosedForGaussiansAtEveryNoise) {
  const double a = 1, b = 2, omega = 2;
  const auto m = shared(pairOf(a, b));
  const Experiment e = cfg(omega, gs::SolverKind::Heun, 0, 32, 10);
  const TiltedLaw law = tiltedLaw(e, m);
  const double v = 1 / ((1 + omega) / a - omega / b);
  for (const double ratio : {0., .01, .2, .6, 1.5, 8.})
    for (const Vec2 y : {Vec2(0, 0), Vec2(.7, -.4), Vec2(-1.5, .3)}) {
      const TiltedLaw::At at = law.at(y, ratio);
      const double n = v + ratio * ratio;
      EXPECT_NEAR(at.logDensity, -.5 * glm::dot(y, y) / n - std::log(2 * std::numbers::pi * n), 1e-3) << ratio;
      const double r = std::max(ratio, law.leastRatio());
      EXPECT_NEAR(glm::distance(at.score(y, r), -y / (v + r * r)), 0, 2e-3) << ratio;
    }
  // Exact draws: moments within five standard errors of themselves.
  const std::vector<Vec2> draws = law.draws(4000, 7);
  ASSERT_EQ(draws.size(), 4000u);
  double xx = 0, xy = 0, yy = 0;
  for (const Vec2 x : draws) xx += x.x * x.x / 4000, xy += x.x * x.y / 4000, yy += x.y * x.y / 4000;
  EXPECT_NEAR(xx, v, 5 * v * std::sqrt(2. / 4000));
  EXPECT_NEAR(yy, v, 5 * v * std::sqrt(2. / 4000));
  EXPECT_NEAR(xy, 0, 5 * v / std::sqrt(4000.));
}

// The products of laws that "and" aims at, p(x|c) (p(x|k) / p(x))^omega, by sums over a fine grid.
TEST(Truths, AProductOfLawsIsTilted) {
  Mixture m;
  m.components = {{0, .4, {-.8, 0}, {.1, 0, .9}}, {1, .3, {0, .8}, {.9, 0, .1}}, {2, .3, {0, 0}, {1.2, 0, 1.2}}};
  const auto law = shared(m);
  Experiment e = cfg(1, gs::SolverKind::Heun, 0, 32, 10);
  e.guidance[0].kind = gs::TermKind::And;
  e.guidance[0].label = 1;
  const TiltedLaw tilted = tiltedLaw(e, law);
  const auto q = [&](Vec2 x) {
    return std::exp(oracle::logDensity(oracle::law(m, 0), x, 0) + oracle::logDensity(oracle::law(m, 1), x, 0) -
                    oracle::logDensity(oracle::law(m, -1), x, 0));
  };
  double z = 0;
  const double h = .05, ratio = .3;
  const Vec2 y(-.5, .6);
  double noised = 0;
  Vec2 mean(0.0);
  for (double a = -4; a <= 4; a += h)
    for (double b = -4; b <= 4; b += h) {
      const double p = q({a, b}) * h * h;
      const Vec2 d = Vec2(a, b) - y;
      const double w = p * std::exp(-.5 * glm::dot(d, d) / (ratio * ratio)) / (2 * std::numbers::pi * ratio * ratio);
      z += p, noised += w, mean += w * Vec2(a, b);
    }
  const TiltedLaw::At at = tilted.at(y, ratio);
  EXPECT_NEAR(at.logDensity, std::log(noised / z), 2e-3);
  EXPECT_NEAR(glm::distance(at.denoiser, mean / noised), 0, 2e-3);
  EXPECT_NEAR(tilted.logDensity(y), std::log(q(y) / z), 2e-3);
}

// tilted - guided score = grad log of the integral of p(x0|x,c)^w p(x0|x)^(1-w), w = 1 + omega (2505.21101).
TEST(Truths, TheMissingForceIsTheGradientOfTheRenyiIntegral) {
  const Mixture m = sMode();
  const auto law = shared(m);
  const double omega = 1.5;
  const Experiment e = cfg(omega, gs::SolverKind::Heun, 0, 32, 10);
  const FieldLevel f = gs::fieldLevel(e, m, .42);
  const GuidedFields fields(e, law, f);
  const TiltedLaw tilted = tiltedLaw(e, law);
  const double a = f.level.alpha, h = .02, d = 1e-3;
  const auto integral = [&](Vec2 y) {  // over y = x / alpha
    const oracle::Posterior own = oracle::posterior(oracle::law(m, 0), y, f.ratio),
                            whole = oracle::posterior(oracle::law(m, -1), y, f.ratio);
    const auto log = [&](const oracle::Posterior& p, Vec2 x) {
      double sum = 0;
      for (const auto& part : p.parts) {
        const Vec2 u = x - part.mean;
        sum += part.weight * std::exp(-.5 * glm::dot(u, part.covariance.inverse() * u)) /
               (2 * std::numbers::pi * std::sqrt(part.covariance.determinant()));
      }
      return std::log(std::max(sum, 1e-300));
    };
    double sum = 0;
    for (double u = -4; u <= 3.5; u += 2 * h)
      for (double v = -2.5; v <= 3.5; v += 2 * h)
        sum += std::exp((1 + omega) * log(own, {u, v}) - omega * log(whole, {u, v}));
    return std::log(sum);
  };
  for (const Vec2 y : {Vec2(.4, .3), Vec2(-.6, .8)}) {
    const Vec2 expected{(integral(y + Vec2(d, 0)) - integral(y - Vec2(d, 0))) / (2 * d * a),
                        (integral(y + Vec2(0, d)) - integral(y - Vec2(0, d))) / (2 * d * a)};
    const FieldGrid one{a * y - Vec2(.01), a * y + Vec2(.01), 1, 1};
    const VectorField missing = gs::vectorField(fields, &tilted, "", one, ArrowWhat::Missing, Space::Score);
    EXPECT_NEAR(missing.first[0], expected.x, 3e-3 * (1 + glm::length(expected)));
    EXPECT_NEAR(missing.first[1], expected.y, 3e-3 * (1 + glm::length(expected)));
    EXPECT_GT(glm::length(expected), .05);
    const VectorField error = gs::vectorField(fields, &tilted, "", one, ArrowWhat::ScoreError, Space::Score);
    EXPECT_EQ(error.first[0], -missing.first[0]);
    // The map of the same error has no sign and no unit.
    const gs::ScalarField map = gs::scoreErrorField(fields, tilted, one);
    EXPECT_NEAR(map.value[0], f.level.sigma * std::hypot(missing.first[0], missing.first[1]), 1e-4);
  }
}

// ---- lines ----------------------------------------------------------------------------------------------------------

TEST(Truths, StreamlinesFollowTheFieldAndKeepTheirDistance) {
  const auto m = shared(sMode());
  const Experiment e = cfg(2, gs::SolverKind::Heun, 0, 32, 10);
  const GuidedFields fields(e, m, gs::fieldLevel(e, *m, .5));
  const FieldGrid grid{{-2, -1.5}, {2, 1.5}, 40, 30};
  const double apart = .3;
  const gs::Streamlines s = gs::streamlines(fields, grid, Space::Score, apart);
  ASSERT_GT(s.ends.size(), 8u);
  const auto at = [&](int i) { return Vec2(s.points[2 * std::size_t(i)], s.points[2 * std::size_t(i) + 1]); };
  int first = 0, lined = 0, tested = 0;
  for (const int end : s.ends) {
    for (int i = first + 1; i + 1 < end; i += 3) {
      const Vec2 way = at(i + 1) - at(i - 1),
                 v = gs::answerInSpace(fields.guided(at(i)), at(i), Space::Score, fields.at());
      ++tested;
      lined += glm::dot(way, v) > .97 * glm::length(way) * glm::length(v);
      for (int j = 0; j < s.ends.back(); j += 4) {
        if (j < first || j >= end) {
          EXPECT_GT(glm::distance(at(i), at(j)), .49 * apart);
        }
      }
    }
    first = end;
  }
  EXPECT_GT(lined, .97 * tested);
}

// All that a view can ask for, as exports do.
TEST(Truths, AViewGetsWhatItAsksFor) {
  const auto m = shared(sMode());
  const Experiment e = cfg(2, gs::SolverKind::Heun, 0, 24, 10);
  gs::View v;
  v.time = .4;
  const FieldGrid visible{{-3, -2}, {3, 2.5}, 24, 18};
  EXPECT_EQ(gs::truthsOf(engine(), e, m, v, visible, .02), gs::Truths{});
  v.arrows.visible = v.streams.visible = v.heat.visible = v.own.visible = v.target.atCursor = true;
  v.arrows.spacing = 40;
  v.streams.spacing = 60;
  v.density.shape = gs::LawShape::Contours;
  v.own.shape = gs::LawShape::Samples;
  v.heat.what = gs::HeatWhat::ScoreError;
  const gs::Truths t = gs::truthsOf(engine(), e, m, v, visible, .02);
  ASSERT_TRUE(t.arrows && t.streams && t.heat && t.own && t.tilted && t.data);
  EXPECT_GT(t.arrows->reference, 0);
  EXPECT_FALSE(t.streams->ends.empty());
  EXPECT_GT(t.heat->scale, 0);
  EXPECT_EQ(t.own->samples.size(), 2u * std::size_t(std::min(e.particles.count, 1500)));
  ASSERT_EQ(t.data->contourLevels.size(), 2u);
  ASSERT_EQ(t.tilted->contourLevels.size(), 2u);
  // 1 and 2 standard deviations of what is one Gaussian each: where the noise is large both laws are about that.
  EXPECT_GT(t.tilted->contourLevels[0], t.tilted->contourLevels[1]);
  // Several terms: no tilted law, and the words for it.
  Experiment two = e;
  two.guidance.push_back(e.guidance[0]);
  two.guidance[1].kind = gs::TermKind::Autoguidance;
  const gs::Truths none = gs::truthsOf(engine(), two, m, v, visible, .02);
  ASSERT_TRUE(none.heat && none.tilted);
  EXPECT_EQ(none.heat->absent, "no closed target: several terms are on");
  EXPECT_EQ(none.tilted->absent, none.heat->absent);
  // Where a grid would be too coarse to be true, samples are shown.
  Mixture many;
  for (int i = 0; i < 1500; ++i)
    many.components.push_back({i % 2, 1. / 1500, Vec2(std::cos(i), std::sin(2. * i)), Sym2::isotropic(.01)});
  gs::View law;
  law.own.visible = true;
  Experiment shaped = e;  // a stack of differences alone is asked in one pass over the components that matter
  shaped.guidance[0].kind = gs::TermKind::Mambo;
  shaped.particles.count = 50;
  const auto own = gs::truthsOf(engine(), shaped, shared(many), law, visible, .02).own;
  EXPECT_EQ(own->samples.size(), 100u);
  EXPECT_TRUE(own->logDensity.empty() && own->absent.empty());
}

// Lines join particles to the exact samples of the metric's own matching, and their mean square is its W2.
TEST(Truths, TheMatchingIsThatOfTheMetric) {
  const auto m = shared(sMode());
  const Experiment e = cfg(3, gs::SolverKind::Heun, 0, 24, 700, 3);
  const auto frame = run(e, *m);
  gs::View v;
  v.match.visible = true;
  v.time = 0;
  const FieldGrid visible{{-3, -2}, {3, 2.5}, 24, 18};
  EXPECT_FALSE(gs::truthsOf(engine(), e, m, v, visible, .02).matched);  // of which particles?
  const auto of = [&](double time, gs::Coordinates c) {
    v.time = time, v.coordinates = c;
    return gs::truthsOf(engine(), e, m, v, visible, .02, frame).matched;
  };
  const auto pairs = of(0, gs::Coordinates::Schedule);
  ASSERT_TRUE(pairs);
  ASSERT_EQ(pairs->from.size(), 1024u);
  double squares = 0;
  for (std::size_t i = 0; i < 1024; ++i) squares += std::pow(double(pairs->from[i]) - double(pairs->to[i]), 2) / 512;
  EXPECT_NEAR(pairs->w2, std::sqrt(squares), 1e-6);
  const auto metrics = gs::distanceMetrics(*m, 0, frame->at(24), e.particles.seed, 700, {});
  const auto w2 = std::find_if(metrics.begin(), metrics.end(), [](const auto& x) { return x.name == "exact_w2"; });
  ASSERT_NE(w2, metrics.end());
  EXPECT_NEAR(pairs->w2, w2->value, 1e-6);
  EXPECT_EQ(pairs->from[0], frame->at(24)[0]);
  EXPECT_GT(pairs->w2, 1.5 * pairs->floor);  // guidance moved them
  // At the noise every particle is one of the noise, in both coordinates.
  const auto schedule = of(.999, gs::Coordinates::Schedule), normalised = of(.5, gs::Coordinates::Normalised),
             half = of(.5, gs::Coordinates::Schedule);
  EXPECT_LT(schedule->w2, 1.5 * schedule->floor);
  EXPECT_NEAR(normalised->w2, half->w2 * std::numbers::sqrt2, 1e-4);  // alpha = sigma = 1/2
}

// Guided Gaussians whose law is known: away from one whose mean lies at -o the answer is that of a mean at omega o
// further, and every path of the ODE keeps its place in it. Blurred alike, the log of both laws' ratio is linear.
TEST(Truths, TheDataRatioIsTheClosedFormOfAShiftedGaussian) {
  constexpr double v = .4, o = .3, omega = 2, h = .15, start = 8;
  constexpr int count = 20000;
  Mixture one;
  one.components = {{0, 1, {.5, -.2}, Sym2::isotropic(v)}};
  const auto m = shared(one);
  Experiment e = cfg(omega, gs::SolverKind::Rk4, 0, 48, count, start);
  e.distribution.kind = gs::DistributionKind::Mixture;
  e.distribution.mixture = gs::Box<Mixture>(one);
  e.guidance[0].kind = gs::TermKind::Autoguidance;
  e.guidance[0].weak = {};
  e.guidance[0].weak.broaden = 0;
  e.guidance[0].weak.offset = {-o, 0};
  const auto frame = run(e, one);
  gs::View view;
  view.heat.visible = true;
  view.heat.what = gs::HeatWhat::DataRatio;
  view.guidedDensity.bandwidth = h;
  const FieldGrid visible{{-3, -2}, {4, 2}, 24, 18};
  for (const int step : {48, 24}) {
    const gs::GridPoint& at = frame->grid[std::size_t(step)];
    view.time = at.t;
    view.coordinates = step == 48 ? gs::Coordinates::Schedule : gs::Coordinates::Normalised;
    const auto map = gs::truthsOf(engine(), e, m, view, visible, .02, frame).heat;
    ASSERT_TRUE(map && map->absent.empty());
    ASSERT_EQ(map->what, gs::HeatWhat::DataRatio);
    EXPECT_EQ(map->kernel, h);
    const double a = at.level.alpha, s = at.level.sigma, norm = step == 48 ? 1 : std::hypot(a, s);
    // In the coordinates that are shown: both variances, and the means.
    const double own = (a * a * v + s * s) / (norm * norm);
    const double moved = omega * o * (1 - std::sqrt((v + at.ratio * at.ratio) / (v + start * start)));
    const Vec2 data = a / norm * Vec2(.5, -.2), guided = a / norm * Vec2(.5 + moved, -.2);
    const auto density = [](Vec2 x, Vec2 mean, double variance) {
      return std::exp(-.5 * glm::dot(x - mean, x - mean) / variance) / (2 * std::numbers::pi * variance);
    };
    int seen = 0;
    double squares = 0, worst = 0;
    for (int j = 0; j < map->grid.height; ++j)
      for (int i = 0; i < map->grid.width; ++i) {
        const std::size_t k = std::size_t(j) * std::size_t(map->grid.width) + std::size_t(i);
        const Vec2 x = map->grid.center(i, j) / norm;
        const double p = density(x, guided, own + h * h), q = density(x, data, own + h * h);
        // The variance of a mean of kernels.
        const double se =
            std::sqrt((density(x, guided, own + h * h / 2) / (4 * std::numbers::pi * h * h) - p * p) / count) / p;
        const double particles = 4 * std::numbers::pi * h * h * count * std::max(p, q);
        if (particles < .1) {
          EXPECT_EQ(map->weight[k], 0) << x.x << ' ' << x.y;
        }
        if (se > .15) continue;
        EXPECT_EQ(map->weight[k], 1);
        const double z = (map->value[k] - std::log(p / q)) / se;
        ++seen;
        squares += z * z;
        worst = std::max(worst, std::abs(z));
      }
    EXPECT_GT(seen, 500);
    EXPECT_LT(worst, 4.5);
    EXPECT_NEAR(squares / seen, 1, .5);
  }
  // Without the particles, or with those of another law, nothing is known.
  EXPECT_FALSE(gs::truthsOf(engine(), e, m, view, visible, .02).heat);
  Experiment other = e;
  other.distribution = {};
  EXPECT_FALSE(gs::truthsOf(engine(), other, m, view, visible, .02, frame).heat);
  // Far away a kernel is no narrower than the cells of the map.
  const FieldGrid wide{{-300, -200}, {400, 200}, 24, 18};
  view.coordinates = gs::Coordinates::Schedule;
  const auto far = gs::truthsOf(engine(), e, m, view, wide, 2, frame).heat;
  ASSERT_TRUE(far);
  EXPECT_GE(far->kernel, .7 * (far->grid.hi.x - far->grid.lo.x) / far->grid.width);
}

}  // namespace
}  // namespace papers
