// What small networks cost: the engines' kernel text against LibTorch in eager mode, in one run.
#pragma once
#include <ostream>

#include "session/text.h"

namespace gs {

// 4096 particles along 32 Heun steps, guided with two networks of 4 layers of 64. out: a table as well, or null.
Node compareNetworks(int particles, std::ostream* out);

}  // namespace gs
