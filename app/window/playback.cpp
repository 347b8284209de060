#include "playback.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace gs {
namespace {

constexpr double kSeconds = 4;  // noise to data at speed 1
constexpr double kRamp = 0.15;  // of the duration, at each end
constexpr double kCruise = 1 / (1 - kRamp);

}  // namespace

double easedProgress(double phase) {
  const double u = std::clamp(phase, 0.0, 1.0);
  if (u < kRamp) return kCruise * u * u / (2 * kRamp);
  if (u > 1 - kRamp) return 1 - kCruise * (1 - u) * (1 - u) / (2 * kRamp);
  return kCruise * (u - kRamp / 2);
}

double phaseOf(double progress) {
  const double p = std::clamp(progress, 0.0, 1.0), ramp = kCruise * kRamp / 2;
  if (p < ramp) return std::sqrt(2 * kRamp * p / kCruise);
  if (p > 1 - ramp) return 1 - std::sqrt(2 * kRamp * (1 - p) / kCruise);
  return p / kCruise + kRamp / 2;
}

double advanceTime(double time, double seconds, double speed, bool reducedMotion) {
  const double step = seconds * speed / kSeconds;
  if (reducedMotion) return std::clamp(time - step, 0.0, 1.0);
  const double phase = phaseOf(1 - time) + step;
  return phase >= 1 ? 0.0 : 1 - easedProgress(phase);
}

double stepTime(const Schedule& schedule, double time, int points) {
  std::vector<double> times;
  try {
    for (const GridPoint& p : timeGrid(schedule)) times.push_back(p.t);
  } catch (const std::invalid_argument&) {  // the panel shows what is wrong with it; the cursor still moves
    for (int i = 64; i >= 0; --i) times.push_back(i / 64.0);
  }
  // Descending. A cursor a hair beside a point counts as on it.
  constexpr double kSame = 1e-9;
  int below = 0;  // the first point at or after the cursor on the way to data
  while (below < int(times.size()) && times[below] > time + kSame) ++below;
  const bool on = below < int(times.size()) && std::abs(times[below] - time) <= kSame;
  const int target = points >= 0 ? below + points - (on ? 0 : 1) : below + points;
  return times[std::clamp(target, 0, int(times.size()) - 1)];
}

}  // namespace gs
