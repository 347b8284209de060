// diffusion/vec.h: beyond 1e9 or not finite. On the bits, which no compiler's assumption about NaN can take away.
bool blownUp(vec2 p) {
  uvec2 b = floatBitsToUint(p) & 0x7FFFFFFFu;
  return max(b.x, b.y) > 0x4E6E6B28u;
}
