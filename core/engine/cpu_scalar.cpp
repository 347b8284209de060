// The kernel text in single precision, one particle at a time: what the SIMD builds are compared with.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>

#include "engine/program.h"

#define GS_REAL float
namespace gs {
namespace scalar {
namespace {
#include "engine/scalar-inl.h"
#include "engine/block-inl.h"
#include "engine/peak-inl.h"
}  // namespace
}  // namespace scalar

const CpuKernels& scalarKernels() {
  static const CpuKernels kernels{"scalar",         scalar::kLanes,      scalar::runBlock,
                                  scalar::startRow, scalar::logJointRow, scalar::guidedRow,
                                  scalar::noiseRow, scalar::peakRounds,  scalar::kPeakComponents};
  return kernels;
}

}  // namespace gs
