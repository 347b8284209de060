// Text by FreeType: glyphs rasterised at exactly the size they are shown, in a quarter of a pixel of their place, kept
// in an atlas. Inter, and DejaVu Sans for what Inter lacks. Markup: ^{raised} and _{lowered}.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "gl/objects.h"
#include "render/sheet.h"

namespace gs {

enum class Font { Regular, SemiBold };

struct TextStyle {
  double size = 12;  // pixels of the em
  Ink color;
  Font font = Font::Regular;
};

class Text {
 public:
  Text();  // throws std::runtime_error when a font cannot be read
  ~Text();
  // Digits have one width, so that numbers stand in columns and do not tremble while they change.
  double width(std::string_view utf8, const TextStyle&);
  // The baseline is put on a whole pixel. Returns the advance.
  double draw(Sheet&, double x, double baseline, std::string_view utf8, const TextStyle&);
  static double capHeight(const TextStyle& s) { return 0.727 * s.size; }  // of Inter

  // The atlas with every glyph drawn so far; call after drawing and before painting.
  const gl::Texture& atlas();
  // Forgets the glyphs when there are too many sizes; only between two drawings.
  void trim();

 private:
  struct Faces;
  struct Glyph {
    int width = 0, height = 0, left = 0, top = 0, x = 0, y = 0;
  };
  struct Key {
    int face;
    unsigned glyph;
    int size, fraction;
    auto operator<=>(const Key&) const = default;
  };
  struct Place {
    int face;
    unsigned glyph;
    double advance, shift;
  };

  double run(Sheet*, double x, double baseline, std::string_view, const TextStyle&);
  Place place(char32_t, Font, double size);
  const Glyph& glyph(int face, unsigned index, double size, int fraction);

  std::unique_ptr<Faces> faces_;
  std::map<Key, Glyph> glyphs_;
  std::map<std::pair<char32_t, std::pair<int, int>>, Place> places_;
  std::vector<std::uint8_t> bitmap_;  // [row][kWidth]
  int rows_ = 0, shelfX_ = 0, shelfY_ = 0, shelfHeight_ = 0;
  bool changed_ = true;
  gl::Texture texture_;
};

}  // namespace gs
