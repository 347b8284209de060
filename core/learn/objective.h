// The objectives of learned guidance weights (2510.00815) on models that are known in closed form, and their gradients:
// what one guided step makes of noised data, against data noised to where the step ends. Plain C++; the network that
// says the weights lies elsewhere.
#pragma once
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "diffusion/guidance.h"
#include "diffusion/mixture.h"
#include "session/training.h"
#include "session/experiment.h"

namespace gs {

// x_s = A x_t + B x0 + sqrt(variance) z: the step of 2510.00815, eq. 23, in the reading that keeps marginals for every
// churn eps in [0, 1], r_ij = (alpha_t / alpha_s)^i (sigma_s / sigma_t)^j. 0 is DDIM, 1 is DDPM.
struct StepKernel {
  double a = 0, b = 0, variance = 0;
};
StepKernel stepKernel(NoiseLevel s, NoiseLevel t, double churn);

// The two denoisers that a classifier-free push is the difference of, at one noise level and for one class.
class PairedDenoiser {
 public:
  virtual ~PairedDenoiser() = default;
  struct Answer {
    Vec2 conditional, difference;  // D_c and D_c - D_u
  };
  // For all items of a batch: points[i] of `each` at levels[i], labels[i]. May be called from one thread at a time.
  struct Ask {
    NoiseLevel level;
    int label;
    const Vec2* x;  // [each]
    Answer* out;    // [each]
  };
  virtual void answer(std::vector<Ask>&, int each) = 0;
};
// Of the sampled model of an experiment: the data law with its flaws, or a trained network. Throws
// std::invalid_argument for laws of one class, whose push is nothing, and for networks that know other classes.
std::unique_ptr<PairedDenoiser> pairedDenoiser(const Experiment&, std::shared_ptr<const Mixture>);

// A step of the training: items of one data point, class and pair of times each, everything but the weight worked out.
struct OmegaBatch {
  struct Item {
    int label = 0;
    double s = 0, t = 0;        // times of the path
    double snrS = 0, snrT = 0;  // log(alpha^2 / sigma^2)
    Vec2 x0{0.0};               // of the first particle
  };
  int particles = 0;
  bool paired = false;  // particle j is compared with target j only
  double beta = 1, lambda = 1;
  double reward = 0;               // gamma_R
  std::vector<LogReward> rewards;  // [class], with a reward weight
  std::vector<Item> items;
  std::vector<Vec2> base, push;          // [item][particle]: guided steps end at base + omega push
  std::vector<Vec2> target;              // [item][particle]
  std::vector<Vec2> answer, difference;  // [item][particle] with a reward: D_c and D_c - D_u

  struct Loss {
    double value = 0, gradient = 0;  // d value / d omega
  };
  // Of one item at a weight: eq. 20 with the unbiased interaction of eq. 22, less gamma_R times the mean log-reward of
  // the guided denoiser (alg. 4).
  Loss loss(std::size_t item, double omega) const;
};

class OmegaObjective {
 public:
  // Throws std::invalid_argument with a path for settings that make no sense ("omega.particles: ...").
  OmegaObjective(const Experiment&, std::shared_ptr<const Mixture>, const OmegaSettings&);
  // The same for the same step, whatever was drawn before. With a pair (s, t) all items have these times.
  OmegaBatch batch(int step, std::optional<std::array<double, 2>> pair = {}) const;
  int classes() const { return mixture_->classes(); }
  // The noise level of a path's time: of the experiment's schedule, of straight paths for EDM.
  NoiseLevel levelAt(double t) const;

 private:
  std::shared_ptr<const Mixture> mixture_;
  Schedule schedule_;
  OmegaSettings settings_;
  std::vector<LogReward> rewards_;  // [class]
  std::unique_ptr<PairedDenoiser> model_;
  std::vector<double> below_;  // [component] cumulated weights
  bool onLine_ = false;        // a law on the line: only its first coordinate counts
};

}  // namespace gs
