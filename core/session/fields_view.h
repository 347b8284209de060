// The tables of how it is shown. fields.h says how tables work.
#pragma once
#include "session/enums.h"
#include "session/field.h"
#include "session/view.h"

namespace gs {

// ---- the view ----------------------------------------------------------------------------------------------------
template <class S, class V>
requires Is<S, Camera>
void fields(S& s, V&& v) {
  v(field("center", "Centre").range(-1e6, 1e6).in("data units").about("The point in the middle of the picture."),
    s.center);
  v(field("height", "Height")
        .range(1e-3, 1e6)
        .log()
        .in("data units")
        .about("The extent that is seen from bottom to top."),
    s.height);
}

template <class S, class V>
requires Is<S, DensityLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Data density").about("Shows the exact density of the data law at the time cursor."), s.visible);
  v(field("perClass", "Per class").about("Every class in its colour, or the whole law in grey."), s.perClass);
  v(field("opacity", "Opacity").range(0, 1).about("How strongly the density is drawn over the canvas."), s.opacity);
  v(field("shape", "Drawn as").about("Density of all classes, or contours or exact samples of p_t(x|c)."), s.shape);
}

template <class S, class V>
requires Is<S, TargetLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Tilted law")
        .about("Shows contours of p(x|c)^(1+ω) p(x)^(-ω), or r^ω p, which guidance is often believed to sample."),
    s.visible);
  v(field("shape", "Drawn as").about("Contours, density or exact samples of the tilted law."), s.shape);
  v(field("atCursor", "At the cursor").about("The tilted law at the time cursor's noise level; off: at t = 0."),
    s.atCursor);
}

template <class S, class V>
requires Is<S, OwnLawLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Sampler's own law")
        .about("Shows what the sampler converges to with ever finer steps, computed without Monte Carlo."),
    s.visible);
  v(field("shape", "Drawn as").about("Contours, density or samples in fine steps of the sampler's own law."), s.shape);
  v(field("atCursor", "At the cursor").about("The law at the time cursor's noise level; off: at t = 0."), s.atCursor);
}

template <class S, class V>
requires Is<S, MatchLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Matching")
        .about("Joins 512 particles to the exact samples that the best matching pairs them with (exact W2)."),
    s.visible);
}

template <class S, class V>
requires Is<S, HeatLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Map").about("Shows a quantity of the guided field as colours at the time cursor."), s.visible);
  v(field("what", "Shows").about("Which quantity the colours show."), s.what);
  v(field("opacity", "Opacity").range(0, 1).about("How strongly the map is drawn."), s.opacity);
}

template <class S, class V>
requires Is<S, ArrowLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Arrows").about("Shows a field of vectors at the time cursor."), s.visible);
  v(field("what", "Show").about("Which vectors the arrows are."), s.what);
  v(field("space", "In").about("Which of the five forms of the model's answer the vectors are in."), s.space);
  v(field("spacing", "Apart").range(14, 120).log().in("px").about("From arrow to arrow, at scale 1."), s.spacing);
}

template <class S, class V>
requires Is<S, StreamLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Streamlines").about("Shows lines along the guided field at the time cursor."), s.visible);
  v(field("space", "In").about("Which of the five forms of the model's answer the lines follow."), s.space);
  v(field("spacing", "Apart").range(10, 120).log().in("px").about("Between lines, at scale 1."), s.spacing);
}

template <class S, class V>
requires Is<S, RewardLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Reward").about("Shows level lines of log r of the first reward term that is on."), s.visible);
}

template <class S, class V>
requires Is<S, GuidedDensityLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Guided density").about("Shows the density of the guided particles at the time cursor."),
    s.visible);
  v(field("bandwidth", "Bandwidth")
        .range(0.01, 1)
        .log()
        .in("data units")
        .about("The standard deviation of the kernel that every particle is spread by."),
    s.bandwidth);
  v(field("opacity", "Opacity").range(0, 1).about("How strongly the guided density is drawn."), s.opacity);
}

template <class S, class V>
requires Is<S, TrajectoryLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Paths").about("Shows the paths of particles from the noise to the time cursor."), s.visible);
  v(field("count", "Paths at most").range(0, 20000).about("The number of paths that are drawn."), s.count);
  v(field("width", "Width").range(0.5, 6).from(0.5).in("px").about("The width of a path at scale 1."), s.width);
  v(field("opacity", "Opacity").range(0, 1).about("How strongly a single path is drawn."), s.opacity);
  v(field("timeColor", "Colour by time").about("Fades from grey at the noise to the guided colour at the data."),
    s.timeColor);
}

template <class S, class V>
requires Is<S, ParticleLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Particles").about("Shows the particles at the time cursor."), s.visible);
  v(field("size", "Size").range(1, 20).from(1).in("px").about("The diameter of a particle at scale 1."), s.size);
  v(field("color", "Colour").about("What the colour of a particle says."), s.color);
  v(field("marked", "Marked")
        .range(-1, 9'999'999)
        .from(-1)
        .about("The particle whose path is shown beside its twin without guidance, from 0; −1 is none."),
    s.marked);
}

template <class S, class V>
requires Is<S, AxesLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Axes").about("Shows the axes with their numbers."), s.visible);
  v(field("grid", "Grid").about("Shows lines through the numbers of the axes."), s.grid);
  v(field("legend", "Legend").about("Shows what every colour of the picture means."), s.legend);
}

template <class S, class V>
requires Is<S, View>
void fields(S& s, V&& v) {
  v(field("camera", "Camera").about("The part of the plane that is seen."), s.camera);
  v(field("time", "Time").range(0, 1).sym("t").about("The time cursor: 1 is noise, 0 is data."), s.time);
  v(field("coordinates", "Coordinates").about("The scale that positions are drawn in."), s.coordinates);
  v(field("density", "Data density").about("The layer of the data law."), s.density);
  v(field("target", "Tilted law").about("The layer of the tilted law."), s.target);
  v(field("own", "Sampler's own law").about("The layer of what the sampler converges to."), s.own);
  v(field("match", "Matching").about("The layer of the best matching with exact samples."), s.match);
  v(field("reward", "Reward").about("The layer of the reward."), s.reward);
  v(field("heat", "Map").about("The layer of a quantity as colours."), s.heat);
  v(field("arrows", "Arrows").about("The layer of arrows."), s.arrows);
  v(field("streams", "Streamlines").about("The layer of streamlines."), s.streams);
  v(field("guidedDensity", "Guided density").about("The layer of the guided particles' density."), s.guidedDensity);
  v(field("trajectories", "Paths").about("The layer of the particles' paths."), s.trajectories);
  v(field("particles", "Particles").about("The layer of the particles."), s.particles);
  v(field("axes", "Axes").about("The layer of axes, grid and legend."), s.axes);
  v(field("weights", "Show weights as")
        .about("Weights on screen as ω (0 is off) or as the cfg scale (1 is off); files always hold ω."),
    s.weights);
  v(field("theme", "Theme").about("The colours of the window and the picture."), s.theme);
  v(field("uiScale", "Interface scale")
        .range(0.5, 4)
        .log()
        .from(1)
        .about("The size of text and controls, on top of the screen's own scale."),
    s.uiScale);
  v(field("speed", "Playback speed").range(0.1, 8).log().from(1).about("At 1, noise to data takes 4 seconds."),
    s.speed);
  v(field("noiseOnLeft", "Noise on the left").about("The direction of the time line."), s.noiseOnLeft);
  v(field("reducedMotion", "Reduced motion").about("Turns transitions off."), s.reducedMotion);
}

}  // namespace gs
