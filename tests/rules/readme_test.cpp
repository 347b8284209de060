// The README's parameter table is the one that the field tables make.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "session/json.h"
#include "sources.h"

namespace gs::rules {
namespace {

TEST(Readme, ParameterTableIsUpToDate) {
  const std::string readme = readAll(std::string(GS_SOURCE_DIR) + "/README.md");
  const std::string begin = "<!-- parameters: guidescope-cli list parameters -->\n", end = "<!-- end of parameters -->";
  const std::size_t from = readme.find(begin), to = readme.find(end);
  ASSERT_NE(from, std::string::npos) << "no line " << begin;
  ASSERT_NE(to, std::string::npos) << "no line " << end;
  std::istringstream written(readme.substr(from + begin.size(), to - from - begin.size()));
  std::istringstream expected(parameterTableMarkdown());
  std::string line, now;
  int rows = 0;
  for (; std::getline(expected, now); ++rows) {
    std::getline(written, line);
    ASSERT_EQ(line, now) << "replace the README's table by the output of: guidescope-cli list parameters";
  }
  EXPECT_FALSE(std::getline(written, line)) << "a row too many: " << line;
  EXPECT_GT(rows, 20);
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
