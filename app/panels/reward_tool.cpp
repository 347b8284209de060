// A reward on the picture: handles for its numbers, and the brush of a painted one.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "cards.h"
#include "diffusion/painted_map.h"
#include "render/renderer.h"

namespace gs::ui {
namespace {

constexpr float kHandleReach = .8f;   // font sizes
constexpr double kTouchSpacing = .3;  // of the brush's radius

// A place that stands for numbers of a reward, and what dragging it there makes of them.
struct RewardHandle {
  Vec2 at;
  const char* name;
  void (*move)(Reward&, Vec2 to, Vec2 anchor);
  Vec2 anchor{0.0};  // what the handle is seen from
};

double degreesOf(Vec2 d) { return std::atan2(d.y, d.x) * 180 / std::numbers::pi; }

// In the plane at t = 0, where rewards are.
std::vector<RewardHandle> handlesOf(const Reward& r, const Camera& camera) {
  const Vec2 n = rewardDirection(r);
  const double arm = .18 * camera.height;
  const RewardHandle centre{r.center, "centre", [](Reward& w, Vec2 to, Vec2) { w.center = to; }};
  const auto turned = [&](Vec2 from) {
    return RewardHandle{from + arm * n, "direction",
                        [](Reward& w, Vec2 to, Vec2 anchor) {
                          if (glm::distance(to, anchor) > 0) w.angle = std::round(10 * degreesOf(to - anchor)) / 10;
                        },
                        from};
  };
  const auto width = [](Reward& w, Vec2 to, Vec2 anchor) {
    w.width = std::clamp(glm::distance(to, anchor), .01, 100.);
  };
  switch (r.kind) {
    case RewardKind::Bowl:
      return {centre, {r.center + r.width * n, "width", width, r.center}};
    case RewardKind::Distance:
      return {centre, {r.center + Vec2(r.width, 0.), "width", width, r.center}};
    case RewardKind::Ring:
      return {centre,
              {r.center + Vec2(r.radius, 0.), "radius",
               [](Reward& w, Vec2 to, Vec2 anchor) { w.radius = glm::distance(to, anchor); }, r.center}};
    case RewardKind::Linear:
      return {turned(camera.center)};
    case RewardKind::HalfPlane:
    case RewardKind::Ramp:
    case RewardKind::Sinusoid: {
      // Where the line comes closest to the middle of the picture.
      const Vec2 foot = camera.center + (r.offset - glm::dot(n, camera.center)) * n;
      return {{foot, "offset", [](Reward& w, Vec2 to, Vec2) { w.offset = glm::dot(rewardDirection(w), to); }},
              turned(foot)};
    }
    default:
      return {};
  }
}

}  // namespace

void rewardOnPicture(Context& c, std::span<const PixelRect> panes) {
  UiState::RewardTool& tool = c.state.rewardTool;
  const Look& l = look();
  const ImGuiIO& io = ImGui::GetIO();
  const View& view = c.session.view;
  const int term = c.state.activeTerm;
  const bool there = term >= 0 && term < int(c.experiment.guidance.size()) &&
                     c.experiment.guidance[std::size_t(term)].kind == TermKind::Reward && view.reward.visible &&
                     c.state.activePane < int(panes.size());
  if (!there) {
    tool.busy = false, tool.handle = -1;
    return;
  }
  Reward& r = c.experiment.guidance[std::size_t(term)].reward;
  const PixelRect& pane = panes[std::size_t(c.state.activePane)];
  const auto toScreen = [&](Vec2 q) {
    const Vec2 p = toPixels(view.camera, q, pane.width, pane.height);
    return ImVec2{float(pane.x + p.x), float(pane.y + pane.height - p.y)};
  };
  const Vec2 mouse =
      toData(view.camera, {double(io.MousePos.x) - pane.x, pane.height - (double(io.MousePos.y) - pane.y)}, pane.width,
             pane.height);
  const bool over = !io.WantCaptureMouse && !io.KeyShift && io.MousePos.x >= float(pane.x) &&
                    io.MousePos.y >= float(pane.y) && io.MousePos.x < float(pane.x + pane.width) &&
                    io.MousePos.y < float(pane.y + pane.height);
  ImDrawList* d = ImGui::GetBackgroundDrawList();
  d->PushClipRect({float(pane.x), float(pane.y)}, {float(pane.x + pane.width), float(pane.y + pane.height)}, true);

  if (r.kind == RewardKind::Painted) {
    tool.handle = -1;
    const bool holding = tool.busy && io.MouseDown[0];
    tool.busy = tool.brush && (over || holding);
    if (tool.busy && ImGui::IsMouseClicked(0) && r.map.empty() && !tool.erase) {
      // An empty map lies where the person looks.
      r.center = view.camera.center;
      r.radius = view.camera.height / 2;
    }
    if (tool.busy && io.MouseDown[0] && (over || holding)) {
      PaintedMap map(r.map);
      const auto place = [&](Vec2 q) { return (q - r.center) / (2 * r.radius) + .5; };
      const double step = kTouchSpacing * tool.radius, strength = (tool.erase ? -1 : 1) * tool.strength * kTouchSpacing;
      const Vec2 to = place(mouse);
      bool touched = ImGui::IsMouseClicked(0);
      if (touched) tool.last = to, map.touch(to, tool.radius, strength);
      while (glm::distance(tool.last, to) >= step) {
        tool.last += step * glm::normalize(to - tool.last);
        map.touch(tool.last, tool.radius, strength);
        touched = true;
      }
      if (touched) r.map = map.text();
    }
    const float half = float(r.radius / view.camera.height * pane.height);
    const ImVec2 middle = toScreen(r.center);
    if (!r.map.empty() || tool.brush)
      d->AddRect({middle.x - half, middle.y - half}, {middle.x + half, middle.y + half}, faded(l.secondary, .5), 0, 0,
                 l.stroke(1));
    if (tool.busy) {
      d->AddCircle(io.MousePos, float(2 * tool.radius) * half, l.text, 0, l.stroke(1.4));
      if (tool.erase) d->AddCircle(io.MousePos, float(2 * tool.radius) * half - l.stroke(3), l.text, 0, l.stroke(1));
    }
    d->PopClipRect();
    return;
  }

  const std::vector<RewardHandle> handles = handlesOf(r, view.camera);
  const auto away = [&](const RewardHandle& h) {
    const ImVec2 p = toScreen(h.at);
    return std::hypot(p.x - io.MousePos.x, p.y - io.MousePos.y);
  };
  if (tool.handle >= int(handles.size()) || !io.MouseDown[0]) tool.handle = -1;
  int near = tool.handle;
  if (near < 0 && over)
    for (int i = 0; i < int(handles.size()); ++i)
      if (away(handles[std::size_t(i)]) < kHandleReach * l.em &&
          (near < 0 || away(handles[std::size_t(i)]) < away(handles[std::size_t(near)])))
        near = i;
  if (near >= 0 && ImGui::IsMouseClicked(0)) tool.handle = near;
  tool.busy = near >= 0;
  Memory& m = memory();
  const std::string path = m.path;
  m.path = "guidance." + std::to_string(term) + ".reward.handle.";
  for (int i = 0; i < int(handles.size()); ++i) {
    const RewardHandle& h = handles[std::size_t(i)];
    const ImVec2 p = toScreen(h.at);
    note(h.name, {{p.x - l.em * .5f, p.y - l.em * .5f}, {p.x + l.em * .5f, p.y + l.em * .5f}});
    if (h.anchor != Vec2(0.0) || h.name == std::string_view("direction"))
      d->AddLine(toScreen(h.anchor), p, faded(l.text, .6), l.stroke(1.2));
    d->AddCircleFilled(p, l.em * (i == near ? .42f : .32f), l.canvas);
    d->AddCircle(p, l.em * (i == near ? .42f : .32f), l.text, 0, l.stroke(1.8));
  }
  m.path = path;
  d->PopClipRect();
  if (tool.handle >= 0 && (io.MouseDelta.x != 0 || io.MouseDelta.y != 0)) {
    const RewardHandle& h = handles[std::size_t(tool.handle)];
    h.move(r, mouse, h.anchor);
  }
}

}  // namespace gs::ui
