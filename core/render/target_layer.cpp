#include "render/layers.h"

namespace gs {

void TargetDrawing::draw(const Drawing& d) {
  const auto& field = d.picture.target;
  if (!field || !field->absent.empty() || !d.view.target.visible) return;
  if (made_ != field) {
    made_ = field;
    strips_.clear();
    std::vector<float> data;  // [point][x, y, arc length, whole length]
    for (const float level : field->contourLevels)
      for (const ContourLine& line : contourLines(field->grid, field->logDensity, level)) {
        std::vector<Vec2> p = line.points;
        if (line.closed) p.push_back(p.front());
        double total = 0;
        for (std::size_t i = 1; i < p.size(); ++i) total += glm::distance(p[i - 1], p[i]);
        if (!(total > 0)) continue;
        // One neighbour beyond each end, for the mitres.
        const Vec2 before = line.closed ? p[p.size() - 2] : p.front(), after = line.closed ? p[1] : p.back();
        strips_.push_back({int(data.size() / 4), int(p.size())});
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
  const Linear c = toLinear(d.palette.tilted), under = toLinear(d.palette.canvas);
  const float width = float(d.stroke(1.4)), period = float(d.ratio * std::sqrt(d.palette.strokes) * 8.5);
  program_.set("width", width);
  program_.set("period", period);
  program_.set("ink", c.r, c.g, c.b, 1.0f);
  program_.set("casing", under.r, under.g, under.b, 0.55f);
  program_.set("edge", float(d.stroke(0.9)));
  program_.use();
  points_.bindStorage(GS_POSITIONS);
  const GLint first = glGetUniformLocation(program_.id(), "first");
  for (const Strip& s : strips_) {
    glProgramUniform1i(program_.id(), first, s.first);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 2 * s.points);
  }
}

}  // namespace gs
