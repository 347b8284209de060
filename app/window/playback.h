// The clock of the time cursor: from noise (t = 1) to data (t = 0) in 4 s at speed 1, easing in and out at the ends.
#pragma once
#include "session/experiment.h"

namespace gs {

// Progress in 0..1 after `phase` in 0..1 of the way's duration: constant speed with a ramp at both ends.
double easedProgress(double phase);
double phaseOf(double progress);  // the inverse

// Where the cursor is `seconds` later. Depends on the cursor only, so scrubbing while playing just goes on from there.
// Reduced motion keeps the speed constant.
double advanceTime(double time, double seconds, double speed, bool reducedMotion);

// The grid point `points` sampler steps away (positive: towards data) from a cursor that may lie between two.
double stepTime(const Schedule&, double time, int points);

}  // namespace gs
