// Runs blocks of particles with one build of the kernel text. Included inside a namespace, after the build's own types
// and functions (scalar-inl.h, simd-inl.h), which define GS_REAL, F, U, kLanes and the memory access:
//   gsLoad(p), gsStore(f, p)        kLanes numbers, aligned
//   gsStorePairs(x, y, p)           kLanes pairs (x, y), unaligned
//   gsStoreWords(u, p), gsIota(n)   words; n, n+1, ...
// No include guard: once per build.
#include "diffusion/kernels/noise.inl"
#include "diffusion/kernels/mixture.inl"
#include "diffusion/kernels/step.inl"
#include "diffusion/kernels/guidance.inl"
#include "diffusion/kernels/mlp.inl"
#ifdef GS_NEAR_SUMS  // of builds that have it: the sums at levels of little noise
#include "engine/near-inl.h"
#endif

GS_FN void passSums(const Pass<GS_REAL>& pass, F yx, F yy, GsSums& a, GsSums& b) {
#ifdef GS_NEAR_SUMS
  if (pass.near.leaves)
    nearGroupSums(pass.near, pass.components != pass.groupA, pass.joint, yx, yy, a, b);
  else
#endif
    gsGroupSums(pass.rows, pass.groupA, pass.components, yx, yy, a, b);
}

#include "engine/shaped-inl.h"

// D^ at y: the sums of every model's groups, blended into the branches. memory: of levels with shapes.
// Without kMemory no level has shapes or networks and no solver looks back: fewer numbers are alive, and 8 components
// are a fifteenth faster.
template <bool kMemory>
GS_FN void guided(const Level<GS_REAL>& level, F yx, F yy, GsMemory& memory, F& dx, F& dy) {
  if (kMemory && level.points) {
    guidedShaped(level, yx, yy, memory, dx, dy);
    return;
  }
  F gx = F(0.0), gy = F(0.0);
  for (const Pass<GS_REAL>& pass : level.passes) {
    GsSums a, b;
    passSums(pass, yx, yy, a, b);
    const Use<GS_REAL>* use = level.uses.data() + pass.firstUse;
    const Use<GS_REAL>* const end = use + pass.uses;
    if (pass.components == pass.groupA) {
      for (; use != end; ++use) gsAddOne(a, F(use->coefficient), gx, gy);
      continue;
    }
    F scaleA, scaleB;
    gsCommonScale(a.top, b.top, scaleA, scaleB);
    GsSums scaled;  // member by member: GCC copies structures of vectors in pieces that loads then wait for
    scaled.top = a.top;
    scaled.z = a.z * scaleA;
    scaled.vx = a.vx * scaleA;
    scaled.vy = a.vy * scaleA;
    b.z = b.z * scaleB;
    b.vx = b.vx * scaleB;
    b.vy = b.vy * scaleB;
    for (; use != end; ++use) {
      if (use->b == GS_REAL(0))
        gsAddOne(a, F(use->coefficient), gx, gy);
      else
        gsAddBlend(scaled, b, F(use->a), F(use->b), F(use->coefficient), gx, gy);
    }
  }
  dx = gsFma(F(level.gain), gx, yx);
  dy = gsFma(F(level.gain), gy, yy);
}

// The same out of line, for the solvers that call it several times a step. A memory moves on in a step's first stage
// only.
template <bool kMemory>
GS_CALL void guidedAgain(const Level<GS_REAL>& level, F yx, F yy, F memoryX, F memoryY, F& dx, F& dy) {
  GsMemory memory = gsMemory(memoryX, memoryY);
  guided<kMemory>(level, yx, yy, memory, dx, dy);
}

// The solver's step with D^ = (dx, dy) at its beginning. memoryX, memoryY: what was remembered there.
template <bool kMemory>
GS_FN void solve(const Program<GS_REAL>& p, const StepOf<GS_REAL>& s, int particle, F dx, F dy, F memoryX, F memoryY,
                 F& yx, F& yy, F& oldX, F& oldY) {
  if (s.firstOrder || p.solver == SolverKind::Dpmpp2m) {
    F ex = dx, ey = dy;
    if (kMemory && !s.firstOrder) {
      ex = gsExtrapolated(dx, memoryX, F(s.blendNow), F(s.blendOld));
      ey = gsExtrapolated(dy, memoryY, F(s.blendNow), F(s.blendOld));
    }
    if (kMemory && !p.remembers) {
      oldX = dx;
      oldY = dy;
    }
    if (s.noise != GS_REAL(0)) {
      F zx, zy;
      U choice;
      gsNoise(U(p.seed), gsIota(std::uint32_t(particle)), U(s.draw), zx, zy, choice);
      yx = gsUniversal(yx, ex, zx, F(s.decay), F(s.noise));
      yy = gsUniversal(yy, ey, zy, F(s.decay), F(s.noise));
    } else {
      yx = gsDecay(yx, ex, F(s.decay));
      yy = gsDecay(yy, ey, F(s.decay));
    }
    return;
  }
  if (p.solver == SolverKind::Heun) {
    const F endX = gsDecay(yx, dx, F(s.decay)), endY = gsDecay(yy, dy, F(s.decay));
    F dEndX, dEndY;
    guidedAgain<kMemory>(p.levels[std::size_t(s.levelNext)], endX, endY, memoryX, memoryY, dEndX, dEndY);
    yx = gsHeun(yx, dx, endX, dEndX, F(s.heunNow), F(s.heunNext));
    yy = gsHeun(yy, dy, endY, dEndY, F(s.heunNow), F(s.heunNext));
    return;
  }
  // RK4
  const Level<GS_REAL>& mid = p.levels[std::size_t(s.levelMid)];
  const F half = F(s.logDecay * GS_REAL(0.5)), whole = F(s.logDecay), sixth = F(s.logDecay / GS_REAL(6));
  const F k1x = yx - dx, k1y = yy - dy;
  F ax = gsRk4Stage(yx, k1x, half), ay = gsRk4Stage(yy, k1y, half);
  guidedAgain<kMemory>(mid, ax, ay, memoryX, memoryY, dx, dy);
  const F k2x = ax - dx, k2y = ay - dy;
  ax = gsRk4Stage(yx, k2x, half), ay = gsRk4Stage(yy, k2y, half);
  guidedAgain<kMemory>(mid, ax, ay, memoryX, memoryY, dx, dy);
  const F k3x = ax - dx, k3y = ay - dy;
  ax = gsRk4Stage(yx, k3x, whole), ay = gsRk4Stage(yy, k3y, whole);
  guidedAgain<kMemory>(p.levels[std::size_t(s.levelNext)], ax, ay, memoryX, memoryY, dx, dy);
  yx = gsRk4(yx, k1x, k2x, k3x, ax - dx, sixth);
  yy = gsRk4(yy, k1y, k2y, k3y, ay - dy, sixth);
}

// kLanes particles from one grid point to the next. oldX, oldY: the denoiser of the step before (DPM-Solver++(2M)), or
// what shapes keep.
template <bool kMemory>
GS_FN void advance(const Program<GS_REAL>& p, const StepOf<GS_REAL>& s, int particle, F& yx, F& yy, F& oldX, F& oldY) {
  if (s.fromPureNoise) {  // y' = D(inf) + sh' z; the state is z
    yx = gsFma(F(s.ratioNext), yx, F(p.infiniteX));
    yy = gsFma(F(s.ratioNext), yy, F(p.infiniteY));
    if (kMemory && p.remembers) {
      GsMemory memory = gsMemory(F(p.infiniteMemory[0]), F(p.infiniteMemory[1]));
      memory.alongX = F(p.infiniteMemory[2]);
      memory.alongY = F(p.infiniteMemory[3]);
      oldX = gsRemembered(memory, F(0.0), F(0.0), yx, yy);
      oldY = memory.y;
    }
    return;
  }
  const F fromX = yx, fromY = yy;
  F dx, dy, memoryX = F(0.0), memoryY = memoryX;
  if (kMemory) {
    memoryX = oldX;
    memoryY = oldY;
  }
  GsMemory memory = gsMemory(memoryX, memoryY);
  guided<kMemory>(p.levels[std::size_t(s.level)], yx, yy, memory, dx, dy);
  solve<kMemory>(p, s, particle, dx, dy, memoryX, memoryY, yx, yy, oldX, oldY);
  if (kMemory && p.remembers) {
    oldX = gsRemembered(memory, fromX, fromY, yx, yy);
    oldY = memory.y;
  }
}

// The state at the first level: a draw from the condition's noised law, N(0, sh^2), or z itself for pure noise.
GS_CALL void begin(const Program<GS_REAL>& p, int particle, F& yx, F& yy) {
  F zx, zy;
  U choice;
  gsNoise(U(p.seed), gsIota(std::uint32_t(particle)), U(0u), zx, zy, choice);
  if (p.start.empty()) {
    yx = F(p.startScale) * zx;
    yy = F(p.startScale) * zy;
    return;
  }
  alignas(64) GS_REAL bx[kLanes], by[kLanes];
  alignas(64) std::uint32_t words[kLanes];
  gsStore(zx, bx);
  gsStore(zy, by);
  gsStoreWords(choice, words);
  for (int i = 0; i < kLanes; ++i) {
    std::size_t lo = 0, hi = p.start.size() - 1;  // the first component whose `below` exceeds the word
    while (lo < hi) {
      const std::size_t middle = (lo + hi) / 2;
      if (words[i] < p.start[middle].below)
        hi = middle;
      else
        lo = middle + 1;
    }
    const PlanStart& c = p.start[lo];
    const double x = bx[i], y = by[i];
    bx[i] = GS_REAL(c.meanX + c.l11 * x);
    by[i] = GS_REAL(c.meanY + c.l21 * x + c.l22 * y);
  }
  yx = gsLoad(bx);
  yy = gsLoad(by);
}

GS_CALL void startRow(const Program<GS_REAL>& p, int first, int count, GS_REAL* x, GS_REAL* y) {
  for (int i = 0; i < count; i += kLanes) {
    const std::size_t size = sizeof(GS_REAL) * std::size_t(std::min(kLanes, count - i));
    alignas(64) GS_REAL bx[kLanes], by[kLanes];
    F ax, ay;
    begin(p, first + i, ax, ay);
    gsStore(ax, bx);
    gsStore(ay, by);
    std::memcpy(x + i, bx, size);
    std::memcpy(y + i, by, size);
  }
}

GS_FN void storeShown(F yx, F yy, GS_REAL alpha, int lanes, GS_REAL* out) {
  const F x = gsShown(yx, F(alpha)), y = gsShown(yy, F(alpha));
  if (lanes >= kLanes) {
    gsStorePairs(x, y, out);
  } else {
    GS_REAL pairs[2 * kLanes];
    gsStorePairs(x, y, pairs);
    std::copy_n(pairs, 2 * std::clamp(lanes, 0, kLanes), out);
  }
}

GS_CALL int runBlock(const Program<GS_REAL>& p, int first, int count, GS_REAL* x, std::size_t particles,
                     const std::stop_token& stop) {
  alignas(64) GS_REAL yx[kBlock], yy[kBlock], oldX[kBlock], oldY[kBlock];
  const bool multistep = p.solver == SolverKind::Dpmpp2m || p.remembers;
  bool memory = multistep;
  for (const Level<GS_REAL>& level : p.levels) memory = memory || level.points;
  const auto rowOf = [&](std::size_t step) {
    const int row = p.rowOf[step];
    return row < 0 ? nullptr : x + std::size_t(row) * particles * 2;
  };
  GS_REAL* out = rowOf(0);
  for (int i = 0; i < count; i += kLanes) {
    F ax, ay;
    begin(p, first + i, ax, ay);
    gsStore(ax, yx + i);
    gsStore(ay, yy + i);
    if (out) storeShown(ax, ay, p.startShown, count - i, out + 2 * i);
  }
  for (std::size_t step = 0; step < p.steps.size(); ++step) {
    if (stop.stop_requested()) return -1;
    const StepOf<GS_REAL>& s = p.steps[step];
    out = rowOf(step + 1);
    for (int i = 0; i < count; i += kLanes) {
      F ax = gsLoad(yx + i), ay = gsLoad(yy + i), dx = F(0.0), dy = F(0.0);
      if (p.remembers ? !s.fresh : multistep && !s.firstOrder) {
        dx = gsLoad(oldX + i);
        dy = gsLoad(oldY + i);
      }
      if (memory)
        advance<true>(p, s, first + i, ax, ay, dx, dy);
      else
        advance<false>(p, s, first + i, ax, ay, dx, dy);
      gsStore(ax, yx + i);
      gsStore(ay, yy + i);
      if (multistep && s.moves) {
        gsStore(dx, oldX + i);
        gsStore(dy, oldY + i);
      }
      if (out) storeShown(ax, ay, s.alphaNext, count - i, out + 2 * i);
    }
  }
  // A state that is not finite once makes every later denoiser NaN: the last one tells.
  int lost = 0;
  for (int i = 0; i < count; ++i) lost += blownUp(float(yx[i]), float(yy[i]));
  return lost;
}

GS_CALL void logJointRow(const BasicRow<GS_REAL>* rows, const int* classEnd, int classes, const GS_REAL* x,
                         const GS_REAL* y, int count, GS_REAL* out, std::size_t stride) {
  for (int i = 0; i < count; i += kLanes) {
    const int lanes = count - i < kLanes ? count - i : kLanes;
    alignas(64) GS_REAL bx[kLanes] = {}, by[kLanes] = {};
    std::memcpy(bx, x + i, sizeof(GS_REAL) * std::size_t(lanes));
    std::memcpy(by, y + i, sizeof(GS_REAL) * std::size_t(lanes));
    const F yx = gsLoad(bx), yy = gsLoad(by);
    int first = 0;
    for (int c = 0; c < classes; ++c) {
      const F logarithm = F(0.6931471805599453) * gsLogSum(rows, first, classEnd[c], yx, yy);
      gsStore(gsMax(logarithm, F(-1e30)), bx);
      std::memcpy(out + std::size_t(c) * stride + i, bx, sizeof(GS_REAL) * std::size_t(lanes));
      first = classEnd[c];
    }
  }
}

GS_CALL void guidedRow(const Level<GS_REAL>& level, const GS_REAL* x, const GS_REAL* y, int count, const GS_REAL* given,
                       GS_REAL* memory, GS_REAL* dx, GS_REAL* dy) {
  constexpr int kPulls = 2 * kMostDenoisers;
  alignas(64) GS_REAL bx[kLanes] = {}, by[kLanes] = {}, mx[kLanes] = {}, my[kLanes] = {}, pulls[kPulls * kLanes];
  const std::size_t uses = level.uses.size(), stride = std::size_t(count);
  for (int i = 0; i < count; i += kLanes) {
    const std::size_t size = sizeof(GS_REAL) * std::size_t(std::min(kLanes, count - i));
    std::memcpy(bx, x + i, size);
    std::memcpy(by, y + i, size);
    if (memory) std::memcpy(mx, memory + i, size), std::memcpy(my, memory + stride + i, size);
    for (std::size_t u = 0; given && u < 2 * uses; ++u)
      std::memcpy(pulls + u * std::size_t(kLanes), given + u * stride + i, size);
    GsMemory kept = gsMemory(gsLoad(mx), gsLoad(my));
    F ax, ay;
    if (level.points)
      guidedShaped(level, gsLoad(bx), gsLoad(by), kept, ax, ay, given ? pulls : nullptr, std::size_t(kLanes));
    else
      guidedAgain<true>(level, gsLoad(bx), gsLoad(by), kept.x, kept.y, ax, ay);
    gsStore(ax, bx);
    gsStore(ay, by);
    std::memcpy(dx + i, bx, size);
    std::memcpy(dy + i, by, size);
    if (!memory) continue;
    const F numbers[4] = {kept.x, kept.y, kept.alongX, kept.alongY};
    for (std::size_t row = 0; row < 4; ++row) {
      gsStore(numbers[row], mx);
      std::memcpy(memory + row * stride + i, mx, size);
    }
  }
}

GS_CALL void noiseRow(std::uint32_t seed, std::uint32_t step, int first, int count, GS_REAL* zx, GS_REAL* zy) {
  for (int i = 0; i < count; i += kLanes) {
    const int lanes = count - i < kLanes ? count - i : kLanes;
    alignas(64) GS_REAL bx[kLanes], by[kLanes];
    F ax, ay;
    U choice;
    gsNoise(U(seed), gsIota(std::uint32_t(first + i)), U(step), ax, ay, choice);
    gsStore(ax, bx);
    gsStore(ay, by);
    std::memcpy(zx + i, bx, sizeof(GS_REAL) * std::size_t(lanes));
    std::memcpy(zy + i, by, sizeof(GS_REAL) * std::size_t(lanes));
  }
}
