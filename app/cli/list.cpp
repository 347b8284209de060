#include <algorithm>

#include "commands.h"
#include "data/distributions.h"
#include "diffusion/metrics.h"
#include "engine/gl_engine.h"
#include "measure/causes.h"
#include "measure/over_time.h"
#include "session/curves.h"
#include "session/enums.h"
#include "session/json.h"
#include "session/methods.h"
#include "session/text.h"

namespace gs::cli {

namespace {

struct Row {
  std::string name, label, about;
};

template <class E>
std::vector<Row> enumRows() {
  std::vector<Row> rows;
  for (const EnumName& e : enumNames<E>())
    rows.push_back({std::string(e.name), std::string(e.label), std::string(e.help)});
  return rows;
}

std::vector<Row> rowsOf(std::string_view what) {
  std::vector<Row> rows;
  if (what == "presets") {
    for (const ScenePreset& p : scenePresets()) rows.push_back({p.name, p.title, p.about});
  } else if (what == "distributions") {
    for (const DistributionPreset& p : distributionPresets())
      rows.push_back({std::string(p.name), std::string(p.label), std::string(p.about)});
  } else if (what == "schedules") {
    rows = enumRows<ScheduleKind>();
  } else if (what == "solvers") {
    rows = enumRows<SolverKind>();
  } else if (what == "metrics") {
    for (const auto& list : {metricList(), causeList()})
      for (const MetricInfo& m : list)
        rows.push_back({m.name, m.label, m.about + (measuredOverTime(m.name) ? "; over time as well" : "")});
  } else if (what == "engines") {
    const auto cpu = makeCpuEngine();
    std::unique_ptr<GlEngine> gl;
    std::string why;
    try {
      gl = makeGlEngine([] { return gl::Context::surfaceless(); }, {.readBack = true});
    } catch (const std::exception& e) {
      why = e.what();
    }
    const bool hardware = gl && !gl->software();
    rows.push_back({cpu->name(), cpu->description(), hardware ? "Without a graphics card." : "The default here."});
    if (gl)
      rows.push_back({gl->name(), gl->description(),
                      std::string(hardware ? "The default here" : "On the processor, for comparison") + "; holds " +
                          std::to_string(gl->memoryBudget() >> 20) + " MiB of trajectories."});
    else
      rows.push_back({"opengl", "OpenGL", "Cannot be used here: " + why});
  }
  return rows;
}

// The parameters are many and have more to say; as text they are the table of the README.
int runListParameters(bool json, std::ostream& out) {
  if (!json) {
    out << parameterTableMarkdown();
    return Ok;
  }
  Node list = Node::list();
  for (const ParameterInfo& p : parameters())
    list.add({{"path", p.path},
              {"label", p.label},
              {"symbol", p.symbol},
              {"unit", p.unit},
              {"range", p.range},
              {"default", p.standard},
              {"kinds", p.kinds},
              {"with", p.with},
              {"about", p.help}});
  out << prettyText({{"parameters", std::move(list)}});
  return Ok;
}

// As text the table of the README, too.
int runListTerms(bool json, std::ostream& out) {
  if (!json) {
    out << methodTableMarkdown();
    return Ok;
  }
  Node list = Node::list();
  for (std::size_t i = 0; i < enumNames<TermKind>().size(); ++i) {
    const MethodInfo& m = methodOf(TermKind(i));
    list.add({{"name", enumName(m.kind)},
              {"label", enumLabel(m.kind)},
              {"about", enumHelp(m.kind)},
              {"group", groupLabel(m.group)},
              {"formula", m.formula},
              {"calls", m.cost},
              {"more", m.more},
              {"verdict", verdictWord(m.verdict)},
              {"target", m.target},
              {"paper", m.paper},
              {"look", m.look},
              {"parameters", Node::list(methodParameters(m.kind))}});
  }
  out << prettyText({{"terms", std::move(list)}});
  return Ok;
}

int runListCurves(bool json, std::ostream& out) {
  if (!json) {
    out << curveTableMarkdown();
    return Ok;
  }
  Node list = Node::list();
  for (std::size_t i = 0; i < enumNames<CurveKind>().size(); ++i) {
    const CurveInfo& c = curveInfo(CurveKind(i));
    list.add({{"name", enumName(c.kind)},
              {"label", enumLabel(c.kind)},
              {"about", enumHelp(c.kind)},
              {"formula", c.formula},
              {"mean", c.area},
              {"paper", c.paper},
              {"look", c.look},
              {"parameters", Node::list(curveParameters(c.kind))}});
  }
  out << prettyText({{"curves", std::move(list)}});
  return Ok;
}

}  // namespace

int runList(std::string_view what, bool json, std::ostream& out) {
  if (what == "parameters") return runListParameters(json, out);
  if (what == "terms") return runListTerms(json, out);
  if (what == "curves") return runListCurves(json, out);
  const std::vector<Row> rows = rowsOf(what);
  if (json) {
    Node list = Node::list();
    for (const Row& r : rows) list.add({{"name", r.name}, {"label", r.label}, {"about", r.about}});
    Node answer;
    answer[what] = std::move(list);
    out << prettyText(answer);
    return Ok;
  }
  std::size_t width = 0;
  for (const Row& r : rows) width = std::max(width, r.name.size());
  for (const Row& r : rows)
    out << r.name << std::string(width + 2 - r.name.size(), ' ') << r.label << ". " << r.about << '\n';
  return Ok;
}

}  // namespace gs::cli
