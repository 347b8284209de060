#include "engine/certificate.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "engine/class_field.h"
#include "engine/reference.h"
#include "engine/thread_pool.h"

namespace gs {
namespace {

constexpr double kMostCertificateRows = 3e7;  // component evaluations: about a second of one core
constexpr double kMostLogInverse = 345;       // 1/p up to 1e150 is summed, so that squares are finite

double inverseOf(double logPosterior) { return std::exp(std::min(-logPosterior, kMostLogInverse)); }

// v - beta (u - known) for a control u of known mean, with the beta of least variance.
std::vector<double> corrected(std::vector<double> v, std::span<const double> u, double known) {
  const double n = double(v.size());
  double mv = 0, mu = 0, uv = 0, uu = 0;
  for (std::size_t i = 0; i < v.size(); ++i) mv += v[i] / n, mu += u[i] / n;
  for (std::size_t i = 0; i < v.size(); ++i) uv += (v[i] - mv) * (u[i] - mu), uu += (u[i] - mu) * (u[i] - mu);
  const double beta = uu > 0 ? uv / uu : 0;
  for (std::size_t i = 0; i < v.size(); ++i) v[i] -= beta * (u[i] - known);
  return v;
}
struct Averaged {
  double value = 0, se = 0;
};
Averaged averaged(std::span<const double> v) {
  const double n = double(v.size());
  double mean = 0, squares = 0;
  for (const double a : v) mean += a / n;
  for (const double a : v) squares += (a - mean) * (a - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

// What one path has gathered up to a level.
struct Gathered {
  double inverse = 1, own = 0, rest = 0;  // h, and the two integrals
  double ownRate = 0, restRate = 0;       // integrands in u = sh / (1 + sh) at the level before
  double twinInverse = 1, twinRest = 0, twinRate = 0;
};

}  // namespace

Certificate certificate(const Engine& engine, const Plan& plan, const Frame& frame, int most, std::stop_token stop) {
  Certificate out;
  const Experiment& e = *plan.experiment;
  const Mixture& mixture = *plan.mixture;
  if (e.condition == kUnconditional || mixture.classes() < 2) {
    out.absent = "the certificate is about p(c|x): choose a class of several";
    return out;
  }
  if (plan.remembers) {
    out.absent = "a push that remembers the steps before is no field that could be integrated";
    return out;
  }
  out.baseline = 1 / mixture.classProbability(e.condition);
  out.churn = e.sampler.kind == SolverKind::Exponential ? e.sampler.churn : 0;
  const double cost = double(plan.grid.size()) * double(mixture.components.size()) * 4;
  const int count = std::min({frame.particles, most, std::max(256, int(kMostCertificateRows / cost))});
  Experiment plain = e;
  plain.guidance.clear();
  plain.model = {};
  plain.particles.count = count;
  const auto twin = engine.sample(compile(plain, plan.mixture), count, stop);
  if (!twin) return out;

  // A batch of paths at a time: the positions of a level are read once for all.
  const std::size_t n = std::size_t(count);
  std::vector<Gathered> paths(n);
  std::vector<char> lost(n, 0);
  const GuidedInDouble guided(plan);
  ThreadPool pool(0);
  const double kappa = out.churn, ownShare = (1 + kappa) / 2, restShare = (1 - kappa) / 2;
  std::vector<int> steps;
  for (int row = 0; row < frame.rows(); ++row)
    if (twin->stored.empty() ||
        std::find(twin->stored.begin(), twin->stored.end(), frame.stepOf(row)) != twin->stored.end())
      steps.push_back(frame.stepOf(row));
  // What particles blow up is known at the end.
  {
    const HostRow a = frame.read(frame.rows() - 1, count), b = twin->read(twin->rows() - 1, count);
    for (std::size_t i = 0; i < n; ++i) lost[i] = blownUp(a[2 * i], a[2 * i + 1]) || blownUp(b[2 * i], b[2 * i + 1]);
  }
  const std::size_t kept = std::size_t(std::count(lost.begin(), lost.end(), 0));
  if (kept < 16) {
    out.absent = "fewer than 16 paths stayed finite";
    return out;
  }
  out.particles = int(kept);

  double before = 1, start = out.baseline;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const int step = steps[s];
    const GridPoint& at = plan.grid[std::size_t(step)];
    const double ratio = at.ratio;
    const bool infinite = std::isinf(ratio);
    const double u = infinite ? 1 : ratio / (1 + ratio);
    const HostRow x = frame.read(frame.rowBefore(step), count), x0 = twin->read(twin->rowBefore(step), count);
    if (!infinite) {
      const ClassField field(mixture, e.condition, ratio);
      const int level = ratio > 0 ? plan.steps[std::size_t(step)].level : -1;
      // d tau = 2 sh d sh, d sh = (1 + sh)^2 d u: the integrand is smooth on the whole range and 0 at both ends.
      const double stretch = 2 * ratio * (1 + ratio) * (1 + ratio), width = (before - u) / 2;
      constexpr int kRun = 512;
      pool.forEach(int((n + kRun - 1) / kRun), [&](int run) {
        if (stop.stop_requested()) return;
        for (std::size_t i = std::size_t(run) * kRun; i < std::min(n, (std::size_t(run) + 1) * kRun); ++i) {
          if (lost[i]) continue;
          Gathered& p = paths[i];
          const auto remainderAt = [&](const ClassField::At& v) {
            return -restShare * inverseOf(v.logPosterior) *
                   (glm::dot(v.gradient, v.gradient) - glm::dot(v.score, v.gradient) - v.divergence) * stretch;
          };
          const Vec2 y = Vec2{x[2 * i], x[2 * i + 1]} / at.level.alpha,
                     y0 = Vec2{x0[2 * i], x0[2 * i + 1]} / at.level.alpha;
          const ClassField::At v = field.at(y), v0 = field.at(y0);
          double ownRate = 0;
          if (level >= 0) {
            const Vec2 push = (guided.denoise(level, y) - y) / (ratio * ratio) - v.score;
            ownRate = -ownShare * inverseOf(v.logPosterior) * glm::dot(push, v.gradient) * stretch;
          }
          const double restRate = remainderAt(v), twinRate = remainderAt(v0);
          p.inverse = inverseOf(v.logPosterior);
          p.twinInverse = inverseOf(v0.logPosterior);
          if (s > 0) {
            p.own += width * (p.ownRate + ownRate);
            p.rest += width * (p.restRate + restRate);
            p.twinRest += width * (p.twinRate + twinRate);
          }
          p.ownRate = ownRate, p.restRate = restRate, p.twinRate = twinRate;
        }
      });
      if (stop.stop_requested()) return {};
    } else {
      for (Gathered& p : paths) p.inverse = p.twinInverse = out.baseline;
    }
    before = u;

    std::vector<double> direct, own, rest, gap, twinInverse, twinRest;
    double remainder = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (lost[i]) continue;
      const Gathered& p = paths[i];
      direct.push_back(p.inverse);
      own.push_back(p.own);
      rest.push_back(p.rest);
      gap.push_back(p.inverse - p.own - p.rest);
      twinInverse.push_back(p.twinInverse);
      twinRest.push_back(p.twinRest);
      remainder += p.rest / double(kept);
    }
    const bool exact = e.start == Start::Exact || std::isinf(plan.grid.front().ratio);
    // Other starts have no exact mean: it is measured.
    if (s == 0 && !exact) {
      start = 0;
      for (const double h : direct) start += h / double(kept);
    }
    const double known = exact ? out.baseline : [&] {
      double mean = 0;
      for (const double h : twinInverse) mean += h / double(kept);
      return mean;
    }();
    CertificatePoint point;
    point.t = at.t;
    point.ratio = ratio;
    const std::vector<double> theorem = corrected(own, twinInverse, known);
    std::vector<double> all = corrected(rest, twinRest, 0);
    for (std::size_t i = 0; i < kept; ++i) all[i] += theorem[i];
    const Averaged d = averaged(corrected(direct, twinInverse, known)), a = averaged(all), o = averaged(theorem),
                   g = averaged(corrected(gap, twinInverse, known));
    point.direct = d.value, point.directSe = d.se;
    point.integral = start + a.value, point.integralSe = a.se;
    point.own = start + o.value, point.ownSe = o.se;
    point.remainder = remainder;
    point.gap = g.value - start, point.gapSe = g.se;
    out.points.push_back(point);
    if (s + 1 == steps.size()) {
      const double sum = d.value * double(kept), largest = *std::max_element(direct.begin(), direct.end());
      if (largest > .2 * sum)
        out.note = "tail: one path carries " + std::to_string(std::lround(100 * largest / sum)) +
                   " % of E[1/p(c|x)], so its error band is not to be trusted";
    }
  }
  return out;
}

InversePosterior inversePosterior(const Mixture& mixture, int condition, std::span<const float> ends,
                                  std::span<const float> twin) {
  const ClassField field(mixture, condition, 0);
  std::vector<double> h, h0;
  const bool paired = twin.size() == ends.size();
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2) {
    if (blownUp(ends[i], ends[i + 1]) || (paired && blownUp(twin[i], twin[i + 1]))) continue;
    h.push_back(inverseOf(field.at({ends[i], ends[i + 1]}).logPosterior));
    if (paired) h0.push_back(inverseOf(field.at({twin[i], twin[i + 1]}).logPosterior));
  }
  InversePosterior out;
  if (h.size() < 2) {
    out.value = out.plain = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  const Averaged plain = averaged(h);
  out.plain = out.value = plain.value;
  out.plainSe = out.se = plain.se;
  out.largestShare = *std::max_element(h.begin(), h.end()) / (plain.value * double(h.size()));
  if (paired) {
    const Averaged c = averaged(corrected(h, h0, 1 / mixture.classProbability(condition)));
    out.value = c.value, out.se = c.se;
  }
  return out;
}

}  // namespace gs
