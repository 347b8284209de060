#include "diffusion/network.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "diffusion/mixture.h"

namespace gs {

std::vector<NetworkPart> networkParts(const NetworkShape& s) {
  const std::size_t width = std::size_t(s.width), layers = std::size_t(s.layers), classes = std::size_t(s.classes);
  std::vector<NetworkPart> parts{{"input", {width, 2}},
                                 {"hidden", {layers - 1, width, width}},
                                 {"bias", {layers, width}},
                                 {"noise", {layers, width, NetworkShape::kNoiseFeatures}},
                                 {"class", {layers, classes + 1, width}},
                                 {"output", {2, width}},
                                 {"outputBias", {2}}};
  std::size_t at = 0;
  for (NetworkPart& p : parts) {
    p.first = at;
    p.count = 1;
    for (const std::size_t n : p.shape) p.count *= n;
    at += p.count;
  }
  return parts;
}

std::size_t weightCount(const NetworkShape& s) {
  const NetworkPart last = networkParts(s).back();
  return last.first + last.count;
}

void check(const Network& n) {
  const NetworkShape& s = n.shape;
  const auto fail = [](const std::string& what) { throw std::invalid_argument(what); };
  const auto whole = [&](const char* name, int value, int lo, int hi) {
    if (value < lo || value > hi)
      fail(std::string(name) + ": " + std::to_string(value) + " is outside " + std::to_string(lo) + ".." +
           std::to_string(hi));
  };
  whole("width", s.width, NetworkShape::kLeastWidth, NetworkShape::kMostWidth);
  if (s.width % 4 != 0) fail("width: " + std::to_string(s.width) + " is not a multiple of 4");
  whole("layers", s.layers, 1, NetworkShape::kMostLayers);
  whole("classes", s.classes, 1, Mixture::kMaxClasses);
  if (!(s.sigmaData > 0) || !std::isfinite(s.sigmaData)) fail("sigmaData: is not a positive number");
  if (!(s.sigmaMin > 0) || !(s.sigmaMax > s.sigmaMin) || !std::isfinite(s.sigmaMax))
    fail("sigmaMin, sigmaMax: are not a range of positive numbers");
  if (!std::isfinite(s.center.x) || !std::isfinite(s.center.y)) fail("center: is not finite");
  if (n.snapshots.empty()) fail("snapshots: there are none");
  whole("snapshots", int(n.snapshots.size()), 1, Network::kMostSnapshots);
  const std::vector<NetworkPart> parts = networkParts(s);
  const std::size_t count = parts.back().first + parts.back().count;
  for (std::size_t i = 0; i < n.snapshots.size(); ++i) {
    const std::vector<float>& w = n.snapshots[i].weights;
    const std::string place = "snapshot " + std::to_string(i) + ": ";
    if (w.size() != count) fail(place + "has " + std::to_string(w.size()) + " weights, not " + std::to_string(count));
    const auto bad = std::find_if(w.begin(), w.end(), [](float v) { return !std::isfinite(v); });
    if (bad == w.end()) continue;
    std::size_t at = std::size_t(bad - w.begin());
    for (const NetworkPart& p : parts) {
      if (at >= p.first + p.count) continue;
      at -= p.first;
      std::string index;
      for (std::size_t d = p.shape.size(); d-- > 0; at /= p.shape[d])
        index = std::to_string(at % p.shape[d]) + (index.empty() ? "" : ", ") + index;
      fail(place + std::string(p.name) + ": [" + index + "] is not finite");
    }
  }
}

const Network::Snapshot& NetworkFile::chosen() const {
  const std::vector<Network::Snapshot>& all = network->snapshots;
  return snapshot < 0 || std::size_t(snapshot) >= all.size() ? all.back() : all[std::size_t(snapshot)];
}

std::array<double, NetworkShape::kNoiseFeatures> noiseFeatures(const NetworkShape& s, double ratio) {
  const double lo = std::log(s.sigmaMin), hi = std::log(s.sigmaMax);
  const double log = std::log(std::clamp(ratio, s.sigmaMin, s.sigmaMax)), place = (log - lo) / (hi - lo);
  std::array<double, NetworkShape::kNoiseFeatures> phi{log / 4};
  for (int k = 1; k <= NetworkShape::kNoiseFeatures / 2; ++k) {
    phi[std::size_t(2 * k - 1)] = std::cos(k * std::numbers::pi * place);
    phi[std::size_t(2 * k)] = std::sin(k * std::numbers::pi * place);
  }
  return phi;
}

NetworkLevel networkLevel(const NetworkShape& s, std::span<const float> weights, double ratio, int label) {
  const double sd = s.sigmaData;
  NetworkLevel out{1 / sd, 0, 0, {}};
  if (std::isinf(ratio)) {
    out = {0, -1, sd, {}};
  } else {
    const double whole = std::hypot(ratio, sd);
    out.toInput = 1 / whole;
    out.toPull = -(ratio / whole) * (ratio / whole);
    out.toAnswer = ratio * sd / whole;
  }
  const std::vector<NetworkPart> parts = networkParts(s);
  const auto at = [&](std::size_t part, std::size_t i) { return double(weights[parts[part].first + i]); };
  const auto phi = noiseFeatures(s, ratio);
  const std::size_t width = std::size_t(s.width), rows = std::size_t(s.classes) + 1;
  const std::size_t row = label == kUnconditional ? rows - 1 : std::size_t(label);
  for (std::size_t l = 0; l < std::size_t(s.layers); ++l)
    for (std::size_t i = 0; i < width; ++i) {
      double b = at(2, l * width + i) + at(4, (l * rows + row) * width + i);
      for (std::size_t k = 0; k < phi.size(); ++k) b += at(3, (l * width + i) * phi.size() + k) * phi[k];
      out.biases.push_back(b);
    }
  return out;
}

}  // namespace gs
