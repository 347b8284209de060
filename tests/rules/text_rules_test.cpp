// Rules about the text of the sources: length, and numbers that must not depend on the locale.
#include <gtest/gtest.h>

#include <cctype>
#include <iostream>
#include <string_view>

#include "sources.h"

namespace gs::rules {
namespace {

TEST(TextRules, NoFileIsTooLong) {
  ASSERT_GT(sources().size(), 40u);
  for (const Source& s : sources()) {
    EXPECT_LE(s.lines, 1000) << s.path << " must be split";
    if (s.lines > 400) std::cout << "look again: " << s.path << " has " << s.lines << " lines\n";
  }
}

// 1.5 is "1,5" to these in a German locale; numbers go through from_chars and to_chars.
TEST(TextRules, NoLocaleDependentNumbers) {
  const char* banned[] = {"stod(", "stof(", "stold(", "strtod(", "strtof(", "atof(", "sscanf(", "fscanf("};
  for (const Source& s : sources()) {
    if (s.path.starts_with("tests/")) continue;
    for (std::string_view name : banned) {
      for (std::size_t at = s.text.find(name); at != std::string::npos; at = s.text.find(name, at + 1)) {
        const char before = at == 0 ? ' ' : s.text[at - 1];
        EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(before)) || before == '_')
            << s.path << " calls " << name << "...)";
      }
    }
  }
}

// What is not finished is an issue, not a remark in the code.
TEST(TextRules, NothingIsLeftForLater) {
  const std::string marks[] = {std::string("TO") + "DO", std::string("FIX") + "ME"};
  for (const Source& s : sources())
    for (const std::string& mark : marks) EXPECT_EQ(s.text.find(mark), std::string::npos) << s.path << ": " << mark;
}

}  // namespace
}  // namespace gs::rules
