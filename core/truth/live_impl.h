// What Live is made of, for its own files: three workers (frames, fields, metrics) around one answer.
#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "engine/latest_job.h"
#include "truth/live.h"
#include "truth/target.h"

namespace gs {

struct Live::Impl {
  // Work that is posted and done, by serial number.
  struct Stage {
    std::uint64_t posted = 0, done = 0;
    bool busy() const { return done < posted; }
  };
  struct FrameRequest {
    std::uint64_t serial = 0;
    std::shared_ptr<const Experiment> experiment;
  };
  struct FieldRequest {
    std::uint64_t serial = 0;
    std::shared_ptr<const LiveRequest> want;
  };
  struct MetricsRequest {
    std::uint64_t serial = 0;
    std::shared_ptr<const Frame> frame;
  };

  Impl(std::shared_ptr<const Engine> e, std::function<void()> w)
      : engine(std::move(e)),
        wake(std::move(w)),
        truthMaker(engine),
        metricsJob([this](const MetricsRequest& r, int level, std::stop_token s) { return runMetrics(r, level, s); }),
        fieldJob([this](const FieldRequest& r, int level, std::stop_token s) { return runFields(r, level, s); }),
        frameJob([this](const FrameRequest& r, int level, std::stop_token s) { return runFrames(r, level, s); }) {}

  // ---- shared, under mutex --------------------------------------------------------------------------------------
  const std::shared_ptr<const Engine> engine;
  const std::function<void()> wake;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::shared_ptr<const LiveRequest> wanted;
  LiveAnswer answer;
  std::shared_ptr<const Plan> framePlan;   // of answer.frame
  std::shared_ptr<const Frame> abandoned;  // with its device
  std::shared_ptr<const Frame> measured;   // what answer.metrics is of, or will be
  std::string frameError, fieldError;
  Stage frames, fields, metrics;

  // The law of the newest distribution; workers wait for each other here, the window never does.
  std::mutex resolveMutex;
  std::optional<Distribution> resolved;
  std::shared_ptr<const Mixture> resolvedMixture;

  // ---- of the frame worker --------------------------------------------------------------------------------------
  std::shared_ptr<const Plan> plan;
  double secondsPerRow = 5e-10;  // measured as the program runs
  double planSeconds = 0;        // of the last plan

  // ---- of the field worker --------------------------------------------------------------------------------------
  struct Fields {
    std::shared_ptr<const Mixture> mixture;
    std::shared_ptr<const DensityField> density;
    // At t = 0, for targets: on the visible grid, and on one that covers the law. A weight changes neither.
    std::shared_ptr<const Mixture> dataMixture;
    std::shared_ptr<const DensityField> visible, law;
    // log r on the same grids, and its lines: they depend on the reward, not on its weight.
    std::vector<float> rewardOnVisible, rewardOnLaw;
    std::shared_ptr<const RewardField> reward;
    std::optional<Tilt> tilt;
    std::shared_ptr<const TargetField> target;
    std::shared_ptr<const Frame> pointsFrame;
    int pointsStep = -1;
    Truths truths;
    Inspected inspected;
    std::shared_ptr<const Frame> recordFrame, groupFrame;
    double groupTime = -1;
    Coordinates groupCoordinates = Coordinates::Schedule;
  } kept;
  TruthMaker truthMaker;
  bool shownOutside = false;
  std::atomic<bool> densityLost{false};

  // The three workers, destroyed first; the frame worker posts to the others.
  LatestJob<MetricsRequest> metricsJob;
  LatestJob<FieldRequest> fieldJob;
  LatestJob<FrameRequest> frameJob;

  // ---- live.cpp ---------------------------------------------------------------------------------------------------
  std::shared_ptr<const Mixture> mixtureOf(const Distribution&);
  void postFrame();  // these with mutex
  void postFields();
  void postMetricsIfDue();
  void dropMetrics();  // what is being measured is out of date, and needs the processor for what replaces it
  // Changes the shared state, then tells everybody.
  template <class Change>
  void publish(Change change) {
    {
      std::lock_guard lock(mutex);
      change();
      answer.error = frameError.empty() ? fieldError : frameError;
    }
    changed.notify_all();
    if (wake) wake();
  }
  std::shared_ptr<const Frame> shownFrame() const;
  // A frame whose device is gone is asked for once more: the engine goes on without it. True: what failed is repaired.
  bool renewFrame(const std::shared_ptr<const Frame>&);
  // The workers; false when nothing is left to do at a higher level.
  bool runFrames(const FrameRequest&, int level, std::stop_token);
  bool runMetrics(const MetricsRequest&, int level, std::stop_token);

  // ---- live_fields.cpp --------------------------------------------------------------------------------------------
  bool runFields(const FieldRequest&, int level, std::stop_token);
  std::shared_ptr<const DensityField> densityAt(const Mixture&, NoiseLevel, const FieldGrid&, const std::stop_token&,
                                                bool shown = false);
  // Brings density, target and point values up to date with the request on this grid; false when stopped.
  bool updateFields(const LiveRequest&, const std::shared_ptr<const Mixture>&, const FieldGrid&,
                    const std::stop_token&);
  void countOutside(const LiveRequest&);  // particles outside the view, of a frame on a device
  // What is asked about a place, a particle or a group; false when stopped.
  bool updateInspected(const LiveRequest&, const std::shared_ptr<const Mixture>&, const std::stop_token&);
  bool updateTruths(const LiveRequest&, const std::shared_ptr<const Mixture>&, int level, const std::stop_token&);
};

}  // namespace gs
