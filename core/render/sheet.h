// Flat things in pixels, collected and drawn at once: rectangles, markers, dashes, glyphs. Origin at the bottom left;
// what is added later lies above.
#pragma once
#include <string_view>
#include <vector>

#include "gl/objects.h"
#include "gl/program.h"
#include "render/color.h"
#include "shaders/shared.h"

namespace gs {

struct Ink {
  Linear color;
  float alpha = 1;
};
inline Ink ink(Rgb c, double alpha = 1) { return {toLinear(c), float(alpha)}; }

struct PixelBox {
  double left = 0, bottom = 0, right = 0, top = 0;
  double width() const { return right - left; }
  double height() const { return top - bottom; }
  bool overlaps(const PixelBox& o) const {
    return left < o.right && o.left < right && bottom < o.top && o.bottom < top;
  }
};

class Sheet {
 public:
  void fill(const PixelBox&, Ink, double radius = 0);
  void frame(const PixelBox&, Ink, double radius, double stroke);  // inside the box's edge
  void marker(double x, double y, double diameter, int shape, Ink);
  void dashes(const PixelBox&, Ink, double period, double filled);
  void glyph(double left, double bottom, int width, int height, int atlasX, int atlasY, Ink);

  bool empty() const { return items_.empty(); }
  void clear() { items_.clear(); }
  void append(const Sheet& o) { items_.insert(items_.end(), o.items_.begin(), o.items_.end()); }
  const std::vector<shader::SheetItem>& items() const { return items_; }

 private:
  void add(const PixelBox&, Ink, float kind, double a, double b);
  std::vector<shader::SheetItem> items_;
};

// Draws sheets; one for all of a renderer.
class SheetPainter {
 public:
  void draw(const Sheet&, const gl::Texture& atlas);

 private:
  static gl::Program program(std::string_view defines) {
    return gl::Program({"shaders/sheet.vert", "shaders/sheet.frag"}, defines);
  }
  gl::Program boxes_ = program(""), glyphs_ = program("#define GS_GLYPHS\n"),
              markers_ = program("#define GS_MARKERS\n");
  gl::Buffer items_;
};

}  // namespace gs
