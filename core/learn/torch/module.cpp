// The one function that the module shows.
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include "learn/torch/trainers.h"

namespace gs {
namespace {

std::unique_ptr<Trainer> makeTrainer(const LearnRequest& r) {
  switch (r.kind) {
    case LearnKind::Omega:
      return makeOmegaTrainer(r);
    case LearnKind::Denoiser:
    case LearnKind::Reward:
      return makeDenoiserTrainer(r);
  }
  throw LearnError(std::string(nameOf(r.kind)) + " cannot be trained by this build");
}

}  // namespace

void setTorchThreads(int threads) {
  // LibTorch's own setting does not reach the matrix products.
  if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(threads);
  at::set_num_threads(threads);
}

}  // namespace gs

extern "C" __attribute__((visibility("default"))) const gs::LearnModule* gsLearnModule() {
  static const gs::LearnModule module = [] {
    // Networks of this size are done before other threads have woken up, and their waiting (OpenMP spins) would take
    // the cores that the picture is drawn with.
    gs::setTorchThreads(1);
    return gs::LearnModule{gs::kModuleVersion,   gs::makeTrainer,     gs::torchOmega,
                           gs::torchGradient,    gs::torchDenoiser,   gs::torchEagerSeconds,
                           gs::checkTorchScript, gs::openTorchScript, gs::compileTorchScript};
  }();
  return &module;
}
