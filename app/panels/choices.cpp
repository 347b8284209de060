// Combos, segmented controls, toggles, buttons and text fields.
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "widgets.h"

namespace gs::ui {
namespace {

void surface(const Box2& box, bool hot, bool on = false) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(box.lo, box.hi, hot || on ? l.controlHover : l.control, l.em * 0.4f);
  edge(box, hot ? l.secondary : l.line, l.em * 0.4f);
}

void mark(ImVec2 c, ImU32 color) { ImGui::GetWindowDrawList()->AddCircleFilled(c, look().em * 0.3f, color); }

}  // namespace

int popupList(std::string_view id, const Box2& box, bool open, const std::vector<Choice>& choices, int current) {
  Memory& m = memory();
  const Look& l = look();
  const std::string name = m.path + std::string(id);
  if (open) {
    ImGui::OpenPopup(name.c_str());
    m.popupIndex = current;
  }
  if (!ImGui::IsPopupOpen(name.c_str())) return -1;
  float width = box.width();
  for (const Choice& c : choices) width = std::max(width, textWidth(l.body, c.label) + l.em * 3.2f);
  const auto headings =
      std::count_if(choices.begin(), choices.end(), [](const Choice& c) { return !c.heading.empty(); });
  constexpr double kHeading = 1.5;
  const float pad = l.px(0.4), item = l.px(kRow),
              height = item * float(choices.size()) + l.px(kHeading) * float(headings) + 2 * pad;
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const float shownHeight = std::min(height, display.y - l.em);
  float y = box.hi.y + l.px(0.15);
  if (y + shownHeight > display.y - l.em * 0.3f) y = std::max(l.em * 0.3f, box.lo.y - l.px(0.15) - shownHeight);
  const float x = std::clamp(box.hi.x - width, 0.f, std::max(0.f, std::min(box.lo.x, display.x - width)));
  ImGui::SetNextWindowPos({x, std::min(y, display.y - shownHeight)});
  ImGui::SetNextWindowSize({width, shownHeight});
  int chosen = -1;
  if (ImGui::BeginPopup(name.c_str(), ImGuiWindowFlags_NoMove)) {
    const float x0 = m.x0, x1 = m.x1;
    const std::vector<ImGuiID> order = m.order;  // the list has keys of its own
    m.x0 = ImGui::GetWindowPos().x + pad;
    m.x1 = ImGui::GetWindowPos().x + width - pad;
    ImGui::SetCursorScreenPos({m.x0, ImGui::GetWindowPos().y + pad - ImGui::GetScrollY()});
    const int n = int(choices.size());
    if (keyPressed(ImGuiKey_DownArrow)) m.popupIndex = (m.popupIndex + 1) % n;
    if (keyPressed(ImGuiKey_UpArrow)) m.popupIndex = (m.popupIndex + n - 1) % n;
    if (keyPressed(ImGuiKey_Home)) m.popupIndex = 0;
    if (keyPressed(ImGuiKey_End)) m.popupIndex = n - 1;
    const bool moved = keyPressed(ImGuiKey_DownArrow) || keyPressed(ImGuiKey_UpArrow) || keyPressed(ImGuiKey_Home) ||
                       keyPressed(ImGuiKey_End);
    for (int i = 0; i < n; ++i) {
      const Choice& c = choices[std::size_t(i)];
      if (!c.heading.empty()) {
        const Box2 h = takeBox(kHeading);
        textIn({{h.lo.x + l.em * 0.6f, h.lo.y}, h.hi}, l.small, l.secondary, c.heading);
      }
      const Box2 b = takeBox(kRow);
      if (moved && m.popupIndex == i) {  // a long list follows the keys
        const float top = ImGui::GetWindowPos().y + pad, bottom = top + shownHeight - 2 * pad;
        if (b.lo.y < top) ImGui::SetScrollY(ImGui::GetScrollY() + b.lo.y - top);
        if (b.hi.y > bottom) ImGui::SetScrollY(ImGui::GetScrollY() + b.hi.y - bottom);
      }
      const Press p = press("choice" + std::to_string(i), b, false);
      note(std::string(id) + "." + std::to_string(i), b);
      if (p.hovered && (ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0)) m.popupIndex = i;
      if (m.popupIndex == i) ImGui::GetWindowDrawList()->AddRectFilled(b.lo, b.hi, l.controlHover, l.em * 0.35f);
      float left = b.lo.x + l.em * 0.6f;
      if (c.mark) {
        mark({left + l.em * 0.3f, b.center().y}, c.mark);
        left += l.em * 1.1f;
      }
      textIn({{left, b.lo.y}, {b.hi.x - l.em * 0.5f, b.hi.y}}, i == current ? l.strong : l.body, l.text, c.label);
      tooltip(p.id, p.hovered, c.label, c.help);
      if (p.clicked || (m.popupIndex == i && !open && keyPressed(ImGuiKey_Enter))) {
        chosen = i;
        ImGui::CloseCurrentPopup();
      }
    }
    if (keyPressed(ImGuiKey_Escape)) ImGui::CloseCurrentPopup();
    m.x0 = x0, m.x1 = x1;
    m.order = order;
    ImGui::EndPopup();
  }
  return chosen;
}

std::vector<Choice> choicesOf(std::span<const EnumName> names) {
  std::vector<Choice> choices;
  for (const EnumName& n : names) choices.push_back({std::string(n.label), std::string(n.help)});
  return choices;
}

Box2 comboRow(std::string_view label, bool changed, std::string_view shown) {
  Memory& m = memory();
  const float labels = m.labelWidth, arrow = look().em * 2.1f;
  if (textWidth(look().body, shown) + arrow > m.x1 - m.x0 - labels) m.labelWidth = 0;
  const Box2 box = row(label, changed);
  m.labelWidth = labels;
  return box;
}

Box2 toggleRow(const Field& f, bool changed) {
  Memory& m = memory();
  const float labels = m.labelWidth;
  m.labelWidth = m.x1 - m.x0 - look().px(2.4);  // the switch is small
  const Box2 box = row(f.label, changed);
  m.labelWidth = labels;
  note(f.name, box);
  return box;
}

bool comboIn(const Box2& box, std::string_view id, std::string_view shown, const std::vector<Choice>& choices,
             int& index) {
  const Look& l = look();
  const Press p = press(id, box);
  surface(box, p.hovered || p.held);
  Box2 text{{box.lo.x + l.em * 0.6f, box.lo.y}, {box.hi.x - l.em * 1.5f, box.hi.y}};
  const bool valid = index >= 0 && index < int(choices.size());
  if (valid && choices[std::size_t(index)].mark) {
    mark({text.lo.x + l.em * 0.3f, box.center().y}, choices[std::size_t(index)].mark);
    text.lo.x += l.em * 1.0f;
  }
  textIn(text, l.body, memory().muted ? l.secondary : l.text, shown);
  drawIcon(ImGui::GetWindowDrawList(), Icon::Down, {box.hi.x - l.em * 0.85f, box.center().y}, l.em * 0.55f,
           l.secondary);
  focusRing(p, box);
  if (valid) tooltip(p.id, p.hovered, choices[std::size_t(index)].label, choices[std::size_t(index)].help);
  const int chosen = popupList(id, box, p.clicked, choices, index);
  if (chosen < 0 || chosen == index) return false;
  index = chosen;
  return true;
}

bool segmentedIn(const Box2& box, std::string_view id, const std::vector<Choice>& choices, int& index) {
  const Look& l = look();
  Memory& m = memory();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const Press p = press(id, box);
  surface(box, false);
  // Room in proportion to the words.
  std::vector<float> widths;
  float total = 0;
  for (const Choice& c : choices)
    total += widths.emplace_back(textWidth(l.body, c.label) + (c.mark ? l.em * 0.95f : 0));
  const float slack = (box.width() - total) / float(choices.size());
  const int before = index;
  float x = box.lo.x;
  for (int i = 0; i < int(choices.size()); ++i) {
    const Choice& c = choices[std::size_t(i)];
    const Box2 b{{x, box.lo.y}, {x + widths[std::size_t(i)] + slack, box.hi.y}};
    x = b.hi.x;
    const bool over = p.hovered && b.contains(ImGui::GetIO().MousePos);
    if (over && p.clicked) index = i;
    if (i == before) {
      d->AddRectFilled(b.lo, b.hi, mix(l.control, l.text, 0.13), l.em * 0.4f);
      edge(b, l.secondary, l.em * 0.4f);
    } else if (over) {
      d->AddRectFilled(b.lo, b.hi, l.controlHover, l.em * 0.4f);
    }
    const float textX = b.lo.x + slack / 2;
    if (c.mark) mark({textX + l.em * 0.3f, b.center().y}, c.mark);
    textIn({{textX + (c.mark ? l.em * 0.95f : 0), b.lo.y}, {b.hi.x - std::max(0.f, slack / 2), b.hi.y}}, l.body,
           i == before ? l.text : l.secondary, c.label);
    if (over) tooltip(p.id + ImGuiID(i), true, c.label, c.help);
  }
  if (p.focused && m.focusVisible) {
    if (keyPressed(ImGuiKey_RightArrow)) index = std::min(index + 1, int(choices.size()) - 1);
    if (keyPressed(ImGuiKey_LeftArrow)) index = std::max(index - 1, 0);
  }
  focusRing(p, box);
  return index != before;
}

bool toggleIn(const Box2& box, std::string_view id, bool& on, std::string_view heading, std::string_view help) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const float w = l.px(1.75), h = l.px(0.98);
  const Box2 pill{{box.hi.x - w, std::round(box.center().y - h / 2)},
                  {box.hi.x, std::round(box.center().y - h / 2) + h}};
  const Press p = press(id, {{pill.lo.x - l.em * 0.3f, box.lo.y}, box.hi});
  const bool changed = p.clicked;
  if (changed) on = !on;
  d->AddRectFilled(pill.lo, pill.hi,
                   on          ? mix(l.card, l.text, p.hovered ? 0.85 : 0.75)
                   : p.hovered ? l.controlHover
                               : l.control,
                   h / 2);
  if (!on) edge(pill, l.secondary, h / 2);
  d->AddCircleFilled({on ? pill.hi.x - h / 2 : pill.lo.x + h / 2, pill.center().y}, h * 0.34f,
                     on ? l.card : l.secondary);
  focusRing(p, pill);
  tooltip(p.id, p.hovered, heading, help);
  return changed;
}

bool button(std::string_view id, const Box2& box, std::string_view label, bool primary) {
  const Look& l = look();
  const Press p = press(id, box);
  if (primary)
    ImGui::GetWindowDrawList()->AddRectFilled(box.lo, box.hi, p.hovered ? mix(l.guided, l.text, 0.15) : l.guided,
                                              l.em * 0.4f);
  else
    surface(box, p.hovered || p.held);
  textIn({{box.lo.x + l.em * 0.4f, box.lo.y}, {box.hi.x - l.em * 0.4f, box.hi.y}}, primary ? l.strong : l.body,
         primary ? l.onGuided : l.text, label, Align::Center);
  focusRing(p, box);
  return p.clicked;
}

bool iconButton(std::string_view id, const Box2& box, Icon icon, std::string_view tip, bool active) {
  const Look& l = look();
  const Press p = press(id, box);
  if (p.hovered || p.held) ImGui::GetWindowDrawList()->AddRectFilled(box.lo, box.hi, l.controlHover, l.em * 0.4f);
  drawIcon(ImGui::GetWindowDrawList(), icon, box.center(), l.em * 0.72f,
           active      ? l.guided
           : p.hovered ? l.text
                       : l.secondary);
  focusRing(p, box);
  tooltip(p.id, p.hovered, tip, "");
  return p.clicked;
}

bool textField(std::string_view id, const Box2& box, std::string& text, std::size_t maxBytes, std::string_view hint) {
  const Look& l = look();
  const ImVec2 cursor = ImGui::GetCursorScreenPos();
  std::vector<char> buffer(maxBytes + 1, 0);
  std::memcpy(buffer.data(), text.data(), std::min(text.size(), maxBytes));
  ImGui::SetCursorScreenPos(box.lo);
  ImGui::PushItemWidth(box.width());
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {l.em * 0.6f, (box.height() - l.body->FontSize) / 2});
  const std::string name = "##" + std::string(id), hintText(hint);
  const bool changed = ImGui::InputTextWithHint(name.c_str(), hintText.c_str(), buffer.data(), buffer.size());
  ImGui::PopStyleVar();
  ImGui::PopItemWidth();
  edge(box, l.line, l.em * 0.4f);
  ImGui::SetCursorScreenPos(cursor);
  if (changed) text = buffer.data();
  return changed;
}

}  // namespace gs::ui
