#include "truth/live.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>

#include "data/distributions.h"
#include "engine/program.h"
#include "truth/live_impl.h"
#include "truth/measured.h"

namespace gs {
namespace {

// Level 0 of a drag should take about this long; it is sized from the throughput measured so far.
constexpr double kFirstLevelSeconds = 0.008;

double costOf(const Plan& plan) { return plan.rowEvaluations + kOverheadRows * std::max(1, plan.modelCalls); }

}  // namespace

std::shared_ptr<const Mixture> Live::Impl::mixtureOf(const Distribution& d) {
  std::lock_guard lock(resolveMutex);
  if (!resolved || *resolved != d) {
    auto mixture = resolve(d);
    resolved = d;
    resolvedMixture = std::move(mixture);
  }
  return resolvedMixture;
}

void Live::Impl::postFrame() {
  frameJob.post({++frames.posted, std::shared_ptr<const Experiment>(wanted, &wanted->experiment)});
  dropMetrics();
}

void Live::Impl::postFields() { fieldJob.post({++fields.posted, wanted}); }

void Live::Impl::postMetricsIfDue() {
  if (!wanted->wantMetrics || wanted->moving || !answer.frame || frames.busy() || measured == answer.frame) return;
  if (*answer.frame->experiment != wanted->experiment) return;
  measured = answer.frame;
  metricsJob.post({++metrics.posted, answer.frame});
}

void Live::Impl::dropMetrics() {
  if (!metrics.busy()) return;
  measured = nullptr;
  metricsJob.post({++metrics.posted, nullptr});
}

std::shared_ptr<const Frame> Live::Impl::shownFrame() const {
  std::lock_guard lock(mutex);
  return answer.frame;
}

bool Live::Impl::renewFrame(const std::shared_ptr<const Frame>& frame) {
  if (!frame || engine->keeps(*frame)) return false;
  std::lock_guard lock(mutex);
  if (frame == answer.frame && abandoned != frame) {
    abandoned = frame;
    densityLost = true;
    postFrame();
    postFields();
  }
  return true;
}

bool Live::Impl::runFrames(const FrameRequest& request, int level, std::stop_token stop) {
  try {
    if (level == 0 || plan->coarse) {
      const Experiment& e = *request.experiment;
      const auto begin = std::chrono::steady_clock::now();
      auto next = std::make_shared<const Plan>(compile(e, mixtureOf(e.distribution), plan.get(), level == 0));
      planSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      const Support support = engine->supports(*next);
      if (!support.ok) throw std::invalid_argument(support.reason);
      plan = std::move(next);
    }
    const int count = plan->experiment->particles.count;
    const double cost = costOf(*plan);
    int n = count;
    if (level == 0) {
      const double affordable = kFirstLevelSeconds / (secondsPerRow * cost);
      if (affordable * 1.5 < count) n = std::clamp(int(affordable) / 64 * 64, std::min(256, count), count);
    }
    const auto frame = engine->sample(*plan, n, stop);
    if (!frame) {  // stopped: a newer request, or the end, takes over
      publish([&] { frames.done = std::max(frames.done, request.serial); });
      return false;
    }
    if (n * cost > 1e5) secondsPerRow = 0.5 * secondsPerRow + 0.5 * frame->seconds / (n * cost);
    const bool last = n == count && !plan->coarse;
    publish([&] {
      if (last) {
        frames.done = std::max(frames.done, request.serial);
        answer.frameSeconds = frame->seconds;
        answer.planSeconds = planSeconds;
      }
      frameError.clear();
      answer.mixture = plan->mixture;
      answer.plan = plan;
      answer.frame = frame;
      if (!frame->device) answer.outside.reset();
      framePlan = plan;
      ++answer.framesShown;
      if (frame->device || wanted->wantPoints || wanted->truths.ofParticles() || wanted->inspect.marked >= 0 ||
          !wanted->inspect.group.empty() || wanted->inspect.serial != 0)
        postFields();
      postMetricsIfDue();
    });
    return !last;
  } catch (const std::bad_alloc&) {
    publish([&] {
      frames.done = std::max(frames.done, request.serial);
      frameError = "particles.count: there is not enough memory for " +
                   std::to_string(request.experiment->particles.count) + " particles";
    });
  } catch (const std::exception& e) {
    publish([&] {
      frames.done = std::max(frames.done, request.serial);
      frameError = e.what();
    });
  }
  return false;
}

bool Live::Impl::runMetrics(const MetricsRequest& request, int level, std::stop_token stop) {
  if (!request.frame) {
    publish([&] { metrics.done = std::max(metrics.done, request.serial); });
    return false;
  }
  if (level == 0) return true;  // level 0 cannot be stopped, and this may be long
  const Frame& frame = *request.frame;
  std::shared_ptr<const std::vector<Metric>> result;
  std::shared_ptr<const std::vector<float>> ends;
  std::string error, tiltAbsent;
  try {
    Measured found = measureEnds(*engine, frame, stop);
    tiltAbsent = std::move(found.tiltAbsent);
    ends = std::make_shared<const std::vector<float>>(std::move(found.ends));
    result = std::make_shared<const std::vector<Metric>>(std::move(found.metrics));
  } catch (const std::exception& e) {
    error = e.what();
  }
  if (renewFrame(request.frame)) error.clear();
  publish([&] {
    metrics.done = std::max(metrics.done, request.serial);
    if (stop.stop_requested()) return;
    if (result) {
      answer.metrics = result;
      answer.metricsOf = frame.experiment;
      answer.tiltAbsent = tiltAbsent;
      answer.ends = ends;
    }
    if (!error.empty()) fieldError = error;
  });
  return false;
}

Live::Live(std::shared_ptr<const Engine> engine, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(std::move(engine), std::move(wake))) {}
Live::~Live() = default;

void Live::want(const LiveRequest& request) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->wanted && *impl_->wanted == request) return;
  const bool newExperiment = !impl_->wanted || impl_->wanted->experiment != request.experiment;
  impl_->wanted = std::make_shared<const LiveRequest>(request);
  if (newExperiment) impl_->postFrame();
  impl_->postFields();
  impl_->postMetricsIfDue();
}

void Live::recompute() {
  std::lock_guard lock(impl_->mutex);
  if (!impl_->wanted) return;
  impl_->postFrame();
  impl_->postFields();
}

LiveAnswer Live::answer() const {
  std::lock_guard lock(impl_->mutex);
  LiveAnswer answer = impl_->answer;
  answer.settled = impl_->wanted && !impl_->wanted->moving && !impl_->frames.busy() && !impl_->fields.busy() &&
                   !impl_->metrics.busy();
  return answer;
}

bool Live::waitFrame(std::chrono::steady_clock::duration atMost) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, atMost, [&] {
    const auto& frame = impl_->answer.frame;
    return !impl_->frames.busy() || (frame && *frame->experiment == impl_->wanted->experiment);
  });
}

void Live::waitSettled() const {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [&] { return !impl_->frames.busy() && !impl_->fields.busy() && !impl_->metrics.busy(); });
}

}  // namespace gs
