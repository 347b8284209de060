#version 450 core
// One triangle a particle, around its marker, between two stored steps.
#include "shared.h"
#include "plane.glsl"
#include "color.glsl"
#include "finite.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_NEXT) readonly buffer Next { vec2 next[]; };
layout(std430, binding = GS_COLORS) readonly buffer Colors { uint colors[]; };
uniform vec3 norms;       // 1 / norm here, 1 / norm next, fraction of the way
uniform float diameter;   // pixels
uniform float edge;
uniform vec4 ink;         // linear light, straight alpha
out vec2 offset;
#ifdef GS_OWN_COLORS  // from the buffer
flat out vec4 paint;
flat out int shape;
#endif

void main() {
  int particle = gl_VertexID / 3, corner = gl_VertexID % 3;
  vec2 p = here[particle] * norms.x;
  if (norms.z > 0.0) p = mix(p, next[particle] * norms.y, norms.z);
  // An equilateral triangle around a circle of radius r has its corners at 2 r. Discs need less of it than other shapes.
#ifdef GS_OWN_COLORS
  vec4 c = unpackUnorm4x8(colors[particle]);
  paint = vec4(linearFromSrgb(c.rgb), ink.a);
  shape = int(c.a * 255.0 + 0.5);
  float r = 0.75 * diameter + edge + 0.5;
#else
  float r = 0.5 * diameter + edge + 0.5;
#endif
  offset = corner == 0 ? vec2(-1.7320508, -1.0) : corner == 1 ? vec2(1.7320508, -1.0) : vec2(0.0, 2.0);
  offset *= r;
  vec2 at = pixelOf(p);
  gl_Position = blownUp(p) ? vec4(2.0, 2.0, 2.0, 1.0) : clipOf(at + offset);
}
