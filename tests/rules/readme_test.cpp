// The README's parameter table is the one that the field tables make.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "session/curves.h"
#include "session/enums.h"
#include "session/json.h"
#include "session/methods.h"
#include "sources.h"

namespace gs::rules {
namespace {

void expectTable(const std::string& what, const std::string& table) {
  const std::string readme = readAll(std::string(GS_SOURCE_DIR) + "/README.md");
  const std::string begin = "<!-- " + what + ": guidescope-cli list " + what + " -->\n",
                    end = "<!-- end of " + what + " -->";
  const std::size_t from = readme.find(begin), to = readme.find(end);
  ASSERT_NE(from, std::string::npos) << "no line " << begin;
  ASSERT_NE(to, std::string::npos) << "no line " << end;
  std::istringstream written(readme.substr(from + begin.size(), to - from - begin.size()));
  std::istringstream expected(table);
  std::string line, now;
  int rows = 0;
  for (; std::getline(expected, now); ++rows) {
    std::getline(written, line);
    ASSERT_EQ(line, now) << "replace the README's table by the output of: guidescope-cli list " << what;
  }
  EXPECT_FALSE(std::getline(written, line)) << "a row too many: " << line;
  EXPECT_GT(rows, 10);
}

TEST(Readme, TablesAreUpToDate) {
  expectTable("parameters", parameterTableMarkdown());
  expectTable("terms", methodTableMarkdown());
  expectTable("curves", curveTableMarkdown());
}

// The help cards have a line for everything, and every parameter of a term belongs to some method.
TEST(Methods, SayWhatTheyAre) {
  for (std::size_t i = 0; i < enumNames<TermKind>().size(); ++i) {
    const MethodInfo& m = methodOf(TermKind(i));
    EXPECT_EQ(m.kind, TermKind(i));
    for (const std::string_view text : {m.words, m.formula, m.target, m.paper, m.look})
      EXPECT_FALSE(text.empty()) << enumName(m.kind);
    EXPECT_EQ(m.paper.size(), 10u) << enumName(m.kind);
    EXPECT_NE(enumHelp(m.kind).find(m.kind == TermKind::Negative ? "2207.12598" : m.paper), std::string_view::npos)
        << enumName(m.kind);
    EXPECT_LE(m.omega, m.omegaMost);
  }
  for (std::size_t i = 0; i < enumNames<CurveKind>().size(); ++i) {
    const CurveInfo& c = curveInfo(CurveKind(i));
    EXPECT_EQ(c.kind, CurveKind(i));
    EXPECT_FALSE(c.formula.empty() || c.look.empty()) << enumName(c.kind);
    if (!c.paper.empty()) {
      EXPECT_EQ(c.paper.size(), 10u) << enumName(c.kind);
    }
  }
  EXPECT_EQ(curveParameters(CurveKind::Beta).size(), 4u);  // a, b, least, normalise
  EXPECT_EQ(curveParameters(CurveKind::Constant).size(), 0u);
  EXPECT_EQ(methodParameters(TermKind::PowerLaw).size(), 2u);
  EXPECT_EQ(methodParameters(TermKind::Cfg).size(), 0u);
}

// Every file that the README links to is there.
TEST(Readme, LinksLeadSomewhere) {
  const std::string readme = readAll(std::string(GS_SOURCE_DIR) + "/README.md");
  int links = 0;
  for (std::size_t at = readme.find("]("); at != std::string::npos; at = readme.find("](", at + 2)) {
    const std::string target = readme.substr(at + 2, readme.find_first_of(")#", at) - at - 2);
    if (target.empty() || target.starts_with("http")) continue;
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(GS_SOURCE_DIR) / target)) << target;
    ++links;
  }
  EXPECT_GE(links, 1);
}

}  // namespace
}  // namespace gs::rules
