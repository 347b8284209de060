// How much memory a run may take without the system ending the program.
#pragma once
#include <cstddef>

namespace gs {

// Bytes that can be had now: what the system calls available, and what is left of the control group's limit.
std::size_t availableMemory();

// Asks the system to back this memory with large pages where it can, before it is first written: handing out and
// clearing 4 KiB at a time took half of a large run's time. A few megabytes are left as they are.
void preferLargePages(void* data, std::size_t bytes);

}  // namespace gs
