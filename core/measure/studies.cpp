#include "measure/studies.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "data/distributions.h"
#include "engine/latest_job.h"
#include "measure/over_time.h"

namespace gs {
namespace {

constexpr int kStudyParticles = 10000, kStudyPairs = 2000, kStudyCauses = 4096;
constexpr double kFrontierOmegas[] = {0, .25, .5, .75, 1, 1.5, 2, 3, 4, 6};

}  // namespace

struct Studies::Impl {
  struct Posted {
    std::uint64_t serial = 0;
    std::shared_ptr<const StudyRequest> request;
  };

  explicit Impl(std::function<void()> w)
      : wake(std::move(w)), job([this](const Posted& p, int level, std::stop_token s) { return run(p, level, s); }) {}

  const std::function<void()> wake;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::shared_ptr<const StudyRequest> wanted;
  StudyAnswer answer;
  std::uint64_t posted = 0, done = 0;

  // Of the worker. The processor's engine: a graphics card has the picture to draw.
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const Mixture> mixture;
  Distribution mixtureOf;
  std::shared_ptr<const Frame> frame;  // of `plan`
  std::optional<Plan> plan;
  std::optional<SweepChoice> sweepDone;

  LatestJob<Posted> job;  // destroyed first

  template <class Change>
  void publish(Change change) {
    {
      std::lock_guard lock(mutex);
      change();
    }
    changed.notify_all();
    if (wake) wake();
  }

  // The studied run: at most kStudyParticles of the experiment's particles.
  bool prepare(const Experiment& asked, const std::stop_token& stop) {
    Experiment e = asked;
    e.particles.count = std::min(e.particles.count, kStudyParticles);
    if (plan && *plan->experiment == e && frame) return true;
    if (!engine) engine = makeCpuEngine();
    if (!mixture || mixtureOf != e.distribution) {
      mixture = resolve(e.distribution);
      mixtureOf = e.distribution;
      plan.reset();
    }
    Plan next = compile(e, mixture, plan ? &*plan : nullptr);
    if (const Support s = engine->supports(next); !s.ok) throw std::invalid_argument(s.reason);
    plan = std::move(next);
    frame = engine->sample(*plan, e.particles.count, stop);
    return frame != nullptr;
  }

  // Level 0 is not to be stopped and does nothing; then one study a level, those that are there already left out.
  bool run(const Posted& p, int level, std::stop_token stop) {
    const StudyRequest& r = *p.request;
    const bool idle = r.moving || (!r.causes && !r.certificate && !r.sweep && !r.frontier && !r.scoreErrors);
    if (level == 0 && !idle) return true;
    std::string error;
    const auto of = std::shared_ptr<const Experiment>(p.request, &p.request->experiment);
    const auto stale = [&](const std::shared_ptr<const Experiment>& last) {
      std::lock_guard lock(mutex);
      return !last || *last != r.experiment;
    };
    try {
      if (idle) {
        // nothing to do
      } else if (level == 1) {
        if (r.certificate && stale(answer.certificateOf) && prepare(r.experiment, stop)) {
          auto c = std::make_shared<const Certificate>(certificate(*engine, *plan, *frame, kStudyParticles, stop));
          if (!stop.stop_requested()) publish([&] { answer.certificate = c, answer.certificateOf = of; });
        }
        return !stop.stop_requested() || finish(p, {});
      } else if (level == 2) {
        if (r.sweep && (stale(answer.sweepOf) || sweepDone != r.sweep)) {
          if (!engine) engine = makeCpuEngine();
          Session session;
          session.panes = {r.experiment};
          session.panes[0].particles.count = std::min(r.experiment.particles.count, kStudyParticles);
          publish([&] { answer.sweepDone = 0; });
          std::vector<std::string> metrics{r.sweep->metric};
          if (!r.sweep->against.empty()) metrics.push_back(r.sweep->against);
          const auto progress = [&](const SweepTable& t, int points) {
            publish([&] { answer.sweepDone = double(t.values.size()) / points; });
          };
          std::shared_ptr<const SweepTable> table;
          if (r.sweep->axis.path != "time")
            table = std::make_shared<const SweepTable>(
                sweep(*engine, session, 0, {r.sweep->axis}, metrics, progress, stop));
          else if (prepare(r.experiment, stop))
            table = std::make_shared<const SweepTable>(overTime(*engine, *plan, *frame, metrics, progress, stop));
          if (!stop.stop_requested()) {
            publish([&] { answer.sweep = table, answer.sweepOf = of, answer.sweepDone = 1; });
            sweepDone = r.sweep;
          }
        }
        return !stop.stop_requested() || finish(p, {});
      } else if (level == 3) {
        if (r.scoreErrors && stale(answer.scoreErrorsOf) && prepare(r.experiment, stop)) {
          auto s = std::make_shared<const ScoreErrors>(scoreErrors(*engine, *plan, stop));
          if (!stop.stop_requested()) publish([&] { answer.scoreErrors = s, answer.scoreErrorsOf = of; });
        }
        return !stop.stop_requested() || finish(p, {});
      } else if (level == 4) {
        if (r.frontier && stale(answer.frontierOf) && prepare(r.experiment, stop)) {
          publish([&] { answer.frontierDone = 0; });
          const auto f = std::make_shared<const Frontier>(frontier(
              *engine, r.experiment, mixture, kFrontierOmegas,
              [&](double part) { publish([&] { answer.frontierDone = part; }); }, stop));
          if (!stop.stop_requested()) publish([&] { answer.frontier = f, answer.frontierOf = of; });
        }
        return !stop.stop_requested() || finish(p, {});
      } else if (r.causes && stale(answer.causesOf) && prepare(r.experiment, stop)) {
        auto c = std::make_shared<const Causes>(causes(*engine, *plan, *frame, kStudyCauses, stop));
        std::vector<Metric> more;
        const auto add = [&](std::vector<Metric> m) { more.insert(more.end(), m.begin(), m.end()); };
        if (!stop.stop_requested()) {
          add(distanceMetrics(*mixture, r.experiment.condition, frame->read(frame->rows() - 1),
                              r.experiment.particles.seed, kStudyPairs, stop));
          add(pathMetrics(*frame, stop));
          add(costMetrics(*frame));
        }
        if (!stop.stop_requested())
          publish([&] {
            answer.causes = c;
            answer.distances = std::make_shared<const std::vector<Metric>>(std::move(more));
            answer.causesOf = of;
          });
      }
    } catch (const std::bad_alloc&) {
      error = "there is not enough memory for this study";
    } catch (const std::exception& e) {
      error = e.what();
    }
    return finish(p, error);
  }
  bool finish(const Posted& p, const std::string& error) {
    publish([&] {
      done = std::max(done, p.serial);
      answer.error = error;
      answer.sweepDone = answer.frontierDone = 1;
    });
    return false;
  }
};

Studies::Studies(std::function<void()> wake) : impl_(std::make_unique<Impl>(std::move(wake))) {}
Studies::~Studies() = default;

void Studies::want(const StudyRequest& request) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->wanted && *impl_->wanted == request) return;
  impl_->wanted = std::make_shared<const StudyRequest>(request);
  impl_->job.post({++impl_->posted, impl_->wanted});
}

StudyAnswer Studies::answer() const {
  std::lock_guard lock(impl_->mutex);
  StudyAnswer a = impl_->answer;
  a.busy = impl_->done < impl_->posted;
  return a;
}

void Studies::waitSettled() const {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [&] { return impl_->done >= impl_->posted; });
}

}  // namespace gs
