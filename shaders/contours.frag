#version 450 core
#include "shared.h"
#include "plane.glsl"

uniform float width;
uniform float period;
uniform float dash;   // its share of a period; above 1: a line without gaps
uniform vec4 ink;     // linear light, straight alpha
uniform vec4 casing;  // a thin edge that keeps the line legible on a crowd of particles
uniform float edge;   // its width
in float across;
in float phase;
out vec4 color;

void main() {
  float along = abs(fract(phase) - 0.5) * period - 0.5 * dash * period;  // from the end of the dash
  float line = ink.a * clamp(0.5 - along, 0.0, 1.0) * strokeCoverage(across, width);
  float around = casing.a * clamp(0.5 + edge - along, 0.0, 1.0) * strokeCoverage(across, width + 2.0 * edge);
  color = vec4(ink.rgb, 1.0) * line + vec4(casing.rgb, 1.0) * (around * (1.0 - line));
}
