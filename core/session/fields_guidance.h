// The tables of the guidance stack: curves, weak models, rewards, networks, terms. fields.h says how tables work.
#pragma once
#include "diffusion/painted_map.h"
#include "session/enums.h"
#include "session/experiment.h"
#include "session/field.h"

namespace gs {

template <class S, class V>
requires Is<S, Knot>
void fields(S& s, V&& v) {
  v(field("t", "Time").range(0, 1).sym("t").about("The time of the knot: 1 is noise, 0 is data."), s.t);
  v(field("value", "Multiplier").range(-2, 4).about("What the weight is multiplied by at this time."), s.value);
}

template <class S, class V>
requires Is<S, LearnedWeights>
void fields(S& s, V&& v) {
  v(field("name", "Name").range(0, 200).about("What was trained."), s.name);
  v(field("sha256", "SHA-256")
        .range(0, 64)
        .about("The checksum of the file that the weights were read from, 64 hexadecimal digits."),
    s.sha256);
  v(field("classes", "Classes")
        .range(0, Mixture::kMaxClasses)
        .about("How many classes the table has weights for; 0 is a weight that is not trained yet."),
    s.classes);
  v(field("largest", "Largest weight").range(0, 1000).sym("ω").about("The weight that the highest code stands for."),
    s.largest);
  v(field("lo", "Trained from").range(0, 1).about("The least time s of a trained step, t = r / (1 + r), r = σ/α."),
    s.lo);
  v(field("hi", "Trained to").range(0, 1).from(1).about("The largest time t of a trained step."), s.hi);
  v(field("apart", "Least step").range(0, 1).sym("δ").about("The shortest step t − s that was trained (2510.00815)."),
    s.apart);
  v(field("values", "Values")
        .range(0, double(Mixture::kMaxClasses) * LearnedWeights::kTimes * LearnedWeights::kShares *
                      LearnedWeights::kValueBytes)
        .about("The table [class][t][s/t], 33 times by 17 shares, three digits of base 64 for each weight."),
    s.values);
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
  v(field("power", "Power")
        .range(0.1, 8)
        .log()
        .sym("k")
        .only("pcs")
        .about("The power of the progress under the cosine: larger ones come later (2404.13040)."),
    s.power);
  v(field("a", "Late").range(1, 8).from(1).sym("a").only("beta").about("Larger values move the weight to the data."),
    s.a);
  v(field("b", "Early").range(1, 8).from(1).sym("b").only("beta").about("Larger values move the weight to the noise."),
    s.b);
  v(field("at", "Moment")
        .range(0, 1)
        .sym("τ")
        .only("switch")
        .about("The progress 1 − t at which the weight changes (2411.16738)."),
    s.at);
  v(field("late", "From there")
        .range(-2, 4)
        .only("switch")
        .about("What the weight is multiplied by after that moment; negative ones push back (2602.00716)."),
    s.late);
  v(field("learned", "Learned weight")
        .only("learned")
        .about("The weight of every step and class that a network was trained to give (2510.00815)."),
    s.learned);
  v(field("least", "At least")
        .range(-2, 4)
        .from(-2)
        .only("linear cosine drawn sine v peak pcs beta")
        .about("The multiplier never falls below this; −2 is no bound (the clamp of 2404.13040)."),
    s.least);
  v(field("normalise", "Same area")
        .only("linear cosine drawn sine v peak pcs beta switch")
        .about("Divides by the mean over t, so that every shape pushes as much in all (2404.13040)."),
    s.normalise);
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
  v(field("blur", "Blur of the score")
        .range(0.5, 3)
        .from(1)
        .sym("k")
        .about("The score of noise level k σ/α is used at σ/α; 1 is exact, above 1 sharpens modes (2408.00760)."),
    s.blur);
  v(field("shift", "Shift of the noise")
        .range(0.5, 3)
        .from(1)
        .sym("k")
        .about("The denoiser of noise level k σ/α is used at σ/α; 1 is exact, above 1 widens clusters (2407.02687)."),
    s.shift);
  v(field("drop", "Missing component")
        .range(-1, Mixture::kMaxComponents - 1)
        .from(-1)
        .about("The component that the weak model does not know, from 0; −1 is none."),
    s.drop);
  v(field("atoms", "Points known")
        .range(0, WeakModel::kMaxAtoms)
        .about("How many points of every class the weak model has memorised; 0 stands for the whole law."),
    s.atoms);
  v(field("offset", "Offset").range(-10, 10).in("data units").about("What is added to all means of the weak model."),
    s.offset);
  v(field("noise", "Noise of the score")
        .range(0, 1)
        .sym("ζ")
        .about("A smooth random error of the weak model, as of a network's output; its root mean square."),
    s.noise);
  v(field("noiseLength", "Length of the noise")
        .range(0.1, 3)
        .log()
        .from(0.5)
        .sym("ℓ")
        .about("Over which distance that error changes, in standard deviations of the noised data."),
    s.noiseLength);
}

template <class S, class V>
requires Is<S, Reward>
void fields(S& s, V&& v) {
  v(field("kind", "Reward").about("Which function r(x) the law is reweighted by."), s.kind);
  v(field("base", "Base")
        .only("linear bowl ring half-plane ramp distance sinusoid expression painted")
        .about("The law that is reweighted: ω = 1 alone samples r p / E[r] of it exactly (2512.04985)."),
    s.base);
  v(field("center", "Centre")
        .range(-1e6, 1e6)
        .in("data units")
        .only("bowl ring distance painted")
        .about("The point that the reward is measured from, or the middle of the painted square."),
    s.center);
  v(field("angle", "Direction")
        .range(-180, 180)
        .in("°")
        .only("linear bowl half-plane ramp sinusoid")
        .about("The direction u, counter-clockwise from the x axis."),
    s.angle);
  v(field("offset", "Offset")
        .range(-1e6, 1e6)
        .in("data units")
        .only("half-plane ramp sinusoid")
        .about("Where along the direction the line lies."),
    s.offset);
  v(field("strength", "Strength")
        .range(-10, 10)
        .only("linear sinusoid painted")
        .about("How steep log r is, half of its range, or all of it where it is painted."),
    s.strength);
  v(field("width", "Width")
        .range(0.01, 100)
        .log()
        .in("data units")
        .only("bowl ring ramp distance")
        .about("Over which distance the reward changes."),
    s.width);
  v(field("across", "Width across")
        .range(0.01, 100)
        .log()
        .in("data units")
        .only("bowl")
        .as(Form::NullIsZero)
        .about("The width across the direction; null is a bowl that does not bend there."),
    s.across);
  v(field("radius", "Radius")
        .range(0, 1e6)
        .in("data units")
        .only("ring painted")
        .about("The radius of the ring, or half the side of the painted square."),
    s.radius);
  v(field("period", "Period")
        .range(0.05, 100)
        .log()
        .in("data units")
        .only("sinusoid")
        .about("The distance from one stripe to the next."),
    s.period);
  v(field("class", "Class").range(0, Mixture::kMaxClasses - 1).only("class-posterior").about("The class c of p(c|x)."),
    s.label);
  v(field("expression", "Expression")
        .range(1, 400)
        .only("expression")
        .about("A formula in x, y and the class c (-1: none) that is nowhere negative; muParser's functions."),
    s.expression);
  v(field("map", "Map")
        .range(0, PaintedMap::kMostText)
        .only("painted")
        .about("48 x 48 painted cells, coded; @FILE.png with --set takes the brightness of a picture."),
    s.map);
}

template <class S, class V>
requires Is<S, NetworkFile>
void fields(S& s, V&& v) {
  v(field("file", "File")
        .range(0, 4096)
        .about("The NPZ of a trained network, one that comes with the program, or a TorchScript file; empty is none."),
    s.file);
  v(field("sha256", "SHA-256").range(0, 64).when("file").about("The checksum of that file when it was read."),
    s.sha256);
  v(field("snapshot", "Snapshot")
        .range(-1, Network::kMostSnapshots - 1)
        .when("file")
        .from(-1)
        .about("Which moment of its training, from 0, the earliest; −1 is the end."),
    s.snapshot);
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
  v(field("reward", "Reward").only("reward").about("What the law is reweighted by (2512.04985)."), s.reward);
  v(field("network", "Network")
        .only("autoguidance reward")
        .about("A trained network in place of the weak model or of the reweighted law's closed form."),
    s.network);
  v(field("class", "Class")
        .range(0, Mixture::kMaxClasses - 1)
        .sym("k")
        .only("and sum or negative dynamic-negative perp-neg")
        .about("The other class k that the term is about, from 0."),
    s.label);
  v(field("space", "Space")
        .only("power-law mambo adaptive cfg-zero tangential apg rescale")
        .about("Which form of the model's answer lengths and angles are taken of."),
    s.space);
  v(field("center", "Seen from")
        .only("mambo adaptive cfg-zero tangential apg rescale threshold")
        .about("The centre of the coordinates that lengths and angles are taken in."),
    s.center);
  v(field("temperature", "Temperature")
        .range(0.2, 5)
        .log()
        .sym("T")
        .only("classifier")
        .about("The log-odds of the condition are divided by this; 1 is the exact posterior (2105.05233)."),
    s.temperature);
  v(field("clean", "Clean classifier")
        .only("classifier")
        .about("Asks a classifier that knows only data without noise, which points wrongly at high noise."),
    s.clean);
  v(field("most", "Largest posterior")
        .range(0.5, 1)
        .from(1)
        .sym("p")
        .only("dynamic-negative")
        .about("The posterior of the other class counts as no more than this; 1 is exact (2410.14398)."),
    s.most);
  v(field("from", "Hidden above")
        .range(0, 1)
        .sym("t")
        .only("cads")
        .about("The time above which the condition is hidden wholly (2310.17347)."),
    s.from);
  v(field("to", "Shown below")
        .range(0, 1)
        .sym("t")
        .only("cads")
        .about("The time below which the condition is shown wholly (2310.17347)."),
    s.to);
  v(field("delay", "Delay")
        .range(0.2, 5)
        .log()
        .from(1)
        .sym("d")
        .only("delayed")
        .about("Moves the noise levels of both denoisers; 1 is classifier-free guidance (2505.21101)."),
    s.delay);
  v(field("lambda", "Lambda")
        .range(0, 1)
        .sym("λ")
        .only("cfg-plus-plus")
        .about("The weight of a step that shrinks the noise by r is λ / (1 − r) − 1 (2406.08070)."),
    s.lambda);
  v(field("leak", "Assumed leak")
        .range(0, 0.95)
        .sym("ε")
        .only("feedback")
        .about("The share of p(x) that the model is assumed to have mixed into p(x|c) (2506.06085)."),
    s.leak);
  v(field("factorMost", "Largest factor")
        .range(1, 1000)
        .log()
        .from(1)
        .only("feedback")
        .about("The bound of the guidance factor 1 / (1 − r) (2506.06085)."),
    s.factorMost);
  v(field("tracked", "Tracked")
        .only("feedback")
        .about("Infers how likely the condition is from the steps so far, as in the paper, not from the densities "
               "(2506.06085, algorithm 1). Arrows, probe and colours have no past: they show what is known."),
    s.tracked);
  v(field("trust", "Trust")
        .range(0.05, 4)
        .log()
        .from(1)
        .sym("τ")
        .only("feedback")
        .when("tracked")
        .about("What a step says counts times this; 1 is exact for fine steps with churn 1 (2506.06085)."),
    s.trust);
  v(field("drift", "Drift")
        .range(-20, 20)
        .sym("δ")
        .only("feedback")
        .when("tracked")
        .about("What all steps together add to log p(x|c)/p(x); negative ones push harder (2506.06085)."),
    s.drift);
  v(field("exponent", "Exponent")
        .range(-1, 1.5)
        .sym("a")
        .only("power-law")
        .about("The power of the difference's length that weighs the push; 0 is classifier-free (2502.07849)."),
    s.exponent);
  v(field("damping", "Damping")
        .range(0, 16)
        .sym("a")
        .only("mambo")
        .about("How fast long differences lose weight; 0 is classifier-free guidance (2508.03442)."),
    s.damping);
  v(field("agreement", "Agreement")
        .range(0.5, 1)
        .from(0.5)
        .sym("cos")
        .only("adaptive")
        .about("The cosine between both answers from which there is no push; 1 is classifier-free (2312.12487)."),
    s.agreement);
  v(field("latch", "Off for good")
        .only("adaptive")
        .about("A particle whose answers have once agreed is not pushed any more, as in the paper (2312.12487)."),
    s.latch);
  v(field("optimise", "Best length")
        .only("cfg-zero")
        .about("Scales the unconditional answer by s*, its best length; off is classifier-free (2503.18886)."),
    s.optimise);
  v(field("still", "Steps of rest")
        .range(0, 8)
        .only("cfg-zero")
        .about("The number of first steps whose velocity is zero (zero-init, 2503.18886)."),
    s.still);
  v(field("cap", "Longest push")
        .range(0, 10)
        .sym("r")
        .only("apg")
        .about("The longest push, in units of the chosen space; 0 is no bound (2410.02416)."),
    s.cap);
  v(field("parallel", "Along")
        .range(0, 1)
        .sym("η")
        .only("apg")
        .about("How much of the push along the condition's answer is kept; 1 is all (2410.02416)."),
    s.parallel);
  v(field("momentum", "Momentum")
        .range(-0.95, 0.95)
        .sym("β")
        .only("apg")
        .about("The share of the pushes of the steps before that is added; negative ones damp (2410.02416)."),
    s.momentum);
  v(field("reach", "Reach")
        .range(0.1, 10)
        .log()
        .from(1)
        .only("threshold")
        .about("The radius that is kept to, in root mean square radii of the data about its mean (2205.11487)."),
    s.reach);
  v(field("iterations", "Iterations")
        .range(0, 20)
        .only("characteristic")
        .about("How often the place where both denoisers agree is improved; 0 is classifier-free (2312.07586)."),
    s.iterations);
  v(field("relaxation", "Relaxation")
        .range(0.05, 1)
        .from(1)
        .sym("η")
        .only("characteristic")
        .about("The share of the disagreement that an iteration moves by; less is slower and steadier (2312.07586)."),
    s.relaxation);
  v(field("corrections", "Corrections")
        .range(0, 10)
        .sym("K")
        .only("predictor-corrector")
        .about("The number of Langevin steps after every step of the solver; 0 is off (2408.09000)."),
    s.corrections);
  v(field("stride", "Stride")
        .range(0.01, 1)
        .log()
        .sym("c")
        .only("predictor-corrector")
        .about("The length of a Langevin step, δ = c (σ/α)²; shorter ones are more exact (2408.09000)."),
    s.stride);
  v(field("rounds", "Rounds")
        .range(0, 20)
        .sym("K")
        .only("gibbs")
        .about("How often the samples are noised and guided back; 0 is the sampler of p(x|c) (2505.21101)."),
    s.rounds);
  v(field("returnTo", "Back to")
        .range(0.01, 10)
        .log()
        .sym("s*")
        .in("σ/α")
        .only("gibbs")
        .about("The noise level that every round goes back to: about the width of a mode (2505.21101)."),
    s.returnTo);
}

}  // namespace gs
