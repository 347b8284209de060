#include <cmath>
#include <numbers>

#include <Random123/philox.h>

#include "oracle/oracle.h"
#include "oracle/stack.h"

namespace oracle {
namespace {

using gs::Experiment;
using gs::Mixture;
using gs::SolverKind;

template <class D>
Vec2 heunStep(const D& d, Vec2 y, const Point& a, const Point& b, Vec2& memory) {  // 2206.00364, algorithm 1
  Vec2 there = memory;
  const Vec2 slope = (y - d(y, a.ratio, a.t, &memory)) / a.ratio;
  const Vec2 guess = y + (b.ratio - a.ratio) * slope;
  const Vec2 slopeThere = (guess - d(guess, b.ratio, b.t, &there)) / b.ratio;
  return y + (b.ratio - a.ratio) * (slope + slopeThere) / 2.0;
}

// dy/d ln ratio = y - D
template <class D>
Vec2 rk4Step(const D& d, Vec2 y, const Point& a, const Point& b, double tMid, Vec2& memory) {
  const double mid = std::sqrt(a.ratio * b.ratio), h = std::log(b.ratio / a.ratio);
  Vec2 m2 = memory, m3 = memory, m4 = memory;  // a memory moves on in the first stage only
  const Vec2 k1 = y - d(y, a.ratio, a.t, &memory);
  const Vec2 y2 = y + h / 2 * k1, k2 = y2 - d(y2, mid, tMid, &m2);
  const Vec2 y3 = y + h / 2 * k2, k3 = y3 - d(y3, mid, tMid, &m3);
  const Vec2 y4 = y + h * k3, k4 = y4 - d(y4, b.ratio, b.t, &m4);
  return y + h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
}

}  // namespace

Vec2 guided(const Experiment& e, const Mixture& m, Vec2 y, double ratio, double t) {
  const Field field(e, m);
  const gs::Term* const back = field.between(gs::TermKind::Gibbs);
  return field(y, ratio, t, nullptr,
               {field.between(gs::TermKind::PredictorCorrector) != nullptr, back && ratio <= back->returnTo});
}

namespace {

struct Draw {
  Vec2 z;
  double choice;
};

// Words 0 and 1 make the normal pair: their upper 23 bits name a cell of (0, 1) by its middle, so that single precision
// sees the same numbers. Word 2, as a fraction of 2^32, chooses the component of a start.
Draw draw(std::uint32_t seed, std::uint32_t particle, std::uint32_t step) {
  const r123::Philox4x32::ctr_type bits =
      r123::Philox4x32()(r123::Philox4x32::ctr_type{{particle, step, 0, 0}}, r123::Philox4x32::key_type{{seed, 0}});
  const auto unit = [](std::uint32_t word) { return (double(word >> 9) + .5) / 8388608; };
  const double radius = std::sqrt(-2 * std::log(unit(bits[0]))), angle = 2 * std::numbers::pi * unit(bits[1]);
  return {{radius * std::cos(angle), radius * std::sin(angle)}, bits[2] / 4294967296.0};
}

}  // namespace

Vec2 normal(std::uint32_t seed, std::uint32_t particle, std::uint32_t step) { return draw(seed, particle, step).z; }
Vec2 normal(std::uint32_t seed, std::uint32_t particle, std::uint32_t step, double& choice) {
  const Draw d = draw(seed, particle, step);
  choice = d.choice;
  return d.z;
}

std::vector<Vec2> start(const Experiment& e, const Mixture& m, int count) {
  const Point first = grid(e.schedule).front();
  const Law p = law(m, e.condition);
  const double experts = 1 + Field(e, m).summed(), spread = experts > 0 ? 1 / std::sqrt(experts) : 1;
  std::vector<Vec2> x;
  for (int i = 0; i < count; ++i) {
    const Draw d = draw(e.particles.seed, std::uint32_t(i), 0);
    if (e.start == gs::Start::Gaussian || std::isinf(first.ratio) || spread != 1) {
      x.push_back(spread * first.sigma * d.z);
      continue;
    }
    double below = 0;
    std::size_t k = 0, chosen = 0;
    for (; k < p.weights.size(); ++k) {
      if (p.weights[k] <= 0) continue;
      chosen = k;
      below += p.weights[k];
      if (d.choice < below) break;
    }
    const Sym2& s = p.covariances[chosen];
    const double q = first.ratio * first.ratio, a = std::sqrt(s.xx + q), b = s.xy / a, c = std::sqrt(s.yy + q - b * b);
    x.push_back(first.alpha * (p.means[chosen] + Vec2(a * d.z.x, b * d.z.x + c * d.z.y)));
  }
  return x;
}

Trajectories sample(const Experiment& e, const Mixture& m, const std::vector<Vec2>& start) {
  const std::vector<Point> points = grid(e.schedule);
  const Field field(e, m);
  const gs::Term* const corrector = field.between(gs::TermKind::PredictorCorrector);
  const gs::Term* const back = field.between(gs::TermKind::Gibbs);
  const double kappa = e.sampler.kind == SolverKind::Exponential ? e.sampler.churn : 0;
  Trajectories x(points.size(), std::vector<Vec2>(start.size()));
  for (std::size_t p = 0; p < start.size(); ++p) {
    x[0][p] = start[p];
    Vec2 y = std::isinf(points[0].ratio) ? Vec2(0.0) : start[p] / points[0].alpha;
    // From grid point `first` to the end; round 0 is the first way down. `top` is where a later one begins, above it.
    const auto down = [&](int round, std::size_t first, const Point* top) {
      const auto d = [&](Vec2 at, double ratio, double t, Vec2* memory) {
        return field(at, ratio, t, memory, {false, round > 0});
      };
      Vec2 before{0.0};  // the previous step's denoiser, of the multistep solver
      Vec2 memory{0.0};  // of terms with a momentum
      for (std::size_t to = first; to < points.size(); ++to) {
        const bool begins = to == first;
        const Point& a = begins && top ? *top : points[to - 1];
        const Point& b = points[to];
        const std::uint32_t number = std::uint32_t(round) * 16384 + std::uint32_t(to);
        const auto z = [&](int again) {
          return normal(e.particles.seed, std::uint32_t(p), number + std::uint32_t(again) * 512);
        };
        Vec2 moved = memory;
        const Vec2 from = y;
        const Vec2 now = d(y, a.ratio, a.t, &moved);
        if (std::isinf(a.ratio)) {
          y = now + b.ratio * start[p] / a.sigma;  // the start is the unit normal itself
          if (field.rests(a.ratio)) y = start[p] / b.alpha;
        } else if (b.ratio == 0) {
          y = now;
        } else {
          const double r = b.ratio / a.ratio;
          switch (e.sampler.kind) {
            case SolverKind::Euler:
              y = now + r * (y - now);
              break;
            case SolverKind::Heun:
              y = heunStep(d, y, a, b, memory);
              break;
            case SolverKind::Rk4:
              y = rk4Step(d, y, a, b, timeBetween(e.schedule, a, b), memory);
              break;
            case SolverKind::Dpmpp2m: {  // 2211.01095
              const double h = std::log(a.ratio / b.ratio);
              Vec2 blend = now;
              if (!begins) {
                const Point& old = to == first + 1 && top ? *top : points[to - 2];
                const double q = std::log(old.ratio / a.ratio) / h;
                blend = (1 + 1 / (2 * q)) * now - 1 / (2 * q) * before;
              }
              y = std::exp(-h) * y - std::expm1(-h) * blend;
              break;
            }
            case SolverKind::Exponential:
              y = now + std::pow(r, 1 + kappa) * (y - now);
              if (kappa > 0) y += b.ratio * std::sqrt(-std::expm1(2 * kappa * std::log(r))) * z(0);
              break;
          }
        }
        before = now;
        memory = moved;
        field.follow(from, a, b, y, memory);
        // Langevin steps (2408.09000): y + delta s + sqrt(2 delta) z with delta = c ratio^2, s the guided score.
        for (int k = 1; corrector && b.ratio > 0 && k <= corrector->corrections; ++k) {
          const double delta = corrector->stride * b.ratio * b.ratio;
          Vec2 kept = memory;
          const Vec2 score = (field(y, b.ratio, b.t, &kept, {true, round > 0}) - y) / (b.ratio * b.ratio);
          y += delta * score + std::sqrt(2 * delta) * z(k);
        }
        if (to > 0) x[to][p] = b.alpha * y;  // the start stays
      }
    };
    down(0, 1, nullptr);
    if (!back) continue;
    // 2505.21101: rounds of noise up to s* and the guided way down; of a noise level the last visit is shown.
    std::size_t first = 0;
    while (points[first].ratio >= back->returnTo) ++first;
    const bool edm = e.schedule.kind == gs::ScheduleKind::Edm, flow = e.schedule.kind == gs::ScheduleKind::Flow;
    const double s = back->returnTo, alpha = edm ? 1 : flow ? 1 / (1 + s) : 1 / std::sqrt(1 + s * s);
    const Point top{timeAt(e.schedule, points, s), s, alpha, s * alpha};
    for (int round = 1; round <= back->rounds; ++round) {
      y += s * normal(e.particles.seed, std::uint32_t(p), std::uint32_t(round) * 16384 + 511);
      down(round, first, &top);
    }
  }
  return x;
}

}  // namespace oracle
