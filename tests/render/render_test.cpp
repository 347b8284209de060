// The whole picture: particles, words, what was left in the context, sizes.
#include <epoxy/gl.h>

#include <limits>

#include "gl/objects.h"
#include "render/legend.h"
#include "tests/render/fixture.h"

namespace gs::test {
namespace {

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

TEST_F(Render, TheLabelSaysWhetherAnythingPushes) {
  View v = bareView();
  v.axes.visible = true;
  const auto amber = [&](double omega, bool enabled, int condition = 0, bool oneClass = false) {
    auto frame = emptyFrame(1, 4, condition);
    if (oneClass) frame->mixture = std::make_shared<Mixture>(Mixture{{{0, 1, {}, Sym2::isotropic(1)}}});
    auto e = std::make_shared<Experiment>(*frame->experiment);
    e->guidance = {Term{.enabled = enabled, .omega = omega}};
    frame->experiment = e;
    Picture p;
    p.frame = frame;
    return countNear(shoot(renderer_, p, v), palette(v.theme).guided, 60);
  };
  EXPECT_GT(amber(2, true), 20);
  EXPECT_EQ(amber(0, true), 0);
  EXPECT_EQ(amber(2, false), 0);
  EXPECT_EQ(amber(2, true, kUnconditional), 0) << "nothing to push from";
  EXPECT_EQ(amber(2, true, 0, true), 0) << "the condition is all there is";
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

}  // namespace
}  // namespace gs::test
