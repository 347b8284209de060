#version 450 core
// Linear light to sRGB bytes: the overlay (premultiplied) over the background. Half a step of ordered noise keeps the
// dark ramps free of bands; it depends on the pixel alone, so that equal pictures are equal files.
#include "color.glsl"

layout(binding = 0) uniform sampler2D background;
layout(binding = 1) uniform sampler2D overlay;
uniform ivec2 origin;         // of the target's rectangle
uniform vec2 backgroundScale; // background texels per pixel, over its size
out vec4 color;

void main() {
  ivec2 pixel = ivec2(gl_FragCoord.xy) - origin;
  vec3 below = textureLod(background, (vec2(pixel) + 0.5) * backgroundScale, 0.0).rgb;
  vec4 above = texelFetch(overlay, pixel, 0);
  float noise = fract(52.9829189 * fract(dot(vec2(pixel & 63), vec2(0.06711056, 0.00583715)))) - 0.5;
  color = vec4(srgbFromLinear(above.rgb + (1.0 - above.a) * below) + noise * (0.75 / 255.0), 1.0);
}
