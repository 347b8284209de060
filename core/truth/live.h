// One pane's answers, kept up to date off the caller's thread. Stages run again exactly when their own sub-value has
// changed: dragging omega recomputes no density, moving the time cursor or a colour recomputes no trajectory.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diffusion/metrics.h"
#include "engine/engine.h"
#include "truth/probe.h"
#include "truth/truths.h"
#include "session/view.h"

namespace gs {

struct LiveRequest {
  Experiment experiment;
  double time = 0;  // the cursor
  FieldGrid grid;   // the visible rectangle in the view's coordinates, at full resolution
  Coordinates coordinates = Coordinates::Schedule;
  bool wantDensity = true, wantTarget = true, wantPoints = false, wantMetrics = true;
  TruthWants truths;
  Inspect inspect;
  double reach = 0;     // a particle is outside the view when it is this far outside the rectangle
  bool moving = false;  // a gesture or playback is under way: coarser densities, no metrics until it rests
  bool operator==(const LiveRequest&) const = default;
};

// What is known by now; parts may stem from different requests while new ones are computed. All immutable.
struct LiveAnswer {
  std::shared_ptr<const Mixture> mixture;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Frame> frame;
  std::shared_ptr<const DensityField> density;
  std::shared_ptr<const TargetField> target;
  std::shared_ptr<const PointValues> points;
  std::optional<Outside> outside;  // of a frame on a device
  Truths truths;
  Inspected inspected;
  std::shared_ptr<const std::vector<Metric>> metrics;  // of `frame`, or of an older one while a newer is measured
  std::shared_ptr<const Experiment> metricsOf;         // what they were measured on
  std::string tiltAbsent;                              // why they have no values of the tilted law; empty: they have
  std::shared_ptr<const std::vector<float>> ends;      // [particle][2], where that answer's first particles ended
  std::string error;              // the last request's fault, "schedule.sigmaMin: ..."; the last good parts stay
  std::uint64_t framesShown = 0;  // answers so far
  double frameSeconds = 0;        // of the last full recompute
  double planSeconds = 0;         // of compiling its plan
  bool settled = false;           // everything asked for is here at full quality (never while moving)
};

class Live {
 public:
  // `wake` is called on a worker's thread whenever a new part is there. `engine` is shared between panes.
  Live(std::shared_ptr<const Engine> engine, std::function<void()> wake);
  ~Live();
  void want(const LiveRequest&);  // never waits; equal requests are free
  void recompute();               // what is wanted, once more: the engine computes otherwise now
  LiveAnswer answer() const;
  // Until the newest experiment has a first answer or a fault, but no longer than this; false: it has neither yet.
  bool waitFrame(std::chrono::steady_clock::duration atMost) const;
  void waitSettled() const;  // nothing is under way any more; for tests, the command line and screenshots

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs
