#include "time_axis.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace gs::ui {

TimeAxis::TimeAxis(const Schedule& s) : schedule_(s) {
  try {
    grid_ = timeGrid(s);
  } catch (const std::invalid_argument&) {
    // The results panel shows the fault; the axis goes by the schedule's continuous form.
  }
}

// EDM's t is the place among the steps whatever their grid, so levels between two steps are interpolated.
double TimeAxis::ratioAt(double t) const {
  t = std::clamp(t, 0.0, 1.0);
  if (schedule_.kind != ScheduleKind::Edm || grid_.size() < 2) return levelAt(schedule_, t).ratio();
  const double at = (1 - t) * double(grid_.size() - 1);
  const std::size_t i = std::min(std::size_t(at), grid_.size() - 2);
  const double f = at - double(i), a = grid_[i].ratio, b = grid_[i + 1].ratio;
  if (b <= 0 || !std::isfinite(a)) return a + (b - a) * f;
  return a * std::pow(b / a, f);
}

double TimeAxis::timeAt(double ratio) const {
  double lo = 0, hi = 1;  // ratioAt grows with t
  for (int i = 0; i < 50; ++i) {
    const double mid = (lo + hi) / 2;
    (ratioAt(mid) < ratio ? lo : hi) = mid;
  }
  return (lo + hi) / 2;
}

int TimeAxis::stepAt(double t) const {
  int best = 0;
  for (int i = 1; i < int(grid_.size()); ++i)
    if (std::abs(grid_[std::size_t(i)].t - t) < std::abs(grid_[std::size_t(best)].t - t)) best = i;
  return best;
}

}  // namespace gs::ui
