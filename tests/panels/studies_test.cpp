// The cards of studies: their switches, what they ask for, and their plots.
#include "panels/cards.h"
#include "panels/plot.h"
#include "panels/widgets.h"

#include "fixture.h"

namespace gs {
namespace {

// One of each, small, computed.
StudyAnswer studied(const Experiment& e) {
  Studies studies([] {});
  StudyRequest r;
  r.experiment = e;
  r.experiment.particles.count = 300;
  r.causes = r.certificate = true;
  r.sweep = SweepChoice{parseAxis("guidance.0.omega=0.01..10:log:5"), "inverse_posterior"};
  studies.want(r);
  studies.waitSettled();
  StudyAnswer a = studies.answer();
  a.causesOf = a.certificateOf = a.sweepOf = std::make_shared<const Experiment>(e);
  return a;
}

TEST_F(Panels, StudiesAreAskedForBySwitches) {
  EXPECT_EQ(ui::studyRequest(experiment(), stage.state), StudyRequest{experiment()});
  stage.resize(1440, 3200, Theme::Dark, 1);  // everything in sight
  stage.frame(3);
  stage.click("study.certificate");
  stage.frame(2);
  EXPECT_TRUE(stage.state.wantCertificate);
  stage.click("study.causes");
  stage.frame(2);
  stage.click("study.sweep");
  stage.frame(2);
  StudyRequest r = ui::studyRequest(experiment(), stage.state);
  EXPECT_TRUE(r.certificate);
  EXPECT_TRUE(r.causes);
  ASSERT_TRUE(r.sweep);
  EXPECT_EQ(r.sweep->axis.path, "guidance.0.omega");
  EXPECT_EQ(r.sweep->axis.values.size(), 24u);
  EXPECT_EQ(r.sweep->metric, "inverse_posterior");
  stage.state.sweepOver = 1;
  EXPECT_EQ(ui::studyRequest(experiment(), stage.state).sweep->axis.path, "schedule.steps");
  stage.state.sweepOver = 2;  // of ever worse models, by their measured error
  r = ui::studyRequest(experiment(), stage.state);
  EXPECT_EQ(r.sweep->axis.path, "model.broaden");
  EXPECT_EQ(r.sweep->against, "score_error");
  stage.state.sweepOver = 3;
  EXPECT_EQ(ui::studyRequest(experiment(), stage.state).sweep->axis.path, "time");
  EXPECT_FALSE(r.scoreErrors);
  stage.click("study.score-error");
  stage.frame(2);
  EXPECT_TRUE(ui::studyRequest(experiment(), stage.state).scoreErrors);
  stage.state.sweepOver = 0;
  experiment().guidance.clear();
  EXPECT_FALSE(ui::studyRequest(experiment(), stage.state).sweep);  // no weight to go along
  EXPECT_FALSE(r.frontier);
  experiment().guidance = {Term{.kind = TermKind::Reward}};
  stage.frame(3);
  stage.click("study.frontier");  // there with a reward only
  stage.frame(2);
  EXPECT_TRUE(ui::studyRequest(experiment(), stage.state).frontier);
  stage.state.rightOpen = false;
  EXPECT_FALSE(ui::studyRequest(experiment(), stage.state).certificate);
}

TEST_F(Panels, StudiesFitInEveryTheme) {
  experiment().distribution.name = "e2";
  experiment().condition = 1;
  stage.state.wantCauses = stage.state.wantCertificate = stage.state.wantSweep = true;
  stage.state.study = studied(experiment());
  for (const Theme theme : {Theme::Dark, Theme::Light, Theme::Projector, Theme::HighContrast}) {
    for (const double scale : {1., 2.}) {
      stage.resize(int(1440 * scale), int(3400 * scale), theme, scale);
      stage.answers = syntheticAnswers(stage.session);
      stage.frame(3);
      for (const ui::ClippedText& t : stage.state.memory->clipped)
        ADD_FAILURE() << "\"" << t.text << "\" needs " << t.needs << " pixels and has " << t.has;
    }
  }
  // The guided colour is there while the numbers are of this experiment, and gone when they are not.
  stage.resize(1440, 3400, Theme::Dark, 1);
  const auto amber = [&] {
    stage.frame(3);
    const Image image = stage.shoot();
    const PixelRect from = stage.control("study.certificate"), to = stage.control("study.sweep");
    int count = 0;
    for (int y = from.y + from.height + 90; y < to.y - 40; ++y)  // below the forms, whose weights stay live
      for (int x = from.x - 250; x < from.x + from.width; ++x) {
        const std::uint8_t* p = &image.rgba[(std::size_t(y) * 1440 + std::size_t(x)) * 4];
        count += p[0] > 230 && p[1] > 150 && p[1] < 180 && p[2] < 60;
      }
    return count;
  };
  const int now = amber();
  EXPECT_GT(now, 100);
  term().omega = 3.5;
  EXPECT_LT(amber(), now / 4);
}

TEST_F(Panels, TheFrontierFits) {
  experiment().distribution.name = "e2";
  experiment().condition = 1;
  experiment().guidance = {Term{.kind = TermKind::Reward, .omega = 1}};
  stage.state.wantFrontier = true;
  auto made = std::make_shared<Frontier>();
  for (const double v : {0., .5, 1., 2.}) {
    made->guided.push_back({v, .5 + .1 * v, .01, .2 * v * v, .01});
    made->tilted.push_back({v, .5 + .12 * v, .01, .2 * v * v, .01});
    made->most.push_back({v, .5 + .13 * v, .01, .2 * v * v, .01});
    made->best.push_back({v, .5 + .09 * v, .01, .2 * v * v, .01});
  }
  made->note = "the reward is 0 in places: KL of the best of n is a bound";
  stage.state.study.frontier = made;
  stage.state.study.frontierOf = std::make_shared<const Experiment>(experiment());
  for (const double scale : {1., 2.}) {
    stage.resize(int(1440 * scale), int(3400 * scale), Theme::Light, scale);
    stage.frame(3);
    for (const ui::ClippedText& t : stage.state.memory->clipped)
      ADD_FAILURE() << "\"" << t.text << "\" needs " << t.needs << " pixels and has " << t.has;
  }
}

// A power law and its exponent, drawn log-log, and the score error over the noise level.
TEST_F(Panels, PowerLawsAndScoreErrorsFit) {
  stage.state.wantSweep = stage.state.wantScoreErrors = true;
  SweepTable t;
  t.axes = {parseAxis("schedule.steps=4,8,16,32,64,128")};
  t.metrics = {"limit_error"}, t.labels = {"|E_N - E_∞|"};
  t.references = {std::numeric_limits<double>::quiet_NaN()};
  for (std::size_t i = 0; i < 6; ++i) {
    t.at.push_back({i});
    t.values.push_back({{.8 / t.axes[0].number(i), .001, .001}});
    t.notes.emplace_back();
  }
  ScoreErrors e;
  for (double ratio = 80; ratio > .01; ratio *= .6) e.points.push_back({ratio / (1 + ratio), ratio, .4 / ratio, .8});
  StudyAnswer& a = stage.state.study;
  a.sweep = std::make_shared<const SweepTable>(t);
  a.scoreErrors = std::make_shared<const ScoreErrors>(e);
  a.sweepOf = a.scoreErrorsOf = std::make_shared<const Experiment>(experiment());
  stage.state.sweepOver = 1;
  const auto fits = [&](Theme theme, double scale) {
    stage.resize(int(1440 * scale), int(3400 * scale), theme, scale);
    stage.frame(3);
    for (const ui::ClippedText& text : stage.state.memory->clipped)
      ADD_FAILURE() << "\"" << text.text << "\" needs " << text.needs << " pixels and has " << text.has;
  };
  for (const double scale : {1., 2.}) fits(Theme::Light, scale);
  // Against the model's error the numbers are tiny, and their words wide.
  t.axes = {parseAxis("model.broaden=.1,.2,.4,.8")};
  t.metrics = {"limit_error", "score_error"}, t.labels = {"|E_N - E_∞|", "score error"};
  t.at.resize(4), t.values.resize(4), t.notes.resize(4);
  for (std::size_t i = 0; i < 4; ++i)
    t.values[i] = {{std::pow(10., -6. - double(i)), 1e-11, 0}, {.1 * double(i + 1), 0, 0}};
  a.sweep = std::make_shared<const SweepTable>(t);
  stage.state.sweepOver = 2;
  fits(Theme::Dark, 1);
}

// Classifier-free guidance, and the same as the way down a cost: under the certificate, with the weight that is set.
TEST_F(Panels, TheCertificateWritesBothForms) {
  stage.resize(1440, 3400, Theme::Dark, 1);
  stage.state.wantCertificate = true;
  const auto height = [&] {
    stage.frame(3);
    return stage.control("study.score-error").y - stage.control("study.certificate").y;
  };
  const int both = height();
  EXPECT_TRUE(stage.state.memory->clipped.empty());
  experiment().guidance[0] = Term{.kind = TermKind::Reward, .omega = 1};
  EXPECT_LT(height(), both - 50);  // a bowl is no cost of a class
  experiment().guidance[0].reward.kind = RewardKind::Cost;
  EXPECT_EQ(height(), both);
  experiment().condition = kUnconditional;
  EXPECT_LT(height(), both - 50);
}

TEST(Numbers, AreWrittenForReading) {
  EXPECT_EQ(ui::shortNumber(2.94e-8, 2), "2.9·10⁻⁸");
  EXPECT_EQ(ui::shortNumber(-1.3e6), "−1.3·10⁶");
  EXPECT_EQ(ui::shortNumber(1e12), "10¹²");
  EXPECT_EQ(ui::shortNumber(9.96e-5), "10⁻⁴");
  EXPECT_EQ(ui::shortNumber(.00012, 2), "0.00012");
  EXPECT_EQ(ui::shortNumber(0), "0");
  EXPECT_EQ(ui::powerOfTen(-10), "10⁻¹⁰");
  EXPECT_EQ(ui::sentence("of means only"), "Of means only.");
  EXPECT_EQ(ui::sentence(""), "");
  for (const char* name : {"accuracy", "kl_conditional", "solver_error", "log_posterior_q05"})
    EXPECT_NE(ui::metricAbout(name), "") << name;
}

TEST(Plot, TicksAreRound) {
  EXPECT_DOUBLE_EQ(ui::niceStep(1, 5), .2);
  EXPECT_DOUBLE_EQ(ui::niceStep(.9, 5), .2);
  EXPECT_DOUBLE_EQ(ui::niceStep(10, 5), 2);
  EXPECT_DOUBLE_EQ(ui::niceStep(26, 5), 10);
  EXPECT_DOUBLE_EQ(ui::niceStep(3e-4, 5), 1e-4);
}

}  // namespace
}  // namespace gs
