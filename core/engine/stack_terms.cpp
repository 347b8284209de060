// What every kind of term adds to the stack.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/stack_builder.h"
#include "engine/weak_law.h"
#include "session/classes.h"

namespace gs {
namespace {

// The space of a rule: toY (y - center) + toD (D - center), in the schedule's own x = alpha y.
void setSpace(PlanShape::Numbers& n, Space space, const Schedule& schedule, double ratio) {
  const NoiseLevel level = levelOfRatio(schedule, ratio);
  const double alpha = level.alpha, sigma = level.sigma, square = alpha * alpha + sigma * sigma;
  // The velocity dx/dt is eps for EDM (t is sigma), eps - x0 for straight paths, and along v where alpha^2 + sigma^2
  // = 1.
  if (space == Space::Velocity)
    space = schedule.kind == ScheduleKind::Edm    ? Space::Noise
            : schedule.kind == ScheduleKind::Flow ? Space::Velocity
                                                  : Space::V;
  switch (space) {
    case Space::Denoiser:
      n.toY = 0, n.toD = 1;
      break;
    case Space::Noise:
      n.toY = 1 / ratio, n.toD = -1 / ratio;
      break;
    case Space::V:
      n.toY = alpha * alpha / sigma, n.toD = -square / sigma;
      break;
    case Space::Score:
      n.toY = -alpha / (sigma * sigma), n.toD = alpha / (sigma * sigma);
      break;
    case Space::Velocity:
      n.toY = 1 / ratio, n.toD = -1 - 1 / ratio;
      break;
  }
}

}  // namespace

void StackBuilder::set(PlanShape& s, const Term& t, double a, double b, double c) {
  for (std::size_t i = 0; i < levels_; ++i) {
    s.at[i].a = a, s.at[i].b = b, s.at[i].c = c;
    if (!std::isinf(plan_.ratios[i])) setSpace(s.at[i], t.space, e_.schedule, plan_.ratios[i]);
  }
  s.center = t.center == Center::Data    ? plan_.mixture->mean()
             : t.center == Center::Class ? plan_.mixture->mean(e_.condition)
                                         : Vec2(0.0);
}

void StackBuilder::term(const Term& t) {
  const Weights w = weightsOf(t);
  // Of the model's answers for the condition and for none.
  const auto ofBoth = [&](ShapeKind kind, double a, double b = 0, double c = 0) {
    if (conditional_) set(shape(kind, 0, whole(), -1, w), t, a, b, c);
  };
  const auto changes = [&](ShapeKind kind, double a, double b, double c) {
    sumChanged_ = true;
    set(shape(kind, 0, 0, -1, w), t, a, b, c);
  };
  switch (t.kind) {
    case TermKind::Cfg:
      if (conditional_) push(0, whole(), w);
      break;
    case TermKind::Autoguidance:
      weak(t, w);
      break;
    case TermKind::Reward:
      reward(t, w);
      break;
    case TermKind::Classifier:
      if (conditional_) classifier(t, w);
      break;
    case TermKind::And:
      if (classes() > 1) add(ofClass(t.label), whole(), w);
      break;
    case TermKind::Negative:
      if (classes() > 1) add(whole(), ofClass(t.label), w);
      break;
    case TermKind::Sum:
      if (classes() < 2) break;
      set(shape(ShapeKind::Sum, ofClass(t.label), 0, -1, finite(w)), t, 0);
      out_.summed += w[0];
      break;
    case TermKind::Or:
      if (conditional_ && t.label != e_.condition)
        push(branch(model(plan_.mixture, e_.model.broaden, e_.condition, {}, t.label), 1, 0), 0, w);
      break;
    case TermKind::Dynamic:
      if (classes() > 1) {
        const int m = model(plan_.mixture, e_.model.broaden, t.label);
        set(shape(ShapeKind::Dynamic, branch(m, 1, 0), branch(m, 0, 1), -1, w), t, 0,
            t.most < 1 ? t.most / (1 - t.most) : 1e30);
      }
      break;
    case TermKind::Perpendicular:
      if (conditional_) set(shape(ShapeKind::Perpendicular, 0, whole(), ofClass(t.label), w), t, 0);
      break;
    case TermKind::Cads:
      break;  // the main denoiser's own blend
    case TermKind::Delayed:
      if (conditional_) delayed(t, w);
      break;
    case TermKind::PlusPlus:
      if (conditional_) push(0, whole(), plusPlus(t));
      break;
    case TermKind::Feedback:
      if (conditional_ && t.leak > 0) feedback(t, w);
      break;
    case TermKind::PowerLaw:
      ofBoth(ShapeKind::Power, t.exponent);
      break;
    case TermKind::Mambo:
      ofBoth(ShapeKind::Mambo, t.damping);
      break;
    case TermKind::Adaptive:
      ofBoth(ShapeKind::Adaptive, t.agreement < 1 ? t.agreement : 2, 0, t.latch ? 1 : 0);
      out_.remembers = out_.remembers || (conditional_ && t.latch);
      break;
    case TermKind::Zero:
      ofBoth(ShapeKind::Zero, t.optimise ? 1 : 0);
      break;
    case TermKind::Tangential:
      ofBoth(ShapeKind::Tangential, 0);
      break;
    case TermKind::Rectified:
      ofBoth(ShapeKind::Rectified, 0);
      break;
    case TermKind::Characteristic:
      if (t.iterations > 0)
        ofBoth(ShapeKind::Characteristic, t.relaxation, t.iterations);
      else if (conditional_)
        push(0, whole(), w);
      break;
    case TermKind::PredictorCorrector:
      if (conditional_) push(0, whole(), during(&LevelPart::corrects, w));
      break;
    case TermKind::Gibbs:
      if (conditional_) push(0, whole(), during(&LevelPart::again, w));
      break;
    case TermKind::Apg:
      changes(ShapeKind::Apg, t.parallel, t.cap > 0 ? t.cap : 1e30, t.momentum);
      out_.remembers = out_.remembers || t.momentum != 0;
      break;
    case TermKind::Rescale:
      changes(ShapeKind::Rescale, 0, 0, 0);
      break;
    case TermKind::Threshold:
      changes(ShapeKind::Threshold, 0, t.reach * std::sqrt(plan_.mixture->covariance().trace()), 0);
      break;
  }
}

void StackBuilder::weak(const Term& t, const Weights& w) {
  if (t.network) {
    push(0, branchOf(network(t.network), e_.condition), w);
    return;
  }
  const WeakModel& of = t.weak;
  const double leak = conditional_ ? of.leakDensity : 0, mix = conditional_ ? of.leakDenoiser : 0;
  const bool other = of.drop >= 0 || of.atoms > 0 || of.offset != Vec2(0.0);
  const std::shared_ptr<const Mixture> law =
      other ? std::make_shared<const Mixture>(faultyLaw(*plan_.mixture, of)) : plan_.mixture;
  const double scale = of.blur * of.shift;
  const int m = model(law, of.broaden, e_.condition, scale == 1 ? Weights{} : Weights(levels_, scale));
  const Weights gains = of.shift == 1 ? Weights{} : Weights(levels_, of.shift * of.shift);
  const Weights weight = of.blur == 1 ? w : finite(w);
  if (mix < 1) push(0, blended(m, leak, gains), times(1 - mix, weight));
  if (mix > 0) push(0, branch(m, 1, 1, gains), times(mix, weight));
  if (of.noise > 0) noisy(of, w);
}

// -(the error of a network's output), preconditioned as in 2206.00364, table 1.
void StackBuilder::noisy(const WeakModel& of, const Weights& w) {
  PlanShape& s = shape(ShapeKind::Noise, 0, 0, -1, finite(w));
  s.center = plan_.mixture->mean();
  const double square = plan_.mixture->covariance().trace() / 2;
  for (std::size_t i = 0; i < levels_; ++i) {
    if (std::isinf(plan_.ratios[i])) continue;
    const double in = 1 / std::hypot(std::sqrt(square), plan_.ratios[i]);
    s.at[i].a = of.noise * plan_.ratios[i] * std::sqrt(square) * in;
    s.at[i].b = in / of.noiseLength;
  }
}

// The reward-reweighted denoiser - the plain one of its base; for a cost the other way round (2512.04985).
void StackBuilder::reward(const Term& t, const Weights& w) {
  const Reward& r = t.reward;
  if (t.network) {
    const bool whole = baseOf(r, e_.condition) == kUnconditional;
    push(branchOf(network(t.network), baseOf(r, e_.condition)), whole ? this->whole() : ofCondition(), w);
    return;
  }
  if (r.kind == RewardKind::ClassPosterior) {
    if (classes() > 1) add(ofClass(r.label), whole(), w);
    return;
  }
  if (r.kind == RewardKind::Cost) {
    if (conditional_) add(ofCondition(), whole(), w);
    return;
  }
  const std::string path = "guidance." + std::to_string(&t - e_.guidance.data()) + ".reward";
  static const RewardModels kNone;
  out_.rewards.push_back(rewardModel(r, plan_.mixture, e_.condition, e_.model.broaden, path,
                                     previous_ ? previous_->rewards : kNone, quick_));
  const bool all = baseOf(r, e_.condition) == kUnconditional && e_.condition != kUnconditional;
  add(branch(model(out_.rewards.back()->law, 0, kUnconditional), 1, 0), all ? whole() : ofCondition(), w);
}

void StackBuilder::classifier(const Term& t, const Weights& w) {
  // The clean one knows the data law without noise: its score there, used with this level's noise.
  // Beside a network the classifier is that of the exact law.
  const double broaden = e_.model.network ? 0 : e_.model.broaden;
  const int m = model(plan_.mixture, broaden, e_.condition, t.clean ? Weights(levels_, 0.) : Weights{});
  const Weights weight = t.clean ? finite(w) : w;
  if (t.temperature == 1)
    add(branch(m, 1, 0), branch(m, 1, 1), weight);
  else
    set(shape(ShapeKind::Temperature, branch(m, 1, 0), branch(m, 0, 1), -1, weight), t, 1 / t.temperature);
}

void StackBuilder::delayed(const Term& t, const Weights& w) {
  Weights own(levels_), other(levels_, std::sqrt(1 / t.delay)), ownGain(levels_), otherGain(levels_, 1 / t.delay),
      plus(w);
  for (std::size_t i = 0; i < levels_; ++i) {
    ownGain[i] = (1 + std::max(w[i], 0.)) / (1 + t.delay * std::max(w[i], 0.));
    own[i] = std::sqrt(ownGain[i]);
    plus[i] = w[i] == 0 ? 0 : 1 + w[i];
  }
  if (t.delay == 1) {
    push(0, whole(), w);
    return;
  }
  const bool net = bool(e_.model.network);
  const int c = net ? branchOf(ofModel(own), e_.condition, ownGain) : blended(ofModel(own), leak_, ownGain);
  const int u = net ? branchOf(ofModel(other), kUnconditional, otherGain) : branch(ofModel(other), 1, 1, otherGain);
  push(c, 0, plus);
  push(0, u, w);
}

StackBuilder::Weights StackBuilder::plusPlus(const Term& t) const {
  Weights w = weightsOf(t);
  const std::vector<GridPoint> grid = timeGrid(e_.schedule);
  for (std::size_t i = 0; i < levels_; ++i) {
    const std::size_t step = stepAt(grid, plan_.ratios[i]);
    const double r = std::isinf(grid[step].ratio) ? 0 : grid[step + 1].ratio / grid[step].ratio;
    w[i] *= t.lambda / (1 - r) - 1;
  }
  return w;
}

// Without steps nothing is remembered: there the densities themselves stand for what the steps would have said.
void StackBuilder::feedback(const Term& t, const Weights& w) {
  if (t.tracked && (!plan_.steps.empty() || e_.model.network)) {
    tracked(t, w);
    return;
  }
  PlanShape& s = shape(ShapeKind::Feedback, 0, whole(), -1, w);
  set(s, t, 0, t.factorMost - 1);
  const PlanBranch& own = out_.branches[0];
  for (std::size_t i = 0; i < levels_; ++i)
    s.at[i].a = std::log2(t.leak) + (own.logMasses.empty() ? own.logMass : own.logMasses[i]);
}

void StackBuilder::tracked(const Term& t, const Weights& w) {
  constexpr double kMostKnown = 3;  // of L, in natural logarithms
  if (t.factorMost <= 1) return;
  PlanShape& s = shape(ShapeKind::Tracked, 0, whole(), -1, w);
  // Below this L the factor would be above the largest one.
  s.center = {std::min(std::log2(t.leak * t.factorMost / (t.factorMost - 1)), kMostKnown * std::numbers::log2e),
              kMostKnown * std::numbers::log2e};
  for (PlanShape::Numbers& n : s.at) n.a = t.leak, n.b = t.factorMost - 1, n.toY = 0, n.toD = 0;
  for (const PlanStep& step : plan_.steps) {
    if (!step.moves || step.ratioNext == 0) continue;
    PlanShape::Numbers& n = s.at[std::size_t(step.level)];
    const double r = step.fromPureNoise ? 0 : step.ratioNext / step.ratio;
    n.c = t.trust * std::numbers::log2e / (step.ratioNext * step.ratioNext);
    n.toY = t.drift * std::numbers::log2e / e_.schedule.steps;
    n.toD = 1 - r * r;
    n.records = true;
  }
  out_.remembers = true;
}

// The first steps of CFG-Zero*: last of all, because nothing else counts there.
void StackBuilder::still() {
  for (const Term& t : e_.guidance) {
    if (!t.enabled || t.omega == 0 || t.kind != TermKind::Zero || t.still == 0 || !conditional_) continue;
    const std::vector<GridPoint> grid = timeGrid(e_.schedule);
    const double least = grid[std::min(std::size_t(t.still), grid.size() - 1)].ratio;
    Weights rests(levels_, 0);
    for (std::size_t i = 0; i < levels_; ++i) rests[i] = plan_.ratios[i] > least;
    out_.rests = out_.rests || std::isinf(plan_.ratios.front());
    Term in;
    in.space = Space::Velocity;
    in.center = Center::Origin;
    set(shape(ShapeKind::Still, 0, 0, -1, finite(rests)), in, 0);
  }
}

}  // namespace gs
