#include "truth/law_on_grid.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/thread_pool.h"

namespace gs {
namespace {

constexpr double kSteepest = .35,
                 kSeenDepth = 20;  // divergence of a step, where the log-density is that far below its top
constexpr int kMostParts = 12;
constexpr double kFarPlaces = 5;  // standard deviations of noise around the data's rectangle

// Weights of Lagrange's polynomial through 0..5 at u.
std::array<double, 6> quintic(double u) {
  std::array<double, 6> w;
  for (int k = 0; k < 6; ++k) {
    double p = 1;
    for (int j = 0; j < 6; ++j)
      if (j != k) p *= (u - j) / (k - j);
    w[std::size_t(k)] = p;
  }
  return w;
}
// Where that polynomial begins, for a place among n, and how far the place is from there.
struct Among {
  int first;
  double u;
};
Among among(double at, int n) {
  const int first = std::clamp(int(std::floor(at)) - 2, 0, n - 6);
  return {first, at - first};
}

double circle(double sh) { return std::hypot(1, sh); }

}  // namespace

LawOnGrid::Places LawOnGrid::placesAt(const Setup& s, double sh) {
  const double alpha = 1 / circle(sh), sigma = sh * alpha;
  const double apart = std::hypot(s.narrow, sh) * alpha / s.cells;
  const Vec2 half = alpha * s.reach + Vec2(kFarPlaces * sigma), middle = alpha * s.middle;
  const int width = std::max(12, int(std::ceil(2 * half.x / apart))),
            height = std::max(12, int(std::ceil(2 * half.y / apart)));
  return {middle - .5 * apart * Vec2(width - 1, height - 1), apart, width, height};
}

bool LawOnGrid::coarser(const Setup& s, const Places& p, double sh) {
  const Places wanted = placesAt(s, sh);
  return p.apart > 1.15 * wanted.apart || p.apart * p.width > 1.3 * wanted.apart * wanted.width;
}

double LawOnGrid::evaluations(const Setup& s) {
  double sum = 0;
  Places p = placesAt(s, s.steps.front().sh);
  for (const Step& step : s.steps) {
    if (coarser(s, p, step.shNext)) p = placesAt(s, step.shNext);
    sum += double(p.size());
  }
  return sum;
}

// Beyond the rectangle the fall at its edge goes on. Below `deep` paths part, the logarithm has kinks, and a polynomial
// through them would swing: there it is linear, and next to nothing.
double LawOnGrid::sample(const std::vector<double>& v, const Places& p, Vec2 x, double deep) {
  const Vec2 at = (x - p.lo) / p.apart;
  const Vec2 in(std::clamp(at.x, 0., double(p.width - 1)), std::clamp(at.y, 0., double(p.height - 1)));
  double sum = 0;
  const int ci = std::min(int(in.x), p.width - 2), cj = std::min(int(in.y), p.height - 2);
  const double corners[] = {v[p.index(ci, cj)], v[p.index(ci + 1, cj)], v[p.index(ci, cj + 1)],
                            v[p.index(ci + 1, cj + 1)]};
  if (*std::min_element(corners, corners + 4) < deep) {
    const double u = in.x - ci, w = in.y - cj;
    sum = (1 - w) * ((1 - u) * corners[0] + u * corners[1]) + w * ((1 - u) * corners[2] + u * corners[3]);
  } else {
    const Among a = among(in.x, p.width), b = among(in.y, p.height);
    const auto wx = quintic(a.u), wy = quintic(b.u);
    for (int j = 0; j < 6; ++j) {
      const double* row = v.data() + p.index(a.first, b.first + j);
      double line = 0;
      for (int i = 0; i < 6; ++i) line += wx[std::size_t(i)] * row[i];
      sum += wy[std::size_t(j)] * line;
    }
  }
  if (in == at) return sum;
  const int i = std::clamp(int(in.x + .5), 0, p.width - 1), j = std::clamp(int(in.y + .5), 0, p.height - 1);
  const double here = v[p.index(i, j)];
  const auto fall = [&](double out, double inner) { return out * std::max(0., inner - here); };
  if (at.x != in.x) sum -= fall(std::abs(at.x - in.x), v[p.index(at.x < 0 ? i + 1 : i - 1, j)]);
  if (at.y != in.y) sum -= fall(std::abs(at.y - in.y), v[p.index(i, at.y < 0 ? j + 1 : j - 1)]);
  return sum;
}

void LawOnGrid::spread(std::vector<double>& log, const Places& p, double variance) {
  if (!(variance > 0)) return;
  const double deep = *std::max_element(log.begin(), log.end()) - kSeenDepth;
  // Nodes of the third Gauss-Hermite rule: 0 and +- sqrt(3) standard deviations. The polynomial is that through six
  // places around the node, the same ones mirrored on the other side.
  const double far = std::sqrt(3 * variance) / p.apart;
  const int base = int(std::floor(far)) - 2;
  const auto w = quintic(far - base);
  ThreadPool pool(0);
  for (const bool down : {false, true}) {
    const int length = down ? p.height : p.width, lines = down ? p.width : p.height;
    constexpr int kRun = 8;
    pool.forEach((lines + kRun - 1) / kRun, [&](int run) {
      std::vector<double> line(static_cast<std::size_t>(length));
      for (int k = run * kRun; k < std::min(lines, (run + 1) * kRun); ++k) {
        const auto place = [&](int i) { return down ? p.index(k, i) : p.index(i, k); };
        for (int i = 0; i < length; ++i) line[std::size_t(i)] = log[place(i)];
        const auto at = [&](int i) {
          if (i >= 0 && i < length) return line[std::size_t(i)];
          const int edge = i < 0 ? 0 : length - 1, inner = i < 0 ? 1 : length - 2;
          return line[std::size_t(edge)] -
                 std::abs(i - edge) * std::max(0., line[std::size_t(inner)] - line[std::size_t(edge)]);
        };
        for (int i = 0; i < length; ++i) {
          double left = 0, right = 0;
          if (std::min({at(i - base - 2), at(i - base - 3), at(i + base + 2), at(i + base + 3)}) < deep) {
            const double u = far - base - 2;
            left = (1 - u) * at(i - base - 2) + u * at(i - base - 3);
            right = (1 - u) * at(i + base + 2) + u * at(i + base + 3);
          } else {
            for (int n = 0; n < 6; ++n)
              left += w[std::size_t(n)] * at(i - base - n), right += w[std::size_t(n)] * at(i + base + n);
          }
          const double middle = line[std::size_t(i)], top = std::max({left, middle, right});
          log[place(i)] =
              top + std::log((std::exp(left - top) + 4 * std::exp(middle - top) + std::exp(right - top)) / 6);
        }
      }
    });
  }
}

LawOnGrid::LawOnGrid(const Setup& s, std::stop_token stop) {
  ThreadPool pool(0);
  Places p = placesAt(s, s.steps.front().sh);
  std::vector<double> log(p.size());
  for (int j = 0; j < p.height; ++j)
    for (int i = 0; i < p.width; ++i) log[p.index(i, j)] = s.logStart(p.at(i, j));
  double waiting = 0;  // noise that is still to be added
  for (const Step& step : s.steps) {
    if (stop.stop_requested()) return;
    if (coarser(s, p, step.shNext)) {
      const Places finer = placesAt(s, step.shNext);
      std::vector<double> next(finer.size());
      const double deep = *std::max_element(log.begin(), log.end()) - kSeenDepth;
      pool.forEach(finer.height, [&](int j) {
        for (int i = 0; i < finer.width; ++i) next[finer.index(i, j)] = sample(log, p, finer.at(i, j), deep);
      });
      p = finer;
      log = std::move(next);
    }
    const double theta = std::atan(step.sh), thetaNext = std::atan(step.shNext), h = theta - thetaNext;
    // The variance 2 kappa tan(theta) d theta = -2 kappa d log cos(theta) of the step.
    const double variance = 2 * s.kappa * std::log(std::cos(thetaNext) / std::cos(theta));
    const double c = circle(step.shMid), alpha = 1 / c, sigma = step.shMid * alpha;
    std::vector<double> ax(p.size()), ay(p.size()), div(p.size()), next(p.size());
    std::vector<Vec2> d(p.size());
    pool.forEach(p.height, [&](int j) {
      if (stop.stop_requested()) return;
      for (int i = 0; i < p.width; ++i) {
        const std::size_t k = p.index(i, j);
        const Vec2 y = p.at(i, j) * c;
        d[k] = s.denoise(step.levelMid, y);
        const Vec2 a = (1 + s.kappa) / sigma * (d[k] - y) + sigma * y;
        ax[k] = a.x, ay[k] = a.y;
      }
    });
    if (stop.stop_requested()) return;
    // Its divergence by differences of the sixth order, of the second at the edges.
    const auto slope = [&](const std::vector<double>& v, int i, int j, int di, int dj, int at, int n) {
      const auto value = [&](int k) { return v[p.index(i + k * di, j + k * dj)]; };
      if (at >= 3 && at + 3 < n)
        return (45 * (value(1) - value(-1)) - 9 * (value(2) - value(-2)) + value(3) - value(-3)) / (60 * p.apart);
      const int a = at > 0 ? -1 : 0, b = at + 1 < n ? 1 : 0;
      return (value(b) - value(a)) / ((b - a) * p.apart);
    };
    pool.forEach(p.height, [&](int j) {
      for (int i = 0; i < p.width; ++i)
        div[p.index(i, j)] = slope(ax, i, j, 1, 0, i, p.width) + slope(ay, i, j, 0, 1, j, p.height);
    });
    // Fields go on beyond the edge as they are there: what comes from outside is next to nothing.
    const auto field = [&](const std::vector<double>& v, Vec2 x) {
      const Vec2 at = glm::clamp((x - p.lo) / p.apart, Vec2(0.0), Vec2(p.width - 1, p.height - 1));
      const int i = std::min(int(at.x), p.width - 2), j = std::min(int(at.y), p.height - 2);
      if (i < 2 || j < 2 || i + 3 >= p.width || j + 3 >= p.height) {
        const double u = at.x - i, w = at.y - j;
        return (1 - w) * ((1 - u) * v[p.index(i, j)] + u * v[p.index(i + 1, j)]) +
               w * ((1 - u) * v[p.index(i, j + 1)] + u * v[p.index(i + 1, j + 1)]);
      }
      return sample(v, p, p.lo + at * p.apart, -1e300);
    };
    // Paths must not cross within a step: where the field is steep it is walked in several, with noise between them.
    const double top = *std::max_element(log.begin(), log.end());
    double steepest = 0;
    for (std::size_t k = 0; k < log.size(); ++k)
      if (log[k] > top - kSeenDepth) steepest = std::max(steepest, std::abs(div[k]));
    const int parts = std::clamp(int(std::ceil(h * steepest / kSteepest)), 1, kMostParts);
    const double piece = h / parts, deep = top - kSeenDepth;
    for (int part = 0; part < parts; ++part) {
      spread(log, p, waiting + variance / parts / 2);
      waiting = variance / parts / 2;
      pool.forEach(p.height, [&](int j) {
        if (stop.stop_requested()) return;
        for (int i = 0; i < p.width; ++i) {
          const std::size_t k = p.index(i, j);
          const Vec2 x = p.at(i, j), half = x - .5 * piece * Vec2(ax[k], ay[k]);
          const Vec2 a(field(ax, half), field(ay, half));
          const double before = sample(log, p, x - piece * a, deep), thinning = piece * field(div, half);
          // Where nothing is, a field may be too steep for the step: what it gathers there stays next to nothing.
          next[k] = before - (before < deep ? std::max(thinning, -kSteepest) : thinning);
        }
      });
      if (stop.stop_requested()) return;
      std::swap(log, next);
    }
  }
  spread(log, p, waiting);
  const double top = *std::max_element(log.begin(), log.end());
  double mass = 0;
  for (const double l : log) mass += std::exp(l - top) * p.apart * p.apart;
  const double logMass = top + std::log(mass);
  lost_ = std::abs(1 - std::exp(logMass));
  for (double& l : log) l -= logMass;
  top_ = *std::max_element(log.begin(), log.end());
  places_ = p;
  log_ = std::move(log);
}

double LawOnGrid::logDensity(Vec2 x) const { return sample(log_, places_, x, top_ - kSeenDepth); }

}  // namespace gs
