// Sliders by mouse, wheel, keys and typing.
#include "fixture.h"

#include "panels/widgets.h"
#include "session/json.h"

namespace gs {
namespace {

using testing::HasSubstr;

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

TEST_F(Panels, TheFocusedSliderLeavesTheKeysToWhatCoversIt) {
  stage.click("guidance.0.omega");
  stage.frame(60);
  const double before = term().omega;
  const auto focus = stage.state.memory->focus;
  for (bool* open : {&stage.state.help, &stage.state.gallery, &stage.state.palette}) {
    *open = true;
    stage.frame(2);
    stage.key(ImGuiKey_LeftArrow);
    EXPECT_EQ(term().omega, before);
    *open = false;
    stage.frame(2);
    EXPECT_EQ(stage.state.memory->focus, focus) << "it is the slider's turn again";
  }
  stage.key(ImGuiKey_LeftArrow);
  EXPECT_LT(term().omega, before);
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
      if (p > 0.05) {
        EXPECT_NEAR(ui::sliderPosition(s, v), p, s.integer ? 0.08 : 0.012) << p;
      }
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

}  // namespace
}  // namespace gs
