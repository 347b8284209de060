#include "measure/over_time.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "diffusion/estimates.h"
#include "diffusion/path_metrics.h"
#include "engine/reward_model.h"
#include "measure/causes.h"
#include "measure/certificate.h"
#include "measure/metric_family.h"
#include "measure/sweep.h"
#include "session/classes.h"

namespace gs {
namespace {

constexpr int kTimeRows = 24, kTimePairs = 384;
constexpr int kTimePaths = 2048;     // of paths, rewards and the converged run
constexpr double kTimeRowsAt = 2e7;  // component evaluations that a reward may take at one state

// The converged run at the levels of a frame: as many steps as fit between two of its own, so that they meet, and at
// least two, or a Runge-Kutta run would be its own reference.
struct Fine {
  std::shared_ptr<const Frame> frame;
  std::vector<int> stepOf;  // [step of the frame], -1: the grids do not meet there
};

std::optional<Fine> fineRun(const Engine& engine, const Plan& plan, int count, const std::stop_token& stop) {
  Experiment e = converged(*plan.experiment, count);
  const int own = plan.experiment->schedule.steps, most = e.schedule.steps;
  Fine out;
  for (int between = std::max(2, most / own); between >= 2; --between)
    // Grids that end in a step to 0 from the least noise, or begin with one from pure noise, have intervals that cannot
    // be parted.
    for (const int steps : {own * between, (own - 1) * between + 1, (own - 2) * between + 2}) {
      if (steps <= own) continue;
      e.schedule.steps = steps;
      const std::vector<GridPoint> grid = timeGrid(e.schedule);
      out.stepOf.assign(plan.grid.size(), -1);
      std::size_t at = 0, met = 0;
      for (std::size_t i = 0; i < plan.grid.size(); ++i) {
        const double ratio = plan.grid[i].ratio;
        while (at + 1 < grid.size() && grid[at].ratio > ratio * (1 + 1e-9)) ++at;
        if (grid[at].ratio == ratio || std::abs(grid[at].ratio - ratio) <= 1e-9 * ratio) out.stepOf[i] = int(at), ++met;
      }
      if (met < plan.grid.size()) continue;
      out.frame = engine.sample(compile(e, plan.mixture, &plan), count, stop);
      if (!out.frame) return std::nullopt;
      return out;
    }
  return std::nullopt;
}

}  // namespace

struct MetricsInTime::Impl {
  const Plan& plan;
  const Frame& frame;
  int pairs;
  std::stop_token stop;
  bool samples = false, distances = false, paths = false, rewards = false;
  std::string note;
  std::optional<Fine> fine;
  struct Divergence {
    double ratio, value, se;
  };
  std::vector<Divergence> kl;  // noise first
  Metric klOf;
  std::optional<Martingale> reward;
  std::optional<PathsSoFar> soFar;

  void say(const std::string& why) { note += (note.empty() ? "" : "; ") + why; }

  void followConverged(const Engine& engine) {
    try {
      int lost = 0;  // levels where there is none
      const ConvergedLaw law = convergedLaw(engine, plan, frame.particles, true, stop);
      for (std::size_t i = 0; i < law.states.size(); ++i) {
        Metric here = divergenceToConditional(law.plan, law.states[i]);
        kl.push_back({law.states[i].ratio, here.value, here.se});
        if (std::isfinite(here.value))
          klOf = std::move(here);
        else if (lost++ == 0)
          say(here.note);
      }
    } catch (const std::invalid_argument& why) {
      say(std::string("no KL: ") + why.what());
    }
  }

  // Linear in log ratio between the levels of the converged run, where it is smooth; at pure noise all laws are one.
  std::optional<Metric> divergenceAt(double ratio) const {
    if (kl.empty()) return std::nullopt;
    Metric m = klOf;
    std::size_t i = 0;
    while (i + 1 < kl.size() && kl[i + 1].ratio >= ratio) ++i;
    const Divergence &a = kl[i], &b = kl[std::min(i + 1, kl.size() - 1)];
    if (ratio > a.ratio) {  // before its first step: as 1 / ratio^2
      const double share = std::isinf(ratio) ? 0 : (a.ratio / ratio) * (a.ratio / ratio);
      m.value = share * a.value, m.se = share * a.se;
    } else {
      const double u = a.ratio == ratio || a.ratio == b.ratio ? 0
                       : b.ratio == 0                         ? 1 - ratio / a.ratio
                                                              : std::log(a.ratio / ratio) / std::log(a.ratio / b.ratio);
      m.value = a.value, m.se = a.se;
      if (u > 0) m.value += u * (b.value - a.value), m.se += u * (b.se - a.se);
    }
    if (!std::isfinite(m.value)) return std::nullopt;
    m.floor = m.se;
    return m;
  }

  std::optional<Metric> distanceToFine(int row) const {
    if (!fine) return std::nullopt;
    const int step = fine->stepOf[std::size_t(frame.stepOf(row))];
    const Frame& other = *fine->frame;
    const int there = step < 0 ? -1 : other.rowBefore(step);
    if (there < 0 || other.stepOf(there) != step) return std::nullopt;
    const int count = std::min(frame.particles, other.particles);
    const HostRow a = frame.read(row, count), b = other.read(there, count);
    std::vector<char> lost(std::size_t(count), 0);
    for (std::size_t i = 0; i < lost.size(); ++i)
      lost[i] = blownUp(a[2 * i], a[2 * i + 1]) || blownUp(b[2 * i], b[2 * i + 1]);
    if (std::count(lost.begin(), lost.end(), 0) < 2) return std::nullopt;
    return displacement("solver_error", "moved by the solver's steps", a, b, lost);
  }

  std::vector<Metric> pathsTo(int row) {
    const int count = std::min(frame.particles, kTimePaths);
    if (!soFar || soFar->rows() > row + 1) soFar.emplace(std::size_t(count));
    while (soFar->rows() <= row) {
      if (stop.stop_requested()) return {};
      const int next = soFar->rows();
      soFar->add(frame.read(next, count), frame.grid[std::size_t(frame.stepOf(next))].level);
    }
    return soFar->metrics();
  }

  std::vector<Metric> rewardsAt(const GridPoint& g, std::span<const float> x, const Mixture& law,
                                std::uint64_t seed) const {
    if (std::isinf(g.ratio)) return {};
    std::function<double(Vec2)> logH = reward->atData;
    if (g.ratio > 0) logH = [at = reward->field(g.ratio)](Vec2 y) { return at(y).logH; };
    const auto value = [&](double a, double b) {
      return std::exp(std::min(logH(Vec2{a, b} / g.level.alpha), kMostLog));
    };
    std::vector<double> guided, exact;
    const std::size_t most =
        std::size_t(std::clamp(kTimeRowsAt / double(plan.mixture->components.size()), 64., double(kTimePaths)));
    for (std::size_t i = 0; i + 1 < x.size() && guided.size() < most; i += 2)
      if (!blownUp(x[i], x[i + 1])) guided.push_back(value(x[i], x[i + 1]));
    const std::vector<float> draws =
        exactDraws(law, int(std::min<std::size_t>(most, 512)), seed, plan.experiment->condition);
    for (std::size_t i = 0; i + 1 < draws.size(); i += 2) exact.push_back(value(draws[i], draws[i + 1]));
    if (guided.size() < 2) return {};
    return rewardMetrics(guided, exact, reward->mean);
  }
};

bool measuredOverTime(const std::string& metric) {
  switch (familyOf(metric)) {
    case MetricFamily::Fast:
    case MetricFamily::Sample:
    case MetricFamily::Reward:
    case MetricFamily::Distances:
    case MetricFamily::Paths:
      return true;
    case MetricFamily::Causes:
      return metric == "kl_conditional" || metric == "solver_error";
    case MetricFamily::Limit:
    case MetricFamily::Score:
    case MetricFamily::Cost:
      return false;
  }
  return false;
}

MetricsInTime::MetricsInTime(const Engine& engine, const Plan& plan, const Frame& frame,
                             const std::vector<std::string>& names, int pairs, std::stop_token stop)
    : impl_(new Impl{.plan = plan, .frame = frame, .pairs = pairs, .stop = stop}) {
  Impl& m = *impl_;
  bool kl = names.empty(), solver = kl;
  m.samples = m.distances = m.paths = m.rewards = kl;
  for (const std::string& name : names) {
    if (!measuredOverTime(name)) continue;
    const MetricFamily f = familyOf(name);
    m.samples |= f == MetricFamily::Sample || f == MetricFamily::Fast;
    m.distances |= f == MetricFamily::Distances;
    m.paths |= f == MetricFamily::Paths;
    m.rewards |= f == MetricFamily::Reward;
    kl |= name == "kl_conditional";
    solver |= name == "solver_error";
  }
  const Experiment& e = *plan.experiment;
  const bool churned = e.sampler.kind == SolverKind::Exponential && e.sampler.churn > 0;
  if (const int term = m.rewards ? rewardTerm(e) : -1; term >= 0) {
    Reward r = e.guidance[std::size_t(term)].reward;
    if (r.kind != RewardKind::ClassPosterior) r.base = RewardBase::Condition;
    // The mean of h stays where it is for the law that is sampled without guidance only.
    if (baseOf(r, e.condition) == e.condition)
      m.reward = rewardMartingale(plan, r, "guidance." + std::to_string(term) + ".reward");
    else
      m.say("no E[r] over time: the posterior is of p(x), and the samples are of p(x|c)");
  } else if (m.rewards && !names.empty()) {
    m.say("no E[r]: the stack has no reward");
  }
  if (churned) {
    if (kl || solver) m.say("with churn there is no converged run with the same noise");
    return;
  }
  if (kl) m.followConverged(engine);
  if (solver) {
    if (plan.plain())
      m.fine = fineRun(engine, plan, std::min(frame.particles, kTimePaths), stop);
    else
      m.say("no solver error over time: what is done between the steps hangs on their number");
    if (plan.plain() && !m.fine && !stop.stop_requested()) m.say("no solver error over time: the grids do not meet");
  }
}
MetricsInTime::~MetricsInTime() = default;

const std::string& MetricsInTime::note() const { return impl_->note; }

std::vector<Metric> MetricsInTime::at(int row) {
  Impl& m = *impl_;
  const Experiment& e = *m.plan.experiment;
  const GridPoint& g = m.frame.grid[std::size_t(m.frame.stepOf(row))];
  const Mixture law = noised(*m.frame.mixture, g.level);
  const HostRow x = m.frame.read(row);
  const std::uint64_t seed = e.particles.seed + std::uint64_t(row);
  std::vector<Metric> out;
  const auto add = [&](std::vector<Metric> more) {
    for (Metric& one : more) out.push_back(std::move(one));
  };
  if (m.samples) add(sampleMetrics(law, e.condition, x, seed, m.pairs, m.stop));
  if (m.distances) add(distanceMetrics(law, e.condition, x, seed, m.pairs, m.stop));
  if (m.reward) add(m.rewardsAt(g, x, law, seed));
  if (m.paths) add(m.pathsTo(row));
  if (std::optional<Metric> d = m.distanceToFine(row)) out.push_back(std::move(*d));
  if (std::optional<Metric> d = m.divergenceAt(g.ratio)) out.push_back(std::move(*d));
  return out;
}

SweepTable overTime(const Engine& engine, const Plan& plan, const Frame& frame, const std::vector<std::string>& metrics,
                    const std::function<void(const SweepTable&, int)>& progress, std::stop_token stop) {
  const auto begin = std::chrono::steady_clock::now();
  MetricsInTime states(engine, plan, frame, metrics, kTimePairs, stop);
  SweepTable table({{"time", {}, false}}, metrics);
  const int rows = frame.rows(), count = std::min(rows, kTimeRows);
  for (int k = 0; k < count; ++k) {
    const int row = count > 1 ? k * (rows - 1) / (count - 1) : rows - 1;
    const std::vector<Metric> found = states.at(row);
    if (stop.stop_requested()) break;
    std::string note = states.note();
    for (const std::string& metric : metrics)
      for (const Metric& m : found)
        if (note.empty() && m.name == metric) note = m.note;
    char t[32];
    table.axes[0].values.emplace_back(t,
                                      std::to_chars(t, t + sizeof t, frame.grid[std::size_t(frame.stepOf(row))].t).ptr);
    table.add({std::size_t(k)}, found, std::move(note));
    // What others refer to is another number at every level.
    for (std::size_t m = 0; m < metrics.size(); ++m)
      if (metrics[m] != "inverse_posterior" && metrics[m] != "mean_reward")
        table.references[m] = std::numeric_limits<double>::quiet_NaN();
    if (progress) progress(table, count);
  }
  table.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return table;
}

}  // namespace gs
