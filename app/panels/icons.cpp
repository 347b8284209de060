#include <array>
#include <cmath>

#include "widgets.h"

namespace gs::ui {

// All fit a square of `size` around the centre.
void drawIcon(ImDrawList* d, Icon icon, ImVec2 c, float size, ImU32 color) {
  const float h = size / 2, w = std::max(1.f, size * 0.13f);
  const auto at = [&](float x, float y) { return ImVec2{c.x + x * h, c.y + y * h}; };
  const auto triangle = [&](float x0, float x1) { d->AddTriangleFilled(at(x0, -1), at(x1, 0), at(x0, 1), color); };
  const auto bar = [&](float x0, float x1) { d->AddRectFilled(at(x0, -1), at(x1, 1), color, size * 0.05f); };
  const auto line = [&](std::initializer_list<ImVec2> points) {
    std::array<ImVec2, 8> p;
    int n = 0;
    for (ImVec2 v : points) p[std::size_t(n++)] = at(v.x, v.y);
    d->AddPolyline(p.data(), n, color, 0, w);
  };
  switch (icon) {
    case Icon::Play:
      triangle(-0.7f, 0.95f);
      break;
    case Icon::Pause:
      bar(-0.75f, -0.2f), bar(0.2f, 0.75f);
      break;
    case Icon::StepForward:
      triangle(-0.8f, 0.35f), bar(0.5f, 0.8f);
      break;
    case Icon::StepBack:
      triangle(0.8f, -0.35f), bar(-0.8f, -0.5f);
      break;
    case Icon::ToEnd:
      triangle(-1, 0), triangle(0, 0.85f), bar(0.8f, 1);
      break;
    case Icon::ToStart:
      triangle(1, 0), triangle(0, -0.85f), bar(-1, -0.8f);
      break;
    case Icon::Close:
      line({{-0.7f, -0.7f}, {0.7f, 0.7f}}), line({{-0.7f, 0.7f}, {0.7f, -0.7f}});
      break;
    case Icon::Plus:
      line({{-0.9f, 0}, {0.9f, 0}}), line({{0, -0.9f}, {0, 0.9f}});
      break;
    case Icon::Down:
      line({{-0.8f, -0.4f}, {0, 0.45f}, {0.8f, -0.4f}});
      break;
    case Icon::Up:
      line({{-0.8f, 0.4f}, {0, -0.45f}, {0.8f, 0.4f}});
      break;
    case Icon::Left:
      line({{0.4f, -0.8f}, {-0.45f, 0}, {0.4f, 0.8f}});
      break;
    case Icon::Right:
      line({{-0.4f, -0.8f}, {0.45f, 0}, {-0.4f, 0.8f}});
      break;
    case Icon::Flip:
      line({{-0.9f, -0.4f}, {0.9f, -0.4f}}), line({{0.4f, -0.85f}, {0.9f, -0.4f}});
      line({{0.9f, 0.4f}, {-0.9f, 0.4f}}), line({{-0.4f, 0.85f}, {-0.9f, 0.4f}});
      break;
    case Icon::Reset:
      d->PathArcTo(c, h * 0.75f, -2.4f, 2.4f, 20);
      d->PathStroke(color, 0, w);
      line({{-0.95f, -0.65f}, {-0.5f, -0.5f}, {-0.4f, -0.95f}});
      break;
    case Icon::Search:
      d->AddCircle(at(-0.2f, -0.2f), h * 0.6f, color, 20, w);
      line({{0.25f, 0.25f}, {0.9f, 0.9f}});
      break;
    case Icon::Warning:
      d->AddTriangle(at(0, -0.9f), at(0.95f, 0.8f), at(-0.95f, 0.8f), color, w);
      line({{0, -0.3f}, {0, 0.25f}});
      d->AddCircleFilled(at(0, 0.53f), w * 0.6f, color);
      break;
    case Icon::Pencil:
      line({{-0.8f, 0.8f}, {-0.6f, 0.2f}, {0.5f, -0.9f}, {0.9f, -0.5f}, {-0.2f, 0.6f}, {-0.8f, 0.8f}});
      break;
  }
}

}  // namespace gs::ui
