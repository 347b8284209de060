#include <algorithm>

#include "render/layers.h"

namespace gs {

void LevelLines::make(const FieldGrid& grid, std::span<const float> values, std::span<const float> levels) {
  strips_.clear();
  std::vector<float> data;  // [point][x, y, arc length, whole length]
  for (int level = 0; level < int(levels.size()); ++level)
    for (const ContourLine& line : contourLines(grid, values, levels[std::size_t(level)])) {
      std::vector<Vec2> p = line.points;
      if (line.closed) p.push_back(p.front());
      double total = 0;
      for (std::size_t i = 1; i < p.size(); ++i) total += glm::distance(p[i - 1], p[i]);
      if (!(total > 0)) continue;
      // One neighbour beyond each end, for the mitres.
      const Vec2 before = line.closed ? p[p.size() - 2] : p.front(), after = line.closed ? p[1] : p.back();
      strips_.push_back({int(data.size() / 4), int(p.size()), level});
      double arc = 0;
      const auto add = [&](Vec2 v) { data.insert(data.end(), {float(v.x), float(v.y), float(arc), float(total)}); };
      add(before);
      for (std::size_t i = 0; i < p.size(); ++i) {
        if (i > 0) arc += glm::distance(p[i - 1], p[i]);
        add(p[i]);
      }
      add(after);
    }
  points_.upload(std::span<const float>(data));
}

void LevelLines::makeLines(std::span<const float> points, std::span<const int> ends, double scale, bool ownLevels) {
  strips_.clear();
  std::vector<float> data;
  int first = 0;
  for (std::size_t line = 0; line < ends.size(); ++line) {
    const int last = ends[line];
    const auto at = [&](int i) {
      const std::size_t k = 2 * std::size_t(std::clamp(i, first, last - 1));
      return scale * Vec2(points[k], points[k + 1]);
    };
    double total = 0;
    for (int i = first + 1; i < last; ++i) total += glm::distance(at(i - 1), at(i));
    if (total > 0) {
      strips_.push_back({int(data.size() / 4), last - first, ownLevels ? int(line) : 0});
      double arc = 0;
      for (int i = first - 1; i <= last; ++i) {
        if (i > first && i < last) arc += glm::distance(at(i - 1), at(i));
        data.insert(data.end(), {float(at(i).x), float(at(i).y), float(arc), float(total)});
      }
    }
    first = last;
  }
  points_.upload(std::span<const float>(data));
}

void LevelLines::draw(const gl::Program& program, int level) const {
  program.use();
  points_.bindStorage(GS_POSITIONS);
  const GLint first = glGetUniformLocation(program.id(), "first");
  for (const Strip& s : strips_) {
    if (s.level != level) continue;
    glProgramUniform1i(program.id(), first, s.first);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 2 * s.points);
  }
}

void TargetDrawing::draw(const Drawing& d) {
  const auto& field = d.picture.target;
  if (!field || !field->absent.empty() || !d.view.target.visible || d.view.target.shape != LawShape::Contours ||
      d.view.target.atCursor)
    return;
  if (made_ != field) {
    made_ = field;
    lines_.make(field->grid, field->logDensity, field->contourLevels);
  }
  const Linear c = toLinear(d.palette.tilted), under = toLinear(d.palette.canvas);
  program_.set("width", float(d.stroke(1.4)));
  program_.set("period", float(d.ratio * std::sqrt(d.palette.strokes) * 8.5));
  program_.set("dash", 0.62f);
  program_.set("ink", c.r, c.g, c.b, 1.0f);
  program_.set("casing", under.r, under.g, under.b, 0.55f);
  program_.set("edge", float(d.stroke(0.9)));
  for (int i = 0; i < int(field->contourLevels.size()); ++i) lines_.draw(program_, i);
}

bool RewardDrawing::shows(const Picture& p, const View& v) {
  return v.reward.visible && p.target && p.target->reward && !p.target->reward->lines.empty();
}

double RewardDrawing::ink(int line, int lines) { return lines < 2 ? 0.8 : 0.25 + 0.55 * line / (lines - 1); }

void RewardDrawing::draw(const Drawing& d) {
  if (!shows(d.picture, d.view)) return;
  const auto& field = d.picture.target->reward;
  if (made_ != field) {
    made_ = field;
    lines_.make(field->grid, field->height, field->lines);
  }
  const Linear c = toLinear(d.palette.text), under = toLinear(d.palette.canvas);
  program_.set("width", float(d.stroke(1.1)));
  program_.set("period", 8.f);
  program_.set("dash", 4.f);
  program_.set("casing", under.r, under.g, under.b, 0.f);
  program_.set("edge", float(d.stroke(0.5)));
  for (int i = 0; i < int(field->lines.size()); ++i) {
    program_.set("ink", c.r, c.g, c.b, float(d.opacity(ink(i, int(field->lines.size())))));
    lines_.draw(program_, i);
  }
}

}  // namespace gs
