#include "learn/objective.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "data/expression.h"

namespace gs {
namespace {

// Uniform and normal numbers from a counter (SplitMix64, OOPSLA 2014): the same for the same step and item.
class ItemDraws {
 public:
  ItemDraws(std::uint32_t seed, int step, std::size_t item)
      : state_(mixed((std::uint64_t(seed) << 32) ^ std::uint64_t(std::uint32_t(step))) + 0x9E3779B97F4A7C15u * item) {}

  double uniform() {
    state_ += 0x9E3779B97F4A7C15u;
    return (double(mixed(state_) >> 11) + 0.5) * 0x1p-53;
  }
  Vec2 normal() {  // Box-Muller
    const double radius = std::sqrt(-2 * std::log(uniform())), turn = 2 * std::numbers::pi * uniform();
    return {radius * std::cos(turn), radius * std::sin(turn)};
  }

 private:
  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

class MixtureDenoiser final : public PairedDenoiser {
 public:
  MixtureDenoiser(const Flaws& flaws, std::shared_ptr<const Mixture> law) : flaws_(flaws), law_(std::move(law)) {
    rows_.resize(law_->components.size());
    exponent_.resize(rows_.size());
    for (int c = 0; c < law_->classes(); ++c) share_.push_back(law_->classProbability(c));
  }

  void answer(std::vector<Ask>& asks, int each) override {
    for (Ask& ask : asks) {
      const double sh = ask.level.ratio(), square = sh * sh;
      for (std::size_t k = 0; k < rows_.size(); ++k) {
        const Component& c = law_->components[k];
        const double wider = flaws_.broaden * flaws_.broaden + square, xx = c.covariance.xx + wider,
                     yy = c.covariance.yy + wider, xy = c.covariance.xy, det = xx * yy - xy * xy;
        rows_[k] = {c.mean, yy / det, -xy / det, xx / det, std::log(c.weight) - std::log(det) / 2};
      }
      const bool leaks = flaws_.leaks == kUnconditional || flaws_.leaks == ask.label;
      const double e = leaks ? flaws_.leak : 0, mix = leaks ? flaws_.leakDenoiser : 0;
      const double own = (1 - e) / share_[std::size_t(ask.label)];
      for (int j = 0; j < each; ++j) ask.out[j] = one(ask.x[j] / ask.level.alpha, square, ask.label, own, e, mix);
    }
  }

 private:
  struct Row {
    Vec2 mean;
    double pxx, pxy, pyy, logNorm;  // the inverse covariance
  };

  // y + sh^2 V / Z with Z = sum w N, V = sum w N C^-1 (mu - y); for the class, its density leak blended in, and for
  // all.
  Answer one(Vec2 y, double square, int label, double own, double e, double mix) {
    double most = -std::numeric_limits<double>::infinity(), mostOwn = most;
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      const Row& r = rows_[k];
      const double dx = y.x - r.mean.x, dy = y.y - r.mean.y;
      const double v = r.logNorm - (dx * (r.pxx * dx + 2 * r.pxy * dy) + r.pyy * dy * dy) / 2;
      exponent_[k] = v;
      most = std::max(most, v);
      if (law_->components[k].label == label) mostOwn = std::max(mostOwn, v);
    }
    // Where the class is far off, its terms are scaled by its own largest one.
    const double raised = e > 0 ? most : mostOwn;
    double z = 0, zOwn = 0;
    Vec2 v{0.0}, vOwn{0.0};
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      const Row& r = rows_[k];
      const double dx = r.mean.x - y.x, dy = r.mean.y - y.y;
      const Vec2 pull{r.pxx * dx + r.pxy * dy, r.pxy * dx + r.pyy * dy};
      const double w = std::exp(exponent_[k] - most);
      z += w, v += w * pull;
      if (law_->components[k].label != label) continue;
      const double o = raised == most ? w : std::exp(exponent_[k] - raised);
      zOwn += o, vOwn += o * pull;
    }
    const Vec2 all = v / z;
    Vec2 conditional = vOwn / zOwn;
    if (e > 0) conditional = (own * vOwn + e * v) / (own * zOwn + e * z);
    conditional = (1 - mix) * conditional + mix * all;
    return {y + square * conditional, square * (conditional - all)};
  }

  Flaws flaws_;
  std::shared_ptr<const Mixture> law_;
  std::vector<double> share_;
  std::vector<Row> rows_;
  std::vector<double> exponent_;
};

// A trained denoiser (diffusion/network.h), for all points of an item together.
class TrainedDenoiser final : public PairedDenoiser {
 public:
  explicit TrainedDenoiser(NetworkFile file) : file_(std::move(file)), parts_(networkParts(shape())) {}

  void answer(std::vector<Ask>& asks, int each) override {
    std::vector<Vec2> all(static_cast<std::size_t>(each));
    for (Ask& ask : asks) {
      conditional_.resize(all.size());
      denoise(ask, ask.label, conditional_);
      denoise(ask, kUnconditional, all);
      for (std::size_t j = 0; j < all.size(); ++j) ask.out[j] = {conditional_[j], conditional_[j] - all[j]};
    }
  }

 private:
  const NetworkShape& shape() const { return file_.network->shape; }

  void denoise(const Ask& ask, int label, std::vector<Vec2>& out) {
    const NetworkShape& s = shape();
    const std::vector<float>& weights = file_.chosen().weights;
    const NetworkLevel level = networkLevel(s, weights, ask.level.ratio(), label);
    const std::size_t w = std::size_t(s.width), n = out.size();
    const auto part = [&](std::size_t i) { return weights.data() + parts_[i].first; };
    const auto bent = [&](float v) {
      return s.activation == Activation::Silu   ? v / (1 + std::exp(-v))
             : s.activation == Activation::Relu ? std::max(0.f, v)
                                                : std::tanh(v);
    };
    // [neuron][point]: the inner loops run over the points.
    std::vector<float>&now = now_, &next = next_;
    now.resize(2 * n);
    for (std::size_t j = 0; j < n; ++j) {
      const Vec2 in = level.toInput * (ask.x[j] / ask.level.alpha - s.center);
      now[j] = float(in.x), now[n + j] = float(in.y);
    }
    std::size_t inputs = 2;
    for (std::size_t l = 0; l < std::size_t(s.layers); ++l) {
      const float* row = l == 0 ? part(0) : part(1) + (l - 1) * w * w;
      next.resize(w * n);
      for (std::size_t i = 0; i < w; ++i, row += inputs) {
        float* to = next.data() + i * n;
        std::fill_n(to, n, float(level.biases[l * w + i]));
        for (std::size_t k = 0; k < inputs; ++k)
          for (std::size_t j = 0; j < n; ++j) to[j] += row[k] * now[k * n + j];
        for (std::size_t j = 0; j < n; ++j) to[j] = bent(to[j]);
      }
      now.swap(next);
      inputs = w;
    }
    for (std::size_t j = 0; j < n; ++j) {
      Vec2 f{double(part(6)[0]), double(part(6)[1])};
      for (std::size_t k = 0; k < w; ++k)
        f += double(now[k * n + j]) * Vec2(double(part(5)[k]), double(part(5)[w + k]));
      const Vec2 y = ask.x[j] / ask.level.alpha;
      out[j] = y + level.toPull * (y - s.center) + level.toAnswer * f;
    }
  }

  NetworkFile file_;
  std::vector<NetworkPart> parts_;
  std::vector<Vec2> conditional_;
  std::vector<float> now_, next_;
};

// Somebody's own one (ScriptedDenoiser), likewise.
class ScriptedPair final : public PairedDenoiser {
 public:
  explicit ScriptedPair(Box<Network> network) : network_(std::move(network)) {}

  void answer(std::vector<Ask>& asks, int each) override {
    const std::size_t n = std::size_t(each);
    std::vector<float> y(2 * n), conditional(2 * n), all(2 * n);
    for (Ask& ask : asks) {
      for (std::size_t j = 0; j < n; ++j)
        for (int k = 0; k < 2; ++k) y[2 * j + std::size_t(k)] = float(ask.x[j][k] / ask.level.alpha);
      const double ratio = std::min(ask.level.ratio(), network_->shape.sigmaMax);
      network_->script->denoise(y.data(), each, ratio, ask.label, conditional.data());
      network_->script->denoise(y.data(), each, ratio, kUnconditional, all.data());
      for (std::size_t j = 0; j < n; ++j) {
        const Vec2 d{conditional[2 * j], conditional[2 * j + 1]};
        ask.out[j] = {d, d - Vec2{all[2 * j], all[2 * j + 1]}};
      }
    }
  }

 private:
  Box<Network> network_;
};

[[noreturn]] void rejectOmega(const std::string& what) { throw std::invalid_argument("omega." + what); }

bool isOnLine(const Mixture& m) {
  return std::all_of(m.components.begin(), m.components.end(),
                     [](const Component& c) { return c.mean.y == 0 && c.covariance.xy == 0 && c.covariance.yy == 1; });
}

// |d|^beta and beta |d|^(beta - 2), which is left out where d is next to nothing.
struct Power {
  double value, slope;
};
Power powerOf(double square, double beta) {
  constexpr double kLeast = 1e-16;
  if (beta == 2) return {square, 2};
  if (square < kLeast) return {0, 0};
  if (beta == 1) {
    const double root = std::sqrt(square);
    return {root, 1 / root};
  }
  const double value = std::pow(square, beta / 2);
  return {value, beta * value / square};
}

double dot2(Vec2 a, Vec2 b) { return a.x * b.x + a.y * b.y; }

}  // namespace

StepKernel stepKernel(NoiseLevel s, NoiseLevel t, double churn) {
  const double signal = t.alpha / s.alpha, noise = s.sigma / t.sigma, fresh = churn * churn;
  const auto r = [&](int i, int j) { return std::pow(signal, i) * std::pow(noise, j); };
  StepKernel k;
  k.a = fresh * r(1, 2) + (1 - fresh) * r(0, 1);
  k.b = s.alpha * (1 - fresh * r(2, 2) - (1 - fresh) * r(1, 1));
  const double kept = fresh * r(1, 1) + (1 - fresh);
  k.variance = std::max(0., s.sigma * s.sigma * (1 - kept * kept));
  return k;
}

std::unique_ptr<PairedDenoiser> pairedDenoiser(const Experiment& e, std::shared_ptr<const Mixture> law) {
  if (law->classes() < 2)
    throw std::invalid_argument(
        "distribution: has one class only, for which both denoisers are the same; a guidance weight cannot be learned");
  if (const NetworkFile& n = e.model.network) {
    if (!n.network) throw std::invalid_argument("model.network: '" + n.file + "' has not been read");
    if (!n.network->problem.empty()) throw std::invalid_argument("model.network: " + n.network->problem);
    const bool code = n.network->script != nullptr;
    if (code ? n.network->shape.classes < law->classes() : n.network->shape.classes != law->classes())
      throw std::invalid_argument("model.network: '" + n.file + (code ? "' knows " : "' was trained for ") +
                                  std::to_string(n.network->shape.classes) + " classes; the distribution has " +
                                  std::to_string(law->classes()));
    if (!n.network->shape.unconditional)
      throw std::invalid_argument("model.network: was trained without label dropout: it knows no unconditional law");
    if (code) return std::make_unique<ScriptedPair>(n.network);
    return std::make_unique<TrainedDenoiser>(n);
  }
  return std::make_unique<MixtureDenoiser>(e.model, std::move(law));
}

OmegaBatch::Loss OmegaBatch::loss(std::size_t item, double omega) const {
  const std::size_t m = std::size_t(particles), first = item * m;
  const Vec2 *const from = base.data() + first, *const to = target.data() + first, *const along = push.data() + first;
  Loss out;
  const auto pull = [&](std::size_t j, std::size_t k, double share) {
    const Vec2 d = from[j] + omega * along[j] - to[k];
    const Power p = powerOf(dot2(d, d), beta);
    out.value += share * p.value;
    out.gradient += share * p.slope * dot2(d, along[j]);
  };
  if (paired)
    for (std::size_t j = 0; j < m; ++j) pull(j, j, 1. / double(m));
  else
    for (std::size_t j = 0; j < m; ++j)
      for (std::size_t k = 0; k < m; ++k) pull(j, k, 1. / double(m * m));
  if (lambda > 0 && m > 1) {
    const double share = lambda / double(m * (m - 1));  // of each pair once, half of the sum over both orders
    for (std::size_t j = 0; j < m; ++j)
      for (std::size_t k = 0; k < j; ++k) {
        const Vec2 e = from[j] - from[k] + omega * (along[j] - along[k]);
        const Power p = powerOf(dot2(e, e), beta);
        out.value -= share * p.value;
        out.gradient -= share * p.slope * dot2(e, along[j] - along[k]);
      }
  }
  if (reward > 0) {
    const LogReward& logReward = rewards[std::size_t(items[item].label)];
    for (std::size_t j = first; j < first + m; ++j) {
      const Vec2 at = answer[j] + omega * difference[j];
      const double length = std::sqrt(dot2(difference[j], difference[j])), h = 1e-4;
      out.value -= reward / double(m) * logReward(at);
      if (length < 1e-12) continue;
      const Vec2 ahead = h / length * difference[j];
      out.gradient -= reward / double(m) * length * (logReward(at + ahead) - logReward(at - ahead)) / (2 * h);
    }
  }
  return out;
}

OmegaObjective::OmegaObjective(const Experiment& e, std::shared_ptr<const Mixture> mixture,
                               const OmegaSettings& settings)
    : mixture_(std::move(mixture)), schedule_(e.schedule), settings_(settings) {
  const OmegaSettings& o = settings_;
  if (o.particles < 2) rejectOmega("particles: at least 2 are needed, since they are compared with each other");
  if (o.batch < 1) rejectOmega("batch: is empty");
  if (!(o.least > 0) || !(o.end > 0) || !(o.apart > 0) || !(o.least + o.apart + o.end < 1))
    rejectOmega("apart: between the least time " + std::to_string(o.least) + " and " + std::to_string(1 - o.end) +
                " no step is that long");
  if (!(o.beta > 0 && o.beta <= 2)) rejectOmega("beta: is outside 0..2");
  if (!(o.lambda >= 0 && o.lambda <= 1)) rejectOmega("lambda: is outside 0..1");
  model_ = pairedDenoiser(e, mixture_);
  onLine_ = isOnLine(*mixture_);
  double sum = 0;
  for (const Component& c : mixture_->components) below_.push_back(sum += c.weight);
  if (o.rewardWeight > 0 && o.reward.kind == RewardKind::HalfPlane)
    rejectOmega("reward.kind: a half-plane is flat on both sides, which gives nothing to climb; a ramp does");
  if (o.rewardWeight > 0)
    for (int c = 0; c < mixture_->classes(); ++c)
      rewards_.push_back(o.reward.kind == RewardKind::Expression ? parseReward(o.reward.expression, c)
                                                                 : LogReward([law = mixture_, r = o.reward, c](Vec2 x) {
                                                                     // A cost is lowered.
                                                                     const double value = gs::logReward(r, *law, c, x);
                                                                     return r.kind == RewardKind::Cost ? -value : value;
                                                                   }));
}

NoiseLevel OmegaObjective::levelAt(double t) const {
  if (schedule_.kind == ScheduleKind::Edm) return {1 - t, t};
  return gs::levelAt(schedule_, t);
}

OmegaBatch OmegaObjective::batch(int step, std::optional<std::array<double, 2>> pair) const {
  const OmegaSettings& o = settings_;
  const std::size_t n = std::size_t(o.batch), m = std::size_t(o.particles);
  OmegaBatch b;
  b.particles = o.particles;
  b.beta = o.loss == OmegaLoss::Squares || o.loss == OmegaLoss::Score ? 2 : o.beta;
  b.lambda = o.loss == OmegaLoss::Squares || o.loss == OmegaLoss::Score ? 0 : o.lambda;
  b.paired = o.loss == OmegaLoss::Score || o.sharedNoise;
  b.reward = o.rewardWeight;
  b.items.resize(n);
  b.base.resize(n * m), b.push.resize(n * m), b.target.resize(n * m);
  std::vector<Vec2> noisy(n * m), fresh(n * m);
  std::vector<PairedDenoiser::Answer> answers(n * m);
  std::vector<PairedDenoiser::Ask> asks(n);
  std::vector<StepKernel> kernels(n);
  for (std::size_t i = 0; i < n; ++i) {
    ItemDraws draw(o.seed, step, i);
    OmegaBatch::Item& item = b.items[i];
    const auto component = [&](double u) -> const Component& {
      const auto at = std::upper_bound(below_.begin(), below_.end(), u * below_.back());
      return mixture_->components[std::size_t(std::min(at, below_.end() - 1) - below_.begin())];
    };
    const auto point = [&](const Component& c) {
      const Vec2 z = draw.normal();
      const Sym2& s = c.covariance;
      const double l11 = std::sqrt(s.xx), l21 = s.xy / l11, l22 = std::sqrt(std::max(0., s.yy - l21 * l21));
      return c.mean + Vec2(l11 * z.x, l21 * z.x + l22 * z.y);
    };
    const Component& chosen = component(draw.uniform());
    item.label = chosen.label;
    item.x0 = point(chosen);
    const double u = draw.uniform(), v = draw.uniform();
    item.s = pair ? (*pair)[0] : o.least + u * (1 - o.end - o.apart - o.least);
    item.t = pair ? (*pair)[1] : item.s + o.apart + v * (1 - o.end - item.s - o.apart);
    const NoiseLevel s = levelAt(item.s), t = levelAt(item.t);
    item.snrS = -2 * std::log(s.ratio()), item.snrT = -2 * std::log(t.ratio());
    kernels[i] = stepKernel(s, t, o.churn);
    // For the marginals every particle has a data point of the class of its own, and every target another one.
    const auto ofClass = [&] {
      for (;;)
        if (const Component& c = component(draw.uniform()); c.label == item.label) return point(c);
    };
    for (std::size_t j = 0; j < m; ++j) {
      const std::size_t at = i * m + j;
      const bool own = o.loss == OmegaLoss::Marginal;
      const Vec2 x0 = own && j > 0 ? ofClass() : item.x0, z = draw.normal();
      noisy[at] = t.alpha * x0 + t.sigma * z;
      b.target[at] = o.loss == OmegaLoss::Score
                         ? x0
                         : s.alpha * (own ? ofClass() : x0) + s.sigma * (o.sharedNoise ? z : draw.normal());
      fresh[at] = kernels[i].variance > 0 ? std::sqrt(kernels[i].variance) * draw.normal() : Vec2(0.0);
    }
    asks[i] = {t, item.label, noisy.data() + i * m, answers.data() + i * m};
  }
  model_->answer(asks, int(m));
  const bool score = o.loss == OmegaLoss::Score;
  for (std::size_t at = 0; at < n * m; ++at) {
    const StepKernel& k = kernels[at / m];
    const PairedDenoiser::Answer& d = answers[at];
    b.base[at] = score ? d.conditional : k.a * noisy[at] + k.b * d.conditional + fresh[at];
    b.push[at] = score ? d.difference : k.b * d.difference;
    if (onLine_) b.base[at].y = b.push[at].y = b.target[at].y = 0;
  }
  if (o.rewardWeight > 0) {
    b.answer.resize(n * m), b.difference.resize(n * m);
    for (std::size_t at = 0; at < n * m; ++at)
      b.answer[at] = answers[at].conditional, b.difference[at] = answers[at].difference;
    b.rewards = rewards_;
  }
  return b;
}

}  // namespace gs
