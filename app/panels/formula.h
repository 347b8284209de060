// The guided denoiser as a line of mathematics: hats, subscripts, and line breaks between terms.
#pragma once
#include <string>
#include <vector>

#include "session/experiment.h"
#include "session/view.h"
#include "widgets.h"

namespace gs::ui {

struct FormulaRun {
  std::string text;
  enum class Place { Base, Sub } place = Place::Base;
  bool hat = false;
  bool breakable = false;  // a new line may begin before it
  ImU32 color = 0;         // 0: the text colour
};
using Formula = std::vector<FormulaRun>;

// D^ = D_A + 2.00 (D_A - D_0); weights that change over time are written as functions. In the display of cfg scales the
// coefficient reads (3.00 - 1), so that every stack stays exact.
Formula guidanceFormula(const Experiment&, WeightDisplay);
std::string plainText(const Formula&);  // "D^ = D_A + 2.00 (D_A − D_∅)"
float formulaHeight(const Formula&, float width);
void drawFormula(const Formula&, ImVec2 at, float width);

// "ω = 2.00", "cfg scale = 3.00": both conventions for every enabled term, whichever the sliders show.
std::vector<std::string> weightWords(const Experiment&, double time, double ratio);

}  // namespace gs::ui
