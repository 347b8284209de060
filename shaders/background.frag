#version 450 core
// What lies under everything: the canvas colour, moved along the density's ramps and the guided density's. Smooth
// upsampling (cubic B-spline, four bilinear reads): no grid shows, whatever the field's resolution.
#include "shared.h"
#include "color.glsl"

layout(binding = 0) uniform sampler2D shade;    // of density.frag
layout(binding = 1) uniform sampler2D guided;   // density of the particles, its square
uniform vec4 shadeRect;      // plane units: lower left, 1 / extent
uniform vec4 guidedRect;
uniform float shadeOpacity;  // 0: no field
uniform float guidedOpacity;
uniform int guidedTop;       // the mip level of one texel: means of the density and of its square
uniform vec3 canvas;         // OKLab
uniform vec3 guidedRamp;
uniform float pixelScale;    // plane units per pixel of this pass
out vec4 color;

vec4 smoothRead(sampler2D image, vec2 uv) {
  vec2 size = vec2(textureSize(image, 0));
  vec2 p = uv * size - 0.5;
  vec2 f = fract(p), i = p - f;
  vec2 f2 = f * f, f3 = f2 * f, g = 1.0 - f;
  vec2 w0 = g * g * g / 6.0, w1 = (4.0 - 6.0 * f2 + 3.0 * f3) / 6.0, w3 = f3 / 6.0, w2 = 1.0 - w0 - w1 - w3;
  vec2 low = w0 + w1, high = w2 + w3;
  vec2 a = (i - 0.5 + w1 / low) / size, b = (i + 1.5 + w3 / high) / size;
  return low.y * (low.x * textureLod(image, a, 0.0) + high.x * textureLod(image, vec2(b.x, a.y), 0.0)) +
         high.y * (low.x * textureLod(image, vec2(a.x, b.y), 0.0) + high.x * textureLod(image, b, 0.0));
}

bool inside(vec2 uv) { return all(greaterThanEqual(uv, vec2(0.0))) && all(lessThanEqual(uv, vec2(1.0))); }

void main() {
  vec2 plane = sceneCamera.xy + (gl_FragCoord.xy * pixelScale - 0.5 * sceneSize.xy / sceneCamera.z);
  vec3 lab = canvas;
  if (shadeOpacity > 0.0) {
    vec2 uv = (plane - shadeRect.xy) * shadeRect.zw;
    if (inside(uv)) lab += shadeOpacity * smoothRead(shade, uv).xyz;
  }
  if (guidedOpacity > 0.0) {
    vec2 uv = (plane - guidedRect.xy) * guidedRect.zw;
    vec2 mean = texelFetch(guided, ivec2(0), guidedTop).xy;
    if (inside(uv) && mean.x > 0.0) {
      float s = guidedOpacity * rampStrength(smoothRead(guided, uv).x * mean.x / (2.0 * mean.y));
      // What lies below fades faster than the amber rises: mixed in equal parts with blue it would be mud.
      lab = canvas + (1.0 - s) * (1.0 - s) * (lab - canvas) + s * guidedRamp;
    }
  }
  color = vec4(linearFromOkLab(lab), 1.0);
}
