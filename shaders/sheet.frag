#version 450 core
#include "shared.h"
#include "plane.glsl"
#include "markers.glsl"

layout(binding = 0) uniform sampler2D atlas;
flat in vec4 itemRect;
flat in vec4 itemColor;
flat in vec4 itemForm;
in vec2 pixel;
out vec4 color;

float box(vec2 p, vec4 rect, float radius) {
  vec2 half_ = 0.5 * (rect.zw - rect.xy);
  vec2 q = abs(p - 0.5 * (rect.xy + rect.zw)) - half_ + radius;
  return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius;
}

// A program for each: a processor goes through all sides of a branch.
void main() {
#if defined(GS_GLYPHS)
  vec2 local = floor(pixel) - itemRect.xy, size = itemRect.zw - itemRect.xy;
  if (local.x < 0.0 || local.y < 0.0 || local.x >= size.x || local.y >= size.y) discard;
  float coverage = inkOf(texelFetch(atlas, ivec2(itemForm.y + local.x, itemForm.z + size.y - 1.0 - local.y), 0).r);
#elif defined(GS_MARKERS)
  float diameter = itemForm.z;
  vec2 p = (pixel - 0.5 * (itemRect.xy + itemRect.zw)) / diameter;
  float coverage = clamp(0.5 - markerDistance(p, int(itemForm.y)) * diameter, 0.0, 1.0);
#else
  int kind = int(itemForm.x);
  float d = box(pixel, itemRect, kind == GS_DASH ? 0.0 : itemForm.y);
  float coverage = clamp(0.5 - d, 0.0, 1.0);
  if (kind == GS_FRAME) coverage *= clamp(0.5 + d + itemForm.z, 0.0, 1.0);
  if (kind == GS_DASH) {
    float along = mod(pixel.x - itemRect.x, itemForm.y);
    coverage *= clamp(itemForm.z - along + 0.5, 0.0, 1.0) * clamp(along + 0.5, 0.0, 1.0);
  }
#endif
  color = vec4(itemColor.rgb, 1.0) * (itemColor.a * coverage);
}
