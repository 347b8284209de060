// The tilted law at every noise level: what the guidance stack is believed to aim at (target.h), noised exactly.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "truth/target.h"

namespace gs {

// With q the tilted law at t = 0, the law of y = x0 + ratio eps is q * N(0, ratio^2): by sums over the cells of a grid
// that covers q, one axis after the other; where the noise is finer than these cells, by Gauss-Hermite quadrature of
// the closed form around the point. Errors are those of `law` (single precision in log q) and below 1e-4 beside it,
// within 5 standard deviations of the law. One thread at a time.
class TiltedLaw {
 public:
  // law: the joint densities at t = 0 on lawGrid(mixture, tilt); rewardOnLaw: rewardOn() of it. The tilt is one that is
  // not absent. Throws std::invalid_argument as rewardFunction does.
  TiltedLaw(const Tilt&, std::shared_ptr<const Mixture>, const DensityField& law,
            const std::vector<float>& rewardOnLaw);
  ~TiltedLaw();

  struct At {
    double logDensity;  // of y; normalised
    Vec2 denoiser;      // E[x0 | y] under the tilted law
    Vec2 score(Vec2 y, double ratio) const { return (denoiser - y) / (ratio * ratio); }
  };
  // At all (xs[i], ys[j]), [j][i]; empty when stopped. ratio >= 0, where at 0 the denoiser is that of the least noise
  // that double precision tells from none.
  std::vector<At> at(std::span<const double> xs, std::span<const double> ys, double ratio, std::stop_token = {}) const;
  At at(Vec2 y, double ratio) const;
  double leastRatio() const;  // that noise
  // How many evaluations of the closed form a point costs at this ratio; 0: it is taken from the grid.
  int closedForms(double ratio) const;
  double logDensity(Vec2 x) const;  // at t = 0
  // Independent draws at t = 0 by rejection within cells; the first ones stay the same for more.
  std::vector<Vec2> draws(int count, std::uint32_t seed) const;

 private:
  friend std::function<double(Vec2)> tiltOnData(const Tilt&, std::shared_ptr<const Mixture>);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// log of the tilted law over p(x | condition) at t = 0, up to a constant; empty where they are one. The tilt is one
// that is not absent. Throws std::invalid_argument as rewardFunction does.
std::function<double(Vec2)> tiltOnData(const Tilt&, std::shared_ptr<const Mixture>);

// log p(x | condition) and log p(x) of a mixture at t = 0, prepared for many points; double precision.
class JointDensity {
 public:
  JointDensity(const Mixture&, int condition);
  struct At {
    double own, whole;
  };
  At at(Vec2) const;

 private:
  struct Row {
    Vec2 mean;
    Sym2 precision;
    double logWeight;
  };
  std::vector<Row> rows_;  // the condition's first
  std::size_t own_ = 0;
  double logOwn_ = 0;
};

}  // namespace gs
