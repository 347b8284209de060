// One run of a plan on a device, cut into dispatches. Inside the engine room only.
#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "engine/gl_device.h"
#include "engine/gl_rows.h"
#include "engine/gl_tables.h"

namespace gs {

// All but the constructor and the destructor is called on the device's thread.
class GlJob {
 public:
  GlJob(std::shared_ptr<GlDevice> device, const Plan& plan, ParticleRange range)
      : device_(std::move(device)), tables_(plan, wavesFor(*device_, plan)), scratch_(*device_), range_(range) {}
  ~GlJob();
  GlJob(const GlJob&) = delete;
  GlJob& operator=(const GlJob&) = delete;

  void prepare(const std::vector<int>& stored);
  bool dispatch();  // the next one; false when none is left
  void finish(Frame&);

 private:
  using Clock = std::chrono::steady_clock;
  struct Sent {
    GLsync fence;
    Clock::time_point when;
    double rows;   // components x particles
    bool measure;  // not of what compiles a shader
  };
  // 0, and all components are summed, where the leaves would not fit beside the rows.
  static double wavesFor(const GlDevice& device, const Plan& plan) {
    const std::size_t bytes = rowTableBytes(plan) + leafTableBytes(plan);
    return bytes <= device.largestBlock && device.hasRoom(bytes) ? device.waves : 0;
  }
  void finishOldest();

  std::shared_ptr<GlDevice> device_;
  DeviceTables tables_;
  Scratch scratch_;
  Transfers transfers_;
  ParticleRange range_;
  int chunk_ = 0;
  std::shared_ptr<GlRows> rows_;
  std::shared_ptr<GlDevice::Table> table_;
  std::vector<int> stepRow_;
  int startRow_ = -1;
  std::size_t passes_ = 0, uses_ = 0, steps_ = 0, starts_ = 0, run_ = 0, states_ = 0, lost_ = 0;
  // Where the next dispatch goes on: columns from first_, their step step_.
  int first_ = 0, step_ = 0;
  bool begun_ = false;
  std::deque<Sent> waiting_;
  Clock::time_point done_{};
};

}  // namespace gs
