// A small plot: axes with words and numbers, curves with their error bands, lines of known values.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "widgets.h"

namespace gs::ui {

struct PlotCurve {
  std::string name;  // in the key below the plot; empty: not there
  ImU32 color = 0;
  bool dashed = false;
  float width = 1.6f;         // points
  std::vector<double> x, y;   // y that is not finite leaves a gap
  std::vector<double> error;  // of y, half the band's height; empty: no band
};
struct PlotLevel {  // a horizontal line
  std::string name;
  ImU32 color = 0;
  double y = 0;
};
struct PlotSpec {
  std::string xWords, yWords;           // with units
  bool logX = false, mirrored = false;  // mirrored: larger x to the left
  bool logY = false;                    // y that is not above 0 leaves a gap
  std::vector<PlotCurve> curves;
  std::vector<PlotLevel> levels;
  double cursor = std::numeric_limits<double>::quiet_NaN();  // a vertical line in the text's colour
  double least = std::numeric_limits<double>::quiet_NaN();   // y never goes lower
};
// Over the full width of the card, `ems` high without its words and key.
void plotIn(const PlotSpec&, double ems);
// 1, 2 or 5 times a power of ten, at most about `most` steps over the range.
double niceStep(double range, int most);

}  // namespace gs::ui
