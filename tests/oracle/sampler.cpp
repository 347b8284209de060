#include <cmath>
#include <numbers>

#include <Random123/philox.h>

#include "oracle/oracle.h"

namespace oracle {
namespace {

using gs::Experiment;
using gs::Mixture;
using gs::SolverKind;

// The field that every solver integrates: the guided denoiser at a level.
struct Field {
  const Experiment& experiment;
  const Mixture& mixture;
  Vec2 operator()(Vec2 y, double ratio, double t) const { return guided(experiment, mixture, y, ratio, t); }
};

Vec2 heunStep(const Field& d, Vec2 y, const Point& a, const Point& b) {  // 2206.00364, algorithm 1
  const Vec2 slope = (y - d(y, a.ratio, a.t)) / a.ratio;
  const Vec2 guess = y + (b.ratio - a.ratio) * slope;
  const Vec2 slopeThere = (guess - d(guess, b.ratio, b.t)) / b.ratio;
  return y + (b.ratio - a.ratio) * (slope + slopeThere) / 2.0;
}

Vec2 rk4Step(const Field& d, Vec2 y, const Point& a, const Point& b, double tMid) {  // dy/d ln ratio = y - D
  const double mid = std::sqrt(a.ratio * b.ratio), h = std::log(b.ratio / a.ratio);
  const Vec2 k1 = y - d(y, a.ratio, a.t);
  const Vec2 y2 = y + h / 2 * k1, k2 = y2 - d(y2, mid, tMid);
  const Vec2 y3 = y + h / 2 * k2, k3 = y3 - d(y3, mid, tMid);
  const Vec2 y4 = y + h * k3, k4 = y4 - d(y4, b.ratio, b.t);
  return y + h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
}

}  // namespace

Vec2 guided(const Experiment& e, const Mixture& m, Vec2 y, double ratio, double t) {
  const Vec2 main = denoiser(law(m, e.condition), y, ratio);
  Vec2 sum = main;
  for (const gs::Term& term : e.guidance) {
    if (!term.enabled) continue;
    Vec2 minus;
    if (term.kind == gs::TermKind::Cfg) {
      minus = denoiser(law(m, gs::kUnconditional), y, ratio);
    } else {
      const gs::WeakModel& w = term.weak;
      minus = (1 - w.leakDenoiser) * denoiser(law(m, e.condition, w.broaden, w.leakDensity), y, ratio) +
              w.leakDenoiser * denoiser(law(m, gs::kUnconditional, w.broaden), y, ratio);
    }
    sum += term.omega * curve(term.curve, t, ratio) * (main - minus);
  }
  return sum;
}

Vec2 normal(std::uint32_t seed, std::uint32_t particle, std::uint32_t step) {
  const r123::Philox4x32 philox;
  const r123::Philox4x32::ctr_type counter{{particle, step, 0, 0}};
  const r123::Philox4x32::key_type key{{seed, 0}};
  const r123::Philox4x32::ctr_type bits = philox(counter, key);
  // The upper 24 bits, centred, so that single precision sees the same numbers.
  const double u = ((bits[0] >> 8) + .5) / 16777216, v = ((bits[1] >> 8) + .5) / 16777216;
  const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * std::numbers::pi * v;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

Trajectories sample(const Experiment& e, const Mixture& m, const std::vector<Vec2>& start) {
  const std::vector<Point> points = grid(e.schedule);
  const Field d{e, m};
  const double kappa = e.sampler.kind == SolverKind::Exponential ? e.sampler.churn : 0;
  Trajectories x(points.size(), std::vector<Vec2>(start.size()));
  for (std::size_t p = 0; p < start.size(); ++p) {
    x[0][p] = start[p];
    Vec2 y = std::isinf(points[0].ratio) ? Vec2(0.0) : start[p] / points[0].alpha;
    Vec2 before{0.0};  // the previous step's denoiser, of the multistep solver
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const Point& a = points[i];
      const Point& b = points[i + 1];
      const auto z = [&] { return normal(e.particles.seed, std::uint32_t(p), std::uint32_t(i) + 1); };
      const Vec2 now = d(y, a.ratio, a.t);
      if (std::isinf(a.ratio)) {
        // y - D = sigma/alpha times the start's own unit normal; with churn the ratio to any power loses it.
        y = now + b.ratio * (kappa > 0 ? z() : start[p] / a.sigma);
      } else if (b.ratio == 0) {
        y = now;
      } else {
        const double r = b.ratio / a.ratio;
        switch (e.sampler.kind) {
          case SolverKind::Euler: y = now + r * (y - now); break;
          case SolverKind::Heun: y = heunStep(d, y, a, b); break;
          case SolverKind::Rk4: y = rk4Step(d, y, a, b, timeBetween(e.schedule, a, b)); break;
          case SolverKind::Dpmpp2m: {  // 2211.01095
            const double h = std::log(a.ratio / b.ratio);
            Vec2 blend = now;
            if (i > 0) {
              const double q = std::log(points[i - 1].ratio / a.ratio) / h;
              blend = (1 + 1 / (2 * q)) * now - 1 / (2 * q) * before;
            }
            y = std::exp(-h) * y - std::expm1(-h) * blend;
            break;
          }
          case SolverKind::Exponential:
            y = now + std::pow(r, 1 + kappa) * (y - now);
            if (kappa > 0) y += b.ratio * std::sqrt(-std::expm1(2 * kappa * std::log(r))) * z();
            break;
        }
      }
      before = now;
      x[i + 1][p] = b.alpha * y;
    }
  }
  return x;
}

}  // namespace oracle
