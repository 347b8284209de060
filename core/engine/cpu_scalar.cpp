// The kernel text in single precision, one particle at a time: what the SIMD builds are compared with.
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/program.h"

#define GS_REAL float
namespace gs {
namespace scalar {
namespace {
#include "engine/scalar-inl.h"

GS_FN U gsBits(F a) { return std::bit_cast<U>(a); }
GS_FN F gsFromBits(U a) { return std::bit_cast<F>(a); }
GS_FN F gsSplitExponent(F x, U& scale) {
  const F magic = F(12582912.0);  // 1.5 * 2^23: adding it rounds to an integer, found in the lowest bits
  const F t = x + magic;
  scale = gsBits(t) << 23;
  return x - (t - magic);
}
GS_FN F gsScaled(F p, U scale) { return gsFromBits(gsBits(p) + scale); }

#include "diffusion/kernels/elementary.inl"
#include "engine/block-inl.h"
#include "engine/peak-inl.h"
}  // namespace
}  // namespace scalar

const CpuKernels& scalarKernels() {
  static const CpuKernels kernels{"scalar",          scalar::kLanes,   scalar::runBlock, scalar::logJointRow,
                                  scalar::pushRow,   scalar::noiseRow, scalar::peakRounds, scalar::kPeakComponents};
  return kernels;
}

}  // namespace gs
