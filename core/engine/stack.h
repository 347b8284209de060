// The guidance stack of an experiment as denoisers with coefficients and shapes: what plan.cpp fills tables for. Inside
// the engine room only.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "engine/reward_model.h"

namespace gs {

// Throws std::invalid_argument with a path for numbers that make no sense, classes that do not exist and terms that
// cannot go together.
void checkStack(const Experiment&, const Mixture&);

// Terms that are off, or push nothing (classifier-free guidance without a condition or with one class, a weak model
// that equals the model), leave nothing behind. The models have no rows yet.
struct Stack {
  std::vector<PlanModel> models;
  std::vector<PlanBranch> branches;
  std::vector<PlanShape> shapes;
  bool remembers = false;
  double summed = 0;   // weights of scores that are summed, at the first level
  bool rests = false;  // at pure noise the velocity is zero
  RewardModels rewards;
};
// plan: its experiment, mixture, evaluation levels (ratios, times) and, where it has steps, its grid.
// Laws of rewards are those of `previous` where they are the same.
Stack stackOf(const Plan&, const Plan* previous = nullptr, bool quick = false);

}  // namespace gs
