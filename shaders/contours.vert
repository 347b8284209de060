#version 450 core
// A line of constant width along stored points; the first and the last one are neighbours only.
#include "shared.h"
#include "plane.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Points { vec2 points[]; };  // pairs: position; arc length, total
uniform float width;
uniform float edge;
uniform float period;  // of a dash and its gap, in pixels
uniform int first;
out float across;
out float phase;

void main() {
  int i = first + gl_VertexID / 2 + 1;
  float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
  float reach = 0.5 * max(width, 1.0) + edge + 0.5;
  vec2 corner = strokeCorner(pixelOf(points[2 * i - 2]), pixelOf(points[2 * i]), pixelOf(points[2 * i + 2]), side, reach);
  vec2 arc = points[2 * i + 1];
  // A whole number of dashes, so that a ring closes without a seam.
  phase = arc.x / arc.y * max(1.0, round(arc.y * sceneCamera.z / period));
  across = side * reach;
  gl_Position = clipOf(corner);
}
