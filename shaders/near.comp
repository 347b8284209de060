#version 450 core
// Which particles may be within an outline, or near its line: core/truth/probe.cpp looks at the places of these again, in
// double precision.
layout(local_size_x = 64) in;
#include "shared.h"
#include "finite.glsl"
#include "meet.glsl"

layout(std430, binding = GS_OUTLINE) readonly buffer Outline { vec2 corners[]; };
layout(std430, binding = GS_HERE) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_THERE) readonly buffer There { vec2 there[]; };
layout(std430, binding = GS_MARKS) writeonly buffer Marks { uint marks[]; };
shared uint found[2];
// Thirty times what a number of single precision is off. The parity of the crossings of a ray is that of an outline whose
// corners are off by no more, and differs from the true one only where its line is that near.
const float kSlack = 2e-6;

bool isNear(vec2 p, float reach) {
  if (p.x < nearLowX - reach || p.x > nearHighX + reach || p.y < nearLowY - reach || p.y > nearHighY + reach) return false;
  bool inside = false;
  vec2 b = corners[nearCorners - 1];
  for (int k = 0; k < nearCorners; ++k) {
    vec2 a = corners[k], along = b - a, from = p - a;
    float squared = dot(along, along);
    vec2 apart = from - along * (squared > 0.0 ? clamp(dot(from, along) / squared, 0.0, 1.0) : 0.0);
    if (dot(apart, apart) <= reach * reach) return true;
    if ((a.y > p.y) != (b.y > p.y) && from.x < along.x * (from.y / along.y)) inside = !inside;
    b = a;
  }
  return inside;
}

void main() {
  int lane = int(gl_LocalInvocationIndex), i = nearFirst + int(gl_GlobalInvocationID.x);
  if (lane < 2) found[lane] = 0u;
  gsMeet();
  if (i < nearOf) {
    vec2 p = nearHere * here[i], size = abs(p);
    if (nearThere != 0.0) {  // else the other row's number, which may be infinite, says nothing
      vec2 more = nearThere * there[i];
      p += more;
      size += abs(more);
    }
    if (!blownUp(p) && isNear(p, nearReach + kSlack * (size.x + size.y)))
      atomicOr(found[lane >> 5], 1u << uint(lane & 31));
  }
  gsMeet();
  if (lane < 2) marks[nearFirst / 32 + int(gl_WorkGroupID.x) * 2 + lane] = found[lane];
}
