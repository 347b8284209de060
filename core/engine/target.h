// The tilted law p(x|c)^(1+omega) p(x)^(-omega) at t = 0, from joint densities of the data law.
#pragma once
#include <string>

#include "engine/frame.h"

namespace gs {

// What the guidance stack is believed to aim at.
struct Tilt {
  int condition = kUnconditional;
  double omega = 0;
  std::string absent;  // why there is no closed target; empty: there is one
  bool operator==(const Tilt&) const = default;
};
Tilt tiltOf(const Experiment&);

// A grid that covers the tilted law, fine enough for its narrowest component, of bounded cost.
FieldGrid lawGrid(const Mixture&, const Tilt&);

// On the grid of `visible`; normalised, and its contours measured, on the grid of `law`. Both hold the densities at t =
// 0.
TargetField targetFrom(const Tilt&, const Mixture&, const DensityField& law, const DensityField& visible);

}  // namespace gs
