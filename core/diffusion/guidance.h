// Guidance as a stack of weighted pushes: D^ = D_main + sum_i omega_i(t) (D_plus_i - D_minus_i). omega = 0 is off.
#pragma once
#include <vector>

#include "diffusion/vec.h"

namespace gs {

enum class TermKind {
  Cfg,          // conditional - unconditional (2207.12598); "cfg scale" = 1 + omega
  Autoguidance  // the model - a weaker version of itself (2406.02507)
};
enum class CurveKind { Constant, Interval, Linear, Cosine, Drawn };

// A knot of a drawn curve: a multiplier of omega at diffusion time t.
struct Knot {
  double t = 0;      // 0..1, strictly increasing along a curve
  double value = 1;  // -2..4
  bool operator==(const Knot&) const = default;
};

// omega(t) = omega * curve(t). Progress is 1 - t of the schedule.
struct Curve {
  static constexpr int kMaxKnots = 32;
  CurveKind kind = CurveKind::Constant;
  double lo = 0.1, hi = 5;  // Interval: 1 for lo < sigma/alpha <= hi, else 0 (2404.07724)
  double from = 0, to = 2;  // Linear, Cosine: the multiplier at noise (t = 1) and at data (t = 0); 0 -> 2 has mean 1
  std::vector<Knot> knots;  // Drawn: at least 2; monotone cubic (Fritsch-Carlson), constant beyond the ends
  bool operator==(const Curve&) const = default;
};
// The multiplier at time t and ratio sigma/alpha (0..infinity).
double evaluate(const Curve&, double t, double ratio);

// The weak model of autoguidance; all zero = the model itself (the push vanishes).
struct WeakModel {
  double broaden = 0.2;     // standard deviation added: S_k + broaden^2 I
  double leakDensity = 0;   // e: its conditional density is (1 - e) p(x|c) + e p(x)
  double leakDenoiser = 0;  // e: its denoiser is (1 - e) D_c + e D_u
  bool operator==(const WeakModel&) const = default;
};

struct Term {
  TermKind kind = TermKind::Cfg;
  bool enabled = true;
  double omega = 2;  // -1..20
  Curve curve;
  WeakModel weak;  // Autoguidance only
  bool operator==(const Term&) const = default;
};

}  // namespace gs
