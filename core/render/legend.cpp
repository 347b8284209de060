#include "render/legend.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "render/layers.h"

namespace gs {

std::string className(int label) {
  if (label < 0) return "∅";
  std::string name;
  for (int n = label + 1; n > 0; n = (n - 1) / 26) name.insert(name.begin(), char('A' + (n - 1) % 26));
  return name;
}

namespace {

bool drawsField(const Picture& p, const View& v) {
  return v.density.visible && v.density.opacity > 0 && p.density && p.density->classes > 0 &&
         !p.density->logJoint.empty();
}

void densityEntries(const Picture& p, const View& v, const Palette& colors, std::vector<LegendEntry>& out) {
  const int classes = p.density->classes;
  const int condition = p.frame ? p.frame->experiment->condition : kUnconditional;
  // At the cursor's level it is the noised law.
  const std::string law = p.density->level.sigma > 0 ? "p_{t}" : "p";
  if (!v.density.perClass) {
    out.push_back({law + "(x), the data", Swatch::Area, {colors.other}, {}});
  } else if (condition >= 0 && condition < classes) {
    out.push_back(
        {law + "(x | " + className(condition) + "), the data", Swatch::Area, {classColor(v.theme, condition)}, {}});
    if (classes > 1) out.push_back({classes == 2 ? "other class" : "other classes", Swatch::Area, {colors.other}, {}});
  } else if (classes <= 4) {
    for (int c = 0; c < classes; ++c)
      out.push_back({law + "(x, " + className(c) + ")" + (c == 0 ? ", the data" : ""),
                     Swatch::Area,
                     {classColor(v.theme, c)},
                     {}});
  } else {
    LegendEntry all{law + "(x, c), the data, " + std::to_string(classes) + " classes", Swatch::Area, {}, {}};
    for (int c = 0; c < std::min(classes, 5); ++c) all.colors.push_back(classColor(v.theme, c));
    out.push_back(std::move(all));
  }
}

void particleEntries(const Picture& p, const View& v, const Palette& colors, std::vector<LegendEntry>& out) {
  const bool paths =
      v.trajectories.visible && v.trajectories.count > 0 && v.trajectories.opacity > 0 && p.frame->steps() > 0;
  const bool own = ParticleDrawing::hasOwnColors(p, v);
  const bool points = v.particles.visible;
  if (points && !own)
    out.push_back({paths ? "guided particles and paths" : "guided particles", Swatch::Dot, {colors.guided}, {}});
  if (points && own) {
    if (v.particles.color == ParticleColor::ClassPosterior) {
      LegendEntry e{"guided particles by class, p(c | x)", Swatch::Dot, {}, {}};
      for (int c = 0; c < std::min(p.points->classes, 6); ++c) {
        e.colors.push_back(classColor(v.theme, c));
        e.shapes.push_back(c % GS_SHAPES);
      }
      out.push_back(std::move(e));
    } else if (v.particles.color == ParticleColor::PushSize) {
      const double scale = ParticleDrawing::pushScale(*p.points);
      out.push_back({"size of the push, 0 to " + formatRatio(scale) + " data units",
                     Swatch::Ramp,
                     {colors.line, colors.text},
                     {}});
    } else {
      LegendEntry e{"guided particles by where they started", Swatch::Ramp, {}, {}};
      for (int i = 0; i <= 8; ++i) e.colors.push_back(ParticleDrawing::originColor(v.theme, i * std::numbers::pi / 4));
      out.push_back(std::move(e));
    }
  }
  if (paths && (own || !points)) out.push_back({"guided paths", Swatch::Dot, {colors.guided}, {}});
}

}  // namespace

std::vector<LegendEntry> legendEntries(const Picture& p, const View& v) {
  const Palette& colors = palette(v.theme);
  std::vector<LegendEntry> out;
  if (p.frame && p.frame->particles > 0) {
    particleEntries(p, v, colors, out);
    if (v.guidedDensity.visible && v.guidedDensity.opacity > 0)
      out.push_back({"density of the guided particles", Swatch::Area, {colors.guided}, {}});
  }
  if (drawsField(p, v)) densityEntries(p, v, colors, out);
  if (v.target.visible && p.target && p.target->absent.empty() && !p.target->contourLevels.empty()) {
    const int condition = p.frame ? p.frame->experiment->condition : kUnconditional;
    const std::string c = className(std::max(condition, 0));
    out.push_back({condition >= 0 ? "tilted law p(x|" + c + ")^{1+ω} p(x)^{−ω}" : "target law p(x)",
                   Swatch::Dashes,
                   {colors.tilted},
                   {}});
  }
  if (p.frame && p.frame->blownUp > 0) {
    const int n = p.frame->blownUp;
    out.push_back({std::to_string(n) + (n == 1 ? " particle blew up" : " particles blew up"),
                   Swatch::Dot,
                   {colors.warning},
                   {GS_TRIANGLE},
                   true});
  }
  return out;
}

namespace {

constexpr double kMargin = 14;

void card(const Drawing& d, Sheet& sheet, const PixelBox& box) {
  sheet.fill(box, ink(d.palette.card, 0.9), 7 * d.ratio);
  sheet.frame(box, ink(d.palette.line, contrastRatio(d.palette.line, d.palette.card) > 4 ? 0.6 : 1), 7 * d.ratio,
              std::max(1.0, std::round(d.ratio)));
}

// Panes in a row of four still have room for words: smaller ones.
double fontSize(const Drawing& d) {
  const double points = std::min(d.width, 3 * d.height / 2) / d.ratio;
  return (points < 520 ? 10 : points < 700 ? 11 : 12) * d.ratio;
}

double swatchWidth(const LegendEntry& e, double size) {
  if (e.swatch == Swatch::Dashes || e.swatch == Swatch::Ramp) return (e.swatch == Swatch::Ramp ? 2.2 : 1.6) * size;
  return size * (0.7 + 0.75 * double(std::max<std::size_t>(e.colors.size(), 1) - 1));
}

void drawSwatch(const Drawing& d, Sheet& sheet, const LegendEntry& e, double x, double middle, double size) {
  const double wide = swatchWidth(e, size);
  switch (e.swatch) {
    case Swatch::Dashes:
      sheet.dashes({x, middle - 0.06 * size, x + wide, middle + 0.06 * size + 0.5}, ink(e.colors[0]), 0.6 * size,
                   0.38 * size);
      break;
    case Swatch::Ramp: {
      const int slices = 24;
      for (int i = 0; i < slices; ++i) {
        const double s = double(i) / (slices - 1) * double(e.colors.size() - 1);
        const std::size_t k = std::min(std::size_t(s), e.colors.size() - 2);
        const Linear a = toLinear(e.colors[k]), b = toLinear(e.colors[k + 1]);
        const float f = float(s - double(k));
        sheet.fill({std::round(x + wide * i / slices), middle - 0.3 * size, std::round(x + wide * (i + 1) / slices),
                    middle + 0.3 * size},
                   {{std::lerp(a.r, b.r, f), std::lerp(a.g, b.g, f), std::lerp(a.b, b.b, f)}, 1});
      }
      break;
    }
    default:
      for (std::size_t i = 0; i < e.colors.size(); ++i) {
        const double cx = x + size * (0.35 + 0.75 * double(i));
        if (e.swatch == Swatch::Area)
          sheet.fill({cx - 0.35 * size, middle - 0.35 * size, cx + 0.35 * size, middle + 0.35 * size},
                     ink(e.colors[i], d.view.density.opacity * 0.5 + 0.5), 0.2 * size);
        else
          sheet.marker(cx, middle, 0.66 * size, i < e.shapes.size() ? e.shapes[i] : GS_DISC, ink(e.colors[i]));
      }
  }
}

}  // namespace

std::optional<PixelBox> drawLegend(const Drawing& d, Sheet& sheet, Text& text) {
  if (!d.view.axes.visible || !d.view.axes.legend) return std::nullopt;
  const auto entries = legendEntries(d.picture, d.view);
  if (entries.empty()) return std::nullopt;
  double size = fontSize(d);
  double swatches = 0, words = 0;
  const auto measure = [&] {
    swatches = words = 0;
    for (const LegendEntry& e : entries) {
      swatches = std::max(swatches, swatchWidth(e, size) + 0.65 * size);
      words = std::max(words, text.width(e.text, {.size = size, .color = {}}));
    }
    return swatches + words;
  };
  if (measure() + 5 * size > d.width) size *= 0.85;
  const double wide = measure(), row = 1.72 * size, pad = 0.85 * size, margin = kMargin * d.ratio;
  const double right = std::round(d.width - margin), bottom = std::round(margin + 14 * d.ratio);
  const PixelBox box{std::round(right - wide - 2 * pad), bottom, right,
                     std::round(bottom + row * double(entries.size()) + 1.1 * pad)};
  // A legend that would cover half of a small pane hides what it explains.
  if (box.left < margin || box.height() > 0.5 * d.height) return std::nullopt;
  card(d, sheet, box);
  double middle = box.top - 0.55 * pad - 0.5 * row;
  for (const LegendEntry& e : entries) {
    const double x = box.left + pad;
    drawSwatch(d, sheet, e, x + 0.5 * (swatches - 0.65 * size - swatchWidth(e, size)), middle, size);
    const TextStyle style{.size = size, .color = ink(e.warning ? d.palette.warning : d.palette.text)};
    text.draw(sheet, x + swatches, middle - 0.5 * Text::capHeight(style), e.text, style);
    middle -= row;
  }
  return box;
}

std::optional<PixelBox> drawLabel(const Drawing& d, Sheet& sheet, Text& text) {
  if (!d.view.axes.visible || (d.picture.label.empty() && !d.picture.frame)) return std::nullopt;
  const double size = fontSize(d), pad = 0.8 * size, gap = 0.65 * size, margin = kMargin * d.ratio;
  const TextStyle title{.size = size, .color = ink(d.palette.guided), .font = Font::SemiBold},
      body{.size = size, .color = ink(d.palette.text)}, quiet{.size = size * 0.9, .color = ink(d.palette.secondary)};
  const std::string head = d.picture.frame ? "Guided" : "";
  std::string time = "t = " + formatFixed(d.cursor.t, 2);
  if (d.picture.frame) {
    // The schedule's own level at t; EDM's t counts the steps of the grid, so that there the cursor's is meant.
    const Schedule& schedule = d.picture.frame->experiment->schedule;
    const NoiseLevel level = schedule.kind == ScheduleKind::Edm ? d.cursor.level : levelAt(schedule, d.cursor.t);
    time += "   σ/α = " + formatRatio(level.sigma / level.alpha);
  }
  const double headWidth = head.empty() ? 0 : text.width(head, title) + gap;
  const double bodyWidth = d.picture.label.empty() ? 0 : text.width(d.picture.label, body) + 1.3 * gap;
  const double timeWidth = text.width(time, quiet);
  // On one line where it fits, otherwise the time goes below.
  const bool two = headWidth + bodyWidth + timeWidth + 2 * pad + 2 * margin > d.width;
  const double wide = two ? std::max(headWidth + bodyWidth, timeWidth) : headWidth + bodyWidth + timeWidth;
  const double left = std::round(margin), top = std::round(d.height - margin), line = 1.55 * size;
  const PixelBox box{left, std::round(top - (two ? 2 : 1) * line - 0.6 * size), std::round(left + wide + 2 * pad), top};
  card(d, sheet, box);
  double x = box.left + pad, baseline = box.top - 0.3 * size - 0.5 * line - 0.5 * Text::capHeight(body);
  if (!head.empty()) text.draw(sheet, x, baseline, head, title);
  text.draw(sheet, x + headWidth, baseline, d.picture.label, body);
  if (two)
    baseline -= line;
  else
    x += headWidth + bodyWidth;
  text.draw(sheet, x, baseline, time, quiet);
  return box;
}

void drawEmptyState(const Drawing& d, Sheet& sheet, Text& text) {
  if (d.picture.frame || d.picture.density) return;
  const TextStyle style{.size = 13 * d.ratio, .color = ink(d.palette.secondary)};
  const char* const lines[] = {"Nothing computed yet.", "Choose a distribution, or drop a CSV of points here."};
  double baseline = 0.5 * d.height + 0.4 * style.size;
  for (const char* line : lines) {
    text.draw(sheet, 0.5 * (d.width - text.width(line, style)), baseline, line, style);
    baseline -= 1.7 * style.size;
  }
}

}  // namespace gs
