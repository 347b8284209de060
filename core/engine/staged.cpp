#include "engine/staged.h"

#include <algorithm>
#include <vector>

namespace gs {
namespace {

// Both coordinates of all points, as vectors of the plane that are added and scaled.
struct Points {
  explicit Points(int count) : x(std::size_t(2 * count), 0.f) {}
  float* across() { return x.data(); }
  float* up() { return x.data() + x.size() / 2; }
  std::vector<float> x;  // all first coordinates, then all second ones
};

// The kernel text's gsDecay, for a factor that all particles share.
void decay(Points& y, const Points& d, float factor) {
  for (std::size_t i = 0; i < y.x.size(); ++i) y.x[i] = factor * (y.x[i] - d.x[i]) + d.x[i];
}

}  // namespace

void guidedAt(const CpuKernels& kernels, const Level<float>& level, const float* x, const float* y, int count,
              float* memory, float* dx, float* dy) {
  const std::size_t n = std::size_t(count);
  std::vector<float> given, pairs, answers;
  for (const Pass<float>& pass : level.passes) {
    if (!pass.network.script) continue;
    given.resize(2 * level.uses.size() * n);
    pairs.resize(2 * n);
    answers.resize(2 * n);
    for (std::size_t i = 0; i < n; ++i) pairs[2 * i] = x[i], pairs[2 * i + 1] = y[i];
    for (int u = pass.firstUse; u < pass.firstUse + pass.uses; ++u) {
      const Use<float>& use = level.uses[std::size_t(u)];
      pass.network.script->denoise(pairs.data(), count, use.ratio, use.label, answers.data());
      float* to = given.data() + 2 * std::size_t(u) * n;
      for (std::size_t i = 0; i < n; ++i) to[i] = answers[2 * i] - x[i], to[n + i] = answers[2 * i + 1] - y[i];
    }
  }
  kernels.guided(level, x, y, count, given.empty() ? nullptr : given.data(), memory, dx, dy);
}

int runStaged(const CpuKernels& kernels, const Program<float>& p, int first, int count, float* x, std::size_t particles,
              const std::stop_token& stop) {
  const std::size_t n = std::size_t(count);
  const auto store = [&](std::size_t step, Points& y, float alpha) {
    if (p.rowOf[step] < 0) return;
    float* out = x + std::size_t(p.rowOf[step]) * particles * 2;
    for (std::size_t i = 0; i < n; ++i) out[2 * i] = alpha * y.across()[i], out[2 * i + 1] = alpha * y.up()[i];
  };
  Points y(count), d(count), old(count), before(count), z(count);
  kernels.start(p, first, count, y.across(), y.up());
  store(0, y, p.startShown);
  // memory: what shapes keep; `along` is what the step's end adds to it (GsMemory of kernels/step.inl).
  Points along(count);
  std::vector<float> all(4 * n);
  const auto guided = [&](int level, Points& at, Points& memory) {
    std::fill(std::copy(memory.x.begin(), memory.x.end(), all.begin()), all.end(), 0.f);
    guidedAt(kernels, p.levels[std::size_t(level)], at.across(), at.up(), count, all.data(), d.across(), d.up());
    std::copy_n(all.begin(), 2 * n, memory.x.begin());
    std::copy_n(all.begin() + std::ptrdiff_t(2 * n), 2 * n, along.x.begin());
  };
  for (std::size_t step = 0; step < p.steps.size(); ++step) {
    if (stop.stop_requested()) return -1;
    const StepOf<float>& s = p.steps[step];
    if (s.fromPureNoise) {
      for (std::size_t i = 0; i < n; ++i) {
        y.across()[i] = s.ratioNext * y.across()[i] + p.infiniteX;
        y.up()[i] = s.ratioNext * y.up()[i] + p.infiniteY;
        if (!p.remembers) continue;
        const float* m = p.infiniteMemory;
        old.across()[i] = m[0] + m[2] * y.across()[i] + m[3] * y.up()[i];
        old.up()[i] = m[1];
      }
      store(step + 1, y, s.alphaNext);
      continue;
    }
    if (s.fresh) std::fill(old.x.begin(), old.x.end(), 0.f);
    before = old;  // what shapes keep, or DPM-Solver++(2M)'s denoiser of the step before
    Points from = y;
    guided(s.level, y, old);
    Points towards = along;
    if (s.firstOrder || p.solver == SolverKind::Dpmpp2m) {
      Points used = d;
      if (!s.firstOrder)
        for (std::size_t i = 0; i < used.x.size(); ++i) used.x[i] = s.blendNow * d.x[i] + s.blendOld * before.x[i];
      if (!p.remembers) old = d;
      decay(y, used, s.decay);
      if (s.noise != 0) {
        for (int i = 0; i < count; i += kBlock)
          kernels.noise(p.seed, s.draw, first + i, std::min(kBlock, count - i), z.across() + i, z.up() + i);
        for (std::size_t i = 0; i < y.x.size(); ++i) y.x[i] += s.noise * z.x[i];
      }
    } else if (p.solver == SolverKind::Heun) {
      Points end = y;
      decay(end, d, s.decay);
      for (std::size_t i = 0; i < y.x.size(); ++i) y.x[i] += s.heunNow * (y.x[i] - d.x[i]);
      guided(s.levelNext, end, before);
      for (std::size_t i = 0; i < y.x.size(); ++i) y.x[i] += s.heunNext * (end.x[i] - d.x[i]);
    } else {  // RK4
      Points sum(count), at = y;
      const int levels[4] = {s.level, s.levelMid, s.levelMid, s.levelNext};
      const float reach[4] = {s.logDecay / 2, s.logDecay / 2, s.logDecay, 0}, share[4] = {1, 2, 2, 1};
      for (int k = 0; k < 4; ++k) {
        Points memory = before;  // it moves on in the first stage only
        if (k > 0) guided(levels[k], at, memory);
        for (std::size_t i = 0; i < y.x.size(); ++i) {
          const float slope = at.x[i] - d.x[i];
          sum.x[i] += share[k] * slope;
          at.x[i] = from.x[i] + reach[k] * slope;
        }
      }
      for (std::size_t i = 0; i < y.x.size(); ++i) y.x[i] += s.logDecay / 6 * sum.x[i];
    }
    if (p.remembers)
      for (std::size_t i = 0; i < n; ++i)
        old.across()[i] +=
            towards.across()[i] * (y.across()[i] - from.across()[i]) + towards.up()[i] * (y.up()[i] - from.up()[i]);
    if (!s.moves) old = before;
    store(step + 1, y, s.alphaNext);
  }
  int lost = 0;
  for (std::size_t i = 0; i < n; ++i) lost += blownUp(y.across()[i], y.up()[i]);
  return lost;
}

}  // namespace gs
