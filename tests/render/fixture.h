// The renderer's tests: a context without a display whose driver's complaints fail them, and what they look at.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gl/context.h"
#include "gl/debug.h"
#include "render/palette.h"
#include "tests/render/scenes.h"

namespace gs::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class Render : public testing::Test {
 protected:
  gl::Context context_ = gl::Context::surfaceless(true);
  gl::DebugLog log_;
  Renderer renderer_;
  void TearDown() override { EXPECT_THAT(log_.take(), testing::IsEmpty()); }
};

inline bool near(Pixel a, Rgb b, int tolerance) {
  return std::abs(a.r - b.r) <= tolerance && std::abs(a.g - b.g) <= tolerance && std::abs(a.b - b.b) <= tolerance;
}
// Squared distance in bytes, to tell which of two colours a pixel is closer to.
inline int distance(Pixel a, Rgb b) {
  return (a.r - b.r) * (a.r - b.r) + (a.g - b.g) * (a.g - b.g) + (a.b - b.b) * (a.b - b.b);
}

inline double meanDifference(const Shot& a, const Shot& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgba.size(); ++i) sum += std::abs(int(a.rgba[i]) - int(b.rgba[i]));
  return sum / double(a.rgba.size());
}
inline int countNear(const Shot& s, Rgb color, int tolerance) {
  int n = 0;
  for (int y = 0; y < s.height; ++y)
    for (int x = 0; x < s.width; ++x) n += near(s.at(x, y), color, tolerance);
  return n;
}

inline View particlesOnly() {
  View v = bareView();
  v.particles.visible = true;
  v.particles.size = 9;
  v.camera = {.center = {0.5, -0.25}, .height = 4};
  return v;
}

inline Picture onePath(Vec2 from, Vec2 to, int steps = 4) {
  auto frame = emptyFrame(1, steps);
  for (int s = 0; s <= steps; ++s) {
    const Vec2 p = glm::mix(from, to, double(s) / steps);
    put(*frame, s, 0, p.x, p.y);
  }
  return {.frame = frame, .density = nullptr, .target = nullptr, .points = nullptr, .label = ""};
}

}  // namespace gs::test
