// Where a cubic B-spline reads: texels i - 1 .. i + 2 and their weights, at `at` texels from the edge.
int splineAt(float at, out vec4 w) {
  float i = floor(at - 0.5), f = at - 0.5 - i;
  float f2 = f * f, f3 = f2 * f, g = 1.0 - f;
  w = vec4(g * g * g / 6.0, (4.0 - 6.0 * f2 + 3.0 * f3) / 6.0, 0.0, f3 / 6.0);
  w.z = 1.0 - w.x - w.y - w.w;
  return int(clamp(i, -8.0, 65536.0));
}
