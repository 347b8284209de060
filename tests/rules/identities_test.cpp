// tests/README.md says which test shows which identity: each test that it names is there.
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

#include "sources.h"

namespace gs::rules {
namespace {

// "Suite.Name" of every TEST, TEST_P and TEST_F below tests.
std::set<std::string> namesOfTests() {
  std::set<std::string> names;
  for (const Source& s : sources()) {
    if (!s.path.starts_with("tests/")) continue;
    for (const std::string macro : {"\nTEST(", "\nTEST_P(", "\nTEST_F("})
      for (std::size_t at = s.text.find(macro); at != std::string::npos; at = s.text.find(macro, at + 1)) {
        const std::size_t from = at + macro.size(), comma = s.text.find(',', from), end = s.text.find(')', from);
        std::size_t name = comma + 1;
        while (std::isspace(static_cast<unsigned char>(s.text[name]))) ++name;
        names.insert(s.text.substr(from, comma - from) + '.' + s.text.substr(name, end - name));
      }
  }
  return names;
}

TEST(Identities, EveryTestOfTheTableExists) {
  const std::string table = readAll(std::string(GS_SOURCE_DIR) + "/tests/README.md");
  const std::set<std::string> tests = namesOfTests();
  int rows = 0;
  for (std::size_t row = table.find("\n| "); row != std::string::npos; row = table.find("\n| ", row + 1)) {
    const std::string text = table.substr(row, table.find('\n', row + 1) - row);
    if (text.find(" tests |") != std::string::npos) continue;  // a heading
    ++rows;
    int named = 0;
    for (std::size_t open = text.find('`'); open != std::string::npos; ++named) {
      const std::size_t close = text.find('`', open + 1);
      ASSERT_NE(close, std::string::npos) << text;
      EXPECT_TRUE(tests.contains(text.substr(open + 1, close - open - 1))) << "no such test:" << text.substr(open);
      open = text.find('`', close + 1);
    }
    EXPECT_GE(named, 1) << "no test shows this:" << text;
  }
  EXPECT_GE(rows, 25);
}

}  // namespace
}  // namespace gs::rules
