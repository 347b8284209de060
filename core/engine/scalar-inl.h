// The kernel text's types and functions for one GS_REAL (float or double) at a time. Included inside a namespace; no
// include guard: once per precision.
using F = GS_REAL;
using U = std::uint32_t;
constexpr int kLanes = 1;

#define GS_FN static inline
#define GS_CALL static inline
#define GS_OUT(T) T&
#define GS_INOUT(T) T&
#define GS_ROWS const BasicRow<GS_REAL>*

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

GS_FN F gsLoad(const F* p) { return *p; }
GS_FN void gsStore(F f, F* p) { *p = f; }
GS_FN void gsStorePairs(F x, F y, F* p) { p[0] = x, p[1] = y; }
GS_FN void gsStoreWords(U u, U* p) { *p = u; }
GS_FN U gsIota(U first) { return first; }
