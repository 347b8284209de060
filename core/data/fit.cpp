#include "data/fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "data/distributions.h"

namespace gs {
namespace {

constexpr int kLloydSweeps = 12;
constexpr double kEmGain = 1e-6;  // of the log-likelihood per point
// Gaussians evaluated in all of EM, about ten seconds. Only very broad floors with very many components come near it.
constexpr double kEmWork = 2e9;
// Components are looked at only where a box of points touches their box of this many standard deviations. What is
// left out has less than e^-24 of its own peak there.
constexpr double kReach = 7;
// Responsibilities below e^-32 of the largest are nothing in double sums of at most 200 000 points.
constexpr double kNegligible = 32;

// The nearest matrix with eigenvalues of at least `floor`: the constrained maximum-likelihood covariance, so that EM
// stays monotone.
Sym2 floored(Sym2 s, double floor) {
  const double middle = 0.5 * s.trace(), radius = std::hypot(0.5 * (s.xx - s.yy), s.xy);
  // Nor thinner than double precision can invert.
  floor = std::max(floor, 1e-9 * (middle + radius));
  if (middle - radius >= floor) return s;
  if (middle + radius <= floor) return Sym2::isotropic(floor);
  const double angle = 0.5 * std::atan2(s.xy, 0.5 * (s.xx - s.yy));
  const Vec2 along(std::cos(angle), std::sin(angle));
  return Sym2::isotropic(floor) + (middle + radius - floor) * Sym2::outer(along);
}

// The moments of the points that a component is responsible for, about its present mean.
struct Moments {
  double mass = 0;
  Vec2 shift{0.0};
  Sym2 second{0, 0, 0};
  void add(double r, Vec2 d) {
    mass += r;
    shift += r * d;
    second = second + r * Sym2::outer(d);
  }
};

// A component as the inner loop wants it.
struct Fitted {
  double logPeak;
  Vec2 mean;
  Sym2 inverse;
  Vec2 lo, hi;  // the box of its reach
};

std::vector<Fitted> prepare(std::span<const Component> components) {
  std::vector<Fitted> out;
  out.reserve(components.size());
  for (const Component& c : components) {
    const Vec2 reach = kReach * Vec2(std::sqrt(c.covariance.xx), std::sqrt(c.covariance.yy));
    out.push_back({std::log(c.weight) - 0.5 * std::log(c.covariance.determinant()) - std::log(2 * std::numbers::pi),
                   c.mean, c.covariance.inverse(), c.mean - reach, c.mean + reach});
  }
  return out;
}

void touching(const PointBoxes::Box& box, std::span<const Fitted> fitted, std::span<const int> from,
              std::vector<int>& to) {
  to.clear();
  for (const int k : from)
    if (fitted[k].lo.x <= box.hi.x && fitted[k].hi.x >= box.lo.x && fitted[k].lo.y <= box.hi.y &&
        fitted[k].hi.y >= box.lo.y)
      to.push_back(k);
}

// The expectation step: every component's moments; returns the log-likelihood and adds the Gaussians evaluated.
double expect(const PointBoxes& data, std::span<const Fitted> fitted, std::vector<Moments>& moments, double& work,
              const std::function<void()>& pause) {
  std::vector<int> all(fitted.size()), group, near;
  std::iota(all.begin(), all.end(), 0);
  std::vector<double> exponent(fitted.size());
  double likelihood = 0;
  for (const PointBoxes::Box& g : data.groups) {
    pause();
    touching(g, fitted, all, group);
    for (int b = g.begin; b < g.end; ++b) {
      const PointBoxes::Box& box = data.boxes[b];
      touching(box, fitted, group, near);
      const std::span<const int> chosen = near.empty() ? all : near;  // a point that nobody reaches asks everybody
      work += double(chosen.size()) * (box.end - box.begin);
      for (int i = box.begin; i < box.end; ++i) {
        const Vec2 x = data.points[i];
        double top = -std::numeric_limits<double>::infinity();
        for (std::size_t j = 0; j < chosen.size(); ++j) {
          const Fitted& f = fitted[chosen[j]];
          const Vec2 d = x - f.mean;
          exponent[j] =
              f.logPeak - 0.5 * (f.inverse.xx * d.x * d.x + 2 * f.inverse.xy * d.x * d.y + f.inverse.yy * d.y * d.y);
          top = std::max(top, exponent[j]);
        }
        double sum = 0;
        for (std::size_t j = 0; j < chosen.size(); ++j) {
          exponent[j] = exponent[j] > top - kNegligible ? std::exp(exponent[j] - top) : 0;
          sum += exponent[j];
        }
        for (std::size_t j = 0; j < chosen.size(); ++j)
          if (exponent[j] > 0) moments[chosen[j]].add(exponent[j] / sum, x - fitted[chosen[j]].mean);
        likelihood += top + std::log(sum);
      }
    }
  }
  return likelihood;
}

// Weights, means and covariances from moments; components that no point needs any more are left out.
std::vector<Component> maximise(std::span<const Component> old, std::span<const Moments> moments, double floor) {
  constexpr double kHardlyAnything = 0.01;  // of one point
  std::vector<Component> out;
  double total = 0;
  for (std::size_t k = 0; k < moments.size(); ++k) {
    const Moments& m = moments[k];
    if (m.mass < kHardlyAnything) continue;
    const Vec2 shift = m.shift / m.mass;
    out.push_back({0, m.mass, old[k].mean + shift, floored((1 / m.mass) * m.second - Sym2::outer(shift), floor)});
    total += m.mass;
  }
  for (Component& c : out) c.weight /= total;
  return out;
}

std::vector<Component> expectationMaximisation(const PointBoxes& data, std::vector<Component> now, double floor,
                                               int iterations, const FitStep& step) {
  const double n = double(data.points.size());
  double before = -std::numeric_limits<double>::infinity(), work = 0;
  for (int iteration = 0; iteration < iterations && work < kEmWork; ++iteration) {
    std::vector<Moments> moments(now.size());
    const auto pause = [&] {
      if (step) step(std::min(1.0, std::max(double(iteration) / iterations, work / kEmWork)));
    };
    const double likelihood = expect(data, prepare(now), moments, work, pause) / n;
    if (likelihood - before < kEmGain) break;
    before = likelihood;
    now = maximise(now, moments, floor);
  }
  return now;
}

// The points' spread about their mean, as a standard deviation per axis; 1 where they are all the same (also as far as
// the engines' single precision can tell: squares of squares of it must not vanish either).
constexpr double kLeastSpread = 1e-12;
double spreadOf(std::span<const Vec2> points) {
  Vec2 mean(0.0);
  for (const Vec2& p : points) mean += (p - mean) / double(&p - points.data() + 1);
  double sum = 0;
  for (const Vec2& p : points) sum += glm::dot(p - mean, p - mean);
  const double sd = std::sqrt(0.5 * sum / double(points.size()));
  // Differences below the rounding of the coordinates are no spread either.
  return sd > 1e-12 * (std::abs(mean.x) + std::abs(mean.y)) && sd > kLeastSpread ? sd : 1;
}

// Components for classes of these sizes: proportional, largest remainders first, at least one (so more in total than
// asked for where there are more classes than components), at most one a point.
std::vector<int> shareOut(int components, std::span<const std::vector<Vec2>> classes) {
  double total = 0;
  for (const auto& c : classes) total += double(c.size());
  std::vector<int> share(classes.size());
  std::vector<std::pair<double, int>> remainders;
  int left = components;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const double exact = components * double(classes[k].size()) / total;
    share[k] = std::max(1, int(exact));
    left -= share[k];
    remainders.emplace_back(share[k] - exact, int(k));
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; left > 0 && i < remainders.size(); ++i, --left) ++share[remainders[i].second];
  // Where the minimum of one has taken too many, the largest shares give.
  for (; left < 0; ++left) {
    const auto most = std::max_element(share.begin(), share.end());
    if (*most <= 1) break;
    --*most;
  }
  for (std::size_t k = 0; k < classes.size(); ++k) share[k] = int(std::min<std::size_t>(share[k], classes[k].size()));
  return share;
}

}  // namespace

std::vector<Component> fitPoints(std::span<const Vec2> points, FitKind kind, int k, double spread, int iterations,
                                 const FitStep& step) {
  FitRandom random(0x6775696465ull);
  const PointBoxes data = makeBoxes(points);
  const double clustering = kind == FitKind::Em ? 0.3 : 1;  // its share
  const auto part = [&](double from, double share) {
    return step ? FitStep([&step, from, share](double done) { step(from + share * done); }) : FitStep();
  };
  const Clusters c = cluster(data, k, kind == FitKind::Em ? kLloydSweeps : 0, random, part(0, clustering));
  std::vector<Component> start(c.centers.size());
  std::vector<Moments> moments(c.centers.size());
  for (std::size_t j = 0; j < start.size(); ++j) start[j].mean = c.centers[j];
  for (std::size_t i = 0; i < data.points.size(); ++i)
    moments[c.owner[i]].add(1, data.points[i] - c.centers[c.owner[i]]);
  const double floor = spread * spread;
  if (kind == FitKind::Em)
    return expectationMaximisation(data, maximise(start, moments, floor), floor, iterations,
                                   part(clustering, 1 - clustering));
  std::vector<Component> kernels;
  for (std::size_t j = 0; j < start.size(); ++j)
    if (moments[j].mass > 0)
      kernels.push_back({0, moments[j].mass / double(points.size()), c.centers[j], Sym2::isotropic(floor)});
  return kernels;
}

Mixture fitMixture(const PointSet& set, FitKind kind, int components, double bandwidth, const FitWatch& watch) {
  constexpr int kMaxComponents = 2048;
  if (set.points.empty()) throw InputError("there are no points to fit");
  if (components < 1 || components > kMaxComponents)
    throw InputError("distribution.components: " + std::to_string(components) + " is outside 1.." +
                     std::to_string(kMaxComponents));
  if (!(bandwidth > 0) || !std::isfinite(bandwidth))
    throw InputError("distribution.bandwidth: must be positive and finite");
  std::vector<std::vector<Vec2>> classes(set.classNames.size());
  for (std::size_t i = 0; i < set.points.size(); ++i)
    classes.at(std::size_t(set.labels.at(i))).push_back(set.points[i]);
  std::erase_if(classes, [](const auto& c) { return c.empty(); });
  constexpr double kLeastBandwidth = 1e-6;
  const double spread = std::max(bandwidth, kLeastBandwidth) * spreadOf(set.points);
  const std::vector<int> share = shareOut(components, classes);
  Mixture m;
  double fitted = 0, shown = 0;  // of all points; progress that was told
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const double mass = double(classes[k].size()) / double(set.points.size());
    const auto step = [&](double done) {
      if (watch.stop.stop_requested()) throw FitStopped();
      const double all = std::min(1.0, fitted + mass * done);
      if (!watch.progress || all < shown + 0.005) return;
      shown = all;
      watch.progress(all);
    };
    for (Component c : fitPoints(classes[k], kind, share[k], spread, kEmIterations, step)) {
      c.label = int(k);
      c.weight *= mass;
      m.components.push_back(c);
    }
    fitted += mass;
  }
  return normalised(std::move(m));
}

}  // namespace gs
