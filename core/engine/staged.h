// Plans with denoisers that are code (ScriptedDenoiser): a call of those costs the same for one particle and for
// hundreds, so that all particles of a block go through a step's stages together. Inside the engine room only.
#pragma once
#include <cstddef>
#include <stop_token>

#include "engine/program.h"

namespace gs {

inline constexpr int kStagedBlock = 2048;

// As CpuKernels::run, for any count.
int runStaged(const CpuKernels&, const Program<float>&, int first, int count, float* x, std::size_t particles,
              const std::stop_token&);
inline int runBlocks(const CpuKernels& k, const Program<float>& p, int first, int count, float* x,
                     std::size_t particles, const std::stop_token& stop) {
  return k.run(p, first, count, x, particles, stop);
}
// As CpuKernels::guided; what is code is asked here.
void guidedAt(const CpuKernels&, const Level<float>&, const float* x, const float* y, int count, float* memory,
              float* dx, float* dy);

}  // namespace gs
