// The whole state of the program as one value: what the user edits, what undo keeps and what a file holds.
#pragma once
#include <string>
#include <vector>

#include "session/experiment.h"
#include "session/training.h"
#include "session/view.h"

namespace gs {

struct Session {
  static constexpr int kMaxPanes = 4;
  std::string name;                             // shown in the title; a preset's name or the file's stem
  std::string notes;                            // shown with the scene, plain text, at most 4000 bytes
  std::vector<Experiment> panes{Experiment{}};  // 1..4
  View view;
  Training training;  // what a training that is started is told; no picture hangs on it
  bool operator==(const Session&) const = default;
};

}  // namespace gs
