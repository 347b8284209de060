// Sliders. They fill from the neutral value, a double click resets, Ctrl+click types, Shift is finer, arrow keys and
// the wheel nudge the focused one.
#include <imgui_internal.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "widgets.h"

namespace gs::ui {
namespace {

constexpr double kEnds = 0.05;   // of the track, for a value that stands apart (0 of a log scale, "own end")
constexpr double kLinger = 0.6;  // seconds that a gesture of wheel or keys lasts after its last change
constexpr double kFine = 0.1;

// The smallest 1, 2 or 5 times a power of ten that is not below x.
double niceStep(double x) {
  if (!(x > 0)) return 0;
  const double power = std::pow(10.0, std::floor(std::log10(x)));
  for (double m : {1.0, 2.0, 5.0})
    if (m * power >= x * (1 - 1e-9)) return m * power;
  return 10 * power;
}

struct Track {
  const SliderSpec& s;
  double logLo() const { return s.lo > 0 ? s.lo : 1e-3; }
  double begin() const { return s.log && s.lo <= 0 && s.zeroText.empty() ? kEnds : 0; }
  double end() const { return s.zeroText.empty() ? 1 : 1 - kEnds; }
  double raw(double value) const {  // 0..1 of the continuous part
    if (s.log) return std::log(std::max(value, logLo()) / logLo()) / std::log(s.hi / logLo());
    if (s.bend > 0) {
      const double a = std::asinh(s.lo / s.bend), b = std::asinh(s.hi / s.bend);
      return (std::asinh(value / s.bend) - a) / (b - a);
    }
    return (value - s.lo) / (s.hi - s.lo);
  }
  double value(double r) const {
    if (s.log) return logLo() * std::pow(s.hi / logLo(), r);
    if (s.bend > 0) {
      const double a = std::asinh(s.lo / s.bend), b = std::asinh(s.hi / s.bend);
      return s.bend * std::sinh(a + (b - a) * r);
    }
    return s.lo + (s.hi - s.lo) * r;
  }
};

double step(const SliderSpec& s, double r, double trackPixels, bool fine) {
  const Track t{s};
  const double e = 1e-4, slope = (t.value(std::min(1.0, r + e)) - t.value(std::max(0.0, r - e))) / (2 * e);
  double q = niceStep(slope / std::max(40.0, trackPixels) * (fine ? 0.4 * kFine : 0.4));
  if (s.integer) q = std::max(1.0, q);
  return q;
}

double rounded(const SliderSpec& s, double v, double q) {
  if (q > 0) v = std::round(v / q) * q;
  // Multiples of a decimal step print short: 0.30000000000000004 becomes 0.3.
  const double inverse = std::round(1 / q);
  if (q < 1 && inverse > 0) v = std::round(v * inverse) / inverse;
  return std::clamp(v, s.log && s.lo <= 0 ? Track{s}.logLo() : s.lo, s.hi);
}

std::string rangeText(const SliderSpec& s) {
  const auto show = [&](double v) { return s.integer ? grouped(std::llround(v)) : shortNumber(v + s.shown); };
  std::string out = s.symbol.empty() ? "" : s.symbol + "   ";
  out += show(s.lo) + " to " + show(s.hi);
  if (!s.unit.empty() && s.unit != s.symbol) out += " " + s.unit;
  out += "   default " + (s.zeroText.empty() || s.reset != 0 ? show(s.reset) : s.zeroText);
  return out + "\nDouble click resets, Ctrl+click types, Shift is finer";
}

void startTyping(Memory& m, ImGuiID id, const SliderSpec& s, double value) {
  m.typing = id;
  m.typingStarts = true;
  const double v = s.integer ? std::round(value) : value + s.shown;
  const auto end = std::to_chars(m.typed, m.typed + sizeof m.typed - 1, v).ptr;
  *end = 0;
}

// Reads what was typed; says in the message bar why it cannot be taken.
bool takeTyped(Memory& m, const SliderSpec& s, double& value) {
  std::string text;
  for (std::string_view rest = m.typed; !rest.empty();) {
    if (rest.starts_with("−")) {
      text += '-';
      rest.remove_prefix(std::string_view("−").size());
      continue;
    }
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == ' ' || (c == '+' && text.empty())) continue;
    text += c == ',' ? '.' : c;
  }
  const std::string name = s.label.empty() ? "The value" : s.label;
  const auto refuse = [&](const std::string& why) {
    m.state->message = name + ": " + why + ". Type a number from " + shortNumber(s.lo + s.shown) + " to " +
                       shortNumber(s.hi + s.shown) + ".";
    m.state->messageIsError = true;
    return false;
  };
  double v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(v))
    return refuse("“" + std::string(m.typed) + "” is not a number");
  v -= s.shown;
  if (s.integer && v != std::round(v)) return refuse("“" + std::string(m.typed) + "” is not a whole number");
  const bool special = !s.zeroText.empty() && v == 0;
  if (!special && (v < s.lo || v > s.hi)) return refuse(std::string(m.typed) + " is outside its range");
  const bool changed = v != value;
  value = v;
  return changed;
}

bool typeIn(Memory& m, const Box2& box, const SliderSpec& s, double& value) {
  const Look& l = look();
  const ImVec2 cursor = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos(box.lo);
  ImGui::PushItemWidth(box.width());
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {l.em * 0.5f, (box.height() - l.body->FontSize) / 2});
  if (m.typingStarts) ImGui::SetKeyboardFocusHere();
  const bool entered = ImGui::InputText("##typed", m.typed, sizeof m.typed,
                                        ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  const bool over = ImGui::IsItemDeactivated();
  ImGui::PopStyleVar();
  ImGui::PopItemWidth();
  ImGui::SetCursorScreenPos(cursor);
  ImGui::GetWindowDrawList()->AddRect(box.lo, box.hi, l.guided, l.em * 0.4f, 0, l.stroke(1));
  const bool cancelled = keyPressed(ImGuiKey_Escape);
  bool changed = false;
  if (!m.typingStarts && (entered || over)) {
    if (!cancelled) changed = takeTyped(m, s, value);
    m.typing = 0;
  }
  m.typingStarts = false;
  return changed;
}

void draw(const Box2& box, const SliderSpec& s, double value, bool hot, bool muted) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const float radius = l.em * 0.4f, width = box.width(), bar = l.px(0.28);
  if (s.highlight) {  // an invitation: a quiet halo
    for (int i = 3; i >= 1; --i) {
      const float grow = l.em * 0.12f * float(i);
      d->AddRect({box.lo.x - grow, box.lo.y - grow}, {box.hi.x + grow, box.hi.y + grow}, faded(l.guided, 0.5 / i),
                 radius + grow, 0, l.em * 0.13f);
    }
  }
  d->AddRectFilled(box.lo, box.hi, hot ? l.controlHover : l.control, radius);
  const auto x = [&](double v) { return box.lo.x + bar / 2 + float(sliderPosition(s, v)) * (width - bar); };
  const float a = x(s.zeroText.empty() ? std::clamp(s.neutral, s.lo, s.hi) : 0), b = x(value);
  if (std::abs(b - a) > 1) {
    const bool left = std::min(a, b) - box.lo.x < radius, right = box.hi.x - std::max(a, b) < radius;
    d->AddRectFilled({left ? box.lo.x : std::min(a, b), box.lo.y}, {right ? box.hi.x : std::max(a, b), box.hi.y},
                     muted ? mix(l.card, l.other, 0.3) : l.fill, radius,
                     (left ? ImDrawFlags_RoundCornersLeft : 0) | (right ? ImDrawFlags_RoundCornersRight : 0) |
                         (!left && !right ? ImDrawFlags_RoundCornersNone : 0));
  }
  edge(box, hot ? l.secondary : l.line, radius);
  d->AddRectFilled({std::round(b - bar / 2), box.lo.y}, {std::round(b + bar / 2), box.hi.y},
                   muted ? l.secondary : l.guided, bar / 2);
  const float pad = l.em * 0.5f;
  const std::string shown = sliderText(s, value);
  // The number stays clear of the handle: at the right end it moves inside the fill.
  const float needs = textWidth(l.body, shown);
  Box2 text{{box.lo.x + pad, box.lo.y}, {box.hi.x - pad, box.hi.y}};
  if (b + bar / 2 + pad > text.hi.x - needs && b - bar > text.lo.x + needs)
    text.hi.x = std::min(text.hi.x, b - bar / 2 - pad * 0.7f);
  textIn(text, l.body, muted ? l.secondary : l.text, shown, Align::Right);
}

}  // namespace

SliderSpec spec(const Field& f, double reset) {
  SliderSpec s;
  s.id = f.name;
  s.label = f.label;
  s.symbol = f.symbol;
  s.unit = f.unit;
  s.help = f.help;
  s.lo = f.lo;
  s.hi = f.hi;
  s.neutral = f.neutral;
  s.reset = reset;
  s.log = f.scale == Scale::Log;
  return s;
}

double sliderPosition(const SliderSpec& s, double value) {
  const Track t{s};
  if (!s.zeroText.empty() && value == 0) return 1;
  if (s.log && s.lo <= 0 && value <= 0) return 0;
  return t.begin() + (t.end() - t.begin()) * std::clamp(t.raw(value), 0.0, 1.0);
}

double sliderValue(const SliderSpec& s, double position, double trackPixels, bool fine) {
  const Track t{s};
  if (!s.zeroText.empty() && position > 1 - kEnds / 2) return 0;
  if (t.begin() > 0 && position < kEnds / 2) return 0;
  const double r = std::clamp((position - t.begin()) / (t.end() - t.begin()), 0.0, 1.0);
  return rounded(s, t.value(r), step(s, r, trackPixels, fine));
}

std::string sliderText(const SliderSpec& s, double value) {
  if (!s.zeroText.empty() && value == 0) return s.zeroText;
  if (s.integer) return grouped(std::llround(value));
  if (s.log) return shortNumber(value);
  return fixed(value + s.shown, 2);
}

bool sliderIn(const Box2& box, const SliderSpec& s, double& value) {
  Memory& m = memory();
  const ImGuiIO& io = ImGui::GetIO();
  note(s.id, box);
  ImGui::PushID(s.id.data(), s.id.data() + s.id.size());
  const double before = value;
  bool changed = false;
  if (m.typing != 0 && m.typing == pressId(s.id)) {
    m.order.push_back(m.typing);
    changed = typeIn(m, box, s, value);
    ImGui::PopID();
    return changed;
  }
  const Press p = press(s.id, box);
  const float bar = look().px(0.28), width = std::max(1.f, box.width() - bar);
  const float x = (io.MousePos.x - box.lo.x - bar / 2) / width;
  if (ImGui::IsItemActivated()) {
    m.focus = p.id;
    m.focusVisible = false;
    m.dragging = p.id;
    m.dragPosition = sliderPosition(s, value);
    if (p.doubleClicked) {
      m.dragging = 0;
      value = s.reset;
    } else if (io.KeyCtrl) {
      m.dragging = 0;
      startTyping(m, p.id, s, value);
    } else if (std::abs(double(x) - m.dragPosition) * double(width) > double(look().em) * 0.6) {
      m.dragPosition = double(x);
      value = sliderValue(s, m.dragPosition, width, io.KeyShift);
    }
  } else if (p.held && m.dragging == p.id && io.MouseDelta.x != 0) {
    m.dragPosition += double(io.MouseDelta.x) / double(width) * (io.KeyShift ? kFine : 1.0);
    value = sliderValue(s, std::clamp(m.dragPosition, 0.0, 1.0), width, io.KeyShift);
  }
  if (p.focused && !p.held) {
    int nudge = 0;
    if (keyPressed(ImGuiKey_RightArrow) || keyPressed(ImGuiKey_UpArrow)) nudge = 1;
    if (keyPressed(ImGuiKey_LeftArrow) || keyPressed(ImGuiKey_DownArrow)) nudge = -1;
    if (p.hovered) {
#if IMGUI_VERSION_NUM < 18900
      ImGui::SetItemUsingMouseWheel();
#else
      ImGui::SetItemKeyOwner(ImGuiKey_MouseWheelY);
#endif
      if (io.MouseWheel != 0) nudge = io.MouseWheel > 0 ? 1 : -1;
    }
    if (nudge != 0) {
      const Track t{s};
      const double r = std::clamp(t.raw(value), 0.0, 1.0),
                   q = step(s, r, width, io.KeyShift) * (io.KeyShift && !s.integer ? 1 : 2);
      if (!s.zeroText.empty() && value == 0)
        value = nudge < 0 ? s.hi : 0;
      else if (!s.zeroText.empty() && value >= s.hi && nudge > 0)
        value = 0;
      else
        value = rounded(s, value + nudge * q, q);
      m.heldUntil = m.now + kLinger;
    }
    if (m.focusVisible && keyPressed(ImGuiKey_Enter)) startTyping(m, p.id, s, value);
  }
  changed = value != before;
  draw(box, s, value, p.hovered || p.held, m.muted);
  focusRing(p, box);
  tooltip(p.id, p.hovered, s.label, s.help, rangeText(s));
  ImGui::PopID();
  return changed;
}

bool numberIn(const Box2& box, const SliderSpec& s, double& value) {
  Memory& m = memory();
  const Look& l = look();
  note(s.id, box);
  if (m.typing != 0 && m.typing == pressId(s.id)) {
    m.order.push_back(m.typing);
    return typeIn(m, box, s, value);
  }
  const Press p = press(s.id, box);
  if (p.clicked) startTyping(m, p.id, s, value);
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(box.lo, box.hi, p.hovered ? l.controlHover : l.control, l.em * 0.4f);
  edge(box, p.hovered ? l.secondary : l.line, l.em * 0.4f);
  textIn({{box.lo.x + l.em * 0.5f, box.lo.y}, {box.hi.x - l.em * 0.5f, box.hi.y}}, l.body, l.text, sliderText(s, value),
         Align::Right);
  focusRing(p, box);
  tooltip(p.id, p.hovered, s.label, s.help, "Click to type a number");
  return false;
}

bool slider(const SliderSpec& s, double& value) {
  return sliderIn(row(s.label, value != s.reset, s.highlight), s, value);
}

}  // namespace gs::ui
