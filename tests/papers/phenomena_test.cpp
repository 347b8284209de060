// What a scene shows, in numbers: modes that are dropped, intervals, wrong starts, memorisation, the parting of
// classes, and a distance that sees nothing.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "diffusion/two_samples.h"
#include "engine/reference.h"
#include "oracle/oracle.h"
#include "oracle/random.h"
#include "papers/laws.h"
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
double shareOfRight(const Experiment& e) {
  return estimate(*run(e, sMode()), [](Vec2 x) { return x.x > -.4; }).value;
}

// The two modes of the class hold one half each; guidance drains the one that the other class is near to. The tilted
// law, by quadrature, does nothing of the kind.
TEST(Phenomena, GuidanceDropsAModeThatTheTiltedLawKeeps) {
  for (const auto& [omega, share] : {std::pair(0., .5), {1., .36}, {2., .28}, {4., .18}})
    EXPECT_NEAR(shareOfRight(karras(omega, 3000)), share, .035) << omega;
  const Mixture m = sMode();
  double right = 0, whole = 0;
  for (double x = -4; x < 3.5; x += .04)
    for (double y = -2.5; y < 4; y += .04) {
      const double p = std::exp(5 * oracle::logDensity(oracle::law(m, 0), {x, y}, 1e-4) -
                                4 * oracle::logDensity(oracle::law(m, -1), {x, y}, 1e-4));
      whole += p;
      if (x > -.4) right += p;
    }
  EXPECT_NEAR(right / whole, .49, .01);
}

TEST(Phenomena, AnIntervalOfNoiseLevelsKeepsTheModes) {
  Experiment e = karras(4, 3000);
  e.guidance[0].curve.kind = gs::CurveKind::Interval;
  for (const auto& [lo, hi, share] : {std::tuple(.1, 1., .473), {.1, .6, .494}, {.05, .4, .497}}) {
    e.guidance[0].curve.lo = lo, e.guidance[0].curve.hi = hi;
    EXPECT_NEAR(shareOfRight(e), share, .035) << hi;
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

// A ring of modes and a Gaussian of its mean and covariance: the Frechet distance, which is of these alone, is 0.
TEST(Phenomena, MomentsDoNotTellARingFromAGaussian) {
  Mixture ring;
  for (int k = 0; k < 8; ++k) {
    const double a = k * 3.14159265358979 / 4;
    ring.components.push_back({0, .125, {2 * std::cos(a), 2 * std::sin(a)}, Sym2::isotropic(.04)});
  }
  Mixture one;
  one.components = {{0, 1, ring.mean(), ring.covariance()}};
  const Sym2 a = ring.covariance(), b = one.covariance();
  const double frechet = glm::dot(ring.mean() - one.mean(), ring.mean() - one.mean()) + a.trace() + b.trace() -
                         2 * (std::sqrt(a.xx * b.xx) + std::sqrt(a.yy * b.yy));  // both are diagonal
  EXPECT_NEAR(frechet, 0, 1e-9);
  EXPECT_NEAR(a.xy, 0, 1e-12);
  const auto draws = [](const Mixture& m, std::uint64_t seed) {
    std::vector<float> x;
    for (const gs::Draw& d : gs::sampleExact(m, 800, seed, gs::kUnconditional))
      x.insert(x.end(), {float(d.x.x), float(d.x.y)});
    return x;
  };
  const gs::Distance d = gs::energyDistance(draws(ring, 1), draws(one, 2), 3);
  EXPECT_GT(d.value, 5 * d.floor);
}

}  // namespace
}  // namespace papers
