// What the weak model of autoguidance knows of a law. Inside the engine room only.
#pragma once
#include "diffusion/guidance.h"
#include "diffusion/mixture.h"

namespace gs {

// The law without a component, moved, or known from a few points of every class only; the other faults of a weak model
// are in the coefficients of its denoisers.
Mixture faultyLaw(const Mixture&, const WeakModel&);

}  // namespace gs
