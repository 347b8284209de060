// The file name, display label and one-sentence help of every enumerator of a session, in the order of the enum.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "session/session.h"

namespace gs {

struct EnumName {
  std::string_view name;   // in files, on the command line and in paths
  std::string_view label;  // on screen
  std::string_view help;   // one sentence, for tooltips and lists
};

template <class E>
inline constexpr std::span<const EnumName> kEnumNames{};  // specialised below for every enum of a session

#define GS_ENUM_NAMES(E, ...)                              \
  inline constexpr EnumName k##E##Names[] = {__VA_ARGS__}; \
  template <>                                              \
  inline constexpr std::span<const EnumName> kEnumNames<E>{k##E##Names};

GS_ENUM_NAMES(DistributionKind, {"preset", "Preset", "One of the built-in data laws."},
              {"mixture", "Mixture", "A labelled Gaussian mixture, component by component."},
              {"points", "Points", "A mixture fitted to the points of a CSV, NPY or NPZ file."})
GS_ENUM_NAMES(FitKind,
              {"em", "k-means, then EM", "k-means++ followed by expectation-maximisation with full covariances."},
              {"kernels", "Kernels", "Round Gaussian kernels of one bandwidth on the points, or on a subset of them."})
GS_ENUM_NAMES(
    TermKind, {"cfg", "Classifier-free", "Pushes from the unconditional to the conditional denoiser (2207.12598)."},
    {"autoguidance", "Autoguidance", "Pushes away from a weaker version of the same model (2406.02507)."},
    {"reward", "Reward tilt", "Pushes from the law to the law reweighted by a reward (2512.04985)."},
    {"classifier", "Classifier", "Pushes along the gradient of a classifier of the condition (2105.05233)."},
    {"and", "And", "Pushes towards one more class, as a product of laws would (2206.01714)."},
    {"sum", "Sum of scores", "Adds the score of another class as it is, without a base (2302.11552)."},
    {"or", "Or", "Goes over to the law of the condition or another class (2412.17762)."},
    {"negative", "Negative", "Pushes away from another class with a constant weight (2207.12598)."},
    {"dynamic-negative", "Dynamic negative", "Pushes away from another class where that is likely (2410.14398)."},
    {"perp-neg", "Perp-Neg", "Pushes away from another class, across the way to the condition (2304.04968)."},
    {"cads", "Label noise", "Hides the condition at first and fades it in (CADS, 2310.17347)."},
    {"delayed", "Delayed", "Asks both denoisers at other noise levels than the present one (2505.21101)."},
    {"cfg-plus-plus", "CFG++", "Classifier-free guidance whose weight hangs on the step (2406.08070)."},
    {"feedback", "Feedback", "Weighs the push by what a leaky model must have mixed in (2506.06085)."},
    {"power-law", "Power law", "Weighs the push by a power of its own length (2502.07849)."},
    {"mambo", "MAMBO-G", "Damps pushes that are long beside the model's answer (2508.03442)."},
    {"adaptive", "Adaptive", "Pushes only where the two answers still differ in direction (2312.12487)."},
    {"cfg-zero", "CFG-Zero*", "Scales the unconditional answer to the best length first (2503.18886)."},
    {"tangential", "Tangential", "Drops what of the unconditional answer lies across both (2503.18137)."},
    {"rectified", "Rectified gradient", "Weighs the push by the denoiser's own slope (REG, 2501.18865)."},
    {"characteristic", "Characteristic", "Asks both denoisers where they agree, beside the particle (2312.07586)."},
    {"apg", "Adaptive projection", "Caps and projects the push of the terms above (APG, 2410.02416)."},
    {"rescale", "Rescale", "Gives the result of the terms above the length of the condition's (2305.08891)."},
    {"threshold", "Threshold", "Keeps the result of the terms above within a radius (2205.11487)."},
    {"predictor-corrector", "Predictor-corrector",
     "Langevin steps at every noise level, and the push only in them (PCG, 2408.09000)."},
    {"gibbs", "Gibbs-like",
     "Samples the condition, then noises a little and guides back, again and again (2505.21101)."})
GS_ENUM_NAMES(Activation, {"silu", "SiLU", "x / (1 + exp(−x)): smooth (1606.08415)."},
              {"relu", "ReLU", "The larger of x and 0: the quickest."},
              {"tanh", "tanh", "The hyperbolic tangent: bounded."})
GS_ENUM_NAMES(Device, {"auto", "Automatic", "CUDA where it is there and the training is large, else the processor."},
              {"cpu", "Processor", "The processor, one thread."},
              {"cuda", "CUDA", "The NVIDIA card, where there is one."})
GS_ENUM_NAMES(Space, {"denoiser", "Denoiser", "Looks at the expected data point, seen from the centre."},
              {"noise", "Noise", "Looks at the expected noise."},
              {"v", "v", "Looks at alpha eps - sigma x0 (2202.00512)."},
              {"score", "Score", "Looks at the gradient of the log-density."},
              {"velocity", "Velocity", "Looks at dx/dt of the schedule."})
GS_ENUM_NAMES(Center, {"data", "Data mean", "Seen from the mean of the data law."},
              {"class", "Class mean", "Seen from the mean of the condition."},
              {"origin", "Origin", "Seen from the origin of the coordinates, as the papers do."})
GS_ENUM_NAMES(RewardKind, {"linear", "Linear", "Grows without end in one direction: exp(b u)."},
              {"bowl", "Bowl", "A Gaussian bump around a point: its logarithm is a quadratic bowl."},
              {"ring", "Ring", "Highest on a circle."},
              {"half-plane", "Half-plane", "1 on one side of a line, 0 on the other."},
              {"ramp", "Ramp", "Rises from 0 to 1 across a line."},
              {"distance", "Distance to a point", "Falls with the distance to a point: exp(-|x - a| / width)."},
              {"sinusoid", "Sinusoid", "Stripes: exp(s sin(2 pi u / period))."},
              {"class-posterior", "Class posterior", "p(c|x): its law is p(x|c), so this is classifier guidance."},
              {"cost", "Cost 1 / p(c|x)", "A cost that is lowered: what classifier-free guidance does (2512.04985)."},
              {"expression", "Expression", "A formula in x, y and the class c, which must not be negative."},
              {"painted", "Painted", "What you paint over the picture, or the brightness of a picture: exp(s m(x))."})
GS_ENUM_NAMES(RewardBase, {"condition", "p(x|c)", "The law of the class that is sampled."},
              {"whole", "p(x)", "The whole law, whatever class is sampled."})
GS_ENUM_NAMES(CurveKind, {"constant", "Constant", "The same weight at every noise level."},
              {"interval", "Interval", "Full weight inside a band of noise levels, none outside (2404.07724)."},
              {"linear", "Linear", "The weight goes in a straight line over time t."},
              {"cosine", "Cosine", "The weight goes along half a cosine over time t."},
              {"drawn", "Drawn", "The weight follows a monotone cubic through knots that you drag."},
              {"sine", "Falling cosine", "From 2 at the noise along half a cosine to 0 at the data (2404.13040)."},
              {"v", "V", "From 2 at the noise to 0 half-way and back to 2 at the data (2404.13040)."},
              {"peak", "Peak", "From 0 at the noise to 2 half-way and back to 0 at the data (2404.13040)."},
              {"pcs", "Powered cosine", "Half a cosine over a power of the progress, from 0 to 1 (2404.13040)."},
              {"beta", "Beta", "The density of a beta distribution over the progress (2502.10574)."},
              {"switch", "Switch", "Full weight at first, another one from a moment on (2411.16738, 2602.00716)."},
              {"learned", "Learned", "A trained network says the weight of every step and class (2510.00815)."})
GS_ENUM_NAMES(OmegaLoss,
              {"self-consistency", "Self-consistency",
               "Guided steps should end where noising ends, for every data point (2510.00815, eq. 20)."},
              {"l2", "Squared distance", "The same with squared distances: touchy, and paid for less spread (21)."},
              {"marginal", "Marginal", "Guided steps of a class should end where its noised law is (15)."},
              {"score", "Score matching",
               "The guided denoiser should find the data point; for contrast, it learns no weight."})
GS_ENUM_NAMES(OmegaOutput,
              {"relu", "ReLU", "Weights are cut off at 0, as in the paper; the output starts above, where it is live."},
              {"softplus", "Softplus", "Weights end smoothly at 0: nothing can die, and none is exactly 0."})
GS_ENUM_NAMES(ScheduleKind,
              {"edm", "EDM", "Variance exploding: alpha = 1, sigma is the noise level itself (2206.00364)."},
              {"vp-linear", "VP linear", "Variance preserving with a linear beta(t) from 0.1 to 20 (2011.13456)."},
              {"vp-cosine", "VP cosine", "Variance preserving with a cosine alpha(t) (2102.09672)."},
              {"flow", "Flow matching", "Straight paths: alpha = 1 - t, sigma = t (2210.02747)."})
GS_ENUM_NAMES(GridKind, {"karras", "Karras", "Equal steps of (sigma/alpha)^(1/rho) (2206.00364, eq. 5)."},
              {"uniform-t", "Uniform t", "Equal steps of the schedule's time t."},
              {"uniform-logsnr", "Uniform log-SNR", "Equal steps of log-SNR, that is, geometric steps of sigma/alpha."})
GS_ENUM_NAMES(SolverKind,
              {"euler", "Euler (DDIM)", "One model call a step, first order; the same step as DDIM (2010.02502)."},
              {"heun", "Heun", "Two model calls a step, second order (2206.00364, alg. 1 without churn)."},
              {"dpmpp2m", "DPM-Solver++(2M)", "One model call a step, second order from the step before (2211.01095)."},
              {"exponential", "Exponential",
               "The universal step with churn: 0 is DDIM (2010.02502), 1 is DDPM (2006.11239)."},
              {"rk4", "Runge-Kutta 4", "Four model calls a step, fourth order; a reference for the others."})
GS_ENUM_NAMES(Start, {"exact", "Exact", "Particles start from the noised data law at the first noise level."},
              {"gaussian", "Gaussian", "Particles start from a normal law of the first level's sigma around 0."})
GS_ENUM_NAMES(Theme, {"dark", "Dark", "Light marks on a dark canvas."},
              {"light", "Light", "Dark marks on a white canvas."},
              {"projector", "Projector", "White canvas with thicker strokes, for lecture halls."},
              {"high-contrast", "High contrast", "Black canvas with the strongest contrast."})
GS_ENUM_NAMES(Coordinates, {"schedule", "Schedule", "x = alpha x0 + sigma eps, as the schedule defines it."},
              {"normalised", "Normalised",
               "x / sqrt(alpha^2 + sigma^2), so that the spread stays comparable over time."})
GS_ENUM_NAMES(WeightDisplay, {"omega", "ω (0 is off)", "Weights are shown as omega: 0 is off."},
              {"cfg-scale", "cfg scale (1 is off)", "Weights are shown as the cfg scale 1 + omega: 1 is off."})
GS_ENUM_NAMES(ParticleColor, {"guided", "Guided", "Every particle in the colour of guided samples."},
              {"class-posterior", "Class posterior",
               "By the class that is likeliest at the particle's place and noise level."},
              {"origin", "Origin", "By where the particle started in the noise."},
              {"push-size", "Push size", "By the length of the guidance push, in data units."})
GS_ENUM_NAMES(LawShape, {"contours", "Contours", "Lines around 39.3 % and 86.5 % of the mass."},
              {"density", "Density", "A ramp from the canvas to the law's colour."},
              {"samples", "Samples", "Exact draws; of the sampler's own law, runs in fine steps."})
GS_ENUM_NAMES(ArrowWhat, {"base", "Base", "The answer without guidance."}, {"guided", "Guided", "The guided answer."},
              {"push", "Push", "What guidance adds: guided - base."},
              {"push-parts", "Push, split along D",
               "The push along the base's own correction D - x/alpha, and the part across it."},
              {"push-class-parts", "Push, split along p(c|x)",
               "The push along grad log p(c|x), and the part across it."},
              {"missing", "Missing force",
               "What the guided answer lacks of the tilted law's: for classifier-free guidance the gradient of a "
               "Renyi divergence (2505.21101)."},
              {"score-error", "Error", "Guided - tilted: how far the guided answer is off the tilted law's."})
GS_ENUM_NAMES(HeatWhat,
              {"ratio", "Own / tilted law", "Log of the sampler's own law over the tilted law at the cursor."},
              {"divergence", "Divergence of the push", "Where the push spreads particles and where it gathers them."},
              {"score-error", "Score error", "|guided - tilted score|, times sigma."},
              {"data-ratio", "Guided / data law",
               "Log of the guided particles' density over that of p_t(x|c), both blurred by the guided density's "
               "kernel: of any model, solver and term."})
#undef GS_ENUM_NAMES

template <class E>
requires std::is_enum_v<E>
constexpr std::span<const EnumName> enumNames() {
  static_assert(!kEnumNames<E>.empty(), "add the enum's names above");
  return kEnumNames<E>;
}
template <class E>
constexpr std::string_view enumName(E e) {
  return enumNames<E>()[std::size_t(e)].name;
}
template <class E>
constexpr std::string_view enumLabel(E e) {
  return enumNames<E>()[std::size_t(e)].label;
}
template <class E>
constexpr std::string_view enumHelp(E e) {
  return enumNames<E>()[std::size_t(e)].help;
}
template <class E>
constexpr std::optional<E> enumFromName(std::string_view name) {
  for (std::size_t i = 0; i < enumNames<E>().size(); ++i)
    if (enumNames<E>()[i].name == name) return E(i);
  return std::nullopt;
}

}  // namespace gs
