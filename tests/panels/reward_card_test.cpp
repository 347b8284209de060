// The rows of a reward term and its push in the formula.
#include "fixture.h"

#include "panels/cards.h"
#include "session/json.h"

namespace gs {
namespace {

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

TEST(RewardFormula, SaysWhatIsReweighted) {
  Experiment e;
  e.guidance = {Term{.kind = TermKind::Reward, .omega = 1}};
  const auto formula = [&] { return ui::plainText(ui::guidanceFormula(e, WeightDisplay::Omega)); };
  EXPECT_EQ(formula(), "D^ = D_A + 1.00 (D_rA − D_A)");
  e.guidance[0].reward.base = RewardBase::Whole;
  EXPECT_EQ(formula(), "D^ = D_A + 1.00 (D_r∅ − D_∅)");
  e.guidance[0].reward.kind = RewardKind::ClassPosterior;
  e.guidance[0].reward.label = 1;
  EXPECT_EQ(formula(), "D^ = D_A + 1.00 (D_B − D_∅)");
  // A cost is gone down: the cost form of classifier-free guidance.
  e.guidance[0].reward.kind = RewardKind::Cost;
  EXPECT_EQ(formula(), "D^ = D_A − 1.00 (D_A/p(A|x) − D_A)");
  e.guidance[0].omega = -0.5;
  EXPECT_EQ(formula(), "D^ = D_A + 0.50 (D_A/p(A|x) − D_A)");
  EXPECT_THAT(ui::weightWords(e, 0.5, 1), testing::ElementsAre("ω = −0.50"));
}

}  // namespace
}  // namespace gs
