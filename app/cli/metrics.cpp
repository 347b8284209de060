#include "diffusion/law_values.h"
#include "diffusion/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>

#include "commands.h"
#include "engine/reward_model.h"
#include "measure/causes.h"
#include "measure/over_time.h"
#include "progress.h"
#include "session/caption.h"
#include "session/text.h"
#include "truth/measured.h"

namespace gs::cli {

namespace {

// Samples that enter the energy distance, whose cost is quadratic.
constexpr int kEnergySamples = 4096;
// Those that enter the other distances, and the particles of the runs that tell causes.
constexpr int kPairSamples = 2000, kCauseParticles = 4096;

std::size_t lettersIn(const std::string& s) {
  return std::size_t(
      std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// The causes of some of the numbers, side by side.
void writeCauses(const Causes& causes, std::ostream& out) {
  if (causes.rows.empty()) return;
  const std::array<std::string, 7> head{"", "value", "data law", "chance", "model", "guidance", "solver"};
  std::vector<std::array<std::string, 7>> rows{head};
  for (const Cause& c : causes.rows)
    rows.push_back({c.name, formatValue(c.value, c.valueSe, 0), formatLawValue(c.data, c.dataError),
                    formatValue(c.chance, c.chanceSe, 0), formatValue(c.model, c.modelSe, 0),
                    formatValue(c.guidance, c.guidanceSe, 0), formatValue(c.solver, c.solverSe, 0)});
  std::array<std::size_t, 7> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], lettersIn(row[i]));
  out << "value = data law + chance and start + model's faults + guidance + solver's steps\n";
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths[i] + 2 - lettersIn(row[i]), ' ');
    }
    out << '\n';
  }
}

}  // namespace

namespace {

// All that is measured over time, of every stored state.
int metricsOverTime(const MetricsOptions& o, const Engine& engine, const Plan& plan, const Frame& frame,
                    std::ostream& out) {
  constexpr int kDraws = 512;
  for (const std::string& name : o.metrics)
    if (!measuredOverTime(name)) throw std::invalid_argument("metric '" + name + "' is not measured over time");
  // "fraction_K" stands for several.
  const auto wanted = [&](const std::string& name) {
    return o.metrics.empty() || std::any_of(o.metrics.begin(), o.metrics.end(), [&](const std::string& asked) {
             return name == asked || ((asked.ends_with("_K") || asked.ends_with("_qP")) &&
                                      name.starts_with(asked.substr(0, asked.size() - 1)));
           });
  };
  Node list = Node::list();
  std::vector<std::string> columns;
  {
    Progress progress("measuring", 0);
    MetricsInTime states(engine, plan, frame, o.metrics, kDraws, {});
    if (!states.note().empty()) std::cerr << "guidescope-cli: " << states.note() << '\n';
    for (int row = 0; row < frame.rows(); ++row) {
      const int step = frame.stepOf(row);
      const GridPoint& g = frame.grid[std::size_t(step)];
      Node line{{"step", step}, {"t", g.t}, {"alpha", g.level.alpha}, {"sigma", g.level.sigma}};
      for (const Metric& m : states.at(row)) {
        if (!wanted(m.name)) continue;
        line[m.name] = m.value;
        line[m.name + "_se"] = m.se;
      }
      for (const std::string& name : line.keys)
        if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
      list.add(std::move(line));
      progress.reached(row + 1, frame.rows());
    }
  }
  if (o.json) {
    out << prettyText(Node{{"states", std::move(list)}});
    return Ok;
  }
  // Not every number can be had at every level: its place stays empty there.
  std::string text;
  for (const std::string& name : columns) text += (text.empty() ? "" : ",") + name;
  out << text << '\n';
  for (const Node& line : list) {
    text.clear();
    for (const std::string& name : columns) (text += text.empty() ? "" : ",") += line[name].text;
    out << text << '\n';
  }
  return Ok;
}

}  // namespace

int runMetrics(const MetricsOptions& o, std::ostream& out) {
  if (o.csv && !o.overTime) throw UsageError("metrics: --csv goes with --over-time");
  if (!o.metrics.empty() && !o.overTime) throw UsageError("metrics: --metric goes with --over-time");
  const Session session = openScene(o.scene);
  const Experiment& experiment = paneOf(session, o.scene);
  const auto engine = makeEngine(o.scene);
  const auto [plan, frame] = run(*engine, experiment);
  if (o.overTime) return metricsOverTime(o, *engine, *plan, *frame, out);
  std::vector<Metric> metrics;
  Causes why;
  std::string tiltAbsent;
  {
    const Progress progress("measuring");
    metrics = sampleMetrics(*frame->mixture, experiment.condition, frame->at(frame->steps()), experiment.particles.seed,
                            kEnergySamples, {});
    const auto add = [&](std::vector<Metric> more) { metrics.insert(metrics.end(), more.begin(), more.end()); };
    add(rewardMetrics(experiment, *frame->mixture, frame->at(frame->steps())));
    add(distanceMetrics(*frame->mixture, experiment.condition, frame->at(frame->steps()), experiment.particles.seed,
                        kPairSamples, {}));
    add(pathMetrics(*frame, {}));
    why = causes(*engine, *plan, *frame, kCauseParticles, {});
    add(why.metrics);
    add(costMetrics(*frame));
    tiltAbsent = takeTilted(metrics, experiment, frame->mixture);
  }
  if (o.json) {
    Node answer = Node::object();
    for (const Metric& m : metrics)
      answer[m.name] = {{"value", m.value},    {"se", m.se},
                        {"floor", m.floor},    {"note", m.note},
                        {"data", m.reference}, {"dataError", m.referenceError},
                        {"tilted", m.tilted},  {"tiltedError", m.tiltedError}};
    if (!tiltAbsent.empty()) answer["tiltedAbsent"] = tiltAbsent;
    for (const Cause& c : why.rows)
      answer["causes"][c.name] = {{"value", c.value},           {"valueSe", c.valueSe}, {"data", c.data},
                                  {"dataError", c.dataError},   {"chance", c.chance},   {"chanceSe", c.chanceSe},
                                  {"model", c.model},           {"modelSe", c.modelSe}, {"guidance", c.guidance},
                                  {"guidanceSe", c.guidanceSe}, {"solver", c.solver},   {"solverSe", c.solverSe}};
    out << prettyText(answer);
    return Ok;
  }
  out << caption(experiment, frame->mixture->classes(), session.view.weights) << '\n';
  if (frame->mixture->classes() == 1)
    out << "one class only: p(c|x) is 1 everywhere, so its mean and the accuracy say nothing and are left out\n";
  // What a law has not got stays empty: distances to exact draws, and costs.
  std::vector<std::array<std::string, 4>> rows{{"", "data", "tilted", "guided"}};
  std::vector<std::string> rests{""};
  for (const Metric& m : metrics) {
    rows.push_back({m.name, formatLawValue(m.reference, m.referenceError), formatLawValue(m.tilted, m.tiltedError),
                    formatValue(m.value, m.se, m.floor)});
    std::string& rest = rests.emplace_back();
    if (m.se > 0 || m.floor > 0) rest = "   se " + formatValue(m.se, 0, 0) + ", floor " + formatValue(m.floor, 0, 0);
    if (!m.note.empty()) rest += "   (" + m.note + ")";
  }
  std::array<std::size_t, 4> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], lettersIn(row[i]));
  if (!tiltAbsent.empty()) out << tiltAbsent << '\n';
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i == 2 && widths[2] <= 6 && !tiltAbsent.empty()) continue;
      out << rows[r][i];
      if (i < 3 || !rests[r].empty()) out << std::string(widths[i] - lettersIn(rows[r][i]) + (i < 3 ? 2 : 0), ' ');
    }
    out << rests[r] << '\n';
  }
  out << '\n';
  writeCauses(why, out);
  if (!why.note.empty()) out << why.note << '\n';
  return Ok;
}

}  // namespace gs::cli
