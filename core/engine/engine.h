// Executes plans. Engines are stateless for the caller: calls may come from any thread, one at a time per engine.
#pragma once
#include <memory>
#include <stop_token>
#include <string>

#include "engine/frame.h"
#include "engine/plan.h"

namespace gs {

struct Support {
  bool ok = true;
  std::string reason;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;         // "cpu"
  virtual std::string description() const = 0;  // "CPU AVX2, 2 threads", for the status bar
  virtual Support supports(const Plan&) const = 0;
  // The first `count` particles along all steps, or nullptr when stopped. Throws std::bad_alloc when not even the last
  // step fits.
  virtual std::shared_ptr<const Frame> sample(const Plan&, int count, std::stop_token) const = 0;
  // Data-law densities at a level; nullptr-like empty field when stopped.
  virtual DensityField density(const Mixture&, NoiseLevel, const FieldGrid&, std::stop_token) const = 0;
  // Colours at the stored step nearest to `step` of a frame computed from this plan.
  virtual PointValues pointValues(const Plan&, const Frame&, int step, std::stop_token) const = 0;
};

// The CPU engine: SIMD by run-time dispatch, blocks of particles over threads. threads = 0: all cores. memoryBudget:
// bytes of trajectories, half of it for one answer; 0: of the memory that can be had. Where that does not hold all
// steps some are left out.
std::unique_ptr<Engine> makeCpuEngine(int threads = 0, std::size_t memoryBudget = 0);

}  // namespace gs
