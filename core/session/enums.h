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
GS_ENUM_NAMES(TermKind,
              {"cfg", "Classifier-free", "Pushes from the unconditional to the conditional denoiser (2207.12598)."},
              {"autoguidance", "Autoguidance", "Pushes away from a weaker version of the same model (2406.02507)."})
GS_ENUM_NAMES(CurveKind, {"constant", "Constant", "The same weight at every noise level."},
              {"interval", "Interval", "Full weight inside a band of noise levels, none outside (2404.07724)."},
              {"linear", "Linear", "The weight goes in a straight line over time t."},
              {"cosine", "Cosine", "The weight goes along half a cosine over time t."},
              {"drawn", "Drawn", "The weight follows a monotone cubic through knots that you drag."})
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
