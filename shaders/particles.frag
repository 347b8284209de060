#version 450 core
#include "shared.h"
#include "markers.glsl"

uniform float diameter;
in vec2 offset;
flat in vec4 paint;
flat in int shape;
out vec4 color;

void main() {
  float d = markerDistance(offset / diameter, shape) * diameter;
  color = vec4(paint.rgb, 1.0) * (paint.a * clamp(0.5 - d, 0.0, 1.0));
}
