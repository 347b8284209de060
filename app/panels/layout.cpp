#include "layout.h"

#include <algorithm>
#include <cmath>

namespace gs::ui {
namespace {

constexpr double kPanel = 22, kRail = 2, kTimeline = 13, kThin = 2.7;  // font sizes
constexpr double kPictureShare = 0.4;

}  // namespace

Layout layOut(int width, int height, double em, const UiState& state, int panes) {
  const auto px = [em](double ems) { return int(std::lround(ems * em)); };
  Layout out;
  const int panel = std::min(px(kPanel), std::max(1, width - px(kRail)));
  const auto fits = [&](int panels, int rails) {
    return width - panels * panel - rails * px(kRail) >= kPictureShare * width;
  };
  if (state.rightOpen) out.rightIsDrawer = !fits(state.leftOpen ? 2 : 1, 0);
  if (state.leftOpen)
    out.leftIsDrawer = !fits(out.rightIsDrawer || !state.rightOpen ? 1 : 2, out.rightIsDrawer ? 1 : 0);
  int x0 = 0, x1 = width;
  if (state.leftOpen) {
    out.left = {0, 0, panel, height};
    if (out.leftIsDrawer) {
      out.leftRail = {0, 0, px(kRail), height};
      x0 = px(kRail);
      out.left = state.leftDrawer ? PixelRect{x0, 0, panel, height} : PixelRect{};
    } else {
      x0 = panel;
    }
  }
  if (state.rightOpen) {
    out.right = {width - panel, 0, panel, height};
    if (out.rightIsDrawer) {
      out.rightRail = {width - px(kRail), 0, px(kRail), height};
      x1 = width - px(kRail);
      out.right = state.rightDrawer ? PixelRect{x1 - panel, 0, panel, height} : PixelRect{};
    } else {
      x1 = width - panel;
    }
  }
  // The curve takes a fifth of the height; where that is too little to edit it, the bar alone.
  out.timelineThin = state.timelineThin || height < px(24);
  const int bar = out.timelineThin ? px(kThin) : std::clamp(int(height * 0.24), px(9), px(kTimeline));
  const int top = std::max(1, height - bar);
  out.timeline = {x0, top, std::max(1, x1 - x0), height - top};
  out.picture = {x0, 0, std::max(1, x1 - x0), top};

  const int n = std::clamp(panes, 1, Session::kMaxPanes), line = std::max(1, px(0.12));
  const PixelRect& p = out.picture;
  // Three stand beside each other in a wide picture, one above the other in a tall one.
  const int columns = n == 4                                       ? 2
                      : p.width >= p.height * (n == 3 ? 1.2 : 0.8) ? n
                                                                   : 1,
            rows = (n + columns - 1) / columns;
  for (int i = 0; i < n; ++i) {
    const int cx = i % columns, cy = i / columns;
    const int left = (p.width + line) * cx / columns, right = (p.width + line) * (cx + 1) / columns - line;
    const int above = (p.height + line) * cy / rows, below = (p.height + line) * (cy + 1) / rows - line;
    out.panes.push_back({p.x + left, p.y + above, std::max(1, right - left), std::max(1, below - above)});
  }
  return out;
}

}  // namespace gs::ui
