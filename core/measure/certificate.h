// The certificate of guidance (2512.04985, theorem on guided processes; here for any churn and any push). Of a stack
// with a reward r, h_t(y) = E[r(x0) | y] of the base law; of any other, the cost r = 1 / p(c|x) on p(x|c), whose h_t(y)
// = 1 / p_t(c | y). Along the guided paths h changes by what the integral says: in variance time tau = sh^2, with s the
// score of the base law, P = (D^ - D) / sh^2 the push of the whole stack on it and kappa the churn,
//
//   dE[h] / d|tau| = (1 + kappa) / 2 E[P.grad h] - (1 - kappa) / 2 E[s.grad h + laplace h].
//
// The first term is the theorem's own (all of it at kappa = 1; P = omega grad log h for a reward), the second the
// remainder, whose mean vanishes without guidance. The other side is E[h] itself, at every level.
#pragma once
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "diffusion/metrics.h"
#include "diffusion/reward.h"
#include "engine/engine.h"
#include "measure/class_field.h"

namespace gs {

// What keeps its mean without guidance: log h at a level, in the form of a reward.
struct Martingale {
  std::string of;                  // "E[r(x)]"
  double mean = 0, meanError = 0;  // without guidance
  std::function<std::function<TiltField::At(Vec2)>(double)>
      field;         // of a ratio in (0, infinity): log h at y = x / alpha
  LogReward atData;  // log h at ratio 0
};
// h_t(y) = E[r(x0) | y] of a reward on its base; path: of the reward, for errors. The plan's mixture has to outlive it.
Martingale rewardMartingale(const Plan&, const Reward&, const std::string& path);

// Everything is a mean over paths. Values with an error use the paths of the same noise without guidance as a control
// variate: their mean h is E[r], or 1/p(c), at every level.
struct CertificatePoint {
  double t = 0, ratio = 0;
  double direct = 0, directSe = 0;      // E[h_t(x_t)]
  double integral = 0, integralSe = 0;  // the start's value plus both integrals from noise to here
  double own = 0, ownSe = 0;            // the start's value plus the theorem's own term alone
  double remainder = 0;                 // the integral of the second term alone
  double gap = 0, gapSe = 0;            // direct - integral, of the same paths
};
struct Certificate {
  std::vector<CertificatePoint> points;    // noise first; empty where `absent` says why
  std::string of;                          // "E[1/p(c|x)]", "E[r(x)]"
  double baseline = 0, baselineError = 0;  // 1 / p(c), E[r] without guidance: exact, or a quadrature's error
  double churn = 0;
  int particles = 0;
  std::string absent;
  std::string note;  // "1 path carries 31 % of the sum ..."
};

// From the first `most` particles of a frame of this plan, and as many twins without guidance, which the engine
// computes. The curves coincide up to the errors and up to the solver's error, which falls with the number of steps.
// Blown-up particles are left out. The reward is that of the first reward term that is on, other than the cost
// 1/p(c|x), which it is about anyway; its base has to be what the sampler samples without guidance. Empty when stopped.
// Throws std::invalid_argument where a reward is 0 everywhere.
Certificate certificate(const Engine&, const Plan&, const Frame&, int most, std::stop_token);

// E[1/p(c|x)] of end points [particle][2] at t = 0 with its standard error; `twin` (may be empty): ends of the same
// particles without guidance, the control variate. Where the twin's own mean misses 1/p(c) by more than a tenth, it has
// not seen the tail: the standard error has not either, and `floor` is no less than what the correction adds.
struct InversePosterior {
  double value = 0, se = 0, floor = 0;
  std::string note;               // "tail: ...", where the floor is more than 1 % of the value
  double plain = 0, plainSe = 0;  // without the control variate
  double largestShare = 0;        // of one sample in the sum
};
InversePosterior inversePosterior(const Mixture&, int condition, std::span<const float> ends,
                                  std::span<const float> twin);

// "limit_error": |E_N - E_inf| of E[r(x)] (of the stack's reward, else of 1/p(c|x)) between the ends of a run and those
// of the converged run with the exact model, [particle][2] of the same particles.
Metric limitError(const Experiment&, const Mixture&, std::span<const float> ends, std::span<const float> limit);

}  // namespace gs
