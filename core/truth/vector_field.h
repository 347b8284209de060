// The guided field at one noise level, in double precision: vectors on a lattice, their lines, the push's divergence.
#pragma once
#include <memory>
#include <stop_token>
#include <vector>

#include "diffusion/parametrization.h"
#include "engine/frame.h"
#include "engine/plan.h"
#include "truth/tilted_law.h"

namespace gs {

// The time cursor as fields see it: next to the data and to pure noise, where a form of the answer would be infinite,
// at a level that nobody can tell from it.
struct FieldLevel {
  double t = 0, ratio = 0;
  NoiseLevel level;
  NoiseRate rate;
};
FieldLevel fieldLevel(const Experiment&, const Mixture&, double time);

// A vector of data units (a denoiser less x / alpha, or a difference of two denoisers) in another form of the answer.
// `fields`: of an answer itself, whose noise, v and velocity have a part that hangs on x alone; else of a difference.
Vec2 inSpace(Vec2 displacement, Space, const FieldLevel&);
Vec2 answerInSpace(Vec2 denoiser, Vec2 x, Space, const FieldLevel&);

class GuidedFields {
 public:
  // Throws std::invalid_argument as compile() does. Laws of rewards are those of `previous` where they are the same.
  GuidedFields(const Experiment&, std::shared_ptr<const Mixture>, const FieldLevel&, const Plan* previous = nullptr);
  ~GuidedFields();
  // Denoisers at x, in the schedule's own coordinates.
  Vec2 base(Vec2 x) const;
  Vec2 guided(Vec2 x) const;
  Vec2 push(Vec2 x) const { return guided(x) - base(x); }
  // div_x of the push in score form times sigma^2, without a unit: how fast it spreads (> 0) or gathers particles.
  double pushDivergence(Vec2 x) const;
  Vec2 classGradient(Vec2 x) const;  // grad log p_t(c | x); 0 without a condition
  double logDensity(Vec2 x) const;   // of p_t(x)
  const FieldLevel& at() const;
  double rows() const;  // components of one guided and one base evaluation

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `tilted`: null without a tilted law, whose reason is `absent` then. Empty when stopped.
VectorField vectorField(const GuidedFields&, const TiltedLaw* tilted, const std::string& absent, const FieldGrid&,
                        ArrowWhat, Space, std::stop_token = {});
ScalarField divergenceField(const GuidedFields&, const FieldGrid&, std::stop_token = {});
ScalarField scoreErrorField(const GuidedFields&, const TiltedLaw&, const FieldGrid&, std::stop_token = {});
// `apart`: between lines, in the units of the grid's rectangle.
Streamlines streamlines(const GuidedFields&, const FieldGrid&, Space, double apart, std::stop_token = {});

// 1, 2 or 5 times a power of ten: the largest one that is not above `most`; 0 for 0.
double roundBelow(double most);

}  // namespace gs
