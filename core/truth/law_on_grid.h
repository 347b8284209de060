// The law of a diffusion in the plane, carried over a grid from noise to data.
#pragma once
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "diffusion/vec.h"

namespace gs {

// q of x = y / sqrt(1 + sh^2) = y alpha, on the circle alpha = cos theta, sigma = sin theta = sh alpha, solves
//   dq / d(-theta) = -div(A q) + kappa tan(theta) laplace q,  A = (1 + kappa) (D^(y) - y) / sigma + y sigma.
// Every step moves log q along A (semi-Lagrangian, by the midpoint rule; quintic in space, exact for Gaussians) and
// convolves q with the noise of the step (Gauss-Hermite, one axis after the other), half of it before and half after.
class LawOnGrid {
 public:
  struct Step {  // from sh to shNext, towards the data; the guided denoiser is asked at the level between
    double sh = 0, shNext = 0, shMid = 0;
    int levelMid = 0;
  };
  struct Setup {
    double kappa = 0;
    double narrow = 0;             // the least width of the law at sh = 0
    Vec2 middle{0.0}, reach{1.0};  // all of the law at sh = 0 is in middle +- reach
    double cells = 4;              // a width
    std::span<const Step> steps;
    std::function<double(Vec2 x)> logStart;          // of x at the first step's sh
    std::function<Vec2(int level, Vec2 y)> denoise;  // several threads ask at once
  };
  // Evaluations of the denoiser that it takes.
  static double evaluations(const Setup&);
  LawOnGrid(const Setup&, std::stop_token);
  bool done() const { return !log_.empty(); }  // false: it was stopped
  double logDensity(Vec2 x) const;             // at the last step's shNext; normalised
  double lostMass() const { return lost_; }    // |1 - mass| before it was normalised

 private:
  struct Places {
    Vec2 lo;
    double apart;
    int width, height;
    Vec2 at(int i, int j) const { return lo + apart * Vec2(i, j); }
    std::size_t index(int i, int j) const { return std::size_t(j) * std::size_t(width) + std::size_t(i); }
    std::size_t size() const { return std::size_t(width) * std::size_t(height); }
  };
  static Places placesAt(const Setup&, double sh);
  static bool coarser(const Setup&, const Places&, double sh);
  static double sample(const std::vector<double>&, const Places&, Vec2 x, double deep);
  static void spread(std::vector<double>& log, const Places&, double variance);
  Places places_{};
  std::vector<double> log_;
  double lost_ = 0, top_ = 0;
};

}  // namespace gs
