// `guidescope-cli bench`: what the engines cost on this machine, as ratios within one run.
#pragma once
#include <ostream>
#include <vector>

#include "bench_engines.h"

namespace gs {

struct BenchSize {
  double seconds = 0.15;  // at least, for every timing
  std::vector<int> components = {8, 32, 128, 512, 2000};
  bool tree = true;  // the tree preset as well
  // By sigma/alpha: what leaving out far components gains on the tree.
  std::vector<double> nearLevels = {0.3, 0.1, 0.02};
  int memoryParticles = 1'000'000;
  EngineSweeps engines;
  int networkParticles = 4096;  // of the comparison with LibTorch; 0: none
};

// Takes a minute or two. json: one JSON object instead of a table. Returns the exit code.
int runBench(bool json, std::ostream&, const BenchSize& = {});

}  // namespace gs
