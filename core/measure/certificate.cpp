#include "measure/certificate.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "diffusion/estimates.h"
#include "engine/reference.h"
#include "engine/reward_model.h"
#include "engine/thread_pool.h"
#include "session/classes.h"

namespace gs {
namespace {

constexpr double kMostCertificateRows = 3e7;  // component evaluations: about a second of one core

double bounded(double logH) { return std::exp(std::min(logH, kMostLog)); }

// v - beta (u - known) for a control u of known mean, with the beta of least variance.
std::vector<double> corrected(std::vector<double> v, std::span<const double> u, double known) {
  const double n = double(v.size());
  double mv = 0, mu = 0, uv = 0, uu = 0;
  for (std::size_t i = 0; i < v.size(); ++i) mv += v[i] / n, mu += u[i] / n;
  for (std::size_t i = 0; i < v.size(); ++i) uv += (v[i] - mv) * (u[i] - mu), uu += (u[i] - mu) * (u[i] - mu);
  const double beta = uu > 0 ? uv / uu : 0;
  for (std::size_t i = 0; i < v.size(); ++i) v[i] -= beta * (u[i] - known);
  return v;
}
// Whether the sample mean of h without guidance is what is known of it. Where h has grown a tail that no path is in, it
// falls short by more than its own error says, and as a control it would shift what it is to steady.
bool seesItsMean(std::span<const double> twinH, double known) {
  const Moments m = moments(twinH);
  return std::abs(m.mean - known) <= 4 * m.se + 1e-3 * known && m.se <= .1 * known;
}
// What one path has gathered up to a level.
struct Gathered {
  double h = 1, own = 0, rest = 0;   // h, and the two integrals
  double ownRate = 0, restRate = 0;  // integrands in u = sh / (1 + sh) at the level before
  double twinH = 1, twinRest = 0, twinRate = 0;
};

// Of 1/p(c|x). The classes apart keep what is left of 1 - p(c|x) where it is far below rounding.
Martingale inverseClass(const Mixture& mixture, int condition) {
  const auto field = [&mixture, condition](double ratio) {
    return [f = ClassField(mixture, condition, ratio)](Vec2 y) {
      const ClassField::At v = f.at(y);
      return TiltField::At{-v.logPosterior, v.score, -v.gradient, -v.divergence};
    };
  };
  return {"E[1/p(c|x)]", 1 / mixture.classProbability(condition), 0, field,
          [at = field(0)](Vec2 x) { return at(x).logH; }};
}

}  // namespace

Martingale rewardMartingale(const Plan& plan, const Reward& r, const std::string& path) {
  const int condition = plan.experiment->condition, base = baseOf(r, condition);
  const std::shared_ptr<const Mixture>& mixture = plan.mixture;
  Martingale m;
  m.of = "E[r(x)]";
  m.atData = rewardFunction(r, *mixture, condition, path);
  std::shared_ptr<const Mixture> tilted = mixture;
  int label = r.label;
  double logMean = 0;
  if (r.kind == RewardKind::ClassPosterior) {
    logMean = std::log(mixture->classProbability(label));
  } else {
    const auto model = rewardModel(r, mixture, condition, 0, path, plan.rewards);
    tilted = model->law, label = kUnconditional;
    // Of the reward itself and not of the table for its law, which is right to a thousandth: one number everywhere.
    const LawValue mean = meanReward(r, *mixture, base, condition, path);
    if (!(mean.value > 0)) throw std::invalid_argument(path + ": the reward is 0 everywhere");
    logMean = std::log(mean.value), m.meanError = mean.error;
  }
  m.mean = std::exp(logMean);
  m.field = [mixture, base, tilted, label, logMean](double ratio) {
    return [f = TiltField(*mixture, base, *tilted, label, logMean, ratio)](Vec2 y) { return f.at(y); };
  };
  return m;
}

Certificate certificate(const Engine& engine, const Plan& plan, const Frame& frame, int most, std::stop_token stop) {
  Certificate out;
  const Experiment& e = *plan.experiment;
  const Mixture& mixture = *plan.mixture;
  const int term = rewardTerm(e);
  if (term < 0 && (e.condition == kUnconditional || mixture.classes() < 2)) {
    out.absent = "the certificate is about p(c|x), or about a reward: choose a class of several, or add a reward term";
    return out;
  }
  if (term >= 0 && baseOf(e.guidance[std::size_t(term)].reward, e.condition) != e.condition) {
    out.absent =
        "the reward's base is p(x), and the sampler's own law without guidance is p(x|c): choose the same for both";
    return out;
  }
  if (plan.scripted()) {
    out.absent = "the integral asks the model at every point of every path by itself: too slow for one that is code";
    return out;
  }
  if (plan.startSpread != 1) {
    out.absent = "a sum of scores starts from noise of its own";
    return out;
  }
  if (!plan.plain()) {
    out.absent = "what is done between the steps is no field that could be integrated";
    return out;
  }
  if (plan.remembers) {
    out.absent = "a push that remembers the steps before is no field that could be integrated";
    return out;
  }
  const Martingale followed = term >= 0 ? rewardMartingale(plan, e.guidance[std::size_t(term)].reward,
                                                           "guidance." + std::to_string(term) + ".reward")
                                        : inverseClass(mixture, e.condition);
  out.of = followed.of;
  out.baseline = followed.mean;
  out.baselineError = followed.meanError;
  out.churn = e.sampler.kind == SolverKind::Exponential ? e.sampler.churn : 0;
  const double cost = double(plan.grid.size()) * double(mixture.components.size()) * 4;
  const int count = std::min({frame.particles, most, std::max(256, int(kMostCertificateRows / cost))});
  Experiment plain = e;
  plain.guidance.clear();
  plain.model = {};
  plain.particles.count = count;
  const auto twin = engine.sample(compile(plain, plan.mixture), count, stop);
  if (!twin) return out;

  // A batch of paths at a time: the positions of a level are read once for all.
  const std::size_t n = std::size_t(count);
  std::vector<Gathered> paths(n);
  std::vector<char> lost(n, 0);
  const GuidedInDouble guided(plan);
  ThreadPool pool(0);
  const double kappa = out.churn, ownShare = (1 + kappa) / 2, restShare = (1 - kappa) / 2;
  std::vector<int> steps;
  for (int row = 0; row < frame.rows(); ++row)
    if (twin->stored.empty() ||
        std::find(twin->stored.begin(), twin->stored.end(), frame.stepOf(row)) != twin->stored.end())
      steps.push_back(frame.stepOf(row));
  // What particles blow up is known at the end.
  {
    const HostRow a = frame.read(frame.rows() - 1, count), b = twin->read(twin->rows() - 1, count);
    for (std::size_t i = 0; i < n; ++i) lost[i] = blownUp(a[2 * i], a[2 * i + 1]) || blownUp(b[2 * i], b[2 * i + 1]);
  }
  const std::size_t kept = std::size_t(std::count(lost.begin(), lost.end(), 0));
  if (kept < 16) {
    out.absent = "fewer than 16 paths stayed finite";
    return out;
  }
  out.particles = int(kept);

  double before = 1, start = out.baseline;
  // The controls: h without guidance, and its remainder, at this level or at the last one that saw all of its tail.
  // Their means are known at every level, so that they may be of an earlier one.
  std::vector<double> controlH, controlRest;
  double controlKnown = out.baseline;
  bool seen = true;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const int step = steps[s];
    const GridPoint& at = plan.grid[std::size_t(step)];
    const double ratio = at.ratio;
    const bool infinite = std::isinf(ratio);
    const double u = infinite ? 1 : ratio / (1 + ratio);
    const HostRow x = frame.read(frame.rowBefore(step), count), x0 = twin->read(twin->rowBefore(step), count);
    if (ratio == 0) {
      for (std::size_t i = 0; i < n; ++i) {
        if (lost[i]) continue;
        paths[i].h = bounded(followed.atData({x[2 * i], x[2 * i + 1]}));
        paths[i].twinH = bounded(followed.atData({x0[2 * i], x0[2 * i + 1]}));
      }
    }
    if (!infinite) {
      const auto field = followed.field(ratio);
      const int level = ratio > 0 ? plan.steps[std::size_t(step)].level : -1;
      // d tau = 2 sh d sh, d sh = (1 + sh)^2 d u: the integrand is smooth on the whole range and 0 at both ends.
      const double stretch = 2 * ratio * (1 + ratio) * (1 + ratio), width = (before - u) / 2;
      constexpr int kRun = 512;
      pool.forEach(int((n + kRun - 1) / kRun), [&](int run) {
        if (stop.stop_requested()) return;
        for (std::size_t i = std::size_t(run) * kRun; i < std::min(n, (std::size_t(run) + 1) * kRun); ++i) {
          if (lost[i]) continue;
          Gathered& p = paths[i];
          double ownRate = 0, restRate = 0, twinRate = 0;
          if (ratio > 0) {
            const auto remainderAt = [&](const TiltField::At& v) {
              return -restShare * bounded(v.logH) *
                     (glm::dot(v.gradient, v.gradient) + glm::dot(v.score, v.gradient) + v.divergence) * stretch;
            };
            const Vec2 y = Vec2{x[2 * i], x[2 * i + 1]} / at.level.alpha,
                       y0 = Vec2{x0[2 * i], x0[2 * i + 1]} / at.level.alpha;
            const TiltField::At v = field(y), v0 = field(y0);
            if (level >= 0) {
              const Vec2 push = (guided.denoise(level, y) - y) / (ratio * ratio) - v.score;
              ownRate = ownShare * bounded(v.logH) * glm::dot(push, v.gradient) * stretch;
            }
            restRate = remainderAt(v), twinRate = remainderAt(v0);
            p.h = bounded(v.logH);
            p.twinH = bounded(v0.logH);
          }
          if (s > 0) {
            p.own += width * (p.ownRate + ownRate);
            p.rest += width * (p.restRate + restRate);
            p.twinRest += width * (p.twinRate + twinRate);
          }
          p.ownRate = ownRate, p.restRate = restRate, p.twinRate = twinRate;
        }
      });
      if (stop.stop_requested()) return {};
    } else {
      for (Gathered& p : paths) p.h = p.twinH = out.baseline;
    }
    before = u;

    std::vector<double> direct, own, rest, gap, twinH, twinRest;
    double remainder = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (lost[i]) continue;
      const Gathered& p = paths[i];
      direct.push_back(p.h);
      own.push_back(p.own);
      rest.push_back(p.rest);
      gap.push_back(p.h - p.own - p.rest);
      twinH.push_back(p.twinH);
      twinRest.push_back(p.twinRest);
      remainder += p.rest / double(kept);
    }
    const bool exact = e.start == Start::Exact || std::isinf(plan.grid.front().ratio);
    // Other starts have no exact mean: it is measured.
    if (s == 0 && !exact) {
      start = 0;
      for (const double h : direct) start += h / double(kept);
    }
    const double known = exact ? out.baseline : [&] {
      double mean = 0;
      for (const double h : twinH) mean += h / double(kept);
      return mean;
    }();
    CertificatePoint point;
    point.t = at.t;
    point.ratio = ratio;
    seen = seen && seesItsMean(twinH, known);
    if (seen || s == 0) controlH = std::move(twinH), controlRest = std::move(twinRest), controlKnown = known;
    const std::vector<double> theorem = corrected(own, controlH, controlKnown);
    std::vector<double> all = corrected(rest, controlRest, 0);
    for (std::size_t i = 0; i < kept; ++i) all[i] += theorem[i];
    const Moments d = moments(corrected(direct, controlH, controlKnown)), a = moments(all), o = moments(theorem),
                  g = moments(corrected(gap, controlH, controlKnown));
    point.direct = d.mean, point.directSe = d.se;
    point.integral = start + a.mean, point.integralSe = a.se;
    point.own = start + o.mean, point.ownSe = o.se;
    point.remainder = remainder;
    point.gap = g.mean - start, point.gapSe = g.se;
    out.points.push_back(point);
    if (s + 1 == steps.size()) {
      const double sum = d.mean * double(kept), largest = *std::max_element(direct.begin(), direct.end());
      if (largest > .2 * sum)
        out.note = "tail: one path carries " + std::to_string(std::lround(100 * largest / sum)) + " % of " + out.of +
                   ", so its error band is not to be trusted";
    }
  }
  return out;
}

InversePosterior inversePosterior(const Mixture& mixture, int condition, std::span<const float> ends,
                                  std::span<const float> twin) {
  const ClassField field(mixture, condition, 0);
  std::vector<double> h, h0;
  const bool paired = twin.size() == ends.size();
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2) {
    if (blownUp(ends[i], ends[i + 1]) || (paired && blownUp(twin[i], twin[i + 1]))) continue;
    h.push_back(bounded(-field.at({ends[i], ends[i + 1]}).logPosterior));
    if (paired) h0.push_back(bounded(-field.at({twin[i], twin[i + 1]}).logPosterior));
  }
  InversePosterior out;
  if (h.size() < 2) {
    out.value = out.plain = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  const Moments plain = moments(h);
  out.plain = out.value = plain.mean;
  out.plainSe = out.se = out.floor = plain.se;
  out.largestShare = *std::max_element(h.begin(), h.end()) / (plain.mean * double(h.size()));
  if (paired) {
    const double known = 1 / mixture.classProbability(condition), found = moments(h0).mean;
    const Moments c = moments(corrected(h, h0, known));
    out.value = c.mean, out.se = out.floor = c.se;
    if (std::abs(found / known - 1) > .1) {
      out.floor = std::max(c.se, std::abs(c.mean - plain.mean));
      if (out.floor > .01 * std::abs(c.mean))
        out.note = "tail: without guidance these particles find " + formatValue(found, 0, 0) + " where " +
                   formatValue(known, 0, 0) + " is exact, so that E[1/p(c|x)] is known to its floor only";
    }
  }
  return out;
}

Metric limitError(const Experiment& e, const Mixture& mixture, std::span<const float> ends,
                  std::span<const float> limit) {
  Metric m{"limit_error", "|E_N - E_∞|", std::numeric_limits<double>::quiet_NaN(), 0, 0, 0, ""};
  const int term = rewardTerm(e);
  LogReward log;
  if (term >= 0)
    log = rewardFunction(e.guidance[std::size_t(term)].reward, mixture, e.condition,
                         "guidance." + std::to_string(term) + ".reward");
  else if (e.condition != kUnconditional && mixture.classes() > 1)
    log = inverseClass(mixture, e.condition).atData;
  if (!log) return m;
  std::vector<double> change;
  for (std::size_t i = 0; i + 1 < std::min(ends.size(), limit.size()); i += 2) {
    if (blownUp(ends[i], ends[i + 1]) || blownUp(limit[i], limit[i + 1])) continue;
    change.push_back(bounded(log({ends[i], ends[i + 1]})) - bounded(log({limit[i], limit[i + 1]})));
  }
  if (change.size() < 2) return m;
  const Moments a = moments(change);
  m.value = std::abs(a.mean);
  m.se = m.floor = a.se;
  return m;
}

}  // namespace gs
