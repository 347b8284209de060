#include "engine/gl_rows.h"

#include <algorithm>
#include <new>
#include <string>

#include "shaders/shared.h"

namespace gs {
namespace {

constexpr std::size_t kAlign = 256;  // the largest alignment of storage blocks that drivers ask for
constexpr std::size_t kMostGathered = std::size_t(1) << 20;  // columns at a time

}  // namespace

std::size_t GlRows::strideOf(const GlDevice& device, std::size_t bytes) {
  const std::size_t stride = (bytes + kAlign - 1) / kAlign * kAlign;
  return device.options.checked ? stride + kAlign : stride;
}

GlRows::GlRows(std::shared_ptr<GlDevice> device, int rows, std::size_t bytes)
    : device_(std::move(device)), rows_(rows), used_(bytes), stride_(strideOf(*device_, bytes)) {
  perBlock_ = int(std::clamp<std::size_t>(device_->largestBlock / stride_, 1, std::size_t(rows)));
  device_->expectRoom(std::size_t(rows) * stride_);
  try {
    for (int row = 0; row < rows; row += perBlock_)
      blocks_.push_back(device_->take(std::size_t(std::min(perBlock_, rows - row)) * stride_));
  } catch (...) {
    for (Block& b : blocks_) device_->give(std::move(b));
    throw;
  }
  if (device_->options.checked)
    for (const Block& b : blocks_)
      glClearNamedBufferData(b.id(), GL_R32UI, GL_RED_INTEGER, GL_UNSIGNED_INT, &GlDevice::kGuardPattern);
}

GlRows::~GlRows() {
  // On whatever thread lets go of the frame; the buffers go back on the device's.
  auto blocks = std::make_shared<std::vector<Block>>(std::move(blocks_));
  GlDevice* const device = device_.get();
  device->thread->post([device, blocks, ready = ready_, lastUse = lastUse_] {
    if (ready) glDeleteSync(ready);
    // One fence serves all: it is waited for, on the device, before anything is written into them.
    if (lastUse) {
      glWaitSync(lastUse, 0, GL_TIMEOUT_IGNORED);
      glDeleteSync(lastUse);
    }
    for (Block& b : *blocks) device->give(std::move(b));
  });
}

DeviceRows::Place GlRows::place(int row) const {
  return {blocks_[std::size_t(blockOf(row))].id(), std::size_t(rowInBlock(row)) * stride_};
}

void GlRows::computed() {
  ready_ = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
  glFlush();  // another context waits for it
}

void GlRows::beginUse() const {
  std::lock_guard lock(mutex_);
  if (ready_) glWaitSync(ready_, 0, GL_TIMEOUT_IGNORED);
}

void GlRows::endUse() const {
  const GLsync fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
  glFlush();
  std::lock_guard lock(mutex_);
  if (lastUse_) glDeleteSync(lastUse_);
  lastUse_ = fence;
}

void GlRows::read(int row, std::size_t bytes, void* out) const {
  const Place from = place(row);
  device_->read(from.buffer, from.offset, bytes, out);
}

void GlRows::readAcross(std::size_t offset, std::size_t bytes, void* out) const {
  std::vector<GlDevice::Piece> pieces;
  for (int row = 0; row < rows_; ++row) {
    const Place from = place(row);
    pieces.push_back({from.buffer, from.offset + offset, bytes});
  }
  device_->read(pieces, out);
}

void GlRows::gather(std::span<const int> rows, std::span<const int> columns, float* out) const {
  if (rows.empty()) return;
  const std::size_t most = std::max<std::size_t>(std::min(kMostGathered, device_->largestBlock / (8 * rows.size())), 1);
  std::vector<float> found;
  for (std::size_t first = 0; first < columns.size(); first += most) {
    const auto some = columns.subspan(first, std::min(most, columns.size() - first));
    found.resize(2 * rows.size() * some.size());
    Scratch scratch(*device_);
    enum { Columns, Gathered, At };
    device_->thread->run([&] {
      Transfers transfers;
      device_->upload(scratch[scratch.take(some.size_bytes())], std::as_bytes(some), transfers);
      scratch.take(found.size() * sizeof(float));
      scratch.take(sizeof(shader::GatherAt));
      beginUse();
      shader::GatherAt at{int(some.size()), 0};
      for (const int row : rows) {
        device_->upload(scratch[At], std::as_bytes(std::span(&at, 1)), transfers);
        device_->program(GlDevice::Small::Gather).use();
        glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch[At].id());
        glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_COLUMNS, scratch[Columns].id());
        glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_GATHERED, scratch[Gathered].id());
        const Place from = place(row);
        glBindBufferRange(GL_SHADER_STORAGE_BUFFER, GS_HERE, from.buffer, GLintptr(from.offset), GLsizeiptr(used_));
        device_->dispatch((at.gatherCount + 63) / 64);
        at.gatherTo += at.gatherCount;
      }
      device_->check("while gathering particles");
    });
    device_->read(scratch[Gathered].id(), 0, found.size() * sizeof(float), found.data());
    for (std::size_t r = 0; r < rows.size(); ++r)
      std::copy_n(found.data() + 2 * r * some.size(), 2 * some.size(), out + 2 * (r * columns.size() + first));
  }
}

void GlRows::verify() const {
  std::vector<GLuint> words;
  const std::size_t columns = stride_ / 4, used = used_ / 4;
  for (const Block& b : blocks_) {
    words.resize(b.bytes / 4);
    glMemoryBarrier(GL_BUFFER_UPDATE_BARRIER_BIT);
    glGetNamedBufferSubData(b.id(), 0, GLsizeiptr(b.bytes), words.data());
    const std::size_t first = std::size_t(&b - blocks_.data()) * std::size_t(perBlock_);
    const std::size_t rows = std::min(std::size_t(rows_) - first, std::size_t(perBlock_));
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool inside = i < rows * columns && i % columns < used;
      if ((words[i] == GlDevice::kGuardPattern) == inside)
        throw std::logic_error((inside ? "a number was not written: word " : "written beside the rows: word ") +
                               std::to_string(i) + " of block " + std::to_string(first));
    }
  }
}

}  // namespace gs
