// What the files of rewards share, here and in the engine; for no others.
#pragma once
#include "diffusion/reward.h"

namespace gs {

struct Matrix2 {
  double a, b, c, d;  // ((a, b), (c, d))
};
inline Matrix2 productOf(const Sym2& p, const Sym2& q) {
  return {p.xx * q.xx + p.xy * q.xy, p.xx * q.xy + p.xy * q.yy, p.xy * q.xx + p.yy * q.xy, p.xy * q.xy + p.yy * q.yy};
}
// The precision L of a bowl.
Sym2 precisionOf(const Reward&);
// phi(z) / Phi(z) and log Phi(z), exact in the far tail.
struct NormalTail {
  double mills, logPhi;
};
NormalTail normalTail(double z);
// log E[r] under N(m, V), and its gradient in m: Linear, Bowl, HalfPlane; Ramp and Sinusoid by Gauss-Hermite.
LogH gaussianReward(const Reward&, Vec2 m, const Sym2& v);

// A typed or painted reward may have details between the nodes of a wide part.
inline bool isDetailed(const Reward& r) { return r.kind == RewardKind::Expression || r.kind == RewardKind::Painted; }

}  // namespace gs
