#include <epoxy/gl.h>

#include "render/offscreen.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>

#include "gl/context.h"
#include "gl/objects.h"

namespace gs {
namespace {

void checkPictureSize(int width, int height) {
  if (width < 1 || height < 1 || width > 16384 || height > 16384)
    throw std::runtime_error("a picture of " + std::to_string(width) + "x" + std::to_string(height) +
                             " pixels is outside 1..16384");
}

}  // namespace

bool drawnByProcessor() {
  const auto* name = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
  return name && gl::onProcessor(name);
}

void setTightPacking() {
  glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  for (const GLenum p :
       {GL_PACK_ROW_LENGTH, GL_PACK_SKIP_ROWS, GL_PACK_SKIP_PIXELS, GL_PACK_SWAP_BYTES, GL_PACK_LSB_FIRST})
    glPixelStorei(p, 0);
}

struct Offscreen::Impl {
  int width, height;
  gl::Texture image;
  gl::Framebuffer target;
  std::deque<gl::Buffer> reading, idle;
  // Where the processor draws, pictures come into memory without a way through the driver's.
  bool software = false;
  std::vector<std::uint8_t> canvas;
  std::deque<std::vector<std::uint8_t>> read;
  std::size_t bytes() const { return std::size_t(width) * std::size_t(height) * 4; }
  void makeCanvas() {
    if (canvas.empty()) canvas.resize(bytes());
  }
};

Offscreen::Offscreen(int width, int height) : impl_(std::make_unique<Impl>()) {
  checkPictureSize(width, height);
  impl_->width = width;
  impl_->height = height;
  impl_->software = drawnByProcessor();
  if (impl_->software) return;
  impl_->image.ensure(GL_RGBA8, width, height, gl::Filter::Nearest);
  impl_->target.attach(impl_->image);
}
Offscreen::~Offscreen() = default;

void Offscreen::clear(Rgb c) {
  if (impl_->software) {
    impl_->makeCanvas();
    for (std::size_t i = 0; i < impl_->canvas.size(); i += 4) {
      const std::uint8_t pixel[] = {c.r, c.g, c.b, 255};
      std::copy_n(pixel, 4, &impl_->canvas[i]);
    }
    return;
  }
  const float color[] = {float(c.r) / 255, float(c.g) / 255, float(c.b) / 255, 1};
  glDisable(GL_SCISSOR_TEST);
  glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
  glClearNamedFramebufferfv(impl_->target.id(), GL_COLOR, 0, color);
}

Target Offscreen::rectangle(int x, int y, int width, int height, double pixelRatio) const {
  if (impl_->software) {
    impl_->makeCanvas();
    return {.width = width,
            .height = height,
            .pixelRatio = pixelRatio,
            .memory = impl_->canvas.data() + 4 * (std::size_t(y) * std::size_t(impl_->width) + std::size_t(x)),
            .stride = impl_->width};
  }
  return {.fbo = impl_->target.id(),
          .x = x,
          .y = impl_->height - y - height,
          .width = width,
          .height = height,
          .pixelRatio = pixelRatio};
}

void Offscreen::startReading() {
  Impl& o = *impl_;
  if (o.software) {
    o.makeCanvas();
    o.read.push_back(std::exchange(o.canvas, {}));
    return;
  }
  gl::Buffer to;
  if (!o.idle.empty()) {
    to = std::move(o.idle.front());
    o.idle.pop_front();
  }
  if (to.capacity() < o.bytes()) to.reserve(o.bytes());
  glBindFramebuffer(GL_READ_FRAMEBUFFER, o.target.id());
  setTightPacking();
  glBindBuffer(GL_PIXEL_PACK_BUFFER, to.id());
  glReadPixels(0, 0, o.width, o.height, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
  glFlush();
  o.reading.push_back(std::move(to));
}

int Offscreen::reading() const { return int(impl_->reading.size() + impl_->read.size()); }

std::vector<std::uint8_t> Offscreen::finishReading() {
  Impl& o = *impl_;
  if (o.software) {
    std::vector<std::uint8_t> pixels = std::move(o.read.front());
    o.read.pop_front();
    return pixels;
  }
  gl::Buffer from = std::move(o.reading.front());
  o.reading.pop_front();
  std::vector<std::uint8_t> pixels(o.bytes());
  const auto* mapped =
      static_cast<const std::uint8_t*>(glMapNamedBufferRange(from.id(), 0, GLsizeiptr(o.bytes()), GL_MAP_READ_BIT));
  if (!mapped) throw std::runtime_error("the picture cannot be read back from OpenGL");
  const std::size_t row = std::size_t(o.width) * 4;
  for (int j = 0; j < o.height; ++j)  // OpenGL's first row is the bottom
    std::memcpy(pixels.data() + row * std::size_t(j), mapped + row * std::size_t(o.height - 1 - j), row);
  glUnmapNamedBuffer(from.id());
  o.idle.push_back(std::move(from));
  return pixels;
}

std::vector<std::uint8_t> readPixels(unsigned fbo, int x, int y, int width, int height) {
  glBindFramebuffer(GL_READ_FRAMEBUFFER, fbo);
  setTightPacking();
  const std::size_t row = std::size_t(width) * 4;
  std::vector<std::uint8_t> pixels(row * std::size_t(height)), kept(row);
  glReadPixels(x, y, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
  for (int top = 0, bottom = height - 1; top < bottom; ++top, --bottom) {
    std::uint8_t *upper = pixels.data() + row * std::size_t(top), *lower = pixels.data() + row * std::size_t(bottom);
    std::memcpy(kept.data(), upper, row);
    std::memcpy(upper, lower, row);
    std::memcpy(lower, kept.data(), row);
  }
  return pixels;
}

std::vector<std::uint8_t> renderToRgba(Renderer& renderer, const Picture& picture, const View& view, int width,
                                       int height, double pixelRatio, const Quality& quality) {
  checkPictureSize(width, height);
  std::vector<std::uint8_t> pixels(std::size_t(width) * std::size_t(height) * 4);
  renderer.draw({.width = width, .height = height, .pixelRatio = pixelRatio, .memory = pixels.data(), .stride = width},
                picture, view, quality);
  return pixels;
}

}  // namespace gs
