// A figure on its way to paper: what it shows is computed and laid out when this is made, and painted with cairo in
// points of 1/72 inch.
#pragma once
#include <cairo.h>

#include <span>
#include <string>
#include <vector>

#include "output/figure.h"
#include "output/studio.h"
#include "output/words.h"
#include "render/legend.h"

namespace gs {

struct CairoDone {
  void operator()(cairo_t* c) const { cairo_destroy(c); }
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
};
using CairoPtr = std::unique_ptr<cairo_t, CairoDone>;
using SurfacePtr = std::unique_ptr<cairo_surface_t, CairoDone>;

class FigurePainter {
 public:
  static constexpr double kPointsPerInch = 72;

  // Needs an OpenGL context current. Throws SessionError for what does not fit, and what Darkroom::develop throws.
  FigurePainter(const Engine&, const FigureExport&, std::stop_token);
  double width() const { return e_.style.width * kPointsPerInch; }
  double height() const { return height_; }
  void paint(cairo_t*);

 private:
  // Everything of one panel that is known before it is drawn.
  struct Panel {
    Session session;
    int pane = 0;
    Picture picture;
    std::string title;
    double left = 0, top = 0;  // points
  };

  // Layout (figure_layout.cpp).
  void layOut();
  void makeLegend();
  void layLegend(double below);
  double swatch(const LegendEntry&) const;  // how wide it is
  double arrowLength(const LegendEntry&) const;
  const View& view() const { return panels_[0].session.view; }
  const Palette& colors() const { return palette(view().theme); }
  double font() const { return e_.style.font; }
  double stroke() const;       // factor on line widths, which are points: those of small panels are thinner
  double markScale() const;    // points of the figure in one of the screen
  double rasterRatio() const;  // pixels in a point of the screen
  void drawAxes(const Panel&, int number);
  void drawTitle(const Panel&, std::size_t number);
  void drawLegend();

  // What a panel shows (figure_panel.cpp).
  void drawPanel(const Panel&, std::size_t number);
  void layRaster(const Panel&, const View& layers, bool transparent);
  bool vectorPaths(const Panel&) const;
  bool vectorParticles(const Panel&) const;
  void drawPaths(const Panel&);
  void drawParticles(const Panel&);
  // Level lines at a level of noise; dashes and gaps in points, none for a line without gaps.
  void drawContours(const Panel&, const FieldGrid&, std::span<const float> values, std::span<const float> levels,
                    NoiseLevel, Rgb, double dash, double gap);
  void drawLaws(const Panel&);
  void drawReward(const Panel&);
  void drawMatching(const Panel&);
  void drawRecord(const Panel&);
  void drawStreams(const Panel&);
  void drawArrows(const Panel&);
  static bool isDiamond(const LegendEntry&, std::size_t dot);
  void drawDot(Vec2 at, double diameter, Rgb, bool diamond = false);  // `at` in points of the figure
  // One of the current ink from `tail` along `vector`, in points of the figure, with its head at the end of it.
  void drawArrow(Vec2 tail, Vec2 vector, double width, double head);
  Vec2 place(const Panel&, Vec2 data) const;
  void trace(const Panel&, std::span<const Vec2> points, double norm);
  void tracePath(const Panel&, std::span<const Vec2> points);  // without points that could not be seen in print
  bool outside(const Panel&, std::span<const Vec2> points) const;
  void setInk(Rgb, double alpha = 1);

  const Engine& engine_;
  const FigureExport& e_;
  std::stop_token stop_;
  Words words_;
  std::vector<Panel> panels_;
  std::vector<LegendEntry> legend_;
  std::vector<Vec2> places_;  // of the legend's entries: left end of the baseline
  std::vector<std::vector<std::uint32_t>> rasters_;
  std::unique_ptr<Renderer> renderer_;
  cairo_t* cairo_ = nullptr;
  int columns_ = 1, rows_ = 1, pixelsWide_ = 0, pixelsHigh_ = 0;
  double left_ = 0, panelWidth_ = 0, panelHeight_ = 0, title_ = 0, bottom_ = 0, height_ = 0;
};

}  // namespace gs
