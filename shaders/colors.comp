#version 450 core
// The colours of particles from values on the device: what particle_layer.cpp does on the host.
layout(local_size_x = 64) in;
#include "shared.h"
#include "finite.glsl"
#include "color.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Starts { vec2 starts[]; };
layout(std430, binding = GS_POINTS) readonly buffer Points { DevicePoint points[]; };
layout(std430, binding = GS_COLORS) writeonly buffer Colors { uint colors[]; };
uniform int count;
uniform int known;        // values there are; the other particles are grey
uniform int by;           // GS_BY_CLASS ...
uniform vec3 hues[GS_HUES];  // OKLab
uniform vec3 low;         // OKLab of the smallest and the largest push
uniform vec3 high;
uniform float pushScale;
uniform vec2 center;      // of all starts
uniform float originLight;
uniform vec3 grey;        // sRGB

uint pack(vec3 srgb, int shape) {
  uvec3 b = uvec3(clamp(srgb, 0.0, 1.0) * 255.0 + 0.5);
  return b.r | b.g << 8 | b.b << 16 | uint(shape) << 24;
}
vec3 srgbOfLab(vec3 lab) {
  return srgbFromRoot(sqrt(clamp(linearFromOkLab(lab), 0.0, 1.0)));
}

void main() {
  int i = int(gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x));
  if (i >= count) return;
  uint color = pack(grey, GS_DISC);
  if (by == GS_BY_ORIGIN) {
    vec2 from = starts[i] - center;
    float angle = blownUp(starts[i]) || (from.x == 0.0 && from.y == 0.0) ? 0.0 : atan(from.y, from.x);
    float hue = radians(285.0 + 62.0 * sin(angle));
    color = pack(srgbOfLab(vec3(originLight + 0.18 * cos(angle), 0.13 * cos(hue), 0.13 * sin(hue))), GS_DISC);
  } else if (i < known && by == GS_BY_PUSH) {
    float push = points[i].push;
    bool finite = (floatBitsToUint(push) & 0x7FFFFFFFu) < 0x7F800000u;
    float s = pushScale > 0.0 && finite ? 0.12 + 0.88 * clamp(push / pushScale, 0.0, 1.0) : 0.12;
    color = pack(srgbOfLab(mix(low, high, s)), GS_DISC);
  } else if (i < known) {
    vec4 w = unpackUnorm4x8(points[i].weights);
    float fifth = float(points[i].last & 0xFFu) / 255.0;
    float sum = dot(w, vec4(1.0)) + fifth;
    vec3 lab = w.x * hues[0] + w.y * hues[1] + w.z * hues[2] + w.w * hues[3] + fifth * hues[4];
    color = sum > 0.0 ? pack(srgbOfLab(lab / sum), int(points[i].last >> 8) % GS_SHAPES)
                      : pack(srgbOfLab(vec3(0.6, 0.0, 0.0)), GS_DISC);
  }
  colors[i] = color;
}
