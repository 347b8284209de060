// guidescope-cli's promises: exit codes, JSON answers, messages with the place, independence of the locale.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "program.h"
#include "session/json.h"
#include "session/text.h"

namespace gs::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// Small enough to be quick, large enough to be spread over threads.
const std::vector<std::string> kSmall{"--set", "particles.count=300", "--set", "schedule.steps=12"};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

constexpr int kManyKeys = 1000;  // more than a session may have

// The answer, which must be one JSON object and nothing else.
Node answerOf(const std::vector<std::string>& arguments, int code = 0, const Environment& environment = {}) {
  const Result r = run(arguments, environment);
  EXPECT_EQ(r.code, code) << r.err;
  const Node answer = parseText(r.out, kManyKeys);
  EXPECT_TRUE(answer.is(Node::Kind::Object)) << r.out;
  return answer;
}

TEST(CommandLine, ListsWhatThereIs) {
  for (const char* what :
       {"presets", "schedules", "solvers", "terms", "curves", "engines", "metrics", "distributions"}) {
    const Node answer = answerOf({"list", what, "--json"});
    ASSERT_TRUE(answer.contains(what));
    EXPECT_GE(answer[what].size(), 1u);
    const Result text = run({"list", what});
    EXPECT_EQ(text.code, 0);
    for (const Node& row : answer[what]) {
      EXPECT_FALSE(row["name"].text.empty());
      EXPECT_FALSE(row["about"].text.empty()) << row;
      EXPECT_THAT(text.out, HasSubstr(row["name"].text));
    }
  }
  EXPECT_EQ(answerOf({"list", "solvers", "--json"})["solvers"].size(), 5u);
  EXPECT_EQ(answerOf({"list", "schedules", "--json"})["schedules"].size(), 4u);
  EXPECT_THAT(run({"list", "parameters"}).out, HasSubstr("omega"));
  EXPECT_GT(answerOf({"list", "parameters", "--json"})["parameters"].size(), 20u);
}

TEST(CommandLine, EveryCommandNamesThePlaceInAPaneTheSameWay) {
  const Folder folder;
  const std::string file = folder.write("two.json", R"({"format": "guidescope-session", "version": 1,
    "panes": [{}, {"guidance": [{"kind": "and", "class": 7}]}]})");
  const std::string sound = folder.write("three.json", R"({"format": "guidescope-session", "version": 1,
    "panes": [{}, {"guidance": [{}]}, {"guidance": [{}]}]})");
  const std::string place = "panes.1.guidance.0.class: class 7 does not exist; the distribution has 2 classes";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"check", file}, place},
      {{"metrics", file, "--pane", "1"}, place},
      {{"render", file, "-o", folder.file("x.png")}, place},
      {{"sweep", file, "--pane", "1", "--over", "panes.1.guidance.0.omega=1,2"}, place},
      {{"sweep", file, "--pane", "1", "--over", "guidance.0.omega=1..41:2"},
       "panes.1.guidance.0.omega: 41 is outside -1..20"},
      {{"sweep", sound, "--pane", "1", "--over", "panes.2.guidance.0.omega=1,2"},
       "a sweep of panes.1: panes.2.guidance.0.omega is of another pane"},
      {{"metrics", file, "--set", "panes.1.guidance.0.omega=41"}, "panes.1.guidance.0.omega: 41 is outside -1..20"}};
  for (const auto& [arguments, message] : cases) {
    const Result r = run(arguments);
    EXPECT_EQ(r.code, 3) << arguments[0];
    EXPECT_THAT(r.out + r.err, HasSubstr(message)) << arguments[0];
    EXPECT_THAT(r.out + r.err, Not(HasSubstr("panes.0"))) << arguments[0];
  }
  EXPECT_THAT(run({"sweep", sound, "--pane", "1", "--over", "panes.0.guidance.0.omega=1,2"}).err,
              HasSubstr("a sweep of panes.1: panes.0.guidance.0.omega is of another pane"));
}

TEST(CommandLine, HelpAndVersionAreAnswers) {
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_THAT(run({"--help"}).out, HasSubstr("Exit codes"));
  EXPECT_EQ(run({"sample", "--help"}).code, 0);
  EXPECT_THAT(run({"--version"}).out, HasSubstr("guidescope-cli"));
}

TEST(CommandLine, UsageErrorsAre2) {
  const std::vector<std::vector<std::string>> cases{
      {},
      {"frobnicate"},
      {"list"},
      {"list", "colours"},
      {"sample", "two-modes"},  // no output
      {"metrics"},
      {"metrics", "two-modes", "--set", "guidance.0.omega"},
      {"metrics", "two-modes", "--engine", "quantum"},
      {"metrics", "two-modes", "--pane", "x"},
      {"metrics", "two-modes", "--pane", "7"},
      {"render", "two-modes"},  // neither output nor reference
      {"render", "two-modes", "-o", "x.png", "--size", "1280"},
      {"render", "two-modes", "-o", "x.png", "--size", "4x4"},
      {"render", "two-modes", "-o", "x.png", "--size", "99999999999x4"},
      {"render", "two-modes", "-o", "x.png", "--time", "1.5"},
      {"render", "two-modes", "-o", "x.png", "--time", "0,5"},
      {"render", "two-modes", "-o", "x.png", "--time", "nan"},
      {"check"},
      {"bench", "--faster"},
  };
  for (const auto& arguments : cases) {
    const Result r = run(arguments);
    EXPECT_EQ(r.code, 2) << testing::PrintToString(arguments) << r.err;
    EXPECT_THAT(r.err, testing::StartsWith("guidescope-cli: ")) << testing::PrintToString(arguments);
    EXPECT_EQ(r.out, "") << testing::PrintToString(arguments);
  }
  EXPECT_THAT(run({"frobnicate"}).err, testing::HasSubstr("'frobnicate' is not a command; there are list, sample"));
}

TEST(CommandLine, BadInputIs3AndNamesThePlace) {
  const Folder folder;
  const std::string broken =
      folder.write("broken.json", "{\n  \"format\": \"guidescope-session\",\n  \"version\": 1,,\n}");
  const std::string other = folder.write("other.json", "{\"format\":\"something else\",\"version\":1}");
  const std::string binary = folder.write("binary.json", std::string("\0\xff\xfe{[", 5));
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"metrics", "no-such-preset"}, "no-such-preset"},
      {{"metrics", "two-modes", "--set", "guidance.0.omega=40"}, "panes.0.guidance.0.omega: 40 is outside -1..20"},
      {{"metrics", "two-modes", "--set", "guidance.0.omega=nan"}, "guidance.0.omega"},
      {{"metrics", "two-modes", "--set", "guidance.0.omga=1"}, "omega"},  // the nearest known name
      {{"metrics", "two-modes", "--set", "guidance.9.omega=1"}, "guidance.9"},
      {{"metrics", "two-modes", "--set", "sampler.kind=fast"}, "sampler.kind"},
      {{"metrics", "two-modes", "--set", "schedule.steps=0"}, "schedule.steps"},
      {{"metrics", "two-modes", "--set", "sampler.kind=euler", "--set", "sampler.churn=1"}, "sampler.churn"},
      {{"metrics", "two-modes", "--pane", "3"}, "--pane 3"},
      {{"metrics", broken}, "line 3"},
      {{"metrics", other}, "format"},
      {{"metrics", binary}, "binary.json"},
      {{"sample", folder.file("missing.json"), "-o", folder.file("x.npz")}, "missing.json"},
  };
  for (const auto& [arguments, words] : cases) {
    const Result r = run(arguments);
    EXPECT_EQ(r.code, 3) << testing::PrintToString(arguments) << r.err;
    EXPECT_THAT(r.err, HasSubstr(words)) << testing::PrintToString(arguments);
    EXPECT_EQ(r.out, "");
  }
}

TEST(CommandLine, WhatTheMachineLacksIs4) {
  const Folder folder;
  const Result nowhere = run(with({"sample", "two-modes", "-o", folder.file("no/such/folder/x.npz")}, kSmall));
  EXPECT_EQ(nowhere.code, 4) << nowhere.err;
  EXPECT_THAT(nowhere.err, HasSubstr("no/such/folder"));
  const Result full = run({"list", "presets"}, {}, "/dev/full");
  EXPECT_EQ(full.code, 4) << full.err;
  // 520 MB of trajectories where 400 MB may be mapped.
  const Result large =
      run({"sample", "two-modes", "--set", "particles.count=1000000", "-o", folder.file("x.npz")}, {}, {}, 400'000'000);
  EXPECT_EQ(large.code, 4) << large.err;
  EXPECT_THAT(large.err, HasSubstr("memory"));
  // Without a driver that libglvnd can find there is no OpenGL.
  const Result noGl = run(with({"render", "two-modes", "-o", folder.file("x.png")}, kSmall),
                          {{"__EGL_VENDOR_LIBRARY_FILENAMES", "/dev/null"}});
  EXPECT_EQ(noGl.code, 4) << noGl.err;
  EXPECT_FALSE(noGl.err.empty());
  EXPECT_TRUE(folder.names().empty()) << testing::PrintToString(folder.names());
}

TEST(CommandLine, CheckSaysWhichFilesOpen) {
  const Folder folder;
  const std::string csv = folder.write("points.csv", "x,y,label\n1,2,a\n3,4,b\n");
  const std::string badCsv = folder.write("bad.csv", "1,2\n3,abc\n");
  const std::string session = folder.write("scene.json", toJson(scenePreset("two-modes")));
  const std::string badSession = folder.write(
      "bad.json", "{\"format\":\"guidescope-session\",\"version\":1,\"panes\":[{\"guidance\":[{\"omega\":40}]}]}");
  const Result good = run({"check", csv, session});
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_THAT(good.out, HasSubstr(csv + ": OK (csv, 2 points, 2 classes"));
  EXPECT_THAT(good.out, HasSubstr(session + ": OK (session, 1 pane"));

  const Result mixed = run({"check", csv, badCsv, badSession});
  EXPECT_EQ(mixed.code, 3);
  EXPECT_THAT(mixed.out, HasSubstr(csv + ": OK"));
  EXPECT_THAT(mixed.out, HasSubstr("bad.csv:2:3: "));
  EXPECT_THAT(mixed.out, HasSubstr("panes.0.guidance.0.omega: 40 is outside -1..20"));

  const Node answer = answerOf({"check", csv, badCsv, "--json"}, 3);
  ASSERT_EQ(answer["files"].size(), 2u);
  EXPECT_EQ(answer["files"][0]["ok"], true);
  EXPECT_EQ(answer["files"][1]["ok"], false);
  EXPECT_EQ(run({"check", folder.file("missing")}).code, 3);
  EXPECT_EQ(run({"check", folder.file("")}).code, 3);  // a folder
}

TEST(CommandLine, MetricsHaveAValueAndItsErrors) {
  const Node answer = answerOf(with({"metrics", "two-modes", "--json"}, kSmall));
  ASSERT_TRUE(answer.contains("mean_x"));
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const std::string& name = answer.keys[i];
    const Node& metric = answer.items[i];
    if (name == "causes") continue;
    for (const char* key : {"value", "se", "floor", "data", "dataError", "tilted", "tiltedError"})
      EXPECT_TRUE(metric[key].is(Node::Kind::Number) || metric[key].is(Node::Kind::Null)) << name;
    EXPECT_TRUE(metric["note"].is(Node::Kind::Text)) << name;
  }
  // Of the data and of the tilted law p(x|c) p(c|x)^2 by quadrature; the data's is the same wherever it is told.
  EXPECT_NEAR(answer["log_posterior"]["data"].number, -.01712, 2e-5);
  EXPECT_EQ(answer["log_posterior"]["data"].number, answer["causes"]["log_posterior"]["data"].number);
  EXPECT_EQ(answer["accuracy"]["data"].number, answer["causes"]["accuracy"]["data"].number);
  EXPECT_NEAR(answer["log_posterior"]["tilted"].number, -.00469, 2e-5);
  const Node faded =
      answerOf(with({"metrics", "two-modes", "--json", "--set", "guidance.0.curve.kind=linear"}, kSmall));
  EXPECT_EQ(faded["tiltedAbsent"].text, "no closed target: the weight changes with t");
  EXPECT_TRUE(faded["accuracy"]["tilted"].is(Node::Kind::Null));
  const Node plain = answerOf(with({"metrics", "two-modes", "--json", "--set", "guidance.0.omega=0"}, kSmall));
  for (const char* name : {"inverse_posterior", "accuracy", "cov_xy", "fraction_1"})
    EXPECT_EQ(plain[name]["tilted"].number, plain[name]["data"].number) << name;
  // Of a reward too: weight 1 samples r p / E[r], and E[r] goes from .326 to .656.
  const Node rewarded =
      answerOf({"metrics", "reward", "--json", "--set", "particles.count=800", "--set", "schedule.steps=24"});
  EXPECT_NEAR(rewarded["mean_reward"]["value"].number, .656, 5 * rewarded["mean_reward"]["se"].number + .01);
  EXPECT_TRUE(rewarded.contains("reward_q50"));
  // Theorem: E[r] of r p / E[r] is E[r^2] / E[r].
  EXPECT_NEAR(rewarded["mean_reward"]["tilted"].number, .645, .001);
  EXPECT_GT(answer["mean_x"]["se"].number, 0);
  const Result text = run(with({"metrics", "two-modes"}, kSmall));
  for (const std::string& name : answer.keys)
    if (name != "causes") {
      EXPECT_THAT(text.out, HasSubstr(name));
    }
  EXPECT_THAT(text.out, testing::ContainsRegex("data +tilted +guided"));
  EXPECT_THAT(text.out, HasSubstr("value = data law + chance and start + model's faults + guidance + solver's steps"));
  const Node& cause = answer["causes"]["mean_x"];
  EXPECT_NEAR(cause["value"].number,
              cause["data"].number + cause["chance"].number + cause["guidance"].number + cause["solver"].number, 1e-9);
  for (const char* name : {"mmd", "exact_w2", "coverage", "entropy", "path_length", "guidance_effect", "solver_error",
                           "kl_conditional", "model_calls"})
    EXPECT_TRUE(answer.contains(name)) << name;
}

TEST(CommandLine, SweepsMeasureAlongParameters) {
  const auto over = [](std::vector<std::string> more) {
    std::vector<std::string> c{"sweep", "e2", "--set", "particles.count=300", "--set", "schedule.steps=12"};
    c.insert(c.end(), more.begin(), more.end());
    return c;
  };
  const Node answer =
      answerOf(over({"--over", "guidance.0.omega=0.01..10:log:4", "--metric", "inverse_posterior", "--json"}));
  ASSERT_EQ(answer["points"].size(), 4u);
  EXPECT_EQ(answer["points"][0]["guidance.0.omega"], .01);
  EXPECT_EQ(answer["points"][1]["guidance.0.omega"], .1);
  EXPECT_EQ(answer["points"][3]["guidance.0.omega"], 10);
  double before = 3;
  for (const Node& p : answer["points"]) {
    EXPECT_LT(p["inverse_posterior"]["value"].number, before);
    before = p["inverse_posterior"]["value"].number;
  }
  // Two parameters make a table, whole numbers are rounded and taken once, words are values too.
  const Result table = run(over({"--over", "schedule.steps=2..4:linear:5", "--over", "sampler.kind=euler,heun",
                                 "--metric", "model_calls", "--csv"}));
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(table.out,
            "schedule.steps,sampler.kind,model_calls,model_calls_se,model_calls_floor,note\n"
            "2,euler,4,0,0,\n2,heun,4,0,0,\n3,euler,6,0,0,\n3,heun,8,0,0,\n4,euler,8,0,0,\n4,heun,12,0,0,\n");
  for (const auto& [text, why] :
       std::vector<std::pair<std::string, std::string>>{{"guidance.0.omega", "is not like"},
                                                        {"guidance.0.omega=1..0", "the range is empty"},
                                                        {"guidance.0.omega=0..1:log", "begins above 0"},
                                                        {"guidance.0.omega=0..1:cubic", "'cubic'"},
                                                        {"guidance.0.omega=1,,2", "empty value"},
                                                        {"guidance.0.omega=1..41:2", "41 is outside"},
                                                        {"guidance.0.omga=1,2", "omega"}}) {
    const Result r = run(over({"--over", text}));
    EXPECT_EQ(r.code, 3) << text;
    EXPECT_THAT(r.err, HasSubstr(why)) << text;
  }
  EXPECT_THAT(run(over({"--over", "guidance.0.omega=1,2", "--metric", "beauty"})).err, HasSubstr("'beauty'"));
  EXPECT_EQ(run({"sweep", "e2"}).code, 2);
}

TEST(CommandLine, TheSelfCheckPassesHere) {
  const Node answer = answerOf({"check", "--self", "--json"});
  EXPECT_EQ(answer["failed"], 0) << answer;
  EXPECT_GE(answer["checks"].size(), 16u);
  for (const Node& c : answer["checks"]) EXPECT_LE(c["value"].number, c["bound"].number) << c["what"];
  EXPECT_EQ(run({"check"}).code, 2);
  EXPECT_EQ(run({"check", "--self", "a.csv"}).code, 2);
}

TEST(CommandLine, TheCertificateIsATable) {
  const Node answer = answerOf(with({"certificate", "e2", "--json"}, kSmall));
  EXPECT_EQ(answer["baseline"], 2);
  const Node& end = answer["points"].items.back();
  EXPECT_LT(end["direct"].number, 2);
  const Result csv = run(with({"certificate", "e2", "--csv"}, kSmall));
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), long(answer["points"].size()) + 1);
  EXPECT_THAT(run(with({"certificate", "e2"}, kSmall)).out, HasSubstr("by the integral"));
  EXPECT_EQ(run(with({"certificate", "e2", "--set", "condition=none"}, kSmall)).code, 3);
}

// A German locale writes 1,5 for 1.5; nothing that is read or written may depend on it.
TEST(CommandLine, PointsThatAreNotEmbeddedAreReadFromBesideTheSession) {
  const Folder folder;
  folder.write("a.csv", "x,y,label\n0,0,pear\n0.1,0.2,pear\n3,1,plum\n3.1,1.2,plum\n");
  folder.write("bad.csv", "x,y\n1,2\n3,abc\n");
  const auto session = [&](const std::string& name, const std::string& file, const std::string& more = {}) {
    return folder.write(
        name, R"({"format":"guidescope-session","version":1,"panes":[{"distribution":{"kind":"points","file":")" +
                  file + "\"" + more + "}}]}");
  };
  const std::string good = session("good.json", "a.csv");
  const Result measured = run(with({"metrics", good}, kSmall));
  EXPECT_EQ(measured.code, 0) << measured.err;
  EXPECT_EQ(measured.err, "");
  EXPECT_THAT(measured.out, testing::StartsWith("class pear, "));
  EXPECT_THAT(run({"check", folder.file("a.csv")}).out, HasSubstr("4 points, 2 classes (pear, plum)"));
  EXPECT_THAT(run(with({"metrics", "letters", "--set", "distribution.word=ANNA", "--set", "condition=3"}, kSmall)).out,
              testing::StartsWith("class A₂, "));
  EXPECT_EQ(run(with({"sample", good, "-o", folder.file("s.npz")}, kSmall)).code, 0);
  EXPECT_THAT(run({"check", good}).out, HasSubstr("OK (session, 1 pane"));
  EXPECT_EQ(run(with({"metrics", "two-modes", "--set",
                      "distribution={\"kind\":\"points\",\"file\":\"" + folder.file("a.csv") + "\"}"},
                     kSmall))
                .code,
            0);

  const std::string bad = session("bad.json", "bad.csv");
  const Result refused = run({"metrics", bad});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("bad.csv:3:3: 'abc' is not a number"));
  const Result checked = run({"check", bad});
  EXPECT_EQ(checked.code, 3);
  EXPECT_THAT(checked.out, HasSubstr("bad.csv:3:3"));
  const Result missing = run({"metrics", session("none.json", "none.csv")});
  EXPECT_EQ(missing.code, 3);
  EXPECT_THAT(missing.err, HasSubstr("none.csv: there is no such file"));

  const Result other =
      run(with({"metrics", session("other.json", "a.csv", ",\"sha256\":\"" + std::string(64, '0') + "\"")}, kSmall));
  EXPECT_EQ(other.code, 0);
  EXPECT_THAT(other.err, HasSubstr("a.csv: has changed since this session was made"));
}

TEST(CommandLine, NumbersDoNotDependOnTheLocale) {
  const auto command = with({"metrics", "two-modes", "--json", "--set", "guidance.0.omega=1.5"}, kSmall);
  const Environment german{{"LC_ALL", "de_DE.UTF-8"}, {"LC_NUMERIC", "de_DE.UTF-8"}};
  Node here = answerOf(command), there = answerOf(command, 0, german);
  here["seconds"] = there["seconds"] = Node();
  EXPECT_EQ(here, there);
  const Folder folder;
  const std::string csv = folder.write("points.csv", "1.5,2.5\n3.5,4.5\n");
  EXPECT_EQ(run({"check", csv}, german).code, 0);
}

// What is no scene is named, with the words that make a scene take it.
TEST(CommandLine, SaysWhatIsNoScene) {
  const Folder folder;
  const auto said = [&](const std::string& file) {
    const Result r = run(with({"metrics", file}, kSmall));
    EXPECT_EQ(r.code, 3) << file;
    EXPECT_THAT(r.err, HasSubstr(file + ": "));
    EXPECT_THAT(r.err, Not(HasSubstr("syntax error")));
    return r.err;
  };
  // A name that a shell would take apart.
  const std::string csv = folder.write("John's points; $1.csv", "x,y,label\n1,2,a\n1.5,2,a\n3,4,b\n3,4.5,b\n");
  const std::string words = said(csv), open = "two-modes --set ";
  EXPECT_THAT(words, HasSubstr("is no scene; it looks like a table of points"));
  // Every command that takes a scene says the same.
  const std::string out = folder.file("out.npz"), over = "guidance.0.omega=1,2";
  for (const std::vector<std::string>& command : {std::vector<std::string>{"sample", csv, "-o", out},
                                                  {"sweep", csv, "--over", over},
                                                  {"certificate", csv},
                                                  {"frontier", csv},
                                                  {"render", csv, "-o", folder.file("out.png")},
                                                  {"train", "omega", csv, "-o", out}}) {
    const Result r = run(command);
    EXPECT_EQ(r.code, 3) << command[0];
    EXPECT_EQ(r.err, words) << command[0];
  }
  EXPECT_EQ(folder.names().size(), 1u) << "nothing is written";
  const auto shellReads = [&](const std::string& message) {
    const std::size_t from = message.find(open);
    if (from == message.npos) return "none in: " + message;
    const std::string to = folder.file("word");
    if (std::system(("set -- " + message.substr(from + open.size()) + "printf %s \"$#:$1\" >'" + to + "'").c_str()))
      return message;
    std::ifstream in(to);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string set = shellReads(words);
  ASSERT_TRUE(set.starts_with("1:distribution=")) << set;
  const Result taken = run(with({"metrics", "two-modes", "--set", set.substr(2)}, kSmall));
  EXPECT_EQ(taken.code, 0) << taken.err;
  EXPECT_THAT(taken.out, testing::StartsWith("class a"));
  EXPECT_THAT(said(folder.write("bare", "\xEF\xBB\xBF 0.5 -1e3\n2 3\n")), HasSubstr("a table of points"));
  EXPECT_THAT(said(folder.write("x.npy", "\x93NUMPY...")), HasSubstr("is no scene but an array"));
  EXPECT_THAT(said(folder.write("empty.npz", std::string("PK\x05\x06") + std::string(18, '\0'))),
              HasSubstr("there is no session inside. It may hold points; a scene"));
  const std::string model = folder.write("model.pt", "not read");
  EXPECT_EQ(shellReads(said(model)), "1:model.network.file=" + model);
  for (const char* text : {"Dear reader\n", "Dear reader, here are\nmy notes; of 2 days.\n", "1 day, 2 nights\n"})
    EXPECT_THAT(said(folder.write("notes.txt", text)), HasSubstr("is no scene: a session is a JSON object"));
}

TEST(CommandLine, PanesAreChosenByNumber) {
  const Folder folder;
  Session session = scenePreset("two-modes");
  session.panes.push_back(session.panes[0]);
  session.panes[1].guidance.clear();
  const std::string file = folder.write("two.json", toJson(session));
  Node first = answerOf(with({"metrics", file, "--json"}, kSmall));
  Node zero = answerOf(with({"metrics", file, "--pane", "0", "--json"}, kSmall));
  const Node one = answerOf({"metrics", file, "--pane", "1", "--json", "--set", "panes.1.particles.count=300", "--set",
                             "panes.1.schedule.steps=12"});
  first["seconds"] = zero["seconds"] = Node();
  EXPECT_EQ(first, zero);
  EXPECT_NE(first["mean_x"], one["mean_x"]);
}

}  // namespace
}  // namespace gs::test
