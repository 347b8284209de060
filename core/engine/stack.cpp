#include "engine/stack.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "engine/weak_law.h"

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

class Builder {
 public:
  Builder(const Plan& plan, const Plan* previous, bool quick)
      : plan_(plan),
        previous_(previous),
        quick_(quick),
        e_(*plan.experiment),
        levels_(plan.ratios.size()),
        conditional_(e_.condition != kUnconditional &&
                     std::any_of(plan.mixture->components.begin(), plan.mixture->components.end(),
                                 [&](const Component& c) { return c.label != e_.condition; })) {
    for (const Term& t : e_.guidance)
      if (t.enabled && t.kind == TermKind::Cads && conditional_) fade(t);
    main_ = ofModel({});
    const bool leaks =
        conditional_ && !e_.model.network && (e_.model.leaks == kUnconditional || e_.model.leaks == e_.condition);
    leak_ = leaks ? e_.model.leak : 0, mixed_ = leaks ? e_.model.leakDenoiser : 0;
    e_.model.network ? branchOf(main_, e_.condition) : blended(main_, leak_);
    const auto answers = [&](int of, double share) {
      PlanBranch& b = out_.branches[std::size_t(of)];
      b.coefficient.assign(levels_, share);
      b.unguided = share;
    };
    answers(0, 1 - mixed_);
    if (mixed_ > 0) answers(whole(), mixed_);
    for (const Term& t : e_.guidance)
      if (t.enabled && t.omega != 0) term(t);
    still();
  }

  Stack take() {
    // A branch whose coefficient is 0 everywhere (a curve that is 0, an interval between the levels) costs nothing; the
    // main one stays as the reference of pushes.
    std::vector<int> place(out_.branches.size(), -1);
    for (PlanBranch& b : out_.branches) b.coefficient.resize(levels_, 0);
    for (std::size_t i = 0; i < levels_; ++i) {
      if (!plan_.parts[i].noises) continue;
      for (PlanBranch& b : out_.branches) b.coefficient[i] = 0;
      for (PlanShape& s : out_.shapes) s.at[i].weight = 0, s.at[i].records = false;
    }
    std::erase_if(out_.shapes, [](const PlanShape& s) {
      return std::all_of(s.at.begin(), s.at.end(), [](const PlanShape::Numbers& n) { return n.weight == 0; });
    });
    std::vector<PlanBranch> kept;
    for (std::size_t i = 0; i < out_.branches.size(); ++i) {
      PlanBranch& b = out_.branches[i];
      const bool asked = std::any_of(out_.shapes.begin(), out_.shapes.end(), [&](const PlanShape& s) {
        return s.first == int(i) || s.second == int(i) || s.third == int(i);
      });
      if (i > 0 && b.unguided == 0 && !asked &&
          std::all_of(b.coefficient.begin(), b.coefficient.end(), [](double c) { return c == 0; }))
        continue;
      place[i] = int(kept.size());
      kept.push_back(std::move(b));
    }
    out_.branches = std::move(kept);
    for (PlanShape& s : out_.shapes)
      for (int* of : {&s.first, &s.second, &s.third})
        if (*of >= 0) *of = place[std::size_t(*of)];
    const bool points = !out_.shapes.empty() || std::any_of(out_.models.begin(), out_.models.end(),
                                                            [](const PlanModel& m) { return bool(m.network); });
    if (points && int(out_.branches.size()) > kMostDenoisers)
      throw std::invalid_argument("guidance: asks for more than " + std::to_string(kMostDenoisers) +
                                  " denoisers at a time");
    return std::move(out_);
  }

 private:
  using Weights = std::vector<double>;

  int model(std::shared_ptr<const Mixture> law, double broaden, int label, Weights scale = {},
            int other = kUnconditional) {
    PlanModel m;
    m.broaden = broaden;
    m.scale = std::move(scale);
    m.order = groupOrder(*law, label);
    if (other != kUnconditional)
      std::erase_if(m.order, [&](int k) {
        const int of = law->components[std::size_t(k)].label;
        return of != label && of != other;
      });
    m.groupA = label == kUnconditional || other != kUnconditional
                   ? int(m.order.size())
                   : int(std::count_if(m.order.begin(), m.order.end(),
                                       [&](int k) { return law->components[std::size_t(k)].label == label; }));
    m.law = std::move(law);
    for (std::size_t i = 0; i < out_.models.size(); ++i) {
      const PlanModel& o = out_.models[i];
      if (!o.network && o.law == m.law && o.broaden == m.broaden && o.order == m.order && o.groupA == m.groupA &&
          o.scale == m.scale)
        return int(i);
    }
    out_.models.push_back(std::move(m));
    return int(out_.models.size()) - 1;
  }
  int network(const NetworkFile& file, Weights scale = {}) {
    for (std::size_t i = 0; i < out_.models.size(); ++i)
      if (out_.models[i].network == file && out_.models[i].scale == scale) return int(i);
    PlanModel m;
    m.law = plan_.mixture;
    m.scale = std::move(scale);
    m.network = file;
    out_.models.push_back(std::move(m));
    return int(out_.models.size()) - 1;
  }
  // The sampled model, at its own noise levels or at others.
  int ofModel(Weights scale) {
    return e_.model.network ? network(e_.model.network, std::move(scale))
                            : model(plan_.mixture, e_.model.broaden, e_.condition, std::move(scale));
  }
  // A network's denoiser of a class or of none.
  int branchOf(int network, int label, Weights gains = {}) {
    PlanBranch made;
    made.model = network;
    made.label = label;
    made.gains = std::move(gains);
    return branch(std::move(made));
  }

  int branch(PlanBranch b) {
    for (std::size_t i = 0; i < out_.branches.size(); ++i) {
      const PlanBranch& o = out_.branches[i];
      if (o.model == b.model && o.label == b.label && o.a == b.a && o.b == b.b && o.as == b.as && o.bs == b.bs &&
          o.gains == b.gains)
        return int(i);
    }
    out_.branches.push_back(std::move(b));
    return int(out_.branches.size()) - 1;
  }
  int branch(int model, double a, double b, Weights gains = {}) {
    PlanBranch made;
    made.model = model;
    made.a = a, made.b = b;
    made.gains = std::move(gains);
    return branch(std::move(made));
  }

  // The conditional denoiser of a model with a leak, and with the label noise of the level: the blend of
  // (1 - e) / p(c) + e and e, brought to b = 1.
  int blended(int m, double leak, Weights gains = {}) {
    const PlanModel& of = out_.models[std::size_t(m)];
    const double p = of.law->classProbability(e_.condition);
    PlanBranch b;
    b.model = m;
    b.gains = std::move(gains);
    const auto set = [&](double e, double& a, double& c, double& mass) {
      a = 1, c = 0, mass = std::log2(p);
      if (e > 0) a = ((1 - e) / p + e) / e, c = 1, mass = -std::log2(e);
    };
    set(leak, b.a, b.b, b.logMass);
    if (!fade_.empty()) {
      b.as.resize(levels_), b.bs.resize(levels_), b.logMasses.resize(levels_);
      for (std::size_t i = 0; i < levels_; ++i) set(1 - (1 - leak) * (1 - fade_[i]), b.as[i], b.bs[i], b.logMasses[i]);
    }
    return branch(std::move(b));
  }
  int whole() { return e_.model.network ? branchOf(main_, kUnconditional) : branch(main_, 1, 1); }
  int ofClass(int label) {
    return e_.model.network ? branchOf(main_, label) : branch(model(plan_.mixture, e_.model.broaden, label), 1, 0);
  }
  int ofCondition() { return e_.model.network ? branchOf(main_, e_.condition) : branch(main_, 1, 0); }

  Weights weightsOf(const Term& t) const {
    Weights w(levels_);
    Curve shape = t.curve;  // its mean is taken once
    shape.normalise = false;
    const double omega = t.curve.normalise ? t.omega / meanOver(t.curve) : t.omega;
    std::vector<GridPoint> grid;  // a learned weight is of the step that a level lies in
    if (shape.kind == CurveKind::Learned) grid = timeGrid(e_.schedule);
    std::size_t step = 0;
    for (std::size_t i = 0; i < levels_; ++i) {
      for (step = 0; step + 2 < grid.size() && plan_.ratios[i] <= grid[step + 1].ratio;) ++step;
      w[i] = omega *
             evaluate(shape, plan_.times[i], plan_.ratios[i], e_.condition, grid.empty() ? -1 : grid[step + 1].ratio);
    }
    return w;
  }
  static Weights times(double share, Weights w) {
    for (double& v : w) v *= share;
    return w;
  }
  Weights during(bool LevelPart::*part, Weights w) const {
    for (std::size_t i = 0; i < levels_; ++i)
      if (!(plan_.parts[i].*part)) w[i] = 0;
    return w;
  }
  // Where a push makes no sense at pure noise.
  Weights finite(Weights w) const {
    for (std::size_t i = 0; i < levels_; ++i)
      if (std::isinf(plan_.ratios[i])) w[i] = 0;
    return w;
  }

  void fade(const Term& t) {
    const Weights w = weightsOf(t);
    fade_.resize(levels_, 0);
    for (std::size_t i = 0; i < levels_; ++i) {
      const double time = plan_.times[i];
      const double hidden = t.from > t.to ? std::clamp((time - t.to) / (t.from - t.to), 0., 1.) : double(time > t.to);
      const double m = std::clamp(w[i] * hidden, 0., 1.);
      fade_[i] = 1 - (1 - fade_[i]) * (1 - m);
    }
    if (std::all_of(fade_.begin(), fade_.end(), [](double m) { return m == 0; })) fade_.clear();
  }

  // weight (D_plus - D_minus) with branch 0 as the model's own answer.
  void push(int plus, int minus, const Weights& weight) {
    if (plus == minus) return;
    // A push from or to the model's own answer is one from or to both parts of a denoiser that leaks.
    if (mixed_ > 0 && (plus == 0 || minus == 0)) {
      const int all = whole();
      const auto part = [&](int of, double share) {
        add(plus == 0 ? of : plus, minus == 0 ? of : minus, times(share, weight));
      };
      part(0, 1 - mixed_), part(all, mixed_);
      return;
    }
    add(plus, minus, weight);
  }

  // weight (D_plus - D_minus) of these denoisers, branch 0 among them without a leak of the denoiser: coefficients, as
  // long as nothing above changes the sum.
  void add(int plus, int minus, const Weights& weight) {
    if (plus == minus) return;
    if (sumChanged_) {
      shape(ShapeKind::Push, plus, minus, -1, weight);
      return;
    }
    const auto times = [&](int to, double share) {
      Weights& c = out_.branches[std::size_t(to)].coefficient;
      c.resize(levels_, 0);
      for (std::size_t i = 0; i < levels_; ++i) c[i] += share * weight[i];
    };
    times(plus, 1), times(minus, -1);
  }

  PlanShape& shape(ShapeKind kind, int first, int second, int third, const Weights& weight) {
    PlanShape s;
    s.kind = kind;
    s.first = first, s.second = second, s.third = third;
    s.at.resize(levels_);
    for (std::size_t i = 0; i < levels_; ++i) s.at[i].weight = weight[i];
    out_.shapes.push_back(std::move(s));
    return out_.shapes.back();
  }
  // The numbers of every level; the space and the centre of the term.
  void set(PlanShape& s, const Term& t, double a, double b = 0, double c = 0) {
    for (std::size_t i = 0; i < levels_; ++i) {
      s.at[i].a = a, s.at[i].b = b, s.at[i].c = c;
      if (!std::isinf(plan_.ratios[i])) setSpace(s.at[i], t.space, e_.schedule, plan_.ratios[i]);
    }
    s.center = t.center == Center::Data    ? plan_.mixture->mean()
               : t.center == Center::Class ? plan_.mixture->mean(e_.condition)
                                           : Vec2(0.0);
  }

  void term(const Term& t) {
    const Weights w = weightsOf(t);
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
        if (conditional_) set(shape(ShapeKind::Power, 0, whole(), -1, w), t, t.exponent);
        break;
      case TermKind::Mambo:
        if (conditional_) set(shape(ShapeKind::Mambo, 0, whole(), -1, w), t, t.damping);
        break;
      case TermKind::Adaptive:
        if (!conditional_) break;
        set(shape(ShapeKind::Adaptive, 0, whole(), -1, w), t, t.agreement < 1 ? t.agreement : 2, 0, t.latch ? 1 : 0);
        out_.remembers = out_.remembers || t.latch;
        break;
      case TermKind::Zero:
        if (conditional_) set(shape(ShapeKind::Zero, 0, whole(), -1, w), t, t.optimise ? 1 : 0);
        break;
      case TermKind::Tangential:
        if (conditional_) set(shape(ShapeKind::Tangential, 0, whole(), -1, w), t, 0);
        break;
      case TermKind::Rectified:
        if (conditional_) set(shape(ShapeKind::Rectified, 0, whole(), -1, w), t, 0);
        break;
      case TermKind::Characteristic:
        if (!conditional_) break;
        if (t.iterations == 0)
          push(0, whole(), w);
        else
          set(shape(ShapeKind::Characteristic, 0, whole(), -1, w), t, t.relaxation, t.iterations);
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

  void weak(const Term& t, const Weights& w) {
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
  void noisy(const WeakModel& of, const Weights& w) {
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
  void reward(const Term& t, const Weights& w) {
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

  void classifier(const Term& t, const Weights& w) {
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

  void delayed(const Term& t, const Weights& w) {
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

  Weights plusPlus(const Term& t) const {
    Weights w = weightsOf(t);
    const std::vector<GridPoint> grid = timeGrid(e_.schedule);
    for (std::size_t i = 0; i < levels_; ++i) {
      std::size_t step = 0;  // whose noise levels enclose this one
      while (step + 2 < grid.size() && plan_.ratios[i] <= grid[step + 1].ratio) ++step;
      const double r = std::isinf(grid[step].ratio) ? 0 : grid[step + 1].ratio / grid[step].ratio;
      w[i] *= t.lambda / (1 - r) - 1;
    }
    return w;
  }

  // Without steps nothing is remembered: there the densities themselves stand for what the steps would have said.
  void feedback(const Term& t, const Weights& w) {
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

  void tracked(const Term& t, const Weights& w) {
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
  void still() {
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

  int classes() const { return plan_.mixture->classes(); }

  const Plan& plan_;
  const Plan* previous_;  // or null
  const bool quick_;
  const Experiment& e_;
  const std::size_t levels_;
  const bool conditional_;  // there is a condition, and another class
  Stack out_;
  int main_ = 0;
  double leak_ = 0, mixed_ = 0;  // of the model for this condition: of its density and of its denoiser
  bool sumChanged_ = false;      // a shape of the whole sum stands above
  Weights fade_;                 // [level] label noise; empty: none
};

}  // namespace

Stack stackOf(const Plan& plan, const Plan* previous, bool quick) { return Builder(plan, previous, quick).take(); }

}  // namespace gs
