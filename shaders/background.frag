#version 450 core
// What lies under everything: the canvas colour, moved along the density's ramps and the guided density's. Smooth
// upsampling (cubic B-splines): no grid shows, whatever the field's resolution. Roots of linear light, which ten bits hold
// finely enough.
#include "shared.h"
#include "color.glsl"
#include "spline.glsl"

layout(binding = 0) uniform sampler2D shade;    // of widen.frag: our columns, the field's rows
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

float smoothDensity(vec2 uv) {
  vec2 size = vec2(textureSize(guided, 0));
  vec4 x, y;
  vec2 i = vec2(splineAt(uv.x * size.x, x), splineAt(uv.y * size.y, y));
  // Two bilinear reads a direction are four weights.
  vec2 low = vec2(x.x + x.y, y.x + y.y), high = 1.0 - low;
  vec2 a = (i - 0.5 + vec2(x.y, y.y) / low) / size, b = (i + 1.5 + vec2(x.w, y.w) / high) / size;
  return low.y * (low.x * textureLod(guided, a, 0.0).x + high.x * textureLod(guided, vec2(b.x, a.y), 0.0).x) +
         high.y * (low.x * textureLod(guided, vec2(a.x, b.y), 0.0).x + high.x * textureLod(guided, b, 0.0).x);
}

bool inside(vec2 uv) { return all(greaterThanEqual(uv, vec2(0.0))) && all(lessThanEqual(uv, vec2(1.0))); }

void main() {
  vec2 plane = sceneCamera.xy + (gl_FragCoord.xy * pixelScale - 0.5 * sceneSize.xy / sceneCamera.z);
  vec3 lab = canvas;
#ifdef GS_SHADE
  {
    vec2 uv = (plane - shadeRect.xy) * shadeRect.zw;
    int column = int(gl_FragCoord.x), last = textureSize(shade, 0).y - 1;
    vec4 w;
    int i = splineAt(uv.y * float(last + 1), w);
    vec3 offset = w.x * texelFetch(shade, ivec2(column, clamp(i - 1, 0, last)), 0).xyz +
                  w.y * texelFetch(shade, ivec2(column, clamp(i, 0, last)), 0).xyz +
                  w.z * texelFetch(shade, ivec2(column, clamp(i + 1, 0, last)), 0).xyz +
                  w.w * texelFetch(shade, ivec2(column, clamp(i + 2, 0, last)), 0).xyz;
    if (inside(uv)) lab += shadeOpacity * offset;
  }
#endif
#ifdef GS_GUIDED
  {
    vec2 uv = (plane - guidedRect.xy) * guidedRect.zw;
    vec2 mean = texelFetch(guided, ivec2(0), guidedTop).xy;
    if (inside(uv) && mean.x > 0.0) {
      float s = guidedOpacity * rampStrength(smoothDensity(uv) * mean.x / (2.0 * mean.y));
      // What lies below fades faster than the amber rises: mixed in equal parts with blue it would be mud.
      lab = canvas + (1.0 - s) * (1.0 - s) * (lab - canvas) + s * guidedRamp;
    }
  }
#endif
  color = vec4(sqrt(clamp(linearFromOkLab(lab), 0.0, 1.0)), 1.0);
}
