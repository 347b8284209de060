#include "engine/plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "engine/leaves.h"

namespace gs {
namespace {

constexpr double kLog2e = std::numbers::log2e;

std::string text(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
[[noreturn]] void reject(const std::string& path, const std::string& why) {
  throw std::invalid_argument(path + ": " + why);
}

void checkTerm(const Term& term, const std::string& path) {
  if (!std::isfinite(term.omega)) reject(path + ".omega", "is not finite");
  if (term.curve.kind == CurveKind::Drawn) {
    const auto& knots = term.curve.knots;
    if (knots.size() < 2 || knots.size() > Curve::kMaxKnots)
      reject(path + ".curve.knots", "a drawn curve has 2 to " + std::to_string(Curve::kMaxKnots) + " knots");
    for (std::size_t i = 0; i < knots.size(); ++i) {
      const std::string knot = path + ".curve.knots." + std::to_string(i);
      if (!std::isfinite(knots[i].t) || !std::isfinite(knots[i].value)) reject(knot, "is not finite");
      if (i > 0 && !(knots[i].t > knots[i - 1].t))
        reject(knot + ".t", text(knots[i].t) + " is not above the knot before");
    }
  }
  if (term.kind == TermKind::Autoguidance) {
    const WeakModel& w = term.weak;
    if (!(w.broaden >= 0) || !std::isfinite(w.broaden))
      reject(path + ".weak.broaden", text(w.broaden) + " is negative");
    if (!(w.leakDensity >= 0 && w.leakDensity <= 1))
      reject(path + ".weak.leakDensity", text(w.leakDensity) + " is outside 0..1");
    if (!(w.leakDenoiser >= 0 && w.leakDenoiser <= 1))
      reject(path + ".weak.leakDenoiser", text(w.leakDenoiser) + " is outside 0..1");
  }
}

void check(const Experiment& e, const Mixture* m) {
  if (!m || m->components.empty()) reject("distribution", "has no components");
  const int classes = m->classes();
  if (e.condition != kUnconditional && (e.condition < 0 || e.condition >= classes))
    reject("condition", "class " + std::to_string(e.condition) + " does not exist; the distribution has " +
                            std::to_string(classes) + (classes == 1 ? " class" : " classes"));
  if (e.guidance.size() > Experiment::kMaxTerms)
    reject("guidance", "more than " + std::to_string(Experiment::kMaxTerms) + " terms");
  for (std::size_t i = 0; i < e.guidance.size(); ++i) checkTerm(e.guidance[i], "guidance." + std::to_string(i));
  if (!std::isfinite(e.sampler.churn) || e.sampler.churn < 0)
    reject("sampler.churn", text(e.sampler.churn) + " is negative");
  if (e.sampler.churn > 0 && e.sampler.kind != SolverKind::Exponential)
    reject("sampler.churn", text(e.sampler.churn) + " needs the exponential solver; the others are deterministic");
  if (e.particles.count < 1 || e.particles.count > Particles::kMost)
    reject("particles.count", std::to_string(e.particles.count) + " is outside 1.." + std::to_string(Particles::kMost));
}

// The guidance stack as branches with coefficients. Terms that are off, or push nothing (classifier-free guidance
// without a condition or with one class, a weak model that equals the model), leave no branch behind.
struct Stack {
  std::vector<PlanModel> models;
  std::vector<PlanBranch> branches;

  int model(double broaden) {
    for (std::size_t i = 0; i < models.size(); ++i)
      if (models[i].broaden == broaden) return int(i);
    models.push_back({.broaden = broaden, .components = 0, .groupA = 0, .rows = nullptr, .leaves = nullptr});
    return int(models.size()) - 1;
  }
  std::size_t branch(double broaden, double a, double b) {
    if (b == 0)
      a = 1;
    else
      a /= b, b = 1;
    const int m = model(broaden);
    for (std::size_t i = 0; i < branches.size(); ++i)
      if (branches[i].model == m && branches[i].a == a && branches[i].b == b) return i;
    branches.push_back({m, a, b, {}});
    return branches.size() - 1;
  }
};

Stack branchesOf(const Experiment& e, const Mixture& mixture, const Plan& plan) {
  const std::size_t levels = plan.ratios.size();
  const double p = mixture.classProbability(e.condition);
  const bool classesDiffer =
      e.condition != kUnconditional && std::any_of(mixture.components.begin(), mixture.components.end(),
                                                   [&](const Component& c) { return c.label != e.condition; });

  Stack stack;
  stack.branch(0, 1, 0);
  stack.branches[0].coefficient.assign(levels, 1);
  const auto add = [&](std::size_t branch, double share, const std::vector<double>& weight) {
    auto& c = stack.branches[branch].coefficient;
    c.resize(levels, 0);
    for (std::size_t i = 0; i < levels; ++i) c[i] += share * weight[i];
  };

  for (const Term& term : e.guidance) {
    if (!term.enabled || term.omega == 0) continue;
    std::vector<double> weight(levels);
    for (std::size_t i = 0; i < levels; ++i)
      weight[i] = term.omega * evaluate(term.curve, plan.times[i], plan.ratios[i]);
    if (term.kind == TermKind::Cfg) {
      if (!classesDiffer) continue;
      add(0, 1, weight);
      add(stack.branch(0, 1, 1), -1, weight);
    } else {
      const double leak = classesDiffer ? term.weak.leakDensity : 0, mix = classesDiffer ? term.weak.leakDenoiser : 0;
      const double broaden = term.weak.broaden;
      if (broaden == 0 && leak == 0 && mix == 0) continue;
      add(0, 1, weight);
      if (mix < 1) add(stack.branch(broaden, (1 - leak) / p + leak, leak), mix - 1, weight);
      if (mix > 0) add(stack.branch(broaden, 1, 1), -mix, weight);
    }
  }
  // A branch whose coefficient is 0 everywhere (a curve that is 0, an interval between the levels) costs nothing; the
  // main one stays as the reference of pushes.
  std::erase_if(stack.branches, [&](const PlanBranch& b) {
    return &b != &stack.branches[0] &&
           std::all_of(b.coefficient.begin(), b.coefficient.end(), [](double c) { return c == 0; });
  });
  return stack;
}

void fillTables(Stack& stack, Plan& plan, const Plan* previous) {
  const Mixture& mixture = *plan.mixture;
  const std::vector<int> order = groupOrder(mixture, plan.experiment->condition);
  const int groupA = plan.experiment->condition == kUnconditional
                         ? int(order.size())
                         : int(std::count_if(order.begin(), order.end(), [&](int k) {
                             return mixture.components[std::size_t(k)].label == plan.experiment->condition;
                           }));
  const bool comparable = previous && previous->mixture == plan.mixture && previous->ratios == plan.ratios &&
                          previous->experiment->condition == plan.experiment->condition;
  for (std::size_t m = 0; m < stack.models.size(); ++m) {
    PlanModel& model = stack.models[m];
    const auto has = [&](auto&& test) { return std::any_of(stack.branches.begin(), stack.branches.end(), test); };
    const bool used = has([&](const PlanBranch& b) { return b.model == int(m); });
    const bool both = has([&](const PlanBranch& b) { return b.model == int(m) && b.b != 0; });
    model.groupA = used ? groupA : 0;
    model.components = both ? int(order.size()) : model.groupA;
    if (comparable)
      for (const PlanModel& old : previous->models)
        if (old.broaden == model.broaden && old.components == model.components)
          model.rows = old.rows, model.leaves = old.leaves;
    if (model.rows) continue;
    auto rows = std::make_shared<std::vector<ComponentRow>>();
    const std::span<const int> chosen(order.data(), std::size_t(model.components));
    rows->reserve(plan.ratios.size() * chosen.size());
    for (const double ratio : plan.ratios) {
      if (std::isinf(ratio)) {  // never summed: the denoiser there is the prior mean
        rows->resize(rows->size() + chosen.size(), ComponentRow{});
        continue;
      }
      for (const auto& r : componentRows(mixture, chosen, {1, ratio}, model.broaden))
        rows->push_back({float(r.meanX), float(r.meanY), float(r.pxx), float(r.pxy), float(r.pyy), float(r.logNorm)});
    }
    model.leaves = leavesOf(*rows, model.components, model.groupA, plan.ratios);
    model.rows = std::move(rows);
  }
  plan.models = std::move(stack.models);
  plan.branches = std::move(stack.branches);
}

// D of a branch at infinite ratio: the mean of its blend of the groups.
Vec2 priorMean(const Mixture& mixture, int condition, const PlanBranch& branch) {
  Vec2 sum(0.0);
  double mass = 0;
  for (const Component& c : mixture.components) {
    const double w = c.weight * (condition == kUnconditional || c.label == condition ? branch.a : branch.b);
    sum += w * c.mean;
    mass += w;
  }
  return sum / mass;
}

void fillSteps(Plan& plan) {
  const Experiment& e = *plan.experiment;
  const auto addLevel = [&](double ratio, double t) {
    plan.ratios.push_back(ratio);
    plan.times.push_back(t);
    return int(plan.ratios.size()) - 1;
  };
  const int n = int(plan.grid.size()) - 1;
  std::vector<int> gridLevel;
  for (int i = 0; i < n; ++i)
    gridLevel.push_back(addLevel(plan.grid[std::size_t(i)].ratio, plan.grid[std::size_t(i)].t));

  double hOld = std::numeric_limits<double>::infinity();
  for (int i = 0; i < n; ++i) {
    const GridPoint& from = plan.grid[std::size_t(i)];
    const GridPoint& to = plan.grid[std::size_t(i) + 1];
    PlanStep s;
    s.level = gridLevel[std::size_t(i)];
    s.ratio = from.ratio;
    s.ratioNext = to.ratio;
    s.alphaNext = to.level.alpha;
    s.fromPureNoise = std::isinf(from.ratio);
    const double r = s.fromPureNoise ? 0 : to.ratio / from.ratio;
    const double h = s.fromPureNoise ? std::numeric_limits<double>::infinity() : -std::log(r);
    const bool inner = !s.fromPureNoise && to.ratio > 0;
    s.decay = r;
    switch (e.sampler.kind) {
      case SolverKind::Euler:
        break;
      case SolverKind::Heun:
        if (!inner) break;
        s.firstOrder = false;
        s.levelNext = gridLevel[std::size_t(i) + 1];
        s.heunNow = (to.ratio - from.ratio) / (2 * from.ratio);
        s.heunNext = (to.ratio - from.ratio) / (2 * to.ratio);
        break;
      case SolverKind::Dpmpp2m:
        if (!inner || std::isinf(hOld)) break;
        s.firstOrder = false;
        s.blendOld = -h / (2 * hOld);
        s.blendNow = 1 - s.blendOld;
        break;
      case SolverKind::Exponential:
        s.decay = std::pow(r, 1 + e.sampler.churn);
        s.noise = to.ratio * std::sqrt(-std::expm1(-2 * e.sampler.churn * h));
        if (e.sampler.churn == 0 || s.fromPureNoise || to.ratio == 0) s.noise = 0;
        break;
      case SolverKind::Rk4: {
        if (!inner) break;
        s.firstOrder = false;
        const double mid = std::sqrt(from.ratio * to.ratio);
        s.levelMid = addLevel(mid, stageTime(e.schedule, plan.grid, i, mid));
        s.levelNext = gridLevel[std::size_t(i) + 1];
        s.logDecay = -h;
        break;
      }
    }
    hOld = h;
    plan.steps.push_back(s);
  }
}

void fillStart(Plan& plan) {
  const Experiment& e = *plan.experiment;
  const double ratio = plan.grid.front().ratio;
  if (e.start != Start::Exact || std::isinf(ratio)) return;
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

void countCost(Plan& plan) {
  const auto rowsAt = [&](int level) {
    double rows = 0;
    for (std::size_t m = 0; m < plan.models.size(); ++m) {
      int used = 0;
      for (const PlanBranch& b : plan.branches)
        if (b.model == int(m) && b.coefficient[std::size_t(level)] != 0)
          used = std::max(used, b.b != 0 ? plan.models[m].components : plan.models[m].groupA);
      rows += used;
    }
    return std::isinf(plan.ratios[std::size_t(level)]) ? 0 : rows;
  };
  const auto call = [&](int level) {
    for (const PlanBranch& b : plan.branches) plan.modelCalls += b.coefficient[std::size_t(level)] != 0;
    plan.rowEvaluations += rowsAt(level);
  };
  for (const PlanStep& s : plan.steps) {
    call(s.level);
    if (s.levelMid >= 0) call(s.levelMid), call(s.levelMid);
    if (s.levelNext >= 0) call(s.levelNext);
  }
}

void fillInfinite(Plan& plan) {
  if (plan.ratios.empty() || !std::isinf(plan.ratios.front())) return;
  for (const PlanBranch& b : plan.branches)
    plan.infiniteDenoiser += b.coefficient.front() * priorMean(*plan.mixture, plan.experiment->condition, b);
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

int Plan::kernelRows() const {
  int most = 0;
  for (std::size_t level = 0; level < ratios.size(); ++level) {
    int rows = 0;
    for (std::size_t m = 0; m < models.size(); ++m) {
      int used = 0;
      for (const PlanBranch& b : branches)
        if (b.model == int(m) && b.coefficient[level] != 0)
          used = std::max(used, b.b != 0 ? models[m].components : models[m].groupA);
      rows += used;
    }
    most = std::max(most, rows);
  }
  return most;
}

Plan compile(const Experiment& experiment, std::shared_ptr<const Mixture> mixture, const Plan* previous) {
  check(experiment, mixture.get());
  Plan plan;
  plan.experiment = std::make_shared<const Experiment>(experiment);
  plan.mixture = std::move(mixture);
  plan.grid = timeGrid(experiment.schedule);
  fillSteps(plan);
  Stack stack = branchesOf(experiment, *plan.mixture, plan);
  fillTables(stack, plan, previous);
  fillInfinite(plan);
  fillStart(plan);
  countCost(plan);
  return plan;
}

Plan compileLevel(const Experiment& experiment, std::shared_ptr<const Mixture> mixture, double t, double ratio) {
  check(experiment, mixture.get());
  Plan plan;
  plan.experiment = std::make_shared<const Experiment>(experiment);
  plan.mixture = std::move(mixture);
  plan.ratios = {ratio};
  plan.times = {t};
  Stack stack = branchesOf(experiment, *plan.mixture, plan);
  fillTables(stack, plan, nullptr);
  fillInfinite(plan);
  return plan;
}

}  // namespace gs
