// What the processor puts together where it draws for OpenGL too, against the shaders and against the formulas.
#include <random>

#include "render/host_pixels.h"
#include "tests/render/fixture.h"

namespace gs::test {
namespace {

struct HostCase {
  const char* what;
  int width, height, columns;  // of the picture; of the density's grid, so that 1, 2, 3 or 4 pixels share a number
  Theme theme;
  int condition;
  bool perClass;
  double time;
};

TEST_F(Render, TheProcessorComposesWhatShadersCompose) {
  if (!host::pixels()) GTEST_SKIP() << "this processor has no AVX2: shaders do it";
  Renderer shaders(Composer::Shaders);
  for (const HostCase& c : {HostCase{"two classes", 320, 200, 80, Theme::Dark, 0, true, 0.1},
                            HostCase{"odd size, light", 333, 187, 110, Theme::Light, 0, true, 0.4},
                            HostCase{"no condition", 161, 121, 27, Theme::Dark, kUnconditional, true, 0.7},
                            HostCase{"the whole law", 200, 160, 150, Theme::Projector, 0, false, 0.3},
                            HostCase{"narrow", 21, 90, 30, Theme::HighContrast, 0, true, 0}}) {
    View v = bareView();
    v.theme = c.theme;
    v.time = c.time;
    v.camera = fit(twoModes());
    v.density.visible = v.trajectories.visible = v.particles.visible = v.axes.visible = v.axes.grid = true;
    v.density.perClass = c.perClass;
    Picture p{.frame = guidedFrame(150, 12, 1.5, c.condition)};
    const NoiseLevel level{1 - c.time, c.time};
    p.density = density(twoModes(), visibleGrid(v, level, c.width, c.height, c.columns), level);
    const Shot a = shoot(renderer_, p, v, c.width, c.height), b = shoot(shaders, p, v, c.width, c.height);
    int most = 0;
    for (std::size_t i = 0; i < a.rgba.size(); ++i) most = std::max(most, std::abs(int(a.rgba[i]) - int(b.rgba[i])));
    EXPECT_LE(most, 2) << c.what;
    EXPECT_LT(meanDifference(a, b), 0.25) << c.what;
    p.density = nullptr;
    EXPECT_GT(meanDifference(a, shoot(renderer_, p, v, c.width, c.height)), 0.5) << c.what << ": the law is seen";
  }
}

// A field that covers a part of the view has the same edge.
TEST_F(Render, TheProcessorLeavesTheCanvasWhereNoFieldIs) {
  if (!host::pixels()) GTEST_SKIP() << "this processor has no AVX2: shaders do it";
  View v = bareView();
  v.density.visible = true;
  v.camera = {.center = {0, 0}, .height = 8};
  Picture p;
  p.density = density(twoModes(), {.lo = {-3, -1}, .hi = {-1, 1}, .width = 50, .height = 50}, {});
  Renderer shaders(Composer::Shaders);
  const Shot a = shoot(renderer_, p, v), b = shoot(shaders, p, v);
  for (std::size_t i = 0; i < a.rgba.size(); ++i) ASSERT_NEAR(a.rgba[i], b.rgba[i], 2) << i;
}

// ITU-R BT.709 with the video range; chroma of four pixels together.
TEST(HostPixels, ColoursOfFilmsAreThoseOfTheStandard) {
  if (!host::pixels()) GTEST_SKIP() << "this processor has no AVX2: swscale does it";
  std::mt19937 random(3);
  for (const int width : {2, 6, 16, 38}) {
    std::vector<std::uint8_t> rows[2], luma[2], u(std::size_t(width) / 2), v(u.size());
    for (auto& row : rows)
      for (int i = 0; i < 4 * width; ++i) row.push_back(std::uint8_t(random()));
    for (auto& row : luma) row.resize(std::size_t(width));
    host::pixels()->yuv420(rows[0].data(), rows[1].data(), width, luma[0].data(), luma[1].data(), u.data(), v.data());
    const auto lumaOf = [](const double* c) { return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; };
    for (int x = 0; x < width; x += 2) {
      double sum[3] = {};
      for (int j = 0; j < 2; ++j)
        for (int i = x; i < x + 2; ++i) {
          double c[3];
          for (int k = 0; k < 3; ++k) {
            c[k] = rows[j][std::size_t(4 * i + k)] / 255.;
            sum[k] += c[k] / 4;
          }
          EXPECT_NEAR(luma[j][std::size_t(i)], 16 + 219 * lumaOf(c), 0.51) << width << ": " << i;
        }
      EXPECT_NEAR(u[std::size_t(x) / 2], 128 + 224 * (sum[2] - lumaOf(sum)) / 1.8556, 0.51) << width << ": " << x;
      EXPECT_NEAR(v[std::size_t(x) / 2], 128 + 224 * (sum[0] - lumaOf(sum)) / 1.5748, 0.51) << width << ": " << x;
    }
  }
}

}  // namespace
}  // namespace gs::test
