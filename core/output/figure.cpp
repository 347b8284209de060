#include "output/figure.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "output/files.h"
#include "output/provenance.h"
#include "output/studio.h"
#include "output/words.h"
#include "render/color.h"
#include "render/contours.h"
#include "render/cursor.h"
#include "render/legend.h"
#include "render/offscreen.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

constexpr double kPointsPerInch = 72;

struct CairoDone {
  void operator()(cairo_t* c) const { cairo_destroy(c); }
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
};
using CairoPtr = std::unique_ptr<cairo_t, CairoDone>;
using SurfacePtr = std::unique_ptr<cairo_surface_t, CairoDone>;

void setInk(cairo_t* c, Rgb rgb, double alpha = 1) {
  cairo_set_source_rgba(c, rgb.r / 255., rgb.g / 255., rgb.b / 255., alpha);
}

Rgb mixed(Rgb a, Rgb b, double s) {
  const auto channel = [&](int x, int y) { return std::uint8_t(std::lround(x + s * (y - x))); };
  return {channel(a.r, b.r), channel(a.g, b.g), channel(a.b, b.b)};
}

// Everything of one panel that is known before it is drawn.
struct Panel {
  Session session;
  int pane = 0;
  Picture picture;
  std::string title;
  double left = 0, top = 0;  // points
};

class FigurePainter {
 public:
  FigurePainter(const Engine& engine, const FigureExport& e, std::stop_token stop)
      : engine_(engine), e_(e), stop_(stop) {
    layOut();
  }

  double width() const { return e_.style.width * kPointsPerInch; }
  double height() const { return height_; }

  void paint(cairo_t* cairo) {
    cairo_ = cairo;
    cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
    if (!e_.style.transparent) {
      setInk(cairo_, colors().canvas);
      cairo_paint(cairo_);
    }
    for (std::size_t i = 0; i < panels_.size(); ++i) drawPanel(panels_[i], i);
    drawLegend();
  }

  const Palette& colors() const { return palette(view().theme); }

 private:
  const View& view() const { return panels_[0].session.view; }
  double font() const { return e_.style.font; }
  // Factor on line widths, which are points: those of small panels are thinner.
  double stroke() const { return e_.style.slide ? 1.6 : std::clamp(panelHeight_ / 190, 0.6, 1.); }

  void layOut() {
    const FigureStyle& s = e_.style;
    if (e_.axes.size() > 2) throw SessionError("a figure has at most two directions: columns and rows");
    if (!(s.width >= 0.5 && s.width <= 60 && s.font >= 3 && s.font <= 100 && s.dpi >= 36 && s.dpi <= 1200))
      throw SessionError("a figure is 0.5 to 60 inches wide, with fonts of 3 to 100 points and 36 to 1200 dpi");
    Session base = e_.session;
    if (base.view.theme == Theme::Dark || base.view.theme == Theme::HighContrast)
      base.view.theme = s.slide ? Theme::Projector : Theme::Light;
    if (e_.axes.empty()) {
      for (int i = 0; i < int(base.panes.size()); ++i)
        if (!e_.pane || *e_.pane == i) panels_.push_back({base, i, {}, {}, 0, 0});
      columns_ = int(panels_.size());
    } else {
      const FigureAxis none{{}, {0}};
      const FigureAxis& rows = e_.axes.size() > 1 ? e_.axes[1] : none;
      columns_ = int(e_.axes[0].values.size());
      for (const double row : rows.values)
        for (const double column : e_.axes[0].values) {
          Panel p{base, e_.pane.value_or(0), {}, {}, 0, 0};
          p.title = set(p.session, e_.axes[0].path, column);
          if (!rows.path.empty()) p.title += ", " + set(p.session, rows.path, row);
          panels_.push_back(std::move(p));
        }
      // A single strip of many is folded.
      if (e_.axes.size() == 1 && columns_ > 4 && s.width < 6) columns_ = (columns_ + 1) / 2;
    }
    if (panels_.empty()) throw SessionError("a figure needs a panel");
    const double f = font(), gap = 0.9 * f;
    left_ = 2.5 * f;
    rows_ = (int(panels_.size()) + columns_ - 1) / columns_;
    panelWidth_ = (width() - left_ - 0.5 * f - gap * (columns_ - 1)) / columns_;
    if (panelWidth_ < 3 * f) throw SessionError("the figure is too narrow for " + std::to_string(columns_) + " panels");
    panelHeight_ = panelWidth_ / s.aspect;
    title_ = panels_.size() > 1 ? 1.5 * f : 0.5 * f;
    for (std::size_t i = 0; i < panels_.size(); ++i) {
      panels_[i].left = left_ + double(int(i) % columns_) * (panelWidth_ + gap);
      panels_[i].top = title_ + double(int(i) / columns_) * (panelHeight_ + title_ + 0.5 * f);
    }
    bottom_ = panels_.back().top + panelHeight_;
    pixelsWide_ = std::max(16, int(std::lround(panelWidth_ / kPointsPerInch * s.dpi)));
    pixelsHigh_ = std::max(16, int(std::lround(panelHeight_ / kPointsPerInch * s.dpi)));
    Darkroom darkroom(engine_);
    for (Panel& p : panels_) {
      if (stop_.stop_requested()) throw Stopped();
      p.picture = darkroom.develop(p.session, p.pane, pixelsWide_, pixelsHigh_, rasterRatio(), stop_);
    }
    // One legend for all: what any panel has to say, once.
    for (const Panel& p : panels_)
      for (LegendEntry& entry : legendEntries(p.picture, p.session.view))
        if (const auto known =
                std::find_if(legend_.begin(), legend_.end(),
                             [&](const LegendEntry& l) { return timeless(l.text) == timeless(entry.text); });
            known == legend_.end())
          legend_.push_back(std::move(entry));
        else if (known->text.size() < entry.text.size())
          *known = std::move(entry);
    if (!view().axes.legend) legend_.clear();
    layLegend((view().axes.visible ? 3.5 : 1.6) * f);
  }

  // The same meaning is said with and without its time, where panels differ in that.
  static std::string timeless(std::string text) {
    for (const std::string_view part : {"_{t}", " at t = 0"})
      if (const std::size_t at = text.find(part); at != text.npos) text.erase(at, part.size());
    return text;
  }

  // Sets a parameter of a panel; "ω = 2".
  static std::string set(Session& s, const std::string& path, double value) {
    setPath(s, path, numberText(value));
    const std::size_t dot = path.rfind('.');
    const std::string last = path.substr(dot == path.npos ? 0 : dot + 1);
    std::string number = numberText(value);
    if (number.starts_with('-')) number = "−" + number.substr(1);
    return (last == "omega" ? "ω" : last == "kappa" ? "κ" : last == "time" ? "t" : last) + " = " + number;
  }

  void layLegend(double below) {
    const WordStyle style{.size = font()};
    double x = 0, y = bottom_ + below;
    for (const LegendEntry& entry : legend_) {
      const double wide = swatch(entry) + words_.width(entry.text, style);
      if (x > 0 && x + wide > width() - left_) x = 0, y += 1.45 * font();
      places_.push_back({left_ + x, y});
      x += wide + 1.4 * font();
    }
    height_ = (legend_.empty() ? bottom_ + 2.1 * font() : y + 0.6 * font());
  }
  double swatch(const LegendEntry& e) const {
    return (e.colors.empty() ? 0 : e.swatch == Swatch::Dot ? 0.4 + 0.75 * double(e.colors.size()) : 1.9) * font();
  }

  // ---- a panel -----------------------------------------------------------------------------------------------------
  Vec2 place(const Panel& p, Vec2 data) const {
    const Camera& c = p.session.view.camera;
    const double scale = panelHeight_ / c.height;
    return {p.left + 0.5 * panelWidth_ + (data.x - c.center.x) * scale,
            p.top + 0.5 * panelHeight_ - (data.y - c.center.y) * scale};
  }

  // The renderer's picture of some layers, as an image over the panel.
  void layRaster(const Panel& p, const View& layers, bool transparent) {
    if (!renderer_) renderer_ = std::make_unique<Renderer>();
    Image image{pixelsWide_, pixelsHigh_,
                renderToRgba(*renderer_, p.picture, layers, pixelsWide_, pixelsHigh_, rasterRatio())};
    if (transparent) makeTransparent(image, colors().canvas);
    std::vector<std::uint32_t> pixels(std::size_t(pixelsWide_) * std::size_t(pixelsHigh_));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const std::uint8_t* q = &image.rgba[4 * i];
      const auto pre = [&](int c) { return std::uint32_t((q[c] * q[3] + 127) / 255); };
      pixels[i] = (std::uint32_t(q[3]) << 24) | (pre(0) << 16) | (pre(1) << 8) | pre(2);
    }
    // cairo copies what a vector file embeds only when the file is finished.
    rasters_.push_back(std::move(pixels));
    const SurfacePtr surface(cairo_image_surface_create_for_data(
        reinterpret_cast<unsigned char*>(rasters_.back().data()),
        transparent ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24, pixelsWide_, pixelsHigh_, pixelsWide_ * 4));
    cairo_save(cairo_);
    cairo_translate(cairo_, p.left, p.top);
    cairo_scale(cairo_, panelWidth_ / pixelsWide_, panelHeight_ / pixelsHigh_);
    cairo_set_source_surface(cairo_, surface.get(), 0, 0);
    cairo_paint(cairo_);
    cairo_restore(cairo_);
  }

  // Pixels a point of the screen, which is smaller than one of print.
  double rasterRatio() const { return e_.style.dpi / kPointsPerInch * markScale(); }
  double markScale() const { return e_.style.slide ? 1.2 : std::clamp(panelHeight_ / 350, 0.35, 0.75); }

  static bool vectorTarget(const Panel& p) {
    const auto& t = p.picture.target;
    return t && t->absent.empty() && p.session.view.target.visible &&
           p.session.view.target.shape == LawShape::Contours && !p.session.view.target.atCursor;
  }
  bool vectorPaths(const Panel& p) const {
    const View& v = p.session.view;
    return v.trajectories.visible && p.picture.frame && p.picture.frame->rows() > 1 &&
           std::min(v.trajectories.count, p.picture.frame->particles) <= e_.style.vectorPaths;
  }
  bool vectorParticles(const Panel& p) const {
    const View& v = p.session.view;
    return v.particles.visible && p.picture.frame && p.picture.frame->particles <= e_.style.vectorPaths &&
           v.particles.color == ParticleColor::Guided;
  }

  void drawPanel(const Panel& p, std::size_t number) {
    if (stop_.stop_requested()) throw Stopped();
    const double f = font();
    cairo_save(cairo_);
    cairo_rectangle(cairo_, p.left, p.top, panelWidth_, panelHeight_);
    cairo_clip(cairo_);
    View under = p.session.view;
    under.axes.visible = false;
    const bool contours = vectorTarget(p);
    if (contours) under.target.visible = false;
    const bool paths = vectorPaths(p), particles = vectorParticles(p);
    if (paths) under.trajectories.visible = false;
    View over = under;
    // What lies above vector paths must not be painted below them.
    if (paths || particles) under.particles.visible = false;
    layRaster(p, under, e_.style.transparent);
    if (paths) drawPaths(p);
    if (particles) {
      drawParticles(p);
    } else if (paths && over.particles.visible) {
      View only = over;
      only.density.visible = only.guidedDensity.visible = only.reward.visible = only.trajectories.visible = false;
      only.target.visible = only.own.visible = only.heat.visible = only.arrows.visible = only.streams.visible = false;
      layRaster(p, only, true);
    }
    if (contours) drawContours(p);
    cairo_restore(cairo_);

    setInk(cairo_, colors().text);
    cairo_set_line_width(cairo_, 0.6 * stroke());
    cairo_rectangle(cairo_, p.left, p.top, panelWidth_, panelHeight_);
    cairo_stroke(cairo_);
    drawAxes(p, int(number));
    if (panels_.size() > 1) {
      WordStyle style{.size = f, .color = colors().text, .bold = true};
      const std::string label(1, char('a' + int(number % 26)));
      const double baseline = p.top - 0.4 * f;
      const double at = p.left + words_.draw(cairo_, p.left, baseline, label, style) + 0.6 * f;
      style.bold = false;
      const double room = p.left + panelWidth_ - at, wide = words_.width(p.title, style);
      if (wide > room) style.size *= room / wide;
      words_.draw(cairo_, at, baseline, p.title, style);
    }
  }

  void drawAxes(const Panel& p, int number) {
    if (!p.session.view.axes.visible) return;
    const double f = font(), tick = 0.35 * f;
    const Camera& c = p.session.view.camera;
    const Vec2 half(0.5 * c.height * panelWidth_ / panelHeight_, 0.5 * c.height);
    const double smallest = 2.4 * f * c.height / panelHeight_;
    const WordStyle style{.size = 0.92 * f, .color = colors().text};
    // Shared axes: numbers on the left and at the bottom of the grid only.
    const bool first = number % columns_ == 0, last = number + columns_ >= int(panels_.size());
    const auto mark = [&](bool horizontal) {
      const double lo = horizontal ? c.center.x - half.x : c.center.y - half.y,
                   hi = horizontal ? c.center.x + half.x : c.center.y + half.y;
      const Ticks ticks = niceTicks(lo, hi, smallest);
      for (int i = 0; i < ticks.count; ++i) {
        const double v = ticks.first + i * ticks.step;
        const Vec2 at = place(p, horizontal ? Vec2(v, c.center.y - half.y) : Vec2(c.center.x - half.x, v));
        setInk(cairo_, colors().text);
        cairo_set_line_width(cairo_, 0.6 * stroke());
        cairo_move_to(cairo_, at.x, at.y);
        cairo_rel_line_to(cairo_, horizontal ? 0 : tick, horizontal ? -tick : 0);
        cairo_stroke(cairo_);
        const std::string text = formatFixed(v, ticks.decimals);
        const double wide = words_.width(text, style);
        if (horizontal && last && at.x - 0.5 * wide > p.left - 0.3 * f && at.x + 0.5 * wide < p.left + panelWidth_ + f)
          words_.draw(cairo_, at.x - 0.5 * wide, at.y + 1.15 * f, text, style);
        if (!horizontal && first)
          words_.draw(cairo_, at.x - 0.4 * f - wide, at.y + 0.5 * Words::capHeight(style.size), text, style);
      }
    };
    mark(true);
    mark(false);
    if (last) {
      const bool normalised = p.session.view.coordinates == Coordinates::Normalised;
      const std::string name = normalised ? "x_{1} / √(α^{2}+σ^{2})" : "x_{1}";
      if (number % columns_ == columns_ - 1 || number + 1 == int(panels_.size()))
        words_.draw(cairo_, p.left + panelWidth_ - words_.width(name, style), p.top + panelHeight_ + 2.05 * f, name,
                    style);
    }
    if (first) words_.draw(cairo_, p.left - 2.2 * f, p.top + 0.8 * f, "x_{2}", style);
  }

  void drawContours(const Panel& p) {
    const TargetField& t = *p.picture.target;
    for (const float level : t.contourLevels)
      for (const ContourLine& line : contourLines(t.grid, t.logDensity, level)) {
        if (line.points.size() < 2) continue;
        for (const bool casing : {true, false}) {
          trace(p, line.points, 1);
          if (line.closed) cairo_close_path(cairo_);
          const double dashes[] = {3.6 * stroke(), 2.2 * stroke()};
          cairo_set_dash(cairo_, dashes, casing ? 0 : 2, 0);
          setInk(cairo_, casing ? colors().canvas : colors().tilted, casing ? 0.55 : 1);
          cairo_set_line_width(cairo_, (casing ? 2.2 : 1.1) * stroke());
          cairo_stroke(cairo_);
        }
      }
    cairo_set_dash(cairo_, nullptr, 0, 0);
  }

  void trace(const Panel& p, std::span<const Vec2> points, double norm) {
    cairo_new_path(cairo_);
    for (const Vec2 v : points) {
      const Vec2 at = place(p, v / norm);
      cairo_line_to(cairo_, at.x, at.y);
    }
  }

  // Whether a piece lies all on one side of the panel.
  bool outside(const Panel& p, std::span<const Vec2> points) const {
    int sides = 15;
    for (const Vec2 v : points) {
      const Vec2 at = place(p, v);
      sides &= (at.x < p.left ? 1 : 0) | (at.x > p.left + panelWidth_ ? 2 : 0) | (at.y < p.top ? 4 : 0) |
               (at.y > p.top + panelHeight_ ? 8 : 0);
    }
    return sides != 0;
  }

  // Without the points that could not be seen in print.
  void tracePath(const Panel& p, std::span<const Vec2> points) {
    constexpr double kUnseen = 0.5;  // points
    Vec2 last = place(p, points[0]);
    cairo_new_path(cairo_);
    cairo_move_to(cairo_, last.x, last.y);
    for (std::size_t i = 1; i < points.size(); ++i) {
      const Vec2 at = place(p, points[i]);
      if (i + 1 < points.size() && glm::distance(at, last) < kUnseen) continue;
      cairo_line_to(cairo_, at.x, at.y);
      last = at;
    }
  }

  void drawPaths(const Panel& p) {
    const Frame& frame = *p.picture.frame;
    const TrajectoryLayer& layer = p.session.view.trajectories;
    const Cursor cursor = cursorAt(frame.grid, p.session.view.time);
    const int paths = std::min(layer.count, frame.particles), rows = frame.rows();
    std::vector<Vec2> points(std::size_t(paths) * std::size_t(rows));  // [path][row]
    for (int r = 0; r < rows; ++r) {
      const HostRow row = frame.read(r, paths);
      const double norm = shownNorm(frame.grid[std::size_t(frame.stepOf(r))].level, p.session.view.coordinates);
      for (int i = 0; i < paths; ++i) {
        const std::size_t at = std::size_t(i) * std::size_t(rows) + std::size_t(r);
        const float x = row[std::size_t(2 * i)], y = row[std::size_t(2 * i) + 1];
        // A path that leaves the numbers ends where it was last seen.
        points[at] = !blownUp(x, y) ? Vec2(x, y) / norm : r > 0 ? points[at - 1] : Vec2(0.0);
      }
    }
    // From grey at noise to the guided colour at data, in pieces of one colour.
    constexpr int kPieces = 6;
    cairo_set_line_width(cairo_, 0.45 * layer.width * stroke());
    const double opacity = 1 - std::pow(1 - layer.opacity, 1.8);
    for (int piece = 0; piece < kPieces; ++piece) {
      const int from = piece * (rows - 1) / kPieces, to = (piece + 1) * (rows - 1) / kPieces;
      if (to <= from) continue;
      const double middle = 0.5 * (from + to) / (rows - 1);
      const double fade = layer.timeColor ? middle * middle * (3 - 2 * middle) : 1;
      const bool past = frame.stepOf(from) < cursor.at() + 1e-3;
      setInk(cairo_, mixed(colors().other, colors().guided, fade), opacity * (0.4 + 0.6 * fade) * (past ? 1 : 0.22));
      for (int i = 0; i < paths; ++i) {
        if (outside(p, std::span(points).subspan(std::size_t(i * rows + from), std::size_t(to - from + 1)))) continue;
        tracePath(p, std::span(points).subspan(std::size_t(i * rows + from), std::size_t(to - from + 1)));
        cairo_stroke(cairo_);
      }
    }
  }

  void drawParticles(const Panel& p) {
    const Frame& frame = *p.picture.frame;
    const Cursor cursor = cursorAt(frame.grid, p.session.view.time);
    const int here = frame.rowBefore(cursor.step), next = std::min(here + 1, frame.rows() - 1);
    const int from = frame.stepOf(here), to = frame.stepOf(next);
    const double mix = to > from ? (cursor.at() - from) / (to - from) : 0;
    const HostRow a = frame.read(here), b = frame.read(next);
    const auto norm = [&](int step) {
      return shownNorm(frame.grid[std::size_t(step)].level, p.session.view.coordinates);
    };
    const double radius = 0.5 * p.session.view.particles.size * markScale();
    for (int i = 0; i < frame.particles; ++i) {
      const std::size_t k = std::size_t(2 * i);
      if (blownUp(a[k], a[k + 1]) || blownUp(b[k], b[k + 1])) continue;
      const Vec2 at = place(p, (1 - mix) * Vec2(a[k], a[k + 1]) / norm(from) + mix * Vec2(b[k], b[k + 1]) / norm(to));
      cairo_new_path(cairo_);
      cairo_arc(cairo_, at.x, at.y, radius, 0, 6.283185307179586);
      setInk(cairo_, colors().guided);
      cairo_fill_preserve(cairo_);
      setInk(cairo_, colors().canvas, 0.6);
      cairo_set_line_width(cairo_, 0.2 * stroke());
      cairo_stroke(cairo_);
    }
  }

  void drawLegend() {
    const double f = font();
    for (std::size_t i = 0; i < legend_.size(); ++i) {
      const LegendEntry& e = legend_[i];
      const Vec2 at = places_[i];
      const double middle = at.y - 0.36 * f;
      for (std::size_t k = 0; k < e.colors.size(); ++k) {
        const double n = double(e.colors.size());
        if (e.swatch == Swatch::Dot) {
          cairo_new_path(cairo_);
          cairo_arc(cairo_, at.x + (0.4 + 0.75 * double(k)) * f, middle, 0.28 * f, 0, 6.283185307179586);
          setInk(cairo_, e.colors[k]);
          cairo_fill(cairo_);
        } else if (e.swatch == Swatch::Dashes) {
          const double dashes[] = {3.6 * stroke(), 2.2 * stroke()};
          cairo_set_dash(cairo_, dashes, 2, 0);
          setInk(cairo_, e.colors[k]);
          cairo_set_line_width(cairo_, 1.1 * stroke());
          cairo_move_to(cairo_, at.x, middle);
          cairo_rel_line_to(cairo_, 1.5 * f, 0);
          cairo_stroke(cairo_);
          cairo_set_dash(cairo_, nullptr, 0, 0);
        } else {
          cairo_rectangle(cairo_, at.x + double(k) * 1.4 * f / n, middle - 0.36 * f, 1.4 * f / n, 0.72 * f);
          setInk(cairo_, e.colors[k]);
          cairo_fill(cairo_);
        }
      }
      words_.draw(cairo_, at.x + swatch(e), at.y, e.text,
                  {.size = f, .color = e.warning ? colors().warning : colors().text});
    }
  }

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

cairo_status_t appendBytes(void* to, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

void checkCairo(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw OutputError(std::string("the figure cannot be drawn: ") + cairo_status_to_string(status));
}

}  // namespace

std::optional<FigureFormat> figureFormat(std::string_view path) {
  if (path.ends_with(".svg")) return FigureFormat::Svg;
  if (path.ends_with(".pdf")) return FigureFormat::Pdf;
  if (path.ends_with(".png")) return FigureFormat::Png;
  return std::nullopt;
}

FigureAxis parseFigureAxis(std::string_view text) {
  const auto fail = [&](const std::string& what) {
    throw SessionError("'" + shown(text) + "': " + what + ", as in guidance.0.omega=0,1,2,4");
  };
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) fail("expected PATH=A,B,C");
  FigureAxis axis{std::string(text.substr(0, equals)), {}};
  if (axis.path == "time" || axis.path.starts_with("camera.")) axis.path.insert(0, "view.");
  for (std::string_view rest = text.substr(equals + 1);;) {
    const std::size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    double v = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), v);
    if (error != std::errc{} || end != one.data() + one.size() || !std::isfinite(v))
      fail("'" + shown(one) + "' is not a number");
    axis.values.push_back(v);
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (axis.values.size() > 12) fail("more than 12 values");
  return axis;
}

FigureStyle paperStyle() { return {}; }
FigureStyle slideStyle() {
  FigureStyle s;
  s.width = 10;
  s.font = 18;
  s.dpi = 192;
  s.slide = true;
  return s;
}

std::vector<std::byte> figureBytes(const Engine& engine, const FigureExport& e, FigureFormat format,
                                   std::stop_token stop) {
  FigurePainter painter(engine, e, stop);
  const std::string session = toJson(e.session);
  std::string bytes;
  if (format == FigureFormat::Png) {
    const double scale = e.style.dpi / kPointsPerInch;
    const int width = int(std::lround(painter.width() * scale)), height = int(std::lround(painter.height() * scale));
    const SurfacePtr surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height));
    checkCairo(cairo_surface_status(surface.get()));
    {
      const CairoPtr cairo(cairo_create(surface.get()));
      cairo_scale(cairo.get(), scale, scale);
      painter.paint(cairo.get());
      checkCairo(cairo_status(cairo.get()));
    }
    cairo_surface_flush(surface.get());
    Image image{width, height, {}};
    image.rgba.resize(std::size_t(width) * std::size_t(height) * 4);
    const unsigned char* data = cairo_image_surface_get_data(surface.get());
    const int stride = cairo_image_surface_get_stride(surface.get());
    for (int j = 0; j < height; ++j)
      for (int i = 0; i < width; ++i) {
        std::uint32_t p;
        std::memcpy(&p, data + std::ptrdiff_t(j) * stride + 4 * i, 4);
        std::uint8_t* to = &image.rgba[(std::size_t(j) * std::size_t(width) + std::size_t(i)) * 4];
        const std::uint32_t a = p >> 24;
        for (int c = 0; c < 3; ++c)
          to[c] = a ? std::uint8_t(std::min(255u, (((p >> (16 - 8 * c)) & 255) * 255 + a / 2) / a)) : 0;
        to[3] = std::uint8_t(a);
      }
    return encodePng(image, session);
  }
  {
    const bool pdf = format == FigureFormat::Pdf;
    const SurfacePtr surface(
        pdf ? cairo_pdf_surface_create_for_stream(appendBytes, &bytes, painter.width(), painter.height())
            : cairo_svg_surface_create_for_stream(appendBytes, &bytes, painter.width(), painter.height()));
    checkCairo(cairo_surface_status(surface.get()));
    if (pdf) {
      // 1.4 has no object streams, so that the subject can be read without decompressing.
      cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_4);
      cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, e.session.name.c_str());
      cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, "Guidescope " GS_VERSION);
      cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_SUBJECT, asciiJson(session).c_str());
    }
    const CairoPtr cairo(cairo_create(surface.get()));
    painter.paint(cairo.get());
    checkCairo(cairo_status(cairo.get()));
    cairo_surface_finish(surface.get());
    checkCairo(cairo_surface_status(surface.get()));
  }
  if (format == FigureFormat::Svg) {
    const std::size_t tag = bytes.find("<svg"), end = bytes.find('>', tag);
    if (tag == bytes.npos || end == bytes.npos) throw OutputError("the figure cannot be drawn: no SVG came of it");
    bytes.insert(end + 1, "\n<metadata id=\"guidescope-session\">" + xmlEscaped(session) + "</metadata>");
  }
  std::vector<std::byte> out(bytes.size());
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

void exportFigure(const Engine& engine, const FigureExport& e, std::stop_token stop) {
  const auto format = figureFormat(e.path);
  if (!format) throw SessionError(e.path + ": a figure's name ends in .svg, .pdf or .png");
  const std::vector<std::byte> bytes = figureBytes(engine, e, *format, stop);
  if (stop.stop_requested()) throw Stopped();
  writeFileAtomically(e.path, bytes);
}

}  // namespace gs
