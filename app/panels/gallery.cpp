// All scenes with thumbnails drawn from their own distributions.
#include <algorithm>
#include <cmath>
#include <map>

#include "cards.h"
#include "overlay.h"
#include "session/json.h"
#include "thumbnails.h"

namespace gs::ui {
namespace {

// Scenes are embedded and never change.
const Experiment* sceneExperiment(const std::string& name) {
  static std::map<std::string, std::optional<Experiment>> scenes;
  auto found = scenes.find(name);
  if (found == scenes.end()) {
    std::optional<Experiment> e;
    try {
      e = scenePreset(name).panes.front();
    } catch (const SessionError&) {
      // A scene that does not load has no thumbnail; opening it says why.
    }
    found = scenes.emplace(name, std::move(e)).first;
  }
  return found->second ? &*found->second : nullptr;
}

float textHeight(const ImFont* font, const std::string& s, float width) {
  return float(wrapped(font, s, width).size()) * std::round(font->FontSize * 1.08f);
}

// The first lines of it, so that one long text does not stretch a whole row of cards.
std::string beginning(const ImFont* font, const std::string& s, float width) {
  constexpr std::size_t kLines = 6;
  const std::vector<std::string> lines = wrapped(font, s, width);
  if (lines.size() <= kLines) return s;
  std::string out;
  for (std::size_t i = 0; i < kLines; ++i) out += (i > 0 ? " " : "") + lines[i];
  while (wrapped(font, out + " \u2026", width).size() > kLines) out.erase(out.find_last_of(' '));
  return out + " \u2026";
}

}  // namespace

void gallery(Context& c) {
  if (!c.state.gallery) return;
  const Look& l = look();
  Memory& m = memory();
  const auto& scenes = scenePresets();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const float width = std::min(display.x - l.em * 2, l.em * 92), height = std::min(display.y - l.em * 2, l.em * 56);
  if (!beginOverlay("gallery", width, height, "Scenes", c.state.gallery)) return;
  const float space = l.em * 0.9f;
  const int columns = std::max(1, int((m.x1 - m.x0 + space) / (l.em * 16 + space)));
  const float cellWidth = std::floor((m.x1 - m.x0 - space * float(columns - 1)) / float(columns)), pad = l.em * 0.7f;
  const float picture = std::min(cellWidth - 2 * pad, l.em * 9);
  const float x0 = m.x0, x1 = m.x1;
  for (std::size_t from = 0; from < scenes.size(); from += std::size_t(columns)) {
    const std::size_t to = std::min(scenes.size(), from + std::size_t(columns));
    float textNeeds = 0;
    for (std::size_t i = from; i < to; ++i)
      textNeeds = std::max(textNeeds, textHeight(l.strong, scenes[i].title, cellWidth - 2 * pad) +
                                          textHeight(l.small, beginning(l.small, scenes[i].about, cellWidth - 2 * pad),
                                                     cellWidth - 2 * pad));
    const float cellHeight = picture + textNeeds + 2 * pad + l.em * 0.9f;
    const Box2 strip = takeBox(double((cellHeight + space) / l.em));
    for (std::size_t i = from; i < to; ++i) {
      const float x = strip.lo.x + float(i - from) * (cellWidth + space);
      const Box2 box{{x, strip.lo.y}, {x + cellWidth, strip.lo.y + cellHeight}};
      const Press p = press(scenes[i].name, box);
      note("scene." + scenes[i].name, box);
      ImDrawList* d = ImGui::GetWindowDrawList();
      const bool current = c.session.name == scenes[i].name || c.session.name == scenes[i].title;
      d->AddRectFilled(box.lo, box.hi, p.hovered ? l.controlHover : l.card, l.em * kRadius);
      edge(box, current ? l.guided : p.hovered ? l.secondary : l.line, l.em * kRadius, l.stroke(current ? 1.6 : 1));
      const Box2 frame{{box.lo.x + pad, box.lo.y + pad}, {box.hi.x - pad, box.lo.y + pad + picture}};
      d->AddRectFilled(frame.lo, frame.hi, l.canvas, l.em * 0.4f);
      if (const Experiment* e = sceneExperiment(scenes[i].name); e && ImGui::IsRectVisible(box.lo, box.hi))
        drawThumbnail(frame, thumbnail(e->distribution), e->condition);
      m.x0 = box.lo.x + pad, m.x1 = box.hi.x - pad;
      ImGui::SetCursorScreenPos({m.x0, frame.hi.y + l.em * 0.6f});
      wrappedText(l.strong, l.text, scenes[i].title);
      gap(0.15);
      const std::string about = beginning(l.small, scenes[i].about, cellWidth - 2 * pad);
      wrappedText(l.small, l.secondary, about);
      if (about != scenes[i].about) tooltip(p.id, p.hovered, scenes[i].title, scenes[i].about);
      m.x0 = x0, m.x1 = x1;
      ImGui::SetCursorScreenPos({x0, strip.hi.y});
      focusRing(p, box);
      if (p.clicked) {
        c.result.openScene = scenes[i].name;
        c.state.gallery = false;
      }
    }
  }
  if (scenes.empty()) wrappedText(l.body, l.secondary, "No scenes are built into this program.");
  endOverlay();
}

}  // namespace gs::ui
