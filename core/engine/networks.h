// Networks as the numbers that the kernel text reads (kernels/mlp.inl). Inside the engine room only.
#pragma once
#include <cstddef>
#include <vector>

#include "engine/plan.h"

namespace gs {

// A network's numbers lie in tables of component rows, six to a row: first its weights, then the blocks
// [evaluation level][label] of what noise level and class make of them. Both are filled up to whole rows.
inline constexpr std::size_t kNumbersOfRow = sizeof(ComponentRow) / sizeof(float);
std::size_t weightRows(const NetworkShape&);
std::size_t blockRows(const NetworkShape&);
// A particle's evaluation of it, in components of a mixture that take as long.
double networkRows(const Network&);

// All of them: [weightRows + levels * labels * blockRows][kNumbersOfRow]. ratios [evaluation level] with their scale.
// None of a network that is code.
template <class T>
std::vector<T> networkNumbers(const PlanModel&, const std::vector<double>& ratios);
// Where the block of a level and a label begins, in rows.
std::size_t blockRow(const PlanModel&, std::size_t level, int label);

}  // namespace gs
