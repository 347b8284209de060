// Executes plans. Engines are stateless for the caller: calls may come from any thread, one at a time per engine.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "diffusion/sample_sums.h"
#include "engine/frame.h"
#include "engine/plan.h"

namespace gs {

struct Support {
  bool ok = true;
  std::string reason;
};

// Particles first .. first + count - 1; a number alone: the first ones.
struct ParticleRange {
  int first = 0, count = 0;
  ParticleRange(int n) : count(n) {}  // NOLINT(google-explicit-constructor)
  ParticleRange(int from, int n) : first(from), count(n) {}
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;         // "cpu"
  virtual std::string description() const = 0;  // "CPU AVX2, 2 threads", for the status bar
  virtual Support supports(const Plan&) const = 0;
  // Particles along all steps, or nullptr when stopped: column i is particle first + i, with the same bits whatever
  // runs beside it (of code, LibTorch's answers vary by 1e-4). Throws std::bad_alloc when not even the last step fits.
  virtual std::shared_ptr<const Frame> sample(const Plan&, ParticleRange, std::stop_token) const = 0;
  // Data-law densities at a level; nullptr-like empty field when stopped.
  virtual DensityField density(const Mixture&, NoiseLevel, const FieldGrid&, std::stop_token) const = 0;
  // Colours at the stored step nearest to `step` of a frame computed from this plan.
  virtual PointValues pointValues(const Plan&, const Frame&, int step, std::stop_token) const = 0;

  // ---- what stays on a device (the defaults are those of engines without one) --------------------------------------
  // density() for a renderer that shares objects with this engine: on a device it may stay there.
  virtual DensityField shownDensity(const Mixture& m, NoiseLevel level, const FieldGrid& g, std::stop_token s) const {
    return density(m, level, g, s);
  }
  // Of all particles of a frame at t = 0, without reading them; none: of this frame read the positions.
  virtual std::optional<SampleSums> sums(const Frame&, std::stop_token) const { return std::nullopt; }
  // The particles whose distance from the middle exceeds the reach in x or y; none as above.
  virtual std::optional<Outside> outside(const Frame&, const RowsAt&, Vec2 /*middle*/, Vec2 /*reach*/) const {
    return std::nullopt;
  }
  // Ascending: the particles within a closed outline of places at `at`, those within `reach` of its line or its only
  // point, and perhaps a few beside them, so that a look at the places of these finds all that are; none as above.
  // Incomplete when stopped.
  virtual std::optional<std::vector<int>> near(const Frame&, const RowsAt&, std::span<const Vec2> /*outline*/,
                                               double /*reach*/, std::stop_token) const {
    return std::nullopt;
  }
  // False: the device of this frame is gone or given up, and the frame is to be computed anew.
  virtual bool keeps(const Frame&) const { return true; }
  // Bytes that crossed to and from a device since the engine began.
  virtual Transfers transfers() const { return {}; }
};

// The CPU engine: SIMD by run-time dispatch, blocks of particles over threads. threads = 0: all cores. memoryBudget:
// bytes of trajectories, half of it for one answer; 0: of the memory that can be had. Where that does not hold all
// steps some are left out.
std::unique_ptr<Engine> makeCpuEngine(int threads = 0, std::size_t memoryBudget = 0);

}  // namespace gs
