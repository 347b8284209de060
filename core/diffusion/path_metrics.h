// What paths are so far, row by row.
#pragma once
#include <span>
#include <vector>

#include "diffusion/metrics.h"

namespace gs {

// "path_length", "path_detour", "path_turning" of the rows added so far: see pathMetrics.
class PathsSoFar {
 public:
  explicit PathsSoFar(std::size_t particles);
  void add(std::span<const float> row, const NoiseLevel&);  // [particle][2], noise first
  std::vector<Metric> metrics() const;                      // empty for fewer than two rows
  int rows() const { return rows_; }

 private:
  int rows_ = 0;
  std::vector<double> length_, turning_;
  std::vector<Vec2> start_, before_, step_;
  std::vector<char> lost_;
};

}  // namespace gs
