// Densities and contours, in colour and in grey.
#include "render/color.h"
#include "render/contours.h"
#include "tests/render/fixture.h"

namespace gs::test {
namespace {

TEST_F(Render, TheDensityLooksAlikeWhateverItsGrid) {
  View v = bareView();
  v.density.visible = true;
  v.camera = fit(twoModes());
  const auto with = [&](int columns) {
    Picture p = onePath({0, 0}, {0, 0});
    p.density = density(twoModes(), gridFor(v, 320, 240, columns), {});
    return shoot(renderer_, p, v);
  };
  const Shot fine = with(320);
  EXPECT_LT(meanDifference(with(160), fine), 0.5);
  EXPECT_LT(meanDifference(with(80), fine), 1.0);
  // Zero density is the background, and the mode of the conditioned class has its colour.
  EXPECT_TRUE(near(fine.at(2, 2), palette(v.theme).canvas, 2)) << fine.at(2, 2);
  const Vec2 mode = toPixels(v.camera, {-2, 0}, 320, 240);
  EXPECT_LT(distance(fine.at(int(mode.x), int(mode.y)), classColor(v.theme, 0)),
            distance(fine.at(int(mode.x), int(mode.y)), palette(v.theme).canvas));
}

TEST_F(Render, TheDensityLiesWhereItsFieldSays) {
  View v = bareView();
  v.density.visible = true;
  v.camera = {.center = {0, 0}, .height = 8};
  Picture p;
  // A field that covers a part of the view only.
  p.density = density(twoModes(), {.lo = {-3, -1}, .hi = {-1, 1}, .width = 100, .height = 100}, {});
  const Shot s = shoot(renderer_, p, v);
  const Vec2 mode = toPixels(v.camera, {-2, 0}, 320, 240), outside = toPixels(v.camera, {1, 1.2}, 320, 240);
  EXPECT_GT(distance(s.at(int(mode.x), int(mode.y)), palette(v.theme).canvas), 3000);
  EXPECT_TRUE(near(s.at(int(outside.x), int(outside.y)), palette(v.theme).canvas, 2));
}

TEST_F(Render, TheGuidedDensityIsHighestWhereTheParticlesAre) {
  View v = bareView();
  v.camera = fit(twoModes());
  v.guidedDensity.visible = true;
  Picture p = onePath({0, 0}, {0, 0});
  p.frame = guidedFrame(600, 16, 1);
  const Shot s = shoot(renderer_, p, v);
  const Vec2 mode = toPixels(v.camera, {-2, 0}, 320, 240), other = toPixels(v.camera, {1.6, -0.8}, 320, 240);
  EXPECT_LT(distance(s.at(int(mode.x), int(mode.y)), palette(v.theme).guided), 12000) << s.at(int(mode.x), int(mode.y));
  EXPECT_TRUE(near(s.at(int(other.x), int(other.y)), palette(v.theme).canvas, 8)) << s.at(int(other.x), int(other.y));
}

TEST_F(Render, TargetRingsHaveAConstantWidthInPixels) {
  View v = bareView();
  v.target.visible = true;
  Picture p = onePath({0, 0}, {0, 0});
  Mixture one;
  one.components = {{0, 1, {0, 0}, Sym2::isotropic(1)}};
  p.target = tilted(one, {.lo = {-4, -4}, .hi = {4, 4}, .width = 160, .height = 160}, 0);
  ASSERT_EQ(p.target->contourLevels.size(), 2u);
  const auto inked = [&](double height) {
    v.camera.height = height;
    return countNear(shoot(renderer_, p, v, 400, 400), palette(v.theme).tilted, 60);
  };
  // Zooming in by two doubles the length of the rings and leaves their width: twice the ink, not four times.
  EXPECT_NEAR(double(inked(6)) / inked(12), 2, 0.5);
}

TEST(Contours, ARingHasItsLength) {
  const FieldGrid grid{.lo = {-2, -2}, .hi = {2, 2}, .width = 100, .height = 100};
  std::vector<float> values;
  for (int j = 0; j < 100; ++j)
    for (int i = 0; i < 100; ++i) values.push_back(float(-glm::length(grid.center(i, j))));
  const auto lines = contourLines(grid, values, -1);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].closed);
  double length = 0;
  for (std::size_t i = 0; i < lines[0].points.size(); ++i) {
    EXPECT_NEAR(glm::length(lines[0].points[i]), 1, 1e-3);
    length += glm::distance(lines[0].points[i], lines[0].points[(i + 1) % lines[0].points.size()]);
  }
  EXPECT_NEAR(length, 2 * 3.14159265, 0.01);
}

TEST(Contours, ALineThatLeavesTheGridIsOpen) {
  const FieldGrid grid{.lo = {0, 0}, .hi = {1, 1}, .width = 20, .height = 20};
  std::vector<float> values;
  for (int j = 0; j < 20; ++j)
    for (int i = 0; i < 20; ++i)
      values.push_back(i == 3 && j == 7 ? std::numeric_limits<float>::quiet_NaN() : float(grid.center(i, j).x));
  const auto lines = contourLines(grid, values, 0.5f);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_FALSE(lines[0].closed);
  EXPECT_EQ(lines[0].points.size(), 20u);
}

// CIE L* of what a grey printer makes of a colour, 0..100.
double greyOf(Rgb c) {
  const Linear l = toLinear(c);
  return 116 * std::cbrt(0.2126 * l.r + 0.7152 * l.g + 0.0722 * l.b) - 16;
}

TEST_F(Render, FiguresSurviveGreyPrinting) {
  for (const Theme theme : {Theme::Light, Theme::Projector}) {
    const Palette& p = palette(theme);
    for (const Rgb ink : {p.text, p.guided, p.tilted, p.other, p.classes[0], p.classes[3]})
      EXPECT_GT(greyOf(p.canvas) - greyOf(ink), 38) << int(theme);
    // Most scenes have two classes; with more of them the markers' shapes help.
    EXPECT_GT(std::abs(greyOf(p.classes[0]) - greyOf(p.classes[1])), 14) << int(theme);
    for (std::size_t a = 0; a < 4; ++a)
      for (std::size_t b = 0; b < a; ++b)
        EXPECT_GT(std::abs(greyOf(p.classes[a]) - greyOf(p.classes[b])), 5.5) << int(theme) << ": " << a << "," << b;
    // A density is the darker the higher it is, and contours are darker than the darkest of it.
    Mixture m;
    for (int c = 0; c < 5; ++c) m.components.push_back({c, 0.2, {c - 2., 0}, Sym2::isotropic(0.02)});
    View v = bareView();
    v.theme = theme;
    v.density.visible = true;
    v.camera.height = 4;
    const Picture picture{.frame = nullptr,
                          .density = density(m, gridFor(v, 320, 240, 160), {}),
                          .target = nullptr,
                          .points = nullptr,
                          .label = ""};
    const Shot s = shoot(renderer_, picture, v);
    for (int c = 0; c < 5; ++c) {
      const Vec2 at = toPixels(v.camera, {c - 2., 0}, s.width, s.height);
      double before = 0;
      for (int k = 0; k < 30; ++k) {
        const Pixel q = s.at(int(at.x), int(at.y) + k);
        const double grey = greyOf({std::uint8_t(q.r), std::uint8_t(q.g), std::uint8_t(q.b)});
        EXPECT_GT(grey, before - 0.8) << int(theme) << " class " << c << ", " << k;
        EXPECT_GT(grey, greyOf(p.tilted) + 5) << int(theme) << " class " << c << ", " << k;
        before = std::max(before, grey);
      }
      EXPECT_GT(before - greyOf(p.classes[std::size_t(c)]), 35) << "outside there is the canvas";
    }
  }
}

}  // namespace
}  // namespace gs::test
