// Components of large mixtures in small groups of neighbours, for the levels of little noise: there a particle meets
// few of them, and whole groups are left out that could not change a float.
//
// The test of a group. Component k's density at y is 2^e_k, e_k = logNorm_k - (y - mu_k)^T P_k (y - mu_k). With d the
// distance from y to the box of the group's means and `least` the smallest eigenvalue of its P,
//     e_k <= most - least d^2,   most = the largest logNorm.
// A group is left out where this bound lies `reach` = 27 + log2(number of components) bits below an exponent that is
// kept. All that is left out then weighs at most 2^-27 of what is kept, in Z. A denoiser is a mean of the components'
// own denoisers D_k = y + sh^2 C_k^-1 (mu_k - y), which lie no further from y than mu_k does, so that it moves by at
// most 2^-26 (|y| + max |mu|): less than the rounding of y and mu themselves.
//
// Which groups are left out depends on the particle alone, so its path is the same bits whatever runs beside it. The
// shaders (shaders/guided.glsl) leave out by the same bound, and add up in an order of their own.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/plan.h"

namespace gs {

inline constexpr int kLeaf = 16;          // components of a group, and groups that are tested at once
inline constexpr int kMostLeaves = 1024;  // of both groups A and B; larger tables are always summed as they are

// The rows of kLeaf components, number by number; what is missing from the last one has no density.
struct alignas(64) Leaf {
  float meanX[kLeaf], meanY[kLeaf], pxx[kLeaf], pxy[kLeaf], pyy[kLeaf], logNorm[kLeaf];
};
// What the test needs of kLeaf leaves.
struct alignas(64) LeafBounds {
  float centerX[kLeaf], centerY[kLeaf], halfX[kLeaf], halfY[kLeaf], least[kLeaf], most[kLeaf];
};

struct LeafLevel {
  const Leaf* leaves;        // packs * kLeaf
  const LeafBounds* bounds;  // packs: those of group A first, the last one of either filled with empty leaves
  int packsA, packs;
  float reach;  // bits
};

struct LeafTables {
  std::vector<Leaf> leaves;
  std::vector<LeafBounds> bounds;
  std::vector<int> place;  // [evaluation level]: which part of the tables; -1: all components are summed
  std::vector<float> met;  // [part]: how many leaves a particle of that level is expected to meet
  int packsA = 0, packs = 0;
  int leavesA = 0, leavesB = 0;  // without what fills the last packs
  float reach = 0;
  // Whether this level has leaves; `out` is set then.
  bool at(int level, LeafLevel& out) const;
};

// rows [level][component], the first groupA of a level in group A; levels whose ratio is infinite have none. Null where
// no level gains anything: few components, or much noise.
std::shared_ptr<const LeafTables> leavesOf(std::span<const ComponentRow> rows, int components, int groupA,
                                           std::span<const double> ratios);

}  // namespace gs
