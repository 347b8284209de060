#include "diffusion/two_samples.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>

namespace gs {
namespace {

constexpr std::size_t kRowsBetweenStops = 64;

struct PointColumns {
  std::vector<float> x, y;
  explicit PointColumns(std::span<const float> points) {
    x.reserve(points.size() / 2), y.reserve(points.size() / 2);
    for (std::size_t i = 0; i + 1 < points.size(); i += 2) x.push_back(points[i]), y.push_back(points[i + 1]);
  }
  std::size_t size() const { return x.size(); }
  void keep(std::size_t n) { x.resize(n), y.resize(n); }
};

double variance(std::span<const double> v) {
  double mean = 0, sum = 0;
  for (const double a : v) mean += a / double(v.size());
  for (const double a : v) sum += (a - mean) * (a - mean);
  return v.size() > 1 ? sum / double(v.size() - 1) : 0;
}

// Adds k(d_j^2) of a point to the columns j >= from and returns their sum, in loops that the compiler turns into vector
// instructions: sixteen sums side by side, in blocks under a double, which keeps the rounding of long sums below 1e-6.
template <class Kernel>
double kernelRow(float ax, float ay, const PointColumns& b, std::size_t from, std::vector<double>& columns,
                 const Kernel& kernel) {
  constexpr std::size_t kLanes = 16, kBlock = 512;
  alignas(64) std::array<float, kBlock> values;
  double total = 0;
  for (; from < b.size(); from += kBlock) {
    const std::size_t n = std::min(kBlock, b.size() - from);
    const float* x = b.x.data() + from;
    const float* y = b.y.data() + from;
    for (std::size_t j = 0; j < n; ++j) {
      const float dx = x[j] - ax, dy = y[j] - ay;
      values[j] = kernel(dx * dx + dy * dy);
    }
    double* column = columns.data() + from;
    for (std::size_t j = 0; j < n; ++j) column[j] += double(values[j]);
    std::array<float, kLanes> sums{};
    const std::size_t whole = n / kLanes * kLanes;
    for (std::size_t j = 0; j < whole; j += kLanes)
      for (std::size_t k = 0; k < kLanes; ++k) sums[k] += values[j + k];
    for (const float sum : sums) total += double(sum);
    for (std::size_t j = whole; j < n; ++j) total += double(values[j]);
  }
  return total;
}

// The standard deviation of the U-statistic between two sets of k points of one law: random halves of 2k points.
// Returns it times k / 2, so that divided by k and with 1/k = (1/n + 1/m) / 2 it serves other sizes.
template <class Kernel>
double nullDeviation(const PointColumns& points, std::uint64_t seed, const Kernel& kernel) {
  constexpr int kSplits = 200;
  const std::size_t k = std::min<std::size_t>(points.size(), 512) / 2;
  if (k < 2) return 0;
  std::vector<float> pair(4 * k * k);
  double all = 0;
  for (std::size_t i = 0; i < 2 * k; ++i)
    for (std::size_t j = 0; j < 2 * k; ++j) {
      const float dx = points.x[i] - points.x[j], dy = points.y[i] - points.y[j];
      pair[i * 2 * k + j] = i == j ? 0.f : kernel(dx * dx + dy * dy);
      all += double(pair[i * 2 * k + j]);
    }
  std::mt19937_64 bits(seed);
  std::vector<float> side(2 * k);
  for (std::size_t i = 0; i < 2 * k; ++i) side[i] = i < k ? 1.f : 0.f;
  double squares = 0;
  for (int split = 0; split < kSplits; ++split) {
    for (std::size_t i = 2 * k - 1; i > 0; --i) std::swap(side[i], side[bits() % (i + 1)]);
    double within = 0, across = 0;  // ordered pairs inside the first half; from the first to the second
    for (std::size_t i = 0; i < 2 * k; ++i) {
      if (side[i] == 0.f) continue;
      float same = 0, total = 0;
      for (std::size_t j = 0; j < 2 * k; ++j) {
        const float v = pair[i * 2 * k + j];
        same += v * side[j];
        total += v;
      }
      within += double(same);
      across += double(total - same);
    }
    const double other = all - within - 2 * across, n = double(k);
    const double value = 2 * across / (n * n) - (within + other) / (n * (n - 1));
    squares += value * value;
  }
  return std::sqrt(squares / kSplits) * double(k);
}

// E k(x,x') + E k(y,y') - 2 E k(x,y) over pairs of different points. The sums of rows and columns give the value and,
// as influence of each sample, its standard error.
template <class Kernel>
Distance discrepancy(std::span<const float> xs, std::span<const float> ys, std::uint64_t seed,
                     const std::stop_token& stop, const Kernel& kernel) {
  const PointColumns x(xs), y(ys);
  const double n = double(x.size()), m = double(y.size());
  if (n < 2 || m < 2) return {};
  std::vector<double> withinX(x.size(), 0.0), withinY(y.size(), 0.0), acrossX(x.size(), 0.0), acrossY(y.size(), 0.0);
  double xx = 0, yy = 0, xy = 0;  // ordered pairs within, pairs across
  const auto rows = [&](const PointColumns& own, std::vector<double>& within, double& sum, bool across) {
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (i % kRowsBetweenStops == 0 && stop.stop_requested()) return false;
      const double later = kernelRow(own.x[i], own.y[i], own, i + 1, within, kernel);
      within[i] += later;
      sum += 2 * later;
      if (across) xy += acrossX[i] = kernelRow(own.x[i], own.y[i], y, 0, acrossY, kernel);
    }
    return true;
  };
  if (!rows(x, withinX, xx, true) || !rows(y, withinY, yy, false)) return {};
  for (std::size_t i = 0; i < x.size(); ++i) withinX[i] = 2 * withinX[i] / (n - 1) - 2 * acrossX[i] / m;
  for (std::size_t j = 0; j < y.size(); ++j) withinY[j] = 2 * withinY[j] / (m - 1) - 2 * acrossY[j] / n;
  return {xx / (n * (n - 1)) + yy / (m * (m - 1)) - 2 * xy / (n * m),
          std::sqrt(variance(withinX) / n + variance(withinY) / m),
          nullDeviation(y, seed, kernel) * .5 * (1 / n + 1 / m)};
}

// 2^x for x <= 0, to 2e-7, and 2^-30 below x = -30: branch-free, so that sums of it become vector instructions.
inline float power2(float x) {
  const float t = std::max(x, -30.f);
  const int whole = int(t);
  const float f = t - float(whole);  // (-1, 0]
  const float p =
      1.f +
      f * (0.693147181f +
           f * (0.240226507f + f * (0.0555041087f + f * (0.00961812911f + f * (0.00133335581f + f * 1.54035304e-4f)))));
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(p) + (whole << 23));
}
// v^4, not below 1e-9: powers of powers would leave the normal numbers, which are slow there.
inline float power4(float v) { return std::max(v * v * (v * v), 1e-9f); }

// psi(n) of a whole number.
double digamma(std::size_t n) {
  double sum = -std::numbers::egamma;
  for (std::size_t i = 1; i < n; ++i) sum += 1 / double(i);
  return sum;
}

// Squared distances to the k-th neighbour inside a set; empty when stopped.
std::vector<float> ballsOf(const PointColumns& p, const std::stop_token& stop) {
  constexpr std::size_t k = std::size_t(kNeighbours);
  std::vector<float> radius(p.size()), row(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (i % kRowsBetweenStops == 0 && stop.stop_requested()) return {};
    for (std::size_t j = 0; j < p.size(); ++j) {
      const float dx = p.x[j] - p.x[i], dy = p.y[j] - p.y[i];
      row[j] = dx * dx + dy * dy;
    }
    row[i] = std::numeric_limits<float>::infinity();
    std::array<float, k> best;
    best.fill(std::numeric_limits<float>::infinity());
    for (const float d : row) {
      if (d >= best[k - 1]) continue;
      std::size_t at = k - 1;
      for (; at > 0 && best[at - 1] > d; --at) best[at] = best[at - 1];
      best[at] = d;
    }
    radius[i] = best[k - 1];
  }
  return radius;
}

Distance entropyOf(std::span<const float> balls) {
  const double n = double(balls.size());
  std::vector<double> logs;
  for (const float r : balls) {
    if (!(r > 0) || !std::isfinite(r)) return {};
    logs.push_back(std::log(double(r)));  // 2 ln r_i of the squared distance's root
  }
  double mean = 0;
  for (const double v : logs) mean += v / n;
  return {digamma(balls.size()) - digamma(kNeighbours) + std::log(std::numbers::pi) + mean,
          std::sqrt(variance(logs) / n), 0};
}

Distance shareOf(std::size_t hits, std::size_t of) {
  const double p = double(hits) / double(of);
  // With no or only hits the standard error would be 0: one more of the other kind bounds it.
  const double q = (double(hits) + .5) / (double(of) + 1);
  return {p, std::sqrt(q * (1 - q) / double(of)), 0};
}

double rootError(double squared, double seOfSquared) {
  return seOfSquared / (2 * std::sqrt(std::max(squared, seOfSquared)));
}

}  // namespace

Distance energyDistance(std::span<const float> x, std::span<const float> y, std::uint64_t seed, std::stop_token stop) {
  return discrepancy(x, y, seed, stop, [](float squared) { return -std::sqrt(squared); });
}

double mmdScale(std::span<const float> y) {
  const double n = double(y.size() / 2);
  double mx = 0, my = 0, sum = 0;
  for (std::size_t i = 0; i + 1 < y.size(); i += 2) mx += double(y[i]) / n, my += double(y[i + 1]) / n;
  for (std::size_t i = 0; i + 1 < y.size(); i += 2)
    sum += (double(y[i]) - mx) * (double(y[i]) - mx) + (double(y[i + 1]) - my) * (double(y[i + 1]) - my);
  return std::sqrt(sum / (2 * n));
}

Distance mmd(std::span<const float> x, std::span<const float> y, std::uint64_t seed, std::stop_token stop) {
  const double scale = mmdScale(y);
  if (!(scale > 0)) return {};
  // Bandwidths are powers of two apart: the widest kernel's powers 4, 16, 64, 256 are the others.
  const float widest = float(-std::numbers::log2e / (2 * 4 * scale * scale));
  return discrepancy(x, y, seed, stop, [widest](float squared) {
    const float a = power2(widest * squared), b = power4(a), c = power4(b), d = power4(c), e = power4(d);
    return .2f * (a + b + c + d + e);
  });
}

Distance slicedWasserstein(std::span<const float> xs, std::span<const float> ys, std::stop_token stop) {
  constexpr int kDirections = 64;
  PointColumns x(xs), y(ys);
  const std::size_t n = std::min(x.size(), y.size());
  if (n < 2) return {};
  x.keep(n), y.keep(n);
  struct Projected {
    float at;
    std::uint32_t point;
  };
  std::vector<Projected> px(n), py(n);
  std::vector<double> potentialX(n, 0.0), potentialY(n, 0.0);
  double sum = 0;
  for (int direction = 0; direction < kDirections; ++direction) {
    if (stop.stop_requested()) return {};
    const double angle = (direction + .5) * std::numbers::pi / kDirections;
    const auto project = [&](const PointColumns& from, std::vector<Projected>& to) {
      const float c = float(std::cos(angle)), s = float(std::sin(angle));
      for (std::size_t i = 0; i < n; ++i) to[i] = {c * from.x[i] + s * from.y[i], std::uint32_t(i)};
      std::sort(to.begin(), to.end(), [](const Projected& a, const Projected& b) { return a.at < b.at; });
    };
    project(x, px);
    project(y, py);
    // Kantorovich potentials of the line: phi' = 2 (x - T(x)), and the other way round.
    double phi = 0, psi = 0, meanPhi = 0, meanPsi = 0, squares = 0;
    std::vector<double> a(n), b(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double d = double(px[i].at) - double(py[i].at);
      squares += d * d;
      if (i > 0) {
        phi += (d + double(px[i - 1].at) - double(py[i - 1].at)) * (double(px[i].at) - double(px[i - 1].at));
        psi -= (d + double(px[i - 1].at) - double(py[i - 1].at)) * (double(py[i].at) - double(py[i - 1].at));
      }
      a[i] = phi, b[i] = psi;
      meanPhi += phi / double(n), meanPsi += psi / double(n);
    }
    sum += squares / double(n) / kDirections;
    for (std::size_t i = 0; i < n; ++i) {
      potentialX[px[i].point] += (a[i] - meanPhi) / kDirections;
      potentialY[py[i].point] += (b[i] - meanPsi) / kDirections;
    }
  }
  const double se = std::sqrt((variance(potentialX) + variance(potentialY)) / double(n));
  return {std::sqrt(sum), rootError(sum, se), 0};
}

Matching matchedWasserstein(std::span<const float> xs, std::span<const float> ys, std::stop_token stop) {
  PointColumns x(xs), y(ys);
  const std::size_t n = std::min({x.size(), y.size(), std::size_t(kMatched)});
  Matching out;
  if (n < 2) return out;
  x.keep(n), y.keep(n);
  std::vector<float> cost(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const float dx = x.x[i] - y.x[j], dy = x.y[i] - y.y[j];
      cost[i * n + j] = dx * dx + dy * dy;
    }
  // Duals u_i + v_j <= c_ij by reduction of columns, then rows; tight pairs are taken greedily.
  constexpr float kFar = std::numeric_limits<float>::infinity();
  constexpr int kFree = -1;
  std::vector<float> u(n), v(n, kFar);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) v[j] = std::min(v[j], cost[i * n + j]);
  std::vector<int> rowOf(n, kFree), columnOf(n, kFree);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t best = 0;
    u[i] = kFar;
    for (std::size_t j = 0; j < n; ++j)
      if (cost[i * n + j] - v[j] < u[i]) u[i] = cost[i * n + j] - v[j], best = j;
    if (rowOf[best] == kFree) rowOf[best] = int(i), columnOf[i] = int(best);
  }
  // Every other row by the shortest augmenting path (Dijkstra on reduced costs).
  std::vector<float> distance(n);
  std::vector<int> from(n);
  std::vector<char> done(n);
  for (std::size_t start = 0; start < n; ++start) {
    if (columnOf[start] != kFree) continue;
    if (stop.stop_requested()) return {};
    std::fill(distance.begin(), distance.end(), kFar);
    std::fill(done.begin(), done.end(), 0);
    std::vector<std::size_t> settled;
    std::size_t row = start, end = n;
    float reached = 0;
    while (end == n) {
      std::size_t next = n;
      float least = kFar;
      const float* c = cost.data() + row * n;
      for (std::size_t j = 0; j < n; ++j) {
        if (done[j]) continue;
        const float through = reached + c[j] - u[row] - v[j];
        if (through < distance[j]) distance[j] = through, from[j] = int(row);
        if (distance[j] < least) least = distance[j], next = j;
      }
      reached = least;
      done[next] = 1;
      settled.push_back(next);
      if (rowOf[next] == kFree)
        end = next;
      else
        row = std::size_t(rowOf[next]);
    }
    u[start] += reached;
    for (const std::size_t j : settled) {
      if (rowOf[j] != kFree) u[std::size_t(rowOf[j])] += reached - distance[j];
      v[j] -= reached - distance[j];
    }
    for (std::size_t j = end;;) {  // back along the path, every row gives its column to the one before
      const std::size_t i = std::size_t(from[j]);
      rowOf[j] = int(i);
      const int before = std::exchange(columnOf[i], int(j));
      if (i == start) break;
      j = std::size_t(before);
    }
  }
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += double(cost[i * n + std::size_t(columnOf[i])]) / double(n);
  const std::vector<double> pu(u.begin(), u.end()), pv(v.begin(), v.end());
  const double se = std::sqrt((variance(pu) + variance(pv)) / double(n));
  out.value = std::sqrt(sum);
  out.se = rootError(sum, se);
  out.partner = std::move(columnOf);
  return out;
}

Neighbourhood neighbourhood(std::span<const float> xs, std::span<const float> ys, std::stop_token stop) {
  const PointColumns x(xs), y(ys);
  Neighbourhood out;
  if (x.size() <= std::size_t(kNeighbours) || y.size() <= std::size_t(kNeighbours)) return out;
  const std::vector<float> ballX = ballsOf(x, stop), ballY = ballsOf(y, stop);
  if (ballX.empty() || ballY.empty()) return out;
  std::vector<float> balls(x.size(), 0);  // of y that x_i lies in
  std::size_t precise = 0, recalled = 0, covered = 0;
  for (std::size_t j = 0; j < y.size(); ++j) {
    if (j % kRowsBetweenStops == 0 && stop.stop_requested()) return {};
    const float ax = y.x[j], ay = y.y[j], mine = ballY[j];
    float inMine = 0, inTheirs = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float dx = x.x[i] - ax, dy = x.y[i] - ay, d = dx * dx + dy * dy;
      const float inside = d <= mine ? 1.f : 0.f;
      balls[i] += inside;
      inMine += inside;
      inTheirs += d <= ballX[i] ? 1.f : 0.f;
    }
    covered += inMine > 0;
    recalled += inTheirs > 0;
  }
  std::vector<double> density;
  for (const float b : balls) precise += b > 0, density.push_back(double(b) / kNeighbours);
  double mean = 0;
  for (const double d : density) mean += d / double(x.size());
  out.precision = shareOf(precise, x.size());
  out.recall = shareOf(recalled, y.size());
  out.density = {mean, std::sqrt(variance(density) / double(x.size())), 0};
  out.coverage = shareOf(covered, y.size());
  out.entropyX = entropyOf(ballX);
  out.entropyY = entropyOf(ballY);
  return out;
}

}  // namespace gs
