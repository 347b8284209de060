// The cards left and right of the picture, and the words in them.
#include "fixture.h"

#include "panels/cards.h"
#include "panels/formula.h"
#include "session/history.h"
#include "session/json.h"

namespace gs {
namespace {

TEST_F(Panels, TermsAreAddedSwitchedOffAndRemoved) {
  stage.click("guidance.+");
  stage.frame(3);
  stage.click("add." + std::to_string(int(TermKind::Autoguidance)));
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

// A list that is longer than the window follows the keys.
TEST_F(Panels, LongListsFollowTheKeys) {
  stage.resize(1024, 500, Theme::Dark, 1);
  stage.frame(3);
  stage.click("guidance.+");
  stage.frame(3);
  const auto inSight = [&](int kind) {
    stage.frame(3);
    const std::string path = "add." + std::to_string(kind);
    if (!stage.has(path)) return false;
    const PixelRect r = stage.control(path);
    return r.y >= 0 && r.y + r.height <= 500;
  };
  const int last = int(TermKind::Gibbs);
  EXPECT_FALSE(inSight(last));
  stage.key(ImGuiKey_End);
  EXPECT_TRUE(inSight(last));
  EXPECT_FALSE(inSight(0));
  stage.key(ImGuiKey_DownArrow);
  EXPECT_TRUE(inSight(0));
  stage.key(ImGuiKey_UpArrow);
  stage.key(ImGuiKey_Enter);
  EXPECT_EQ(experiment().guidance.back().kind, TermKind(last));
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
  experiment().guidance = {Term{.kind = TermKind::Feedback, .omega = 1}};
  for (const bool tracked : {false, true}) {
    experiment().guidance[0].tracked = tracked;
    stage.frame(2);
    EXPECT_TRUE(stage.has("guidance.0.tracked"));
    EXPECT_EQ(stage.has("guidance.0.trust"), tracked);
    EXPECT_EQ(stage.has("guidance.0.drift"), tracked);
  }
}

TEST_F(Panels, TheParticlesCardSaysWhichStepsMemoryHolds) {
  stage.frame(3);
  const int without = stage.control("particles.seed").y;
  Frame kept = *stage.answers[0].frame;
  kept.stored = storedSteps(kept.steps(), 3);
  stage.answers[0].frame = std::make_shared<const Frame>(std::move(kept));
  stage.frame(3);
  EXPECT_GT(stage.control("particles.seed").y, without + 8);  // a line above it
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

TEST_F(Panels, NumbersSayWhatTheyAreOf) {
  const auto of = [](Experiment e) { return std::make_shared<const Experiment>(std::move(e)); };
  const Experiment asked = experiment();
  Experiment plain = asked, other = asked;
  plain.guidance[0].omega = 0;
  other.guidance[0].omega = 3.5;
  const auto say = [&](const Experiment& shown, const Experiment& measured) {
    LiveAnswer a;
    auto frame = std::make_shared<Frame>();
    frame->experiment = of(shown);
    a.frame = frame;
    a.metricsOf = of(measured);
    return ui::numbersOf(asked, a);
  };
  EXPECT_EQ(say(asked, asked), ui::NumbersOf::Now);
  EXPECT_EQ(say(asked, other), ui::NumbersOf::Earlier);
  EXPECT_EQ(say(plain, plain), ui::NumbersOf::Reference);
  EXPECT_EQ(say(plain, asked), ui::NumbersOf::BeforeReference);
  EXPECT_EQ(say(asked, plain), ui::NumbersOf::Earlier);  // let go
}

// The column of the tilted law is there, in its colour, where there is such a law; its absence has a reason.
TEST_F(Panels, NumbersOfTheTiltedLawAreShown) {
  const auto teal = [&] {
    stage.answers = syntheticAnswers(stage.session);
    stage.frame(3);
    const Image image = stage.shoot();
    int count = 0;
    for (int y = 60; y < 800; ++y)
      for (int x = stage.result.picture.x + stage.result.picture.width; x < 1440; ++x) {
        const std::uint8_t* p = &image.rgba[(std::size_t(y) * 1440 + std::size_t(x)) * 4];
        count += p[0] < 70 && p[1] > 170 && p[2] > 150;
      }
    return count;
  };
  EXPECT_GT(teal(), 60);
  EXPECT_EQ(stage.answers[0].tiltAbsent, "");
  for (const Metric& m : *stage.answers[0].metrics)
    if (m.name == "accuracy") {
      EXPECT_GT(m.tilted, m.reference);
    }
  term().curve.kind = CurveKind::Linear;
  EXPECT_EQ(teal(), 0);
  EXPECT_EQ(stage.answers[0].tiltAbsent, "no closed target: the weight changes with t");
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

TEST(Formula, SaysWhatIsComputed) {
  Experiment e;
  e.guidance = {Term{}};
  EXPECT_EQ(formulaWords(guidanceFormula(e, WeightDisplay::Omega)), "D\u0302 = D_{A} + 2.00 (D_{A} − D_{∅})");
  EXPECT_EQ(formulaWords(guidanceFormula(e, WeightDisplay::CfgScale)), "D\u0302 = D_{A} + (3.00 − 1) (D_{A} − D_{∅})");
  e.guidance[0].omega = -0.5;
  EXPECT_EQ(formulaWords(guidanceFormula(e, WeightDisplay::Omega)), "D\u0302 = D_{A} − 0.50 (D_{A} − D_{∅})");
  e.guidance[0] = Term{};
  e.guidance.push_back(Term{.kind = TermKind::Autoguidance, .omega = 1});
  e.guidance[1].curve.kind = CurveKind::Linear;
  e.condition = 1;
  EXPECT_EQ(formulaWords(guidanceFormula(e, WeightDisplay::Omega)),
            "D\u0302 = D_{B} + 2.00 (D_{B} − D_{∅}) + ω₂(t) (D_{B} − D_{weak})");
  e.guidance[0].enabled = false;
  EXPECT_EQ(formulaWords(guidanceFormula(e, WeightDisplay::Omega)), "D\u0302 = D_{B} + ω(t) (D_{B} − D_{weak})");
  e.guidance.clear();
  EXPECT_EQ(formulaWords(guidanceFormula(e, WeightDisplay::Omega)), "D\u0302 = D_{B}");
}

TEST(Formula, NamesBothConventionsWhateverIsShown) {
  Experiment e;
  e.guidance = {Term{}};
  EXPECT_THAT(ui::weightWords(e, 0.5, 1), testing::ElementsAre("ω = 2.00", "cfg scale = 3.00"));
  e.guidance[0].curve.kind = CurveKind::Linear;  // 0 at noise, 2 at data
  EXPECT_THAT(ui::weightWords(e, 0.25, 1), testing::ElementsAre("ω(t) = 3.00 now", "cfg scale = 4.00"));
}

TEST_F(Panels, ClassesAreCalledAsTheDataCallThem) {
  Distribution& d = experiment().distribution;
  d.kind = DistributionKind::Points;
  d.file = "pets.csv";
  d.mixture = Box<Mixture>(Mixture{{{0, 0.5, {1, 0}, {}}, {1, 0.5, {-1, 0}, {}}}});
  d.classes = {"cat", "dog"};
  stage.answers = syntheticAnswers(stage.session);
  stage.frame(3);
  EXPECT_EQ(formulaWords(guidanceFormula(experiment(), WeightDisplay::Omega)),
            "D\u0302 = D_{cat} + 2.00 (D_{cat} − D_{∅})");
  const PixelRect r = stage.control("condition");
  stage.click(r.x + r.width * 0.95, middleY(r));  // beside the others, the words have room
  EXPECT_EQ(experiment().condition, 1);
  EXPECT_EQ(formulaWords(guidanceFormula(experiment(), WeightDisplay::Omega)),
            "D\u0302 = D_{dog} + 2.00 (D_{dog} − D_{∅})");
}

}  // namespace
}  // namespace gs
