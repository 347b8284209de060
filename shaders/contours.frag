#version 450 core
#include "shared.h"
#include "plane.glsl"

uniform float width;
uniform float period;
uniform vec4 ink;  // linear light, straight alpha
in float across;
in float phase;
out vec4 color;

void main() {
  float along = abs(fract(phase) - 0.5) * period;  // from the middle of the dash
  float dash = clamp(0.5 * 0.62 * period - along + 0.5, 0.0, 1.0);
  color = vec4(ink.rgb, 1.0) * (ink.a * dash * strokeCoverage(across, width));
}
