// The guidance stack, term by term from the papers' formulas.
#pragma once
#include "oracle/oracle.h"

namespace oracle {

// What is done with the field: the solver's steps, or the Langevin steps of a corrector; on the first way down, or in a
// round after that.
struct FieldUse {
  bool corrects = false, again = false;
};

// The field that every solver integrates: the guided denoiser D^.
class Field {
 public:
  Field(const gs::Experiment&, const gs::Mixture&);
  // memory: what a term with a momentum keeps from step to step, or L of follow(); null: nothing came before, and L is
  // known from the densities.
  Vec2 operator()(Vec2 y, double ratio, double t, Vec2* memory, FieldUse use = {}) const;
  // The posterior that feedback guidance tracks (2506.06085, algorithm 1), after a step of the solver: memory.x is
  // L = log p(x|c) / p(x), which begins at 0.
  void follow(Vec2 from, const Point& a, const Point& b, Vec2 to, Vec2& memory) const;
  double summed() const;  // the weights of scores that are summed, at the first level
  // The term of this kind that does something between the steps; null: none.
  const gs::Term* between(gs::TermKind) const;
  // A term asks for zero velocity at this ratio (zero-init of CFG-Zero*, 2503.18886).
  bool rests(double ratio) const;

 private:
  struct View;  // one place and level: what terms may ask for
  // The share of p(x|c) in a law with a leak, of which label noise has hidden some (2310.17347); the model's own law.
  double shown(double leak, double ratio, double t) const;
  bool leaks() const;
  Law modelled(double ratio, double t) const;
  View viewOf(Vec2 y, double ratio, double t, Law& own) const;
  Vec2 push(const gs::Term&, const View&, Vec2 sum, Vec2* memory) const;
  double weight(const gs::Term&, double ratio, double t) const;

  gs::Experiment e_;
  gs::Mixture m_;
  bool conditional_;
};

// The reward-reweighted denoiser E[r x0 | y] / E[r | y] of a law, for linear, quadratic and half-plane rewards.
Vec2 rewarded(const gs::Reward&, const Law& base, Vec2 y, double ratio);

}  // namespace oracle
