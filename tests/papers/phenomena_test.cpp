// What a scene shows, in numbers: modes that are dropped, intervals, wrong starts, memorisation, the parting of
// classes, and a distance that sees nothing.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "diffusion/metrics.h"
#include "engine/reference.h"
#include "oracle/oracle.h"
#include "oracle/random.h"
#include "papers/laws.h"
#include "papers/line.h"
#include "papers/run.h"

namespace papers {
namespace {

using gs::Experiment;

Experiment karras(double omega, int count) {
  Experiment e = cfg(omega, gs::SolverKind::Heun, 0, 64, count);
  e.schedule = {};
  e.schedule.kind = gs::ScheduleKind::Edm;
  e.schedule.grid = gs::GridKind::Karras;
  e.schedule.steps = 64;
  return e;
}

// Where the ODE of class 0 ends, by quadrature: from ratio 80 quantiles of both modes' Gaussians, along ln(ratio) by
// Runge-Kutta in steps of their own. Components are isotropic, so that the fields are short.
struct Ends {
  double right = 0, accurate = 0;  // shares: of the right mode, of those whose likelier class is 0
  Vec2 mean{0.0};                  // of what is in the right mode
};
Ends endsOf(const std::function<double(double)>& weight) {
  const Mixture m = sMode();
  const auto denoisers = [&](Vec2 y, double ratio) {  // of class 0, and of all
    Vec2 sum[2]{Vec2(0.0), Vec2(0.0)};
    double z[2]{0, 0};
    double top = -1e300;
    std::array<double, 3> log;
    for (std::size_t k = 0; k < 3; ++k) {
      const double v = m.components[k].covariance.xx + ratio * ratio;
      const Vec2 d = y - m.components[k].mean;
      log[k] = std::log(m.components[k].weight / v) - glm::dot(d, d) / (2 * v);
      if (k < 2) top = std::max(top, log[k]);
    }
    for (std::size_t k = 0; k < 3; ++k) {
      const double s = m.components[k].covariance.xx, p = std::exp(std::min(log[k] - top, 600.));
      const Vec2 x = m.components[k].mean + s / (s + ratio * ratio) * (y - m.components[k].mean);
      for (int whole = 0; whole < 2; ++whole)
        if (whole || m.components[k].label == 0) sum[whole] += p * x, z[whole] += p;
    }
    return std::pair(sum[0] / z[0], sum[1] / z[1]);
  };
  for (const double ratio : {.05, .7, 9.}) {
    const Vec2 y = Vec2(.3, .4) * (1 + ratio);
    EXPECT_LT(glm::distance(denoisers(y, ratio).first, oracle::denoiser(oracle::law(m, 0), y, ratio)), 1e-9);
    EXPECT_LT(glm::distance(denoisers(y, ratio).second, oracle::denoiser(oracle::law(m, -1), y, ratio)), 1e-9);
  }
  constexpr int kSide = 32, kSteps = 60;
  std::array<double, kSide> quantile;  // of the standard normal law, by Newton's method
  for (int i = 0; i < kSide; ++i) {
    double z = 0;
    for (int k = 0; k < 60; ++k)
      z -= (.5 * std::erfc(-z / std::sqrt(2.)) - (i + .5) / kSide) / std::max(.02, .3989423 * std::exp(-z * z / 2));
    quantile[std::size_t(i)] = z;
  }
  const double from = std::log(80.), h = (std::log(.002) - from) / kSteps;
  const auto velocity = [&](Vec2 y, double at) {
    const auto [c, u] = denoisers(y, std::exp(at));
    return y - c - weight(std::exp(at)) * (c - u);
  };
  Ends ends;
  for (int mode = 0; mode < 2; ++mode)
    for (const double a : quantile)
      for (const double b : quantile) {
        Vec2 y = m.components[std::size_t(mode)].mean + std::sqrt(.12 + 6400) * Vec2(a, b);
        for (int i = 0; i < kSteps; ++i) {
          const double at = from + i * h;
          const Vec2 k1 = velocity(y, at), k2 = velocity(y + h / 2 * k1, at + h / 2),
                     k3 = velocity(y + h / 2 * k2, at + h / 2), k4 = velocity(y + h * k3, at + h);
          y += h / 6 * (k1 + 2. * k2 + 2. * k3 + k4);
        }
        constexpr double kShare = .5 / kSide / kSide;
        if (y.x > -.4) ends.right += kShare, ends.mean += kShare * y;
        if (oracle::classPosterior(m, y, 1e-3, 0) > .5) ends.accurate += kShare;
      }
  ends.mean /= ends.right;
  return ends;
}
// The sampler against the quadrature, whose stairs leave .01, and that against the number that is told of.
Ends expectShare(const Experiment& e, const std::function<double(double)>& weight, double told) {
  const Ends ends = endsOf(weight);
  EXPECT_NEAR(ends.right, told, .015);
  const auto frame = run(e, sMode());
  const Estimate share = estimate(*frame, [](Vec2 x) { return x.x > -.4; });
  EXPECT_NEAR(share.value, ends.right, 4 * share.se + .01) << told;
  return ends;
}

// The two modes of the class hold one half each; guidance drains the one that the other class is near to, and moves
// it. The tilted law, by quadrature, does nothing of the kind.
TEST(Phenomena, GuidanceDropsAModeThatTheTiltedLawKeeps) {
  Ends plain, guided;
  for (const auto& [omega, share] : {std::pair(0., .5), {1., .36}, {2., .28}, {4., .18}, {7., .09}, {11., .045}}) {
    const Ends ends = expectShare(
        karras(omega, 3000), [w = omega](double) { return w; }, share);
    if (omega == 0) plain = ends;
    if (omega == 4) guided = ends;
  }
  EXPECT_NEAR(plain.accurate, .994, .002);
  EXPECT_EQ(guided.accurate, 1);
  EXPECT_NEAR(glm::distance(plain.mean, Vec2(1, 1.2)), 0, .01);
  EXPECT_NEAR(glm::distance(guided.mean, Vec2(.74, 1.83)), 0, .02);
  const auto frame = run(karras(4, 3000), sMode());
  const double right = estimate(*frame, [](Vec2 x) { return x.x > -.4; }).value;
  const Vec2 mean{estimate(*frame, [](Vec2 x) { return x.x > -.4 ? x.x : 0; }).value / right,
                  estimate(*frame, [](Vec2 x) { return x.x > -.4 ? x.y : 0; }).value / right};
  EXPECT_NEAR(glm::distance(mean, guided.mean), 0, .04);
  const Mixture m = sMode();
  double inside = 0, whole = 0;
  Vec2 tilted{0.0};
  for (double x = -4; x < 3.5; x += .04)
    for (double y = -2.5; y < 4; y += .04) {
      const double p = std::exp(5 * oracle::logDensity(oracle::law(m, 0), {x, y}, 1e-4) -
                                4 * oracle::logDensity(oracle::law(m, -1), {x, y}, 1e-4));
      whole += p;
      if (x > -.4) inside += p, tilted += p * Vec2(x, y);
    }
  EXPECT_NEAR(inside / whole, .49, .01);
  EXPECT_NEAR(glm::distance(tilted / inside, Vec2(.99, 1.23)), 0, .01);
}

TEST(Phenomena, AnIntervalOfNoiseLevelsKeepsTheModes) {
  Experiment e = karras(4, 3000);
  e.guidance[0].curve.kind = gs::CurveKind::Interval;
  for (const auto& [lo, hi, share] : {std::tuple(.1, 1., .473), {.1, .6, .494}, {.05, .4, .497}}) {
    e.guidance[0].curve.lo = lo, e.guidance[0].curve.hi = hi;
    expectShare(
        e, [a = lo, b = hi](double ratio) { return a < ratio && ratio <= b ? 4. : 0.; }, share);
  }
}

// ---- few steps, much guidance ---------------------------------------------------------------------------------------

// Straight paths from pure noise by N equal steps of DDIM to the middle one of three classes, N(-2, 1/4), N(0, 1/4) and
// N(2, 1/4). All happens on the line: the spread of its ends is that of the steps' own map, by quadrature over the
// noise. Beyond a slope of about -1 a step throws particles across the middle and apart.
struct Overshoot {
  int steps;
  double omega, spread, multiplier;  // the multiplier: the least slope of a step at 0, where it is told of
};
TEST(Phenomena, StrongGuidanceInFewStepsNarrowsAndThenOvershoots) {
  const Line line{{{0, 1. / 3, -2, .25}, {1, 1. / 3, 0, .25}, {2, 1. / 3, 2, .25}}};
  constexpr double kNone = 0;
  for (const Overshoot& o : {Overshoot{10, 0, .43, kNone},
                             {10, 1, .108, kNone},
                             {10, 3, 0, kNone},
                             {10, 10, .044, -2.07},
                             {10, 30, .76, -7.96},
                             {10, 100, 4, kNone},
                             {50, 0, .485, kNone},
                             {50, 1, .154, kNone},
                             {50, 3, .014, kNone},
                             {50, 10, 0, kNone},
                             {50, 30, 0, -.88},
                             {50, 100, .22, kNone},
                             {200, 0, .496, kNone},
                             {200, 1, .163, kNone},
                             {200, 3, .019, kNone},
                             {200, 10, 0, kNone},
                             {200, 30, 0, kNone},
                             {200, 100, 0, kNone}}) {
    const auto step = [&](double x, int k) {
      const double t = 1 - double(k) / o.steps, next = 1 - (k + 1.) / o.steps;
      const double c = line.fields(x, 1 - t, t, 1).denoiser,
                   d = o.omega == 0 ? c : c + o.omega * (c - line.fields(x, 1 - t, t, -1).denoiser);
      return next / t * x + (1 - next - (1 - t) * next / t) * d;
    };
    const auto end = [&](double x) {
      for (int k = 0; k < o.steps; ++k) x = step(x, k);
      return x;
    };
    double squares = 0, mass = 0, least = 1;
    for (double z = -6; z<6; z += o.steps> 50 ? .02 : .005) {  // of few steps the map is torn
      const double x = end(z), w = std::exp(-z * z / 2);
      squares += w * x * x, mass += w;
    }
    const double spread = std::sqrt(squares / mass);
    EXPECT_NEAR(spread, o.spread, .03 * o.spread + 6e-4) << o.steps << ' ' << o.omega;
    for (int k = 0; k < o.steps; ++k) least = std::min(least, (step(1e-5, k) - step(-1e-5, k)) / 2e-5);
    if (o.multiplier != kNone) {
      EXPECT_NEAR(least, o.multiplier, .01);
    }
    if (o.omega >= 3) {
      EXPECT_EQ(spread > .03, least < -1.5) << o.steps << ' ' << o.omega << ": " << least;
    }
    // The program's own steps from its own noise.
    if (o.omega > 10 || o.steps > 50) continue;
    Experiment e = cfg(o.omega, gs::SolverKind::Euler, 0, o.steps, 40, 0);
    e.condition = 1;
    const std::vector<double> x = gs::sampleInDouble(gs::compile(e, shared(line.plane())), 40);
    for (std::size_t i = 0; i < 40; ++i)
      EXPECT_NEAR(x[x.size() - 80 + 2 * i], end(x[2 * i]), 1e-8) << o.steps << ' ' << o.omega;
  }
}

// From a start that is none of the law's, noise on the way forgets it and the ODE does not.
TEST(Phenomena, NoiseOnTheWayCorrectsAWrongStart) {
  const auto law = oracle::law(sMode(), 0);
  constexpr int kPaths = 700, kSteps = 80;
  const auto share = [&](bool noisy) {
    double right = 0;
    for (int p = 0; p < kPaths; ++p) {
      const auto normal = [&](std::uint32_t step) { return gs::noiseOf(5, std::uint32_t(p), step).z; };
      Vec2 y = Vec2(4, 0) + 5. * normal(0);
      for (int k = 0; k < kSteps; ++k) {
        const double at = 5 * std::pow(.002 / 5, double(k) / kSteps),
                     to = k + 1 < kSteps ? 5 * std::pow(.002 / 5, (k + 1.) / kSteps) : 0;
        const Vec2 d = oracle::denoiser(law, y, at);
        const double keep = noisy ? to * to / (at * at) : to / at;  // ancestral, or DDIM
        y = d + keep * (y - d);
        if (noisy) y += to * std::sqrt(1 - to * to / (at * at)) * normal(std::uint32_t(k + 1));
      }
      right += y.x > -.4;
    }
    return right / kPaths;
  };
  const double ode = share(false), sde = share(true);
  EXPECT_GT(ode, .7);  // one half would be right
  EXPECT_LT(sde, .68);
  EXPECT_LT(sde - .5, .65 * (ode - .5));
}

// The exact score of a data set of n points leads to them; at the noise level 1 / sqrt(n - 1) of n points of a standard
// Gaussian in the plane, where n Gaussians of that width cover no more than what one with the noise would, a noisy
// point could have come from about two of them.
TEST(Phenomena, AnEmpiricalScoreLeadsBackToItsPoints) {
  constexpr int n = 32;
  Mixture points;
  for (std::uint32_t i = 0; i < n; ++i)
    points.components.push_back({0, 1. / n, gs::noiseOf(11, i, 0).z, Sym2::isotropic(1e-8)});
  Experiment e = karras(0, 300);
  e.guidance.clear();
  e.condition = gs::kUnconditional;
  const auto frame = run(e, points);
  for (int i = 0; i < 300; ++i) {
    double nearest = 1e9;
    for (const gs::Component& c : points.components)
      nearest = std::min(nearest, glm::distance(c.mean, at(*frame, frame->steps(), i)));
    EXPECT_LT(nearest, .02);
  }
  for (const std::uint32_t count : {8u, 32u, 128u}) {
    const double noise = 1 / std::sqrt(count - 1.);
    double entropies = 0;
    constexpr std::uint32_t kSets = 2000;
    for (std::uint32_t set = 0; set < kSets; ++set) {
      const auto place = [&](std::uint32_t i) { return gs::noiseOf(100 + set, i, 0).z; };
      const Vec2 y = place(0) + noise * gs::noiseOf(100 + set, 0, 1).z;
      double sum = 0, logs = 0;
      for (std::uint32_t i = 0; i < count; ++i) {
        const Vec2 d = y - place(i);
        const double log = -.5 * glm::dot(d, d) / (noise * noise), w = std::exp(log);
        sum += w, logs += w * log;
      }
      entropies += std::log(sum) - logs / sum;
    }
    EXPECT_NEAR(std::exp(entropies / kSets), 2.05, .12) << count;  // 1.98..2.12 of all n
  }
}

// Two classes part where the noised density gets its second hump, at noise^2 = distance^2 - variance; noised that far
// and sampled back, a point stays in its class with the mean of p(c | x_t).
TEST(Phenomena, ClassesPartWhereTheDensityGetsItsSecondHump) {
  Mixture m;
  m.components = {{0, .5, {-2, 0}, Sym2::isotropic(.25)}, {1, .5, {2, 0}, Sym2::isotropic(.25)}};
  const auto bend = [&](double noise) {
    const auto l = [&](double x) { return oracle::logDensity(oracle::law(m, -1), {x, 0}, noise); };
    return l(1e-3) - 2 * l(0) + l(-1e-3);
  };
  const double parting = std::sqrt(4 - .25);
  EXPECT_NEAR(parting, 1.936, 1e-3);
  EXPECT_GT(bend(.99 * parting), 0);
  EXPECT_LT(bend(1.01 * parting), 0);
  for (const auto& [noise, stays] : {std::pair(1., .95), {1.94, .77}, {3., .66}, {6., .55}, {10., .52}}) {
    const double sd = std::hypot(.5, noise);
    double mean = 0;
    for (double z = -8; z < 8; z += .01)
      mean += .01 * std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979) *
              oracle::classPosterior(m, {-2 + sd * z, 0}, noise, 0);
    EXPECT_NEAR(mean, stays, .012) << noise;
  }
}

// A ring of modes and a Gaussian of its mean and covariance: the Frechet distance |m1 - m2|^2 + tr(A + B - 2 (A B)^1/2)
// is of these alone. Draws of the ring have every moment of the Gaussian; the energy distance tells them apart.
TEST(Phenomena, MomentsDoNotTellARingFromAGaussian) {
  Mixture ring;
  for (int k = 0; k < 8; ++k) {
    const double a = k * 3.14159265358979 / 4;
    ring.components.push_back({0, .125, {2 * std::cos(a), 2 * std::sin(a)}, Sym2::isotropic(.04)});
  }
  Mixture one;
  one.components = {{0, 1, {0, 0}, Sym2::isotropic(2.04)}};  // half of the radius squared, and the modes' own
  EXPECT_NEAR(glm::length(ring.mean()), 0, 1e-12);
  EXPECT_NEAR(ring.covariance().xx, 2.04, 1e-12);
  EXPECT_NEAR(ring.covariance().xy, 0, 1e-12);
  EXPECT_NEAR(ring.covariance().yy, 2.04, 1e-12);
  constexpr int n = 4000;
  std::vector<float> x;
  for (const gs::Draw& d : gs::sampleExact(ring, n, 1, gs::kUnconditional))
    x.insert(x.end(), {float(d.x.x), float(d.x.y)});
  std::map<std::string, gs::Metric> of;
  for (const gs::Metric& m : gs::sampleMetrics(one, gs::kUnconditional, x, 3, 800, {})) of[m.name] = m;
  for (const char* name : {"mean_x", "mean_y", "cov_xx", "cov_xy", "cov_yy"})
    EXPECT_LT(std::abs(of.at(name).value - of.at(name).reference), 4.5 * of.at(name).floor) << name;
  // sqrt(A B) of two matrices in the plane has the trace sqrt(tr(A B) + 2 sqrt(det A det B)).
  const Sym2 a{of["cov_xx"].value, of["cov_xy"].value, of["cov_yy"].value}, b = one.covariance();
  const double product = a.xx * b.xx + 2 * a.xy * b.xy + a.yy * b.yy;
  const double frechet = std::pow(of["mean_x"].value, 2) + std::pow(of["mean_y"].value, 2) + a.trace() + b.trace() -
                         2 * std::sqrt(product + 2 * std::sqrt(a.determinant() * b.determinant()));
  EXPECT_GE(frechet, 0);
  EXPECT_LT(frechet, 20 * 2.04 / n);  // what equal laws leave
  EXPECT_GT(of.at("energy_data").value, 10 * of.at("energy_data").floor);
}

}  // namespace
}  // namespace papers
