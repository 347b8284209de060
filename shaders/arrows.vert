#version 450 core
// One instance an arrow, centred at its place: a rectangle around it, in which arrows.frag measures distances.
#include "shared.h"
#include "plane.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Arrows { vec2 arrows[]; };  // pairs: place, vector
uniform float norm;   // plane units = place * norm
uniform float scale;  // pixels per unit of the vector
uniform float most;   // pixels; longer ones are cut
uniform float fixedLength;  // > 0: all have it
uniform float centred;      // 1: the place is in the middle, 0: at the tail
uniform float width;
uniform float head;
uniform float edge;
out vec2 along;  // from the tail, beside the axis; pixels
flat out float arrowLength;

void main() {
  vec2 v = arrows[2 * gl_InstanceID + 1] * scale;
  float whole = length(v);
  uint bits = floatBitsToUint(whole) & 0x7FFFFFFFu;  // which no compiler's assumption about NaN can take away
  if (bits == 0u || bits >= 0x7F800000u) {           // nothing, or nothing known
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    along = vec2(0.0);
    arrowLength = 0.0;
    return;
  }
  vec2 axis = v / whole;
  arrowLength = fixedLength > 0.0 ? fixedLength : min(whole, most);
  vec2 tail = pixelOf(arrows[2 * gl_InstanceID] * norm) - axis * (0.5 * centred * arrowLength);
  float pad = edge + 1.5, side = 0.5 * max(head, width) + pad;
  along = vec2((gl_VertexID & 1) == 0 ? -pad : arrowLength + pad, (gl_VertexID & 2) == 0 ? -side : side);
  gl_Position = clipOf(tail + axis * along.x + vec2(-axis.y, axis.x) * along.y);
}
