// Solver steps in y = x / alpha at ratio sh = sigma / alpha; sh' is the next ratio, r = sh' / sh.

// y' = D + decay (y - D): DDIM (2010.02502) for decay = r; exact for a frozen D.
GS_FN F gsDecay(F y, F d, F decay) { return gsFma(decay, y - d, d); }

// The universal exponential step y' = D + r^(1+kappa) (y - D) + sh' sqrt(1 - r^(2 kappa)) z; kappa 0: DDIM, 1: DDPM.
GS_FN F gsUniversal(F y, F d, F z, F decay, F noise) { return gsFma(decay, y - d, gsFma(noise, z, d)); }

// Heun (2206.00364, algorithm 1 without churn): the mean of the slopes (y - D) / sh at both ends; now = (sh' - sh) / (2 sh),
// next = (sh' - sh) / (2 sh').
GS_FN F gsHeun(F y, F d, F yEnd, F dEnd, F now, F next) { return gsFma(next, yEnd - dEnd, gsFma(now, y - d, y)); }

// DPM-Solver++(2M) (2211.01095): the extrapolated denoiser (1 + 1 / (2q)) D - D_old / (2q), q = h_old / h.
GS_FN F gsExtrapolated(F d, F dOld, F now, F old) { return gsFma(now, d, old * dOld); }

// Classic Runge-Kutta in ell = ln sh, where dy / d ell = y - D; h = ln r.
GS_FN F gsRk4Stage(F y, F slope, F h) { return gsFma(h, slope, y); }
GS_FN F gsRk4(F y, F k1, F k2, F k3, F k4, F sixth) {
  return gsFma(sixth, gsFma(F(2.0), k2 + k3, k1 + k4), y);
}

// What terms of the stack remember of a particle: two numbers from step to step, and within a step what its end adds to
// the first one, <y' - y, along>.
struct GsMemory {
  F x;
  F y;
  F alongX;
  F alongY;
};
GS_FN GsMemory gsMemory(F x, F y) {
  GsMemory m;
  m.x = x;
  m.y = y;
  m.alongX = F(0.0);
  m.alongY = F(0.0);
  return m;
}
// The first number after a step from `from` to `to`.
GS_FN F gsRemembered(GsMemory m, F fromX, F fromY, F toX, F toY) {
  return gsFma(m.alongX, toX - fromX, gsFma(m.alongY, toY - fromY, m.x));
}

// x = alpha y, in the schedule's own coordinates.
GS_FN F gsShown(F y, F alpha) { return alpha * y; }
