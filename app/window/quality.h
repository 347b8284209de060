// How much is drawn while something moves. On software OpenGL polylines are most of a frame (30 ms for 2000 of them),
// so they are thinned until frames fit; at rest everything is drawn.
#pragma once
#include "render/renderer.h"

namespace gs {

class AdaptiveQuality {
 public:
  explicit AdaptiveQuality(bool softwareGl) : software_(softwareGl), paths_(softwareGl ? kStartPaths : kAll) {}
  Quality next(bool moving) const;
  // The time one frame took from its start to its swap. Frames at rest say nothing about moving ones.
  void measured(double frameMs, bool moving);

 private:
  static constexpr int kStartPaths = 150, kMinPaths = 50, kAll = 20000;
  bool software_;
  int paths_;
  double mean_ = 0;
  int frames_ = 0;
};

}  // namespace gs
