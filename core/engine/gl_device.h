// The OpenGL engine's device: its thread, its limits, its memory. Inside the engine room only.
#pragma once
#include <epoxy/gl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/gl_engine.h"
#include "engine/plan.h"
#include "gl/debug.h"
#include "gl/objects.h"
#include "gl/program.h"
#include "gl/thread.h"

namespace gs {

// A piece of device memory of fixed size. Belongs to the thread of its device.
struct Block {
  gl::Handle<gl::detail::deleteBuffer> buffer;
  std::size_t bytes = 0;
  unsigned id() const { return buffer.id(); }
};

class GlDevice {
 public:
  GlDevice(std::function<gl::Context()> make, GlOptions);
  ~GlDevice();

  const GlOptions options;
  std::string renderer;
  bool software = false;
  std::size_t largestBlock = 0;  // bytes of one storage buffer
  std::size_t budget = 0;        // bytes of trajectories: those shown and those under way
  bool tiled = false;
  int mostGroups = 65535;  // of one dispatch
  int group = 64;          // invocations of a work group: whole waves on hardware, few idle lanes in software

  // ---- on the thread -----------------------------------------------------------------------------------------------
  // A block of at least `bytes`, from those given back or new. Throws std::bad_alloc.
  Block take(std::size_t bytes);
  void give(Block);
  void upload(const Block&, std::span<const std::byte>, Transfers&);
  // The row table of these models, from the last few plans' or uploaded.
  struct Table {
    std::vector<std::shared_ptr<const std::vector<ComponentRow>>> models;
    Block block;
    ~Table();
    GlDevice* device = nullptr;
  };
  std::shared_ptr<Table> table(const std::vector<std::shared_ptr<const std::vector<ComponentRow>>>& models, Transfers&);
  // With shapes (core/engine/plan.h) and networks, or for linear stacks only; compiled when first asked for.
  const gl::Program& blockProgram(bool shaped, bool networks = false);
  const gl::Program& pointsProgram(bool shaped, bool networks = false);
  // Throws what OpenGL has to say since the last call: std::bad_alloc, DeviceError.
  void check(const char* during);
  void fault(const char* place) const {
    if (options.fault) options.fault(place);
  }

  // Seconds a component and particle as measured so far. Any thread reads it.
  std::atomic<double> secondsPerRow{0};

  // Any thread.
  std::vector<std::string> messages() const;

  std::unique_ptr<gl::Thread> thread;

 private:
  void start();
  bool allocate(Block&, std::size_t bytes);  // false: there is no room
  std::unique_ptr<gl::Program> compiled(const char* asset, const std::string& defines) const;
  std::unique_ptr<gl::DebugLog> log_;
  mutable std::vector<std::string> messages_;
  std::list<Block> free_;
  std::list<std::shared_ptr<Table>> tables_;
  std::unique_ptr<gl::Program> block_[3], points_[3];  // linear, shaped, shaped with networks
};

}  // namespace gs
