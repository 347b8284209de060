#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "output/files.h"
#include "temporary_folder.h"

namespace gs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Image noise(int width, int height) {
  std::mt19937 bits(1);
  Image image{width, height, std::vector<std::uint8_t>(std::size_t(width) * std::size_t(height) * 4)};
  for (auto& v : image.rgba) v = std::uint8_t(bits());
  return image;
}

PngContents corpus(const std::string& name) {
  const std::string bytes = contents(std::string(GS_SOURCE_DIR) + "/tests/fuzz/data/corpus/png/" + name);
  EXPECT_FALSE(bytes.empty()) << name;
  return decodePng(std::as_bytes(std::span(bytes)));
}

TEST(Png, RoundTripWithSession) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.png"), session = "{\"name\": \"\xC3\xA4 \xE2\x88\x87\", \"notes\": \"" +
                                                           std::string(100'000, 'n') + "\"}\n";
  const Image image = noise(67, 41);
  writePng(image, path, session);
  const PngContents back = readPng(path);
  EXPECT_EQ(back.image.width, 67);
  EXPECT_EQ(back.image.height, 41);
  EXPECT_EQ(back.image.rgba, image.rgba);  // alpha 0 keeps its colours
  EXPECT_EQ(back.session, session);
  EXPECT_EQ(folder.entries(), 1);
  writePng(image, path, "");
  EXPECT_EQ(readPng(path).session, "");
  EXPECT_EQ(encodePng(image, session), encodePng(image, session));
}

TEST(Png, EveryKindBecomesRgba) {
  EXPECT_THAT(corpus("rgba.png").image.rgba, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 6, 8, 10));
  EXPECT_EQ(corpus("rgba.png").session, "{\"name\":\"\xC3\xA4\"}");
  EXPECT_THAT(corpus("gray16.png").image.rgba, ElementsAre(0x12, 0x12, 0x12, 255, 0xAB, 0xAB, 0xAB, 255));
  EXPECT_THAT(corpus("palette.png").image.rgba, ElementsAre(0, 1, 2, 0, 3, 4, 5, 128, 6, 7, 8, 255, 9, 10, 11, 255));
  const PngContents gray = corpus("gray1.png");
  EXPECT_EQ(gray.image.rgba[0], 255);
  EXPECT_EQ(gray.image.rgba[4], 0);
  EXPECT_EQ(gray.session, "{}");
}

TEST(Png, BadFilesAreErrors) {
  const TemporaryFolder folder;
  EXPECT_THAT([] { corpus("truncated.png"); },
              ThrowsMessage<OutputError>("not a readable PNG: the file ends too early"));
  EXPECT_THAT([] { corpus("huge.png"); },
              ThrowsMessage<OutputError>("not a readable PNG: the picture has more than 64 million pixels"));
  EXPECT_THAT([] { decodePng({}); }, ThrowsMessage<OutputError>(HasSubstr("not a readable PNG: ")));
  const std::string path = folder.file("a.png");
  EXPECT_THAT([&] { readPng(path); }, ThrowsMessage<OutputError>(path + ": cannot be read: No such file or directory"));
  EXPECT_THAT([&] { readPng(folder.path().string()); }, ThrowsMessage<OutputError>(HasSubstr(": is not a file")));
  const std::string text = "no picture";
  writeFileAtomically(path, std::as_bytes(std::span(text)));
  EXPECT_THAT([&] { readPng(path); }, ThrowsMessage<OutputError>(HasSubstr(path + ": not a readable PNG: ")));
}

TEST(Png, HugeTextIsLeftOut) { EXPECT_EQ(corpus("text_bomb.png").session, ""); }

TEST(Png, BadPicturesAreErrors) {
  EXPECT_THAT([] { encodePng({}, ""); }, ThrowsMessage<OutputError>(HasSubstr("0 x 0")));
  EXPECT_THAT(
      [] {
        encodePng({2, 2, std::vector<std::uint8_t>(15)}, "");
      },
      ThrowsMessage<OutputError>("the picture's bytes do not fit its size"));
  EXPECT_THAT(
      [] {
        encodePng({40000, 1, std::vector<std::uint8_t>(160000)}, "");
      },
      ThrowsMessage<OutputError>(HasSubstr("40000 x 1")));
  const TemporaryFolder folder;
  EXPECT_THAT([&] { writePng(noise(2, 2), folder.file("no/a.png"), ""); },
              ThrowsMessage<OutputError>(HasSubstr("No such file")));
}

TEST(Compare, LargestAndMeanDifference) {
  Image a = noise(10, 5), b = a;
  EXPECT_EQ(compare(a, b).max, 0);
  EXPECT_EQ(compare(a, b).mean, 0);
  a.rgba[7] = 250;
  b.rgba[7] = 50;
  a.rgba[9] = 1;
  b.rgba[9] = 3;
  EXPECT_EQ(compare(a, b).max, 200);
  EXPECT_DOUBLE_EQ(compare(a, b).mean, 202.0 / 200);
  EXPECT_THAT([&] { compare(a, noise(5, 10)); },
              ThrowsMessage<OutputError>("the pictures' sizes differ: 10 x 5 and 5 x 10"));
}

}  // namespace
}  // namespace gs
