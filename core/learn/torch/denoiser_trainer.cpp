// Denoisers and reward-weighted denoisers in LibTorch: denoising score matching behind EDM's preconditioning.
//
// With the loss weight of 2206.00364, table 1, the loss of D is that of the raw network F:
//     E w(x0) |F(toInput (y - center)) - target|^2, target = (x0 - center - c_skip (y - center)) / c_out
// w = 1, or r(x0) over its mean in the batch: then the minimiser is E[r x0 | y] / E[r | y] (2512.04985, trajectory-free
// training; w is the same at all noise levels).
#include <ATen/ATen.h>
#include <torch/autograd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numbers>
#include <optional>
#include <random>

#include "data/distributions.h"
#include "data/expression.h"
#include "data/networks.h"
#include "data/points.h"
#include "data/sha256.h"
#include "learn/torch/trainers.h"

namespace gs {
namespace {

constexpr double kSigmaMin = 0.002, kSigmaMax = 80;

// Random numbers of a step: a generator that is seeded by what it is for, so that nothing need be remembered.
class StepRandom {
 public:
  StepRandom(std::uint32_t seed, std::uint32_t what, std::uint32_t step)
      : state_(mixed(mixed(std::uint64_t(seed) << 32 | step) + what)) {}
  std::uint64_t next() { return mixed(state_ += 0x9E3779B97F4A7C15u); }  // splitmix64
  double uniform() { return (double(next() >> 11) + .5) / 9007199254740992.; }
  Vec2 normals() {
    const double r = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
    return {r * std::cos(angle), r * std::sin(angle)};
  }

 private:
  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  std::uint64_t state_;
};

// Data points with their labels: draws of the law, or points that were there.
class DenoiserData {
 public:
  DenoiserData(const LearnRequest& r, std::shared_ptr<const Mixture> law) : law_(std::move(law)) {
    double sum = 0;
    for (const Component& c : law_->components) below_.push_back(sum += c.weight);
    const Distribution& d = r.experiment.distribution;
    if (d.kind == DistributionKind::Points && !d.file.empty()) readOwn(d, r.resume);
    if (r.net.points > 0) {
      StepRandom random(r.net.seed, kFinite, 0);
      std::vector<Vec2> points;
      std::vector<int> labels;
      for (int i = 0; i < r.net.points; ++i) {
        int label;
        points.push_back(draw(random, label));
        labels.push_back(label);
      }
      points_ = std::move(points), labels_ = std::move(labels);
    }
  }
  Vec2 draw(StepRandom& random, int& label) const {
    if (!points_.empty()) {
      const std::size_t i = std::min(points_.size() - 1, std::size_t(random.uniform() * double(points_.size())));
      label = labels_[i];
      return points_[i];
    }
    const auto at = std::lower_bound(below_.begin(), below_.end(), random.uniform() * below_.back());
    const Component& c = law_->components[std::size_t(std::min(at, below_.end() - 1) - below_.begin())];
    label = c.label;
    const double l11 = std::sqrt(c.covariance.xx), l21 = c.covariance.xy / l11,
                 l22 = std::sqrt(std::max(0., c.covariance.yy - l21 * l21));
    const Vec2 z = random.normals();
    return c.mean + Vec2(l11 * z.x, l21 * z.x + l22 * z.y);
  }
  // How many points of a file it draws from, 0: of the law fitted to them; none: there is no such file.
  const std::optional<std::size_t>& ofFile() const { return ofFile_; }
  const std::string& instead() const { return instead_; }  // what stands for points that are not there, and why

  static constexpr const char* kPoints = "points";  // of a state: ofFile() as the training began

 private:
  // The points of a file themselves, where it is still the one that was fitted; else what was fitted stands for them.
  // A training goes on with what it began with.
  void readOwn(const Distribution& d, const Arrays& resume) {
    const NamedArray* points = find(resume, kPoints);
    if (find(resume, "step") && (!points || points->values.empty()))
      throw LearnError("the checkpoint does not say whether this training began with the points of " + d.file +
                       " or with the law fitted to them; begin it anew");
    const std::string law = "the law fitted to its points: ";
    ofFile_ = 0;
    if (points && points->values[0] == 0) {
      instead_ = law + "this training began with that";
      return;
    }
    try {
      const std::string bytes = readWhole(d.file);  // once: what is drawn from is what the sum is of
      if (sha256(bytes) != d.sha256) throw InputError(d.file + ": is another file than was fitted");
      PointSet set = parsePoints(bytes, std::filesystem::path(d.file).filename().string());
      points_ = std::move(set.points), labels_ = std::move(set.labels);
      ofFile_ = points_.size();
    } catch (const InputError& e) {
      if (points) throw LearnError(std::string(e.what()) + "; this training began with its points");
      instead_ = law + e.what();
    }
  }

  static constexpr std::uint32_t kFinite = 2;
  std::shared_ptr<const Mixture> law_;
  std::vector<double> below_;
  std::vector<Vec2> points_;
  std::vector<int> labels_;
  std::optional<std::size_t> ofFile_;
  std::string instead_;
};

bool isReward(double log) { return log > kNoReward / 2; }

// The reward of the scene's first reward term.
LogReward rewardOf(const Experiment& e, std::shared_ptr<const Mixture> law, const DenoiserData& data) {
  const auto term =
      std::find_if(e.guidance.begin(), e.guidance.end(), [](const Term& t) { return t.kind == TermKind::Reward; });
  if (term == e.guidance.end())
    throw std::invalid_argument(
        "guidance: has no reward term; a reward network is trained with the reward of the first");
  const std::string place = "guidance." + std::to_string(term - e.guidance.begin()) + ".reward";
  LogReward reward;
  if (term->reward.kind == RewardKind::Expression)
    reward = [formula = parseReward(term->reward.expression, e.condition), place](Vec2 x) {
      try {
        return formula(x);
      } catch (const InputError& error) {  // where it is negative, say
        throw std::invalid_argument(place + ".expression: " + error.what());
      }
    };
  else
    reward = [law, r = term->reward, condition = e.condition](Vec2 x) { return logReward(r, *law, condition, x); };
  constexpr int kTried = 20'000;
  constexpr std::uint32_t kTrial = 3;
  StepRandom random(1, kTrial, 0);
  for (int i = 0, label; i < kTried; ++i)
    if (isReward(reward(data.draw(random, label)))) return reward;
  throw std::invalid_argument(place + ": is 0 at 20 000 points of the data; there is nothing to learn from it");
}

NetworkShape shapeOf(const DenoiserSettings& s, const Mixture& law) {
  NetworkShape out;
  out.width = std::clamp((s.width + 3) / 4 * 4, NetworkShape::kLeastWidth, NetworkShape::kMostWidth);
  out.layers = s.layers;
  out.activation = s.activation;
  out.classes = law.classes();
  out.unconditional = s.dropout > 0;
  out.sigmaData = std::max(1e-6, std::sqrt(law.covariance().trace() / 2));
  // The same digits as in a file.
  out.center = law.mean();
  out.sigmaMin = kSigmaMin * out.sigmaData, out.sigmaMax = kSigmaMax * std::max(1., out.sigmaData);
  return out;
}

// Weights that a training begins with: uniform, of the spread that keeps the size of what goes through; F begins at 0.
std::vector<float> firstWeights(const NetworkShape& s, std::uint32_t seed) {
  std::vector<float> out(weightCount(s), 0.f);
  StepRandom random(seed, 0, 0);
  const auto fill = [&](const NetworkPart& p, double spread) {
    for (std::size_t i = 0; i < p.count; ++i) out[p.first + i] = float(spread * (2 * random.uniform() - 1));
  };
  const auto parts = networkParts(s);
  fill(parts[0], 2), fill(parts[1], std::sqrt(5. / s.width)), fill(parts[2], 1);
  fill(parts[3], .3), fill(parts[4], .3);
  return out;
}

at::Tensor flat(const std::vector<float>& v) {
  at::Tensor t = at::empty({std::int64_t(v.size())}, at::ScalarType::Float);
  std::copy(v.begin(), v.end(), t.data_ptr<float>());
  return t;
}
std::vector<float> numbers(const at::Tensor& of) {
  const at::Tensor t = of.cpu();
  return {t.data_ptr<float>(), t.data_ptr<float>() + t.numel()};
}

// A card begins to pay where a step takes the processor much longer than the card's start of some hundred kernels.
constexpr double kProductsForCuda = 1e9;

at::Device deviceFor(const DenoiserSettings& s) {
  const double products = 3. * s.batch * s.width * s.width * s.layers;
  const bool there = at::hasCUDA();
  if (s.device == Device::Cuda && !there)
    throw LearnError(
        "device: this LibTorch finds no CUDA (no NVIDIA card, or built without it); 'auto' trains on the "
        "processor");
  const bool cuda = s.device == Device::Cuda || (s.device == Device::Auto && there && products >= kProductsForCuda);
  return cuda ? at::Device(at::kCUDA) : at::Device(at::kCPU);
}

at::Tensor activated(Activation a, const at::Tensor& x) {
  return a == Activation::Silu ? at::silu(x) : a == Activation::Relu ? at::relu(x) : at::tanh(x);
}

// F of rows in [n][2] with features phi [n][9] and class rows [n]; w: all weights in one row.
at::Tensor rawNetwork(const NetworkShape& s, const at::Tensor& w, const at::Tensor& in, const at::Tensor& phi,
                      const at::Tensor& rows) {
  const auto parts = networkParts(s);
  const auto part = [&](std::size_t i) {
    std::vector<std::int64_t> shape(parts[i].shape.begin(), parts[i].shape.end());
    return w.narrow(0, std::int64_t(parts[i].first), std::int64_t(parts[i].count)).reshape(shape);
  };
  const at::Tensor hidden = part(1), bias = part(2), noise = part(3), classes = part(4);
  at::Tensor h = in;
  for (int l = 0; l < s.layers; ++l) {
    const at::Tensor shift = at::linear(phi, noise[l], bias[l]) + classes[l].index_select(0, rows);
    h = activated(s.activation, at::linear(h, l == 0 ? part(0) : hidden[l - 1]) + shift);
  }
  return at::linear(h, part(5), part(6));
}

class DenoiserTrainer final : public Trainer {
 public:
  explicit DenoiserTrainer(const LearnRequest& r)
      : settings_(r.net),
        law_(resolve(r.experiment.distribution)),
        data_(r, law_),
        shape_(shapeOf(r.net, *law_)),
        device_(deviceFor(r.net)) {
    if (settings_.steps < 1) throw std::invalid_argument("steps: " + std::to_string(settings_.steps) + " is below 1");
    if (settings_.batch < 1) throw std::invalid_argument("batch: " + std::to_string(settings_.batch) + " is below 1");
    if (shape_.layers < 1 || shape_.layers > NetworkShape::kMostLayers)
      throw std::invalid_argument("layers: " + std::to_string(shape_.layers) + " is outside 1..8");
    if (r.kind == LearnKind::Reward) reward_ = rewardOf(r.experiment, law_, data_);
    const auto known = [&](const char* name, const std::vector<float>& fresh) {
      const NamedArray* a = find(r.resume, name);
      if (a && a->values.size() != fresh.size())
        throw LearnError(std::string(name) + ": has " + std::to_string(a->values.size()) + " numbers, not " +
                         std::to_string(fresh.size()) + "; was it trained with other settings?");
      return flat(a ? a->values : fresh).to(device_);
    };
    const std::vector<float> first = firstWeights(shape_, settings_.seed);
    const std::vector<float> nothing(first.size(), 0.f);
    weights_ = known("weights", first).requires_grad_(true);
    average_ = known("average", first);
    first_ = known("adam.first", nothing), second_ = known("adam.second", nothing);
    if (!r.resume.empty()) {
      const NamedArray* step = find(r.resume, "step");
      if (!step || step->values.empty()) throw LearnError("there is nothing to resume from: the training was finished");
      step_ = int(step->values[0]);
      const Network before = networkFrom(r.resume, "checkpoint");
      if (!(before.shape == shape_)) throw LearnError("network.json: was trained with other settings");
      for (const Network::Snapshot& s : before.snapshots)
        if (isKept(s.step)) kept_.push_back(s);
    }
  }

  int step() const override { return step_; }
  int steps() const override { return settings_.steps; }
  std::string device() const override { return device_.is_cuda() ? "CUDA" : "CPU, 1 thread"; }
  std::string instead() const override { return data_.instead(); }

  double advance() override {
    const std::int64_t n = settings_.batch;
    using at::ScalarType;
    constexpr std::int64_t kFeatures = NetworkShape::kNoiseFeatures;
    at::Tensor in = at::empty({n, 2}, ScalarType::Float), phi = at::empty({n, kFeatures}, ScalarType::Float),
               rows = at::empty({n}, ScalarType::Long), target = at::empty({n, 2}, ScalarType::Float),
               weight = at::empty({n, 1}, ScalarType::Float);
    StepRandom random(settings_.seed, 1, std::uint32_t(step_));
    const double sd = shape_.sigmaData, mean = std::log(sd) + settings_.noiseMean;
    std::vector<double> logs;
    for (std::int64_t i = 0; i < n; ++i) {
      int label;
      const Vec2 x0 = data_.draw(random, label) - shape_.center;
      const double sigma =
          std::clamp(std::exp(mean + settings_.noiseSpread * random.normals().x), shape_.sigmaMin, shape_.sigmaMax);
      const Vec2 y = x0 + sigma * random.normals();
      const bool hidden = random.uniform() < settings_.dropout;
      const double whole = std::hypot(sigma, sd), skip = sd / whole * (sd / whole), out = sigma * sd / whole;
      const auto features = noiseFeatures(shape_, sigma);
      std::copy(features.begin(), features.end(), phi.data_ptr<float>() + i * kFeatures);
      for (int k = 0; k < 2; ++k) {
        in.data_ptr<float>()[2 * i + k] = float(y[k] / whole);
        target.data_ptr<float>()[2 * i + k] = float((x0[k] - skip * y[k]) / out);
      }
      rows.data_ptr<std::int64_t>()[i] = hidden ? shape_.classes : label;
      if (reward_) logs.push_back(reward_(x0 + shape_.center));
    }
    if (!weigh(logs, weight)) return moveOn(0);
    const at::Tensor f = rawNetwork(shape_, weights_, in.to(device_), phi.to(device_), rows.to(device_));
    const at::Tensor loss = ((f - target.to(device_)).square() * weight.to(device_)).mean();
    const double value = loss.item<double>();
    const at::Tensor g = torch::autograd::grad({loss}, {weights_})[0];
    const at::NoGradGuard off;
    if (!std::isfinite(value) || !std::isfinite(g.abs().max().item<double>()))
      throw LearnError("the loss is not finite at step " + std::to_string(step_ + 1) +
                       "; the weights of the step before are kept. A smaller learning rate may help.");
    // Adam (1412.6980, alg. 1); the rate falls along half a cosine.
    constexpr double kFirst = 0.9, kSecond = 0.99, kTiny = 1e-8;
    const double k = step_ + 1;
    const double rate = settings_.rate * (.5 + .5 * std::cos(std::numbers::pi * step_ / double(settings_.steps)));
    first_.mul_(kFirst).add_(g, 1 - kFirst);
    second_.mul_(kSecond).addcmul_(g, g, 1 - kSecond);
    weights_.addcdiv_(first_, second_.div(1 - std::pow(kSecond, k)).sqrt_().add_(kTiny),
                      -rate / (1 - std::pow(kFirst, k)));
    // A power of the steps as weights of the average (2312.02696, section 3.1): it remembers the same share of any
    // time.
    const double fresh = settings_.average > 0 ? std::min(1., 1 / (settings_.average * k)) : 1;
    average_.add_(weights_ - average_, fresh);
    return moveOn(value);
  }

  Arrays state() const override {
    Network n;
    n.shape = shape_;
    n.snapshots = kept_;
    if (kept_.empty() || kept_.back().step != step_) n.snapshots.push_back({step_, numbers(average_)});
    Arrays out = arraysOf(n);
    if (step_ >= steps()) return out;  // nothing is left to go on with
    const std::size_t count = weightCount(shape_);
    out.push_back({"weights", {count}, numbers(weights_.detach()), {}});
    out.push_back({"average", {count}, numbers(average_), {}});
    out.push_back({"adam.first", {count}, numbers(first_), {}});
    out.push_back({"adam.second", {count}, numbers(second_), {}});
    out.push_back({"step", {1}, {float(step_)}, {}});
    if (data_.ofFile()) out.push_back({DenoiserData::kPoints, {1}, {float(*data_.ofFile())}, {}});
    return out;
  }

 private:
  double moveOn(double loss) {
    ++step_;
    if (isKept(step_)) kept_.push_back({step_, numbers(average_)});
    return loss;
  }
  // Snapshot i of s is that of step steps^(1 - ...): even ratios, from a two-hundredth of the training on.
  bool isKept(int step) const {
    const int most = std::clamp(settings_.snapshots, 1, Network::kMostSnapshots);
    for (int i = 0; i < most; ++i) {
      const double share = most == 1 ? 1 : double(i) / (most - 1);
      if (step == std::max(1, int(std::lround(settings_.steps * std::pow(200., share - 1))))) return true;
    }
    return false;
  }
  // r over its mean in the batch. False: r is nothing everywhere, and nothing is learned from the batch, not even by
  // what the optimiser remembers of others.
  static bool weigh(const std::vector<double>& logs, at::Tensor& weight) {
    if (logs.empty()) {
      weight.fill_(1);
      return true;
    }
    const double top = *std::max_element(logs.begin(), logs.end());
    if (!isReward(top)) return false;
    double sum = 0;
    for (const double l : logs) sum += std::exp(l - top);
    float* to = weight.data_ptr<float>();
    for (const double l : logs) *to++ = float(std::exp(l - top) * double(logs.size()) / sum);
    return true;
  }

  const DenoiserSettings settings_;
  const std::shared_ptr<const Mixture> law_;
  const DenoiserData data_;
  const NetworkShape shape_;
  const at::Device device_;
  LogReward reward_;
  at::Tensor weights_, average_, first_, second_;
  std::vector<Network::Snapshot> kept_;
  int step_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> makeDenoiserTrainer(const LearnRequest& r) { return std::make_unique<DenoiserTrainer>(r); }

namespace {

// noiseFeatures of sigma [n]: [n][9].
at::Tensor featuresOf(const NetworkShape& s, const at::Tensor& sigma) {
  const double lo = std::log(s.sigmaMin), hi = std::log(s.sigmaMax);
  const at::Tensor log = sigma.clamp(s.sigmaMin, s.sigmaMax).log().unsqueeze(1), place = (log - lo) / (hi - lo);
  std::vector<at::Tensor> columns{log / 4};
  for (int k = 1; k <= NetworkShape::kNoiseFeatures / 2; ++k) {
    const at::Tensor angle = place * (k * std::numbers::pi);
    columns.push_back(angle.cos());
    columns.push_back(angle.sin());
  }
  return at::cat(columns, 1);
}

// D of y [n][2] at noise levels sigma [n] for class rows [n], as any program with LibTorch would ask for it.
at::Tensor forward(const NetworkShape& s, const at::Tensor& w, const at::Tensor& y, const at::Tensor& sigma,
                   const at::Tensor& rows) {
  const at::Tensor center = flat({float(s.center.x), float(s.center.y)}), d = y - center;
  const at::Tensor whole = (sigma.square() + s.sigmaData * s.sigmaData).sqrt().unsqueeze(1);
  const at::Tensor skip = (s.sigmaData / whole).square(), out = sigma.unsqueeze(1) * s.sigmaData / whole;
  return center + skip * d + out * rawNetwork(s, w, d / whole, featuresOf(s, sigma), rows);
}

// Two denoisers guided along Heun's steps from 80 to 0.002, all in LibTorch's eager mode.
template <class Guided>
double bestOfThree(int particles, int steps, const Guided& guided) {
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 4; ++run) {  // the first one warms up
    const auto begin = std::chrono::steady_clock::now();
    at::Tensor y = 80 * at::ones({particles, 2});
    for (int i = 0; i < steps; ++i) {
      const auto sigmaAt = [&](int k) {
        return k == steps
                   ? 0
                   : std::pow(std::lerp(std::pow(80., 1. / 7), std::pow(.002, 1. / 7), k / double(steps - 1)), 7);
      };
      const double from = sigmaAt(i), to = sigmaAt(i + 1);
      const at::Tensor slope = (y - guided(y, from)) / from, end = y + (to - from) * slope;
      y = to > 0 ? y + (to - from) / 2 * (slope + (end - guided(end, to)) / to) : end;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (run > 0) best = std::min(best, seconds);
  }
  return best;
}

}  // namespace

std::vector<double> torchDenoiser(const NetworkFile& file, const std::vector<double>& queries) {
  const NetworkShape& s = file.network->shape;
  const std::int64_t n = std::int64_t(queries.size()) / 4;
  at::Tensor y = at::empty({n, 2}, at::ScalarType::Float), sigma = at::empty({n}, at::ScalarType::Float),
             rows = at::empty({n}, at::ScalarType::Long);
  for (std::int64_t i = 0; i < n; ++i) {
    const double* q = queries.data() + 4 * i;
    for (int k = 0; k < 2; ++k) y.data_ptr<float>()[2 * i + k] = float(q[k]);
    sigma.data_ptr<float>()[i] = float(q[2]);
    rows.data_ptr<std::int64_t>()[i] = q[3] < 0 ? s.classes : std::int64_t(q[3]);
  }
  const at::NoGradGuard off;
  const at::Tensor d = forward(s, flat(file.chosen().weights), y, sigma, rows).contiguous();
  return {d.data_ptr<float>(), d.data_ptr<float>() + 2 * n};
}

EagerSeconds torchEagerSeconds(const NetworkFile& main, const NetworkFile& weak, int particles, int steps,
                               int threads) {
  const at::NoGradGuard off;
  setTorchThreads(threads);
  EagerSeconds out;
  const at::Tensor a = flat(main.chosen().weights), b = flat(weak.chosen().weights);
  const at::Tensor rows = at::zeros({particles}, at::ScalarType::Long);
  out.forward = bestOfThree(particles, steps, [&](const at::Tensor& y, double sigma) {
    const at::Tensor level = at::full({particles}, sigma, at::ScalarType::Float);
    const at::Tensor d = forward(main.network->shape, a, y, level, rows);
    return d + 2 * (d - forward(weak.network->shape, b, y, level, rows));
  });
  // One who knows that all particles have one noise level and one class works their parts of the biases out once.
  const auto byHand = [](const NetworkFile& f, const at::Tensor& w, const at::Tensor& y, double sigma) {
    const NetworkShape& s = f.network->shape;
    const NetworkLevel level = networkLevel(s, f.chosen().weights, sigma, 0);
    const at::Tensor biases = flat({level.biases.begin(), level.biases.end()}).reshape({s.layers, s.width});
    const auto parts = networkParts(s);
    const auto part = [&](std::size_t i) {
      return w.narrow(0, std::int64_t(parts[i].first), std::int64_t(parts[i].count))
          .reshape(std::vector<std::int64_t>(parts[i].shape.begin(), parts[i].shape.end()));
    };
    const at::Tensor hidden = part(1);
    at::Tensor h = level.toInput * y;
    for (int l = 0; l < s.layers; ++l)
      h = activated(s.activation, at::linear(h, l == 0 ? part(0) : hidden[l - 1], biases[l]));
    return (1 + level.toPull) * y + level.toAnswer * at::linear(h, part(5), part(6));
  };
  out.byHand = bestOfThree(particles, steps, [&](const at::Tensor& y, double sigma) {
    const at::Tensor d = byHand(main, a, y, sigma);
    return d + 2 * (d - byHand(weak, b, y, sigma));
  });
  setTorchThreads(1);
  return out;
}

}  // namespace gs
