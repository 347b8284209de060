// The attainable rate of a component's arithmetic: the same operations as one component of gsGroupSums, on registers
// that nothing but arithmetic feeds, without tables, tiles and blending. Included like block-inl.h.
constexpr long kPeakComponents = kLanes;

GS_CALL GS_REAL peakRounds(long rounds) {
  alignas(64) GS_REAL lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) lanes[i] = GS_REAL(i + rounds % 7) / GS_REAL(64);  // unknown to the compiler
  const F yx = gsLoad(lanes), yy = F(0.1);
  const F pxx = F(1.1), pxy = F(0.2), norm = F(-0.5), drift = F(1e-6);
  F meanX = F(0.3), z = F(0.0), vx = F(0.0), vy = F(0.0);
  for (long r = 0; r < rounds; ++r) {
    const F dx = meanX - yx, dy = meanX - yy;
    const F px = gsFma(pxx, dx, pxy * dy), py = gsFma(pxx, dy, pxy * dx);
    const F e = gsMax(gsFnma(dx, px, gsFnma(dy, py, norm)), drift);
    const F n = gsExp2(e - norm);
    z = z + n;
    vx = gsFma(n, px, vx);
    vy = gsFma(n, py, vy);
    meanX = meanX + drift;  // in place of the loads of a row
  }
  gsStore(z + vx + vy, lanes);
  GS_REAL sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}
