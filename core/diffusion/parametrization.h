// The one place that converts between denoiser D = E[x0|x], score s, noise prediction eps, v (Salimans-Ho) and the flow
// velocity u = dx/dt, at x = alpha x0 + sigma eps (Tweedie: D = (x + sigma^2 s) / alpha).
#pragma once
#include "diffusion/mixture.h"
#include "diffusion/schedule.h"

namespace gs {

// Needs sigma > 0 except where only D and x enter.
inline Vec2 scoreFromDenoiser(Vec2 d, Vec2 x, NoiseLevel l) { return (l.alpha * d - x) / (l.sigma * l.sigma); }
inline Vec2 denoiserFromScore(Vec2 s, Vec2 x, NoiseLevel l) { return (x + l.sigma * l.sigma * s) / l.alpha; }
inline Vec2 epsFromDenoiser(Vec2 d, Vec2 x, NoiseLevel l) { return (x - l.alpha * d) / l.sigma; }
inline Vec2 denoiserFromEps(Vec2 eps, Vec2 x, NoiseLevel l) { return (x - l.sigma * eps) / l.alpha; }
inline Vec2 epsFromScore(Vec2 s, NoiseLevel l) { return -l.sigma * s; }
inline Vec2 scoreFromEps(Vec2 eps, NoiseLevel l) { return -eps / l.sigma; }
inline Vec2 vFromDenoiser(Vec2 d, Vec2 x, NoiseLevel l) {
  return (l.alpha * x - d * (l.alpha * l.alpha + l.sigma * l.sigma)) / l.sigma;
}
inline Vec2 denoiserFromV(Vec2 v, Vec2 x, NoiseLevel l) {
  return (l.alpha * x - l.sigma * v) / (l.alpha * l.alpha + l.sigma * l.sigma);
}

// d alpha / dt and d sigma / dt of a schedule at t, for the velocity.
struct NoiseRate {
  double alpha, sigma;
};
NoiseRate noiseRate(const Schedule&, double t);
inline Vec2 velocityFromDenoiser(Vec2 d, Vec2 x, NoiseLevel l, NoiseRate r) {
  return r.alpha * d + r.sigma * epsFromDenoiser(d, x, l);
}
inline Vec2 denoiserFromVelocity(Vec2 u, Vec2 x, NoiseLevel l, NoiseRate r) {
  return (r.sigma * x - l.sigma * u) / (l.alpha * r.sigma - r.alpha * l.sigma);
}

}  // namespace gs
