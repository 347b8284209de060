// Choosing a network and the moment of its training, and the card that trains one.
#include <limits>

#include "fixture.h"

#include "panels/cards.h"
#include "session/json.h"

namespace gs {
namespace {

Box<Network> threeMoments() {
  Network n;
  n.shape.width = 8, n.shape.layers = 2, n.shape.classes = 2;
  for (const int step : {10, 60, 400}) n.snapshots.push_back({step, std::vector<float>(weightCount(n.shape), .01f)});
  return Box<Network>(std::move(n));
}

class NetworkCards : public Panels {
 protected:
  NetworkCards() {
    stage.resize(1440, 3200, Theme::Dark, 1);  // all cards at once
    stage.frame(3);
  }
};

TEST_F(NetworkCards, TrainingIsAskedForAndShown) {
  EXPECT_FALSE(stage.has("model.network.snapshot"));
  EXPECT_TRUE(stage.has("model.broaden"));
  const PixelRect start = stage.control("train.start");
  stage.moveTo(middleX(start), middleY(start));
  stage.press();
  stage.release();
  EXPECT_EQ(stage.result.train, LearnAsk::Start);
  EXPECT_EQ(stage.result.trainKind, LearnKind::Denoiser);
  EXPECT_EQ(experiment().model.network.file, kTrainedHere);

  LearnProgress& p = stage.state.training.progress;
  p.phase = LearnPhase::Running;
  p.step = 300, p.steps = 1000, p.secondsLeft = 12;
  p.loss = {3, 2, 1.5f, 1.4f};
  stage.frame(2);
  EXPECT_FALSE(stage.has("train.start"));
  // Seen are how far it is, the time left, the loss, and what it trains with.
  const auto seen = [&] {
    stage.frame(2);
    return stage.shoot().rgba;
  };
  const LearnProgress before = p;
  const auto picture = seen();
  EXPECT_EQ(seen(), picture) << "nothing else moves";
  p.secondsLeft = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(seen(), picture);
  p = before, p.step = 600;
  EXPECT_NE(seen(), picture);
  p = before, p.loss[2] = 2.5f;
  EXPECT_NE(seen(), picture);
  p = before, p.device = "CUDA";
  EXPECT_NE(seen(), picture);
  p = before, p.instead = "the law fitted to its points: a.csv: is another file than was fitted";
  EXPECT_NE(seen(), picture);
  p = before;
  EXPECT_EQ(seen(), picture);
  stage.click("train.more");
  stage.frame(2);
  EXPECT_TRUE(stage.has("training.denoiser.device")) << "the switch of the device";
  const PixelRect pause = stage.control("train.pause");
  stage.moveTo(middleX(pause), middleY(pause));
  stage.press();
  stage.release();
  EXPECT_EQ(stage.result.train, LearnAsk::Pause);
  const PixelRect stop = stage.control("train.stop");
  stage.moveTo(middleX(stop), middleY(stop));
  stage.press();
  stage.release();
  EXPECT_EQ(stage.result.train, LearnAsk::Stop);
  p.phase = LearnPhase::Done;
  stage.state.training.network = threeMoments();
  stage.frame(2);
  EXPECT_TRUE(stage.has("train.save"));
  EXPECT_TRUE(stage.state.memory->clipped.empty());
}

TEST_F(NetworkCards, ATrainingThatStartsIsBroughtIntoViewOnce) {
  stage.resize(1440, 900, Theme::Dark, 1);
  stage.frame(3);
  const auto inView = [&] {
    if (!stage.has("train.pause")) return false;
    const PixelRect r = stage.control("train.pause");
    return r.y > 0 && r.y + r.height + 60 < 900;
  };
  EXPECT_FALSE(inView());
  LearnProgress& p = stage.state.training.progress;
  EXPECT_EQ(ui::trainingWords(p), "");
  p.phase = LearnPhase::Running, p.step = 300, p.steps = 1000, p.secondsLeft = 12;
  EXPECT_EQ(ui::trainingWords(p), "training at 30 %, 12 s left");
  stage.frame(3);
  EXPECT_TRUE(inView());
  stage.moveTo(1400, 300);
  for (int i = 0; i < 40; ++i) stage.wheel(3);
  p.step = 400;
  stage.frame(3);
  EXPECT_FALSE(inView()) << "the panel stays where the wheel has taken it";
  p.phase = LearnPhase::Paused;
  EXPECT_EQ(ui::trainingWords(p), "training paused at 40 %");
  p.phase = LearnPhase::Done;
  stage.frame(2);
  EXPECT_EQ(ui::trainingWords(p), "");
  p.phase = LearnPhase::Running;
  stage.frame(3);
  EXPECT_TRUE(inView()) << "another training";
}

TEST_F(NetworkCards, TheModelStandsAboveTheView) {
  EXPECT_LT(stage.control("model.broaden").y, stage.control("view.density.visible").y);
  EXPECT_GT(stage.control("model.broaden").y, stage.control("particles.count").y);
}

TEST_F(NetworkCards, AnEarlierMomentIsTheWeakModel) {
  experiment().guidance = {Term{.kind = TermKind::Autoguidance}};
  stage.frame(2);
  EXPECT_TRUE(stage.has("guidance.0.weak.broaden"));
  stage.state.training.network = threeMoments();
  term().network.file = kTrainedHere;
  stage.frame(2);
  EXPECT_FALSE(stage.has("guidance.0.weak.broaden"));
  const PixelRect moment = stage.control("guidance.0.network.snapshot");
  stage.click(moment.x + 2, middleY(moment));
  EXPECT_EQ(term().network.snapshot, 0);
  stage.moveTo(moment.x + 2, middleY(moment));
  stage.press();
  stage.dragTo(moment.x + moment.width - 2, middleY(moment));
  stage.release();
  EXPECT_EQ(term().network.snapshot, -1);  // the end
  validate(stage.session);
}

// In a film with panels the network is in the session, and nothing was trained there.
TEST_F(NetworkCards, ANetworkThatWasTrainedElsewhereHasItsMoments) {
  NetworkFile& n = experiment().model.network;
  n.file = kTrainedHere;
  stage.frame(2);
  EXPECT_FALSE(stage.has("model.network.snapshot"));
  n.network = threeMoments();
  stage.frame(2);
  EXPECT_TRUE(stage.has("model.network.snapshot"));
}

}  // namespace
}  // namespace gs
