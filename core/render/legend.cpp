#include "render/legend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "render/layers.h"
#include "session/classes.h"
#include "session/methods.h"

namespace gs {

namespace {

constexpr int kMostOfName = 14, kMostNames = 6;

// As it stands: a zero-width space keeps "_{" of a name from being read as markup.
std::string literal(std::string text) {
  for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; at += 4) text.insert(at, "\u200B");
  return text;
}

std::string nameOf(const Picture& p, int label) {
  return literal(className(p.frame ? p.frame->experiment->distribution : Distribution{}, label, kMostOfName));
}

// ": cat, dog, owl", in the order of the swatches; nothing where there are too many to read.
std::string namesOf(const Picture& p, int classes) {
  std::string out;
  if (classes <= kMostNames)
    for (int c = 0; c < classes; ++c) out += (c == 0 ? ": " : ", ") + nameOf(p, c);
  return out;
}

bool drawsField(const Picture& p, const View& v) {
  return v.density.visible && v.density.shape == LawShape::Density && v.density.opacity > 0 && p.density &&
         p.density->classes > 0 && !p.density->empty();
}

// Whether the ramp, which is scaled to the density that is in view, has next to nothing to show: its colours then say
// that the density is even here and not that it is high.
bool isFlat(const DensityField& field, int label) {
  constexpr float kLeast = 0.35f;  // natural log: the highest is 1.4 times the lowest
  const std::size_t cells = std::size_t(field.grid.width) * std::size_t(field.grid.height);
  const std::size_t stride = std::max<std::size_t>(1, cells / 2000);
  if (field.device) {
    const DensityField::Extent& found = field.extents[label < 0 ? 1 : std::size_t(2 + 2 * label)];
    return found.high - found.low < kLeast;
  }
  float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
  for (int c = 0; c < field.classes; ++c)
    for (std::size_t i = 0; i < cells && (label < 0 || c == label); i += stride) {
      const float v = field.logJoint[std::size_t(c) * cells + i];
      low = std::min(low, v);
      high = std::max(high, v);
    }
  return high - low < kLeast;
}

// ", the data", and where it is so that the picture of it is even.
std::string dataWords(const DensityField& field, int label) {
  return std::string(", the data") + (isFlat(field, label) ? ", even here (ramp rescaled)" : "");
}

// "0.1", "2".
std::string formatShort(double value) { return formatFixed(value, value < 1 ? 1 : 0); }

void densityEntries(const Picture& p, const View& v, const Palette& colors, std::vector<LegendEntry>& out) {
  const int classes = p.density->classes;
  const int condition = p.frame ? p.frame->experiment->condition : kUnconditional;
  // At the cursor's level it is the noised law.
  const std::string law = p.density->level.sigma > 0 ? "p_{t}" : "p";
  if (!v.density.perClass) {
    out.push_back({law + "(x)" + dataWords(*p.density, kUnconditional), Swatch::Area, {colors.other}, {}});
  } else if (classes == 1) {
    out.push_back({law + "(x)" + dataWords(*p.density, 0), Swatch::Area, {classColor(v.theme, 0)}, {}});
  } else if (condition >= 0 && condition < classes) {
    out.push_back({law + "(x | " + nameOf(p, condition) + ")" + dataWords(*p.density, condition),
                   Swatch::Area,
                   {classColor(v.theme, condition)},
                   {}});
    out.push_back({classes == 2 ? "other class" : "other classes", Swatch::Area, {colors.other}, {}});
  } else if (classes <= 4) {
    for (int c = 0; c < classes; ++c)
      out.push_back({law + "(x, " + nameOf(p, c) + ")" + (c == 0 ? dataWords(*p.density, kUnconditional) : ""),
                     Swatch::Area,
                     {classColor(v.theme, c)},
                     {}});
  } else {
    const std::string names = namesOf(p, classes);
    LegendEntry all{law + "(x, c)" + dataWords(*p.density, kUnconditional) +
                        (names.empty() ? ", " + std::to_string(classes) + " classes" : names),
                    Swatch::Area,
                    {},
                    {}};
    for (int c = 0; c < std::min(classes, 5); ++c) all.colors.push_back(classColor(v.theme, c));
    out.push_back(std::move(all));
  }
}

// Whether the stack pushes the particles.
bool pushed(const Picture& p) { return guides(*p.frame->experiment, p.frame->mixture->classes()); }

// "312 of 4096 outside the view" at the time cursor; empty where 99.9 % are inside. Blown-up ones are counted
// elsewhere.
std::string outsideWords(const Picture& p, const View& v, Vec2 reach) {
  constexpr int kMost = 1 << 17;  // counted: this runs in every frame
  const Frame& frame = *p.frame;
  if (frame.grid.empty() || (frame.device && !p.outside)) return {};
  Outside outside{0, std::min(frame.particles, kMost)};
  if (frame.device) {
    outside = *p.outside;
  } else {
    const RowsAt at = rowsAt(frame, v.time, v.coordinates == Coordinates::Normalised);
    const HostRow from = frame.read(at.row), to = frame.read(at.next);
    for (std::size_t i = 0; i < std::size_t(2 * outside.of); i += 2) {
      if (blownUp(from[i], from[i + 1]) || blownUp(to[i], to[i + 1])) continue;
      const Vec2 x(at.here * from[i] + at.there * to[i], at.here * from[i + 1] + at.there * to[i + 1]);
      const Vec2 d = glm::abs(x - v.camera.center);
      outside.count += d.x > reach.x || d.y > reach.y;
    }
  }
  const int n = outside.of;
  if (1000L * outside.count < n) return {};  // fewer are what every bell-shaped law does
  if (n == frame.particles) return std::to_string(outside.count) + " of " + std::to_string(n) + " outside the view";
  return "about " + std::to_string((100L * outside.count + n / 2) / n) + " % outside the view";
}

// "guided particles" where anything pushes them.
std::string particleWords(const Picture& p, const char* what) {
  return (pushed(p) ? "guided " : "unguided ") + std::string(what);
}

void particleEntries(const Picture& p, const View& v, const Palette& colors, std::vector<LegendEntry>& out) {
  const bool paths =
      v.trajectories.visible && v.trajectories.count > 0 && v.trajectories.opacity > 0 && p.frame->steps() > 0;
  const bool own = ParticleDrawing::hasOwnColors(p, v);
  const bool points = v.particles.visible;
  // Straight lines between the steps that memory holds.
  const std::string kept = paths && !p.frame->stored.empty() ? " (" + storedWords(*p.frame) + ")" : "";
  if (points && !own)
    out.push_back({paths ? particleWords(p, "particles and paths") + kept : particleWords(p, "particles"),
                   Swatch::Dot,
                   {colors.guided},
                   {}});
  if (points && own) {
    if (v.particles.color == ParticleColor::ClassPosterior) {
      const int classes = p.points->classes;
      LegendEntry e{classes == 1 ? particleWords(p, "particles, all of the one class")
                                 : particleWords(p, "particles by likeliest class") + namesOf(p, classes),
                    Swatch::Dot,
                    {},
                    {}};
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
      LegendEntry e{particleWords(p, "particles by where they started"), Swatch::Ramp, {}, {}};
      for (int i = 0; i <= 8; ++i) e.colors.push_back(ParticleDrawing::originColor(v.theme, i * std::numbers::pi / 4));
      out.push_back(std::move(e));
    }
  }
  if (paths && (own || !points)) out.push_back({particleWords(p, "paths") + kept, Swatch::Dot, {colors.guided}, {}});
}

}  // namespace

std::string tiltedWords(const Picture& p) {
  const int condition = p.frame ? p.frame->experiment->condition : kUnconditional;
  const bool oneClass = p.frame && p.frame->mixture && p.frame->mixture->classes() == 1;
  const std::string c = nameOf(p, std::max(condition, 0));
  const std::string own = condition >= 0 && !oneClass ? "p(x|" + c + ")" : "p(x)";
  if (p.frame)
    for (const Term& t : p.frame->experiment->guidance)
      if (t.enabled && t.omega != 0 && t.kind == TermKind::And)
        return "tilted law " + own + " (p(x|" + nameOf(p, t.label) + ") / p(x))^{ω}";
  return p.target && p.target->reward  ? "tilted law r(x)^{ω} " + own
         : condition >= 0 && !oneClass ? "tilted law " + own + "^{1+ω} p(x)^{−ω}"
                                       : "target law p(x)";
}

std::vector<LegendEntry> legendEntries(const Picture& p, const View& v, std::optional<Vec2> reach) {
  const Palette& colors = palette(v.theme);
  std::vector<LegendEntry> out;
  if (p.frame && p.frame->particles > 0) {
    // Above the others, which stay in their places while it comes and goes.
    if (const std::string lost = reach && v.particles.visible ? outsideWords(p, v, *reach) : ""; !lost.empty())
      out.push_back({lost, Swatch::Dot, {}, {}});
    particleEntries(p, v, colors, out);
    if (v.guidedDensity.visible && v.guidedDensity.opacity > 0)
      out.push_back({"density of the " + particleWords(p, "particles"), Swatch::Area, {colors.guided}, {}});
  }
  if (drawsField(p, v)) densityEntries(p, v, colors, out);
  if (v.target.visible && v.target.shape == LawShape::Contours && !v.target.atCursor && p.target &&
      p.target->absent.empty() && !p.target->contourLevels.empty())
    // The contours are those of the clean law wherever the cursor is.
    out.push_back({tiltedWords(p) + (v.time > 0 ? " at t = 0" : ""), Swatch::Dashes, {colors.tilted}, {}});
  truthEntries(p, v, out);
  if (RewardDrawing::shows(p, v)) {
    const RewardField& field = *p.target->reward;
    const std::string factor = field.apart == 1 ? "e" : "e^{" + formatShort(field.apart) + "}";
    bool cost = false;
    if (p.frame) {
      const auto& terms = p.frame->experiment->guidance;
      const auto first = std::find_if(terms.begin(), terms.end(),
                                      [](const Term& t) { return t.enabled && t.kind == TermKind::Reward; });
      cost = first != terms.end() && first->reward.kind == RewardKind::Cost;
    }
    LegendEntry e{field.apart == 0 ? "the reward's edge"
                                   : (cost ? "1 / cost" : "reward r") + (", lines a factor " + factor) + " apart",
                  Swatch::Ramp,
                  {colors.line, colors.text},
                  {}};
    if (field.apart == 0) e.colors = {colors.text};
    out.push_back(std::move(e));
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
  sheet.fill(box, ink(d.palette.card, 0.98), 7 * d.ratio);
  sheet.frame(box, ink(d.palette.line, contrastRatio(d.palette.line, d.palette.card) > 4 ? 0.6 : 1), 7 * d.ratio,
              std::max(1.0, std::round(d.ratio)));
}

// Panes in a row of four still have room for words: smaller ones.
double fontSize(const Drawing& d) {
  const double points = std::min(d.width, 3 * d.height / 2) / d.ratio;
  return (points < 520 ? 10 : points < 700 ? 11 : 12) * d.ratio;
}

double swatchWidth(const LegendEntry& e, double size) {
  if (e.swatch == Swatch::Line || e.swatch == Swatch::Dots) return 1.6 * size;
  if (e.swatch == Swatch::Arrow) return e.length;
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
    case Swatch::Dots:
      sheet.dashes({x, middle - 0.06 * size, x + wide, middle + 0.06 * size + 0.5}, ink(e.colors[0]), 0.32 * size,
                   0.16 * size);
      break;
    case Swatch::Line:
      sheet.fill({x, middle - .07 * size, x + wide, middle + .07 * size}, ink(e.colors[0]));
      break;
    case Swatch::Arrow: {
      const double head = std::min(d.stroke(6.5), .6 * wide), half = .5 * d.stroke(1.4);
      sheet.fill({x, middle - half, x + wide - .5 * head, middle + half}, ink(e.colors[0]));
      const int slices = std::max(2, int(std::lround(head)));
      for (int i = 0; i < slices; ++i) {
        const double from = x + wide - head * (1 - double(i) / slices), h = .5 * head * (1 - (i + .5) / slices);
        sheet.fill({from, middle - h, from + head / slices, middle + h}, ink(e.colors[0]));
      }
      break;
    }
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
  const double radius = 0.5 * d.stroke(d.view.particles.size);
  auto entries = legendEntries(d.picture, d.view, (0.5 * Vec2(d.width, d.height) + radius) / d.pixelsPerUnit());
  for (LegendEntry& e : entries) e.length *= d.pixelsPerUnit();
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

namespace {

struct Words {
  std::string text;
  TextStyle style;
};

// Cuts whole characters off until the rest and an ellipsis fit.
std::string shortened(Text& text, std::string words, const TextStyle& style, double room) {
  if (text.width(words, style) <= room) return words;
  while (!words.empty() && text.width(words + "…", style) > room) {
    while (!words.empty() && (words.back() & 0xC0) == 0x80) words.pop_back();
    if (!words.empty()) words.pop_back();
  }
  return words + "…";
}

std::string timeWords(const Drawing& d) {
  const std::string time = "t = " + formatFixed(d.cursor.t, 2);
  if (!d.picture.frame) return time;
  // The schedule's own level at t; EDM's t counts the steps of the grid, so that there the cursor's is meant.
  const Schedule& schedule = d.picture.frame->experiment->schedule;
  const NoiseLevel level = schedule.kind == ScheduleKind::Edm ? d.cursor.level : levelAt(schedule, d.cursor.t);
  return time + "   σ/α = " + formatRatio(level.sigma / level.alpha);
}

}  // namespace

std::optional<PixelBox> drawLabel(const Drawing& d, Sheet& sheet, Text& text) {
  if (!d.view.axes.visible || (d.picture.label.empty() && !d.picture.frame)) return std::nullopt;
  const double size = fontSize(d), pad = 0.8 * size, gap = 0.75 * size, margin = kMargin * d.ratio;
  const double room = d.width - 2 * margin - 2 * pad;
  if (room < 4 * size || d.height < 2 * margin + 6 * size) return std::nullopt;
  std::vector<Words> parts;
  if (d.picture.frame) {
    const bool guided = pushed(d.picture);
    parts.push_back(
        {guided ? "Guided" : "Unguided",
         {.size = size, .color = ink(guided ? d.palette.guided : d.palette.secondary), .font = Font::SemiBold}});
  }
  if (!d.picture.label.empty())
    parts.push_back({literal(d.picture.label), {.size = size, .color = ink(d.palette.text)}});
  parts.push_back({timeWords(d), {.size = 0.9 * size, .color = ink(d.palette.secondary)}});
  // One line where it fits; in a narrow pane the parts wrap, and what is still too long is cut.
  std::vector<std::vector<Words>> lines(1);
  double x = 0, wide = 0;
  for (Words& w : parts) {
    if (!lines.back().empty() && x + gap + text.width(w.text, w.style) > room) {
      lines.emplace_back();
      x = 0;
    }
    w.text = shortened(text, w.text, w.style, room);
    x += (lines.back().empty() ? 0 : gap) + text.width(w.text, w.style);
    wide = std::max(wide, x);
    lines.back().push_back(std::move(w));
  }
  const double left = std::round(margin), top = std::round(d.height - margin), line = 1.55 * size;
  const PixelBox box{left, std::round(top - double(lines.size()) * line - 0.6 * size),
                     std::round(left + wide + 2 * pad), top};
  card(d, sheet, box);
  double baseline = box.top - 0.3 * size - 0.5 * line - 0.5 * Text::capHeight(parts[0].style);
  for (const auto& words : lines) {
    x = box.left + pad;
    for (const Words& w : words) x += text.draw(sheet, x, baseline, w.text, w.style) + gap;
    baseline -= line;
  }
  return box;
}

void drawWarning(const Drawing& d, Sheet& sheet, Text& text, const std::vector<PixelBox>& taken) {
  for (const LegendEntry& e : legendEntries(d.picture, d.view)) {
    if (!e.warning) continue;
    const double size = fontSize(d), pad = 0.8 * size, margin = kMargin * d.ratio;
    const TextStyle style{.size = size, .color = ink(d.palette.warning), .font = Font::SemiBold};
    const double wide = text.width(e.text, style);
    PixelBox box{d.width - margin - wide - 2 * pad, d.height - margin - 2.1 * size, d.width - margin,
                 d.height - margin};
    for (const PixelBox& other : taken)
      if (other.overlaps(box)) box = {box.left, other.bottom - 3 * size, box.right, other.bottom - 0.9 * size};
    box = {std::round(box.left), std::round(box.bottom), std::round(box.right), std::round(box.top)};
    card(d, sheet, box);
    text.draw(sheet, box.left + pad, 0.5 * (box.bottom + box.top - Text::capHeight(style)), e.text, style);
  }
}

void drawEmptyState(const Drawing& d, Sheet& sheet, Text& text) {
  if (d.picture.frame || d.picture.density) return;
  TextStyle style{.size = 13 * d.ratio, .color = ink(d.palette.secondary)};
  const char* const lines[] = {"Nothing computed yet.", "Choose a distribution, or drop a CSV of points here."};
  style.size *= std::min(1.0, 0.9 * d.width / text.width(lines[1], style));
  if (style.size < 6 * d.ratio) return;
  double baseline = 0.5 * d.height + 0.4 * style.size;
  for (const char* line : lines) {
    text.draw(sheet, 0.5 * (d.width - text.width(line, style)), baseline, line, style);
    baseline -= 1.7 * style.size;
  }
}

}  // namespace gs
