#include "diffusion/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <tuple>
#include <utility>

#include "diffusion/estimates.h"
#include "diffusion/law_values.h"
#include "diffusion/prepared_mixture.h"
#include "diffusion/sample_sums.h"

namespace gs {
namespace {

// With this many significant digits, the same in every locale.
std::string significant(double value, int digits) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits).ptr};
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

// Along and across an axis of unit length, for samples and exact draws.
std::vector<Metric> axisMetrics(Vec2 axis, Vec2 mean, const Sym2& covariance, std::span<const double> x,
                                std::span<const double> y, std::span<const double> exactX,
                                std::span<const double> exactY) {
  std::vector<Metric> out;
  const auto measure = [&](Vec2 u, const std::string& name, const std::string& words) {
    const auto project = [&](std::span<const double> a, std::span<const double> b) {
      std::vector<double> p;
      for (std::size_t i = 0; i < a.size(); ++i) p.push_back(u.x * (a[i] - mean.x) + u.y * (b[i] - mean.y));
      return p;
    };
    const std::vector<double> guided = project(x, y), exact = project(exactX, exactY);
    out.push_back(meanMetric("shift_" + name, "shift " + words, guided, exact, 0));
    // The standard deviation from the variance as a mean of squares: se(sd) = se(var) / (2 sd).
    const auto squares = [](const std::vector<double>& p) {
      const double m = moments(p).mean, unbias = double(p.size()) / double(p.size() - 1);
      std::vector<double> q;
      for (const double v : p) q.push_back((v - m) * (v - m) * unbias);
      return q;
    };
    Metric spread = meanMetric("spread_" + name, "spread " + words, squares(guided), squares(exact));
    const double sd = std::sqrt(spread.value), exactSd = std::sqrt(glm::dot(u, covariance * u));
    spread.value = sd;
    spread.se = sd > 0 ? spread.se / (2 * sd) : 0;
    spread.floor /= 2 * exactSd;
    spread.reference = exactSd;
    out.push_back(std::move(spread));
  };
  measure(axis, "along", "along the push");
  measure({-axis.y, axis.x}, "across", "across the push");
  return out;
}

// Samples of one component: how far their mean lies from the component's, det of their covariance over det of the
// component's, and the share farther than 3 from it.
struct Mode {
  double shift = std::numeric_limits<double>::quiet_NaN(), shiftSe = 0, ratio = shift, ratioSe = 0, far = shift,
         farSe = 0;
};
Mode modeOf(const Component& component, int index, std::span<const double> x, std::span<const double> y,
            std::span<const int> nearest, std::span<const double> outlier) {
  Mode mode;
  double n = 0, outside = 0;
  Vec2 mean{0.0};
  for (std::size_t i = 0; i < x.size(); ++i)
    if (nearest[i] == index) n += 1, mean += Vec2{x[i], y[i]}, outside += outlier[i];
  if (n < 3) return mode;
  mean /= n;
  Sym2 covariance{0, 0, 0};
  for (std::size_t i = 0; i < x.size(); ++i)
    if (nearest[i] == index) covariance = covariance + 1 / (n - 1) * Sym2::outer(Vec2{x[i], y[i]} - mean);
  mode.shift = glm::length(mean - component.mean);
  mode.shiftSe = std::sqrt(covariance.trace() / n);
  mode.far = outside / n;
  mode.farSe = std::sqrt((outside + .5) / (n + 1) * (1 - (outside + .5) / (n + 1)) / n);
  mode.ratio = std::max(0., covariance.determinant()) / component.covariance.determinant();
  if (!covariance.positiveDefinite()) return mode;
  // Influence on the logarithm of a determinant: the squared Mahalanobis distance less its mean 2.
  const Sym2 precision = covariance.inverse();
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (nearest[i] == index) {
      const Vec2 d = Vec2{x[i], y[i]} - mean;
      const double q = glm::dot(d, precision * d) - 2;
      squares += q * q;
    }
  mode.ratioSe = mode.ratio * std::sqrt(squares / n / n);
  return mode;
}

}  // namespace

void takeReferences(std::vector<Metric>& metrics, const Mixture& mixture, int condition) {
  // These are closed forms already.
  constexpr std::array<std::string_view, 10> exact{
      "shift_along", "shift_across", "inverse_posterior", "mean_x",       "mean_y", "cov_xx",
      "cov_xy",      "cov_yy",       "spread_along",      "spread_across"};
  const std::vector<NamedLawValue> law = lawValues(lawPoints(mixture, condition), mixture, condition);
  for (Metric& m : metrics)
    if (std::find(exact.begin(), exact.end(), m.name) == exact.end())
      if (const LawValue* const v = lawValue(law, m.name)) m.reference = v->value, m.referenceError = v->error;
}

Moments moments(std::span<const double> v) {
  Moments m;
  for (double a : v) m.mean += a;
  m.mean /= double(v.size());
  for (double a : v) m.sd += (a - m.mean) * (a - m.mean);
  m.sd = v.size() > 1 ? std::sqrt(m.sd / double(v.size() - 1)) : 0;
  m.se = m.sd / std::sqrt(double(v.size()));
  return m;
}

Metric meanMetric(std::string name, std::string label, std::span<const double> guided, std::span<const double> exact,
                  double knownReference) {
  const Moments g = moments(guided), e = moments(exact);
  // The floor is that of as many exact draws as there are samples.
  const double floor = e.sd / std::sqrt(double(guided.size()));
  Metric m{
      std::move(name), std::move(label), g.mean, g.se, std::isnan(knownReference) ? e.mean : knownReference, floor, ""};
  if (std::isnan(knownReference)) m.referenceError = e.se;
  return m;
}

Metric quantileMetric(std::string name, std::string label, std::vector<double> guided, std::vector<double> exact,
                      double p) {
  const auto at = [p](std::vector<double>& v) {
    std::sort(v.begin(), v.end());
    const auto position = [&](double q) { return v[std::size_t(std::clamp(q, 0., 1.) * double(v.size() - 1) + .5)]; };
    const double wide = std::sqrt(p * (1 - p) / double(v.size()));
    return std::pair(position(p), (position(p + wide) - position(p - wide)) / 2);
  };
  const auto [value, se] = at(guided);
  const auto [reference, floor] = at(exact);
  Metric m{std::move(name), std::move(label), value, se, reference, floor, ""};
  m.referenceError = floor;
  return m;
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

std::vector<MetricInfo> metricList() {
  return {
      {"blown_up", "blown up", "particles whose numbers left the finite range"},
      {"inverse_posterior", "E[1/p(c|x)]",
       "mean of 1/p(c|x), which guidance lowers (2512.04985); 1/p(c) without guidance"},
      {"log_posterior", "E[log p(c|x)]", "mean log-probability of the condition's class"},
      {"log_posterior_qP", "quantiles of log p(c|x)", "5 %, 50 % and 95 % quantiles of the log-probability"},
      {"mean_reward", "E[r(x)]", "mean of the stack's reward, which guidance raises (2512.04985)"},
      {"reward_qP", "quantiles of r(x)", "5 %, 50 % and 95 % quantiles of the stack's reward"},
      {"accuracy", "accuracy", "share of samples whose likeliest class is the condition"},
      {"mean_x", "mean x", "mean of the first coordinate"},
      {"mean_y", "mean y", "mean of the second coordinate"},
      {"cov_xx", "var x", "variance of the first coordinate"},
      {"cov_xy", "cov xy", "covariance of the coordinates"},
      {"cov_yy", "var y", "variance of the second coordinate"},
      {"fraction_K", "share of component K",
       "share of samples nearest (Mahalanobis) to component K of the conditional law"},
      {"shift_along", "shift along the push",
       "mean displacement from E[x|c] along E[x|c] - E[x], where guidance pushes at high noise"},
      {"shift_across", "shift across the push", "the same at a right angle to the left of it"},
      {"spread_along", "spread along the push", "standard deviation along E[x|c] - E[x]"},
      {"spread_across", "spread across the push", "standard deviation at a right angle to it"},
      {"shift_K", "shift of component K", "distance of the mean of its samples from component K's own mean"},
      {"covariance_K", "covariance ratio of component K",
       "determinant of the covariance of its samples over component K's own; below 1 they are drawn together"},
      {"outliers_K", "outside 3σ of component K", "share of its samples farther than 3 standard deviations"},
      {"outliers", "outside 3σ", "share of samples farther than 3 standard deviations from every component"},
      {"energy_conditional", "energy distance to p(x|c)",
       "unbiased energy distance to exact samples of the conditional law"},
      {"energy_data", "energy distance to p(x)", "unbiased energy distance to exact samples of the whole data law"},
      {"mmd", "MMD² to p(x|c)",
       "unbiased squared maximum mean discrepancy, mean of five Gaussian kernels (JMLR 13:723)"},
      {"sliced_w2", "sliced W2 to p(x|c)", "sliced Wasserstein distance over 64 directions (1304.4813)"},
      {"exact_w2", "W2 to p(x|c)", "Wasserstein distance by the best matching of 512 samples with exact ones"},
      {"precision", "precision", "share of samples among exact ones, within their 5 nearest (2002.09797)"},
      {"recall", "recall", "share of exact samples among the guided ones, within their 5 nearest (2002.09797)"},
      {"density", "density",
       "how many neighbourhoods of exact samples a sample lies in, 1 for equal laws (2002.09797)"},
      {"coverage", "coverage", "share of exact samples with a guided one among their 5 nearest (2002.09797)"},
      {"entropy", "entropy", "differential entropy in nats from 5th neighbours (Kozachenko and Leonenko, 1602.05220)"},
      {"path_length", "length of paths", "mean length in x / sqrt(α² + σ²), where the spread stays comparable"},
      {"path_detour", "detour of paths", "length over the distance between the ends, minus 1; 0 for straight paths"},
      {"path_turning", "turning of paths", "sum of the angles between successive steps, in radians"}};
}

std::vector<Metric> rewardMetrics(std::span<const double> guided, std::span<const double> exact, double known) {
  std::vector<Metric> out{meanMetric("mean_reward", "E[r(x)]", guided, exact, known)};
  for (const auto& [name, label, p] : {std::tuple("reward_q05", "5 % of r(x)", .05),
                                       {"reward_q50", "median r(x)", .5},
                                       {"reward_q95", "95 % of r(x)", .95}})
    out.push_back(quantileMetric(name, label, {guided.begin(), guided.end()}, {exact.begin(), exact.end()}, p));
  return out;
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
      c.outlier.push_back(v.distance > SampleSums::kFar);
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
    for (const auto& [name, label, p] : {std::tuple("log_posterior_q05", "5 % of log p(c|x)", .05),
                                         {"log_posterior_q50", "median log p(c|x)", .5},
                                         {"log_posterior_q95", "95 % of log p(c|x)", .95}})
      out.push_back(quantileMetric(name, label, g.log, e.log, p));
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

  // The push of the prior means, along which guidance moves the noise first.
  const Vec2 away = trueMean - mixture.mean();
  if (conditional && glm::length(away) > 1e-9 * (1 + glm::length(trueMean))) {
    for (Metric& m : axisMetrics(glm::normalize(away), trueMean, trueCov, g.x, g.y, e.x, e.y))
      out.push_back(std::move(m));
  }

  std::vector<int> ofLaw;
  for (const auto& r : law.rows)
    if (condition == kUnconditional || r.label == condition) ofLaw.push_back(r.index);
  if (ofLaw.size() <= kMaxFractions) {
    for (int k : ofLaw) {
      std::vector<double> a, b;
      for (int v : g.nearest) a.push_back(v == k);
      for (int v : e.nearest) b.push_back(v == k);
      const std::string of = std::to_string(k);
      out.push_back(meanMetric("fraction_" + of, "share of component " + of, a, b));
      if (stop.stop_requested()) return out;
      const Component& component = mixture.components[std::size_t(k)];
      const Mode mode = modeOf(component, k, g.x, g.y, g.nearest, g.outlier),
                 same = modeOf(component, k, e.x, e.y, e.nearest, e.outlier);
      const std::string few = std::isnan(mode.shift) ? "fewer than three samples are nearest to it" : "";
      out.push_back(
          {"shift_" + of, "shift of component " + of, mode.shift, mode.shiftSe, same.shift, same.shiftSe, few});
      out.push_back({"covariance_" + of, "covariance ratio of component " + of, mode.ratio, mode.ratioSe, same.ratio,
                     same.ratioSe, few});
      out.push_back(
          {"outliers_" + of, "outside 3σ of component " + of, mode.far, mode.farSe, same.far, same.farSe, few});
    }
  }
  out.push_back(meanMetric("outliers", "outside 3σ", g.outlier, e.outlier));
  if (stop.stop_requested()) return out;
  takeReferences(out, mixture, condition);

  const std::size_t used = std::min<std::size_t>(n, std::size_t(std::max(16, energySamples)));
  const auto energy = [&](int label, const char* name, const char* title) {
    if (stop.stop_requested()) return;
    const auto draws = exactDraws(mixture, int(used), seed + 1, label);
    const Distance d = energyDistance(std::span(finite).first(2 * used), draws, seed + 2, stop);
    if (std::isnan(d.value)) return;
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
