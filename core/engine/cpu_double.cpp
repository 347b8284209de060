// The kernel text in double precision, with the standard library's elementary functions.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>

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
    precise::runBlock(program, first, std::min(kBlock, count - first), x.data(), std::size_t(count), {});
  return x;
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
  precise::guidedAgain(impl_->program.levels[std::size_t(level)], y.x, y.y, d.x, d.y);
  return d;
}

GuidedInDouble::Jacobian GuidedInDouble::jacobian(int level, Vec2 y, double h) const {
  const Vec2 alongX = denoise(level, y + Vec2{h, 0}) - denoise(level, y - Vec2{h, 0}),
             alongY = denoise(level, y + Vec2{0, h}) - denoise(level, y - Vec2{0, h});
  return {alongX.x / (2 * h), alongY.x / (2 * h), alongX.y / (2 * h), alongY.y / (2 * h)};
}

}  // namespace gs
