// The renderer on small pictures of its own, in a context without a display.
#include <epoxy/gl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gl/context.h"
#include "gl/debug.h"
#include "gl/objects.h"
#include "render/contours.h"
#include "render/cursor.h"
#include "render/legend.h"
#include "render/palette.h"
#include "tests/render/scenes.h"

namespace gs::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class Render : public testing::Test {
 protected:
  gl::Context context_ = gl::Context::surfaceless();
  gl::DebugLog log_;
  Renderer renderer_;
  void TearDown() override { EXPECT_THAT(log_.take(), testing::IsEmpty()); }
};

bool near(Pixel a, Rgb b, int tolerance) {
  return std::abs(a.r - b.r) <= tolerance && std::abs(a.g - b.g) <= tolerance && std::abs(a.b - b.b) <= tolerance;
}
// Squared distance in bytes, to tell which of two colours a pixel is closer to.
int distance(Pixel a, Rgb b) {
  return (a.r - b.r) * (a.r - b.r) + (a.g - b.g) * (a.g - b.g) + (a.b - b.b) * (a.b - b.b);
}

double meanDifference(const Shot& a, const Shot& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgba.size(); ++i) sum += std::abs(int(a.rgba[i]) - int(b.rgba[i]));
  return sum / double(a.rgba.size());
}
int countNear(const Shot& s, Rgb color, int tolerance) {
  int n = 0;
  for (int y = 0; y < s.height; ++y)
    for (int x = 0; x < s.width; ++x) n += near(s.at(x, y), color, tolerance);
  return n;
}

View particlesOnly() {
  View v = bareView();
  v.particles.visible = true;
  v.particles.size = 9;
  v.camera = {.center = {0.5, -0.25}, .height = 4};
  return v;
}

Picture onePath(Vec2 from, Vec2 to, int steps = 4) {
  auto frame = emptyFrame(1, steps);
  for (int s = 0; s <= steps; ++s) {
    const Vec2 p = glm::mix(from, to, double(s) / steps);
    put(*frame, s, 0, p.x, p.y);
  }
  return {.frame = frame, .density = nullptr, .target = nullptr, .points = nullptr, .label = ""};
}

TEST_F(Render, AParticleLandsOnItsPixel) {
  View v = particlesOnly();
  for (const Vec2 p : {Vec2(0.5, -0.25), Vec2(-1.2, 0.9), Vec2(2.4, -1.9)}) {
    const Shot s = shoot(renderer_, onePath({0, 0}, p), v);
    const Vec2 at = toPixels(v.camera, p, s.width, s.height);
    EXPECT_TRUE(near(s.at(int(at.x), int(at.y)), palette(v.theme).guided, 24)) << s.at(int(at.x), int(at.y));
    EXPECT_TRUE(near(s.at(int(at.x) + 9, int(at.y)), palette(v.theme).canvas, 2));
    EXPECT_TRUE(near(s.at(int(at.x), int(at.y) + 9), palette(v.theme).canvas, 2));
  }
}

TEST_F(Render, ThePixelRatioScalesSizesAndNotPositions) {
  View v = particlesOnly();
  const Picture p = onePath({0, 0}, {0.5, -0.25});
  const int small = countNear(shoot(renderer_, p, v, 320, 240, 1), palette(v.theme).guided, 40);
  const int large = countNear(shoot(renderer_, p, v, 640, 480, 2), palette(v.theme).guided, 40);
  EXPECT_NEAR(double(large) / small, 4, 0.7);
}

TEST_F(Render, TimeInterpolatesBetweenSteps) {
  View v = particlesOnly();
  const Picture p = onePath({-1, 0}, {1, 0}, 4);
  for (const double t : {1.0, 0.875, 0.6, 0.3, 0.0}) {
    v.time = t;
    const Shot s = shoot(renderer_, p, v);
    const Vec2 at = toPixels(v.camera, {1 - 2 * t, 0}, s.width, s.height);
    EXPECT_TRUE(near(s.at(int(at.x), int(at.y)), palette(v.theme).guided, 24)) << "t = " << t;
  }
}

TEST_F(Render, NormalisedCoordinatesDivideByTheSpread) {
  View v = particlesOnly();
  v.coordinates = Coordinates::Normalised;
  v.time = 0.5;  // alpha = sigma = 1/2
  const Shot s = shoot(renderer_, onePath({0.6, 0.3}, {0.6, 0.3}), v);
  const Vec2 at = toPixels(v.camera, Vec2(0.6, 0.3) / std::sqrt(0.5), s.width, s.height);
  EXPECT_TRUE(near(s.at(int(at.x), int(at.y)), palette(v.theme).guided, 24));
}

TEST_F(Render, PathsAreStrongUpToTheCursorAndFaintBeyond) {
  View v = bareView();
  v.camera.height = 4;
  v.trajectories.visible = true;
  v.trajectories.width = 5;
  v.trajectories.opacity = 0.9;
  v.trajectories.timeColor = false;
  v.time = 0.5;
  const Shot s = shoot(renderer_, onePath({-1.2, 0}, {1.2, 0}, 16), v);
  const auto strength = [&](double x) {
    const Vec2 at = toPixels(v.camera, {x, 0}, s.width, s.height);
    return distance(s.at(int(at.x), int(at.y)), palette(v.theme).canvas);
  };
  EXPECT_GT(strength(-0.7), 3 * strength(0.7));
  EXPECT_GT(strength(0.7), 0);
  EXPECT_EQ(strength(1.5), 0);
}

TEST_F(Render, FewerPathsAndStepsAreTheSameOnesAtTheSamePlaces) {
  View v = bareView();
  v.camera = {.center = {0, 0}, .height = 6};
  v.trajectories.visible = true;
  auto frame = emptyFrame(40, 32);
  for (int i = 0; i < 40; ++i)
    for (int s = 0; s <= 32; ++s) put(*frame, s, i, -3 + 6.0 * s / 32, -2.5 + 0.125 * i);
  const Picture p{.frame = frame, .density = nullptr, .target = nullptr, .points = nullptr, .label = ""};
  gl::Texture image(GL_RGBA8, 320, 240, gl::Filter::Nearest);
  gl::Framebuffer target;
  target.attach(image);
  const auto draw = [&](Quality q) {
    renderer_.draw({.fbo = target.id(), .width = 320, .height = 240}, p, v, q);
    return Shot{320, 240, readPixels(target.id(), 0, 0, 320, 240)};
  };
  const Shot coarse = draw({.trajectories = 20, .everyNthStep = 4}), full = draw(Quality::full());
  const Vec2 kept = toPixels(v.camera, {0, -2.5 + 0.125 * 10}, 320, 240),
             left = toPixels(v.camera, {0, -2.5 + 0.125 * 30}, 320, 240);
  EXPECT_EQ(coarse.at(160, int(kept.y)), full.at(160, int(kept.y)));
  EXPECT_TRUE(near(coarse.at(160, int(left.y)), palette(v.theme).canvas, 2));
  EXPECT_FALSE(near(full.at(160, int(left.y)), palette(v.theme).canvas, 2));
}

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

TEST_F(Render, NothingComputedYetInvites) {
  View v;
  const Shot s = shoot(renderer_, {}, v, 640, 400);
  EXPECT_TRUE(near(s.at(10, 200), palette(v.theme).canvas, 12));
  int written = 0;  // the lines of text across the middle
  for (int x = 150; x < 490; ++x)
    for (int y = 170; y < 230; ++y) written += distance(s.at(x, y), palette(v.theme).canvas) > 4000;
  EXPECT_GT(written, 200);
}

TEST_F(Render, BlownUpParticlesAreShownAtTheBorderAndCounted) {
  View v = particlesOnly();
  v.camera = {.center = {0, 0}, .height = 4};
  Picture p = onePath({0, 0}, {1, 0}, 4);
  auto frame = std::make_shared<Frame>(*p.frame);
  put(*frame, 3, 0, kNan, kNan);
  put(*frame, 4, 0, std::numeric_limits<double>::infinity(), 0);
  frame->blownUp = 1;
  p.frame = frame;
  const Shot s = shoot(renderer_, p, v);
  int atBorder = 0;
  for (int x = s.width - 16; x < s.width; ++x)
    for (int y = 110; y < 130; ++y) atBorder += near(s.at(x, y), palette(v.theme).warning, 60);
  EXPECT_GT(atBorder, 4);  // it left to the right
  EXPECT_EQ(countNear(s, palette(v.theme).guided, 30), 0);
  EXPECT_THAT(legendEntries(p, v), testing::Contains(testing::Field(&LegendEntry::text, "1 particle blew up")));
  // Paths of it do not poison the picture.
  v.trajectories.visible = true;
  shoot(renderer_, p, v);
}

TEST_F(Render, OnlyTheTargetsRectangleIsTouched) {
  gl::Texture image(GL_RGBA8, 200, 150, gl::Filter::Nearest);
  gl::Framebuffer target;
  target.attach(image);
  target.bind();
  glDisable(GL_SCISSOR_TEST);
  glClearColor(1, 0, 1, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  View v;
  v.camera = fit(twoModes());
  Picture p = onePath({0, 0}, {0, 0});
  p.frame = guidedFrame(200, 8, 2);
  p.density = density(twoModes(), gridFor(v, 100, 80, 50), {});
  p.label = "class A";
  renderer_.draw({.fbo = target.id(), .x = 40, .y = 30, .width = 100, .height = 80}, p, v);
  const Shot all{200, 150, readPixels(target.id(), 0, 0, 200, 150)};
  for (int y = 0; y < 150; ++y)
    for (int x = 0; x < 200; ++x) {
      const bool inside = x >= 40 && x < 140 && y >= 30 && y < 110;
      ASSERT_EQ(all.at(x, y) == (Pixel{255, 0, 255}), !inside) << x << ", " << y;
    }
  // The same picture wherever the rectangle lies.
  EXPECT_EQ(readPixels(target.id(), 40, 30, 100, 80), shoot(renderer_, p, v, 100, 80).rgba);
}

TEST_F(Render, DrawsTheSameWhateverStateWasLeftBehind) {
  View v;
  v.camera = fit(twoModes());
  v.guidedDensity.visible = true;
  Picture p = onePath({0, 0}, {0, 0});
  p.frame = guidedFrame(300, 8, 2);
  p.density = density(twoModes(), gridFor(v, 320, 240, 100), {});
  p.target = tilted(twoModes(), gridFor(v, 320, 240, 100), 2);
  p.label = "class A, ω = 2.00";
  const Shot first = shoot(renderer_, p, v);
  EXPECT_EQ(first.rgba, shoot(renderer_, p, v).rgba);

  gl::Buffer unpack;
  unpack.reserve(64);
  GLuint sampler = 0;
  glCreateSamplers(1, &sampler);
  glSamplerParameteri(sampler, GL_TEXTURE_WRAP_S, GL_MIRRORED_REPEAT);
  for (const GLenum on : {GL_DEPTH_TEST, GL_STENCIL_TEST, GL_CULL_FACE, GL_SCISSOR_TEST, GL_FRAMEBUFFER_SRGB, GL_BLEND,
                          GL_RASTERIZER_DISCARD, GL_CLIP_DISTANCE0, GL_PRIMITIVE_RESTART_FIXED_INDEX})
    glEnable(on);
  glCullFace(GL_FRONT_AND_BACK);
  glDepthFunc(GL_NEVER);
  glStencilFunc(GL_NEVER, 1, 1);
  glScissor(3, 3, 5, 5);
  glViewport(1, 2, 3, 4);
  glColorMask(GL_FALSE, GL_TRUE, GL_FALSE, GL_FALSE);
  glBlendFunc(GL_ZERO, GL_ZERO);
  glBlendEquation(GL_MAX);
  glPolygonMode(GL_FRONT_AND_BACK, GL_LINE);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 8);
  glPixelStorei(GL_UNPACK_ROW_LENGTH, 77);
  glPixelStorei(GL_PACK_SKIP_PIXELS, 5);
  glBindBuffer(GL_PIXEL_UNPACK_BUFFER, unpack.id());
  glBindSampler(0, sampler);
  glBindSampler(1, sampler);
  // A new field and frame, so that everything is uploaded and drawn again.
  p.frame = std::make_shared<Frame>(*p.frame);
  p.density = std::make_shared<DensityField>(*p.density);
  p.target = std::make_shared<TargetField>(*p.target);
  EXPECT_EQ(first.rgba, shoot(renderer_, p, v).rgba);
  GLint viewport[4];
  glGetIntegerv(GL_VIEWPORT, viewport);
  EXPECT_THAT(viewport, testing::ElementsAre(1, 2, 3, 4));
  glBindSampler(0, 0);
  glDeleteSamplers(1, &sampler);
}

TEST_F(Render, AFrameOfAnotherSizeReplacesTheLast) {
  View v = particlesOnly();
  const Picture many{
      .frame = guidedFrame(500, 8, 2), .density = nullptr, .target = nullptr, .points = nullptr, .label = ""};
  const Picture one = onePath({0, 0}, {0.5, -0.25});
  const Shot before = shoot(renderer_, one, v);
  shoot(renderer_, many, v);
  EXPECT_EQ(shoot(renderer_, one, v).rgba, before.rgba);
}

TEST_F(Render, ParticlesTakeTheColourOfTheirClass) {
  View v = particlesOnly();
  v.particles.size = 14;
  v.particles.color = ParticleColor::ClassPosterior;
  Picture p = onePath({0, 0}, {0.5, -0.25});
  auto values = std::make_shared<PointValues>();
  values->classes = 2;
  values->classPosterior = {0, 1};
  values->push = {1};
  p.points = values;
  const Shot s = shoot(renderer_, p, v);
  EXPECT_LT(distance(s.at(160, 120), classColor(v.theme, 1)), distance(s.at(160, 120), palette(v.theme).guided));
  // While an answer of another size is on its way the values that are there go on being used: nothing blinks.
  p.frame = std::make_shared<Frame>(*emptyFrame(2, 1));
  v.camera.center = {0, 0};
  EXPECT_TRUE(near(shoot(renderer_, p, v).at(160, 120), palette(v.theme).other, 40));  // the second lies on the first
  // Without any values particles are the guided ones.
  p.points = nullptr;
  EXPECT_LT(distance(shoot(renderer_, p, v).at(160, 120), palette(v.theme).guided), 3000);
}

TEST_F(Render, LabelsAndWarningsStayInsideNarrowPanes) {
  View v;
  v.axes.grid = false;
  Picture p;
  auto frame = emptyFrame(1, 4);
  put(*frame, 4, 0, kNan, 0);
  frame->blownUp = 1;
  p.frame = frame;
  p.label = "class A, ω = 2.00, autoguidance ω = 1.50, and a great deal more than a pane can hold";
  for (const int width : {180, 260, 900}) {
    v.particles.visible = false;
    const Shot s = shoot(renderer_, p, v, width, 260);
    for (int y = 0; y < 260; ++y)
      for (const int x : {0, 1, 2, width - 3, width - 2, width - 1})
        ASSERT_TRUE(near(s.at(x, y), palette(v.theme).canvas, 3)) << width << ": " << x << ", " << y;
    EXPECT_GT(countNear(s, palette(v.theme).warning, 60), 20) << width;
  }
}

TEST_F(Render, ManyClassesAndOddSizesDraw) {
  View v;
  Picture p;
  Mixture m;
  for (int c = 0; c < 64; ++c)
    m.components.push_back({c, 1.0 / 64, {std::cos(c * 0.1), std::sin(c * 0.1)}, Sym2::isotropic(0.01)});
  p.density = density(m, {.lo = {-2, -2}, .hi = {2, 2}, .width = 7, .height = 5}, {});
  for (const auto& [w, h] : {std::pair(1, 1), std::pair(3, 500), std::pair(333, 7), std::pair(321, 241)})
    shoot(renderer_, p, v, w, h);
  v.time = 0.5;
  v.camera.height = 1e-3;
  shoot(renderer_, p, v);
  v.camera.height = 1e6;
  shoot(renderer_, p, v);
}

TEST(Camera, PixelsAndDataAreInverse) {
  const Camera c{.center = {1.5, -2}, .height = 7};
  for (const Vec2 p : {Vec2(0, 0), Vec2(-3.25, 4.5), Vec2(1.5, -2)}) {
    const Vec2 back = toData(c, toPixels(c, p, 801, 603), 801, 603);
    EXPECT_NEAR(back.x, p.x, 1e-12);
    EXPECT_NEAR(back.y, p.y, 1e-12);
  }
  EXPECT_EQ(toPixels(c, c.center, 800, 600), Vec2(400, 300));
  EXPECT_NEAR(toPixels(c, {1.5, 1.5}, 800, 600).y, 600, 1e-9);
}

TEST(Camera, FitShowsEveryComponent) {
  const Mixture m = twoModes();
  const Camera c = fit(m);
  for (const Component& k : m.components)
    for (const double sign : {-3.0, 3.0}) {
      const Vec2 p =
          toPixels(c, k.mean + sign * Vec2(std::sqrt(k.covariance.xx), std::sqrt(k.covariance.yy)), 800, 600);
      EXPECT_GE(p.x, 0);
      EXPECT_LE(p.x, 800);
      EXPECT_GE(p.y, 0);
      EXPECT_LE(p.y, 600);
    }
  EXPECT_EQ(fit(Mixture{}), Camera{});
}

TEST(Camera, AFieldsGridCoversTheViewInItsOwnCoordinates) {
  View v;
  v.coordinates = Coordinates::Normalised;
  v.camera = {.center = {1, 2}, .height = 4};
  const FieldGrid g = visibleGrid(v, {.alpha = 1, .sigma = std::sqrt(3.0)}, 400, 200, 100);
  EXPECT_EQ(g.width, 100);
  EXPECT_EQ(g.height, 50);
  EXPECT_LT(g.lo.x, (1 - 4) * 2.0);
  EXPECT_GT(g.hi.y, (2 + 2) * 2.0);
}

TEST(TimeCursor, LiesBetweenTheStepsAroundIt) {
  const auto grid = flowGrid(4);
  const Cursor c = cursorAt(grid, 0.6);
  EXPECT_EQ(c.step, 1);
  EXPECT_NEAR(c.mix, 0.6, 1e-12);
  EXPECT_NEAR(c.level.sigma, 0.6, 1e-12);
  EXPECT_EQ(cursorAt(grid, 0).step, 4);
  EXPECT_EQ(cursorAt(grid, 0).mix, 0);
  EXPECT_EQ(cursorAt(grid, 1).at(), 0);
  EXPECT_EQ(cursorAt(grid, 2).at(), 0);
  EXPECT_EQ(cursorAt(grid, -1).step, 4);
}

TEST(PaletteOf, EveryThemeIsLegible) {
  for (const Theme theme : {Theme::Dark, Theme::Light, Theme::Projector, Theme::HighContrast}) {
    const Palette& p = palette(theme);
    for (const Rgb ground : {p.canvas, p.panel, p.card})
      for (const Rgb ink : {p.text, p.secondary, p.guided, p.tilted, p.warning})
        EXPECT_GE(contrastRatio(ink, ground), 4.5) << int(theme);
    for (std::size_t i = 0; i < p.classes.size(); ++i) {
      EXPECT_GE(contrastRatio(p.classes[i], p.canvas), 2.9) << int(theme) << " class " << i;
      for (const Rgb taken : {p.guided, p.tilted, p.warning}) EXPECT_NE(p.classes[i], taken);
    }
  }
  EXPECT_NEAR(contrastRatio(rgb(0), rgb(0xFFFFFF)), 21, 1e-9);
  EXPECT_EQ(classColor(Theme::Dark, 7), palette(Theme::Dark).classes[2]);
}

std::vector<std::string> words(const Picture& p, const View& v) {
  std::vector<std::string> out;
  for (const LegendEntry& e : legendEntries(p, v)) out.push_back(e.text);
  return out;
}

TEST(Legend, SaysExactlyWhatIsDrawn) {
  using testing::ElementsAre;
  using testing::IsEmpty;
  View v;
  Picture p;
  EXPECT_THAT(words(p, v), IsEmpty());
  p.frame = emptyFrame(3, 2);
  p.density = density(twoModes(), {.lo = {-1, -1}, .hi = {1, 1}, .width = 4, .height = 4}, {});
  p.target = tilted(twoModes(), {.lo = {-4, -4}, .hi = {4, 4}, .width = 60, .height = 60}, 2);
  const std::string tilt = "tilted law p(x|A)^{1+ω} p(x)^{−ω}";
  EXPECT_THAT(words(p, v), ElementsAre("guided particles and paths", "p(x | A), the data", "other class", tilt));
  v.time = 0.5;
  EXPECT_THAT(words(p, v), testing::Contains(tilt + " at t = 0")) << "its contours do not move";
  v.time = 0;
  v.trajectories.visible = false;
  EXPECT_THAT(words(p, v), ElementsAre("guided particles", "p(x | A), the data", "other class", tilt));
  v.particles.visible = false;
  v.target.visible = false;
  EXPECT_THAT(words(p, v), ElementsAre("p(x | A), the data", "other class"));
  v.density.perClass = false;
  EXPECT_THAT(words(p, v), ElementsAre("p(x), the data"));
  v.density.visible = false;
  v.guidedDensity.visible = true;
  v.trajectories.visible = true;
  EXPECT_THAT(words(p, v), ElementsAre("guided paths", "density of the guided particles"));
}

TEST(Legend, NamesClassesAndNoise) {
  View v = bareView();
  v.density.visible = true;
  Picture p;
  p.frame = emptyFrame(3, 2, kUnconditional);
  p.density =
      density(twoModes(), {.lo = {-1, -1}, .hi = {1, 1}, .width = 4, .height = 4}, {.alpha = 0.5, .sigma = 0.5});
  EXPECT_THAT(words(p, v), testing::ElementsAre("p_{t}(x, A), the data", "p_{t}(x, B)"));
}

TEST(Legend, CallsClassesAsTheDataDo) {
  View v = bareView();
  v.density.visible = true;
  v.particles.visible = true;
  v.particles.color = ParticleColor::ClassPosterior;
  Experiment named;
  named.condition = 1;
  named.distribution.kind = DistributionKind::Mixture;
  named.distribution.classes = {"cat", "a_{very} long name of a dog"};
  Picture p;
  auto frame = std::make_shared<Frame>(*emptyFrame(3, 2, 1));
  frame->experiment = std::make_shared<Experiment>(named);
  p.frame = frame;
  p.density = density(twoModes(), {.lo = {-1, -1}, .hi = {1, 1}, .width = 4, .height = 4}, {});
  auto points = std::make_shared<PointValues>();
  points->classes = 2;
  points->classPosterior.resize(6);
  p.points = points;
  // The zero-width space keeps a name's own "_{" from lowering what follows.
  using testing::ElementsAre;
  EXPECT_THAT(words(p, v), ElementsAre("guided particles by likeliest class: cat, a_\u200B{very} long…",
                                       "p(x | a_\u200B{very} long…), the data", "other class"));
  frame = std::make_shared<Frame>(*frame);
  named.condition = kUnconditional;
  frame->experiment = std::make_shared<Experiment>(named);
  p.frame = frame;
  v.particles.visible = false;
  EXPECT_THAT(words(p, v), ElementsAre("p(x, cat), the data", "p(x, a_\u200B{very} long…)"));
}

TEST(Legend, CountsParticlesOutsideTheView) {
  View v = bareView();
  v.particles.visible = true;
  v.time = 0;
  v.camera = {{1, 0}, 4};
  Picture p;
  auto frame = emptyFrame(4, 2);
  put(*frame, 2, 0, 2.9, 0);
  put(*frame, 2, 1, 3.2, 0);
  put(*frame, 2, 2, 0, -2.2);
  put(*frame, 2, 3, kNan, 0);
  frame->blownUp = 1;
  p.frame = frame;
  const auto lines = [&](Vec2 reach) {
    std::vector<std::string> out;
    for (const LegendEntry& e : legendEntries(p, v, reach)) out.push_back(e.text);
    return out;
  };
  EXPECT_THAT(lines({2, 2}), testing::Contains("2 of 4 outside the view"));
  EXPECT_THAT(lines({2.3, 2.3}), testing::Not(testing::Contains(testing::HasSubstr("outside"))));
  v.time = 1;  // all of them at the origin
  EXPECT_THAT(lines({0.5, 2}), testing::Contains("4 of 4 outside the view"));
  v.time = 0;
  v.particles.visible = false;
  EXPECT_THAT(lines({2, 2}), testing::Not(testing::Contains(testing::HasSubstr("outside"))));
}

TEST(Legend, SaysWhereTheDensityIsEven) {
  View v = bareView();
  v.density.visible = true;
  Picture p;
  p.frame = emptyFrame(3, 2);
  const FieldGrid grid{.lo = {-3, -3}, .hi = {3, 3}, .width = 8, .height = 8};
  p.density = density(twoModes(), grid, {.alpha = 1, .sigma = 80});
  EXPECT_THAT(words(p, v), testing::ElementsAre("p_{t}(x | A), the data, even here (ramp rescaled)", "other class"));
  p.density = density(twoModes(), grid, {.alpha = 1, .sigma = 2});
  EXPECT_THAT(words(p, v), testing::ElementsAre("p_{t}(x | A), the data", "other class"));
}

TEST(Legend, OfOneClassSpeaksOfNoOther) {
  View v = bareView();
  v.density.visible = v.particles.visible = v.target.visible = true;
  v.particles.color = ParticleColor::ClassPosterior;
  Mixture one;
  one.components.push_back({});
  Picture p;
  auto frame = emptyFrame(3, 2);
  frame->mixture = std::make_shared<Mixture>(one);
  p.frame = frame;
  p.density = density(one, {.lo = {-3, -3}, .hi = {3, 3}, .width = 8, .height = 8}, {});
  p.target = tilted(twoModes(), {.lo = {-4, -4}, .hi = {4, 4}, .width = 60, .height = 60}, 0);
  auto points = std::make_shared<PointValues>();
  points->classes = 1;
  points->classPosterior.resize(3, 1.0f);
  p.points = points;
  EXPECT_THAT(words(p, v),
              testing::ElementsAre("guided particles, all of the one class", "p(x), the data", "target law p(x)"));
}

TEST(Legend, AnAbsentTargetIsNotClaimed) {
  View v;
  Picture p;
  p.frame = emptyFrame(3, 2);
  auto target = std::make_shared<TargetField>();
  target->absent = "no closed target: several terms are on";
  p.target = target;
  EXPECT_THAT(words(p, v), testing::ElementsAre("guided particles and paths"));
}

TEST(Ticks, AreRound) {
  const Ticks t = niceTicks(-3.1, 2.9, 0.7);
  EXPECT_DOUBLE_EQ(t.step, 1);
  EXPECT_DOUBLE_EQ(t.first, -3);
  EXPECT_EQ(t.count, 6);
  EXPECT_EQ(t.decimals, 0);
  const Ticks fine = niceTicks(0, 0.01, 0.0011);
  EXPECT_NEAR(fine.step, 0.002, 1e-12);
  EXPECT_EQ(fine.decimals, 3);
  EXPECT_EQ(niceTicks(0, 100, 6).decimals, 0);
  EXPECT_DOUBLE_EQ(niceTicks(0, 100, 6).step, 10);
  EXPECT_EQ(niceTicks(1, 1, 1).count, 0);
  EXPECT_EQ(niceTicks(0, kNan, 1).count, 0);
}

TEST(Numbers, HaveARealMinusAndNoMinusZero) {
  EXPECT_EQ(formatFixed(-1.25, 1), "−1.2");
  EXPECT_EQ(formatFixed(-0.001, 2), "0.00");
  EXPECT_EQ(formatFixed(2, 0), "2");
  EXPECT_EQ(formatRatio(80), "80.0");
  EXPECT_EQ(formatRatio(152.2), "152");
  EXPECT_EQ(formatRatio(1.372), "1.37");
  EXPECT_EQ(formatRatio(0.0213), "0.021");
  EXPECT_EQ(formatRatio(0), "0");
  EXPECT_EQ(formatRatio(std::numeric_limits<double>::infinity()), "∞");
}

}  // namespace
}  // namespace gs::test
