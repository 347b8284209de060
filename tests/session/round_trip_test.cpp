#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "generate.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

TEST(RoundTrip, EveryRandomSessionComesBackEqualAndIsWrittenTheSameAgain) {
  test::Random random(20260101);
  for (int i = 0; i < test::often(700); ++i) {
    const Session s = test::randomSession(random);
    ASSERT_NO_THROW(validate(s)) << i;
    const std::string text = toJson(s);
    Session back;
    ASSERT_NO_THROW(back = parseSession(text)) << i << '\n' << text;
    ASSERT_EQ(back, canonical(s)) << i << '\n' << text;
    ASSERT_EQ(toJson(back), text) << i;
  }
}

TEST(RoundTrip, CanonicalIsIdempotentAndKeepsWhatTheKindUses) {
  test::Random random(7);
  for (int i = 0; i < 300; ++i) {
    const Session s = test::randomSession(random), c = canonical(s);
    EXPECT_EQ(canonical(c), c);
    for (std::size_t p = 0; p < s.panes.size(); ++p) {
      EXPECT_EQ(c.panes[p].schedule, s.panes[p].schedule);
      EXPECT_EQ(c.panes[p].particles, s.panes[p].particles);
    }
    EXPECT_EQ(c.view, s.view);
  }
}

TEST(RoundTrip, FieldsOfOtherKindsAreNotWritten) {
  Session s;
  s.panes[0].sampler.kind = SolverKind::Heun;
  s.panes[0].guidance.push_back({});
  const std::string text = toJson(s);
  for (const char* key : {"churn", "\"lo\"", "knots", "weak", "word", "sha256", "maxComponents"})
    EXPECT_EQ(text.find(key), std::string::npos) << key << " in\n" << text;
  s.panes[0].sampler = {SolverKind::Exponential, 0.5};
  s.panes[0].distribution.name = "letters";
  const std::string other = toJson(s);
  EXPECT_NE(other.find("\"churn\": 0.5"), std::string::npos);
  EXPECT_NE(other.find("\"word\": \"GUIDE\""), std::string::npos);
}

TEST(RoundTrip, TheDocumentedFormIsReadAndWritten) {
  const Session s = parseSession(R"({"format":"guidescope-session","version":1,"panes":[{
    "distribution":{"kind":"mixture","components":[
      {"class":0,"weight":0.5,"mean":[1,0],"covariance":[[1,0],[0,1]]},
      {"class":1,"weight":0.5,"mean":[-1,0],"covariance":[[2,0.5],[0.5,1]]}]},
    "condition":"none",
    "guidance":[{"kind":"cfg","omega":2.0,"curve":{"kind":"constant"}},
                {"kind":"autoguidance","omega":1.0,"curve":{"kind":"interval","lo":0.2,"hi":2.0},
                 "weak":{"broaden":0.2,"leakDensity":0.0,"leakDenoiser":0.0}},
                {"kind":"cfg","curve":{"kind":"drawn","knots":[[0,1],[0.5,-1.5],[1,2]]}}],
    "schedule":{"kind":"edm","grid":"karras","steps":32,"sigmaMin":0.002,"sigmaMax":null,"rho":7},
    "sampler":{"kind":"heun","churn":0.0},
    "particles":{"count":4096,"seed":4294967295},"start":"gaussian"}],
    "view":{"camera":{"center":[1,2],"height":4},"theme":"high-contrast"}})");
  const Experiment& e = s.panes.at(0);
  ASSERT_TRUE(e.distribution.mixture);
  EXPECT_EQ(e.distribution.mixture->components.at(1).covariance, (Sym2{2, 0.5, 1}));
  EXPECT_EQ(e.condition, kUnconditional);
  EXPECT_EQ(e.guidance.at(1).curve, (Curve{CurveKind::Interval, 0.2, 2.0}));
  EXPECT_EQ(e.guidance.at(2).curve.knots.at(1), (Knot{0.5, -1.5}));
  EXPECT_EQ(e.guidance.at(2).omega, Term{}.omega);
  EXPECT_EQ(e.schedule.sigmaMax, 0);
  EXPECT_EQ(e.particles.seed, 4294967295u);
  EXPECT_EQ(e.start, Start::Gaussian);
  EXPECT_EQ(s.view.theme, Theme::HighContrast);
  EXPECT_EQ(s.view.camera.center, Vec2(1, 2));
  const std::string text = toJson(s);
  for (const char* part : {"\"condition\": \"none\"", "\"sigmaMax\": null", "\"knots\": [[0, 1], [0.5, -1.5], [1, 2]]",
                           "{\"class\": 1, \"weight\": 0.5, \"mean\": [-1, 0], \"covariance\": [[2, 0.5], [0.5, 1]]}"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " not in\n" << text;
}

TEST(RoundTrip, MissingKeysKeepTheirDefaults) {
  EXPECT_EQ(parseSession(R"({"format":"guidescope-session","version":1})"), Session{});
  EXPECT_EQ(parseSession("\xEF\xBB\xBF{\"format\":\"guidescope-session\",\"version\":1}\r\n"), Session{});
}

TEST(RoundTrip, WeightsAreShares) {
  const Session s =
      parseSession(R"({"format":"guidescope-session","version":1,"panes":[{"distribution":{"kind":"mixture",
    "components":[{"class":0,"weight":3},{"class":0,"weight":1}]}}]})");
  EXPECT_EQ(s.panes[0].distribution.mixture->components[0].weight, 0.75);
}

TEST(RoundTrip, PointsOpenWithoutTheirFile) {
  const std::string sha(64, 'a');
  const Session s =
      parseSession(R"({"format":"guidescope-session","version":1,"panes":[{"distribution":{"kind":"points",
    "file":"gone.csv","sha256":")" +
                   sha + R"(","fit":"kernels","maxComponents":12,"bandwidth":0.1,
    "components":[{"class":0,"weight":1,"mean":[3,4]}]}}]})");
  const Distribution& d = s.panes[0].distribution;
  EXPECT_EQ(d.file, "gone.csv");
  EXPECT_EQ(d.sha256, sha);
  EXPECT_EQ(d.fit, FitKind::Kernels);
  EXPECT_EQ(d.components, 12);
  EXPECT_EQ(d.mixture->components[0].mean, Vec2(3, 4));
}

TEST(RoundTrip, NumbersAreShortestAndExact) {
  for (const double v : {0.1, 1e300, 5e-324, 1.0 / 3, -2.5, 1e15, 123456789012345.0, 1e22, 0.002, 80.0}) {
    const Node n = parseText(numberText(v));
    EXPECT_EQ(n.number, v) << numberText(v);
  }
  EXPECT_EQ(numberText(80), "80");
  EXPECT_EQ(numberText(1000000), "1000000");
  EXPECT_EQ(numberText(0.1), "0.1");
  EXPECT_EQ(numberText(-0.0), "0");
  EXPECT_EQ(parseText("1e-400").number, 0);
}

TEST(RoundTrip, TextIsEscapedAndNotUtf8IsReplaced) {
  Session s;
  s.name =
      "a\xff"
      "b";
  s.notes = "quote \" backslash \\ newline \n tab \t ω 😀";
  const Session back = parseSession(toJson(s));
  EXPECT_EQ(back.name,
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(back.notes, s.notes);
  EXPECT_EQ(back, canonical(s));
}

TEST(RoundTrip, ALawOnTheLineIsALawOfThePlane) {
  const Session s =
      parseSession(R"({"format":"guidescope-session","version":1,"panes":[{"distribution":{"kind":"mixture",
    "components":[{"class":0,"weight":0.5,"mean":[1],"covariance":[[0.25]]},
                  {"class":1,"weight":0.5,"mean":[-1],"covariance":[[0.5]]}]}}]})");
  const Mixture& m = *s.panes[0].distribution.mixture;
  EXPECT_EQ(m.components[0].mean, Vec2(1, 0));
  EXPECT_EQ(m.components[1].covariance, (Sym2{.5, 0, 1}));
  EXPECT_EQ(parseSession(toJson(s)), s);
  // The class says nothing about the second coordinate, so no classifier-free push has a part along it.
  for (const double y : {-2., 0., 3.}) {
    const NoiseLevel l{.6, .8};
    const Vec2 push = denoise(m, {.3, y}, l, 0) - denoise(m, {.3, y}, l);
    EXPECT_NEAR(push.y, 0, 1e-12);
    EXPECT_NEAR(push.x, (denoise(m, {.3, 0}, l, 0) - denoise(m, {.3, 0}, l)).x, 1e-12);
  }
}

}  // namespace
}  // namespace gs
