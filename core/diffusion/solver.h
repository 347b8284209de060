// The solvers, as names and properties; their arithmetic is the kernel text in kernels/step.inl.
#pragma once

namespace gs {

enum class SolverKind {
  Euler,        // = DDIM: y' = D + r (y - D)
  Heun,         // EDM (2206.00364, algorithm 1 without churn), last step Euler
  Dpmpp2m,      // DPM-Solver++(2M) (2211.01095), first and last step first order
  Exponential,  // y' = D + r^(1+kappa) (y - D) + sh' sqrt(1 - r^(2 kappa)) z; kappa 0 DDIM, 1 DDPM
  Rk4           // classic, in ell = ln(sigma/alpha), last step y = D
};

struct Sampler {
  SolverKind kind = SolverKind::Euler;
  double churn = 0;  // kappa, 0..8, of Exponential only
  bool operator==(const Sampler&) const = default;
};

}  // namespace gs
