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
  for (int i = 0; i < test::often(3000); ++i) {
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

// Whatever is set at whatever path: a valid session, or an error and no change.
TEST(Fuzz, RandomPathsAndValuesAreHarmless) {
  test::Random random(17);
  const auto below = [&](std::size_t n) { return std::size_t(random() % n); };
  std::vector<std::string> paths;
  for (const ParameterInfo& p : parameters()) paths.push_back(p.path);
  static const char* const values[] = {"0",
                                       "1",
                                       "-1",
                                       "0.5",
                                       "64",
                                       "1e999",
                                       "-nan",
                                       "inf",
                                       "null",
                                       "true",
                                       "heun",
                                       "cfg",
                                       "none",
                                       "mixture",
                                       "[]",
                                       "{}",
                                       "[0,1]",
                                       "[[0,1],[1,0]]",
                                       "drawn",
                                       "preset",
                                       "points",
                                       "\"x\"",
                                       "\"",
                                       "[[[[",
                                       "{\"kind\":\"cfg\"}",
                                       "\xff",
                                       ""};
  int changed = 0, refused = 0;
  Session s = canonical(test::randomSession(random));
  for (int i = 0; i < test::often(1500); ++i) {
    if (i % 100 == 0) s = canonical(test::randomSession(random));
    std::string path = paths[below(paths.size())];
    for (std::size_t at; (at = path.find(".N")) != path.npos;) {
      static const char* const items[] = {".0", ".1", ".2", ".+"};
      path.replace(at, 2, items[below(8) == 0 ? 3 : below(3)]);
    }
    if (below(10) == 0) path.erase(below(path.size()), 1 + below(6));
    const Session before = s;
    try {
      setPath(s, path, values[below(std::size(values))]);
      ASSERT_NO_THROW(validate(s)) << path;
      ASSERT_EQ(parseSession(toJson(s)), s) << path;
      ++changed;
    } catch (const SessionError& e) {
      ASSERT_EQ(s, before) << path;
      ASSERT_FALSE(std::string_view(e.what()).empty());
      ++refused;
    }
  }
  EXPECT_GT(changed, test::often(1500) / 40);
  EXPECT_GT(refused, test::often(1500) / 40);
}

}  // namespace
}  // namespace gs
