#include "diffusion/metrics.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "progress.h"
#include "session/caption.h"

namespace gs::cli {

namespace {

// Samples that enter the energy distance, whose cost is quadratic.
constexpr int kEnergySamples = 4096;

}  // namespace

int runMetrics(const MetricsOptions& o, std::ostream& out) {
  const Session session = openScene(o.scene);
  const Experiment& experiment = paneOf(session, o.scene);
  const auto engine = makeEngine(o.scene);
  const auto [plan, frame] = run(*engine, experiment);
  std::vector<Metric> metrics;
  {
    const Progress progress("measuring");
    metrics = sampleMetrics(*frame->mixture, experiment.condition, frame->at(frame->steps()), experiment.particles.seed,
                            kEnergySamples, {});
  }
  if (o.json) {
    nlohmann::ordered_json answer = nlohmann::ordered_json::object();
    for (const Metric& m : metrics)
      answer[m.name] = {{"value", m.value}, {"se", m.se}, {"floor", m.floor}, {"note", m.note}};
    out << answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return Ok;
  }
  out << caption(experiment, frame->mixture->classes(), session.view.weights) << '\n';
  if (frame->mixture->classes() == 1)
    out << "one class only: p(c|x) is 1 everywhere, so its mean and the accuracy say nothing and are left out\n";
  std::size_t nameWidth = 0;
  for (const Metric& m : metrics) nameWidth = std::max(nameWidth, m.name.size());
  for (const Metric& m : metrics) {
    out << m.name << std::string(nameWidth + 2 - m.name.size(), ' ') << formatValue(m.value, m.se, m.floor);
    if (m.se > 0 || m.floor > 0) out << "   se " << formatValue(m.se, 0, 0) << ", floor " << formatValue(m.floor, 0, 0);
    if (!m.note.empty()) out << "   (" << m.note << ")";
    out << '\n';
  }
  return Ok;
}

}  // namespace gs::cli
