// The handles of a term's weight curve: where they are on the plot and what moving them does to the curve.
#pragma once
#include <vector>

#include "cards.h"

namespace gs::ui {

struct Handle {
  double t, value;
};  // value: the weight there, not the multiplier

// What a multiplier is worth on the plot. With omega = 0 the shape alone is drawn.
double amplitude(const Term&);
double weightAt(const Context&, const Term&, double time);
std::vector<Handle> handlesOf(const Context&, const Term&);
// As far as its neighbours and the ranges allow.
void moveHandle(Context&, Term&, int index, double time, double value);
// Turns any other curve into a drawn one first.
void addKnot(Context&, Term&, double time, double value);
// False: a drawn curve needs two knots, and a message says so.
bool removeKnot(Context&, Term&, int index);

}  // namespace gs::ui
