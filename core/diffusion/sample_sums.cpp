#include "diffusion/sample_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "diffusion/prepared_mixture.h"

namespace gs {
namespace {

// (a, b) of the powers u^a v^b, in their order.
constexpr std::array<std::pair<int, int>, SampleSums::kPowers> kExponents{
    {{1, 0}, {0, 1}, {2, 0}, {1, 1}, {0, 2}, {3, 0}, {2, 1}, {1, 2}, {0, 3}, {4, 0}, {3, 1}, {2, 2}, {1, 3}, {0, 4}}};
// Sums of powers (x - middle)^a (y - middle)^b, a + b <= 4, [0][0] their number.
struct Powers {
  Vec2 middle{0.0};
  double sum[5][5] = {};

  static Powers of(const SampleSums::Part& part) {
    Powers p;
    p.middle = part.center;
    p.sum[0][0] = part.count;
    for (std::size_t i = 0; i < kExponents.size(); ++i) {
      const auto [a, b] = kExponents[i];
      p.sum[a][b] = part.powers[i] * std::pow(part.scale, a + b);
    }
    return p;
  }
  // The same about another middle: (x - m')^a = sum_i binomial(a, i) (x - m)^i (m - m')^(a - i).
  Powers about(Vec2 to) const {
    static constexpr double binomial[5][5] = {{1}, {1, 1}, {1, 2, 1}, {1, 3, 3, 1}, {1, 4, 6, 4, 1}};
    const Vec2 d = middle - to;
    Powers p;
    p.middle = to;
    for (int a = 0; a <= 4; ++a)
      for (int b = 0; a + b <= 4; ++b)
        for (int i = 0; i <= a; ++i)
          for (int j = 0; j <= b; ++j)
            p.sum[a][b] += binomial[a][i] * binomial[b][j] * std::pow(d.x, a - i) * std::pow(d.y, b - j) * sum[i][j];
    return p;
  }
  void add(const Powers& o) {
    const Powers same = o.about(middle);
    for (int a = 0; a <= 4; ++a)
      for (int b = 0; a + b <= 4; ++b) sum[a][b] += same.sum[a][b];
  }
  double count() const { return sum[0][0]; }
  Vec2 mean() const { return middle + Vec2(sum[1][0], sum[0][1]) / count(); }
  // About the mean: the covariance without bias.
  Sym2 covariance() const {
    const double n = count() - 1;
    return {sum[2][0] / n, sum[1][1] / n, sum[0][2] / n};
  }
  // The sum of (w . (x - mean)(x - mean)^T)^2 for a symmetric w, of which the off-diagonal counts twice.
  double squaresOf(const Sym2& w) const {
    return w.xx * w.xx * sum[4][0] + 4 * w.xx * w.xy * sum[3][1] + (2 * w.xx * w.yy + 4 * w.xy * w.xy) * sum[2][2] +
           4 * w.xy * w.yy * sum[1][3] + w.yy * w.yy * sum[0][4];
  }
  double sumOf(const Sym2& w) const { return w.xx * sum[2][0] + 2 * w.xy * sum[1][1] + w.yy * sum[0][2]; }
};

double errorOfMean(double n, double sum, double squares) {
  return std::sqrt(std::max(0., squares - sum * sum / n) / (n - 1) / n);
}

// What one part says of its component: see Mode in metrics.cpp.
struct PartMode {
  double shift = std::numeric_limits<double>::quiet_NaN(), shiftSe = 0, ratio = shift, ratioSe = 0, far = shift,
         farSe = 0;
};
PartMode modeOfPart(const SampleSums::Part& part, const Component& component) {
  PartMode mode;
  const double n = part.count;
  if (n < 3) return mode;
  const Powers here = Powers::of(part), p = here.about(here.mean());
  const Sym2 covariance = p.covariance();
  mode.shift = glm::length(here.mean() - component.mean);
  mode.shiftSe = std::sqrt(covariance.trace() / n);
  mode.far = part.outliers / n;
  mode.farSe = std::sqrt((part.outliers + .5) / (n + 1) * (1 - (part.outliers + .5) / (n + 1)) / n);
  mode.ratio = std::max(0., covariance.determinant()) / component.covariance.determinant();
  if (!covariance.positiveDefinite()) return mode;
  const Sym2 precision = covariance.inverse();
  const double squares = p.squaresOf(precision) - 4 * p.sumOf(precision) + 4 * n;
  mode.ratioSe = mode.ratio * std::sqrt(std::max(0., squares) / n / n);
  return mode;
}

}  // namespace

SampleSums emptySums(const Mixture& mixture, int condition) {
  SampleSums sums;
  for (std::size_t k = 0; k < mixture.components.size(); ++k) {
    const Component& c = mixture.components[k];
    if (condition == kUnconditional || c.label == condition)
      sums.parts.push_back({int(k), c.mean, std::sqrt(c.covariance.trace() / 2), 0, 0, {}});
  }
  if (sums.parts.size() > kMaxFractions)
    sums.parts = {{-1, mixture.mean(condition), std::sqrt(mixture.covariance(condition).trace() / 2), 0, 0, {}}};
  return sums;
}

SampleSums sampleSums(const Mixture& mixture, int condition, std::span<const float> x) {
  SampleSums sums = emptySums(mixture, condition);
  const PreparedMixture law(mixture, condition);
  for (std::size_t i = 0; i + 1 < x.size(); i += 2) {
    if (blownUp(x[i], x[i + 1])) {
      ++sums.lost;
      continue;
    }
    const Vec2 at{x[i], x[i + 1]};
    const PreparedMixture::Values v = law.at(at);
    ++sums.samples;
    sums.correct += v.correct;
    sums.log += v.logPosterior;
    sums.logSquares += v.logPosterior * v.logPosterior;
    const double inverse = std::exp(std::min(-v.logPosterior, kMostLog));
    sums.inverse += inverse;
    sums.inverseSquares += inverse * inverse;
    sums.overflowed += -v.logPosterior > kMostLog;
    sums.smallestLog = std::min(sums.smallestLog, v.logPosterior);
    for (SampleSums::Part& part : sums.parts) {
      if (part.component >= 0 && part.component != v.nearest) continue;
      ++part.count;
      part.outliers += v.distance > SampleSums::kFar;
      const Vec2 u = (at - part.center) / part.scale;
      for (std::size_t p = 0; p < kExponents.size(); ++p)
        part.powers[p] += std::pow(u.x, kExponents[p].first) * std::pow(u.y, kExponents[p].second);
    }
  }
  return sums;
}

void takeSums(std::vector<Metric>& metrics, const Mixture& mixture, int condition, const SampleSums& sums, int some) {
  const double n = sums.samples, fewer = std::sqrt(some / std::max(n, 1.));
  const auto find = [&](const std::string& name) {
    const auto m = std::find_if(metrics.begin(), metrics.end(), [&](const Metric& x) { return x.name == name; });
    return m == metrics.end() ? nullptr : &*m;
  };
  if (Metric* const lost = find("blown_up")) {
    lost->value = sums.lost;
    lost->note = sums.lost > 0 ? "left out of every other number" : "";
  }
  if (n < 2 || some < 2) return;
  const std::string first = "of the first " + std::to_string(some) + " samples";
  for (Metric& m : metrics)
    if (m.name.find("_q") != std::string::npos && m.note.empty()) m.note = first;
  // The floor is what as many exact draws would show.
  const auto set = [&](const std::string& name, double value, double se) {
    Metric* const m = find(name);
    if (!m) return;
    m->value = value;
    m->se = se;
    m->floor *= fewer;
  };
  const auto share = [&](const std::string& name, double count) { set(name, count / n, errorOfMean(n, count, count)); };

  if (Metric* const inverse = find("inverse_posterior")) {
    set("inverse_posterior", sums.inverse / n, errorOfMean(n, sums.inverse, sums.inverseSquares));
    const double largest = std::exp(std::min(-sums.smallestLog, kMostLog)) / sums.inverse;
    if (sums.overflowed > 0) {
      inverse->value = std::numeric_limits<double>::quiet_NaN();
      inverse->se = 0;
      inverse->note =
          std::to_string(std::lround(sums.overflowed)) + " samples have 1/p(c|x) above 1e150: no mean can be given";
    } else if (largest > .2) {
      inverse->note = "tail: one sample carries " + std::to_string(std::lround(100 * largest)) + " % of the sum";
    } else if (!inverse->note.empty()) {
      inverse->note += " (" + first + ")";
    }
  }
  set("log_posterior", sums.log / n, errorOfMean(n, sums.log, sums.logSquares));
  share("accuracy", sums.correct);

  Powers all;
  all.middle = mixture.mean(condition);
  double outliers = 0;
  for (const SampleSums::Part& part : sums.parts) {
    all.add(Powers::of(part));
    outliers += part.outliers;
  }
  const Vec2 mean = all.mean();
  const Powers p = all.about(mean);
  const Sym2 covariance = p.covariance();
  set("mean_x", mean.x, std::sqrt(covariance.xx / n));
  set("mean_y", mean.y, std::sqrt(covariance.yy / n));
  // The covariance is a mean of products, each n / (n - 1) times as large.
  const double unbias = n / (n - 1);
  const auto product = [&](const char* name, double value, double fourth) {
    set(name, value, errorOfMean(n, n * value, unbias * unbias * fourth));
  };
  product("cov_xx", covariance.xx, p.sum[4][0]);
  product("cov_xy", covariance.xy, p.sum[2][2]);
  product("cov_yy", covariance.yy, p.sum[0][4]);

  const Vec2 trueMean = mixture.mean(condition), away = trueMean - mixture.mean();
  if (glm::length(away) > 0) {
    const Vec2 axis = glm::normalize(away);
    for (const auto& [u, name] : {std::pair(axis, "along"), std::pair(Vec2{-axis.y, axis.x}, "across")}) {
      const Sym2 w = Sym2::outer(u);
      const double variance = p.sumOf(w) / (n - 1), sd = std::sqrt(variance);
      set(std::string("shift_") + name, glm::dot(u, mean - trueMean), sd / std::sqrt(n));
      const double se = errorOfMean(n, n * variance, unbias * unbias * p.squaresOf(w));
      set(std::string("spread_") + name, sd, sd > 0 ? se / (2 * sd) : 0);
    }
  }
  for (const SampleSums::Part& part : sums.parts) {
    if (part.component < 0) continue;
    const std::string of = std::to_string(part.component);
    share("fraction_" + of, part.count);
    const PartMode mode = modeOfPart(part, mixture.components[std::size_t(part.component)]);
    set("shift_" + of, mode.shift, mode.shiftSe);
    set("covariance_" + of, mode.ratio, mode.ratioSe);
    set("outliers_" + of, mode.far, mode.farSe);
    for (const char* name : {"shift_", "covariance_", "outliers_"})
      if (Metric* const m = find(name + of))
        m->note = std::isnan(mode.shift) ? "fewer than three samples are nearest to it" : "";
  }
  share("outliers", outliers);
}

}  // namespace gs
