// Random sessions from the field tables, for property tests.
#pragma once
#include <random>

#include "session/session.h"

namespace gs::test {

using Random = std::mt19937_64;

// Valid; fields that their kind does not use hold anything in range (canonical() resets them).
Session randomSession(Random&);

}  // namespace gs::test
