// What is measured of an answer's last state: the numbers beside a pane.
#pragma once
#include <stop_token>
#include <vector>

#include "diffusion/metrics.h"
#include "engine/engine.h"

namespace gs {

struct Measured {
  std::vector<Metric> metrics;
  std::vector<float> ends;  // [particle][2], where its first particles ended, to frame them
};
// Of a frame on a device, what needs the samples themselves takes some of them and says so; the rest comes as sums.
// Throws what reading the frame throws.
Measured measureEnds(const Engine&, const Frame&, std::stop_token = {});

}  // namespace gs
