// Layers, coordinates, theme: what changes no trajectory.
#include <algorithm>

#include "cards.h"

namespace gs::ui {
namespace {

// A layer's line: a chevron that opens its options, its name, its switch. True: draw the options.
template <class Layer>
bool layer(Layer& options, ImU32 mark, bool hasOptions) {
  const Look& l = look();
  Memory& m = memory();
  const Field f = fieldOf(&Layer::visible);
  const Box2 line = takeBox(kRow);
  const ImGuiID open = ImGui::GetID("open");
  ImGuiStorage* storage = ImGui::GetStateStorage();
  const Box2 words{line.lo, {line.hi.x - l.px(2.4), line.hi.y}};
  if (hasOptions) {
    const Press p = press("options", words);
    if (p.clicked) storage->SetBool(open, !storage->GetBool(open));
    drawIcon(ImGui::GetWindowDrawList(), storage->GetBool(open) ? Icon::Down : Icon::Right,
             {words.lo.x + l.em * 0.3f, words.center().y}, l.em * 0.5f, p.hovered ? l.text : l.secondary);
    focusRing(p, words);
  }
  if (mark)
    ImGui::GetWindowDrawList()->AddCircleFilled({words.lo.x + l.em * 1.2f, words.center().y}, l.em * 0.26f,
                                                options.visible ? mark : l.line);
  textIn({{words.lo.x + l.em * 1.85f, words.lo.y}, words.hi}, l.body, options.visible ? l.text : l.secondary, f.label);
  note("visible", line);
  toggleIn(line, "visible", options.visible, f.label, f.help);
  if (!hasOptions || !storage->GetBool(open)) return false;
  m.x0 += l.px(1.85);
  m.labelWidth -= l.px(1.85);
  return true;
}

void endOptions() {
  memory().x0 -= look().px(1.85);
  memory().labelWidth += look().px(1.85);
  gap(0.25);
}

template <class Draw>
void group(const char* id, const std::string& path, Draw draw) {
  Memory& m = memory();
  ImGui::PushID(id);
  m.path = path;
  draw();
  m.path.clear();
  ImGui::PopID();
}

// Two to three words beside each other.
template <class S, class E>
void segmented(S& s, E S::*member, const char* label, const std::vector<std::string>& words) {
  const Field f = fieldOf(member);
  std::vector<Choice> choices;
  for (std::size_t i = 0; i < words.size(); ++i) choices.push_back({words[i], std::string(enumNames<E>()[i].help)});
  int index = int(s.*member);
  const Box2 box = row(label, s.*member != S{}.*member);
  note(f.name, box);
  if (segmentedIn(box, f.name, choices, index)) s.*member = E(index);
}

// A list, not a slider: the slider would move away under the mouse while it changes the size of everything.
void scaleRow(View& v) {
  const Field f = fieldOf(&View::uiScale);
  constexpr double kScales[] = {0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4};
  std::vector<Choice> choices;
  int index = -1;
  for (double s : kScales) {
    if (s == v.uiScale) index = int(choices.size());
    choices.push_back({shortNumber(100 * s) + " %", std::string(f.help)});
  }
  const Box2 box = row("Scale", v.uiScale != View{}.uiScale);
  note(f.name, box);
  if (comboIn(box, f.name, shortNumber(100 * v.uiScale) + " %", choices, index)) v.uiScale = kScales[index];
}

}  // namespace

void viewCard(Context& c) {
  const Look& l = look();
  View& v = c.session.view;
  if (beginCard("view", "View")) {
    group("density", "view.density.", [&] {
      if (!layer(v.density, classColor(0), true)) return;
      fieldToggle(v.density, &DensityLayer::perClass);
      fieldSlider(v.density, &DensityLayer::opacity);
      fieldCombo(v.density, &DensityLayer::shape);
      endOptions();
    });
    group("target", "view.target.", [&] {
      if (!layer(v.target, l.tilted, true)) return;
      fieldCombo(v.target, &TargetLayer::shape);
      fieldToggle(v.target, &TargetLayer::atCursor);
      endOptions();
    });
    group("own", "view.own.", [&] {
      if (!layer(v.own, l.text, true)) return;
      fieldCombo(v.own, &OwnLawLayer::shape);
      fieldToggle(v.own, &OwnLawLayer::atCursor);
      endOptions();
    });
    group("match", "view.match.", [&] { layer(v.match, l.text, false); });
    const auto& terms = c.experiment.guidance;
    if (std::any_of(terms.begin(), terms.end(), [](const Term& t) { return t.kind == TermKind::Reward; }))
      group("reward", "view.reward.", [&] { layer(v.reward, l.text, false); });
    group("arrows", "view.arrows.", [&] {
      if (!layer(v.arrows, l.text, true)) return;
      fieldCombo(v.arrows, &ArrowLayer::what);
      fieldCombo(v.arrows, &ArrowLayer::space);
      fieldSlider(v.arrows, &ArrowLayer::spacing);
      endOptions();
    });
    group("streams", "view.streams.", [&] {
      if (!layer(v.streams, l.guided, true)) return;
      fieldCombo(v.streams, &StreamLayer::space);
      fieldSlider(v.streams, &StreamLayer::spacing);
      endOptions();
    });
    group("heat", "view.heat.", [&] {
      if (!layer(v.heat, l.secondary, true)) return;
      fieldCombo(v.heat, &HeatLayer::what);
      fieldSlider(v.heat, &HeatLayer::opacity);
      if (v.heat.what == HeatWhat::DataRatio)
        group("guidedDensity", "view.guidedDensity.",
              [&] { fieldSlider(v.guidedDensity, &GuidedDensityLayer::bandwidth); });
      endOptions();
    });
    group("guidedDensity", "view.guidedDensity.", [&] {
      if (!layer(v.guidedDensity, l.guided, true)) return;
      fieldSlider(v.guidedDensity, &GuidedDensityLayer::bandwidth);
      fieldSlider(v.guidedDensity, &GuidedDensityLayer::opacity);
      endOptions();
    });
    group("trajectories", "view.trajectories.", [&] {
      if (!layer(v.trajectories, l.guided, true)) return;
      SliderSpec count = spec(fieldOf(&TrajectoryLayer::count), TrajectoryLayer{}.count);
      count.integer = true;
      count.bend = 100;
      double n = v.trajectories.count;
      if (slider(count, n)) v.trajectories.count = int(n);
      fieldSlider(v.trajectories, &TrajectoryLayer::width);
      fieldSlider(v.trajectories, &TrajectoryLayer::opacity);
      fieldToggle(v.trajectories, &TrajectoryLayer::timeColor);
      endOptions();
    });
    group("particles", "view.particles.", [&] {
      if (!layer(v.particles, l.guided, true)) return;
      fieldSlider(v.particles, &ParticleLayer::size);
      fieldCombo(v.particles, &ParticleLayer::color);
      endOptions();
    });
    group("axes", "view.axes.", [&] {
      if (!layer(v.axes, l.secondary, true)) return;
      fieldToggle(v.axes, &AxesLayer::grid);
      fieldToggle(v.axes, &AxesLayer::legend);
      endOptions();
    });
    gap(0.2);
    rule();
    gap(0.2);
    group("all", "view.", [&] {
      segmented(v, &View::coordinates, "Coordinates", {"schedule", "normalised"});
      segmented(v, &View::weights, "Weights", {"ω", "cfg scale"});
      fieldCombo(v, &View::theme);
      scaleRow(v);
      fieldToggle(v, &View::reducedMotion);
    });
  }
  endCard();
}

}  // namespace gs::ui
