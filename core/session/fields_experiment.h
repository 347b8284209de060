// The tables of what is computed: distribution, model, schedule, sampler, particles; fields_guidance.h has those of the
// stack. fields.h says how tables work.
#pragma once
#include "session/enums.h"
#include "session/experiment.h"
#include "session/field.h"
#include "session/fields_guidance.h"

namespace gs {

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
        .when("name", "letters")
        .about("1 to 12 letters or digits, each of them a class."),
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

// ---- the model ---------------------------------------------------------------------------------------------------
template <class S, class V>
requires Is<S, Flaws>
void fields(S& s, V&& v) {
  v(field("broaden", "Broaden")
        .range(0, 2)
        .sym("δ")
        .in("data units")
        .about("The standard deviation that is added to every component of the sampled model."),
    s.broaden);
  v(field("leak", "Leak of the density")
        .range(0, 0.95)
        .sym("ε")
        .about("The share of p(x) that is mixed into the sampled model's p(x|c)."),
    s.leak);
  v(field("leakDenoiser", "Leak of the denoiser")
        .range(0, 0.95)
        .sym("ε")
        .about("The share of the unconditional denoiser that is mixed into the sampled model's conditional one."),
    s.leakDenoiser);
  v(field("leaks", "Leaking class")
        .range(kUnconditional, Mixture::kMaxClasses - 1)
        .from(kUnconditional)
        .as(Form::Class)
        .about("The only class whose conditional model leaks; none stands for all classes."),
    s.leaks);
  v(field("network", "Network").about("A trained network in place of the exact model, with faults of its own."),
    s.network);
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
  v(field("model", "Faults of the model").about("What the sampled model gets wrong; without them it is exact."),
    s.model);
  v(field("guidance", "Guidance stack")
        .range(0, Experiment::kMaxTerms)
        .about("The terms that push the denoiser, added up."),
    s.guidance);
  v(field("schedule", "Schedule").about("Noise schedule and time grid."), s.schedule);
  v(field("sampler", "Solver").about("How a step is taken."), s.sampler);
  v(field("particles", "Particles").about("How many particles there are, and which."), s.particles);
  v(field("start", "Start").about("Which law the particles are drawn from at the first noise level."), s.start);
}

}  // namespace gs
