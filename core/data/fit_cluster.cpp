#include <algorithm>
#include <limits>
#include <numeric>

#include "data/fit.h"

namespace gs {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();

double squared(Vec2 v) { return v.x * v.x + v.y * v.y; }

double nearestSquared(const PointBoxes::Box& b, Vec2 p) {
  return squared(glm::max(glm::max(b.lo - p, p - b.hi), Vec2(0.0)));
}
double farthestSquared(const PointBoxes::Box& b, Vec2 p) {
  return squared(glm::max(glm::abs(p - b.lo), glm::abs(b.hi - p)));
}

void split(PointBoxes& out, int begin, int end) {
  PointBoxes::Box box{begin, end, Vec2(kFar), Vec2(-kFar)};
  for (int i = begin; i < end; ++i) {
    box.lo = glm::min(box.lo, out.points[i]);
    box.hi = glm::max(box.hi, out.points[i]);
  }
  if (end - begin <= PointBoxes::kLeaf) {
    out.boxes.push_back(box);
    return;
  }
  const int middle = begin + (end - begin) / 2;
  const bool wide = box.hi.x - box.lo.x >= box.hi.y - box.lo.y;
  // Ordered by both coordinates, so that the result does not depend on how the library breaks ties.
  std::nth_element(
      out.points.begin() + begin, out.points.begin() + middle, out.points.begin() + end, [wide](Vec2 a, Vec2 b) {
        return wide ? std::pair(a.x, a.y) < std::pair(b.x, b.y) : std::pair(a.y, a.x) < std::pair(b.y, b.x);
      });
  split(out, begin, middle);
  split(out, middle, end);
}

// The candidates that can be the nearest centre of a point of the box: nobody else is closer for sure.
void nearestCandidates(const PointBoxes::Box& box, std::span<const Vec2> centers, std::span<const int> from,
                       std::vector<int>& to) {
  double bound = kFar;
  for (const int k : from) bound = std::min(bound, farthestSquared(box, centers[k]));
  to.clear();
  for (const int k : from)
    if (nearestSquared(box, centers[k]) <= bound) to.push_back(k);
}

// One sweep of assignments; true when an owner changed.
bool assign(const PointBoxes& data, Clusters& c) {
  std::vector<int> all(c.centers.size()), group, candidates;
  std::iota(all.begin(), all.end(), 0);
  bool changed = false;
  for (const PointBoxes::Box& g : data.groups) {
    nearestCandidates(g, c.centers, all, group);
    for (int b = g.begin; b < g.end; ++b) {
      const PointBoxes::Box& box = data.boxes[b];
      nearestCandidates(box, c.centers, group, candidates);
      for (int i = box.begin; i < box.end; ++i) {
        double best = kFar;
        int owner = candidates.front();
        for (const int k : candidates) {
          const double d = squared(data.points[i] - c.centers[k]);
          if (d < best) best = d, owner = k;
        }
        changed |= owner != c.owner[i];
        c.owner[i] = owner;
      }
    }
  }
  return changed;
}

// k-means++: every next centre is a point drawn with probability proportional to its squared distance to the nearest
// one.
Clusters seed(const PointBoxes& data, int k, FitRandom& random, const FitStep& step) {
  const int n = int(data.points.size());
  Clusters c;
  c.owner.assign(n, 0);
  std::vector<double> distance(n, kFar), sum(data.boxes.size(), 0.0), most(data.boxes.size(), kFar);
  int next = std::min(n - 1, int(random.uniform() * n));
  while (int(c.centers.size()) < k) {
    const Vec2 center = data.points[next];
    const int id = int(c.centers.size());
    if (step) step(double(id) / k);
    c.centers.push_back(center);
    double total = 0;
    for (std::size_t b = 0; b < data.boxes.size(); ++b) {
      const PointBoxes::Box& box = data.boxes[b];
      if (nearestSquared(box, center) < most[b]) {
        sum[b] = most[b] = 0;
        for (int i = box.begin; i < box.end; ++i) {
          const double d = squared(data.points[i] - center);
          if (d < distance[i]) distance[i] = d, c.owner[i] = id;
          sum[b] += distance[i];
          most[b] = std::max(most[b], distance[i]);
        }
      }
      total += sum[b];
    }
    if (!(total > 0)) break;  // every point is a centre
    double left = random.uniform() * total;
    next = -1;
    for (std::size_t b = 0; b < data.boxes.size(); ++b) {
      if (sum[b] <= 0) continue;
      const bool here = left < sum[b];
      left -= sum[b];
      // The last box with anything in it takes what rounding leaves over.
      for (int i = data.boxes[b].begin; i < data.boxes[b].end; ++i)
        if (distance[i] > 0) next = i;
      if (!here) continue;
      left += sum[b];
      for (int i = data.boxes[b].begin; i < data.boxes[b].end; ++i) {
        if (distance[i] > 0) next = i;
        left -= distance[i];
        if (left < 0) break;
      }
      break;
    }
  }
  return c;
}

}  // namespace

PointBoxes makeBoxes(std::span<const Vec2> points) {
  PointBoxes out;
  out.points.assign(points.begin(), points.end());
  split(out, 0, int(points.size()));
  const int boxes = int(out.boxes.size());
  for (int begin = 0; begin < boxes; begin += PointBoxes::kGroup) {
    PointBoxes::Box g{begin, std::min(boxes, begin + PointBoxes::kGroup), Vec2(kFar), Vec2(-kFar)};
    for (int b = g.begin; b < g.end; ++b) {
      g.lo = glm::min(g.lo, out.boxes[b].lo);
      g.hi = glm::max(g.hi, out.boxes[b].hi);
    }
    out.groups.push_back(g);
  }
  return out;
}

Clusters cluster(const PointBoxes& data, int k, int sweeps, FitRandom& random, const FitStep& step) {
  const double seeding = sweeps > 0 ? 0.4 : 1;  // its share
  Clusters c = seed(data, k, random, step ? [&](double done) { step(seeding * done); } : FitStep());
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    if (step) step(seeding + (1 - seeding) * sweep / sweeps);
    std::vector<Vec2> sum(c.centers.size(), Vec2(0.0));
    std::vector<int> count(c.centers.size(), 0);
    for (std::size_t i = 0; i < data.points.size(); ++i) {
      sum[c.owner[i]] += data.points[i];
      ++count[c.owner[i]];
    }
    for (std::size_t j = 0; j < c.centers.size(); ++j)
      if (count[j] > 0) c.centers[j] = sum[j] / double(count[j]);
    if (!assign(data, c)) break;
  }
  return c;
}

}  // namespace gs
