// What a pane's picture is called: the label of Picture, in the window and in files.
#pragma once
#include <string>

#include "session/session.h"

namespace gs {

// "class A, ω = 2.00", "class B, auto scale = 1.50(t)", "no class, no guidance"; "all data" where there is one class
// only.
std::string caption(const Experiment&, int classes, WeightDisplay);
// The same with the pane's number in front where there are several: "2: class A, ...".
std::string caption(const Session&, int pane, int classes);

}  // namespace gs
