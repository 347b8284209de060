// The kernel text once per SIMD target (foreach_target includes this file again for each); chosen at run time.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/leaves.h"
#include "engine/program.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Two instruction sets find the faults of the text; every one more takes a minute to compile.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS (HWY_SSSE3)
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu_simd.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// Without any SIMD target the scalar build serves instead.
#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace gs {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#undef GS_REAL
#undef GS_FN
#undef GS_CALL
#undef GS_OUT
#undef GS_INOUT
#undef GS_ROWS
#undef GS_WEIGHTS
#undef GS_CONSTANT
#undef GS_LANES_OF
#define GS_REAL float
#define GS_ROWS const ComponentRow*
#define GS_WEIGHTS const float*
#define GS_CONSTANT float
#define GS_LANES_OF(T) hn::ScalableTag<T>
#define GS_NEAR_SUMS
#include "engine/simd-inl.h"
#include "diffusion/kernels/elementary.inl"
GS_FN F gsMeanX(GS_ROWS rows, int k) { return F(double(rows[k].meanX)); }
GS_FN F gsMeanY(GS_ROWS rows, int k) { return F(double(rows[k].meanY)); }
GS_FN F gsPxx(GS_ROWS rows, int k) { return F(double(rows[k].pxx)); }
GS_FN F gsPxy(GS_ROWS rows, int k) { return F(double(rows[k].pxy)); }
GS_FN F gsPyy(GS_ROWS rows, int k) { return F(double(rows[k].pyy)); }
GS_FN F gsLogNorm(GS_ROWS rows, int k) { return F(double(rows[k].logNorm)); }
GS_FN F gsNumber(GS_WEIGHTS numbers, int i) {
  const FloatVec v = hn::Set(kFloat, numbers[i]);
  return F(v, v);
}
#include "engine/block-inl.h"
#include "engine/peak-inl.h"

const CpuKernels* table() {
  constexpr const char* name = HWY_TARGET == HWY_AVX3   ? "AVX-512"
                               : HWY_TARGET == HWY_AVX2 ? "AVX2"
                               : HWY_TARGET == HWY_SSE4 ? "SSE4"
                                                        : "SIMD";
  static const CpuKernels kernels{name,      kLanes,   runBlock,   startRow,       logJointRow,
                                  guidedRow, noiseRow, peakRounds, kPeakComponents};
  return &kernels;
}

}  // namespace HWY_NAMESPACE
}  // namespace gs
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace gs {

std::vector<const CpuKernels*> everySimdKernels() {
  std::vector<const CpuKernels*> found;
  const std::int64_t supported = hwy::SupportedTargets();
#if HWY_TARGETS & HWY_AVX3
  if (supported & HWY_AVX3) found.push_back(N_AVX3::table());
#endif
#if HWY_TARGETS & HWY_AVX2
  if (supported & HWY_AVX2) found.push_back(N_AVX2::table());
#endif
#if HWY_TARGETS & HWY_SSE4
  if (supported & HWY_SSE4) found.push_back(N_SSE4::table());
#endif
#if HWY_STATIC_TARGET == HWY_SCALAR
  if (found.empty()) found.push_back(&scalarKernels());
#else
  if (found.empty()) found.push_back(HWY_STATIC_DISPATCH(table)());  // another architecture: the compiler's own target
#endif
  return found;
}

const CpuKernels& simdKernels() {
  static const CpuKernels* const best = everySimdKernels().front();
  return *best;
}

}  // namespace gs
#endif
