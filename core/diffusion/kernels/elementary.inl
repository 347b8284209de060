// Elementary functions of the kernel text for single precision: the same polynomials on every engine.
//
// The kernel text is a common subset of C++ and GLSL. What includes it defines first
//   F, U            a float and an unsigned 32-bit number: scalars, SIMD packs or GLSL's float and uint; F(1.0), U(1u)
//   GS_FN           how a function starts;  GS_OUT(T), GS_INOUT(T) its out and inout parameters
//   + - * / on F, unary -;  + ^ & >> << on U
//   gsFma(a, b, c) = a b + c, gsFnma(a, b, c) = c - a b, gsMin, gsMax, gsSqrt, gsAbs, gsRound (to even), gsLess(a, b), gsSelect(mask, yes, no)
//   gsFloat(U) (of a value below 2^31), gsBits(F), gsFromBits(U), gsMulWide(a, b, high, low)
//   gsSplitExponent(x, scale): x = n + f with integer n, |f| <= 1/2; returns f and scale = n << 23
//   gsScaled(p, scale) = p 2^n
//   GS_ROWS and gsMeanX(rows, k) ...: see mixture.inl
// and nothing else is used: no templates, references or overloads. glsl.inl defines these for shaders. The
// double-precision build brings its own gsExp2, gsLog2 and gsSinCosTurn in place of this file.

// 2^x for x <= 126 with relative error 1e-7 (a minimax polynomial of degree 5); below -100 it stays at 2^-100, which is
// nothing beside 1 and keeps products away from slow denormal numbers.
GS_FN F gsExp2(F x) {
  U scale;
  F f = gsSplitExponent(gsMax(x, F(-100.0)), scale);
  F p = gsFma(F(0.0013276472631950876), f, F(0.009675541343121328));
  p = gsFma(p, f, F(0.055507132718556444));
  p = gsFma(p, f, F(0.2402211972371072));
  p = gsFma(p, f, F(0.6931469670650352));
  p = gsFma(p, f, F(1.0000000716547142));
  return gsScaled(p, scale);
}

// log2 of a positive normal number: x = m 2^n with m in [sqrt(1/2), sqrt 2), ln m = 2 artanh((m - 1) / (m + 1)).
GS_FN F gsLog2(F x) {
  U b = gsBits(x) + U(0x004AFB0Du);
  F n = gsFloat(b >> 23) - F(127.0);
  F m = gsFromBits((b & U(0x007FFFFFu)) + U(0x3F3504F3u));
  F s = (m - F(1.0)) / (m + F(1.0));
  F s2 = s * s;
  F p = gsFma(F(0.32059889797532), s2, F(0.41219858311113));
  p = gsFma(p, s2, F(0.57707801635558));
  p = gsFma(p, s2, F(0.96179669392598));
  p = gsFma(p, s2, F(2.88539008177793));
  return gsFma(p, s, n);
}

// sin and cos of 2 pi u for u in [0, 1].
GS_FN void gsSinCosTurn(F u, GS_OUT(F) s, GS_OUT(F) c) {
  F quarter = gsRound(u * F(4.0));
  F a = (u * F(4.0) - quarter) * F(1.5707963267948966);
  F a2 = a * a;
  F p = gsFma(F(2.7557319223985893e-6), a2, F(-1.984126984126984e-4));
  p = gsFma(p, a2, F(8.333333333333333e-3));
  p = gsFma(p, a2, F(-0.16666666666666666));
  F sine = gsFma(p * a2, a, a);
  F q = gsFma(F(2.48015873015873e-5), a2, F(-1.388888888888889e-3));
  q = gsFma(q, a2, F(4.1666666666666664e-2));
  q = gsFma(q, a2, F(-0.5));
  F cosine = gsFma(q, a2, F(1.0));
  // Quarter turns 0, 4: as they are; odd ones swap; the signs follow the quadrant.
  F even = gsAbs(gsAbs(quarter - F(2.0)) - F(1.0));
  F s0 = gsSelect(gsLess(even, F(0.5)), cosine, sine);
  F c0 = gsSelect(gsLess(even, F(0.5)), sine, cosine);
  s = gsSelect(gsLess(gsAbs(quarter - F(2.5)), F(1.0)), -s0, s0);
  c = gsSelect(gsLess(gsAbs(quarter - F(1.5)), F(1.0)), -c0, c0);
}
