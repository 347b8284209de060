// Files embedded in the program at build, by their path in the source tree below assets/ or by "shaders/...":
// "presets/two-modes.json", "shaders/points.vert", "fonts/Inter-Regular.otf".
#pragma once
#include <string_view>
#include <vector>

namespace gs {

std::string_view asset(std::string_view name);                      // throws std::out_of_range naming it
std::vector<std::string_view> assetNames(std::string_view prefix);  // sorted

}  // namespace gs
