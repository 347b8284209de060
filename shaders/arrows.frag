#version 450 core
#include "shared.h"
#include "plane.glsl"

uniform float width;
uniform float head;   // its length and, at the base, its width
uniform float edge;
uniform vec4 ink;     // linear light, straight alpha
uniform vec4 casing;  // a thin edge in the canvas colour
in vec2 along;
flat in float arrowLength;
out vec4 color;

void main() {
  // A short arrow has a smaller head, so that its length still says something.
  float h = min(head, 0.6 * arrowLength);
  float across = abs(along.y);
  vec2 slope = normalize(vec2(0.5 * h, h));
  float tip = max(dot(vec2(along.x - arrowLength, across), slope), arrowLength - h - along.x);
  float shaft = max(across - 0.5 * min(width, h), max(-along.x, along.x - (arrowLength - 0.5 * h)));
  float d = min(tip, shaft);
  float faint = min(1.0, arrowLength / 3.0);  // below three pixels an arrow fades: it has no direction to see
  float line = ink.a * faint * inkOf(clamp(0.5 - d, 0.0, 1.0));
  float around = casing.a * faint * clamp(0.5 - d + edge, 0.0, 1.0);
  color = vec4(ink.rgb, 1.0) * line + vec4(casing.rgb, 1.0) * (around * (1.0 - line));
}
