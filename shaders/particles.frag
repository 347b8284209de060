#version 450 core
#include "shared.h"
#include "plane.glsl"
#include "markers.glsl"

uniform float diameter;
uniform vec4 casing;  // linear light, straight alpha: a thin edge that tells neighbours apart
uniform float edge;   // its width in pixels
in vec2 offset;
#ifdef GS_OWN_COLORS
flat in vec4 paint;
flat in int shape;
#else
uniform vec4 ink;  // linear light, straight alpha
#endif
out vec4 color;

void main() {
#ifdef GS_OWN_COLORS
  float d = markerDistance(offset / diameter, shape) * diameter;
#else
  vec4 paint = ink;
  float d = length(offset) - 0.5 * diameter;
#endif
  float face = paint.a * inkOf(clamp(0.5 - d, 0.0, 1.0));
  float around = casing.a * clamp(0.5 + edge - d, 0.0, 1.0);
  color = vec4(paint.rgb, 1.0) * face + vec4(casing.rgb, 1.0) * (around * (1.0 - face));
}
