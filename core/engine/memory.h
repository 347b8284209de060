// How much memory a run may take without the system ending the program.
#pragma once
#include <cstddef>

namespace gs {

// Bytes that can be had now: what the system calls available, and what is left of the control group's limit.
std::size_t availableMemory();

}  // namespace gs
