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
#include "engine/gl_tables.h"
#include "engine/plan.h"
#include "gl/debug.h"
#include "gl/objects.h"
#include "gl/program.h"
#include "gl/thread.h"

namespace gs {

// A piece of memory of fixed size. Belongs to the thread of its device. Only what is `staging` the host may map:
// drivers put such buffers into the system's memory, where shaders reach them over the bus.
struct Block {
  gl::Handle<gl::detail::deleteBuffer> buffer;
  std::size_t bytes = 0;
  std::size_t asked = 0;  // with GlOptions::checked a pattern lies behind these
  bool staging = false;
  unsigned id() const { return buffer.id(); }
};

// Bytes of trajectories where nobody says how many: a quarter of the device's memory, 512 MiB where that is unknown
// (0).
std::size_t defaultBudget(std::size_t deviceMemory);

template <class T>
std::span<const std::byte> bytesOf(const std::vector<T>& v) {
  return std::as_bytes(std::span<const T>(v));
}

class GlDevice {
 public:
  // What one dispatch may take, so that what else uses the device, the screen first of all, is not held up.
  static constexpr double kDispatchSeconds = 0.004;
  // In what no shader should write to, where a device is checked.
  static constexpr GLuint kGuardPattern = 0xA5A5A5A5u;
  // Whole waves, and so many that the groups which a tile's shared memory admits beside each other (10 of 6 KiB in 64
  // KiB) keep a multiprocessor busy.
  static constexpr int kGroupOfCards = 128;

  GlDevice(std::function<gl::Context()> make, GlOptions);
  ~GlDevice();

  const GlOptions options;
  std::string renderer;
  bool software = false;
  std::size_t largestBlock = 0;  // bytes of one storage buffer
  std::size_t budget = 0;        // bytes of trajectories: those shown and those under way
  bool tiled = false;
  int mostGroups = 65535;     // of one dispatch
  int group = kGroupOfCards;  // invocations of a work group of block.comp; in software few idle lanes
  double waves = 2;           // of DeviceTables: a wave has to wait for its particle with the most leaves

  // ---- on the thread -----------------------------------------------------------------------------------------------
  // A block of at least `bytes`, from those given back or new. Throws std::bad_alloc.
  Block take(std::size_t bytes, bool staging = false);
  // Whether so many bytes can be had: on software, which takes what the system promises, the system would end the
  // program later. expectRoom throws std::bad_alloc where not.
  bool hasRoom(std::size_t bytes) const;
  void expectRoom(std::size_t bytes) const;
  void give(Block);
  void upload(const Block&, std::span<const std::byte>, Transfers&);
  // The row table of these parts, from the last few plans' or uploaded.
  struct Table {
    std::vector<TablePart> parts;
    Block block;
    ~Table();
    GlDevice* device = nullptr;
  };
  std::shared_ptr<Table> table(const std::vector<TablePart>&, Transfers&);
  // With shapes (core/engine/plan.h) and networks, or for linear stacks only; with leaves or without. Compiled when
  // first asked for.
  const gl::Program& blockProgram(bool shaped, bool networks = false, bool leaves = false);
  const gl::Program& pointsProgram(bool shaped, bool networks = false);
  // One of the small shaders; compiled when first asked for.
  enum class Small { Field, Extents, Sums, Outside, Gather, Near };
  const gl::Program& program(Small);
  // Whether this one ran before; from now on it did. The first run of a shader compiles it and is no measure.
  bool ranBefore(const gl::Program&);
  // Throws what OpenGL has to say since the last call: std::bad_alloc, DeviceError.
  void check(const char* during);
  // A fence that has been passed. Throws DeviceError when it never is.
  void wait(GLsync);  // deletes it
  // Groups of 64 invocations, side by side in x, whose writes are there before anything after them; waited for.
  void dispatch(int groups);
  void fault(const char* place) const {
    if (options.fault) options.fault(place);
  }

  // Seconds a component and particle as measured so far. Any thread reads it.
  std::atomic<double> secondsPerRow{0};

  // ---- any thread --------------------------------------------------------------------------------------------------
  std::vector<std::string> messages() const;
  // Of so many like items, each with this many components to sum, the number that one dispatch may have.
  int chunk(double rowsOfItem, int items) const;
  // Bytes of buffers, one piece after another, through a buffer that the host may map, looked at until they are there:
  // neither the device nor its thread is held up. Throws DeviceError when the device is gone.
  struct Piece {
    GLuint buffer;
    std::size_t offset, bytes;
  };
  void read(std::span<const Piece>, void* out);
  void read(GLuint buffer, std::size_t offset, std::size_t bytes, void* out) {
    const Piece piece{buffer, offset, bytes};
    read(std::span(&piece, 1), out);
  }
  Transfers total() const { return {uploaded_, readBack_}; }
  void countRead(std::size_t bytes) { readBack_ += bytes; }

  std::unique_ptr<gl::Thread> thread;

 private:
  void start();
  bool allocate(Block&, std::size_t bytes, bool staging);  // false: there is no room
  void guard(Block&, std::size_t asked) const;
  void verifyGuard(const Block&);  // adds a message where something was written behind a block
  std::unique_ptr<gl::Program> compiled(const char* asset, const std::string& defines) const;
  std::unique_ptr<gl::DebugLog> log_;
  mutable std::vector<std::string> messages_;
  std::list<Block> free_;
  std::list<std::shared_ptr<Table>> tables_;
  std::unique_ptr<gl::Program> block_[6], points_[3];  // linear, shaped, shaped with networks; the same with leaves
  std::unique_ptr<gl::Program> small_[6];
  std::vector<GLuint> ran_;
  std::atomic<std::uint64_t> uploaded_{0}, readBack_{0};
};

// Buffers of one run, given back to the device wherever it ends.
class Scratch {
  // take() on the device's thread; the others anywhere.
 public:
  explicit Scratch(GlDevice& device) : device_(device) {}
  ~Scratch() {
    auto blocks = std::make_shared<std::vector<Block>>(std::move(blocks_));
    GlDevice* const device = &device_;
    device_.thread->post([device, blocks] {
      for (Block& b : *blocks) device->give(std::move(b));
    });
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::size_t take(std::size_t bytes) {
    blocks_.push_back(device_.take(bytes));
    return blocks_.size() - 1;
  }
  const Block& operator[](std::size_t i) const { return blocks_[i]; }

 private:
  GlDevice& device_;
  std::vector<Block> blocks_;
};

}  // namespace gs
