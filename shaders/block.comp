#version 450 core
// One particle an invocation, along the steps of this dispatch: `begin` and `advance` of core/engine/block-inl.h.
layout(local_size_x = GS_GROUP) in;
#include "shared.h"
#include "meet.glsl"
#define GS_ROWS_BINDING GS_TABLE
#include "glsl.inl"
#include "elementary.inl"
#include "noise.inl"
#include "mixture.inl"
#include "step.inl"
#include "guided.glsl"
#include "finite.glsl"

layout(std430, binding = GS_STEPS) readonly buffer Steps { DeviceStep steps[]; };
layout(std430, binding = GS_STARTS) readonly buffer Starts { DeviceStart starts[]; };
layout(std430, binding = GS_STATES) buffer States { vec4 states[]; };
layout(std430, binding = GS_SHOWN) writeonly buffer Shown { vec2 shown[]; };
layout(std430, binding = GS_LOST) buffer Lost {
  DeviceLostHead lostHead;
  DeviceLost lost[];
};

void begin(uint particle, out F yx, out F yy) {
  U choice;
  gsNoise(U(runSeed), particle, U(0u), yx, yy, choice);
  if (runStarts == 0) {
    yx *= runStartScale;
    yy *= runStartScale;
    return;
  }
  int lo = 0, hi = runStarts - 1;  // the first component whose `below` exceeds the word
  while (lo < hi) {
    int middle = (lo + hi) / 2;
    if (choice < starts[middle].below)
      hi = middle;
    else
      lo = middle + 1;
  }
  DeviceStart c = starts[lo];
  F zx = yx, zy = yy;
  yx = gsFma(c.l11, zx, c.meanX);
  yy = gsFma(c.l21, zx, gsFma(c.l22, zy, c.meanY));
}

void advance(DeviceStep s, uint particle, inout F yx, inout F yy, inout F oldX, inout F oldY) {
  if (s.kind == GS_PURE_NOISE) {  // y' = D(inf) + sh' z; the state is z
    yx = gsFma(s.ratioNext, yx, runInfiniteX);
    yy = gsFma(s.ratioNext, yy, runInfiniteY);
    if (runRemembers == 1) {
      GsMemory first = gsMemory(runInfiniteMemoryX, runInfiniteMemoryY);
      first.alongX = runInfiniteAlongX;
      first.alongY = runInfiniteAlongY;
      oldX = gsRemembered(first, F(0.0), F(0.0), yx, yy);
      oldY = first.y;
    }
    return;
  }
  // The denoiser is asked in one place, in a loop over the stages, so that its code is there once.
  int stages = s.kind == GS_RK4 ? 4 : s.kind == GS_HEUN ? 2 : 1;
  if (s.fresh == 1) {
    oldX = F(0.0);
    oldY = F(0.0);
  }
  F ax = yx, ay = yy, fromX = yx, fromY = yy, memoryX = oldX, memoryY = oldY;
  GsMemory first = gsMemory(memoryX, memoryY);  // after the first stage, the only one in which a memory moves on
  F d0x = F(0.0), d0y = F(0.0), k1x = F(0.0), k1y = F(0.0), k2x = F(0.0), k2y = F(0.0), k3x = F(0.0), k3y = F(0.0);
  F half_ = s.logDecay * F(0.5), sixth = s.logDecay / F(6.0);
  for (int stage = 0; stage < stages; ++stage) {
    DeviceLevel level = s.now;
    if (stage > 0) {
      if (s.kind == GS_RK4 && stage < 3)
        level = s.mid;
      else
        level = s.next;
    }
    F dx, dy;
    GsMemory memory = gsMemory(memoryX, memoryY);
    guided(level, ax, ay, memory, dx, dy);
    if (stage == 0) first = memory;
    if (s.kind == GS_FIRST_ORDER) {
      F ex = dx, ey = dy;
      if (s.blendOld != 0.0) {
        ex = gsExtrapolated(dx, memoryX, s.blendNow, s.blendOld);
        ey = gsExtrapolated(dy, memoryY, s.blendNow, s.blendOld);
      }
      if (runRemembers == 0 && s.moves == 1) {
        oldX = dx;
        oldY = dy;
      }
      if (s.noise != 0.0) {
        F zx, zy;
        U choice;
        gsNoise(U(runSeed), particle, s.draw, zx, zy, choice);
        yx = gsUniversal(yx, ex, zx, s.decay, s.noise);
        yy = gsUniversal(yy, ey, zy, s.decay, s.noise);
      } else {
        yx = gsDecay(yx, ex, s.decay);
        yy = gsDecay(yy, ey, s.decay);
      }
    } else if (s.kind == GS_HEUN) {
      if (stage == 0) {
        d0x = dx;
        d0y = dy;
        ax = gsDecay(yx, dx, s.decay);
        ay = gsDecay(yy, dy, s.decay);
      } else {
        yx = gsHeun(yx, d0x, ax, dx, s.heunNow, s.heunNext);
        yy = gsHeun(yy, d0y, ay, dy, s.heunNow, s.heunNext);
      }
    } else {
      F kx = ax - dx, ky = ay - dy;
      if (stage == 0) {
        k1x = kx;
        k1y = ky;
      } else if (stage == 1) {
        k2x = kx;
        k2y = ky;
      } else if (stage == 2) {
        k3x = kx;
        k3y = ky;
      }
      if (stage < 3) {
        F h = stage == 2 ? s.logDecay : half_;
        ax = gsRk4Stage(yx, kx, h);
        ay = gsRk4Stage(yy, ky, h);
      } else {
        yx = gsRk4(yx, k1x, k2x, k3x, kx, sixth);
        yy = gsRk4(yy, k1y, k2y, k3y, ky, sixth);
      }
    }
  }
  if (runRemembers == 1 && s.moves == 1) {
    oldX = gsRemembered(first, fromX, fromY, yx, yy);
    oldY = first.y;
  }
}

void main() {
  // The surplus invocations of the last group go along with the last particle, because all must reach the barriers.
  int i = int(gl_GlobalInvocationID.x), index = min(i, runCount - 1), column = runFirst + index;
  bool mine = i < runCount;
  uint particle = uint(column + runShift);
  F yx, yy, oldX = F(0.0), oldY = F(0.0);
  vec2 x;
  bool gone;
  if (runBegin == 1) {
    begin(particle, yx, yy);
    x = vec2(gsShown(yx, runStartShown), gsShown(yy, runStartShown));
    gone = blownUp(x);
    if (mine && runStartRow >= 0) shown[runStartRow * runColumns + column] = x;
    if (mine && gone) {
      uint entry = atomicAdd(lostHead.listed, 1u);
      if (entry < uint(runLostMost)) lost[entry] = DeviceLost(column, 0, 0.0, 0.0);
    }
  } else {
    vec4 state = states[index];
    yx = state.x;
    yy = state.y;
    oldX = state.z;
    oldY = state.w;
    x = vec2(gsShown(yx, steps[runFrom].alpha), gsShown(yy, steps[runFrom].alpha));
    gone = blownUp(x);
  }
  for (int s = runFrom; s < runTo; ++s) {
    DeviceStep step = steps[s];
    advance(step, particle, yx, yy, oldX, oldY);
    vec2 before = x;
    x = vec2(gsShown(yx, step.alphaNext), gsShown(yy, step.alphaNext));
    if (mine && step.row >= 0) shown[step.row * runColumns + column] = x;
    if (mine && !gone && blownUp(x)) {
      uint entry = atomicAdd(lostHead.listed, 1u);
      if (entry < uint(runLostMost)) lost[entry] = DeviceLost(column, step.point, before.x, before.y);
    }
    gone = gone || blownUp(x);
  }
  if (!mine) return;
  states[index] = vec4(yx, yy, oldX, oldY);
  // A state that is not finite once makes every later denoiser NaN: the last one tells.
  if (runTo == runLastStep && blownUp(vec2(yx, yy))) atomicAdd(lostHead.count, 1u);
}
