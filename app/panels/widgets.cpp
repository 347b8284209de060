#include "widgets.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gs::ui {
namespace {

Memory* attached = nullptr;
constexpr double kTooltipDelay = 0.45;

std::string_view withoutLastCharacter(std::string_view s) {
  if (!s.empty()) s.remove_suffix(1);
  while (!s.empty() && (static_cast<unsigned char>(s.back()) & 0xC0) == 0x80) s.remove_suffix(1);
  if (!s.empty() && (static_cast<unsigned char>(s.back()) & 0xC0) == 0xC0) s.remove_suffix(1);
  return s;
}

}  // namespace

Memory& memory() { return *attached; }
void setMemory(Memory* m) { attached = m; }

void edge(const Box2& box, ImU32 c, float radius, float width) {
  if (width == 0) width = std::max(1.f, std::round(look().em / 13));
  ImGui::GetWindowDrawList()->AddRect({box.lo.x + 0.5f, box.lo.y + 0.5f}, {box.hi.x - 0.5f, box.hi.y - 0.5f}, c, radius,
                                      0, width);
}

// ---- text ----------------------------------------------------------------------------------------------------------
float textWidth(const ImFont* font, std::string_view s) {
  return font->CalcTextSizeA(font->FontSize, 1e9f, 0, s.data(), s.data() + s.size()).x;
}

void textIn(const Box2& box, const ImFont* font, ImU32 c, std::string_view s, Align align, bool mayShorten) {
  float width = textWidth(font, s);
  std::string shortened;
  if (width > box.width() + 0.5f) {
    if (!mayShorten) memory().clipped.push_back({std::string(s), width, box.width()});
    std::string_view rest = s;
    while (!rest.empty() && width > box.width()) {
      rest = withoutLastCharacter(rest);
      shortened = std::string(rest) + "…";
      width = textWidth(font, shortened);
    }
    s = shortened;
  }
  const float slack = box.width() - width;
  const float x = box.lo.x + (align == Align::Left ? 0 : align == Align::Right ? slack : slack / 2);
  const float y = box.center().y - font->FontSize / 2;
  ImGui::GetWindowDrawList()->AddText(font, font->FontSize, {std::round(x), std::round(y)}, c, s.data(),
                                      s.data() + s.size());
}

std::vector<std::string> wrapped(const ImFont* font, std::string_view s, float width) {
  std::vector<std::string> lines{""};
  while (!s.empty()) {
    const auto endFrom = [&](std::size_t at) { return std::min(s.find_first_of(" \n", at), s.size()); };
    std::size_t begin = 0, end = endFrom(0);
    // "28 %" and "ω = 2" stay together.
    while (end < s.size() && s[end] == ' ') {
      const std::size_t next = endFrom(end + 1);
      const std::string_view last = s.substr(begin, end - begin), following = s.substr(end + 1, next - end - 1);
      if (!following.starts_with('%') && following != "=" && last != "=") break;
      begin = end + 1, end = next;
    }
    std::string_view word = s.substr(0, end);
    const std::string longer = lines.back().empty() ? std::string(word) : lines.back() + ' ' + std::string(word);
    if (lines.back().empty() || textWidth(font, longer) <= width)
      lines.back() = longer;
    else
      lines.emplace_back(word);
    // A word that is wider than the line, a path for instance, is broken anywhere.
    while (textWidth(font, lines.back()) > width) {
      std::string_view part = lines.back();
      while (!withoutLastCharacter(part).empty() && textWidth(font, part) > width) part = withoutLastCharacter(part);
      if (part.size() == lines.back().size()) break;
      std::string rest = lines.back().substr(part.size());
      lines.back().resize(part.size());
      lines.push_back(std::move(rest));
    }
    if (end < s.size() && s[end] == '\n') lines.emplace_back();
    s.remove_prefix(std::min(end + 1, s.size()));
  }
  return lines;
}

void wrappedText(const ImFont* font, ImU32 c, std::string_view s) {
  Memory& m = memory();
  const float height = std::round(font->FontSize * 1.08f);
  for (const std::string& line : wrapped(font, s, m.x1 - m.x0))
    textIn(takeBox(double(height / look().em)), font, c, line);
}

namespace {
// Letter by letter, because ImGui has no tracking. Draws where `list` is given.
float spacedCapitals(ImDrawList* list, ImVec2 at, ImU32 c, std::string_view s) {
  const ImFont* font = look().title;
  const float space = font->FontSize * 0.06f;
  float x = 0;
  for (std::size_t i = 0; i < s.size();) {
    std::size_t n = 1;
    while (i + n < s.size() && (static_cast<unsigned char>(s[i + n]) & 0xC0) == 0x80) ++n;
    char letter[8] = {};
    std::copy_n(s.data() + i, std::min<std::size_t>(n, 7), letter);
    if (n == 1 && letter[0] >= 'a' && letter[0] <= 'z') letter[0] = char(letter[0] - 'a' + 'A');
    if (list) list->AddText(font, font->FontSize, {at.x + x, at.y}, c, letter);
    x += textWidth(font, letter) + space;
    i += n;
  }
  return x - space;
}
}  // namespace

float titleWidth(std::string_view s) { return spacedCapitals(nullptr, {}, 0, s); }
void title(const Box2& box, std::string_view s) {
  const float width = titleWidth(s);
  if (width > box.width() + 0.5f) memory().clipped.push_back({std::string(s), width, box.width()});
  const ImVec2 at{box.lo.x, std::round(box.center().y - look().title->FontSize / 2)};
  spacedCapitals(ImGui::GetWindowDrawList(), at, look().secondary, s);
}

// ---- frames --------------------------------------------------------------------------------------------------------
bool beginCard(const char* id, std::string_view name, std::string_view right, bool warning) {
  Memory& m = memory();
  const Look& l = look();
  ImGui::PushID(id);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->ChannelsSplit(2);
  list->ChannelsSetCurrent(1);
  m.cardTop = ImGui::GetCursorScreenPos().y;
  m.cardWarning = warning;
  m.x0 += l.px(kCardPad);
  m.x1 -= l.px(kCardPad);
  m.labelWidth = std::round((m.x1 - m.x0) * 0.36f);
  takeBox(kCardPad * 0.55);
  const Box2 head = takeBox(1.75);
  ImGuiStorage* storage = ImGui::GetStateStorage();
  const ImGuiID folded = ImGui::GetID("folded");
  // Only the words fold the card: the rest of the head may hold a control of its own.
  const Press p =
      press("head", {head.lo, {std::min(head.hi.x, head.lo.x + titleWidth(name) + l.em * 1.3f), head.hi.y}}, false);
  if (p.clicked) storage->SetBool(folded, !storage->GetBool(folded));
  const float rightWidth = right.empty() ? 0 : textWidth(l.small, right);
  title({head.lo, {head.hi.x - rightWidth, head.hi.y}}, name);
  const bool open = !storage->GetBool(folded);
  if (!right.empty()) textIn(head, l.small, l.secondary, right, Align::Right, true);
  if (p.hovered || !open) {
    const float x = m.x0 + titleWidth(name) + l.em * 0.8f;
    if (x + l.em * 0.5f < m.x1 - rightWidth)
      drawIcon(list, open ? Icon::Down : Icon::Right, {x, head.center().y}, l.em * 0.5f, l.secondary);
  }
  return open;
}

void endCard() {
  Memory& m = memory();
  const Look& l = look();
  takeBox(kCardPad * 0.6);
  m.x0 -= l.px(kCardPad);
  m.x1 += l.px(kCardPad);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->ChannelsSetCurrent(0);
  const ImVec2 lo{m.x0, m.cardTop}, hi{m.x1, ImGui::GetCursorScreenPos().y};
  list->AddRectFilled(lo, hi, l.card, l.em * kRadius);
  list->AddRect({lo.x + 0.5f, lo.y + 0.5f}, {hi.x - 0.5f, hi.y - 0.5f}, m.cardWarning ? l.warning : l.line,
                l.em * kRadius, 0, std::max(1.f, std::round(l.em / 13)));
  list->ChannelsMerge();
  ImGui::PopID();
  takeBox(kGap);
}

void gap(double ems) { takeBox(ems); }

void rule() {
  const Box2 b = takeBox(0.08);
  ImGui::GetWindowDrawList()->AddRectFilled(b.lo, b.hi, faded(look().line, 0.7));
}

// ---- boxes and rows ------------------------------------------------------------------------------------------------
Box2 takeBox(double ems) {
  Memory& m = memory();
  const float y = ImGui::GetCursorScreenPos().y, height = std::round(float(ems) * look().em);
  ImGui::SetCursorScreenPos({m.x0, y});
  ImGui::Dummy({m.x1 - m.x0, height});
  ImGui::SetCursorScreenPos({m.x0, y + height});
  return {{m.x0, y}, {m.x1, y + height}};
}

Box2 row(std::string_view label, bool changed, bool strong) {
  Memory& m = memory();
  const Look& l = look();
  const ImFont* font = strong ? l.strong : l.body;
  const float needs = textWidth(font, label) + (changed ? l.em * 0.7f : 0);
  const bool beside = needs <= m.labelWidth - l.em * 0.3f;
  Box2 labelBox = takeBox(beside ? kRow : kRow * 0.85);
  Box2 control = beside ? labelBox : takeBox(kRow);
  if (beside) {
    labelBox.hi.x = labelBox.lo.x + m.labelWidth;
    control.lo.x += m.labelWidth;
  }
  textIn(labelBox, font, m.muted ? l.secondary : l.text, label);
  if (changed)
    ImGui::GetWindowDrawList()->AddCircleFilled(
        {labelBox.lo.x + textWidth(font, label) + l.em * 0.5f, labelBox.center().y}, l.em * 0.16f, l.secondary);
  const float slack = (control.height() - l.px(kControl)) / 2;
  control.lo.y = std::round(control.lo.y + slack);
  control.hi.y = control.lo.y + l.px(kControl);
  return control;
}

Press press(std::string_view id, const Box2& box, bool focusable) {
  Memory& m = memory();
  const ImVec2 cursor = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos(box.lo);
  ImGui::PushID(m.path.c_str());  // two structs of one card may have fields of one name
  ImGui::PushID(id.data(), id.data() + id.size());
  Press p;
  p.id = ImGui::GetID("press");
  p.clicked = ImGui::InvisibleButton("press", {std::max(1.f, box.width()), std::max(1.f, box.height())});
  p.held = ImGui::IsItemActive();
  p.hovered = ImGui::IsItemHovered();
  p.doubleClicked = p.hovered && ImGui::IsMouseDoubleClicked(0);
  ImGui::PopID();
  ImGui::PopID();
  if (focusable) {
    m.order.push_back(p.id);
    p.focused = m.focus == p.id;
    if (p.focused && m.focusVisible && m.typing == 0 && (keyPressed(ImGuiKey_Enter) || keyPressed(ImGuiKey_Space)))
      p.clicked = true;
    if (p.focused && m.focusMove) {
      ImGui::SetScrollHereY(0.5f);
      m.focusMove = false;
    }
  }
  ImGui::SetCursorScreenPos(cursor);
  return p;
}

ImGuiID pressId(std::string_view id) {
  ImGui::PushID(memory().path.c_str());
  ImGui::PushID(id.data(), id.data() + id.size());
  const ImGuiID found = ImGui::GetID("press");
  ImGui::PopID();
  ImGui::PopID();
  return found;
}

void focusRing(const Press& p, const Box2& box) {
  if (!p.focused || !memory().focusVisible) return;
  const float grow = look().em * 0.14f;
  ImGui::GetWindowDrawList()->AddRect({box.lo.x - grow, box.lo.y - grow}, {box.hi.x + grow, box.hi.y + grow},
                                      look().text, look().em * 0.5f, 0, look().stroke(1.5));
}

void tooltip(ImGuiID id, bool hovered, std::string_view heading, std::string_view body, std::string_view foot) {
  Memory& m = memory();
  if (!hovered || ImGui::IsAnyItemActive() || ImGui::GetIO().MouseDown[0]) return;
  m.hoverNow = id;
  if (m.hover != id) {
    m.hover = id;
    m.hoverSince = m.now;
  }
  if (m.now - m.hoverSince < kTooltipDelay) {
    m.animate = true;
    return;
  }
  const Look& l = look();
  struct Line {
    const ImFont* font;
    ImU32 color;
    std::string text;
  };
  std::vector<Line> lines;
  float width = 0, height = 0;
  const auto add = [&](const ImFont* font, ImU32 c, std::string_view s) {
    if (s.empty()) return;
    for (std::string& line : wrapped(font, s, l.em * 22)) {
      width = std::max(width, textWidth(font, line));
      height += std::round(font->FontSize * 1.12f);
      lines.push_back({font, c, std::move(line)});
    }
  };
  add(l.strong, l.text, heading);
  for (std::string_view rest = body; !rest.empty();) {  // line by line
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    add(l.body, l.text, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  add(l.small, l.secondary, foot);
  const float padX = l.em * 0.7f, padY = l.em * 0.5f;
  const ImVec2 display = ImGui::GetIO().DisplaySize, mouse = ImGui::GetIO().MousePos,
               size{width + 2 * padX, height + 2 * padY};
  // Beside a panel that stands at a side, above one that lies below: the control stays visible.
  ImVec2 at{mouse.x + l.em, mouse.y + l.em * 1.2f};
  const float away = l.em * 0.4f;
  if (m.panel.height() > display.y * 0.9f && m.panel.width() < display.x * 0.9f)
    at = {m.panel.center().x < display.x / 2 ? m.panel.hi.x + away : m.panel.lo.x - size.x - away,
          mouse.y - l.em * 1.2f};
  else if (m.panel.height() < display.y * 0.5f)
    at = {mouse.x - l.em, m.panel.lo.y - size.y - away};
  at = {std::round(std::clamp(at.x, 0.f, std::max(0.f, display.x - size.x))),
        std::round(std::clamp(at.y, 0.f, std::max(0.f, display.y - size.y)))};
  ImGui::SetNextWindowPos(at);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, l.em * 0.5f);
  ImGui::BeginTooltip();
  ImDrawList* d = ImGui::GetWindowDrawList();
  float y = at.y + padY;
  for (const Line& line : lines) {
    d->AddText(line.font, line.font->FontSize, {at.x + padX, y}, line.color, line.text.c_str());
    y += std::round(line.font->FontSize * 1.12f);
  }
  ImGui::EndTooltip();
  ImGui::PopStyleVar();
}

void note(std::string_view path, const Box2& box) {
  Memory& m = memory();
  m.result->controls.push_back(
      {m.path + std::string(path), {int(box.lo.x), int(box.lo.y), int(box.width()), int(box.height())}});
}

// ---- numbers -------------------------------------------------------------------------------------------------------
std::string fixed(double v, int decimals) {
  if (std::isnan(v)) return "–";
  if (std::isinf(v)) return v > 0 ? "∞" : "−∞";
  const double unit = std::pow(10.0, -decimals);
  if (std::abs(v) < unit / 2) v = 0;
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::abs(v), std::chars_format::fixed, decimals).ptr;
  return (v < 0 ? "−" : "") + std::string(buffer, end);
}

std::string powerOfTen(int exponent) {
  constexpr const char* kSmall[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "10⁻" : "10";
  for (const char c : std::to_string(std::abs(exponent))) out += kSmall[c - '0'];
  return out;
}

std::string shortNumber(double v, int digits) {
  const double a = std::abs(v);
  if (!(a > 0) || !std::isfinite(a)) return fixed(v, 0);
  if (a >= 1e6 || a < 1e-4) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, a, std::chars_format::scientific, 1).ptr;
    const std::string_view whole(buffer, std::size_t(end - buffer));  // "1.3e-05"
    const std::size_t e = whole.find('e');
    std::string digit(whole.substr(0, e));
    if (digit.ends_with(".0")) digit.resize(digit.size() - 2);
    int power = 0;
    std::from_chars(buffer + e + (whole[e + 1] == '+' ? 2 : 1), end, power);
    return (v < 0 ? "−" : "") + (digit == "1" ? "" : digit + "·") + powerOfTen(power);
  }
  std::string s = fixed(v, std::clamp(digits - 1 - int(std::floor(std::log10(a))), 0, 6));
  if (s.find('.') != std::string::npos) {
    while (s.back() == '0') s.pop_back();
    if (s.back() == '.') s.pop_back();
  }
  return s;
}

std::string grouped(long long v) {
  std::string digits = std::to_string(v < 0 ? -v : v), out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0 && digits.size() > 3) out += "\u00A0";
    out += digits[i];
  }
  return (v < 0 ? "−" : "") + out;
}

std::string sentence(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = char(words[0] - 'a' + 'A');
  return words + (words.empty() || words.ends_with('.') ? "" : ".");
}

bool keyPressed(ImGuiKey key) { return ImGui::IsKeyPressed(ImGui::GetKeyIndex(key)); }

void progressBar(double done) {
  const Look& l = look();
  const Box2 b = takeBox(0.5);
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(b.lo, b.hi, l.control, l.em * 0.2f);
  d->AddRectFilled(b.lo, {b.lo.x + b.width() * float(done), b.hi.y}, l.guided, l.em * 0.2f);
}

}  // namespace gs::ui
