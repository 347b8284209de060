// Everything of an experiment that does not depend on the particle, worked out once, in double. Engines execute it:
// a schedule, a solver or a guidance curve is written once, here.
//
// State inside an engine is y = x / alpha. At a level with ratio sh, component k has covariance C_k = S_k + sh^2 I.
// A denoiser is y + sh^2 V / Z with Z = sum_k w_k N_k, V = sum_k w_k N_k C_k^-1 (mu_k - y). Its weights w_k depend on
// the component only through its group: A = of the condition's class, B = all others (without a condition all are A).
// So one pass over the components of a model yields (Z, V) of both groups, each under its own maximum exponent, and
// every denoiser of that model is a blend (a, b) of the two: conditional (1, 0), unconditional (1, 1), density leak e
// ((1 - e) / p(c) + e, e), each up to a factor that cancels. A step of classifier-free guidance costs one exponential
// per component.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diffusion/schedule.h"
#include "session/experiment.h"

namespace gs {

// One component at one level, ready for the kernel (in base 2, so that an exponential is 2^e): the density is 2^e with
// e = logNorm - (y - mu)^T P (y - mu); P is log2(e) / 2 times the inverse covariance.
template <class T>
struct BasicRow {
  T meanX, meanY, pxx, pxy, pyy, logNorm;
};
using ComponentRow = BasicRow<float>;

// Rows of these components of the law of alpha (x0 + broaden n) + sigma n', in the given order.
std::vector<BasicRow<double>> componentRows(const Mixture&, std::span<const int> order, NoiseLevel, double broaden = 0);
// All components, those of `label` first, each group in the mixture's own order; kUnconditional: as they are.
std::vector<int> groupOrder(const Mixture&, int label);

struct LeafTables;  // engine/leaves.h

// A component set at every level: the data law, or a broadened copy (autoguidance).
struct PlanModel {
  double broaden = 0;
  int components = 0, groupA = 0;  // rows [0, groupA) are group A; without a branch that needs group B it is left out
  std::shared_ptr<const std::vector<ComponentRow>> rows;  // [evaluation level][component], A first
  const ComponentRow* at(int level) const { return rows->data() + std::size_t(level) * std::size_t(components); }
  std::shared_ptr<const LeafTables> leaves;  // the rows once more, where it pays to leave most of them out; or null
};

// One denoiser that enters the guided sum: D^ += coefficient(level) * D. Where the coefficient is 0 it is not
// evaluated.
struct PlanBranch {
  int model = 0;
  double a = 1, b = 0;              // blend of the groups; (1, 0) or b = 1
  std::vector<double> coefficient;  // [evaluation level]; over all branches they sum to 1 at every level
};

struct PlanStep {
  int level = 0, levelMid = -1, levelNext = -1;  // evaluation levels of the stages (mid: RK4; next: Heun, RK4)
  double ratio = 0, ratioNext = 0;               // sh, sh'
  bool fromPureNoise = false;                    // sh is infinite: y' = D(inf) + sh' z
  bool firstOrder = true;                        // y' = D + decay (y - D) + noise z
  double decay = 0, noise = 0;
  double blendNow = 1, blendOld = 0;  // DPM++(2M): D~ = blendNow D + blendOld D_old, then as first order
  double heunNow = 0, heunNext = 0;   // (sh' - sh) / 2 over sh and over sh'
  double logDecay = 0;                // RK4: ln(sh' / sh)
  double alphaNext = 1;               // to store x' = alpha' y'
};

// For exact starts: component k is chosen by a 32-bit word below `below`; y = mean + L z, L lower triangular.
struct PlanStart {
  double meanX, meanY, l11, l21, l22;
  std::uint32_t below;
};

struct Plan {
  std::shared_ptr<const Experiment> experiment;
  std::shared_ptr<const Mixture> mixture;
  std::vector<GridPoint> grid;        // [steps + 1]
  std::vector<double> ratios, times;  // [evaluation level]; infinite on a first level of pure noise
  std::vector<PlanModel> models;      // model 0 is the data law
  std::vector<PlanBranch> branches;   // branch 0 is the main model: the denoiser without guidance
  std::vector<PlanStep> steps;
  std::vector<PlanStart> start;  // of the condition; empty for gaussian starts and starts from pure noise
  Vec2 infiniteDenoiser{0.0};    // the guided prior mean, D^ at infinite ratio
  int modelCalls = 0;            // of one trajectory
  double rowEvaluations = 0;     // components summed over one trajectory, for ns per component
  int kernelRows() const;        // components summed over the costliest single evaluation
};

// Throws std::invalid_argument with a path ("sampler.churn: ...") for combinations that make no sense. The tables of
// `previous` are shared where they are the same ones (dragging a weight computes no table).
Plan compile(const Experiment&, std::shared_ptr<const Mixture>, const Plan* previous = nullptr);

// t of a ratio inside step `step` of a grid, as the weight curves see it: the schedule's own t; for EDM, whose t is the
// position on the grid, the interpolated position.
double stageTime(const Schedule&, std::span<const GridPoint> grid, int step, double ratio);

// The guided denoiser at one more level (a probe, the colours at the cursor): a plan without steps whose only
// evaluation level is this one.
Plan compileLevel(const Experiment&, std::shared_ptr<const Mixture>, double t, double ratio);

}  // namespace gs
