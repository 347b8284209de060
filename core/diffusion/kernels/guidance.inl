// Pushes that depend on the place: what a term of the stack does with the denoisers at one particle, all as expected data
// points. A rule looks at them in its space: kept y + taken D about a centre, where (toY, toD) is (0, 1) for the denoiser
// itself and (1 / sh, -1 / sh) for the noise. In every formula d = first - second.
//
// Besides elementary.inl's list this needs GS_CONSTANT, what a table of constants is made of.

const int GS_SHAPE_PUSH = 0;           // + w d
const int GS_SHAPE_POWER = 1;          // + w |toD d|^a d (2502.07849)
const int GS_SHAPE_MAMBO = 2;          // + w exp(-a |toD d| / |R_u|) d (2508.03442)
const int GS_SHAPE_ADAPTIVE = 3;       // + w d where cos(R_c, R_u) <= a; with c = 1 never after that (2312.12487)
const int GS_SHAPE_PERPENDICULAR = 4;  // - w (n - <n, d> / (|d|^2 + 1e-6) d), n = third - second (2304.04968)
const int GS_SHAPE_DYNAMIC = 5;        // - w min(p, b (1 - p)) d, p the share of first beside second (2410.14398)
const int GS_SHAPE_FEEDBACK = 6;       // + w min(r / (1 - r), b) d, log2 r = a + log2 of second over first (2506.06085)
const int GS_SHAPE_TEMPERATURE = 7;    // + w a (1 - p) d, p the share of first beside second, log-odds times a
const int GS_SHAPE_ZERO = 8;           // + w (d - a (<d, R_u> / |R_u|^2) R_u) (2503.18886)
const int GS_SHAPE_STILL = 9;          // the velocity is zero: R = 0
const int GS_SHAPE_TANGENTIAL = 10;    // + w (R_c - R_u along the principal direction of both) / toD (2503.18137)
const int GS_SHAPE_RECTIFIED = 11;     // + w third o d, third = the sums of the rows of the Jacobian (2501.18865)
const int GS_SHAPE_APG = 12;           // the sum so far, P + c memory, no longer than b, a of the part along R_c (2410.02416)
const int GS_SHAPE_RESCALE = 13;       // the sum so far as long as R_c (2305.08891)
const int GS_SHAPE_THRESHOLD = 14;     // the sum so far within b of the centre (2205.11487)
const int GS_SHAPE_NOISE = 15;         // - w a g(b (y - centre)), g the random field below
const int GS_SHAPE_SUM = 17;           // + w (first - y): a score that is added as it is (2302.11552)
const int GS_SHAPE_CHARACTERISTIC = 16;  // + w d + first - R_c, asked elsewhere: see gsTowardsAgreement (2312.07586)
// + w min(r / (1 - r), b) d, r = a 2^-L (2506.06085, algorithm 1). L is what the steps so far have said of log2 of first's
// law over second's, kept between centerX and centerY. A step to y' adds toY and c <y' - (m_1 + m_2) / 2, d>: c = trust
// log2(e) / sh'^2 makes that trust times the logarithm of N(y'; m_1, s^2) / N(y'; m_2, s^2), where m = y + toD (D - y)
// and s^2 = toD sh'^2 with toD = 1 - r^2 are those of an ancestral step (2006.11239).
const int GS_SHAPE_TRACKED = 18;

struct GsPair {
  F x;
  F y;
};
struct GsRule {
  F weight;
  F a;
  F b;
  F c;
  F toY;
  F toD;
  F centerX;
  F centerY;
};

GS_FN GsPair gsPair(F x, F y) {
  GsPair p;
  p.x = x;
  p.y = y;
  return p;
}
GS_FN F gsDot(GsPair p, GsPair q) { return gsFma(p.x, q.x, p.y * q.y); }
// At least so long that it can be divided by.
GS_FN F gsSquare(GsPair p) { return gsMax(gsDot(p, p), F(1e-30)); }
GS_FN F gsLength(GsPair p) { return gsSqrt(gsSquare(p)); }
GS_FN GsPair gsMinus(GsPair p, GsPair q) { return gsPair(p.x - q.x, p.y - q.y); }
// p + t q
GS_FN GsPair gsAlong(GsPair p, F t, GsPair q) { return gsPair(gsFma(t, q.x, p.x), gsFma(t, q.y, p.y)); }
// What the rule looks at.
GS_FN GsPair gsSeen(GsRule r, GsPair y, GsPair d) {
  return gsPair(gsFma(r.toY, y.x - r.centerX, r.toD * (d.x - r.centerX)),
                gsFma(r.toY, y.y - r.centerY, r.toD * (d.y - r.centerY)));
}
// A smooth random field R^2 -> R^2: random Fourier features (Rahimi and Recht 2007) of the kernel exp(-r^2 / 2), variance 1
// each way. Wave k is gsWave[3 k ...] = (frequency in turns per length, phase in turns): words of Philox with the key
// 0x77617665 at (k, 0), the pair over 2 pi and the third one as a fraction.
const GS_CONSTANT gsWave[48] = {
    0.042739373200647635, -0.11151358920718284, 0.5612967868801206,
    -0.1284482987830125, -0.026421087595783335, 0.9017619697842747,
    -0.08349618435882215, 0.3909690455072905, 0.3969808130059391,
    0.2566796323100957, -0.05123855384108382, 0.15078020398505032,
    -0.03727747519186915, 0.12950197224700746, 0.855576429516077,
    0.19584239833199277, 0.027524151641820302, 0.2255460813175887,
    -0.07479870746138022, -0.026945271519705036, 0.7144391424953938,
    -0.3837616892707058, 0.044096726283026015, 0.21474715881049633,
    0.14640613420489573, 0.0514331237671033, 0.8988291528075933,
    0.03272866099537847, 0.3791231029321395, 0.11476540053263307,
    0.10357628827102323, -0.2416349352495248, 0.5275673461146653,
    -0.23000219377705006, 0.0741051898582408, 0.10110813588835299,
    -0.19727283355651598, 0.1651534550991243, 0.2671962140593678,
    0.056811532294676594, -0.13631505125541785, 0.28550824616104364,
    -0.08098428470953994, -0.5093384172932987, 0.016607961151748896,
    0.23996080585931465, 0.10256073608661319, 0.9319452990312129};
GS_FN GsPair gsSmoothNoise(GsPair u) {
  GsPair sum = gsPair(F(0.0), F(0.0));
  for (int k = 0; k < 16; ++k) {
    F turn = gsFma(F(gsWave[3 * k]), u.x, gsFma(F(gsWave[3 * k + 1]), u.y, F(gsWave[3 * k + 2])));
    F s, c;
    gsSinCosTurn(turn - gsRound(turn) + F(0.5), s, c);  // half a turn on: both change their sign
    sum = gsPair(sum.x - c, sum.y - s);
  }
  return gsPair(F(0.35355339059327373) * sum.x, F(0.35355339059327373) * sum.y);
}
// The next offset u of characteristic guidance from what both denoisers say at y + w u and y + (1 + w) u; a: relaxation.
GS_FN GsPair gsTowardsAgreement(GsPair u, F relaxation, GsPair first, GsPair second) {
  return gsAlong(u, relaxation, gsMinus(first, second));
}

// 1 / (1 + 2^x)
GS_FN F gsShare(F x) { return F(1.0) / (F(1.0) + gsExp2(gsMin(x, F(100.0)))); }

// Changes the push of the stack so far. main: the denoiser that is guided; memory: of the steps before (APG, a latch, a
// tracked posterior).
GS_FN void gsShape(int kind, GsRule r, GsPair y, GsPair main, GsPair first, GsPair second, GsPair third, F logFirst,
                   F logSecond, GS_INOUT(GsPair) push, GS_INOUT(GsMemory) memory) {
  GsPair d = gsMinus(first, second);
  GsPair seen = gsSeen(r, y, second);
  GsPair own = gsSeen(r, y, main);
  if (kind == GS_SHAPE_PUSH) {
    push = gsAlong(push, r.weight, d);
  } else if (kind == GS_SHAPE_POWER) {
    F length = gsAbs(r.toD) * gsLength(d);
    push = gsAlong(push, r.weight * gsExp2(gsMin(r.a * gsLog2(gsMax(length, F(1e-30))), F(100.0))), d);
  } else if (kind == GS_SHAPE_MAMBO) {
    F share = gsAbs(r.toD) * gsSqrt(gsDot(d, d)) / gsLength(seen);
    push = gsAlong(push, r.weight * gsExp2(F(-1.4426950408889634) * r.a * share), d);
  } else if (kind == GS_SHAPE_ADAPTIVE) {
    F cosine = gsDot(own, seen) / (gsLength(own) * gsLength(seen));
    F off = gsMax(r.c * memory.x, gsSelect(gsLess(r.a, cosine), F(1.0), F(0.0)));
    memory.x = off;
    push = gsAlong(push, r.weight * (F(1.0) - off), d);
  } else if (kind == GS_SHAPE_PERPENDICULAR) {
    GsPair n = gsMinus(third, second);
    // A d that is shorter than a thousandth has no direction.
    push = gsAlong(push, -r.weight, gsAlong(n, -gsDot(n, d) / (gsDot(d, d) + F(1e-6)), d));
  } else if (kind == GS_SHAPE_DYNAMIC) {
    F p = gsShare(logSecond - logFirst);
    F rest = gsShare(logFirst - logSecond);
    push = gsAlong(push, -r.weight * gsMin(p, r.b * rest), d);
  } else if (kind == GS_SHAPE_FEEDBACK) {
    F mixed = gsExp2(gsMin(r.a + logSecond - logFirst, F(100.0)));
    push = gsAlong(push, r.weight * gsMin(mixed / gsMax(F(1.0) - mixed, F(1e-7)), r.b), d);
  } else if (kind == GS_SHAPE_TRACKED) {
    F known = gsMin(gsMax(memory.x, r.centerX), r.centerY);
    F mixed = r.a * gsExp2(-known);
    push = gsAlong(push, r.weight * gsMin(mixed / gsMax(F(1.0) - mixed, F(1e-7)), r.b), d);
    GsPair middle = gsAlong(second, F(0.5), d);
    memory.alongX = r.c * d.x;
    memory.alongY = r.c * d.y;
    memory.x = known + r.toY - r.c * r.toD * gsDot(gsMinus(middle, y), d);
  } else if (kind == GS_SHAPE_TEMPERATURE) {
    push = gsAlong(push, r.weight * r.a * gsShare(r.a * (logFirst - logSecond)), d);
  } else if (kind == GS_SHAPE_ZERO) {
    push = gsAlong(push, r.weight, gsAlong(d, -r.a * gsDot(d, seen) / (gsDot(seen, seen) + F(1e-12)), seen));
  } else if (kind == GS_SHAPE_STILL) {
    F kept = -r.toY / r.toD;
    push = gsPair(gsFma(kept, y.x, -main.x), gsFma(kept, y.y, -main.y));
  } else if (kind == GS_SHAPE_TANGENTIAL) {
    // The direction across the principal one is an eigenvector of own own^T + seen seen^T; its projector is
    // (1 - M / |M|) / 2 with the traceless part M = ((p, q), (q, -p)).
    F p = F(0.5) * (own.x * own.x + seen.x * seen.x - own.y * own.y - seen.y * seen.y);
    F q = gsFma(own.x, own.y, seen.x * seen.y);
    F length = gsLength(gsPair(p, q));
    GsPair turned = gsPair(gsFma(p, seen.x, q * seen.y) / length, gsFma(q, seen.x, -p * seen.y) / length);
    GsPair across = gsMinus(seen, turned);
    push = gsAlong(push, r.weight, gsAlong(d, F(0.5) / r.toD, across));
  } else if (kind == GS_SHAPE_RECTIFIED) {
    push = gsAlong(push, r.weight, gsPair(third.x * d.x, third.y * d.y));
  } else if (kind == GS_SHAPE_APG) {
    GsPair running = gsAlong(push, r.c, gsPair(memory.x, memory.y));
    memory.x = running.x;
    memory.y = running.y;
    F shrink = gsMin(F(1.0), r.b / (gsAbs(r.toD) * gsLength(running)));
    GsPair capped = gsPair(shrink * running.x, shrink * running.y);
    GsPair shaped = gsAlong(capped, (r.a - F(1.0)) * gsDot(capped, own) / gsSquare(own), own);
    push = gsAlong(push, r.weight, gsMinus(shaped, push));
  } else if (kind == GS_SHAPE_RESCALE) {
    GsPair whole = gsAlong(own, r.toD, push);
    F length = gsLength(own);
    F wholeLength = gsLength(whole);
    // (length / wholeLength - 1) / toD without the difference of two almost equal numbers
    F t = -gsFma(F(2.0), gsDot(push, own), r.toD * gsDot(push, push)) / (wholeLength * (length + wholeLength));
    F ratio = length / wholeLength;
    GsPair shaped = gsAlong(gsPair(ratio * push.x, ratio * push.y), t, own);
    push = gsAlong(push, r.weight, gsMinus(shaped, push));
  } else if (kind == GS_SHAPE_SUM) {
    push = gsAlong(push, r.weight, gsMinus(first, y));
  } else if (kind == GS_SHAPE_NOISE) {
    GsPair off = gsSmoothNoise(gsPair(r.b * (y.x - r.centerX), r.b * (y.y - r.centerY)));
    push = gsAlong(push, -r.weight * r.a, off);
  } else if (kind == GS_SHAPE_CHARACTERISTIC) {
    // What both say at their own places: (1 + w) first - w second in place of main.
    push = gsAlong(gsAlong(push, F(1.0), gsMinus(first, main)), r.weight, d);
  } else {
    GsPair from = gsPair(main.x + push.x - r.centerX, main.y + push.y - r.centerY);
    push = gsAlong(push, r.weight * (gsMin(F(1.0), r.b / gsLength(from)) - F(1.0)), from);
  }
}

// Adds the share of rows first .. last - 1 to sh^2 H 1, H the Hessian of the logarithm of a density whose base-2 logarithm
// at y is `top`: sum of share_k (g_k (g_k . 1) - C_k^-1 1) sh^2 with g_k = C_k^-1 (mu_k - y). gain = 2 ln 2 sh^2.
GS_FN void gsAddSlope(GS_ROWS rows, int first, int last, F yx, F yy, F top, F share, F gain, GS_INOUT(GsPair) sum) {
  for (int k = first; k < last; ++k) {
    F dx = gsMeanX(rows, k) - yx;
    F dy = gsMeanY(rows, k) - yy;
    F pxx = gsPxx(rows, k);
    F pxy = gsPxy(rows, k);
    F pyy = gsPyy(rows, k);
    F ux = gsFma(pxx, dx, pxy * dy);
    F uy = gsFma(pyy, dy, pxy * dx);
    F e = gsFnma(dx, ux, gsFnma(dy, uy, gsLogNorm(rows, k)));
    F n = share * gsExp2(gsMin(e - top, F(100.0))) * gain;
    F both = F(1.3862943611198906) * (ux + uy);
    sum.x = gsFma(n, gsFma(ux, both, -(pxx + pxy)), sum.x);
    sum.y = gsFma(n, gsFma(uy, both, -(pxy + pyy)), sum.y);
  }
}
