#include <epoxy/gl.h>

#include "render/offscreen.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "gl/objects.h"

namespace gs {

std::vector<std::uint8_t> readPixels(unsigned fbo, int x, int y, int width, int height) {
  glBindFramebuffer(GL_READ_FRAMEBUFFER, fbo);
  glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  for (const GLenum p :
       {GL_PACK_ROW_LENGTH, GL_PACK_SKIP_ROWS, GL_PACK_SKIP_PIXELS, GL_PACK_SWAP_BYTES, GL_PACK_LSB_FIRST})
    glPixelStorei(p, 0);
  const std::size_t row = std::size_t(width) * 4;
  std::vector<std::uint8_t> pixels(row * std::size_t(height));
  glReadPixels(x, y, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
  for (int top = 0, bottom = height - 1; top < bottom; ++top, --bottom)
    std::swap_ranges(pixels.begin() + std::ptrdiff_t(row * std::size_t(top)),
                     pixels.begin() + std::ptrdiff_t(row * std::size_t(top + 1)),
                     pixels.begin() + std::ptrdiff_t(row * std::size_t(bottom)));
  return pixels;
}

std::vector<std::uint8_t> renderToRgba(Renderer& renderer, const Picture& picture, const View& view, int width,
                                       int height, double pixelRatio) {
  if (width < 1 || height < 1 || width > 16384 || height > 16384)
    throw std::runtime_error("a picture of " + std::to_string(width) + "x" + std::to_string(height) +
                             " pixels is outside 1..16384");
  const gl::Texture image(GL_RGBA8, width, height, gl::Filter::Nearest);
  gl::Framebuffer target;
  target.attach(image);
  renderer.draw({.fbo = target.id(), .width = width, .height = height, .pixelRatio = pixelRatio}, picture, view,
                Quality::full());
  return readPixels(target.id(), 0, 0, width, height);
}

}  // namespace gs
