#include "data/expression.h"

#include <cmath>

#include <gtest/gtest.h>

#include "data/distributions.h"

namespace gs {
namespace {

std::string complaint(const std::string& text, Vec2 at = {0, 0}) {
  try {
    parseReward(text, 0)(at);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(Expression, IsTheLogOfAFormulaInXYAndTheClass) {
  EXPECT_NEAR(parseReward("exp(-x^2 - 2*y) * (1 + c)", 1)({.5, -.25}), -.25 + .5 + std::log(2), 1e-14);
  EXPECT_NEAR(parseReward("1 + sin(pi*x/2)", 0)({1, 0}), std::log(2), 1e-14);
  EXPECT_NEAR(parseReward("x > 0 ? .25 : 1", 0)({.1, 0}), std::log(.25), 1e-14);
  EXPECT_EQ(parseReward("x > 0", 0)({-.1, 0}), kNoReward);
  EXPECT_NEAR(parseReward("c", -1 + 3)({0, 0}), std::log(2), 1e-14);
}

TEST(Expression, SaysWhereItIsWrong) {
  EXPECT_THAT(complaint("exp(-x^2"), testing::HasSubstr("at position 9"));
  EXPECT_THAT(complaint("1 + * x"), testing::HasSubstr("at position 5"));
  EXPECT_THAT(complaint("2 * radius"),
              testing::AllOf(testing::HasSubstr("radius"), testing::HasSubstr("at position 5")));
  EXPECT_THAT(complaint(""), testing::HasSubstr("at position 1"));
  EXPECT_EQ(complaint("x - 2", {1.5, 3}), "is -0.5 at (1.5, 3), but a reward must not be negative");
  EXPECT_THAT(complaint("1 / x", {0, 1}), testing::HasSubstr("infinite"));
  EXPECT_THAT(complaint("sqrt(x)", {-1, 1}), testing::HasSubstr("undefined"));
}

}  // namespace
}  // namespace gs
