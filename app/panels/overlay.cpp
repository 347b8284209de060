#include "overlay.h"

#include <algorithm>
#include <cmath>

#include "cards.h"

namespace gs::ui {
namespace {

float outerX0, outerX1;

void separated(std::string& words, std::string_view more) {
  if (!words.empty()) words += "  ";
  words += more;
}

// Every letter of `needle` in order; words' beginnings and runs count for more. Negative: no match.
int fuzzyScore(std::string_view needle, std::string_view text) {
  const auto lower = [](char ch) { return ch >= 'A' && ch <= 'Z' ? char(ch - 'A' + 'a') : ch; };
  int score = 0, run = 0;
  std::size_t at = 0;
  for (char wanted : needle) {
    if (wanted == ' ') continue;
    bool found = false;
    for (; at < text.size(); ++at) {
      if (lower(text[at]) == lower(wanted)) {
        found = true;
        break;
      }
      run = 0;
    }
    if (!found) return -1;
    const bool begins = at == 0 || text[at - 1] == ' ';
    score += 1 + 2 * run + (begins ? 4 : 0) + (at == 0 ? 2 : 0);
    ++run;
    ++at;
  }
  return score * 8 - int(text.size()) / 4;
}

// Keys as caps; several alternatives side by side. Returns the width; draws from the right edge of the box.
float keyCaps(const Box2& box, std::string_view shortcut, bool draw) {
  const Look& l = look();
  float x = box.hi.x;
  const auto alternatives = [&] {
    std::vector<std::string> out;
    for (std::string_view rest = shortcut; !rest.empty();) {
      const std::size_t cut = rest.find("; ");
      out.emplace_back(rest.substr(0, cut));
      rest = cut == std::string_view::npos ? std::string_view{} : rest.substr(cut + 2);
    }
    std::reverse(out.begin(), out.end());
    return out;
  }();
  for (const std::string& keys : alternatives) {
    const float w = std::max(textWidth(l.small, keys) + l.em * 0.8f, l.em * 1.5f), h = l.em * 1.35f;
    if (draw) {
      const Box2 cap{{x - w, std::round(box.center().y - h / 2)}, {x, std::round(box.center().y - h / 2) + h}};
      ImDrawList* d = ImGui::GetWindowDrawList();
      d->AddRectFilled(cap.lo, cap.hi, l.control, l.em * 0.3f);
      edge(cap, l.line, l.em * 0.3f);
      textIn(cap, l.small, l.text, keys, Align::Center);
    }
    x -= w + l.em * 0.3f;
  }
  return box.hi.x - x;
}

struct Gesture {
  const char *group, *what, *does;
};
constexpr Gesture kGestures[] = {
    {"Sliders", "Drag a slider", "Changes the value; the particles follow at once."},
    {"Sliders", "Shift while dragging", "Ten times finer."},
    {"Sliders", "Double click", "Back to the default; on the weight curve: a new knot."},
    {"Sliders", "Ctrl+click", "Types a number."},
    {"Sliders", "Wheel, arrow keys", "Nudge the slider that was clicked last."},
    {"Sliders", "Ctrl+Tab", "Moves the focus to the next control."},
    {"Sliders", "F6", "Goes on to the next panel, and to the menus."},
    {"Time line", "Right click on a knot", "Removes it; so does dragging it out."},
    {"Time line", "Arrow keys on a knot", "Move it, with Shift ten times as far; Delete removes it."},
    {"Time line", "Drag in the time line", "Moves the cursor through time."},
    {"Picture", "Drag and wheel in the picture", "Moves and zooms the view."},
    {"Picture", "Shift and drag in the picture", "Outlines particles: how many they are, and their mean and spread."},
    {"Picture", "Click with the probe on", "Marks the particle there, beside its twin without guidance."},
    {"Picture", "Drop a file on the window", "Opens a session or picture, or fits points."},
};

}  // namespace

bool beginOverlay(const char* id, float width, float height, std::string_view heading, bool& open) {
  Memory& m = memory();
  const Look& l = look();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  // The dimmed rest swallows the mouse; a press on it closes.
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(display);
  ImGui::SetNextWindowFocus();
  ImGui::PushStyleColor(
      ImGuiCol_WindowBg,
      faded(l.theme == Theme::Dark || l.theme == Theme::HighContrast ? IM_COL32_BLACK : l.text, 0.55));
  ImGui::Begin((std::string(id) + "-shade").c_str(), nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoNav);
  ImGui::PopStyleColor();
  const Box2 sheet{{std::round((display.x - width) / 2), std::round((display.y - height) / 2)},
                   {std::round((display.x + width) / 2), std::round((display.y + height) / 2)}};
  ImGui::SetCursorScreenPos({0, 0});
  const bool outside = ImGui::IsWindowHovered() && ImGui::IsMouseClicked(0) && !sheet.contains(ImGui::GetIO().MousePos);
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(sheet.lo, sheet.hi, l.panel, l.em * 0.9f);
  d->AddRect(sheet.lo, sheet.hi, l.line, l.em * 0.9f, 0, l.stroke(1));
  outerX0 = m.x0, outerX1 = m.x1;
  m.panel = sheet;
  const float pad = l.em * 1.4f;
  const Box2 head{{sheet.lo.x + pad, sheet.lo.y + l.em * 0.8f}, {sheet.hi.x - pad, sheet.lo.y + l.em * 3.2f}};
  textIn(head, l.large, l.text, heading);
  const Box2 close{{head.hi.x - l.em * 1.8f, head.center().y - l.em * 0.9f},
                   {head.hi.x, head.center().y + l.em * 0.9f}};
  if (iconButton("close", close, Icon::Close, "Close   Esc") || outside || keyPressed(ImGuiKey_Escape)) open = false;
  ImGui::SetCursorScreenPos({sheet.lo.x + pad, head.hi.y + l.em * 0.4f});
  ImGui::BeginChild("content", {sheet.width() - pad * 2 + l.em * 0.9f, sheet.hi.y - head.hi.y - l.em * 1.2f}, false,
                    ImGuiWindowFlags_NoNav);
  m.x0 = sheet.lo.x + pad;
  m.x1 = sheet.hi.x - pad;
  m.labelWidth = (m.x1 - m.x0) * 0.4f;
  return true;
}

void endOverlay() {
  ImGui::EndChild();
  ImGui::End();
  memory().x0 = outerX0, memory().x1 = outerX1;
}

void helpOverlay(Context& c) {
  if (!c.state.help) return;
  const Look& l = look();
  Memory& m = memory();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  if (!beginOverlay("help", std::min(display.x - l.em * 2, l.em * 100), std::min(display.y - l.em * 2, l.em * 58),
                    "Keys and gestures", c.state.help))
    return;
  const float x0 = m.x0, x1 = m.x1, space = l.em * 2.2f;
  const int columns = std::clamp(int((x1 - x0 + space) / (l.em * 21 + space)), 1, 4);
  const float columnWidth = (x1 - x0 - space * float(columns - 1)) / float(columns),
              top = ImGui::GetCursorScreenPos().y;
  // Groups in order, each into the shortest column.
  struct Group {
    std::string name;
    std::vector<const CommandInfo*> rows;
    std::vector<const Gesture*> gestures;
  };
  std::vector<Group> groups;
  for (const CommandInfo& i : commandTable()) {
    if (i.shortcut.empty()) continue;
    if (groups.empty() || groups.back().name != i.menu) groups.push_back({std::string(i.menu), {}, {}});
    groups.back().rows.push_back(&i);
  }
  for (const Gesture& g : kGestures) {
    if (groups.back().name != g.group) groups.push_back({g.group, {}, {}});
    groups.back().gestures.push_back(&g);
  }
  std::vector<float> bottoms(std::size_t(columns), top);
  float lowest = top;
  for (const Group& g : groups) {
    const std::size_t column = std::size_t(std::min_element(bottoms.begin(), bottoms.end()) - bottoms.begin());
    m.x0 = x0 + float(column) * (columnWidth + space);
    m.x1 = m.x0 + columnWidth;
    ImGui::SetCursorScreenPos({m.x0, bottoms[column]});
    title(takeBox(1.9), g.name);
    rule();
    gap(0.2);
    for (const CommandInfo* i : g.rows) {
      const Box2 line = takeBox(1.75);
      const float caps = keyCaps(line, i->shortcut, true);
      textIn({line.lo, {line.hi.x - caps - l.em * 0.3f, line.hi.y}}, l.body, l.text, i->label);
      const Press p = press(i->label, line, false);
      tooltip(p.id, p.hovered, i->label, i->help);
    }
    for (const Gesture* gesture : g.gestures) {
      gap(0.15);
      wrappedText(l.body, l.text, gesture->what);
      wrappedText(l.small, l.secondary, gesture->does);
      gap(0.15);
    }
    gap(0.9);
    bottoms[column] = ImGui::GetCursorScreenPos().y;
    lowest = std::max(lowest, bottoms[column]);
  }
  m.x0 = x0, m.x1 = x1;
  ImGui::SetCursorScreenPos({x0, lowest});
  takeBox(0.1);
  endOverlay();
}

void palette(Context& c) {
  Memory& m = memory();
  if (!c.state.palette) {
    m.findStarts = true;
    return;
  }
  const Look& l = look();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const float width = std::min(l.em * 40, display.x - l.em * 2), height = std::min(l.em * 30, display.y - l.em * 2);
  if (m.findStarts) m.find.clear(), m.findIndex = 0;
  if (!beginOverlay("palette", width, height, "Find a command", c.state.palette)) return;
  const Box2 field = takeBox(2.2);
  if (m.findStarts) ImGui::SetKeyboardFocusHere();
  m.findStarts = false;
  if (textField("find", field, m.find, 60, "a few letters")) m.findIndex = 0;
  note("palette.find", field);
  gap(0.5);
  struct Hit {
    const CommandInfo* info;
    int score;
  };
  std::vector<Hit> hits;
  for (const CommandInfo& i : commandTable()) {
    if (i.command == Command::Palette || i.command == Command::HoldReference) continue;  // this; and a key to hold
    std::string text(i.label);
    separated(text, i.menu);
    const int score = fuzzyScore(m.find, text);
    if (score >= 0 || m.find.empty()) hits.push_back({&i, score});
  }
  if (!m.find.empty())
    std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
  const int n = int(hits.size());
  if (n > 0 && keyPressed(ImGuiKey_DownArrow)) m.findIndex = (m.findIndex + 1) % n;
  if (n > 0 && keyPressed(ImGuiKey_UpArrow)) m.findIndex = (m.findIndex + n - 1) % n;
  m.findIndex = std::clamp(m.findIndex, 0, std::max(0, n - 1));
  for (int i = 0; i < n; ++i) {
    const CommandInfo& info = *hits[std::size_t(i)].info;
    const Box2 line = takeBox(2.0);
    const Press p = press(info.label, line, false);
    if (p.hovered && (ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0)) m.findIndex = i;
    if (m.findIndex == i) {
      ImGui::GetWindowDrawList()->AddRectFilled(line.lo, line.hi, l.controlHover, l.em * 0.4f);
      if (keyPressed(ImGuiKey_DownArrow) || keyPressed(ImGuiKey_UpArrow))
        ImGui::SetScrollFromPosY(line.center().y - ImGui::GetWindowPos().y, 0.5f);
    }
    const float caps =
        info.shortcut.empty()
            ? 0
            : keyCaps({{line.lo.x, line.lo.y}, {line.hi.x - l.em * 0.6f, line.hi.y}}, info.shortcut, true) + l.em;
    const float menu = textWidth(l.small, info.menu);
    textIn({{line.lo.x + l.em * 0.6f, line.lo.y}, {line.hi.x - caps - menu - l.em, line.hi.y}}, l.body, l.text,
           info.label);
    textIn({{line.hi.x - caps - menu - l.em * 0.6f, line.lo.y}, {line.hi.x - caps - l.em * 0.3f, line.hi.y}}, l.small,
           l.secondary, info.menu);
    tooltip(p.id, p.hovered, info.label, info.help);
    if (p.clicked || (m.findIndex == i && keyPressed(ImGuiKey_Enter))) {
      c.result.commands.push_back(info.command);
      c.state.palette = false;
    }
  }
  if (n == 0) wrappedText(l.body, l.secondary, "No command has these letters.");
  endOverlay();
}

namespace {

constexpr ImGuiWindowFlags kBarFlags = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                       ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
                                       ImGuiWindowFlags_NoFocusOnAppearing;

// A card over the lower edge of the picture, at its left (0), where it leaves the legend alone, or in its middle (.5);
// answers its box. Call ImGui::End() after its content.
Box2 beginBar(const char* id, const Box2& picture, float width, float height, float bottom, ImU32 edge,
              float side = 0) {
  const Look& l = look();
  const float pad = l.em * 0.8f;
  const ImVec2 at{std::round(picture.lo.x + pad + side * (picture.width() - 2 * pad - width)),
                  std::round(bottom - height)};
  ImGui::SetNextWindowPos(at);
  ImGui::SetNextWindowSize({width, height});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, 0u);
  ImGui::Begin(id, nullptr, kBarFlags);
  ImGui::PopStyleColor();
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(at, {at.x + width, at.y + height}, l.card, l.em * kRadius);
  d->AddRect({at.x + 0.5f, at.y + 0.5f}, {at.x + width - 0.5f, at.y + height - 0.5f}, edge, l.em * kRadius, 0,
             l.stroke(1));
  return {at, {at.x + width, at.y + height}};
}

// What goes on in the background, once it has taken a moment. Returns where the next bar may end.
float workBar(Context& c, const Box2& picture, float bottom) {
  constexpr double kPatience = 0.4;  // seconds: what is done by then needs no bar
  Memory& m = memory();
  if (c.state.work.empty()) {
    m.workSince = -1;
    return bottom;
  }
  if (m.workSince < 0) m.workSince = m.now;
  if (m.now - m.workSince < kPatience) {
    m.animate = true;
    return bottom;
  }
  const Look& l = look();
  const float pad = l.em * 0.8f, stopWidth = textWidth(l.body, "Stop") + l.em * 1.6f;
  const float width =
      std::min(picture.width() - 2 * pad, std::max(l.em * 22, textWidth(l.body, c.state.work) + stopWidth + 3 * pad));
  const Box2 box = beginBar("work", picture, width, l.em * 3.1f, bottom, l.secondary);
  const Box2 stop{{box.hi.x - pad - stopWidth, box.lo.y + l.em * 0.55f}, {box.hi.x - pad, box.hi.y - l.em * 0.55f}};
  const float right = stop.lo.x - pad;
  textIn({{box.lo.x + pad, box.lo.y + l.em * 0.4f}, {right, box.lo.y + l.em * 1.9f}}, l.body, l.text, c.state.work,
         Align::Left, true);
  const float top = box.lo.y + l.em * 2.15f, x0 = box.lo.x + pad,
              x1 = x0 + (right - x0) * float(std::clamp(c.state.workDone, 0.0, 1.0));
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled({x0, top}, {right, top + l.em * 0.3f}, l.line, l.em * 0.15f);
  d->AddRectFilled({x0, top}, {std::max(x1, x0 + l.em * 0.3f), top + l.em * 0.3f}, l.text, l.em * 0.15f);
  note("work.stop", stop);
  if (button("stop-work", stop, "Stop")) c.result.stopWork = true;
  ImGui::End();
  return box.lo.y - pad * 0.6f;
}

// What a key has just done, for those who do not see the keyboard. Returns where the next bar may end.
float pressedBar(Context& c, const Box2& picture, float bottom) {
  if (!c.state.pressed) return bottom;
  const Look& l = look();
  const CommandInfo& i = info(*c.state.pressed);
  const std::string_view key = i.shortcut.substr(0, i.shortcut.find("; "));
  const float pad = l.em * 0.8f, caps = keyCaps({}, key, false), words = textWidth(l.body, i.label);
  const Box2 box = beginBar("pressed", picture, caps + words + 2.6f * pad, l.em * 2.4f, bottom, l.line, .5f);
  keyCaps({box.lo, {box.lo.x + pad + caps, box.hi.y}}, key, true);
  textIn({{box.hi.x - pad - words - 1, box.lo.y}, {box.hi.x - pad, box.hi.y}}, l.body, l.text, i.label);
  note("pressed", box);
  memory().path.clear();
  ImGui::End();
  return box.lo.y - pad * 0.6f;
}

}  // namespace

void messageBar(Context& c, const Box2& picture) {
  const Look& l = look();
  const float pad = l.em * 0.8f, bottom = workBar(c, picture, pressedBar(c, picture, picture.hi.y - pad));
  if (c.state.message.empty()) return;
  const float icon = l.em * 1.8f, widest = std::min(picture.width() - 2 * pad, l.em * 46),
              textRoom = widest - 2 * pad - icon - l.em * 1.6f;
  const std::vector<std::string> lines = wrapped(l.body, c.state.message, textRoom);
  const float lineHeight = std::round(l.body->FontSize * 1.08f);
  float words = 0;
  for (const std::string& line : lines) words = std::max(words, textWidth(l.body, line));
  const ImU32 accent = c.state.messageIsError ? l.warning : l.secondary;
  const Box2 box = beginBar("message", picture, words + 2 * pad + icon + l.em * 1.6f,
                            lineHeight * float(lines.size()) + l.em * 1.2f, bottom, accent);
  ImDrawList* d = ImGui::GetWindowDrawList();
  drawIcon(d, c.state.messageIsError ? Icon::Warning : Icon::Right, {box.lo.x + pad + l.em * 0.4f, box.center().y},
           l.em * (c.state.messageIsError ? 0.95f : 0.6f), accent);
  for (std::size_t i = 0; i < lines.size(); ++i)
    d->AddText(l.body, l.body->FontSize, {box.lo.x + pad + l.em * 1.5f, box.lo.y + l.em * 0.6f + lineHeight * float(i)},
               l.text, lines[i].c_str());
  const Box2 close{{box.hi.x - icon - l.em * 0.3f, box.center().y - l.em * 0.8f},
                   {box.hi.x - l.em * 0.5f, box.center().y + l.em * 0.8f}};
  note("message.close", close);
  if (iconButton("dismiss", close, Icon::Close, "Dismiss")) c.state.message.clear();
  memory().path.clear();
  ImGui::End();
}

}  // namespace gs::ui
