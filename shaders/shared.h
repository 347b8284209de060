// What C++ and the shaders must agree on; compiled by both. The renderer's blocks have only vec4 members, all others
// only members of 4 bytes: std140, std430 and C++ then lay them out alike (a test asks the driver).
#ifdef __cplusplus
#pragma once
#include <cstdint>
#include <glm/vec4.hpp>
namespace gs::shader {
using glm::vec4;
using uint = std::uint32_t;
#define GS_UNIFORMS(Name, slot) struct Name
#else
#define GS_UNIFORMS(Name, slot) layout(std140, binding = slot) uniform Name
#endif

// The picture's plane and its pixels (origin at the bottom left).
GS_UNIFORMS(Scene, 0) {
  vec4 sceneCamera;  // centre x, y in plane units; pixels per plane unit; pixels per point
  vec4 sceneSize;    // width, height in pixels; their reciprocals
  vec4 sceneLook;    // inkOf in plane.glsl, -, -, -
};

// Storage buffers.
#define GS_ITEMS 1      // SheetItem[]
#define GS_POSITIONS 2  // vec2[], pairs of floats
#define GS_NEXT 3       // vec2[]: the same particles at the next step
#define GS_COLORS 4     // uint[]: 0xSSBBGGRR, sRGB and marker shape
#define GS_PATH_ROWS 5  // vec2[]: step, 1 / norm
#define GS_PATH_LEVEL 6  // PathLevel

// What glDrawArraysIndirect reads, and how many rows a segment spans.
struct PathLevel {
  uint vertices;
  uint instances;
  uint first;
  uint base;
  int span;
};

// One thing of the flat drawing: rectangles, glyphs, markers, dashes.
struct SheetItem {
  vec4 rect;   // left, bottom, right, top in pixels
  vec4 color;  // linear light, straight alpha
  vec4 form;   // kind, then: radius, - | radius, stroke | atlas x, y | shape, diameter | period, filled part
};
#define GS_FILL 0
#define GS_FRAME 1
#define GS_GLYPH 2
#define GS_MARKER 3
#define GS_DASH 4

// Marker shapes, by class: label % GS_SHAPES.
#define GS_SHAPES 6
#define GS_DISC 0
#define GS_SQUARE 1
#define GS_DIAMOND 2
#define GS_TRIANGLE 3
#define GS_CROSS 4
#define GS_RING 5

// ---- the engine --------------------------------------------------------------------------------------------------

// Storage buffers of block.comp. Eight, as many as every driver has.
#define GS_TABLE 0   // float[]: component rows, six numbers each
#define GS_PASSES 1  // DevicePass[]
#define GS_USES 2    // DeviceUse[]
#define GS_STEPS 3   // DeviceStep[]
#define GS_STARTS 4  // DeviceStart[]
#define GS_STATES 5  // vec4[]: y, the denoiser of the step before
#define GS_SHOWN 6   // vec2[]: x [row][column]
#define GS_LOST 7    // DeviceLostHead, DeviceLost[]

// The components of one model at one level, and the denoisers made from their sums (engine/program.h: Pass).
struct DevicePass {
  int rows;  // the first one
  int groupA;
  int components;
  int firstUse;
  int uses;
  int width;  // of a network, whose weights begin at `rows`; 0: components
  int layers;
  int activation;
  // Of levels of little noise (core/engine/leaves.h): the row where the bounds of the leaves begin, those of group A
  // first; -1: all components are summed.
  int bounds;
  int leafRows;  // the first row of the leaves, GS_LEAF each
  int leavesA;
  int leaves;
  float reach;  // bits
  int perLeaf;  // GS_LEAF. Read, because compilers unroll loops of a constant length, which takes them seconds here
  int joint;    // 1: no denoiser weighs group B more than group A
};
#define GS_LEAF 16
// Of a network: a is the row where the numbers of its level and class begin, counted from the pass's rows.
struct DeviceUse {
  float a;
  float b;
  float coefficient;
  float gain;
};
// The shapes of a level (engine/program.h: ShapeOf) follow its uses, each as GS_SHAPE_USES of them: kind, first, second,
// third; weight, a, b, c; toY, toD, centre x, y.
#define GS_SHAPE_USES 3
#define GS_MOST_DENOISERS 20
struct DeviceLevel {
  int firstPass;
  int passes;
  float gain;
  int firstShape;  // among the uses
  int shapes;
  int points;  // 1: the uses are points that are summed (core/engine/program.h)
};
#define GS_PURE_NOISE 0
#define GS_FIRST_ORDER 1  // after one denoiser; also DPM-Solver++(2M), whose blend is (1, 0) in its first steps
#define GS_HEUN 2
#define GS_RK4 3
struct DeviceStep {
  int kind;
  int row;  // of the block of rows that is bound where the result is stored; -1: nowhere
  DeviceLevel now;
  DeviceLevel mid;
  DeviceLevel next;
  float ratioNext;
  float decay;
  float noise;
  float blendNow;
  float blendOld;
  float heunNow;
  float heunNext;
  float logDecay;
  float alpha;
  float alphaNext;
  uint draw;  // the number of its noise
  int fresh;  // 1: nothing is remembered of the step before
  int moves;  // 1: what is remembered moves on
  int point;  // of the grid, where it ends
};
struct DeviceStart {
  float meanX;
  float meanY;
  float l11;
  float l21;
  float l22;
  uint below;
};
struct DeviceLostHead {
  uint count;   // particles that have blown up at the end
  uint listed;  // those that ever did, and more than the list may have
};
struct DeviceLost {
  int particle;
  int step;  // the first one at which it had blown up
  float x;   // where it was before that, in the schedule's coordinates; 0, 0: nowhere
  float y;
};

// One dispatch of block.comp: columns runFirst .. runFirst + runCount - 1 through steps runFrom .. runTo - 1.
GS_UNIFORMS(Run, 1) {
  uint runSeed;
  int runFirst;
  int runCount;
  int runColumns;  // from one row to the next
  int runFrom;
  int runTo;
  int runStartRow;  // where the start is stored; -1: nowhere
  int runStarts;
  float runStartScale;
  float runStartShown;
  float runInfiniteX;
  float runInfiniteY;
  int runLastStep;  // of the whole run
  int runLostMost;  // entries of the list
  int runBegin;     // 1: draw the starts first
  int runShift;     // the particle of column 0
  int runRemembers;  // 1: the shapes keep two numbers from step to step, in place of the denoiser of the step before
  float runInfiniteMemoryX;  // of the step from pure noise
  float runInfiniteMemoryY;
  float runInfiniteAlongX;
  float runInfiniteAlongY;
};

// What drawing needs of a particle at the time cursor: points.comp writes it, colors.comp reads it.
#define GS_HUES 5  // class c is drawn in colour c % GS_HUES
struct DevicePoint {
  uint weights;  // p(class colour | x) of the first four colours, unorm4x8; all 0 where the particle has blown up
  uint last;     // of the fifth, 8 bits; above them the likeliest class
  float push;
};

// Storage buffers of points.comp, beside GS_TABLE, GS_PASSES and GS_USES.
#define GS_CLASS_ENDS 3  // int[]: class c has rows classEnds[c - 1] .. classEnds[c] - 1 of the table
#define GS_HERE 4        // vec2[]: positions
#define GS_POINTS 5      // DevicePoint[]
#define GS_PUSHES 6      // float[]: every pointsEach-th push
GS_UNIFORMS(PointsAt, 1) {
  int pointsFirst;  // of this dispatch
  int pointsCount;  // of all
  int pointsClasses;
  int pointsEach;
  int pointsConstant;  // 1: all pushes are pointsPush
  float pointsPush;
  float pointsScale;  // y = scale x
  int guidedFirst;  // DeviceLevel of D^ and of the main denoiser
  int guidedPasses;
  float guidedGain;
  int mainFirst;
  int mainPasses;
  float mainGain;
  int guidedFirstShape;
  int guidedShapes;
  int pointsGeneral;  // the levels' `points`: 1 of D^, 2 of the main denoiser
};

// Storage buffers of field.comp and extents.comp, beside GS_TABLE and GS_CLASS_ENDS; density.frag reads GS_FIELD.
#define GS_FIELD 4    // float[]: natural log of the density [class][row][column]
#define GS_EXTENTS 5  // DeviceExtent[]
struct DeviceExtent {
  float low;
  float high;
  float full;
};
GS_UNIFORMS(FieldAt, 1) {
  float fieldLoX;  // the centre of the first cell
  float fieldLoY;
  float fieldStepX;
  float fieldStepY;
  int fieldWidth;
  int fieldHeight;
  int fieldClasses;
  int fieldFirst;   // cell of this dispatch
  int fieldStride;  // of the lattice that the extents are of
};

// Storage buffers of sums.comp, beside GS_TABLE, GS_CLASS_ENDS and GS_HERE.
#define GS_PARTS 1   // DevicePart[]
#define GS_TOTALS 5  // DeviceSum[group][sum]; of all groups behind them
// What moments are about: a component of the law, by its row in the table, or all of it.
struct DevicePart {
  float x;
  float y;
  float perScale;
};
// (high + low) 2^exponent: a pair, because a million terms are added, and an exponent of its own, because 1/p is one.
struct DeviceSum {
  float high;
  float low;
  int exponent;
};
#define GS_PART_SUMS 16  // of a part: number, outliers, 14 powers (core/diffusion/sample_sums.h)
#define GS_OTHER_SUMS 8  // log2 1/p, its square, 1/p, its square, correct, lost, overflowed, the largest log2 1/p
GS_UNIFORMS(SumsAt, 1) {
  int sumsFirst;  // particles of this dispatch
  int sumsLast;
  int sumsGroups;
  int sumsTotal;  // 1: of the groups
  int sumsClasses;
  int sumsCondition;
  int sumsLawFirst;  // rows of the law
  int sumsLawLast;
  int sumsParts;
};

// Storage buffers of outside.comp, beside GS_HERE.
#define GS_THERE 5  // vec2[]: the next row
#define GS_COUNT 6  // uint
GS_UNIFORMS(OutsideAt, 1) {
  float outsideHere;  // weights of the rows
  float outsideThere;
  float outsideMiddleX;
  float outsideMiddleY;
  float outsideReachX;
  float outsideReachY;
  int outsideOf;
};

// Storage buffers of gather.comp, beside GS_HERE.
#define GS_COLUMNS 5   // int[]
#define GS_GATHERED 6  // vec2[]
GS_UNIFORMS(GatherAt, 1) {
  int gatherCount;  // columns
  int gatherTo;     // where the pair of the first one goes
};

// Storage buffers of near.comp, beside GS_HERE and GS_THERE.
#define GS_OUTLINE 3  // vec2[]
#define GS_MARKS 6    // uint[]: a bit a particle
GS_UNIFORMS(NearAt, 1) {
  float nearHere;  // weights of the rows
  float nearThere;
  float nearLowX;  // the rectangle around the outline
  float nearLowY;
  float nearHighX;
  float nearHighY;
  float nearReach;
  int nearCorners;
  int nearFirst;  // of this dispatch, a multiple of its groups
  int nearOf;     // of all
};

// colors.comp: how a particle's colour is chosen.
#define GS_BY_CLASS 0
#define GS_BY_PUSH 1
#define GS_BY_ORIGIN 2

#ifdef __cplusplus
}  // namespace gs::shader
#endif
