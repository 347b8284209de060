#include <mutex>
#include <vector>

#include "data/distributions.h"
#include "data/shapes.h"

namespace gs {
namespace {

// Letters cost tens of milliseconds, the tree some, and they are asked for at every change of any parameter, so the
// latest few are kept. They are immutable, so sharing them between threads is safe.
std::shared_ptr<const Mixture> preset(const std::string& name, const std::string& word) {
  struct Entry {
    std::string name, word;
    std::shared_ptr<const Mixture> mixture;
  };
  constexpr std::size_t kKept = 32;
  static std::mutex mutex;
  static std::vector<Entry> entries;

  const std::string key = name == "letters" ? word : std::string();
  {
    std::lock_guard lock(mutex);
    for (const Entry& e : entries)
      if (e.name == name && e.word == key) return e.mixture;
  }
  auto made = std::make_shared<const Mixture>(presetMixture(name, word));
  std::lock_guard lock(mutex);
  if (entries.size() >= kKept) entries.erase(entries.begin());
  entries.push_back({name, key, made});
  return made;
}

}  // namespace

std::shared_ptr<const Mixture> resolve(const Distribution& d) {
  if (d.kind == DistributionKind::Preset) return preset(d.name, d.word);
  if (!d.mixture) {
    throw InputError(d.kind == DistributionKind::Mixture ? "distribution.components: there are none"
                                                         : "distribution.file: no points have been imported yet");
  }
  try {
    return std::make_shared<const Mixture>(normalised(*d.mixture));
  } catch (const std::invalid_argument& e) {
    throw InputError("distribution." + std::string(e.what()));
  }
}

}  // namespace gs
