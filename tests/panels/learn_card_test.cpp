// The card of learned weights: what its buttons ask for, what they change, and that everything fits.
#include "panels/widgets.h"
#include "session/json.h"

#include "fixture.h"

namespace gs {
namespace {

// A training of the scene that comes with the program, as it is when it is over.
LearningAnswer learned(const Experiment& e) {
  LearningAnswer a;
  auto request = std::make_shared<LearnRequest>();
  request->experiment = e;
  a.request = request;
  a.progress.phase = LearnPhase::Done;
  a.progress.step = a.progress.steps = 1500;
  a.progress.seconds = 10;
  a.progress.stepsPerLoss = 5;
  for (int i = 0; i < 300; ++i) a.progress.loss.push_back(float(.55 + .3 / (i + 1) + .02 * (i % 7 - 3)));
  a.progress.weights = std::make_shared<const LearnedWeights>(e.guidance.at(0).curve.learned);
  auto compared = std::make_shared<WeightsCompared>();
  compared->particles = 2000;
  compared->floor = .0016;
  compared->choices = {{"none", "no guidance", 0, 0, 0, .037, .010, {}, {}},
                       {"constant", "best constant, ω = 0.34", .34, 0, 0, .029, .009, {}, {}},
                       {"interval", "best interval, ω = 1 for 0.43 < σ/α ≤ 2.3", 1, .43, 2.3, .030, .008, {}, {}},
                       {"learned", "learned ω(s, t, c)", 1, 0, 0, -.0013, .0016, {}, {}}};
  a.compared = compared;
  return a;
}

TEST_F(Panels, LearnedWeightIsTrainedAndUsed) {
  stage.session = scenePreset("learn-leaky");
  const LearnedWeights weights = experiment().guidance.at(0).curve.learned;
  ASSERT_TRUE(wellFormed(weights));
  stage.answers = syntheticAnswers(stage.session);
  stage.resize(1440, 3600, Theme::Dark, 1);
  stage.frame(3);
  const auto asked = [&](const char* button) {
    LearnAsk ask = LearnAsk::Nothing;
    const PixelRect r = stage.control(button);
    stage.moveTo(r.x + r.width / 2., r.y + r.height / 2.);
    stage.press();
    if (stage.result.learn != LearnAsk::Nothing) ask = stage.result.learn;
    stage.release();
    if (stage.result.learn != LearnAsk::Nothing) ask = stage.result.learn;
    return ask;
  };
  EXPECT_FALSE(stage.has("learn.use")) << "before there is anything";
  EXPECT_EQ(asked("learn.start"), LearnAsk::Start);
  stage.state.learning = learned(experiment());
  stage.state.learning.progress.phase = LearnPhase::Running;
  stage.state.learning.progress.step = 400;
  stage.state.learning.progress.secondsLeft = 7;
  stage.frame(3);
  EXPECT_EQ(asked("learn.pause"), LearnAsk::Pause);
  EXPECT_EQ(asked("learn.stop"), LearnAsk::Stop);
  stage.state.learning.progress.phase = LearnPhase::Paused;
  stage.frame(2);
  EXPECT_EQ(asked("learn.pause"), LearnAsk::Resume);
  stage.state.learning.progress.phase = LearnPhase::Done;
  experiment().guidance = {Term{}};
  stage.frame(3);
  stage.click("learn.use");
  stage.frame(2);
  EXPECT_EQ(term().curve.kind, CurveKind::Learned);
  EXPECT_EQ(term().curve.learned, weights);
  EXPECT_EQ(term().omega, 1);
  stage.click("learn.draw");
  stage.frame(2);
  EXPECT_EQ(term().curve.kind, CurveKind::Drawn);
  EXPECT_EQ(term().curve.knots.size(), std::size_t(Curve::kMaxKnots));
  EXPECT_NO_THROW(validate(stage.session));
}

TEST_F(Panels, LearnedWeightFitsInEveryTheme) {
  stage.session = scenePreset("learn-leaky");
  stage.state.learning = learned(experiment());
  for (const Theme theme : {Theme::Dark, Theme::Light, Theme::Projector, Theme::HighContrast}) {
    stage.resize(1440, 3600, theme, 1);
    stage.answers = syntheticAnswers(stage.session);
    stage.frame(3);
    for (const ui::ClippedText& t : stage.state.memory->clipped)
      ADD_FAILURE() << "\"" << t.text << "\" needs " << t.needs << " pixels and has " << t.has;
  }
}

}  // namespace
}  // namespace gs
