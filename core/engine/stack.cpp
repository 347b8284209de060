#include "engine/stack.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/stack_builder.h"

namespace gs {

StackBuilder::StackBuilder(const Plan& plan, const Plan* previous, bool quick)
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

Stack StackBuilder::take() {
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

int StackBuilder::model(std::shared_ptr<const Mixture> law, double broaden, int label, Weights scale, int other) {
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

int StackBuilder::network(const NetworkFile& file, Weights scale) {
  for (std::size_t i = 0; i < out_.models.size(); ++i)
    if (out_.models[i].network == file && out_.models[i].scale == scale) return int(i);
  PlanModel m;
  m.law = plan_.mixture;
  m.scale = std::move(scale);
  m.network = file;
  out_.models.push_back(std::move(m));
  return int(out_.models.size()) - 1;
}

int StackBuilder::ofModel(Weights scale) {
  return e_.model.network ? network(e_.model.network, std::move(scale))
                          : model(plan_.mixture, e_.model.broaden, e_.condition, std::move(scale));
}

int StackBuilder::branchOf(int network, int label, Weights gains) {
  PlanBranch made;
  made.model = network;
  made.label = label;
  made.gains = std::move(gains);
  return branch(std::move(made));
}

int StackBuilder::branch(PlanBranch b) {
  for (std::size_t i = 0; i < out_.branches.size(); ++i) {
    const PlanBranch& o = out_.branches[i];
    if (o.model == b.model && o.label == b.label && o.a == b.a && o.b == b.b && o.as == b.as && o.bs == b.bs &&
        o.gains == b.gains)
      return int(i);
  }
  out_.branches.push_back(std::move(b));
  return int(out_.branches.size()) - 1;
}

int StackBuilder::branch(int model, double a, double b, Weights gains) {
  PlanBranch made;
  made.model = model;
  made.a = a, made.b = b;
  made.gains = std::move(gains);
  return branch(std::move(made));
}

// The conditional denoiser of a model with a leak, and with the label noise of the level: the blend of
// (1 - e) / p(c) + e and e, brought to b = 1.
int StackBuilder::blended(int m, double leak, Weights gains) {
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

int StackBuilder::whole() { return e_.model.network ? branchOf(main_, kUnconditional) : branch(main_, 1, 1); }

int StackBuilder::ofClass(int label) {
  return e_.model.network ? branchOf(main_, label) : branch(model(plan_.mixture, e_.model.broaden, label), 1, 0);
}

int StackBuilder::ofCondition() { return e_.model.network ? branchOf(main_, e_.condition) : branch(main_, 1, 0); }

std::size_t StackBuilder::stepAt(const std::vector<GridPoint>& grid, double ratio) {
  std::size_t step = 0;
  while (step + 2 < grid.size() && ratio <= grid[step + 1].ratio) ++step;
  return step;
}

StackBuilder::Weights StackBuilder::weightsOf(const Term& t) const {
  Weights w(levels_);
  Curve shape = t.curve;  // its mean is taken once
  shape.normalise = false;
  const double omega = t.curve.normalise ? t.omega / meanOver(t.curve) : t.omega;
  std::vector<GridPoint> grid;  // a learned weight is of the step that a level lies in
  if (shape.kind == CurveKind::Learned) grid = timeGrid(e_.schedule);
  for (std::size_t i = 0; i < levels_; ++i) {
    const double next = grid.empty() ? -1 : grid[stepAt(grid, plan_.ratios[i]) + 1].ratio;
    w[i] = omega * evaluate(shape, plan_.times[i], plan_.ratios[i], e_.condition, next);
  }
  return w;
}

StackBuilder::Weights StackBuilder::times(double share, Weights w) {
  for (double& v : w) v *= share;
  return w;
}

StackBuilder::Weights StackBuilder::during(bool LevelPart::*part, Weights w) const {
  for (std::size_t i = 0; i < levels_; ++i)
    if (!(plan_.parts[i].*part)) w[i] = 0;
  return w;
}

StackBuilder::Weights StackBuilder::finite(Weights w) const {
  for (std::size_t i = 0; i < levels_; ++i)
    if (std::isinf(plan_.ratios[i])) w[i] = 0;
  return w;
}

void StackBuilder::fade(const Term& t) {
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
void StackBuilder::push(int plus, int minus, const Weights& weight) {
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
void StackBuilder::add(int plus, int minus, const Weights& weight) {
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

PlanShape& StackBuilder::shape(ShapeKind kind, int first, int second, int third, const Weights& weight) {
  PlanShape s;
  s.kind = kind;
  s.first = first, s.second = second, s.third = third;
  s.at.resize(levels_);
  for (std::size_t i = 0; i < levels_; ++i) s.at[i].weight = weight[i];
  out_.shapes.push_back(std::move(s));
  return out_.shapes.back();
}

Stack stackOf(const Plan& plan, const Plan* previous, bool quick) { return StackBuilder(plan, previous, quick).take(); }

}  // namespace gs
