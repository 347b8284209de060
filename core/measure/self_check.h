// Closed-form identities computed by this machine's engines, for a person who wants to know whether to trust them.
#pragma once
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace gs {

struct SelfCheck {
  std::string engine;           // "closed forms", or an engine's description
  std::string what;             // one line
  double value = 0, bound = 0;  // the largest deviation that was found, and how large it may be
  bool passed = false;          // value <= bound; a NaN fails
};
// All checks, the closed forms first, then those of every engine. `progress` hears how many of how many are done.
// Stopped: those that were done. A check that throws has failed, and says why.
std::vector<SelfCheck> selfCheck(const std::vector<const Engine*>&,
                                 const std::function<void(int done, int of)>& progress, std::stop_token);

}  // namespace gs
