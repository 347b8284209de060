// A plan in the precision of one build of the kernel text, and what such a build offers. Inside the engine room only.
#pragma once
#include <cstdint>
#include <stop_token>
#include <string_view>
#include <vector>

#include "engine/frame.h"
#include "engine/leaves.h"
#include "engine/plan.h"

namespace gs {

// What a denoiser evaluation costs a particle beside its components, in components: blending, the solver, stores.
inline constexpr double kOverheadRows = 6;

template <class T>
struct Use {  // one denoiser of a pass
  T a, b;
  T coefficient;             // of its pull, with its gain; where the level has shapes: of the denoiser
  T gain;                    // D = y + gain * the level's gain * V / Z; of a network y + gain * its pull
  const T* block = nullptr;  // of a network: the numbers of this level and class (kernels/mlp.inl)
  double ratio = 0;          // of one that is code: what it is asked for
  int label = kUnconditional;
};

template <class T>
struct ShapeOf {  // a PlanShape at one level; first, second and third count the level's uses
  ShapeKind kind;
  int first, second, third;
  T weight, a, b, c, toY, toD, centerX, centerY;
  int elsewhere = -1;  // Characteristic: which of the level's `alone` is that of first, before that of second
};

template <class T>
struct NetworkPass {
  const T* weights = nullptr;  // null of both: the pass is of components
  const ScriptedDenoiser* script = nullptr;
  int width = 0, layers = 0, activation = 0;
  explicit operator bool() const { return weights || script; }
};

template <class T>
struct Pass {  // the components of one model at one level, and the denoisers made from their sums
  const BasicRow<T>* rows = nullptr;
  int groupA = 0, components = 0;  // components = groupA where no denoiser needs group B
  int firstUse = 0, uses = 0;
  LeafLevel near{};    // in single precision, where this level has leaves
  bool joint = false;  // no denoiser weighs group B more than group A
  NetworkPass<T> network{};
};

template <class T>
struct Level {
  std::vector<Pass<T>> passes;
  std::vector<Use<T>> uses;
  std::vector<ShapeOf<T>> shapes;  // empty: the sum of the uses is all
  bool points = false;             // the uses are points that are summed: there are shapes, or networks
  T gain = 0;                      // 2 ln 2 sh^2: D = y + gain * V / Z with V in the rows' base-2 units
  std::vector<Level> alone;        // single denoisers of this level, for shapes that ask them at other places
};

template <class T>
struct StepOf {
  int level, levelMid, levelNext;
  bool fromPureNoise, firstOrder;
  T ratioNext, decay, noise, blendNow, blendOld, heunNow, heunNext, logDecay, alphaNext;
  std::uint32_t draw;
  bool fresh, moves;
};

template <class T>
struct Program {
  explicit Program(const Plan&);
  std::vector<Level<T>> levels;
  Level<T> mainOnly;  // of the first level: the denoiser without guidance
  std::vector<StepOf<T>> steps;
  std::vector<int> pointOf;  // [step 0..steps]: the grid point whose state it leaves behind, -1: none
  std::vector<int> rowOf;    // [step 0..steps]: where it is stored, -1: nowhere; at first that of its grid point
  std::vector<PlanStart> start;
  bool remembers = false;  // the shapes keep two numbers from step to step
  SolverKind solver;
  std::uint32_t seed;
  T startScale;  // gaussian starts: y = startScale z; pure noise: x = startShown z
  T startShown;  // alpha of the first level; sigma where it is pure noise
  T infiniteX, infiniteY;
  T infiniteMemory[4];  // GsMemory of the step from pure noise, which begins at y = 0

 private:
  std::vector<std::vector<T>> ownNetworks_;        // [network] likewise
  std::vector<std::vector<BasicRow<T>>> ownRows_;  // of a build that is not in single precision
};

// Components by class, for the joint densities: rows in that order and where each class ends.
struct ClassRows {
  std::vector<ComponentRow> rows;
  std::vector<int> ends;
};
ClassRows classRows(const Mixture&, NoiseLevel);
// |D^ - D_main| of a plan at pure noise, where the denoisers are prior means, the same for every particle.
double infinitePush(const Plan&);

// The particles of a block walk through all steps together, so that a level's table is read once a block.
inline constexpr int kBlock = 256;

// One build of the kernel text for the CPU.
struct CpuKernels {
  std::string_view target;  // "AVX2"
  int lanes;                // particles that one call of the kernel text advances

  // Particles first..first+count-1 (count <= kBlock) along all steps into [row][particle][2] of `particles` columns,
  // where x is the place of the first one in row 0. Returns how many of them left the finite numbers; -1 when stopped.
  int (*run)(const Program<float>&, int first, int count, float* x, std::size_t particles, const std::stop_token&);
  // y = x / alpha of particles first..first+count-1 at the first level; z itself for pure noise.
  void (*start)(const Program<float>&, int first, int count, float* x, float* y);
  // log p(x, class) of a row of points: out[class * stride + i]; classes are the ranges classEnd[c-1]..classEnd[c] of
  // rows.
  void (*logJoint)(const ComponentRow* rows, const int* classEnd, int classes, const float* x, const float* y,
                   int count, float* out, std::size_t stride);
  // D^ of a level at points (x, y) / alpha. `given`: what the uses that are code answered less the points, pairs
  // [use of the level][x, y][count]; null where none is. memory [4][count]: what shapes keep, of which the first two
  // are read and all are written (GsMemory of kernels/step.inl); null: nothing.
  void (*guided)(const Level<float>&, const float* x, const float* y, int count, const float* given, float* memory,
                 float* dx, float* dy);
  // The noise of particles first..first+count-1 at a step.
  void (*noise)(std::uint32_t seed, std::uint32_t step, int first, int count, float* zx, float* zy);
  // The attainable rate: `rounds` rounds of a component's arithmetic on registers; returns a number that depends on
  // all.
  float (*peak)(long rounds);
  long peakComponents;  // particle-components of one such round
};

const CpuKernels& simdKernels();                    // the best one that this processor runs
const CpuKernels& scalarKernels();                  // one float at a time, for comparison
std::vector<const CpuKernels*> everySimdKernels();  // all that this processor runs, best first

}  // namespace gs
