#include "engine/plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "engine/leaves.h"
#include "engine/networks.h"
#include "engine/reference.h"
#include "engine/stack.h"
#include "engine/steps.h"

namespace gs {
namespace {

constexpr double kLog2e = std::numbers::log2e;
constexpr double kRowsOfNoise = 16;  // a wave of kernels/guidance.inl takes as long as a component

std::string text(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
[[noreturn]] void reject(const std::string& path, const std::string& why) {
  throw std::invalid_argument(path + ": " + why);
}

void check(const Experiment& e, const Mixture* m) {
  if (!m || m->components.empty()) reject("distribution", "has no components");
  const int classes = m->classes();
  if (e.condition != kUnconditional && (e.condition < 0 || e.condition >= classes))
    reject("condition", "class " + std::to_string(e.condition) + " does not exist; the distribution has " +
                            std::to_string(classes) + (classes == 1 ? " class" : " classes"));
  checkStack(e, *m);
  if (!std::isfinite(e.sampler.churn) || e.sampler.churn < 0)
    reject("sampler.churn", text(e.sampler.churn) + " is negative");
  if (e.sampler.churn > 0 && e.sampler.kind != SolverKind::Exponential)
    reject("sampler.churn", text(e.sampler.churn) + " needs the exponential solver; the others are deterministic");
  if (e.particles.count < 1 || e.particles.count > Particles::kMost)
    reject("particles.count", std::to_string(e.particles.count) + " is outside 1.." + std::to_string(Particles::kMost));
}

void fillTables(Stack&& stack, Plan& plan, const Plan* previous) {
  plan.models = std::move(stack.models);
  plan.branches = std::move(stack.branches);
  plan.shapes = std::move(stack.shapes);
  plan.remembers = stack.remembers;
  plan.rewards = std::move(stack.rewards);
  plan.coarse = std::any_of(plan.rewards.begin(), plan.rewards.end(), [](const auto& r) { return r->coarse; });
  const bool comparable = previous && previous->ratios == plan.ratios;
  for (std::size_t m = 0; m < plan.models.size(); ++m) {
    PlanModel& model = plan.models[m];
    if (model.network) {
      for (const PlanBranch& b : plan.branches)
        if (b.model == int(m) && std::find(model.labels.begin(), model.labels.end(), b.label) == model.labels.end())
          model.labels.push_back(b.label);
      if (comparable)
        for (const PlanModel& old : previous->models)
          if (old.network == model.network && old.labels == model.labels && old.scale == model.scale)
            model.rows = old.rows;
      if (model.rows) continue;
      const std::vector<float> numbers = networkNumbers<float>(model, plan.ratios);
      auto rows = std::make_shared<std::vector<ComponentRow>>(numbers.size() / kNumbersOfRow);
      if (!numbers.empty()) std::memcpy(rows->data(), numbers.data(), numbers.size() * sizeof(float));
      model.rows = std::move(rows);
      continue;
    }
    const auto has = [&](auto&& test) { return std::any_of(plan.branches.begin(), plan.branches.end(), test); };
    const bool used = has([&](const PlanBranch& b) { return b.model == int(m); });
    const bool both = has([&](const PlanBranch& b) {
      return b.model == int(m) && (b.b != 0 || std::any_of(b.bs.begin(), b.bs.end(), [](double v) { return v != 0; }));
    });
    if (!used) model.groupA = 0;
    model.components = both ? int(model.order.size()) : model.groupA;
    if (comparable)
      for (const PlanModel& old : previous->models)
        if (!old.network && (old.law == model.law || *old.law == *model.law) && old.broaden == model.broaden &&
            old.components == model.components && old.groupA == model.groupA && old.scale == model.scale &&
            old.order == model.order)
          model.rows = old.rows, model.leaves = old.leaves;
    if (model.rows) continue;
    auto rows = std::make_shared<std::vector<ComponentRow>>();
    rows->reserve(plan.ratios.size() * std::size_t(model.components));
    for (std::size_t level = 0; level < plan.ratios.size(); ++level) {
      if (std::isinf(plan.ratios[level])) {  // never summed: the denoiser there is the prior mean
        rows->resize(rows->size() + std::size_t(model.components), ComponentRow{});
        continue;
      }
      for (const auto& r : model.rowsAt(plan.ratios[level], level))
        rows->push_back({float(r.meanX), float(r.meanY), float(r.pxx), float(r.pxy), float(r.pyy), float(r.logNorm)});
    }
    model.leaves = leavesOf(*rows, model.components, model.groupA, plan.ratios);
    model.rows = std::move(rows);
  }
}

void fillStart(Plan& plan) {
  const Experiment& e = *plan.experiment;
  const double ratio = plan.grid.front().ratio;
  if (e.start != Start::Exact || std::isinf(ratio) || plan.startSpread != 1) return;
  const Mixture& mixture = *plan.mixture;
  const double p = mixture.classProbability(e.condition);
  double sum = 0;
  for (const Component& c : mixture.components) {
    if (e.condition != kUnconditional && c.label != e.condition) continue;
    sum += c.weight / p;
    const Sym2 v = c.covariance + Sym2::isotropic(ratio * ratio);
    const double l11 = std::sqrt(v.xx), l21 = v.xy / l11;
    plan.start.push_back({c.mean.x, c.mean.y, l11, l21, std::sqrt(std::max(0., v.yy - l21 * l21)),
                          std::uint32_t(std::min(std::floor(sum * 4294967296.), 4294967295.))});
  }
  plan.start.back().below = std::numeric_limits<std::uint32_t>::max();
}

// Components that one evaluation of a level sums over.
double rowsAt(const Plan& plan, std::size_t level) {
  if (std::isinf(plan.ratios[level])) return 0;
  double rows = 0;
  for (std::size_t m = 0; m < plan.models.size(); ++m) {
    if (plan.models[m].network) {
      for (std::size_t b = 0; b < plan.branches.size(); ++b)
        if (plan.branches[b].model == int(m) && plan.evaluatedAt(b, level))
          rows += networkRows(*plan.models[m].network.network);
      continue;
    }
    int used = 0;
    for (std::size_t b = 0; b < plan.branches.size(); ++b)
      if (plan.branches[b].model == int(m) && plan.evaluatedAt(b, level))
        used = std::max(used, plan.branches[b].bAt(level) != 0 ? plan.models[m].components : plan.models[m].groupA);
    rows += used;
  }
  for (const PlanShape& s : plan.shapes) {
    if (!s.at[level].applied()) continue;
    // The Jacobian is one more pass over the components of the main denoiser; a search asks two models again.
    if (s.kind == ShapeKind::Rectified) rows += plan.models[0].groupA;
    if (s.kind == ShapeKind::Characteristic)
      for (const int b : {s.first, s.second}) {
        const PlanModel& m = plan.models[std::size_t(plan.branches[std::size_t(b)].model)];
        rows += s.at[level].b * (m.network                                       ? networkRows(*m.network.network)
                                 : plan.branches[std::size_t(b)].bAt(level) != 0 ? m.components
                                                                                 : m.groupA);
      }
    if (s.kind == ShapeKind::Noise) rows += kRowsOfNoise;
  }
  return rows;
}

void countCost(Plan& plan) {
  const auto call = [&](int level) {
    for (std::size_t b = 0; b < plan.branches.size(); ++b) plan.modelCalls += plan.evaluatedAt(b, std::size_t(level));
    for (const PlanShape& s : plan.shapes)
      if (const PlanShape::Numbers& n = s.at[std::size_t(level)]; n.applied())
        plan.modelCalls += s.kind == ShapeKind::Rectified ? 1 : s.kind == ShapeKind::Characteristic ? 2 * int(n.b) : 0;
    plan.rowEvaluations += rowsAt(plan, std::size_t(level));
  };
  for (const PlanStep& s : plan.steps) {
    call(s.level);
    if (s.levelMid >= 0) call(s.levelMid), call(s.levelMid);
    if (s.levelNext >= 0) call(s.levelNext);
  }
}

void fillInfinite(Plan& plan, bool rests) {
  if (plan.ratios.empty() || !std::isinf(plan.ratios.front())) return;
  if (rests && !plan.steps.empty()) {  // x' = x: the state is z, x = sigma z
    plan.steps[0].ratioNext = plan.grid.front().level.sigma / plan.steps[0].alphaNext;
    return;
  }
  plan.infiniteDenoiser = pureNoiseDenoiser(plan, plan.infiniteMemory);
}

}  // namespace

std::vector<int> groupOrder(const Mixture& mixture, int label) {
  std::vector<int> order(mixture.components.size());
  std::iota(order.begin(), order.end(), 0);
  if (label != kUnconditional)
    std::stable_partition(order.begin(), order.end(),
                          [&](int k) { return mixture.components[std::size_t(k)].label == label; });
  return order;
}

std::vector<BasicRow<double>> componentRows(const Mixture& mixture, std::span<const int> order, NoiseLevel level,
                                            double broaden) {
  std::vector<BasicRow<double>> rows;
  rows.reserve(order.size());
  const double a2 = level.alpha * level.alpha, added = a2 * broaden * broaden + level.sigma * level.sigma;
  for (const int k : order) {
    const Component& c = mixture.components[std::size_t(k)];
    const double xx = a2 * c.covariance.xx + added, xy = a2 * c.covariance.xy, yy = a2 * c.covariance.yy + added;
    const double det = xx * yy - xy * xy, f = kLog2e / 2 / det;
    rows.push_back({level.alpha * c.mean.x, level.alpha * c.mean.y, f * yy, -f * xy, f * xx,
                    std::log2(c.weight) - std::log2(det) / 2 - std::log2(2 * std::numbers::pi)});
  }
  return rows;
}

double stageTime(const Schedule& schedule, std::span<const GridPoint> grid, int step, double ratio) {
  if (schedule.kind != ScheduleKind::Edm) return timeOf(schedule, ratio);
  const GridPoint& a = grid[std::size_t(step)];
  const GridPoint& b = grid[std::size_t(step) + 1];
  const auto position = [&](double r) {
    return schedule.grid == GridKind::Karras     ? std::pow(r, 1 / schedule.rho)
           : schedule.grid == GridKind::UniformT ? r
                                                 : std::log(r);
  };
  return a.t + (b.t - a.t) * (position(ratio) - position(a.ratio)) / (position(b.ratio) - position(a.ratio));
}

std::vector<BasicRow<double>> PlanModel::rowsAt(double ratio, std::size_t level) const {
  return componentRows(*law, {order.data(), std::size_t(components)}, {1, scale.empty() ? ratio : ratio * scale[level]},
                       broaden);
}

int Plan::kernelRows() const {
  double most = 0;
  for (std::size_t level = 0; level < ratios.size(); ++level) most = std::max(most, rowsAt(*this, level));
  return int(most);
}

bool Plan::shapedAt(std::size_t level) const {
  return std::any_of(shapes.begin(), shapes.end(), [&](const PlanShape& s) { return s.at[level].applied(); });
}

bool Plan::scripted() const {
  return std::any_of(models.begin(), models.end(),
                     [](const PlanModel& m) { return m.network && m.network.network->script; });
}

bool Plan::networkAt(std::size_t level) const {
  for (std::size_t b = 0; b < branches.size(); ++b)
    if (models[std::size_t(branches[b].model)].network && evaluatedAt(b, level)) return true;
  return false;
}

bool Plan::evaluatedAt(std::size_t branch, std::size_t level) const {
  if (branches[branch].coefficient[level] != 0) return true;
  return std::any_of(shapes.begin(), shapes.end(), [&](const PlanShape& s) {
    return s.at[level].applied() &&
           (branch == 0 || s.first == int(branch) || s.second == int(branch) || s.third == int(branch));
  });
}

Plan compile(const Experiment& experiment, std::shared_ptr<const Mixture> mixture, const Plan* previous, bool quick) {
  check(experiment, mixture.get());
  Plan plan;
  plan.experiment = std::make_shared<const Experiment>(experiment);
  plan.mixture = std::move(mixture);
  plan.grid = timeGrid(experiment.schedule);
  fillSteps(plan);
  Stack stack = stackOf(plan, previous, quick);
  const bool rests = stack.rests;
  // The noised product of 1 + w laws is N(0, sh^2 / (1 + w)) at first.
  if (1 + stack.summed > 0) plan.startSpread = 1 / std::sqrt(1 + stack.summed);
  fillTables(std::move(stack), plan, previous);
  fillInfinite(plan, rests);
  fillStart(plan);
  countCost(plan);
  return plan;
}

Plan compileLevels(const Experiment& experiment, std::shared_ptr<const Mixture> mixture, std::vector<double> times,
                   std::vector<double> ratios, const Plan* previous) {
  check(experiment, mixture.get());
  Plan plan;
  plan.experiment = std::make_shared<const Experiment>(experiment);
  plan.mixture = std::move(mixture);
  plan.ratios = std::move(ratios);
  plan.times = std::move(times);
  fillParts(plan);
  fillTables(stackOf(plan, previous), plan, previous);
  fillInfinite(plan, false);
  return plan;
}

Plan compileLevel(const Experiment& experiment, std::shared_ptr<const Mixture> mixture, double t, double ratio) {
  return compileLevels(experiment, std::move(mixture), {t}, {ratio});
}

}  // namespace gs
