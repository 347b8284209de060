// Lines of mathematics on screen: hats, subscripts, and line breaks between terms.
#pragma once
#include <string>
#include <vector>

#include "session/formula.h"
#include "widgets.h"

namespace gs::ui {

float formulaHeight(const Formula&, float width);
void drawFormula(const Formula&, ImVec2 at, float width);

// "ω = 2.00", "cfg scale = 3.00": both conventions for every enabled term, whichever the sliders show.
std::vector<std::string> weightWords(const Experiment&, double time, double ratio);

}  // namespace gs::ui
