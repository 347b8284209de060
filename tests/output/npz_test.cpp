#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <cstring>

#include "data/distributions.h"
#include "output/files.h"
#include "temporary_folder.h"

namespace gs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
NpzMember member(const std::string& name, const std::string& descr, std::vector<std::size_t> shape,
                 const std::vector<T>& values) {
  return {name, descr, std::move(shape), std::as_bytes(std::span(values))};
}

TEST(Npz, OurOwnReaderReadsItBack) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npz");
  const std::vector<float> x = {1, 2, 3, 4, 5, -6.5f};
  const std::vector<std::int32_t> y = {3, 4, 3};
  const std::vector<std::uint8_t> session = {'{', '}'};
  writeNpz(path, std::vector{member("x", "<f4", {3, 2}, x), member("y", "<i4", {3}, y),
                             member("session", "|u1", {2}, session)});
  const PointSet s = readPoints(path);
  EXPECT_THAT(s.points, ElementsAre(Vec2(1, 2), Vec2(3, 4), Vec2(5, -6.5)));
  EXPECT_THAT(s.classNames, ElementsAre("3", "4"));
  EXPECT_THAT(s.labels, ElementsAre(0, 1, 0));
  EXPECT_EQ(folder.entries(), 1);
  // The same members, the same bytes.
  const std::string first = contents(path);
  writeNpz(path, std::vector{member("x", "<f4", {3, 2}, x), member("y", "<i4", {3}, y),
                             member("session", "|u1", {2}, session)});
  EXPECT_EQ(contents(path), first);
}

TEST(Npz, IsWhatNumPyDescribes) {
  // NEP 1: magic, version 1.0, a header that ends with a line feed and pads the data to a multiple of 64; stored.
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npz");
  const std::vector<double> sigmas = {80, 2.5, 0}, seven = {7};
  writeNpz(path, std::vector{member("sigmas", "<f8", {3}, sigmas), member<float>("none", "<f4", {5, 0, 2}, {}),
                             member("scalar", "<f8", {}, seven)});
  zip_t* zip = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, nullptr);
  ASSERT_NE(zip, nullptr);
  ASSERT_EQ(zip_get_num_entries(zip, 0), 3);
  const auto read = [&](const char* name) {
    zip_stat_t info;
    EXPECT_EQ(zip_stat(zip, name, 0, &info), 0) << name;
    EXPECT_EQ(info.comp_method, ZIP_CM_STORE);
    std::string bytes(info.size, '\0');
    zip_file_t* file = zip_fopen(zip, name, 0);
    EXPECT_EQ(zip_fread(file, bytes.data(), bytes.size()), zip_int64_t(bytes.size()));
    zip_fclose(file);
    return bytes;
  };
  const std::string s = read("sigmas.npy");
  const std::string start = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }";
  EXPECT_EQ(s.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(s.substr(10, start.size()), start);
  ASSERT_EQ(s.size(), 128u + 24u - 64u * (10 + start.size() + 1 <= 64));
  const std::size_t header = s.size() - 24;
  EXPECT_EQ(header % 64, 0u);
  EXPECT_EQ(std::size_t(static_cast<unsigned char>(s[8])), header - 10);
  EXPECT_EQ(s[header - 1], '\n');
  double value;
  std::memcpy(&value, s.data() + header + 8, 8);
  EXPECT_EQ(value, 2.5);
  EXPECT_THAT(read("none.npy"), HasSubstr("'shape': (5, 0, 2), }"));
  EXPECT_THAT(read("scalar.npy"), HasSubstr("'shape': (), }"));
  zip_discard(zip);
}

TEST(Npz, LargeMembersAreNotCut) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npz");
  std::vector<float> x(2 * 150'000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i % 1000);
  writeNpz(path, std::vector{member("points", "<f4", {150'000, 2}, x)});
  const PointSet s = readPoints(path);
  ASSERT_EQ(s.points.size(), 150'000u);
  EXPECT_EQ(s.points.back(), Vec2(998, 999));
}

TEST(Npz, BadMembersAreErrorsAndWriteNothing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npz");
  const std::vector<float> x = {1, 2, 3, 4};
  const auto writing = [&](std::vector<NpzMember> members) { return [&path, members] { writeNpz(path, members); }; };
  EXPECT_THAT(writing({member("x", "<f4", {3, 2}, x)}),
              ThrowsMessage<OutputError>("member 'x': the shape needs 24 bytes, there are 16"));
  EXPECT_THAT(writing({member("x", ">f4", {2, 2}, x)}), ThrowsMessage<OutputError>(HasSubstr("'>f4' is not one of")));
  EXPECT_THAT(writing({member("x", "<f4", {4}, x), member("x", "<f4", {4}, x)}),
              ThrowsMessage<OutputError>("member 'x': is there twice"));
  EXPECT_THAT(writing({member("../x", "<f4", {4}, x)}), ThrowsMessage<OutputError>(HasSubstr("is no name")));
  EXPECT_THAT(writing({member("x", "<f4", {~std::size_t(0), 2}, x)}),
              ThrowsMessage<OutputError>("member 'x': the shape is too large"));
  EXPECT_THAT([&] { writeNpz(folder.file("no/a.npz"), std::vector{member("x", "<f4", {4}, x)}); },
              ThrowsMessage<OutputError>(HasSubstr("No such file or directory")));
  EXPECT_THAT([&] { writeNpz("/dev/null", std::vector{member("x", "<f4", {4}, x)}); },
              ThrowsMessage<OutputError>(HasSubstr("device")));
  EXPECT_THAT(writing({}), ThrowsMessage<OutputError>("an NPZ file needs at least one array"));
  EXPECT_EQ(folder.entries(), 0);
}

}  // namespace
}  // namespace gs
