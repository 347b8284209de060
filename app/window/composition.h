// The window's pixels, kept from frame to frame: only what has changed is drawn anew. While a slider moves that is the
// picture and the slider, not every panel, which with OpenGL in software is half of a frame. Dear ImGui itself draws
// everything always; the triangles that it asks for are compared with those of the frame before.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "gl/objects.h"
#include "panels/ui.h"
#include "render/palette.h"

struct ImDrawData;

namespace gs {

// Where an interface differs from the one before.
class InterfaceChanges {
 public:
  InterfaceChanges();
  ~InterfaceChanges();
  // Rectangles inside [0, width] x [0, height] (pixels, origin at the top left) that hold every triangle that is not
  // the same, at the same place in the order, as last time. At most 8; they may overlap.
  std::vector<PixelRect> update(const ImDrawData&, int width, int height);
  // Next time everything has changed: what the triangles look like is another (fonts, textures).
  void forget();

 private:
  struct List;
  std::vector<List> lists_;  // of the last frame
  bool known_ = false;
};

// One picture among the panels.
struct ComposedPane {
  PixelRect rect;
  bool changed = false;                                       // all of it is to be drawn
  std::function<void(unsigned fbo)> draw;                     // draws it where it is; what surrounds it stays
  std::function<void(unsigned fbo, PixelRect part)> restore;  // puts back a part of it, as drawn last
};

class Composition {
 public:
  // Brings the window's pixels up to date and copies them to `window`. The context must be the one of the last call.
  void draw(ImDrawData&, std::span<const ComposedPane>, Rgb canvas, unsigned window);
  void forget() { changes_.forget(); }
  long drawnPixels() const { return drawn_; }  // of the last call, panels and pictures; for tests

 private:
  InterfaceChanges changes_;
  gl::Texture pixels_;
  gl::Framebuffer target_;
  std::vector<PixelRect> panes_;
  Rgb canvas_{};
  long drawn_ = 0;
};

}  // namespace gs
