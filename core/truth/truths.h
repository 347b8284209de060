// The truths and fields that the view asks for, at the time cursor: computed off the window's thread, coarse first.
#pragma once
#include <memory>
#include <stop_token>

#include "engine/engine.h"
#include "session/view.h"

namespace gs {

// What a view asks for.
struct TruthWants {
  ArrowLayer arrows;
  StreamLayer streams;
  HeatLayer heat;
  OwnLawLayer own;
  MatchLayer match;
  TargetLayer target;
  bool densityShown = true;
  LawShape density = LawShape::Density;
  double unitsPerPoint = 0.01;  // of the plane that is seen, for distances in points
  double kernel = 0;            // of the density of particles, in units that are seen; 0 where no layer asks for it
  bool any() const;
  bool ofParticles() const;  // a layer that needs the frame
  bool operator==(const TruthWants&) const = default;
};
TruthWants truthWants(const View&, double unitsPerPoint);

class TruthMaker {
 public:
  explicit TruthMaker(std::shared_ptr<const Engine>);
  ~TruthMaker();

  struct Asked {
    const Experiment& experiment;
    std::shared_ptr<const Mixture> mixture;
    const Plan* plan = nullptr;  // laws of rewards that are known already; may be null
    const TruthWants& wants;
    double time = 0;
    FieldGrid grid;  // the visible rectangle in the view's coordinates
    Coordinates coordinates = Coordinates::Schedule;
    std::shared_ptr<const Frame> frame{};  // for layers of particles, of this distribution; may be null
  };
  // How far an answer goes: what takes a few ms; all of it coarsely; everything.
  enum class Stage { Quick, Coarse, Full };
  // Brings `truths` up to date as far as the stage goes, keeping what is still right and leaving out what is not any
  // more. False when stopped. Throws std::invalid_argument as compile() does.
  bool update(const Asked&, Stage, std::stop_token, Truths& truths);

 private:
  struct Impl;
  struct Turn;
  std::unique_ptr<Impl> impl_;
};

// Everything at once, for exports: a picture of height heightPx at `pixelRatio` pixels per point.
Truths truthsOf(const Engine&, const Experiment&, std::shared_ptr<const Mixture>, const View&, const FieldGrid& visible,
                double unitsPerPoint, std::shared_ptr<const Frame> frame = nullptr);

}  // namespace gs
