// How a frame's time was spent, as the window measures it and the performance panel shows it.
#pragma once
#include <array>
#include <string>
#include <vector>

namespace gs {

// Milliseconds of the window's thread, but for those of other threads and devices.
struct FrameTimes {
  float interface = 0;  // Dear ImGui: panels to triangles
  float exchange = 0;   // handing requests to the engine's workers and taking answers: all that computing may block
  float upload = 0;     // positions and fields to the device
  float draw = 0;       // pictures and panels, as far as the window's thread waits for it; without upload
  float present = 0;    // to the screen
  float plan = 0;       // of the answer on the screen, on a worker
  float compute = 0;    // of the answer on the screen, on workers or the device
  float device = 0;     // of drawing, by timer queries; of a frame a little earlier
  float total() const { return interface + exchange + upload + draw + present; }
};

struct Spread {
  double median = 0, p95 = 0, max = 0;
};
Spread spread(std::vector<float> values);  // zeros of none

// What a person feels of a stretch of work; rates are per second of the stretch.
struct Pace {
  double answers = 0, frames = 0;  // answers: 0 where there were too few for a rate
  Spread latency;              // ms from an event to the end of the first frame that shows what it asked for, or newer
  double longestFrame = 0;     // ms of the window's thread
  double longestExchange = 0;  // ms of it that computing took
};

}  // namespace gs
