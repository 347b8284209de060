// How it is shown. Changing anything here recomputes no trajectory.
#pragma once
#include "diffusion/vec.h"

namespace gs {

enum class Theme { Dark, Light, Projector, HighContrast };
enum class Coordinates {
  Schedule,   // x = alpha x0 + sigma eps, the schedule's own
  Normalised  // x / sqrt(alpha^2 + sigma^2): the spread stays comparable at every t
};
enum class WeightDisplay { Omega, CfgScale };  // cfg scale = 1 + omega
enum class ParticleColor { Guided, ClassPosterior, Origin, PushSize };

struct Camera {
  Vec2 center{0.0};
  double height = 6;  // data units seen from bottom to top
  bool operator==(const Camera&) const = default;
};

// Each layer keeps its options in one struct.
struct DensityLayer {
  bool visible = true;
  bool perClass = true;  // the condition's class in its colour, others grey (without a condition every class in its
                         // own); false: the whole law p_t(x) in grey
  double opacity = 0.8;  // 0..1
  bool operator==(const DensityLayer&) const = default;
};
struct TargetLayer {  // contours of the tilted law p(x|c)^(1+omega) p(x)^(-omega) at t = 0
  bool visible = true;
  bool operator==(const TargetLayer&) const = default;
};
struct RewardLayer {  // level lines of log r of the first reward term that is on
  bool visible = true;
  bool operator==(const RewardLayer&) const = default;
};
struct GuidedDensityLayer {  // accumulated from the guided particles at the cursor
  bool visible = false;
  double bandwidth = 0.08;  // standard deviation of a particle's kernel, data units, 0.01..1
  double opacity = 0.8;
  bool operator==(const GuidedDensityLayer&) const = default;
};
struct TrajectoryLayer {
  bool visible = true;
  int count = 400;        // at most, 0..20000
  double width = 1.2;     // pixels at scale 1, 0.5..6
  double opacity = 0.25;  // 0..1
  bool timeColor = true;  // fade from noise (grey) to data (the guided colour)
  bool operator==(const TrajectoryLayer&) const = default;
};
struct ParticleLayer {
  bool visible = true;
  double size = 3.2;  // diameter in pixels at scale 1, 1..20
  ParticleColor color = ParticleColor::Guided;
  bool operator==(const ParticleLayer&) const = default;
};
struct AxesLayer {
  bool visible = true;
  bool grid = true;
  bool legend = true;
  bool operator==(const AxesLayer&) const = default;
};

struct View {
  Camera camera;
  double time = 0;  // the time cursor: 1 noise .. 0 data
  Coordinates coordinates = Coordinates::Schedule;
  DensityLayer density;
  TargetLayer target;
  RewardLayer reward;
  GuidedDensityLayer guidedDensity;
  TrajectoryLayer trajectories;
  ParticleLayer particles;
  AxesLayer axes;
  WeightDisplay weights = WeightDisplay::Omega;
  Theme theme = Theme::Dark;
  double uiScale = 1;       // 0.5..4
  double speed = 1;         // playback: 1 = noise to data in 4 s, 0.1..8
  bool noiseOnLeft = true;  // the time line's direction
  bool reducedMotion = false;
  bool operator==(const View&) const = default;
};

}  // namespace gs
