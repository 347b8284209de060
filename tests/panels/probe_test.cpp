// The probe: what it asks of the engine for the mouse, what it shows of the answer, and what a click and an outline do.
#include "fixture.h"

#include "panels/widgets.h"
#include "render/palette.h"
#include "render/renderer.h"

namespace gs {
namespace {

class ProbePanel : public Panels {
 protected:
  UiState::Pointing& mouse() { return stage.state.pointing; }
  PixelRect pane() { return stage.result.panes.at(0); }
  // What the engine would answer.
  void answer(std::vector<int> chosen) {
    stage.answers[0].inspected.chosenSerial = mouse().serial;
    stage.answers[0].inspected.chosen = std::move(chosen);
    stage.frame(2);
  }
};

TEST_F(ProbePanel, AsksForThePlaceUnderTheMouse) {
  const PixelRect r = pane();
  stage.moveTo(r.x + r.width / 2.0, r.y + r.height / 2.0);
  EXPECT_FALSE(mouse().known);  // not wanted yet
  mouse().probe = true;
  stage.moveTo(r.x + r.width * .75, r.y + r.height * .25);
  ASSERT_TRUE(mouse().known);
  const Vec2 expected = toData(stage.session.view.camera, {r.width * .75, r.height * .75}, r.width, r.height);
  EXPECT_NEAR(glm::distance(mouse().at, expected), 0, 1e-2);
  EXPECT_TRUE(stage.has("probe"));
  // Over a panel the last place stays.
  stage.moveTo(20, 300);
  EXPECT_NEAR(glm::distance(mouse().at, expected), 0, 1e-2);
}

TEST_F(ProbePanel, ShowsWhatIsKnownThere) {
  mouse().probe = mouse().known = true;
  auto a = std::make_shared<ProbeAnswer>(probeAt(experiment(), stage.answers[0].mixture, .4, {.2, .1}));
  ASSERT_EQ(a->pushes.size(), 1u);
  const Image before = stage.shoot();
  stage.answers[0].inspected.probe = a;
  stage.frame(3);
  EXPECT_TRUE(stage.state.memory->clipped.empty());
  // The guided estimate is marked on the picture, in amber.
  const PixelRect r = pane();
  const Vec2 at = toPixels(stage.session.view.camera, a->guided, r.width, r.height);
  const Image after = stage.shoot();
  const auto pixel = [&](const Image& i) {
    return &i.rgba[(std::size_t(r.y + r.height - at.y) * std::size_t(i.width) + std::size_t(r.x + at.x)) * 4];
  };
  EXPECT_NEAR(pixel(after)[0], palette(Theme::Dark).guided.r, 60);
  EXPECT_NE(pixel(after)[0], pixel(before)[0]);
}

TEST_F(ProbePanel, AClickMarksAParticleAndAnotherUnmarksIt) {
  mouse().probe = true;
  const PixelRect r = pane();
  stage.click(r.x + 200, r.y + 200);
  EXPECT_EQ(mouse().serial, 1u);
  ASSERT_EQ(mouse().outline.size(), 1u);
  EXPECT_GT(mouse().reach, 0);
  answer({42});
  EXPECT_EQ(stage.session.view.particles.marked, 42);
  EXPECT_TRUE(stage.has("forget-particle"));
  auto record = std::make_shared<ParticleRecord>();
  record->frame = stage.answers[0].frame;
  record->particle = 42;
  const std::size_t rows = std::size_t(record->frame->rows());
  record->x.assign(2 * rows, 1.f);
  record->twin.assign(2 * rows, .5f);
  record->push.assign(rows, .2f);
  record->classPosterior.assign(rows, .7f);
  stage.answers[0].inspected.record = record;
  stage.frame(3);
  EXPECT_TRUE(stage.state.memory->clipped.empty());
  stage.click(r.x + 20, r.y + 200);  // beside all particles
  answer({});
  EXPECT_EQ(stage.session.view.particles.marked, -1);
}

TEST_F(ProbePanel, ADragIsNoClickAndWithoutTheProbeNothingIsMarked) {
  const PixelRect r = pane();
  stage.click(r.x + 200, r.y + 200);
  EXPECT_EQ(mouse().serial, 0u);
  mouse().probe = true;
  stage.moveTo(r.x + 200, r.y + 200);
  stage.press();
  stage.dragTo(r.x + 260, r.y + 240);
  stage.release();
  EXPECT_EQ(mouse().serial, 0u);
}

TEST_F(ProbePanel, ShiftAndDragOutlineParticles) {
  const PixelRect r = pane();
  const Camera camera = stage.session.view.camera;
  stage.moveTo(r.x + 150, r.y + 150);
  stage.hold(false, true);
  stage.press();
  stage.dragTo(r.x + 300, r.y + 150);
  stage.dragTo(r.x + 300, r.y + 300);
  stage.dragTo(r.x + 150, r.y + 300);
  EXPECT_GT(mouse().drawing.size(), 10u);
  stage.release();
  stage.hold(false, false);
  ASSERT_EQ(mouse().serial, 1u);
  EXPECT_GT(mouse().outline.size(), 10u);
  const Vec2 corner = toData(camera, {150, r.height - 150.}, r.width, r.height);
  EXPECT_NEAR(glm::distance(mouse().outline.front(), corner), 0, 1e-2);
  answer({1, 4, 7});
  EXPECT_EQ(mouse().group, (std::vector<int>{1, 4, 7}));
  auto group = std::make_shared<Group>();
  group->particles = mouse().group;
  group->of = 4096;
  stage.answers[0].inspected.group = group;
  stage.frame(3);
  EXPECT_TRUE(stage.state.memory->clipped.empty());
  stage.click("forget-group");
  EXPECT_TRUE(mouse().group.empty());
}

// A panel that was scrolled down would answer a key or a click out of sight.
TEST_F(ProbePanel, WhatIsAskedForIsScrolledIntoSight) {
  stage.moveTo(1400, 500);
  for (int i = 0; i < 30; ++i) stage.wheel(-3);
  mouse().group = {1, 4, 7};
  stage.frame(3);
  const PixelRect group = stage.control("forget-group");
  EXPECT_GT(group.y, 0);
  EXPECT_LT(group.y, 120);
  // It stays where a person scrolls it to afterwards.
  stage.wheel(-3);
  stage.frame(2);
  EXPECT_FALSE(stage.has("forget-group") && stage.control("forget-group").y >= group.y);
  // A particle marked later has its card above.
  stage.session.view.particles.marked = 42;
  stage.frame(3);
  EXPECT_GT(stage.control("forget-particle").y, 0);
  EXPECT_LT(stage.control("forget-particle").y, 120);
}

}  // namespace
}  // namespace gs
