#version 450 core
// Pairs of one row by their columns, one after another.
layout(local_size_x = 64) in;
#include "shared.h"

layout(std430, binding = GS_HERE) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_COLUMNS) readonly buffer Columns { int columns[]; };
layout(std430, binding = GS_GATHERED) writeonly buffer Gathered { vec2 gathered[]; };

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i < gatherCount) gathered[gatherTo + i] = here[columns[i]];
}
