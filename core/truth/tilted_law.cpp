#include "truth/tilted_law.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <random>

#include "diffusion/gauss_hermite.h"
#include "engine/reward_model.h"

namespace gs {
namespace {

constexpr int kNodes = 7;             // of the quadrature, along each axis
constexpr double kLeastRatio = 1e-4;  // of a law's narrowest width
// From here on, in cells, the noise smooths what lies between their centres: exp(-2 pi^2 (width / cell)^2) with the
// width of noise times law, both of which are wider than a cell then, is below 1e-4.
constexpr double kOnGrid = 1.2;

}  // namespace

JointDensity::JointDensity(const Mixture& m, int condition) {
  double mass = 0;
  for (const bool own : {true, false}) {
    for (const Component& c : m.components) {
      if ((condition == kUnconditional || c.label == condition) != own) continue;
      rows_.push_back(
          {c.mean, c.covariance.inverse(),
           std::log(c.weight) - .5 * std::log(c.covariance.determinant()) - std::log(2 * std::numbers::pi)});
      if (own) mass += c.weight;
    }
    if (own) own_ = rows_.size();
  }
  logOwn_ = std::log(mass);
}

JointDensity::At JointDensity::at(Vec2 x) const {
  double top[2] = {-1e300, -1e300}, sum[2] = {0, 0};
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    const Row& r = rows_[k];
    const int g = k < own_ ? 0 : 1;
    const Vec2 d = x - r.mean;
    const double e = r.logWeight - .5 * glm::dot(d, r.precision * d);
    if (e > top[g]) {
      sum[g] = sum[g] * std::exp(top[g] - e) + 1;
      top[g] = e;
    } else {
      sum[g] += std::exp(e - top[g]);
    }
  }
  const double own = top[0] + std::log(sum[0]);
  if (sum[1] == 0) return {own - logOwn_, own};
  const double rest = top[1] + std::log(sum[1]), high = std::max(own, rest);
  return {own - logOwn_, high + std::log(std::exp(own - high) + std::exp(rest - high))};
}

struct TiltedLaw::Impl {
  Tilt tilt;
  std::shared_ptr<const Mixture> mixture;
  JointDensity joint;
  LogReward log;
  FieldGrid grid;
  Vec2 cell;
  std::vector<double> mass;  // [row][column], of all 1
  std::vector<float> logs;   // their unnormalised logarithms
  double logTotal = 0, top = 0;
  double least = 0, onGrid = 0;
  double logClass = 0;                // log p(c)
  std::optional<JointDensity> other;  // of a product

  Impl(const Tilt& t, std::shared_ptr<const Mixture> m)
      : tilt(t), mixture(std::move(m)), joint(*mixture, tilt.condition) {
    if (tilt.reward) log = rewardFunction(*tilt.reward, *mixture, tilt.condition, tilt.path);
    if (tilt.product != kUnconditional) other.emplace(*mixture, tilt.product);
    logClass = std::log(mixture->classProbability(tilt.condition));
  }
  double unnormalised(Vec2 x) const {
    const JointDensity::At p = joint.at(x);
    if (tilt.omega == 0) return p.own;
    if (other) return p.own + tilt.omega * (other->at(x).own - p.whole);
    if (!tilt.reward) return p.own + tilt.omega * (p.own - p.whole);
    if (tilt.reward->kind == RewardKind::Cost) return p.own + tilt.omega * (p.whole - p.own - logClass);
    return p.own + tilt.omega * std::max(kNoReward, log(x));
  }
};

std::function<double(Vec2)> tiltOnData(const Tilt& tilt, std::shared_ptr<const Mixture> mixture) {
  if (tilt.omega == 0) return {};
  return [m = std::make_shared<const TiltedLaw::Impl>(tilt, std::move(mixture))](Vec2 x) {
    return m->unnormalised(x) - m->joint.at(x).own;
  };
}

TiltedLaw::TiltedLaw(const Tilt& tilt, std::shared_ptr<const Mixture> mixture, const DensityField& law,
                     const std::vector<float>& rewardOnLaw)
    : impl_(std::make_unique<Impl>(tilt, std::move(mixture))) {
  Impl& m = *impl_;
  m.grid = law.grid;
  m.cell = (m.grid.hi - m.grid.lo) / Vec2(m.grid.width, m.grid.height);
  m.logs = tiltedLog(tilt, *m.mixture, law, rewardOnLaw);
  const std::size_t cells = m.logs.size();
  m.top = double(*std::max_element(m.logs.begin(), m.logs.end()));
  m.mass.resize(cells);
  double sum = 0;
  for (std::size_t i = 0; i < cells; ++i) sum += m.mass[i] = std::exp(double(m.logs[i]) - m.top);
  for (double& w : m.mass) w /= sum;
  m.logTotal = m.top + std::log(sum * m.cell.x * m.cell.y);
  const double narrowest = narrowestWidth(*m.mixture);
  m.least = kLeastRatio * narrowest;
  m.onGrid = kOnGrid * std::max(m.cell.x, m.cell.y);
}
TiltedLaw::~TiltedLaw() = default;

double TiltedLaw::leastRatio() const { return impl_->least; }
int TiltedLaw::closedForms(double ratio) const {
  return ratio >= impl_->onGrid ? 0 : ratio <= impl_->least ? 4 : kNodes * kNodes;
}
double TiltedLaw::logDensity(Vec2 x) const { return impl_->unnormalised(x) - impl_->logTotal; }

TiltedLaw::At TiltedLaw::at(Vec2 y, double ratio) const {
  return at(std::span(&y.x, 1), std::span(&y.y, 1), ratio).front();
}

std::vector<TiltedLaw::At> TiltedLaw::at(std::span<const double> xs, std::span<const double> ys, double ratio,
                                         std::stop_token stop) const {
  const Impl& m = *impl_;
  std::vector<At> out(xs.size() * ys.size());
  if (ratio < m.onGrid) {
    // log E exp(l(y + ratio z)) over standard normal z; with the least noise by two nodes an axis.
    static const std::vector<HermiteNode> two{{-1, .5}, {1, .5}};
    const bool clean = ratio <= m.least;
    const double sigma = clean ? m.least : ratio;
    const std::vector<HermiteNode>& nodes = clean ? two : gaussHermite(kNodes);
    std::vector<double> logs(nodes.size() * nodes.size());
    for (std::size_t j = 0; j < ys.size(); ++j) {
      if (stop.stop_requested()) return {};
      for (std::size_t i = 0; i < xs.size(); ++i) {
        const Vec2 y(xs[i], ys[j]);
        double top = -std::numeric_limits<double>::infinity();
        std::size_t n = 0;
        for (const HermiteNode& a : nodes)
          for (const HermiteNode& b : nodes) {
            logs[n] = m.unnormalised(y + sigma * Vec2(a.x, b.x));
            top = std::max(top, logs[n++]);
          }
        double sum = 0;
        Vec2 mean(0.0);
        n = 0;
        for (const HermiteNode& a : nodes)
          for (const HermiteNode& b : nodes) {
            const double w = a.weight * b.weight * std::exp(logs[n++] - top);
            sum += w;
            mean += w * Vec2(a.x, b.x);
          }
        out[j * xs.size() + i] = {top + std::log(sum) - m.logTotal, y + sigma * mean / sum};
      }
    }
    return out;
  }
  // Sums over columns, then over rows, of mass, mass x0 and mass y0. The kernels are scaled to 1 at the cell that is
  // nearest to the point.
  const std::size_t width = std::size_t(m.grid.width), height = std::size_t(m.grid.height);
  struct Kernel {
    std::vector<double> weight;  // [point][cell]
    std::vector<double> top;     // [point]
  };
  const auto kernel = [&](std::span<const double> at, double first, double step, std::size_t cells) {
    Kernel k{std::vector<double>(at.size() * cells), std::vector<double>(at.size())};
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double nearest = std::clamp(at[i], first, first + step * double(cells - 1)) - at[i];
      k.top[i] = -.5 * nearest * nearest / (ratio * ratio);
      for (std::size_t c = 0; c < cells; ++c) {
        const double d = first + step * double(c) - at[i];
        k.weight[i * cells + c] = std::exp(std::min(0., -.5 * d * d / (ratio * ratio) - k.top[i]));
      }
    }
    return k;
  };
  const Vec2 first = m.grid.center(0, 0);
  const Kernel kx = kernel(xs, first.x, m.cell.x, width), ky = kernel(ys, first.y, m.cell.y, height);
  std::vector<double> rows(height * xs.size() * 2);  // [row][point]: mass, mass x0
  for (std::size_t r = 0; r < height; ++r) {
    if (stop.stop_requested()) return {};
    const double* mass = m.mass.data() + r * width;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      double w0 = 0, w1 = 0;
      const double* k = kx.weight.data() + i * width;
      for (std::size_t c = 0; c < width; ++c) {
        const double w = mass[c] * k[c];
        w0 += w;
        w1 += w * double(c);
      }
      rows[(r * xs.size() + i) * 2] = w0;
      rows[(r * xs.size() + i) * 2 + 1] = first.x * w0 + m.cell.x * w1;
    }
  }
  const double norm = -std::log(2 * std::numbers::pi * ratio * ratio);
  for (std::size_t j = 0; j < ys.size(); ++j) {
    if (stop.stop_requested()) return {};
    for (std::size_t i = 0; i < xs.size(); ++i) {
      double w = 0, wx = 0, wy = 0;
      for (std::size_t r = 0; r < height; ++r) {
        const double k = ky.weight[j * height + r], a = k * rows[(r * xs.size() + i) * 2];
        w += a;
        wx += k * rows[(r * xs.size() + i) * 2 + 1];
        wy += a * double(r);
      }
      w = std::max(w, std::numeric_limits<double>::min());
      out[j * xs.size() + i] = {std::log(w) + kx.top[i] + ky.top[j] + norm, {wx / w, first.y + m.cell.y * wy / w}};
    }
  }
  return out;
}

std::vector<Vec2> TiltedLaw::draws(int count, std::uint32_t seed) const {
  // A cell in proportion to a bound of the density in it, a place in the cell, and whether it stays: the bound is the
  // largest of the cells around, and a bit. Cells are 0.6 standard deviations wide, so that a density rises by less.
  const Impl& m = *impl_;
  const int width = m.grid.width, height = m.grid.height;
  std::vector<double> sums;
  sums.reserve(m.logs.size());
  std::vector<float> bounds(m.logs.size());
  double sum = 0;
  for (int j = 0; j < height; ++j)
    for (int i = 0; i < width; ++i) {
      float most = -std::numeric_limits<float>::infinity();
      for (int b = std::max(0, j - 1); b <= std::min(height - 1, j + 1); ++b)
        for (int a = std::max(0, i - 1); a <= std::min(width - 1, i + 1); ++a)
          most = std::max(most, m.logs[std::size_t(b * width + a)]);
      bounds[sums.size()] = most + .3f;
      sums.push_back(sum += std::exp(double(most) - m.top));
    }
  std::mt19937 random(seed);
  std::vector<Vec2> out;
  const auto unit = [&] { return (double(random()) + .5) / 4294967296.; };
  constexpr int kMostTries = 200;  // a draw, on average
  for (long tries = 0; int(out.size()) < count && tries < long(count) * kMostTries; ++tries) {
    const double u = unit() * sum, a = unit(), b = unit(), keep = unit();
    const std::size_t i = std::size_t(std::upper_bound(sums.begin(), sums.end() - 1, u) - sums.begin());
    const Vec2 x = m.grid.center(int(i) % width, int(i) / width) + (Vec2(a, b) - .5) * m.cell;
    if (std::log(keep) < m.unnormalised(x) - double(bounds[i])) out.push_back(x);
  }
  return out;
}

}  // namespace gs
