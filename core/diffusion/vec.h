// Plane vectors and symmetric 2x2 matrices, in double. Positions are dimensionless (data units).
#pragma once
#include <cmath>

#include <glm/vec2.hpp>
#include <glm/geometric.hpp>

namespace gs {

using Vec2 = glm::dvec2;

// Positions that are farther out than this, or not finite, are "blown up": data lie within 1e6 of the origin, and what
// is computed from larger numbers (their squares, their class posteriors) would mean nothing in single precision.
inline constexpr double kFarthest = 1e9;
inline bool blownUp(float x, float y) { return !(std::abs(x) <= float(kFarthest) && std::abs(y) <= float(kFarthest)); }

// A symmetric matrix ((xx, xy), (xy, yy)): covariances, Hessians, Jacobians of exact denoisers.
struct Sym2 {
  double xx = 1, xy = 0, yy = 1;
  bool operator==(const Sym2&) const = default;

  static Sym2 isotropic(double variance) { return {variance, 0, variance}; }
  static Sym2 outer(Vec2 v) { return {v.x * v.x, v.x * v.y, v.y * v.y}; }
  double determinant() const { return xx * yy - xy * xy; }
  double trace() const { return xx + yy; }
  // Undefined for a singular matrix.
  Sym2 inverse() const {
    const double d = determinant();
    return {yy / d, -xy / d, xx / d};
  }
  bool positiveDefinite() const { return xx > 0 && yy > 0 && determinant() > 0; }
};

inline Vec2 operator*(const Sym2& m, Vec2 v) { return {m.xx * v.x + m.xy * v.y, m.xy * v.x + m.yy * v.y}; }
inline Sym2 operator*(double s, const Sym2& m) { return {s * m.xx, s * m.xy, s * m.yy}; }
inline Sym2 operator+(const Sym2& a, const Sym2& b) { return {a.xx + b.xx, a.xy + b.xy, a.yy + b.yy}; }
inline Sym2 operator-(const Sym2& a, const Sym2& b) { return {a.xx - b.xx, a.xy - b.xy, a.yy - b.yy}; }

}  // namespace gs
