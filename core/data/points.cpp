#include "data/points.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "data/networks.h"
#include "data/sha256.h"
#include "session/classes.h"
#include "session/json.h"

namespace gs {

std::string inQuotes(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string out = "'";
  std::size_t shown = 0;
  for (const char c : text) {
    // Cut between characters: bytes 10xxxxxx go on with the one before.
    if (shown >= kMost && (static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      out += "...";
      break;
    }
    const unsigned char u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7F) {
      out += "\\x";
      out += "0123456789abcdef"[u >> 4];
      out += "0123456789abcdef"[u & 15];
    } else {
      out += c;
    }
    ++shown;
  }
  return out + "'";
}

std::string tooManyClasses() {
  return "would be class " + std::to_string(Mixture::kMaxClasses + 1) + "; at most " +
         std::to_string(Mixture::kMaxClasses) + " are possible";
}

std::optional<std::string> coordinateProblem(double value) {
  if (std::isnan(value)) return "is not a number (nan)";
  if (std::isinf(value)) return "is not finite";
  if (std::abs(value) > kMaxCoordinate) return "is outside -1000000..1000000; rescale the data";
  return {};
}

std::optional<int> LabelTable::number(std::string_view name) {
  if (const auto it = numbers_.find(name); it != numbers_.end()) return it->second;
  if (names_.size() >= std::size_t(Mixture::kMaxClasses)) return {};
  const int n = int(names_.size());
  names_.emplace_back(name);
  numbers_.emplace(name, n);
  return n;
}

void LabelTable::finish(PointSet& set) {
  std::vector<long long> values;
  for (const std::string& name : names_) {
    long long value = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (code == std::errc() && end == name.data() + name.size()) values.push_back(value);
  }
  set.classNames = std::move(names_);
  if (values.size() != set.classNames.size()) return;
  std::vector<int> order(values.size()), rank(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return values[std::size_t(a)] < values[std::size_t(b)]; });
  std::vector<std::string> sorted;
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[std::size_t(order[i])] = int(i);
    sorted.push_back(std::move(set.classNames[std::size_t(order[i])]));
  }
  set.classNames = std::move(sorted);
  for (int& label : set.labels) label = rank[std::size_t(label)];
}

void labelAll(PointSet& set) {
  set.classNames = {"all"};
  set.labelled = false;
  set.labels.assign(set.points.size(), 0);
}

std::string readWhole(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw InputError(path + ": there is no such file");
  // Also devices and pipes: they may never end.
  if (!std::filesystem::is_regular_file(status)) throw InputError(path + ": is not a file");
  const auto size = std::filesystem::file_size(path, error);
  if (error) throw InputError(path + ": cannot be read: " + error.message());
  if (size > kMaxPointsFile) throw InputError(path + ": has more than 64 MiB");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path + ": cannot be opened; is it allowed to be read?");
  std::string bytes(size, '\0');
  file.read(bytes.data(), std::streamsize(size));
  if (file.bad()) throw InputError(path + ": cannot be read");
  bytes.resize(std::size_t(file.gcount()));
  return bytes;
}

PointSet parsePoints(std::string_view bytes, const std::string& name) {
  const std::string_view file = name;
  const auto ends = [&](std::string_view lower, std::string_view upper) {
    return file.ends_with(lower) || file.ends_with(upper);
  };
  if (bytes.starts_with("\x93NUMPY") || ends(".npy", ".NPY")) return parseNpy(bytes, name);
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06") || ends(".npz", ".NPZ"))
    return parseNpz(bytes, name);
  return parseCsv(bytes, name);
}

PointSet readPoints(const std::string& path) {
  return parsePoints(readWhole(path), std::filesystem::path(path).filename().string());
}

Distribution importPoints(Distribution d, const FitWatch& watch) {
  const std::string bytes = readWhole(d.file);
  const PointSet set = parsePoints(bytes, std::filesystem::path(d.file).filename().string());
  d.kind = DistributionKind::Points;
  d.mixture = Box<Mixture>(fitMixture(set, d.fit, d.components, d.bandwidth, watch));
  d.classes.clear();
  if (set.labelled)
    for (const std::string& name : set.classNames) d.classes.push_back(classNameFrom(name));
  d.sha256 = sha256(bytes);
  return d;
}

std::string foundFile(const std::string& file, const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path path = fs::path(folder) / file;  // an absolute file stays as it is
  if (!fs::exists(path, ignored) && fs::exists(file, ignored)) path = file;
  const fs::path absolute = fs::absolute(path, ignored);
  return ignored ? path.string() : absolute.lexically_normal().string();
}

bool isComplete(const Session& s) {
  return networksRead(s) && std::none_of(s.panes.begin(), s.panes.end(), [](const Experiment& e) {
           return e.distribution.kind == DistributionKind::Points && !e.distribution.mixture;
         });
}

Completed completed(Session s, const std::string& folder, const FitWatch& watch) {
  Completed out;
  // Panes that compare one data law are fitted once.
  std::vector<std::pair<Distribution, Distribution>> done;
  for (Experiment& e : s.panes) {
    Distribution& d = e.distribution;
    if (d.kind != DistributionKind::Points || d.mixture) continue;
    const auto known = std::find_if(done.begin(), done.end(), [&](const auto& pair) { return pair.first == d; });
    if (known != done.end()) {
      d = known->second;
      continue;
    }
    const Distribution asked = d;
    d.file = foundFile(asked.file, folder);
    d = importPoints(std::move(d), watch);
    if (!asked.sha256.empty() && asked.sha256 != d.sha256)
      out.warnings.push_back(d.file + ": has changed since this session was made (its SHA-256 is another)");
    done.emplace_back(asked, d);
  }
  readNetworks(s, folder, out.warnings, watch.stop);
  if (!done.empty()) validate(s);  // the number of classes is known only now
  out.session = std::move(s);
  return out;
}

}  // namespace gs
