// Sessions as JSON text ("format":"guidescope-session","version":1), validation, and the one path syntax.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "session/session.h"

namespace gs {

// what() names the place first: "panes.0.guidance.0.omega: 40 is outside -1..20", or "line 3, column 7: ...".
struct SessionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Limits on everything read: 32 MiB, nesting 32, counts of the structs. Unknown keys are errors that name the nearest
// known one. Missing keys keep their default.
inline constexpr std::string_view kSessionFormat = "guidescope-session";
inline constexpr int kSessionVersion = 1;
Session parseSession(std::string_view json);
std::string toJson(const Session&);  // pretty, keys in the tables' order, numbers shortest round-trip
void validate(const Session&);       // throws SessionError
// Fields that their kind does not use, back at their defaults: what a file holds. parseSession(toJson(s)) ==
// canonical(s). Call it when a kind has been changed by hand; sampler.churn must not stay behind (validate refuses it).
Session canonical(Session);

// Paths: "view.time", "panes.0.guidance.1.curve.lo"; "panes.0." is implied ("guidance.0.omega"). Values as JSON or bare
// words ("heun"). "guidance.+": appends; {"guidance.0", "null"} removes.
void setPath(Session&, std::string_view path, std::string_view value);
std::string getPath(const Session&, std::string_view path);  // as JSON
// What is said of one experiment names places inside it ("guidance.0.weak.drop: ..."), and so does what is said of a
// session of that pane alone ("panes.0.guidance...."): here as the session of all panes knows them,
// "panes.1.guidance.0.weak.drop: ...". Messages that begin with no such place stay as they are.
std::string inPane(int pane, std::string_view message);
// "guidance.0.omega = 2.5" for the first difference that is one field, otherwise e.g. "guidance"; for undo texts.
std::string describeChange(const Session& before, const Session& after);

// Whole files. save writes a temporary beside the target, flushes it to disk and renames: the old or the new file
// survives a kill. load names the file in its errors.
Session loadSession(const std::string& path);
void saveSession(const Session&, const std::string& path);

// Preset scenes (embedded from assets/presets/*.json): the gallery, golden-test inputs and README figures.
struct ScenePreset {
  std::string name, title, about;
};
const std::vector<ScenePreset>& scenePresets();
Session scenePreset(std::string_view name);        // throws SessionError
Session openScene(const std::string& nameOrPath);  // a preset's name, else a file

// Every parameter of the field tables in the order of a file, for `list parameters` and the README.
struct ParameterInfo {
  std::string path;  // "guidance.N.omega"; N counts from 0
  std::string label, symbol, unit;
  std::string range;     // "-1..20", "edm, vp-linear, vp-cosine, flow", "true, false", "text"
  std::string standard;  // the default, as JSON
  std::string kinds;     // "interval": only of these kinds; empty: all
  std::string with;      // "tracked", "name letters": only where that parameter beside it is on, or is this; or empty
  std::string help;
};
std::vector<ParameterInfo> parameters();
std::string parameterTableMarkdown();

}  // namespace gs
