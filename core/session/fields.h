// One table of fields per struct. It drives JSON, validation, --set, sliders with tooltips and reset, property-test
// generators, the parameter table of the README and the undo text. Adding a parameter is one line here plus its use.
//
//   template <class S, class V> requires Is<S, Sampler>   // S may be const
//   void fields(S& s, V&& v) { v(field("churn", "Churn").range(0, 8).sym("κ").about("..."), s.churn); }
//
// A visitor is called with (const Field&, member&) for every member, in the order of the file and of the panel. Members
// are double, int, std::uint32_t, bool, std::string, enums of enums.h, Vec2, Sym2, structs with a table of their own,
// vectors of such structs or of short texts, and Box<Mixture>. Defaults are those of a default-constructed struct.
#pragma once
#include <concepts>
#include <string_view>
#include <type_traits>
#include <vector>

#include "session/enums.h"
#include "session/field.h"
#include "session/session.h"

namespace gs {

template <class S, class T>
concept Is = std::same_as<std::remove_cvref_t<S>, T>;

// ---- the data law ------------------------------------------------------------------------------------------------
template <class S, class V>
requires Is<S, Component>
void fields(S& s, V&& v) {
  v(field("class", "Class")
        .range(0, Mixture::kMaxClasses - 1)
        .about("The label of this component; classes are 0, 1, 2, ... without gaps."),
    s.label);
  v(field("weight", "Weight")
        .range(1e-12, 1e12)
        .log()
        .about("The share of this component; the weights are divided by their sum."),
    s.weight);
  v(field("mean", "Mean")
        .range(-1e6, 1e6)
        .in("data units")
        .as(Form::OnLine)
        .about("The centre of the component; [m] for a law on the line."),
    s.mean);
  v(field("covariance", "Covariance")
        .range(-1e12, 1e12)
        .in("data units²")
        .as(Form::OnLine)
        .about("A symmetric positive definite 2 x 2 matrix; [[v]] for a law on the line (the second coordinate is then "
               "standard normal)."),
    s.covariance);
}

template <class S, class V>
requires Is<S, Distribution>
void fields(S& s, V&& v) {
  v(field("kind", "Kind").about("Where the data law comes from."), s.kind);
  v(field("name", "Preset")
        .range(1, 64)
        .only("preset")
        .about("The name of a built-in distribution, as listed by `list presets`."),
    s.name);
  v(field("word", "Word")
        .range(1, 48)
        .only("preset")
        .about("For the preset `letters`: 1 to 12 letters or digits, each of them a class."),
    s.word);
  v(field("file", "File")
        .range(0, 4096)
        .only("points")
        .about("The CSV, NPY or NPZ file that the points were read from."),
    s.file);
  v(field("sha256", "SHA-256")
        .range(0, 64)
        .only("points")
        .about("The checksum of that file when it was fitted, 64 hexadecimal digits."),
    s.sha256);
  v(field("fit", "Fit").only("points").about("How points become a Gaussian mixture."), s.fit);
  v(field("maxComponents", "Components")
        .range(1, 2048)
        .log()
        .only("points")
        .about("The number of Gaussians, in total, that are fitted to the points."),
    s.components);
  v(field("bandwidth", "Bandwidth")
        .range(0.001, 1)
        .log()
        .only("points")
        .about("The standard deviation of a kernel, or the least one of EM, relative to that of the data."),
    s.bandwidth);
  v(field("components", "Components of the mixture")
        .range(1, Mixture::kMaxComponents)
        .only("mixture points")
        .about("The mixture itself; for points the fitted one, so that the session opens where the file is not."),
    s.mixture);
  v(field("classes", "Names of classes")
        .range(0, Mixture::kMaxClasses)
        .only("mixture points")
        .about("A name for every class, as in the data, at most 64 bytes each; without one a class is A, B, ..."),
    s.classes);
}

// ---- the guidance stack ------------------------------------------------------------------------------------------
template <class S, class V>
requires Is<S, Knot>
void fields(S& s, V&& v) {
  v(field("t", "Time").range(0, 1).sym("t").about("The time of the knot: 1 is noise, 0 is data."), s.t);
  v(field("value", "Multiplier").range(-2, 4).about("What the weight is multiplied by at this time."), s.value);
}

template <class S, class V>
requires Is<S, Curve>
void fields(S& s, V&& v) {
  v(field("kind", "When").about("How the weight changes between noise and data."), s.kind);
  v(field("lo", "From below")
        .range(0, 1000)
        .log()
        .sym("σ/α")
        .in("σ/α")
        .only("interval")
        .about("The noise level σ/α under which the push is off (2404.07724)."),
    s.lo);
  v(field("hi", "Up to")
        .range(0.001, 1000)
        .log()
        .sym("σ/α")
        .in("σ/α")
        .only("interval")
        .about("The noise level σ/α above which the push is off (2404.07724)."),
    s.hi);
  v(field("from", "At noise")
        .range(-2, 4)
        .only("linear cosine")
        .about("What the weight is multiplied by at t = 1, pure noise."),
    s.from);
  v(field("to", "At data")
        .range(-2, 4)
        .only("linear cosine")
        .about("What the weight is multiplied by at t = 0, the data."),
    s.to);
  v(field("knots", "Knots")
        .range(2, Curve::kMaxKnots)
        .only("drawn")
        .about("Pairs of t and multiplier, t strictly increasing, joined by a monotone cubic."),
    s.knots);
}

template <class S, class V>
requires Is<S, WeakModel>
void fields(S& s, V&& v) {
  v(field("broaden", "Broaden")
        .range(0, 2)
        .sym("δ")
        .in("data units")
        .about("The standard deviation that is added to every component of the weak model (2406.02507)."),
    s.broaden);
  v(field("leakDensity", "Leak of the density")
        .range(0, 1)
        .sym("ε")
        .about("The share of p(x) mixed into the weak model's p(x|c)."),
    s.leakDensity);
  v(field("leakDenoiser", "Leak of the denoiser")
        .range(0, 1)
        .sym("ε")
        .about("The share of the unconditional denoiser mixed into the weak model's conditional one."),
    s.leakDenoiser);
}

template <class S, class V>
requires Is<S, Term>
void fields(S& s, V&& v) {
  v(field("kind", "Kind").about("Which difference of two denoisers pushes the particles."), s.kind);
  v(field("enabled", "On").about("Off keeps the term and its settings in the stack without its push."), s.enabled);
  v(field("omega", "Weight")
        .range(-1, 20)
        .sym("ω")
        .about("How hard the term pushes: 0 is off; the usual cfg scale is 1 + ω (2207.12598)."),
    s.omega);
  v(field("curve", "When").about("The weight over time: ω(t) is ω times this curve."), s.curve);
  v(field("weak", "Weak model")
        .only("autoguidance")
        .about("The weaker version of the model that is pushed away from (2406.02507)."),
    s.weak);
}

// ---- schedule, solver, particles ---------------------------------------------------------------------------------
template <class S, class V>
requires Is<S, Schedule>
void fields(S& s, V&& v) {
  v(field("kind", "Process").about("How signal and noise are mixed at every time t."), s.kind);
  v(field("grid", "Time grid").about("Where the steps are placed between noise and data."), s.grid);
  v(field("steps", "Steps").range(1, 256).log().about("The number of solver steps from noise to data."), s.steps);
  v(field("sigmaMin", "Smallest noise")
        .range(1e-4, 1)
        .log()
        .sym("σmin")
        .in("σ/α")
        .about("The last noise level before 0 of the Karras and log-SNR grids (2206.00364, table 1)."),
    s.sigmaMin);
  v(field("sigmaMax", "Largest noise")
        .range(0.01, 1000)
        .log()
        .sym("σmax")
        .in("σ/α")
        .as(Form::NullIsZero)
        .about("The noise level that particles start from; null is the schedule's own end (80 for EDM)."),
    s.sigmaMax);
  v(field("rho", "Grid exponent")
        .range(1, 10)
        .sym("ρ")
        .from(1)
        .about("The exponent of the Karras grid: larger puts more steps near the data (2206.00364, eq. 5)."),
    s.rho);
}

template <class S, class V>
requires Is<S, Sampler>
void fields(S& s, V&& v) {
  v(field("kind", "Solver").about("The rule that takes the particles from one noise level to the next."), s.kind);
  v(field("churn", "Churn")
        .range(0, 8)
        .sym("κ")
        .only("exponential")
        .about("Fresh noise in every step: 0 is the deterministic DDIM, 1 is DDPM (2006.11239)."),
    s.churn);
}

template <class S, class V>
requires Is<S, Particles>
void fields(S& s, V&& v) {
  v(field("count", "Count")
        .range(1, Particles::kMost)
        .log()
        .about("How many particles are moved; fewer are always the first of more."),
    s.count);
  v(field("seed", "Seed")
        .range(0, 4294967295.0)
        .about("Which random numbers are used; the same seed gives the same particles on every engine."),
    s.seed);
}

template <class S, class V>
requires Is<S, Experiment>
void fields(S& s, V&& v) {
  v(field("distribution", "Distribution").about("The data law p(x, c)."), s.distribution);
  v(field("condition", "Condition on")
        .range(kUnconditional, Mixture::kMaxClasses - 1)
        .sym("c")
        .as(Form::Class)
        .about("The class to sample, or none for the whole law."),
    s.condition);
  v(field("guidance", "Guidance stack")
        .range(0, Experiment::kMaxTerms)
        .about("The terms that push the denoiser, added up."),
    s.guidance);
  v(field("schedule", "Schedule").about("Noise schedule and time grid."), s.schedule);
  v(field("sampler", "Solver").about("How a step is taken."), s.sampler);
  v(field("particles", "Particles").about("How many particles there are, and which."), s.particles);
  v(field("start", "Start").about("Which law the particles are drawn from at the first noise level."), s.start);
}

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
}

template <class S, class V>
requires Is<S, TargetLayer>
void fields(S& s, V&& v) {
  v(field("visible", "Tilted law")
        .about("Shows contours of p(x|c)^(1+ω) p(x)^(-ω), which guidance is often believed to sample."),
    s.visible);
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

template <class S, class V>
requires Is<S, Session>
void fields(S& s, V&& v) {
  v(field("name", "Name").range(0, 200).about("The title of the scene."), s.name);
  v(field("notes", "Notes").range(0, 4000).about("Plain text that is shown with the scene."), s.notes);
  v(field("panes", "Panes").range(1, Session::kMaxPanes).about("The experiments, side by side."), s.panes);
  v(field("view", "View").about("How it is shown; nothing here changes a trajectory."), s.view);
}

// The field of one text of a list of texts.
inline constexpr Field kNameField = field("", "Name").range(0, double(Distribution::kMaxClassName));

// Structs that have a table.
template <class S>
concept HasFields = requires(S& s) {
  fields(s, [](const Field&, auto&) {});
};

// The name of a struct's kind ("heun"); empty for structs without one.
template <HasFields S>
constexpr std::string_view kindOf(const S& s) {
  if constexpr (requires { s.kind; })
    return enumName(s.kind);
  else
    return {};
}

// True where this value of a flat struct uses the field. Other fields keep their value in memory, are not written to
// files, and are rejected there when they are not the default.
template <HasFields S>
bool uses(const S& s, const Field& f) {
  if constexpr (std::is_same_v<S, Distribution>) {
    if (f.name == "word" && s.name != "letters") return false;
  }
  return f.usedBy(kindOf(s));
}

// Visits the members of two structs side by side: v(field, member of a, member of b). Either may be const.
template <class A, class B, class V>
requires std::same_as<std::remove_const_t<A>, std::remove_const_t<B>>
void fieldPairs(A& a, B& b, V&& v) {
  std::vector<const void*> members;
  fields(b, [&](const Field&, auto& member) { members.push_back(&member); });
  std::size_t i = 0;
  fields(a, [&](const Field& f, auto& member) {
    using M = std::remove_const_t<std::remove_reference_t<decltype(member)>>;
    using Other = std::conditional_t<std::is_const_v<B>, const M, M>;
    v(f, member, *const_cast<Other*>(static_cast<const M*>(members[i++])));
  });
}

// The field of a member: fieldOf(&Term::omega).
template <class S, class M>
Field fieldOf(M S::*member) {
  const S s{};
  Field found;
  fields(s, [&](const Field& f, const auto& value) {
    if (static_cast<const void*>(&value) == static_cast<const void*>(&(s.*member))) found = f;
  });
  return found;
}

}  // namespace gs
