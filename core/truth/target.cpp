#include "truth/target.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/reward_model.h"
#include "session/enums.h"

namespace gs {
namespace {

// The share of a Gaussian within 1 and 2 standard deviations in the plane.
constexpr double kShares[] = {0.39346934, 0.86466472};

}  // namespace

std::vector<float> tiltedLog(const Tilt& tilt, const Mixture& mixture, const DensityField& field,
                             const std::vector<float>& logReward) {
  const std::size_t pixels = std::size_t(field.grid.width) * std::size_t(field.grid.height),
                    classes = std::size_t(field.classes);
  std::vector<float> out(pixels);
  const float logP = float(std::log(mixture.classProbability(tilt.condition)));
  const bool conditional = tilt.condition != kUnconditional, product = tilt.product != kUnconditional;
  const float logOther = product ? float(std::log(mixture.classProbability(tilt.product))) : 0;
  for (std::size_t i = 0; i < pixels; ++i) {
    float top = -std::numeric_limits<float>::infinity(), sum = 0;
    for (std::size_t c = 0; c < classes; ++c) top = std::max(top, field.logJoint[c * pixels + i]);
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(field.logJoint[c * pixels + i] - top);
    const float whole = top + std::log(sum);
    const float omega = float(tilt.omega);
    if (product) {
      const float own = conditional ? field.logJoint[std::size_t(tilt.condition) * pixels + i] - logP : whole;
      out[i] = own + omega * (field.logJoint[std::size_t(tilt.product) * pixels + i] - logOther - whole);
      continue;
    }
    if (!conditional) {
      out[i] = tilt.reward ? whole + omega * logReward[i] : whole;
      continue;
    }
    const float own = field.logJoint[std::size_t(tilt.condition) * pixels + i] - logP;
    out[i] = own + omega * (tilt.reward ? logReward[i] : own - whole);
  }
  return out;
}

// From a fine histogram over log-density.
std::vector<float> massLevels(const std::vector<float>& logDensity) {
  constexpr int kBins = 8192;
  constexpr double kDepth = 40;
  const double top = *std::max_element(logDensity.begin(), logDensity.end());
  std::vector<double> mass(kBins, 0.);
  double total = 0;
  for (const float l : logDensity) {
    const double below = top - l;
    if (!(below < kDepth)) continue;
    const double m = std::exp(-below);
    mass[std::size_t(below / kDepth * kBins)] += m;
    total += m;
  }
  std::vector<float> levels;
  double sum = 0;
  int bin = 0;
  for (const double share : kShares) {
    while (bin < kBins - 1 && sum + mass[std::size_t(bin)] < share * total) sum += mass[std::size_t(bin++)];
    const double within = mass[std::size_t(bin)] > 0 ? (share * total - sum) / mass[std::size_t(bin)] : 0;
    levels.push_back(float(top - (bin + within) * kDepth / kBins));
  }
  return levels;
}

// Aims at p(x|c)^(1+ω) p(x)^-ω, whether it gets there or not.
static bool sharpens(TermKind kind) {
  return kind == TermKind::Cfg || kind == TermKind::Characteristic || kind == TermKind::PredictorCorrector ||
         kind == TermKind::Gibbs;
}

Tilt tiltOf(const Experiment& e) {
  Tilt tilt;
  tilt.condition = e.condition;
  for (std::size_t i = 0; i < e.guidance.size() && !tilt.reward; ++i) {
    if (!e.guidance[i].enabled || e.guidance[i].kind != TermKind::Reward) continue;
    tilt.reward = e.guidance[i].reward;
    tilt.path = "guidance." + std::to_string(i) + ".reward";
  }
  int on = 0;
  for (const Term& term : e.guidance) {
    if (!term.enabled || term.omega == 0) continue;
    if (++on > 1) {
      tilt.absent = "no closed target: several terms are on";
    } else if (!sharpens(term.kind) && term.kind != TermKind::Reward && term.kind != TermKind::And) {
      tilt.absent = "no closed target: " + std::string(enumName(term.kind)) + " is on";
    } else if (term.curve.kind != CurveKind::Constant) {
      tilt.absent = "no closed target: the weight changes with t";
    } else {
      // With a cost the sampler goes down: r = 1 / l. Without a condition there is none.
      const bool cost = term.kind == TermKind::Reward && term.reward.kind == RewardKind::Cost;
      tilt.omega = cost ? -term.omega : term.omega;
      if (term.kind == TermKind::And) tilt.product = term.label;
      if (e.condition == kUnconditional && (cost || sharpens(term.kind))) tilt.omega = 0;
    }
  }
  if (!tilt.absent.empty()) tilt.omega = 0;
  return tilt;
}

double narrowestWidth(const Mixture& m) {
  double least = std::numeric_limits<double>::infinity();
  for (const Component& c : m.components) {
    const double half = c.covariance.trace() / 2;
    const double spread = std::sqrt(std::max(0., half * half - c.covariance.determinant()));
    least = std::min(least, std::sqrt(std::max(half - spread, 1e-12)));
  }
  return least;
}

FieldGrid lawGrid(const Mixture& mixture, const Tilt& tilt) {
  const double infinity = std::numeric_limits<double>::infinity();
  Vec2 lo(infinity), hi(-infinity);
  double narrowest = infinity;
  for (const Component& c : mixture.components) {
    // For omega >= 0 the tilted law is at most p(x|c) / p(c)^omega: it lies where the class does.
    if (tilt.condition != kUnconditional && tilt.omega >= 0 && c.label != tilt.condition) continue;
    const Vec2 reach(5 * std::sqrt(c.covariance.xx), 5 * std::sqrt(c.covariance.yy));
    // A linear reward moves a component by omega S b.
    const Vec2 mean = tilt.reward && tilt.reward->kind == RewardKind::Linear
                          ? c.mean + tilt.omega * tilt.reward->strength * (c.covariance * rewardDirection(*tilt.reward))
                          : c.mean;
    lo = glm::min(lo, mean - reach);
    hi = glm::max(hi, mean + reach);
    const double half = c.covariance.trace() / 2;
    const double spread = std::sqrt(std::max(0., half * half - c.covariance.determinant()));
    narrowest = std::min(narrowest, std::sqrt(std::max(half - spread, 1e-12)));
  }
  const Vec2 size = hi - lo;
  // Cells of 0.6 standard deviations integrate a Gaussian to 1e-10; the cost is bounded at 1.5e8 components.
  const double most = std::min(512. * 512., 1.5e8 / double(mixture.components.size()));
  const double cell = std::max(0.6 * narrowest, std::sqrt(size.x * size.y / most));
  const auto cells = [&](double length) { return int(std::clamp(std::ceil(length / cell), 64., 1024.)); };
  return {lo, hi, cells(size.x), cells(size.y)};
}

bool needsDensity(const Tilt& tilt) {
  return tilt.reward && (tilt.reward->kind == RewardKind::ClassPosterior || tilt.reward->kind == RewardKind::Cost);
}

std::vector<float> rewardOn(const Tilt& tilt, const Mixture& mixture, const DensityField& field) {
  std::vector<float> out;
  if (!tilt.reward) return out;
  const LogReward log = rewardFunction(*tilt.reward, mixture, tilt.condition, tilt.path);
  const FieldGrid& grid = field.grid;
  const std::size_t pixels = std::size_t(grid.width) * std::size_t(grid.height);
  out.reserve(pixels);
  if (!needsDensity(tilt)) {
    for (int j = 0; j < grid.height; ++j)
      for (int i = 0; i < grid.width; ++i) out.push_back(float(std::max(kNoReward, log(grid.center(i, j)))));
    return out;
  }
  const bool cost = tilt.reward->kind == RewardKind::Cost;
  const int label = cost ? tilt.condition : tilt.reward->label;
  if (label == kUnconditional) return std::vector<float>(pixels, 0.f);
  for (std::size_t i = 0; i < pixels; ++i) {
    float top = -std::numeric_limits<float>::infinity(), sum = 0;
    for (std::size_t c = 0; c < std::size_t(field.classes); ++c) top = std::max(top, field.logJoint[c * pixels + i]);
    for (std::size_t c = 0; c < std::size_t(field.classes); ++c) sum += std::exp(field.logJoint[c * pixels + i] - top);
    const float posterior = field.logJoint[std::size_t(label) * pixels + i] - top - std::log(sum);
    out.push_back(cost ? -posterior : posterior);
  }
  return out;
}

RewardField rewardField(const Tilt& tilt, const FieldGrid& grid, const std::vector<float>& log) {
  RewardField field{grid, log, {}, 0};
  const Reward& r = *tilt.reward;
  if (r.kind == RewardKind::HalfPlane) {
    const Vec2 n = rewardDirection(r);
    for (int j = 0; j < grid.height; ++j)
      for (int i = 0; i < grid.width; ++i)
        field.height[std::size_t(j) * std::size_t(grid.width) + std::size_t(i)] =
            float(glm::dot(n, grid.center(i, j)) - r.offset);
    field.lines = {0};
    return field;
  }
  // A handful of lines, whole steps of log r apart, from the top of what is seen.
  constexpr double kDeepest = 6;
  if (r.kind == RewardKind::Cost)  // the sampler goes where it is low
    for (float& h : field.height) h = -h;
  const auto [least, most] = std::minmax_element(field.height.begin(), field.height.end());
  const double top = *most, range = std::min(top - *least, kDeepest);
  if (!(range > 1e-6)) return field;
  for (field.apart = .1; range / field.apart > 9;) field.apart *= field.apart == .2 || field.apart == 2 ? 2.5 : 2;
  // What nobody has painted is flat: a line at its own height would follow rounding.
  const double lowest = top - range + (r.kind == RewardKind::Painted ? field.apart / 100 : 0);
  for (double level = std::ceil(top / field.apart) * field.apart; level > lowest; level -= field.apart)
    if (level < top) field.lines.insert(field.lines.begin(), float(level));
  for (float& h : field.height) h = std::max(h, float(top - 2 * kDeepest));
  return field;
}

TargetField targetFrom(const Tilt& tilt, const Mixture& mixture, const DensityField& law, const DensityField& visible,
                       const std::vector<float>& rewardOnLaw, const std::vector<float>& rewardOnVisible) {
  const std::vector<float> onLaw = tiltedLog(tilt, mixture, law, rewardOnLaw);
  const float top = *std::max_element(onLaw.begin(), onLaw.end());
  double sum = 0;
  for (const float l : onLaw) sum += std::exp(double(l) - top);
  const Vec2 size = law.grid.hi - law.grid.lo;
  const float logMass = float(top + std::log(sum * size.x * size.y / double(onLaw.size())));

  TargetField target;
  target.grid = visible.grid;
  target.logDensity = tiltedLog(tilt, mixture, visible, rewardOnVisible);
  for (float& l : target.logDensity) l -= logMass;
  for (const float level : massLevels(onLaw)) target.contourLevels.push_back(level - logMass);
  return target;
}

NoiseLevel cursorLevel(const Schedule& schedule, std::span<const GridPoint> grid, double t) {
  if (t >= grid.front().t) return grid.front().level;
  if (schedule.kind != ScheduleKind::Edm) return levelAt(schedule, std::max(0., t));
  std::size_t i = 0;
  while (i + 2 < grid.size() && grid[i + 1].t > t) ++i;
  const double u = std::clamp((grid[i].t - t) / (grid[i].t - grid[i + 1].t), 0., 1.);
  return levelOfRatio(schedule, grid[i].ratio + u * (grid[i + 1].ratio - grid[i].ratio));
}

TargetField targetField(const Engine& engine, const Experiment& experiment, const Mixture& mixture,
                        const FieldGrid& grid, std::stop_token stop) {
  const Tilt tilt = tiltOf(experiment);
  DensityField visible{.grid = grid};
  if (tilt.absent.empty() || needsDensity(tilt)) visible = engine.density(mixture, {1, 0}, grid, stop);
  if (stop.stop_requested()) return {grid, {}, {}, "stopped", {}};
  const std::vector<float> log = rewardOn(tilt, mixture, visible);
  const auto reward = tilt.reward ? std::make_shared<const RewardField>(rewardField(tilt, grid, log)) : nullptr;
  if (!tilt.absent.empty()) return {grid, {}, {}, tilt.absent, reward};
  const DensityField law = engine.density(mixture, {1, 0}, lawGrid(mixture, tilt), stop);
  if (stop.stop_requested() || law.logJoint.empty()) return {grid, {}, {}, "stopped", reward};
  TargetField target = targetFrom(tilt, mixture, law, visible, rewardOn(tilt, mixture, law), log);
  target.reward = reward;
  return target;
}

}  // namespace gs
