#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "data/distributions.h"

namespace gs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string corpus(const std::string& name) {
  std::ifstream file(std::string(GS_SOURCE_DIR) + "/tests/fuzz/data/corpus/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string npyText(const std::string& dict, const std::string& data, int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += char(version);
  bytes += '\0';
  bytes += char(dict.size() & 255);
  bytes += char(dict.size() >> 8);
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + dict + data;
}

template <class T>
std::string npy(const std::string& descr, const std::string& shape, const std::vector<T>& values,
                bool fortran = false) {
  std::string data(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(data.data(), values.data(), data.size());
  return npyText(
      "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n",
      data);
}

auto parsingNpy(const std::string& bytes) {
  return [bytes] { parseNpy(bytes, "p.npy"); };
}

TEST(Npy, NumbersOfEveryType) {
  EXPECT_THAT(parseNpy(npy<double>("<f8", "(2, 2)", {1, 2, 3, -4.5}), "p").points,
              ElementsAre(Vec2(1, 2), Vec2(3, -4.5)));
  EXPECT_THAT(parseNpy(npy<float>("<f4", "(1, 2)", {1, -0.5f}), "p").points, ElementsAre(Vec2(1, -0.5)));
  EXPECT_THAT(parseNpy(npy<std::int8_t>("|i1", "(1, 2)", {-1, 2}), "p").points, ElementsAre(Vec2(-1, 2)));
  EXPECT_THAT(parseNpy(npy<std::uint16_t>("<u2", "(1, 2)", {65535, 2}), "p").points, ElementsAre(Vec2(65535, 2)));
  EXPECT_THAT(parseNpy(npy<std::int64_t>("<i8", "(1, 2)", {-7, 2}), "p").points, ElementsAre(Vec2(-7, 2)));
}

TEST(Npy, FortranOrderAndVersions) {
  EXPECT_THAT(parseNpy(npy<double>("<f8", "(3, 2)", {1, 2, 3, 4, 5, 6}, true), "p").points,
              ElementsAre(Vec2(1, 4), Vec2(2, 5), Vec2(3, 6)));
  EXPECT_THAT(parseNpy(corpus("npy/fortran.npy"), "p").points,
              testing::ContainerEq(parseNpy(corpus("npy/f8.npy"), "p").points));
  EXPECT_THAT(parseNpy(corpus("npy/v2_i2.npy"), "p").points, ElementsAre(Vec2(1, -2), Vec2(3, -4)));
}

TEST(Npy, AThirdColumnIsTheLabels) {
  const PointSet s = parseNpy(npy<float>("<f4", "(3, 3)", {0, 0, 10, 1, 1, 2, 2, 2, 10}), "p");
  EXPECT_THAT(s.labels, ElementsAre(1, 0, 1));
  EXPECT_THAT(s.classNames, ElementsAre("2", "10"));
}

TEST(Npy, ErrorsNameThePlace) {
  EXPECT_THAT(parsingNpy("hello"),
              ThrowsMessage<InputError>("p.npy: is not an NPY array (it does not begin with \\x93NUMPY)"));
  EXPECT_THAT(parsingNpy("\x93NUMPY"), ThrowsMessage<InputError>("p.npy: ends within its header"));
  EXPECT_THAT(parsingNpy(npyText("{}", "", 9)),
              ThrowsMessage<InputError>("p.npy: has NPY version 9; 1 to 3 can be read"));
  EXPECT_THAT(parsingNpy(corpus("npy/big_endian.npy")),
              ThrowsMessage<InputError>("p.npy: the type '>f8' is big-endian; save it with .astype('<f8')"));
  EXPECT_THAT(parsingNpy(corpus("npy/object.npy")), ThrowsMessage<InputError>(HasSubstr("pickled")));
  EXPECT_THAT(parsingNpy(corpus("npy/structured.npy")), ThrowsMessage<InputError>(HasSubstr("a structured array")));
  EXPECT_THAT(parsingNpy(corpus("npy/huge_shape.npy")), ThrowsMessage<InputError>(HasSubstr("is too large")));
  EXPECT_THAT(parsingNpy(corpus("npy/truncated.npy")),
              ThrowsMessage<InputError>("p.npy: the shape (3, 2) needs 48 bytes of data, there are 39"));
  EXPECT_THAT(parsingNpy(npy<float>("<f4", "(4,)", {1, 2, 3, 4})),
              ThrowsMessage<InputError>("p.npy: has the shape (4,); (N, 2) or (N, 3) is needed"));
  EXPECT_THAT(parsingNpy(npy<float>("<f4", "(0, 2)", {})), ThrowsMessage<InputError>("p.npy: has no points"));
  EXPECT_THAT(parsingNpy(npy<float>("<f4", "(2, 2)", {1, 2, 3, std::numeric_limits<float>::infinity()})),
              ThrowsMessage<InputError>("p.npy: [1, 1] is not finite"));
  EXPECT_THAT(parsingNpy(npy<float>("<f4", "(1, 2)", {1, std::numeric_limits<float>::quiet_NaN()})),
              ThrowsMessage<InputError>("p.npy: [0, 1] is not a number (nan)"));
  EXPECT_THAT(parsingNpy(npy<float>("<f4", "(200001, 2)", std::vector<float>(400002, 0))),
              ThrowsMessage<InputError>("p.npy: has 200001 points, more than 200000"));
  EXPECT_THAT(parsingNpy(npyText("{'descr': '<f8', 'shape': (1, 2)}", std::string(16, '\0'))),
              ThrowsMessage<InputError>("p.npy: the header lacks one of 'descr', 'fortran_order', 'shape'"));
  EXPECT_THAT(parsingNpy(npyText("{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2)}", "1234")),
              ThrowsMessage<InputError>("p.npy: the type '<f2' cannot be read; float32, float64 and integers can"));
  EXPECT_THAT(parsingNpy(npyText("{'descr': '<f8', 'descr': '<f4', 'shape': (1, 2)}", "")),
              ThrowsMessage<InputError>("p.npy: the header's key 'descr' is not expected"));
  EXPECT_THAT(parsingNpy(npyText("{'descr': '<f8', ", "")),
              ThrowsMessage<InputError>(HasSubstr("the header is damaged")));
  std::vector<float> many;
  for (int i = 0; i < 65; ++i) many.insert(many.end(), {0, 0, float(i)});
  EXPECT_THAT(parsingNpy(npy<float>("<f4", "(65, 3)", many)),
              ThrowsMessage<InputError>("p.npy: [64, 2] would be class 65; at most 64 are possible"));
}

TEST(Npz, MembersByName) {
  const PointSet s = parseNpz(corpus("npz/x_y.npz"), "p.npz");
  EXPECT_THAT(s.points, ElementsAre(Vec2(0.5, -1), Vec2(2, 0.25), Vec2(-0.75, 1.5)));
  EXPECT_THAT(s.labels, ElementsAre(1, 0, 1));
  EXPECT_THAT(s.classNames, ElementsAre("-1", "7"));
  const PointSet text = parseNpz(corpus("npz/deflated_text.npz"), "p.npz");
  EXPECT_THAT(text.classNames, ElementsAre("a", "\xC3\xA9\xE4\xB8\xAD"));
  EXPECT_THAT(text.labels, ElementsAre(0, 1, 0));
  EXPECT_EQ(parseNpz(corpus("npz/one_array.npz"), "p.npz").points.size(), 2u);
  EXPECT_EQ(parseNpz(corpus("npz/unicode_name.npz"), "p.npz").points.size(), 3u);
}

TEST(Npz, ErrorsNameTheMember) {
  const auto parsingFile = [](const std::string& bytes) { return [bytes] { parseNpz(bytes, "p.npz"); }; };
  EXPECT_THAT(parsingFile(corpus("npz/two_arrays.npz")),
              ThrowsMessage<InputError>("p.npz: none of its arrays ('a', 'b') is called 'x', 'points' or 'data'"));
  EXPECT_THAT(parsingFile(corpus("npz/empty.npz")), ThrowsMessage<InputError>("p.npz: has no array"));
  EXPECT_THAT(parsingFile(corpus("npz/not_zip.npz")),
              ThrowsMessage<InputError>(HasSubstr("p.npz: is not a readable NPZ (zip) file")));
  EXPECT_THAT(parsingFile("PK"), ThrowsMessage<InputError>(HasSubstr("p.npz: is not a readable NPZ (zip) file")));

  // One bit of the coordinates changed: the check sum tells.
  std::string damaged = corpus("npz/x_y.npz");
  const std::size_t data = damaged.find("\n", damaged.find("'descr'")) + 4;
  damaged[data] ^= 1;
  EXPECT_THAT(parsingFile(damaged), ThrowsMessage<InputError>(HasSubstr("p.npz:x: is damaged: ")));

  // Labels for another number of points.
  std::string fewer = corpus("npz/x_y.npz");
  fewer.replace(fewer.find("(3,)"), 4, "(2,)");
  EXPECT_THAT(parsingFile(fewer), ThrowsMessage<InputError>(HasSubstr("p.npz:y: ")));
}

// The uncompressed size that the directory at the end states for its first member.
std::string withStatedSize(std::string zip, std::uint32_t size) {
  const std::size_t entry = zip.find("PK\x01\x02");
  for (std::size_t i = 0; i < 4; ++i) zip[entry + 24 + i] = char(size >> (8 * i));
  return zip;
}

TEST(Npz, SizesThatLieAreFound) {
  const std::string good = corpus("npz/deflated_text.npz");
  ASSERT_NO_THROW(parseNpz(good, "p.npz"));
  EXPECT_THAT([&] { parseNpz(withStatedSize(good, 0xFFFFFFF0u), "p.npz"); },
              ThrowsMessage<InputError>("p.npz:points: has more than 64 MiB uncompressed"));
  EXPECT_THAT([&] { parseNpz(withStatedSize(good, 100), "p.npz"); },
              ThrowsMessage<InputError>(HasSubstr("p.npz:points: ")));
  EXPECT_THAT([&] { parseNpz(withStatedSize(good, 5000), "p.npz"); },
              ThrowsMessage<InputError>(HasSubstr("p.npz:points: ")));
  std::string many = good;
  for (int i = 0; i < 2000; ++i) many += "PK\x01\x02";
  EXPECT_THAT([&] { parseNpz(many, "p.npz"); }, ThrowsMessage<InputError>("p.npz: has more than 1000 members"));
}

}  // namespace
}  // namespace gs
