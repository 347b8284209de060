#version 450 core
// Grey at noise, the guided colour at data; strong up to the time cursor, faint beyond it. Whole paths are faint, and what
// lies before the cursor is drawn again above them, by as much as both together need to be strong.
#include "shared.h"
#include "plane.glsl"

uniform float width;
uniform float lastStep;
uniform float opacity;
uniform float faint;      // opacity of what is yet to come, relative
uniform int above;        // 1: on paths that are faint already
uniform vec3 noiseColor;  // linear light
uniform vec3 dataColor;
uniform float timeColor;
in float across;
in float stepAt;
out vec4 color;

void main() {
  float progress = clamp(stepAt / lastStep, 0.0, 1.0);
  float fade = mix(1.0, smoothstep(0.0, 1.0, progress), timeColor);
  float strength = opacity * mix(0.4, 1.0, fade) * strokeCoverage(across, width);
  if (above == 1) strength = strength * (1.0 - faint) / (1.0 - faint * strength);
  else strength *= faint;
  color = vec4(mix(noiseColor, dataColor, fade), 1.0) * strength;
}
