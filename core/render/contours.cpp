#include "render/contours.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace gs {
namespace {

// Every crossing lies on an edge between neighbouring cells: horizontal edges are even, vertical ones odd.
using Edge = std::int64_t;

struct Grid {
  const FieldGrid& grid;
  std::span<const float> values;
  float level;

  float at(int i, int j) const {
    const float v = values[std::size_t(j) * std::size_t(grid.width) + std::size_t(i)];
    return std::isfinite(v) ? v - level : -1e30f;
  }
  Edge horizontal(int i, int j) const { return 2 * (Edge(j) * grid.width + i); }    // (i, j) - (i + 1, j)
  Edge vertical(int i, int j) const { return 2 * (Edge(j) * grid.width + i) + 1; }  // (i, j) - (i, j + 1)
  Vec2 point(Edge e) const {
    const int i = int((e / 2) % grid.width), j = int((e / 2) / grid.width);
    const bool up = e & 1;
    const double a = at(i, j), b = up ? at(i, j + 1) : at(i + 1, j);
    return glm::mix(grid.center(i, j), up ? grid.center(i, j + 1) : grid.center(i + 1, j), a / (a - b));
  }
};

// Both segments that end on an edge; a line is a walk from edge to edge.
struct Ends {
  Edge to[2] = {-1, -1};
  void add(Edge e) { to[to[0] >= 0 ? 1 : 0] = e; }
};

}  // namespace

std::vector<ContourLine> contourLines(const FieldGrid& fieldGrid, std::span<const float> values, float level) {
  std::vector<ContourLine> lines;
  if (fieldGrid.width < 2 || fieldGrid.height < 2 ||
      values.size() < std::size_t(fieldGrid.width) * std::size_t(fieldGrid.height) || !std::isfinite(level))
    return lines;
  const Grid g{fieldGrid, values, level};
  std::unordered_map<Edge, Ends> ends;
  std::vector<Edge> order;
  const auto join = [&](Edge a, Edge b) {
    for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
      const auto [it, fresh] = ends.try_emplace(from);
      if (fresh) order.push_back(from);
      it->second.add(to);
    }
  };
  for (int j = 0; j + 1 < fieldGrid.height; ++j)
    for (int i = 0; i + 1 < fieldGrid.width; ++i) {
      const float v00 = g.at(i, j), v10 = g.at(i + 1, j), v11 = g.at(i + 1, j + 1), v01 = g.at(i, j + 1);
      const int inside = (v00 >= 0) | (v10 >= 0) << 1 | (v11 >= 0) << 2 | (v01 >= 0) << 3;
      if (inside == 0 || inside == 15) continue;
      const Edge bottom = g.horizontal(i, j), top = g.horizontal(i, j + 1), left = g.vertical(i, j),
                 right = g.vertical(i + 1, j);
      const bool middle = v00 + v10 + v11 + v01 >= 0;  // tells the two readings of a saddle apart
      switch (inside) {
        case 1:
        case 14:
          join(left, bottom);
          break;
        case 2:
        case 13:
          join(bottom, right);
          break;
        case 4:
        case 11:
          join(right, top);
          break;
        case 8:
        case 7:
          join(top, left);
          break;
        case 3:
        case 12:
          join(left, right);
          break;
        case 6:
        case 9:
          join(bottom, top);
          break;
        case 5:
          join(left, middle ? top : bottom);
          join(right, middle ? bottom : top);
          break;
        default:
          join(left, middle ? bottom : top);
          join(right, middle ? top : bottom);
      }
    }
  const auto walk = [&](Edge start) {
    ContourLine line;
    for (Edge at = start, from = -1; at >= 0;) {
      line.points.push_back(g.point(at));
      const auto it = ends.find(at);
      const Edge onwards = it->second.to[0] == from && it->second.to[1] != from ? it->second.to[1] : it->second.to[0];
      const bool end = it->second.to[1] < 0 && from >= 0;
      ends.erase(it);
      from = at;
      if (end) break;
      if (onwards == start) {
        line.closed = true;
        break;
      }
      at = ends.contains(onwards) ? onwards : -1;
    }
    if (line.points.size() > 2) lines.push_back(std::move(line));
  };
  for (const Edge e : order)  // lines that leave the grid start at their ends
    if (const auto it = ends.find(e); it != ends.end() && it->second.to[1] < 0) walk(e);
  for (const Edge e : order)
    if (ends.contains(e)) walk(e);
  return lines;
}

}  // namespace gs
