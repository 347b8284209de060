// The time line: scrubbing, playing, and the weight curve with its knots.
#include "fixture.h"

#include <cmath>
#include <tuple>

#include "panels/cards.h"
#include "panels/time_axis.h"
#include "session/json.h"

namespace gs {
namespace {

using testing::HasSubstr;

TEST_F(Panels, ScrubbingMovesTheCursorBothWaysRound) {
  for (bool noiseOnLeft : {true, false}) {
    stage.session.view.noiseOnLeft = noiseOnLeft;
    stage.frame(2);
    const PixelRect r = stage.control("view.time");
    stage.moveTo(r.x + r.width * 0.25, r.y + r.height - 4);
    stage.press();
    EXPECT_TRUE(stage.result.gesture);
    EXPECT_NEAR(stage.session.view.time, noiseOnLeft ? 0.75 : 0.25, 0.01);
    stage.dragTo(r.x + r.width * 0.6, r.y + r.height - 4);
    EXPECT_NEAR(stage.session.view.time, noiseOnLeft ? 0.4 : 0.6, 0.01);
    stage.dragTo(r.x + r.width + 500, r.y);
    EXPECT_EQ(stage.session.view.time, noiseOnLeft ? 0 : 1);
    stage.release();
    EXPECT_FALSE(stage.result.gesture);
  }
}

TEST_F(Panels, TheThinBarScrubsToo) {
  stage.state.timelineThin = true;
  stage.frame(2);
  const PixelRect r = stage.control("view.time");
  stage.moveTo(r.x + r.width * 0.5, middleY(r));
  stage.press();
  stage.release();
  EXPECT_NEAR(stage.session.view.time, 0.5, 0.01);
}

TEST_F(Panels, TheHighestWeightKeepsItsNumberInALowPlot) {
  experiment().guidance[0].omega = 2;
  for (const auto& [w, h, scale] : {std::tuple(1440, 900, 1.), std::tuple(1440, 700, 2.), std::tuple(1920, 1080, 2.)}) {
    stage.resize(w, h, Theme::Dark, scale);
    stage.frame(3);
    const PixelRect plot = stage.control("view.time"), top = stage.control("guidance.0.curve.handle.0");
    const Image shot = stage.shoot();
    const int em = int(13 * scale);
    int bright = 0;  // of the "2" that stands on the line at the left
    for (int y = int(middleY(top)) - em; y < int(middleY(top)) - 3; ++y)
      for (int x = plot.x + em / 3; x < plot.x + em; ++x)
        bright += shot.rgba[std::size_t(y * shot.width + x) * 4] > 100;
    EXPECT_GT(bright, 5) << w << " x " << h;
  }
}

TEST_F(Panels, ScrubbingWhilePlayingAsksForAPause) {
  stage.state.playing = true;
  const PixelRect r = stage.control("view.time");
  stage.moveTo(middleX(r), r.y + r.height - 4);
  stage.press();
  EXPECT_THAT(stage.result.commands, testing::Contains(Command::PlayPause));
  stage.release();
}

TEST_F(Panels, ThePlayButtonAsksForPlayback) {
  const PixelRect r = stage.control("play");
  stage.moveTo(middleX(r), middleY(r));
  stage.press();
  stage.release();
  EXPECT_THAT(stage.result.commands, testing::ElementsAre(Command::PlayPause));
  EXPECT_FALSE(stage.state.playing) << "the window plays, not the button";
}

TEST_F(Panels, KnotsAreDraggedInsideTheirNeighbours) {
  useDrawn({{0, 1}, {0.5, 1}, {1, 1}});
  const PixelRect k = stage.control("guidance.0.curve.handle.1"), plot = stage.control("view.time");
  stage.moveTo(middleX(k), middleY(k));
  stage.press();
  stage.dragTo(middleX(k) + plot.width * 0.2, middleY(k) + plot.height * 0.3);
  EXPECT_TRUE(stage.result.gesture);
  EXPECT_NEAR(term().curve.knots[1].t, 0.3, 0.01);
  EXPECT_LT(term().curve.knots[1].value, 0.9);
  stage.dragTo(plot.x + plot.width * 3.0, middleY(k));
  EXPECT_GT(term().curve.knots[1].t, 0);
  EXPECT_LT(term().curve.knots[1].t, 0.01);
  stage.release();
  EXPECT_FALSE(stage.result.gesture);
  EXPECT_EQ(term().curve.knots.size(), 3u);
  validate(stage.session);
}

TEST_F(Panels, ADoubleClickAddsAKnotWhereItWas) {
  useDrawn({{0, 1}, {1, 1}});
  const PixelRect plot = stage.control("view.time");
  const double time = stage.session.view.time;
  const PixelRect k = stage.control("guidance.0.curve.handle.0");
  stage.doubleClick(plot.x + plot.width * 0.4, middleY(k));
  ASSERT_EQ(term().curve.knots.size(), 3u);
  EXPECT_NEAR(term().curve.knots[1].t, 0.6, 0.01);
  EXPECT_NEAR(term().curve.knots[1].value, 1, 0.03);
  EXPECT_EQ(stage.session.view.time, time) << "a click on the curve is not a scrub";
}

TEST_F(Panels, ADoubleClickTurnsAnyCurveIntoADrawnOneOfItsShape) {
  const ui::TimeAxis axis(experiment().schedule);
  for (CurveKind kind : {CurveKind::Constant, CurveKind::Linear, CurveKind::Cosine, CurveKind::Interval}) {
    Curve curve;
    curve.kind = kind;
    Curve drawn;
    drawn.kind = CurveKind::Drawn;
    drawn.knots = ui::drawnLike(curve, axis);
    for (double t = 0.02; t < 1; t += 0.06) {
      const double ratio = axis.ratioAt(t);
      if (kind == CurveKind::Interval &&
          (std::abs(t - axis.timeAt(curve.lo)) < 0.06 || std::abs(t - axis.timeAt(curve.hi)) < 0.06))
        continue;
      EXPECT_NEAR(evaluate(drawn, t, ratio), evaluate(curve, t, ratio), 0.03) << int(kind) << " at " << t;
    }
    term().curve = drawn;
    validate(stage.session);
  }
}

TEST_F(Panels, KnotsAreRemovedByARightClickOrByDraggingThemOut) {
  useDrawn({{0, 1}, {0.3, 1}, {0.6, 1}, {1, 1}});
  PixelRect k = stage.control("guidance.0.curve.handle.1");
  stage.click(middleX(k), middleY(k), 1);
  ASSERT_EQ(term().curve.knots.size(), 3u);
  EXPECT_EQ(term().curve.knots[1].t, 0.6);
  k = stage.control("guidance.0.curve.handle.1");
  stage.moveTo(middleX(k), middleY(k));
  stage.press();
  stage.dragTo(middleX(k), middleY(k) - 300);
  EXPECT_EQ(term().curve.knots.size(), 3u) << "not before it is let go";
  stage.release();
  ASSERT_EQ(term().curve.knots.size(), 2u);
  k = stage.control("guidance.0.curve.handle.0");
  stage.click(middleX(k), middleY(k), 1);
  EXPECT_EQ(term().curve.knots.size(), 2u) << "a curve keeps two";
  EXPECT_NE(stage.state.message, "");
  validate(stage.session);
}

TEST_F(Panels, TheEndsOfAnIntervalAreDraggedOnTheCurve) {
  term().curve.kind = CurveKind::Interval;
  stage.frame(2);
  const PixelRect hi = stage.control("guidance.0.curve.handle.1"), plot = stage.control("view.time");
  stage.moveTo(middleX(hi), middleY(hi));
  stage.press();
  stage.dragTo(plot.x + plot.width * 0.5, middleY(hi));
  stage.release();
  EXPECT_NEAR(term().curve.hi, 1, 0.05) << "flow matching: sigma / alpha is 1 at t = 1/2";
  stage.moveTo(plot.x + plot.width * 0.5, middleY(hi));
  stage.press();
  stage.dragTo(plot.x + plot.width * 2.0, middleY(hi));
  stage.release();
  EXPECT_GT(term().curve.hi, term().curve.lo);
  validate(stage.session);
}

TEST(TimeAxis, LevelsAndTimesAreInverse) {
  for (ScheduleKind kind : {ScheduleKind::Edm, ScheduleKind::VpLinear, ScheduleKind::VpCosine, ScheduleKind::Flow})
    for (GridKind grid : {GridKind::Karras, GridKind::UniformT, GridKind::UniformLogSnr}) {
      Schedule s;
      s.kind = kind, s.grid = grid, s.steps = 24;
      const ui::TimeAxis axis(s);
      for (double t = 0.05; t < 0.96; t += 0.1) EXPECT_NEAR(axis.timeAt(axis.ratioAt(t)), t, 1e-6);
      for (const GridPoint& g : axis.grid())
        if (std::isfinite(g.ratio)) {
          EXPECT_NEAR(axis.ratioAt(g.t), g.ratio, 1e-6 * (1 + g.ratio)) << int(kind) << int(grid);
        }
    }
}

TEST_F(Panels, KnotsAreMovedByKeys) {
  useDrawn({{0.2, 1}, {0.5, 1}, {0.8, 1}});
  stage.state.memory->focus = 0;
  // Ctrl+Tab until an arrow key moves the knot in the middle.
  const auto middle = [&] { return term().curve.knots[1]; };
  bool found = false;
  for (int i = 0; i < 100 && !found; ++i) {
    stage.key(ImGuiKey_Tab, true);
    const double omega = term().omega;
    const Knot before = middle();
    stage.key(ImGuiKey_UpArrow);
    found = middle().value != before.value;
    term().omega = omega;
  }
  ASSERT_TRUE(found);
  EXPECT_NEAR(middle().value, 1.01, 1e-9);
  EXPECT_TRUE(stage.result.focused);
  EXPECT_TRUE(stage.result.gesture) << "keys in a row are one gesture";
  stage.key(ImGuiKey_UpArrow, false, true);
  EXPECT_NEAR(middle().value, 1.11, 1e-9);
  stage.key(ImGuiKey_RightArrow);  // the noise is on the left
  EXPECT_NEAR(middle().t, 0.495, 1e-9);
  stage.key(ImGuiKey_LeftArrow, false, true);
  EXPECT_NEAR(middle().t, 0.545, 1e-9);
  for (int i = 0; i < 20; ++i) stage.key(ImGuiKey_LeftArrow, false, true);
  EXPECT_LT(middle().t, 0.8);  // not past its neighbour
  const Knot covered = middle();
  for (bool* open : {&stage.state.help, &stage.state.gallery, &stage.state.palette}) {
    *open = true;
    stage.frame(2);
    for (int key : {ImGuiKey_UpArrow, ImGuiKey_RightArrow, ImGuiKey_Delete}) stage.key(key);
    ASSERT_EQ(term().curve.knots.size(), 3u) << "the key was for what lies over it";
    EXPECT_EQ(middle(), covered);
    *open = false;
    stage.frame(2);
  }
  stage.key(ImGuiKey_Delete);
  ASSERT_EQ(term().curve.knots.size(), 2u);
  stage.frame(60);
  EXPECT_FALSE(stage.result.gesture);
  stage.key(ImGuiKey_Delete);
  EXPECT_EQ(term().curve.knots.size(), 2u);
  EXPECT_THAT(stage.state.message, HasSubstr("needs two knots"));
}

}  // namespace
}  // namespace gs
