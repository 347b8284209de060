#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string errorOf(std::string_view json) {
  try {
    parseSession(json);
  } catch (const SessionError& e) {
    EXPECT_LT(std::string_view(e.what()).size(), 600u);
    EXPECT_TRUE(isUtf8(e.what())) << e.what();
    return e.what();
  }
  return "no error";
}

// A session with one pane that holds this.
std::string errorOfPane(const std::string& pane) {
  return errorOf(R"({"format":"guidescope-session","version":1,"panes":[{)" + pane + "}]}");
}
std::string errorOfMixture(const std::string& components) {
  return errorOfPane(R"("distribution":{"kind":"mixture","components":[)" + components + "]}");
}

TEST(Errors, NameThePlaceAndTheRange) {
  EXPECT_EQ(errorOfPane(R"("guidance":[{"kind":"cfg","omega":40}])"), "panes.0.guidance.0.omega: 40 is outside -1..20");
  EXPECT_EQ(errorOfPane(R"("schedule":{"steps":0})"), "panes.0.schedule.steps: 0 is outside 1..256");
  EXPECT_EQ(errorOfPane(R"("schedule":{"steps":12.5})"), "panes.0.schedule.steps: 12.5 is not a whole number");
  EXPECT_EQ(errorOfPane(R"("particles":{"count":1e99})"), "panes.0.particles.count: 1e+99 is outside 1..10000000");
  EXPECT_EQ(errorOfPane(R"("particles":{"seed":-1})"), "panes.0.particles.seed: -1 is outside 0..4294967295");
  EXPECT_EQ(errorOfPane(R"("schedule":{"sigmaMax":0})"),
            "panes.0.schedule.sigmaMax: 0 is outside 0.01..1000; null is the schedule's own end");
  EXPECT_EQ(errorOfPane(R"("condition":-1)"), "panes.0.condition: -1 is outside 0..63 or none");
  EXPECT_EQ(errorOfPane(R"("condition":"all")"), "panes.0.condition: expected a class or \"none\", found 'all'");
  EXPECT_EQ(errorOf(R"({"format":"guidescope-session","version":1,"view":{"camera":{"center":[0,1e9]}}})"),
            "view.camera.center.1: 1000000000 is outside -1000000..1000000");
}

TEST(Errors, NameTheWrongType) {
  EXPECT_EQ(errorOfPane(R"("particles":{"count":"many"})"),
            "panes.0.particles.count: expected a whole number, found 'many'");
  EXPECT_EQ(errorOfPane(R"("particles":[])"), "panes.0.particles: expected an object, found a list");
  EXPECT_EQ(errorOfPane(R"("guidance":{})"), "panes.0.guidance: expected a list, found an object");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"enabled":1}])"),
            "panes.0.guidance.0.enabled: expected true or false, found 1");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"omega":null}])"), "panes.0.guidance.0.omega: expected a number, found null");
  EXPECT_EQ(errorOfPane(R"("distribution":{"name":3})"), "panes.0.distribution.name: expected text, found 3");
  EXPECT_EQ(errorOf("[]"), "a session is a JSON object, not a list");
}

TEST(Errors, NameTheNearestKey) {
  EXPECT_EQ(errorOfPane(R"("guidance":[{"kind":"cfg","omgea":1}])"),
            "panes.0.guidance.0.omgea: unknown key; the nearest is omega");
  EXPECT_EQ(errorOfPane(R"("sampler":{"kind":"huen"})"),
            "panes.0.sampler.kind: 'huen' is none of euler, heun, dpmpp2m, exponential, rk4; the nearest is heun");
  EXPECT_EQ(errorOfPane(R"("sampler":{"kind":"midpoint"})"),
            "panes.0.sampler.kind: 'midpoint' is none of euler, heun, dpmpp2m, exponential, rk4");
  EXPECT_EQ(errorOfPane(R"("particles":{"zz":1})"), "panes.0.particles.zz: unknown key; there are count, seed");
  EXPECT_EQ(errorOf(R"({"format":"guidescope-session","version":1,"pane":[]})"),
            "pane: unknown key; the nearest is panes");
}

TEST(Errors, RefuseFieldsOfOtherKinds) {
  EXPECT_EQ(errorOfPane(R"("sampler":{"kind":"heun","churn":0.5})"),
            "panes.0.sampler.churn: belongs to exponential, not to heun");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"curve":{"kind":"constant","lo":0.5}}])"),
            "panes.0.guidance.0.curve.lo: belongs to interval, not to constant");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"curve":{"kind":"drawn","knots":[[0,1],[1,1]],"to":3}}])"),
            "panes.0.guidance.0.curve.to: belongs to linear and cosine, not to drawn");
  EXPECT_EQ(errorOfPane(R"("distribution":{"name":"ring","word":"X"})"),
            "panes.0.distribution.word: is not used by 'ring'");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"kind":"feedback","trust":0.5,"tracked":true}])"), "no error");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"kind":"cfg","trust":0.5}])"),
            "panes.0.guidance.0.trust: belongs to feedback, not to cfg");
  EXPECT_EQ(errorOfPane(R"("sampler":{"kind":"heun","churn":0})"), "no error");  // the default may stand anywhere
}

TEST(Errors, WhatHangsOnASwitchIsDroppedFromAFileWhereThatIsOff) {
  // As this version of the format was written before those fields hung on anything.
  const Session s = parseSession(
      R"({"format":"guidescope-session","version":1,"panes":[{"model":{"network":{"snapshot":1,"sha256":"00"}},)"
      R"("guidance":[{"kind":"feedback","tracked":false,"trust":0.5,"drift":-3,"leak":0.2}]}]})");
  Session expected;
  expected.panes[0].guidance = {Term{.kind = TermKind::Feedback, .leak = 0.2}};
  EXPECT_EQ(s, expected);
  EXPECT_EQ(errorOfPane(R"("guidance":[{"kind":"feedback","trust":99}])"),
            "panes.0.guidance.0.trust: 99 is outside 0.05..4");
}

TEST(Errors, CheckFieldsAgainstEachOther) {
  EXPECT_EQ(errorOfPane(R"("guidance":[{"curve":{"kind":"interval","lo":3,"hi":2}}])"),
            "panes.0.guidance.0.curve.lo: 3 is not below hi, 2");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"curve":{"kind":"drawn","knots":[[0.5,1],[0.5,2]]}}])"),
            "panes.0.guidance.0.curve.knots.1: t = 0.5 is not above the t before, 0.5");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"curve":{"kind":"drawn"}}])"),
            "panes.0.guidance.0.curve.knots: has 0 entries; at least 2");
  EXPECT_EQ(errorOfPane(R"("guidance":[{"curve":{"kind":"drawn","knots":[[0,1],[2,2]]}}])"),
            "panes.0.guidance.0.curve.knots.1.0: 2 is outside 0..1");
  EXPECT_EQ(errorOfPane(R"("schedule":{"kind":"edm","sigmaMin":0.5,"sigmaMax":0.5})"),
            "panes.0.schedule.sigmaMin: 0.5 is not below sigmaMax, 0.5");
  EXPECT_THAT(errorOfPane(R"("schedule":{"kind":"vp-linear","sigmaMax":900})"),
              StartsWith("panes.0.schedule.sigmaMax: 900 is above the end of vp-linear, 152"));
  EXPECT_EQ(errorOfPane(R"("distribution":{"kind":"mixture"})"), "panes.0.distribution.components: missing");
  EXPECT_EQ(errorOfPane(R"("distribution":{"kind":"points"})"),
            "panes.0.distribution.file: missing, and no fitted mixture is embedded");
  EXPECT_EQ(errorOfPane(R"("distribution":{"kind":"points","file":"a.csv","sha256":"12"})"),
            "panes.0.distribution.sha256: is not 64 lower-case hexadecimal digits");
  EXPECT_EQ(errorOfPane(R"("condition":1,"distribution":{"kind":"mixture","components":[{"class":0}]})"),
            "panes.0.condition: 1 is outside 0..0, the mixture's classes");
}

TEST(Errors, CheckMixtures) {
  EXPECT_EQ(errorOfMixture(""), "panes.0.distribution.components: has 0 entries; at least 1");
  EXPECT_EQ(errorOfMixture(R"({"class":1})"),
            "panes.0.distribution.components: class 0 has no component, but class 1 has");
  EXPECT_EQ(errorOfMixture(R"({"covariance":[[1,2],[2,1]]})"),
            "panes.0.distribution.components.0.covariance: is not positive definite");
  EXPECT_EQ(errorOfMixture(R"({"covariance":[[1,1],[1,1]]})"),
            "panes.0.distribution.components.0.covariance: is not positive definite");
  EXPECT_EQ(errorOfMixture(R"({"covariance":[[1,0.5],[0.4,1]]})"),
            "panes.0.distribution.components.0.covariance: not symmetric: 0.5 and 0.4");
  EXPECT_EQ(errorOfMixture(R"({"covariance":[1,1]})"),
            "panes.0.distribution.components.0.covariance.0: expected [x, y], found 1");
  EXPECT_EQ(errorOfMixture(R"({"class":64})"), "panes.0.distribution.components.0.class: 64 is outside 0..63");
  EXPECT_EQ(errorOfMixture(R"({"weight":0})"),
            "panes.0.distribution.components.0.weight: 0 is outside 1e-12..1000000000000");
  EXPECT_EQ(errorOfMixture(R"({"mean":[]})"), "panes.0.distribution.components.0.mean: expected [x, y], found a list");
  EXPECT_EQ(errorOfMixture(R"({"mean":["a"]})"),
            "panes.0.distribution.components.0.mean.0: expected a number, found 'a'");
  EXPECT_EQ(errorOfMixture(R"({"covariance":[[1],[1]]})"),
            "panes.0.distribution.components.0.covariance.0: expected [x, y], found a list");
  std::string many = "{}";
  for (int i = 0; i < 4096; ++i) many += ",{}";
  EXPECT_EQ(errorOfMixture(many), "panes.0.distribution.components: has 4097 entries; at most 4096");
}

TEST(Errors, NameLineAndColumnOfSyntax) {
  EXPECT_THAT(errorOf("{\n  \"format\": x\n}"), StartsWith("line 2, column 13: "));
  EXPECT_THAT(errorOf(""), StartsWith("line 1, column 1: "));
  EXPECT_THAT(errorOf(" \n "), StartsWith("line 1, column 1: "));
  EXPECT_THAT(errorOf("{\"format\":\"guidescope-session\",\n\"version\":1}\n}"), StartsWith("line 3, column 1: "));
  EXPECT_THAT(errorOf("{\"name\": \"\xff\"}"), StartsWith("line 1, column 11: "));
  EXPECT_THAT(errorOf("{\"name\": 1e999}"), StartsWith("line 1, column "));
  EXPECT_THAT(errorOf("{\"name\": NaN}"), StartsWith("line 1, column "));
  EXPECT_THAT(errorOf(std::string("{\"a\0", 4)), StartsWith("line 1, column "));
  EXPECT_THAT(errorOf("{\"x\": \"" + std::string(1 << 20, 'y')), StartsWith("line 1, column "));
}

TEST(Errors, CheckFormatAndVersion) {
  EXPECT_THAT(errorOf("{}"), StartsWith("format: not a Guidescope session"));
  EXPECT_THAT(errorOf(R"({"format":"other","version":1})"), StartsWith("format: "));
  EXPECT_THAT(errorOf(R"({"format":"guidescope-session"})"), StartsWith("version: missing"));
  EXPECT_EQ(errorOf(R"({"format":"guidescope-session","version":2})"),
            "version: 2 was written by a newer program; this one reads up to 1");
  EXPECT_THAT(errorOf(R"({"format":"guidescope-session","version":0})"), HasSubstr("not a version"));
  EXPECT_THAT(errorOf(R"({"format":"guidescope-session","version":"1"})"), StartsWith("version: expected a number"));
}

TEST(Errors, KeepLimits) {
  EXPECT_EQ(errorOf(std::string(100000, '[')).substr(0, 2), "0.");
  EXPECT_THAT(errorOf(std::string(100000, '[')), HasSubstr("nested deeper than 32"));
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_THAT(errorOf(objects), HasSubstr(".a: nested deeper than 32"));
  std::string values = "{\"panes\": [0";
  for (int i = 0; i < kMaxValues; ++i) values += ",0";
  EXPECT_THAT(errorOf(values), HasSubstr("more than 400000 values"));
  std::string keys = "{\"k\":0";
  for (int i = 0; i < 100; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  EXPECT_EQ(errorOf(keys), "more than 64 keys");
  EXPECT_EQ(errorOf(std::string(kMaxTextBytes + 1, ' ')), "more than 32 MiB");
  EXPECT_EQ(errorOf(R"({"format":"guidescope-session","version":1,"panes":[]})"), "panes: has 0 entries; at least 1");
  EXPECT_EQ(errorOf(R"({"format":"guidescope-session","version":1,"panes":[{},{},{},{},{}]})"),
            "panes: has 5 entries; at most 4");
  EXPECT_EQ(errorOfPane(R"("guidance":[{},{},{},{},{},{},{},{},{}])"), "panes.0.guidance: has 9 entries; at most 8");
  EXPECT_EQ(errorOf(R"({"format":"guidescope-session","version":1,"notes":")" + std::string(4001, 'n') + "\"}"),
            "notes: has 4001 bytes; at most 4000");
  EXPECT_EQ(errorOfPane(R"("distribution":{"name":""})"), "panes.0.distribution.name: is empty");
  EXPECT_EQ(errorOf(R"({"format":"guidescope-session","version":1,"name":"a\u0000b"})"),
            "name: has a control character");
}

TEST(Errors, OfOneExperimentFindTheirPane) {
  EXPECT_EQ(inPane(2, "guidance.0.weak.drop: component 9 does not exist"),
            "panes.2.guidance.0.weak.drop: component 9 does not exist");
  EXPECT_EQ(inPane(0, "guidance: asks for more"), "panes.0.guidance: asks for more");
  EXPECT_EQ(inPane(1, "panes.0.schedule.steps: 0 is outside 1..256"), "panes.1.schedule.steps: 0 is outside 1..256");
  EXPECT_EQ(inPane(1, "guidance.1.curve.knots.3.t: is not above"), "panes.1.guidance.1.curve.knots.3.t: is not above");
  for (const char* other : {"view.time: 2 is outside 0..1", "model.npz: there is no such file", "steps: 3 is none",
                            "guidance.first: is no place", "the law of a sampler: none", "panes.1.schedule.steps: 0",
                            "no own law", ": empty", ""})
    EXPECT_EQ(inPane(1, other), other);
}

TEST(Errors, RepeatedKeysAreRefused) {
  EXPECT_EQ(errorOfPane(R"("condition":0,"condition":1)"), "panes.0: the key 'condition' appears twice");
}

TEST(Errors, ValidateChecksValuesInMemory) {
  const auto errorOfValue = [](auto change) -> std::string {
    Session s;
    s.panes[0].guidance.push_back({});
    change(s);
    try {
      validate(s);
    } catch (const SessionError& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(errorOfValue([](Session&) {}), "no error");
  EXPECT_EQ(errorOfValue([](Session& s) { s.panes[0].guidance[0].omega = 40; }),
            "panes.0.guidance.0.omega: 40 is outside -1..20");
  EXPECT_EQ(errorOfValue([](Session& s) { s.view.time = std::numeric_limits<double>::quiet_NaN(); }),
            "view.time: not a finite number");
  EXPECT_EQ(errorOfValue([](Session& s) { s.view.theme = Theme(9); }), "view.theme: is not one of its names");
  EXPECT_EQ(errorOfValue([](Session& s) { s.panes.clear(); }), "panes: has 0 entries; at least 1");
  EXPECT_EQ(errorOfValue([](Session& s) { s.panes[0].sampler.churn = 1; }),
            "panes.0.sampler.churn: belongs to exponential, not to euler");
  EXPECT_EQ(errorOfValue([](Session& s) { s.panes[0].guidance[0].curve.lo = 7; }), "no error");  // kept for later
  EXPECT_EQ(errorOfValue([](Session& s) {
              s.panes[0].distribution.kind = DistributionKind::Mixture;
              s.panes[0].distribution.mixture = Box<Mixture>(Mixture{{Component{0, 0.7, {}, {}}}});
            }),
            "panes.0.distribution.components: the weights sum to 0.7, not to 1");
}

}  // namespace
}  // namespace gs
