#version 450 core
// Grey at noise, the guided colour at data; strong up to the time cursor, faint beyond it.
#include "shared.h"
#include "plane.glsl"

uniform float width;
uniform float cursorStep;
uniform float lastStep;
uniform float opacity;
uniform float beyond;     // opacity of the part that is yet to come, relative
uniform vec3 noiseColor;  // linear light
uniform vec3 dataColor;
uniform float timeColor;
in float across;
in float stepAt;
out vec4 color;

void main() {
  float progress = clamp(stepAt / lastStep, 0.0, 1.0);
  float fade = mix(1.0, smoothstep(0.0, 1.0, progress), timeColor);
  float strength = opacity * mix(0.4, 1.0, fade) * (stepAt <= cursorStep + 1e-3 ? 1.0 : beyond);
  color = vec4(mix(noiseColor, dataColor, fade), 1.0) * (strength * strokeCoverage(across, width));
}
