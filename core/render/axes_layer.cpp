#include <algorithm>
#include <charconv>
#include <cmath>

#include "render/layers.h"
#include "render/legend.h"

namespace gs {

std::string formatFixed(double value, int decimals) {
  char buffer[64];
  if (!std::isfinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "?";
  const auto r = std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::fixed,
                               std::clamp(decimals, 0, 9));
  if (r.ec != std::errc{}) return "?";
  const std::string digits(buffer, r.ptr);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? "−" + digits : digits;
}

std::string formatRatio(double value) {
  if (!std::isfinite(value)) return "∞";
  if (value <= 0) return "0";
  return formatFixed(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : value >= 0.01 ? 3 : 4);
}

Ticks niceTicks(double lo, double hi, double smallest) {
  if (!(hi > lo) || !(smallest > 0) || !std::isfinite(hi - lo)) return {};
  const double power = std::floor(std::log10(smallest)), unit = std::pow(10, power);
  double step = 10 * unit;
  int decimals = int(-power) - 1;
  for (const int m : {1, 2, 5})
    if (m * unit >= smallest * (1 - 1e-9)) {
      step = m * unit;
      decimals = int(-power);
      break;
    }
  Ticks t{.first = std::ceil(lo / step) * step, .step = step, .decimals = std::max(decimals, 0)};
  t.count = std::max(0, int(std::floor((hi - t.first) / step + 1e-9)) + 1);
  return t;
}

namespace {

struct Axis {
  Ticks x, y;
};

Axis ticksOf(const Drawing& d) {
  const Vec2 lo = toData(d.view.camera, {0, 0}, d.width, d.height),
             hi = toData(d.view.camera, Vec2(d.width, d.height), d.width, d.height);
  const double smallest = std::max(70.0 * d.ratio, std::min(d.width, d.height) / 7.0) / d.pixelsPerUnit();
  return {niceTicks(lo.x, hi.x, smallest), niceTicks(lo.y, hi.y, smallest)};
}

}  // namespace

void Axes::drawGrid(const Drawing& d, Sheet& sheet) {
  if (!d.view.axes.visible || !d.view.axes.grid) return;
  const Axis axis = ticksOf(d);
  const double width = std::max(1.0, std::round(d.ratio)), scale = d.pixelsPerUnit();
  // A thin veil of the text's secondary colour: it shows on the canvas and on every density alike. Linear light makes
  // bright lines on dark strong and dark lines on light weak.
  const double strength = d.onDark() ? 0.028 : 0.13;
  const Ink quiet = ink(d.palette.secondary, strength), zero = ink(d.palette.secondary, 1.8 * strength);
  for (int i = 0; i < axis.x.count; ++i) {
    const double v = axis.x.first + i * axis.x.step;
    const double x = std::round((v - d.view.camera.center.x) * scale + 0.5 * d.width - 0.5 * width);
    sheet.fill({x, 0, x + width, double(d.height)}, std::abs(v) < 1e-9 * axis.x.step ? zero : quiet);
  }
  for (int i = 0; i < axis.y.count; ++i) {
    const double v = axis.y.first + i * axis.y.step;
    const double y = std::round((v - d.view.camera.center.y) * scale + 0.5 * d.height - 0.5 * width);
    sheet.fill({0, y, double(d.width), y + width}, std::abs(v) < 1e-9 * axis.y.step ? zero : quiet);
  }
}

void Axes::drawNumbers(const Drawing& d, Sheet& sheet, Text& text, const std::vector<PixelBox>& taken) {
  if (!d.view.axes.visible) return;
  const Axis axis = ticksOf(d);
  const double r = d.ratio, scale = d.pixelsPerUnit();
  const TextStyle style{.size = 11 * r, .color = ink(d.palette.secondary)};
  const double cap = Text::capHeight(style), margin = 8 * r;
  std::vector<PixelBox> used = taken;
  // A number lies on a patch of canvas: paths and particles below it stay visible around, not through it.
  const auto write = [&](double left, double baseline, const std::string& label, const TextStyle& s) {
    const double wide = text.width(label, s);
    const PixelBox box{left - 3 * r, baseline - 3 * r, left + wide + 3 * r, baseline + cap + 3 * r};
    if (box.left < 0 || box.right > d.width || box.bottom < 0 || box.top > d.height) return;
    if (std::any_of(used.begin(), used.end(), [&](const PixelBox& b) { return b.overlaps(box); })) return;
    used.push_back(box);
    sheet.fill(box, ink(d.palette.canvas, 0.62), 3 * r);
    text.draw(sheet, left, baseline, label, s);
  };
  const bool normalised = d.view.coordinates == Coordinates::Normalised;
  const TextStyle name{.size = 11 * r, .color = ink(d.palette.secondary), .font = Font::SemiBold};
  const std::string xName = normalised ? "x_{1} / √(α^{2}+σ^{2})" : "x_{1}",
                    yName = normalised ? "x_{2} / √(α^{2}+σ^{2})" : "x_{2}";
  write(d.width - margin - text.width(xName, name), margin, xName, name);
  double top = d.height - margin - cap;
  for (const PixelBox& b : taken)
    if (b.left < margin + text.width(yName, name) && b.top > top - 4 * r) top = std::min(top, b.bottom - 8 * r - cap);
  write(margin, top, yName, name);
  for (int i = 0; i < axis.x.count; ++i) {
    const double v = axis.x.first + i * axis.x.step, x = (v - d.view.camera.center.x) * scale + 0.5 * d.width;
    const std::string label = formatFixed(v, axis.x.decimals);
    write(x - 0.5 * text.width(label, style), margin, label, style);
  }
  for (int i = 0; i < axis.y.count; ++i) {
    const double v = axis.y.first + i * axis.y.step, y = (v - d.view.camera.center.y) * scale + 0.5 * d.height;
    write(margin, y - 0.5 * cap, formatFixed(v, axis.y.decimals), style);
  }
}

}  // namespace gs
