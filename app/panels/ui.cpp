#include "ui.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cards.h"
#include "layout.h"
#include "thumbnails.h"

namespace gs {
namespace {

using namespace ui;

constexpr ImGuiWindowFlags kPanelFlags =
    ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoCollapse |
    ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoFocusOnAppearing;

Box2 box(const PixelRect& r) { return {{float(r.x), float(r.y)}, {float(r.x + r.width), float(r.y + r.height)}}; }

void beginPanel(const char* id, const PixelRect& r, bool scrolls) {
  memory().panels.push_back(memory().order.size());
  ImGui::SetNextWindowPos({float(r.x), float(r.y)});
  ImGui::SetNextWindowSize({float(r.width), float(r.height)});
  ImGui::Begin(id, nullptr,
               kPanelFlags | (scrolls ? 0 : ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse));
  Memory& m = memory();
  const float pad = look().px(0.75);
  m.x0 = float(r.x) + pad;
  m.panel = box(r);
  m.x1 = float(r.x + r.width) - pad;  // the scroll bar lies in the padding
  if (scrolls) takeBox(0.75);
}

void endPanel(const PixelRect& r, bool lineOnLeft, bool lineOnRight, bool lineOnTop) {
  const float w = std::max(1.f, std::round(look().em / 13));
  ImDrawList* d = ImGui::GetWindowDrawList();
  const Box2 b = box(r);
  d->PushClipRectFullScreen();
  if (lineOnRight) d->AddRectFilled({b.hi.x - w, b.lo.y}, b.hi, look().line);
  if (lineOnLeft) d->AddRectFilled(b.lo, {b.lo.x + w, b.hi.y}, look().line);
  if (lineOnTop) d->AddRectFilled(b.lo, {b.hi.x, b.lo.y + w}, look().line);
  d->PopClipRect();
  ImGui::End();
}

// A strip with upright words that pulls a drawer out.
void rail(const char* id, const PixelRect& r, const char* words, bool onLeft, bool& pulled) {
  if (r.width == 0) return;
  const Look& l = look();
  beginPanel(id, r, false);
  const Box2 b = box(r);
  const Press p = press("pull", b, false);
  if (p.clicked) pulled = !pulled;
  ImDrawList* d = ImGui::GetWindowDrawList();
  if (p.hovered) d->AddRectFilled(b.lo, b.hi, l.controlHover);
  drawIcon(d, onLeft != pulled ? Icon::Right : Icon::Left, {b.center().x, b.lo.y + l.em * 1.4f}, l.em * 0.7f, l.text);
  // Drawn level, then turned by a right angle around the start; level it may leave the rail.
  d->PushClipRect({-1e5f, -1e5f}, {1e5f, 1e5f});
  const int first = d->VtxBuffer.Size;
  const ImVec2 at{std::round(b.center().x + l.title->FontSize / 2), b.lo.y + l.em * 2.6f};
  d->AddText(l.strong, l.strong->FontSize, at, l.secondary, words);
  for (int i = first; i < d->VtxBuffer.Size; ++i) {
    ImVec2& v = d->VtxBuffer[i].pos;
    v = {at.x - (v.y - at.y), at.y + (v.x - at.x)};
  }
  d->PopClipRect();
  note(id, b);
  endPanel(r, !onLeft, onLeft, false);
}

void paneTabs(Context& c) {
  const int n = int(c.session.panes.size());
  if (n < 2) return;
  std::vector<Choice> choices;
  for (int i = 0; i < n; ++i)
    choices.push_back(
        {"Pane " + std::to_string(i + 1), "The cards below edit this pane. A click on its picture chooses it, too."});
  const Box2 b = takeBox(kControl);
  note("panes", b);
  segmentedIn(b, "panes", choices, c.state.activePane);
  gap(kGap);
}

// From panel to panel, to the first control of each; beyond the ends the focus is given away.
void movePanel(Memory& m, int by) {
  const auto& order = m.previousOrder;
  std::vector<std::size_t> starts;  // of panels that have a control
  for (std::size_t i = 0; i < m.previousPanels.size(); ++i) {
    const std::size_t end = i + 1 < m.previousPanels.size() ? m.previousPanels[i + 1] : order.size();
    if (m.previousPanels[i] < end) starts.push_back(m.previousPanels[i]);
  }
  const std::size_t at = std::size_t(std::find(order.begin(), order.end(), m.focus) - order.begin());
  // The panel of the focus; -1 before the first, as if the focus came from outside.
  int panel = int(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin()) - 1;
  if (at == order.size()) panel = by > 0 ? -1 : int(starts.size());
  panel += by;
  if (panel < 0 || panel >= int(starts.size())) {
    m.focus = 0;
    m.focusVisible = false;
    m.result->focusLeft = true;
    return;
  }
  m.focus = order[starts[std::size_t(panel)]];
  m.focusVisible = m.focusMove = true;
}

// Focus by keyboard: Ctrl+Tab goes through the controls in their order, Escape leaves.
void moveFocus(Memory& m) {
  const ImGuiIO& io = ImGui::GetIO();
  if (ImGui::IsMouseClicked(0)) m.focus = 0, m.focusVisible = false;
  if (m.typing == 0 && keyPressed(ImGuiKey_Escape)) m.focus = 0;
  if (m.typing != 0 || !io.KeyCtrl || !keyPressed(ImGuiKey_Tab) || m.previousOrder.empty()) return;
  const auto& order = m.previousOrder;
  const int n = int(order.size()), at = int(std::find(order.begin(), order.end(), m.focus) - order.begin());
  const int next = at == n ? (io.KeyShift ? n - 1 : 0) : (at + (io.KeyShift ? n - 1 : 1)) % n;
  m.focus = order[std::size_t(next)];
  m.focusVisible = m.focusMove = true;
}

void paneFrames(const Layout& layout, int active) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetBackgroundDrawList();
  if (layout.panes.size() < 2) return;
  for (const PixelRect& p : layout.panes) {
    const Box2 b = box(p), all = box(layout.picture);
    if (b.hi.x < all.hi.x - 1) d->AddRectFilled({b.hi.x, b.lo.y}, {b.hi.x + l.px(0.12), b.hi.y}, l.line);
    if (b.hi.y < all.hi.y - 1) d->AddRectFilled({b.lo.x, b.hi.y}, {b.hi.x + l.px(0.12), b.hi.y + l.px(0.12)}, l.line);
  }
  const Box2 b = box(layout.panes[std::size_t(active)]);
  d->AddRectFilled(b.lo, {b.hi.x, b.lo.y + l.px(0.2)}, l.text);
}

}  // namespace

UiResult drawUi(Session& session, UiState& state, std::span<const LiveAnswer> answers, const UiStats& stats) {
  static const LiveAnswer kNoAnswer;
  UiResult result;
  if (!state.memory) state.memory = std::make_shared<Memory>();
  Memory& m = *state.memory;
  setMemory(&m);
  m.result = &result;
  m.state = &state;
  m.now = ImGui::GetTime();
  m.animate = false;
  m.clipped.clear();
  m.previousOrder = std::move(m.order);
  m.order.clear();
  m.previousPanels = std::move(m.panels);
  m.panels.clear();
  m.hoverNow = 0;
  m.path.clear();
  m.muted = false;
  beginThumbnails();

  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const Look& l = look();
  state.activePane = std::clamp(state.activePane, 0, int(session.panes.size()) - 1);
  const Layout layout = layOut(int(display.x), int(display.y), double(l.em), state, int(session.panes.size()));
  if (!layout.leftIsDrawer) state.leftDrawer = false;
  if (!layout.rightIsDrawer) state.rightDrawer = false;
  result.picture = layout.picture;
  result.panes = layout.panes;
  const bool covered = state.help || state.palette || state.gallery;
  if (!covered) moveFocus(m);
  if (const int by = std::exchange(state.focusPanel, 0); by != 0 && !covered && m.typing == 0) movePanel(m, by);
  if (!ImGui::GetIO().WantCaptureMouse && ImGui::IsMouseClicked(0))
    for (int i = 0; i < int(layout.panes.size()); ++i)
      if (box(layout.panes[std::size_t(i)]).contains(ImGui::GetIO().MousePos)) state.activePane = i;

  const std::size_t active = std::size_t(state.activePane);
  Context c{session,
            state,
            answers,
            stats,
            result,
            session.panes[active],
            active < answers.size() ? answers[active] : kNoAnswer,
            TimeAxis(session.panes[active].schedule)};

  // Keys are for what covers the panels; below it nothing has the focus meanwhile.
  const ImGuiID focus = covered ? std::exchange(m.focus, 0) : 0;
  if (!covered) {
    rewardOnPicture(c, layout.panes);
    pointAtPicture(c, layout.panes);
  }
  paneFrames(layout, state.activePane);
  const int paneBefore = state.activePane;
  rail("inputs-rail", layout.leftRail, "Inputs", true, state.leftDrawer);
  rail("results-rail", layout.rightRail, "Results", false, state.rightDrawer);
  beginPanel("timeline", layout.timeline, false);
  timeline(c, box(layout.timeline), layout.timelineThin);
  endPanel(layout.timeline, false, false, true);
  if (layout.left.width > 0) {
    beginPanel("inputs", layout.left, true);
    paneTabs(c);
    if (state.activePane != paneBefore) m.animate = true;  // the other pane's cards come with the next frame
    distributionCard(c);
    guidanceCard(c);
    scheduleCard(c);
    particlesCard(c);
    modelCard(c);
    viewCard(c);
    endPanel(layout.left, false, true, false);
  }
  if (layout.right.width > 0) {
    beginPanel("results", layout.right, true);
    probe(c);
    results(c);
    studies(c);
    learnCard(c);
    trainingCard(c);
    endPanel(layout.right, true, false, false);
  }
  if (state.performance) performancePanel(c, box(layout.picture));
  messageBar(c, box(layout.picture));
  if (m.focus == 0) m.focus = focus;
  gallery(c);
  helpOverlay(c);
  palette(c);

  if (m.hoverNow == 0) m.hover = 0;
  const bool lingering = m.now < m.heldUntil;
  const bool onPicture = state.rewardTool.busy && ImGui::GetIO().MouseDown[0];
  result.gesture = ImGui::IsAnyItemActive() || m.typing != 0 || lingering || onPicture;
  result.focused = m.focus != 0 || m.typing != 0 || covered;
  if (lingering || m.animate) result.animatedUntilSettled = PixelRect{0, 0, int(display.x), int(display.y)};
  setMemory(nullptr);
  return result;
}

}  // namespace gs
