#include "measure/weights_compared.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "data/distributions.h"
#include "diffusion/two_samples.h"

namespace gs {
namespace {

constexpr std::uint32_t kSearchSeed = 0x5EA4C4, kFinalSeed = 0xF17A1;

std::string twoDigits(double v) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::general, 2).ptr};
}

bool onTheLine(const Mixture& m) {
  return std::all_of(m.components.begin(), m.components.end(),
                     [](const Component& c) { return c.mean.y == 0 && c.covariance.xy == 0 && c.covariance.yy == 1; });
}

// The mean distance of all pairs of two sets, or within one (each point is then no pair with itself).
double meanPairDistance(const std::vector<float>& x, const std::vector<float>& y) {
  const std::size_t n = x.size() / 2, m = y.size() / 2;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float px = x[2 * i], py = x[2 * i + 1];
    float row = 0;
    for (std::size_t j = 0; j < m; ++j) {
      const float dx = px - y[2 * j], dy = py - y[2 * j + 1];
      row += std::sqrt(dx * dx + dy * dy);
    }
    sum += double(row);
  }
  return &x == &y ? sum / (double(n) * double(n - 1)) : sum / (double(n) * double(m));
}

class Comparison {
 public:
  Comparison(const Engine& engine, Experiment e, int particles, std::stop_token stop)
      : engine_(engine), e_(std::move(e)), mixture_(resolve(e_.distribution)), count_(particles), stop_(stop) {
    other_ = 0x9E3779B1u * (e_.particles.seed - 1);
    e_.particles.count = particles;
    line_ = onTheLine(*mixture_);
    for (int c = 0; c < mixture_->classes(); ++c)
      for (const std::uint32_t seed : {kSearchSeed, kFinalSeed}) {
        exact_.push_back(draws(c, seed + other_));
        within_.push_back(meanPairDistance(exact_.back(), exact_.back()));
      }
  }

  // Of one curve; `final`: with the seed that nothing was chosen by, and with standard errors.
  WeightChoice measure(const Curve& curve, double omega, bool final, bool floors = false) {
    WeightChoice out;
    out.omega = omega;
    e_.guidance = {Term{}};
    e_.guidance[0].omega = omega, e_.guidance[0].curve = curve;
    e_.particles.seed = (final ? kFinalSeed : kSearchSeed) + other_;
    const double classes = mixture_->classes();
    for (int c = 0; c < mixture_->classes() && !stop_.stop_requested(); ++c) {
      e_.condition = c;
      const Plan plan = compile(e_, mixture_);
      const auto frame = engine_.sample(plan, count_, stop_);
      if (!frame) break;
      std::vector<float> x;
      for (const HostRow row = frame->read(frame->rows() - 1); x.size() < row.size();) {
        const float a = row[x.size()], b = row[x.size() + 1];
        x.push_back(a), x.push_back(line_ ? 0 : b);
      }
      // What blew up is as far off as can be.
      for (float& v : x)
        if (!std::isfinite(v)) v = 1e6f;
      const std::size_t of = 2 * std::size_t(c) + final;
      Distance d;
      if (final)
        d = energyDistance(x, exact_[of], kFinalSeed + other_, stop_);
      else
        d.value = 2 * meanPairDistance(x, exact_[of]) - meanPairDistance(x, x) - within_[of];
      out.perClass.push_back(d.value), out.ses.push_back(d.se);
      out.distance += d.value / classes;
      out.se += d.se * d.se / (classes * classes);
      if (floors) floor_ += d.floor * d.floor / (classes * classes);
    }
    out.se = std::sqrt(out.se);
    return out;
  }
  double floor() const { return std::sqrt(floor_); }
  int classes() const { return mixture_->classes(); }

 private:
  std::vector<float> draws(int label, std::uint32_t seed) const {
    std::vector<float> out;
    for (const Draw& d : sampleExact(*mixture_, count_, seed, label))
      out.push_back(float(d.x.x)), out.push_back(line_ ? 0 : float(d.x.y));
    return out;
  }

  const Engine& engine_;
  Experiment e_;
  std::shared_ptr<const Mixture> mixture_;
  int count_;
  std::stop_token stop_;
  std::uint32_t other_ = 0;  // from the experiment's own seed: another one measures with other particles and draws
  bool line_ = false;
  std::vector<std::vector<float>> exact_;  // [class][search, final]
  std::vector<double> within_;             // of each: the mean distance of two of its points
  double floor_ = 0;
};

}  // namespace

WeightsCompared compareWeights(const Engine& engine, Experiment e, const LearnedWeights& learned, int particles,
                               std::stop_token stop, const std::function<void(double)>& progress) {
  constexpr double kConstants[] = {.1, .2, .3, .4, .5, .7, 1, 1.5, 2, 3, 4}, kInInterval[] = {.25, .5, 1, 2, 3};
  constexpr double kFrom[] = {0, .1, .3, .5}, kTo[] = {.5, .7, .9};  // times of straight paths
  const int runs =
      int(std::size(kConstants)) + 14 + int(std::size(kFrom) * std::size(kTo) * std::size(kInInterval)) + 4;
  int done = 0;
  Comparison comparison(engine, std::move(e), particles, stop);
  const auto run = [&](const Curve& curve, double omega, bool final = false, bool floors = false) {
    if (progress) progress(std::min(1., double(done++) / runs));
    return comparison.measure(curve, omega, final, floors);
  };
  Curve none, constant, interval, table;
  table.kind = CurveKind::Learned, table.learned = learned;
  interval.kind = CurveKind::Interval;

  // From a sweep's best weight on to larger ones while they are better, and then closer around it.
  const auto refined = [&](const Curve& curve, WeightChoice best) {
    constexpr double kLargest = 20;  // that a term takes
    double factor = 1.3;
    for (int i = 0; i < 12 && best.omega > 0 && factor > 1.05; ++i) {
      const double from = best.omega;
      for (const double omega : {from / factor, std::min(from * factor, kLargest)})
        if (const WeightChoice c = run(curve, omega); c.distance < best.distance) best = c;
      if (best.omega == from) factor = std::sqrt(factor);
    }
    return best;
  };

  WeightChoice best = run(none, 0);
  const double unguided = best.distance;
  for (const double omega : kConstants)
    if (const WeightChoice c = run(constant, omega); c.distance < best.distance) best = c;
  best = refined(constant, best);
  const double bestConstant = best.omega;

  WeightChoice bestInside;
  bestInside.distance = unguided, bestInside.hi = 1;
  Curve chosen = interval;
  chosen.lo = 0.1, chosen.hi = 1;
  for (const double from : kFrom)
    for (const double to : kTo)
      for (const double omega : kInInterval) {
        if (from >= to) continue;
        interval.lo = from / (1 - from), interval.hi = to / (1 - to);
        if (const WeightChoice c = run(interval, omega); c.distance < bestInside.distance)
          bestInside = c, chosen = interval;
      }
  bestInside = refined(chosen, bestInside);

  WeightsCompared out;
  out.particles = particles;
  const auto add = [&](WeightChoice c, const char* name, std::string label) {
    c.name = name, c.label = std::move(label);
    out.choices.push_back(std::move(c));
  };
  add(run(none, 0, true, true), "none", "no guidance");
  add(run(constant, bestConstant, true), "constant", "best constant, ω = " + twoDigits(bestConstant));
  WeightChoice inside = run(chosen, bestInside.omega, true);
  inside.lo = chosen.lo, inside.hi = chosen.hi;
  add(inside, "interval",
      "best interval, ω = " + twoDigits(bestInside.omega) + " for " + twoDigits(chosen.lo) + " < σ/α ≤ " +
          twoDigits(chosen.hi));
  add(run(table, 1, true), "learned", "learned ω(s, t, c)");
  out.floor = comparison.floor();
  if (stop.stop_requested()) return {};
  if (progress) progress(1);
  return out;
}

Experiment withLearned(Experiment e, const LearnedWeights& w) {
  auto term = std::find_if(e.guidance.begin(), e.guidance.end(), [](const Term& t) { return t.kind == TermKind::Cfg; });
  if (term == e.guidance.end()) term = e.guidance.insert(e.guidance.begin(), Term{});
  if (term->curve.kind != CurveKind::Learned) {
    term->curve = {};
    term->curve.kind = CurveKind::Learned;
    term->omega = 1;
  }
  term->curve.learned = w;
  return e;
}

DrawnWeights drawnWeights(const Experiment& e, const LearnedWeights& w) {
  const std::vector<GridPoint> grid = timeGrid(e.schedule);
  std::vector<Knot> all;  // one a step, at the time it begins
  for (std::size_t i = 0; i + 1 < grid.size(); ++i)
    all.push_back({grid[i].t, weightOf(w, grid[i].ratio, grid[i + 1].ratio, e.condition)});
  std::reverse(all.begin(), all.end());
  DrawnWeights out;
  double most = 0;
  for (const Knot& k : all) most = std::max(most, k.value);
  constexpr double kLargest = 4;  // of a knot
  out.omega = most > kLargest ? most : 1;
  const std::size_t count = std::min(all.size(), std::size_t(Curve::kMaxKnots));
  for (std::size_t i = 0; i < count; ++i) {
    const Knot& k = all[count == 1 ? 0 : i * (all.size() - 1) / (count - 1)];
    out.knots.push_back({k.t, std::round(k.value / out.omega * 1e4) / 1e4});
  }
  if (out.knots.size() == 1) out.knots.insert(out.knots.begin(), {0, out.knots.front().value});
  return out;
}

}  // namespace gs
