// Pictures without a window: for exports, the command line and golden images.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "render/palette.h"
#include "render/renderer.h"

namespace gs {

// Whether the driver of the current context draws on the processor (llvmpipe).
bool drawnByProcessor();
// For what is read from OpenGL: rows one after the other, in memory of ours.
void setTightPacking();

// Draws a picture into memory. Needs the renderer's context to be current. [row][column][4],
// row 0 at the top, sRGB, opaque. Throws std::runtime_error for sizes that are not 1..16384.
std::vector<std::uint8_t> renderToRgba(Renderer&, const Picture&, const View&, int width, int height,
                                       double pixelRatio = 1, const Quality& = Quality::full());

// What pictures are drawn into, side by side, and read from without waiting: while one is on its way to memory the next
// one is drawn, all of it. A framebuffer, or memory where the driver draws on the processor. Needs the context that it
// was made with to be current.
class Offscreen {
 public:
  Offscreen(int width, int height);  // throws std::runtime_error for sizes that are not 1..16384
  ~Offscreen();
  void clear(Rgb);
  Target rectangle(int x, int y, int width, int height, double pixelRatio) const;  // its top left corner
  void startReading();                                                             // what is drawn by now
  int reading() const;                                                             // pictures on their way
  // The oldest one, waited for: [row][column][4] as above. There must be one.
  std::vector<std::uint8_t> finishReading();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The rectangle of a framebuffer (origin at the bottom left), row 0 at the top.
std::vector<std::uint8_t> readPixels(unsigned fbo, int x, int y, int width, int height);

}  // namespace gs
