#version 450 core
#include "shared.h"
#include "markers.glsl"

layout(std430, binding = GS_ITEMS) readonly buffer Items { SheetItem items[]; };
layout(binding = 0) uniform sampler2D atlas;
uniform float glyphGamma;  // linear blending thins dark text on light and fattens light text on dark
flat in int item;
in vec2 pixel;
out vec4 color;

float box(vec2 p, vec4 rect, float radius) {
  vec2 half_ = 0.5 * (rect.zw - rect.xy);
  vec2 q = abs(p - 0.5 * (rect.xy + rect.zw)) - half_ + radius;
  return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius;
}

void main() {
  SheetItem it = items[item];
  int kind = int(it.form.x);
  float coverage;
  if (kind == GS_GLYPH) {
    vec2 local = floor(pixel) - it.rect.xy, size = it.rect.zw - it.rect.xy;
    if (local.x < 0.0 || local.y < 0.0 || local.x >= size.x || local.y >= size.y) discard;
    coverage = texelFetch(atlas, ivec2(it.form.y + local.x, it.form.z + size.y - 1.0 - local.y), 0).r;
    coverage = pow(coverage, glyphGamma);
  } else if (kind == GS_MARKER) {
    float diameter = it.form.z;
    vec2 p = (pixel - 0.5 * (it.rect.xy + it.rect.zw)) / diameter;
    coverage = clamp(0.5 - markerDistance(p, int(it.form.y)) * diameter, 0.0, 1.0);
  } else {
    float d = box(pixel, it.rect, kind == GS_DASH ? 0.0 : it.form.y);
    coverage = clamp(0.5 - d, 0.0, 1.0);
    if (kind == GS_FRAME) coverage *= clamp(0.5 + d + it.form.z, 0.0, 1.0);
    if (kind == GS_DASH) {
      float along = mod(pixel.x - it.rect.x, it.form.y);
      coverage *= clamp(it.form.z - along + 0.5, 0.0, 1.0) * clamp(along + 0.5, 0.0, 1.0);
    }
  }
  color = vec4(it.color.rgb, 1.0) * (it.color.a * coverage);
}
