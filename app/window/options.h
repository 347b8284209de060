// The command line of the window.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/chosen_engine.h"
#include "session/session.h"

namespace gs {

struct Options {
  std::string scene;             // a preset's name or a file; empty: the default scene
  std::vector<std::string> set;  // path=value
  std::optional<Theme> theme;
  std::optional<std::pair<int, int>> size;     // of the window, points
  std::string screenshot;                      // PNG of the whole window, then exit
  bool afterFirst = false;                     // ... of the first frame rather than the settled picture
  std::string report;                          // JSON lines about every frame
  bool measureDrag = false;                    // drag a slider, print what was felt, exit
  std::string parameter = "guidance.0.omega";  // ... the slider of this one, without "panes.0."
  double seconds = 5;                          // ... for so long
  std::string json;                            // ... and write it here, too
  EngineChoice engine = EngineChoice::Auto;
  // Of a window that has lost its context and started this one: where its work is kept, "-" where all is saved.
  std::string afterReset;
  std::size_t memoryBudget = 0;  // bytes of trajectories; 0: the engine's own
  int exitCode = -1;             // not -1: nothing is left to do
};
// Prints help, version or a usage error itself (exit codes 0 and 2).
Options parseOptions(int argc, char** argv);

// The session that the options describe; its points may still have to be fitted. Throws SessionError,
// std::runtime_error with what to tell the user.
Session startSession(const Options&, std::string& path);
bool isPointsFile(const std::string& path);  // by its ending: .csv .tsv .txt .npy, and .npz without a session

}  // namespace gs
