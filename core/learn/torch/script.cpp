// Somebody's own model: TorchScript with forward(x [N, 2], sigma [N], class [N]) -> D [N, 2].
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "learn/torch/trainers.h"

namespace gs {
namespace {

constexpr int kMostScriptClasses = 64;  // Mixture::kMaxClasses
constexpr std::size_t kLongestReason = 240;
constexpr std::int64_t kWeightsForCuda = 500'000;  // with 2048 points a call the 1e9 products from which trainings go

// The end of what LibTorch says: before it stand the interpreter's own steps.
std::string reasonOf(const std::exception& e) {
  const auto* torch = dynamic_cast<const c10::Error*>(&e);
  std::string text = torch ? torch->what_without_backtrace() : e.what();
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (const std::size_t line = text.rfind('\n'); line != std::string::npos) text.erase(0, line + 1);
  if (text.size() > kLongestReason) text.resize(kLongestReason);
  return text;
}

torch::jit::Module scriptFrom(const std::string& bytes) {
  // A model that prints would write into what a program prints.
  torch::jit::setPrintHandler([](const std::string&) {});
  std::istringstream in(bytes);
  try {
    torch::jit::Module m = torch::jit::load(in, at::kCPU);
    m.eval();
    if (!m.find_method("forward")) throw LearnError("has no method forward(x, sigma, class)");
    return m;
  } catch (const LearnError&) {
    throw;
  } catch (const std::exception& e) {
    throw LearnError("is no TorchScript that this LibTorch can read: " + reasonOf(e));
  }
}

c10::IValue forward(torch::jit::Module& m, const at::Tensor& y, const at::Tensor& sigma, const at::Tensor& label) {
  const at::NoGradGuard off;
  torch::jit::setGraphExecutorOptimize(false);  // or every new batch size is compiled for, some seconds each
  return m.forward({y, sigma, label});
}

// A few points at noise levels from nearly none to the largest, and what a model answers there.
class Questions {
 public:
  static constexpr int kCount = 7;
  Questions() : y(at::empty({kCount, 2})), sigma(at::empty({kCount})) {
    for (int i = 0; i < kCount; ++i) {
      const double s = .002 * std::pow(40000., i / double(kCount - 1));
      sigma.data_ptr<float>()[i] = float(s);
      for (int k = 0; k < 2; ++k) y.data_ptr<float>()[2 * i + k] = float(std::hypot(1, s) * std::sin(1.7 * i + 4 * k));
    }
  }
  at::Tensor labels(int label, std::int64_t count = kCount) const { return at::full({count}, label, at::kLong); }

  // Throws LearnError for what is no answer.
  static at::Tensor ask(torch::jit::Module& m, const at::Tensor& y, const at::Tensor& sigma, const at::Tensor& labels) {
    const std::string of = "forward(x [" + std::to_string(y.size(0)) + ", 2], sigma, class " +
                           std::to_string(labels.data_ptr<std::int64_t>()[0]) + ") ";
    c10::IValue answer;
    try {
      answer = forward(m, y, sigma, labels);
    } catch (const std::bad_alloc&) {
      throw LearnError(of + "asks for more memory than a model may have");
    } catch (const std::exception& e) {
      throw LearnError(of + "fails: " + reasonOf(e));
    }
    if (!answer.isTensor()) throw LearnError(of + "answers with " + answer.tagKind() + ", not with a tensor");
    at::Tensor d = answer.toTensor();
    std::string shape;
    for (const std::int64_t n : d.sizes()) shape += (shape.empty() ? "" : ", ") + std::to_string(n);
    if (d.dim() != 2 || d.size(0) != y.size(0) || d.size(1) != 2)
      throw LearnError(of + "answers with the shape [" + shape + "]; [" + std::to_string(y.size(0)) + ", 2] is needed");
    if (d.scalar_type() != at::kFloat)
      throw LearnError(of + "answers with numbers of type " + c10::toString(d.scalar_type()) + "; Float is needed");
    d = d.contiguous();
    for (std::int64_t i = 0; i < d.numel(); ++i)
      if (!std::isfinite(d.data_ptr<float>()[i]))
        throw LearnError(of + "is not finite at sigma = " + std::to_string(sigma.data_ptr<float>()[i / 2]));
    return d;
  }
  at::Tensor ask(torch::jit::Module& m, int label) const { return ask(m, y, sigma, labels(label)); }

  at::Tensor y, sigma;
};

bool near(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs() <= 1e-4 * (1 + a.abs())).all().item<bool>();
}

// A large model goes to CUDA where LibTorch has it: for few weights the way there and back takes longer than they do.
// One whose code makes tensors of its own on the processor cannot, and stays.
at::Device deviceOf(torch::jit::Module& m) {
  std::int64_t weights = 0;
  for (const at::Tensor& p : m.parameters()) weights += p.numel();
  if (!at::hasCUDA() || weights < kWeightsForCuda) return at::kCPU;
  try {
    m.to(at::kCUDA);
    const Questions q;
    forward(m, q.y.to(at::kCUDA), q.sigma.to(at::kCUDA), q.labels(0).to(at::kCUDA)).toTensor().cpu();
    return at::kCUDA;
  } catch (const std::exception&) {
    m.to(at::kCPU);
    return at::kCPU;
  }
}

class TorchScript final : public ScriptedDenoiser {
 public:
  explicit TorchScript(torch::jit::Module m) : module_(std::move(m)), device_(deviceOf(module_)) {}
  std::string device() const override { return device_.is_cuda() ? "CUDA" : "the processor"; }
  void denoise(const float* y, int count, double ratio, int label, float* d) const override {
    if (ratio == 0) {
      std::copy_n(y, 2 * count, d);
      return;
    }
    try {
      const at::Tensor in = at::empty({count, 2});
      std::copy_n(y, 2 * count, in.data_ptr<float>());
      torch::jit::Module m = module_;  // a handle: what it refers to is not changed by running it
      const at::Tensor out =
          forward(m, in.to(device_), at::full({count}, ratio, at::TensorOptions(at::kFloat).device(device_)),
                  at::full({count}, label, at::TensorOptions(at::kLong).device(device_)))
              .toTensor()
              .cpu()
              .contiguous();
      if (out.dim() == 2 && out.size(0) == count && out.size(1) == 2 && out.scalar_type() == at::kFloat) {
        std::copy_n(out.data_ptr<float>(), 2 * count, d);
        return;
      }
    } catch (const std::exception&) {  // particles that it has no answer for are lost, and shown as such
    }
    std::fill_n(d, 2 * count, std::numeric_limits<float>::quiet_NaN());
  }

 private:
  torch::jit::Module module_;
  const at::Device device_;
};

}  // namespace

ScriptFacts checkTorchScript(const std::string& bytes) {
  torch::jit::Module m = scriptFrom(bytes);
  const Questions questions;
  const at::Tensor known = questions.ask(m, 0);
  if (!known.equal(questions.ask(m, 0)))
    throw LearnError("answers differently when it is asked the same again; no randomness is allowed in forward");
  // One by one, and many at once.
  for (int i = 0; i < Questions::kCount; ++i)
    if (!near(known[i], Questions::ask(m, questions.y.narrow(0, i, 1), questions.sigma.narrow(0, i, 1),
                                       questions.labels(0, 1))[0]))
      throw LearnError("answers differently for a point alone than among others; a point's answer must be its own");
  constexpr int kTimes = 40;
  const at::Tensor many = Questions::ask(m, questions.y.repeat({kTimes, 1}), questions.sigma.repeat({kTimes}),
                                         questions.labels(0, kTimes * Questions::kCount));
  if (!near(known.repeat({kTimes, 1}), many))
    throw LearnError("answers differently for a point among many than among few; a point's answer must be its own");
  ScriptFacts facts;
  const auto knows = [&](int label) {
    try {
      questions.ask(m, label);
      return true;
    } catch (const LearnError&) {
      return false;
    }
  };
  facts.unconditional = knows(-1);
  for (facts.classes = 1; facts.classes < kMostScriptClasses && knows(facts.classes);) ++facts.classes;
  return facts;
}

std::shared_ptr<const ScriptedDenoiser> openTorchScript(const std::string& bytes) {
  return std::make_shared<const TorchScript>(scriptFrom(bytes));
}

std::string compileTorchScript(const std::string& methods) {
  torch::jit::Module m("Own");
  m.define(methods);
  std::ostringstream out;
  m.save(out);
  return out.str();
}

}  // namespace gs
