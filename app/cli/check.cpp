#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "commands.h"
#include "data/distributions.h"
#include "data/networks.h"
#include "data/points.h"
#include "engine/gl_engine.h"
#include "engine/plan.h"
#include "learn/files.h"
#include "learn/script.h"
#include "measure/self_check.h"
#include "output/files.h"
#include "output/provenance.h"
#include "progress.h"
#include "session/classes.h"
#include "session/json.h"
#include "session/text.h"

namespace gs::cli {

namespace {

struct Verdict {
  std::string kind;   // "session", "csv", "npy", "model", or one of carrierName
  std::string about;  // what is in it
  std::string error;  // empty: OK
};

// By the first bytes, not by the name: a file may be called anything.
std::string kindOf(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw BadInputError(file + ": cannot be read");
  if (isScriptFile(file)) return "model";
  std::string head(4096, '\0');
  in.read(head.data(), std::streamsize(head.size()));
  if (in.bad()) throw BadInputError(file + ": cannot be read");
  head.resize(std::size_t(in.gcount()));
  if (const auto carrier = carrierOf(head)) return std::string(carrierName(*carrier));
  if (head.starts_with("\x93NUMPY")) return "npy";
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if ((first != std::string::npos && head[first] == '{') || file.ends_with(".json")) return "session";
  return "csv";
}

// A session is good when it can be planned, not only when it can be read.
std::string describeSession(const Session& session) {
  std::size_t components = 0;
  for (std::size_t i = 0; i < session.panes.size(); ++i) {
    const auto mixture = resolve(session.panes[i].distribution);
    try {
      compile(session.panes[i], mixture);
    } catch (const std::invalid_argument& e) {
      throw SessionError(inPane(int(i), e.what()));
    }
    components += mixture->components.size();
  }
  const std::size_t panes = session.panes.size();
  return std::to_string(panes) + (panes == 1 ? " pane, " : " panes, ") + std::to_string(components) + " components";
}

// " (cat, dog, owl, ...)", where the file names them.
std::string namesOf(const PointSet& points) {
  constexpr std::size_t kMost = 8;
  if (!points.labelled) return {};
  std::string list;
  for (std::size_t i = 0; i < std::min(kMost, points.classNames.size()); ++i)
    list += (list.empty() ? " (" : ", ") + classNameFrom(points.classNames[i]);
  return list + (points.classNames.size() > kMost ? ", ...)" : ")");
}

Verdict check(const std::string& file) {
  Verdict v;
  try {
    v.kind = kindOf(file);
    if (v.kind == "session") {
      v.about = describeSession(withPoints(loadSession(file), file));
    } else if (v.kind == "png") {
      const PngContents png = readPng(file);
      if (png.session.empty()) throw BadInputError("no session is embedded in this picture");
      v.about = std::to_string(png.image.width) + "x" + std::to_string(png.image.height) + ", " +
                describeSession(withPoints(parseSession(png.session), file));
    } else if (v.kind == "model") {
      const std::string name = std::filesystem::path(file).filename().string();
      sayIsCode(name);
      const NetworkShape shape = checkedScript(readWhole(file), name).shape;
      v.about = "TorchScript for " +
                (shape.classes < Mixture::kMaxClasses ? std::to_string(shape.classes) : std::string("any number of")) +
                (shape.classes == 1 ? " class, " : " classes, ") +
                (shape.unconditional ? "and for none" : "not for none");
    } else if (const auto trained = v.kind == "npz" ? learnedKind(file) : std::nullopt) {
      const LearnedFile weights = readLearnedFile(file, *trained);
      const NamedArray* step = find(weights.request.resume, "step");
      v.about = "trained weights, " + std::string(nameOf(*trained)) +
                (step && !step->values.empty() ? ", step " + std::to_string(long(step->values[0])) : "");
    } else if (v.kind != "csv" && v.kind != "npy" && (v.kind != "npz" || !sessionInFile(file).empty())) {
      v.about = describeSession(withPoints(openCarried(file), file));
    } else {
      const PointSet points = readPoints(file);
      v.about = std::to_string(points.points.size()) + " points, " + std::to_string(points.classNames.size()) +
                (points.classNames.size() == 1 ? " class" : " classes") + namesOf(points);
    }
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    v.error = e.what();
    if (const std::string name = std::filesystem::path(file).filename().string(); v.error.starts_with(name + ':'))
      v.error.erase(0, name.size() + 1), v.error = file + ':' + v.error;
    if (!v.error.starts_with(file)) v.error = file + ": " + v.error;
  }
  return v;
}

}  // namespace

int runCheck(const std::vector<std::string>& files, bool json, std::ostream& out) {
  int result = Ok;
  Node list = Node::list();
  for (const std::string& file : files) {
    const Verdict v = check(file);
    if (!v.error.empty()) result = BadInput;
    if (json) {
      Node row{{"file", file}, {"ok", v.error.empty()}, {"kind", v.kind}};
      row[v.error.empty() ? "about" : "error"] = v.error.empty() ? v.about : v.error;
      list.add(std::move(row));
    } else if (v.error.empty()) {
      out << file << ": OK (" << v.kind << ", " << v.about << ")\n";
    } else {
      out << v.error << '\n';
    }
  }
  if (json) out << prettyText({{"files", std::move(list)}});
  return result;
}

int runSelfCheck(bool json, std::ostream& out) {
  const auto cpu = makeCpuEngine();
  std::unique_ptr<GlEngine> device;
  std::string without;
  try {
    device = makeGlEngine([] { return gl::Context::surfaceless(); }, {.readBack = true});
  } catch (const std::exception& e) {
    without = e.what();
  }
  std::vector<const Engine*> engines{cpu.get()};
  if (device) engines.push_back(device.get());
  std::vector<SelfCheck> checks;
  {
    Progress progress("checking");
    checks = selfCheck(engines, [&](int done, int of) { progress.reached(done, of); }, {});
  }
  const auto failed = std::count_if(checks.begin(), checks.end(), [](const SelfCheck& c) { return !c.passed; });
  if (json) {
    Node rows = Node::list();
    for (const SelfCheck& c : checks)
      rows.add({{"engine", c.engine}, {"what", c.what}, {"value", c.value}, {"bound", c.bound}, {"passed", c.passed}});
    out << prettyText({{"failed", failed}, {"checks", std::move(rows)}});
    return failed ? Difference : Ok;
  }
  std::string engine;
  for (const SelfCheck& c : checks) {
    if (c.engine != engine) out << (engine.empty() ? "" : "\n") << (engine = c.engine) << '\n';
    const auto number = [](double v) {
      char buffer[32];
      return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::general, 2).ptr);
    };
    const std::string value = std::isfinite(c.value) ? number(c.value) : "-", bound = number(c.bound);
    out << (c.passed ? "  pass  " : "  FAIL  ") << value << std::string(value.size() < 10 ? 10 - value.size() : 1, ' ')
        << "of " << bound << std::string(bound.size() < 8 ? 8 - bound.size() : 1, ' ') << c.what << '\n';
  }
  if (!without.empty()) out << "\nOpenGL cannot be used here: " << without << '\n';
  out << '\n' << checks.size() - std::size_t(failed) << " of " << checks.size() << " passed\n";
  return failed ? Difference : Ok;
}

}  // namespace gs::cli
