#include "engine/cpu_engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include "engine/memory.h"
#include "engine/staged.h"
#include "engine/thread_pool.h"

namespace gs {
namespace {

// Smaller runs do not ask how much memory there is.
constexpr std::size_t kAskBeforehand = std::size_t(256) << 20;

class CpuEngine final : public Engine {
 public:
  CpuEngine(const CpuKernels& kernels, int threads, std::size_t memoryBudget)
      : kernels_(kernels), pool_(threads), memoryBudget_(memoryBudget) {}

  std::string name() const override { return "cpu"; }
  std::string description() const override {
    const int n = pool_.threads();
    return "CPU " + std::string(kernels_.target) + ", " + std::to_string(n) + (n == 1 ? " thread" : " threads");
  }
  Support supports(const Plan&) const override { return {}; }

  std::shared_ptr<const Frame> sample(const Plan& plan, ParticleRange range, std::stop_token stop) const override {
    const auto begin = std::chrono::steady_clock::now();
    const int count = range.count;
    auto frame = std::make_shared<Frame>();
    frame->experiment = plan.experiment;
    frame->mixture = plan.mixture;
    frame->grid = plan.grid;
    frame->particles = count;
    Program<float> program(plan);
    frame->stored = storedSteps(int(plan.grid.size()) - 1, mostRows(plan.grid.size(), std::size_t(count)));
    if (!frame->stored.empty()) {
      for (std::size_t step = 0; step < program.rowOf.size(); ++step) {
        const auto row = std::lower_bound(frame->stored.begin(), frame->stored.end(), program.pointOf[step]);
        const bool kept = row != frame->stored.end() && *row == program.pointOf[step];
        program.rowOf[step] = kept ? int(row - frame->stored.begin()) : -1;
      }
    }
    frame->x.resize(std::size_t(frame->rows()) * std::size_t(count) * 2);
    preferLargePages(frame->x.data(), frame->x.size() * sizeof(float));

    // Small counts make small blocks, so that every thread gets some.
    const bool staged = plan.scripted();
    const int shares = (staged ? 1 : 4) * pool_.threads(), share = (count + shares - 1) / shares;
    const int block = std::clamp((share + kernels_.lanes - 1) / kernels_.lanes * kernels_.lanes, kernels_.lanes,
                                 staged ? kStagedBlock : kBlock);
    std::atomic<int> blownUp{0};
    std::atomic<bool> stopped{false};
    pool_.forEach((count + block - 1) / block, [&](int b) {
      if (stopped.load(std::memory_order_relaxed)) return;
      const int column = b * block;
      const int bad =
          (staged ? runStaged : runBlocks)(kernels_, program, range.first + column, std::min(block, count - column),
                                           frame->x.data() + 2 * std::size_t(column), std::size_t(count), stop);
      if (bad < 0)
        stopped = true;
      else
        blownUp += bad;
    });
    if (stopped) return nullptr;

    frame->blownUp = blownUp;
    frame->modelCalls = plan.modelCalls;
    frame->engine = description();
    frame->stamp = ++stamps_;
    frame->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return frame;
  }

  DensityField density(const Mixture& mixture, NoiseLevel level, const FieldGrid& grid,
                       std::stop_token stop) const override {
    const ClassRows table = classRows(mixture, level);
    DensityField field{grid, level, int(table.ends.size()), {}};
    const std::size_t pixels = std::size_t(std::max(0, grid.width)) * std::size_t(std::max(0, grid.height));
    field.logJoint.resize(pixels * table.ends.size());
    pool_.forEach(std::max(0, grid.height), [&](int row) {
      if (stop.stop_requested()) return;
      std::vector<float> x(static_cast<std::size_t>(grid.width)), y(x.size());
      for (int i = 0; i < grid.width; ++i) {
        const Vec2 p = grid.center(i, row);
        x[std::size_t(i)] = float(p.x);
        y[std::size_t(i)] = float(p.y);
      }
      kernels_.logJoint(table.rows.data(), table.ends.data(), field.classes, x.data(), y.data(), grid.width,
                        field.logJoint.data() + std::size_t(row) * std::size_t(grid.width), pixels);
    });
    if (stop.stop_requested()) return {};
    return field;
  }

  PointValues pointValues(const Plan& plan, const Frame& frame, int step, std::stop_token stop) const override {
    const int row = frame.rowNear(step);
    const GridPoint& at = frame.grid[std::size_t(frame.stepOf(row))];
    const ClassRows table = classRows(*plan.mixture, at.level);
    const Plan here = compileLevel(*plan.experiment, plan.mixture, at.t, at.ratio);
    const Program<float> program(here);
    const HostRow shown = frame.read(row);
    const std::size_t classes = table.ends.size(), n = std::size_t(frame.particles);

    PointValues values;
    values.classes = int(classes);
    values.classPosterior.resize(n * classes);
    values.push.resize(n);
    const bool pureNoise = std::isinf(at.ratio);
    const float constantPush = pureNoise ? float(infinitePush(here)) : 0;

    constexpr int kRun = 4096;
    pool_.forEach(int((n + kRun - 1) / kRun), [&](int run) {
      if (stop.stop_requested()) return;
      const std::size_t first = std::size_t(run) * kRun;
      std::vector<float> x(std::min<std::size_t>(kRun, n - first)), y(x.size()), joint(x.size() * classes);
      const int count = int(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = shown[2 * (first + i)];
        y[i] = shown[2 * (first + i) + 1];
      }
      kernels_.logJoint(table.rows.data(), table.ends.data(), values.classes, x.data(), y.data(), count, joint.data(),
                        x.size());
      for (std::size_t i = 0; i < x.size(); ++i)
        posterior(&joint[i], x.size(), classes, &values.classPosterior[(first + i) * classes]);
      if (pureNoise || at.ratio == 0) {  // at the data every denoiser is the identity
        std::fill_n(values.push.begin() + std::ptrdiff_t(first), count, constantPush);
        return;
      }
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = float(x[i] / at.level.alpha);
        y[i] = float(y[i] / at.level.alpha);
      }
      std::vector<float> d(4 * x.size());
      float *const guidedX = d.data(), *const guidedY = guidedX + count, *const mainX = guidedY + count,
                   *const mainY = mainX + count;
      guidedAt(kernels_, program.levels.front(), x.data(), y.data(), count, nullptr, guidedX, guidedY);
      guidedAt(kernels_, program.mainOnly, x.data(), y.data(), count, nullptr, mainX, mainY);
      for (int i = 0; i < count; ++i)
        values.push[first + std::size_t(i)] = std::hypot(guidedX[i] - mainX[i], guidedY[i] - mainY[i]);
    });
    if (stop.stop_requested()) return {};
    return values;
  }

 private:
  // How many rows of trajectories may be kept. The system promises more memory than it has and ends the program later,
  // so a large run asks first, and leaves half for the answer that is shown meanwhile. Throws std::bad_alloc.
  long mostRows(std::size_t rows, std::size_t particles) const {
    const std::size_t row = particles * 2 * sizeof(float);
    if (memoryBudget_ == 0 && rows * row <= kAskBeforehand) return long(rows);
    const std::size_t available = availableMemory();
    if (row > available / 10 * 9) throw std::bad_alloc();
    return std::max(1L, long((memoryBudget_ ? memoryBudget_ : available) / 2 / row));
  }
  // softmax over the classes of one point; joint[c * stride].
  static void posterior(const float* joint, std::size_t stride, std::size_t classes, float* out) {
    float top = -std::numeric_limits<float>::infinity(), sum = 0;
    for (std::size_t c = 0; c < classes; ++c) top = std::max(top, joint[c * stride]);
    for (std::size_t c = 0; c < classes; ++c) sum += out[c] = std::exp(joint[c * stride] - top);
    for (std::size_t c = 0; c < classes; ++c) out[c] /= sum;
  }

  const CpuKernels& kernels_;
  mutable ThreadPool pool_;
  const std::size_t memoryBudget_;  // bytes; 0: what there is
  mutable std::atomic<std::uint64_t> stamps_{0};
};

}  // namespace

std::unique_ptr<Engine> makeCpuEngine(const CpuKernels& kernels, int threads) {
  return std::make_unique<CpuEngine>(kernels, threads, 0);
}
std::unique_ptr<Engine> makeCpuEngine(int threads, std::size_t memoryBudget) {
  return std::make_unique<CpuEngine>(simdKernels(), threads, memoryBudget);
}

}  // namespace gs
