#include <algorithm>
#include <array>

#include <sys/stat.h>

#include "assets.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

// The order of the gallery; scenes that are not named here follow by name.
constexpr std::array kOrder = {"two-modes",
                               "interval",
                               "two-gaussians",
                               "ddpm-vs-ddim",
                               "ring-4",
                               "autoguidance",
                               "autoguidance-tree",
                               "tree",
                               "two-moons",
                               "spirals",
                               "pinwheel",
                               "rings",
                               "checkerboard",
                               "ring",
                               "letters",
                               "ov",
                               "e2",
                               "e3",
                               "reward",
                               "swiss-roll",
                               "reward-network",
                               "learn-leaky",
                               "learn-exact",
                               "paper-a1",
                               "paper-a2",
                               "paper-a5",
                               "paper-a6"};

std::string assetName(std::string_view scene) { return "presets/" + std::string(scene) + ".json"; }

std::vector<std::string> sceneNames() {
  std::vector<std::string> names;
  for (std::string_view asset : assetNames("presets/")) {
    asset.remove_prefix(std::string_view("presets/").size());
    if (asset.ends_with(".json")) names.emplace_back(asset.substr(0, asset.size() - 5));
  }
  const auto rank = [](const std::string& name) {
    return std::find(kOrder.begin(), kOrder.end(), name) - kOrder.begin();
  };
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return names;
}

// What to try instead of a name that no preset has.
std::string insteadOf(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ScenePreset& p : scenePresets()) names.push_back(p.name);
  const std::string_view near = nearest(name, names);
  return near.empty() ? "; 'guidescope-cli list presets' names the presets"
                      : "; the nearest preset is " + std::string(near);
}

}  // namespace

const std::vector<ScenePreset>& scenePresets() {
  static const std::vector<ScenePreset> presets = [] {
    std::vector<ScenePreset> out;
    for (const std::string& name : sceneNames()) {
      const Session s = parseSession(asset(assetName(name)));
      out.push_back({name, s.name, s.notes});
    }
    return out;
  }();
  return presets;
}

Session scenePreset(std::string_view name) {
  for (const ScenePreset& p : scenePresets())
    if (p.name == name) return parseSession(asset(assetName(name)));
  throw SessionError("'" + shown(name) + "' is no preset" + insteadOf(name));
}

Session openScene(const std::string& nameOrPath) {
  for (const ScenePreset& p : scenePresets())
    if (p.name == nameOrPath) return scenePreset(nameOrPath);
  struct stat info {};
  if (nameOrPath.find_first_of("/.") == std::string::npos && ::stat(nameOrPath.c_str(), &info) != 0)
    throw SessionError("'" + shown(nameOrPath) + "' is neither a preset nor a file" + insteadOf(nameOrPath));
  return loadSession(nameOrPath);
}

}  // namespace gs
