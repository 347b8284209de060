#include "frame_times.h"

#include <algorithm>
#include <cmath>

namespace gs {

Spread spread(std::vector<float> v) {
  if (v.empty()) return {};
  std::sort(v.begin(), v.end());
  const auto at = [&](double q) { return double(v[std::size_t(std::ceil(q * double(v.size()))) - 1]); };
  return {at(.5), at(.95), v.back()};
}

}  // namespace gs
