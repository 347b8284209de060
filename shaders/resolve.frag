#version 450 core
// Linear light to sRGB bytes. Half a step of ordered noise keeps the dark ramps free of bands; it depends on the pixel
// alone, so that equal pictures are equal files.
#include "color.glsl"

layout(binding = 0) uniform sampler2D scene;
uniform ivec2 origin;  // of the target's rectangle
out vec4 color;

void main() {
  ivec2 pixel = ivec2(gl_FragCoord.xy) - origin;
  float noise = fract(52.9829189 * fract(dot(vec2(pixel & 63), vec2(0.06711056, 0.00583715)))) - 0.5;
  color = vec4(srgbFromLinear(texelFetch(scene, pixel, 0).rgb) + noise * (0.75 / 255.0), 1.0);
}
