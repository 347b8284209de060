// The steps of a plan: the solver's, and what methods do between them. Inside the engine room only.
#pragma once
#include "engine/plan.h"

namespace gs {

// The first term of this kind (PredictorCorrector, Gibbs) that is on and does something; or null.
const Term* termBetween(const Experiment&, const Mixture&, TermKind);

// Fills ratios, times, parts and steps from the experiment and the grid.
void fillSteps(Plan&);
// The parts of levels that belong to no step: what moves the particles there last.
void fillParts(Plan&);

}  // namespace gs
