// The kernel text in double precision, with the standard library's elementary functions.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>

#include "engine/networks.h"
#include "engine/program.h"
#include "engine/reference.h"

#define GS_REAL double
#define GS_DOUBLE
namespace gs {
namespace {
namespace precise {
#include "engine/scalar-inl.h"
#include "engine/block-inl.h"
}  // namespace precise
}  // namespace

std::vector<double> sampleInDouble(const Plan& plan, int count) {
  const Program<double> program(plan);
  std::vector<double> x(plan.grid.size() * std::size_t(count) * 2);
  for (int first = 0; first < count; first += kBlock)
    precise::runBlock(program, first, std::min(kBlock, count - first), x.data() + 2 * first, std::size_t(count), {});
  return x;
}

Vec2 pureNoiseDenoiser(const Plan& plan, double* memory) {
  std::vector<Vec2> denoisers;
  std::vector<double> masses;
  Vec2 sum(0.0);
  for (const PlanBranch& branch : plan.branches) {
    const PlanModel& model = plan.models[std::size_t(branch.model)];
    Vec2 mean(0.0);
    double mass = 0;
    if (model.network && model.network.network->script) {
      const NetworkShape& s = model.network.network->shape;
      const float y[2] = {float(s.center.x), float(s.center.y)};
      float d[2];
      model.network.network->script->denoise(y, 1, s.sigmaMax, branch.label, d);
      denoisers.push_back({d[0], d[1]});
      masses.push_back(1);
      if (branch.coefficient[0] != 0) sum += branch.coefficient[0] * denoisers.back();
      continue;
    }
    if (model.network) {  // its answer at the largest noise it knows, in the centre
      const std::vector<double> numbers = networkNumbers<double>(model, plan.ratios);
      const NetworkShape& s = model.network.network->shape;
      const NetworkPass<double> pass{numbers.data(), nullptr, s.width, s.layers, int(s.activation)};
      precise::networkPull(pass, numbers.data() + blockRow(model, 0, branch.label) * kNumbersOfRow, s.center.x,
                           s.center.y, mean.x, mean.y);
      denoisers.push_back(s.center + mean);
      masses.push_back(1);
      if (branch.coefficient[0] != 0) sum += branch.coefficient[0] * denoisers.back();
      continue;
    }
    for (std::size_t i = 0; i < model.order.size(); ++i) {
      const Component& c = model.law->components[std::size_t(model.order[i])];
      const double w = c.weight * (int(i) < model.groupA ? branch.aAt(0) : branch.bAt(0));
      mean += w * c.mean;
      mass += w;
    }
    denoisers.push_back(mean / mass);
    masses.push_back(mass);
    if (branch.coefficient[0] != 0) sum += branch.coefficient[0] * denoisers.back();
  }
  std::vector<ShapeOf<double>> shapes;
  for (const PlanShape& s : plan.shapes)
    if (const PlanShape::Numbers& n = s.at[0]; n.applied())
      shapes.push_back({s.kind, s.first, std::max(0, s.second), std::max(0, s.third), n.weight, n.a, n.b, n.c, n.toY,
                        n.toD, s.center.x, s.center.y});
  precise::GsMemory kept = precise::gsMemory(0, 0);
  const Vec2 d = precise::shapedAtPureNoise(shapes, denoisers, masses, sum, kept);
  if (memory) memory[0] = kept.x, memory[1] = kept.y, memory[2] = kept.alongX, memory[3] = kept.alongY;
  return d;
}

Noise noiseOf(std::uint32_t seed, std::uint32_t particle, std::uint32_t step) {
  Noise noise;
  precise::gsNoise(seed, particle, step, noise.z.x, noise.z.y, noise.choice);
  return noise;
}

struct GuidedInDouble::Impl {
  Program<double> program;
};
GuidedInDouble::GuidedInDouble(const Plan& plan) : impl_(std::make_unique<Impl>(Impl{Program<double>(plan)})) {}
GuidedInDouble::~GuidedInDouble() = default;

Vec2 GuidedInDouble::denoise(int level, Vec2 y) const {
  Vec2 d{0.0};
  precise::guidedAgain<true>(impl_->program.levels[std::size_t(level)], y.x, y.y, 0., 0., d.x, d.y);
  return d;
}

GuidedInDouble::Jacobian GuidedInDouble::jacobian(int level, Vec2 y, double h) const {
  const Vec2 alongX = denoise(level, y + Vec2{h, 0}) - denoise(level, y - Vec2{h, 0}),
             alongY = denoise(level, y + Vec2{0, h}) - denoise(level, y - Vec2{0, h});
  return {alongX.x / (2 * h), alongY.x / (2 * h), alongX.y / (2 * h), alongY.y / (2 * h)};
}

}  // namespace gs
