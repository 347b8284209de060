// The picture put together by the processor, where one draws for OpenGL as well: a shader that reads a texture or two
// for every pixel takes such a driver ten times as long as the same arithmetic on rows of memory. The numbers are those
// of density.frag, widen.frag, background.frag and compose.frag.
#pragma once
#include <cstdint>
#include <vector>

#include "render/host_pixels.h"
#include "render/layers.h"

namespace gs {

class HostPicture {
 public:
  // False where shaders must do it: on an old processor, and for densities that lie on the device.
  static bool serves(const Drawing&);
  // `ink`: RGBA16F, premultiplied linear light, of the drawing's size. To sRGB bytes [row][column][4], the top row
  // first, rows `stride` pixels apart; or the lowest row first in memory of ours, until the next call.
  void compose(const Drawing&, const gl::Texture& ink, std::uint8_t* to, int stride);
  const std::uint8_t* compose(const Drawing&, const gl::Texture& ink);

 private:
  void update(const Drawing&);
  void composeRows(const Drawing&, const gl::Texture& ink, std::uint8_t* lowest, std::ptrdiff_t apart);
  void makeGround(const Drawing&, const DensityField&);
  float* plane(int row, int channel) {
    return ground_.data() + std::size_t(3 * row + channel) * std::size_t(columns_ + 2 * host::kSlack) + host::kSlack;
  }
  GroundKey made_;
  int reduced_ = 1, columns_ = 0, rows_ = 0;
  FloatBuffer ground_;  // [row][channel][column]: roots of linear light, one for so many pixels
  std::vector<std::uint16_t, UninitAllocator<std::uint16_t>> ink_;
  std::vector<std::uint8_t, UninitAllocator<std::uint8_t>> picture_;
};

}  // namespace gs
