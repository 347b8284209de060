#include "drag_meter.h"

#include <algorithm>
#include <cmath>

namespace gs {
namespace {

constexpr int kFramesOfAnEvent = 3;       // one that changes something does so by then
constexpr int kAnswersOfARate = 5;        // a click has none
constexpr std::size_t kMostWaiting = 64;  // changes that nothing has answered: the engine reports an error, or hangs

}  // namespace

void DragMeter::asked(const Experiment& e) {
  if (asked_ && *asked_ == e) {
    if (++unchanged_ >= kFramesOfAnEvent) lastEvent_.reset();
    return;
  }
  const bool first = !asked_;
  asked_ = e;
  if (!first && lastEvent_) {
    waiting_.push_back({*lastEvent_, e});
    if (waiting_.size() > kMostWaiting) waiting_.pop_front();
  }
  lastEvent_.reset();
}

void DragMeter::finished(std::int64_t t, const Experiment* shown, const FrameTimes& times) {
  if (shown) {
    // The oldest that fits: where a weight was passed twice, the answer may still be the first one's.
    const auto it =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.experiment == *shown; });
    if (it != waiting_.end()) {
      for (auto w = waiting_.begin(); w != it + 1; ++w) latencies_.push_back({t, float(double(t - w->event) / 1e6)});
      waiting_.erase(waiting_.begin(), it + 1);
    }
  }
  const bool answer = shown && !(shown_ && *shown_ == *shown);
  if (answer) shown_ = *shown;
  done_.push_back({t, times.total(), times.exchange, answer});
  frames_.push_back(times);
  if (std::isfinite(seconds_) && frames_.size() > kFrames) frames_.pop_front();
  if (std::isfinite(seconds_)) forgetBefore(t - std::int64_t(seconds_ * 1e9));
}

void DragMeter::forgetBefore(std::int64_t t) {
  while (!done_.empty() && done_.front().t < t) done_.pop_front();
  while (!latencies_.empty() && latencies_.front().t < t) latencies_.pop_front();
}

Pace DragMeter::pace() const {
  Pace p;
  std::vector<float> latencies;
  for (const Timed& l : latencies_) latencies.push_back(l.value);
  p.latency = spread(std::move(latencies));
  for (const Done& d : done_) {
    p.longestFrame = std::max(p.longestFrame, double(d.total));
    p.longestExchange = std::max(p.longestExchange, double(d.exchange));
  }
  // Rates are between the first and the last frame: the first one's own answer is before the stretch.
  if (done_.size() >= 2) {
    const double span = double(done_.back().t - done_.front().t) / 1e9;
    if (span > 0) {
      p.frames = double(done_.size() - 1) / span;
      const auto answers = std::count_if(done_.begin() + 1, done_.end(), [](const Done& d) { return d.answer; });
      if (answers >= kAnswersOfARate) p.answers = double(answers) / span;
    }
  }
  return p;
}

}  // namespace gs
