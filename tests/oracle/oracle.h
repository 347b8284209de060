// Straightforward double-precision answers to everything the program computes about a guided sampler, written from the
// formulas of the papers. It shares the value types of an experiment with the program and nothing else: no plan, no
// kernel text, no function of core/. Slow and readable on purpose.
#pragma once
#include <cstdint>
#include <vector>

#include "session/experiment.h"

namespace oracle {

using gs::Sym2;
using gs::Vec2;

// ---- Gaussian mixtures in variance-exploding coordinates, y = x0 + ratio * eps ----------------------------------
// Everything comes from the posterior p(x0 | y): component k with responsibility g_k, mean
// m_k = (S_k^-1 + 1/ratio^2)^-1 (S_k^-1 mu_k + y / ratio^2) and covariance V_k = (S_k^-1 + 1/ratio^2)^-1.
struct PosteriorPart {
  double weight;    // g_k
  Vec2 mean;        // m_k
  Sym2 covariance;  // V_k
};
struct Posterior {
  double logDensity;  // of y under the law with the given weights
  std::vector<PosteriorPart> parts;
  Vec2 mean() const;
  Sym2 covariance() const;
};

// The law of x0 as weighted components; weights need not sum to 1, those of 0 do not take part.
struct Law {
  std::vector<double> weights;
  std::vector<Vec2> means;
  std::vector<Sym2> covariances;
};
// p(x0 | label), every covariance widened by broaden^2; leak e: (1 - e) p(x0 | label) + e p(x0).
Law law(const gs::Mixture&, int label, double broaden = 0, double leak = 0);
Posterior posterior(const Law&, Vec2 y, double ratio);  // ratio in (0, infinity)
Vec2 denoiser(const Law&, Vec2 y, double ratio);        // the prior mean at an infinite ratio, y itself at 0
double logDensity(const Law&, Vec2 y, double ratio);    // ratio >= 0
Vec2 score(const Law&, Vec2 y, double ratio);           // ratio >= 0
double classPosterior(const gs::Mixture&, Vec2 y, double ratio, int label);

// ---- trained networks (diffusion/network.h): the denoiser of a class, or of none; its noisiest answer at infinity
// -----
Vec2 network(const gs::NetworkFile&, int label, Vec2 y, double ratio);

// ---- schedules, grids, weight curves ----------------------------------------------------------------------------
struct Point {
  double t, ratio, alpha, sigma;
};
std::vector<Point> grid(const gs::Schedule&);  // [steps + 1], noise first
double curve(const gs::Curve&, double t, double ratio);
Vec2 normal(std::uint32_t seed, std::uint32_t particle, std::uint32_t step, double& choice);  // the third word / 2^32
double timeAt(const gs::Schedule&, const std::vector<Point>& grid, double ratio);             // of any ratio, at most 1
double timeBetween(const gs::Schedule&, const Point& from, const Point& to);  // t at the geometric mean of two ratios

// ---- guidance, noise, solvers -----------------------------------------------------------------------------------
// D^ of the whole stack (stack.h), without a memory of earlier steps.
Vec2 guided(const gs::Experiment&, const gs::Mixture&, Vec2 y, double ratio, double t);

// Standard normal pair of (seed, particle, step): Philox 4x32-10, then Box-Muller.
Vec2 normal(std::uint32_t seed, std::uint32_t particle, std::uint32_t step);

// Positions x [step][particle] in the schedule's own coordinates, from x at step 0.
using Trajectories = std::vector<std::vector<Vec2>>;
Trajectories sample(const gs::Experiment&, const gs::Mixture&, const std::vector<Vec2>& start);
// x at step 0 as (seed, particle) draws it.
std::vector<Vec2> start(const gs::Experiment&, const gs::Mixture&, int count);

}  // namespace oracle
