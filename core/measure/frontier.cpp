#include "measure/frontier.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "diffusion/estimates.h"
#include "engine/reward_model.h"
#include "measure/causes.h"
#include "session/classes.h"

namespace gs {
namespace {

constexpr int kFrontierDraws = 1 << 15, kBlocks = 16;
constexpr int kFrontierPaths = 512, kFrontierSteps = 64;
constexpr double kFewestDraws = 100;  // effective ones, of a tilt

}  // namespace

FrontierPoint tiltedPoint(std::span<const double> logRewards, std::span<const double> logTilts, double at) {
  const double n = double(logRewards.size()), top = *std::max_element(logTilts.begin(), logTilts.end());
  double sum = 0, reward = 0, log = 0;
  for (std::size_t i = 0; i < logTilts.size(); ++i) {
    const double w = std::exp(logTilts[i] - top);
    if (w == 0) continue;
    sum += w, reward += w * std::exp(logRewards[i]), log += w * logTilts[i];
  }
  // KL = E_law[log tilt] - log E[e^tilt]; errors from the influence of each draw.
  const double mean = log / sum;
  FrontierPoint out{at, reward / sum, 0, mean - top - std::log(sum / n), 0};
  double a = 0, b = 0;
  for (std::size_t i = 0; i < logTilts.size(); ++i) {
    const double w = std::exp(logTilts[i] - top) * n / sum;
    const double dr = w == 0 ? 0 : w * (std::exp(logRewards[i]) - out.reward),
                 dk = w == 0 ? 1 : w * (logTilts[i] - mean - 1) + 1;
    a += dr * dr, b += dk * dk;
  }
  out.rewardSe = std::sqrt(a) / n, out.klSe = std::sqrt(b) / n;
  return out;
}

FrontierPoint bestPoint(std::span<const double> logRewards, int n) {
  // The mean of the largest of n is the mean of order statistics under their chance to be it; blocks tell its error.
  const auto largest = [n](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    double mean = 0, below = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double upTo = std::pow(double(i + 1) / double(v.size()), n);
      mean += std::exp(v[i]) * (upTo - below);
      below = upTo;
    }
    return mean;
  };
  FrontierPoint out{double(n), largest({logRewards.begin(), logRewards.end()}), 0,
                    std::log(double(n)) - double(n - 1) / n, 0};
  const std::size_t block = logRewards.size() / kBlocks;
  double mean = 0, squares = 0;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const auto part = logRewards.subspan(b * block, block);
    const double v = largest({part.begin(), part.end()});
    mean += v / kBlocks, squares += v * v;
  }
  out.rewardSe = std::sqrt(std::max(0., squares - kBlocks * mean * mean) / (kBlocks - 1) / kBlocks);
  return out;
}

Frontier frontier(const Engine& engine, const Experiment& experiment, std::shared_ptr<const Mixture> mixture,
                  std::span<const double> omegas, const std::function<void(double)>& progress, std::stop_token stop) {
  Frontier out;
  const int term = rewardTerm(experiment);
  if (term < 0) {
    out.absent = "add a reward term: the plot sets E[r(x)] against what it costs";
    return out;
  }
  const Reward& reward = experiment.guidance[std::size_t(term)].reward;
  if (baseOf(reward, experiment.condition) != experiment.condition) {
    out.absent =
        "the reward's base is p(x), and the sampler's own law without guidance is p(x|c): choose the same for both";
    return out;
  }
  const LogReward log =
      rewardFunction(reward, *mixture, experiment.condition, "guidance." + std::to_string(term) + ".reward");
  std::vector<double> draws;
  bool zeros = false;
  for (const Draw& d : sampleExact(*mixture, kFrontierDraws, experiment.particles.seed, experiment.condition)) {
    draws.push_back(std::min(log(d.x), kMostLog));
    zeros |= draws.back() <= kNoReward;
  }
  for (const double l : draws) out.base += std::exp(l) / double(draws.size());
  if (out.base == 0) {
    out.absent = "the reward is 0 at all " + std::to_string(draws.size()) + " draws of its base";
    return out;
  }
  // Tilts by a factor of some function of the draws, as far as enough draws carry them.
  std::vector<double> tilts(draws.size());
  const auto add = [&](std::vector<FrontierPoint>& curve, double at, const auto& logTilt) {
    std::transform(draws.begin(), draws.end(), tilts.begin(), logTilt);
    double sum = 0, squares = 0;
    const double top = *std::max_element(tilts.begin(), tilts.end());
    for (const double t : tilts) {
      const double w = std::exp(t - top);
      sum += w, squares += w * w;
    }
    if (sum * sum >= kFewestDraws * squares) curve.push_back(tiltedPoint(draws, tilts, at));
  };
  for (const double lambda : omegas) add(out.tilted, lambda, [&](double l) { return lambda == 0 ? 0 : lambda * l; });
  double spread = 0;
  for (const double l : draws) spread += std::pow(std::exp(l) - out.base, 2) / double(draws.size());
  spread = std::sqrt(spread);
  for (const double beta : {0., .25, .5, 1., 1.5, 2., 3., 4., 6., 8., 12., 16., 32., 64.})
    if (spread > 0) add(out.most, beta, [&](double l) { return beta * std::exp(l) / spread; });
  for (int n = 1; n <= 256; n *= 2) out.best.push_back(bestPoint(draws, n));
  if (zeros) out.note = "the reward is 0 in places: KL of the best of n is a bound";

  std::unique_ptr<Plan> before;
  for (std::size_t i = 0; i < omegas.size(); ++i) {
    Experiment e = converged(experiment, kFrontierPaths);
    e.sampler = {SolverKind::Rk4, 0};
    e.schedule.grid = GridKind::UniformLogSnr;  // the limit does not depend on it, and this one needs the fewest steps
    e.schedule.steps = kFrontierSteps;
    e.guidance[std::size_t(term)].omega = omegas[i];
    auto plan = std::make_unique<Plan>(compile(e, mixture, before.get()));
    const auto frame = engine.sample(*plan, e.particles.count, stop);
    if (!frame) return {};
    const std::vector<FollowedLaw> followed = followLaw(*plan, *frame, e.particles.count, false, stop);
    if (stop.stop_requested()) return {};
    if (const FollowedLaw& law = followed.back(); law.at.size() > 1) {
      const Metric kl = divergenceToConditional(*plan, law);
      FrontierPoint p{omegas[i], 0, 0, kl.value, kl.se};
      std::vector<double> rewards;
      for (const Vec2 x : law.at) rewards.push_back(std::exp(std::min(log(x), kMostLog)));
      const Moments of = moments(rewards);
      p.reward = of.mean, p.rewardSe = of.se;
      out.guided.push_back(p);
    }
    before = std::move(plan);
    if (progress) progress(double(i + 1) / double(omegas.size()));
  }
  return out;
}

std::string csv(const Frontier& f) {
  std::string out = "curve,at,reward,reward_se,kl,kl_se\n";
  const auto add = [&out](const char* name, const std::vector<FrontierPoint>& points) {
    for (const FrontierPoint& p : points) {
      out += name;
      for (const double v : {p.at, p.reward, p.rewardSe, p.kl, p.klSe}) {
        char buffer[32];
        out += ',';
        out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr);
      }
      out += '\n';
    }
  };
  add("guided", f.guided);
  add("tilted", f.tilted);
  add("most", f.most);
  add("best_of_n", f.best);
  return out;
}

}  // namespace gs
