// The device's time for a frame, known a few frames later: nobody waits for it.
#pragma once
#include <array>
#include <cstddef>

#include "gl/objects.h"

namespace gs {

class DeviceTimer {
 public:
  // False: too many frames are under way, this one is not timed and end() is not called.
  bool begin() {
    while (oldest_ < next_ && queries_[oldest_ % queries_.size()].ready())
      ms_ = float(double(queries_[oldest_++ % queries_.size()].nanoseconds()) / 1e6);
    if (next_ - oldest_ == queries_.size()) return false;
    queries_[next_ % queries_.size()].begin();
    return true;
  }
  void end() { queries_[next_++ % queries_.size()].end(); }
  float ms() const { return ms_; }  // of the last frame that is known

 private:
  std::array<gl::TimerQuery, 4> queries_;
  std::size_t next_ = 0, oldest_ = 0;  // of how many began; those between are under way
  float ms_ = 0;
};

}  // namespace gs
