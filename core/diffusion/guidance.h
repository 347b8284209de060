// Guidance as a stack of weighted terms. Most are pushes, D^ = D_main + sum_i omega_i(t) (D_plus_i - D_minus_i); some
// weigh or turn their push at every place (power-law ... negative classes by posterior), and some change the sum of
// what stands above them in the stack (apg, rescale, threshold). omega = 0 is off for every one of them.
//
// D_c is the denoiser of the condition (the main one), D_u the unconditional one, D_k that of class k, D_rest that of
// all classes but one; p(.) are exact posteriors at the noise level. session/methods.h says of each method what it is.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "diffusion/network.h"
#include "diffusion/reward.h"
#include "diffusion/vec.h"

namespace gs {

enum class TermKind {
  // Differences of denoisers.
  Cfg,            // D_c - D_u (2207.12598); "cfg scale" = 1 + omega
  Autoguidance,   // D_c - D_weak (2406.02507)
  Reward,         // the reward-reweighted denoiser - the plain one (2512.04985)
  Classifier,     // (1/T) (1 - p_T(c)) (D_c - D_rest): the gradient of a classifier with temperature T (2105.05233)
  And,            // D_k - D_u (2206.01714)
  Sum,            // D_k - y: the scores themselves are added, without a base (2302.11552)
  Or,             // D_{c or k} - D_c: the law of both classes (2412.17762)
  Negative,       // -(D_k - D_u): a negative prompt with a constant weight (2207.12598)
  Dynamic,        // -p(k) / (1 - p(k)) (D_k - D_u): dynamic negative guidance (2410.14398)
  Perpendicular,  // -(the part of D_k - D_u across D_c - D_u): Perp-Neg (2304.04968)
  // When and where the push acts.
  Cads,      // the condition fades in: D_c is that of (1 - m) p(x|c) + m p(x), m = m(t) (2310.17347)
  Delayed,   // (1 + omega) D_c(k_c sh) - omega D_u(k_u sh) in place of classifier-free guidance (2505.21101)
  PlusPlus,  // CFG++: D_c - D_u with the weight lambda / (1 - sh'/sh) - 1 of the step (2406.08070)
  Feedback,  // r / (1 - r) (D_c - D_u), r = e p(x) / p_model(x|c), known or tracked: feedback guidance (2506.06085)
  PowerLaw,  // |d|^a (D_c - D_u), d the difference in the chosen space (2502.07849)
  Mambo,     // exp(-a |d| / |D_u|) (D_c - D_u) (2508.03442)
  Adaptive,  // D_c - D_u until the two agree in direction (2312.12487)
  // How the push is shaped.
  Zero,        // CFG-Zero*: D_c - s* D_u in the chosen space (2503.18886)
  Tangential,  // D_c - (the part of D_u along the principal direction of both) (2503.18137)
  Rectified,   // (J_c 1) o (D_c - D_u), J_c the Jacobian of D_c: REG (2501.18865)
  // (1 + omega) D_c(y + omega u) - omega D_u(y + (1 + omega) u), u the place where both agree (2312.07586)
  Characteristic,
  Apg,        // the sum above: capped, projected, with momentum (2410.02416)
  Rescale,    // the sum above: as long as D_c (2305.08891)
  Threshold,  // the sum above: no farther than a radius (2205.11487)
  // What is done between the solver's steps.
  PredictorCorrector,  // Langevin steps at every level, with D_c - D_u in them only (2408.09000)
  Gibbs                // back to noise s* and down again, with D_c - D_u there only: CFGiG (2505.21101)
};
enum class CurveKind { Constant, Interval, Linear, Cosine, Drawn, Sine, V, Peak, Pcs, Beta, Switch, Learned };

// What a method that measures lengths and angles looks at. x = alpha x0 + sigma eps.
enum class Space {
  Denoiser,  // E[x0 | x], seen from a centre
  Noise,     // E[eps | x]
  V,         // alpha eps - sigma x0 (2202.00512)
  Score,     // the gradient of log p(x)
  Velocity   // dx/dt of the schedule
};
// The centre that positions are seen from: these methods were made for pictures, whose centre is grey.
enum class Center { Data, Class, Origin };

// A knot of a drawn curve: a multiplier of omega at diffusion time t.
struct Knot {
  double t = 0;      // 0..1, strictly increasing along a curve
  double value = 1;  // -2..4
  bool operator==(const Knot&) const = default;
};

// A learned weight omega(s, t, c) of the step from noise level t to s (2510.00815), as a table, so that a session holds
// it whole. Times are those of straight paths, t = r / (1 + r) at r = sigma / alpha, whatever the schedule: the network
// that was trained sees noise levels only. Without classes nothing has been learned yet: the weight is 0.
struct LearnedWeights {
  static constexpr int kTimes = 33, kShares = 17;  // t = i / 32; s = t j / 16
  static constexpr int kValueBytes = 3;
  std::string name;                          // of the training or its file
  std::string sha256;                        // of the file that it was read from; may be empty
  int classes = 0;                           // 0..Mixture::kMaxClasses
  double largest = 1;                        // the weight of the highest code, 0..1000
  double lo = 0.01, hi = 0.99, apart = 0.1;  // trained for lo <= s, t <= hi, t - s >= apart
  std::string values;                        // [class][t][s / t]: three digits of base 64 each, high one first
  bool operator==(const LearnedWeights&) const = default;
};
// [class][t][s / t] of finite weights >= 0 to a table: `largest`, `classes` and `values` are filled in.
void encode(LearnedWeights&, std::span<const double> weights);
bool wellFormed(const LearnedWeights&);  // as many values as its classes need, and all of them digits
// Bilinear in t and s / t, from ratios sigma / alpha (0..infinity, from > to); 0 for a class that the table lacks.
double weightOf(const LearnedWeights&, double from, double to, int label);

// omega(t) = omega * curve(t). Progress tau is 1 - t of the schedule. Shapes after 2404.13040.
struct Curve {
  static constexpr int kMaxKnots = 32;
  CurveKind kind = CurveKind::Constant;
  double lo = 0.1, hi = 5;    // Interval: 1 for lo < sigma/alpha <= hi, else 0 (2404.07724)
  double from = 0, to = 2;    // Linear, Cosine: the multiplier at noise (t = 1) and at data (t = 0); 0 -> 2 has mean 1
  std::vector<Knot> knots;    // Drawn: at least 2; monotone cubic (Fritsch-Carlson), constant beyond the ends
  double power = 1;           // Pcs: (1 - cos(pi tau^power)) / 2
  double a = 2, b = 2;        // Beta: the density of Beta(a, b) at tau (2502.10574)
  double at = 0.6, late = 0;  // Switch: 1 until tau = at, `late` from there (2411.16738, 2602.00716)
  LearnedWeights learned;     // Learned
  double least = -2;          // no value below this; -2: no bound
  bool normalise = false;     // divided by its mean over tau, so that all shapes push as much in all (not Interval)
  static constexpr double kLeastMean = 0.05;  // of one that is to be divided by it
  bool operator==(const Curve&) const = default;
};
// The multiplier at time t and ratio sigma/alpha (0..infinity). Learned: for a step of the class from there to `to`,
// or, where no step is known, to 1/64 less time.
double evaluate(const Curve&, double t, double ratio, int label = 0, double to = -1);
// The mean over tau of a curve without its `normalise`: what that divides by. 1 for Constant and Interval.
double meanOver(const Curve&);

// The weak model of autoguidance, as faults of the exact one; without any of them the push vanishes for an exact model.
struct WeakModel {
  double broaden = 0.2;     // standard deviation added: S_k + broaden^2 I
  double leakDensity = 0;   // e: its conditional density is (1 - e) p(x|c) + e p(x)
  double leakDenoiser = 0;  // e: its denoiser is (1 - e) D_c + e D_u
  double blur = 1;          // k: its score is that of noise level k sh, used at sh (2408.00760); 1 is exact
  double shift = 1;         // k: its denoiser is that of noise level k sh (2407.02687); 1 is exact
  int drop = -1;            // the component that is missing, in the order of the mixture; -1: none
  int atoms = 0;            // > 0: it knows only so many points of every class, each with a spread of kAtomSpread
  Vec2 offset{0.0};         // added to all its means
  // Its answer is off by noise c_out(sh) g(c_in(sh) (y - mean) / noiseLength), the error of a network's output that is
  // preconditioned as in 2206.00364, table 1, with the data's root mean square radius over sqrt(2). g is a fixed smooth
  // random field R^2 -> R^2 of variance 1 each way and length 1 (kernels/guidance.inl).
  double noise = 0;
  double noiseLength = 0.5;
  static constexpr double kAtomSpread = 0.02;
  static constexpr int kMaxAtoms = 512;
  bool operator==(const WeakModel&) const = default;
};

struct Term {
  TermKind kind = TermKind::Cfg;
  bool enabled = true;
  double omega = 2;  // -1..20
  Curve curve;
  WeakModel weak;      // Autoguidance only
  Reward reward = {};  // Reward only
  // Autoguidance: the weak model, in place of the faults. Reward: the network trained with the reward as weight, in
  // place of its closed form (2512.04985).
  NetworkFile network = {};
  int label = 1;  // And, Sum, Or, Negative, Dynamic, Perpendicular: the class k
  Space space = Space::Denoiser;
  Center center = Center::Data;
  double temperature = 1;              // Classifier: T
  bool clean = false;                  // Classifier: that of data without noise, asked at noisy x
  double most = 1;                     // Dynamic: the largest p(k) that counts
  double from = 0.9, to = 0.6;         // Cads: the condition is hidden above t = from and shown below t = to
  double delay = 1;                    // Delayed: k_c^2 = (1 + omega) / (1 + delay omega), k_u^2 = 1 / delay; 1 is CFG
  double lambda = 0.6;                 // PlusPlus
  double leak = 0.1, factorMost = 50;  // Feedback: the assumed leak e; the largest factor 1 / (1 - r)
  // Feedback: r = e exp(-L), L the log of p_model(x|c) / p(x) as the steps so far have told it (algorithm 1 of the
  // paper), in place of the densities themselves: L grows by trust times what a step says, and by drift in all.
  bool tracked = false;
  double trust = 1, drift = 0;
  double exponent = 0.9;     // PowerLaw: a
  double damping = 8;        // Mambo: a
  double agreement = 0.991;  // Adaptive: the cosine from which the push is off
  bool latch = false;        // Adaptive: once off, it stays off for that particle
  bool optimise = true;      // Zero: s* instead of 1
  int still = 0;             // Zero: the first steps, whose velocity is zero
  double cap = 0;            // Apg: the longest push in the chosen space; 0: none
  double parallel = 0;       // Apg: the share of the part along D_c that is kept
  double momentum = 0;       // Apg: of the pushes of the steps before; negative ones damp
  double reach = 1.5;        // Threshold: in root mean square radii of the data
  int iterations = 5;        // Characteristic: of the search for u; 0 is CFG
  double relaxation = 1;     // Characteristic: u <- u + relaxation (D_c - D_u)
  int corrections = 2;       // PredictorCorrector: K, after every step that ends in noise
  double stride = 0.1;       // PredictorCorrector: c, y <- y + c sh^2 s + sqrt(2 c) sh z
  int rounds = 2;            // Gibbs: K; 0 is the conditional sampler
  double returnTo = 0.4;     // Gibbs: s*, sigma / alpha
  bool operator==(const Term&) const = default;
};

// What the sampled model gets wrong; without faults it is exact. A network has faults of its own instead.
struct Flaws {
  double broaden = 0;       // standard deviation added to every component
  double leak = 0;          // e: its conditional density is (1 - e) p(x|c) + e p(x)
  double leakDenoiser = 0;  // e: its conditional denoiser is (1 - e) D_c + e D_u
  int leaks = -1;           // the only class that leaks; kUnconditional: all of them
  NetworkFile network = {};
  bool operator==(const Flaws&) const = default;
};

}  // namespace gs
