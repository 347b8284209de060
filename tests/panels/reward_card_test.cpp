// The rows of a reward term and its push in the formula.
#include "fixture.h"

#include "diffusion/painted_map.h"
#include "panels/cards.h"
#include "render/renderer.h"
#include "session/json.h"

namespace gs {
namespace {

void dragBy(Stage& stage, double x, double y, double dx, double dy) {
  stage.moveTo(x, y);
  stage.press();
  stage.dragTo(x + dx, y + dy);
  stage.release();
  stage.frame(2);
}

TEST_F(Panels, ARewardShowsWhatItsKindUses) {
  experiment().guidance = {Term{.kind = TermKind::Reward, .omega = 1}};
  Reward& r = experiment().guidance[0].reward;
  const auto shows = [&](const char* name) { return stage.has(std::string("guidance.0.reward.") + name); };
  struct Rows {
    RewardKind kind;
    std::vector<const char*> shown, hidden;
  };
  for (const Rows& rows :
       {Rows{RewardKind::Bowl, {"base", "center.0", "center.1", "angle", "width", "across"}, {"radius", "expression"}},
        Rows{RewardKind::Ring, {"base", "center.0", "width", "radius"}, {"angle", "across"}},
        Rows{RewardKind::HalfPlane, {"base", "angle", "offset"}, {"width", "center.0"}},
        Rows{RewardKind::Sinusoid, {"base", "angle", "offset", "strength", "period"}, {"width"}},
        Rows{RewardKind::ClassPosterior, {"class"}, {"base", "width"}},
        Rows{RewardKind::Cost, {}, {"base", "class", "width"}},
        Rows{RewardKind::Painted, {"base", "strength", "map.mode", "map.clear"}, {"width", "map.size"}},
        Rows{RewardKind::Expression, {"base", "expression"}, {"width"}}}) {
    r.kind = rows.kind;
    stage.frame(2);
    EXPECT_TRUE(shows("kind"));
    for (const char* name : rows.shown) EXPECT_TRUE(shows(name)) << int(rows.kind) << name;
    for (const char* name : rows.hidden) EXPECT_FALSE(shows(name)) << int(rows.kind) << name;
  }
  r.kind = RewardKind::HalfPlane;
  stage.frame(2);
  const PixelRect base = stage.control("guidance.0.reward.base");
  stage.click(base.x + base.width * 0.8, middleY(base));
  EXPECT_EQ(r.base, RewardBase::Whole);
  const PixelRect offset = stage.control("guidance.0.reward.offset");
  stage.click(offset.x + offset.width * 0.6, middleY(offset));
  EXPECT_NE(r.offset, 0);
  EXPECT_LE(std::abs(r.offset), stage.session.view.camera.height);
  validate(stage.session);
}

// What is wrong with an expression is said below it.
TEST_F(Panels, AnExpressionsFaultIsBesideIt) {
  experiment().guidance = {Term{.kind = TermKind::Reward, .omega = 1}};
  experiment().guidance[0].reward.kind = RewardKind::Expression;
  stage.frame(3);
  const int before = stage.control("formula").y;
  stage.answers[0].error = "guidance.0.reward.expression: missing parenthesis at position 25";
  stage.frame(3);
  EXPECT_GT(stage.control("formula").y, before + 10);
  EXPECT_TRUE(stage.state.memory->clipped.empty());
  stage.answers[0].error = "guidance.0.omega: too large";
  stage.frame(3);
  EXPECT_EQ(stage.control("formula").y, before);
}

TEST_F(Panels, RewardsHaveHandlesOnThePicture) {
  experiment().guidance = {Term{.kind = TermKind::Reward, .omega = 1}};
  Reward& r = experiment().guidance[0].reward;
  const auto dragHandle = [&](const char* name, double dx, double dy) {
    const PixelRect at = stage.control(std::string("guidance.0.reward.handle.") + name);
    dragBy(stage, at.x + at.width / 2., middleY(at), dx, dy);
  };
  const double unit = stage.session.view.camera.height / stage.result.panes[0].height;
  r = {.kind = RewardKind::Ring, .center = stage.session.view.camera.center, .width = .3, .radius = 1};
  stage.frame(3);
  const Vec2 before = r.center;
  dragHandle("centre", 40, 0);
  EXPECT_NEAR(r.center.x - before.x, 40 * unit, 3 * unit);
  EXPECT_NEAR(r.center.y, before.y, 3 * unit);
  dragHandle("radius", 30, 0);
  EXPECT_NEAR(r.radius, 1 + 30 * unit, 4 * unit);
  r = {.kind = RewardKind::HalfPlane, .angle = 0};
  stage.frame(3);
  const double offset = r.offset;
  dragHandle("offset", 25, 10);
  EXPECT_NEAR(r.offset - offset, 25 * unit, 3 * unit);
  dragHandle("direction", 0, -60);  // y goes down on the screen
  EXPECT_GT(r.angle, 10);
  EXPECT_LT(r.angle, 80);
}

TEST_F(Panels, ABrushPaintsAReward) {
  experiment().guidance = {Term{.kind = TermKind::Reward, .omega = 1}};
  Reward& r = experiment().guidance[0].reward;
  r.kind = RewardKind::Painted;
  r.map.clear();
  stage.frame(3);
  const PixelRect modes = stage.control("guidance.0.reward.map.mode");
  stage.click(modes.x + modes.width * .5, middleY(modes));
  stage.frame(2);
  EXPECT_TRUE(stage.state.rewardTool.brush);
  const PixelRect pane = stage.result.panes[0];
  const double x = pane.x + pane.width / 2., y = pane.y + pane.height / 2.;
  dragBy(stage, x, y, 60, 0);
  ASSERT_FALSE(r.map.empty());
  EXPECT_FALSE(stage.state.rewardTool.busy && ImGui::GetIO().MouseDown[0]);
  const auto at = [&](double px, double py) {
    const Vec2 q =
        toData(stage.session.view.camera, {px - pane.x, pane.height - (py - pane.y)}, pane.width, pane.height);
    return PaintedMap(r.map).at((q - r.center) / (2 * r.radius) + .5);
  };
  EXPECT_GT(at(x + 30, y), .1);
  EXPECT_EQ(at(x, y - .3 * pane.height), 0);
  const double painted = at(x + 30, y);
  validate(stage.session);
  stage.click(modes.x + modes.width * .85, middleY(modes));
  stage.frame(2);
  EXPECT_TRUE(stage.state.rewardTool.erase);
  dragBy(stage, x, y, 60, 0);
  EXPECT_LT(at(x + 30, y), painted);
  stage.click("guidance.0.reward.map.clear");
  stage.frame(2);
  EXPECT_TRUE(r.map.empty());
}

TEST(RewardFormula, SaysWhatIsReweighted) {
  Experiment e;
  e.guidance = {Term{.kind = TermKind::Reward, .omega = 1}};
  const auto formula = [&] { return formulaWords(guidanceFormula(e, WeightDisplay::Omega)); };
  EXPECT_EQ(formula(), "D\u0302 = D_{A} + 1.00 (D_{rA} − D_{A})");
  e.guidance[0].reward.base = RewardBase::Whole;
  EXPECT_EQ(formula(), "D\u0302 = D_{A} + 1.00 (D_{r∅} − D_{∅})");
  e.guidance[0].reward.kind = RewardKind::ClassPosterior;
  e.guidance[0].reward.label = 1;
  EXPECT_EQ(formula(), "D\u0302 = D_{A} + 1.00 (D_{B} − D_{∅})");
  // A cost is gone down: the cost form of classifier-free guidance.
  e.guidance[0].reward.kind = RewardKind::Cost;
  EXPECT_EQ(formula(), "D\u0302 = D_{A} − 1.00 (D_{A/p(A|x)} − D_{A})");
  e.guidance[0].omega = -0.5;
  EXPECT_EQ(formula(), "D\u0302 = D_{A} + 0.50 (D_{A/p(A|x)} − D_{A})");
  EXPECT_THAT(ui::weightWords(e, 0.5, 1), testing::ElementsAre("ω = −0.50"));
}

}  // namespace
}  // namespace gs
