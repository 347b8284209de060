// How much of two processor cores a program gets at this moment: under load of others, or on a machine that lends its
// cores out, a timing says nothing.
#pragma once

namespace gs {

// Cores that two spinning threads get, at most 2. Takes a tenth of a second of both.
double spinningCores();
// With fewer than these a timing does not count.
inline constexpr double kEnoughSpinning = 1.8;

}  // namespace gs
