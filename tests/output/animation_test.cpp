// What frame k shows: a pure function of k / fps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "output/animation.h"
#include "output/figure.h"
#include "session/json.h"

namespace gs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Session twoModes() { return scenePreset("two-modes"); }

Motion motion(const std::string& text) { return Motion(twoModes(), parseAnimation(text)); }
double omega(const Session& s) { return s.panes[0].guidance[0].omega; }

TEST(Animation, MovesTogetherAndOneAfterTheOther) {
  const Motion m = motion("time:1..0:4s:linear, guidance.0.omega:0..6:2s:linear; hold:1s; time:0..1:2s:linear");
  EXPECT_EQ(m.seconds(), 7);
  EXPECT_EQ(m.frames(30), 211);
  EXPECT_THAT(m.paths(), ElementsAre("view.time", "guidance.0.omega"));
  // seconds, t, omega
  const double expected[][3] = {{0, 1, 0}, {1, .75, 3}, {2, .5, 6}, {4, 0, 6},
                                {5, 0, 6}, {6, .5, 6},  {7, 1, 6},  {9, 1, 6}};
  for (const auto& [seconds, t, w] : expected) {
    EXPECT_DOUBLE_EQ(m.at(seconds).view.time, t) << seconds;
    EXPECT_DOUBLE_EQ(omega(m.at(seconds)), w) << seconds;
  }
  Session still = m.at(1);
  still.view.time = m.base().view.time;
  still.panes[0].guidance[0].omega = omega(m.base());
  EXPECT_EQ(still, m.base()) << "nothing else moves";
  EXPECT_EQ(m.at(31. / 30), m.at(31. / 30));
}

TEST(Animation, EasesAndWaysBack) {
  EXPECT_DOUBLE_EQ(eased(Ease::Smooth, 0.25), 3 * 0.0625 - 2 * 0.015625);
  EXPECT_DOUBLE_EQ(eased(Ease::In, 0.5), 0.25);
  EXPECT_DOUBLE_EQ(eased(Ease::Out, 0.5), 0.75);
  for (const Ease e : {Ease::Linear, Ease::Smooth, Ease::In, Ease::Out}) {
    EXPECT_EQ(eased(e, 0), 0);
    EXPECT_EQ(eased(e, 1), 1);
  }
  const Motion back = motion("time:1..0:2s:linear:back");
  EXPECT_DOUBLE_EQ(back.at(0.5).view.time, 0.5);
  EXPECT_DOUBLE_EQ(back.at(1).view.time, 0);
  EXPECT_DOUBLE_EQ(back.at(1.5).view.time, 0.5);
  EXPECT_DOUBLE_EQ(back.at(2).view.time, 1);
  const Motion stops = motion("time:0..1..0.5:2s:linear");
  EXPECT_DOUBLE_EQ(stops.at(1).view.time, 1);
  EXPECT_DOUBLE_EQ(stops.at(1.5).view.time, 0.75);
  const Motion factors = motion("camera.height:1..16:4s:linear:log");
  EXPECT_NEAR(factors.at(1).view.camera.height, 2, 1e-12);
  EXPECT_NEAR(factors.at(2).view.camera.height, 4, 1e-12);
  const Motion late = motion("guidance.0.omega:1..3:1s:linear:after=500ms");
  EXPECT_EQ(late.seconds(), 1.5);
  EXPECT_EQ(omega(late.at(0.5)), 1);
  EXPECT_EQ(omega(late.at(1)), 2);
}

TEST(Animation, WholeNumbersStayWhole) {
  const Motion m = motion("schedule.steps:8..16:1s:linear");
  EXPECT_EQ(m.at(0.3).panes[0].schedule.steps, 10);  // 10.4
  EXPECT_EQ(m.at(1).panes[0].schedule.steps, 16);
}

TEST(Animation, ErrorsNameThePlace) {
  const auto fails = [](const std::string& text, const std::string& what) {
    EXPECT_THAT([&] { motion(text); }, ThrowsMessage<SessionError>(HasSubstr(what))) << text;
  };
  fails("guidance.0.omega:0..60:3s", "'guidance.0.omega:0..60:3s': panes.0.guidance.0.omega: 60 is outside -1..20");
  fails("time:1..0:4s, guidance.0.omga:0..1:1s", "'guidance.0.omga:0..1:1s': panes.0.guidance.0.omga: unknown key");
  fails("time:1..zero:4s", "'zero' is not a number");
  fails("time:1:4s", "needs two values");
  fails("time:1..0", "expected path:from..to:seconds");
  fails("time:1..0:-1s", "'-1s' is not a time");
  fails("time:1..0:9999s", "is not a time of 0 to 3600 seconds");
  fails("time:1..0:1s:bouncy", "'bouncy' is not one of linear");
  fails("camera.height:0..1:1s:log", "log needs values of one sign");
  fails("time:1..0:1s,", "nothing stands between two commas");
  fails("", "nothing moves");
  fails("guidance.0.kind:0..1:1s", "'guidance.0.kind:0..1:1s': ");
}

TEST(Storyboard, IsReadWrittenAndBetweenItsKeyframes) {
  const Animation a = parseStoryboard(R"({"format":"guidescope-storyboard","version":1,"keyframes":[
    {"scene":"two-modes","seconds":2,"hold":1,"ease":"linear","set":{"time":1,"guidance.0.omega":0}},
    {"set":{"time":0,"guidance.0.omega":4,"schedule.steps":32},"seconds":1,"hold":0},
    {"set":{"sampler.kind":"euler"},"hold":0.5}]})");
  ASSERT_EQ(a.keyframes.size(), 3u);
  EXPECT_EQ(a.seconds, 1 + 2 + 0 + 1 + 0.5);
  const Motion m(Session{}, a);
  EXPECT_EQ(m.at(0.9), a.keyframes[0].session);
  const Session half = m.at(2);
  EXPECT_DOUBLE_EQ(half.view.time, 0.5);
  EXPECT_DOUBLE_EQ(omega(half), 2);
  EXPECT_EQ(half.panes[0].schedule.steps, (a.keyframes[0].session.panes[0].schedule.steps + 32) / 2);
  EXPECT_EQ(m.at(3), a.keyframes[1].session);
  EXPECT_NE(m.at(3.9).panes[0].sampler.kind, SolverKind::Euler) << "what is no number changes at the end";
  EXPECT_EQ(m.at(4.5), a.keyframes[2].session);
  EXPECT_EQ(m.at(4).panes[0].sampler.kind, SolverKind::Euler);
  EXPECT_EQ(parseStoryboard(storyboardJson(a.keyframes)), a);
}

TEST(Storyboard, NetworksStayBetweenItsKeyframes) {
  Session a = twoModes();
  const auto named = [](const char* file) {
    NetworkFile n;
    n.file = file;
    n.network = Box<Network>(Network{.training = file});
    return n;
  };
  a.panes[0].model.network = named("trained here");
  a.panes[0].guidance[0].kind = TermKind::Autoguidance;
  a.panes[0].guidance[0].network = named("weak.npz");
  Session b = a;
  b.panes[0].guidance[0].omega = omega(a) + 1;
  const Motion m({}, storyboard({{.session = a, .seconds = 1, .hold = 0}, {.session = b}}));
  for (const double seconds : {.2, .5, .9}) {
    const Session now = m.at(seconds);
    EXPECT_NE(omega(now), omega(a));
    EXPECT_EQ(now.panes[0].model.network, a.panes[0].model.network);
    EXPECT_EQ(now.panes[0].guidance[0].network, a.panes[0].guidance[0].network);
  }
}

TEST(Storyboard, ErrorsNameTheKeyframe) {
  const auto fails = [](const std::string& keyframes, const std::string& what) {
    const std::string json = R"({"format":"guidescope-storyboard","version":1,"keyframes":)" + keyframes + "}";
    EXPECT_THAT([&] { parseStoryboard(json); }, ThrowsMessage<SessionError>(HasSubstr(what)));
  };
  fails(R"([{"scene":"two-modes"}])", "2 to 200 keyframes, not 1");
  fails(R"([{"seconds":1},{}])", "keyframes.0: the first keyframe needs a session or a scene");
  fails(R"([{"scene":"two-modes"},{"set":{"guidance.0.omega":99}}])",
        "keyframes.1.set: panes.0.guidance.0.omega: 99 is outside -1..20");
  fails(R"([{"scene":"two-modes"},{"ease":"jump"}])", "keyframes.1.ease: is not one of");
  fails(R"([{"scene":"two-modes"},{"wait":1}])", "keyframes.1.wait: is not one of");
  fails(R"([{"scene":"two-modes","seconds":-1},{}])", "keyframes.0: its times are");
  EXPECT_THROW(parseStoryboard("{}"), SessionError);
}

TEST(FigureAxis, IsAPathAndItsValues) {
  const FigureAxis a = parseFigureAxis("time=1,.75, 0");
  EXPECT_EQ(a.path, "view.time");
  EXPECT_THAT(a.values, ElementsAre(1, 0.75, 0));
  EXPECT_THAT([] { parseFigureAxis("time=1,x"); }, ThrowsMessage<SessionError>(HasSubstr("'x' is not a number")));
  EXPECT_THAT([] { parseFigureAxis("time"); }, ThrowsMessage<SessionError>(HasSubstr("expected PATH=A,B,C")));
}

}  // namespace
}  // namespace gs
