// Metrics that compare many pairs of points, and metrics of whole paths.
#include <algorithm>
#include <cmath>

#include "diffusion/estimates.h"
#include "diffusion/path_metrics.h"

namespace gs {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double floorOf(double exactValue, double se) { return std::isnan(exactValue) ? se : std::max(exactValue, 0.); }

}  // namespace

std::vector<Metric> distanceMetrics(const Mixture& mixture, int condition, std::span<const float> x, std::uint64_t seed,
                                    int most, std::stop_token stop, ClosestPairs* matched) {
  std::vector<Metric> out;
  std::vector<float> kept;
  for (std::size_t i = 0; i + 1 < x.size() && int(kept.size()) < 2 * std::max(16, most); i += 2)
    if (!blownUp(x[i], x[i + 1])) kept.insert(kept.end(), {x[i], x[i + 1]});
  const int n = int(kept.size() / 2);
  if (n < 16) return out;
  const int label = mixture.classes() > 1 ? condition : kUnconditional;
  const std::string law = label == kUnconditional ? "p(x)" : "p(x|c)";
  const std::vector<float> exact = exactDraws(mixture, n, seed + 3, label),
                           other = exactDraws(mixture, n, seed + 4, label);
  const std::string note =
      std::size_t(n) < x.size() / 2 ? std::string("of ").append(std::to_string(n)).append(" samples") : "";

  if (const Distance d = mmd(kept, exact, seed + 5, stop); !stop.stop_requested())
    out.push_back({"mmd", "MMD² to " + law, d.value, d.se, 0, d.floor, note});
  // What biased distances show for equal laws is their floor.
  if (const Distance d = slicedWasserstein(kept, exact, stop), same = slicedWasserstein(other, exact, stop);
      !stop.stop_requested())
    out.push_back({"sliced_w2", "sliced W2 to " + law, d.value, d.se, 0, floorOf(same.value, d.se), note});

  const Neighbourhood near = neighbourhood(kept, exact, stop), same = neighbourhood(other, exact, stop);
  if (stop.stop_requested()) return out;
  const auto add = [&](const char* name, const Distance& d, const Distance& e) {
    out.push_back({name, name, d.value, d.se, e.value, e.se, note, e.se});
  };
  add("precision", near.precision, same.precision);
  add("recall", near.recall, same.recall);
  add("density", near.density, same.density);
  add("coverage", near.coverage, same.coverage);
  double surprise = 0;  // -E log p under the law itself, unbiased
  for (std::size_t i = 0; i < exact.size(); i += 2) {
    if (i % 64 == 0 && stop.stop_requested()) return out;
    surprise -= logDensity(mixture, {exact[i], exact[i + 1]}, {1, 0}, label) / n;
  }
  out.push_back({"entropy", "entropy", near.entropyX.value, near.entropyX.se, surprise, near.entropyY.se,
                 std::isnan(near.entropyX.value) ? "samples coincide: no density can be given" : note,
                 near.entropyY.se});

  const Matching match = matchedWasserstein(kept, exact, stop), matchSame = matchedWasserstein(other, exact, stop);
  if (stop.stop_requested()) return out;
  out.push_back({"exact_w2", "W2 to " + law, match.value, match.se, 0, floorOf(matchSame.value, match.se),
                 n > kMatched ? "of the first " + std::to_string(kMatched) + " samples" : ""});
  if (matched) {
    *matched = {};
    for (std::size_t i = 0; i < match.partner.size(); ++i) {
      const std::size_t j = std::size_t(match.partner[i]);
      matched->from.insert(matched->from.end(), {kept[2 * i], kept[2 * i + 1]});
      matched->to.insert(matched->to.end(), {exact[2 * j], exact[2 * j + 1]});
    }
  }
  return out;
}

PathsSoFar::PathsSoFar(std::size_t n)
    : length_(n, 0.0), turning_(n, 0.0), start_(n), before_(n), step_(n, Vec2(0.0)), lost_(n, 0) {}

void PathsSoFar::add(std::span<const float> row, const NoiseLevel& level) {
  const double scale = 1 / std::hypot(level.alpha, level.sigma);
  for (std::size_t i = 0; i < lost_.size(); ++i) {
    if (blownUp(row[2 * i], row[2 * i + 1])) {
      lost_[i] = 1;
      continue;
    }
    const Vec2 at = scale * Vec2{row[2 * i], row[2 * i + 1]};
    if (rows_ == 0) {
      start_[i] = before_[i] = at;
      continue;
    }
    const Vec2 d = at - before_[i];
    length_[i] += glm::length(d);
    // The angle between steps; a step of no length has no direction.
    if (rows_ > 1 && glm::dot(d, d) > 0 && glm::dot(step_[i], step_[i]) > 0)
      turning_[i] += std::abs(std::atan2(step_[i].x * d.y - step_[i].y * d.x, glm::dot(step_[i], d)));
    step_[i] = d;
    before_[i] = at;
  }
  ++rows_;
}

std::vector<Metric> PathsSoFar::metrics() const {
  if (rows_ < 2) return {};
  std::vector<double> lengths, detours, turnings;
  for (std::size_t i = 0; i < lost_.size(); ++i) {
    if (lost_[i]) continue;
    lengths.push_back(length_[i]);
    turnings.push_back(turning_[i]);
    if (const double chord = glm::length(before_[i] - start_[i]); chord > 0) detours.push_back(length_[i] / chord - 1);
  }
  std::vector<Metric> out;
  const auto add = [&](const char* name, const char* label, const std::vector<double>& v) {
    if (v.size() < 2) return;
    const Moments m = moments(v);
    out.push_back({name, label, m.mean, m.se, kUnknown, m.se, ""});
  };
  add("path_length", "length of paths", lengths);
  add("path_detour", "detour of paths", detours);
  add("path_turning", "turning of paths", turnings);
  return out;
}

std::vector<Metric> pathMetrics(std::span<const std::span<const float>> rows, std::span<const NoiseLevel> levels,
                                std::stop_token stop) {
  if (rows.size() < 2) return {};
  PathsSoFar paths(rows.front().size() / 2);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (stop.stop_requested()) return {};
    paths.add(rows[r], levels[r]);
  }
  return paths.metrics();
}

}  // namespace gs
