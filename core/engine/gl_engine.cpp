#include "engine/gl_engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <new>

#include "engine/gl_device.h"
#include "engine/gl_rows.h"
#include "engine/gl_tables.h"
#include "engine/program.h"

namespace gs {
namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// What one dispatch may take, so that what else uses the device, the screen first of all, is not held up.
constexpr double kDispatchSeconds = 0.004;
// Fewer particles than this leave most of a device idle.
constexpr int kLeastParticles = 65536, kLeastInSoftware = 1024;
constexpr GLuint kPattern = 0xA5A5A5A5u;
constexpr GLuint64 kPatience = 30'000'000'000;  // ns
constexpr std::size_t kPushSamples =
    20000;                            // for the colour scale: of a million particles every fiftieth tells as much
constexpr std::size_t kGuard = 1024;  // bytes behind a buffer that is looked after

template <class T>
std::span<const std::byte> bytesOf(const std::vector<T>& v) {
  return std::as_bytes(std::span<const T>(v));
}

// Buffers of one run, given back to the device wherever it ends.
class Scratch {
 public:
  explicit Scratch(GlDevice& device) : device_(device) {}
  ~Scratch() {
    auto blocks = std::make_shared<std::vector<Block>>(std::move(blocks_));
    GlDevice* const device = &device_;
    device_.thread->post([device, blocks] {
      for (Block& b : *blocks) device->give(std::move(b));
    });
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::size_t take(std::size_t bytes) {
    blocks_.push_back(device_.take(bytes));
    return blocks_.size() - 1;
  }
  const Block& operator[](std::size_t i) const { return blocks_[i]; }

 private:
  GlDevice& device_;
  std::vector<Block> blocks_;
};

// One run of a plan, cut into dispatches. All but the constructor is called on the device's thread.
class Job {
 public:
  Job(std::shared_ptr<GlDevice> device, const Plan& plan, int count)
      : device_(std::move(device)), tables_(plan), scratch_(*device_), count_(count) {}
  ~Job() {
    if (!waiting_.empty())
      device_->thread->run([this] {
        for (const Sent& s : waiting_) glDeleteSync(s.fence);
      });
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void prepare(const std::vector<int>& stored) {
    const int steps = int(tables_.steps.size());
    std::vector<int> rowOf(std::size_t(steps) + 1, -1);
    int rows = 0;
    if (stored.empty())
      for (int& r : rowOf) r = rows++;
    else
      for (const int s : stored) rowOf[std::size_t(s)] = rows++;
    rows_ = std::make_shared<GlRows>(device_, rows, std::size_t(count_) * 8);
    startRow_ = rowOf[0];
    for (int s = 0; s < steps; ++s) {
      stepRow_.push_back(rowOf[std::size_t(s) + 1]);
      tables_.steps[std::size_t(s)].row = stepRow_.back() < 0 ? -1 : rows_->rowInBlock(stepRow_.back());
    }

    // The device is busy with this many particles at a time; their states lie in one buffer.
    const double dearest = *std::max_element(tables_.stepCost.begin(), tables_.stepCost.end());
    const double most = kDispatchSeconds / device_->secondsPerRow / dearest;
    const int least = device_->software ? kLeastInSoftware : kLeastParticles;
    chunk_ = int(std::min({double(count_), std::max(most, double(least)), double(device_->largestBlock / 16),
                           double(device_->mostGroups) * device_->group}));

    table_ = device_->table(tables_.models, transfers);
    const auto filled = [&](std::span<const std::byte> bytes) {
      const std::size_t i = scratch_.take(bytes.size());
      device_->upload(scratch_[i], bytes, transfers);
      return i;
    };
    passes_ = filled(bytesOf(tables_.passes));
    uses_ = filled(bytesOf(tables_.uses));
    steps_ = filled(bytesOf(tables_.steps));
    starts_ = filled(bytesOf(tables_.starts));
    run_ = scratch_.take(sizeof(shader::Run));
    stateBytes_ = std::size_t(chunk_) * 16;
    lostBytes_ = sizeof(shader::DeviceLostHead) + Frame::kMostLost * sizeof(shader::DeviceLost);
    const bool checked = device_->options.checked;
    states_ = scratch_.take(stateBytes_ + (checked ? kGuard : 0));
    lost_ = scratch_.take(lostBytes_ + (checked ? kGuard : 0));
    if (checked)
      for (const std::size_t b : {states_, lost_})
        glClearNamedBufferData(scratch_[b].id(), GL_R32UI, GL_RED_INTEGER, GL_UNSIGNED_INT, &kPattern);
    const GLuint none = 0;
    glClearNamedBufferSubData(scratch_[lost_].id(), GL_R32UI, 0, sizeof(shader::DeviceLostHead), GL_RED_INTEGER,
                              GL_UNSIGNED_INT, &none);
    glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_BUFFER_UPDATE_BARRIER_BIT);
  }

  // Sends the next dispatch; false when there was none left.
  bool dispatch() {
    if (first_ >= count_) return false;
    device_->fault("dispatch");
    const int particles = std::min(chunk_, count_ - first_), steps = int(tables_.steps.size());
    const double affordable = kDispatchSeconds / device_->secondsPerRow / particles;
    // All rows that are written lie in one block.
    int block = -1, to = step_;
    double cost = 0;
    if (!begun_ && startRow_ >= 0) block = rows_->blockOf(startRow_);
    for (; to < steps; ++to) {
      const int row = stepRow_[std::size_t(to)], of = row < 0 ? -1 : rows_->blockOf(row);
      if (of >= 0 && block >= 0 && of != block) break;
      const double more = tables_.stepCost[std::size_t(to)];
      if (to > step_ && cost + more > affordable) break;
      cost += more;
      if (of >= 0) block = of;
    }

    shader::Run run = tables_.run;
    run.runFirst = first_;
    run.runCount = particles;
    run.runColumns = int(rows_->stride() / 8);
    run.runFrom = step_;
    run.runTo = to;
    run.runBegin = begun_ ? 0 : 1;
    run.runStartRow = startRow_ < 0 ? -1 : rows_->rowInBlock(startRow_);
    run.runLostMost = Frame::kMostLost;
    device_->upload(scratch_[run_], std::as_bytes(std::span(&run, 1)), transfers);
    const gl::Program& program = device_->blockProgram(tables_.shaped, tables_.networks);
    program.use();
    glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch_[run_].id());
    const std::size_t bound[] = {passes_, uses_, steps_, starts_, states_};
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_TABLE, table_->block.id());
    for (GLuint i = 0; i < 5; ++i) glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_PASSES + i, scratch_[bound[i]].id());
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_SHOWN, rows_->block(std::max(block, 0)).id());
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_LOST, scratch_[lost_].id());
    glDispatchCompute(GLuint((particles + device_->group - 1) / device_->group), 1, 1);
    glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_BUFFER_UPDATE_BARRIER_BIT);
    waiting_.push_back({glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0), Clock::now(), cost * particles});
    glFlush();
    ++dispatches;

    begun_ = true;
    step_ = to;
    if (step_ == steps) {
      first_ += particles;
      step_ = 0;
      begun_ = false;
    }
    // Two at a time, so that the device is never idle and a run that is stopped ends soon.
    if (waiting_.size() > 1) finishOldest();
    return true;
  }

  void finish(Frame& frame) {
    while (!waiting_.empty()) finishOldest();
    shader::DeviceLostHead head;
    glGetNamedBufferSubData(scratch_[lost_].id(), 0, sizeof head, &head);
    transfers.readBack += sizeof head;
    frame.blownUp = int(head.count);
    if (head.listed > 0) {
      std::vector<shader::DeviceLost> list(std::min<std::size_t>(head.listed, Frame::kMostLost));
      glGetNamedBufferSubData(scratch_[lost_].id(), sizeof head, GLsizeiptr(list.size() * sizeof list[0]), list.data());
      transfers.readBack += list.size() * sizeof list[0];
      for (const shader::DeviceLost& l : list) frame.lost.push_back({l.particle, l.step, l.x, l.y});
      std::sort(frame.lost.begin(), frame.lost.end(),
                [](const LostParticle& a, const LostParticle& b) { return a.particle < b.particle; });
    }
    if (device_->options.checked) {
      rows_->verify();
      verifyGuard(states_, stateBytes_);
      verifyGuard(lost_, lostBytes_);
    }
    rows_->computed();
    device_->check("while sampling");
    frame.device = rows_;
    frame.transfers = transfers;
  }

  const std::shared_ptr<GlRows>& rows() const { return rows_; }
  double cost() const {
    double sum = 0;
    for (const double c : tables_.stepCost) sum += c;
    return sum * count_;
  }
  Transfers transfers;
  int dispatches = 0;

 private:
  struct Sent {
    GLsync fence;
    Clock::time_point when;
    double rows;  // components x particles
  };

  void finishOldest() {
    const Sent sent = waiting_.front();
    waiting_.pop_front();
    const GLenum state = glClientWaitSync(sent.fence, GL_SYNC_FLUSH_COMMANDS_BIT, kPatience);
    glDeleteSync(sent.fence);
    if (state == GL_TIMEOUT_EXPIRED) throw DeviceError("the graphics device did not answer for 30 seconds");
    if (state == GL_WAIT_FAILED) throw DeviceError("the OpenGL context was lost");
    // It ran since it was sent, or since the one before it was done.
    const Clock::time_point now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - std::max(sent.when, done_)).count();
    done_ = now;
    // The first dispatch of a shader compiles it, and small ones measure what a dispatch costs by itself.
    if (warm_ && sent.rows > 2e5) {
      const double measured = std::clamp(seconds / sent.rows, 1e-13, 1e-6);
      device_->secondsPerRow = 0.5 * device_->secondsPerRow + 0.5 * measured;
    }
    warm_ = true;
  }

  void verifyGuard(std::size_t i, std::size_t used) const {
    std::vector<GLuint> words(kGuard / 4);
    glGetNamedBufferSubData(scratch_[i].id(), GLintptr(used), kGuard, words.data());
    if (std::any_of(words.begin(), words.end(), [](GLuint w) { return w != kPattern; }))
      throw std::logic_error("written behind the end of a buffer");
  }

  std::shared_ptr<GlDevice> device_;
  DeviceTables tables_;
  Scratch scratch_;
  int count_, chunk_ = 0;
  std::shared_ptr<GlRows> rows_;
  std::shared_ptr<GlDevice::Table> table_;
  std::vector<int> stepRow_;
  int startRow_ = -1;
  std::size_t passes_ = 0, uses_ = 0, steps_ = 0, starts_ = 0, run_ = 0, states_ = 0, lost_ = 0;
  std::size_t stateBytes_ = 0, lostBytes_ = 0;
  // Where the next dispatch goes on: particles from first_, their step step_.
  int first_ = 0, step_ = 0;
  bool begun_ = false, warm_ = false;
  std::deque<Sent> waiting_;
  Clock::time_point done_{};
};

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
    if (const std::size_t bytes = rowTableBytes(plan); bytes > device_->largestBlock)
      return {false, "its component tables take " + mebibytes(bytes) + ", and this OpenGL driver takes " +
                         mebibytes(device_->largestBlock) + " at a time; fewer steps or components would fit"};
    if (const std::size_t bytes = rowBytes(plan.experiment->particles.count); bytes > device_->largestBlock)
      return {false, "one step of its particles takes " + mebibytes(bytes) + ", and this OpenGL driver takes " +
                         mebibytes(device_->largestBlock) + " at a time; fewer particles would fit"};
    return {};
  }

  std::shared_ptr<const Frame> sample(const Plan& plan, int count, std::stop_token stop) const override {
    const auto begin = Clock::now();
    auto frame = std::make_shared<Frame>();
    frame->experiment = plan.experiment;
    frame->mixture = plan.mixture;
    frame->grid = plan.grid;
    frame->particles = count;
    frame->modelCalls = plan.modelCalls;
    frame->engine = description();
    frame->stored = storedSteps(int(plan.steps.size()), mostRows(count));

    Job job(device_, plan, count);
    device_->thread->run([&] { job.prepare(frame->stored); });
    // One dispatch at a call, so that others of this device come in between.
    for (bool more = true; more;) {
      if (stop.stop_requested()) return nullptr;
      more = device_->thread->run([&] { return job.dispatch(); });
    }
    device_->thread->run([&] { job.finish(*frame); });
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
    const std::size_t n = std::size_t(frame.particles);
    // Where the values do not fit into one buffer the host computes them.
    if (!frame.device || n * sizeof(shader::DevicePoint) > device_->largestBlock)
      return host_->pointValues(plan, frame, step, stop);
    const int row = frame.rowNear(step);
    const GridPoint& at = frame.grid[std::size_t(frame.stepOf(row))];
    const ClassRows classes = classRows(*plan.mixture, at.level);
    const Plan here = compileLevel(*plan.experiment, plan.mixture, at.t, at.ratio);
    DeviceTables tables(here);
    if (classes.rows.size() * sizeof(ComponentRow) + rowTableBytes(here) > device_->largestBlock)
      return host_->pointValues(plan, frame, step, stop);

    const bool pureNoise = std::isinf(at.ratio);
    shader::PointsAt run{};
    run.pointsCount = frame.particles;
    run.pointsClasses = int(classes.ends.size());
    run.pointsEach = int(std::max<std::size_t>(1, n / kPushSamples));
    run.pointsConstant = pureNoise || at.ratio == 0;  // at the data every denoiser is the identity
    run.pointsPush = pureNoise ? float(infinitePush(here)) : 0;
    run.pointsScale = pureNoise ? 0 : float(1 / at.level.alpha);
    run.guidedFirst = tables.guided.firstPass;
    run.guidedPasses = tables.guided.passes;
    run.guidedGain = tables.guided.gain;
    run.guidedFirstShape = tables.guided.firstShape;
    run.guidedShapes = tables.guided.shapes;
    run.pointsGeneral = tables.guided.points | tables.main.points << 1;
    run.mainFirst = tables.main.firstPass;
    run.mainPasses = tables.main.passes;
    run.mainGain = tables.main.gain;
    // The rows of the classes come first in the table.
    for (shader::DevicePass& p : tables.passes) p.rows += int(classes.rows.size());

    Transfers transfers;
    Scratch scratch(*device_);
    std::shared_ptr<GlRows> values;
    std::vector<float> pushes((n + std::size_t(run.pointsEach) - 1) / std::size_t(run.pointsEach));
    std::size_t head = 0;
    device_->thread->run([&] {
      values = std::make_shared<GlRows>(device_, 1, n * sizeof(shader::DevicePoint));
      std::vector<ComponentRow> rows = classes.rows;
      for (const auto& m : tables.models) rows.insert(rows.end(), m->begin(), m->end());
      const std::span<const std::byte> parts[] = {bytesOf(rows), bytesOf(tables.passes), bytesOf(tables.uses),
                                                  bytesOf(classes.ends)};
      for (const auto& part : parts) device_->upload(scratch[scratch.take(part.size())], part, transfers);
      scratch.take(pushes.size() * sizeof(float));
      head = scratch.take(sizeof run);
      frame.device->beginUse();
    });
    const double cost = double(classes.rows.size()) + double(rowTableBytes(here) / sizeof(ComponentRow)) + 16;
    const double most = kDispatchSeconds / device_->secondsPerRow / cost;
    const double least = device_->software ? kLeastInSoftware : kLeastParticles;
    const int chunk = int(std::min({double(n), std::max(most, least), 64. * device_->mostGroups}));
    for (; run.pointsFirst < frame.particles; run.pointsFirst += chunk) {
      if (stop.stop_requested()) return {};
      device_->thread->run([&] {
        device_->fault("dispatch");
        device_->upload(scratch[head], std::as_bytes(std::span(&run, 1)), transfers);
        device_->pointsProgram(tables.shaped, tables.networks).use();
        glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch[head].id());
        for (GLuint i = 0; i < 4; ++i) glBindBufferBase(GL_SHADER_STORAGE_BUFFER, i, scratch[i].id());
        const DeviceRows::Place place = frame.device->place(row);
        glBindBufferRange(GL_SHADER_STORAGE_BUFFER, GS_HERE, place.buffer, GLintptr(place.offset), GLsizeiptr(n * 8));
        glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_POINTS, values->block(0).id());
        glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_PUSHES, scratch[4].id());
        glDispatchCompute(GLuint((std::min(chunk, frame.particles - run.pointsFirst) + 63) / 64), 1, 1);
        glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_BUFFER_UPDATE_BARRIER_BIT);
        const GLsync fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
        const GLenum state = glClientWaitSync(fence, GL_SYNC_FLUSH_COMMANDS_BIT, kPatience);
        glDeleteSync(fence);
        if (state == GL_TIMEOUT_EXPIRED || state == GL_WAIT_FAILED)
          throw DeviceError("the graphics device does not answer");
      });
    }
    device_->thread->run([&] {
      glGetNamedBufferSubData(scratch[4].id(), 0, GLsizeiptr(pushes.size() * sizeof(float)), pushes.data());
      if (device_->options.checked) values->verify();
      values->computed();
      device_->check("while colouring");
    });
    PointValues result;
    result.classes = run.pointsClasses;
    result.device = values;
    result.particles = frame.particles;
    result.pushScale = pushScaleOf(pushes);
    return result;
  }

 private:
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
