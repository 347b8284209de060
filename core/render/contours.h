// Level lines of a field on a grid, joined to lines and rings (marching squares with linear interpolation).
#pragma once
#include <span>
#include <vector>

#include "engine/frame.h"

namespace gs {

struct ContourLine {
  std::vector<Vec2> points;  // of a ring the first is not repeated
  bool closed = false;
};
// values: [row][column] at the cells' centres; not finite values count as far below every level.
std::vector<ContourLine> contourLines(const FieldGrid&, std::span<const float> values, float level);

}  // namespace gs
