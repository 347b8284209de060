#include "truth/measured.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/reward_model.h"

namespace gs {

Measured measureEnds(const Engine& engine, const Frame& frame, std::stop_token stop) {
  constexpr double kMostRows = 4e7;  // samples times components
  constexpr int kEnergySamples = 2000;
  constexpr int kMostRead = 4096;     // from a device
  constexpr int kMostEnds = 1 << 15;  // of many the first ones are a fair sample
  const double affordable = std::max(4096., kMostRows / double(frame.mixture->components.size()));
  const auto sums = frame.particles > kMostRead ? engine.sums(frame, stop) : std::nullopt;
  const int some = int(std::min(sums ? double(kMostRead) : affordable, double(frame.particles)));
  const HostRow x = frame.read(frame.rows() - 1, some);
  const int condition = frame.experiment->condition;
  Measured out;
  out.ends.assign(x.begin(), x.begin() + std::ptrdiff_t(std::min(x.size(), std::size_t(2 * kMostEnds))));
  out.metrics = sampleMetrics(*frame.mixture, condition, x, frame.experiment->particles.seed, kEnergySamples, stop);
  if (sums && !stop.stop_requested()) takeSums(out.metrics, *frame.mixture, condition, *sums, some);
  const std::size_t summed = sums ? out.metrics.size() : 0;
  for (Metric& m : rewardMetrics(*frame.experiment, *frame.mixture, x)) out.metrics.push_back(std::move(m));
  if (some < frame.particles)
    for (std::size_t i = summed; i < out.metrics.size(); ++i)
      if (out.metrics[i].note.empty()) out.metrics[i].note = "of the first " + std::to_string(some) + " samples";
  return out;
}

}  // namespace gs
