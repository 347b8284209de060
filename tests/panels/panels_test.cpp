// Drives the real interface with a mouse and keys of our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "panels/cards.h"
#include "panels/formula.h"
#include "panels/layout.h"
#include "panels/time_axis.h"
#include "panels/widgets.h"
#include "session/history.h"
#include "session/json.h"
#include "stage.h"

namespace gs {
namespace {

using testing::HasSubstr;

double middleX(const PixelRect& r) { return r.x + r.width / 2.0; }
double middleY(const PixelRect& r) { return r.y + r.height / 2.0; }

// One classifier-free term, drawn once.
class Panels : public testing::Test {
 protected:
  Panels() {
    stage.session.panes[0].guidance = {Term{}};
    stage.moveTo(-10, -10);
    stage.frame(3);
  }
  Experiment& experiment() { return stage.session.panes[0]; }
  Term& term() { return experiment().guidance[0]; }
  void useDrawn(std::vector<Knot> knots) {
    term().curve.kind = CurveKind::Drawn;
    term().curve.knots = std::move(knots);
    stage.frame(2);
  }
  Stage stage{1440, 900};
};

TEST_F(Panels, DraggingTheWeightChangesItAndIsOneGesture) {
  const PixelRect r = stage.control("guidance.0.omega");
  const double from = r.x + r.width * 0.39, y = middleY(r);
  stage.moveTo(from, y);
  EXPECT_FALSE(stage.result.gesture);
  stage.press();
  EXPECT_TRUE(stage.result.gesture);
  double last = term().omega;
  for (int i = 1; i <= 6; ++i) {
    stage.moveTo(from + i * r.width * 0.06, y);
    EXPECT_GT(term().omega, last);
    EXPECT_TRUE(stage.result.gesture);
    last = term().omega;
  }
  stage.release();
  EXPECT_FALSE(stage.result.gesture);
  EXPECT_EQ(term().omega, last) << "the value is final in the frame in which the gesture ends";
  EXPECT_GT(last, 4);
  stage.moveTo(10, y);
  EXPECT_EQ(term().omega, last) << "no drag without a button";
}

TEST_F(Panels, AHeldSliderFollowsTheMouseOutsideAndStaysInRange) {
  const PixelRect r = stage.control("guidance.0.omega");
  stage.moveTo(middleX(r), middleY(r));
  stage.press();
  stage.moveTo(r.x + r.width * 3.0, middleY(r) + 200);
  EXPECT_EQ(term().omega, 20);
  stage.moveTo(r.x - r.width * 1.0, middleY(r));
  EXPECT_EQ(term().omega, -1);
  stage.release();
  validate(stage.session);
}

TEST_F(Panels, ShiftIsTenTimesFiner) {
  const PixelRect r = stage.control("guidance.0.omega");
  const double x = r.x + r.width * 0.39, y = middleY(r);
  const auto change = [&](bool shift) {
    term().omega = 2;
    stage.moveTo(x, y);
    stage.press();
    stage.hold(false, shift);
    stage.moveTo(x + 30, y);
    stage.hold(false, false);
    stage.release();
    stage.frame(40);
    return term().omega - 2;
  };
  const double coarse = change(false), fine = change(true);
  EXPECT_GT(fine, 0);
  EXPECT_NEAR(coarse / fine, 10, 4);
}

TEST_F(Panels, DoubleClickResets) {
  term().omega = 7;
  stage.frame();
  const PixelRect r = stage.control("guidance.0.omega");
  stage.doubleClick(middleX(r), middleY(r));
  EXPECT_EQ(term().omega, Term{}.omega);
}

TEST_F(Panels, CtrlClickTypesAnExactValue) {
  const PixelRect r = stage.control("guidance.0.omega");
  stage.moveTo(middleX(r), middleY(r));
  stage.hold(true, false);
  stage.press();
  stage.release();
  stage.hold(false, false);
  stage.frame(3);
  EXPECT_TRUE(stage.result.gesture) << "text is being typed";
  stage.type("3.125");
  stage.key(ImGuiKey_Enter);
  EXPECT_EQ(term().omega, 3.125);
  stage.frame(2);
  EXPECT_FALSE(stage.result.gesture);
}

TEST_F(Panels, ABadNumberIsRefusedWithAReasonAndChangesNothing) {
  for (const char* text : {"40", "abc", "1e", "nan", "inf", "--1", ""}) {
    stage.state.message.clear();
    const Session before = stage.session;
    const PixelRect r = stage.control("guidance.0.omega");
    stage.moveTo(middleX(r), middleY(r));
    stage.hold(true, false);
    stage.press();
    stage.release();
    stage.hold(false, false);
    stage.frame(3);
    stage.key(ImGuiKey_Delete);
    stage.type(text);
    stage.key(ImGuiKey_Enter);
    EXPECT_EQ(stage.session, before) << text;
    EXPECT_THAT(stage.state.message, HasSubstr("−1 to 20")) << text;
    EXPECT_TRUE(stage.state.messageIsError);
    stage.click("message.close");
    EXPECT_EQ(stage.state.message, "");
  }
}

TEST_F(Panels, TheWheelAndArrowsChangeOnlyTheFocusedSlider) {
  const PixelRect r = stage.control("guidance.0.omega");
  stage.moveTo(r.x + r.width * 0.39, middleY(r));
  stage.wheel(1);
  EXPECT_EQ(term().omega, 2);
  stage.press();
  stage.release();
  const double clicked = term().omega;
  stage.wheel(1);
  EXPECT_GT(term().omega, clicked);
  EXPECT_TRUE(stage.result.gesture) << "a wheel has no release: its gesture lingers, so that a turn is one entry";
  EXPECT_TRUE(stage.result.animatedUntilSettled.has_value());
  stage.frame(60);
  EXPECT_FALSE(stage.result.gesture);
  EXPECT_TRUE(stage.result.focused);
  const double wheeled = term().omega;
  stage.key(ImGuiKey_LeftArrow);
  EXPECT_LT(term().omega, wheeled);
  stage.key(ImGuiKey_Escape);
  stage.frame(60);
  EXPECT_FALSE(stage.result.focused);
  const double left = term().omega;
  stage.key(ImGuiKey_RightArrow);
  EXPECT_EQ(term().omega, left);
}

TEST_F(Panels, EveryControlCanBeReachedByKeyboard) {
  std::set<unsigned> seen;
  for (int i = 0; i < 80; ++i) {
    stage.key(ImGuiKey_Tab, true);
    seen.insert(stage.state.memory->focus);
  }
  EXPECT_EQ(seen.size(), stage.state.memory->order.size());
  EXPECT_GT(seen.size(), 20u);
}

TEST_F(Panels, WeightsAreShownAsCfgScalesWithoutChangingThem) {
  const Session before = stage.session;
  stage.session.view.weights = WeightDisplay::CfgScale;
  stage.frame(2);
  EXPECT_EQ(stage.session.panes, before.panes);
  const PixelRect r = stage.control("guidance.0.omega");
  stage.moveTo(middleX(r), middleY(r));
  stage.hold(true, false);
  stage.press();
  stage.release();
  stage.hold(false, false);
  stage.frame(3);
  stage.type("5");
  stage.key(ImGuiKey_Enter);
  EXPECT_EQ(term().omega, 4) << "a cfg scale of 5";
}

TEST_F(Panels, TermsAreAddedSwitchedOffAndRemoved) {
  stage.click("guidance.+");
  stage.frame(3);
  const PixelRect add = stage.control("guidance.+");
  stage.click(add.x + add.width / 2.0, add.y + add.height + 13 * (0.15 + 0.4 + 1.9 * 1.5));
  ASSERT_EQ(experiment().guidance.size(), 2u);
  EXPECT_EQ(experiment().guidance[1].kind, TermKind::Autoguidance);
  EXPECT_TRUE(stage.has("guidance.1.weak.broaden"));
  stage.click("guidance.1.enabled");
  EXPECT_FALSE(experiment().guidance[1].enabled);
  stage.click("guidance.0.remove");
  ASSERT_EQ(experiment().guidance.size(), 1u);
  EXPECT_EQ(experiment().guidance[0].kind, TermKind::Autoguidance);
  stage.click("guidance.0.remove");
  EXPECT_TRUE(experiment().guidance.empty());
  stage.frame(3);
  validate(stage.session);
}

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
      if (kind == CurveKind::Interval && (std::abs(t - axis.timeAt(curve.lo)) < 0.06 || std::abs(t - axis.timeAt(curve.hi)) < 0.06)) continue;
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

TEST_F(Panels, CardsShowOnlyWhatApplies) {
  EXPECT_FALSE(stage.has("sampler.churn"));
  EXPECT_FALSE(stage.has("schedule.rho"));
  experiment().sampler.kind = SolverKind::Exponential;
  experiment().schedule.grid = GridKind::Karras;
  stage.frame(2);
  EXPECT_TRUE(stage.has("sampler.churn"));
  EXPECT_TRUE(stage.has("schedule.rho"));
  EXPECT_FALSE(stage.has("distribution.bandwidth"));
  EXPECT_FALSE(stage.has("distribution.word"));
  stage.session.notes = "About another law.";
  stage.click("distribution.two-gaussians");
  EXPECT_EQ(experiment().distribution.name, "two-gaussians");
  EXPECT_EQ(stage.session.name, "Two Gaussians");
  EXPECT_EQ(stage.session.notes, "");
  experiment().distribution.name = "letters";
  stage.frame(2);
  EXPECT_TRUE(stage.has("distribution.word"));
  experiment().distribution.kind = DistributionKind::Points;
  experiment().distribution.file = "points.csv";
  experiment().distribution.mixture = Box<Mixture>(*stage.answers[0].mixture);
  stage.frame(2);
  EXPECT_TRUE(stage.has("distribution.bandwidth"));
  EXPECT_TRUE(stage.has("distribution.maxComponents"));
}

TEST_F(Panels, LeavingTheExponentialSolverTakesItsChurnAlong) {
  experiment().sampler = {SolverKind::Exponential, 2};
  stage.frame(2);
  const PixelRect r = stage.control("sampler.kind");
  stage.click(middleX(r), middleY(r));
  stage.frame(2);
  stage.key(ImGuiKey_UpArrow);
  stage.key(ImGuiKey_Enter);
  EXPECT_EQ(experiment().sampler.kind, SolverKind::Dpmpp2m);
  EXPECT_EQ(experiment().sampler.churn, 0);
  validate(stage.session);
}

TEST_F(Panels, AClassOrNoneIsChosen) {
  const PixelRect r = stage.control("condition");
  stage.click(r.x + r.width - 8.0, middleY(r));
  EXPECT_EQ(experiment().condition, 1);
  stage.click(r.x + 8.0, middleY(r));
  EXPECT_EQ(experiment().condition, kUnconditional);
}

TEST_F(Panels, ThePaletteFindsAndRunsACommand) {
  stage.state.palette = true;
  stage.frame(3);
  EXPECT_TRUE(stage.result.focused);
  stage.type("ful scr");
  ImGui::GetIO().KeysDown[ImGui::GetIO().KeyMap[ImGuiKey_Enter]] = true;
  stage.frame();
  EXPECT_THAT(stage.result.commands, testing::ElementsAre(Command::FullScreen));
  EXPECT_FALSE(stage.state.palette);
  ImGui::GetIO().KeysDown[ImGui::GetIO().KeyMap[ImGuiKey_Enter]] = false;
  stage.frame(3);
  EXPECT_TRUE(stage.result.commands.empty());
}

TEST_F(Panels, OverlaysCloseByEscapeAndByAClickBeside) {
  for (bool* open : {&stage.state.help, &stage.state.gallery, &stage.state.palette}) {
    *open = true;
    stage.frame(2);
    EXPECT_TRUE(*open);
    stage.key(ImGuiKey_Escape);
    EXPECT_FALSE(*open);
    *open = true;
    stage.frame(2);
    stage.click(4, 4);
    EXPECT_FALSE(*open);
  }
}

TEST_F(Panels, TheGalleryOpensTheSceneThatIsClicked) {
  if (scenePresets().empty()) GTEST_SKIP() << "no scenes are embedded";
  stage.state.gallery = true;
  stage.frame(30);
  const std::string name = scenePresets()[0].name;
  const PixelRect r = stage.control("scene." + name);
  stage.moveTo(middleX(r), middleY(r));
  stage.press();
  stage.release();
  EXPECT_EQ(stage.result.openScene, name);
  EXPECT_FALSE(stage.state.gallery);
}

TEST_F(Panels, TheInvitationEndsWhenTheWeightIsTouched) {
  stage.state.invite = true;
  stage.frame(2);
  EXPECT_TRUE(stage.state.invite);
  const PixelRect r = stage.control("guidance.0.omega");
  stage.moveTo(r.x + r.width * 0.39, middleY(r));
  stage.press();
  stage.release();
  EXPECT_FALSE(stage.state.invite);
}

TEST_F(Panels, NothingAsksForAnotherFrameAtRest) {
  stage.frame(60);
  EXPECT_FALSE(stage.result.animatedUntilSettled.has_value());
  EXPECT_FALSE(stage.result.gesture);
}

TEST_F(Panels, AClickOnAPictureChoosesItsPane) {
  stage.session.panes.resize(3, experiment());
  stage.answers = syntheticAnswers(stage.session);
  stage.frame(3);
  ASSERT_EQ(stage.result.panes.size(), 3u);
  stage.click(middleX(stage.result.panes[2]), middleY(stage.result.panes[2]));
  EXPECT_EQ(stage.state.activePane, 2);
  const PixelRect r = stage.control("guidance.0.omega");
  stage.doubleClick(r.x + r.width * 0.8, middleY(r));
  stage.click(r.x + r.width * 0.8, middleY(r));
  EXPECT_NE(stage.session.panes[2].guidance[0].omega, 2);
  EXPECT_EQ(stage.session.panes[0].guidance[0].omega, 2);
}

TEST_F(Panels, AnythingAsAnAnswerIsDrawn) {
  stage.answers.clear();
  stage.frame(2);
  LiveAnswer broken;
  broken.error = "panes.0.schedule.sigmaMin: 1 is not below the start";
  broken.metrics = std::make_shared<std::vector<Metric>>(std::vector<Metric>{
      {.name = "inverse_posterior", .label = "E[1/p(c|x)]", .value = 1e300, .se = 1e300, .note = "tail"},
      {.name = "fraction_999999999999", .label = "x", .value = NAN},
      {.name = "fraction_", .label = "x", .value = INFINITY},
      {.name = "energy_data", .label = "energy", .value = NAN, .note = "no samples"}});
  stage.answers = {broken};
  stage.frame(3);
  auto blown = std::make_shared<Frame>();
  blown->particles = 100;
  blown->blownUp = 7;
  stage.answers[0].frame = blown;
  stage.frame(3);
  SUCCEED();
}

// ---- without a context ---------------------------------------------------------------------------------------------

TEST(Formula, SaysWhatIsComputed) {
  Experiment e;
  e.guidance = {Term{}};
  EXPECT_EQ(ui::plainText(ui::guidanceFormula(e, WeightDisplay::Omega)), "D^ = D_A + 2.00 (D_A − D_∅)");
  EXPECT_EQ(ui::plainText(ui::guidanceFormula(e, WeightDisplay::CfgScale)), "D^ = D_A + (3.00 − 1) (D_A − D_∅)");
  e.guidance[0].omega = -0.5;
  EXPECT_EQ(ui::plainText(ui::guidanceFormula(e, WeightDisplay::Omega)), "D^ = D_A − 0.50 (D_A − D_∅)");
  e.guidance[0] = Term{};
  e.guidance.push_back(Term{.kind = TermKind::Autoguidance, .omega = 1});
  e.guidance[1].curve.kind = CurveKind::Linear;
  e.condition = 1;
  EXPECT_EQ(ui::plainText(ui::guidanceFormula(e, WeightDisplay::Omega)), "D^ = D_B + 2.00 (D_B − D_∅) + ω₂(t) (D_B − D_weak)");
  e.guidance[0].enabled = false;
  EXPECT_EQ(ui::plainText(ui::guidanceFormula(e, WeightDisplay::Omega)), "D^ = D_B + ω(t) (D_B − D_weak)");
  e.guidance.clear();
  EXPECT_EQ(ui::plainText(ui::guidanceFormula(e, WeightDisplay::Omega)), "D^ = D_B");
}

TEST(Formula, NamesBothConventionsWhateverIsShown) {
  Experiment e;
  e.guidance = {Term{}};
  EXPECT_THAT(ui::weightWords(e, 0.5, 1), testing::ElementsAre("ω = 2.00", "cfg scale = 3.00"));
  e.guidance[0].curve.kind = CurveKind::Linear;  // 0 at noise, 2 at data
  EXPECT_THAT(ui::weightWords(e, 0.25, 1), testing::ElementsAre("ω(t) = 3.00 now", "cfg scale = 4.00"));
}

TEST(Sliders, PositionAndValueAreInverse) {
  ui::SliderSpec linear{.lo = 0, .hi = 1}, log{.lo = 1e-4, .hi = 1, .log = true}, bent{.lo = -1, .hi = 20, .bend = 2};
  ui::SliderSpec count{.lo = 1, .hi = 1e6, .log = true, .integer = true}, zero{.lo = 0, .hi = 1000, .log = true};
  ui::SliderSpec ended{.lo = 0.01, .hi = 1000, .log = true, .zeroText = "its end"};
  for (const ui::SliderSpec& s : {linear, log, bent, count, zero, ended}) {
    double last = -1e300;
    for (double p = 0; p <= 0.9; p += 0.01) {
      const double v = ui::sliderValue(s, p, 160, true);
      EXPECT_GE(v, last);
      EXPECT_GE(v, s.lo);
      EXPECT_LE(v, s.hi);
      if (p > 0.05) { EXPECT_NEAR(ui::sliderPosition(s, v), p, s.integer ? 0.08 : 0.012) << p; }
      last = v;
    }
  }
  EXPECT_EQ(ui::sliderValue(zero, 0, 160, false), 0);
  EXPECT_EQ(ui::sliderPosition(zero, 0), 0);
  EXPECT_EQ(ui::sliderValue(ended, 1, 160, false), 0);
  EXPECT_EQ(ui::sliderPosition(ended, 0), 1);
  EXPECT_EQ(ui::sliderText(ended, 0), "its end");
  EXPECT_EQ(ui::sliderText(count, 123456), "123\u00A0456");
}

TEST(Sliders, ValuesHaveFewDigits) {
  const ui::SliderSpec bent{.lo = -1, .hi = 20, .bend = 2};
  for (double p = 0; p <= 1; p += 0.013) {
    const double v = ui::sliderValue(bent, p, 160, false);
    EXPECT_NEAR(v * 100, std::round(v * 100), 1e-9) << "what is shown is what is computed";
  }
}

TEST(TimeAxis, LevelsAndTimesAreInverse) {
  for (ScheduleKind kind : {ScheduleKind::Edm, ScheduleKind::VpLinear, ScheduleKind::VpCosine, ScheduleKind::Flow})
    for (GridKind grid : {GridKind::Karras, GridKind::UniformT, GridKind::UniformLogSnr}) {
      Schedule s;
      s.kind = kind, s.grid = grid, s.steps = 24;
      const ui::TimeAxis axis(s);
      for (double t = 0.05; t < 0.96; t += 0.1) EXPECT_NEAR(axis.timeAt(axis.ratioAt(t)), t, 1e-6);
      for (const GridPoint& g : axis.grid())
        if (std::isfinite(g.ratio)) { EXPECT_NEAR(axis.ratioAt(g.t), g.ratio, 1e-6 * (1 + g.ratio)) << int(kind) << int(grid); }
    }
}

TEST(Layout, PanelsGiveWayBeforeThePicture) {
  UiState state;
  for (double em : {13.0, 19.5, 26.0, 52.0})
    for (int width : {1024, 1280, 1440, 1920, 2560, 3840})
      for (int height : {560, 700, 900, 1440, 2160})
        for (int panes = 1; panes <= 4; ++panes) {
          const ui::Layout l = ui::layOut(width, height, em, state, panes);
          EXPECT_GE(l.picture.width, 0.4 * width - 2 * 2 * em) << width << " " << em;
          EXPECT_GT(l.picture.height, 0.5 * height);
          EXPECT_EQ(l.timeline.y, l.picture.y + l.picture.height);
          EXPECT_EQ(l.timeline.y + l.timeline.height, height);
          EXPECT_TRUE(!l.leftIsDrawer || l.rightIsDrawer) << "the right panel goes first";
          ASSERT_EQ(int(l.panes.size()), panes);
          for (int i = 0; i < panes; ++i) {
            const PixelRect& p = l.panes[std::size_t(i)];
            EXPECT_GE(p.x, l.picture.x);
            EXPECT_LE(p.x + p.width, l.picture.x + l.picture.width);
            EXPECT_LE(p.y + p.height, l.picture.y + l.picture.height);
            for (int j = 0; j < i; ++j) {
              const PixelRect& q = l.panes[std::size_t(j)];
              EXPECT_TRUE(p.x >= q.x + q.width || q.x >= p.x + p.width || p.y >= q.y + q.height || q.y >= p.y + p.height);
            }
          }
        }
  const ui::Layout one = ui::layOut(1024, 600, 13, state, 1);
  EXPECT_FALSE(one.leftIsDrawer || one.rightIsDrawer) << "1024 is enough for both panels at scale 1";
  state.leftOpen = state.rightOpen = false;
  const ui::Layout bare = ui::layOut(1024, 600, 13, state, 1);
  EXPECT_EQ(bare.picture.width, 1024);
}

TEST(Commands, HaveOneRowAndNoKeyTwice) {
  std::set<std::string> keys, labels;
  std::string menu;
  std::set<std::string> menus;
  for (const CommandInfo& i : commandTable()) {
    EXPECT_EQ(&info(i.command), &i);
    EXPECT_FALSE(i.label.empty());
    EXPECT_TRUE(i.help.ends_with('.')) << i.label;
    EXPECT_TRUE(labels.insert(std::string(i.label)).second) << i.label;
    if (menu != i.menu) { EXPECT_TRUE(menus.insert(menu = std::string(i.menu)).second) << "the rows of a menu are together: " << i.menu; }
    for (std::string_view rest = i.shortcut; !rest.empty();) {
      const std::size_t cut = rest.find("; ");
      EXPECT_TRUE(keys.insert(std::string(rest.substr(0, cut))).second) << rest;
      rest = cut == std::string_view::npos ? std::string_view{} : rest.substr(cut + 2);
    }
  }
}

}  // namespace
}  // namespace gs
