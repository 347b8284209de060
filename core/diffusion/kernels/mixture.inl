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

// The exponent of component k and its half gradient P (mu - y).
GS_FN F gsExponent(GS_ROWS rows, int k, F yx, F yy, GS_OUT(F) px, GS_OUT(F) py) {
  F dx = gsMeanX(rows, k) - yx;
  F dy = gsMeanY(rows, k) - yy;
  F pxy = gsPxy(rows, k);
  px = gsFma(gsPxx(rows, k), dx, pxy * dy);
  py = gsFma(gsPyy(rows, k), dy, pxy * dx);
  return gsFnma(dx, px, gsFnma(dy, py, gsLogNorm(rows, k)));
}

// The sums of both groups (see gsGroupSums) where all components fit into one tile: none is ever rescaled, and those of
// one group at a time stay in registers, which made a step of 8 components a sixth faster (tests/bench/README.md).
GS_FN void gsFewSums(GS_ROWS rows, int groupA, int components, F yx, F yy, GS_OUT(GsSums) A, GS_OUT(GsSums) B) {
  F e[GS_TILE];
  F ux[GS_TILE];
  F uy[GS_TILE];
  F topA = F(-1e30);
  F topB = topA;
  for (int k = 0; k < groupA; ++k) {
    F px, py;
    F t = gsExponent(rows, k, yx, yy, px, py);
    ux[k] = px;
    uy[k] = py;
    e[k] = t;
    topA = gsMax(topA, t);
  }
  for (int k = groupA; k < components; ++k) {
    F px, py;
    F t = gsExponent(rows, k, yx, yy, px, py);
    ux[k] = px;
    uy[k] = py;
    e[k] = t;
    topB = gsMax(topB, t);
  }
  F zA = F(0.0), vxA = F(0.0), vyA = F(0.0);
  for (int k = 0; k < groupA; ++k) {
    F n = gsExp2(e[k] - topA);
    zA = zA + n;
    vxA = gsFma(n, ux[k], vxA);
    vyA = gsFma(n, uy[k], vyA);
  }
  A.top = topA;
  A.z = zA;
  A.vx = vxA;
  A.vy = vyA;
  F zB = F(0.0), vxB = F(0.0), vyB = F(0.0);
  for (int k = groupA; k < components; ++k) {
    F n = gsExp2(e[k] - topB);
    zB = zB + n;
    vxB = gsFma(n, ux[k], vxB);
    vyB = gsFma(n, uy[k], vyB);
  }
  B.top = topB;
  B.z = zB;
  B.vx = vxB;
  B.vy = vyB;
}

// The sums of group A, rows 0..groupA-1, and of group B, rows groupA..components-1. A tile of components goes through two
// phases, exponents then exponentials, for both groups together: the maximum is taken tile by tile, the sums are rescaled
// once a tile, and small mixtures have enough independent work in each phase.
GS_FN void gsGroupSums(GS_ROWS rows, int groupA, int components, F yx, F yy, GS_OUT(GsSums) A, GS_OUT(GsSums) B) {
  if (components <= GS_TILE) {
    gsFewSums(rows, groupA, components, yx, yy, A, B);
    return;
  }
  A.top = F(-1e30);
  A.z = F(0.0);
  A.vx = F(0.0);
  A.vy = F(0.0);
  B.top = F(-1e30);  // not B = A: compilers copy structures in pieces, which the vectors then wait for
  B.z = F(0.0);
  B.vx = F(0.0);
  B.vy = F(0.0);
  F e[GS_TILE];
  F ux[GS_TILE];
  F uy[GS_TILE];
  for (int start = 0; start < components; start += GS_TILE) {
    int count = components - start < GS_TILE ? components - start : GS_TILE;
    int ofA = groupA - start < count ? groupA - start : count;
    if (ofA < 0) ofA = 0;
    F topA = A.top;
    F topB = B.top;
    for (int i = 0; i < ofA; ++i) {
      int k = start + i;
      F px, py;
      F t = gsExponent(rows, k, yx, yy, px, py);
      ux[i] = px;
      uy[i] = py;
      e[i] = t;
      topA = gsMax(topA, t);
    }
    for (int i = ofA; i < count; ++i) {
      int k = start + i;
      F px, py;
      F t = gsExponent(rows, k, yx, yy, px, py);
      ux[i] = px;
      uy[i] = py;
      e[i] = t;
      topB = gsMax(topB, t);
    }
    if (start > 0 && ofA > 0) {
      F shrink = gsExp2(A.top - topA);
      A.z = A.z * shrink;
      A.vx = A.vx * shrink;
      A.vy = A.vy * shrink;
    }
    if (start > 0 && ofA < count) {
      F shrink = gsExp2(B.top - topB);
      B.z = B.z * shrink;
      B.vx = B.vx * shrink;
      B.vy = B.vy * shrink;
    }
    A.top = topA;
    B.top = topB;
    for (int i = 0; i < ofA; ++i) {
      F n = gsExp2(e[i] - topA);
      A.z = A.z + n;
      A.vx = gsFma(n, ux[i], A.vx);
      A.vy = gsFma(n, uy[i], A.vy);
    }
    for (int i = ofA; i < count; ++i) {
      F n = gsExp2(e[i] - topB);
      B.z = B.z + n;
      B.vx = gsFma(n, ux[i], B.vx);
      B.vy = gsFma(n, uy[i], B.vy);
    }
  }
}

// One component more. The tiles above keep three arrays, which a shader would keep in slow memory; here the sums are
// rescaled at every component, by the same one exponential: of the distance to the larger exponent of the two.
GS_FN void gsAddRow(GS_ROWS rows, int k, F yx, F yy, GS_INOUT(GsSums) A) {
  F px, py;
  F t = gsExponent(rows, k, yx, yy, px, py);
  F smaller = gsExp2(-gsAbs(t - A.top));
  F kept = gsSelect(gsLess(A.top, t), smaller, F(1.0));
  F n = gsSelect(gsLess(A.top, t), F(1.0), smaller);
  A.top = gsMax(A.top, t);
  A.z = gsFma(A.z, kept, n);
  A.vx = gsFma(A.vx, kept, n * px);
  A.vy = gsFma(A.vy, kept, n * py);
}

// One component more where A.top is known to lie near the largest exponent: no sum is rescaled.
GS_FN void gsAddBelow(GS_ROWS rows, int k, F yx, F yy, GS_INOUT(GsSums) A) {
  F px, py;
  F n = gsExp2(gsExponent(rows, k, yx, yy, px, py) - A.top);
  A.z = A.z + n;
  A.vx = gsFma(n, px, A.vx);
  A.vy = gsFma(n, py, A.vy);
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
      F px, py;
      e[i] = gsExponent(rows, start + i, yx, yy, px, py);
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
