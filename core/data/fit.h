// Fitting a Gaussian mixture to the points of one class.
#pragma once
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "diffusion/mixture.h"
#include "session/experiment.h"

namespace gs {

// Draws that do not depend on the standard library: mt19937_64's sequence is fixed by the standard, its distributions'
// are not.
class FitRandom {
 public:
  explicit FitRandom(std::uint64_t seed) : bits_(seed) {}
  double uniform() { return double(bits_() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  std::mt19937_64 bits_;
};

// The points in boxes of at most kLeaf neighbours (a k-d tree's leaves) and those in groups, so that whole boxes of
// points can skip far components whatever the points' distribution.
struct PointBoxes {
  static constexpr int kLeaf = 48, kGroup = 64;
  struct Box {
    int begin, end;  // of `points`, or of `boxes` for a group
    Vec2 lo, hi;
  };
  std::vector<Vec2> points;  // reordered
  std::vector<Box> boxes, groups;
};
PointBoxes makeBoxes(std::span<const Vec2> points);

// k-means++ seeding (2007, Arthur and Vassilvitskii) then at most `sweeps` Lloyd sweeps, exact. Fewer centres than `k`
// where there are fewer different points.
struct Clusters {
  std::vector<Vec2> centers;
  std::vector<int> owner;  // [point of PointBoxes] -> center
};
// Called with the share of the work that is done, 0..1; may throw to end it.
using FitStep = std::function<void(double)>;
Clusters cluster(const PointBoxes&, int k, int sweeps, FitRandom&, const FitStep& = {});

inline constexpr int kEmIterations = 60;

// A mixture of at most `k` components with weights that sum to 1 and label 0. Em: k-means++ and at most `iterations` of
// EM with covariances whose eigenvalues are at least spread^2; Kernels: isotropic with standard deviation `spread` at
// k-means++ seeds, weighted by the points nearest to each. `points` is not empty, `spread` > 0.
std::vector<Component> fitPoints(std::span<const Vec2> points, FitKind, int k, double spread,
                                 int iterations = kEmIterations, const FitStep& = {});

}  // namespace gs
