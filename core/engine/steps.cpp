#include "engine/steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gs {
namespace {

// Numbers of draws: a step has that of the grid point it ends at (1..256), its Langevin steps and rounds their own.
constexpr std::uint32_t kDrawsOfCorrection = 512, kDrawsOfRound = 16384, kDrawOfReturn = 511;

struct Stop {  // a noise level on the way down
  double ratio, t, alpha;
  int point;  // of the grid: this one, or the last one above
};

class Walk {
 public:
  explicit Walk(Plan& plan)
      : plan_(plan), e_(*plan.experiment), corrector_(termBetween(e_, *plan.mixture, TermKind::PredictorCorrector)) {}

  // The solver's steps from one stop to the next, each with its Langevin steps.
  void down(const std::vector<Stop>& stops, bool again, std::uint32_t draws) {
    std::vector<int> levels;
    for (std::size_t i = 0; i + 1 < stops.size(); ++i)
      levels.push_back(level(stops[i].ratio, stops[i].t, {.again = again}));
    double hOld = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i + 1 < stops.size(); ++i) {
      PlanStep s = step(stops[i], stops[i + 1], levels, i, again, hOld);
      s.draw = draws + std::uint32_t(s.point);
      s.fresh = i == 0;
      plan_.steps.push_back(s);
      if (corrector_ && stops[i + 1].ratio > 0) correct(stops[i + 1], again, s.draw);
    }
  }

  // The time of a ratio in this step of the grid, or above the first one.
  double timeNear(int step, double ratio) const {
    return std::min(1., stageTime(e_.schedule, plan_.grid, std::max(0, step), ratio));
  }

  // y' = x0 + s* z: a level without denoisers answers y.
  void back(const Stop& to, std::uint32_t draws) {
    PlanStep s;
    s.level = level(to.ratio, to.t, {.noises = true});
    s.ratio = s.ratioNext = s.noise = to.ratio;
    s.decay = 1;
    s.alphaNext = to.alpha;
    s.point = to.point;
    s.draw = draws + kDrawOfReturn;
    s.moves = false;
    plan_.steps.push_back(s);
  }

 private:
  int level(double ratio, double t, LevelPart part) {
    plan_.ratios.push_back(ratio);
    plan_.times.push_back(t);
    plan_.parts.push_back(part);
    return int(plan_.ratios.size()) - 1;
  }

  PlanStep step(const Stop& from, const Stop& to, const std::vector<int>& levels, std::size_t i, bool again,
                double& hOld) {
    PlanStep s;
    s.level = levels[i];
    s.ratio = from.ratio;
    s.ratioNext = to.ratio;
    s.alphaNext = to.alpha;
    s.point = to.point;
    s.fromPureNoise = std::isinf(from.ratio);
    const double r = s.fromPureNoise ? 0 : to.ratio / from.ratio;
    const double h = s.fromPureNoise ? std::numeric_limits<double>::infinity() : -std::log(r);
    const bool inner = !s.fromPureNoise && to.ratio > 0;
    s.decay = r;
    switch (e_.sampler.kind) {
      case SolverKind::Euler:
        break;
      case SolverKind::Heun:
        if (!inner) break;
        s.firstOrder = false;
        s.levelNext = levels[i + 1];
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
        s.decay = std::pow(r, 1 + e_.sampler.churn);
        s.noise = to.ratio * std::sqrt(-std::expm1(-2 * e_.sampler.churn * h));
        if (e_.sampler.churn == 0 || s.fromPureNoise || to.ratio == 0) s.noise = 0;
        break;
      case SolverKind::Rk4: {
        if (!inner) break;
        s.firstOrder = false;
        const double mid = std::sqrt(from.ratio * to.ratio);
        s.levelMid = level(mid, timeNear(to.point - 1, mid), {.again = again});
        s.levelNext = levels[i + 1];
        s.logDecay = -h;
        break;
      }
    }
    hOld = h;
    return s;
  }

  // Langevin steps y' = y + c sh^2 s + sqrt(2 c) sh z, which is y' = D + (1 - c) (y - D) + sqrt(2 c) sh z.
  void correct(const Stop& at, bool again, std::uint32_t draw) {
    PlanStep s;
    s.level = level(at.ratio, at.t, {.corrects = true, .again = again});
    s.ratio = s.ratioNext = at.ratio;
    s.alphaNext = at.alpha;
    s.point = at.point;
    s.decay = 1 - corrector_->stride;
    s.noise = std::sqrt(2 * corrector_->stride) * at.ratio;
    s.moves = false;
    for (int k = 1; k <= corrector_->corrections; ++k) {
      s.draw = draw + std::uint32_t(k) * kDrawsOfCorrection;
      plan_.steps.push_back(s);
    }
  }

  Plan& plan_;
  const Experiment& e_;
  const Term* corrector_;
};

}  // namespace

const Term* termBetween(const Experiment& e, const Mixture& m, TermKind kind) {
  const bool conditional =
      e.condition != kUnconditional &&
      std::any_of(m.components.begin(), m.components.end(), [&](const Component& c) { return c.label != e.condition; });
  if (!conditional) return nullptr;
  for (const Term& t : e.guidance)
    if (t.enabled && t.omega != 0 && t.kind == kind && (kind == TermKind::Gibbs ? t.rounds : t.corrections) > 0)
      return &t;
  return nullptr;
}

void fillSteps(Plan& plan) {
  const Experiment& e = *plan.experiment;
  const std::vector<GridPoint>& grid = plan.grid;
  std::vector<Stop> stops;
  for (std::size_t i = 0; i < grid.size(); ++i)
    stops.push_back({grid[i].ratio, grid[i].t, grid[i].level.alpha, int(i)});
  Walk walk(plan);
  walk.down(stops, false, 0);
  if (const Term* const rounds = termBetween(e, *plan.mixture, TermKind::Gibbs)) {  // 2505.21101, algorithm 1
    const double ratio = rounds->returnTo;
    const auto below = std::find_if(stops.begin(), stops.end(), [&](const Stop& s) { return s.ratio < ratio; });
    const int above = std::max(0, int(below - stops.begin()) - 1);
    const Stop at{ratio, walk.timeNear(above, ratio), levelOfRatio(e.schedule, ratio).alpha, above};
    stops.erase(stops.begin(), below);
    stops.insert(stops.begin(), at);
    // All rounds are alike but for their noise, and share their levels.
    const std::size_t first = plan.steps.size();
    walk.back(at, kDrawsOfRound);
    walk.down(stops, true, kDrawsOfRound);
    const std::vector<PlanStep> one(plan.steps.begin() + std::ptrdiff_t(first), plan.steps.end());
    for (int round = 2; round <= rounds->rounds; ++round)
      for (PlanStep s : one) {
        s.draw += std::uint32_t(round - 1) * kDrawsOfRound;
        plan.steps.push_back(s);
      }
  }
  // Of several visits of a grid point the last one is shown; the start is none of them.
  std::vector<bool> visited(grid.size(), false);
  visited[0] = true;
  for (auto s = plan.steps.rbegin(); s != plan.steps.rend(); ++s) {
    const std::size_t point = std::size_t(s->point);
    s->shown = !visited[point] && s->ratioNext == grid[point].ratio;
    if (s->shown) visited[point] = true;
  }
}

void fillParts(Plan& plan) {
  const Experiment& e = *plan.experiment;
  const bool corrects = termBetween(e, *plan.mixture, TermKind::PredictorCorrector);
  const Term* const rounds = termBetween(e, *plan.mixture, TermKind::Gibbs);
  for (const double ratio : plan.ratios)
    plan.parts.push_back({.corrects = corrects, .again = rounds && ratio <= rounds->returnTo});
}

}  // namespace gs
