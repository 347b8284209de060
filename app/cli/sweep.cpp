// Studies of one scene: what a parameter does to metrics, and the certificate of guidance along the paths.
#include "measure/sweep.h"

#include <algorithm>
#include <cmath>

#include "commands.h"
#include "diffusion/law_values.h"
#include "diffusion/metrics.h"
#include "data/distributions.h"
#include "measure/certificate.h"
#include "measure/frontier.h"
#include "progress.h"
#include "session/caption.h"
#include "session/text.h"

namespace gs::cli {

namespace {

void pad(std::string& line, std::size_t width, const std::string& cell) {
  std::size_t letters = 0;  // of UTF-8
  for (const char c : cell) letters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  line += cell + std::string(width > letters ? width - letters : 0, ' ') + "  ";
}

}  // namespace

int runSweep(const SweepOptions& o, std::ostream& out) {
  const Session session = openScene(o.scene);
  paneOf(session, o.scene);
  std::vector<SweepAxis> axes;
  for (const std::string& text : o.over) axes.push_back(parseAxis(text));
  const auto engine = makeEngine(o.scene);
  std::vector<std::string> metrics = o.metrics;
  if (metrics.empty()) metrics = {"inverse_posterior", "log_posterior", "energy_conditional"};
  SweepTable table;
  {
    Progress progress("sweeping", 0);
    table = sweep(*engine, session, o.scene.pane.value_or(0), std::move(axes), metrics,
                  [&](const SweepTable& t, int of) { progress.reached(int(t.values.size()), of); }, {});
  }
  if (o.csv) {
    out << csv(table);
    return Ok;
  }
  if (o.json) {
    Node answer, points = Node::list();
    for (std::size_t p = 0; p < table.values.size(); ++p) {
      Node point;
      for (std::size_t a = 0; a < table.axes.size(); ++a) {
        const double v = table.axes[a].number(table.at[p][a]);
        point[table.axes[a].path] = std::isnan(v) ? Node(table.axes[a].values[table.at[p][a]]) : v;
      }
      for (std::size_t m = 0; m < table.metrics.size(); ++m) {
        const SweepValue& v = table.values[p][m];
        point[table.metrics[m]] = {{"value", v.value}, {"se", v.se}, {"floor", v.floor}};
      }
      if (!table.notes[p].empty()) point["note"] = table.notes[p];
      points.add(std::move(point));
    }
    answer["points"] = std::move(points);
    answer["seconds"] = table.seconds;
    out << prettyText(answer);
    return Ok;
  }
  std::vector<std::string> lines(table.values.size() + 1);
  const auto column = [&](const std::string& heading, const auto& cell) {
    std::size_t width = heading.size();
    std::vector<std::string> cells;
    for (std::size_t p = 0; p < table.values.size(); ++p)
      cells.push_back(cell(p)), width = std::max(width, cells[p].size());
    pad(lines[0], width, heading);
    for (std::size_t p = 0; p < cells.size(); ++p) pad(lines[p + 1], width, cells[p]);
  };
  for (std::size_t a = 0; a < table.axes.size(); ++a)
    column(table.axes[a].path, [&](std::size_t p) { return table.axes[a].values[table.at[p][a]]; });
  for (std::size_t m = 0; m < table.metrics.size(); ++m)
    column(table.metrics[m], [&](std::size_t p) {
      const SweepValue& v = table.values[p][m];
      return formatValue(v.value, v.se, v.floor);
    });
  for (std::size_t p = 0; p < table.notes.size(); ++p)
    if (!table.notes[p].empty()) lines[p + 1] += "(" + table.notes[p] + ")";
  for (const std::string& line : lines) out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  return Ok;
}

int runCertificate(const CertificateOptions& o, std::ostream& out) {
  const Session session = openScene(o.scene);
  const Experiment& experiment = paneOf(session, o.scene);
  const auto engine = makeEngine(o.scene);
  const auto [plan, frame] = run(*engine, experiment);
  Certificate c;
  {
    const Progress progress("certificate");
    c = certificate(*engine, *plan, *frame, frame->particles, {});
  }
  if (!c.absent.empty()) throw BadInputError(c.absent);
  if (o.csv) {
    out << csv(c);
    return Ok;
  }
  if (o.json) {
    Node points = Node::list();
    for (const CertificatePoint& p : c.points)
      points.add({{"t", p.t},
                  {"ratio", p.ratio},
                  {"direct", p.direct},
                  {"directSe", p.directSe},
                  {"integral", p.integral},
                  {"integralSe", p.integralSe},
                  {"ownTerm", p.own},
                  {"remainder", p.remainder},
                  {"gap", p.gap},
                  {"gapSe", p.gapSe}});
    out << prettyText({{"of", c.of},
                       {"baseline", c.baseline},
                       {"baselineError", c.baselineError},
                       {"churn", c.churn},
                       {"particles", c.particles},
                       {"note", c.note},
                       {"points", std::move(points)}});
    return Ok;
  }
  const CertificatePoint& end = c.points.back();
  out << caption(experiment, frame->mixture->classes(), session.view.weights) << '\n'
      << "without guidance  " << formatLawValue(c.baseline, c.baselineError)
      << (c.baselineError > 0 ? "   (quadrature)\n" : "   (exact)\n") << c.of << std::string(18 - c.of.size(), ' ')
      << formatValue(end.direct, end.directSe, 0) << "   (control: the same noise without guidance)\n"
      << "by the integral   " << formatValue(end.integral, end.integralSe, 0) << '\n'
      << "own term          " << formatValue(end.own - c.baseline, end.ownSe, 0) << '\n'
      << "remainder         " << formatValue(end.remainder, end.gapSe, 0) << "   (0 at churn 1; here "
      << formatValue(c.churn, 0, 0) << ")\n"
      << "gap               " << formatValue(end.gap, end.gapSe, 0) << "   (what the solver's steps leave)\n";
  if (!c.note.empty()) out << c.note << '\n';
  return Ok;
}

int runFrontier(const FrontierOptions& o, std::ostream& out) {
  const Session session = openScene(o.scene);
  const Experiment& experiment = paneOf(session, o.scene);
  const auto engine = makeEngine(o.scene);
  static constexpr double kOmegas[] = {0, .1, .25, .5, .75, 1, 1.5, 2, 3, 4, 6, 8};
  Frontier f;
  {
    Progress progress("frontier", 0);
    f = frontier(*engine, experiment, resolve(experiment.distribution), kOmegas,
                 [&](double done) { progress.reached(int(done * 100), 100); }, {});
  }
  if (!f.absent.empty()) throw BadInputError(f.absent);
  if (o.csv) {
    out << csv(f);
    return Ok;
  }
  const auto curves = {
      std::pair("guided", &f.guided), {"tilted", &f.tilted}, {"most", &f.most}, {"best_of_n", &f.best}};
  if (o.json) {
    Node answer{{"base", f.base}, {"note", f.note}};
    for (const auto& [name, points] : curves) {
      answer[name] = Node::list();
      for (const FrontierPoint& p : *points)
        answer[name].add(
            {{"at", p.at}, {"reward", p.reward}, {"rewardSe", p.rewardSe}, {"kl", p.kl}, {"klSe", p.klSe}});
    }
    out << prettyText(answer);
    return Ok;
  }
  for (const auto& [name, points] : curves)
    for (const FrontierPoint& p : *points) {
      std::string line;
      pad(line, 9, name);
      pad(line, 5, formatValue(p.at, 0, 0));
      pad(line, 16, formatValue(p.reward, p.rewardSe, 0));
      out << line << formatValue(p.kl, p.klSe, 0) << '\n';
    }
  if (!f.note.empty()) out << f.note << '\n';
  return Ok;
}

}  // namespace gs::cli
