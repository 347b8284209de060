// How good a guidance weight is: the energy distance of final samples to every class, beside no guidance, the best
// constant and the best limited interval (as figures of 2510.00815 compare them).
#pragma once
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace gs {

struct WeightChoice {
  std::string name;   // "none", "constant", "interval", "learned": for files
  std::string label;  // "best constant, ω = 0.4"
  double omega = 0;
  double lo = 0, hi = 0;              // Interval: of sigma / alpha
  double distance = 0, se = 0;        // mean over the classes of the energy distance to p(x|c)
  std::vector<double> perClass, ses;  // [class]
};
struct WeightsCompared {
  std::vector<WeightChoice> choices;  // none, constant, interval, learned
  double floor = 0;                   // what exact samples of the same numbers would show, one standard deviation
  int particles = 0;                  // of every class
  bool operator==(const WeightsCompared& o) const { return choices.size() == o.choices.size() && floor == o.floor; }
};

// Of an experiment whose only term is classifier-free guidance with these weights. The best constant and the best
// interval are found with one seed (sweeps over 0..4, on to 20 while that helps, by the distance itself), and all four
// are measured with another, on the same particles and the same exact draws, so that their differences are surer than
// the standard errors say. Both seeds go with the experiment's. On laws on the line the second coordinate is left out.
// Empty when stopped. `progress`: 0..1.
WeightsCompared compareWeights(const Engine&, Experiment, const LearnedWeights&, int particles, std::stop_token = {},
                               const std::function<void(double)>& progress = {});

// With an experiment's first classifier-free term following learned weights, or a new one.
Experiment withLearned(Experiment, const LearnedWeights&);
// Knots that follow a learned weight along the sampling path of a class, at most Curve::kMaxKnots, and the weight omega
// that they multiply.
struct DrawnWeights {
  double omega = 1;
  std::vector<Knot> knots;
};
DrawnWeights drawnWeights(const Experiment&, const LearnedWeights&);

}  // namespace gs
