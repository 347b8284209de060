#version 450 core
flat in vec2 at;
flat in vec3 paint;
out vec4 sum;  // colour times share, share

void main() {
  vec2 w = max(1.0 - abs(gl_FragCoord.xy - at), 0.0);
  sum = vec4(paint, 1.0) * (w.x * w.y);
}
