// The kernel text in double precision, for tests and for the conformance of engines.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/plan.h"

namespace gs {

// x [step][particle][2] of the first `count` particles; one thread.
std::vector<double> sampleInDouble(const Plan&, int count);

// D^ of a plan whose first level is pure noise: there the denoisers are prior means, the same for every particle, and
// every rule looks at them as they are, whatever its space. memory, four numbers or null: Plan::infiniteMemory.
Vec2 pureNoiseDenoiser(const Plan&, double* memory = nullptr);

// The two standard normal numbers of a particle at a step, the same on every engine: Philox 4x32-10 with counter
// (particle, step, 0, 0) and key (seed, 0), words 0 and 1 through Box-Muller. Step 0 is the start, step i + 1 the noise
// of steps[i]. `choice` (word 2) picks the component of an exact start.
struct Noise {
  Vec2 z;
  std::uint32_t choice;
};
Noise noiseOf(std::uint32_t seed, std::uint32_t particle, std::uint32_t step);

// The guided denoiser D^ of a plan's evaluation levels, one point at a time. What shapes remember from step to step
// counts as nothing.
class GuidedInDouble {
 public:
  explicit GuidedInDouble(const Plan&);
  ~GuidedInDouble();
  Vec2 denoise(int level, Vec2 y) const;  // y = x / alpha
  // dD^/dy by central differences over `h`, row by row: its own error is about h^2 and 1e-16 |y| / h, relative to the
  // width that D^ changes over.
  struct Jacobian {
    double xx, xy, yx, yy;
    double trace() const { return xx + yy; }
  };
  Jacobian jacobian(int level, Vec2 y, double h) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs
