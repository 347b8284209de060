#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/caption.h"
#include "session/classes.h"
#include "session/formula.h"
#include "session/json.h"

namespace gs {
namespace {

std::vector<std::string> names(const Distribution& d, int count) {
  std::vector<std::string> out;
  for (int c = 0; c < count; ++c) out.push_back(className(d, c));
  return out;
}

Distribution fruit() {
  Distribution d;
  d.kind = DistributionKind::Points;
  d.file = "fruit.csv";
  d.mixture = Box<Mixture>(Mixture{{{0, 0.5, {1, 0}, {}}, {1, 0.25, {-1, 0}, {}}, {2, 0.25, {0, 1}, {}}}});
  d.classes = {"pear", "", "plum, \"red\""};
  return d;
}

TEST(Classes, AreLettersWhereNothingNamesThem) {
  const Distribution d;
  EXPECT_THAT(names(d, 2), testing::ElementsAre("A", "B"));
  EXPECT_EQ(className(d, 25), "Z");
  EXPECT_EQ(className(d, 26), "AA");
  EXPECT_EQ(className(d, 63), "BL");
  EXPECT_EQ(className(d, kUnconditional), "∅");
}

TEST(Classes, AreCalledAsTheDataCallThem) {
  Distribution d = fruit();
  EXPECT_THAT(names(d, 4), testing::ElementsAre("pear", "B", "plum, \"red\"", "D"));
  EXPECT_EQ(className(d, 2, 6), "plum,…");
  EXPECT_EQ(className(d, 0, 4), "pear");
  d.classes = {"0", "7"};
  EXPECT_THAT(names(d, 2), testing::ElementsAre("0", "7"));
  d.classes = {"éééé"};
  EXPECT_EQ(className(d, 0, 3), "éé…");  // characters, not bytes
  d.kind = DistributionKind::Preset;     // names of another kind of law say nothing here
  EXPECT_EQ(className(d, 0), "A");
}

TEST(Classes, OfAWordAreItsLetters) {
  Distribution d;
  d.name = "letters";
  d.word = "Ané 7\u00A0A";
  EXPECT_THAT(names(d, 6), testing::ElementsAre("A₁", "n", "é", "7", "A₂", "F"));
  d.word = "AAAAAAAAAAAA";
  EXPECT_EQ(className(d, 11), "A₁₂");
  d.word = "a\xFF";
  EXPECT_EQ(className(d, 1), "\xEF\xBF\xBD");
  d.name = "spirals";
  EXPECT_EQ(className(d, 0), "A");
}

TEST(Classes, NamesOfFilesBecomeOneBoundedLine) {
  EXPECT_EQ(classNameFrom("a\tb\x01"), "a b ");
  EXPECT_EQ(classNameFrom("\xFFx"), "\xEF\xBF\xBDx");
  std::string wide;
  for (int i = 0; i < 300; ++i) wide += "語";
  for (const std::string& text : {std::string(64, 'x'), std::string(65, 'x'), std::string(5000, 'x'), wide}) {
    const std::string name = classNameFrom(text);
    EXPECT_LE(name.size(), Distribution::kMaxClassName);
    EXPECT_GT(name.size(), 60u);
    Session s;
    s.panes[0].distribution = fruit();
    s.panes[0].distribution.classes = {name};
    EXPECT_NO_THROW(validate(s)) << name;
  }
  EXPECT_EQ(classNameFrom(std::string(64, 'x')), std::string(64, 'x'));
}

TEST(Classes, AreKeptInTheSession) {
  Session s;
  s.panes[0].distribution = fruit();
  const std::string text = toJson(s);
  EXPECT_NE(text.find("\"classes\": [\"pear\", \"\", \"plum, \\\"red\\\"\"]"), std::string::npos) << text;
  EXPECT_EQ(parseSession(text), s);
  setPath(s, "distribution.classes.1", "quince");
  setPath(s, "distribution.classes.2", "null");
  setPath(s, "distribution.classes.+", "7");
  EXPECT_THAT(s.panes[0].distribution.classes, testing::ElementsAre("pear", "quince", "7"));
  EXPECT_EQ(caption(s, 0, 3), "class pear, no guidance");
  Session before = s;
  setPath(s, "distribution.classes.0", "apple");
  EXPECT_EQ(describeChange(before, s), "distribution.classes.0 = apple");
  setPath(s, "distribution.kind", "preset");
  EXPECT_TRUE(s.panes[0].distribution.classes.empty());
  EXPECT_EQ(toJson(s).find("classes"), std::string::npos);
}

TEST(Captions, WriteWeightsWithATrueMinus) {
  Session s;
  s.panes[0].distribution = fruit();
  s.panes[0].guidance = {Term{.omega = -0.5}};
  EXPECT_EQ(caption(s, 0, 3), "class pear, ω = −0.50");
  s.panes[0].guidance[0].omega = -0.001;
  EXPECT_EQ(caption(s, 0, 3), "class pear, ω = 0.00");
  EXPECT_EQ(formulaWords(guidanceFormula(s.panes[0], WeightDisplay::Omega)),
            "D\u0302 = D_{pear} + 0.00 (D_{pear} − D_{∅})");
  s.panes[0].guidance[0].omega = -1;
  s.panes[0].guidance[0].curve.kind = CurveKind::Linear;
  EXPECT_EQ(caption(s, 0, 3), "class pear, ω(t) = −1.00 × linear");
}

TEST(Classes, BadNamesAreRefused) {
  const auto refused = [](std::vector<std::string> classes) {
    Session s;
    s.panes[0].distribution = fruit();
    s.panes[0].distribution.classes = std::move(classes);
    try {
      validate(s);
    } catch (const SessionError& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  const std::string place = "panes.0.distribution.classes";
  EXPECT_EQ(refused({"a", "b", "c", "d"}), place + ": has 4 names for 3 classes");
  EXPECT_EQ(refused(std::vector<std::string>(65)), place + ": has 65 entries; at most 64");
  EXPECT_EQ(refused({"a", std::string(65, 'x')}), place + ".1: has 65 bytes; at most 64");
  EXPECT_EQ(refused({"a\nb"}), place + ".0: is more than one line");
  EXPECT_EQ(refused({"\x02"}), place + ".0: has a control character");
  EXPECT_EQ(refused({"\xFF"}), place + ".0: is not UTF-8 text");
  Session s;
  s.panes[0].distribution = fruit();
  EXPECT_THROW(setPath(s, "distribution.classes", "cat"), SessionError);
  EXPECT_THROW(setPath(s, "distribution.classes", "[{}]"), SessionError);
}

}  // namespace
}  // namespace gs
