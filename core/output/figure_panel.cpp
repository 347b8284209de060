// What a panel of a figure shows: vectors on top of what is drawn as an image.
#include <algorithm>
#include <cmath>

#include "output/figure_painter.h"
#include "render/contours.h"
#include "render/cursor.h"
#include "render/offscreen.h"
#include "render/truth_layers.h"

namespace gs {
namespace {

Rgb mixed(Rgb a, Rgb b, double s) {
  const auto channel = [&](int x, int y) { return std::uint8_t(std::lround(x + s * (y - x))); };
  return {channel(a.r, b.r), channel(a.g, b.g), channel(a.b, b.b)};
}

bool targetInLines(const Picture& picture, const View& view) {
  const auto& t = picture.target;
  return t && t->absent.empty() && view.target.visible && view.target.shape == LawShape::Contours &&
         !view.target.atCursor;
}

}  // namespace

void FigurePainter::setInk(Rgb c, double alpha) {
  cairo_set_source_rgba(cairo_, c.r / 255., c.g / 255., c.b / 255., alpha);
}

void FigurePainter::paint(cairo_t* cairo) {
  cairo_ = cairo;
  cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
  if (!e_.style.transparent) {
    setInk(colors().canvas);
    cairo_paint(cairo_);
  }
  for (std::size_t i = 0; i < panels_.size(); ++i) drawPanel(panels_[i], i);
  drawLegend();
}

Vec2 FigurePainter::place(const Panel& p, Vec2 data) const {
  const Camera& c = p.session.view.camera;
  const double scale = panelHeight_ / c.height;
  return {p.left + 0.5 * panelWidth_ + (data.x - c.center.x) * scale,
          p.top + 0.5 * panelHeight_ - (data.y - c.center.y) * scale};
}

void FigurePainter::layRaster(const Panel& p, const View& layers, bool transparent) {
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
  const SurfacePtr surface(cairo_image_surface_create_for_data(reinterpret_cast<unsigned char*>(rasters_.back().data()),
                                                               transparent ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24,
                                                               pixelsWide_, pixelsHigh_, pixelsWide_ * 4));
  cairo_save(cairo_);
  cairo_translate(cairo_, p.left, p.top);
  cairo_scale(cairo_, panelWidth_ / pixelsWide_, panelHeight_ / pixelsHigh_);
  cairo_set_source_surface(cairo_, surface.get(), 0, 0);
  cairo_paint(cairo_);
  cairo_restore(cairo_);
}

bool FigurePainter::vectorPaths(const Panel& p) const {
  const View& v = p.session.view;
  return v.trajectories.visible && p.picture.frame && p.picture.frame->rows() > 1 &&
         std::min(v.trajectories.count, p.picture.frame->particles) <= e_.style.vectorPaths;
}

bool FigurePainter::vectorParticles(const Panel& p) const {
  const View& v = p.session.view;
  return v.particles.visible && p.picture.frame && p.picture.frame->particles <= e_.style.vectorPaths &&
         v.particles.color == ParticleColor::Guided;
}

void FigurePainter::drawPanel(const Panel& p, std::size_t number) {
  if (stop_.stop_requested()) throw Stopped();
  cairo_save(cairo_);
  cairo_rectangle(cairo_, p.left, p.top, panelWidth_, panelHeight_);
  cairo_clip(cairo_);
  View under = p.session.view;
  under.axes.visible = false;
  const bool contours = targetInLines(p.picture, p.session.view);
  const bool arrows = showsArrows(p.picture, p.session.view), streams = showsStreams(p.picture, p.session.view);
  under.arrows.visible = under.streams.visible = false;
  // Lines of laws too; where they are areas or samples they stay in the image.
  const bool data = under.density.shape == LawShape::Contours, own = under.own.shape == LawShape::Contours;
  if (data) under.density.visible = false;
  if (own) under.own.visible = false;
  if (under.target.shape == LawShape::Contours) under.target.visible = false;
  under.reward.visible = under.match.visible = false;
  under.particles.marked = -1;
  const bool paths = vectorPaths(p), particles = vectorParticles(p);
  if (paths) under.trajectories.visible = false;
  View over = under;
  // What lies above vectors must not be painted below them.
  const bool lines = paths || streams || RewardDrawing::shows(p.picture, p.session.view);
  if (lines || particles) under.particles.visible = false;
  layRaster(p, under, e_.style.transparent);
  if (streams) drawStreams(p);
  drawReward(p);
  if (paths) drawPaths(p);
  if (particles) {
    drawParticles(p);
  } else if (lines && over.particles.visible) {
    View only = over;
    only.density.visible = only.guidedDensity.visible = only.trajectories.visible = false;
    only.target.visible = only.own.visible = only.heat.visible = only.arrows.visible = only.streams.visible = false;
    layRaster(p, only, true);
  }
  if (contours) {
    const TargetField& t = *p.picture.target;
    drawContours(p, t.grid, t.logDensity, t.contourLevels, {}, colors().tilted, 3.6, 2.2);
  }
  drawLaws(p);
  drawMatching(p);
  if (arrows) drawArrows(p);
  drawRecord(p);
  cairo_restore(cairo_);

  setInk(colors().text);
  cairo_set_line_width(cairo_, 0.6 * stroke());
  cairo_rectangle(cairo_, p.left, p.top, panelWidth_, panelHeight_);
  cairo_stroke(cairo_);
  drawAxes(p, int(number));
  drawTitle(p, number);
}

void FigurePainter::drawContours(const Panel& p, const FieldGrid& grid, std::span<const float> values,
                                 std::span<const float> levels, NoiseLevel at, Rgb color, double dash, double gap) {
  const double norm = shownNorm(at, p.session.view.coordinates);
  const double dashes[] = {dash * stroke(), gap * stroke()};
  for (const float level : levels)
    for (const ContourLine& line : contourLines(grid, values, level)) {
      if (line.points.size() < 2) continue;
      for (const bool casing : {true, false}) {
        trace(p, line.points, norm);
        if (line.closed) cairo_close_path(cairo_);
        cairo_set_dash(cairo_, dashes, casing || gap <= 0 ? 0 : 2, 0);
        setInk(casing ? colors().canvas : color, casing ? 0.55 : 1);
        cairo_set_line_width(cairo_, (casing ? 2.2 : 1.1) * stroke());
        cairo_stroke(cairo_);
      }
    }
  cairo_set_dash(cairo_, nullptr, 0, 0);
}

void FigurePainter::drawLaws(const Panel& p) {
  const Truths& t = p.picture.truths;
  const View& v = p.session.view;
  const auto draw = [&](const std::shared_ptr<const LawField>& f, Rgb color, double dash, double gap) {
    if (f && f->absent.empty() && !f->logDensity.empty())
      drawContours(p, f->grid, f->logDensity, f->contourLevels, f->level, color, dash, gap);
  };
  const int condition = p.picture.frame ? p.picture.frame->experiment->condition : kUnconditional;
  if (v.density.visible && v.density.shape == LawShape::Contours)
    draw(t.data, condition >= 0 ? classColor(v.theme, condition) : colors().other, 0, 0);
  if (v.target.visible && v.target.shape == LawShape::Contours && v.target.atCursor)
    draw(t.tilted, colors().tilted, 3.6, 2.2);
  if (v.own.visible && v.own.shape == LawShape::Contours) draw(t.own, colors().text, 1.8, 1.8);
}

void FigurePainter::drawArrow(Vec2 tail, Vec2 vector, double width, double head) {
  const double length = glm::length(vector);
  if (!(length > 0) || !std::isfinite(length)) return;
  const Vec2 axis = vector / length, side(-axis.y, axis.x), tip = tail + vector;
  const double h = std::min(head, 0.6 * length);  // a short arrow has a smaller head
  const Vec2 neck = tip - h * axis;
  cairo_new_path(cairo_);
  cairo_set_line_width(cairo_, std::min(width, h));
  cairo_move_to(cairo_, tail.x, tail.y);
  cairo_line_to(cairo_, neck.x, neck.y);
  cairo_stroke(cairo_);
  cairo_move_to(cairo_, tip.x, tip.y);
  for (const double s : {0.5, -0.5}) cairo_line_to(cairo_, neck.x + s * h * side.x, neck.y + s * h * side.y);
  cairo_close_path(cairo_);
  cairo_fill(cairo_);
}

void FigurePainter::drawArrows(const Panel& p) {
  const VectorField& f = *p.picture.truths.arrows;
  if (f.reference <= 0) return;
  const double norm = shownNorm(f.level, p.session.view.coordinates);
  const double reference = referenceLength(f) / norm * panelHeight_ / p.session.view.camera.height;
  const auto draw = [&](const std::vector<float>& vectors, Rgb color) {
    setInk(color, 0.95);
    std::size_t k = 0;
    for (int j = 0; j < f.grid.height; ++j)
      for (int i = 0; i < f.grid.width; ++i, k += 2) {
        // Upwards is minus on paper.
        Vec2 v = Vec2(vectors[k], -vectors[k + 1]) * (reference / f.reference);
        const double length = glm::length(v);
        if (!(length > 0) || !std::isfinite(length)) continue;  // nothing, or nothing known
        v *= std::min(1., kMostReferences * reference / length);
        const Vec2 at = place(p, f.grid.center(i, j) / norm);
        // One vector is centred at its place; two begin there.
        drawArrow(f.second.empty() ? at - 0.5 * v : at, v, 0.9 * stroke(), 4 * stroke());
      }
  };
  if (!f.second.empty()) draw(f.second, colors().other);
  draw(f.first, arrowColor(p.session.view.theme, f.what));
}

// The stronger the higher, as RewardDrawing.
void FigurePainter::drawReward(const Panel& p) {
  if (!RewardDrawing::shows(p.picture, p.session.view)) return;
  const RewardField& f = *p.picture.target->reward;
  const double norm = shownNorm({}, p.session.view.coordinates);
  cairo_set_line_width(cairo_, 0.7 * stroke());
  for (std::size_t i = 0; i < f.lines.size(); ++i) {
    setInk(colors().text, RewardDrawing::ink(int(i), int(f.lines.size())));
    for (const ContourLine& line : contourLines(f.grid, f.height, f.lines[i])) {
      if (line.points.size() < 2) continue;
      trace(p, line.points, norm);
      if (line.closed) cairo_close_path(cairo_);
      cairo_stroke(cairo_);
    }
  }
}

void FigurePainter::drawDot(Vec2 at, double diameter, Rgb color, bool diamond) {
  const double r = 0.5 * diameter * (diamond ? 1.25 : 1);  // of about the same area
  cairo_new_path(cairo_);
  if (diamond)
    for (const Vec2 corner : {Vec2(r, 0), Vec2(0, r), Vec2(-r, 0), Vec2(0, -r)})
      cairo_line_to(cairo_, at.x + corner.x, at.y + corner.y);
  else
    cairo_arc(cairo_, at.x, at.y, r, 0, 6.283185307179586);
  cairo_close_path(cairo_);
  setInk(color);
  cairo_fill(cairo_);
}

bool FigurePainter::isDiamond(const LegendEntry& e, std::size_t dot) {
  return dot < e.shapes.size() && e.shapes[dot] == GS_DIAMOND;
}

void FigurePainter::drawMatching(const Panel& p) {
  const View& v = p.session.view;
  const auto& m = p.picture.truths.matched;
  if (!v.match.visible || !m || m->from.empty()) return;
  const auto at = [&](const std::vector<float>& x, std::size_t i) { return place(p, Vec2(x[i], x[i + 1])); };
  setInk(colors().text, 0.6);
  cairo_set_line_width(cairo_, 0.6 * stroke());
  for (std::size_t i = 0; i + 1 < m->from.size(); i += 2) {
    const Vec2 from = at(m->from, i), to = at(m->to, i);
    cairo_new_path(cairo_);
    cairo_move_to(cairo_, from.x, from.y);
    cairo_line_to(cairo_, to.x, to.y);
    cairo_stroke(cairo_);
  }
  const int condition = p.picture.frame ? p.picture.frame->experiment->condition : kUnconditional;
  const Rgb data = condition >= 0 ? classColor(v.theme, condition) : colors().other;
  for (const bool exact : {true, false})
    for (std::size_t i = 0; i + 1 < m->from.size(); i += 2)
      drawDot(at(exact ? m->to : m->from, i), 3.2 * markScale(), exact ? data : colors().guided, exact);
}

// The marked particle's path, that of its twin, and both at the cursor with a dotted line between them.
void FigurePainter::drawRecord(const Panel& p) {
  const View& v = p.session.view;
  const auto& r = p.picture.record;
  if (!r || v.particles.marked != r->particle || !r->frame) return;
  const Frame& frame = *r->frame;
  const auto at = [&](const std::vector<float>& path, int row) {
    const double norm = shownNorm(frame.grid[std::size_t(frame.stepOf(row))].level, v.coordinates);
    return Vec2(path[2 * std::size_t(row)], path[2 * std::size_t(row) + 1]) / norm;
  };
  std::vector<Vec2> points;
  for (const bool twin : {true, false}) {
    const std::vector<float>& path = twin ? r->twin : r->x;
    points.clear();
    for (int row = 0; row < frame.rows(); ++row) {
      if (blownUp(path[2 * std::size_t(row)], path[2 * std::size_t(row) + 1])) break;
      points.push_back(at(path, row));
    }
    if (points.size() < 2) continue;
    for (const bool casing : {true, false}) {
      setInk(casing ? colors().canvas : twin ? colors().other : colors().text, casing ? 0.7 : 1);
      cairo_set_line_width(cairo_, (casing ? 2.6 : 1.2) * stroke());
      tracePath(p, points);
      cairo_stroke(cairo_);
    }
  }
  const Cursor cursor = cursorAt(frame.grid, v.time);
  const int row = frame.rowBefore(cursor.step), next = std::min(row + 1, frame.rows() - 1);
  const int from = frame.stepOf(row), to = frame.stepOf(next);
  const double mix = to > from ? std::clamp((cursor.at() - from) / (to - from), 0., 1.) : 0;
  const Vec2 own = place(p, (1 - mix) * at(r->x, row) + mix * at(r->x, next)),
             twin = place(p, (1 - mix) * at(r->twin, row) + mix * at(r->twin, next));
  if (!std::isfinite(own.x + own.y + twin.x + twin.y)) return;
  const double dots[] = {0, 2.4 * stroke()};
  cairo_save(cairo_);
  cairo_set_dash(cairo_, dots, 2, 0);
  cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_width(cairo_, 1.1 * stroke());
  setInk(colors().text);
  cairo_new_path(cairo_);
  cairo_move_to(cairo_, twin.x, twin.y);
  cairo_line_to(cairo_, own.x, own.y);
  cairo_stroke(cairo_);
  cairo_restore(cairo_);
  const double unit = markScale();
  drawDot(twin, 10 * unit, colors().canvas);
  drawDot(twin, 7.5 * unit, colors().other);
  drawDot(own, 13 * unit, colors().canvas);
  drawDot(own, 11 * unit, colors().text);
  drawDot(own, 7 * unit, colors().guided);
}

void FigurePainter::drawStreams(const Panel& p) {
  const Streamlines& s = *p.picture.truths.streams;
  const double norm = shownNorm(s.level, p.session.view.coordinates);
  int first = 0;
  std::vector<Vec2> line;
  for (const int end : s.ends) {
    line.clear();
    for (int i = first; i < end; ++i)
      line.push_back(Vec2(s.points[2 * std::size_t(i)], s.points[2 * std::size_t(i) + 1]) / norm);
    first = end;
    if (line.size() < 2 || outside(p, line)) continue;
    setInk(colors().guided, 0.6);
    cairo_set_line_width(cairo_, 0.7 * stroke());
    tracePath(p, line);
    cairo_stroke(cairo_);
    if (line.size() < 3) continue;
    const std::size_t middle = line.size() / 2;
    const Vec2 from = place(p, line[middle - 1]), along = place(p, line[middle + 1]) - from;
    if (const double length = glm::length(along); length > 0)
      drawArrow(from, along * (4 * stroke() / length), 0.7 * stroke(), 4 * stroke());
  }
}

void FigurePainter::trace(const Panel& p, std::span<const Vec2> points, double norm) {
  cairo_new_path(cairo_);
  for (const Vec2 v : points) {
    const Vec2 at = place(p, v / norm);
    cairo_line_to(cairo_, at.x, at.y);
  }
}

bool FigurePainter::outside(const Panel& p, std::span<const Vec2> points) const {
  int sides = 15;
  for (const Vec2 v : points) {
    const Vec2 at = place(p, v);
    sides &= (at.x < p.left ? 1 : 0) | (at.x > p.left + panelWidth_ ? 2 : 0) | (at.y < p.top ? 4 : 0) |
             (at.y > p.top + panelHeight_ ? 8 : 0);
  }
  return sides != 0;
}

void FigurePainter::tracePath(const Panel& p, std::span<const Vec2> points) {
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

void FigurePainter::drawPaths(const Panel& p) {
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
    setInk(mixed(colors().other, colors().guided, fade), opacity * (0.4 + 0.6 * fade) * (past ? 1 : 0.22));
    for (int i = 0; i < paths; ++i) {
      if (outside(p, std::span(points).subspan(std::size_t(i * rows + from), std::size_t(to - from + 1)))) continue;
      tracePath(p, std::span(points).subspan(std::size_t(i * rows + from), std::size_t(to - from + 1)));
      cairo_stroke(cairo_);
    }
  }
}

void FigurePainter::drawParticles(const Panel& p) {
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
    setInk(colors().guided);
    cairo_fill_preserve(cairo_);
    setInk(colors().canvas, 0.6);
    cairo_set_line_width(cairo_, 0.2 * stroke());
    cairo_stroke(cairo_);
  }
}

}  // namespace gs
