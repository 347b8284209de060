// The picture of one pane. At rest it is drawn once at full quality and copied while only the panels over it change.
#pragma once
#include <optional>

#include "gl/objects.h"
#include "render/renderer.h"

namespace gs {

// Everything that a drawn picture depends on at full quality.
struct ShownPicture {
  Picture picture;
  View view;
  Target target;
};
// The same pixels, wherever on the window they lie.
bool samePixels(const ShownPicture&, const ShownPicture&);

class PanePicture {
 public:
  void drawMoving(const ShownPicture&, const Quality&);
  void drawResting(const ShownPicture&);
  // A part of the picture at rest, which lies at (left, bottom) of the window, to the same place of `fbo`; origins at
  // the bottom left.
  void copy(unsigned fbo, int left, int bottom, int x, int y, int width, int height) const;
  bool holds(const ShownPicture& s) const { return kept_ && samePixels(*kept_, s); }

 private:
  Renderer renderer_;  // keeps its frame's buffers
  gl::Texture texture_;
  gl::Framebuffer framebuffer_;
  std::optional<ShownPicture> kept_;  // on the texture
};

}  // namespace gs
