// What the program knows about every method of its guidance stack: the help cards, `list terms` and the README's table.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "diffusion/guidance.h"
#include "session/experiment.h"

namespace gs {

enum class MethodGroup { Difference, When, How, Between };
std::string_view groupLabel(MethodGroup);

// What the samples are, in the limit of small steps and with an exact model.
enum class Verdict {
  Exact,       // of the target's law
  Asymptotic,  // of it in the limit of the method's own parameters
  Biased,      // there is a target, and they are not of it
  Heuristic,   // no law is aimed at
};
std::string_view verdictWord(Verdict);

struct MethodInfo {
  TermKind kind;
  MethodGroup group;
  std::string_view words;    // a few, beside the name
  std::string_view formula;  // what is added to D, or what D becomes
  double cost;               // denoiser calls of a step, the main one included ...
  Verdict verdict;
  std::string_view target;  // of what, or in place of what
  std::string_view paper;   // arXiv
  std::string_view look;    // what to point at
  double omega;             // of a new term
  double omegaMost;         // of its slider
  Space space;              // the paper's own
  std::string_view more{};  // ... and what its parameters add to them: " + 2K"
};
std::string methodCost(const MethodInfo&);  // "1 + 2K"; "+0" for none of its own
// One for every kind, in their order.
const MethodInfo& methodOf(TermKind);
// A term as the panel adds it: the paper's weight and space.
Term newTerm(TermKind);
// Whether the stack of an experiment moves the particles in another way than its model alone would: not where all its
// terms are off, or need a condition, another class or a push to shape that there is not. Weights and curves that are 0
// only at the steps that are taken count as pushes. classes: of the data law.
bool guides(const Experiment&, int classes);
// The method's own parameters with range and default, as "exponent -1..1.5 (0.9)".
std::vector<std::string> methodParameters(TermKind);
std::string methodTableMarkdown();

}  // namespace gs
