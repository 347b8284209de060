// What is measured of an answer's last state: the numbers beside a pane.
#pragma once
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "diffusion/metrics.h"
#include "engine/engine.h"

namespace gs {

struct Measured {
  std::vector<Metric> metrics;
  std::string tiltAbsent;   // why they have no values of the tilted law; empty: they have
  std::vector<float> ends;  // [particle][2], where its first particles ended, to frame them
};
// Of a frame on a device, what needs the samples themselves takes some of them and says so; the rest comes as sums.
// Throws what reading the frame throws.
Measured measureEnds(const Engine&, const Frame&, std::stop_token = {});

// Metric::tilted of samples' metrics: what they would be under the law that the stack aims at (target.h), by
// quadrature. Says why there is none, or is empty. Throws std::invalid_argument as rewardFunction does.
std::string takeTilted(std::vector<Metric>&, const Experiment&, const std::shared_ptr<const Mixture>&);

}  // namespace gs
