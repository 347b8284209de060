// The OpenGL engine: particles in compute shaders, one invocation each, along many steps a dispatch. The trajectories
// stay in buffers that a renderer whose context shares objects with the engine's draws from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "gl/context.h"

namespace gs {

// The device cannot go on: a shader does not compile, the context is lost, OpenGL reports an error.
struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct GlOptions {
  // Bytes of trajectories, those that are shown and those that are being computed, half for each. 0: a quarter of the
  // device's memory where the driver tells it, else 512 MiB.
  std::size_t memoryBudget = 0;
  bool hardware = false;      // nothing else: see makeGlEngine
  bool readBack = false;      // frames on the host, for programs without a renderer that shares objects
  std::optional<bool> tiled;  // components through shared memory; by default on hardware, where it is memory of its own

  // ---- for tests ----
  bool checked = false;          // collect the driver's messages; look after every run for writes outside of it
  std::size_t largestBlock = 0;  // a bound of storage buffers below the driver's
  std::function<void(std::string_view place)> fault;  // called at "compile", "allocate", "dispatch"; may throw
  std::function<unsigned()> resetStatus;              // in place of glGetGraphicsResetStatus
  std::string shaderText;                             // before every shader's own: for errors of the driver's compiler
  std::size_t room = 0;                               // bytes that the device has for one frame, in place of its own
};

class GlEngine : public Engine {
 public:
  virtual bool software() const = 0;                      // drawn by the processor
  virtual std::size_t memoryBudget() const = 0;           // bytes
  virtual std::vector<std::string> messages() const = 0;  // of the driver, with `checked`
};

// Null with options.hardware where this OpenGL is drawn by the processor. `make` is called on the engine's thread and
// leaves its context current there. Throws DeviceError in words for the user when this OpenGL cannot compute, or what
// `make` throws.
std::unique_ptr<GlEngine> makeGlEngine(std::function<gl::Context()> make, GlOptions = {});

}  // namespace gs
