// The card of learned weights: what its buttons ask for, what they change, and that everything fits.
#include <cstdlib>

#include "output/files.h"
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
  compared->floor = .00079;
  compared->choices = {{"none", "no guidance", 0, 0, 0, .037, .007, {}, {}},
                       {"constant", "best constant, ω = 0.34", .34, 0, 0, .029, .006, {}, {}},
                       {"interval", "best interval, ω = 0.77 for 0 < σ/α ≤ 2.3", .77, 0, 2.3, .027, .006, {}, {}},
                       {"learned", "learned ω(s, t, c)", 1, 0, 0, -.0002, .0009, {}, {}}};
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

// The README's picture: the maps with the trained band and the sampler's steps, the weights along the path, the table
// of distances. GS_UPDATE_GOLDEN=1 renews it.
TEST_F(Panels, LearnedWeightIsDrawnAsTheReadmeShowsIt) {
  stage.session = scenePreset("learn-leaky");
  stage.answers = syntheticAnswers(stage.session);
  stage.state.learning = learned(experiment());
  constexpr double kScale = 1.5;
  stage.resize(2160, 5400, Theme::Dark, kScale);
  stage.frame(3);
  const PixelRect map = stage.control("learn.map.0"), use = stage.control("learn.use");
  EXPECT_EQ(stage.control("learn.map.1").y, map.y);
  constexpr int kBeside = int(9 * kScale), kAbove = int(20 * kScale), kBelow = int(3 * kScale);
  const int x = use.x - kBeside, y = map.y - kAbove;
  const Image whole = stage.shoot();
  const auto red = [&](double t, double s) {
    const int px = map.x + int(map.width * s), py = map.y + int(map.height * (1 - t));
    return int(whole.rgba[4 * (std::size_t(py) * std::size_t(whole.width) + std::size_t(px))]);
  };
  EXPECT_GT(red(.92, .64), red(.92, .86) + 40) << "steps shorter than those of the training are faded";
  Image cut{use.width + 2 * kBeside, use.y - kBelow - y, {}};
  for (int row = 0; row < cut.height; ++row) {
    const auto from = whole.rgba.begin() + 4 * (std::ptrdiff_t(y + row) * whole.width + x);
    cut.rgba.insert(cut.rgba.end(), from, from + 4 * cut.width);
  }
  const std::string golden = GS_SOURCE_DIR "/tests/golden/learned-weight.png";
  if (const char* update = std::getenv("GS_UPDATE_GOLDEN"); update && std::string(update) == "1")
    return writePng(cut, golden, "");
  const Image approved = readPng(golden).image;
  ASSERT_EQ(approved.width, cut.width);
  ASSERT_EQ(approved.height, cut.height);
  EXPECT_LT(compare(cut, approved).mean, .25);
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
