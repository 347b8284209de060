#version 450 core
// How many rows a segment of a path spans, where the rows lie on a device: `levelOfDetail` of
// core/render/trajectory_layer.cpp, but asked of the paths that are drawn, and the draw call that follows from it. One
// group.
layout(local_size_x = 64) in;
#include "shared.h"
#include "meet.glsl"
#include "finite.glsl"

layout(std430, binding = GS_POSITIONS) readonly buffer Positions { vec2 positions[]; };  // [row][path]
layout(std430, binding = GS_PATH_ROWS) readonly buffer Rows { vec2 rows[]; };
layout(std430, binding = GS_PATH_LEVEL) writeonly buffer Level { PathLevel level; };
uniform int paths;
uniform int lastRow;
uniform float pixelsPerUnit;
shared uint seen;  // bit k: a span of 2^(k + 1) rows can be told from the path
const int kSample = 48;
const float kUnseen = 0.5;  // pixels

vec2 at(int path, int row) { return positions[row * paths + path] * (rows[row].y * pixelsPerUnit); }
bool gone(int path, int row) { return blownUp(positions[row * paths + path]); }

bool isSeen(int path, int span) {
  for (int a = 0; a < lastRow; a += span) {
    int b = min(a + span, lastRow);
    if (b == a + 1) continue;  // nothing is left out
    if (gone(path, a) || gone(path, b)) return true;
    vec2 from = at(path, a), chord = at(path, b) - from;
    for (int r = a + 1; r < b; ++r) {
      float along = (rows[r].x - rows[a].x) / (rows[b].x - rows[a].x);
      if (gone(path, r) || distance(at(path, r), from + along * chord) > kUnseen) return true;
    }
  }
  return false;
}

void main() {
  int lane = int(gl_LocalInvocationIndex), apart = max(1, paths / kSample);
  if (lane == 0) seen = 0u;
  gsMeet();
  uint mine = 0u;
  for (int path = lane * apart; path < paths; path += 64 * apart)
    for (int k = 0; k < 3; ++k)
      if ((mine >> uint(k) & 1u) == 0u && isSeen(path, 2 << k)) mine |= 1u << uint(k);
  if (mine != 0u) atomicOr(seen, mine);
  gsMeet();
  if (lane > 0) return;
  int span = (seen & 4u) == 0u ? 8 : (seen & 2u) == 0u ? 4 : (seen & 1u) == 0u ? 2 : 1;
  level = PathLevel(2u * uint((lastRow + span - 1) / span + 1), uint(paths), 0u, 0u, span);
}
