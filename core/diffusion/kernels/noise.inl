// Counter-based noise: Philox 4x32-10 (Salmon et al. 2011) and Box-Muller, keyed (seed, particle, step).

GS_FN void gsPhilox(GS_INOUT(U) c0, GS_INOUT(U) c1, GS_INOUT(U) c2, GS_INOUT(U) c3, U k0, U k1) {
  for (int i = 0; i < 10; ++i) {
    U high0, low0, high1, low1;
    gsMulWide(U(0xD2511F53u), c0, high0, low0);
    gsMulWide(U(0xCD9E8D57u), c2, high1, low1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = k0 + U(0x9E3779B9u);
    k1 = k1 + U(0xBB67AE85u);
  }
}

// The middle of one of 2^23 equal cells of (0, 1); exact in single precision.
GS_FN F gsUniform(U word) { return (gsFloat(word >> 9) + F(0.5)) * F(1.1920928955078125e-7); }

// Two standard normal numbers from two words (Box-Muller); ln u = log2(u) ln 2.
GS_FN void gsNormals(U w0, U w1, GS_OUT(F) zx, GS_OUT(F) zy) {
  F radius = gsSqrt(F(-1.3862943611198906) * gsLog2(gsUniform(w0)));
  F s, c;
  gsSinCosTurn(gsUniform(w1), s, c);
  zx = radius * c;
  zy = radius * s;
}

// The noise of one step of one particle; step 0 is the start, whose third word chooses the component.
GS_FN void gsNoise(U seed, U particle, U step, GS_OUT(F) zx, GS_OUT(F) zy, GS_OUT(U) choice) {
  U c0 = particle, c1 = step, c2 = U(0u), c3 = U(0u);
  gsPhilox(c0, c1, c2, c3, seed, U(0u));
  gsNormals(c0, c1, zx, zy);
  choice = c2;
}
