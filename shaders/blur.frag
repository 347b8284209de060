#version 450 core
// One direction of a Gaussian blur; the second pass also stores the square, whose mean scales the ramp.
layout(binding = 0) uniform sampler2D image;
uniform ivec2 direction;
uniform float deviation;  // in texels
uniform int radius;
out vec4 result;

void main() {
  ivec2 here = ivec2(gl_FragCoord.xy), last = textureSize(image, 0) - 1;
  float sum = 0.0, total = 0.0;
  for (int i = -radius; i <= radius; ++i) {
    float w = exp(-0.5 * float(i * i) / (deviation * deviation));
    ivec2 p = here + i * direction;
    total += w;
    if (all(greaterThanEqual(p, ivec2(0))) && all(lessThanEqual(p, last))) sum += w * texelFetch(image, p, 0).r;
  }
  float value = sum / total;
  result = vec4(value, value * value, 0.0, 1.0);
}
