// How it is shown. Changing anything here recomputes no trajectory.
#pragma once
#include "diffusion/guidance.h"
#include "diffusion/vec.h"

namespace gs {

enum class Theme { Dark, Light, Projector, HighContrast };
enum class Coordinates {
  Schedule,   // x = alpha x0 + sigma eps, the schedule's own
  Normalised  // x / sqrt(alpha^2 + sigma^2): the spread stays comparable at every t
};
enum class WeightDisplay { Omega, CfgScale };  // cfg scale = 1 + omega
enum class ParticleColor { Guided, ClassPosterior, Origin, PushSize };

// How one of the three laws is drawn.
enum class LawShape {
  Contours,  // around 39.3 % and 86.5 % of its mass, as 1 and 2 standard deviations of a Gaussian
  Density,
  Samples  // exact draws; of the sampler's own law runs in fine steps
};
// What the arrows are. "Tilted" is the law that the stack is believed to aim at.
enum class ArrowWhat {
  Base,            // the denoiser without guidance
  Guided,          // the guided one
  Push,            // guided - base
  PushParts,       // the push along the base's answer (seen from the particle) and across it
  PushClassParts,  // the push along grad log p(c|x) and across it
  Missing,         // tilted - guided: the missing force
  ScoreError       // guided - tilted
};
enum class HeatWhat {
  Ratio,       // log of the sampler's own law over the tilted law
  Divergence,  // of the push
  ScoreError,  // |guided - tilted score|
  DataRatio    // log of the guided particles' density over that of p_t(x | c), both blurred by one kernel
};

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
  LawShape shape = LawShape::Density;  // contours and samples are those of p_t(x|c)
  bool operator==(const DensityLayer&) const = default;
};
struct TargetLayer {  // the tilted law p(x|c)^(1+omega) p(x)^(-omega), or r^omega p
  bool visible = true;
  LawShape shape = LawShape::Contours;
  bool atCursor = false;  // at the time cursor's noise level; false: at t = 0
  bool operator==(const TargetLayer&) const = default;
};
struct OwnLawLayer {  // what the sampler converges to with ever finer steps
  bool visible = false;
  LawShape shape = LawShape::Contours;
  bool atCursor = true;
  bool operator==(const OwnLawLayer&) const = default;
};
struct ArrowLayer {
  bool visible = false;
  ArrowWhat what = ArrowWhat::Push;
  Space space = Space::Denoiser;  // the form in which the vectors are drawn
  double spacing = 34;            // pixels at scale 1 from arrow to arrow, 14..120
  bool operator==(const ArrowLayer&) const = default;
};
struct StreamLayer {  // lines along the guided field
  bool visible = false;
  Space space = Space::Score;
  double spacing = 22;  // pixels at scale 1 between lines, 10..120
  bool operator==(const StreamLayer&) const = default;
};
struct HeatLayer {
  bool visible = false;
  HeatWhat what = HeatWhat::Ratio;
  double opacity = 0.9;  // 0..1
  bool operator==(const HeatLayer&) const = default;
};
struct MatchLayer {  // lines from guided particles to the exact samples that the best matching pairs them with
  bool visible = false;
  bool operator==(const MatchLayer&) const = default;
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
  int marked = -1;  // the particle whose path is shown beside its twin without guidance; -1: none
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
  OwnLawLayer own;
  MatchLayer match;
  RewardLayer reward;
  HeatLayer heat;
  ArrowLayer arrows;
  StreamLayer streams;
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
