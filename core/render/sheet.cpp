#include "render/sheet.h"

#include "shaders/shared.h"

namespace gs {

void Sheet::add(const PixelBox& b, Ink i, float kind, double p, double q) {
  items_.push_back({.rect = {b.left, b.bottom, b.right, b.top},
                    .color = {i.color.r, i.color.g, i.color.b, i.alpha},
                    .form = {kind, p, q, 0}});
}
void Sheet::fill(const PixelBox& b, Ink i, double radius) { add(b, i, GS_FILL, radius, 0); }
void Sheet::frame(const PixelBox& b, Ink i, double radius, double stroke) { add(b, i, GS_FRAME, radius, stroke); }
void Sheet::marker(double x, double y, double diameter, int shape, Ink i) {
  const double r = 0.75 * diameter;  // the triangle's corner reaches this far
  items_.push_back({.rect = {x - r, y - r, x + r, y + r},
                    .color = {i.color.r, i.color.g, i.color.b, i.alpha},
                    .form = {GS_MARKER, shape, diameter, 0}});
}
void Sheet::dashes(const PixelBox& b, Ink i, double period, double filled) { add(b, i, GS_DASH, period, filled); }
void Sheet::glyph(double left, double bottom, int width, int height, int atlasX, int atlasY, Ink i) {
  add({left, bottom, left + width, bottom + height}, i, GS_GLYPH, atlasX, atlasY);
}

void SheetPainter::draw(const Sheet& sheet, const gl::Texture& atlas) {
  if (sheet.empty()) return;
  items_.upload(std::span<const shader::SheetItem>(sheet.items()));
  items_.bindStorage(GS_ITEMS);
  atlas.bind(0);
  const auto programOf = [&](const shader::SheetItem& i) {
    return i.form.x == GS_GLYPH ? &glyphs_ : i.form.x == GS_MARKER ? &markers_ : &boxes_;
  };
  const std::vector<shader::SheetItem>& items = sheet.items();
  for (std::size_t first = 0, end = 0; first < items.size(); first = end) {
    const gl::Program* const p = programOf(items[first]);
    for (end = first; end < items.size() && programOf(items[end]) == p;) ++end;
    p->use();
    glDrawArrays(GL_TRIANGLES, GLint(6 * first), GLsizei(6 * (end - first)));
  }
}

}  // namespace gs
