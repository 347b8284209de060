// Short trainings of guidance weights, and the largest weight in what they learn.
#pragma once
#include <algorithm>

#include "diffusion/guidance.h"
#include "learn/learn.h"
#include "learn/module.h"

namespace gs::test {

inline LearnRequest quick(const Experiment& e, int steps = 350) {
  LearnRequest r;
  r.experiment = e;
  r.omega.steps = steps;
  r.omega.batch = 128, r.omega.particles = 6, r.omega.rate = .01;
  r.omega.width = 24, r.omega.depth = 3;
  return r;
}

inline LearnedWeights trained(const LearnRequest& r) {
  const auto trainer = learnModule().make(r);
  while (trainer->step() < trainer->steps()) trainer->advance();
  return learnedWeights(r, trainer->state(), "test");
}

inline double largestIn(const LearnedWeights& w, int label) {
  double most = 0;
  for (double t = .12; t <= .98; t += .04)
    for (double s = .02; s <= t - w.apart; s += .04)
      most = std::max(most, weightOf(w, t / (1 - t), s / (1 - s), label));
  return most;
}

}  // namespace gs::test
