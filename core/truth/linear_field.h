// The guided denoiser of a stack of plain differences and its divergence, in double precision and in one pass over the
// components: what GuidedInDouble asks three times for. Groups of neighbours that weigh too little at a place are left
// out.
#pragma once
#include <optional>
#include <vector>

#include "engine/plan.h"

namespace gs {

class LinearField {
 public:
  // None where a level has shapes or networks.
  static std::optional<LinearField> of(const Plan&);

  struct At {
    Vec2 denoiser;
    double divergence;
  };
  // y = x / alpha. What is left out of a denoiser's sums is less than components * 2^-46 of them; several threads may
  // ask.
  At at(int level, Vec2 y) const;
  // Components that an answer of this level looks at: a mean over places that its particles may be at.
  double rows(int level) const { return levels_[std::size_t(level)].rows; }

 private:
  static constexpr int kGroup = 16;
  struct Group {  // that many components; what is missing from the last one has no density
    double meanX[kGroup], meanY[kGroup], pxx[kGroup], pxy[kGroup], pyy[kGroup], logNorm[kGroup];
    Vec2 middle, half;  // the box of the means
    double least,
        most;  // the smallest eigenvalue of P, the largest logNorm: e <= most - least d^2 from outside the box
    double bound(Vec2 y) const;
  };
  struct Use {
    double a, b, coefficient, gain;
  };
  struct Model {
    std::vector<Group> own, rest;  // groups A and B of a PlanModel
    std::vector<Use> uses;
    bool restMatters = false, joint = true;
  };
  struct Level {
    std::vector<Model> models;
    double gain = 0, rows = 0;
  };
  struct Sums {  // of 2^(e - reference): density, V, and the trace of V's derivative but for its last term
    double reference = -1e300, z = 0, vx = 0, vy = 0, trace = 0;
    int groups = 0;
  };
  static std::vector<Group> grouped(const std::vector<BasicRow<double>>& rows, std::size_t from, std::size_t to,
                                    const std::vector<Component>& of, const std::vector<int>& order);
  static Sums sum(const std::vector<Group>&, Vec2 y, double floor);
  std::vector<Level> levels_;
};

}  // namespace gs
