// Rows of a frame in the memory of a device. Inside the engine room only.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "engine/frame.h"
#include "engine/gl_device.h"

namespace gs {

class GlRows final : public DeviceRows {
 public:
  // Rows of `bytes` bytes, a multiple of 4. On the device's thread. Throws std::bad_alloc.
  GlRows(std::shared_ptr<GlDevice>, int rows, std::size_t bytes);
  ~GlRows() override;

  Place place(int row) const override;
  void beginUse() const override;
  void endUse() const override;
  void read(int row, std::size_t bytes, void* out) const override;
  void readAcross(std::size_t offset, std::size_t bytes, void* out) const override;
  void gather(std::span<const int> rows, std::span<const int> columns, float* out) const override;

  bool on(const GlDevice& device) const { return device_.get() == &device; }
  std::size_t stride() const { return stride_; }  // bytes from one row of a block to the next
  int blockOf(int row) const { return row / perBlock_; }
  int rowInBlock(int row) const { return row % perBlock_; }
  const Block& block(int i) const { return blocks_[std::size_t(i)]; }
  void computed();  // on the device's thread, after the last dispatch
  // With GlOptions::checked: throws std::logic_error where something was written beside the rows, or a place of them
  // was not written.
  void verify() const;

  // The bytes that a row of so many takes up.
  static std::size_t strideOf(const GlDevice&, std::size_t bytes);

 private:
  std::shared_ptr<GlDevice> device_;
  int rows_, perBlock_;
  std::size_t used_, stride_;
  std::vector<Block> blocks_;
  mutable std::mutex mutex_;
  GLsync ready_ = nullptr;
  mutable GLsync lastUse_ = nullptr;
};

}  // namespace gs
