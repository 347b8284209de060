// Plane units to pixels of the target. Positions far outside are pulled in: they stay outside, and what is computed from
// them stays finite.
vec2 pixelOf(vec2 plane) {
  vec2 p = (plane - sceneCamera.xy) * sceneCamera.z + 0.5 * sceneSize.xy;
  return clamp(p, -65536.0, 65536.0);
}
vec4 clipOf(vec2 pixel) { return vec4(pixel * sceneSize.zw * 2.0 - 1.0, 0.0, 1.0); }

// Where the corner of a stroke's strip lies: beside `here` on a line before -> here -> after, by `reach` pixels to `side`
// (-1, 1), mitred where the line bends. Where it turns back on itself there is no mitre: it would be a spike.
vec2 strokeCorner(vec2 before, vec2 here, vec2 after, float side, float reach) {
  vec2 a = here - before, b = after - here;
  float la = length(a), lb = length(b);
  a = la > 1e-3 ? a / la : (lb > 1e-3 ? b / lb : vec2(1.0, 0.0));
  b = lb > 1e-3 ? b / lb : a;
  vec2 along = dot(a, b) > -0.3 ? normalize(a + b) : a;
  return here + vec2(-along.y, along.x) * (side * reach / dot(along, a));
}

// The share of ink at a coverage: linear light fattens light ink on dark and thins dark ink on light. c / (c + k (1 - c))
// is within 0.02 of the power that would even this out (1.2, 0.72) and a fifth of its work on a processor.
float inkOf(float coverage) { return coverage / mix(sceneLook.x, 1.0, coverage); }

// Coverage of a stroke of `width` pixels at distance `across` from its middle; thinner than a pixel it fades instead.
float strokeCoverage(float across, float width) {
  return inkOf(clamp(0.5 * (max(width, 1.0) + 1.0) - abs(across), 0.0, 1.0) * min(width, 1.0));
}
