#version 450 core
// The sums of very many particles as ink: by the logarithm of their number, so that single ones are still seen where
// thousands lie on a pixel elsewhere.
layout(binding = 0) uniform sampler2D sums;
uniform float full;     // particles on a pixel that give full ink
uniform float opacity;
out vec4 color;

void main() {
  vec4 s = texelFetch(sums, ivec2(gl_FragCoord.xy), 0);
  float strength = s.a > 0.0 ? opacity * min(log(1.0 + s.a) / log(1.0 + full), 1.0) : 0.0;
  color = s.a > 0.0 ? vec4(s.rgb / s.a, 1.0) * strength : vec4(0.0);
}
