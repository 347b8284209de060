// The tilted law at t = 0, from joint densities of the data law, and the reward that tilts it.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace gs {

// What the guidance stack is believed to aim at.
struct Tilt {
  int condition = kUnconditional;
  double omega = 0;
  std::string absent;            // why there is no closed target; empty: there is one
  std::optional<Reward> reward;  // of the first reward term that is on; the target's, where there is one
  std::string path;              // its place: "guidance.0.reward"
  int product = kUnconditional;  // And: the class k of p(x|c) (p(x|k) / p(x))^omega
  bool operator==(const Tilt&) const = default;
};
Tilt tiltOf(const Experiment&);

// The standard deviation of the narrowest component along its narrowest direction.
double narrowestWidth(const Mixture&);

// A grid that covers the tilted law, fine enough for its narrowest component, of bounded cost.
FieldGrid lawGrid(const Mixture&, const Tilt&);

// log r at the centres of the cells of a density at t = 0, floored at -1e30; empty without a reward. Throws
// std::invalid_argument as compile() does. Rewards that are posteriors are taken from the density; for the others its
// grid is enough.
bool needsDensity(const Tilt&);
std::vector<float> rewardOn(const Tilt&, const Mixture&, const DensityField&);
// Its level lines; log r as rewardOn gives it.
RewardField rewardField(const Tilt&, const FieldGrid&, const std::vector<float>& log);

// The unnormalised logarithm of the tilted law at the centres of a density at t = 0.
std::vector<float> tiltedLog(const Tilt&, const Mixture&, const DensityField&, const std::vector<float>& logReward);
// Log-densities above which 39.3 % and 86.5 % of the mass lie; log-densities of equal cells that hold all of it.
std::vector<float> massLevels(const std::vector<float>& logDensity);

// On the grid of `visible`; normalised, and its contours measured, on the grid of `law`. Both hold the densities at t =
// 0; rewardOn of both grids beside them.
TargetField targetFrom(const Tilt&, const Mixture&, const DensityField& law, const DensityField& visible,
                       const std::vector<float>& rewardOnLaw = {}, const std::vector<float>& rewardOnVisible = {});
// All of it at once, on the grid of what is visible.
TargetField targetField(const Engine&, const Experiment&, const Mixture&, const FieldGrid& visible, std::stop_token);

// The noise level at the time cursor: the schedule's own; for EDM, whose t is the position on the grid, between the
// grid's ratios. Beyond the grid's first t it stays at the first level.
NoiseLevel cursorLevel(const Schedule&, std::span<const GridPoint> grid, double t);

}  // namespace gs
