#include "engine/program.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "engine/networks.h"
#include "engine/reference.h"

namespace gs {
namespace {

template <class T>
Level<T> levelOf(const Plan& plan, std::size_t level, const std::vector<const BasicRow<T>*>& rows, bool mainOnly) {
  Level<T> out;
  const double ratio = plan.ratios[level];
  const bool shaped = !mainOnly && plan.shapedAt(level);
  const bool network =
      mainOnly ? bool(plan.models[std::size_t(plan.branches[0].model)].network) : plan.networkAt(level);
  out.points = shaped || network;
  std::vector<int> place(plan.branches.size(), -1);
  out.gain = std::isinf(ratio) ? T(0) : T(2 * std::numbers::ln2 * ratio * ratio);
  for (std::size_t m = 0; m < plan.models.size(); ++m) {
    Pass<T> pass;
    pass.rows = rows[m];
    pass.groupA = pass.components = plan.models[m].groupA;
    pass.firstUse = int(out.uses.size());
    if (plan.models[m].leaves && std::is_same_v<T, float>) plan.models[m].leaves->at(int(level), pass.near);
    pass.joint = true;
    if (const NetworkFile& n = plan.models[m].network) {
      const NetworkShape& shape = n.network->shape;
      pass.rows = nullptr;
      pass.network = {reinterpret_cast<const T*>(rows[m]), n.network->script.get(), shape.width, shape.layers,
                      int(shape.activation)};
    }
    for (std::size_t i = 0; i < plan.branches.size(); ++i) {
      const PlanBranch& b = plan.branches[i];
      const double c = mainOnly ? b.unguided : b.coefficient[level], gain = b.gainAt(level);
      if (b.model != int(m) || !(mainOnly ? b.unguided != 0 : plan.evaluatedAt(i, level))) continue;
      place[i] = int(out.uses.size());
      out.uses.push_back({T(b.aAt(level)), T(b.bAt(level)), T(out.points ? c : c * gain), T(gain)});
      if (pass.network) {  // the pull of noise level scale sh is that of its score, taken at sh
        const PlanModel& of = plan.models[m];
        const double scale = of.scale.empty() ? 1 : of.scale[level];
        out.uses.back().gain = T(gain / (scale * scale));
        out.uses.back().ratio = std::min(scale * ratio, of.network.network->shape.sigmaMax);
        out.uses.back().label = b.label;
        if (pass.network.weights)
          out.uses.back().block = pass.network.weights + blockRow(of, level, b.label) * kNumbersOfRow;
        continue;
      }
      if (b.bAt(level) != 0) pass.components = plan.models[m].components;
      if (b.bAt(level) > b.aAt(level)) pass.joint = false;
    }
    pass.uses = int(out.uses.size()) - pass.firstUse;
    if (pass.uses > 0) out.passes.push_back(pass);
  }
  if (!shaped) return out;
  const auto placeOf = [&](int branch) { return branch < 0 ? 0 : place[std::size_t(branch)]; };
  for (const PlanShape& s : plan.shapes) {
    const PlanShape::Numbers& n = s.at[level];
    if (!n.applied()) continue;
    out.shapes.push_back({s.kind, placeOf(s.first), placeOf(s.second), placeOf(s.third), T(n.weight), T(n.a), T(n.b),
                          T(n.c), T(n.toY), T(n.toD), T(s.center.x), T(s.center.y)});
    if (s.kind != ShapeKind::Characteristic) continue;
    out.shapes.back().elsewhere = int(out.alone.size());
    for (const int branch : {s.first, s.second}) {
      const int use = placeOf(branch);
      const auto of = std::find_if(out.passes.begin(), out.passes.end(),
                                   [&](const Pass<T>& p) { return p.firstUse <= use && use < p.firstUse + p.uses; });
      Level<T> one;
      one.gain = out.gain;
      one.points = bool(plan.models[std::size_t(plan.branches[std::size_t(branch)].model)].network);
      one.passes = {*of};
      one.uses = {out.uses[std::size_t(use)]};
      Pass<T>& pass = one.passes[0];
      Use<T>& own = one.uses[0];
      pass.firstUse = 0, pass.uses = 1;
      pass.joint = own.b <= own.a;
      if (own.b == T(0)) pass.components = pass.groupA;
      own.coefficient = one.points ? T(1) : own.gain;
      out.alone.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace

template <class T>
Program<T>::Program(const Plan& plan) {
  for (std::size_t level = 0; level < plan.ratios.size(); ++level) {
    std::vector<const BasicRow<T>*> rows;
    for (const PlanModel& m : plan.models) {
      if constexpr (std::is_same_v<T, float>) {
        rows.push_back(m.network ? m.rows->data() : m.at(int(level)));
      } else {
        if (m.network) {  // one table for all levels
          if (level == 0) ownNetworks_.push_back(networkNumbers<T>(m, plan.ratios));
          const std::size_t of = std::size_t(
              std::count_if(plan.models.data(), &m, [](const PlanModel& other) { return bool(other.network); }));
          rows.push_back(reinterpret_cast<const BasicRow<T>*>(ownNetworks_[of].data()));
          continue;
        }
        const bool infinite = std::isinf(plan.ratios[level]);
        ownRows_.push_back(infinite ? std::vector<BasicRow<T>>(std::size_t(m.components))
                                    : m.rowsAt(plan.ratios[level], level));
        rows.push_back(ownRows_.back().data());
      }
    }
    levels.push_back(levelOf<T>(plan, level, rows, false));
    if (level == 0) mainOnly = levelOf<T>(plan, level, rows, true);
  }
  for (const PlanStep& s : plan.steps)
    steps.push_back({s.level, s.levelMid, s.levelNext, s.fromPureNoise, s.firstOrder, T(s.ratioNext), T(s.decay),
                     T(s.noise), T(s.blendNow), T(s.blendOld), T(s.heunNow), T(s.heunNext), T(s.logDecay),
                     T(s.alphaNext), s.draw, s.fresh, s.moves});
  pointOf = {0};
  for (const PlanStep& s : plan.steps) pointOf.push_back(s.shown ? s.point : -1);
  rowOf = pointOf;
  start = plan.start;
  remembers = plan.remembers;
  solver = plan.experiment->sampler.kind;
  seed = plan.experiment->particles.seed;
  const bool pureNoise = std::isinf(plan.ratios.front());
  startScale = T(plan.startSpread * (pureNoise ? 1 : plan.ratios.front()));
  startShown = plan.grid.empty() ? T(1) : T(pureNoise ? plan.grid.front().level.sigma : plan.grid.front().level.alpha);
  infiniteX = T(plan.infiniteDenoiser.x);
  infiniteY = T(plan.infiniteDenoiser.y);
  for (int i = 0; i < 4; ++i) infiniteMemory[i] = T(plan.infiniteMemory[i]);
}

ClassRows classRows(const Mixture& mixture, NoiseLevel level) {
  ClassRows out;
  std::vector<int> order;
  for (int label = 0; label < mixture.classes(); ++label) {
    for (std::size_t k = 0; k < mixture.components.size(); ++k)
      if (mixture.components[k].label == label) order.push_back(int(k));
    out.ends.push_back(int(order.size()));
  }
  for (const auto& r : componentRows(mixture, order, level))
    out.rows.push_back({float(r.meanX), float(r.meanY), float(r.pxx), float(r.pxy), float(r.pyy), float(r.logNorm)});
  return out;
}

double infinitePush(const Plan& plan) {
  if (plan.models[std::size_t(plan.branches[0].model)].network) {
    Plan bare = plan;
    bare.shapes.clear();
    for (PlanBranch& b : bare.branches) b.coefficient.assign(b.coefficient.size(), b.unguided);
    const Vec2 push = plan.infiniteDenoiser - pureNoiseDenoiser(bare);
    return std::hypot(push.x, push.y);
  }
  // Both leaks have the same share of the prior mean.
  const Flaws& f = plan.experiment->model;
  const int label = plan.experiment->condition;
  const double shown = f.leaks == kUnconditional || f.leaks == label ? (1 - f.leak) * (1 - f.leakDenoiser) : 1;
  const Vec2 d = plan.infiniteDenoiser - shown * plan.mixture->mean(label) - (1 - shown) * plan.mixture->mean();
  return std::hypot(d.x, d.y);
}

template struct Program<float>;
template struct Program<double>;

}  // namespace gs
