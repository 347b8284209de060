#include <algorithm>
#include <bit>
#include <cmath>

#include "render/layers.h"

namespace gs {

bool GuidedDensityDrawing::update(const Drawing& d, const CursorPositions& positions) {
  if (!d.view.guidedDensity.visible || positions.count() == 0) return false;
  const double bandwidth = d.view.guidedDensity.bandwidth;
  // Two cells a standard deviation, but no finer than about a pixel and no grid beyond 1024 cells.
  const Vec2 seen = d.view.camera.height * Vec2(double(d.width) / d.height, 1.0);
  const double cell = std::max({bandwidth / 2, d.view.camera.height / d.height, std::max(seen.x, seen.y) / 900});
  const int margin = int(std::ceil(3 * bandwidth / cell)) + 2;
  const int width = int(std::ceil(seen.x / cell)) + 2 * margin, height = int(std::ceil(seen.y / cell)) + 2 * margin;
  extent_ = cell * Vec2(width, height);
  lo_ = d.view.camera.center - 0.5 * extent_;

  mass_.ensure(GL_R32F, width, height, gl::Filter::Nearest);
  half_.ensure(GL_R32F, width, height, gl::Filter::Nearest);
  const int levels = std::bit_width(unsigned(std::max(width, height)));
  result_.ensure(GL_RG32F, width, height, gl::Filter::Linear, 0, levels);

  glViewport(0, 0, width, height);
  target_.attach(mass_);
  target_.bind();
  const float none[4] = {};
  glClearBufferfv(GL_COLOR, 0, none);
  glEnable(GL_BLEND);
  glBlendFunc(GL_ONE, GL_ONE);
  glEnable(GL_PROGRAM_POINT_SIZE);
  positions.bind();
  positions.setNorms(deposit_);
  deposit_.set("rect", float(lo_.x), float(lo_.y), float(1 / cell), 0.0f);
  deposit_.set("cells", float(width), float(height));
  deposit_.use();
  glDrawArrays(GL_POINTS, 0, positions.count());
  glDisable(GL_PROGRAM_POINT_SIZE);
  glDisable(GL_BLEND);

  // Sharing the mass among four cells has already spread it by a variance of 1/6 cell^2 on average.
  const double deviation = std::sqrt(std::max(bandwidth * bandwidth / (cell * cell) - 1.0 / 6, 0.04));
  blur_.set("deviation", float(deviation));
  blur_.set("radius", int(std::ceil(3.5 * deviation)));
  blur_.use();
  const auto pass = [&](const gl::Texture& from, const gl::Texture& to, int dx, int dy) {
    target_.attach(to);
    glProgramUniform2i(blur_.id(), glGetUniformLocation(blur_.id(), "direction"), dx, dy);
    from.bind(0);
    glDrawArrays(GL_TRIANGLES, 0, 3);
  };
  pass(mass_, half_, 1, 0);
  pass(half_, result_, 0, 1);
  glGenerateTextureMipmap(result_.id());
  return true;
}

}  // namespace gs
