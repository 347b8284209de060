// Parts of the CPU engine for tests and the bench: an engine on a chosen build of the kernel text.
#pragma once
#include <memory>

#include "engine/engine.h"
#include "engine/program.h"
#include "engine/reference.h"

namespace gs {

std::unique_ptr<Engine> makeCpuEngine(const CpuKernels&, int threads);

}  // namespace gs
