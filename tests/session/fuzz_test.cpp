// Replays the fuzz corpus, and mutations of valid files, through the fuzz target itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "assets.h"
#include "generate.h"
#include "session/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace gs {
namespace {

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

TEST(Fuzz, TheCorpusIsHarmless) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GS_SOURCE_DIR "/tests/fuzz/session")) {
    std::ifstream in(entry.path(), std::ios::binary);
    run({std::istreambuf_iterator<char>(in), {}});
    ++files;
  }
  EXPECT_GE(files, 20);
}

TEST(Fuzz, MutationsOfValidFilesAreHarmless) {
  test::Random random(99);
  std::vector<std::string> seeds;
  for (const std::string_view name : assetNames("presets/")) seeds.emplace_back(asset(name));
  for (int i = 0; i < 20; ++i) seeds.push_back(toJson(test::randomSession(random)));
  const auto below = [&](std::size_t n) { return std::size_t(random() % n); };
  static const char* const tokens[] = {"null",     "-1",        "1e999",   "[]", "{}",
                                       "\"none\"", "0.5",       "[[0,1]]", ",",  ":",
                                       "}",        "\\u",       "\"",      "-",  "40",
                                       "true",     "\xff",      "1e-400",  "e",  "\"kind\":",
                                       "[[[[",     "]",         "[",       "{",  "99999999999999999999",
                                       "\"heun\"", "\"drawn\"", "64"};
  for (int i = 0; i < 6000; ++i) {
    std::string s = seeds[below(seeds.size())];
    for (std::size_t edits = 1 + below(4); edits > 0 && !s.empty(); --edits) {
      const std::size_t at = below(s.size());
      switch (below(6)) {
        case 0:
          s[at] = char(random());
          break;
        case 1:
          s.erase(at, 1 + below(20));
          break;
        case 2:
          s.insert(at, tokens[below(std::size(tokens))]);
          break;
        case 3:
          s.resize(at);
          break;
        case 4:
          s.insert(at, s.substr(below(s.size()), 1 + below(60)));
          break;
        default: {  // another value in the place of a number or word
          const std::size_t from = s.find_first_of("0123456789", at);
          if (from == s.npos) break;
          const std::size_t to = s.find_first_not_of("0123456789.e+-", from);
          s.replace(from, to == s.npos ? s.npos : to - from, tokens[below(std::size(tokens))]);
        }
      }
    }
    run(s);
  }
}

}  // namespace
}  // namespace gs
