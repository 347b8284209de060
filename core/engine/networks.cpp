#include "engine/networks.h"

#include <algorithm>
#include <cmath>

namespace gs {
namespace {

constexpr std::size_t kTileOfOutputs = 4, kBlockHead = 8;  // kernels/mlp.inl
constexpr double kScriptRows = 10000;                      // of 4 layers of 64 in LibTorch's eager mode

std::size_t wholeRows(std::size_t numbers) { return (numbers + kNumbersOfRow - 1) / kNumbersOfRow; }

}  // namespace

std::size_t weightRows(const NetworkShape& s) {
  const std::size_t width = std::size_t(s.width);
  return wholeRows(2 * width + std::size_t(s.layers - 1) * width * width + 2 * width);
}
std::size_t blockRows(const NetworkShape& s) {
  return wholeRows(kBlockHead + std::size_t(s.layers) * std::size_t(s.width));
}
double networkRows(const Network& n) {
  if (n.script) return kScriptRows;
  const NetworkShape& s = n.shape;
  // Measured with AVX2 at width 64, and nearly so at others: a component is about 9 products of a matrix, an
  // activation 3 components.
  const double width = s.width, layers = s.layers;
  return ((layers - 1) * width * width + 4 * width) / 9 + 3 * layers * width;
}

std::size_t blockRow(const PlanModel& m, std::size_t level, int label) {
  const std::size_t of = std::size_t(std::find(m.labels.begin(), m.labels.end(), label) - m.labels.begin());
  const NetworkShape& shape = m.network.network->shape;
  return weightRows(shape) + (level * m.labels.size() + of) * blockRows(shape);
}

template <class T>
std::vector<T> networkNumbers(const PlanModel& m, const std::vector<double>& ratios) {
  if (m.network.network->script) return {};
  const NetworkShape& shape = m.network.network->shape;
  const std::vector<float>& weights = m.network.chosen().weights;
  const std::vector<NetworkPart> parts = networkParts(shape);
  const std::size_t width = std::size_t(shape.width), layers = std::size_t(shape.layers);
  std::vector<T> out;
  out.reserve((weightRows(shape) + ratios.size() * m.labels.size() * blockRows(shape)) * kNumbersOfRow);
  // [tile][input][4] of a matrix [output][input]
  const auto tiled = [&](std::size_t first, std::size_t inputs) {
    for (std::size_t tile = 0; tile < width; tile += kTileOfOutputs)
      for (std::size_t i = 0; i < inputs; ++i)
        for (std::size_t o = tile; o < tile + kTileOfOutputs; ++o) out.push_back(T(weights[first + o * inputs + i]));
  };
  const auto fill = [&] {
    while (out.size() % kNumbersOfRow != 0) out.push_back(T(0));
  };
  tiled(parts[0].first, 2);
  for (std::size_t l = 0; l + 1 < layers; ++l) tiled(parts[1].first + l * width * width, width);
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t o = 0; o < 2; ++o) out.push_back(T(weights[parts[5].first + o * width + i]));
  fill();
  for (std::size_t level = 0; level < ratios.size(); ++level)
    for (const int label : m.labels) {
      const double ratio = m.scale.empty() ? ratios[level] : ratios[level] * m.scale[level];
      const NetworkLevel at = networkLevel(shape, weights, ratio, label);
      for (const double v : {at.toInput, at.toPull, at.toAnswer, shape.center.x, shape.center.y,
                             double(weights[parts[6].first]), double(weights[parts[6].first + 1]), 0.})
        out.push_back(T(v));
      for (const double b : at.biases) out.push_back(T(b));
      fill();
    }
  return out;
}

template std::vector<float> networkNumbers<float>(const PlanModel&, const std::vector<double>&);
template std::vector<double> networkNumbers<double>(const PlanModel&, const std::vector<double>&);

}  // namespace gs
