#version 450 core
// Log-densities of the data law on a grid, a cell an invocation: `density` of core/engine/cpu_engine.cpp.
layout(local_size_x = 64) in;
#include "shared.h"
#define GS_ROWS_BINDING GS_TABLE
#include "glsl.inl"
#include "elementary.inl"
#include "mixture.inl"

layout(std430, binding = GS_CLASS_ENDS) readonly buffer ClassEnds { int classEnds[]; };
layout(std430, binding = GS_FIELD) writeonly buffer Field { float field[]; };

void main() {
  int cells = fieldWidth * fieldHeight, i = fieldFirst + int(gl_GlobalInvocationID.x);
  if (i >= cells) return;
  F x = fieldLoX + float(i % fieldWidth) * fieldStepX, y = fieldLoY + float(i / fieldWidth) * fieldStepY;
  int first = 0;
  for (int c = 0; c < fieldClasses; ++c) {
    field[c * cells + i] = max(gsLogSum(0, first, classEnds[c], x, y) * 0.6931471805599453, -1e30);
    first = classEnds[c];
  }
}
