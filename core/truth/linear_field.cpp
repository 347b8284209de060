#include "truth/linear_field.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>

namespace gs {
namespace {

constexpr double kSlope = 2 * std::numbers::ln2;  // e has the gradient 2 P (mu - y), and 2^e ln 2 times that
constexpr double kReachBits = 46;                 // bits
constexpr double kNone = -1e6;                    // an exponent of no density

// 2^x for x in -1000..1000, to 2e-13: a loop over it is vectorised. Taylor's series on -1/2..1/2.
inline double power(double x) {
  constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to a whole number, in the lowest bits
  const double shifted = x + kMagic, f = (x - (shifted - kMagic)) * std::numbers::ln2;
  double p = 1. / 3628800;
  p = p * f + 1. / 362880;
  p = p * f + 1. / 40320;
  p = p * f + 1. / 5040;
  p = p * f + 1. / 720;
  p = p * f + 1. / 120;
  p = p * f + 1. / 24;
  p = p * f + 1. / 6;
  p = p * f + .5;
  p = p * f + 1;
  p = p * f + 1;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(p) + (std::bit_cast<std::uint64_t>(shifted) << 52));
}

}  // namespace

double LinearField::Group::bound(Vec2 y) const {
  const Vec2 d = glm::max(glm::abs(y - middle) - half, Vec2(0.0));
  return most - least * glm::dot(d, d);
}

std::vector<LinearField::Group> LinearField::grouped(const std::vector<BasicRow<double>>& rows, std::size_t from,
                                                     std::size_t to, const std::vector<Component>& of,
                                                     const std::vector<int>& order) {
  // Neighbours by halving along the longer side.
  std::vector<int> places(to - from);
  std::iota(places.begin(), places.end(), int(from));
  const auto meanOf = [&](int i) { return of[std::size_t(order[std::size_t(i)])].mean; };
  std::vector<std::pair<int*, int*>> open{{places.data(), places.data() + places.size()}};
  std::vector<Group> out;
  while (!open.empty()) {
    const auto [first, last] = open.back();
    open.pop_back();
    if (first == last) continue;
    Vec2 lo(1e300), hi(-1e300);
    for (const int* i = first; i != last; ++i) lo = glm::min(lo, meanOf(*i)), hi = glm::max(hi, meanOf(*i));
    if (last - first > kGroup) {
      const int axis = hi.x - lo.x < hi.y - lo.y;
      int* const middle = first + ((last - first) / 2 + kGroup - 1) / kGroup * kGroup;
      std::nth_element(first, middle, last, [&](int i, int j) { return meanOf(i)[axis] < meanOf(j)[axis]; });
      open.push_back({first, middle}), open.push_back({middle, last});
      continue;
    }
    Group g{};
    g.middle = .5 * (lo + hi), g.half = .5 * (hi - lo);
    g.least = 1e300, g.most = -1e300;
    for (int i = 0; i < kGroup; ++i) {
      const bool there = i < last - first;
      const BasicRow<double>& r = rows[std::size_t(there ? first[i] : *first)];
      g.meanX[i] = r.meanX, g.meanY[i] = r.meanY, g.pxx[i] = r.pxx, g.pxy[i] = r.pxy, g.pyy[i] = r.pyy;
      g.logNorm[i] = there ? r.logNorm : kNone;
      const double mid = .5 * (r.pxx + r.pyy);
      g.least = std::min(g.least, mid - std::hypot(.5 * (r.pxx - r.pyy), r.pxy));
      if (there) g.most = std::max(g.most, r.logNorm);
    }
    out.push_back(g);
  }
  return out;
}

LinearField::Sums LinearField::sum(const std::vector<Group>& groups, Vec2 y, double floor) {
  Sums s;
  if (groups.empty()) return s;
  std::size_t best = 0;
  double top = -1e300;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (const double b = groups[i].bound(y); b > top) top = b, best = i;
  // Sums and maxima in lanes, so that the compiler may take several at a time.
  constexpr int kLanes = 4;
  double e[kGroup], ux[kGroup], uy[kGroup], n[kGroup];
  const auto exponents = [&](const Group& g) {
    for (int i = 0; i < kGroup; ++i) {
      const double dx = g.meanX[i] - y.x, dy = g.meanY[i] - y.y;
      ux[i] = g.pxx[i] * dx + g.pxy[i] * dy, uy[i] = g.pxy[i] * dx + g.pyy[i] * dy;
      e[i] = g.logNorm[i] - dx * ux[i] - dy * uy[i];
    }
    double most[kLanes] = {e[0], e[1], e[2], e[3]};
    for (int i = kLanes; i < kGroup; i += kLanes)
      for (int l = 0; l < kLanes; ++l) most[l] = most[l] < e[i + l] ? e[i + l] : most[l];
    return std::max(std::max(most[0], most[1]), std::max(most[2], most[3]));
  };
  s.reference = exponents(groups[best]);
  double least = std::max(s.reference, floor) - kReachBits;
  for (const Group& g : groups) {
    if (g.bound(y) < least) continue;
    ++s.groups;
    if (const double most = exponents(g); most > s.reference + 30) {  // brought to the larger one
      const double shrink = std::exp2(s.reference - most);
      s.z *= shrink, s.vx *= shrink, s.vy *= shrink, s.trace *= shrink;
      s.reference = most;
      least = std::max(s.reference, floor) - kReachBits;
    }
    for (int i = 0; i < kGroup; ++i) {
      const double x = e[i] - s.reference;
      n[i] = power(x < -1000 ? -1000 : x);
    }
    double z[kLanes] = {}, vx[kLanes] = {}, vy[kLanes] = {}, trace[kLanes] = {};
    for (int i = 0; i < kGroup; i += kLanes)
      for (int l = 0; l < kLanes; ++l) {
        const int k = i + l;
        z[l] += n[k], vx[l] += n[k] * ux[k], vy[l] += n[k] * uy[k];
        trace[l] += n[k] * (kSlope * (ux[k] * ux[k] + uy[k] * uy[k]) - g.pxx[k] - g.pyy[k]);
      }
    for (int l = 0; l < kLanes; ++l) s.z += z[l], s.vx += vx[l], s.vy += vy[l], s.trace += trace[l];
  }
  return s;
}

LinearField::At LinearField::at(int level, Vec2 y) const {
  const Level& l = levels_[std::size_t(level)];
  At out{Vec2(0.0), 0};
  for (const Model& m : l.models) {
    const Sums own = sum(m.own, y, -1e300);
    const Sums rest = m.restMatters ? sum(m.rest, y, m.joint ? own.reference : -1e300) : Sums{};
    const double top = std::max(own.reference, rest.reference);
    const double ofOwn = std::exp2(std::max(own.reference - top, -1000.)),
                 ofRest = std::exp2(std::max(rest.reference - top, -1000.));
    for (const Use& u : m.uses) {
      // One group alone needs no common exponent.
      const double a = u.b == 0 ? 1 : u.a * ofOwn, b = u.b == 0 ? 0 : u.a == 0 ? 1 : u.b * ofRest;
      const double z = a * own.z + b * rest.z, gain = u.gain * l.gain;
      const Vec2 v = Vec2{a * own.vx + b * rest.vx, a * own.vy + b * rest.vy} / z;
      out.denoiser += u.coefficient * (y + gain * v);
      out.divergence += u.coefficient * (2 + gain * ((a * own.trace + b * rest.trace) / z - kSlope * glm::dot(v, v)));
    }
  }
  return out;
}

std::optional<LinearField> LinearField::of(const Plan& plan) {
  LinearField field;
  field.levels_.resize(plan.ratios.size());
  for (std::size_t level = 0; level < plan.ratios.size(); ++level) {
    if (plan.shapedAt(level) || plan.networkAt(level) || !std::isfinite(plan.ratios[level])) return std::nullopt;
    Level& l = field.levels_[level];
    l.gain = kSlope * plan.ratios[level] * plan.ratios[level];
    for (std::size_t k = 0; k < plan.models.size(); ++k) {
      const PlanModel& of = plan.models[k];
      Model m;
      for (std::size_t i = 0; i < plan.branches.size(); ++i) {
        const PlanBranch& b = plan.branches[i];
        if (b.model != int(k) || !plan.evaluatedAt(i, level)) continue;
        m.uses.push_back({b.aAt(level), b.bAt(level), b.coefficient[level], b.gainAt(level)});
        m.restMatters |= m.uses.back().b != 0;
        m.joint &= m.uses.back().b <= m.uses.back().a;
      }
      if (m.uses.empty()) continue;
      const std::vector<BasicRow<double>> rows = of.rowsAt(plan.ratios[level], level);
      const std::size_t groupA = std::size_t(of.groupA);
      m.own = grouped(rows, 0, groupA, of.law->components, of.order);
      if (m.restMatters) m.rest = grouped(rows, groupA, rows.size(), of.law->components, of.order);
      // Places of particles: means, as far off as the noise takes them.
      constexpr int kPlaces = 12;
      int met = 0;
      for (int i = 0; i < kPlaces; ++i) {
        const double turn = 2.4 * i;
        const Vec2 y = of.law->components[std::size_t(of.order[std::size_t(i) * groupA / kPlaces])].mean +
                       plan.ratios[level] * Vec2{std::cos(turn), std::sin(turn)};
        const Sums own = sum(m.own, y, -1e300);
        met += own.groups + (m.restMatters ? sum(m.rest, y, m.joint ? own.reference : -1e300).groups : 0);
      }
      l.rows += kGroup * double(met) / kPlaces + double(m.own.size() + m.rest.size());
      l.models.push_back(std::move(m));
    }
  }
  return field;
}

}  // namespace gs
