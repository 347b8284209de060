// Text for cairo, as the renderer writes it: Inter, and DejaVu Sans for what it lacks; digits of one width; the markup
// ^{raised} and _{lowered}; a combining circumflex is drawn as a hat. In PDF the text can be searched and copied.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "render/palette.h"

typedef struct _cairo cairo_t;

namespace gs {

struct WordStyle {
  double size = 10;  // of the em, in the units of the cairo context
  Rgb color;
  double alpha = 1;
  bool bold = false;
};

class Words {
 public:
  Words();  // throws OutputError when a font cannot be read
  ~Words();
  double width(std::string_view utf8, const WordStyle&) const;
  // From `x` to the right; y is the baseline, downwards. Returns the advance.
  double draw(cairo_t*, double x, double y, std::string_view utf8, const WordStyle&) const;
  static double capHeight(double size) { return 0.727 * size; }

 private:
  struct Faces;
  double run(cairo_t*, double x, double y, std::string_view, const WordStyle&) const;
  std::unique_ptr<Faces> faces_;
};

}  // namespace gs
