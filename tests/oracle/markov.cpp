#include <algorithm>
#include <cmath>
#include <numbers>

#include "oracle/markov.h"

namespace oracle {
namespace {

constexpr double kFine = 1.3;   // grid points per standard deviation of a transition
constexpr double kTails = 6.5;  // standard deviations of a transition that are summed

struct Transition {
  double decay, noise;
  Transition(double ratio, double next, double kappa)
      : decay(next == 0 ? 0 : std::pow(next / ratio, 1 + kappa)),
        noise(next == 0 || kappa == 0 ? 0 : next * std::sqrt(1 - std::pow(next / ratio, 2 * kappa))) {}
};

std::vector<Transition> transitions(const std::vector<double>& ratios, double kappa) {
  std::vector<Transition> t;
  for (std::size_t i = 0; i + 1 < ratios.size(); ++i) t.emplace_back(ratios[i], ratios[i + 1], kappa);
  return t;
}

// Spacing of the grid at a level: fine against the noise that made the law there and, seen through the next map,
// against the noise that will be added (maps stretch by at most `stretch`). Without noise nothing is ever smoothed: the
// start itself must resolve, by `unsmoothed`, where the paths will split.
double spacingAt(const std::vector<Transition>& t, std::size_t level, double scale, double stretch, double unsmoothed) {
  double width = scale * (t.front().noise == 0 ? unsmoothed : .25);
  if (level > 0 && t[level - 1].noise > 0) width = std::min(width, t[level - 1].noise);
  if (t[level].noise > 0) width = std::min(width, t[level].noise / stretch);
  return width / kFine;
}

}  // namespace

double Atoms::mean(const std::function<double(double)>& f) const {
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += mass[i] * f(x[i]);
    total += mass[i];
  }
  return sum / total;
}
double Atoms::mean() const {
  return mean([](double v) { return v; });
}
double Atoms::variance() const {
  const double m = mean();
  return mean([m](double v) { return (v - m) * (v - m); });
}
double Atoms2::mean(const std::function<double(gs::Vec2)>& f) const {
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += mass[i] * f(x[i]);
    total += mass[i];
  }
  return sum / total;
}

Atoms finalLaw(const Chain& c) {
  const std::vector<Transition> t = transitions(c.ratios, c.kappa);
  const auto scaleAt = [&](std::size_t i) { return std::sqrt(1 + c.ratios[i] * c.ratios[i]); };
  const auto map = [&](double y, std::size_t i) {
    const double d = c.denoiser(y, c.ratios[i]);
    return d + t[i].decay * (y - d);
  };
  const auto stretchAt = [&](std::size_t i) {
    const double reach = c.reach * scaleAt(i), h = reach / 60;
    double stretch = 0, before = map(-reach, i);
    for (double y = -reach + h; y <= reach; y += h) {
      const double now = map(y, i);
      stretch = std::max(stretch, std::abs(now - before) / h);
      before = now;
    }
    return stretch;
  };
  Atoms law;
  {
    const double reach = c.reach * scaleAt(0), h = spacingAt(t, 0, scaleAt(0), stretchAt(0), .02);
    for (double y = -reach; y <= reach; y += h) {
      law.x.push_back(y);
      law.mass.push_back(h * c.startDensity(y));
    }
  }
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (c.visit) c.visit(law, i);
    for (double& y : law.x) y = map(y, i);
    if (t[i].noise == 0) continue;
    const std::size_t next = i + 1;
    const double reach = c.reach * scaleAt(next), h = spacingAt(t, next, scaleAt(next), stretchAt(next), .02),
                 s = t[i].noise;
    const int n = int(2 * reach / h) + 1;
    Atoms spread{std::vector<double>(std::size_t(n)), std::vector<double>(std::size_t(n), 0.0)};
    for (int g = 0; g < n; ++g) spread.x[std::size_t(g)] = -reach + g * h;
    const double norm = h / (s * std::sqrt(2 * std::numbers::pi));
    for (std::size_t j = 0; j < law.x.size(); ++j) {
      if (law.mass[j] < 1e-22) continue;
      const int from = std::max(0, int(std::ceil((law.x[j] - kTails * s + reach) / h)));
      const int to = std::min(n - 1, int(std::floor((law.x[j] + kTails * s + reach) / h)));
      // exp(-(z + d)^2 / 2) = exp(-z^2 / 2) exp(-z d - d^2 / 2): equal steps are products.
      const double d = h / s, z = (-reach + from * h - law.x[j]) / s, curvature = std::exp(-d * d);
      double value = law.mass[j] * norm * std::exp(-z * z / 2), factor = std::exp(-z * d - d * d / 2);
      for (int g = from; g <= to; ++g) {
        spread.mass[std::size_t(g)] += value;
        value *= factor;
        factor *= curvature;
      }
    }
    law = std::move(spread);
  }
  return law;
}

Atoms2 finalLaw(const Chain2& c) {
  const std::vector<Transition> t = transitions(c.ratios, c.kappa);
  const auto scaleAt = [&](std::size_t i) { return std::sqrt(1 + c.ratios[i] * c.ratios[i]); };
  const auto map = [&](gs::Vec2 y, std::size_t i) {
    const gs::Vec2 d = c.denoiser(y, c.ratios[i]);
    return d + t[i].decay * (y - d);
  };
  const auto stretchAt = [&](std::size_t i) {  // along both axes
    const double to = c.reach * scaleAt(i), step = to / 30;
    double stretch = 0;
    for (double y = -to; y < to; y += step) {
      stretch = std::max(stretch, glm::length(map({y + step, 0}, i) - map({y, 0}, i)) / step);
      stretch = std::max(stretch, glm::length(map({0, y + step}, i) - map({0, y}, i)) / step);
    }
    return stretch;
  };
  const auto uniform = [&](std::size_t i, double& reach, double& h) {
    reach = c.reach * scaleAt(i);
    h = spacingAt(t, i, scaleAt(i), stretchAt(i), .1);
    return int(2 * reach / h) + 1;
  };
  double reach = 0, h = 0;
  int n = uniform(0, reach, h);
  Atoms2 law;
  for (int a = 0; a < n; ++a) {
    for (int b = 0; b < n; ++b) {
      const gs::Vec2 y{-reach + a * h, -reach + b * h};
      const double mass = h * h * c.startDensity(y);
      if (mass < 1e-16) continue;
      law.x.push_back(y);
      law.mass.push_back(mass);
    }
  }
  std::vector<double> ex, ey;
  for (std::size_t i = 0; i < t.size(); ++i) {
    for (gs::Vec2& y : law.x) y = map(y, i);
    if (t[i].noise == 0) continue;
    n = uniform(i + 1, reach, h);
    const double s = t[i].noise, norm = h / (s * std::sqrt(2 * std::numbers::pi)), tails = 5.5;
    std::vector<double> spread(std::size_t(n) * std::size_t(n), 0.0);
    for (std::size_t j = 0; j < law.x.size(); ++j) {
      const auto window = [&](double at, std::vector<double>& e) {
        const int from = std::max(0, int(std::ceil((at - tails * s + reach) / h)));
        const int to = std::min(n - 1, int(std::floor((at + tails * s + reach) / h)));
        const double d = h / s, z = (-reach + from * h - at) / s, curvature = std::exp(-d * d);
        double value = norm * std::exp(-z * z / 2), factor = std::exp(-z * d - d * d / 2);
        e.clear();
        for (int g = from; g <= to; ++g) {
          e.push_back(value);
          value *= factor;
          factor *= curvature;
        }
        return from;
      };
      const int x0 = window(law.x[j].x, ex), y0 = window(law.x[j].y, ey);
      for (std::size_t a = 0; a < ex.size(); ++a) {
        double* row = spread.data() + std::size_t(x0 + int(a)) * std::size_t(n) + y0;
        const double w = law.mass[j] * ex[a];
        for (std::size_t b = 0; b < ey.size(); ++b) row[b] += w * ey[b];
      }
    }
    law = {};
    for (int a = 0; a < n; ++a) {
      for (int b = 0; b < n; ++b) {
        const double mass = spread[std::size_t(a) * std::size_t(n) + std::size_t(b)];
        if (mass < 1e-16) continue;
        law.x.push_back({-reach + a * h, -reach + b * h});
        law.mass.push_back(mass);
      }
    }
  }
  return law;
}

std::vector<double> flowGrid(int steps, double first) {
  const double t = first / (1 + first);
  std::vector<double> ratios;
  for (int i = 0; i < steps; ++i) {
    const double at = t * (steps - i) / steps;
    ratios.push_back(at / (1 - at));
  }
  ratios.push_back(0);
  return ratios;
}

}  // namespace oracle
