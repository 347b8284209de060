// Paths, and what a moving cursor adds to them.
#include "gl/objects.h"
#include "tests/render/fixture.h"

namespace gs::test {
namespace {

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

// What a moving cursor adds to the picture before is what a renderer draws that has seen nothing else, to the byte.
TEST_F(Render, APictureDoesNotDependOnThoseBefore) {
  View v = bareView();
  v.trajectories.visible = v.particles.visible = v.axes.visible = true;
  v.trajectories.width = 2.5;
  Picture p{.frame = guidedFrame(60, 12, 1.5), .density = nullptr, .target = nullptr, .points = nullptr, .label = ""};
  const auto fresh = [&] {
    Renderer r;
    return shoot(r, p, v, 160, 120);
  };
  for (const double t : {1.0, 0.97, 0.7, 0.68, 0.35, 0.5, 0.5, 0.02, 0.0, 0.25}) {
    v.time = t;
    ASSERT_TRUE(shoot(renderer_, p, v, 160, 120).rgba == fresh().rgba) << "t = " << t;
  }
  v.camera.height *= 0.8;
  EXPECT_TRUE(shoot(renderer_, p, v, 160, 120).rgba == fresh().rgba) << "another camera";
  p.frame = guidedFrame(60, 12, 0);
  EXPECT_TRUE(shoot(renderer_, p, v, 160, 120).rgba == fresh().rgba) << "other paths";
  EXPECT_TRUE(shoot(renderer_, p, v, 120, 90).rgba != shoot(renderer_, p, v, 160, 120).rgba);
  EXPECT_TRUE(shoot(renderer_, p, v, 160, 120).rgba == fresh().rgba) << "another size in between";
  // With fields below everything lies on one picture more, and is the same.
  const Shot plain = fresh();
  v.streams.visible = true;
  const Shot over = shoot(renderer_, p, v, 160, 120);
  for (std::size_t i = 0; i < over.rgba.size(); ++i) ASSERT_NEAR(over.rgba[i], plain.rgba[i], 1);
}

// Both parts of a path together are as strong as a path is that is drawn once.
TEST_F(Render, WhatLiesBeforeTheCursorIsAsStrongAsAWholePath) {
  View v = bareView();
  v.camera.height = 4;
  v.trajectories.visible = true;
  v.trajectories.width = 5;
  v.trajectories.opacity = 0.6;
  const Picture p = onePath({-1.2, 0.1}, {1.2, -0.2}, 16);
  const Shot whole = shoot(renderer_, p, v);
  v.time = 0.25;
  const Shot part = shoot(renderer_, p, v);
  const int cut = int(toPixels(v.camera, {0.6, 0}, whole.width, whole.height).x) - 4;
  int ink = 0;
  for (int y = 0; y < whole.height; ++y)
    for (int x = 0; x < cut; ++x) {
      const Pixel a = whole.at(x, y), b = part.at(x, y);
      ASSERT_LE(std::abs(a.r - b.r) + std::abs(a.g - b.g) + std::abs(a.b - b.b), 3) << x << "," << y;
      ink += !near(a, palette(v.theme).canvas, 8);
    }
  EXPECT_GT(ink, 300);
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

}  // namespace
}  // namespace gs::test
