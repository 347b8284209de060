#include "data/shapes.h"

#include <algorithm>
#include <vector>

namespace gs {

Sym2 oriented(Vec2 tangent, double along, double across) {
  const Vec2 a = glm::normalize(tangent);
  return (along * along) * Sym2::outer(a) + (across * across) * Sym2::outer(Vec2(-a.y, a.x));
}

void addStroke(Mixture& m, int label, const Stroke& s) {
  // Arc length by a fine polyline, then its inverse at the middle of every piece.
  const int fine = std::max(64, 16 * s.count);
  std::vector<double> length(fine + 1, 0.0);
  Vec2 last = s.curve(0);
  for (int i = 1; i <= fine; ++i) {
    const Vec2 p = s.curve(double(i) / fine);
    length[i] = length[i - 1] + glm::length(p - last);
    last = p;
  }
  const double total = length[fine], piece = total / s.count;
  const auto parameter = [&](double l) {
    l = std::clamp(l, 0.0, total);
    const int i = std::clamp(int(std::lower_bound(length.begin(), length.end(), l) - length.begin()), 1, fine);
    const double step = length[i] - length[i - 1];
    return (i - 1 + (step > 0 ? (l - length[i - 1]) / step : 0)) / fine;
  };
  double sum = 0;
  const std::size_t first = m.components.size();
  for (int i = 0; i < s.count; ++i) {
    const double u = parameter((i + 0.5) * piece);
    // The chord over the neighbours' middles: it follows a bend better than the derivative at the middle.
    const double h = 0.5 * piece;
    const Vec2 tangent = s.curve(parameter((i + 0.5) * piece + h)) - s.curve(parameter((i + 0.5) * piece - h));
    Component c;
    c.label = label;
    c.weight = s.density(u);
    c.mean = s.curve(u);
    // Half a piece: neighbours overlap into an even ridge (ripple 2 exp(-pi^2 / 2), 1.4 %).
    c.covariance = oriented(tangent, 0.5 * piece, s.across(u));
    sum += c.weight;
    m.components.push_back(c);
  }
  for (std::size_t i = first; i < m.components.size(); ++i) m.components[i].weight *= s.mass / sum;
}

}  // namespace gs
