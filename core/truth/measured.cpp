#include "truth/measured.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/reward_model.h"
#include "truth/tilted_law.h"

namespace gs {

std::string takeTilted(std::vector<Metric>& metrics, const Experiment& e,
                       const std::shared_ptr<const Mixture>& mixture) {
  const Tilt tilt = tiltOf(e);
  if (!tilt.absent.empty()) return tilt.absent;
  const auto log = tiltOnData(tilt, mixture);
  const LawPoints law = lawPoints(*mixture, e.condition, log);
  if (!law.absent.empty()) return law.absent;
  std::vector<NamedLawValue> values = lawValues(law, *mixture, e.condition);
  for (NamedLawValue& v : rewardValues(law, e, *mixture)) values.push_back(std::move(v));
  for (Metric& m : metrics)
    if (const LawValue* const v = lawValue(values, m.name)) {
      m.tilted = v->value, m.tiltedError = v->error;
      // Without a tilt it is the data law, of which there are closed forms: 1/p(c) lies beyond any grid.
      if (!log) m.tilted = m.reference, m.tiltedError = m.referenceError;
    }
  return {};
}

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
  if (!stop.stop_requested())
    for (Metric& m : rewardMetrics(*frame.experiment, *frame.mixture, x)) out.metrics.push_back(std::move(m));
  if (!stop.stop_requested()) out.tiltAbsent = takeTilted(out.metrics, *frame.experiment, frame.mixture);
  if (some < frame.particles)
    for (std::size_t i = summed; i < out.metrics.size(); ++i)
      if (out.metrics[i].note.empty()) out.metrics[i].note = "of the first " + std::to_string(some) + " samples";
  return out;
}

}  // namespace gs
