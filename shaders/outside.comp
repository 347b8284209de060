#version 450 core
// How many particles are outside the view: `outsideWords` of core/render/legend.cpp.
layout(local_size_x = 64) in;
#include "shared.h"
#include "meet.glsl"
#include "finite.glsl"

layout(std430, binding = GS_HERE) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_THERE) readonly buffer There { vec2 there[]; };
layout(std430, binding = GS_COUNT) buffer Count { uint count; };
shared uint ofGroup;

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (gl_LocalInvocationIndex == 0u) ofGroup = 0u;
  gsMeet();
  if (i < outsideOf && !blownUp(here[i]) && !blownUp(there[i])) {
    vec2 d = abs(outsideHere * here[i] + outsideThere * there[i] - vec2(outsideMiddleX, outsideMiddleY));
    if (d.x > outsideReachX || d.y > outsideReachY) atomicAdd(ofGroup, 1u);
  }
  gsMeet();
  if (gl_LocalInvocationIndex == 0u && ofGroup > 0u) atomicAdd(count, ofGroup);
}
