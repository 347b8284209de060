// Noise schedules and time grids. Time t runs from 1 (noise) to 0 (data). Everything is computed in the
// variance-exploding coordinate y = x / alpha at the ratio sh = sigma / alpha, so that a schedule only places the steps
// and chooses how x is shown.
#pragma once
#include <string_view>
#include <vector>

#include "diffusion/mixture.h"

namespace gs {

enum class ScheduleKind { Edm, VpLinear, VpCosine, Flow };
enum class GridKind { Karras, UniformT, UniformLogSnr };

struct Schedule {
  ScheduleKind kind = ScheduleKind::Flow;
  GridKind grid = GridKind::UniformT;
  int steps = 64;           // 1..256
  double sigmaMin = 0.002;  // the smallest ratio before 0
  double sigmaMax = 0;      // the largest ratio; 0 = the schedule's own end (infinite for flow and cosine; 80 for EDM)
  double rho = 7;           // of the Karras grid
  bool operator==(const Schedule&) const = default;
};

// alpha(t), sigma(t) of the continuous schedule, t in [0, 1]. EDM has alpha = 1 and its own time is sigma itself, here
// scaled to [0, 1]: sigma(t) = startRatio t (so that UniformT is uniform in sigma). VP linear: betas .1 to 20
// (2011.13456). VP cosine: cos(pi t / 2), sin(pi t / 2). Flow: 1 - t, t.
NoiseLevel levelAt(const Schedule&, double t);
// t of a ratio; the inverse of levelAt(...).ratio(), for ratios in [0, ownSigmaMax] (EDM: [0, startRatio]).
double timeOf(const Schedule&, double ratio);
// The level with this ratio (0..infinity) in the schedule's own coordinates.
NoiseLevel levelOfRatio(const Schedule&, double ratio);
// The ratio at t = 1 (infinity for flow and cosine, sqrt(e^T - 1) = 152.2 for VP linear, 80 for EDM).
double ownSigmaMax(const Schedule&);
// The ratio the grid starts from: sigmaMax, or ownSigmaMax where that is 0.
double startRatio(const Schedule&);

// One point of the time grid.
struct GridPoint {
  double t;          // timeOf(ratio), 1..0; for EDM 1 - index / steps, since its sigma is no time axis to look at
  double ratio;      // sigma / alpha, strictly decreasing, last 0; the first may be +infinity
  NoiseLevel level;  // in the schedule's own coordinates
};
// steps + 1 points. Karras (2206.00364, eq. 5) then 0; UniformT: equal steps of t from timeOf(startRatio) to 0;
// UniformLogSnr: geometric ratios down to sigmaMin, then 0. Where the start is infinite, Karras and UniformLogSnr put
// the infinite point first and go on from ratio 80. One step goes from the start straight to 0. Throws
// std::invalid_argument naming the field for values out of range ("schedule.sigmaMin: ..." not below the start, steps
// outside 1..512, rho <= 0, not finite): an experiment has 1..256, what it is compared with up to twice as many.
std::vector<GridPoint> timeGrid(const Schedule&);

}  // namespace gs
