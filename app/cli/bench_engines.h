// The CPU engine against the OpenGL engine on the same plans: particles, components and steps, one growing at a time.
#pragma once
#include <ostream>
#include <string>
#include <vector>

#include "session/text.h"

namespace gs {

class Engine;

struct EngineSweeps {
  std::vector<int> particles = {1'000, 10'000, 100'000, 1'000'000};  // of 8 components, 64 steps
  std::vector<int> components = {2, 8, 32, 128, 512, 2048, 4096};    // 1000 particles, 16 steps
  std::vector<int> steps = {8, 16, 32, 64, 128, 256};                // 10 000 particles, 8 components
  std::vector<double> nearLevels = {0.3, 0.1, 0.02};  // by sigma/alpha: what leaving out components gains on OpenGL
  double mostSeconds = 4;  // a case that will take longer, judged by the one before it, is left out and said so
};

// What engine/leaves.h saves on the tree preset at about one noise level, in one run: ns a particle and evaluation, of
// processor time or, `byClock`, as a graphics card's work is seen.
struct NearGain {
  int components;
  double all, near, cores;
  Node json(double ratio) const;
  std::string words(double ratio) const;
};
NearGain measureNear(const Engine&, double ratio, double seconds, bool byClock = false, int particles = 512);

// "engines" of the report: rows and fitted exponents; also printed as a table unless `out` is null.
Node compareEngines(const EngineSweeps&, std::ostream* out);

// Of the printed tables: a number with so many decimals, a text moved to the right of a column.
std::string fixed(double value, int digits);
std::string padded(std::string text, std::size_t width);

}  // namespace gs
