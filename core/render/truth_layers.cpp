#include "render/truth_layers.h"

#include <algorithm>
#include <cmath>

namespace gs {
namespace {

constexpr double kNothing = 1e-3;          // of the picture's height: shorter vectors are none
constexpr double kCellsOfReference = 1.2;  // how long the arrow is that the legend names, in cells

OkLab rampTo(Rgb from, Rgb to) {
  const OkLab a = toOkLab(from), b = toOkLab(to);
  return {b.L - a.L, b.a - a.a, b.b - a.b};
}

// rampStrength of shaders/color.glsl.
float rampOf(double relative) {
  const double u = std::pow(std::max(relative, 0.), .62);
  return float(u / std::cbrt(1 + u * u * u) * .95);
}

// The middle between straight ramps' ends: a violet that neither amber nor teal nor a class has.
Rgb gathering(Theme theme) {
  return theme == Theme::Light || theme == Theme::Projector ? rgb(0x6B3FD0) : rgb(0x9A7BFF);
}

bool hasLaw(const std::shared_ptr<const LawField>& f) { return f && f->absent.empty(); }

void setInk(const gl::Program& p, const char* name, Rgb c, double alpha) {
  const Linear l = toLinear(c);
  p.set(name, l.r, l.g, l.b, float(alpha));
}

}  // namespace

bool showsArrows(const Picture& p, const View& v) {
  return v.arrows.visible && p.truths.arrows && p.truths.arrows->absent.empty() && !nextToNothing(*p.truths.arrows, v);
}
bool nextToNothing(const VectorField& f, const View& v) {
  return f.space == Space::Denoiser && f.reference < kNothing * v.camera.height;
}
bool showsHeat(const Picture& p, const View& v) {
  return v.heat.visible && p.truths.heat && p.truths.heat->absent.empty();
}
bool showsStreams(const Picture& p, const View& v) {
  return v.streams.visible && p.truths.streams && !p.truths.streams->ends.empty();
}
double referenceLength(const VectorField& f) {
  return kCellsOfReference * (f.grid.hi.x - f.grid.lo.x) / std::max(1, f.grid.width);
}

Rgb arrowColor(Theme theme, ArrowWhat what) {
  const Palette& p = palette(theme);
  switch (what) {
    case ArrowWhat::Base:
      return p.other;
    case ArrowWhat::Guided:
      return p.guided;
    case ArrowWhat::Missing:
      return p.tilted;
    default:
      return p.text;
  }
}

MapColors mapColors(Theme theme, HeatWhat what, int condition) {
  const Palette& p = palette(theme);
  if (what == HeatWhat::DataRatio) return {p.guided, condition >= 0 ? classColor(theme, condition) : p.other};
  if (what == HeatWhat::Ratio) return {p.guided, p.tilted};
  if (what == HeatWhat::Divergence) return {p.text, gathering(theme)};
  return {p.text, p.text};
}

gl::Program& TruthDrawing::lines() {
  if (!lines_)
    lines_.emplace(std::initializer_list<std::string_view>{"shaders/contours.vert", "shaders/contours.frag"});
  return *lines_;
}
gl::Program& TruthDrawing::arrowProgram() {
  if (!arrows_) arrows_.emplace(std::initializer_list<std::string_view>{"shaders/arrows.vert", "shaders/arrows.frag"});
  return *arrows_;
}

// ---- maps ----------------------------------------------------------------------------------------------------------

void TruthDrawing::drawMap(const Drawing& d, Map& map, std::shared_ptr<const void> of, const FieldGrid& grid,
                           NoiseLevel level, const std::vector<float>& value, const std::vector<float>* weight,
                           double full, double opacity, MapColors colors) {
  if (!map_) map_.emplace(std::initializer_list<std::string_view>{"shaders/screen.vert", "shaders/map.frag"});
  if (map.made != of) {
    std::vector<float> pixels;
    pixels.reserve(2 * value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      const float w = weight ? (*weight)[i] : 1;
      pixels.push_back(w > 0 && std::isfinite(value[i]) ? value[i] * w : 0);
      pixels.push_back(std::isfinite(value[i]) ? w : 0);
    }
    map.texture.ensure(GL_RG32F, grid.width, grid.height, gl::Filter::Linear);
    map.texture.upload(GL_RG, GL_FLOAT, pixels.data());
    map.made = std::move(of);
  }
  const double norm = shownNorm(level, d.view.coordinates);
  const Vec2 lo = grid.lo / norm, extent = (grid.hi - grid.lo) / norm;
  const OkLab canvas = toOkLab(d.palette.canvas), above = rampTo(d.palette.canvas, colors.above),
              below = rampTo(d.palette.canvas, colors.below);
  map_->set("rect", float(lo.x), float(lo.y), float(1 / extent.x), float(1 / extent.y));
  map_->set("canvas", canvas.L, canvas.a, canvas.b);
  map_->set("aboveRamp", above.L, above.a, above.b);
  map_->set("belowRamp", below.L, below.a, below.b);
  map_->set("full", float(full));
  map_->set("opacity", float(opacity));
  map.texture.bind(0);
  map_->use();
  glDrawArrays(GL_TRIANGLES, 0, 3);
}

void TruthDrawing::drawBelow(const Drawing& d) {
  const Truths& t = d.picture.truths;
  const auto density = [&](Map& map, const std::shared_ptr<const LawField>& f, LawShape shape, bool visible, Rgb c) {
    if (!visible || shape != LawShape::Density || !hasLaw(f) || f->logDensity.empty()) return;
    std::vector<float> strength;
    if (map.made != f) {
      const float top = *std::max_element(f->logDensity.begin(), f->logDensity.end());
      for (const float l : f->logDensity) strength.push_back(rampOf(1.6 * std::exp(double(l) - top)));
    }
    drawMap(d, map, f, f->grid, f->level, strength, nullptr, 1, .85, {c, c});
  };
  if (showsHeat(d.picture, d.view) && t.heat->scale > 0)
    drawMap(d, heatMap_, t.heat, t.heat->grid, t.heat->level, t.heat->value, &t.heat->weight, t.heat->scale,
            d.view.heat.opacity, mapColors(d.view.theme, t.heat->what, d.condition()));
  density(tiltedMap_, t.tilted, d.view.target.shape, d.view.target.visible, d.palette.tilted);
  density(ownMap_, t.own, d.view.own.shape, d.view.own.visible, d.palette.text);
  drawStreams(d);
}

// ---- lines ---------------------------------------------------------------------------------------------------------

void TruthDrawing::drawLaw(const Drawing& d, Contours& c, const std::shared_ptr<const LawField>& field, Rgb color,
                           double width, double dash, double period) {
  if (!hasLaw(field) || field->logDensity.empty()) return;
  if (c.made != field) {
    c.made = field;
    const double norm = shownNorm(field->level, d.view.coordinates);
    FieldGrid grid = field->grid;
    grid.lo /= norm;
    grid.hi /= norm;
    c.lines.make(grid, field->logDensity, field->contourLevels);
  }
  gl::Program& p = lines();
  p.set("width", float(d.stroke(width)));
  p.set("period", float(d.ratio * std::sqrt(d.palette.strokes) * period));
  p.set("dash", float(dash));
  setInk(p, "ink", color, 1);
  setInk(p, "casing", d.palette.canvas, .55);
  p.set("edge", float(d.stroke(.8)));
  for (int i = 0; i < int(field->contourLevels.size()); ++i) c.lines.draw(p, i);
}

void TruthDrawing::drawStreams(const Drawing& d) {
  if (!showsStreams(d.picture, d.view)) return;
  const auto& s = d.picture.truths.streams;
  const double norm = shownNorm(s->level, d.view.coordinates);
  if (streamsMade_ != s || streamsIn_ != d.view.coordinates) {
    streamsMade_ = s;
    streamsIn_ = d.view.coordinates;
    streams_.makeLines(s->points, s->ends, 1 / norm);
    std::vector<float> heads;
    int first = 0;
    for (const int end : s->ends) {  // one in the middle of a line, more on a long one
      const int apart = 44;
      const int n = std::max(1, (end - first) / apart);
      for (int k = 0; k < n; ++k) {
        const int i = first + int((k + .5) * (end - first) / n);
        if (i < first + 1 || i + 1 >= end) continue;
        const std::size_t at = 2 * std::size_t(i);
        heads.insert(heads.end(), {s->points[at], s->points[at + 1], s->points[at + 2] - s->points[at - 2],
                                   s->points[at + 3] - s->points[at - 1]});
      }
      first = end;
    }
    heads_.upload(std::span<const float>(heads));
    headCount_ = int(heads.size() / 4);
  }
  gl::Program& p = lines();
  p.set("width", float(d.stroke(1.1)));
  p.set("period", 8.f);
  p.set("dash", 4.f);
  setInk(p, "ink", d.palette.guided, d.opacity(.45));
  setInk(p, "casing", d.palette.canvas, 0);
  p.set("edge", 0.f);
  streams_.draw(p, 0);
  gl::Program& a = arrowProgram();
  a.set("norm", float(1 / norm));
  a.set("scale", float(d.pixelsPerUnit() / norm));
  a.set("most", 1e6f);
  a.set("fixedLength", float(d.stroke(7)));
  a.set("centred", 1.f);
  a.set("width", float(d.stroke(1)));
  a.set("head", float(d.stroke(7)));
  setInk(a, "ink", d.palette.guided, d.opacity(.7));
  setInk(a, "casing", d.palette.canvas, 0);
  a.set("edge", 0.f);
  a.use();
  heads_.bindStorage(GS_POSITIONS);
  glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, headCount_);
}

void TruthDrawing::drawArrows(const Drawing& d) {
  if (!showsArrows(d.picture, d.view)) return;
  const auto& f = d.picture.truths.arrows;
  if (f->reference <= 0) return;
  if (arrowsMade_ != f) {
    arrowsMade_ = f;
    const auto upload = [&](gl::Buffer& buffer, const std::vector<float>& vectors) {
      std::vector<float> data;
      std::size_t k = 0;
      for (int j = 0; j < f->grid.height; ++j)
        for (int i = 0; i < f->grid.width; ++i, k += 2) {
          const Vec2 x = f->grid.center(i, j);
          data.insert(data.end(), {float(x.x), float(x.y), vectors[k], vectors[k + 1]});
        }
      buffer.upload(std::span<const float>(data));
      arrowCount_ = int(data.size() / 4);
    };
    upload(first_, f->first);
    if (!f->second.empty()) upload(second_, f->second);
  }
  gl::Program& a = arrowProgram();
  const double norm = shownNorm(f->level, d.view.coordinates);
  const double reference = referenceLength(*f) / norm * d.pixelsPerUnit();
  a.set("norm", float(1 / norm));
  a.set("scale", float(reference / f->reference));
  a.set("most", float(kMostReferences * reference));
  a.set("fixedLength", 0.f);
  a.set("centred", f->second.empty() ? 1.f : 0.f);
  a.set("width", float(d.stroke(1.4)));
  a.set("head", float(d.stroke(6.5)));
  a.set("edge", float(d.stroke(.8)));
  setInk(a, "casing", d.palette.canvas, .6);
  a.use();
  if (!f->second.empty()) {
    setInk(a, "ink", d.palette.other, .9);
    second_.bindStorage(GS_POSITIONS);
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, arrowCount_);
  }
  setInk(a, "ink", arrowColor(d.view.theme, f->what), .95);
  first_.bindStorage(GS_POSITIONS);
  glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, arrowCount_);
}

// ---- the matching --------------------------------------------------------------------------------------------------

void TruthDrawing::drawMatching(const Drawing& d, Sheet& sheet) {
  const auto& m = d.picture.truths.matched;
  if (!d.view.match.visible || !m || m->from.empty()) return;
  if (matchMade_ != m) {
    matchMade_ = m;
    std::vector<float> points;
    std::vector<int> ends;
    for (std::size_t i = 0; i + 1 < m->from.size(); i += 2) {
      points.insert(points.end(), {m->from[i], m->from[i + 1], m->to[i], m->to[i + 1]});
      ends.push_back(int(points.size() / 2));
    }
    match_.makeLines(points, ends, 1);
  }
  gl::Program& p = lines();
  p.set("width", float(d.stroke(1.2)));
  p.set("period", 8.f);
  p.set("dash", 4.f);
  setInk(p, "ink", d.palette.text, d.opacity(.6));
  setInk(p, "casing", d.palette.canvas, .5);
  p.set("edge", float(d.stroke(.8)));
  match_.draw(p, 0);
  const double size = d.stroke(3.6);
  const Rgb data = d.condition() >= 0 ? classColor(d.view.theme, d.condition()) : d.palette.other;
  for (const bool exact : {true, false}) {
    const std::vector<float>& at = exact ? m->to : m->from;
    for (std::size_t i = 0; i + 1 < at.size(); i += 2) {
      const Vec2 q = toPixels(d.view.camera, Vec2(at[i], at[i + 1]), d.width, d.height);
      if (q.x < -size || q.y < -size || q.x > d.width + size || q.y > d.height + size) continue;
      sheet.marker(q.x, q.y, 1.5 * size, exact ? GS_DIAMOND : GS_DISC, ink(d.palette.canvas));
      sheet.marker(q.x, q.y, size, exact ? GS_DIAMOND : GS_DISC, ink(exact ? data : d.palette.guided));
    }
  }
}

// ---- the marked particle -------------------------------------------------------------------------------------------

void TruthDrawing::drawRecord(const Drawing& d, Sheet& sheet) {
  const auto& r = d.picture.record;
  if (!r || d.view.particles.marked != r->particle || !r->frame) return;
  const Frame& frame = *r->frame;
  const auto norm = [&](int row) {
    return shownNorm(frame.grid[std::size_t(frame.stepOf(row))].level, d.view.coordinates);
  };
  if (recordMade_ != r || recordIn_ != d.view.coordinates) {
    recordMade_ = r;
    recordIn_ = d.view.coordinates;
    std::vector<float> points;
    std::vector<int> ends;
    for (const std::vector<float>* path : {&r->twin, &r->x}) {
      for (int row = 0; row < frame.rows(); ++row) {
        const std::size_t at = 2 * std::size_t(row);
        if (blownUp((*path)[at], (*path)[at + 1])) break;
        points.push_back(float((*path)[at] / norm(row)));
        points.push_back(float((*path)[at + 1] / norm(row)));
      }
      ends.push_back(int(points.size() / 2));
    }
    record_.makeLines(points, ends, 1, true);
  }
  gl::Program& p = lines();
  p.set("width", float(d.stroke(2)));
  p.set("period", 8.f);
  p.set("dash", 4.f);
  setInk(p, "casing", d.palette.canvas, .7);
  p.set("edge", float(d.stroke(1.2)));
  setInk(p, "ink", d.palette.other, 1);
  record_.draw(p, 0);
  setInk(p, "ink", d.palette.text, 1);
  record_.draw(p, 1);

  // Where both are at the cursor, and a line between them.
  const Cursor c = cursorAt(frame.grid, d.view.time);
  const int row = frame.rowBefore(c.step), next = std::min(row + 1, frame.rows() - 1);
  const int from = frame.stepOf(row), to = frame.stepOf(next);
  const double mix = to > from ? std::clamp((c.at() - from) / (to - from), 0., 1.) : 0;
  const auto place = [&](const std::vector<float>& path) {
    const auto at = [&](int i) { return Vec2(path[2 * std::size_t(i)], path[2 * std::size_t(i) + 1]) / norm(i); };
    return toPixels(d.view.camera, (1 - mix) * at(row) + mix * at(next), d.width, d.height);
  };
  const Vec2 own = place(r->x), twin = place(r->twin), way = own - twin;
  const double length = glm::length(way), apart = d.stroke(5);
  for (double s = apart; s < length - .5 * apart && length < 1e5; s += apart) {
    const Vec2 q = twin + way * (s / length);
    sheet.marker(q.x, q.y, d.stroke(1.8), GS_DISC, ink(d.palette.text));
  }
  sheet.marker(twin.x, twin.y, d.stroke(10), GS_DISC, ink(d.palette.canvas));
  sheet.marker(twin.x, twin.y, d.stroke(7.5), GS_DISC, ink(d.palette.other));
  sheet.marker(own.x, own.y, d.stroke(13), GS_DISC, ink(d.palette.canvas));
  sheet.marker(own.x, own.y, d.stroke(11), GS_DISC, ink(d.palette.text));
  sheet.marker(own.x, own.y, d.stroke(7), GS_DISC, ink(d.palette.guided));
}

void TruthDrawing::drawAbove(const Drawing& d, Sheet& sheet) {
  const Truths& t = d.picture.truths;
  const View& v = d.view;
  const auto dots = [&](const std::shared_ptr<const LawField>& f, Rgb color) {
    if (!hasLaw(f)) return;
    const double norm = shownNorm(f->level, v.coordinates), size = d.stroke(2.8);
    for (std::size_t i = 0; i + 1 < f->samples.size(); i += 2) {
      const Vec2 at = toPixels(v.camera, Vec2(f->samples[i], f->samples[i + 1]) / norm, d.width, d.height);
      if (at.x > -size && at.y > -size && at.x < d.width + size && at.y < d.height + size)
        sheet.marker(at.x, at.y, size, GS_DIAMOND, ink(color, .85));
    }
  };
  const Rgb data = d.condition() >= 0 ? classColor(v.theme, d.condition()) : d.palette.other;
  if (v.density.visible && v.density.shape == LawShape::Contours) drawLaw(d, data_, t.data, data, 1.4, 4, 8);
  if (v.density.visible && v.density.shape == LawShape::Samples) dots(t.data, data);
  if (v.target.visible && v.target.shape == LawShape::Contours && v.target.atCursor)
    drawLaw(d, tilted_, t.tilted, d.palette.tilted, 1.4, .62, 8.5);
  if (v.target.visible && v.target.shape == LawShape::Samples) dots(t.tilted, d.palette.tilted);
  if (v.own.visible && v.own.shape == LawShape::Contours) drawLaw(d, own_, t.own, d.palette.text, 1.2, .5, 5.5);
  if (v.own.visible && t.own && !t.own->samples.empty()) dots(t.own, d.palette.text);
  drawMatching(d, sheet);
  drawArrows(d);
  drawRecord(d, sheet);
  if (d.picture.group)
    for (std::size_t i = 0; i + 1 < std::min(d.picture.group->x.size(), 2 * kMostOutlined); i += 2) {
      const Vec2 at = toPixels(v.camera, Vec2(d.picture.group->x[i], d.picture.group->x[i + 1]), d.width, d.height);
      sheet.marker(at.x, at.y, d.stroke(v.particles.size), GS_DISC, ink(d.palette.text, .95));
    }
}

}  // namespace gs
