#include <gtest/gtest.h>

#include <clocale>
#include <locale>

#include "generate.h"
#include "session/json.h"

namespace gs {
namespace {

struct CommaPoint : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

// Streams get a comma in any case; printf and strtod where the machine has such a locale.
class CommaLocale : public testing::Test {
 protected:
  void SetUp() override {
    before_ = std::locale::global(std::locale(std::locale::classic(), new CommaPoint));
    c_ = std::setlocale(LC_ALL, nullptr);
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"})
      if (std::setlocale(LC_ALL, name)) break;
  }
  void TearDown() override {
    std::setlocale(LC_ALL, c_.c_str());
    std::locale::global(before_);
  }
  std::locale before_;
  std::string c_;
};

TEST_F(CommaLocale, ChangesNoDigit) {
  test::Random random(5);
  for (int i = 0; i < 200; ++i) {
    const Session s = test::randomSession(random);
    ASSERT_EQ(parseSession(toJson(s)), canonical(s));
  }
  Session s;
  s.view.speed = 2.5;
  s.panes[0].particles.count = 123456;
  const std::string text = toJson(s);
  EXPECT_NE(text.find("\"speed\": 2.5"), std::string::npos);
  EXPECT_NE(text.find("\"count\": 123456"), std::string::npos);
  setPath(s, "view.uiScale", "1.25");
  EXPECT_EQ(s.view.uiScale, 1.25);
  EXPECT_EQ(getPath(s, "view.uiScale"), "1.25");
  try {
    setPath(s, "view.uiScale", "12345.5");
    FAIL();
  } catch (const SessionError& e) {
    EXPECT_STREQ(e.what(), "view.uiScale: 12345.5 is outside 0.5..4");
  }
  EXPECT_THROW(setPath(s, "view.uiScale", "1,25"), SessionError);
}

}  // namespace
}  // namespace gs
