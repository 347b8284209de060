// The expectations of a law in the plane, by quadrature: what the numbers of samples are held against.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "diffusion/mixture.h"

namespace gs {

// A law as weighted points. Of a grid, each with the quarter it belongs to, by the parities of its column and row: how
// far apart the quarters are tells what the whole leaves out: their range over 4. Where components are too narrow for a
// grid of bounded cost, exact draws of p(x | condition) with their weights, whose errors are standard errors.
struct LawPoints {
  std::vector<Vec2> at;
  std::vector<double> weight;  // sums to 1
  std::vector<char> quarter;   // 0..3, of a grid; empty for draws
  std::string absent;          // why the law has no numbers; empty: it has
  bool draws() const { return quarter.empty(); }
};
// Of p(x | condition) e^tilt / its sum; `tilt` (empty: 0) is a natural logarithm, and one below -1e29 means no density.
// The grid grows until the law and, with a condition of several classes, the law times 1 / p(condition | x) end inside.
LawPoints lawPoints(const Mixture&, int condition, const std::function<double(Vec2)>& tilt = {});

struct LawValue {
  double value = 0, error = 0;  // error: as said above, or a standard error
};
LawValue lawMean(const LawPoints&, std::span<const double> ofPoints);
LawValue lawQuantile(const LawPoints&, std::span<const double> ofPoints, double p);

// What sampleMetrics means, of the law instead of samples, under the same names: all but "blown_up" and the distances.
struct NamedLawValue {
  std::string name;
  LawValue value;
};
std::vector<NamedLawValue> lawValues(const LawPoints&, const Mixture&, int condition);
const LawValue* lawValue(std::span<const NamedLawValue>, const std::string& name);  // null: there is none
// "−0.01708": four digits, and the error where it reaches into them; "" for NaN.
std::string formatLawValue(double value, double error);

}  // namespace gs
