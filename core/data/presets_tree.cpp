// A fractal tree of two classes in the spirit of the toy experiment of 2406.02507: structure at every scale down to
// twigs much thinner than their distance, a thousand components a class. The description is our own: a limb bends,
// tapers and forks in two; the second class is the first turned by half a circle, so that the crowns meet.
#include <cmath>
#include <cstdint>
#include <numbers>

#include "data/shapes.h"

namespace gs {
namespace {

constexpr int kLevels = 7;                                         // the trunk is level 0
constexpr int kPieces[kLevels] = {16, 14, 12, 10, 9, 8, 8};        // components of a limb: 1110 a tree
constexpr double kLength[kLevels] = {1.25, 0.92, 0.70, 0.54, 0.40, 0.29, 0.21};
constexpr double kWidth[kLevels + 1] = {0.075, 0.052, 0.037, 0.027, 0.020, 0.015, 0.011, 0.008};
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

// `limb` numbers the limbs as a heap: 1 is the trunk, 2n and 2n + 1 fork from n.
void grow(Mixture& m, int label, double turn, int level, std::uint64_t limb, Vec2 root, double angle) {
  const double length = kLength[level] * (1 + 0.14 * wobble(limb, 1));
  const double bend = 0.45 * wobble(limb, 2);  // the angle turned along the limb
  const auto curve = [&](double u) {
    // A circular arc: the direction turns evenly from angle to angle + bend.
    const double half = 0.5 * bend * u, chord = length * u * (std::abs(half) < 1e-6 ? 1 : std::sin(half) / half);
    const Vec2 p = root + chord * direction(angle + half);
    return Vec2(std::cos(turn) * p.x - std::sin(turn) * p.y, std::sin(turn) * p.x + std::cos(turn) * p.y);
  };
  addStroke(m, label, {.curve = curve,
                       .across = [&](double u) { return kWidth[level] + u * (kWidth[level + 1] - kWidth[level]); },
                       .count = kPieces[level],
                       .mass = kMass[level] / double(1u << level)});
  if (level + 1 == kLevels) return;
  const double half = 0.5 * bend, chord = length * (std::abs(half) < 1e-6 ? 1 : std::sin(half) / half);
  const Vec2 end = root + chord * direction(angle + half);
  const double spread = 0.56 + 0.10 * wobble(limb, 3), lean = 0.14 * wobble(limb, 4);
  grow(m, label, turn, level + 1, 2 * limb, end, angle + bend + lean + spread);
  grow(m, label, turn, level + 1, 2 * limb + 1, end, angle + bend + lean - spread);
}

}  // namespace

Mixture treeMixture() {
  Mixture m;
  for (int label = 0; label < 2; ++label)
    grow(m, label, std::numbers::pi * label, 0, 1, Vec2(-0.55, -1.9), 0.5 * std::numbers::pi + 0.25);
  return m;
}

}  // namespace gs
