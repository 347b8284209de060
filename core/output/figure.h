// Figures for papers and slides: SVG and PDF whose axes, contours, paths, legend and text are vectors, or PNG at n dots
// an inch. What is too much for vectors (densities, many particles) is drawn by the renderer at those dots and laid in.
#pragma once
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "session/session.h"

namespace gs {

enum class FigureFormat { Svg, Pdf, Png };
std::optional<FigureFormat> figureFormat(std::string_view path);

// One direction of a grid of panels: a parameter and its values, "guidance.0.omega=0,1,2,4" or "time=1,.75,.5,.25,0".
struct FigureAxis {
  std::string path;
  std::vector<double> values;  // 1..12
  bool operator==(const FigureAxis&) const = default;
};
FigureAxis parseFigureAxis(std::string_view);  // throws SessionError

struct FigureStyle {
  double width = 3.25;   // inches of the whole figure; the height follows
  double font = 8;       // points
  double dpi = 300;      // of what is rasterised, and of PNG
  double aspect = 1.25;  // of a panel, width / height
  bool slide = false;    // thicker strokes
  bool transparent = false;
  int vectorPaths = 600;  // beyond this many, paths or particles are rasterised
};
FigureStyle paperStyle();  // a column of 3.25 in, 8 pt
FigureStyle slideStyle();  // 10 in, 18 pt

struct FigureExport {
  Session session;
  FigureStyle style;
  std::vector<FigureAxis> axes;  // at most 2: columns, then rows
  std::optional<int> pane;
  std::string path;
};
// Needs an OpenGL context current on this thread. Throws SessionError, OutputError, Stopped.
void exportFigure(const Engine&, const FigureExport&, std::stop_token stop = {});
// The file's bytes. The session inside is that of the export.
std::vector<std::byte> figureBytes(const Engine&, const FigureExport&, FigureFormat, std::stop_token stop = {});

}  // namespace gs
