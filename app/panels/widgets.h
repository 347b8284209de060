// The controls of the interface. They draw into the current ImGui window between memory().x0 and x1 (cards set these),
// edit a value in place, answer "changed", and note where they are for tests and tours.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <imgui.h>

#include "session/type.h"
#include "theme.h"
#include "ui.h"

namespace gs::ui {

struct Box2 {
  ImVec2 lo, hi;
  float width() const { return hi.x - lo.x; }
  float height() const { return hi.y - lo.y; }
  ImVec2 center() const { return {(lo.x + hi.x) / 2, (lo.y + hi.y) / 2}; }
  bool contains(ImVec2 p) const { return p.x >= lo.x && p.x < hi.x && p.y >= lo.y && p.y < hi.y; }
};

// Text that was given less room than it needs; tests demand that there is none.
struct ClippedText {
  std::string text;
  float needs, has;
};

// What one interface remembers from frame to frame; lives in UiState::memory.
struct Memory {
  float x0 = 0, x1 = 0;                             // horizontal extent for the next control
  float labelWidth = 0;                             // of rows
  ImGuiID focus = 0;                                // the control that takes arrow keys and the wheel
  bool focusVisible = false;                        // reached by keyboard: draw a ring
  bool focusMove = false;                           // scroll to it
  std::vector<ImGuiID> order, previousOrder;        // focusable controls, top to bottom
  std::vector<std::size_t> panels, previousPanels;  // where each panel begins in them
  ImGuiID typing = 0;                               // the slider that is being typed into
  bool typingStarts = false;
  char typed[64] = {};
  ImGuiID dragging = 0;     // the held slider
  double dragPosition = 0;  // of it, 0..1, unrounded
  int popupIndex = -1;      // highlighted by keys in an open list
  float cardTop = 0;        // of the open card
  Box2 panel{};             // that is drawn into; tooltips stay beside it
  bool cardWarning = false;
  bool muted = false;               // controls of something that is off: grey instead of the accent
  ImGuiID hover = 0, hoverNow = 0;  // for tooltips, which wait
  double hoverSince = 0;
  double heldUntil = 0;  // wheel and keys have no release: the gesture lingers
  double now = 0;
  bool animate = false;              // another frame is wanted
  std::vector<ClippedText> clipped;  // of this frame
  UiResult* result = nullptr;
  UiState* state = nullptr;
  int plotTarget = 0;     // what the time line's plot drags: see timeline.cpp
  bool plotLeft = false;  // a knot was dragged out
  ImVec2 plotPressed{};
  double plotLo = 0, plotHi = 0;  // its vertical range, which stays while something is dragged
  int inspecting = 0;             // cards of what was pointed at: 1 the place, 2 a particle, 4 particles
  double workSince = -1;          // when UiState::work began; < 0: nothing goes on
  std::string find;               // typed into the command palette
  int findIndex = 0;
  bool findStarts = false;
  std::string path;  // of the struct whose rows are drawn: "schedule."
};
Memory& memory();  // of the interface that is being drawn
void setMemory(Memory*);

// ---- text ----------------------------------------------------------------------------------------------------------
inline constexpr float kRow = 1.9f, kControl = 1.55f, kCardPad = 0.75f, kGap = 0.6f, kRadius = 0.6f;  // in font sizes

enum class Align { Left, Center, Right };
float textWidth(const ImFont*, std::string_view);
// Vertically centred in the box; shortened with an ellipsis where it does not fit (noted unless `mayShorten`).
void textIn(const Box2&, const ImFont*, ImU32, std::string_view, Align = Align::Left, bool mayShorten = false);
// Lines no wider than that, broken at blanks only (ImGui's own wrapping also breaks inside "2206.00364").
std::vector<std::string> wrapped(const ImFont*, std::string_view, float width);
void wrappedText(const ImFont*, ImU32, std::string_view);  // at the cursor, over the full width
void title(const Box2&, std::string_view);                 // small spaced capitals
float titleWidth(std::string_view);

// A line just inside the edge of a box, as thin as it stays sharp unless a width in pixels is given.
void edge(const Box2&, ImU32, float radius, float width = 0);

// ---- icons, drawn --------------------------------------------------------------------------------------------------
enum class Icon {
  Play,
  Pause,
  StepForward,
  StepBack,
  ToStart,
  ToEnd,
  Close,
  Plus,
  Down,
  Up,
  Left,
  Right,
  Flip,
  Reset,
  Search,
  Warning,
  Pencil
};
void drawIcon(ImDrawList*, Icon, ImVec2 center, float size, ImU32);

// ---- frames --------------------------------------------------------------------------------------------------------
// A rounded box with a title over its rows. A click on the title folds it; false: folded, draw no rows (still call
// end).
bool beginCard(const char* id, std::string_view name, std::string_view right = {}, bool warning = false);
void endCard();
void gap(double ems = 0.35);
void rule();  // a thin line over the full width

// ---- controls ------------------------------------------------------------------------------------------------------
// A box at the cursor over the full width, `ems` high, and the cursor moves below it.
Box2 takeBox(double ems);
// A row: draws the label (above the control where it is too long beside it) and returns the control's box.
Box2 row(std::string_view label, bool changed = false, bool strong = false);
// Declares an invisible button over the box; focusable ones take part in Ctrl+Tab.
struct Press {
  bool clicked = false, held = false, hovered = false, doubleClicked = false, focused = false;
  ImGuiID id = 0;
};
Press press(std::string_view id, const Box2&, bool focusable = true);
ImGuiID pressId(std::string_view id);  // that press() will have here
void focusRing(const Press&, const Box2&);
void tooltip(ImGuiID, bool hovered, std::string_view heading, std::string_view body, std::string_view foot = {});
void note(std::string_view path, const Box2&);  // into UiResult::controls, below memory().path

struct SliderSpec {
  std::string_view id;
  std::string label, symbol, help, unit;
  double lo = 0, hi = 1, neutral = 0, reset = 0;
  bool log = false, integer = false;
  double bend = 0;   // > 0: the track is linear up to about this value and logarithmic beyond (asinh)
  double shown = 0;  // added for display (cfg scale = 1 + omega)
  bool highlight = false;
  std::string zeroText;  // not empty: 0 stands at the end of the track and is shown as this
};
SliderSpec spec(const Field&, double reset);
bool slider(const SliderSpec&, double& value);  // a whole row
// In a box, without a label.
bool sliderIn(const Box2&, const SliderSpec&, double& value);
bool numberIn(const Box2&, const SliderSpec&, double& value);  // a field to click and type into
double sliderPosition(const SliderSpec&, double value);        // 0..1
double sliderValue(const SliderSpec&, double position, double trackPixels, bool fine);
std::string sliderText(const SliderSpec&, double value);

// A row for a member, from its field; `label` where the field's own words are too long for the panel.
template <class S, class T>
bool fieldSlider(S& s, T S::*member, const char* label = nullptr) {
  SliderSpec sp = spec(fieldOf(member), double(S{}.*member));
  if (label) sp.label = label;
  sp.integer = std::is_integral_v<T>;
  double v = double(s.*member);
  if (!slider(sp, v)) return false;
  s.*member = T(v);
  return true;
}

struct Choice {
  std::string label, help;
  ImU32 mark = 0;
  std::string heading = {};  // of a group that begins with this one
};
std::vector<Choice> choicesOf(std::span<const EnumName>);
bool comboIn(const Box2&, std::string_view id, std::string_view shown, const std::vector<Choice>&, int& index);
bool segmentedIn(const Box2&, std::string_view id, const std::vector<Choice>&, int& index);
bool toggleIn(const Box2&, std::string_view id, bool& on, std::string_view heading,
              std::string_view help);  // at the box's right
void progressBar(double done);         // 0..1, over the whole width of the card
bool button(std::string_view id, const Box2&, std::string_view label, bool primary = false);
bool iconButton(std::string_view id, const Box2&, Icon, std::string_view tip, bool active = false);
bool textField(std::string_view id, const Box2&, std::string& text, std::size_t maxBytes, std::string_view hint);

// A row for a combo that shows these words: where they do not fit beside the label, they get its own line.
Box2 comboRow(std::string_view label, bool changed, std::string_view shown);
// A combo of all enumerators with their labels and help.
template <class S, class E>
bool fieldCombo(S& s, E S::*member) {
  const Field f = fieldOf(member);
  const std::vector<Choice> choices = choicesOf(enumNames<E>());
  int index = int(s.*member);
  const Box2 box = comboRow(f.label, s.*member != S{}.*member, choices[std::size_t(index)].label);
  note(f.name, box);
  const bool changed = comboIn(box, f.name, choices[std::size_t(index)].label, choices, index);
  if (changed) s.*member = E(index);
  return changed;
}
Box2 toggleRow(const Field&, bool changed = false);  // its label over the row, and room for the switch
template <class S>
bool fieldToggle(S& s, bool S::*member) {
  const Field f = fieldOf(member);
  return toggleIn(toggleRow(f, s.*member != S{}.*member), f.name, s.*member, f.label, f.help);
}

// ---- numbers -------------------------------------------------------------------------------------------------------
std::string fixed(double, int decimals);          // with a true minus
std::string shortNumber(double, int digits = 3);  // significant ones: "0.58", "15.2", "1.3·10⁶", "∞"
std::string powerOfTen(int exponent);             // "10⁻⁵"
std::string grouped(long long);                   // "4 096"
std::string sentence(std::string words);          // a note of the core, with a capital and a full stop
bool keyPressed(ImGuiKey);
// A list under (or above) a box: opens when `open`, then answers the chosen index once, or -1.
int popupList(std::string_view id, const Box2&, bool open, const std::vector<Choice>&, int current);

}  // namespace gs::ui
