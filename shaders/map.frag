#version 450 core
// Numbers on a grid as colours: ramps in OKLab from the canvas, one for each sign, so that nothing looks like nothing.
#include "shared.h"
#include "color.glsl"

layout(binding = 0) uniform sampler2D field;  // value, weight
uniform vec4 rect;        // plane units: lower left, 1 / extent
uniform vec3 canvas;      // OKLab
uniform vec3 aboveRamp;   // OKLab: the full colour - canvas
uniform vec3 belowRamp;
uniform float full;       // the value of the full colour
uniform float opacity;
out vec4 color;

// Cubic B-spline by four bilinear reads, as in background.frag.
vec2 smoothly(vec2 uv) {
  vec2 size = vec2(textureSize(field, 0));
  vec2 p = uv * size - 0.5;
  vec2 f = fract(p), i = p - f;
  vec2 f2 = f * f, f3 = f2 * f, g = 1.0 - f;
  vec2 w0 = g * g * g / 6.0, w1 = (4.0 - 6.0 * f2 + 3.0 * f3) / 6.0, w3 = f3 / 6.0, w2 = 1.0 - w0 - w1 - w3;
  vec2 low = w0 + w1, high = w2 + w3;
  vec2 a = (i - 0.5 + w1 / low) / size, b = (i + 1.5 + w3 / high) / size;
  return low.y * (low.x * textureLod(field, a, 0.0).xy + high.x * textureLod(field, vec2(b.x, a.y), 0.0).xy) +
         high.y * (low.x * textureLod(field, vec2(a.x, b.y), 0.0).xy + high.x * textureLod(field, b, 0.0).xy);
}

void main() {
  vec2 plane = sceneCamera.xy + (gl_FragCoord.xy - 0.5 * sceneSize.xy) / sceneCamera.z;
  vec2 uv = (plane - rect.xy) * rect.zw;
  if (any(lessThan(uv, vec2(0.0))) || any(greaterThan(uv, vec2(1.0)))) discard;
  vec2 read = smoothly(uv);
  float value = read.x / max(read.y, 1e-3);  // stored times its weight: what is unknown has no say
  float s = clamp(abs(value) / full, 0.0, 1.0) * clamp(read.y, 0.0, 1.0);
  vec3 lab = canvas + s * (value > 0.0 ? aboveRamp : belowRamp);
  // Where there is next to nothing, what lies below stays visible.
  float cover = opacity * clamp(4.0 * s, 0.0, 1.0);
  color = vec4(linearFromOkLab(lab) * cover, cover);
}
