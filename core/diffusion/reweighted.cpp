// The mixture that stands for r p / E[r].
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "diffusion/gauss_hermite.h"
#include "diffusion/metrics.h"
#include "diffusion/reward.h"
#include "diffusion/reward_forms.h"

namespace gs {
namespace {

constexpr double kWantedError = 1e-3, kWantedEdge = 1e-4;  // total variation; where there is an edge to be sharp
constexpr double kNegligible = 17;                         // of log mass
// N(0, 1) is a comb of N(t, 1/4) at multiples of a spacing with weights of N(0, 3/4): to 1e-4 at the close spacing, to
// 2e-4 (2 exp(-2 pi^2 / (2 spacing)^2) of its height) at the wide one, which makes fewer parts of what needs very many.
constexpr double kCloseComb = 0.6, kWideComb = 0.72, kCombVariance = 0.75;
// A part's error as its seven nodes a direction see it scatters by about a fifth.
constexpr double kErrorMargin = 1.3;
constexpr double kMeasuredMargin = 1.15;  // cells see kinks of the paint to a tenth
constexpr int kManyParts = 400;           // at rest: the error is measured on finer cells

struct TriangularRoot {  // x = mean + L xi
  double l11, l21, l22;
  explicit TriangularRoot(const Sym2& c)
      : l11(std::sqrt(c.xx)), l21(c.xy / l11), l22(std::sqrt(std::max(c.yy - l21 * l21, 1e-300))) {}
  Vec2 operator*(Vec2 v) const { return {l11 * v.x, l21 * v.x + l22 * v.y}; }
  Vec2 transposed(Vec2 v) const { return {l11 * v.x + l21 * v.y, l22 * v.y}; }
};

// A component's own coordinates: x = mean + xi_1 along + xi_2 across, where it is N(0, I).
struct TiltedFrame {
  int label;
  Vec2 mean, along, across;  // in data units
  bool directed;             // r changes along the first axis only
};

// A part of the law: logWeight N(xi; place, diag 4^-level), and what r makes of it. Parts of one component lie on
// nested combs: those that two neighbours are split into coincide, and are one.
struct TiltedPart {
  int frame = 0;
  int level[2] = {0, 0}, index[2] = {0, 0};  // place = index comb 2^(1 - level)
  double comb = kCloseComb;
  double logWeight = 0;
  double logMass = 0;  // of r times it
  Vec2 newMean{0.0};   // in data units
  Sym2 newCovariance;
  double error = 0;  // total variation between r times it and the Gaussian that stands for that
  int axis = 0;      // to split along
  double spread(int a) const { return std::ldexp(1., -level[a]); }
  double place(int a) const { return index[a] * comb * std::ldexp(1., 1 - level[a]); }
  auto key() const { return std::tuple(frame, level[0], level[1], index[0], index[1]); }
};

// The half-plane's direction is the frame's first axis.
void measureHalfPlane(TiltedPart& p, const TiltedFrame& f, const Reward& r) {
  const Vec2 n = rewardDirection(r);
  const double length = glm::dot(n, f.along), s = length * p.spread(0);
  const double z = (glm::dot(n, f.mean) + length * p.place(0) - r.offset) / s;
  const NormalTail t = normalTail(z);
  const double kept = std::max(1 - t.mills * (t.mills + z), 1e-9);
  p.logMass = p.logWeight + t.logPhi;
  p.newMean = f.mean + (p.place(0) + t.mills * p.spread(0)) * f.along + p.place(1) * f.across;
  p.newCovariance =
      kept * p.spread(0) * p.spread(0) * Sym2::outer(f.along) + p.spread(1) * p.spread(1) * Sym2::outer(f.across);
  p.axis = 0;
  // Between N(0, 1) cut off below -z and the Gaussian of its mean and variance.
  p.error = 0;
  if (z > 7) return;
  constexpr int kPoints = 96;
  const double sd = std::sqrt(kept), lo = t.mills - 6 * sd, step = 14 * sd / kPoints;
  for (int i = 0; i < kPoints; ++i) {
    const double x = lo + (i + .5) * step, e = (x - t.mills) / sd;
    const double cut = x < -z ? 0 : std::exp(-x * x / 2 - t.logPhi), whole = std::exp(-e * e / 2) / sd;
    p.error += std::abs(cut - whole) * step / 2 / std::sqrt(2 * std::numbers::pi);
  }
}

// log r at (-1, 0, 1) spreads around a part's middle, and what differences tell.
struct RewardStencil {
  double log[3][3], top = kNoReward, least = 1e30;
  template <class Place>
  RewardStencil(const LogReward& logR, Place place) {
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        log[i][j] = logR(place(i - 1, j - 1));
        top = std::max(top, log[i][j]);
        least = std::min(least, log[i][j]);
      }
  }
  template <class Value>
  void derivatives(Value g, Vec2& slope, Sym2& bend) const {
    slope = {(g(2, 1) - g(0, 1)) / 2, (g(1, 2) - g(1, 0)) / 2};
    bend = {g(2, 1) - 2 * g(1, 1) + g(0, 1), (g(2, 2) - g(2, 0) - g(0, 2) + g(0, 0)) / 4,
            g(1, 2) - 2 * g(1, 1) + g(1, 0)};
  }
};

// Where log r is quadratic a part times r is a Gaussian. Differences around the part's mean give the quadratic, this
// Gaussian the place to look at, and Gauss-Hermite nodes there the mass, the mean, the covariance, and how far log r
// is from a quadratic.
void measureAnywhere(TiltedPart& p, const TiltedFrame& f, const LogReward& logR) {
  const Vec2 middle = f.mean + p.place(0) * f.along + p.place(1) * f.across;
  const Vec2 along = p.spread(0) * f.along, across = p.spread(1) * f.across;
  const RewardStencil stencil(logR, [&](int i, int j) { return middle + double(i) * along + double(j) * across; });
  Vec2 centre(0.0);
  Sym2 spread;
  if (stencil.least > stencil.top - 1e5) {
    Vec2 slope(0.0);
    Sym2 bend;
    stencil.derivatives([&](int i, int j) { return stencil.log[i][j]; }, slope, bend);
    // Bends that would leave no Gaussian are cut.
    const double mid = bend.trace() / 2, half = std::hypot((bend.xx - bend.yy) / 2, bend.xy);
    const double excess = std::max(0., mid + half - .75);
    spread = Sym2{1 - bend.xx + excess, -bend.xy, 1 - bend.yy + excess}.inverse();
    centre = spread * slope;
    const double far = glm::length(centre);
    if (far > 8) centre *= 8 / far;
  }
  // The nodes will be where that quadratic has r; eight places farther out tell whether it is elsewhere too. Then they
  // are where the part is.
  double unexpected = 0;
  const Sym2 stiff = spread.inverse();
  const double peak = glm::dot(centre, stiff * centre) / 2 + stencil.log[1][1];
  for (int i = -1; i < 2; ++i)
    for (int j = -1; j < 2; ++j) {
      if (i == 0 && j == 0) continue;
      const double reach = i != 0 && j != 0 ? 1.5 : 2;
      const Vec2 xi(reach * i, reach * j), d = xi - centre;
      const double found = logR(middle + xi.x * along + xi.y * across) - glm::dot(xi, xi) / 2;
      const double expected = peak - glm::dot(d, stiff * d) / 2, top = std::max(peak, found);
      unexpected = std::max(unexpected, std::abs(std::exp(found - top) - std::exp(expected - top)));
    }
  const bool elsewhere = unexpected > .1;
  if (elsewhere) centre = Vec2(0.0), spread = Sym2{};
  const TriangularRoot own(spread);
  constexpr int kNodes = 7;
  const auto& nodes = gaussHermite(kNodes);
  const auto node = [&](int i, int j) { return Vec2(nodes[std::size_t(i)].x, nodes[std::size_t(j)].x); };
  const auto weight = [&](int i, int j) { return nodes[std::size_t(i)].weight * nodes[std::size_t(j)].weight; };
  double logs[kNodes][kNodes], best = -1e300;
  for (int i = 0; i < kNodes; ++i)
    for (int j = 0; j < kNodes; ++j) {
      const Vec2 t = node(i, j), xi = centre + own * t;
      logs[i][j] = logR(middle + xi.x * along + xi.y * across) - glm::dot(xi, xi) / 2 + glm::dot(t, t) / 2;
      best = std::max(best, logs[i][j]);
    }
  p.error = 0;
  if (best < kNoReward / 2) {  // no reward anywhere here
    p.logMass = kNoReward;
    return;
  }
  double mass = 0;
  Vec2 m(0.0);
  Sym2 c{0, 0, 0};
  for (int i = 0; i < kNodes; ++i)
    for (int j = 0; j < kNodes; ++j) {
      const double w = weight(i, j) * std::exp(logs[i][j] - best);
      mass += w;
      m += w * node(i, j);
      c = c + w * Sym2::outer(node(i, j));
    }
  m /= mass;
  c = 1 / mass * c - Sym2::outer(m);
  const bool thin = !(c.xx > 1e-3 && c.yy > 1e-3 && c.determinant() > 1e-3 * c.xx * c.yy);
  if (thin) c = {std::max(c.xx, 1e-3), 0, std::max(c.yy, 1e-3)};
  // Its difference from the Gaussian of these moments, and that difference summed across either direction.
  const Sym2 precision = c.inverse();
  const double logNorm = -std::log(c.determinant()) / 2;
  double alongSum = 0, acrossSum = 0, column[kNodes] = {};
  for (int i = 0; i < kNodes; ++i) {
    double row = 0;
    for (int j = 0; j < kNodes; ++j) {
      const Vec2 t = node(i, j), d = t - m;
      const double fitted = std::exp(logNorm - glm::dot(d, precision * d) / 2 + glm::dot(t, t) / 2);
      const double off = weight(i, j) * (std::exp(logs[i][j] - best) / mass - fitted);
      p.error += std::abs(off) / 2;
      row += off;
      column[j] += off;
    }
    alongSum += std::abs(row);
  }
  for (const double off : column) acrossSum += std::abs(off);
  if (thin) p.error = std::max(p.error, .5);
  if (elsewhere) p.error = std::max(p.error, .3 * unexpected);
  // One order of splits, unless one direction is clearly the one: different orders give combs that do not coincide.
  p.axis = f.directed || alongSum > 4 * acrossSum ? 0
           : acrossSum > 4 * alongSum             ? 1
                                                  : glm::length(across) > 1.01 * glm::length(along);
  p.logMass = p.logWeight + best + std::log(mass * own.l11 * own.l22);
  const auto outward = [&](Vec2 t) { return t.x * along + t.y * across; };
  p.newMean = middle + outward(centre + own * m);
  const TriangularRoot inner(c);
  p.newCovariance =
      Sym2::outer(outward(own * Vec2(inner.l11, inner.l21))) + Sym2::outer(outward(own * Vec2(0, inner.l22)));
}

// A whole component in closed form: log r is linear or quadratic.
void measureWhole(TiltedPart& p, const Component& component, const Reward& r) {
  const Sym2& s = component.covariance;
  const LogH e = gaussianReward(r, component.mean, s);
  p.logMass = p.logWeight + e.value;
  p.newMean = component.mean + s * e.gradient;
  p.newCovariance = s;
  if (r.kind == RewardKind::Linear) return;
  // S' = (S^-1 + L)^-1 = S (I + L S)^-1, where L may be singular.
  const Matrix2 ls = productOf(precisionOf(r), s);
  const double det = (1 + ls.a) * (1 + ls.d) - ls.b * ls.c;
  p.newCovariance = {(s.xx * (1 + ls.d) - s.xy * ls.c) / det, (s.xy * (1 + ls.a) - s.xx * ls.b) / det,
                     (s.yy * (1 + ls.a) - s.xy * ls.b) / det};
}

// Along the direction of a reward that has one, else along that in which it changes most.
TiltedFrame tiltedFrame(const Component& c, const Reward& r, const LogReward& logR) {
  const TriangularRoot l(c.covariance);
  double turn = 0;
  const bool directed = r.kind == RewardKind::HalfPlane || r.kind == RewardKind::Ramp || r.kind == RewardKind::Sinusoid;
  if (directed) {
    const Vec2 d = l.transposed(rewardDirection(r));
    turn = std::atan2(d.y, d.x);
  } else {
    const RewardStencil stencil(logR, [&](int i, int j) { return c.mean + l * Vec2(i, j); });
    Vec2 slope(0.0);
    Sym2 bend;
    stencil.derivatives([&](int i, int j) { return std::exp(stencil.log[i][j] - stencil.top); }, slope, bend);
    const Matrix2 square = productOf(bend, bend);
    turn =
        std::atan2(2 * (slope.x * slope.y + square.b), slope.x * slope.x + square.a - slope.y * slope.y - square.d) / 2;
  }
  return {c.label, c.mean, l * Vec2(std::cos(turn), std::sin(turn)), l * Vec2(-std::sin(turn), std::cos(turn)),
          directed};
}

// The parts of a law. Grows by splitting, the worst part first.
class TiltedParts {
 public:
  TiltedParts(const Reward& r, const LogReward& logR) : reward_(r), logR_(logR) {}
  void add(const Component& c, double logWeight) {
    TiltedPart p;
    p.comb = isDetailed(reward_) ? kWideComb : kCloseComb;
    p.frame = int(frames_.size());
    p.logWeight = logWeight;
    if (reward_.kind == RewardKind::Linear || reward_.kind == RewardKind::Bowl) {
      frames_.push_back({c.label, c.mean, {}, {}, false});
      measureWhole(p, c, reward_);
    } else {
      frames_.push_back(tiltedFrame(c, reward_, logR_));
      measure(p);
    }
    keep(p);
  }
  void refine(double widest, int most) {
    for (update(); !parts_.empty() && int(parts_.size()) + 20 <= most; update()) {
      TiltedPart* worst = nullptr;
      double largest = 0, error = 0;
      for (TiltedPart& p : parts_) {
        const double e = std::exp(p.logMass - logMass_) * p.error;
        error += e;
        if (!worst || e > largest) worst = &p, largest = e;
      }
      const auto wide = std::find_if(parts_.begin(), parts_.end(), [&](const TiltedPart& p) {
        return std::max(extent(p, 0), extent(p, 1)) > widest;
      });
      if (wide != parts_.end()) {
        worst = &*wide;
        worst->axis = extent(*worst, 1) > extent(*worst, 0);
      } else if (error < (reward_.kind == RewardKind::HalfPlane ? kWantedEdge : kWantedError)) {
        return;
      }
      const TiltedPart chosen = *worst;
      *worst = parts_.back();
      places_[worst->key()] = std::size_t(worst - parts_.data());
      places_.erase(chosen.key());
      parts_.pop_back();
      split(chosen);
    }
  }
  Reweighted result() {
    update();
    if (!(logMass_ > kNoReward / 2)) throw std::invalid_argument("the reward is 0 on the whole law");
    Reweighted out;
    out.logMean = logMass_;
    double sum = 0;
    for (const TiltedPart& p : parts_) {
      const double mass = std::exp(p.logMass - logMass_);
      out.error += kErrorMargin * mass * p.error;
      if (mass < 1e-200) continue;
      out.mixture.components.push_back({frames_[std::size_t(p.frame)].label, mass, p.newMean, p.newCovariance});
      sum += mass;
    }
    for (Component& c : out.mixture.components) c.weight /= sum;
    return out;
  }

 private:
  double extent(const TiltedPart& p, int axis) const {
    const TiltedFrame& f = frames_[std::size_t(p.frame)];
    return p.spread(axis) * glm::length(axis == 0 ? f.along : f.across);
  }
  void measure(TiltedPart& p) const {
    const TiltedFrame& f = frames_[std::size_t(p.frame)];
    if (reward_.kind == RewardKind::HalfPlane)
      measureHalfPlane(p, f, reward_);
    else
      measureAnywhere(p, f, logR_);
  }
  void keep(const TiltedPart& p) {
    places_[p.key()] = parts_.size();
    parts_.push_back(p);
  }
  // Every part of a comb: those that carry nothing are measured too, but not kept.
  void split(const TiltedPart& p) {
    const TiltedFrame& f = frames_[std::size_t(p.frame)];
    const int axis = p.axis;
    const Vec2 d = axis == 0 ? f.along : f.across, other = axis == 0 ? f.across : f.along;
    // Where r has moved the part to, along the axis, in its spreads.
    const double det = d.x * other.y - d.y * other.x;
    const Vec2 shift = p.newMean - f.mean;
    const double to = ((shift.x * other.y - shift.y * other.x) / det - p.place(axis)) / p.spread(axis);
    const double reach = reward_.kind == RewardKind::HalfPlane ? 30 : 8, place = std::clamp(to, -reach, reach);
    const int first = int(std::floor(std::min(-4.5, place - 4) / p.comb));
    const int last = int(std::ceil(std::max(4.5, place + 4) / p.comb));
    const double norm = std::log(p.comb / std::sqrt(2 * std::numbers::pi * kCombVariance));
    for (int i = first; i <= last; ++i) {
      const double t = i * p.comb;
      TiltedPart child = p;
      child.level[axis] += 1;
      child.index[axis] = 2 * p.index[axis] + i;
      child.logWeight = p.logWeight + norm - t * t / (2 * kCombVariance);
      if (const auto twin = places_.find(child.key()); twin != places_.end()) {
        TiltedPart& same = parts_[twin->second];
        const double more = std::log1p(std::exp(child.logWeight - same.logWeight));
        same.logWeight += more;
        same.logMass += more;
        continue;
      }
      measure(child);
      if (child.logMass > kNoReward / 2 && child.logMass > logMass_ - kNegligible) keep(child);
    }
  }
  void update() {
    double top = kNoReward, sum = 0;
    for (const TiltedPart& p : parts_) top = std::max(top, p.logMass);
    for (const TiltedPart& p : parts_) sum += std::exp(p.logMass - top);
    logMass_ = top + std::log(sum);
  }

  const Reward& reward_;
  const LogReward& logR_;
  std::vector<TiltedFrame> frames_;
  std::vector<TiltedPart> parts_;
  std::map<std::tuple<int, int, int, int, int>, std::size_t> places_;
  double logMass_ = 0;
};

// The densities of components at the centres of cells, added up; each reaches seven of its standard deviations.
class CellDensity {
 public:
  CellDensity(Vec2 lo, Vec2 hi, int columns) : lo_(lo), cell_((hi.x - lo.x) / columns), width_(columns) {
    height_ = std::max(1, int(std::ceil((hi.y - lo.y) / cell_)));
    values_.assign(std::size_t(width_) * std::size_t(height_), 0.);
  }
  void add(double weight, Vec2 mean, const Sym2& covariance) {
    const Sym2 precision = covariance.inverse();
    const double norm = weight / (2 * std::numbers::pi * std::sqrt(covariance.determinant()));
    const auto range = [&](double m, double lo, double variance, int n) {
      const double reach = 7 * std::sqrt(variance);
      return std::pair(std::clamp(int((m - reach - lo) / cell_), 0, n),
                       std::clamp(int((m + reach - lo) / cell_) + 1, 0, n));
    };
    const auto [i0, i1] = range(mean.x, lo_.x, covariance.xx, width_);
    const auto [j0, j1] = range(mean.y, lo_.y, covariance.yy, height_);
    for (int j = j0; j < j1; ++j)
      for (int i = i0; i < i1; ++i) {
        const Vec2 d = at(i, j) - mean;
        values_[index(i, j)] += norm * std::exp(-glm::dot(d, precision * d) / 2);
      }
  }
  int width() const { return width_; }
  int height() const { return height_; }
  double area() const { return cell_ * cell_; }
  Vec2 at(int i, int j) const { return lo_ + cell_ * Vec2(i + .5, j + .5); }
  double operator()(int i, int j) const { return values_[index(i, j)]; }

 private:
  std::size_t index(int i, int j) const { return std::size_t(j) * std::size_t(width_) + std::size_t(i); }
  Vec2 lo_;
  double cell_;
  int width_, height_;
  std::vector<double> values_;
};

// Half of the integral of |law - r p / E[r]|, over cells.
double measuredError(const Mixture& base, int label, const LogReward& logR, const Mixture& law, Vec2 lo, Vec2 hi,
                     int columns) {
  CellDensity p(lo, hi, columns), q(lo, hi, columns);
  const double share = base.classProbability(label);
  for (const Component& c : base.components)
    if (label == kUnconditional || c.label == label) p.add(c.weight / share, c.mean, c.covariance);
  for (const Component& c : law.components) q.add(c.weight, c.mean, c.covariance);
  std::vector<double> tilted;
  double mass = 0;
  for (int j = 0; j < p.height(); ++j)
    for (int i = 0; i < p.width(); ++i) {
      const double d = p(i, j);
      tilted.push_back(d > 0 ? d * std::exp(std::min(logR(p.at(i, j)), kMostLog)) : 0);
      mass += tilted.back() * p.area();
    }
  if (!(mass > 0)) return 1;
  double sum = 0, inside = 0;
  for (int j = 0; j < p.height(); ++j)
    for (int i = 0; i < p.width(); ++i) {
      const double w = q(i, j);
      sum += std::abs(w - tilted[std::size_t(j) * std::size_t(p.width()) + std::size_t(i)] / mass) * p.area() / 2;
      inside += w * p.area();
    }
  return std::min(1., sum + std::abs(1 - inside) / 2);
}

}  // namespace

Reweighted reweighted(const Mixture& base, int label, const Reward& reward, const LogReward& logR, int most) {
  TiltedParts parts(reward, logR);
  const double share = base.classProbability(label);
  Vec2 lo(1e300), hi(-1e300);
  for (const Component& c : base.components) {
    if (label != kUnconditional && c.label != label) continue;
    parts.add(c, std::log(c.weight / share));
    const Vec2 reach(3 * std::sqrt(c.covariance.xx), 3 * std::sqrt(c.covariance.yy));
    lo = glm::min(lo, c.mean - reach), hi = glm::max(hi, c.mean + reach);
  }
  const bool detailed = isDetailed(reward);
  const double widest = detailed ? std::max(hi.x - lo.x, hi.y - lo.y) / 12 : 1e300;
  parts.refine(widest, most);
  Reweighted out = parts.result();
  if (!detailed) return out;
  // What the nodes do not see they cannot tell of: the error of such a reward is measured.
  const Vec2 room = (hi - lo) / 4.;
  out.error = kMeasuredMargin *
              measuredError(base, label, logR, out.mixture, lo - room, hi + room, most > kManyParts ? 480 : 160);
  return out;
}

}  // namespace gs
