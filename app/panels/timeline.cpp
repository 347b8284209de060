// Time: transport, the weight curve over t with its knots, and one cursor for both.
#include <algorithm>
#include <array>
#include <cmath>

#include "cards.h"
#include "weight_curve.h"

namespace gs::ui {
namespace {

constexpr int kNothing = -1, kScrub = -2, kMaybeScrub = -3;  // Memory::plotTarget; from 0: a handle

struct Plot {
  Box2 box;
  bool noiseOnLeft;
  double lo, hi;
  float x(double t) const { return box.lo.x + box.width() * float(noiseOnLeft ? 1 - t : t); }
  float y(double v) const { return box.hi.y - box.height() * float((v - lo) / (hi - lo)); }
  double time(float px) const {
    const double f = std::clamp(double((px - box.lo.x) / box.width()), 0.0, 1.0);
    return noiseOnLeft ? 1 - f : f;
  }
  double value(float py) const { return lo + (hi - lo) * double((box.hi.y - py) / box.height()); }
};

void transport(Context& c, const Box2& bar, bool thin) {
  const Look& l = look();
  View& v = c.session.view;
  const float size = l.px(1.75), width = bar.width();
  float x = bar.lo.x;
  const auto square = [&] {
    const Box2 b{{x, std::round(bar.center().y - size / 2)}, {x + size, std::round(bar.center().y - size / 2) + size}};
    x += size + l.px(0.1);
    return b;
  };
  const auto command = [&](Command k, Icon icon) {
    const CommandInfo& i = info(k);
    const std::string key(i.shortcut.substr(0, i.shortcut.find(';')));
    if (iconButton(i.label, square(), icon, std::string(i.label) + "   " + key)) c.result.commands.push_back(k);
  };
  if (width > l.px(24)) command(Command::GoToNoise, Icon::ToStart);
  command(Command::StepBack, Icon::StepBack);
  {
    const Box2 b = square();
    const Press p = press("play", b);
    note("play", b);
    ImGui::GetWindowDrawList()->AddRectFilled(b.lo, b.hi, p.hovered ? mix(l.guided, l.text, 0.15) : l.guided,
                                              l.em * 0.4f);
    drawIcon(ImGui::GetWindowDrawList(), c.state.playing ? Icon::Pause : Icon::Play, b.center(), l.em * 0.72f,
             l.onGuided);
    focusRing(p, b);
    tooltip(p.id, p.hovered, c.state.playing ? "Pause   Space" : "Play from noise to data   Space", "");
    if (p.clicked) c.result.commands.push_back(Command::PlayPause);
  }
  command(Command::StepForward, Icon::StepForward);
  if (width > l.px(24)) command(Command::GoToData, Icon::ToEnd);
  float right = bar.hi.x - size;
  const float y = std::round(bar.center().y - size / 2);
  if (iconButton("thin", {{right, y}, {right + size, y + size}}, thin ? Icon::Up : Icon::Down,
                 thin ? "Open the weight curve   T" : "Shrink to a bar   T"))
    c.state.timelineThin = !thin;
  if (width > l.px(20)) {
    right -= size;
    if (iconButton("flip", {{right, y}, {right + size, y + size}}, Icon::Flip,
                   v.noiseOnLeft ? "Put the data on the left" : "Put the noise on the left"))
      v.noiseOnLeft = !v.noiseOnLeft;
  }
  if (width > l.px(28)) {
    constexpr double kSpeeds[] = {0.1, 0.25, 0.5, 1, 2, 4, 8};
    std::vector<Choice> choices;
    int index = -1;
    for (double s : kSpeeds) {
      if (s == v.speed) index = int(choices.size());
      choices.push_back({shortNumber(s) + "×", std::string(fieldOf(&View::speed).help)});
    }
    x += l.px(0.3);
    const Box2 b{{x, std::round(bar.center().y - l.px(kControl) / 2)},
                 {x + l.px(4.6), std::round(bar.center().y - l.px(kControl) / 2) + l.px(kControl)}};
    note("view.speed", b);
    if (comboIn(b, "speed", shortNumber(v.speed) + "×", choices, index)) v.speed = kSpeeds[index];
    x = b.hi.x;
  }
  if (thin) return;
  // The cursor in words, as many as there is room for.
  const double ratio = c.axis.ratioAt(v.time);
  const int steps = int(c.axis.grid().size()) - 1;
  std::vector<std::string> words{"t = " + fixed(v.time, 2), "σ/α = " + shortNumber(ratio)};
  if (steps > 0) words.push_back("step " + std::to_string(c.axis.stepAt(v.time)) + " of " + std::to_string(steps));
  const float room = right - x - l.em * 1.2f;
  std::string shown;
  for (const std::string& w : words) {
    const std::string longer = shown.empty() ? w : shown + "   " + w;
    if (textWidth(l.body, longer) > room) break;
    shown = longer;
  }
  textIn({{x + l.em * 0.6f, bar.lo.y}, {right - l.em * 0.6f, bar.hi.y}}, l.body, l.secondary, shown, Align::Right);
}

void cursor(const Plot& plot, double time, float top, float bottom) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const float x = std::round(plot.x(time)), w = l.stroke(1.6);
  d->AddRectFilled({x - w / 2, top}, {x + w / 2, bottom}, l.text);
  d->AddRectFilled({x - l.em * 0.36f, top - l.em * 0.1f}, {x + l.em * 0.36f, top + l.em * 0.42f}, l.text, l.em * 0.12f);
}

void scrub(Context& c, const Plot& plot) {
  c.session.view.time = plot.time(ImGui::GetIO().MousePos.x);
  if (c.state.playing) c.result.commands.push_back(Command::PlayPause);
}

// The bar alone: a track to scrub on.
void thinTrack(Context& c, const Box2& area) {
  const Look& l = look();
  Memory& m = memory();
  const float left = area.lo.x + l.px(area.width() > l.px(28)   ? 15.5
                                      : area.width() > l.px(24) ? 10.5
                                                                : 7.2),
              right = area.hi.x - l.px(5);
  const Plot plot{{{left, area.lo.y + l.em * 0.5f}, {std::max(left + 1, right), area.hi.y - l.em * 0.5f}},
                  c.session.view.noiseOnLeft,
                  0,
                  1};
  const float y = plot.box.center().y;
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled({plot.box.lo.x, y - l.em * 0.1f}, {plot.box.hi.x, y + l.em * 0.1f}, l.line, l.em * 0.1f);
  const float a = plot.x(1), b = plot.x(c.session.view.time);
  d->AddRectFilled({std::min(a, b), y - l.em * 0.1f}, {std::max(a, b), y + l.em * 0.1f}, l.guided, l.em * 0.1f);
  const Press p = press(
      "track", {{plot.box.lo.x - l.em * 0.4f, plot.box.lo.y}, {plot.box.hi.x + l.em * 0.4f, plot.box.hi.y}}, false);
  note("view.time", plot.box);
  if (p.held) scrub(c, plot);
  cursor(plot, c.session.view.time, plot.box.lo.y + l.em * 0.1f, plot.box.hi.y);
  m.plotTarget = kNothing;
}

void drawCurve(const Context& c, const Plot& plot, const Term& t, bool active) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  constexpr int kSamples = 181;
  std::array<ImVec2, kSamples + 8> points;
  std::vector<double> times;
  for (int i = 0; i < kSamples; ++i) times.push_back(double(i) / (kSamples - 1));
  if (t.curve.kind == CurveKind::Interval) {  // its jumps, upright
    for (double edge : {c.axis.timeAt(t.curve.lo), c.axis.timeAt(t.curve.hi)})
      for (double side : {-1e-6, 1e-6}) times.push_back(std::clamp(edge + side, 0.0, 1.0));
    std::sort(times.begin(), times.end());
  }
  const int n = int(times.size());
  for (int i = 0; i < n; ++i)
    points[std::size_t(i)] = {plot.x(times[std::size_t(i)]), plot.y(weightAt(c, t, times[std::size_t(i)]))};
  const ImU32 color = t.enabled ? l.guided : l.secondary;
  if (active) {
    const float base = plot.y(0);
    const ImDrawListFlags flags = d->Flags;
    d->Flags &= ~ImDrawListFlags_AntiAliasedFill;  // soft edges would show as seams between the slices
    for (int i = 0; i + 1 < n; ++i) {
      const ImVec2 a = points[std::size_t(i)], b = points[std::size_t(i) + 1];
      d->AddQuadFilled(a, b, {b.x, base}, {a.x, base}, faded(color, 0.14));
    }
    d->Flags = flags;
  }
  d->AddPolyline(points.data(), n, active ? color : faded(color, 0.45), 0, l.stroke(active ? 1.8 : 1.1));
}

void axes(const Context& c, const Plot& plot, const Box2& area) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  // Noise levels along t.
  const int marks = std::clamp(int(plot.box.width() / (l.em * 6)), 2, 10);
  float lastEnd = -1e9f;
  for (int k = 0; k <= marks; ++k) {
    const double f = double(k) / marks, t = plot.noiseOnLeft ? 1 - f : f;
    const float x = std::round(plot.x(t));
    d->AddRectFilled({x, plot.box.lo.y}, {x + 1, plot.box.hi.y}, faded(l.line, 0.8));
    const std::string label = (k == 0 ? "σ/α " : "") + shortNumber(c.axis.ratioAt(t), 2);
    const float w = textWidth(l.small, label);
    float at = k == 0 ? area.lo.x + l.em * 0.7f : x - w / 2;
    at = std::min(at, area.hi.x - l.em * 0.7f - w);
    if (at < lastEnd + l.em * 0.4f) continue;
    lastEnd = at + w;
    textIn({{at, plot.box.hi.y + l.em * 0.3f}, {at + w + 1, plot.box.hi.y + l.em * 1.5f}}, l.small, l.secondary, label);
  }
  // Where the sampler steps.
  const auto& grid = c.axis.grid();
  if (!grid.empty() && plot.box.width() / float(grid.size()) > l.em * 0.25f)
    for (const GridPoint& g : grid) {
      const float x = std::round(plot.x(g.t));
      d->AddRectFilled({x, plot.box.hi.y}, {x + 1, plot.box.hi.y + l.em * 0.25f}, l.secondary);
    }
  // The weight upwards: zero and the top.
  const float zero = std::round(plot.y(0));
  d->AddRectFilled({plot.box.lo.x, zero}, {plot.box.hi.x, zero + 1}, l.line);
}

void weightLabels(const Context& c, const Plot& plot, bool shapeOnly) {
  const Look& l = look();
  const double shown = c.session.view.weights == WeightDisplay::CfgScale ? 1 : 0;
  const auto label = [&](double v) {
    const std::string s = shortNumber(v + (shapeOnly ? 0 : shown));
    const float y = plot.y(v), h = l.em;
    const Box2 b{{plot.box.lo.x + l.em * 0.35f, y - h * 1.02f}, {plot.box.lo.x + l.em * 5, y - h * 0.02f}};
    if (b.lo.y >= plot.box.lo.y - l.em * 0.3f) textIn(b, l.small, faded(l.secondary, 0.9), s);
  };
  label(0);
  // Round numbers, as many as have room one above the other.
  const double range = plot.hi - std::max(0.0, plot.lo), power = std::pow(10.0, std::floor(std::log10(range)));
  const double least = double(l.em * 1.1f / plot.box.height()) * (plot.hi - plot.lo);
  double unit = range / power >= 5 ? 2 * power : range / power >= 2 ? power : power / 2;
  while (unit < least) unit *= 2;
  for (double v = unit; v < plot.hi; v += unit) label(v);
}

// The handles take part in Ctrl+Tab: arrows move the focused one, Shift ten times as far, Delete removes a knot.
// Answers its index, or kNothing.
int handleKeys(Context& c, Term& t) {
  constexpr double kTimeStep = 0.005, kValueStep = 0.01,
                   kKeysLinger = 0.6;  // seconds that a gesture of keys lasts after its last change
  Memory& m = memory();
  const auto handles = handlesOf(c, t);
  int focused = kNothing;
  for (int i = 0; i < int(handles.size()); ++i) {
    const ImGuiID id = pressId("handle." + std::to_string(i));
    m.order.push_back(id);
    if (m.focus == id && m.focusVisible) focused = i;
  }
  if (focused == kNothing) return focused;
  m.focusMove = false;  // the plot does not scroll
  const double far = ImGui::GetIO().KeyShift ? 10 : 1,
               towardsData = (c.session.view.noiseOnLeft ? -1 : 1) * kTimeStep * far;
  const double up = kValueStep * far * (t.curve.kind == CurveKind::Constant ? 1 : std::abs(amplitude(t)));
  Handle h = handles[std::size_t(focused)];
  if (keyPressed(ImGuiKey_RightArrow)) h.t += towardsData;
  if (keyPressed(ImGuiKey_LeftArrow)) h.t -= towardsData;
  if (keyPressed(ImGuiKey_UpArrow)) h.value += up;
  if (keyPressed(ImGuiKey_DownArrow)) h.value -= up;
  const bool removes = t.curve.kind == CurveKind::Drawn && keyPressed(ImGuiKey_Delete);
  if (removes && removeKnot(c, t, focused)) {
    m.heldUntil = m.now + kKeysLinger;
    return kNothing;
  }
  if (h.t != handles[std::size_t(focused)].t || h.value != handles[std::size_t(focused)].value) {
    moveHandle(c, t, focused, h.t, h.value);
    m.heldUntil = m.now + kKeysLinger;
  }
  return focused;
}

void plotArea(Context& c, const Box2& area) {
  const Look& l = look();
  Memory& m = memory();
  const ImGuiIO& io = ImGui::GetIO();
  auto& terms = c.experiment.guidance;
  c.state.activeTerm = std::clamp(c.state.activeTerm, 0, std::max(0, int(terms.size()) - 1));
  Term* active = terms.empty() ? nullptr : &terms[std::size_t(c.state.activeTerm)];

  const float side = l.em * 1.4f;
  const Box2 inside{{area.lo.x + side, area.lo.y + l.em * 1.55f}, {area.hi.x - side, area.hi.y - l.em * 1.75f}};
  if (inside.height() < l.em || inside.width() < l.em) return;
  // The range follows the curves, but not under the hand that drags them.
  if (m.plotTarget < 0 || m.plotHi <= m.plotLo) {
    double lo = 0, hi = active && active->curve.kind != CurveKind::Constant ? 0.1 : 1;
    for (const Term& t : terms)
      for (int i = 0; i <= 60; ++i) {
        if (!t.enabled && &t != active) continue;
        const double v = weightAt(c, t, i / 60.0);
        lo = std::min(lo, v), hi = std::max(hi, v);
      }
    // Above the highest there is room for its number, however low the plot is.
    const double above = std::clamp(0.75 * double(l.em / inside.height()), 0.18 / 1.18, 0.6);
    m.plotLo = lo < 0 ? lo * 1.18 : 0;
    m.plotHi = m.plotLo + (hi - m.plotLo) / (1 - above);
  }
  const Plot plot{inside, c.session.view.noiseOnLeft, m.plotLo, m.plotHi};
  note("view.time", plot.box);

  // Names of the ends.
  const Box2 names{{plot.box.lo.x - l.em * 0.7f, area.lo.y}, {plot.box.hi.x + l.em * 0.7f, area.lo.y + l.em * 1.3f}};
  textIn(names, l.small, l.secondary, plot.noiseOnLeft ? "noise  t = 1" : "data  t = 0");
  textIn(names, l.small, l.secondary, plot.noiseOnLeft ? "data  t = 0" : "noise  t = 1", Align::Right);
  const bool shapeOnly = active && active->omega == 0 && active->curve.kind != CurveKind::Constant;
  std::string name = "no guidance term";
  if (active) {
    name = std::string(enumLabel(active->kind)) + (shapeOnly ? ": shape of ω(t), now ω = 0"
                                                   : c.session.view.weights == WeightDisplay::CfgScale ? ": 1 + ω(t)"
                                                                                                       : ": ω(t)");
    if (!active->enabled) name += ", off";
  }
  const float endWidth = textWidth(l.small, "noise  t = 1") + l.em;
  if (textWidth(l.small, name) < names.width() - 2 * endWidth)
    textIn(names, l.small, active && active->enabled ? l.guided : l.secondary, name, Align::Center);

  axes(c, plot, area);
  const Press p = press("plot", {{area.lo.x + l.em * 0.5f, area.lo.y}, {area.hi.x - l.em * 0.5f, area.hi.y}}, false);

  // What is under the mouse.
  const float reach = l.em * 0.75f;
  int near = kNothing;
  if (active && p.hovered) {
    float best = reach * reach;
    const auto handles = handlesOf(c, *active);
    for (int i = 0; i < int(handles.size()); ++i) {
      const float dx = plot.x(handles[std::size_t(i)].t) - io.MousePos.x,
                  dy = plot.y(handles[std::size_t(i)].value) - io.MousePos.y;
      if (dx * dx + dy * dy < best) best = dx * dx + dy * dy, near = i;
    }
  }
  const double mouseTime = plot.time(io.MousePos.x);
  const bool onCurve = active && near == kNothing && p.hovered &&
                       std::abs(plot.y(weightAt(c, *active, mouseTime)) - io.MousePos.y) < reach;

  const bool pressedNow = ImGui::IsItemActivated();
  if (pressedNow) {
    m.plotPressed = io.MousePos;
    m.plotLeft = false;
    m.plotTarget = near >= 0 ? near : onCurve ? kMaybeScrub : kScrub;
    if (active && p.doubleClicked && near < 0) {
      addKnot(c, *active, mouseTime, plot.value(io.MousePos.y));
      m.plotTarget = kNothing;
    }
  }
  if (p.held) {
    const float dx = io.MousePos.x - m.plotPressed.x, dy = io.MousePos.y - m.plotPressed.y;
    if (m.plotTarget == kMaybeScrub && dx * dx + dy * dy > reach * reach / 4) m.plotTarget = kScrub;
    if (m.plotTarget == kScrub) scrub(c, plot);
    if (m.plotTarget >= 0 && active && m.plotTarget < int(handlesOf(c, *active).size()) && !pressedNow) {
      const float out = l.em * 2.2f;
      const bool removable = active->curve.kind == CurveKind::Drawn && active->curve.knots.size() > 2;
      m.plotLeft = removable && (io.MousePos.y < area.lo.y - out || io.MousePos.y > area.hi.y + out);
      if (!m.plotLeft && (dx != 0 || dy != 0))
        moveHandle(c, *active, m.plotTarget, mouseTime, plot.value(io.MousePos.y));
    }
  } else {
    if (m.plotTarget >= 0 && m.plotLeft && active && m.plotTarget < int(active->curve.knots.size()))
      active->curve.knots.erase(active->curve.knots.begin() + m.plotTarget);
    m.plotTarget = kNothing;
    m.plotLeft = false;
  }
  if (active && near >= 0 && p.hovered && ImGui::IsMouseClicked(1) && active->curve.kind == CurveKind::Drawn &&
      removeKnot(c, *active, near))
    near = kNothing;
  const int focused = active ? handleKeys(c, *active) : kNothing;

  for (const Term& t : terms)
    if (&t != active && t.enabled) drawCurve(c, plot, t, false);
  if (active) drawCurve(c, plot, *active, true);
  weightLabels(c, plot, shapeOnly);
  cursor(plot, c.session.view.time, plot.box.lo.y - l.em * 0.2f, plot.box.hi.y + l.em * 0.1f);
  if (!active) return;
  ImDrawList* d = ImGui::GetWindowDrawList();
  const auto handles = handlesOf(c, *active);
  const ImU32 color = active->enabled ? l.guided : l.secondary;
  for (int i = 0; i < int(handles.size()); ++i) {
    const ImVec2 at{plot.x(handles[std::size_t(i)].t), plot.y(handles[std::size_t(i)].value)};
    const bool held = m.plotTarget == i, hot = held || near == i || focused == i;
    d->AddCircleFilled(at, l.em * (hot ? 0.46f : 0.4f), held && m.plotLeft ? l.panel : hot ? color : l.panel);
    d->AddCircle(at, l.em * (hot ? 0.46f : 0.4f), held && m.plotLeft ? l.other : color, 0, l.stroke(1.8));
    if (focused == i) d->AddCircle(at, l.em * 0.72f, l.text, 0, l.stroke(1.5));
    note("guidance." + std::to_string(c.state.activeTerm) + ".curve.handle." + std::to_string(i),
         {{at.x - 2, at.y - 2}, {at.x + 2, at.y + 2}});
  }
  if (onCurve && !p.held) {
    const float y = plot.y(weightAt(c, *active, mouseTime));
    d->AddCircle({io.MousePos.x, y}, l.em * 0.34f, faded(color, 0.6), 0, l.stroke(1.2));
  }
  tooltip(p.id, p.hovered && (near >= 0 || onCurve),
          near >= 0 ? "Drag to shape the weight" : "Double click adds a knot",
          near >= 0 && active->curve.kind == CurveKind::Drawn
              ? "A right click, dragging it out, or Delete removes the knot. Ctrl+Tab and the arrow keys move it, too."
              : "");
}

}  // namespace

void timeline(Context& c, const Box2& area, bool thin) {
  const Look& l = look();
  const float pad = l.px(0.7);
  if (thin) {
    const Box2 bar{{area.lo.x + pad, area.lo.y}, {area.hi.x - pad, area.hi.y}};
    transport(c, bar, true);
    thinTrack(c, bar);
    return;
  }
  const Box2 bar{{area.lo.x + pad, area.lo.y + l.em * 0.35f}, {area.hi.x - pad, area.lo.y + l.em * 2.5f}};
  transport(c, bar, false);
  plotArea(c, {{area.lo.x, bar.hi.y + l.em * 0.15f}, area.hi});
}

}  // namespace gs::ui
