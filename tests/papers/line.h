// Guided sampling on the line: a labelled mixture in one dimension, its exact ODE and its laws, in double. As an
// experiment of the program it becomes a plane mixture whose second coordinate is an independent standard normal.
#pragma once
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <vector>

#include "oracle/markov.h"
#include "session/experiment.h"

namespace papers {

struct Part {
  int label;
  double weight, mean, variance;
};

// Fields at x = alpha x0 + sigma eps; nothing is singular at either end of the noise range.
struct LineFields {
  double logDensity, denoiser, eps;
};

struct Line {
  std::vector<Part> parts;

  double prior(int label) const {
    double p = 0;
    for (const Part& k : parts) p += label < 0 || k.label == label ? k.weight : 0;
    return p;
  }
  LineFields fields(double x, double alpha, double sigma, int label) const {
    double top = -1e300, z = 0, d = 0, e = 0;
    const auto variance = [&](const Part& k) { return alpha * alpha * k.variance + sigma * sigma; };
    const auto exponent = [&](const Part& k) {
      return -(x - alpha * k.mean) * (x - alpha * k.mean) / (2 * variance(k));
    };
    for (const Part& k : parts)
      if (label < 0 || k.label == label) top = std::max(top, exponent(k));
    for (const Part& k : parts) {
      if (label >= 0 && k.label != label) continue;
      const double c = variance(k), u = x - alpha * k.mean, w = k.weight / std::sqrt(c) * std::exp(exponent(k) - top);
      z += w;
      d += w * (k.mean + alpha * k.variance * u / c);
      e += w * sigma * u / c;
    }
    return {top + std::log(z / prior(label) / std::sqrt(2 * std::numbers::pi)), d / z, e / z};
  }
  double posterior(double x, int label, double alpha = 1, double sigma = 0) const {
    return prior(label) * std::exp(fields(x, alpha, sigma, label).logDensity - fields(x, alpha, sigma, -1).logDensity);
  }
  // The guided denoiser at y = x0 + ratio eps.
  double guided(double y, double ratio, int label, double omega) const {
    const double n = std::hypot(1, ratio), alpha = 1 / n, sigma = ratio / n;
    const double c = fields(y * alpha, alpha, sigma, label).denoiser;
    return omega == 0 ? c : c + omega * (c - fields(y * alpha, alpha, sigma, -1).denoiser);
  }
  double density(double y, double ratio, int label) const { return std::exp(fields(y, 1, ratio, label).logDensity); }

  // The guided ODE dx / dtheta = alpha eps - sigma D on alpha = cos theta, sigma = sin theta, from ratio tan(theta)
  // down to the data. Smooth on the whole range, pure noise (theta = pi/2) included.
  double odeEnd(double x, double theta, int label, double omega, int steps = 60) const {
    const auto velocity = [&](double at, double angle) {
      const double a = std::cos(angle), s = std::sin(angle);
      const LineFields c = fields(at, a, s, label), u = fields(at, a, s, -1);
      const double d = c.denoiser + omega * (c.denoiser - u.denoiser), e = c.eps + omega * (c.eps - u.eps);
      return a * e - s * d;
    };
    const double h = -theta / steps;
    for (int i = 0; i < steps; ++i) {
      const double at = theta + i * h;
      const double k1 = velocity(x, at), k2 = velocity(x + h / 2 * k1, at + h / 2),
                   k3 = velocity(x + h / 2 * k2, at + h / 2), k4 = velocity(x + h * k3, at + h);
      x += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    return x;
  }
  // E f(x0) of the ODE started from the exact law at this ratio (infinite: the whole range). Where guidance splits
  // the paths at a point, h must resolve the split.
  double odeMean(int label, double omega, const std::function<double(double)>& f,
                 double ratio = std::numeric_limits<double>::infinity(), double h = .05) const {
    const double theta = std::atan(ratio), alpha = std::isinf(ratio) ? 0 : std::cos(theta), sigma = std::sin(theta);
    double sum = 0, total = 0;
    for (double x = -8; x <= 8; x += h) {
      const double w = std::exp(fields(x, alpha, sigma, label).logDensity);
      sum += w * f(odeEnd(x, theta, label, omega));
      total += w;
    }
    return sum / total;
  }

  oracle::Chain chain(std::vector<double> ratios, double kappa, int label, double omega) const {
    oracle::Chain c;
    c.denoiser = [*this, label, omega](double y, double ratio) { return guided(y, ratio, label, omega); };
    c.startDensity = [*this, label, first = ratios.front()](double y) { return density(y, first, label); };
    c.ratios = std::move(ratios);
    c.kappa = kappa;
    return c;
  }

  gs::Mixture plane() const {
    gs::Mixture m;
    for (const Part& k : parts) m.components.push_back({k.label, k.weight, {k.mean, 0}, {k.variance, 0, 1}});
    return m;
  }
};

// Two classes N(+-1, 1), equal weights; class 0 is the one at +1.
inline Line e1() { return {{{0, .5, 1, 1}, {1, .5, -1, 1}}}; }
// Class 1 = .5 N(1,1) + .5 N(-1,1), class 0 = N(0,1), equal weights.
inline Line e2() { return {{{0, .5, 0, 1}, {1, .25, 1, 1}, {1, .25, -1, 1}}}; }

}  // namespace papers
