#include <algorithm>
#include <cmath>

#include "render/cursor.h"
#include "render/renderer.h"

namespace gs {

Vec2 toPixels(const Camera& camera, Vec2 data, int width, int height) {
  return (data - camera.center) * (height / camera.height) + 0.5 * Vec2(width, height);
}

Vec2 toData(const Camera& camera, Vec2 pixel, int width, int height) {
  return (pixel - 0.5 * Vec2(width, height)) * (camera.height / height) + camera.center;
}

Camera fit(const Mixture& mixture) {
  if (mixture.components.empty()) return {};
  Vec2 lo(1e300), hi(-1e300);
  for (const Component& c : mixture.components) {
    const Vec2 reach = 3.2 * Vec2(std::sqrt(c.covariance.xx), std::sqrt(c.covariance.yy));
    lo = glm::min(lo, c.mean - reach);
    hi = glm::max(hi, c.mean + reach);
  }
  // The picture's shape is not known here: 4:3, about what the panels leave of a window, with room for the labels.
  const Vec2 extent = hi - lo;
  return {.center = 0.5 * (lo + hi), .height = 1.1 * std::max(extent.y, extent.x * 3 / 4)};
}

FieldGrid visibleGrid(const View& view, NoiseLevel level, int width, int height, int maxWidth) {
  const double norm = shownNorm(level, view.coordinates);
  const int columns = std::clamp(width, 1, std::max(maxWidth, 1));
  const int rows = std::max(1, int(std::lround(double(height) * columns / std::max(width, 1))));
  // A little more than what is seen, so that the smooth upsampling has neighbours at the border.
  const Vec2 half = 0.5 * view.camera.height * Vec2(double(width) / std::max(height, 1), 1.0) * 1.02;
  return {.lo = (view.camera.center - half) * norm,
          .hi = (view.camera.center + half) * norm,
          .width = columns,
          .height = rows};
}

Cursor cursorAt(std::span<const GridPoint> grid, double t) {
  const int last = int(grid.size()) - 1;
  int step = 0;
  while (step < last && grid[std::size_t(step) + 1].t >= t) ++step;
  const GridPoint& a = grid[std::size_t(step)];
  if (step == last) return {.step = last, .mix = 0, .t = a.t, .level = a.level};
  const GridPoint& b = grid[std::size_t(step) + 1];
  const double mix = std::clamp((a.t - t) / (a.t - b.t), 0.0, 1.0);
  return {.step = step,
          .mix = mix,
          .t = std::min(t, a.t),
          .level = {.alpha = std::lerp(a.level.alpha, b.level.alpha, mix),
                    .sigma = std::lerp(a.level.sigma, b.level.sigma, mix)}};
}

}  // namespace gs
