// The colours of the look, one table for renderer, panels, window and tests. One meaning, one colour: amber = guided,
// teal = the tilted law; classes avoid both and red.
#pragma once
#include <array>
#include <cstdint>

#include "session/view.h"

namespace gs {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};
constexpr Rgb rgb(std::uint32_t hex) { return {std::uint8_t(hex >> 16), std::uint8_t(hex >> 8), std::uint8_t(hex)}; }

struct Palette {
  Rgb canvas, panel, card;
  Rgb text, secondary, line;
  Rgb guided, tilted;
  Rgb warning;                 // errors and blown-up particles only
  std::array<Rgb, 5> classes;  // beyond five they repeat with another marker shape
  Rgb other;                   // other, off, past
  double strokes = 1;          // factor on line widths and point sizes
};
const Palette& palette(Theme);
// Marker shapes go with classes: class k has colour k % 5 and shape k % 6 (disc, square, diamond, triangle, cross,
// ring).
Rgb classColor(Theme, int label);
double contrastRatio(Rgb a, Rgb b);  // WCAG 2, 1..21

}  // namespace gs
