#version 450 core
// The density's picture brought to the columns of the pass after it: cubic B-splines along its rows.
#include "shared.h"
#include "spline.glsl"

layout(binding = 0) uniform sampler2D shade;  // of density.frag
uniform vec4 shadeRect;                       // plane units: lower left, 1 / extent
uniform float pixelScale;                     // plane units per pixel of this pass
out vec4 color;

void main() {
  float x = sceneCamera.x + (gl_FragCoord.x * pixelScale - 0.5 * sceneSize.x / sceneCamera.z);
  int row = int(gl_FragCoord.y), last = textureSize(shade, 0).x - 1;
  vec4 w;
  int i = splineAt((x - shadeRect.x) * shadeRect.z * float(last + 1), w);
  color = w.x * texelFetch(shade, ivec2(clamp(i - 1, 0, last), row), 0) +
          w.y * texelFetch(shade, ivec2(clamp(i, 0, last), row), 0) +
          w.z * texelFetch(shade, ivec2(clamp(i + 1, 0, last), row), 0) +
          w.w * texelFetch(shade, ivec2(clamp(i + 2, 0, last), row), 0);
}
