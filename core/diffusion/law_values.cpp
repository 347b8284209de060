#include "diffusion/law_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "diffusion/metrics.h"
#include "diffusion/prepared_mixture.h"
#include "diffusion/sample_sums.h"

namespace gs {
namespace {

constexpr double kMostLawRows = 4e6;         // component evaluations of a grid or of draws: some 50 ms
constexpr int kLeastLawCells = 48;           // a side
constexpr double kMostLawCells = 200 * 200;  // beyond them no digit that is shown changes
constexpr double kFineCell = .12;            // of the narrowest width
constexpr double kWidestCell = .8;           // of it: wider ones would miss components between their centres
constexpr double kLawEdge = 1e-9;            // of the mass, in the outermost cells
constexpr double kLawParts = 1e-5;           // by which the masses of the quarters may differ; else finer cells
constexpr double kRoughParts = 1e-2;         // with the finest ones: the edge of a half-plane

constexpr double kNothingThere = -1e30;  // a logarithm of no density, as kNoReward

// Grids are turned by this angle, so that no edge that somebody draws (a class boundary, a half-plane) runs along them.
const Vec2 kLawAxis{std::cos(.7297), std::sin(.7297)};
Vec2 turned(Vec2 u) { return {kLawAxis.x * u.x - kLawAxis.y * u.y, kLawAxis.y * u.x + kLawAxis.x * u.y}; }
Vec2 turnedBack(Vec2 x) { return {kLawAxis.x * x.x + kLawAxis.y * x.y, kLawAxis.x * x.y - kLawAxis.y * x.x}; }

struct LawBox {
  Vec2 lo{std::numeric_limits<double>::infinity()}, hi{-std::numeric_limits<double>::infinity()};
  Vec2 size() const { return hi - lo; }
};

// log p(x | condition) and log p(condition | x).
struct LawDensity {
  PreparedMixture law;
  double logClass;
  LawDensity(const Mixture& m, int condition) : law(m, condition), logClass(std::log(m.classProbability(condition))) {}
  struct At {
    double own, posterior;
  };
  At at(Vec2 x) const {
    double top[2] = {-1e300, -1e300}, sum[2] = {0, 0};
    for (const PreparedMixture::Row& r : law.rows) {
      const Vec2 d = x - r.mean;
      const double e = r.logNorm - .5 * glm::dot(d, r.precision * d);
      const int g = law.condition == kUnconditional || r.label == law.condition ? 0 : 1;
      if (e > top[g]) {
        sum[g] = sum[g] * std::exp(top[g] - e) + 1;
        top[g] = e;
      } else {
        sum[g] += std::exp(e - top[g]);
      }
    }
    const double own = top[0] + std::log(sum[0]);
    if (sum[1] == 0) return {own - logClass, 0};
    const double apart = top[1] + std::log(sum[1]) - own;
    return {own - logClass, apart > 0 ? -apart - std::log1p(std::exp(-apart)) : -std::log1p(std::exp(apart))};
  }
};

double leastWidth(const Sym2& s) {
  const double half = s.trace() / 2;
  return std::sqrt(std::max(1e-12, half - std::sqrt(std::max(0., half * half - s.determinant()))));
}

// The cells of a box that matter: those within e^-50 of the densest.
LawBox trimmedBox(const LawBox& box, std::size_t width, std::size_t height, const std::vector<double>& log) {
  const double top = *std::max_element(log.begin(), log.end());
  std::size_t left = width, right = 0, bottom = height, above = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (log[i] < top - 50) continue;
    left = std::min(left, i % width), right = std::max(right, i % width);
    bottom = std::min(bottom, i / width), above = std::max(above, i / width);
  }
  const Vec2 cell = box.size() / Vec2(double(width), double(height));
  LawBox out;
  out.lo = glm::max(box.lo, box.lo + cell * Vec2(double(left) - 1, double(bottom) - 1));
  out.hi = glm::min(box.hi, box.lo + cell * Vec2(double(right) + 2, double(above) + 2));
  return out;
}

// By draws of p(x | condition): the tilt is their weight.
LawPoints drawnPoints(const Mixture& m, int condition, const std::function<double(Vec2)>& tilt) {
  const int count = int(std::clamp(kMostLawRows / double(m.components.size()), 4096., 20000.));
  LawPoints out;
  std::vector<double> log;
  for (const Draw& d : sampleExact(m, count, 0x5eed, condition)) {
    out.at.push_back(d.x);
    log.push_back(tilt ? tilt(d.x) : 0);
  }
  const double top = *std::max_element(log.begin(), log.end());
  if (!(top > -1e29) || !std::isfinite(top)) {
    out.absent = "no draw of the data has any weight in the tilted law";
    return out;
  }
  double sum = 0, squares = 0;
  for (const double l : log) {
    const double w = std::exp(l - top);
    out.weight.push_back(w);
    sum += w, squares += w * w;
  }
  for (double& w : out.weight) w /= sum;
  if (sum * sum / squares < 256)
    out.absent = "the tilted law is too narrow for a grid, and lies where too few draws of the data do";
  return out;
}

}  // namespace

LawPoints lawPoints(const Mixture& m, int condition, const std::function<double(Vec2)>& tilt) {
  const LawDensity density(m, condition);
  LawBox box;
  double narrow = std::numeric_limits<double>::infinity();
  for (const Component& c : m.components) {
    if (condition != kUnconditional && c.label != condition) continue;
    const Vec2 across{-kLawAxis.y, kLawAxis.x},
        mean = turnedBack(c.mean),
        reach =
            7. * glm::sqrt(Vec2{glm::dot(kLawAxis, c.covariance * kLawAxis), glm::dot(across, c.covariance * across)});
    box.lo = glm::min(box.lo, mean - reach);
    box.hi = glm::max(box.hi, mean + reach);
    narrow = std::min(narrow, leastWidth(c.covariance));
  }
  const double most = std::min(kMostLawCells, kMostLawRows / double(m.components.size()));
  const bool conditional = condition != kUnconditional && m.classes() > 1;
  double wanted = kFineCell * narrow;
  for (int round = 0; round < 12; ++round) {
    const Vec2 size = box.size();
    const double finest = std::sqrt(size.x * size.y / most), cell = std::max(wanted, finest);
    if (cell > kWidestCell * narrow) break;
    const auto cells = [&](double length) {
      return std::size_t(std::max(std::ceil(length / cell), double(kLeastLawCells)));
    };
    const std::size_t width = cells(size.x), height = cells(size.y);
    const Vec2 step = size / Vec2(double(width), double(height));
    std::vector<double> log(width * height), heavy(width * height);
    for (std::size_t i = 0; i < log.size(); ++i) {
      const Vec2 x = turned(box.lo + step * (Vec2(double(i % width), double(i / width)) + .5));
      const LawDensity::At v = density.at(x);
      log[i] = v.own + (tilt ? tilt(x) : 0);
      if (!(log[i] > -1e29)) log[i] = kNothingThere;
      heavy[i] = conditional ? log[i] - v.posterior : log[i];
    }
    const double top = *std::max_element(log.begin(), log.end()),
                 heavyTop = *std::max_element(heavy.begin(), heavy.end());
    if (!(top > -1e29) || !std::isfinite(top) || !std::isfinite(heavyTop)) break;
    double total[4] = {}, heavyTotal = 0;
    std::array<double, 4> edge{}, heavyEdge{};
    for (std::size_t i = 0; i < log.size(); ++i) {
      const double w = std::exp(log[i] - top), h = std::exp(heavy[i] - heavyTop);
      const std::size_t a = i % width, b = i / width;
      total[a % 2 + 2 * (b % 2)] += w, heavyTotal += h;
      const std::array<bool, 4> on{a == 0, b == 0, a + 1 == width, b + 1 == height};
      for (std::size_t s = 0; s < 4; ++s)
        if (on[s]) edge[s] += w, heavyEdge[s] += h;
    }
    const double sum = total[0] + total[1] + total[2] + total[3];
    bool grown = false;
    for (std::size_t s = 0; s < 4; ++s)
      if (tilt && (edge[s] > kLawEdge * sum || heavyEdge[s] > kLawEdge * heavyTotal)) {
        (s < 2 ? box.lo : box.hi)[int(s % 2)] += (s < 2 ? -.5 : .5) * size[int(s % 2)];
        grown = true;
      }
    if (grown) continue;
    const auto [least, largest] = std::minmax_element(std::begin(total), std::end(total));
    const double parts = 4 * (*largest - *least) / sum;
    if (parts > kLawParts && cell > finest * 1.001) {
      wanted = cell / 2;
      continue;
    }
    if (const LawBox less = trimmedBox(box, width, height, heavy);
        parts > kLawParts && less.size().x * less.size().y < .5 * size.x * size.y) {
      box = less;
      wanted = cell / 2;
      continue;
    }
    if (parts > kRoughParts) break;
    LawPoints out;
    for (std::size_t i = 0; i < log.size(); ++i) {
      const double w = std::exp(log[i] - top) / sum;
      if (w < 1e-16 && std::exp(heavy[i] - heavyTop) < 1e-16 * heavyTotal) continue;
      out.at.push_back(turned(box.lo + step * (Vec2(double(i % width), double(i / width)) + .5)));
      out.weight.push_back(w);
      out.quarter.push_back(char(i % width % 2 + 2 * (i / width % 2)));
    }
    return out;
  }
  return drawnPoints(m, condition, tilt);
}

LawValue lawMean(const LawPoints& p, std::span<const double> v) {
  double sum = 0, part[4] = {}, mass[4] = {};
  for (std::size_t i = 0; i < v.size(); ++i) sum += p.weight[i] * v[i];
  if (p.draws()) {
    double squares = 0;
    for (std::size_t i = 0; i < v.size(); ++i) squares += p.weight[i] * p.weight[i] * (v[i] - sum) * (v[i] - sum);
    return {sum, std::sqrt(squares)};
  }
  for (std::size_t i = 0; i < v.size(); ++i) {
    part[std::size_t(p.quarter[i])] += p.weight[i] * v[i];
    mass[std::size_t(p.quarter[i])] += p.weight[i];
  }
  for (std::size_t q = 0; q < 4; ++q) part[q] = mass[q] > 0 ? part[q] / mass[q] : sum;
  const auto [least, most] = std::minmax_element(std::begin(part), std::end(part));
  return {sum, (*most - *least) / 4};
}

LawValue lawQuantile(const LawPoints& p, std::span<const double> v, double q) {
  std::vector<std::size_t> order(v.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return v[a] < v[b]; });
  // The value where the mass below passes `share`; of one quarter, or of all (-1).
  const auto at = [&](double share, int part) {
    double total = 0, below = 0;
    for (std::size_t i = 0; i < v.size(); ++i)
      if (part < 0 || p.quarter[i] == part) total += p.weight[i];
    for (const std::size_t i : order) {
      if (part >= 0 && p.quarter[i] != part) continue;
      below += p.weight[i];
      if (below >= share * total) return v[i];
    }
    return v[order.back()];
  };
  if (!p.draws()) {
    const std::array<double, 4> parts{at(q, 0), at(q, 1), at(q, 2), at(q, 3)};
    const auto [least, most] = std::minmax_element(parts.begin(), parts.end());
    return {at(q, -1), (*most - *least) / 4};
  }
  double squares = 0;
  for (const double w : p.weight) squares += w * w;
  const double wide = std::sqrt(q * (1 - q) * squares);
  return {at(q, -1), (at(std::min(1., q + wide), -1) - at(std::max(0., q - wide), -1)) / 2};
}

std::vector<NamedLawValue> lawValues(const LawPoints& p, const Mixture& m, int condition) {
  const PreparedMixture law(m, condition);
  const bool conditional = condition != kUnconditional && m.classes() > 1;
  const std::size_t n = p.at.size();
  std::vector<double> log, inverse, correct, outlier, x(n), y(n);
  std::vector<int> nearest;
  for (std::size_t i = 0; i < n; ++i) {
    const PreparedMixture::Values v = law.at(p.at[i]);
    log.push_back(v.logPosterior);
    inverse.push_back(std::exp(std::min(-v.logPosterior, kMostLog)));
    correct.push_back(v.correct);
    outlier.push_back(v.distance > SampleSums::kFar);
    nearest.push_back(v.nearest);
    x[i] = p.at[i].x, y[i] = p.at[i].y;
  }
  std::vector<NamedLawValue> out;
  const auto add = [&](std::string name, LawValue v) { out.push_back({std::move(name), v}); };
  const LawValue meanX = lawMean(p, x), meanY = lawMean(p, y);
  const Vec2 mean(meanX.value, meanY.value);
  const auto products = [&](Vec2 a, Vec2 b, Vec2 about) {
    std::vector<double> v(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = glm::dot(a, p.at[i] - about) * glm::dot(b, p.at[i] - about);
    return lawMean(p, v);
  };
  if (conditional) {
    add("inverse_posterior", lawMean(p, inverse));
    add("log_posterior", lawMean(p, log));
    add("log_posterior_q05", lawQuantile(p, log, .05));
    add("log_posterior_q50", lawQuantile(p, log, .5));
    add("log_posterior_q95", lawQuantile(p, log, .95));
    add("accuracy", lawMean(p, correct));
  }
  add("mean_x", meanX);
  add("mean_y", meanY);
  add("cov_xx", products({1, 0}, {1, 0}, mean));
  add("cov_xy", products({1, 0}, {0, 1}, mean));
  add("cov_yy", products({0, 1}, {0, 1}, mean));
  const Vec2 trueMean = m.mean(condition), away = trueMean - m.mean();
  if (conditional && glm::length(away) > 1e-9 * (1 + glm::length(trueMean))) {
    const Vec2 axis = glm::normalize(away);
    for (const auto& [u, words] : {std::pair(axis, "along"), std::pair(Vec2{-axis.y, axis.x}, "across")}) {
      std::vector<double> v(n);
      for (std::size_t i = 0; i < n; ++i) v[i] = glm::dot(u, p.at[i] - trueMean);
      add(std::string("shift_") + words, lawMean(p, v));
      const LawValue variance = products(u, u, mean);
      const double sd = std::sqrt(variance.value);
      add(std::string("spread_") + words, {sd, sd > 0 ? variance.error / (2 * sd) : 0});
    }
  }
  std::vector<std::size_t> own;
  for (std::size_t k = 0; k < m.components.size(); ++k)
    if (condition == kUnconditional || m.components[k].label == condition) own.push_back(k);
  if (own.size() <= kMaxFractions)
    for (const std::size_t k : own) {
      const std::string of = std::to_string(k);
      LawPoints part;
      std::vector<double> share(n), far;
      double mass = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (nearest[i] != int(k)) continue;
        share[i] = 1;
        mass += p.weight[i];
        part.at.push_back(p.at[i]);
        part.weight.push_back(p.weight[i]);
        if (!p.draws()) part.quarter.push_back(p.quarter[i]);
        far.push_back(outlier[i]);
      }
      add("fraction_" + of, lawMean(p, share));
      if (!(mass > 1e-6)) continue;  // nothing to be said of what is not there
      for (double& w : part.weight) w /= mass;
      Vec2 centre(0.0);
      Sym2 covariance{0, 0, 0};
      for (std::size_t i = 0; i < part.at.size(); ++i) centre += part.weight[i] * part.at[i];
      for (std::size_t i = 0; i < part.at.size(); ++i)
        covariance = covariance + part.weight[i] * Sym2::outer(part.at[i] - centre);
      const double size = part.draws() ? 1 / std::sqrt(double(std::max<std::size_t>(1, part.at.size()))) : 0;
      add("shift_" + of, {glm::length(centre - m.components[k].mean), size * std::sqrt(covariance.trace())});
      const double ratio = covariance.determinant() / m.components[k].covariance.determinant();
      add("covariance_" + of, {ratio, 2 * size * ratio});
      add("outliers_" + of, lawMean(part, far));
    }
  add("outliers", lawMean(p, outlier));
  return out;
}

std::string formatLawValue(double value, double error) {
  if (std::isnan(value)) return "";
  if (std::abs(value) < 1e-9 && error < 1e-9) return "0";
  return formatValue(value, error > 5e-4 * std::abs(value) && error > 5e-6 ? error : 0, 0);
}

const LawValue* lawValue(std::span<const NamedLawValue> values, const std::string& name) {
  for (const NamedLawValue& v : values)
    if (v.name == name) return &v.value;
  return nullptr;
}

}  // namespace gs
