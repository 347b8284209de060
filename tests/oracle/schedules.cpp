#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

#include "oracle/oracle.h"

namespace oracle {
namespace {

using gs::CurveKind;
using gs::GridKind;
using gs::Schedule;
using gs::ScheduleKind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The ratio sigma/alpha of the continuous schedules with a time of their own.
double ratioOfTime(ScheduleKind kind, double t) {
  switch (kind) {
    case ScheduleKind::VpLinear:
      return std::sqrt(std::exp(.5 * t * t * (20 - .1) + .1 * t) - 1);  // beta .1 to 20
    case ScheduleKind::VpCosine:
      return t >= 1 ? kInfinity : std::tan(std::numbers::pi * t / 2);
    case ScheduleKind::Flow:
      return t >= 1 ? kInfinity : t / (1 - t);
    case ScheduleKind::Edm:
      break;
  }
  return t;
}

double timeOfRatio(ScheduleKind kind, double ratio) {
  if (ratio == 0) return 0;
  switch (kind) {
    case ScheduleKind::VpLinear: {  // the positive root of (20 - .1) / 2 t^2 + .1 t = ln(1 + ratio^2)
      const double a = (20 - .1) / 2, b = .1, c = -std::log(1 + ratio * ratio);
      return (-b + std::sqrt(b * b - 4 * a * c)) / (2 * a);
    }
    case ScheduleKind::VpCosine:
      return std::isinf(ratio) ? 1 : std::atan(ratio) / (std::numbers::pi / 2);
    case ScheduleKind::Flow:
      return std::isinf(ratio) ? 1 : ratio / (1 + ratio);
    case ScheduleKind::Edm:
      break;
  }
  return ratio;
}

double endOf(const Schedule& s) {
  if (s.sigmaMax > 0) return s.sigmaMax;
  return s.kind == ScheduleKind::Edm ? 80 : ratioOfTime(s.kind, 1);
}

Point place(ScheduleKind kind, double t, double ratio) {
  double alpha = 1;                                                                 // EDM
  if (kind == ScheduleKind::Flow) alpha = std::isinf(ratio) ? 0 : 1 / (1 + ratio);  // alpha + sigma = 1
  if (kind == ScheduleKind::VpLinear || kind == ScheduleKind::VpCosine)             // alpha^2 + sigma^2 = 1
    alpha = std::isinf(ratio) ? 0 : 1 / std::sqrt(1 + ratio * ratio);
  return {t, ratio, alpha, alpha == 0 ? 1 : alpha * ratio};
}

}  // namespace

std::vector<Point> grid(const Schedule& s) {
  const double first = endOf(s);
  std::vector<double> ratios;
  if (s.grid == GridKind::UniformT) {
    const double t = timeOfRatio(s.kind, first);
    for (int i = 0; i < s.steps; ++i) ratios.push_back(ratioOfTime(s.kind, t - t * i / s.steps));
    ratios[0] = first;
  } else {
    double hi = first;
    if (std::isinf(first)) {
      ratios.push_back(first);
      hi = 80;
    }
    const int n = s.steps - int(ratios.size());
    for (int i = 0; i < n; ++i) {
      const double f = n == 1 ? 0 : double(i) / (n - 1);
      const double warp = s.grid == GridKind::Karras
                              ? std::pow(std::pow(hi, 1 / s.rho) * (1 - f) + std::pow(s.sigmaMin, 1 / s.rho) * f, s.rho)
                              : std::exp(std::log(hi) * (1 - f) + std::log(s.sigmaMin) * f);
      ratios.push_back(warp);
    }
  }
  ratios.push_back(0);
  std::vector<Point> points;
  for (int i = 0; i <= s.steps; ++i) {
    const double ratio = ratios[std::size_t(i)];
    points.push_back(
        place(s.kind, s.kind == ScheduleKind::Edm ? 1 - double(i) / s.steps : timeOfRatio(s.kind, ratio), ratio));
  }
  return points;
}

double timeBetween(const Schedule& s, const Point& from, const Point& to) {
  const double mid = std::sqrt(from.ratio * to.ratio);
  if (s.kind != ScheduleKind::Edm) return timeOfRatio(s.kind, mid);
  // EDM's time is the index on the grid: the fractional index at which the grid's own formula gives this ratio.
  if (s.grid == GridKind::UniformLogSnr) return (from.t + to.t) / 2;
  const double power = s.grid == GridKind::Karras ? 1 / s.rho : 1;
  const double a = std::pow(from.ratio, power), b = std::pow(to.ratio, power), m = std::pow(mid, power);
  return from.t + (to.t - from.t) * (a - m) / (a - b);
}

double timeAt(const Schedule& s, const std::vector<Point>& points, double ratio) {
  if (s.kind != ScheduleKind::Edm) return timeOfRatio(s.kind, ratio);
  if (ratio >= points[0].ratio) return 1;
  std::size_t i = 0;
  while (points[i + 1].ratio >= ratio) ++i;
  const Point &a = points[i], &b = points[i + 1];
  const double power = s.grid == GridKind::Karras ? 1 / s.rho : 1;
  if (s.grid != GridKind::UniformLogSnr)
    return a.t + (b.t - a.t) * (std::pow(a.ratio, power) - std::pow(ratio, power)) /
                     (std::pow(a.ratio, power) - std::pow(b.ratio, power));
  return b.ratio == 0 ? a.t : a.t + (b.t - a.t) * std::log(a.ratio / ratio) / std::log(a.ratio / b.ratio);
}

namespace {
double drawn(const gs::Curve& c, double t);

// Shapes over the progress tau = 1 - t, after 2404.13040, table of schedulers.
double shapeOver(const gs::Curve& c, double t, double ratio) {
  const double tau = 1 - t, pi = std::numbers::pi;
  double value = 1;
  switch (c.kind) {
    case CurveKind::Constant:
    case CurveKind::Learned:  // a table: tests/learn
      return 1;
    case CurveKind::Interval:
      return ratio > c.lo && ratio <= c.hi ? 1 : 0;
    case CurveKind::Switch:
      return tau >= c.at ? c.late : 1;
    case CurveKind::Linear:
      value = c.from * t + c.to * tau;
      break;
    case CurveKind::Cosine:
      value = (c.from + c.to) / 2 + (c.from - c.to) / 2 * std::cos(pi * tau);
      break;
    case CurveKind::Sine:
      value = 1 - std::cos(pi * t);
      break;
    case CurveKind::V:
      value = tau < .5 ? 2 - 4 * tau : 4 * tau - 2;
      break;
    case CurveKind::Peak:
      value = tau < .5 ? 4 * tau : 4 * t;
      break;
    case CurveKind::Pcs:
      value = std::pow(std::sin(pi / 2 * std::pow(tau, c.power)), 2);
      break;
    case CurveKind::Beta:
      value = std::exp(std::lgamma(c.a + c.b) - std::lgamma(c.a) - std::lgamma(c.b)) * std::pow(tau, c.a - 1) *
              std::pow(t, c.b - 1);
      break;
    case CurveKind::Drawn:
      value = drawn(c, t);
      break;
  }
  return c.least > value ? c.least : value;
}
}  // namespace

double curve(const gs::Curve& c, double t, double ratio) {
  const double value = shapeOver(c, t, ratio);
  if (!c.normalise || c.kind == CurveKind::Constant || c.kind == CurveKind::Interval) return value;
  // Asked for every particle, at every step, of the same few curves.
  static std::vector<std::pair<gs::Curve, double>> areas;
  const auto known = std::find_if(areas.begin(), areas.end(), [&](const auto& of) { return of.first == c; });
  if (known != areas.end()) return value / known->second;
  double area = 0;  // midpoints
  constexpr int kParts = 2000;
  for (int i = 0; i < kParts && c.kind != CurveKind::Switch; ++i) area += shapeOver(c, (i + .5) / kParts, 1) / kParts;
  if (c.kind == CurveKind::Switch) area = c.at * shapeOver(c, 1, 1) + (1 - c.at) * shapeOver(c, 0, 1);  // two steps
  if (areas.size() == 8) areas.clear();
  areas.emplace_back(c, area);
  return value / area;
}

namespace {
double drawn(const gs::Curve& c, double t) {
  // Fritsch and Butland's monotone cubic (PCHIP): weighted harmonic means of the secants, one-sided ends.
  const auto& k = c.knots;
  const int n = int(k.size());
  if (t <= k[0].t) return k[0].value;
  if (t >= k[std::size_t(n - 1)].t) return k[std::size_t(n - 1)].value;
  std::vector<double> h, delta, slope(std::size_t(n), 0.0);
  for (std::size_t i = 0; i + 1 < k.size(); ++i) {
    h.push_back(k[i + 1].t - k[i].t);
    delta.push_back((k[i + 1].value - k[i].value) / h[i]);
  }
  if (n == 2) {
    slope = {delta[0], delta[0]};
  } else {
    for (std::size_t i = 1; i + 1 < k.size(); ++i) {
      if (delta[i - 1] * delta[i] <= 0) continue;
      const double a = (h[i - 1] + 2 * h[i]) / (3 * (h[i - 1] + h[i]));
      slope[i] = 1 / (a / delta[i - 1] + (1 - a) / delta[i]);
    }
    const auto end = [](double h0, double h1, double d0, double d1) {
      const double s = d0 + (d0 - d1) * h0 / (h0 + h1);
      if (s * d0 <= 0) return 0.0;
      return d0 * d1 <= 0 && std::abs(s) > std::abs(3 * d0) ? 3 * d0 : s;
    };
    slope.front() = end(h[0], h[1], delta[0], delta[1]);
    slope.back() =
        end(h[std::size_t(n - 2)], h[std::size_t(n - 3)], delta[std::size_t(n - 2)], delta[std::size_t(n - 3)]);
  }
  std::size_t i = 0;
  while (t >= k[i + 1].t) ++i;
  // Newton's form of the Hermite cubic.
  const double s = t - k[i].t;
  const double c2 = (3 * delta[i] - 2 * slope[i] - slope[i + 1]) / h[i];
  const double c3 = (slope[i] + slope[i + 1] - 2 * delta[i]) / (h[i] * h[i]);
  return k[i].value + s * (slope[i] + s * (c2 + s * c3));
}
}  // namespace

}  // namespace oracle
