// A map that a person paints over a square of the plane: values 0..1, smooth between the centres of its cells.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "diffusion/vec.h"

namespace gs {

class PaintedMap {
 public:
  static constexpr int kSide = 48;  // cells

  PaintedMap() = default;
  // The text that text() gives; "" is an empty map. Throws std::invalid_argument that says what is wrong with it.
  explicit PaintedMap(std::string_view text);
  // Runs of cells from the lower left corner, row by row, in base 64: ASCII, at most kMostText bytes; "" when empty.
  std::string text() const;
  static constexpr int kMostText = 4200;
  // The brightness (Rec. 709) of a picture in the largest square with its proportions, transparency is dark.
  // rgba: [row from the top][column][4], sRGB bytes.
  static PaintedMap ofPicture(std::span<const std::uint8_t> rgba, int width, int height);

  // u: the square is [0, 1]^2, y up. Bilinear; 0 outside, from half a cell beyond the border on.
  double at(Vec2 u) const;
  bool empty() const;

  // One touch of a soft round brush: adds strength (-1..1; below 0 it erases) at its centre, nothing at its radius.
  void touch(Vec2 u, double radius, double strength);
  // Every cell becomes a mean of its neighbours, weights 1 2 1 both ways.
  void blur();
  bool operator==(const PaintedMap&) const = default;

 private:
  std::array<std::uint8_t, std::size_t(kSide) * kSide> cells_{};  // [row from below][column]
};

}  // namespace gs
