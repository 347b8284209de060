#include "engine/gl_device.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>

#include "engine/memory.h"

namespace gs {
namespace {

constexpr std::size_t kUnknownBudget = std::size_t(512) << 20;
constexpr std::size_t kMostFreeBlocks = 24, kMostTables = 4;
constexpr std::chrono::seconds kPatience{30};
// Fewer items than this leave most of a device idle, which then looks slower than it is and would be given fewer still.
// An item takes one or two 1e-7 s for a component, however many run beside it: so many run at a time as a device does
// in that.
constexpr double kFillSeconds = 2e-7, kMostLeastItems = 65536, kLeastInSoftware = 1024;
constexpr std::size_t kGuard = 1024;  // bytes behind a block that are looked after
// Shaders count a block's bytes with 32 bits, and not every driver's are unsigned.
constexpr std::size_t kLargestBlock = std::size_t(1) << 30;

bool hasExtension(const char* name) { return epoxy_has_gl_extension(name); }

// Bytes of the device's memory; 0: the driver does not say.
std::size_t deviceMemory() {
  GLint kilobytes[4] = {};
  if (hasExtension("GL_NVX_gpu_memory_info"))
    glGetIntegerv(0x9047, kilobytes);  // GL_GPU_MEMORY_INFO_DEDICATED_VIDMEM_NVX
  else if (hasExtension("GL_ATI_meminfo"))
    glGetIntegerv(GL_VBO_FREE_MEMORY_ATI, kilobytes);
  return kilobytes[0] > 0 ? std::size_t(kilobytes[0]) * 1024 : 0;
}

GLint limit(GLenum name) {
  GLint value = 0;
  glGetIntegerv(name, &value);
  return value;
}

}  // namespace

std::size_t defaultBudget(std::size_t deviceMemory) { return deviceMemory ? deviceMemory / 4 : kUnknownBudget; }

GlDevice::GlDevice(std::function<gl::Context()> make, GlOptions o) : options(std::move(o)) {
  thread = std::make_unique<gl::Thread>(std::move(make));
  try {
    thread->run([this] { start(); });
  } catch (...) {
    thread->run([this] { log_.reset(); });
    throw;
  }
}

GlDevice::~GlDevice() {
  thread->run([this] { tables_.clear(); });  // hands its blocks back: after this, before the next
  thread->run([this] {
    free_.clear();
    for (auto& program : block_) program.reset();
    for (auto& program : points_) program.reset();
    for (auto& program : small_) program.reset();
    log_.reset();
  });
  thread.reset();
}

void GlDevice::start() {
  if (options.checked) log_ = std::make_unique<gl::DebugLog>();
  const gl::Context context = gl::Context::adoptCurrent();
  renderer = context.renderer();
  software = context.software();
  GLint64 most = 0;
  glGetInteger64v(GL_MAX_SHADER_STORAGE_BLOCK_SIZE, &most);
  largestBlock = std::min(std::size_t(std::max<GLint64>(most, 0)), kLargestBlock);
  if (options.largestBlock) largestBlock = std::min(largestBlock, options.largestBlock);
  // Every 4.5 driver must offer these; some that call themselves so do not.
  if (limit(GL_MAX_COMPUTE_SHADER_STORAGE_BLOCKS) < 8 || limit(GL_MAX_COMPUTE_WORK_GROUP_INVOCATIONS) < group)
    throw DeviceError("this OpenGL driver (" + renderer + ") has no usable compute shaders");
  if (limit(GL_MAX_VERTEX_SHADER_STORAGE_BLOCKS) < 3 && !options.readBack)
    throw DeviceError("this OpenGL driver (" + renderer + ") cannot draw from storage buffers");
  GLint groups = 0;
  glGetIntegeri_v(GL_MAX_COMPUTE_WORK_GROUP_COUNT, 0, &groups);
  mostGroups = std::max(groups, 1);
  if (software) group = 16, waves = 1;
  tiled = options.tiled.value_or(!software);
  budget = options.memoryBudget;
  if (budget == 0) budget = defaultBudget(software ? 0 : deviceMemory());
  // Cautious guesses; the first dispatches correct them.
  secondsPerRow = software ? 1e-7 : 1e-10;
}

std::unique_ptr<gl::Program> GlDevice::compiled(const char* asset, const std::string& defines) const {
  fault("compile");
  try {
    return std::make_unique<gl::Program>(gl::Program({asset}, defines + options.shaderText));
  } catch (const std::runtime_error& e) {
    throw DeviceError(e.what());
  }
}

const gl::Program& GlDevice::blockProgram(bool shaped, bool networks, bool leaves) {
  std::unique_ptr<gl::Program>& program = block_[(networks ? 2 : int(shaped)) + (leaves ? 3 : 0)];
  if (!program) {
    std::string defines = "#define GS_GROUP " + std::to_string(group) + "\n";
    // 256 rows are 6 KiB of shared memory, so that several groups fit beside each other; and 16 leaves.
    if (tiled) defines += "#define GS_TILE_ROWS 256\n";
    if (shaped || networks) defines += "#define GS_SHAPED\n";
    if (networks) defines += "#define GS_NETWORK\n";
    if (leaves) defines += "#define GS_LEAVES\n";
    program = compiled("shaders/block.comp", defines);
  }
  return *program;
}

const gl::Program& GlDevice::pointsProgram(bool shaped, bool networks) {
  std::unique_ptr<gl::Program>& program = points_[networks ? 2 : int(shaped)];
  if (!program)
    program = compiled("shaders/points.comp", networks ? "#define GS_SHAPED\n#define GS_NETWORK\n"
                                              : shaped ? "#define GS_SHAPED\n"
                                                       : "");
  return *program;
}

const gl::Program& GlDevice::program(Small which) {
  static constexpr const char* assets[] = {"shaders/field.comp",   "shaders/extents.comp", "shaders/sums.comp",
                                           "shaders/outside.comp", "shaders/gather.comp",  "shaders/near.comp"};
  std::unique_ptr<gl::Program>& program = small_[int(which)];
  if (!program) program = compiled(assets[int(which)], "");
  return *program;
}

int GlDevice::chunk(double rowsOfItem, int items) const {
  const double perRow = secondsPerRow, most = kDispatchSeconds / perRow / rowsOfItem,
               least = software ? kLeastInSoftware : std::clamp(kFillSeconds / perRow, 64., kMostLeastItems);
  return int(std::min({double(items), std::max(most, least), 64. * mostGroups}));
}

void GlDevice::dispatch(int groups) {
  fault("dispatch");
  glDispatchCompute(GLuint(groups), 1, 1);
  glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_BUFFER_UPDATE_BARRIER_BIT);
  wait(glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0));
}

void GlDevice::wait(GLsync fence) {
  const GLenum state =
      glClientWaitSync(fence, GL_SYNC_FLUSH_COMMANDS_BIT, GLuint64(std::chrono::nanoseconds(kPatience).count()));
  glDeleteSync(fence);
  if (state == GL_TIMEOUT_EXPIRED) throw DeviceError("the graphics device did not answer for 30 seconds");
  if (state == GL_WAIT_FAILED) throw DeviceError("the OpenGL context was lost");
}

void GlDevice::read(std::span<const Piece> pieces, void* out) {
  std::size_t bytes = 0;
  for (const Piece& p : pieces) bytes += p.bytes;
  if (bytes == 0) return;
  struct Pending {
    Block staging;
    GLsync fence = nullptr;
  } pending;
  const auto drop = [&] {  // on the thread that owns them
    glDeleteSync(pending.fence);
    give(std::move(pending.staging));
  };
  const auto begin = std::chrono::steady_clock::now();
  const auto there = [&] {
    const GLenum state = glClientWaitSync(pending.fence, 0, 0);
    const bool patient = std::chrono::steady_clock::now() - begin < kPatience;
    if (state == GL_TIMEOUT_EXPIRED && patient) return false;
    const bool passed = state != GL_WAIT_FAILED && state != GL_TIMEOUT_EXPIRED;
    const void* const from =
        passed ? glMapNamedBufferRange(pending.staging.id(), 0, GLsizeiptr(bytes), GL_MAP_READ_BIT) : nullptr;
    if (from) std::memcpy(out, from, bytes);
    if (passed) glUnmapNamedBuffer(pending.staging.id());
    drop();
    if (state == GL_WAIT_FAILED) throw DeviceError("the OpenGL context was lost");
    if (!passed) throw DeviceError("the graphics device did not answer for 30 seconds");
    if (!from) throw DeviceError("numbers cannot be read back from the graphics device");
    return true;
  };
  const auto copy = [&] {
    pending.staging = take(bytes, true);
    glMemoryBarrier(GL_BUFFER_UPDATE_BARRIER_BIT);
    std::size_t at = 0;
    for (const Piece& p : pieces) {
      glCopyNamedBufferSubData(p.buffer, pending.staging.id(), GLintptr(p.offset), GLintptr(at), GLsizeiptr(p.bytes));
      at += p.bytes;
    }
    pending.fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    glFlush();
    return there();
  };
  auto pause = std::chrono::microseconds(50);
  for (bool done = thread->run(copy); !done; done = thread->run(there)) {
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(2000));
  }
  countRead(bytes);
}

bool GlDevice::ranBefore(const gl::Program& program) {
  if (std::find(ran_.begin(), ran_.end(), program.id()) != ran_.end()) return true;
  ran_.push_back(program.id());
  return false;
}

Block GlDevice::take(std::size_t bytes, bool staging) {
  fault("allocate");
  const std::size_t asked = (bytes + 3) / 4 * 4;
  if (options.checked) bytes = asked + kGuard;
  bytes = std::max<std::size_t>((bytes + 255) / 256 * 256, 256);
  for (auto b = free_.begin(); b != free_.end(); ++b)
    if (b->staging == staging && b->bytes >= bytes && b->bytes <= bytes + bytes / 2 + 65536) {
      Block block = std::move(*b);
      free_.erase(b);
      guard(block, asked);
      return block;
    }
  check("before allocating");
  Block block;
  if (!allocate(block, bytes, staging)) {
    free_.clear();  // what is kept for later may be all that is missing
    if (!allocate(block, bytes, staging)) throw std::bad_alloc();
  }
  guard(block, asked);
  return block;
}

void GlDevice::guard(Block& block, std::size_t asked) const {
  block.asked = asked;
  if (options.checked && !block.staging)
    glClearNamedBufferSubData(block.id(), GL_R32UI, GLintptr(asked), GLsizeiptr(kGuard), GL_RED_INTEGER,
                              GL_UNSIGNED_INT, &kGuardPattern);
}

void GlDevice::verifyGuard(const Block& block) {
  if (!options.checked || block.staging) return;
  std::vector<GLuint> words(kGuard / 4);
  glGetNamedBufferSubData(block.id(), GLintptr(block.asked), kGuard, words.data());
  if (std::any_of(words.begin(), words.end(), [](GLuint w) { return w != kGuardPattern; }))
    messages_.push_back("written behind the " + std::to_string(block.asked) + " bytes of a buffer");
}

bool GlDevice::hasRoom(std::size_t bytes) const {
  const bool large = bytes > (std::size_t(64) << 20);
  return options.room ? bytes <= options.room : !software || !large || bytes <= availableMemory() / 10 * 9;
}

void GlDevice::expectRoom(std::size_t bytes) const {
  if (!hasRoom(bytes)) throw std::bad_alloc();
}

bool GlDevice::allocate(Block& block, std::size_t bytes, bool staging) {
  GLuint id = 0;
  glCreateBuffers(1, &id);
  block.buffer = gl::Handle<gl::detail::deleteBuffer>(id);
  glNamedBufferStorage(id, GLsizeiptr(bytes), nullptr,
                       staging ? GL_MAP_READ_BIT | GL_CLIENT_STORAGE_BIT : GL_DYNAMIC_STORAGE_BIT);
  if (glGetError() != GL_NO_ERROR) return false;
  block.bytes = bytes;
  block.staging = staging;
  return true;
}

void GlDevice::give(Block block) {
  if (!block.buffer) return;
  verifyGuard(block);
  free_.push_front(std::move(block));
  // Of the trajectories no more is kept than what the budget counts as being computed.
  std::size_t kept = 0, count = 0;
  for (auto b = free_.begin(); b != free_.end();) {
    kept += b->bytes;
    if (++count > kMostFreeBlocks || kept > std::max(budget / 2, b->bytes)) {
      kept -= b->bytes;
      b = free_.erase(b);
    } else {
      ++b;
    }
  }
}

void GlDevice::upload(const Block& block, std::span<const std::byte> bytes, Transfers& transfers) {
  if (bytes.empty()) return;
  glNamedBufferSubData(block.id(), 0, GLsizeiptr(bytes.size()), bytes.data());
  transfers.uploaded += bytes.size();
  uploaded_ += bytes.size();
}

GlDevice::Table::~Table() {
  // The last user may be a worker.
  if (device && block.buffer) {
    auto moved = std::make_shared<Block>(std::move(block));
    device->thread->post([d = device, moved] { d->give(std::move(*moved)); });
  }
}

std::shared_ptr<GlDevice::Table> GlDevice::table(const std::vector<TablePart>& parts, Transfers& transfers) {
  for (auto t = tables_.begin(); t != tables_.end(); ++t)
    if ((*t)->parts == parts) {
      tables_.splice(tables_.begin(), tables_, t);
      return tables_.front();
    }
  std::size_t bytes = 0;
  for (const TablePart& p : parts) bytes += p.size() * sizeof(ComponentRow);
  auto made = std::make_shared<Table>();
  made->parts = parts;
  made->block = take(bytes);
  made->device = this;
  std::size_t at = 0;
  std::vector<ComponentRow> written;
  for (const TablePart& p : parts) {
    if (p.leaves) written.clear(), p.write(written);
    const std::size_t n = p.size() * sizeof(ComponentRow);
    if (n > 0)
      glNamedBufferSubData(made->block.id(), GLintptr(at), GLsizeiptr(n), p.leaves ? written.data() : p.rows->data());
    at += n;
  }
  transfers.uploaded += bytes;
  uploaded_ += bytes;
  tables_.push_front(made);
  if (tables_.size() > kMostTables) tables_.pop_back();
  return made;
}

void GlDevice::check(const char* during) {
  if (log_)
    for (std::string& m : log_->take()) messages_.push_back(std::move(m));
  if (const GLenum reset = options.resetStatus ? options.resetStatus() : glGetGraphicsResetStatus();
      reset != GL_NO_ERROR)
    throw DeviceError("the graphics driver was reset");
  for (GLenum error; (error = glGetError()) != GL_NO_ERROR;) {
    if (error == GL_OUT_OF_MEMORY) throw std::bad_alloc();
    if (error == GL_CONTEXT_LOST) throw DeviceError("the OpenGL context was lost");
    char code[16];
    std::snprintf(code, sizeof code, "0x%04x", unsigned(error));
    throw DeviceError(std::string("OpenGL error ") + code + " " + during);
  }
}

std::vector<std::string> GlDevice::messages() const {
  return thread->run([this] {
    if (log_)
      for (std::string& m : log_->take()) messages_.push_back(std::move(m));
    return std::exchange(messages_, {});
  });
}

}  // namespace gs
