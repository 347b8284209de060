// Rewards that are typed.
#pragma once
#include <string>

#include "diffusion/reward.h"

namespace gs {

// log of a formula in x, y (data units), c (the condition's class, -1 without one) and pi, with muParser's functions
// and operators ("exp(-x^2) * (y > 0 ? 1 : .2)"). Throws InputError for text that is none: "unexpected \"*\" at
// position 5" (in bytes, from 1). What is returned throws InputError where the value is negative or not finite: "is -1
// at (0.5, 2), but a reward must not be negative". It belongs to one thread at a time.
LogReward parseReward(const std::string& text, int condition);

}  // namespace gs
