// What the picture says in words: exactly the layers that are drawn, one entry a meaning.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "render/renderer.h"
#include "render/palette.h"

namespace gs {

enum class Swatch { Dot, Area, Dashes, Dots, Ramp, Line, Arrow };  // Dots: dashes as short as their gaps

struct LegendEntry {
  std::string text;  // with ^{raised} and _{lowered}
  Swatch swatch = Swatch::Dot;
  std::vector<Rgb> colors;  // several: side by side (Ramp: from the first to the last)
  std::vector<int> shapes;  // markers of Dot, one a colour; empty: discs
  bool warning = false;
  double length = 0;  // of Arrow, in the plane's units
};
// Those of laws, fields and marked particles (truth_layers.h).
void truthEntries(const Picture&, const View&, std::vector<LegendEntry>&);
// "tilted law p(x|A)^{1+ω} p(x)^{−ω}", as the first term that is on makes it.
std::string tiltedWords(const Picture&);
// `reach`: half the size of what is seen, in the plane's units. Where it is given, particles beyond it are counted,
// and said from one in a thousand.
std::vector<LegendEntry> legendEntries(const Picture&, const View&, std::optional<Vec2> reach = {});

// "2", "-0.5", "0.00": with this many decimals and a real minus sign.
std::string formatFixed(double value, int decimals);
// sigma/alpha with about three digits: "152", "80.0", "1.37", "0.021", "∞".
std::string formatRatio(double value);

// Round positions 1, 2 or 5 times a power of ten apart, at least `smallest` from each other.
struct Ticks {
  double first = 0, step = 1;
  int count = 0, decimals = 0;
};
Ticks niceTicks(double lo, double hi, double smallest);

}  // namespace gs
