#version 450 core
flat in vec2 at;
out vec4 mass;

void main() {
  vec2 w = max(1.0 - abs(gl_FragCoord.xy - at), 0.0);
  mass = vec4(w.x * w.y);
}
