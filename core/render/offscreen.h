// Pictures without a window: for exports, the command line and golden images.
#pragma once
#include <cstdint>
#include <vector>

#include "render/renderer.h"

namespace gs {

// Draws at full quality into a framebuffer of its own. Needs the renderer's context to be current. [row][column][4],
// row 0 at the top, sRGB, opaque. Throws std::runtime_error for sizes that are not 1..16384.
std::vector<std::uint8_t> renderToRgba(Renderer&, const Picture&, const View&, int width, int height,
                                       double pixelRatio = 1);

// The rectangle of a framebuffer (origin at the bottom left), row 0 at the top.
std::vector<std::uint8_t> readPixels(unsigned fbo, int x, int y, int width, int height);

}  // namespace gs
