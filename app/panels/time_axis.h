// Time t of a schedule against its noise level, as the engines place the steps.
#pragma once
#include <vector>

#include "diffusion/schedule.h"

namespace gs::ui {

class TimeAxis {
 public:
  explicit TimeAxis(const Schedule&);
  const std::vector<GridPoint>& grid() const { return grid_; }  // empty for an invalid schedule
  double ratioAt(double t) const;                               // sigma / alpha; may be infinite
  double timeAt(double ratio) const;                            // the inverse, 0..1
  int stepAt(double t) const;                                   // the grid point nearest to t

 private:
  Schedule schedule_;
  std::vector<GridPoint> grid_;
};

}  // namespace gs::ui
