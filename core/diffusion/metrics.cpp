#include "diffusion/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

namespace gs {
namespace {

// 1/p(c|x) up to e^this = 1e150 is summed, so that its square is finite.
constexpr double kMostLog = 345;

// The data law at t = 0, prepared for many points: per component its precision and log of weight times norm.
struct PreparedMixture {
  struct Row {
    Vec2 mean;
    Sym2 precision;
    double logNorm;
    int label, index;
  };
  std::vector<Row> rows;
  int condition;

  PreparedMixture(const Mixture& m, int label) : condition(label) {
    for (std::size_t k = 0; k < m.components.size(); ++k) {
      const Component& c = m.components[k];
      rows.push_back({c.mean, c.covariance.inverse(),
                      std::log(c.weight) - .5 * std::log(c.covariance.determinant()) - std::log(2 * std::numbers::pi),
                      c.label, int(k)});
    }
  }

  struct Values {
    double logPosterior = 0;  // log p(condition | x)
    bool correct = false;     // the condition's class is the likeliest
    int nearest = -1;         // component of the conditional law, by Mahalanobis distance
    double distance = 0;      // to it
  };
  Values at(Vec2 x) const {
    std::array<double, Mixture::kMaxClasses> top, sum{};
    top.fill(-1e300);
    Values v;
    double best = 1e300;
    for (const Row& r : rows) {
      const Vec2 d = x - r.mean;
      const double q = glm::dot(d, r.precision * d), e = r.logNorm - .5 * q;
      const auto c = std::size_t(r.label);
      if (e > top[c]) {
        sum[c] = sum[c] * std::exp(top[c] - e) + 1;
        top[c] = e;
      } else {
        sum[c] += std::exp(e - top[c]);
      }
      if ((condition == kUnconditional || r.label == condition) && q < best) {
        best = q;
        v.nearest = r.index;
      }
    }
    v.distance = std::sqrt(best);
    if (condition == kUnconditional) return v;
    double peak = -1e300, all = 0;
    int likeliest = 0;
    std::array<double, Mixture::kMaxClasses> log{};
    for (std::size_t c = 0; c < top.size(); ++c) {
      if (sum[c] == 0) continue;
      log[c] = top[c] + std::log(sum[c]);
      if (log[c] > peak) peak = log[c], likeliest = int(c);
    }
    for (std::size_t c = 0; c < top.size(); ++c)
      if (sum[c] > 0) all += std::exp(log[c] - peak);
    v.logPosterior = log[std::size_t(condition)] - peak - std::log(all);
    v.correct = likeliest == condition;
    return v;
  }
};

struct Moments {
  double mean = 0, sd = 0;  // sd with n - 1
};
Moments moments(std::span<const double> v) {
  Moments m;
  for (double a : v) m.mean += a;
  m.mean /= double(v.size());
  for (double a : v) m.sd += (a - m.mean) * (a - m.mean);
  m.sd = v.size() > 1 ? std::sqrt(m.sd / double(v.size() - 1)) : 0;
  return m;
}

// With this many significant digits, the same in every locale.
std::string significant(double value, int digits) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits).ptr};
}

// A metric that is a mean over samples; the floor and (unless it is known exactly) the reference come from exact draws.
Metric meanMetric(std::string name, std::string label, std::span<const double> guided, std::span<const double> exact,
                  double knownReference = std::numeric_limits<double>::quiet_NaN()) {
  const Moments g = moments(guided), e = moments(exact);
  const double n = std::sqrt(double(guided.size()));
  return {std::move(name),
          std::move(label),
          g.mean,
          g.sd / n,
          std::isnan(knownReference) ? e.mean : knownReference,
          e.sd / n,
          ""};
}

// What may be wrong with a heavy-tailed mean of 1/p(c|x).
std::string tailNote(std::span<const double> guided, std::span<const double> exact, double baseline) {
  std::string note;
  std::vector<double> sorted(guided.begin(), guided.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const auto percent = [&](std::size_t largest) {
    const auto end = sorted.begin() + std::ptrdiff_t(largest);
    return std::lround(100 * std::accumulate(sorted.begin(), end, 0.) /
                       std::accumulate(sorted.begin(), sorted.end(), 0.));
  };
  if (const long one = percent(1); one > 20)
    note.append("tail: one sample carries ").append(std::to_string(one)).append(" % of the sum");
  else if (const long few = percent(sorted.size() / 100); few > 10)
    note.append("tail: 1 % of the samples carry ")
        .append(std::to_string(few))
        .append(" % of the sum, so the error may be larger");
  // Exact draws of this number should find 1/p(c). Their own standard error is of no use here: it misses the same tail.
  const double found = moments(exact).mean;
  if (std::abs(found / baseline - 1) > .1) {
    note.append(note.empty() ? "tail: " : "; tail: ")
        .append(std::to_string(exact.size()))
        .append(" exact samples find ");
    note.append(significant(found, 3)).append(" where ").append(significant(baseline, 4));
    note.append(" is exact, so this mean is not to be trusted");
  }
  if (!note.empty() && guided.size() >= 32) {
    std::array<double, 16> blocks;
    for (std::size_t b = 0; b < 16; ++b) {
      const std::size_t from = b * guided.size() / 16, to = (b + 1) * guided.size() / 16;
      blocks[b] = moments(guided.subspan(from, to - from)).mean;
    }
    std::sort(blocks.begin(), blocks.end());
    note.append("; median of 16 means ").append(significant((blocks[7] + blocks[8]) / 2, 4));
  }
  return note;
}

std::vector<float> exactDraws(const Mixture& m, int count, std::uint64_t seed, int label) {
  std::vector<float> out;
  out.reserve(std::size_t(count) * 2);
  for (const Draw& d : sampleExact(m, count, seed, label)) {
    out.push_back(float(d.x.x));
    out.push_back(float(d.x.y));
  }
  return out;
}

// sum_j |a - b_j|. Sixteen sums side by side are what the compiler turns into vector instructions; blocks under a
// double keep the rounding of long sums below 1e-6.
double distanceSum(float ax, float ay, std::span<const float> bx, std::span<const float> by) {
  constexpr std::size_t kLanes = 16, kBlock = 512;
  const auto distance = [&](std::size_t j) {
    const float dx = bx[j] - ax, dy = by[j] - ay;
    return std::sqrt(dx * dx + dy * dy);
  };
  double total = 0;
  const std::size_t whole = bx.size() / kLanes * kLanes;
  for (std::size_t from = 0; from < whole; from += kBlock) {
    std::array<float, kLanes> sums{};
    for (std::size_t j = from; j < std::min(whole, from + kBlock); j += kLanes)
      for (std::size_t k = 0; k < kLanes; ++k) sums[k] += distance(j + k);
    for (const float sum : sums) total += double(sum);
  }
  for (std::size_t j = whole; j < bx.size(); ++j) total += double(distance(j));
  return total;
}

struct Columns {
  std::vector<float> x, y;
  explicit Columns(std::span<const float> points) {
    for (std::size_t i = 0; i + 1 < points.size(); i += 2) x.push_back(points[i]), y.push_back(points[i + 1]);
  }
  std::size_t size() const { return x.size(); }
};

// The standard deviation of the unbiased energy distance between two sets of k points of one law: random halves of 2k.
double nullDeviation(const Columns& points, std::uint64_t seed) {
  constexpr int kSplits = 200;
  const std::size_t k = std::min<std::size_t>(points.size(), 512) / 2;
  if (k < 2) return 0;
  std::vector<float> distance(4 * k * k);
  double all = 0;
  for (std::size_t i = 0; i < 2 * k; ++i)
    for (std::size_t j = 0; j < 2 * k; ++j) {
      const float dx = points.x[i] - points.x[j], dy = points.y[i] - points.y[j];
      all += double(distance[i * 2 * k + j] = std::sqrt(dx * dx + dy * dy));
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
        const float d = distance[i * 2 * k + j];
        same += d * side[j];
        total += d;
      }
      within += double(same);
      across += double(total - same);
    }
    const double other = all - within - 2 * across, n = double(k);
    const double value = 2 * across / (n * n) - (within + other) / (n * (n - 1));
    squares += value * value;
  }
  return std::sqrt(squares / kSplits) * double(k);  // times 1 / n for sets of n
}

}  // namespace

EnergyDistance energyDistance(std::span<const float> xs, std::span<const float> ys, std::uint64_t seed) {
  const Columns x(xs), y(ys);
  const double n = double(x.size()), m = double(y.size());
  if (n < 2 || m < 2) return {std::numeric_limits<double>::quiet_NaN(), 0, 0};
  // Row sums give the value and, as influence of each sample, its standard error.
  std::vector<double> ix(x.size()), iy(y.size());
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = distanceSum(x.x[i], x.y[i], y.x, y.y), b = distanceSum(x.x[i], x.y[i], x.x, x.y);
    xy += a, xx += b;
    ix[i] = 2 * a / m - 2 * b / (n - 1);
  }
  for (std::size_t j = 0; j < y.size(); ++j) {
    const double a = distanceSum(y.x[j], y.y[j], x.x, x.y), b = distanceSum(y.x[j], y.y[j], y.x, y.y);
    yy += b;
    iy[j] = 2 * a / n - 2 * b / (m - 1);
  }
  const double value = 2 * xy / (n * m) - xx / (n * (n - 1)) - yy / (m * (m - 1));
  const double sx = moments(ix).sd, sy = moments(iy).sd;
  return {value, std::sqrt(sx * sx / n + sy * sy / m), nullDeviation(y, seed) * .5 * (1 / n + 1 / m)};
}

std::vector<MetricInfo> metricList() {
  return {
      {"blown_up", "blown up", "particles whose numbers left the finite range"},
      {"inverse_posterior", "E[1/p(c|x)]",
       "mean of 1/p(c|x), which guidance lowers (2512.04985); 1/p(c) without guidance"},
      {"log_posterior", "E[log p(c|x)]", "mean log-probability of the condition's class"},
      {"accuracy", "accuracy", "share of samples whose likeliest class is the condition"},
      {"mean_x", "mean x", "mean of the first coordinate"},
      {"mean_y", "mean y", "mean of the second coordinate"},
      {"cov_xx", "var x", "variance of the first coordinate"},
      {"cov_xy", "cov xy", "covariance of the coordinates"},
      {"cov_yy", "var y", "variance of the second coordinate"},
      {"fraction_K", "share of component K",
       "share of samples nearest (Mahalanobis) to component K of the conditional law"},
      {"outliers", "outside 3σ", "share of samples farther than 3 standard deviations from every component"},
      {"energy_conditional", "energy distance to p(x|c)",
       "unbiased energy distance to exact samples of the conditional law"},
      {"energy_data", "energy distance to p(x)", "unbiased energy distance to exact samples of the whole data law"}};
}

std::vector<Metric> sampleMetrics(const Mixture& mixture, int condition, std::span<const float> x, std::uint64_t seed,
                                  int energySamples, std::stop_token stop) {
  constexpr int kStopEvery = 256;
  std::vector<Metric> out;
  std::vector<float> finite;
  for (std::size_t i = 0; i + 1 < x.size(); i += 2)
    if (!blownUp(x[i], x[i + 1])) finite.insert(finite.end(), {x[i], x[i + 1]});
  const std::size_t n = finite.size() / 2, lost = x.size() / 2 - n;
  out.push_back({"blown_up", "blown up", double(lost), 0, 0, 0, lost ? "left out of every other number" : ""});
  if (n < 2) {
    out.back().note = "fewer than two finite samples: nothing else can be said";
    return out;
  }

  // Per-sample values of the guided samples and of as many exact draws of the law they should follow.
  const PreparedMixture law(mixture, condition);
  struct Columns2 {
    std::vector<double> inverse, log, correct, outlier, x, y;
    std::vector<int> nearest;
    int overflowed = 0;  // 1/p beyond e^kMostLog
  };
  const auto measure = [&](std::span<const float> points, Columns2& c) {
    for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
      if (i % (2 * kStopEvery) == 0 && stop.stop_requested()) return false;
      const auto v = law.at({points[i], points[i + 1]});
      c.inverse.push_back(std::exp(std::min(-v.logPosterior, kMostLog)));
      c.overflowed += -v.logPosterior > kMostLog;
      c.log.push_back(v.logPosterior);
      c.correct.push_back(v.correct);
      c.outlier.push_back(v.distance > 3);
      c.nearest.push_back(v.nearest);
      c.x.push_back(points[i]);
      c.y.push_back(points[i + 1]);
    }
    return true;
  };
  const std::vector<float> exact = exactDraws(mixture, int(n), seed, condition);
  Columns2 g, e;
  if (!measure(finite, g) || !measure(exact, e)) return out;

  // With one class p(c|x) is 1 everywhere, and p(x|c) is p(x).
  const bool conditional = condition != kUnconditional && mixture.classes() > 1;
  if (conditional) {
    const double baseline = 1 / mixture.classProbability(condition);
    Metric inverse = meanMetric("inverse_posterior", "E[1/p(c|x)]", g.inverse, e.inverse, baseline);
    if (g.overflowed > 0) {  // the mean is larger than anything that could be said of it
      inverse.value = std::numeric_limits<double>::quiet_NaN();
      inverse.se = 0;
      inverse.note = std::to_string(g.overflowed).append(" samples have 1/p(c|x) above 1e150: no mean can be given");
    } else {
      inverse.note = tailNote(g.inverse, e.inverse, baseline);
    }
    out.push_back(std::move(inverse));
    out.push_back(meanMetric("log_posterior", "E[log p(c|x)]", g.log, e.log));
    out.push_back(meanMetric("accuracy", "accuracy", g.correct, e.correct));
  }

  const Vec2 trueMean = mixture.mean(condition);
  const Sym2 trueCov = mixture.covariance(condition);
  out.push_back(meanMetric("mean_x", "mean x", g.x, e.x, trueMean.x));
  out.push_back(meanMetric("mean_y", "mean y", g.y, e.y, trueMean.y));
  const auto products = [](const std::vector<double>& a, const std::vector<double>& b) {
    const double ma = moments(a).mean, mb = moments(b).mean, unbias = double(a.size()) / double(a.size() - 1);
    std::vector<double> p(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) p[i] = (a[i] - ma) * (b[i] - mb) * unbias;
    return p;
  };
  out.push_back(meanMetric("cov_xx", "var x", products(g.x, g.x), products(e.x, e.x), trueCov.xx));
  out.push_back(meanMetric("cov_xy", "cov xy", products(g.x, g.y), products(e.x, e.y), trueCov.xy));
  out.push_back(meanMetric("cov_yy", "var y", products(g.y, g.y), products(e.y, e.y), trueCov.yy));

  std::vector<int> ofLaw;
  for (const auto& r : law.rows)
    if (condition == kUnconditional || r.label == condition) ofLaw.push_back(r.index);
  if (ofLaw.size() <= kMaxFractions)
    for (int k : ofLaw) {
      std::vector<double> a, b;
      for (int v : g.nearest) a.push_back(v == k);
      for (int v : e.nearest) b.push_back(v == k);
      out.push_back(meanMetric("fraction_" + std::to_string(k), "share of component " + std::to_string(k), a, b));
    }
  out.push_back(meanMetric("outliers", "outside 3σ", g.outlier, e.outlier));

  const std::size_t used = std::min<std::size_t>(n, std::size_t(std::max(16, energySamples)));
  const auto energy = [&](int label, const char* name, const char* title) {
    if (stop.stop_requested()) return;
    const auto draws = exactDraws(mixture, int(used), seed + 1, label);
    const EnergyDistance d = energyDistance(std::span(finite).first(2 * used), draws, seed + 2);
    const double none = std::numeric_limits<double>::quiet_NaN();
    // The conditional law has distance 0 to itself; to p it has one that only a further estimate would give.
    out.push_back({name, title, d.value, d.se, label == condition || !conditional ? 0 : none, d.floor,
                   used < n ? std::string("of the first ").append(std::to_string(used)).append(" samples") : ""});
  };
  if (conditional) energy(condition, "energy_conditional", "energy distance to p(x|c)");
  energy(kUnconditional, "energy_data", "energy distance to p(x)");
  return out;
}

std::string formatValue(double value, double se, double floor) {
  if (std::isnan(value)) return "–";
  const auto print = [](double v, std::chars_format format, int digits) {
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, v, format, digits).ptr;
    std::string s(buffer, end);
    if (s[0] == '-') s.replace(0, 1, "−");
    return s;
  };
  const double uncertainty = std::max(std::abs(se), std::abs(floor));
  if (!(uncertainty > 0) || !std::isfinite(uncertainty) || !std::isfinite(value))
    return print(value, std::chars_format::general, 4);
  // The decimal place of the uncertainty's leading digit; a leading 1 earns one digit more. Nothing stands below it.
  int decimals = -int(std::floor(std::log10(uncertainty)));
  if (uncertainty * std::pow(10., decimals) < 1.95) ++decimals;
  decimals = std::clamp(decimals, 0, 12);
  if (std::abs(value) >= 1e9) return print(value, std::chars_format::scientific, 3);
  // A value that rounds to zero has no sign.
  const double unit = std::pow(10., -decimals), shown = std::abs(value) < unit / 2 ? 0. : value;
  return print(shown, std::chars_format::fixed, decimals) + " ± " +
         print(uncertainty, std::chars_format::fixed, decimals);
}

}  // namespace gs
