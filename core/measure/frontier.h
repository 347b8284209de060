// What a reward costs: E[r(x)] against KL(law || base), of the guided sampler over its weight, of the exact tilts
// r^lambda p / E[r^lambda] that guidance aims at, of the best of n draws, and of the laws e^(beta r) p / E[e^(beta r)],
// which have the most E[r] at their KL of all laws (Gibbs' variational principle).
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace gs {

struct FrontierPoint {
  double at = 0;                    // omega, lambda or n
  double reward = 0, rewardSe = 0;  // E[r(x)]
  double kl = 0, klSe = 0;          // KL(law || base), nats
};
struct Frontier {
  std::vector<FrontierPoint> guided;  // Runge-Kutta, the deterministic sampler that guidance converges to
  std::vector<FrontierPoint> tilted;  // left off where fewer than 100 of the draws would carry them
  std::vector<FrontierPoint> most;    // the bound; `at` is beta times the standard deviation of r
  std::vector<FrontierPoint> best;    // KL = log n - (n - 1) / n: exact for rewards without ties, else a bound
  double base = 0;                    // E[r] of the base: exact or the mean of the draws
  std::string absent, note;
};

// Of the first reward term that is on, whose omega takes the values (and lambda the same ones); n doubles up to 256.
// The base p(x|c) or p(x) has to be what the sampler samples without guidance. `progress`: finished share, 0..1.
// Empty when stopped. Throws std::invalid_argument as compile() does.
Frontier frontier(const Engine&, const Experiment&, std::shared_ptr<const Mixture>, std::span<const double> omegas,
                  const std::function<void(double)>& progress, std::stop_token);

// Exact draws of the base decide these curves. Of the law proportional to e^(logTilt) p; logTilt may be far below 0.
FrontierPoint tiltedPoint(std::span<const double> logRewards, std::span<const double> logTilts, double at);
FrontierPoint bestPoint(std::span<const double> logRewards, int n);

// "curve,at,reward,reward_se,kl,kl_se" with a line a point; numbers read back exactly.
std::string csv(const Frontier&);

}  // namespace gs
