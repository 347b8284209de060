#version 450 core
// One of very many particles: its colour, shared among the four nearest pixels and added up.
#include "shared.h"
#include "plane.glsl"
#include "finite.glsl"
#include "color.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_NEXT) readonly buffer Next { vec2 next[]; };
layout(std430, binding = GS_COLORS) readonly buffer Colors { uint colors[]; };
uniform vec3 norms;     // 1 / norm here, 1 / norm next, fraction of the way
uniform int ownColors;  // 1: from the buffer
uniform vec4 ink;       // linear light
flat out vec2 at;       // pixels
flat out vec3 paint;

void main() {
  vec2 x = here[gl_VertexID];
  bool gone = blownUp(x);
  vec2 p = x * norms.x;
  if (norms.z > 0.0) {
    vec2 after = next[gl_VertexID];
    gone = gone || blownUp(after);
    p = mix(p, after * norms.y, norms.z);
  }
  paint = ownColors == 1 ? linearFromSrgb(unpackUnorm4x8(colors[gl_VertexID]).rgb) : ink.rgb;
  at = gone ? vec2(-16.0) : pixelOf(p);
  gl_PointSize = 2.0;
  gl_Position = clipOf(round(at));
}
