#include "learn/learn.h"

#include <dlfcn.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <limits>
#include <mutex>
#include <thread>

#include "data/distributions.h"
#include "learn/module.h"
#include "learn/omega_network.h"

namespace gs {
namespace {

const LearnModule* openModule() {
  const std::string path = learnPart(kModuleFile);
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) throw LearnError(path + " cannot be opened: " + dlerror());
  auto* entry = reinterpret_cast<const LearnModule* (*)()>(dlsym(handle, kModuleEntry));
  const LearnModule* module = entry ? entry() : nullptr;
  if (!module || module->version != kModuleVersion) throw LearnError(path + " belongs to another version");
  return module;
}

// Losses of equal numbers of steps; when there are too many, two become one.
class LossCurve {
 public:
  void add(double loss) {
    sum_ += loss;
    if (++held_ < every_) return;
    means_.push_back(float(sum_ / held_));
    sum_ = 0, held_ = 0;
    if (int(means_.size()) < LearnProgress::kMostLosses) return;
    for (std::size_t i = 0; i + 1 < means_.size(); i += 2) means_[i / 2] = (means_[i] + means_[i + 1]) / 2;
    means_.resize(means_.size() / 2);
    every_ *= 2;
  }
  const std::vector<float>& means() const { return means_; }
  int every() const { return every_; }

 private:
  std::vector<float> means_;
  double sum_ = 0;
  int held_ = 0, every_ = 1;
};

}  // namespace

std::string learnPart(const std::string& file) {
  std::error_code none;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
  for (const char* from : {".", "..", GS_LEARN_FROM_BIN})
    if (const auto path = folder / from / file; std::filesystem::exists(path, none)) return path.string();
  throw LearnError("the part of the program that trains and runs models, " + file + ", is neither in " +
                   folder.string() + " nor in " + (folder / GS_LEARN_FROM_BIN).lexically_normal().string() +
                   "; it is built where LibTorch is installed");
}

std::string_view nameOf(LearnKind kind) {
  return kind == LearnKind::Omega ? "omega" : kind == LearnKind::Denoiser ? "denoiser" : "reward";
}

const LearnModule& learnModule() {
  static std::mutex mutex;
  static const LearnModule* module = nullptr;
  const std::lock_guard lock(mutex);
  if (!module) module = openModule();  // one that fails is tried again
  return *module;
}

LearnedWeights learnedWeights(const LearnRequest& r, const Arrays& state, std::string name) {
  const int classes = resolve(r.experiment.distribution)->classes();
  return OmegaNetwork::of(r.omega, classes, state).table(r.omega, std::move(name));
}

struct LearnJob::Impl {
  explicit Impl(std::function<void()> w) : wake(std::move(w)) {}

  void run(const std::shared_ptr<const LearnRequest>& of, const std::stop_token& stop) {
    if (of->background) setpriority(PRIO_PROCESS, id_t(gettid()), 10);
    const auto set = [&](LearnPhase phase, const std::string& error = {}) {
      {
        const std::lock_guard lock(mutex);
        now.phase = phase, now.error = error;
      }
      changed.notify_all();
      wake();
    };
    std::unique_ptr<Trainer> trainer;
    const auto snapshot = [&] {
      auto state = std::make_shared<const Arrays>(trainer->state());
      std::shared_ptr<const LearnedWeights> weights;
      if (of->kind == LearnKind::Omega)
        weights = std::make_shared<const LearnedWeights>(
            learnedWeights(*of, *state, "step " + std::to_string(trainer->step())));
      const std::lock_guard lock(mutex);
      now.state = std::move(state), now.weights = std::move(weights), now.stateStep = trainer->step();
    };
    try {
      trainer = learnModule().make(*of);
      {
        const std::lock_guard lock(mutex);
        now.device = trainer->device(), now.instead = trainer->instead(), now.step = trainer->step(),
        now.steps = trainer->steps();
      }
      snapshot();
      set(LearnPhase::Running);
      work(*trainer, stop, snapshot);
      snapshot();
      set(trainer->step() < trainer->steps() ? LearnPhase::Stopped : LearnPhase::Done);
    } catch (const std::exception& e) {
      if (trainer) snapshot();
      set(LearnPhase::Failed, e.what());
    }
    {
      const std::lock_guard lock(mutex);
      ended = true;
    }
    changed.notify_all();
  }

  template <class F>
  void work(Trainer& trainer, const std::stop_token& stop, F&& snapshot) {
    using Clock = std::chrono::steady_clock;
    const auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
    // Of the thread's own time: where it gets little of the processor, what follows its states must not take all of it.
    const auto own = [] {
      timespec t{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
      return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
    };
    LossCurve losses;
    Clock::time_point last = Clock::now();
    double lastOwn = own();
    const int first = trainer.step();
    double worked = 0;
    while (trainer.step() < trainer.steps() && !stop.stop_requested()) {
      const Clock::time_point begun = Clock::now();
      losses.add(trainer.advance());
      worked += seconds(Clock::now() - begun);
      if (own() - lastOwn >= LearnProgress::kSnapshotSeconds ||
          seconds(Clock::now() - last) >= 4 * LearnProgress::kSnapshotSeconds) {
        snapshot();
        wake();
        last = Clock::now(), lastOwn = own();
      }
      std::unique_lock lock(mutex);
      now.step = trainer.step();
      now.seconds = worked;
      now.secondsLeft = worked / (now.step - first) * (now.steps - now.step);
      now.loss = losses.means(), now.stepsPerLoss = losses.every();
      if (!paused) continue;
      now.phase = LearnPhase::Paused;
      changed.notify_all();
      changed.wait(lock, stop, [this] { return !paused; });
      now.phase = LearnPhase::Running;
    }
  }

  const std::function<void()> wake;
  mutable std::mutex mutex;
  mutable std::condition_variable_any changed;
  LearnProgress now;
  bool paused = false, ended = true;
  std::shared_ptr<const LearnRequest> request;
  std::jthread thread;
};

LearnJob::LearnJob(std::function<void()> wake) : impl_(std::make_unique<Impl>(std::move(wake))) {}
LearnJob::~LearnJob() = default;

void LearnJob::start(LearnRequest r) {
  impl_->thread = {};  // ends and waits for what goes on: one step of the optimiser
  auto request = std::make_shared<const LearnRequest>(std::move(r));
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->now = {};
    impl_->now.phase = LearnPhase::Opening;
    impl_->now.secondsLeft = std::numeric_limits<double>::quiet_NaN();
    impl_->paused = impl_->ended = false;
    impl_->request = request;
  }
  impl_->thread = std::jthread([impl = impl_.get(), request](const std::stop_token& s) { impl->run(request, s); });
}

void LearnJob::pause() {
  const std::lock_guard lock(impl_->mutex);
  impl_->paused = true;
}
void LearnJob::resume() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->paused = false;
  }
  impl_->changed.notify_all();
}
void LearnJob::stop() { impl_->thread.request_stop(); }

LearnProgress LearnJob::progress() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->now;
}
std::shared_ptr<const LearnRequest> LearnJob::request() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->request;
}
void LearnJob::wait() const {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->ended; });
}

}  // namespace gs
