#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/distributions.h"

namespace gs {
namespace {

using testing::ElementsAre;
using testing::ThrowsMessage;

PointSet parse(const std::string& text) { return parseCsv(text, "p.csv"); }
auto parsingCsv(const std::string& text) {
  return [text] { parse(text); };
}

TEST(Csv, PlainNumbersAreOneClass) {
  const PointSet s = parse("1,2\n-3.5e-1,+4\n");
  EXPECT_THAT(s.points, ElementsAre(Vec2(1, 2), Vec2(-0.35, 4)));
  EXPECT_THAT(s.labels, ElementsAre(0, 0));
  EXPECT_THAT(s.classNames, ElementsAre("all"));
}

TEST(Csv, EverySeparatorAndLineEnd) {
  for (const char* text :
       {"1,2\n3,4", "1;2\r\n3;4\r\n", "1\t2\r3\t4\r", "1 2\n3   4 \n", "  1 \t2\n 3 4\n", " 1 , 2 \n 3 ,4\n",
        "# comment\n\n1,2\n   \n#\n3,4\n\n", "\xEF\xBB\xBFx,y\n1,2\n3,4\n", "\"x\";\"y\"\n\"1\";2\n3;4\n"})
    EXPECT_THAT(parse(text).points, ElementsAre(Vec2(1, 2), Vec2(3, 4))) << text;
}

TEST(Csv, HeadersAreFoundByTheirWords) {
  EXPECT_EQ(parse("x,y,class\n1,2,a\n").points.size(), 1u);
  EXPECT_EQ(parse("1,2,a\n3,4,b\n").points.size(), 2u);
  EXPECT_THAT(parsingCsv("x,1\n1,2\n"), ThrowsMessage<InputError>("p.csv:1:1: 'x' is not a number"));
  EXPECT_THAT(parsingCsv("x,y\n"), ThrowsMessage<InputError>("p.csv: has no points"));
}

TEST(Csv, TextLabelsKeepTheirOrderIntegersAreSorted) {
  const PointSet text = parse("0,0,pear\n0,0,apple\n0,0,pear\n0,0,\"plum, \"\"red\"\"\"\n");
  EXPECT_THAT(text.labels, ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(text.classNames, ElementsAre("pear", "apple", "plum, \"red\""));
  const PointSet numbers = parse("0,0,10\n0,0,-1\n0,0,9\n");
  EXPECT_THAT(numbers.labels, ElementsAre(2, 0, 1));
  EXPECT_THAT(numbers.classNames, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(parse("1 2 \xC3\xA4\n").classNames, ElementsAre("\xC3\xA4"));
}

TEST(Csv, ErrorsNameLineAndColumn) {
  EXPECT_THAT(parsingCsv("1,2\n1,abc\n"), ThrowsMessage<InputError>("p.csv:2:3: 'abc' is not a number"));
  EXPECT_THAT(parsingCsv("# a\nx,y\n1,2\n  1 , 2x\n"), ThrowsMessage<InputError>("p.csv:4:7: '2x' is not a number"));
  EXPECT_THAT(parsingCsv("x;y;n\n1;2;\xC3\xA4\xC3\xB6\n1;;b\n"),
              ThrowsMessage<InputError>("p.csv:3:3: a number is missing"));
  EXPECT_THAT(parsingCsv("1,5;2,5\n"),
              ThrowsMessage<InputError>("p.csv:1:1: '1,5' is not a number; use a decimal point"));
  EXPECT_THAT(parsingCsv("x;y\n1,5;2\n"),
              ThrowsMessage<InputError>("p.csv:2:1: '1,5' is not a number; use a decimal point"));
  EXPECT_THAT(parsingCsv("1,2\n1,2,3\n"), ThrowsMessage<InputError>("p.csv:2:5: 3 columns where the first line has 2"));
  EXPECT_THAT(parsingCsv("1,2,3,4\n"),
              ThrowsMessage<InputError>("p.csv:1:7: more than 3 columns; two numbers and a label at most are needed"));
  EXPECT_THAT(parsingCsv("1\n2\n"), ThrowsMessage<InputError>("p.csv:1:1: one column only; two numbers are needed"));
  EXPECT_THAT(parsingCsv("1,nan\n"), ThrowsMessage<InputError>("p.csv:1:3: 'nan' is not a number (nan)"));
  EXPECT_THAT(parsingCsv("-inf,0\n"), ThrowsMessage<InputError>("p.csv:1:1: '-inf' is not finite"));
  EXPECT_THAT(parsingCsv("1e400,0\n"), ThrowsMessage<InputError>("p.csv:1:1: '1e400' is not a number"));
  EXPECT_THAT(parsingCsv("0,1e7\n"),
              ThrowsMessage<InputError>("p.csv:1:3: '1e7' is outside -1000000..1000000; rescale the data"));
  EXPECT_THAT(parsingCsv("1,2,a\n1,2,\n"), ThrowsMessage<InputError>("p.csv:2:5: the label is missing"));
  EXPECT_THAT(parsingCsv("1,2,\"a\n"), ThrowsMessage<InputError>("p.csv:1:5: the quote is not closed on its line"));
  EXPECT_THAT(parsingCsv("1,2,\"a\"b\n"), ThrowsMessage<InputError>("p.csv:1:8: text after a closing quote"));
  EXPECT_THAT(parsingCsv(std::string("1,2\n3,\0\n", 8)),
              ThrowsMessage<InputError>("p.csv:2:3: a zero byte; this is not a text file"));
  EXPECT_THAT(parsingCsv("\xFF\xFE"
                         "1"),
              ThrowsMessage<InputError>("p.csv:1:1: this is UTF-16 text; save it as UTF-8"));
  EXPECT_THAT(parsingCsv(""), ThrowsMessage<InputError>("p.csv: has no points"));
  EXPECT_THAT(parsingCsv("1,2\n1,\x1b[31m" + std::string(100, 'z') + "\n"),
              ThrowsMessage<InputError>("p.csv:2:3: '\\x1b[31m" + std::string(35, 'z') + "...' is not a number"));
}

TEST(Csv, ALabelInAnotherColumnGetsAHint) {
  const std::string hint = "; a label belongs in the third column, after x and y";
  EXPECT_THAT(parsingCsv("cat,1,2\n"), ThrowsMessage<InputError>("p.csv:1:1: 'cat' is not a number" + hint));
  EXPECT_THAT(parsingCsv("x,label,y\n1,cat,2\n"), ThrowsMessage<InputError>("p.csv:2:3: 'cat' is not a number" + hint));
  // Where the other two are no point, nothing is known about what was meant.
  EXPECT_THAT(parsingCsv("1,2,a\nb,1,c\n"), ThrowsMessage<InputError>("p.csv:2:1: 'b' is not a number"));
  EXPECT_THAT(parsingCsv("1,2,3\n1x,2,3\n"), ThrowsMessage<InputError>("p.csv:2:1: '1x' is not a number"));
}

TEST(Csv, LimitsOfClassesAndPoints) {
  std::string classes, points;
  for (int i = 0; i < 65; ++i) classes += "0,0,c" + std::to_string(i) + "\n";
  EXPECT_THAT(parsingCsv(classes),
              ThrowsMessage<InputError>("p.csv:65:5: 'c64' would be class 65; at most 64 are possible"));
  for (int i = 0; i < PointSet::kMaxPoints; ++i) points += "0,0\n";
  EXPECT_EQ(parse(points).points.size(), std::size_t(PointSet::kMaxPoints));
  EXPECT_THAT(parsingCsv(points + "0,0\n"), ThrowsMessage<InputError>("p.csv:200001:1: more than 200000 points"));
}

}  // namespace
}  // namespace gs
