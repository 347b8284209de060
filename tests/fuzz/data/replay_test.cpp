// Replays the corpora, and thousands of mutations of them that are the same in every run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "targets.h"

namespace gs::fuzz {
namespace {

using Sample = std::vector<std::byte>;

std::vector<Sample> corpus(const std::string& kind) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(GS_SOURCE_DIR) + "/tests/fuzz/data/corpus/" + kind))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Sample> samples;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    samples.emplace_back(bytes.size());
    std::memcpy(samples.back().data(), bytes.data(), bytes.size());
  }
  return samples;
}

// One to four edits: a bit, a byte, a number that is a limit somewhere, a piece cut, doubled, or taken from another.
Sample mutated(const std::vector<Sample>& samples, std::mt19937_64& bits) {
  Sample s = samples[bits() % samples.size()];
  for (auto edits = 1 + bits() % 4; edits > 0; --edits) {
    const std::size_t at = s.empty() ? 0 : bits() % s.size(),
                      length = std::min<std::size_t>(1 + bits() % 16, s.size() - at);
    const auto begin = s.begin() + std::ptrdiff_t(at);
    switch (bits() % 7) {
      case 0:
        if (!s.empty()) s[at] ^= std::byte(1 << bits() % 8);
        break;
      case 1:
        if (!s.empty()) s[at] = std::byte(bits());
        break;
      case 2: {
        constexpr std::uint64_t kLimits[] = {0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, ~0ull};
        const std::uint64_t limit = kLimits[bits() % std::size(kLimits)];
        if (!s.empty()) std::memcpy(s.data() + at, &limit, std::min<std::size_t>(s.size() - at, 1 + bits() % 8));
        break;
      }
      case 3:
        s.erase(begin, begin + std::ptrdiff_t(length));
        break;
      case 4: {
        const Sample piece(begin, begin + std::ptrdiff_t(length));
        s.insert(s.begin() + std::ptrdiff_t(at), piece.begin(), piece.end());
        break;
      }
      case 5:
        s.resize(at);
        break;
      default: {
        const Sample& other = samples[bits() % samples.size()];
        const std::size_t from = other.empty() ? 0 : bits() % other.size(),
                          n = std::min<std::size_t>(32, other.size() - from);
        s.insert(begin, other.begin() + std::ptrdiff_t(from), other.begin() + std::ptrdiff_t(from + n));
      }
    }
  }
  return s;
}

struct Target {
  const char* name;
  void (*run)(Bytes);
};
class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, CorpusAndMutations) {
  std::vector<Sample> samples = corpus(GetParam().name);
  ASSERT_GE(samples.size(), 7u);
  for (const Sample& s : samples) GetParam().run(s);
  // Large ones only once: 4000 mutations take a second or two.
  std::erase_if(samples, [](const Sample& s) { return s.size() > 4096; });
  std::mt19937_64 bits(2026);
  for (int i = 0; i < 4000; ++i) GetParam().run(mutated(samples, bits));
}

INSTANTIATE_TEST_SUITE_P(Readers, Replay,
                         testing::Values(Target{"csv", csv}, Target{"npy", npy}, Target{"npz", npz}, Target{"png", png},
                                         Target{"carried", carried}, Target{"expression", expression}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace gs::fuzz
