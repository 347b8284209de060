#include "engine/gl_tables.h"

#include <algorithm>

#include "engine/leaves.h"
#include "engine/networks.h"
#include "engine/program.h"

namespace gs {
namespace {

// What looking at a leaf's bound costs, in components, and how much the sums over leaves must save.
constexpr double kPerBound = 1, kWorthwhileOnDevice = 0.9;

static_assert(kLeaf == GS_LEAF);

int leafCount(const LeafTables& t) { return t.leavesA + t.leavesB; }
// Rows of a level's leaves.
std::size_t leafRowsOfLevel(const LeafTables& t) { return std::size_t(leafCount(t)) * (1 + kLeaf); }
// Where leaf i is: the last pack of group A may have room left.
std::size_t leafPlace(const LeafTables& t, int i) {
  return std::size_t(i < t.leavesA ? i : t.packsA * kLeaf + i - t.leavesA);
}

}  // namespace

std::size_t TablePart::size() const { return leaves ? leaves->met.size() * leafRowsOfLevel(*leaves) : rows->size(); }

void TablePart::write(std::vector<ComponentRow>& out) const {
  if (!leaves) {
    out.insert(out.end(), rows->begin(), rows->end());
    return;
  }
  const std::size_t packs = std::size_t(leaves->packs);
  for (std::size_t level = 0; level < leaves->met.size(); ++level) {
    const LeafBounds* const bounds = leaves->bounds.data() + level * packs;
    const Leaf* const of = leaves->leaves.data() + level * packs * kLeaf;
    for (int i = 0; i < leafCount(*leaves); ++i) {
      const std::size_t place = leafPlace(*leaves, i), at = place % kLeaf;
      const LeafBounds& b = bounds[place / kLeaf];
      out.push_back({b.centerX[at], b.centerY[at], b.halfX[at], b.halfY[at], b.least[at], b.most[at]});
    }
    for (int i = 0; i < leafCount(*leaves); ++i) {
      const Leaf& l = of[leafPlace(*leaves, i)];
      for (int k = 0; k < kLeaf; ++k)
        out.push_back({l.meanX[k], l.meanY[k], l.pxx[k], l.pxy[k], l.pyy[k], l.logNorm[k]});
    }
  }
}

DeviceTables::DeviceTables(const Plan& plan, double waves) {
  const Program<float> program(plan);
  std::vector<std::size_t> firstRow;  // [model]
  std::size_t total = 0;
  for (const PlanModel& m : plan.models) {
    firstRow.push_back(total);
    parts.push_back({m.rows, nullptr});
    total += m.rows->size();
  }
  // The leaves are those of a model wherever its passes are: the part of its tables, and where on the device it begins.
  struct NearPass {
    const LeafTables* tables = nullptr;
    std::size_t part = 0, row = 0;
    double cost = 0;  // in components
  };
  std::vector<std::size_t> leafRow(plan.models.size(), 0);  // 0: not there
  const auto nearOf = [&](const Pass<float>& p) {
    NearPass found;
    if (!p.near.leaves || waves == 0) return found;
    for (std::size_t m = 0; m < plan.models.size(); ++m) {
      const std::shared_ptr<const LeafTables>& t = plan.models[m].leaves;
      if (!t || p.near.leaves < t->leaves.data() || p.near.leaves >= t->leaves.data() + t->leaves.size()) continue;
      found.part = std::size_t(p.near.bounds - t->bounds.data()) / std::size_t(t->packs);
      const double bounds = 2 * t->leavesA + (p.components == p.groupA ? 0 : (p.joint ? 1 : 2) * t->leavesB);
      found.cost = kPerBound * bounds + kLeaf * (1 + waves * double(t->met[found.part]));
      if (found.cost > kWorthwhileOnDevice * p.components) return found;
      if (leafRow[m] == 0) {
        parts.push_back({nullptr, t});
        leafRow[m] = total;
        total += parts.back().size();
      }
      found.tables = t.get();
      found.row = leafRow[m] + found.part * leafRowsOfLevel(*t);
    }
    return found;
  };
  const auto rowOf = [&](const void* of) {
    const ComponentRow* const p = static_cast<const ComponentRow*>(of);
    for (std::size_t m = 0; m < plan.models.size(); ++m) {
      const std::vector<ComponentRow>& rows = *plan.models[m].rows;
      if (p >= rows.data() && p < rows.data() + rows.size()) return int(firstRow[m] + std::size_t(p - rows.data()));
    }
    return 0;  // of a pass without components, which sums nothing
  };

  std::vector<shader::DeviceLevel> levels;
  std::vector<double> levelCost;
  const auto add = [&](const Level<float>& level) {
    double cost = kOverheadRows;
    const int firstUse = int(uses.size());
    for (const Use<float>& u : level.uses) uses.push_back({u.a, u.b, u.coefficient, u.gain});
    levels.push_back({int(passes.size()), int(level.passes.size()), level.gain, int(uses.size()),
                      int(level.shapes.size()), level.points});
    for (const ShapeOf<float>& s : level.shapes) {
      // The passes of what is asked elsewhere follow those of the level.
      const std::size_t third =
          s.elsewhere < 0 ? std::size_t(s.third) : passes.size() + level.passes.size() + std::size_t(s.elsewhere);
      uses.push_back({float(s.kind), float(s.first), float(s.second), float(third)});
      uses.push_back({s.weight, s.a, s.b, s.c});
      uses.push_back({s.toY, s.toD, s.centerX, s.centerY});
    }
    shaped = shaped || level.points;
    const auto addPasses = [&](const Level<float>& from, int first, double times) {
      for (const Pass<float>& p : from.passes) {
        if (const float* const weights = p.network.weights) {
          passes.push_back({rowOf(weights), 0, 0, first + p.firstUse, p.uses, p.network.width, p.network.layers,
                            p.network.activation, -1, 0, 0, 0, 0, 0, 0});
          for (int i = p.firstUse; i < p.firstUse + p.uses; ++i)
            uses[std::size_t(first + i)].a =
                float(std::size_t(from.uses[std::size_t(i)].block - weights) / kNumbersOfRow);
          Network of;
          of.shape.width = p.network.width, of.shape.layers = p.network.layers;
          cost += times * p.uses * networkRows(of);
          networks = true;
          continue;
        }
        passes.push_back(
            {rowOf(p.rows), p.groupA, p.components, first + p.firstUse, p.uses, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0});
        const NearPass near = nearOf(p);
        cost += times * (near.tables ? near.cost : p.components);
        if (!near.tables) continue;
        const LeafTables& t = *near.tables;
        leaves = true;
        shader::DevicePass& pass = passes.back();
        pass.bounds = int(near.row);
        pass.leafRows = int(near.row) + leafCount(t);
        pass.leavesA = t.leavesA;
        pass.leaves = p.components == p.groupA ? t.leavesA : leafCount(t);
        pass.reach = t.reach;
        pass.perLeaf = kLeaf;
        pass.joint = p.joint;
      }
    };
    addPasses(level, firstUse, 1);
    double iterations = 0;
    for (const ShapeOf<float>& s : level.shapes)
      if (s.kind == ShapeKind::Characteristic) iterations = std::max(iterations, double(s.b));
    for (const Level<float>& one : level.alone) {
      uses.push_back({one.uses[0].a, one.uses[0].b, one.uses[0].coefficient, one.uses[0].gain});
      addPasses(one, int(uses.size()) - 1, iterations);
    }
    for (const ShapeOf<float>& s : level.shapes)
      if (s.kind == ShapeKind::Noise) cost += 16;  // a wave takes as long as a component
    levelCost.push_back(cost);
  };
  for (const Level<float>& level : program.levels) add(level);
  add(program.mainOnly);
  guided = levels.front();
  main = levels.back();

  float alpha = program.startShown;
  pointOf = program.pointOf;
  for (const StepOf<float>& s : program.steps) {
    shader::DeviceStep d{};
    d.kind = s.fromPureNoise                                         ? GS_PURE_NOISE
             : s.firstOrder || program.solver == SolverKind::Dpmpp2m ? GS_FIRST_ORDER
             : program.solver == SolverKind::Heun                    ? GS_HEUN
                                                                     : GS_RK4;
    d.row = -1;
    double cost = kOverheadRows;
    const auto level = [&](int i, double times) {
      if (i < 0) return shader::DeviceLevel{};
      if (!s.fromPureNoise) cost += times * levelCost[std::size_t(i)];
      return levels[std::size_t(i)];
    };
    d.now = level(s.level, 1);
    d.mid = level(s.levelMid, 2);
    d.next = level(s.levelNext, 1);
    d.ratioNext = s.ratioNext;
    d.decay = s.decay;
    d.noise = s.noise;
    d.blendNow = s.firstOrder ? 1 : s.blendNow;
    d.blendOld = s.firstOrder ? 0 : s.blendOld;
    d.heunNow = s.heunNow;
    d.heunNext = s.heunNext;
    d.logDecay = s.logDecay;
    d.alpha = alpha;
    d.alphaNext = alpha = s.alphaNext;
    d.draw = s.draw;
    d.fresh = s.fresh;
    d.moves = s.moves;
    d.point = plan.steps[steps.size()].point;
    steps.push_back(d);
    stepCost.push_back(cost);
  }
  for (const PlanStart& s : program.start)
    starts.push_back({float(s.meanX), float(s.meanY), float(s.l11), float(s.l21), float(s.l22), s.below});
  run.runSeed = program.seed;
  run.runStarts = int(starts.size());
  run.runStartScale = program.startScale;
  run.runStartShown = program.startShown;
  run.runInfiniteX = program.infiniteX;
  run.runInfiniteY = program.infiniteY;
  run.runLastStep = int(steps.size());
  run.runRemembers = program.remembers;
  run.runInfiniteMemoryX = program.infiniteMemory[0];
  run.runInfiniteMemoryY = program.infiniteMemory[1];
  run.runInfiniteAlongX = program.infiniteMemory[2];
  run.runInfiniteAlongY = program.infiniteMemory[3];
}

std::size_t DeviceTables::bytes() const {
  return passes.size() * sizeof passes[0] + uses.size() * sizeof uses[0] + steps.size() * sizeof steps[0] +
         starts.size() * sizeof starts[0];
}

std::size_t leafTableBytes(const Plan& plan) {
  std::size_t n = 0;
  for (const PlanModel& m : plan.models)
    if (m.leaves) n += TablePart{nullptr, m.leaves}.size() * sizeof(ComponentRow);
  return n;
}

std::size_t rowTableBytes(const Plan& plan) {
  std::size_t n = 0;
  for (const PlanModel& m : plan.models) n += m.rows->size() * sizeof(ComponentRow);
  return n;
}

}  // namespace gs
