// Random sessions from the field tables, for property tests.
#pragma once
#include <random>

#include "session/session.h"

namespace gs::test {

using Random = std::mt19937_64;

// Valid; fields that their kind does not use hold anything in range (canonical() resets them).
Session randomSession(Random&);

// How often something random is tried: under sanitizers, which are many times slower, less often.
constexpr int often(int times) {
#ifdef __SANITIZE_ADDRESS__
  return (times + 19) / 20;
#else
  return times;
#endif
}

}  // namespace gs::test
