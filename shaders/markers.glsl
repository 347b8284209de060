// Signed distance, in units of the diameter, to a marker of about the area of a disc of diameter 1 at the origin.
float markerDistance(vec2 p, int shape) {
  p = shape == GS_CROSS ? vec2(p.x + p.y, p.y - p.x) * 0.70710678 : p;
  vec2 a = abs(p);
  if (shape == GS_SQUARE) return max(a.x, a.y) - 0.44;
  if (shape == GS_DIAMOND) return (a.x + a.y) * 0.70710678 - 0.44;
  if (shape == GS_TRIANGLE) return max(a.x * 0.8660254 + p.y * 0.5, -p.y) - 0.36;
  if (shape == GS_CROSS) return max(min(a.x, a.y) - 0.14, max(a.x, a.y) - 0.58);
  if (shape == GS_RING) return abs(length(p) - 0.42) - 0.13;
  return length(p) - 0.5;
}
