// What the parsers of points files share.
#pragma once
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/distributions.h"

namespace gs {

inline constexpr std::size_t kMaxPointsFile = 64u << 20;
// Trajectories are float32: coordinates beyond this leave too few digits for a picture of them.
inline constexpr double kMaxCoordinate = 1e6;

// Throw InputError for what is no file, cannot be read, or has more than kMaxPointsFile.
std::string readWhole(const std::string& path);
// The path of a file that a session in `folder` names; an absolute one stays as it is.
std::string foundFile(const std::string& file, const std::string& folder);

// Text of a file as an error message can show it: cut at 40 characters, control characters escaped.
std::string inQuotes(std::string_view text);

// "would be class 65; at most 64 are possible"
std::string tooManyClasses();

// What is wrong with a coordinate, or nothing.
std::optional<std::string> coordinateProblem(double value);

// Gives labels their numbers in the order of their first appearance, then sorts them where all are integers.
class LabelTable {
 public:
  // Nothing when it would be one more than Mixture::kMaxClasses.
  std::optional<int> number(std::string_view name);
  // Moves the names into the set and renumbers its labels.
  void finish(PointSet&);

 private:
  std::map<std::string, int, std::less<>> numbers_;
  std::vector<std::string> names_;
};

// The classes of a set without labels.
void labelAll(PointSet&);

}  // namespace gs
