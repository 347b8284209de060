// The guided denoiser as a line of mathematics: the same in the window and in files.
#pragma once
#include <string>
#include <vector>

#include "session/experiment.h"
#include "session/view.h"

namespace gs {

struct FormulaRun {
  std::string text;
  enum class Place { Base, Sub } place = Place::Base;
  enum class Ink { Text, Quiet, Weight } ink = Ink::Text;  // Weight: what is set
  bool hat = false;
  bool breakable = false;  // a new line may begin before it
};
using Formula = std::vector<FormulaRun>;

// D^ = D_A + 2.00 (D_A - D_0); weights that change over time are written as functions. In the display of cfg scales the
// coefficient reads (3.00 - 1), so that every stack stays exact. A reward's push is that of its law, D_rA - D_A.
Formula guidanceFormula(const Experiment&, WeightDisplay);
// "D̂ = D_{A} + 2.00 (D_{A} − D_{∅})"
std::string formulaWords(const Formula&);

// Which of several terms of the experiment that are on this one of them is, "₂" for the second; empty where it is the
// only one.
std::string termNumber(const Experiment&, const Term&);
std::string twoDigits(double);  // "2.00", "−0.50", as weights are written; never "−0.00"

}  // namespace gs
