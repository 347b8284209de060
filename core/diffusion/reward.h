// Rewards r(x) >= 0 and the laws r(x) p(x) / E[r] that they tilt a mixture to (2512.04985). A reward guides by the
// difference of the reward-reweighted denoiser and the plain one; with h_t(x) = E[r(x0) | x_t = x] that difference is
// sigma^2 / alpha grad log h_t(x).
#pragma once
#include <functional>
#include <string>

#include "diffusion/mixture.h"

namespace gs {

// u = n.x along the direction n = (cos angle, sin angle), v across it; a = center.
enum class RewardKind {
  Linear,          // exp(strength u)
  Bowl,            // exp(-((u - a_u)^2 / width^2 + (v - a_v)^2 / across^2) / 2); across = 0: no bound across
  Ring,            // exp(-(|x - a| - radius)^2 / (2 width^2))
  HalfPlane,       // 1 where u >= offset, else 0
  Ramp,            // 1 / (1 + exp(-(u - offset) / width))
  Distance,        // exp(-|x - a| / width)
  Sinusoid,        // exp(strength sin(2 pi (u - offset) / period))
  ClassPosterior,  // p(class | x), a reward on p(x): its law is p(x | class)
  Cost,            // the cost 1 / p(c | x) on p(x | c), which the push lowers: classifier-free guidance
  Expression,      // typed, in x, y and c
  Painted          // exp(strength m(x)), m in 0..1 a map over the square of half side `radius` around `center`
};
enum class RewardBase {
  Condition,  // p(x | c) of the experiment's condition
  Whole       // p(x)
};

// A flat struct with a kind: the field table says which fields each kind uses.
struct Reward {
  RewardKind kind = RewardKind::Bowl;
  RewardBase base = RewardBase::Condition;  // ClassPosterior: always p(x); Cost: always p(x | c)
  Vec2 center{0.0};
  double angle = 0;     // degrees, -180..180
  double offset = 0;    // data units
  double strength = 1;  // Linear: 1 / data units; Sinusoid: half the range of log r; Painted: the whole range
  double width = 0.5;   // data units, > 0
  double across = 0;    // data units; 0: unbounded
  double radius = 1;    // data units
  double period = 1;    // data units, > 0
  int label = 0;        // ClassPosterior: the class
  std::string expression = "exp(-x^2 - y^2)";
  std::string map;  // Painted: PaintedMap::text()
  bool operator==(const Reward&) const = default;
};

// log r(x), natural; where r = 0 it is kNoReward, a finite number far below any other.
using LogReward = std::function<double(Vec2)>;
inline constexpr double kNoReward = -1e30;
// Of every kind but Expression and Painted. The mixture is what ClassPosterior and Cost (whose value is the cost) speak
// of.
double logReward(const Reward&, const Mixture&, int condition, Vec2 x);
// The direction of a reward that depends on u alone: Linear, HalfPlane, Ramp, Sinusoid.
Vec2 rewardDirection(const Reward&);

// A law r p / E[r] as a Gaussian mixture.
struct Reweighted {
  Mixture mixture;     // weights sum to 1
  double logMean = 0;  // log E[r]
  double error = 0;    // total variation distance to r p / E[r], from above; 0: exact
  bool operator==(const Reweighted&) const = default;
};
// Components of p(x | label) times r, each in closed form where log r is linear or quadratic (Linear, Bowl). For the
// others a component over which log r is not quadratic is split, along the direction where it is least so, into
// narrower ones of the same sum (to 2e-4), the worst first, until what remains differs from r p / E[r] by less than
// 1e-3 in total variation or there are `most` components; every part then gets the mass, mean and covariance of r
// times it (closed form for HalfPlane, Gauss-Hermite for the others). Noise only brings laws closer: the error bounds
// those of the noised laws at every level too. It says nothing of the score where r p is next to nothing: beyond the
// edge of a half-plane, at noise levels far below the distance to it, the push of the mixture is weaker than that of
// h_t (at omega = 1 nothing stays there). Throws std::invalid_argument where E[r] is 0.
Reweighted reweighted(const Mixture& base, int label, const Reward&, const LogReward&, int most = 768);

// ---- closed forms ------------------------------------------------------------------------------------------------
// log E[r] under p(x | label): Linear, Bowl (any mixture), HalfPlane; Ramp and Sinusoid by 64 Gauss-Hermite nodes.
double logMeanReward(const Mixture&, int label, const Reward&);
// log h_t(x) = log E[r(x0) | x_t = x, label] and its gradient at a level with alpha, sigma > 0, of the same kinds.
// HalfPlane by log-sum-exp and the Mills ratio: nothing is clamped, so that the push is right however far the edge is.
struct LogH {
  double value = 0;
  Vec2 gradient{0.0};
};
LogH logH(const Mixture&, int label, const Reward&, Vec2 x, NoiseLevel);

}  // namespace gs
