// How far the guided score is from that of the tilted law that the stack is believed to aim at, at every noise level.
#pragma once
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace gs {

// Root mean squares of sigma |s^ - s~| under the noised tilted law at one level of the run's grid: sigma makes it a
// number without a unit, of 1 where the error is as long as the noise.
struct ScoreErrorPoint {
  double t = 0, ratio = 0;
  double guided = 0;  // s^ with the whole stack
  double base = 0;    // s^ of the sampled model without guidance: what there is to be gained
};
struct ScoreErrors {
  std::vector<ScoreErrorPoint> points;  // noise first; empty where `absent` says why
  std::string absent;
};
// At most 32 of the plan's levels, by quadrature over a grid that is as fine as the law is narrow there. Empty when
// stopped. Throws as compile() does.
ScoreErrors scoreErrors(const Engine&, const Plan&, std::stop_token);

// "t,ratio,score_error,score_error_unguided" with a line a level; numbers read back exactly.
std::string csv(const ScoreErrors&);

}  // namespace gs
