#include "render/palette.h"

#include <algorithm>

#include "render/color.h"

namespace gs {
namespace {

// Class colours stay away from amber, teal and red and differ in lightness as well as in hue, so that they can be told
// apart without red-green vision (after Okabe and Ito).
const Palette dark = {
    .canvas = rgb(0x0E1116),
    .panel = rgb(0x11151B),
    .card = rgb(0x171C24),
    .text = rgb(0xE6EAF0),
    .secondary = rgb(0x9AA4B2),
    .line = rgb(0x262D38),
    .guided = rgb(0xF5A524),
    .tilted = rgb(0x2EC4B6),
    .warning = rgb(0xFF5C52),
    .classes = {rgb(0x56B4E9), rgb(0xD58AC0), rgb(0x5F7FEA), rgb(0xEBE36A), rgb(0xA89584)},
    .other = rgb(0x8A93A2),
    .strokes = 1,
};
const Palette light = {
    .canvas = rgb(0xFFFFFF),
    .panel = rgb(0xF6F7F9),
    .card = rgb(0xFFFFFF),
    .text = rgb(0x1A1F27),
    .secondary = rgb(0x5A6472),
    .line = rgb(0xDADFE6),
    .guided = rgb(0x9C5D00),
    .tilted = rgb(0x00756B),
    .warning = rgb(0xC4221B),
    .classes = {rgb(0x2E9BDA), rgb(0xA24C92), rgb(0x2A52BE), rgb(0x8C7B00), rgb(0x77695B)},
    .other = rgb(0x87909C),
    .strokes = 1,
};
const Palette projector = {
    .canvas = rgb(0xFFFFFF),
    .panel = rgb(0xFFFFFF),
    .card = rgb(0xFFFFFF),
    .text = rgb(0x000000),
    .secondary = rgb(0x333333),
    .line = rgb(0x888888),
    .guided = rgb(0xA85A00),
    .tilted = rgb(0x006B62),
    .warning = rgb(0xB4141E),
    .classes = {rgb(0x1286CC), rgb(0x92387F), rgb(0x1F3FA8), rgb(0x7D6C00), rgb(0x66574A)},
    .other = rgb(0x6E7681),
    .strokes = 1.8,
};
const Palette highContrast = {
    .canvas = rgb(0x000000),
    .panel = rgb(0x000000),
    .card = rgb(0x000000),
    .text = rgb(0xFFFFFF),
    .secondary = rgb(0xFFFFFF),
    .line = rgb(0xFFFFFF),
    .guided = rgb(0xFFB000),
    .tilted = rgb(0x00FFE0),
    .warning = rgb(0xFF5050),
    .classes = {rgb(0x66C4FF), rgb(0xEE9BD6), rgb(0x7C98FF), rgb(0xFFF780), rgb(0xC7B19C)},
    .other = rgb(0xA8B0BC),
    .strokes = 1.5,
};

double luminance(Rgb c) {
  const Linear l = toLinear(c);
  return 0.2126 * l.r + 0.7152 * l.g + 0.0722 * l.b;
}

}  // namespace

const Palette& palette(Theme theme) {
  switch (theme) {
    case Theme::Dark:
      return dark;
    case Theme::Light:
      return light;
    case Theme::Projector:
      return projector;
    case Theme::HighContrast:
      return highContrast;
  }
  return dark;
}

Rgb classColor(Theme theme, int label) {
  const auto& colors = palette(theme).classes;
  return colors[std::size_t(std::max(label, 0)) % colors.size()];
}

double contrastRatio(Rgb a, Rgb b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

}  // namespace gs
