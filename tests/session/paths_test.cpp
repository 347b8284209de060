#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "generate.h"
#include "session/json.h"
#include "session/text.h"
#include "session/type.h"

namespace gs {
namespace {

std::string errorOf(Session& s, std::string_view path, std::string_view value) {
  const Session before = s;
  try {
    setPath(s, path, value);
  } catch (const SessionError& e) {
    EXPECT_EQ(s, before) << "changed by a refused value: " << path;
    return e.what();
  }
  return "no error";
}

// Calls visit(path, field, value) for every leaf of a session that its kinds use.
using Visit = std::function<void(const std::string&, const Field&, ConstValue)>;
void leaves(ConstValue value, const Field& f, const std::string& path, const Visit& visit) {
  const std::string prefix = path.empty() ? path : path + '.';
  if (value.is(Type::Kind::Struct)) {
    for (const Member& m : value.type().members)
      if (value.uses(m.field)) leaves(value[m], m.field, prefix + std::string(m.field.name), visit);
  } else if (value.type().item) {
    for (std::size_t i = 0; i < value.count(); ++i) leaves(value[i], kNameField, prefix + std::to_string(i), visit);
  } else {
    visit(path, f, value);
  }
}

TEST(Paths, EveryFieldCanBeReadAndSetToItsValue) {
  test::Random random(11);
  for (int i = 0; i < test::often(6); ++i) {
    const Session s = canonical(test::randomSession(random));
    int seen = 0;
    leaves(ConstValue(s), {}, "", [&](const std::string& path, const Field&, ConstValue) {
      Session copy = s;
      const std::string value = getPath(s, path);
      ASSERT_NO_THROW(setPath(copy, path, value)) << path << " = " << value;
      ASSERT_EQ(copy, s) << path << " = " << value;
      ++seen;
    });
    EXPECT_GT(seen, 40);
  }
}

TEST(Paths, EveryFieldTakesOtherValuesAndRefusesThoseOutsideItsRange) {
  Session s;
  s.panes[0].distribution.kind = DistributionKind::Points;
  s.panes[0].distribution.file = "p.csv";
  s.panes[0].distribution.mixture = Box<Mixture>(Mixture{{{0, 0.5, {1, 0}, {}}, {1, 0.5, {-1, 0}, {}}}});
  s.panes[0].guidance = {{TermKind::Autoguidance, true, 1, {}, {}}, {}, {}};
  s.panes[0].guidance[0].curve.kind = CurveKind::Interval;
  s.panes[0].guidance[1].curve.kind = CurveKind::Cosine;
  s.panes[0].guidance[2].curve = {CurveKind::Drawn, 0.1, 5, 0, 2, {{0.25, 1}, {0.75, 2}}};
  s.panes[0].sampler = {SolverKind::Exponential, 0.5};
  ASSERT_NO_THROW(validate(s));
  int numbers = 0, others = 0;
  leaves(ConstValue(s), {}, "", [&](const std::string& path, const Field& f, ConstValue member) {
    Session copy = s;
    if (member.is(Type::Kind::Flag)) {
      const char* other = member.number() != 0 ? "false" : "true";
      setPath(copy, path, other);
      EXPECT_EQ(getPath(copy, path), other) << path;
      EXPECT_THAT(errorOf(copy, path, "perhaps"), testing::StartsWith(path + ": expected true or false")) << path;
      ++others;
    } else if (member.is(Type::Kind::Choice)) {
      if (f.name == "kind") return;  // tested below: the fields of the old kind go with it
      for (const EnumName& e : member.type().names) {
        setPath(copy, path, e.name);
        EXPECT_EQ(getPath(copy, path), '"' + std::string(e.name) + '"') << path;
      }
      EXPECT_THAT(errorOf(copy, path, "nothing-like-it"), testing::StartsWith(path + ": 'nothing-like-it' is none of"));
      ++others;
    } else if (member.is(Type::Kind::Real) || member.is(Type::Kind::Whole)) {
      const double inside =
          member.is(Type::Kind::Whole) ? std::floor((f.lo + f.hi) / 2) : (member.number() * 3 + f.hi) / 4;
      const bool tied = path.ends_with("class") || path.ends_with("weight") || path.ends_with("condition") ||
                        path.ends_with(".lo") || path.ends_with("sigmaMin") || path.ends_with(".t");
      if (!tied) {
        setPath(copy, path, numberText(inside));
        EXPECT_EQ(getPath(copy, path), numberText(inside)) << path;
      }
      const std::string place = path.ends_with(".t") ? path.substr(0, path.size() - 1) + "0"
                                : path.ends_with(".value") && path.find("knots") != path.npos
                                    ? path.substr(0, path.size() - 5) + "1"
                                    : path;
      for (const double outside : {f.hi * 2 + 1, f.lo - 1 - std::abs(f.lo)})
        EXPECT_THAT(errorOf(copy, path, numberText(outside)),
                    testing::StartsWith(place + ": " + numberText(outside) + " is outside"))
            << path;
      EXPECT_THAT(errorOf(copy, path, "nan"),
                  testing::AnyOf(place + ": not a finite number", place + ": nan is not a whole number"));
      EXPECT_THAT(errorOf(copy, path, "1e999"), testing::StartsWith(place + ": ")) << path;
      EXPECT_THAT(errorOf(copy, path, "{}"), testing::StartsWith(place + ": expected")) << path;
      ++numbers;
    }
  });
  EXPECT_GT(numbers, 30);
  EXPECT_GT(others, 15);
}

TEST(Paths, TheFirstPaneIsImplied) {
  Session s;
  s.panes.resize(2);
  s.panes[0].guidance.resize(1);
  setPath(s, "guidance.0.omega", "2.5");
  EXPECT_EQ(s.panes[0].guidance[0].omega, 2.5);
  setPath(s, "panes.1.schedule.steps", "7");
  EXPECT_EQ(s.panes[1].schedule.steps, 7);
  EXPECT_EQ(getPath(s, "panes.0.guidance.0.omega"), "2.5");
  EXPECT_EQ(errorOf(s, "guidance.0.omega", "40"), "panes.0.guidance.0.omega: 40 is outside -1..20");
  EXPECT_EQ(getPath(s, "name"), "\"\"");
}

TEST(Paths, ValuesAreJsonOrBareWords) {
  Session s;
  setPath(s, "sampler.kind", "heun");
  setPath(s, "sampler.kind", "\"rk4\"");
  EXPECT_EQ(s.panes[0].sampler.kind, SolverKind::Rk4);
  setPath(s, "condition", "none");
  EXPECT_EQ(s.panes[0].condition, kUnconditional);
  setPath(s, "condition", "1");
  EXPECT_EQ(s.panes[0].condition, 1);
  setPath(s, "schedule.sigmaMax", "+.5e1");
  EXPECT_EQ(s.panes[0].schedule.sigmaMax, 5);
  setPath(s, "schedule.sigmaMax", "null");
  EXPECT_EQ(s.panes[0].schedule.sigmaMax, 0);
  setPath(s, "name", "[draft");
  EXPECT_EQ(s.name, "[draft");
  setPath(s, "name", "12e3");
  EXPECT_EQ(s.name, "12e3");
  setPath(s, "notes", "true");
  EXPECT_EQ(s.notes, "true");
  setPath(s, "view.camera.center", "[1, -2]");
  setPath(s, "view.camera.center.y", "3");
  EXPECT_EQ(s.view.camera.center, Vec2(1, 3));
  setPath(s, "distribution", R"({"kind":"preset","name":"letters","word":"HI"})");
  EXPECT_EQ(s.panes[0].distribution.word, "HI");
  setPath(s, "distribution.word", "007");
  EXPECT_EQ(s.panes[0].distribution.word, "007");
  setPath(s, "distribution.name", "ring");  // the word goes with the preset that uses it
  EXPECT_EQ(s.panes[0].distribution, (Distribution{.name = "ring"}));
}

TEST(Paths, WhatIsSwitchedOffTakesAlongWhatHangsOnIt) {
  Session s;
  setPath(s, "guidance.+", "feedback");
  EXPECT_EQ(errorOf(s, "guidance.0.trust", "0.5"), "panes.0.guidance.0.trust: is not used without tracked");
  setPath(s, "guidance.0.tracked", "true");
  setPath(s, "guidance.0.trust", "0.5");
  EXPECT_EQ(s.panes[0].guidance[0].trust, .5);
  setPath(s, "guidance.0.tracked", "false");
  EXPECT_EQ(s.panes[0].guidance[0].trust, Term{}.trust);
  setPath(s, "model.network.file", "tree");
  setPath(s, "model.network.snapshot", "2");
  setPath(s, "model.network.file", "\"\"");
  EXPECT_EQ(s.panes[0].model.network, NetworkFile{});
}

TEST(Paths, ListsGrowAndShrink) {
  Session s;
  setPath(s, "guidance.+", "cfg");
  setPath(s, "guidance.+", R"({"kind":"autoguidance","omega":1})");
  ASSERT_EQ(s.panes[0].guidance.size(), 2u);
  EXPECT_EQ(s.panes[0].guidance[1].kind, TermKind::Autoguidance);
  setPath(s, "guidance.0", "null");
  ASSERT_EQ(s.panes[0].guidance.size(), 1u);
  EXPECT_EQ(s.panes[0].guidance[0].omega, 1);
  setPath(s, "panes.+", "{}");
  EXPECT_EQ(s.panes.size(), 2u);
  setPath(s, "panes.1", "null");
  EXPECT_EQ(s.panes.size(), 1u);
  EXPECT_EQ(errorOf(s, "panes.0", "null"), "panes: has 0 entries; at least 1");
  for (int i = 1; i < Experiment::kMaxTerms; ++i) setPath(s, "guidance.+", "cfg");
  EXPECT_EQ(errorOf(s, "guidance.+", "cfg"), "panes.0.guidance: has 9 entries; at most 8");
}

TEST(Paths, ANewKindDropsTheFieldsOfTheOldOne) {
  Session s;
  setPath(s, "sampler.kind", "exponential");
  setPath(s, "sampler.churn", "0.5");
  setPath(s, "sampler.kind", "heun");
  EXPECT_EQ(s.panes[0].sampler, (Sampler{SolverKind::Heun, 0}));
  EXPECT_EQ(errorOf(s, "sampler.churn", "0.5"), "panes.0.sampler.churn: belongs to exponential, not to heun");
  setPath(s, "guidance.+", "cfg");
  setPath(s, "guidance.0.curve.kind", "drawn");
  EXPECT_EQ(s.panes[0].guidance[0].curve.knots, (std::vector<Knot>{{0, 1}, {1, 1}}));
  setPath(s, "guidance.0.curve.knots", "[[0, 2], [0.5, 1], [1, 0]]");
  setPath(s, "guidance.0.curve.knots.1.value", "-1");
  EXPECT_EQ(s.panes[0].guidance[0].curve.knots[1], (Knot{0.5, -1}));
  setPath(s, "guidance.0.curve.kind", "interval");
  EXPECT_TRUE(s.panes[0].guidance[0].curve.knots.empty());
}

TEST(Paths, UnknownPathsNameTheNearest) {
  Session s;
  s.panes[0].guidance.resize(2);
  EXPECT_EQ(errorOf(s, "guidance.0.omgea", "1"), "panes.0.guidance.0.omgea: unknown key; the nearest is omega");
  EXPECT_EQ(errorOf(s, "gidance.0.omega", "1"), "panes.0.gidance: unknown key; the nearest is guidance");
  EXPECT_EQ(errorOf(s, "veiw.time", "1"), "panes.0.veiw: unknown key; the nearest is view");
  EXPECT_EQ(errorOf(s, "sched.steps", "8"), "panes.0.sched: unknown key; the nearest is schedule");
  // Where nothing is near, a guess would send people the wrong way.
  const std::string far = errorOf(s, "foo", "3");
  EXPECT_TRUE(far.starts_with("panes.0.foo: unknown key; there are distribution, ")) << far;
  for (const char* key : {"guidance", "model", "schedule", "view"}) EXPECT_NE(far.find(key), std::string::npos) << key;
  EXPECT_EQ(errorOf(s, "particles.xy", "1").find("the nearest"), std::string::npos);
  EXPECT_EQ(errorOf(s, "guidance.2.omega", "1"), "panes.0.guidance.2: panes.0.guidance has 2 entries, counted from 0");
  EXPECT_EQ(errorOf(s, "guidance.-1.omega", "1"),
            "panes.0.guidance.-1: panes.0.guidance has 2 entries, counted from 0");
  EXPECT_EQ(errorOf(s, "guidance.0.omega.x", "1"),
            "panes.0.guidance.0.omega.x: panes.0.guidance.0.omega is a single value");
  EXPECT_EQ(errorOf(s, "version", "2"), "version: is fixed");
  for (const char* bad : {"", ".", "a..b", "view."}) EXPECT_NE(errorOf(s, bad, "1"), "no error") << bad;
  EXPECT_THROW(getPath(s, "nothing"), SessionError);
  EXPECT_THROW(getPath(s, std::string(10000, 'x')), SessionError);
}

TEST(Changes, AreDescribedByTheSmallestPartThatHoldsThem) {
  Session a;
  a.name = "One";
  a.panes[0].guidance.resize(2);
  const auto describe = [&](auto change) {
    Session b = a;
    change(b);
    return describeChange(a, b);
  };
  EXPECT_EQ(describe([](Session&) {}), "");
  EXPECT_EQ(describe([](Session& s) { s.panes[0].guidance[0].omega = 2.5; }), "guidance.0.omega = 2.5");
  EXPECT_EQ(describe([](Session& s) { s.panes[0].condition = kUnconditional; }), "condition = none");
  EXPECT_EQ(describe([](Session& s) { s.panes[0].schedule.sigmaMax = 5; }), "schedule.sigmaMax = 5");
  EXPECT_EQ(describe([](Session& s) {
              s.panes[0].sampler = {SolverKind::Exponential, 1};
            }),
            "sampler.kind = exponential");
  EXPECT_EQ(describe([](Session& s) { s.view.theme = Theme::HighContrast; }), "view.theme = high-contrast");
  EXPECT_EQ(describe([](Session& s) { s.view.axes.grid = false; }), "view.axes.grid = false");
  EXPECT_EQ(describe([](Session& s) { s.panes[0].guidance.pop_back(); }), "guidance");
  EXPECT_EQ(describe([](Session& s) { s.panes[0].guidance[1].curve.lo = 1, s.panes[0].guidance[1].curve.hi = 2; }),
            "guidance.1.curve");
  EXPECT_EQ(describe([](Session& s) { s.panes[0].guidance[0].omega = 1, s.panes[0].guidance[1].omega = 1; }),
            "guidance");
  EXPECT_EQ(describe([](Session& s) { s.panes.emplace_back(); }), "panes");
  EXPECT_EQ(describe([](Session& s) { s.name = "Two", s.panes[0].condition = 1; }), "scene Two");
  EXPECT_EQ(describe([](Session& s) { s.panes[0].condition = 1, s.panes[0].start = Start::Gaussian; }), "experiment");
}

}  // namespace
}  // namespace gs
