#version 450 core
// How far the numbers of a field reach, a group for each set of classes: all as one law, all each by itself, then of
// every class it and the others. `fullStrength` of core/render/density_layer.cpp.
layout(local_size_x = 64) in;
#include "shared.h"
#include "meet.glsl"

layout(std430, binding = GS_FIELD) readonly buffer Field { float field[]; };
layout(std430, binding = GS_EXTENTS) writeonly buffer Extents { DeviceExtent extents[]; };
shared vec2 parts[64];

bool included(int set, int c) {
  return set < 2 || (set % 2 == 0 ? c == set / 2 - 1 : c != set / 2 - 1);
}

void main() {
  int set = int(gl_WorkGroupID.x), lane = int(gl_LocalInvocationIndex), cells = fieldWidth * fieldHeight;
  int wide = (fieldWidth - 1 - fieldStride / 2) / fieldStride + 1, high = (fieldHeight - 1 - fieldStride / 2) / fieldStride + 1;
  float low = 3e38, top = -1e30;
  for (int p = lane; p < wide * high; p += 64) {
    int cell = (p / wide * fieldStride + fieldStride / 2) * fieldWidth + p % wide * fieldStride + fieldStride / 2;
    for (int c = 0; c < fieldClasses; ++c)
      if (included(set, c)) {
        float l = field[c * cells + cell];
        low = min(low, l);
        top = max(top, l);
      }
  }
  parts[lane] = vec2(low, top);
  gsMeet();
  for (int i = 0; i < 64; ++i) {
    low = min(low, parts[i].x);
    top = max(top, parts[i].y);
  }
  gsMeet();
  vec2 sums = vec2(0.0);  // of p, of p log p
  for (int p = lane; p < wide * high; p += 64) {
    int cell = (p / wide * fieldStride + fieldStride / 2) * fieldWidth + p % wide * fieldStride + fieldStride / 2;
    float together = 0.0;
    for (int c = 0; c < fieldClasses; ++c) {
      if (!included(set, c)) continue;
      float q = exp(field[c * cells + cell] - top);
      if (set == 1) {
        if (q > 0.0) sums += vec2(q, q * log(q));
      } else {
        together += q;
      }
    }
    if (together > 0.0) sums += vec2(together, together * log(together));
  }
  parts[lane] = sums;
  gsMeet();
  if (lane > 0) return;
  for (int i = 1; i < 64; ++i) sums += parts[i];
  extents[set] = DeviceExtent(low, top, sums.x > 0.0 ? top + sums.y / sums.x + 1.0 : 0.0);
}
