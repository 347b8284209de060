#include "quality.h"

#include <algorithm>

namespace gs {
namespace {

constexpr double kTooSlowMs = 28, kQuickMs = 14;  // 30 answers a second need 33 ms, computing included
constexpr int kFramesToJudge = 8;

}  // namespace

Quality AdaptiveQuality::next(bool moving) const {
  if (!moving || paths_ >= kAll) return Quality::full();
  return {.trajectories = paths_, .everyNthStep = software_ || paths_ < 1000 ? 4 : 1};
}

void AdaptiveQuality::measured(double frameMs, bool moving) {
  if (!moving) {
    frames_ = 0;
    return;
  }
  mean_ = frames_ == 0 ? frameMs : mean_ + (frameMs - mean_) / std::min(frames_ + 1, kFramesToJudge);
  if (++frames_ < kFramesToJudge) return;
  if (mean_ > kTooSlowMs) {
    paths_ = std::max(kMinPaths, std::min(paths_, software_ ? paths_ : 2000) * 2 / 3);
    frames_ = 0;
  } else if (mean_ < kQuickMs && paths_ < kAll) {
    paths_ = std::min(kAll, paths_ * 3 / 2);
    frames_ = 0;
  }
}

}  // namespace gs
