#include "measure/score_errors.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/reference.h"
#include "engine/thread_pool.h"
#include "truth/tilted_law.h"

namespace gs {
namespace {

constexpr int kScoreLevels = 32;
constexpr double kMostScoreRows = 2e8;  // component evaluations of all levels together
constexpr double kCellsPerWidth = 2;    // the rectangle rule over a Gaussian is exact to 1e-8 with that many

}  // namespace

ScoreErrors scoreErrors(const Engine& engine, const Plan& plan, std::stop_token stop) {
  const Experiment& e = *plan.experiment;
  const Tilt tilt = tiltOf(e);
  if (!tilt.absent.empty()) return {{}, tilt.absent};
  if (plan.scripted()) return {{}, "a model that is code is asked point by point: too slow for every level"};
  if (!plan.plain()) return {{}, "what is done between the steps is no field"};
  if (plan.remembers) return {{}, "a push that remembers the steps before is no field"};
  ScoreErrors out;
  const DensityField density = engine.density(*plan.mixture, {1, 0}, lawGrid(*plan.mixture, tilt), stop);
  if (density.logJoint.empty()) return out;
  const TiltedLaw law(tilt, plan.mixture, density, rewardOn(tilt, *plan.mixture, density));
  std::vector<std::size_t> steps;
  for (std::size_t s = 0; s < plan.steps.size(); ++s)
    if (!plan.steps[s].fromPureNoise) steps.push_back(s);
  if (steps.size() > std::size_t(kScoreLevels)) {
    std::vector<std::size_t> some;
    for (int i = 0; i < kScoreLevels; ++i)
      some.push_back(steps[std::size_t(i) * (steps.size() - 1) / std::size_t(kScoreLevels - 1)]);
    steps = std::move(some);
  }
  if (steps.empty()) return out;
  Experiment plain = e;
  plain.guidance.clear();
  const Plan without = compile(plain, plan.mixture, &plan);
  const GuidedInDouble guided(plan), base(without);
  const double narrow = narrowestWidth(*plan.mixture), components = double(plan.mixture->components.size());
  ThreadPool pool(0);
  for (const std::size_t s : steps) {
    const GridPoint& at = plan.grid[s];
    const double ratio = at.ratio;
    // In y = x / alpha.
    FieldGrid grid = lawGrid(noised(*plan.mixture, {1, ratio}), tilt);
    const Vec2 size = grid.hi - grid.lo;
    const double perPoint = plan.kernelRows() + without.kernelRows() + law.closedForms(ratio) * components + 8;
    const double most = std::sqrt(kMostScoreRows / double(steps.size()) / perPoint);
    const double columns = kCellsPerWidth * std::max(size.x, size.y) / std::hypot(narrow, ratio);
    grid.width = std::clamp(int(std::min(columns, most) * size.x / std::max(size.x, size.y)), 12, 400);
    grid.height = std::clamp(int(std::min(columns, most) * size.y / std::max(size.x, size.y)), 12, 400);
    std::vector<double> xs, ys;
    for (int i = 0; i < grid.width; ++i) xs.push_back(grid.center(i, 0).x);
    for (int j = 0; j < grid.height; ++j) ys.push_back(grid.center(0, j).y);
    const std::vector<TiltedLaw::At> target = law.at(xs, ys, ratio, stop);
    if (target.empty()) return {};
    double top = -1e300;
    for (const TiltedLaw::At& a : target) top = std::max(top, a.logDensity);
    struct Sums {
      double mass = 0, guided = 0, base = 0;
    };
    std::vector<Sums> rows(std::size_t(grid.height));
    pool.forEach(grid.height, [&](int j) {
      if (stop.stop_requested()) return;
      Sums& sum = rows[std::size_t(j)];
      for (int i = 0; i < grid.width; ++i) {
        const TiltedLaw::At& a = target[std::size_t(j) * std::size_t(grid.width) + std::size_t(i)];
        const double w = std::exp(a.logDensity - top);
        if (w < 1e-9) continue;
        const Vec2 y(xs[std::size_t(i)], ys[std::size_t(j)]);
        const Vec2 g = guided.denoise(plan.steps[s].level, y) - a.denoiser,
                   b = base.denoise(without.steps[s].level, y) - a.denoiser;
        sum.mass += w;
        sum.guided += w * glm::dot(g, g);
        sum.base += w * glm::dot(b, b);
      }
    });
    if (stop.stop_requested()) return {};
    Sums all;
    for (const Sums& r : rows) all.mass += r.mass, all.guided += r.guided, all.base += r.base;
    // sigma |s^ - s~| = |D^ - D~| / ratio
    out.points.push_back(
        {at.t, ratio, std::sqrt(all.guided / all.mass) / ratio, std::sqrt(all.base / all.mass) / ratio});
  }
  return out;
}

std::string csv(const ScoreErrors& e) {
  std::string out = "t,ratio,score_error,score_error_unguided\n";
  for (const ScoreErrorPoint& p : e.points) {
    char buffer[32];
    for (const double v : {p.t, p.ratio, p.guided, p.base})
      out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr) += ',';
    out.back() = '\n';
  }
  return out;
}

}  // namespace gs
