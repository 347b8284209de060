#version 450 core
// The law at the cursor, at the resolution of its grid: for every cell the distance that it moves the canvas colour in
// OKLab. Ramps of several classes add up there, and are scaled back where they would exceed full strength.
#include "color.glsl"

#ifdef GS_ON_DEVICE
#include "shared.h"
layout(std430, binding = GS_FIELD) readonly buffer Field { float field[]; };
uniform int columns;
uniform int rows;
float logJointAt(ivec2 cell, int c) { return field[(c * rows + cell.y) * columns + cell.x]; }
#else
layout(binding = 0) uniform sampler2DArray logJoint;
float logJointAt(ivec2 cell, int c) { return texelFetch(logJoint, ivec3(cell, c), 0).r; }
#endif
uniform int classes;
uniform int condition;        // the class in its own colour, the others in `other`; -1: every class in its colour
uniform int whole;            // 1: one ramp for the whole law
uniform float reference;      // log-density of full strength, of the whole law or of the others
uniform float referenceOwn;   // the same of the condition's class
uniform vec3 classRamp[5];    // OKLab: class colour - canvas
uniform vec3 otherRamp;
out vec4 shade;

void main() {
  ivec2 cell = ivec2(gl_FragCoord.xy);
  vec3 offset = vec3(0.0);
  float strength = 0.0, rest = 0.0;
  for (int c = 0; c < classes; ++c) {
    float l = logJointAt(cell, c);
    if (l < min(reference, referenceOwn) - 30.0) continue;  // below the smallest byte
    if (whole == 1 || (condition >= 0 && c != condition)) {
      rest += exp(l - reference);
    } else {
      float s = rampStrength(exp(l - (condition >= 0 ? referenceOwn : reference)));
      offset += s * classRamp[c % 5];
      strength += s;
    }
  }
  float s = rampStrength(rest) * (whole == 1 ? 0.9 : 0.68);
  offset += s * otherRamp;
  strength += s;
  shade = vec4(offset / max(1.0, strength), min(strength, 1.0));
}
