#include "engine/gl_engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "engine/gl_answers.h"
#include "engine/gl_device.h"
#include "engine/gl_job.h"
#include "engine/gl_rows.h"
#include "engine/gl_tables.h"

namespace gs {
namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

class Gl final : public GlEngine {
 public:
  explicit Gl(std::shared_ptr<GlDevice> device) : device_(std::move(device)) {
    // Compiled here, on a worker, so that a driver that cannot is found out now.
    device_->thread->run([this] {
      device_->blockProgram(false);
      device_->check("while compiling");
    });
  }

  std::string name() const override { return "opengl"; }
  std::string description() const override { return "OpenGL, " + device_->renderer; }
  bool software() const override { return device_->software; }
  std::size_t memoryBudget() const override { return device_->budget; }
  std::vector<std::string> messages() const override { return device_->messages(); }

  Support supports(const Plan& plan) const override {
    const auto mebibytes = [](std::size_t bytes) { return std::to_string((bytes + 1048575) / 1048576) + " MiB"; };
    if (plan.scripted()) return {false, "a model that is code (TorchScript) is not asked from a shader"};
    if (const std::size_t bytes = rowTableBytes(plan); bytes > device_->largestBlock)
      return {false, "its component tables take " + mebibytes(bytes) + ", and this OpenGL driver takes " +
                         mebibytes(device_->largestBlock) + " at a time; fewer steps or components would fit"};
    if (const std::size_t bytes = rowBytes(plan.experiment->particles.count); bytes > device_->largestBlock)
      return {false, "one step of its particles takes " + mebibytes(bytes) + ", and this OpenGL driver takes " +
                         mebibytes(device_->largestBlock) + " at a time; fewer particles would fit"};
    return {};
  }

  std::shared_ptr<const Frame> sample(const Plan& plan, ParticleRange range, std::stop_token stop) const override {
    const auto begin = Clock::now();
    const int count = range.count;
    auto frame = std::make_shared<Frame>();
    frame->experiment = plan.experiment;
    frame->mixture = plan.mixture;
    frame->grid = plan.grid;
    frame->particles = count;
    frame->modelCalls = plan.modelCalls;
    frame->engine = description();
    frame->stored = storedSteps(int(plan.grid.size()) - 1, mostRows(count));

    GlJob job(device_, plan, range);
    // One dispatch at a call, so that others of this device come in between.
    bool begun = false, more = count > 0;
    do {
      if (stop.stop_requested()) return nullptr;
      device_->thread->run([&] {
        if (!begun) job.prepare(frame->stored);
        begun = true;
        if (more) more = job.dispatch();
        if (!more) job.finish(*frame);
      });
    } while (more);
    frame->stamp = ++stamps_;
    if (device_->options.readBack) toHost(*frame);
    frame->seconds = secondsSince(begin);
    return frame;
  }

  DensityField density(const Mixture& mixture, NoiseLevel level, const FieldGrid& grid,
                       std::stop_token stop) const override {
    return host_->density(mixture, level, grid, stop);
  }
  PointValues pointValues(const Plan& plan, const Frame& frame, int step, std::stop_token stop) const override {
    if (holds(frame))
      if (auto values = devicePoints(device_, plan, frame, step, stop)) return *std::move(values);
    return host_->pointValues(plan, frame, step, stop);
  }
  DensityField shownDensity(const Mixture& mixture, NoiseLevel level, const FieldGrid& grid,
                            std::stop_token stop) const override {
    if (!device_->options.readBack)
      if (auto field = deviceDensity(device_, mixture, level, grid, stop)) return *std::move(field);
    return host_->density(mixture, level, grid, stop);
  }
  std::optional<SampleSums> sums(const Frame& frame, std::stop_token stop) const override {
    if (!holds(frame)) return std::nullopt;
    return deviceSums(device_, frame, stop);
  }
  std::optional<Outside> outside(const Frame& frame, const RowsAt& at, Vec2 middle, Vec2 reach) const override {
    if (!holds(frame)) return std::nullopt;
    return deviceOutside(device_, frame, at, middle, reach);
  }
  std::optional<std::vector<int>> near(const Frame& frame, const RowsAt& at, std::span<const Vec2> outline,
                                       double reach, std::stop_token stop) const override {
    if (!holds(frame)) return std::nullopt;
    return deviceNear(device_, frame, at, outline, reach, stop);
  }
  bool keeps(const Frame& frame) const override { return !frame.device || holds(frame); }
  Transfers transfers() const override { return device_->total(); }

 private:
  // An engine that was made anew has nothing to do with the frames of the one before.
  bool holds(const Frame& frame) const {
    const auto* const rows = dynamic_cast<const GlRows*>(frame.device.get());
    return rows && rows->on(*device_);
  }
  std::size_t rowBytes(int particles) const { return GlRows::strideOf(*device_, std::size_t(particles) * 8); }
  // The rows that fit into half of the budget: the other half is for the answer that is shown meanwhile.
  long mostRows(int particles) const { return std::max(1L, long(device_->budget / 2 / rowBytes(particles))); }

  static void toHost(Frame& frame) {
    frame.x.resize(std::size_t(frame.rows()) * std::size_t(frame.particles) * 2);
    for (int row = 0; row < frame.rows(); ++row)
      frame.device->read(row, std::size_t(frame.particles) * 8,
                         frame.x.data() + std::size_t(row) * std::size_t(frame.particles) * 2);
    frame.transfers.readBack += frame.x.size() * sizeof(float);
    frame.device = nullptr;
  }

  std::shared_ptr<GlDevice> device_;
  std::unique_ptr<Engine> host_ = makeCpuEngine();
  mutable std::atomic<std::uint64_t> stamps_{0};
};

}  // namespace

std::unique_ptr<GlEngine> makeGlEngine(std::function<gl::Context()> make, GlOptions options) {
  auto device = std::make_shared<GlDevice>(std::move(make), std::move(options));
  if (device->options.hardware && device->software) return nullptr;
  return std::make_unique<Gl>(std::move(device));
}

}  // namespace gs
