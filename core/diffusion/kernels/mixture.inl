// Sums over the components of a mixture. Exponents are in base 2: component k's density at y is 2^e with
// e = logNorm - (y - mu)^T P (y - mu), where P = log2(e) / 2 times the inverse covariance.
//
// Besides elementary.inl's list this needs GS_ROWS (a pointer or an offset into a buffer) and gsMeanX(rows, k), gsMeanY,
// gsPxx, gsPxy, gsPyy, gsLogNorm.

const int GS_TILE = 16;

struct GsSums {
  F top;     // the largest exponent so far
  F z;       // sum of 2^(e - top)
  F vx, vy;  // sum of 2^(e - top) P (mu - y)
};

// Components first..last-1. The maximum is taken tile by tile, so that the sums are rescaled once a tile and the
// exponentials of a tile need no order.
GS_FN GsSums gsMixtureSums(GS_ROWS rows, int first, int last, F yx, F yy) {
  GsSums s;
  s.top = F(-1e30);
  s.z = F(0.0);
  s.vx = F(0.0);
  s.vy = F(0.0);
  F e[GS_TILE];
  F ux[GS_TILE];
  F uy[GS_TILE];
  for (int start = first; start < last; start += GS_TILE) {
    int count = last - start < GS_TILE ? last - start : GS_TILE;
    F top = s.top;
    for (int i = 0; i < count; ++i) {
      int k = start + i;
      F dx = gsMeanX(rows, k) - yx;
      F dy = gsMeanY(rows, k) - yy;
      F pxy = gsPxy(rows, k);
      F px = gsFma(gsPxx(rows, k), dx, pxy * dy);
      F py = gsFma(gsPyy(rows, k), dy, pxy * dx);
      F t = gsFma(-dx, px, gsFma(-dy, py, gsLogNorm(rows, k)));
      ux[i] = px;
      uy[i] = py;
      e[i] = t;
      top = gsMax(top, t);
    }
    if (start > first) {
      F shrink = gsExp2(s.top - top);
      s.z = s.z * shrink;
      s.vx = s.vx * shrink;
      s.vy = s.vy * shrink;
    }
    s.top = top;
    for (int i = 0; i < count; ++i) {
      F n = gsExp2(e[i] - top);
      s.z = s.z + n;
      s.vx = gsFma(n, ux[i], s.vx);
      s.vy = gsFma(n, uy[i], s.vy);
    }
  }
  return s;
}

// log2 of the sum of the components' densities.
GS_FN F gsLogSum(GS_ROWS rows, int first, int last, F yx, F yy) {
  F best = F(-1e30);
  F z = F(0.0);
  F e[GS_TILE];
  for (int start = first; start < last; start += GS_TILE) {
    int count = last - start < GS_TILE ? last - start : GS_TILE;
    F top = best;
    for (int i = 0; i < count; ++i) {
      int k = start + i;
      F dx = gsMeanX(rows, k) - yx;
      F dy = gsMeanY(rows, k) - yy;
      F pxy = gsPxy(rows, k);
      F px = gsFma(gsPxx(rows, k), dx, pxy * dy);
      F py = gsFma(gsPyy(rows, k), dy, pxy * dx);
      e[i] = gsFma(-dx, px, gsFma(-dy, py, gsLogNorm(rows, k)));
      top = gsMax(top, e[i]);
    }
    if (start > first) z = z * gsExp2(best - top);
    best = top;
    for (int i = 0; i < count; ++i) z = z + gsExp2(e[i] - top);
  }
  return best + gsLog2(z);
}

// What brings the two groups' sums under one maximum.
GS_FN void gsCommonScale(F topA, F topB, GS_OUT(F) scaleA, GS_OUT(F) scaleB) {
  F shrink = gsExp2(-gsAbs(topA - topB));
  scaleA = gsSelect(gsLess(topA, topB), shrink, F(1.0));
  scaleB = gsSelect(gsLess(topA, topB), F(1.0), shrink);
}

// Adds coefficient * (a V_A + b V_B) / (a Z_A + b Z_B): one denoiser's pull in the guided sum.
GS_FN void gsAddBlend(GsSums A, GsSums B, F a, F b, F coefficient, GS_INOUT(F) gx, GS_INOUT(F) gy) {
  F w = coefficient / gsFma(a, A.z, b * B.z);
  gx = gsFma(w, gsFma(a, A.vx, b * B.vx), gx);
  gy = gsFma(w, gsFma(a, A.vy, b * B.vy), gy);
}

// The same for a blend of group A alone, which needs no common maximum (and so no underflow far from the class).
GS_FN void gsAddOne(GsSums A, F coefficient, GS_INOUT(F) gx, GS_INOUT(F) gy) {
  F w = coefficient / A.z;
  gx = gsFma(w, A.vx, gx);
  gy = gsFma(w, A.vy, gy);
}
