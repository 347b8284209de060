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

}  // namespace gs
