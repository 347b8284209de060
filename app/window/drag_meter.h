// Measures what a person feels: how long it takes from an event to the frame that shows its effect, and how often new
// answers appear. It knows neither Qt nor OpenGL; all times are nanoseconds of one steady clock.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "panels/frame_times.h"
#include "session/experiment.h"

namespace gs {

class DragMeter {
 public:
  // Figures are of the last `seconds`; infinity: of all since the start.
  explicit DragMeter(double seconds) : seconds_(seconds) {}

  void event(std::int64_t t) { lastEvent_ = t, unchanged_ = 0; }
  // The interface of a frame took every event so far, and this is what it asks for now. A change belongs to the newest
  // event; one that no event caused (playback, a file) has no latency.
  void asked(const Experiment&);
  // A frame is finished that shows the answer to `shown` (nothing yet: null).
  void finished(std::int64_t t, const Experiment* shown, const FrameTimes&);

  Pace pace() const;
  const std::deque<FrameTimes>& frames() const { return frames_; }  // oldest first; of a bounded time at most kFrames
  static constexpr std::size_t kFrames = 240;

 private:
  struct Waiting {
    std::int64_t event;
    Experiment experiment;
  };
  struct Timed {
    std::int64_t t;
    float value;
  };
  struct Done {
    std::int64_t t;
    float total, exchange;
    bool answer;
  };
  void forgetBefore(std::int64_t t);

  double seconds_;
  std::optional<std::int64_t> lastEvent_;  // that no change was attributed to yet
  int unchanged_ = 0;                      // frames since then
  std::optional<Experiment> asked_, shown_;
  std::deque<Waiting> waiting_;
  std::deque<Timed> latencies_;
  std::deque<Done> done_;
  std::deque<FrameTimes> frames_;
};

}  // namespace gs
