// What a pane's picture is called: the label of Picture, in the window and in files.
#pragma once
#include <string>

#include "session/session.h"

namespace gs {

// "class A, ω = 2.00", "class dog, auto ω(t) = 1.50 × interval", "class A, scale(t) = 1 + 1.50 × drawn curve", "no
// class, no guidance"; "all data" where there is one class only.
std::string caption(const Experiment&, int classes, WeightDisplay);
// The same with the pane's number in front where there are several: "2: class A, ...". Of panes that would be called
// the same, each says what it has that another has not: "1: class A, ω = 1.00, churn 1", "2: class A, ω = 1.00, churn
// 0".
std::string caption(const Session&, int pane, int classes);

}  // namespace gs
