#version 450 core
// The canvas with its densities, the ink on it, and sRGB bytes of both (on a processor: core/render/host_pixels.cpp). Half a step of ordered noise keeps the
// dark ramps free of bands; it depends on the pixel alone, so that equal pictures are equal files.
#include "color.glsl"

layout(binding = 0) uniform sampler2D under;  // roots of linear light
layout(binding = 1) uniform sampler2D ink;    // linear light, premultiplied
uniform vec2 scale;                           // of `under`: texture coordinates per pixel
out vec4 color;

void main() {
#ifdef GS_LAY
  color = texelFetch(ink, ivec2(gl_FragCoord.xy), 0);
#else
  vec3 root = textureLod(under, gl_FragCoord.xy * scale, 0.0).rgb;
  vec4 over = texelFetch(ink, ivec2(gl_FragCoord.xy), 0);
  root = sqrt(max(root * root * (1.0 - over.a) + over.rgb, 0.0));
  float noise = fract(52.9829189 * fract(dot(vec2(ivec2(gl_FragCoord.xy) & 63), vec2(0.06711056, 0.00583715)))) - 0.5;
  color = vec4(srgbFromRoot(root) + noise * (0.75 / 255.0), 1.0);
#endif
}
