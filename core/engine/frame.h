// The immutable answer to an experiment. The only header that render and engine share.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diffusion/mixture.h"
#include "diffusion/schedule.h"
#include "session/experiment.h"

namespace gs {

// Allocation without initialisation: trajectories are written once by the engine.
template <class T>
struct UninitAllocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = UninitAllocator<U>;
  };
  template <class U, class... A>
  void construct(U* p, A&&... a) {
    if constexpr (sizeof...(A) == 0)
      ::new (static_cast<void*>(p)) U;
    else
      ::new (static_cast<void*>(p)) U(static_cast<A&&>(a)...);
  }
};
using FloatBuffer = std::vector<float, UninitAllocator<float>>;

// Trajectories of `particles` particles: x is [step][particle][2], step 0 = noise .. steps = data, in the schedule's
// own coordinates. Particle i is the same one (same noise) whatever the count. Positions that blew up (vec.h:
// not finite, or beyond any data) are data: particles that end so are counted in blownUp and drawn in the warning colour.
struct Frame {
  std::shared_ptr<const Experiment> experiment;  // what was asked
  std::shared_ptr<const Mixture> mixture;        // the resolved data law
  std::vector<GridPoint> grid;                   // [steps + 1]
  int particles = 0;                             // of the experiment's count; fewer on a coarse level
  FloatBuffer x;
  int blownUp = 0;
  int modelCalls = 0;       // NFE of one trajectory, each branch counted once per evaluation
  double seconds = 0;       // spent in sample()
  std::string engine;       // "CPU AVX2, 2 threads"
  std::uint64_t stamp = 0;  // grows with every answer

  int steps() const { return int(grid.size()) - 1; }
  std::span<const float> at(int step) const {
    return {x.data() + std::size_t(step) * particles * 2, std::size_t(particles) * 2};
  }
};

// The grid point whose t is nearest to the time cursor.
inline int nearestStep(std::span<const GridPoint> grid, double t) {
  int best = 0;
  for (int i = 1; i < int(grid.size()); ++i)
    if (std::abs(grid[std::size_t(i)].t - t) < std::abs(grid[std::size_t(best)].t - t)) best = i;
  return best;
}

// A rectangle of the plane sampled at pixel centres, row 0 at the bottom.
struct FieldGrid {
  Vec2 lo{0.0}, hi{1.0};
  int width = 0, height = 0;
  bool operator==(const FieldGrid&) const = default;
  Vec2 center(int i, int j) const {
    return {lo.x + (i + .5) * (hi.x - lo.x) / width, lo.y + (j + .5) * (hi.y - lo.y) / height};
  }
};

// Log-densities of the data law's noised joint p_t(x, c) on a grid, in the schedule's own coordinates at `level`.
struct DensityField {
  FieldGrid grid;
  NoiseLevel level;
  int classes = 0;
  std::vector<float> logJoint;  // [class][row][column], natural log; -inf never occurs (floored at -1e30)
};

// The tilted law p(x|c)^(1+omega) p(x)^(-omega) at t = 0, normalised on the grid. Present only where the stack is one
// enabled classifier-free term with a constant curve (or nothing: then it is p(x|c)); otherwise `absent` says why.
struct TargetField {
  FieldGrid grid;
  std::vector<float> logDensity;  // [row][column]
  std::vector<float>
      contourLevels;   // log-densities that enclose 39.3 %, 86.5 % (1 and 2 sigma of a Gaussian) of the mass
  std::string absent;  // e.g. "no closed target: several terms are on"
};

// Per-particle values at the time cursor, for colours. [particle]
struct PointValues {
  std::vector<float> classPosterior;  // [particle][class], p_t(c | x_t)
  int classes = 0;
  std::vector<float> push;  // |sum_i omega_i(t) (D_plus - D_minus)|, data units
};

}  // namespace gs
