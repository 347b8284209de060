// How many stored points of a path are drawn.
#include <epoxy/gl.h>

#include <gtest/gtest.h>

#include <cmath>

#include "render/layers.h"

namespace gs {
namespace {

// One path a function of step / steps, in data units.
template <class Path>
Frame frameOf(int steps, Path path) {
  Frame f;
  f.particles = 3;
  f.grid.resize(std::size_t(steps) + 1);
  for (int s = 0; s <= steps; ++s)
    for (int i = 0; i < 3; ++i) {
      const Vec2 p = path(double(s) / steps) + Vec2(i, 0);
      f.x.push_back(float(p.x));
      f.x.push_back(float(p.y));
    }
  return f;
}

int level(const Frame& f, double pixelsPerUnit) {
  const std::vector<double> norms(std::size_t(f.rows()), 1.0);
  return TrajectoryDrawing::levelOfDetail(f, norms, pixelsPerUnit);
}

TEST(LevelOfDetail, EvenStraightPathsNeedFewPoints) {
  const Frame f = frameOf(64, [](double u) { return Vec2(u, 2 * u); });
  EXPECT_EQ(level(f, 400), 8);
}

TEST(LevelOfDetail, CurvesAreDrawnAsFinelyAsTheyAreSeen) {
  // A circle of radius 1: the sagitta of a chord over k of n steps is 1 - cos(pi k / n) = (pi k / n)^2 / 2.
  const Frame f = frameOf(64, [](double u) { return Vec2(std::cos(2 * M_PI * u), std::sin(2 * M_PI * u)); });
  const auto sagitta = [](int k) { return 1 - std::cos(M_PI * k / 64); };
  EXPECT_EQ(level(f, .45 / sagitta(8)), 8);
  EXPECT_EQ(level(f, .55 / sagitta(8)), 4);
  EXPECT_EQ(level(f, .45 / sagitta(4)), 4);
  EXPECT_EQ(level(f, .45 / sagitta(2)), 2);
  EXPECT_EQ(level(f, .55 / sagitta(2)), 1);
}

TEST(LevelOfDetail, UnevenSpeedKeepsTheCutAtTheCursorInPlace) {
  const Frame f = frameOf(64, [](double u) { return Vec2(u * u * u, 0); });  // straight, but ever faster
  EXPECT_EQ(level(f, 2000), 1);
  EXPECT_EQ(level(f, 1), 8);
}

TEST(LevelOfDetail, WhatBlowsUpIsDrawnPointByPoint) {
  Frame f = frameOf(64, [](double u) { return Vec2(u, u); });
  f.x[60] = std::nanf("");
  EXPECT_EQ(level(f, 1), 1);
}

TEST(LevelOfDetail, CountsStepsWhereOnlySomeAreStored) {
  Frame f = frameOf(4, [](double u) { return Vec2(u < .9 ? u * 4 / 10 : 1, 0); });  // rows at steps 0 1 2 3 10: even
  f.grid.resize(11);
  f.stored = {0, 1, 2, 3, 10};
  EXPECT_EQ(level(f, 1000), 8);
  f.stored = {0, 1, 2, 3, 4};
  f.grid.resize(5);
  EXPECT_EQ(level(f, 1000), 1);
}

}  // namespace
}  // namespace gs
