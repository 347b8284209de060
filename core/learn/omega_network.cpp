#include "learn/omega_network.h"

#include <algorithm>
#include <cmath>

#include "data/distributions.h"
#include "data/npy.h"

namespace gs {
namespace {

// Of every array of the network, in the order of the files.
std::vector<NamedArray> emptyWeights(const OmegaSettings& o, int classes) {
  constexpr std::size_t e = OmegaNetwork::kEmbedding;
  const std::size_t w = std::size_t(o.width);
  std::vector<NamedArray> out;
  const auto add = [&](std::string name, std::vector<std::size_t> shape) {
    NamedArray& a = out.emplace_back();
    a.name = std::move(name), a.shape = std::move(shape);
    std::size_t count = 1;
    for (const std::size_t n : a.shape) count *= n;
    a.values.resize(count);
  };
  add("time.0.weight", {e, 1}), add("time.0.bias", {e});
  add("time.1.weight", {e, e}), add("time.1.bias", {e});
  add("class", {std::size_t(classes), e});
  for (int i = 0; i < o.depth; ++i) {
    const std::size_t in = i == 0 ? 3 * e : w, to = i + 1 == o.depth ? 1 : w;
    const std::string layer = "layer." + std::to_string(i);
    add(layer + ".weight", {to, in}), add(layer + ".bias", {to});
  }
  return out;
}

double silu(double x) { return x / (1 + std::exp(-x)); }

// y = W x + b, through SiLU or not.
std::vector<double> linear(const NamedArray& w, const NamedArray& b, const std::vector<double>& x, bool bend) {
  std::vector<double> y(b.values.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    double sum = double(b.values[i]);
    const float* row = w.values.data() + i * x.size();
    for (std::size_t j = 0; j < x.size(); ++j) sum += double(row[j]) * x[j];
    y[i] = bend ? silu(sum) : sum;
  }
  return y;
}

double kept(OmegaOutput output, double z) {
  if (output == OmegaOutput::Relu) return std::max(0., z);
  return z > 30 ? z : std::log1p(std::exp(z));
}

}  // namespace

OmegaNetwork OmegaNetwork::fresh(const OmegaSettings& o, int classes) {
  OmegaNetwork net{classes, o.width, o.depth, o.output, emptyWeights(o, classes)};
  std::uint64_t state = 0x6F6D656761u + (std::uint64_t(o.seed) << 40);
  const auto uniform = [&] {  // -1..1, SplitMix64
    state += 0x9E3779B97F4A7C15u;
    std::uint64_t z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return double((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
  };
  const std::string last = "layer." + std::to_string(o.depth - 1);
  for (NamedArray& a : net.weights) {
    const bool bias = a.name.ends_with(".bias");
    const double inputs = a.shape.size() < 2 ? kEmbedding : double(a.shape[1]);
    const double bound = (a.name.starts_with(last) ? 0.1 : 1) / std::sqrt(inputs);
    for (float& v : a.values) v = bias ? 0.f : float(bound * uniform());
    if (a.name == last + ".bias")
      a.values[0] = float(o.output == OmegaOutput::Relu ? o.bias : std::log(std::expm1(o.bias)));
  }
  return net;
}

OmegaNetwork OmegaNetwork::of(const OmegaSettings& o, int classes, const Arrays& arrays) {
  OmegaNetwork net{classes, o.width, o.depth, o.output, emptyWeights(o, classes)};
  for (NamedArray& a : net.weights) {
    const NamedArray* found = find(arrays, a.name);
    if (!found) throw InputError(a.name + ": is missing; a guidance network of this width and depth has it");
    if (found->shape != a.shape)
      throw InputError(a.name + ": has the shape " + shapeText(found->shape) + "; " + shapeText(a.shape) +
                       " is needed");
    a.values = found->values;
  }
  return net;
}

double OmegaNetwork::operator()(double snrS, double snrT, int label) const {
  std::vector<double> x;
  x.reserve(3 * std::size_t(kEmbedding));
  for (const double snr : {snrS, snrT}) {
    const std::vector<double> e =
        linear(weights[2], weights[3], linear(weights[0], weights[1], {snr / kSnrScale}, true), false);
    x.insert(x.end(), e.begin(), e.end());
  }
  const float* row = weights[4].values.data() + std::size_t(label) * std::size_t(kEmbedding);
  x.insert(x.end(), row, row + kEmbedding);
  for (int i = 0; i < depth; ++i) {
    const std::size_t at = 5 + 2 * std::size_t(i);
    x = linear(weights[at], weights[at + 1], x, i + 1 < depth);
  }
  return kept(output, x[0]);
}

LearnedWeights OmegaNetwork::table(const OmegaSettings& o, std::string name) const {
  LearnedWeights out;
  out.name = std::move(name);
  out.lo = o.least, out.hi = 1 - o.end, out.apart = o.apart;
  constexpr int kRows = LearnedWeights::kTimes, kColumns = LearnedWeights::kShares;
  std::vector<double> values;
  values.reserve(std::size_t(classes * kRows * kColumns));
  const auto snr = [&](double time) {
    const double t = std::clamp(time, out.lo, out.hi);
    return 2 * std::log((1 - t) / t);
  };
  for (int c = 0; c < classes; ++c)
    for (int i = 0; i < kRows; ++i)
      for (int j = 0; j < kColumns; ++j) {
        const double t = double(i) / (kRows - 1), s = t * j / (kColumns - 1);
        values.push_back((*this)(snr(s), snr(t), c));
      }
  encode(out, values);
  return out;
}

}  // namespace gs
