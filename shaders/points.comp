#version 450 core
// Class posteriors and pushes of particles at a step: `pointValues` of core/engine/cpu_engine.cpp, as drawing needs them.
layout(local_size_x = 64) in;
#include "shared.h"
#define GS_ROWS_BINDING GS_TABLE
#include "glsl.inl"
#include "elementary.inl"
#include "mixture.inl"
#include "step.inl"
#include "guided.glsl"
#include "finite.glsl"

layout(std430, binding = GS_CLASS_ENDS) readonly buffer ClassEnds { int classEnds[]; };
layout(std430, binding = GS_HERE) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_POINTS) writeonly buffer Points { DevicePoint points[]; };
layout(std430, binding = GS_PUSHES) writeonly buffer Pushes { float pushes[]; };

void main() {
  int i = pointsFirst + int(gl_GlobalInvocationID.x);
  if (i >= pointsCount) return;
  vec2 x = here[i];
  DevicePoint point = DevicePoint(0u, 0u, 0.0);
  if (!blownUp(x)) {
    // A softmax over the classes, summed by colour under the largest logarithm so far.
    float weights[GS_HUES];
    for (int h = 0; h < GS_HUES; ++h) weights[h] = 0.0;
    float top = -1e30, sum = 0.0;
    int best = 0, first = 0;
    for (int c = 0; c < pointsClasses; ++c) {
      F l = max(gsLogSum(0, first, classEnds[c], x.x, x.y), -1e30);
      first = classEnds[c];
      float n = 1.0;
      if (l > top) {
        float shrink = gsExp2(top - l);
        for (int h = 0; h < GS_HUES; ++h) weights[h] *= shrink;
        sum *= shrink;
        top = l;
        best = c;
      } else {
        n = gsExp2(l - top);
      }
      weights[c % GS_HUES] += n;
      sum += n;
    }
    point.weights = packUnorm4x8(vec4(weights[0], weights[1], weights[2], weights[3]) / sum);
    point.last = uint(weights[4] / sum * 255.0 + 0.5) | uint(best) << 8;
  }
  if (pointsConstant == 1) {
    point.push = pointsPush;
  } else {
    // One after the other in a loop, so that the code is there once; compilers would unroll a constant number of turns.
    vec2 push = vec2(0.0);
    x *= pointsScale;
    for (int turn = 0; turn < 2 - pointsConstant; ++turn) {
      DeviceLevel level =
          DeviceLevel(guidedFirst, guidedPasses, guidedGain, guidedFirstShape, guidedShapes, pointsGeneral & 1);
      if (turn == 1) level = DeviceLevel(mainFirst, mainPasses, mainGain, 0, 0, pointsGeneral & 2);
      GsMemory memory = gsMemory(0.0, 0.0);
      vec2 d;
      guided(level, x.x, x.y, memory, d.x, d.y);
      push = d - push;
    }
    point.push = length(push);
  }
  points[i] = point;
  if (i % pointsEach == 0) pushes[i / pointsEach] = point.push;
}
