#include "measure/learning.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace gs {
namespace {

constexpr int kComparedParticles = 2000;

}  // namespace

struct Learning::Impl {
  explicit Impl(std::function<void()> w) : wake(std::move(w)), job([this] { followed(); }) {}

  // On the job's thread: when it is done, its weights are measured, on a thread that a new start can stop.
  void followed() {
    const LearnProgress p = job.progress();
    if (p.phase == LearnPhase::Done && p.weights) {
      const auto request = job.request();
      {
        const std::lock_guard lock(mutex);
        done = 0;
      }
      comparing = std::jthread([this, request, weights = p.weights](const std::stop_token& stop) {
        WeightsCompared found;
        try {
          const auto engine = makeCpuEngine(1);
          found =
              compareWeights(*engine, request->experiment, *weights, kComparedParticles, stop, [this](double share) {
                {
                  const std::lock_guard lock(mutex);
                  done = std::min(share, .999);
                }
                wake();
              });
        } catch (const std::exception&) {
          // Solvers that cannot do without other terms are said by the picture itself.
        }
        {
          const std::lock_guard lock(mutex);
          done = 1;
          if (!found.choices.empty()) compared = std::make_shared<const WeightsCompared>(std::move(found));
        }
        changed.notify_all();
        wake();
      });
    }
    wake();
  }

  const std::function<void()> wake;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::shared_ptr<const WeightsCompared> compared;
  double done = 1;
  std::jthread comparing;
  LearnJob job;  // last: ends before what it calls
};

Learning::Learning(std::function<void()> wake) : impl_(std::make_unique<Impl>(std::move(wake))) {}
Learning::~Learning() = default;

void Learning::start(const Experiment& e, const Training& t) {
  LearnRequest r;
  r.experiment = e;
  r.experiment.guidance.clear();  // the weight is learned for the plain difference of both denoisers
  r.omega = t.omega;
  impl_->job.stop();
  impl_->job.wait();
  impl_->comparing = {};
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->compared.reset();
    impl_->done = 1;
  }
  impl_->job.start(std::move(r));
}
void Learning::pause() { impl_->job.pause(); }
void Learning::resume() { impl_->job.resume(); }
void Learning::stop() { impl_->job.stop(); }

LearningAnswer Learning::answer() const {
  LearningAnswer a{impl_->job.progress(), impl_->job.request(), nullptr, 1};
  const std::lock_guard lock(impl_->mutex);
  a.compared = impl_->compared, a.comparedDone = impl_->done;
  return a;
}

void Learning::wait() const {
  impl_->job.wait();
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->done >= 1; });
}

}  // namespace gs
