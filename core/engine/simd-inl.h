// The kernel text's types and functions for one SIMD target: F and U are packs of two vectors, so that every operation
// of the text is two independent ones and a broadcast operand serves both. Included inside the target's namespace,
// after GS_LANES_OF(T), Highway's tag of a vector of T.
using FloatTag = GS_LANES_OF(float);
using WordTag = GS_LANES_OF(std::uint32_t);
using IntTag = GS_LANES_OF(std::int32_t);
using FloatVec = hn::Vec<FloatTag>;
using WordVec = hn::Vec<WordTag>;
constexpr FloatTag kFloat{};
constexpr WordTag kWord{};
constexpr int kHalf = int(hn::MaxLanes(FloatTag()));
constexpr int kLanes = 2 * kHalf;

#define GS_FN static HWY_INLINE
#define GS_CALL static HWY_NOINLINE
#define GS_OUT(T) T&
#define GS_INOUT(T) T&

struct F {
  FloatVec a, b;
  F() = default;
  HWY_INLINE explicit F(double x) : a(hn::Set(kFloat, float(x))), b(a) {}
  HWY_INLINE F(FloatVec first, FloatVec second) : a(first), b(second) {}
};
struct U {
  WordVec a, b;
  U() = default;
  HWY_INLINE explicit U(std::uint32_t x) : a(hn::Set(kWord, x)), b(a) {}
  HWY_INLINE U(WordVec first, WordVec second) : a(first), b(second) {}
};
struct Mask {
  hn::Mask<FloatTag> a, b;
};

GS_FN F operator+(F x, F y) { return F(hn::Add(x.a, y.a), hn::Add(x.b, y.b)); }
GS_FN F operator-(F x, F y) { return F(hn::Sub(x.a, y.a), hn::Sub(x.b, y.b)); }
GS_FN F operator*(F x, F y) { return F(hn::Mul(x.a, y.a), hn::Mul(x.b, y.b)); }
GS_FN F operator/(F x, F y) { return F(hn::Div(x.a, y.a), hn::Div(x.b, y.b)); }
GS_FN F operator-(F x) { return F(hn::Neg(x.a), hn::Neg(x.b)); }
GS_FN U operator+(U x, U y) { return U(hn::Add(x.a, y.a), hn::Add(x.b, y.b)); }
GS_FN U operator^(U x, U y) { return U(hn::Xor(x.a, y.a), hn::Xor(x.b, y.b)); }
GS_FN U operator&(U x, U y) { return U(hn::And(x.a, y.a), hn::And(x.b, y.b)); }
GS_FN U operator>>(U x, int bits) { return U(hn::ShiftRightSame(x.a, bits), hn::ShiftRightSame(x.b, bits)); }

GS_FN F gsFma(F x, F y, F z) { return F(hn::MulAdd(x.a, y.a, z.a), hn::MulAdd(x.b, y.b, z.b)); }
GS_FN F gsFnma(F x, F y, F z) { return F(hn::NegMulAdd(x.a, y.a, z.a), hn::NegMulAdd(x.b, y.b, z.b)); }
GS_FN F gsMin(F x, F y) { return F(hn::Min(x.a, y.a), hn::Min(x.b, y.b)); }
GS_FN F gsMax(F x, F y) { return F(hn::Max(x.a, y.a), hn::Max(x.b, y.b)); }
GS_FN F gsSqrt(F x) { return F(hn::Sqrt(x.a), hn::Sqrt(x.b)); }
GS_FN F gsAbs(F x) { return F(hn::Abs(x.a), hn::Abs(x.b)); }
GS_FN F gsRound(F x) { return F(hn::Round(x.a), hn::Round(x.b)); }
GS_FN Mask gsLess(F x, F y) { return {hn::Lt(x.a, y.a), hn::Lt(x.b, y.b)}; }
GS_FN F gsSelect(Mask m, F yes, F no) { return F(hn::IfThenElse(m.a, yes.a, no.a), hn::IfThenElse(m.b, yes.b, no.b)); }
GS_FN U gsBits(F x) { return U(hn::BitCast(kWord, x.a), hn::BitCast(kWord, x.b)); }
GS_FN F gsFromBits(U x) { return F(hn::BitCast(kFloat, x.a), hn::BitCast(kFloat, x.b)); }
GS_FN F gsFloat(U x) {
  return F(hn::ConvertTo(kFloat, hn::BitCast(IntTag(), x.a)), hn::ConvertTo(kFloat, hn::BitCast(IntTag(), x.b)));
}
GS_FN void gsMulWideHalf(WordVec x, WordVec y, WordVec& high, WordVec& low) {
  const auto even = hn::MulEven(x, y);
  const auto shifted = [](WordVec v) HWY_ATTR {
    return hn::BitCast(WordTag(), hn::ShiftRight<32>(hn::BitCast(hn::Repartition<std::uint64_t, WordTag>(), v)));
  };
  const auto odd = hn::MulEven(shifted(x), shifted(y));
  high = hn::OddEven(hn::BitCast(kWord, odd), hn::BitCast(kWord, hn::ShiftRight<32>(even)));
  low = hn::OddEven(hn::BitCast(kWord, hn::ShiftLeft<32>(odd)), hn::BitCast(kWord, even));
}
GS_FN void gsMulWide(U x, U y, U& high, U& low) {
  gsMulWideHalf(x.a, y.a, high.a, low.a);
  gsMulWideHalf(x.b, y.b, high.b, low.b);
}
GS_FN F gsSplitExponent(F x, U& scale) {
  const F magic = F(12582912.0);  // 1.5 * 2^23: adding it rounds to an integer, found in the lowest bits
  const F t = x + magic;
  scale = U(hn::ShiftLeft<23>(hn::BitCast(kWord, t.a)), hn::ShiftLeft<23>(hn::BitCast(kWord, t.b)));
  return x - (t - magic);
}
GS_FN F gsScaled(F p, U scale) { return gsFromBits(gsBits(p) + scale); }

GS_FN F gsLoad(const float* p) { return F(hn::Load(kFloat, p), hn::Load(kFloat, p + kHalf)); }
GS_FN void gsStore(F x, float* p) {
  hn::Store(x.a, kFloat, p);
  hn::Store(x.b, kFloat, p + kHalf);
}
GS_FN void gsStorePairs(F x, F y, float* p) {
  hn::StoreInterleaved2(x.a, y.a, kFloat, p);
  hn::StoreInterleaved2(x.b, y.b, kFloat, p + 2 * kHalf);
}
GS_FN void gsStoreWords(U x, std::uint32_t* p) {
  hn::Store(x.a, kWord, p);
  hn::Store(x.b, kWord, p + kHalf);
}
GS_FN U gsIota(std::uint32_t first) { return U(hn::Iota(kWord, first), hn::Iota(kWord, first + std::uint32_t(kHalf))); }
