// `guidescope-cli bench`: what the CPU engine costs on this machine, as ratios within one run.
#pragma once
#include <ostream>

namespace gs {

// Takes about half a minute. json: one JSON object instead of a table. Returns the exit code.
int runBench(bool json, std::ostream&);

}  // namespace gs
