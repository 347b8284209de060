// The sums of one particle over the leaves that it meets (engine/leaves.h), kLanes components at a time: the kernel
// text once more, with packs of components in place of packs of particles. Included inside a SIMD target's namespace,
// before block-inl.h. A pack is 16 components on every target that has 8 lanes or more, so that those give the same
// bits.
namespace leaf {

#undef GS_LANES_OF
#undef GS_ROWS
#define GS_LANES_OF(T) hn::CappedTag<T, 8>
#define GS_ROWS const Leaf*
#include "engine/simd-inl.h"
#include "diffusion/kernels/elementary.inl"

constexpr int kParts = kLeaf / kLanes;

// Row k is part k of one leaf.
#define GS_LEAF_NUMBER(name, member) \
  GS_FN F name(const Leaf* leaf, int k) { return gsLoad(leaf->member + k * kLanes); }

GS_LEAF_NUMBER(gsMeanX, meanX)
GS_LEAF_NUMBER(gsMeanY, meanY)
GS_LEAF_NUMBER(gsPxx, pxx)
GS_LEAF_NUMBER(gsPxy, pxy)
GS_LEAF_NUMBER(gsPyy, pyy)
GS_LEAF_NUMBER(gsLogNorm, logNorm)
#undef GS_LEAF_NUMBER
#include "diffusion/kernels/mixture.inl"

GS_FN float mostOf(F x) { return hn::GetLane(hn::MaxOfLanes(kFloat, hn::Max(x.a, x.b))); }
GS_FN float sumOf(F x) { return hn::GetLane(hn::SumOfLanes(kFloat, hn::Add(x.a, x.b))); }
// Bit i: lane i.
GS_FN std::uint32_t bitsOf(Mask m) {
  std::uint8_t bits[16] = {};
  hn::StoreMaskBits(kFloat, m.a, bits);
  hn::StoreMaskBits(kFloat, m.b, bits + 8);
  return std::uint32_t(bits[0]) | std::uint32_t(bits[8]) << kHalf;
}

// Bounds of the exponents in packs first..last-1 of leaves; returns the leaf with the largest.
GS_FN int boundsOf(const LeafLevel& level, int first, int last, F x, F y, float* bounds, float& most) {
  F best = F(-3e38), where = F(0.0);
  for (int p = first; p < last; ++p)
    for (int part = 0; part < kParts; ++part) {
      const LeafBounds& b = level.bounds[p];
      const int at = part * kLanes;
      const F dx = gsMax(gsAbs(x - gsLoad(b.centerX + at)) - gsLoad(b.halfX + at), F(0.0));
      const F dy = gsMax(gsAbs(y - gsLoad(b.centerY + at)) - gsLoad(b.halfY + at), F(0.0));
      const F bound = gsFnma(gsLoad(b.least + at), gsFma(dx, dx, dy * dy), gsLoad(b.most + at));
      gsStore(bound, bounds + p * kLeaf + at);
      const Mask better = gsLess(best, bound);
      where = gsSelect(better, F(double(p * kLeaf + at)), where);
      best = gsMax(best, bound);
    }
  most = mostOf(best);
  const std::uint32_t lanes = bitsOf(gsLess(best, F(double(most)))) ^ ((1u << kLanes) - 1);
  alignas(64) float start[kLanes];
  gsStore(where, start);
  const int lane = lanes == 0 ? 0 : int(hwy::Num0BitsBelowLS1Bit_Nonzero32(lanes));
  return int(start[lane]) + lane;
}

// Calls work(leaf) for the leaves of packs first..last-1 whose bound is not below `cut`: all, if that is not a number.
template <class Work>
GS_FN void forMet(const LeafLevel& level, const float* bounds, int first, int last, float cut, const Work& work) {
  constexpr int kAtOnce = 64 / kLanes;
  const F limit = F(double(cut));
  for (int from = first * kParts; from < last * kParts; from += kAtOnce) {
    const int to = from + kAtOnce < last * kParts ? from + kAtOnce : last * kParts;
    std::uint64_t met = 0;
    for (int i = from; i < to; ++i) {
      const std::uint32_t below = bitsOf(gsLess(gsLoad(bounds + i * kLanes), limit));
      met |= std::uint64_t(below ^ ((1u << kLanes) - 1)) << ((i - from) * kLanes);
    }
    for (; met != 0; met &= met - 1) work(level.leaves + from * kLanes + hwy::Num0BitsBelowLS1Bit_Nonzero64(met));
  }
}

// The largest exponents of a leaf, lane by lane, and `top`.
GS_FN F topOf(const Leaf* leaf, F x, F y, F top) {
  for (int k = 0; k < kParts; ++k) {
    F px, py;
    top = gsMax(gsExponent(leaf, k, x, y, px, py), top);
  }
  return top;
}

struct Sums {
  float top, z, vx, vy;
};
constexpr float kNowhere = -1e30f;      // where gsGroupSums starts
constexpr float kFar = 60, kAbove = 8;  // bits

// The sums of packs first..last-1. `top`, an exponent that is kept, is their reference; `most` is the largest bound.
GS_FN Sums sumsOver(const LeafLevel& level, const float* bounds, int first, int last, float most, float top, F x, F y) {
  // Out of all reach, where exponents lose their meaning, all leaves are summed: as gsGroupSums does.
  const float cut = top > kNowhere ? top - level.reach : -std::numeric_limits<float>::infinity();
  if (most > top + kFar) {  // the largest exponent itself is needed, or the sums could leave the floats
    F t = F(double(kNowhere));
    forMet(level, bounds, first, last, cut, [&](const Leaf* leaf) HWY_ATTR { t = topOf(leaf, x, y, t); });
    top = mostOf(t);
  }
  GsSums a;
  a.top = F(double(top));
  a.z = a.vx = a.vy = F(0.0);
  forMet(level, bounds, first, last, cut, [&](const Leaf* leaf) HWY_ATTR {
    for (int k = 0; k < kParts; ++k) gsAddBelow(leaf, k, x, y, a);
  });
  return {top, sumOf(a.z), sumOf(a.vx), sumOf(a.vy)};
}

// joint: every denoiser that needs group B weighs group A no less, so that what is nothing beside A is left out of B.
GS_CALL void nearSums(const LeafLevel& level, bool both, bool joint, float x, float y, Sums& A, Sums& B) {
  alignas(64) float bounds[kMostLeaves];
  const F yx = F(double(x)), yy = F(double(y));
  float most;
  const int nearest = boundsOf(level, 0, level.packsA, yx, yy, bounds, most);
  const float top = mostOf(topOf(level.leaves + nearest, yx, yy, F(double(kNowhere))));
  A = sumsOver(level, bounds, 0, level.packsA, most, top, yx, yy);
  B = {kNowhere, 0, 0, 0};
  if (!both) return;
  const int first = boundsOf(level, level.packsA, level.packs, yx, yy, bounds, most);
  if (joint && most < top - level.reach) return;
  // Where B does not rise above A, A's exponent serves as B's reference too.
  float topB = top;
  if (!joint || most > top + kAbove) topB = mostOf(topOf(level.leaves + first, yx, yy, F(double(kNowhere))));
  if (joint && topB < top) topB = top;
  B = sumsOver(level, bounds, level.packsA, level.packs, most, topB, yx, yy);
}

}  // namespace leaf

#undef GS_ROWS
#define GS_ROWS const ComponentRow*

GS_CALL void nearGroupSums(const LeafLevel& level, bool both, bool joint, F yx, F yy, GsSums& A, GsSums& B) {
  alignas(64) float x[kLanes], y[kLanes], a[4][kLanes], b[4][kLanes];
  gsStore(yx, x);
  gsStore(yy, y);
  for (int i = 0; i < kLanes; ++i) {
    leaf::Sums sa, sb;
    leaf::nearSums(level, both, joint, x[i], y[i], sa, sb);
    a[0][i] = sa.top, a[1][i] = sa.z, a[2][i] = sa.vx, a[3][i] = sa.vy;
    b[0][i] = sb.top, b[1][i] = sb.z, b[2][i] = sb.vx, b[3][i] = sb.vy;
  }
  A.top = gsLoad(a[0]), A.z = gsLoad(a[1]), A.vx = gsLoad(a[2]), A.vy = gsLoad(a[3]);
  B.top = gsLoad(b[0]), B.z = gsLoad(b[1]), B.vx = gsLoad(b[2]), B.vy = gsLoad(b[3]);
}
