// Small pictures for the renderer's tests: a classifier-free-guided Euler run with the closed forms, without an engine.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <ostream>
#include <random>
#include <vector>

#include "render/offscreen.h"

namespace gs::test {

struct Pixel {
  int r = 0, g = 0, b = 0;
  friend bool operator==(const Pixel&, const Pixel&) = default;
  friend std::ostream& operator<<(std::ostream& o, const Pixel& p) { return o << p.r << ',' << p.g << ',' << p.b; }
};
struct Shot {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgba;  // row 0 at the top
  Pixel at(int x, int yFromBottom) const {
    const std::uint8_t* p = &rgba[(std::size_t(height - 1 - yFromBottom) * std::size_t(width) + std::size_t(x)) * 4];
    return {p[0], p[1], p[2]};
  }
};
inline Shot shoot(Renderer& r, const Picture& p, const View& v, int width = 320, int height = 240, double ratio = 1) {
  return {width, height, renderToRgba(r, p, v, width, height, ratio)};
}

inline Mixture twoModes() {
  Mixture m;
  m.components = {{0, 0.35, {-2, 0}, Sym2::isotropic(0.12)},
                  {0, 0.35, {1, 1.2}, Sym2::isotropic(0.12)},
                  {1, 0.3, {1.6, -0.6}, Sym2::isotropic(0.3)}};
  return m;
}

inline std::vector<GridPoint> flowGrid(int steps) {
  std::vector<GridPoint> grid;
  for (int i = 0; i <= steps; ++i) {
    const double t = 1 - double(i) / steps;
    grid.push_back({t, t / (1 - t), {1 - t, t}});
  }
  return grid;
}

inline std::shared_ptr<Frame> emptyFrame(int particles, int steps, int condition = 0) {
  auto frame = std::make_shared<Frame>();
  auto experiment = std::make_shared<Experiment>();
  experiment->condition = condition;
  experiment->guidance = {Term{}};
  frame->experiment = experiment;
  frame->mixture = std::make_shared<Mixture>(twoModes());
  frame->grid = flowGrid(steps);
  frame->particles = particles;
  frame->x.assign(std::size_t(steps + 1) * std::size_t(particles) * 2, 0.0f);
  return frame;
}
inline void put(Frame& f, int step, int particle, double x, double y) {
  float* p = f.x.data() + (std::size_t(step) * std::size_t(f.particles) + std::size_t(particle)) * 2;
  p[0] = float(x);
  p[1] = float(y);
}

inline std::shared_ptr<Frame> guidedFrame(int particles, int steps, double omega, int condition = 0) {
  auto frame = emptyFrame(particles, steps, condition);
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  const Mixture& m = *frame->mixture;
  for (int i = 0; i < particles; ++i) {
    Vec2 x(normal(random), normal(random));
    put(*frame, 0, i, x.x, x.y);
    for (int s = 0; s < steps; ++s) {
      const NoiseLevel a = frame->grid[std::size_t(s)].level, b = frame->grid[std::size_t(s) + 1].level;
      const Vec2 uncond = a.alpha > 0 ? denoise(m, x, a) : m.mean(),
                 cond = a.alpha > 0 ? denoise(m, x, a, condition) : m.mean(condition);
      const Vec2 d = cond + omega * (cond - uncond), eps = (x - a.alpha * d) / a.sigma;
      x = b.alpha * d + b.sigma * eps;
      put(*frame, s + 1, i, x.x, x.y);
    }
  }
  return frame;
}

inline std::shared_ptr<DensityField> density(const Mixture& m, const FieldGrid& grid, NoiseLevel level) {
  auto field = std::make_shared<DensityField>();
  field->grid = grid;
  field->level = level;
  field->classes = m.classes();
  for (int c = 0; c < field->classes; ++c)
    for (int j = 0; j < grid.height; ++j)
      for (int i = 0; i < grid.width; ++i)
        field->logJoint.push_back(float(logDensity(m, grid.center(i, j), level, c) + std::log(m.classProbability(c))));
  return field;
}

inline std::shared_ptr<TargetField> tilted(const Mixture& m, const FieldGrid& grid, double omega, int condition = 0) {
  auto field = std::make_shared<TargetField>();
  field->grid = grid;
  std::vector<float> sorted;
  const double cell = (grid.hi.x - grid.lo.x) / grid.width * (grid.hi.y - grid.lo.y) / grid.height;
  double total = 0;
  for (int j = 0; j < grid.height; ++j)
    for (int i = 0; i < grid.width; ++i) {
      const Vec2 x = grid.center(i, j);
      field->logDensity.push_back(float((1 + omega) * logDensity(m, x, {}, condition) - omega * logDensity(m, x, {})));
      total += std::exp(double(field->logDensity.back())) * cell;
    }
  for (float& v : field->logDensity) v -= float(std::log(total));
  sorted = field->logDensity;
  std::sort(sorted.rbegin(), sorted.rend());
  double mass = 0;
  for (const float v : sorted) {
    const double before = mass;
    mass += std::exp(double(v)) * cell;
    for (const double level : {0.393, 0.865})
      if (before < level && mass >= level) field->contourLevels.push_back(v);
  }
  return field;
}

inline FieldGrid gridFor(const View& v, int width, int height, int columns, NoiseLevel level = {}) {
  return visibleGrid(v, level, width, height, columns);
}

// Nothing but what a test turns on.
inline View bareView() {
  View v;
  v.density.visible = v.target.visible = v.trajectories.visible = v.particles.visible = v.axes.visible = false;
  return v;
}

}  // namespace gs::test
