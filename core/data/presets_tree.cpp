// A fractal tree of two classes in the spirit of the toy experiment of 2406.02507: structure at every scale down to
// twigs much thinner than their distance, a thousand components a class. The description is our own: a limb bends,
// tapers, forks in two and turns a little towards the light. Two trees stand side by side and their crowns interlock.
#include <cmath>
#include <cstdint>
#include <numbers>

#include "data/shapes.h"

namespace gs {
namespace {

constexpr int kLevels = 7;                                   // the trunk is level 0
constexpr int kPieces[kLevels] = {16, 14, 12, 10, 9, 8, 8};  // components of a limb: 1110 a tree
constexpr double kLength[kLevels] = {1.05, 0.80, 0.65, 0.52, 0.42, 0.33, 0.25};
constexpr double kStrokeWidth[kLevels + 1] = {0.075, 0.052, 0.037, 0.027, 0.020, 0.015, 0.011, 0.008};
// The mass of a whole level: even, with more at the tips, so that they are most of what is seen and can be lost.
constexpr double kMass[kLevels] = {0.09, 0.10, 0.12, 0.14, 0.16, 0.18, 0.21};

// A number in -1..1 that belongs to a limb: no two alike, the same on every machine (the mixing of splitmix64).
double wobble(std::uint64_t limb, std::uint64_t salt) {
  std::uint64_t z = limb * 0x9e3779b97f4a7c15ull + salt * 0xd1b54a32d192ed03ull + 0x632be59bd9b4e019ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  z ^= z >> 31;
  return double(z >> 11) * 0x1p-52 - 1;
}

Vec2 direction(double angle) { return {std::cos(angle), std::sin(angle)}; }

// A tree's own habit: where it stands, which way it leans, and the numbers that it draws.
struct Habit {
  int label;
  std::uint64_t seed;  // chosen by eye among a few
  double lean;         // of the trunk from the vertical, anticlockwise
  Vec2 root;
};

// `limb` numbers the limbs as a heap: 1 is the trunk, 2n and 2n + 1 fork from n.
void grow(Mixture& m, const Habit& tree, int level, std::uint64_t limb, Vec2 root, double angle) {
  const auto draw = [&](std::uint64_t what) { return wobble(limb, 8 * tree.seed + what); };
  const double length = kLength[level] * (1 + 0.12 * draw(1));
  const double bend = 0.40 * draw(2);  // the angle turned along the limb
  // A circular arc: the direction turns evenly from angle to angle + bend.
  const auto curve = [&](double u) {
    const double half = 0.5 * bend * u;
    return root + length * u * (std::abs(half) < 1e-6 ? 1 : std::sin(half) / half) * direction(angle + half);
  };
  addStroke(
      m, tree.label,
      {.curve = curve,
       .across = [&](double u) { return kStrokeWidth[level] + u * (kStrokeWidth[level + 1] - kStrokeWidth[level]); },
       .count = kPieces[level],
       .mass = kMass[level] / double(1u << level)});
  if (level + 1 == kLevels) return;
  const double up = 0.5 * std::numbers::pi, light = 0.14;
  const double spread = 0.53 + 0.08 * draw(3), middle = angle + bend + 0.12 * draw(4);
  for (const int side : {0, 1}) {
    const double wish = middle + (side == 0 ? spread : -spread);
    grow(m, tree, level + 1, 2 * limb + std::uint64_t(side), curve(1), wish + light * (up - wish));
  }
}

}  // namespace

Mixture treeMixture() {
  Mixture m;
  for (const Habit& tree : {Habit{0, 0, 0.02, Vec2(-1.08, -2.25)}, Habit{1, 4, -0.10, Vec2(1.02, -2.25)}})
    grow(m, tree, 0, 1, tree.root, 0.5 * std::numbers::pi + tree.lean);
  return m;
}

}  // namespace gs
