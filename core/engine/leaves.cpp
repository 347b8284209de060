#include "engine/leaves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace gs {
namespace {

// What the sums over leaves cost a particle, in components of the plain sums, and how much less it must be. Measured on
// AVX2 (tests/bench/README.md).
constexpr double kOnce = 120, kPerTest = 0.5, kPerLeaf = 15, kWorthwhile = 0.9;
constexpr float kNoDensity = -2e38f;

// Halves a group across its longer side until leaves remain; all but the last are full.
void splitInto(std::span<int> group, const ComponentRow* rows) {
  if (group.size() <= std::size_t(kLeaf)) {
    std::sort(group.begin(), group.end());
    return;
  }
  float left = rows[group[0]].meanX, right = left, bottom = rows[group[0]].meanY, top = bottom;
  for (const int k : group) {
    left = std::min(left, rows[k].meanX), right = std::max(right, rows[k].meanX);
    bottom = std::min(bottom, rows[k].meanY), top = std::max(top, rows[k].meanY);
  }
  const auto member = right - left > top - bottom ? &ComponentRow::meanX : &ComponentRow::meanY;
  const std::size_t leaves = (group.size() + kLeaf - 1) / kLeaf, half = (leaves + 1) / 2 * kLeaf;
  std::nth_element(group.begin(), group.begin() + std::ptrdiff_t(half), group.end(), [&](int a, int b) {
    return rows[a].*member != rows[b].*member ? rows[a].*member < rows[b].*member : a < b;
  });
  splitInto(group.first(half), rows);
  splitInto(group.subspan(half), rows);
}

int packsOf(int components) { return (components + kLeaf * kLeaf - 1) / (kLeaf * kLeaf); }

double leastEigenvalue(const ComponentRow& r) {
  const double middle = (double(r.pxx) + r.pyy) / 2;
  return std::max(0., middle - std::hypot((double(r.pxx) - r.pyy) / 2, double(r.pxy)));
}

// The leaves of one group at one level, appended; `order` in leaves.
void append(std::span<const int> order, const ComponentRow* rows, std::vector<Leaf>& leaves,
            std::vector<LeafBounds>& bounds) {
  const int packs = packsOf(int(order.size()));
  for (int i = 0; i < packs * kLeaf; ++i) {
    const std::size_t first = std::min(order.size(), std::size_t(i) * kLeaf);
    const auto members = order.subspan(first, std::min<std::size_t>(kLeaf, order.size() - first));
    Leaf leaf{};
    std::fill(std::begin(leaf.logNorm), std::end(leaf.logNorm), kNoDensity);
    float left = 0, right = 0, bottom = 0, top = 0, most = -std::numeric_limits<float>::max() / 2;
    double least = 0;
    for (std::size_t j = 0; j < members.size(); ++j) {
      const ComponentRow& r = rows[members[j]];
      leaf.meanX[j] = r.meanX, leaf.meanY[j] = r.meanY;
      leaf.pxx[j] = r.pxx, leaf.pxy[j] = r.pxy, leaf.pyy[j] = r.pyy;
      leaf.logNorm[j] = r.logNorm;
      const double eigenvalue = leastEigenvalue(r);
      left = j ? std::min(left, r.meanX) : r.meanX, right = j ? std::max(right, r.meanX) : r.meanX;
      bottom = j ? std::min(bottom, r.meanY) : r.meanY, top = j ? std::max(top, r.meanY) : r.meanY;
      least = j ? std::min(least, eigenvalue) : eigenvalue;
      most = std::max(most, r.logNorm);
    }
    leaves.push_back(leaf);
    if (i % kLeaf == 0) bounds.emplace_back();
    LeafBounds& b = bounds.back();
    const int at = i % kLeaf;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    b.centerX[at] = left + (right - left) / 2, b.centerY[at] = bottom + (top - bottom) / 2;
    b.halfX[at] = std::nextafter(std::max(right - b.centerX[at], b.centerX[at] - left), kInfinity);
    b.halfY[at] = std::nextafter(std::max(top - b.centerY[at], b.centerY[at] - bottom), kInfinity);
    b.least[at] = float(least * (1 - 1e-6));  // so that rounding keeps the bound one
    b.most[at] = most;
  }
}

double boundOf(const LeafBounds& b, int at, double x, double y) {
  const double dx = std::max(0., std::abs(x - b.centerX[at]) - b.halfX[at]);
  const double dy = std::max(0., std::abs(y - b.centerY[at]) - b.halfY[at]);
  return b.most[at] - b.least[at] * (dx * dx + dy * dy);
}

// How many leaves particles of this level will meet, judged by points scattered about components of group A as the
// level's law scatters them.
double leavesMet(std::span<const LeafBounds> bounds, std::span<const int> groupA, const ComponentRow* rows,
                 float reach) {
  constexpr int kPoints = 24;
  int met = 0;
  for (int i = 0; i < kPoints; ++i) {
    const ComponentRow& r = rows[groupA[groupA.size() * std::size_t(i) / kPoints]];
    // One bit below the component's largest exponent, in directions that go round.
    const double angle = 2.4 * i, c = std::cos(angle), s = std::sin(angle);
    const double away = 1 / std::sqrt(c * c * double(r.pxx) + 2 * c * s * double(r.pxy) + s * s * double(r.pyy));
    const double x = double(r.meanX) + away * c, y = double(r.meanY) + away * s;
    const double cut = double(r.logNorm) - 1 - double(reach);
    for (const LeafBounds& b : bounds)
      for (int at = 0; at < kLeaf; ++at) met += boundOf(b, at, x, y) >= cut;
  }
  return double(met) / kPoints;
}

}  // namespace

bool LeafTables::at(int level, LeafLevel& out) const {
  const int i = place[std::size_t(level)];
  if (i < 0) return false;
  out = {leaves.data() + std::size_t(i) * std::size_t(packs) * kLeaf,
         bounds.data() + std::size_t(i) * std::size_t(packs), packsA, packs, reach};
  return true;
}

std::shared_ptr<const LeafTables> leavesOf(std::span<const ComponentRow> rows, int components, int groupA,
                                           std::span<const double> ratios) {
  auto tables = std::make_shared<LeafTables>();
  tables->packsA = packsOf(groupA);
  tables->packs = tables->packsA + packsOf(components - groupA);
  tables->leavesA = (groupA + kLeaf - 1) / kLeaf;
  tables->leavesB = (components - groupA + kLeaf - 1) / kLeaf;
  if (kOnce > kWorthwhile * components || groupA == 0 || tables->packs * kLeaf > kMostLeaves) return nullptr;
  tables->reach = float(27 + std::ceil(std::log2(components)));
  tables->place.assign(ratios.size(), -1);

  std::vector<std::size_t> levels;  // the least noise first
  for (std::size_t i = 0; i < ratios.size(); ++i)
    if (std::isfinite(ratios[i])) levels.push_back(i);
  if (levels.empty()) return nullptr;
  std::sort(levels.begin(), levels.end(), [&](std::size_t a, std::size_t b) { return ratios[a] < ratios[b]; });

  std::vector<int> order(std::size_t(components), 0);
  std::iota(order.begin(), order.end(), 0);
  const std::span<int> a(order.data(), std::size_t(groupA)), b(order.data() + groupA, std::size_t(components - groupA));
  const auto rowsAt = [&](std::size_t level) { return rows.data() + level * std::size_t(components); };
  splitInto(a, rowsAt(levels[0]));
  if (!b.empty()) splitInto(b, rowsAt(levels[0]));

  std::vector<Leaf> leaves;
  std::vector<LeafBounds> bounds;
  int count = 0;
  for (const std::size_t level : levels) {
    leaves.clear();
    bounds.clear();
    append(a, rowsAt(level), leaves, bounds);
    append(b, rowsAt(level), leaves, bounds);
    const double met = leavesMet(bounds, a, rowsAt(level), tables->reach);
    const double cost = kOnce + double(tables->packs * kLeaf) * kPerTest + met * kPerLeaf;
    if (cost > kWorthwhile * components) break;  // with more noise it grows
    tables->leaves.insert(tables->leaves.end(), leaves.begin(), leaves.end());
    tables->bounds.insert(tables->bounds.end(), bounds.begin(), bounds.end());
    tables->met.push_back(float(met));
    tables->place[level] = count++;
  }
  return count > 0 ? tables : nullptr;
}

}  // namespace gs
