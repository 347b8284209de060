// What the program knows about every shape of a weight over time: the tooltips of the panel, `list curves` and the
// README's table.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "diffusion/guidance.h"

namespace gs {

struct CurveInfo {
  CurveKind kind;
  std::string_view formula;  // the multiplier m; the progress tau = 1 - t runs from the noise (0) to the data (1)
  std::string_view area;     // its mean over tau, which "Same area" divides by
  std::string_view paper;    // arXiv; empty: of no paper
  std::string_view look;     // what to point at
};
// One for every kind, in their order.
const CurveInfo& curveInfo(CurveKind);
// Its own parameters with range and default, as "power 0.1..8 (1)".
std::vector<std::string> curveParameters(CurveKind);
// Several lines, for a tooltip.
std::string curveHelp(CurveKind);
std::string curveTableMarkdown();

}  // namespace gs
