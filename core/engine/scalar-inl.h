// The kernel text for one GS_REAL (float, or double with GS_DOUBLE defined) at a time. Included inside a namespace,
// after <bit>, <cmath>, <cstdint>, <cstring> and <numbers>; no include guard: once per precision.
using F = GS_REAL;
using U = std::uint32_t;
constexpr int kLanes = 1;

#define GS_FN static inline
#define GS_CALL static inline
#define GS_OUT(T) T&
#define GS_INOUT(T) T&
#define GS_ROWS const BasicRow<GS_REAL>*
#define GS_WEIGHTS const GS_REAL*
#define GS_CONSTANT GS_REAL

GS_FN F gsFma(F a, F b, F c) { return a * b + c; }
GS_FN F gsFnma(F a, F b, F c) { return c - a * b; }
GS_FN F gsMin(F a, F b) { return a < b ? a : b; }
GS_FN F gsMax(F a, F b) { return a > b ? a : b; }
GS_FN F gsSqrt(F a) { return std::sqrt(a); }
GS_FN F gsAbs(F a) { return std::abs(a); }
GS_FN F gsRound(F a) { return std::nearbyint(a); }
GS_FN bool gsLess(F a, F b) { return a < b; }
GS_FN F gsSelect(bool mask, F yes, F no) { return mask ? yes : no; }
GS_FN F gsFloat(U a) { return F(a); }
GS_FN void gsMulWide(U a, U b, U& high, U& low) {
  const std::uint64_t product = std::uint64_t(a) * b;
  high = U(product >> 32);
  low = U(product);
}
GS_FN F gsMeanX(GS_ROWS rows, int k) { return rows[k].meanX; }
GS_FN F gsMeanY(GS_ROWS rows, int k) { return rows[k].meanY; }
GS_FN F gsPxx(GS_ROWS rows, int k) { return rows[k].pxx; }
GS_FN F gsPxy(GS_ROWS rows, int k) { return rows[k].pxy; }
GS_FN F gsPyy(GS_ROWS rows, int k) { return rows[k].pyy; }
GS_FN F gsLogNorm(GS_ROWS rows, int k) { return rows[k].logNorm; }
GS_FN F gsNumber(GS_WEIGHTS numbers, int i) { return numbers[i]; }

GS_FN F gsLoad(const F* p) { return *p; }
GS_FN void gsStore(F f, F* p) { *p = f; }
GS_FN void gsStorePairs(F x, F y, F* p) { p[0] = x, p[1] = y; }
GS_FN void gsStoreWords(U u, U* p) { *p = u; }
GS_FN U gsIota(U first) { return first; }

#ifdef GS_DOUBLE
GS_FN F gsExp2(F x) { return std::exp2(x); }
GS_FN F gsLog2(F x) { return std::log2(x); }
GS_FN void gsSinCosTurn(F u, F& s, F& c) {
  s = std::sin(2 * std::numbers::pi * u);
  c = std::cos(2 * std::numbers::pi * u);
}
#else
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
#endif
