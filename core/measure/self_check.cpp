#include "measure/self_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/reference.h"
#include "measure/causes.h"
#include "measure/certificate.h"
#include "measure/class_field.h"

namespace gs {
namespace {

// Two classes N(+-1, 1) in x, independent N(0, 1) in y, and three modes of two classes.
Mixture checkPair() { return {{{0, .5, {1, 0}, Sym2::isotropic(1)}, {1, .5, {-1, 0}, Sym2::isotropic(1)}}}; }
Mixture checkModes() {
  return {{{0, .25, {-2, 0}, {.2, .05, .12}},
           {0, .25, {1, 1.2}, Sym2::isotropic(.12)},
           {1, .5, {1.5, -.6}, {.2, -.04, .3}}}};
}
Experiment checkExperiment(double omega, SolverKind kind, double churn, int steps, int count) {
  Experiment e;
  e.condition = 0;
  Term term;
  term.omega = omega;
  e.guidance = {term};
  e.schedule.steps = steps;
  e.schedule.sigmaMax = 200;
  e.sampler = {kind, churn};
  e.particles = {count, 5};
  return e;
}
std::shared_ptr<const Mixture> shared(const Mixture& m) { return std::make_shared<const Mixture>(m); }
const Vec2 kPlaces[] = {{-2.3, .4}, {-1, 1}, {0, 0}, {.6, -1.1}, {1.4, .9}, {3, -2}};
constexpr double kRatios[] = {.1, .7, 3};

template <class F>
double worst(F f) {  // over places and noise levels
  double most = 0;
  for (const double ratio : kRatios)
    for (const Vec2 y : kPlaces) most = std::max(most, f(y * std::hypot(1., ratio), NoiseLevel{1, ratio}));
  return most;
}

// dx/da = 1 + omega - omega tanh(a x), the guided ODE of the pair in a = 1 / sqrt(1 + sh^2).
double pairEnd(double x, double a, double omega) {
  const int n = 400;
  const double h = (1 - a) / n;
  const auto f = [omega](double at, double v) { return 1 + omega - omega * std::tanh(at * v); };
  for (int i = 0; i < n; ++i) {
    const double at = a + i * h, k1 = f(at, x), k2 = f(at + h / 2, x + h / 2 * k1), k3 = f(at + h / 2, x + h / 2 * k2),
                 k4 = f(at + h, x + h * k3);
    x += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return x;
}

struct Bounded {
  const char* what;
  double bound;
  std::function<double()> deviation;
};

std::vector<Bounded> closedForms() {
  const auto modes = std::make_shared<const Mixture>(checkModes());
  return {
      {"the score is the gradient of log p", 1e-6,
       [modes] {
         return worst([&](Vec2 y, NoiseLevel l) {
           const double h = 1e-5;
           const auto f = [&](Vec2 at) { return logDensity(*modes, at, l, 0); };
           const Vec2 d{(f(y + Vec2{h, 0}) - f(y - Vec2{h, 0})) / (2 * h),
                        (f(y + Vec2{0, h}) - f(y - Vec2{0, h})) / (2 * h)};
           const Vec2 s = score(*modes, y, l, 0);
           return glm::length(s - d) / (1 + glm::length(s));
         });
       }},
      {"the denoiser is x + sigma^2 score (Tweedie)", 1e-10,
       [modes] {
         return worst([&](Vec2 y, NoiseLevel l) {
           return glm::length(denoise(*modes, y, l, 0) - y - l.sigma * l.sigma * score(*modes, y, l, 0)) /
                  (1 + glm::length(y));
         });
       }},
      {"the classes' scores average to the whole score", 1e-10,
       [modes] {
         return worst([&](Vec2 y, NoiseLevel l) {
           const std::vector<double> p = classPosterior(*modes, y, l);
           const Vec2 s = score(*modes, y, l);
           return glm::length(p[0] * score(*modes, y, l, 0) + p[1] * score(*modes, y, l, 1) - s) / (1 + glm::length(s));
         });
       }},
      {"the push of guidance is the gradient of log p(c|x)", 1e-9,
       [modes] {
         return worst([&](Vec2 y, NoiseLevel l) {
           const Vec2 g = ClassField(*modes, 0, l.ratio()).at(y).gradient,
                      d = score(*modes, y, l, 0) - score(*modes, y, l);
           return glm::length(g - d) / (1 + glm::length(d));
         });
       }},
      {"E[1/p(c|x)] without guidance is 1/p(c) (quadrature)", 1e-9,
       [] {
         const Mixture pair = checkPair();
         double most = 0;
         for (const double ratio : {0., 1.}) {
           const ClassField field(pair, 0, ratio);
           double sum = 0;
           const double h = .15 * std::hypot(1, ratio);
           for (int i = -75; i <= 75; ++i)
             for (int j = -60; j <= 60; ++j) {
               const Vec2 y{i * h, j * h};
               sum += h * h * std::exp(logDensity(pair, y, {1, ratio}, 0) - field.at(y).logPosterior);
             }
           most = std::max(most, std::abs(sum - 2));
         }
         return most;
       }},
      {"the change of variables gives the data law back", 1e-4,
       [modes] {
         Experiment e = checkExperiment(0, SolverKind::Rk4, 0, 192, 16);
         e.schedule = {.kind = ScheduleKind::Edm, .grid = GridKind::UniformLogSnr, .steps = 192, .sigmaMin = 1e-3};
         const Plan plan = compile(e, modes);
         const auto cpu = makeCpuEngine();
         const auto frame = cpu->sample(plan, 16, {});
         const FollowedLaw law = followLaw(plan, *frame, 16, false, {}).back();
         double most = 0;
         for (std::size_t i = 0; i < law.at.size(); ++i)
           most = std::max(most, std::abs(law.logDensity[i] - logDensity(*modes, law.at[i], {1, 0}, 0)));
         return most;
       }},
  };
}

std::vector<Bounded> engineChecks(const Engine& engine) {
  const auto largest = [](std::span<const float> a, std::span<const float> b) {
    double most = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
      most = std::max(most, std::abs(double(a[i]) - double(b[i])));
    return most;
  };
  const auto ends = [&engine](const Experiment& e, const Mixture& m) {
    const auto frame = engine.sample(compile(e, shared(m)), e.particles.count, {});
    const HostRow row = frame->read(frame->rows() - 1);
    return std::vector<float>(row.begin(), row.end());
  };
  return {
      {"paths are those of double precision", 2e-3,
       [&engine] {
         const Experiment e = checkExperiment(2, SolverKind::Heun, 0, 32, 256);
         const Plan plan = compile(e, shared(checkModes()));
         const auto frame = engine.sample(plan, 256, {});
         const std::vector<double> exact = sampleInDouble(plan, 256);
         const HostRow row = frame->read(frame->rows() - 1);
         double squares = 0;
         for (std::size_t i = 0; i < row.size(); ++i) {
           const double d = double(row[i]) - exact[exact.size() - row.size() + i];
           squares += d * d / double(row.size());
         }
         return std::sqrt(squares);
       }},
      {"guidance on two overlapping Gaussians follows the analytic ODE", 1e-3,
       [&engine] {
         Experiment e = checkExperiment(3, SolverKind::Rk4, 0, 160, 200);
         e.schedule = {.kind = ScheduleKind::Edm, .grid = GridKind::UniformLogSnr, .steps = 160, .sigmaMin = 1e-3};
         const Plan plan = compile(e, shared(checkPair()));
         const auto frame = engine.sample(plan, 200, {});
         const HostRow first = frame->read(0), last = frame->read(frame->rows() - 1);
         const double a = 1 / std::hypot(1., plan.grid[0].ratio), scale = a / plan.grid[0].level.alpha;
         double most = 0;
         for (std::size_t i = 0; i < 200; ++i)
           most = std::max(most, std::abs(double(last[2 * i]) - pairEnd(double(first[2 * i]) * scale, a, 3)));
         return most;
       }},
      {"autoguidance of a Gaussian ends with variance 2^-omega", 2e-3,
       [&engine] {
         Experiment e = checkExperiment(1, SolverKind::Rk4, 0, 160, 200);
         e.schedule = {.kind = ScheduleKind::Edm, .grid = GridKind::UniformLogSnr, .steps = 160, .sigmaMin = 1e-3};
         e.guidance[0].kind = TermKind::Autoguidance;
         e.guidance[0].weak.broaden = 1;
         const Plan plan = compile(e, shared({{{0, 1, {0, 0}, Sym2::isotropic(1)}}}));
         const auto frame = engine.sample(plan, 200, {});
         const HostRow first = frame->read(0), last = frame->read(frame->rows() - 1);
         const double start = plan.grid[0].level.alpha * std::hypot(1., plan.grid[0].ratio);
         double most = 0;
         for (std::size_t i = 0; i < 400; ++i)
           most = std::max(most, std::abs(double(last[i]) - double(first[i]) / start * std::exp2(-.5)));
         return most;
       }},
      {"the exponential solver without churn is DDIM", 1e-4,
       [ends, largest] {
         return largest(ends(checkExperiment(2, SolverKind::Euler, 0, 24, 500), checkModes()),
                        ends(checkExperiment(2, SolverKind::Exponential, 0, 24, 500), checkModes()));
       }},
      {"a weight of 0 is no guidance, to the bit", 0,
       [ends, largest] {
         Experiment off = checkExperiment(0, SolverKind::Exponential, 1, 24, 500), none = off;
         none.guidance.clear();
         return largest(ends(off, checkModes()), ends(none, checkModes()));
       }},
      {"fewer particles are the first of more, to the bit", 0,
       [ends, largest] {
         const auto few = ends(checkExperiment(2, SolverKind::Exponential, 1, 24, 100), checkModes());
         auto many = ends(checkExperiment(2, SolverKind::Exponential, 1, 24, 1000), checkModes());
         many.resize(few.size());
         return largest(few, many);
       }},
      {"class posteriors are the closed form", 1e-4,
       [&engine] {
         const Experiment e = checkExperiment(1, SolverKind::Euler, 0, 16, 200);
         const Mixture modes = checkModes();
         const Plan plan = compile(e, shared(modes));
         const auto frame = engine.sample(plan, 200, {});
         const int step = 12;
         const PointValues v = engine.pointValues(plan, *frame, step, {});
         if (v.device) return 0.;  // they stay on the device, for drawing
         const HostRow x = frame->read(frame->rowNear(step));
         double most = 0;
         for (std::size_t i = 0; i < 200; ++i)
           most = std::max(most, std::abs(double(v.classPosterior[2 * i]) -
                                          classPosterior(modes, {x[2 * i], x[2 * i + 1]}, plan.grid[step].level)[0]));
         return most;
       }},
      {"the density on a grid has mass 1", 1e-4,
       [&engine] {
         const DensityField f = engine.density(checkModes(), {.6, .8}, {{-7, -7}, {7, 7}, 160, 160}, {});
         double sum = 0;
         for (const float v : f.logJoint) sum += std::exp(double(v)) * 14 * 14 / 160 / 160;
         return std::abs(sum - 1);
       }},
      {"unguided samples have the class's mean (in standard errors)", 4.5,
       [ends] {
         const Mixture modes = checkModes();
         const auto x = ends(checkExperiment(0, SolverKind::Exponential, 1, 128, 8000), modes);
         const Vec2 mean = modes.mean(0);
         const Sym2 c = modes.covariance(0);
         double mx = 0, my = 0;
         for (std::size_t i = 0; i < x.size(); i += 2) mx += double(x[i]) / 8000, my += double(x[i + 1]) / 8000;
         return std::max(std::abs(mx - mean.x) / std::sqrt(c.xx / 8000),
                         std::abs(my - mean.y) / std::sqrt(c.yy / 8000));
       }},
      {"both sides of the certificate coincide (in standard errors)", 4.5,
       [&engine] {
         const Experiment e = checkExperiment(1, SolverKind::Exponential, 1, 192, 3000);
         const Plan plan = compile(e, shared(checkPair()));
         const auto frame = engine.sample(plan, 3000, {});
         const Certificate c = certificate(engine, plan, *frame, 3000, {});
         return std::abs(c.points.back().gap) / c.points.back().gapSe;
       }},
  };
}

}  // namespace

std::vector<SelfCheck> selfCheck(const std::vector<const Engine*>& engines,
                                 const std::function<void(int, int)>& progress, std::stop_token stop) {
  std::vector<SelfCheck> out;
  std::vector<std::pair<std::string, std::vector<Bounded>>> parts{{"closed forms", closedForms()}};
  for (const Engine* e : engines) parts.push_back({e->description(), engineChecks(*e)});
  int all = 0;
  for (const auto& [name, list] : parts) all += int(list.size());
  for (const auto& [name, list] : parts)
    for (const Bounded& b : list) {
      if (stop.stop_requested()) return out;
      SelfCheck c{name, b.what, std::numeric_limits<double>::quiet_NaN(), b.bound, false};
      try {
        c.value = b.deviation();
        c.passed = c.value <= b.bound;
      } catch (const std::exception& e) {
        c.what += std::string(": ") + e.what();
      }
      out.push_back(std::move(c));
      if (progress) progress(int(out.size()), all);
    }
  return out;
}

}  // namespace gs
