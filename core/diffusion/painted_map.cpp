#include "diffusion/painted_map.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace gs {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int kLongestRun = 128;

double linearLight(std::uint8_t byte) {
  const double v = byte / 255.;
  return v <= .04045 ? v / 12.92 : std::pow((v + .055) / 1.055, 2.4);
}

}  // namespace

// Bytes before coding: n < 128 and n + 1 values, or n >= 128 and one value that is repeated n - 126 times.
std::string PaintedMap::text() const {
  if (empty()) return "";
  std::vector<std::uint8_t> bytes;
  const int count = int(cells_.size());
  for (int i = 0; i < count;) {
    int run = 1;
    while (i + run < count && run < kLongestRun && cells_[std::size_t(i + run)] == cells_[std::size_t(i)]) ++run;
    if (run > 1) {
      bytes.push_back(std::uint8_t(run + 126));
      bytes.push_back(cells_[std::size_t(i)]);
      i += run;
      continue;
    }
    int apart = 1;
    while (i + apart < count && apart < kLongestRun &&
           (i + apart + 1 >= count || cells_[std::size_t(i + apart)] != cells_[std::size_t(i + apart + 1)]))
      ++apart;
    bytes.push_back(std::uint8_t(apart - 1));
    bytes.insert(bytes.end(), cells_.begin() + i, cells_.begin() + i + apart);
    i += apart;
  }
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group = unsigned(bytes[i]) << 16 | unsigned(i + 1 < bytes.size() ? bytes[i + 1] : 0) << 8 |
                           unsigned(i + 2 < bytes.size() ? bytes[i + 2] : 0);
    for (int c = 0; c < 4; ++c)
      if (i + std::size_t(c) <= bytes.size()) out += kBase64[group >> (18 - 6 * c) & 63];
  }
  return out;
}

PaintedMap::PaintedMap(std::string_view text) {
  if (text.empty()) return;
  std::vector<std::uint8_t> bytes;
  unsigned bits = 0;
  int have = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos)
      throw std::invalid_argument("is no painted map: its text has letters, digits, + and / only");
    bits = bits << 6 | unsigned(digit);
    have += 6;
    if (have >= 8) bytes.push_back(std::uint8_t(bits >> (have -= 8)));
  }
  std::size_t cell = 0, i = 0;
  const auto wrong = [] { return std::invalid_argument("is no painted map: its runs do not fill 48 x 48 cells"); };
  while (i < bytes.size()) {
    const int head = bytes[i++];
    const bool same = head >= 128;
    const std::size_t run = std::size_t(same ? head - 126 : head + 1);
    if (cell + run > cells_.size() || i + (same ? 1 : run) > bytes.size()) throw wrong();
    for (std::size_t k = 0; k < run; ++k) cells_[cell++] = bytes[same ? i : i + k];
    i += same ? 1 : run;
  }
  if (cell != cells_.size()) throw wrong();
}

PaintedMap PaintedMap::ofPicture(std::span<const std::uint8_t> rgba, int width, int height) {
  PaintedMap out;
  const int side = std::max(width, height);
  const double left = (side - width) / 2., top = (side - height) / 2.;
  for (int row = 0; row < kSide; ++row)
    for (int column = 0; column < kSide; ++column) {
      // The mean over the cell's pixels, at least the nearest one.
      const double x0 = double(column) * side / kSide - left, x1 = double(column + 1) * side / kSide - left;
      const double y0 = double(kSide - 1 - row) * side / kSide - top, y1 = double(kSide - row) * side / kSide - top;
      const int firstX = int(std::floor(x0)), lastX = std::max(firstX, int(std::ceil(x1)) - 1);
      const int firstY = int(std::floor(y0)), lastY = std::max(firstY, int(std::ceil(y1)) - 1);
      double sum = 0, pixels = 0;
      for (int y = firstY; y <= lastY; ++y)
        for (int x = firstX; x <= lastX; ++x, pixels += 1) {
          if (x < 0 || y < 0 || x >= width || y >= height) continue;
          const std::uint8_t* p = &rgba[(std::size_t(y) * std::size_t(width) + std::size_t(x)) * 4];
          sum += (.2126 * linearLight(p[0]) + .7152 * linearLight(p[1]) + .0722 * linearLight(p[2])) * p[3] / 255.;
        }
      // As bright as it looks, not as much light as it sends.
      const double light = sum / pixels,
                   seen = light <= .0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - .055;
      out.cells_[std::size_t(row) * kSide + std::size_t(column)] =
          std::uint8_t(std::lround(255 * std::clamp(seen, 0., 1.)));
    }
  return out;
}

double PaintedMap::at(Vec2 u) const {
  const double x = u.x * kSide - .5, y = u.y * kSide - .5;
  if (!(x > -1 && y > -1 && x < kSide && y < kSide)) return 0;
  const int i = int(std::floor(x)), j = int(std::floor(y));
  const auto cell = [&](int column, int row) {
    return column < 0 || row < 0 || column >= kSide || row >= kSide
               ? 0.
               : cells_[std::size_t(row) * kSide + std::size_t(column)] / 255.;
  };
  const double fx = x - i, fy = y - j;
  return (1 - fy) * ((1 - fx) * cell(i, j) + fx * cell(i + 1, j)) +
         fy * ((1 - fx) * cell(i, j + 1) + fx * cell(i + 1, j + 1));
}

bool PaintedMap::empty() const {
  return std::all_of(cells_.begin(), cells_.end(), [](std::uint8_t c) { return c == 0; });
}

void PaintedMap::touch(Vec2 u, double radius, double strength) {
  const double reach = std::max(radius * kSide, .5);
  const Vec2 centre = u * double(kSide) - .5;
  const int x0 = std::max(0, int(std::ceil(centre.x - reach))),
            x1 = std::min(kSide - 1, int(std::floor(centre.x + reach)));
  const int y0 = std::max(0, int(std::ceil(centre.y - reach))),
            y1 = std::min(kSide - 1, int(std::floor(centre.y + reach)));
  for (int y = y0; y <= y1; ++y)
    for (int x = x0; x <= x1; ++x) {
      const Vec2 d = (Vec2(x, y) - centre) / reach;
      const double left = 1 - glm::dot(d, d);
      if (left <= 0) continue;
      std::uint8_t& c = cells_[std::size_t(y) * kSide + std::size_t(x)];
      c = std::uint8_t(std::lround(std::clamp(c + 255 * strength * left * left, 0., 255.)));
    }
}

void PaintedMap::blur() {
  const auto old = cells_;
  const auto cell = [&](int x, int y) {
    return double(old[std::size_t(std::clamp(y, 0, kSide - 1)) * kSide + std::size_t(std::clamp(x, 0, kSide - 1))]);
  };
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      double sum = 0;
      for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i) sum += (2 - std::abs(i)) * (2 - std::abs(j)) * cell(x + i, y + j);
      cells_[std::size_t(y) * kSide + std::size_t(x)] = std::uint8_t(std::lround(sum / 16));
    }
}

}  // namespace gs
