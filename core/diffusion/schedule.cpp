#include "diffusion/schedule.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>

#include "diffusion/parametrization.h"

namespace gs {
namespace {

// Linear VP (2011.13456): T(t) = t^2 (betaMax - betaMin) / 2 + betaMin t, alpha = e^(-T/2).
constexpr double kBetaMin = .1, kBetaMax = 20;
// EDM's own end, and where the grids that need a finite start begin below an infinite one.
constexpr double kEdmSigmaMax = 80;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double integratedBeta(double t) { return t * t * (kBetaMax - kBetaMin) / 2 + kBetaMin * t; }

double karras(double hi, double lo, double rho, double fraction) {  // 2206.00364, eq. 5; fraction 0 -> hi, 1 -> lo
  const double a = std::pow(hi, 1 / rho), b = std::pow(lo, 1 / rho);
  return std::pow(a + fraction * (b - a), rho);
}

void reject(const std::string& field, double value, const std::string& why) {
  throw std::invalid_argument("schedule." + field + ": " + std::to_string(value) + " " + why);
}

}  // namespace

double ownSigmaMax(const Schedule& s) {
  switch (s.kind) {
    case ScheduleKind::Edm:
      return kEdmSigmaMax;
    case ScheduleKind::VpLinear:
      return std::sqrt(std::expm1(integratedBeta(1)));
    case ScheduleKind::VpCosine:
    case ScheduleKind::Flow:
      break;
  }
  return kInfinity;
}

double startRatio(const Schedule& s) { return s.sigmaMax > 0 ? s.sigmaMax : ownSigmaMax(s); }

NoiseLevel levelAt(const Schedule& s, double t) {
  if (t <= 0) return {1, 0};
  switch (s.kind) {
    case ScheduleKind::Edm:
      return {1, startRatio(s) * t};
    case ScheduleKind::VpLinear: {
      const double beta = integratedBeta(t);
      return {std::exp(-beta / 2), std::sqrt(-std::expm1(-beta))};
    }
    case ScheduleKind::VpCosine:
      // cos(pi/2) in floating point is 6e-17; the end of the schedule is pure noise.
      if (t >= 1) return {0, 1};
      return {std::cos(std::numbers::pi / 2 * t), std::sin(std::numbers::pi / 2 * t)};
    case ScheduleKind::Flow:
      break;
  }
  return {1 - t, t};
}

double timeOf(const Schedule& s, double ratio) {
  if (ratio <= 0) return 0;
  switch (s.kind) {
    case ScheduleKind::Edm:
      return ratio / startRatio(s);
    case ScheduleKind::VpLinear: {
      const double beta = std::log1p(ratio * ratio), d = kBetaMax - kBetaMin;
      return 2 * beta / (kBetaMin + std::sqrt(kBetaMin * kBetaMin + 2 * d * beta));
    }
    case ScheduleKind::VpCosine:
      return 2 / std::numbers::pi * std::atan(ratio);
    case ScheduleKind::Flow:
      break;
  }
  return std::isinf(ratio) ? 1 : ratio / (1 + ratio);
}

NoiseLevel levelOfRatio(const Schedule& s, double ratio) {
  const bool pureNoise = std::isinf(ratio);
  switch (s.kind) {
    case ScheduleKind::Edm:
      return {1, ratio};
    case ScheduleKind::VpLinear:
    case ScheduleKind::VpCosine: {
      if (pureNoise) return {0, 1};
      const double alpha = 1 / std::hypot(1, ratio);
      return {alpha, alpha * ratio};
    }
    case ScheduleKind::Flow:
      break;
  }
  if (pureNoise) return {0, 1};
  return {1 / (1 + ratio), ratio / (1 + ratio)};
}

NoiseRate noiseRate(const Schedule& s, double t) {
  switch (s.kind) {
    case ScheduleKind::Edm:
      return {0, startRatio(s)};
    case ScheduleKind::VpLinear: {
      const NoiseLevel l = levelAt(s, t);
      const double beta = t * (kBetaMax - kBetaMin) + kBetaMin;
      return {-beta / 2 * l.alpha, beta / 2 * l.alpha * l.alpha / l.sigma};
    }
    case ScheduleKind::VpCosine: {
      const double q = std::numbers::pi / 2;
      return {-q * std::sin(q * t), q * std::cos(q * t)};
    }
    case ScheduleKind::Flow:
      break;
  }
  return {-1, 1};
}

std::vector<GridPoint> timeGrid(const Schedule& s) {
  const double start = startRatio(s), own = ownSigmaMax(s);
  if (s.steps < 1 || s.steps > 512) reject("steps", s.steps, "is outside 1..512");
  if (!(s.sigmaMin > 0) || !std::isfinite(s.sigmaMin)) reject("sigmaMin", s.sigmaMin, "must be positive");
  if (!(s.rho > 0) || !std::isfinite(s.rho)) reject("rho", s.rho, "must be positive");
  if (!std::isfinite(s.sigmaMax) || s.sigmaMax < 0)
    reject("sigmaMax", s.sigmaMax, "must be positive (or the schedule's own end)");
  if (s.kind != ScheduleKind::Edm && start > own)
    reject("sigmaMax", s.sigmaMax, "is beyond the schedule's own end " + std::to_string(own));
  if (s.sigmaMin >= start) reject("sigmaMin", s.sigmaMin, "is not below the start " + std::to_string(start));

  const int n = s.steps;
  std::vector<double> ratios;
  if (s.grid == GridKind::UniformT) {
    const double t0 = timeOf(s, start);
    for (int i = 0; i < n; ++i) ratios.push_back(i == 0 ? start : levelAt(s, t0 * (n - i) / n).ratio());
  } else {
    double hi = start;
    if (std::isinf(start)) {
      ratios.push_back(start);
      hi = kEdmSigmaMax;
      if (s.sigmaMin >= hi) reject("sigmaMin", s.sigmaMin, "is not below 80, where this grid begins");
    }
    const int m = n - int(ratios.size());
    for (int i = 0; i < m; ++i) {
      const double fraction = m == 1 ? 0 : double(i) / (m - 1);
      // The ends are exact, not powers of roots.
      ratios.push_back(i == 0                       ? hi
                       : i == m - 1                 ? s.sigmaMin
                       : s.grid == GridKind::Karras ? karras(hi, s.sigmaMin, s.rho, fraction)
                                                    : hi * std::pow(s.sigmaMin / hi, fraction));
    }
  }
  ratios.push_back(0);

  std::vector<GridPoint> grid;
  for (int i = 0; i <= n; ++i) {
    // EDM has no time of its own: t is the position on the grid.
    const double t = s.kind == ScheduleKind::Edm ? 1 - double(i) / n : timeOf(s, ratios[std::size_t(i)]);
    grid.push_back({t, ratios[std::size_t(i)], levelOfRatio(s, ratios[std::size_t(i)])});
  }
  return grid;
}

}  // namespace gs
