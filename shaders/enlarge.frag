#version 450 core
// A smooth picture at a fraction of the resolution, bilinearly enlarged.
layout(binding = 0) uniform sampler2D image;
uniform vec2 scale;  // texture coordinates per pixel
out vec4 color;

void main() { color = textureLod(image, gl_FragCoord.xy * scale, 0.0); }
