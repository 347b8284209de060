// The law that a reward term pushes to, and its reward as a function.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "diffusion/law_values.h"
#include "diffusion/metrics.h"
#include "diffusion/reward.h"
#include "session/experiment.h"

namespace gs {

// r p / E[r] of a reward that needs a component table of its own: all but ClassPosterior and Cost, whose laws are parts
// of the data law. Kept from plan to plan, so that a drag of the weight builds no table.
struct RewardModel {
  Reward reward;
  int condition = kUnconditional;  // of the experiment: an expression may use it
  int label = kUnconditional;      // the base is p(x | label)
  double broaden = 0;              // of the base's components
  std::shared_ptr<const Mixture> base, law;
  double logMean = 0, error = 0;  // as in Reweighted
  bool coarse = false;            // there would be more parts, had there been time
};
using RewardModels = std::vector<std::shared_ptr<const RewardModel>>;

// One of `known` where it is the same one, a coarse one only where a quick answer is asked for. Throws
// std::invalid_argument naming the path of the term: "guidance.0.reward.expression: unexpected ...".
std::shared_ptr<const RewardModel> rewardModel(const Reward&, std::shared_ptr<const Mixture> base, int condition,
                                               double broaden, const std::string& path,
                                               std::span<const std::shared_ptr<const RewardModel>> known,
                                               bool quick = false);

// log r (for Cost of the cost) of any kind; parses expressions. Throws std::invalid_argument as above. The mixture has
// to outlive it, and it belongs to one thread at a time.
LogReward rewardFunction(const Reward&, const Mixture&, int condition, const std::string& path);

// The place in the stack of the first reward term that is switched on, at any weight, other than the cost 1 / p(c|x);
// -1: none.
int rewardTerm(const Experiment&);
// E[r] of a reward under p(x | label): a closed form (error 0), or quadrature. Throws as rewardFunction does.
LawValue meanReward(const Reward&, const Mixture&, int label, int condition, const std::string& path);
// "mean_reward", "reward_q05", "reward_q50", "reward_q95" of that term's reward under a law; empty without such a term.
std::vector<NamedLawValue> rewardValues(const LawPoints&, const Experiment&, const Mixture&);
// gs::rewardMetrics of that term's reward at end points x [sample][2] (blown-up ones are left out), beside
// p(x | condition); empty without such a term and with fewer than 2 finite points. Throws as rewardFunction does.
std::vector<Metric> rewardMetrics(const Experiment&, const Mixture&, std::span<const float> x);

}  // namespace gs
