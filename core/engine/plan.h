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
//
// A stack of plain pushes is a linear combination of denoisers: coefficients of branches. What else a term does with
// them at each particle is a PlanShape; levels without any take the linear path of the engines.
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

struct LeafTables;   // engine/leaves.h
struct RewardModel;  // engine/reward_model.h

// A component set at every level: the data law, a copy with other components, widths or noise levels, or one that is
// grouped by another class.
//
// With a network (diffusion/network.h) in place of the components, its denoiser is a pull from y; the rows are the
// numbers of engine/networks.h.
struct PlanModel {
  std::shared_ptr<const Mixture> law;
  double broaden = 0;              // standard deviation added to its components
  std::vector<double> scale;       // [evaluation level]: its rows are those of scale * ratio; empty: of the ratio
  std::vector<int> order;          // its components, group A first
  int components = 0, groupA = 0;  // rows [0, groupA) are group A; without a branch that needs group B it is left out
  std::shared_ptr<const std::vector<ComponentRow>> rows;  // [evaluation level][component], A first
  std::vector<BasicRow<double>> rowsAt(double ratio, std::size_t level) const;
  const ComponentRow* at(int level) const { return rows->data() + std::size_t(level) * std::size_t(components); }
  NetworkFile network;                       // with contents, or none
  std::vector<int> labels;                   // the classes that the network is asked for
  std::shared_ptr<const LeafTables> leaves;  // the rows once more, where it pays to leave most of them out; or null
};

// One denoiser that enters the guided sum: D^ += coefficient(level) * D. Where the coefficient is 0 and no shape asks
// for it, it is not evaluated.
struct PlanBranch {
  int model = 0;
  double a = 1, b = 0;              // blend of the groups; (1, 0), (0, 1) or b = 1
  double unguided = 0;              // its share of the model's answer without guidance: 1 for branch 0, if none leaks
  int label = kUnconditional;       // what a network is asked for
  std::vector<double> coefficient;  // [evaluation level]; over all branches they sum to 1, or all are 0
  std::vector<double> as, bs;       // [evaluation level]: a and b where they change with the level, else empty
  std::vector<double> gains;        // [evaluation level]: D = y + gain sh^2 V / Z; empty: 1 (a shifted model: scale^2)
  double logMass = 0;               // log2 of what a Z_A + b Z_B is to be divided by to be a density ...
  std::vector<double> logMasses;    // ... [evaluation level] where it changes
  double aAt(std::size_t level) const { return as.empty() ? a : as[level]; }
  double bAt(std::size_t level) const { return bs.empty() ? b : bs[level]; }
  double gainAt(std::size_t level) const { return gains.empty() ? 1 : gains[level]; }
};

// The rules of kernels/guidance.inl, by their numbers there.
enum class ShapeKind {
  Push,
  Power,
  Mambo,
  Adaptive,
  Perpendicular,
  Dynamic,
  Feedback,
  Temperature,
  Zero,
  Still,
  Tangential,
  Rectified,
  Apg,
  Rescale,
  Threshold,
  Noise,
  Characteristic,
  Sum,
  Tracked
};
// What a term does to the push of the stack so far, at every particle: a rule of kernels/guidance.inl with its
// denoisers (branches, -1: none) and numbers. After one that changes the sum, plain pushes are shapes as well.
struct PlanShape {
  struct Numbers {
    double weight = 0;
    double a = 0, b = 0, c = 0;
    double toY = 0, toD = 1;  // the space: toY (y - center) + toD (D - center)
    bool records = false;     // what it remembers moves on whatever its weight
    bool applied() const { return weight != 0 || records; }
  };
  ShapeKind kind = ShapeKind::Push;
  int first = 0, second = 0, third = -1;
  std::vector<Numbers> at;  // [evaluation level]
  Vec2 center{0.0};
};
// Denoisers that one level may ask for where it has shapes.
inline constexpr int kMostDenoisers = 20;

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
  int point = 0;                      // of the grid: where it ends, or the last one above
  bool shown = true;                  // its end is what is stored of that point: the last of several visits
  std::uint32_t draw = 0;             // the number of its noise
  bool fresh = false;                 // nothing is remembered of the step before
  bool moves = true;                  // what is remembered, by shapes or DPM++(2M), moves on
};
// What is done at an evaluation level beside the solver's first way down: some terms push only there.
struct LevelPart {
  bool corrects = false;  // Langevin steps (TermKind::PredictorCorrector)
  bool again = false;     // of a round (TermKind::Gibbs)
  bool noises = false;    // no denoiser is asked, so that D = y: noise is added
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
  std::vector<LevelPart> parts;       // [evaluation level]
  std::vector<PlanModel> models;      // model 0 is the sampled one, without faults the data law
  std::vector<PlanBranch> branches;   // branch 0 is the main model: the denoiser without guidance
  std::vector<PlanShape> shapes;      // in the order of the stack
  std::vector<std::shared_ptr<const RewardModel>> rewards;  // laws r p / E[r] that terms push to
  bool coarse = false;                                      // one of them is, for the sake of speed
  bool remembers = false;                                   // a shape has a memory: momentum, latch, tracked posterior
  std::vector<PlanStep> steps;    // one between neighbours of the grid, and those that methods take besides
  double startSpread = 1;         // of the start's noise: less than 1 where scores are summed
  std::vector<PlanStart> start;   // of the condition; empty for gaussian starts and starts from pure noise
  Vec2 infiniteDenoiser{0.0};     // the guided prior mean, D^ at infinite ratio
  double infiniteMemory[4] = {};  // what a tracked posterior takes along from there (GsMemory of kernels/step.inl)
  int modelCalls = 0;             // of one trajectory
  double rowEvaluations = 0;      // components summed over one trajectory, for ns per component
  bool plain() const { return steps.size() + 1 == grid.size(); }  // no steps besides
  int kernelRows() const;                  // components summed over the costliest single evaluation
  bool shapedAt(std::size_t level) const;  // a shape is applied there
  bool evaluatedAt(std::size_t branch, std::size_t level) const;  // that denoiser is asked for there
  bool networkAt(std::size_t level) const;                        // one of those that are is a network's
  bool scripted() const;                                          // a model is code: ScriptedDenoiser
};

// Throws std::invalid_argument with a path ("sampler.churn: ...") for combinations that make no sense. The tables of
// `previous` are shared where they are the same ones (dragging a weight computes no table).
// `quick`: laws of rewards that are not there yet may be made of fewer parts, within a few ms (Plan::coarse then says
// so).
Plan compile(const Experiment&, std::shared_ptr<const Mixture>, const Plan* previous = nullptr, bool quick = false);

// t of a ratio inside step `step` of a grid, as the weight curves see it: the schedule's own t; for EDM, whose t is the
// position on the grid, the interpolated position.
double stageTime(const Schedule&, std::span<const GridPoint> grid, int step, double ratio);

// The guided denoiser at one more level (a probe, the colours at the cursor): a plan without steps whose only
// evaluation level is this one.
Plan compileLevel(const Experiment&, std::shared_ptr<const Mixture>, double t, double ratio);
// The same at several levels, whose numbers go along; finite ratios. Laws of rewards are those of `previous` where they
// are the same.
Plan compileLevels(const Experiment&, std::shared_ptr<const Mixture>, std::vector<double> times,
                   std::vector<double> ratios, const Plan* previous = nullptr);

}  // namespace gs
