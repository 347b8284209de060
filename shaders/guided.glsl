// D^ at y: the sums of every model's groups, blended into the branches; `guided` of core/engine/block-inl.h.
layout(std430, binding = GS_PASSES) readonly buffer Passes { DevicePass passes[]; };
layout(std430, binding = GS_USES) readonly buffer Uses { DeviceUse uses[]; };

void addRows(int rows, int groupA, int components, F yx, F yy, inout GsSums A, inout GsSums B) {
  for (int k = 0; k < min(groupA, components); ++k) gsAddRow(rows, k, yx, yy, A);
  for (int k = max(groupA, 0); k < components; ++k) gsAddRow(rows, k, yx, yy, B);
}

void groupSums(int rows, int groupA, int components, F yx, F yy, out GsSums A, out GsSums B) {
  A.top = F(-1e30);
  A.z = F(0.0);
  A.vx = F(0.0);
  A.vy = F(0.0);
  B = A;
#ifdef GS_TILE_ROWS
  for (int first = 0; first < components; first += GS_TILE_ROWS) {
    int count = min(components - first, GS_TILE_ROWS);
    gsLoadTile(rows + first, count);
    addRows(0, groupA - first, count, yx, yy, A, B);
  }
#else
  addRows(rows, groupA, components, yx, yy, A, B);
#endif
}

#ifdef GS_LEAVES
// The sums over the leaves that this particle meets: core/engine/leaves.h has the bound. Which those are hangs on the
// particle alone, and so does every bit of its path.
#define GS_LEAVES_AT_ONCE 16
#ifdef GS_TILE_ROWS
shared uint gsMetByGroup;
#endif

// The largest exponent that a component of a leaf can have.
F leafBound(int row, F yx, F yy) {
  int i = row * 6;
  F dx = gsMax(gsAbs(yx - gsRows[i]) - gsRows[i + 2], F(0.0));
  F dy = gsMax(gsAbs(yy - gsRows[i + 1]) - gsRows[i + 3], F(0.0));
  return gsFnma(gsRows[i + 4], gsFma(dx, dx, dy * dy), gsRows[i + 5]);
}

// The largest exponent of the leaf with the largest bound: one that is kept. Read from the buffer: of every particle
// another leaf.
F leafTop(int bounds, int leafRows, int perLeaf, int first, int last, F yx, F yy) {
  F best = F(-3e38), top = F(-1e30);
  int nearest = first;
  for (int i = first; i < last; ++i) {
    F bound = leafBound(bounds + i, yx, yy);
    if (gsLess(best, bound)) {
      best = bound;
      nearest = i;
    }
  }
  for (int k = 0; k < perLeaf; ++k) {  // gsExponent
    int i = (leafRows + nearest * GS_LEAF + k) * 6;
    F dx = gsRows[i] - yx, dy = gsRows[i + 1] - yy;
    F px = gsFma(gsRows[i + 2], dx, gsRows[i + 3] * dy), py = gsFma(gsRows[i + 4], dy, gsRows[i + 3] * dx);
    top = gsMax(top, gsFnma(dx, px, gsFnma(dy, py, gsRows[i + 5])));
  }
  return top;
}

// Leaves first .. last - 1, but for those that lie `reach` bits below S.top or `kept`.
void addLeaves(DevicePass pass, int first, int last, F kept, F yx, F yy, inout GsSums S) {
  for (int pack = first; pack < last; pack += GS_LEAVES_AT_ONCE) {
    int count = min(GS_LEAVES_AT_ONCE, last - pack), rows = pass.leafRows + pack * GS_LEAF;
    F cut = gsMax(S.top, kept) - pass.reach;
    uint met = 0u;
    for (int i = 0; i < count; ++i)
      if (!gsLess(leafBound(pass.bounds + pack + i, yx, yy), cut)) met |= 1u << i;
#ifdef GS_TILE_ROWS
    // What no particle of the group meets is neither loaded nor waited for.
    gsMeet();
    if (gl_LocalInvocationIndex == 0u) gsMetByGroup = 0u;
    gsMeet();
    if (met != 0u) atomicOr(gsMetByGroup, met);
    gsMeet();
    uint any = gsMetByGroup;
    if (any == 0u) continue;
    for (int i = int(gl_LocalInvocationIndex); i < count * GS_LEAF * 6; i += int(gl_WorkGroupSize.x))
      if ((any >> uint(i / (GS_LEAF * 6)) & 1u) != 0u) gsTile[i] = gsRows[rows * 6 + i];
    gsMeet();
    rows = 0;
#endif
    // Each particle goes through its own leaves: a wave waits for the particle with the most, not for all that any of
    // them meets. The rows of leaf i in a turn of i, so that those of different leaves lie in different banks.
    for (; met != 0u; met &= met - 1u) {
      int i = findLSB(met);
      for (int k = 0; k < pass.perLeaf; ++k) gsAddRow(rows, i * GS_LEAF + (k + i) % GS_LEAF, yx, yy, S);
    }
  }
}

void leafSums(DevicePass pass, F yx, F yy, inout GsSums A, inout GsSums B) {
  // Group by group in a loop, so that the code is there once.
  int groups = pass.leaves == pass.leavesA ? 1 : 2;
  for (int group = 0; group < groups; ++group) {
    int first = group == 0 ? 0 : pass.leavesA, last = group == 0 ? pass.leavesA : pass.leaves;
    GsSums S = B;
    F kept = A.top;  // what is nothing beside A is left out of B, where no denoiser weighs it more
    if (group == 0 || pass.joint == 0)
      kept = S.top = leafTop(pass.bounds, pass.leafRows, pass.perLeaf, first, last, yx, yy);
    addLeaves(pass, first, last, kept, yx, yy, S);
    if (group == 0)
      A = S;
    else
      B = S;
  }
}
#endif

void passSums(DevicePass pass, F yx, F yy, out GsSums A, out GsSums B) {
#ifdef GS_LEAVES
  if (pass.bounds >= 0) {
    A.top = F(-1e30);
    A.z = F(0.0);
    A.vx = F(0.0);
    A.vy = F(0.0);
    B = A;
    leafSums(pass, yx, yy, A, B);
    return;
  }
#endif
  groupSums(pass.rows, pass.groupA, pass.components, yx, yy, A, B);
}

#ifdef GS_NETWORK
#include "mlp.inl"
#endif
#ifdef GS_SHAPED
#include "guidance.inl"

void slopes(int rows, int groupA, int components, F yx, F yy, F top, F a, F b, F gain, inout GsPair sum) {
#ifdef GS_TILE_ROWS
  for (int first = 0; first < components; first += GS_TILE_ROWS) {
    int count = min(components - first, GS_TILE_ROWS);
    gsLoadTile(rows + first, count);
    gsAddSlope(0, 0, clamp(groupA - first, 0, count), yx, yy, top, a, gain, sum);
    gsAddSlope(0, clamp(groupA - first, 0, count), count, yx, yy, top, b, gain, sum);
  }
#else
  gsAddSlope(rows, 0, min(groupA, components), yx, yy, top, a, gain, sum);
  gsAddSlope(rows, groupA, components, yx, yy, top, b, gain, sum);
#endif
}

// One denoiser at one place: a pass with one use.
GsPair alone(int index, F levelGain, F yx, F yy) {
  DevicePass pass = passes[index];
  DeviceUse use = uses[pass.firstUse];
#ifdef GS_NETWORK
  if (pass.width > 0) {
    F px, py;
    gsNetworkPull(pass.rows * 6, (pass.rows + int(use.a)) * 6, pass.width, pass.layers, pass.activation, yx, yy, px, py);
    return gsPair(gsFma(use.gain, px, yx), gsFma(use.gain, py, yy));
  }
#endif
  GsSums A, B;
  groupSums(pass.rows, pass.groupA, pass.components, yx, yy, A, B);
  F gx = F(0.0), gy = F(0.0);
  if (use.b == 0.0) {
    gsAddOne(A, use.coefficient, gx, gy);
  } else {
    F scaleA, scaleB;
    gsCommonScale(A.top, B.top, scaleA, scaleB);
    A.z = A.z * scaleA;
    A.vx = A.vx * scaleA;
    A.vy = A.vy * scaleA;
    B.z = B.z * scaleB;
    B.vx = B.vx * scaleB;
    B.vy = B.vy * scaleB;
    gsAddBlend(A, B, use.a, use.b, use.coefficient, gx, gy);
  }
  return gsPair(gsFma(levelGain, gx, yx), gsFma(levelGain, gy, yy));
}

// The shapes of `guidedShaped` of core/engine/shaped-inl.h, from the level's denoisers.
void shapePush(DeviceLevel level, GsPair at[GS_MOST_DENOISERS], F logs[GS_MOST_DENOISERS], int count, F yx, F yy,
               inout GsMemory memory, out F dx, out F dy) {
  GsPair y = gsPair(yx, yy);
  int firstUse = passes[level.firstPass].firstUse;
  GsPair sum = gsPair(F(0.0), F(0.0));
  for (int i = 0; i < count; ++i)
    if (uses[firstUse + i].coefficient != 0.0) sum = gsAlong(sum, uses[firstUse + i].coefficient, at[i]);
  GsPair push = gsMinus(sum, at[0]);
  for (int s = 0; s < level.shapes; ++s) {
    DeviceUse who = uses[level.firstShape + s * GS_SHAPE_USES], how = uses[level.firstShape + s * GS_SHAPE_USES + 1],
              seen = uses[level.firstShape + s * GS_SHAPE_USES + 2];
    int kind = int(who.a), first = int(who.b), second = int(who.coefficient);
    GsPair asked[2];
    asked[0] = at[first];
    asked[1] = at[second];
    GsPair third = at[kind == GS_SHAPE_CHARACTERISTIC ? 0 : int(who.gain)];
    if (kind == GS_SHAPE_CHARACTERISTIC) {
      GsPair u = gsPair(F(0.0), F(0.0));
      for (int k = 0; k < int(how.coefficient); ++k) {
        u = gsTowardsAgreement(u, how.b, asked[0], asked[1]);
        GsPair place = gsAlong(y, how.a, u);
        for (int side = 0; side < 2; ++side) {
          asked[side] = alone(int(who.gain) + side, level.gain, place.x, place.y);
          place = gsAlong(place, F(1.0), u);
        }
      }
    }
    if (kind == GS_SHAPE_RECTIFIED) {
      DevicePass pass = passes[level.firstPass];
      DeviceUse own = uses[firstUse];
      GsPair slope = gsPair(F(1.0), F(1.0));
      slopes(pass.rows, pass.groupA, own.b == 0.0 ? pass.groupA : pass.components, yx, yy, logs[0],
             own.b == 0.0 ? F(1.0) : own.a, own.b, level.gain, slope);
      GsPair pull = gsMinus(at[0], y);  // - sh^2 s (s . 1), where sh^2 s = D - y
      third = gsAlong(slope, -(pull.x + pull.y) * F(1.3862943611198906) / level.gain, pull);
    }
    GsRule rule = GsRule(how.a, how.b, how.coefficient, how.gain, seen.a, seen.b, seen.coefficient, seen.gain);
    GsMemory kept = memory;
    gsShape(kind, rule, y, at[0], asked[0], asked[1], third, logs[first], logs[second], push, kept);
    if (rule.c != 0.0) memory = kept;
  }
  dx = at[0].x + push.x;
  dy = at[0].y + push.y;
}
#endif

// The level, and so the way through this function, is the same for all invocations. memory: of levels with shapes.
void guided(DeviceLevel level, F yx, F yy, inout GsMemory memory, out F dx, out F dy) {
#ifdef GS_SHAPED
  GsPair at[GS_MOST_DENOISERS];
  F logs[GS_MOST_DENOISERS];
  int count = 0;
#endif
  F gx = F(0.0), gy = F(0.0);
  for (int p = level.firstPass; p < level.firstPass + level.passes; ++p) {
    DevicePass pass = passes[p];
#ifdef GS_NETWORK
    if (pass.width > 0) {
      for (int u = pass.firstUse; u < pass.firstUse + pass.uses; ++u) {
        DeviceUse use = uses[u];
        F px, py;
        gsNetworkPull(pass.rows * 6, (pass.rows + int(use.a)) * 6, pass.width, pass.layers, pass.activation, yx, yy, px,
                      py);
        at[count] = gsPair(gsFma(use.gain, px, yx), gsFma(use.gain, py, yy));
        logs[count] = F(0.0);
        ++count;
      }
      continue;
    }
#endif
    GsSums A, B;
    passSums(pass, yx, yy, A, B);
    F scaleA = F(1.0), scaleB = F(0.0);
    if (pass.components != pass.groupA) gsCommonScale(A.top, B.top, scaleA, scaleB);
#ifdef GS_SHAPED
    if (level.points != 0) {
      for (int u = pass.firstUse; u < pass.firstUse + pass.uses; ++u) {
        DeviceUse use = uses[u];
        bool ownA = use.b == 0.0, ownB = use.a == 0.0;  // one group alone needs no common maximum
        F wa = ownA ? F(1.0) : ownB ? F(0.0) : use.a * scaleA, wb = ownB ? F(1.0) : ownA ? F(0.0) : use.b * scaleB;
        F z = gsFma(wa, A.z, wb * B.z);
        F gain = level.gain * use.gain / z;
        at[count] = gsPair(gsFma(gain, gsFma(wa, A.vx, wb * B.vx), yx), gsFma(gain, gsFma(wa, A.vy, wb * B.vy), yy));
        logs[count] = (ownA ? A.top : ownB ? B.top : gsMax(A.top, B.top)) + gsLog2(gsMax(z, F(1e-35)));
        ++count;
      }
      continue;
    }
#endif
    GsSums scaled = A;
    if (pass.components != pass.groupA) {
      scaled.z = A.z * scaleA;
      scaled.vx = A.vx * scaleA;
      scaled.vy = A.vy * scaleA;
      B.z = B.z * scaleB;
      B.vx = B.vx * scaleB;
      B.vy = B.vy * scaleB;
    }
    for (int u = pass.firstUse; u < pass.firstUse + pass.uses; ++u) {
      DeviceUse use = uses[u];
      if (use.b == 0.0)
        gsAddOne(A, use.coefficient, gx, gy);
      else
        gsAddBlend(scaled, B, use.a, use.b, use.coefficient, gx, gy);
    }
  }
#ifdef GS_SHAPED
  if (level.points != 0) {
    shapePush(level, at, logs, count, yx, yy, memory, dx, dy);
    return;
  }
#endif
  dx = gsFma(level.gain, gx, yx);
  dy = gsFma(level.gain, gy, yy);
}
