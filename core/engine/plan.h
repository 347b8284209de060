// Everything of an experiment that does not depend on the particle, worked out once, in double. Engines execute it:
// a schedule, a solver or a guidance curve is written once, here.
//
// State inside an engine is y = x / alpha. At a level with ratio sh, component k has covariance C_k = S_k + sh^2 I.
// A denoiser is y + sh^2 V / Z with Z = sum_k w_k N_k, V = sum_k w_k N_k C_k^-1 (mu_k - y). Its weights w_k depend on
// the component only through its group: A = of the condition's class, B = all others (without a condition all are A).
// So one pass over the components of a model yields (Z, V) of both groups, each under its own maximum exponent, and every
// denoiser of that model is a blend (a, b) of the two: unconditional (1, 1), conditional (1 / p(c), 0), density leak e
// ((1 - e) / p(c) + e, e).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "diffusion/schedule.h"
#include "session/experiment.h"

namespace gs {

// One component at one level, ready for the kernel: exponent = logNorm - 1/2 (y-mu)^T P (y-mu).
struct ComponentRow { float meanX, meanY, pxx, pxy, pyy, logNorm; };

// A component set at every level: the data law, or a broadened copy (autoguidance).
struct PlanModel {
  double broaden = 0;
  int components = 0, groupA = 0;  // rows [0, groupA) are group A
  std::vector<std::vector<ComponentRow>> rows;  // [evaluation level][component], A first
};

// One denoiser that enters the guided sum: D^ += coefficient(level) * D.
struct PlanBranch {
  int model = 0;
  float a = 1, b = 0;               // blend of the groups
  std::vector<float> coefficient;   // [evaluation level]; over all branches they sum to 1 at every level
};

struct PlanStep {
  int level = 0, levelMid = -1, levelNext = -1;  // evaluation levels of the stages (mid: RK4; next: Heun, RK4)
  float ratio = 0, ratioNext = 0;                // sh, sh' (ratio may be infinite on step 0)
  float decay = 0, noise = 0;                    // universal step: y' = D + decay (y - D) + noise z
  float blendNow = 1, blendOld = 0;              // DPM++(2M): D~ = blendNow D + blendOld D_old
  bool firstOrder = true;                        // this step is y' = D + decay (y - D) (+ noise z)
  float alphaNext = 1, sigmaNext = 0;            // to store x' = alpha' y'
};

struct Plan {
  std::shared_ptr<const Experiment> experiment;
  std::shared_ptr<const Mixture> mixture;
  std::vector<GridPoint> grid;       // [steps + 1]
  std::vector<double> ratios, times; // [evaluation level]; infinite on a first level of pure noise
  std::vector<PlanModel> models;
  std::vector<PlanBranch> branches;
  std::vector<PlanStep> steps;
  std::vector<ComponentRow> startRows;  // of the condition, for exact starts: cumulative weight in logNorm, Cholesky factor in pxx, pxy, pyy
  Vec2 infiniteDenoiser{0.0};         // the guided prior mean, D^ at infinite ratio
  int modelCalls = 0;                 // of one trajectory
  int kernelRows() const;             // components summed over one evaluation, for ns per component
};

// Throws std::invalid_argument with a path ("sampler.churn: ...") for combinations that make no sense.
Plan compile(const Experiment&, std::shared_ptr<const Mixture>);

}  // namespace gs
