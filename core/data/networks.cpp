#include "data/networks.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "assets.h"
#include "data/npy.h"
#include "data/points.h"
#include "data/sha256.h"
#include "session/enums.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

constexpr std::string_view kFolder = "models/", kEnding = ".npz";

std::string shapeJson(const NetworkShape& s) {
  Node out = Node::object();
  out.add("activation", enumName(s.activation));
  out.add("unconditional", s.unconditional);
  out.add("sigmaData", s.sigmaData);
  out.add("sigmaMin", s.sigmaMin);
  out.add("sigmaMax", s.sigmaMax);
  Node center = Node::list();
  center.items = {s.center.x, s.center.y};
  out.add("center", std::move(center));
  return compactText(out);
}

// What the JSON says of the shape; width, layers and classes are those of the arrays.
NetworkShape shapeFrom(const std::string& json, const std::string& place) {
  const auto fail = [&](const std::string& what) { throw InputError(place + ": " + what); };
  Node n;
  try {
    n = parseText(json);
  } catch (const SessionError& e) {
    fail(e.what());
  }
  if (!n.is(Node::Kind::Object)) fail("is no JSON object");
  const auto of = [&](const char* key, Node::Kind kind) -> const Node& {
    const Node* found = n.find(key);
    if (!found || !found->is(kind)) fail(std::string(key) + ": is missing, or of another type");
    return *found;
  };
  NetworkShape s;
  const auto activation = enumFromName<Activation>(of("activation", Node::Kind::Text).text);
  if (!activation) fail("activation: " + inQuotes(of("activation", Node::Kind::Text).text) + " is not known");
  s.activation = *activation;
  s.unconditional = of("unconditional", Node::Kind::Bool).flag;
  s.sigmaData = of("sigmaData", Node::Kind::Number).number;
  s.sigmaMin = of("sigmaMin", Node::Kind::Number).number;
  s.sigmaMax = of("sigmaMax", Node::Kind::Number).number;
  const Node& center = of("center", Node::Kind::List);
  if (center.items.size() != 2 || !center.items[0].is(Node::Kind::Number) || !center.items[1].is(Node::Kind::Number))
    fail("center: is no pair of numbers");
  s.center = {center.items[0].number, center.items[1].number};
  return s;
}

std::string suppliedAsset(const std::string& file) {
  const std::string name = std::string(kFolder) + file + std::string(kEnding);
  const auto names = assetNames(kFolder);
  return std::find(names.begin(), names.end(), name) != names.end() ? name : std::string();
}

ScriptReader& scriptReader() {
  static ScriptReader reader;
  return reader;
}

Network scriptFrom(const std::string& bytes, const std::string& name, const std::string& sum, std::stop_token stop) {
  if (!scriptReader()) throw InputError(name + ": is a model that is code; nothing runs it here");
  return scriptReader()(bytes, name, sum, std::move(stop));
}

template <class S, class Visit>
void forNetworks(S& session, Visit visit) {
  for (auto& e : session.panes) {
    visit(e.model.network);
    for (auto& t : e.guidance) visit(t.network);
  }
}

}  // namespace

Arrays arraysOf(const Network& n) {
  Arrays out;
  NamedArray& steps = out.emplace_back();
  steps.name = "steps";
  steps.shape = {n.snapshots.size()};
  for (const Network::Snapshot& s : n.snapshots) steps.values.push_back(float(s.step));
  for (const NetworkPart& p : networkParts(n.shape)) {
    NamedArray& a = out.emplace_back();
    a.name = p.name;
    a.shape = p.shape;
    a.shape.insert(a.shape.begin(), n.snapshots.size());
    for (const Network::Snapshot& s : n.snapshots)
      a.values.insert(a.values.end(), s.weights.begin() + std::ptrdiff_t(p.first),
                      s.weights.begin() + std::ptrdiff_t(p.first + p.count));
  }
  out.push_back({"network.json", {}, {}, shapeJson(n.shape)});
  if (!n.training.empty()) out.push_back({"meta.json", {}, {}, n.training});
  return out;
}

Network networkFrom(const Arrays& arrays, const std::string& name) {
  const auto member = [&](std::string_view part) -> const NamedArray& {
    const NamedArray* found = find(arrays, part);
    if (!found) throw InputError(name + ": has no array '" + std::string(part) + "'; it is no network of Guidescope");
    return *found;
  };
  const auto shape = [&](const NamedArray& a, std::size_t dimensions) {
    if (a.shape.size() != dimensions)
      throw InputError(name + ":" + a.name + ": has the shape " + shapeText(a.shape) + "; " +
                       std::to_string(dimensions) + " dimensions are needed");
    return a.shape;
  };
  Network n;
  n.shape = shapeFrom(member("network.json").text, name + ":network.json");
  const auto input = shape(member("input"), 3), classes = shape(member("class"), 4), steps = shape(member("steps"), 1);
  const auto bounded = [&](std::string_view part, std::size_t value, std::size_t least, std::size_t most) {
    if (value < least || value > most)
      throw InputError(name + ":" + std::string(part) + ": " + std::to_string(value) + " is outside " +
                       std::to_string(least) + ".." + std::to_string(most));
    return int(value);
  };
  n.shape.width = bounded("input", input[1], NetworkShape::kLeastWidth, NetworkShape::kMostWidth);
  n.shape.layers = bounded("class", classes[1], 1, NetworkShape::kMostLayers);
  n.shape.classes = bounded("class", classes[2], 2, std::size_t(Mixture::kMaxClasses) + 1) - 1;
  n.snapshots.resize(std::size_t(bounded("steps", steps[0], 1, Network::kMostSnapshots)));
  for (std::size_t i = 0; i < n.snapshots.size(); ++i) {
    const float step = member("steps").values[i];
    if (!(step >= 0 && step <= 1e9f) || step != std::floor(step))
      throw InputError(name + ":steps: [" + std::to_string(i) + "] is no number of steps");
    n.snapshots[i].step = int(step);
  }
  for (const NetworkPart& p : networkParts(n.shape)) {
    const NamedArray& a = member(p.name);
    std::vector<std::size_t> needed = p.shape;
    needed.insert(needed.begin(), n.snapshots.size());
    if (a.shape != needed)
      throw InputError(name + ":" + a.name + ": has the shape " + shapeText(a.shape) + "; " + shapeText(needed) +
                       " is needed");
    for (std::size_t i = 0; i < n.snapshots.size(); ++i)
      n.snapshots[i].weights.insert(n.snapshots[i].weights.end(), a.values.begin() + std::ptrdiff_t(i * p.count),
                                    a.values.begin() + std::ptrdiff_t((i + 1) * p.count));
  }
  if (const NamedArray* training = find(arrays, "meta.json")) n.training = training->text;
  try {
    check(n);
  } catch (const std::invalid_argument& e) {
    throw InputError(name + ":" + e.what());
  }
  return n;
}

std::vector<std::string> suppliedNetworks() {
  std::vector<std::string> out;
  for (std::string_view name : assetNames(kFolder)) {
    if (!name.ends_with(kEnding)) continue;
    name.remove_prefix(kFolder.size()), name.remove_suffix(kEnding.size());
    out.emplace_back(name);
  }
  return out;
}

NetworkFile readNetwork(NetworkFile n, const std::string& folder, std::vector<std::string>& warnings,
                        std::stop_token stop) {
  const std::string supplied = suppliedAsset(n.file);
  try {
    std::string bytes;
    if (supplied.empty()) {
      n.file = foundFile(n.file, folder);
      bytes = readWhole(n.file);
    } else {
      bytes = asset(supplied);
    }
    const std::string name = std::filesystem::path(n.file).filename().string(), sum = sha256(bytes);
    Network read = isScriptFile(n.file) ? scriptFrom(bytes, name, sum, std::move(stop))
                                        : networkFrom(readArrays(bytes, name), name);
    if (!n.sha256.empty() && n.sha256 != sum)
      warnings.push_back(n.file + ": is another network than when this session was made (its SHA-256 has changed)");
    n.sha256 = sum;
    n.network = Box<Network>(std::move(read));
  } catch (const InputError& e) {
    Network none;
    none.problem = e.what();
    warnings.push_back(none.problem);
    n.network = Box<Network>(std::move(none));
  }
  return n;
}

bool isNetworkFile(const std::string& path) {
  if (!path.ends_with(".npz") && !path.ends_with(".NPZ")) return false;
  try {
    // The directory at the file's end names its members; their data need not be read for that.
    return readWhole(path).find("network.json.npy") != std::string::npos;
  } catch (const InputError&) {
    return false;
  }
}

bool isScriptFile(const std::string& path) {
  return path.ends_with(".pt") || path.ends_with(".pth") || path.ends_with(".ts");
}

void readScriptsBy(ScriptReader reader) { scriptReader() = std::move(reader); }

void readNetworks(Session& s, const std::string& folder, std::vector<std::string>& warnings, std::stop_token stop) {
  std::vector<std::pair<NetworkFile, NetworkFile>> done;  // as asked for, and as read; its snapshot is its own
  forNetworks(s, [&](NetworkFile& n) {
    if (!n || n.network) return;
    NetworkFile asked = n;
    asked.snapshot = -1;
    auto known = std::find_if(done.begin(), done.end(), [&](const auto& pair) { return pair.first == asked; });
    if (known == done.end()) known = done.insert(done.end(), {asked, readNetwork(asked, folder, warnings, stop)});
    const int snapshot = n.snapshot;
    n = known->second;
    n.snapshot = snapshot;
  });
}

bool networksRead(const Session& s) {
  bool all = true;
  forNetworks(s, [&](const NetworkFile& n) { all = all && (!n || n.network); });
  return all;
}

void requireNetworks(const Session& s) {
  const auto require = [](const NetworkFile& n, const std::string& path) {
    if (!n) return;
    if (n.network && !n.network->problem.empty()) throw InputError(path + ": " + n.network->problem);
    if (!isScriptFile(n.file)) return;
    if (!n.network) throw InputError(path + ": '" + n.file + "' has not been read");
    if (sha256(readWhole(n.file)) != n.sha256)
      throw InputError(path + ": " + n.file + ": has changed since it was opened; open it again");
  };
  for (std::size_t k = 0; k < s.panes.size(); ++k) {
    const Experiment& e = s.panes[k];
    const std::string pane = "panes." + std::to_string(k) + ".";
    require(e.model.network, pane + "model.network");
    for (std::size_t i = 0; i < e.guidance.size(); ++i)
      require(e.guidance[i].network, pane + "guidance." + std::to_string(i) + ".network");
  }
}

}  // namespace gs
