// The guidance network in LibTorch: its forward pass, automatic differentiation and Adam. What the loss wants of every
// weight comes from the objective, which costs no graph.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>

#include "data/distributions.h"
#include "learn/objective.h"
#include "learn/omega_network.h"
#include "learn/torch/trainers.h"

namespace gs {
namespace {

at::Tensor tensorOf(const NamedArray& a) {
  std::vector<std::int64_t> shape(a.shape.begin(), a.shape.end());
  at::Tensor t = at::empty(shape, at::ScalarType::Float);
  std::copy(a.values.begin(), a.values.end(), t.data_ptr<float>());
  return t;
}
void copyOut(const at::Tensor& t, std::vector<float>& to) {
  const at::Tensor whole = t.detach().contiguous();
  to.assign(whole.data_ptr<float>(), whole.data_ptr<float>() + whole.numel());
}

// [n] weights of rows snr [n][2] and classes [n].
at::Tensor forward(const std::vector<at::Tensor>& w, const at::Tensor& snr, const at::Tensor& labels, int depth,
                   OmegaOutput output) {
  std::vector<at::Tensor> parts;
  for (int k = 0; k < 2; ++k) {
    const at::Tensor in = snr.narrow(1, k, 1) / OmegaNetwork::kSnrScale;
    parts.push_back(at::linear(at::silu(at::linear(in, w[0], w[1])), w[2], w[3]));
  }
  parts.push_back(w[4].index_select(0, labels));
  at::Tensor x = at::cat(parts, 1);
  for (int i = 0; i < depth; ++i) {
    const std::size_t at = 5 + 2 * std::size_t(i);
    x = at::linear(x, w[at], w[at + 1]);
    if (i + 1 < depth) x = at::silu(x);
  }
  x = x.squeeze(1);
  return output == OmegaOutput::Relu ? at::relu(x) : at::softplus(x);
}

class OmegaTrainer final : public Trainer {
 public:
  explicit OmegaTrainer(const LearnRequest& r)
      : settings_(r.omega), objective_(r.experiment, resolve(r.experiment.distribution), r.omega) {
    const OmegaNetwork net = r.resume.empty() ? OmegaNetwork::fresh(settings_, objective_.classes())
                                              : OmegaNetwork::of(settings_, objective_.classes(), r.resume);
    names_ = net.weights;
    for (const NamedArray& a : names_) {
      weights_.push_back(tensorOf(a).requires_grad_(true));
      for (auto* moment : {&first_, &second_}) {
        const NamedArray* known = find(r.resume, (moment == &first_ ? "adam.first." : "adam.second.") + a.name);
        if (known && known->shape != a.shape) throw LearnError(known->name + ": has the wrong shape");
        moment->push_back(known ? tensorOf(*known) : at::zeros_like(weights_.back().detach()));
      }
    }
    if (const NamedArray* step = find(r.resume, "step"); step && !step->values.empty()) step_ = int(step->values[0]);
  }

  int step() const override { return step_; }
  int steps() const override { return settings_.steps; }

  double advance() override {
    const OmegaBatch batch = objective_.batch(step_);
    const std::int64_t n = std::int64_t(batch.items.size());
    at::Tensor snr = at::empty({n, 2}, at::ScalarType::Float), labels = at::empty({n}, at::ScalarType::Long);
    for (std::int64_t i = 0; i < n; ++i) {
      const OmegaBatch::Item& item = batch.items[std::size_t(i)];
      snr.data_ptr<float>()[2 * i] = float(item.snrS), snr.data_ptr<float>()[2 * i + 1] = float(item.snrT);
      labels.data_ptr<std::int64_t>()[i] = item.label;
    }
    const at::Tensor omega = forward(weights_, snr, labels, settings_.depth, settings_.output);
    at::Tensor slope = at::empty({n}, at::ScalarType::Float);
    double mean = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const OmegaBatch::Loss loss = batch.loss(std::size_t(i), double(omega.data_ptr<float>()[i]));
      mean += loss.value / double(n);
      slope.data_ptr<float>()[i] = float(loss.gradient / double(n));
    }
    const auto bad = [&] {
      throw LearnError("the loss is not finite at step " + std::to_string(step_ + 1) +
                       "; the weights of the step before are kept. A smaller learning rate may help.");
    };
    if (!std::isfinite(mean)) bad();
    const std::vector<at::Tensor> gradients =
        torch::autograd::grad({omega}, weights_, {slope}, false, false, /*allow_unused=*/true);
    const at::NoGradGuard off;
    for (const at::Tensor& g : gradients)
      if (g.defined() && !std::isfinite(g.abs().sum().item<float>())) bad();
    // Adam (1412.6980, alg. 1); the rate falls along half a cosine.
    constexpr double kFirst = 0.9, kSecond = 0.999, kTiny = 1e-8;
    const double k = step_ + 1;
    const double rate = settings_.rate * (0.5 + 0.5 * std::cos(std::acos(-1.) * std::min(1., step_ / double(steps()))));
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (!gradients[i].defined()) continue;
      first_[i].mul_(kFirst).add_(gradients[i], 1 - kFirst);
      second_[i].mul_(kSecond).addcmul_(gradients[i], gradients[i], 1 - kSecond);
      weights_[i].addcdiv_(first_[i], second_[i].div(1 - std::pow(kSecond, k)).sqrt_().add_(kTiny),
                           -rate / (1 - std::pow(kFirst, k)));
    }
    ++step_;
    return mean;
  }

  Arrays state() const override {
    Arrays out = names_;
    for (std::size_t i = 0; i < weights_.size(); ++i) copyOut(weights_[i], out[i].values);
    for (const auto* moment : {&first_, &second_})
      for (std::size_t i = 0; i < names_.size(); ++i) {
        NamedArray a = names_[i];
        a.name = (moment == &first_ ? "adam.first." : "adam.second.") + a.name;
        copyOut((*moment)[i], a.values);
        out.push_back(std::move(a));
      }
    out.push_back({"step", {1}, {float(step_)}, {}});
    return out;
  }
  std::string device() const override { return "CPU, 1 thread"; }

 private:
  OmegaSettings settings_;
  OmegaObjective objective_;
  Arrays names_;
  std::vector<at::Tensor> weights_, first_, second_;
  int step_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> makeOmegaTrainer(const LearnRequest& r) { return std::make_unique<OmegaTrainer>(r); }

std::vector<double> torchOmega(const LearnRequest& r, const Arrays& state, const std::vector<double>& queries) {
  const int classes = resolve(r.experiment.distribution)->classes();
  std::vector<at::Tensor> weights;
  for (const NamedArray& a : OmegaNetwork::of(r.omega, classes, state).weights) weights.push_back(tensorOf(a));
  const std::int64_t n = std::int64_t(queries.size()) / 3;
  at::Tensor snr = at::empty({n, 2}, at::ScalarType::Float), labels = at::empty({n}, at::ScalarType::Long);
  for (std::int64_t i = 0; i < n; ++i) {
    const double* q = queries.data() + 3 * i;
    snr.data_ptr<float>()[2 * i] = float(q[0]), snr.data_ptr<float>()[2 * i + 1] = float(q[1]);
    labels.data_ptr<std::int64_t>()[i] = std::int64_t(q[2]);
  }
  const at::Tensor omega = forward(weights, snr, labels, r.omega.depth, r.omega.output);
  return {omega.data_ptr<float>(), omega.data_ptr<float>() + n};
}

std::vector<double> torchGradient(const LearnRequest& r, int step, const std::vector<double>& omegas) {
  const OmegaObjective objective(r.experiment, resolve(r.experiment.distribution), r.omega);
  const OmegaBatch b = objective.batch(step);
  const std::int64_t n = std::int64_t(b.items.size()), m = b.particles;
  const auto points = [&](const std::vector<Vec2>& from) {
    at::Tensor t = at::empty({n, m, 2}, at::ScalarType::Double);
    double* to = t.data_ptr<double>();
    for (const Vec2& p : from) *to++ = p.x, *to++ = p.y;
    return t;
  };
  at::Tensor omega = at::empty({n}, at::ScalarType::Double);
  std::copy(omegas.begin(), omegas.begin() + n, omega.data_ptr<double>());
  omega.requires_grad_(true);
  const at::Tensor ends = points(b.base) + omega.reshape({n, 1, 1}) * points(b.push), target = points(b.target);
  const auto power = [&](const at::Tensor& d) { return d.square().sum(-1).clamp_min(1e-30).pow(b.beta / 2); };
  at::Tensor loss;
  if (b.paired)
    loss = power(ends - target).mean(1).sum();
  else
    loss = power(ends.unsqueeze(2) - target.unsqueeze(1)).mean({1, 2}).sum();
  if (b.lambda > 0) {
    const at::Tensor other = 1 - at::eye(m, at::ScalarType::Double);
    loss = loss - b.lambda / 2 * (power(ends.unsqueeze(2) - ends.unsqueeze(1)) * other).sum() / double(m * (m - 1));
  }
  const at::Tensor g = torch::autograd::grad({loss}, {omega})[0].contiguous();
  return {g.data_ptr<double>(), g.data_ptr<double>() + n};
}

}  // namespace gs
