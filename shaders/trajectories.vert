#version 450 core
// One instance a path, two vertices a row: the strip is spread out here, so that widths are pixels at any zoom.
#include "shared.h"
#include "plane.glsl"
#include "finite.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Positions { vec2 positions[]; };  // [row][path]
layout(std430, binding = GS_PATH_ROWS) readonly buffer Rows { vec2 rows[]; };
uniform int paths;
uniform int lastRow;
uniform float width;
out float across;
out float stepAt;

// A path that leaves the numbers ends where it was last seen: its later points stay there.
vec2 at(int row) {
  vec2 p = positions[row * paths + gl_InstanceID];
  while (row > 0 && blownUp(p)) {
    --row;
    p = positions[row * paths + gl_InstanceID];
  }
  return blownUp(p) ? pixelOf(vec2(0.0)) : pixelOf(p * rows[row].y);
}

void main() {
  int row = gl_VertexID / 2;
  float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
  float reach = 0.5 * max(width, 1.0) + 0.5;
  vec2 here = at(row);
  vec2 corner = strokeCorner(row > 0 ? at(row - 1) : here, here, row < lastRow ? at(row + 1) : here, side, reach);
  across = side * reach;
  stepAt = rows[row].x;
  gl_Position = clipOf(corner);
}
