#version 450 core
// The strip of a path is spread out here, so that widths are pixels at any zoom: either one instance a path, two vertices
// a row, or all paths between two rows, six vertices each, up to a point between them.
#include "shared.h"
#include "plane.glsl"
#include "finite.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Positions { vec2 positions[]; };  // [row][path]
layout(std430, binding = GS_PATH_ROWS) readonly buffer Rows { vec2 rows[]; };
#ifdef GS_SPANS  // whole paths whose segments span as many rows as path_level.comp has found
layout(std430, binding = GS_PATH_LEVEL) readonly buffer Level { PathLevel level; };
#endif
uniform int paths;
uniform int lastRow;
uniform int fromRow;  // of all paths; -1: one instance a path
uniform float part;   // of the way to the next row, 0..1
uniform float width;
out float across;
out float stepAt;

// A path that leaves the numbers ends where it was last seen: its later points stay there.
vec2 at(int path, int row) {
  vec2 p = positions[row * paths + path];
  while (row > 0 && blownUp(p)) {
    --row;
    p = positions[row * paths + path];
  }
  return blownUp(p) ? pixelOf(vec2(0.0)) : pixelOf(p * rows[row].y);
}

void main() {
  int path = gl_InstanceID, row = gl_VertexID / 2, span = 1;
#ifdef GS_SPANS
  span = level.span;
  row = min(row * span, lastRow);
#endif
  float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
  if (fromRow >= 0) {
    path = gl_VertexID / 6;
    int corner = gl_VertexID % 6;
    row = fromRow + (corner == 2 || corner > 3 ? 1 : 0);
    side = corner == 0 || corner == 2 || corner == 4 ? -1.0 : 1.0;
  }
  float reach = 0.5 * max(width, 1.0) + 0.5;
  vec2 here = at(path, row);
  vec2 before = row > 0 ? at(path, (row - 1) / span * span) : here;
  stepAt = rows[row].x;
  vec2 corner;
  if (fromRow >= 0 && row > fromRow && part < 1.0) {
    here = mix(before, here, part);
    stepAt = mix(rows[fromRow].x, stepAt, part);
    corner = strokeCorner(before, here, here, side, reach);
  } else {
    corner = strokeCorner(before, here, row < lastRow ? at(path, min(row + span, lastRow)) : here, side, reach);
  }
  across = side * reach;
  gl_Position = clipOf(corner);
}
