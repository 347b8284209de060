#include <array>
#include <cmath>
#include <numbers>

#include "data/distributions.h"
#include "data/shapes.h"

namespace gs {
namespace {

constexpr double kPi = std::numbers::pi;

constexpr std::array kPresets = std::to_array<DistributionPreset>({
    {"two-modes", "Two modes",
     "A class with two modes beside a class with one: too much guidance empties one of the two."},
    {"two-gaussians", "Two Gaussians",
     "N((1,0), I) against N((-1,0), I): E[1/p(c|x)] starts at 2 and falls with the weight "
     "(2512.04985, theorem on classifier-free guidance)."},
    {"e2", "Inside and outside",
     "Class 1 is half N((1,0), I), half N((-1,0), I), class 0 is N(0, I) between them: 1/p(1|x) "
     "stays below 2.65, the best case for Monte Carlo (2512.04985). Condition on 1."},
    {"e3", "Three Gaussians", "Three unit Gaussians on the unit circle: E[1/p(c|x)] starts at exactly 3 (2512.04985)."},
    {"ov", "Overlap",
     "Two overlapping unit Gaussians at -1 and +1: guidance against the law that it is believed to sample."},
    {"ring", "Ring of eight", "Eight modes on a circle, alternating between two classes."},
    {"ring-4", "Ring of four", "Four modes on a circle, each a class: solvers with few steps show their errors here."},
    {"two-moons", "Two moons", "Two interlocking half circles, the classic of classifier pictures."},
    {"spirals", "Spirals", "Two spiral arms wound into each other: the push changes its direction along the arms."},
    {"checkerboard", "Checkerboard",
     "Dark and light squares as two classes: all together nearly uniform, alone a checkerboard."},
    {"pinwheel", "Pinwheel", "Five swirling arms, each a class."},
    {"rings", "Concentric rings", "Three rings around each other: the mean of every class is the same point."},
    {"letters", "Letters", "A word of yours, every letter a class."},
    {"tree", "Fractal tree",
     "Two trees of about a thousand thin components each: fine structure that sampling loses and "
     "guidance from a weaker model brings back (in the spirit of 2406.02507)."},
});

void add(Mixture& m, int label, double weight, Vec2 mean, double variance) {
  m.components.push_back({label, weight, mean, Sym2::isotropic(variance)});
}

Vec2 polar(double radius, double angle) { return {radius * std::cos(angle), radius * std::sin(angle)}; }

Mixture ring(int modes, int classes) {
  Mixture m;
  for (int i = 0; i < modes; ++i) add(m, i % classes, 1, polar(2, 2 * kPi * i / modes), 0.04);
  return m;
}

Mixture twoMoons() {
  // Radius 1.6, the lower moon moved by (1, 0.5) radii, the pair centred.
  constexpr double kRadius = 1.6;
  Mixture m;
  for (int label = 0; label < 2; ++label) {
    const double side = label == 0 ? 1 : -1;
    addStroke(m, label,
              {.curve = [=](double u) { return side * (polar(kRadius, kPi * (1 - u)) - Vec2(0.5, 0.25) * kRadius); },
               .across = [](double) { return 0.13; },
               .count = 24});
  }
  return m;
}

Mixture spirals() {
  Mixture m;
  for (int label = 0; label < 2; ++label)
    addStroke(m, label,
              {.curve = [=](double u) { return polar(0.35 + 2.15 * u, kPi * (label + 3.2 * u)); },
               .across = [](double) { return 0.09; },
               .count = 56});
  return m;
}

Mixture checkerboard() {
  // 4 x 4 squares of side 1.2, each 4 x 4 components whose spread is half their distance: flat inside, soft edges.
  constexpr int kSquares = 4, kInside = 4, kAll = kSquares * kInside;
  constexpr double kStep = 1.2 / kInside;
  Mixture m;
  for (int j = 0; j < kAll; ++j)
    for (int i = 0; i < kAll; ++i)
      add(m, (i / kInside + j / kInside) % 2, 1, Vec2(i + 0.5 - kAll / 2, j + 0.5 - kAll / 2) * kStep,
          0.25 * kStep * kStep);
  return m;
}

Mixture pinwheel() {
  // Arms with a bell-shaped density along the radius, turned by an angle that grows with it.
  Mixture m;
  for (int label = 0; label < 5; ++label)
    addStroke(m, label,
              {.curve =
                   [=](double u) {
                     const double r = 0.3 + 2.4 * u;
                     return polar(r, 2 * kPi * label / 5 + 0.55 * r);
                   },
               .across = [](double u) { return 0.06 + 0.14 * u; },
               .density = [](double u) { return std::exp(-0.5 * std::pow((u - 0.5) / 0.26, 2)); },
               .count = 14});
  return m;
}

Mixture rings() {
  Mixture m;
  for (int label = 0; label < 3; ++label) {
    const double radius = 0.8 * (label + 1);
    addStroke(m, label,
              {.curve = [=](double u) { return polar(radius, 2 * kPi * u); },
               .across = [](double) { return 0.09; },
               .count = 16 * (label + 1)});
  }
  return m;
}

Mixture build(std::string_view name, std::string_view word) {
  Mixture m;
  if (name == "two-modes") {
    add(m, 0, 0.25, {-2, 0}, 0.12);
    add(m, 0, 0.25, {1, 1.2}, 0.12);
    add(m, 1, 0.5, {1.5, -0.6}, 0.2);
  } else if (name == "two-gaussians") {
    add(m, 0, 0.5, {1, 0}, 1);
    add(m, 1, 0.5, {-1, 0}, 1);
  } else if (name == "e2") {
    add(m, 0, 0.5, {0, 0}, 1);
    add(m, 1, 0.25, {1, 0}, 1);
    add(m, 1, 0.25, {-1, 0}, 1);
  } else if (name == "e3") {
    for (int k = 0; k < 3; ++k) add(m, k, 1, polar(1, kPi * (90 + 120 * k) / 180), 1);
  } else if (name == "ov") {
    add(m, 0, 0.5, {-1, 0}, 1);
    add(m, 1, 0.5, {1, 0}, 1);
  } else if (name == "ring") {
    return ring(8, 2);
  } else if (name == "ring-4") {
    return ring(4, 4);
  } else if (name == "two-moons") {
    return twoMoons();
  } else if (name == "spirals") {
    return spirals();
  } else if (name == "checkerboard") {
    return checkerboard();
  } else if (name == "pinwheel") {
    return pinwheel();
  } else if (name == "rings") {
    return rings();
  } else if (name == "letters") {
    return lettersMixture(word);
  } else if (name == "tree") {
    return treeMixture();
  } else {
    throw InputError("distribution.name: there is no preset '" + std::string(name) + "'");
  }
  return m;
}

}  // namespace

std::span<const DistributionPreset> distributionPresets() { return kPresets; }

Mixture presetMixture(std::string_view name, std::string_view word) { return normalised(build(name, word)); }

}  // namespace gs
