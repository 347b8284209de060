// The time cursor on a frame's grid, and the coordinates in which the plane is shown.
#pragma once
#include <cmath>
#include <span>

#include "diffusion/schedule.h"
#include "session/view.h"

namespace gs {

// Between steps `step` and `step + 1` of a grid, a fraction `mix` of the way; positions in between are interpolated
// linearly, and so are alpha and sigma (exact for flow matching).
struct Cursor {
  int step = 0;
  double mix = 0;  // 0..1; 0 on the last step
  double t = 0;
  NoiseLevel level;
  double at() const { return step + mix; }
};
Cursor cursorAt(std::span<const GridPoint> grid, double t);  // grid not empty

// What positions at a level are divided by to be shown.
inline double shownNorm(NoiseLevel level, Coordinates c) {
  return c == Coordinates::Normalised ? std::hypot(level.alpha, level.sigma) : 1.0;
}

}  // namespace gs
