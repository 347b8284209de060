#version 450 core
// A particle's unit of mass shared among the four nearest cells.
#include "shared.h"
#include "finite.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_NEXT) readonly buffer Next { vec2 next[]; };
uniform vec3 norms;
uniform vec4 rect;  // plane units: lower left; cells per unit, -
uniform vec2 cells;
flat out vec2 at;

void main() {
  vec2 p = here[gl_VertexID] * norms.x;
  if (norms.z > 0.0) p = mix(p, next[gl_VertexID] * norms.y, norms.z);
  at = clamp((p - rect.xy) * rect.z, -4.0, 8192.0);
  gl_PointSize = 2.0;
  gl_Position = blownUp(p) ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(round(at) / cells * 2.0 - 1.0, 0.0, 1.0);
}
