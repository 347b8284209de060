#include "plot.h"

#include <algorithm>
#include <cmath>

namespace gs::ui {
namespace {

struct Range {
  double lo = std::numeric_limits<double>::infinity(), hi = -lo;
  void take(double v) {
    if (std::isfinite(v)) lo = std::min(lo, v), hi = std::max(hi, v);
  }
  bool empty() const { return !(lo <= hi); }
};

// What ticks of this distance are called.
std::string tickText(double v, double step) {
  if (std::abs(v) < step * 1e-6) v = 0;
  return fixed(v, std::clamp(-int(std::floor(std::log10(step) + 1e-9)), 0, 6));
}

struct Tick {
  double at;  // on the axis, so the logarithm of a logarithmic one
  std::string text;
};
// On a logarithmic axis powers of ten, and 2 and 5 times them where there would be few.
std::vector<Tick> ticksOf(const Range& r, bool logarithmic) {
  std::vector<Tick> out;
  if (!logarithmic) {
    const double step = niceStep(r.hi - r.lo, 5);
    for (double v = std::ceil(r.lo / step - 1e-9) * step; v <= r.hi + step * 1e-6; v += step)
      out.push_back({v, tickText(v, step)});
    return out;
  }
  const bool few = r.hi - r.lo < 2, powers = r.lo < -3.01 || r.hi > 4.01;
  for (double e = std::floor(r.lo); e <= r.hi; ++e)
    for (const double m : {1., 2., 5.}) {
      const double at = e + std::log10(m);
      if ((m == 1 || few) && at >= r.lo - 1e-9 && at <= r.hi + 1e-9)
        out.push_back({at, powers && m == 1 ? powerOfTen(int(e)) : shortNumber(std::pow(10, at), 2)});
    }
  return out;
}

void dashedLine(ImDrawList* d, const std::vector<ImVec2>& points, ImU32 color, float width, float dash) {
  float along = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const ImVec2 a = points[i], b = points[i + 1];
    const float length = std::hypot(b.x - a.x, b.y - a.y);
    for (float at = 0; at < length;) {
      const float phase = std::fmod(along + at, 2 * dash), left = (phase < dash ? dash : 2 * dash) - phase,
                  to = std::min(length, at + std::max(left, 0.05f));
      if (phase < dash)
        d->AddLine({a.x + (b.x - a.x) * at / length, a.y + (b.y - a.y) * at / length},
                   {a.x + (b.x - a.x) * to / length, a.y + (b.y - a.y) * to / length}, color, width);
      at = to;
    }
    along += length;
  }
}

void keyRow(const std::string& name, ImU32 color, bool dashed, float width) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const std::vector<std::string> words = wrapped(l.small, name, memory().x1 - memory().x0 - l.em * 1.9f);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Box2 b = takeBox(1.25);
    if (i == 0) {
      const std::vector<ImVec2> stroke{{b.lo.x, b.center().y}, {b.lo.x + l.em * 1.4f, b.center().y}};
      dashed ? dashedLine(d, stroke, color, l.stroke(width), l.em * 0.3f)
             : d->AddLine(stroke[0], stroke[1], color, l.stroke(width));
    }
    textIn({{b.lo.x + l.em * 1.9f, b.lo.y}, b.hi}, l.small, l.secondary, words[i]);
  }
}

}  // namespace

double niceStep(double range, int most) {
  const double raw = range / std::max(1, most), decade = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double m : {1.0, 2.0, 5.0})
    if (m * decade >= raw * (1 - 1e-9)) return m * decade;
  return 10 * decade;
}

void plotIn(const PlotSpec& spec, double ems) {
  const Look& l = look();
  const auto shown = [&](double y) { return std::isfinite(y) && (!spec.logY || y > 0); };
  const auto onY = [&](double y) { return spec.logY ? std::log10(y) : y; };
  Range xs, ys;
  for (const PlotCurve& c : spec.curves)
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      if (!shown(c.y[i])) continue;
      xs.take(spec.logX ? std::log10(c.x[i]) : c.x[i]);
      const double e = i < c.error.size() && std::isfinite(c.error[i]) ? c.error[i] : 0;
      // A band that reaches 0 says nothing of how low the axis should go.
      ys.take(onY(spec.logY ? std::max(c.y[i] - e, .5 * c.y[i]) : c.y[i] - e)), ys.take(onY(c.y[i] + e));
    }
  for (const PlotLevel& v : spec.levels)
    if (shown(v.y)) ys.take(onY(v.y));
  if (xs.empty() || ys.empty()) return;
  if (xs.hi == xs.lo) xs.lo -= .5, xs.hi += .5;
  const double spare = std::max({(ys.hi - ys.lo) * .06, std::abs(ys.hi) * 1e-6, 1e-12});
  ys.lo -= spare, ys.hi += spare;
  if (std::isfinite(spec.least) && !spec.logY) ys.lo = std::max(ys.lo, spec.least);

  textIn(takeBox(1.35), l.small, l.secondary, spec.yWords);
  const Box2 whole = takeBox(ems);
  const std::vector<Tick> rows = ticksOf(ys, spec.logY);
  float labels = 0;
  for (const Tick& t : rows) labels = std::max(labels, textWidth(l.small, t.text));
  const Box2 b{{whole.lo.x + labels + l.em * 0.4f, whole.lo.y}, {whole.hi.x, whole.hi.y}};
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(b.lo, b.hi, l.canvas, l.em * 0.2f);
  const auto px = [&](double v) {
    double u = ((spec.logX ? std::log10(v) : v) - xs.lo) / (xs.hi - xs.lo);
    if (spec.mirrored) u = 1 - u;
    return b.lo.x + b.width() * float(u);
  };
  const auto height = [&](double on) { return b.hi.y - b.height() * float((on - ys.lo) / (ys.hi - ys.lo)); };
  const auto py = [&](double v) { return spec.logY && !(v > 0) ? b.hi.y + b.height() : height(onY(v)); };
  for (const Tick& t : rows) {
    const float y = height(t.at);
    d->AddLine({b.lo.x, y}, {b.hi.x, y}, faded(l.line, 0.9), l.stroke(1));
    textIn({{whole.lo.x, y - l.em * 0.6f}, {b.lo.x - l.em * 0.3f, y + l.em * 0.6f}}, l.small, l.secondary, t.text,
           Align::Right, true);
  }

  d->PushClipRect(b.lo, b.hi, true);
  // Smoothed edges of neighbouring pieces of a band would show as stripes.
  const ImDrawListFlags smoothed = d->Flags;
  d->Flags &= ~ImDrawListFlags_AntiAliasedFill;
  for (const PlotCurve& c : spec.curves) {
    for (std::size_t i = 0; i + 1 < c.x.size() && !c.error.empty(); ++i) {
      const double e0 = c.error[i], e1 = c.error[i + 1];
      if (!shown(c.y[i]) || !shown(c.y[i + 1]) || !std::isfinite(e0 + e1)) continue;
      d->AddQuadFilled({px(c.x[i]), py(c.y[i] - e0)}, {px(c.x[i + 1]), py(c.y[i + 1] - e1)},
                       {px(c.x[i + 1]), py(c.y[i + 1] + e1)}, {px(c.x[i]), py(c.y[i] + e0)}, faded(c.color, 0.28));
    }
  }
  d->Flags = smoothed;
  for (const PlotLevel& v : spec.levels)
    if (shown(v.y)) d->AddLine({b.lo.x, py(v.y)}, {b.hi.x, py(v.y)}, v.color, l.stroke(1.2));
  for (const PlotCurve& c : spec.curves) {
    std::vector<ImVec2> run;
    const auto draw = [&] {
      if (run.size() > 1 && c.dashed) dashedLine(d, run, c.color, l.stroke(c.width), l.em * 0.35f);
      if (run.size() > 1 && !c.dashed) d->AddPolyline(run.data(), int(run.size()), c.color, 0, l.stroke(c.width));
      if (run.size() == 1) d->AddCircleFilled(run[0], l.stroke(c.width), c.color);
      run.clear();
    };
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      if (shown(c.y[i]))
        run.push_back({px(c.x[i]), py(c.y[i])});
      else
        draw();
    }
    draw();
  }
  const double cursor =
      spec.logX && std::isfinite(spec.cursor) && spec.cursor > 0 ? std::log10(spec.cursor) : spec.cursor;
  if (std::isfinite(cursor) && cursor >= xs.lo && cursor <= xs.hi)
    d->AddLine({px(spec.cursor), b.lo.y}, {px(spec.cursor), b.hi.y}, faded(l.text, 0.6), l.stroke(1));
  d->PopClipRect();

  // Numbers below, as many as have room.
  const Box2 below = takeBox(1.3);
  float taken = b.lo.x - l.em;
  std::vector<Tick> columns = ticksOf(xs, spec.logX);
  if (spec.mirrored) std::reverse(columns.begin(), columns.end());
  for (const Tick& t : columns) {
    const double v = spec.logX ? std::pow(10, t.at) : t.at;
    const float w = textWidth(l.small, t.text), x = std::clamp(px(v) - w / 2, b.lo.x, b.hi.x - w);
    if (x < taken + l.em * 0.3f) continue;
    taken = x + w;
    d->AddLine({px(v), b.hi.y}, {px(v), b.hi.y + l.em * 0.2f}, l.line, l.stroke(1));
    textIn({{x, below.lo.y}, {x + w + 1, below.hi.y}}, l.small, l.secondary, t.text);
  }
  // Under the middle of the axes where there is room, else over the whole width.
  const Box2 words = takeBox(1.3);
  const bool under = textWidth(l.small, spec.xWords) <= b.width();
  textIn({{under ? b.lo.x : words.lo.x, words.lo.y}, words.hi}, l.small, l.secondary, spec.xWords,
         under ? Align::Center : Align::Right);
  for (const PlotCurve& c : spec.curves)
    if (!c.name.empty()) keyRow(c.name, c.color, c.dashed, c.width);
  for (const PlotLevel& v : spec.levels)
    if (shown(v.y)) keyRow(v.name, v.color, false, 1.2f);
}

}  // namespace gs::ui
