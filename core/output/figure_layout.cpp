// Where everything of a figure lies, and what stands around its panels: axes, titles, the legend.
#include <algorithm>
#include <cmath>

#include "output/figure_painter.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

// The same meaning is said with and without its time, where panels differ in that.
std::string timeless(std::string text) {
  for (const std::string_view part : {"_{t}", " at t = 0"})
    if (const std::size_t at = text.find(part); at != text.npos) text.erase(at, part.size());
  return text;
}

char panelLetter(std::size_t number) { return char('a' + int(number % 26)); }

// Sets a parameter of a panel; "ω = 2".
std::string setParameter(Session& s, const std::string& path, double value) {
  setPath(s, path, numberText(value));
  const std::size_t dot = path.rfind('.');
  const std::string last = path.substr(dot == path.npos ? 0 : dot + 1);
  std::string number = numberText(value);
  if (number.starts_with('-')) number = "−" + number.substr(1);
  return (last == "omega" ? "ω" : last == "kappa" ? "κ" : last == "time" ? "t" : last) + " = " + number;
}

}  // namespace

FigurePainter::FigurePainter(const Engine& engine, const FigureExport& e, std::stop_token stop)
    : engine_(engine), e_(e), stop_(stop) {
  layOut();
}

double FigurePainter::stroke() const { return e_.style.slide ? 1.6 : std::clamp(panelHeight_ / 190, 0.6, 1.); }
double FigurePainter::markScale() const { return e_.style.slide ? 1.2 : std::clamp(panelHeight_ / 350, 0.35, 0.75); }
double FigurePainter::rasterRatio() const { return e_.style.dpi / kPointsPerInch * markScale(); }

void FigurePainter::layOut() {
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
        p.title = setParameter(p.session, e_.axes[0].path, column);
        if (!rows.path.empty()) p.title += ", " + setParameter(p.session, rows.path, row);
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
  makeLegend();
  layLegend((view().axes.visible ? 3.5 : 1.6) * f);
}

// One legend for all: what any panel has to say, once. What looks alike and is not the same (arrows of another scale,
// another matching) is of the panels that are named beside it.
void FigurePainter::makeLegend() {
  if (!view().axes.legend) return;
  struct Entry {
    LegendEntry entry;
    std::string panels;  // "ac"
  };
  std::vector<Entry> all;
  for (std::size_t i = 0; i < panels_.size(); ++i)
    for (LegendEntry& entry : legendEntries(panels_[i].picture, panels_[i].session.view)) {
      const auto known = std::find_if(all.begin(), all.end(), [&](const Entry& l) {
        return timeless(l.entry.text) == timeless(entry.text) && l.entry.swatch == entry.swatch &&
               std::abs(l.entry.length - entry.length) <= 1e-9 * entry.length;
      });
      if (known == all.end()) {
        all.push_back({std::move(entry), std::string(1, panelLetter(i))});
        continue;
      }
      known->panels += panelLetter(i);
      if (known->entry.text.size() < entry.text.size()) known->entry = std::move(entry);
    }
  for (const Entry& e : all) {
    LegendEntry entry = e.entry;
    const auto rivals = std::count_if(all.begin(), all.end(), [&](const Entry& o) {
      return o.entry.swatch == entry.swatch && o.entry.colors == entry.colors && o.entry.shapes == entry.shapes;
    });
    if (e.panels.size() < panels_.size() && rivals > 1) {
      std::string names;
      for (const char c : e.panels) names += (names.empty() ? "" : ", ") + std::string(1, c);
      entry.text = names + ": " + entry.text;
    }
    legend_.push_back(std::move(entry));
  }
}

void FigurePainter::layLegend(double below) {
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

double FigurePainter::swatch(const LegendEntry& e) const {
  if (e.colors.empty()) return 0;
  if (e.swatch == Swatch::Dot) return (0.4 + 0.75 * double(e.colors.size())) * font();
  return e.swatch == Swatch::Arrow ? arrowLength(e) + 0.5 * font() : 1.9 * font();
}

// As long as it is in the panels, where that leaves room for words.
double FigurePainter::arrowLength(const LegendEntry& e) const {
  const double length = e.length * panelHeight_ / view().camera.height;
  return length > 0 ? std::min(length, 6 * font()) : 1.4 * font();
}

void FigurePainter::drawAxes(const Panel& p, int number) {
  if (!p.session.view.axes.visible) return;
  const double f = font(), tick = 0.35 * f;
  const Camera& c = p.session.view.camera;
  const Vec2 half(0.5 * c.height * panelWidth_ / panelHeight_, 0.5 * c.height);
  const double perUnit = panelHeight_ / c.height;
  const WordStyle style{.size = 0.92 * f, .color = colors().text};
  // Shared axes: numbers on the left and at the bottom of the grid only.
  const bool first = number % columns_ == 0, last = number + columns_ >= int(panels_.size());
  const auto mark = [&](bool horizontal) {
    const double lo = horizontal ? c.center.x - half.x : c.center.y - half.y,
                 hi = horizontal ? c.center.x + half.x : c.center.y + half.y;
    Ticks ticks = niceTicks(lo, hi, 2.4 * f / perUnit);
    // One number gives no scale: in a small panel they stand closer, where they have room.
    if (ticks.count < 3) {
      const Ticks closer = niceTicks(lo, hi, 1.5 * f / perUnit);
      double widest = 0;
      for (int i = 0; horizontal && i < closer.count; ++i)
        widest = std::max(widest, words_.width(formatFixed(closer.first + i * closer.step, closer.decimals), style));
      if (widest + 0.4 * f <= closer.step * perUnit) ticks = closer;
    }
    for (int i = 0; i < ticks.count; ++i) {
      const double v = ticks.first + i * ticks.step;
      const Vec2 at = place(p, horizontal ? Vec2(v, c.center.y - half.y) : Vec2(c.center.x - half.x, v));
      setInk(colors().text);
      cairo_set_line_width(cairo_, 0.6 * stroke());
      cairo_move_to(cairo_, at.x, at.y);
      cairo_rel_line_to(cairo_, horizontal ? 0 : tick, horizontal ? -tick : 0);
      cairo_stroke(cairo_);
      const std::string text = formatFixed(v, ticks.decimals);
      const double wide = words_.width(text, style);
      if (horizontal && last && at.x - 0.5 * wide > p.left - 0.3 * f &&
          at.x + 0.5 * wide < std::min(p.left + panelWidth_ + f, width()))
        words_.draw(cairo_, at.x - 0.5 * wide, at.y + 1.15 * f, text, style);
      if (!horizontal && first && at.y > p.top + 1.6 * f)  // below the axis' name
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

void FigurePainter::drawTitle(const Panel& p, std::size_t number) {
  if (panels_.size() < 2) return;
  const double f = font();
  WordStyle style{.size = f, .color = colors().text, .bold = true};
  const std::string label(1, panelLetter(number));
  const double baseline = p.top - 0.4 * f;
  const double at = p.left + words_.draw(cairo_, p.left, baseline, label, style) + 0.6 * f;
  style.bold = false;
  const double room = p.left + panelWidth_ - at, wide = words_.width(p.title, style);
  if (wide > room) style.size *= room / wide;
  words_.draw(cairo_, at, baseline, p.title, style);
}

void FigurePainter::drawLegend() {
  const double f = font();
  for (std::size_t i = 0; i < legend_.size(); ++i) {
    const LegendEntry& e = legend_[i];
    const Vec2 at = places_[i];
    const double middle = at.y - 0.36 * f;
    for (std::size_t k = 0; k < e.colors.size(); ++k) {
      const double n = double(e.colors.size());
      if (e.swatch == Swatch::Dot) {
        drawDot({at.x + (0.4 + 0.75 * double(k)) * f, middle}, 0.56 * f, e.colors[k], isDiamond(e, k));
      } else if (e.swatch == Swatch::Arrow) {
        setInk(e.colors[k]);
        drawArrow({at.x, middle}, {arrowLength(e), 0}, 0.9 * stroke(), 4 * stroke());
      } else if (e.swatch == Swatch::Line) {
        setInk(e.colors[k]);
        cairo_set_line_width(cairo_, 1.1 * stroke());
        cairo_move_to(cairo_, at.x, middle);
        cairo_rel_line_to(cairo_, 1.5 * f, 0);
        cairo_stroke(cairo_);
      } else if (e.swatch == Swatch::Dashes || e.swatch == Swatch::Dots) {
        const bool dots = e.swatch == Swatch::Dots;
        const double dashes[] = {(dots ? 1.8 : 3.6) * stroke(), (dots ? 1.8 : 2.2) * stroke()};
        cairo_set_dash(cairo_, dashes, 2, 0);
        setInk(e.colors[k]);
        cairo_set_line_width(cairo_, 1.1 * stroke());
        cairo_move_to(cairo_, at.x, middle);
        cairo_rel_line_to(cairo_, 1.5 * f, 0);
        cairo_stroke(cairo_);
        cairo_set_dash(cairo_, nullptr, 0, 0);
      } else {
        cairo_rectangle(cairo_, at.x + double(k) * 1.4 * f / n, middle - 0.36 * f, 1.4 * f / n, 0.72 * f);
        setInk(e.colors[k]);
        cairo_fill(cairo_);
      }
    }
    WordStyle style{.size = f, .color = e.warning ? colors().warning : colors().text};
    // What is wider than the figure is smaller.
    const double room = width() - at.x - swatch(e) - 0.3 * f, wide = words_.width(e.text, style);
    if (wide > room) style.size *= room / wide;
    words_.draw(cairo_, at.x + swatch(e), at.y, e.text, style);
  }
}

}  // namespace gs
