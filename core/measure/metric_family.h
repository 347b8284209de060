// The groups of metrics that are measured together. Inside the measure room only.
#pragma once
#include <string>

namespace gs {

enum class MetricFamily { Fast, Sample, Reward, Distances, Paths, Causes, Limit, Score, Cost };
// Throws std::invalid_argument for a metric that does not exist.
MetricFamily familyOf(const std::string& metric);

}  // namespace gs
