// Where panels, picture and time line are, from sizes alone.
#pragma once
#include <vector>

#include "ui.h"

namespace gs::ui {

struct Layout {
  PixelRect left, right;                             // empty (width 0) when closed
  bool leftIsDrawer = false, rightIsDrawer = false;  // over the picture, pulled out from a rail
  PixelRect leftRail, rightRail;                     // the strip that opens a drawer; empty where there is none
  PixelRect picture, timeline;
  bool timelineThin = false;
  std::vector<PixelRect> panes;
};

// Panels keep their width and the picture takes the rest; where it would get under 40 % of the width the right panel,
// then the left one, becomes a drawer.
Layout layOut(int width, int height, double em, const UiState&, int panes);

}  // namespace gs::ui
