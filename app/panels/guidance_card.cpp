// The stack of weighted pushes, with its formula.
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "session/classes.h"
#include "session/curves.h"
#include "session/methods.h"
#include "thumbnails.h"

namespace gs::ui {

const char* termDescription(TermKind k) { return methodOf(k).words.data(); }

std::vector<Knot> drawnLike(const Curve& c, const TimeAxis& axis) {
  std::vector<Knot> knots;
  const auto add = [&](double t, double value) {
    if (knots.empty() || t > knots.back().t + 1e-3) knots.push_back({t, std::clamp(value, -2.0, 4.0)});
  };
  switch (c.kind) {
    case CurveKind::Constant:
      add(0, 1), add(0.5, 1), add(1, 1);
      break;
    case CurveKind::Linear:
      add(0, c.to), add(1, c.from);
      break;
    case CurveKind::Cosine:
      for (double t : {0.0, 0.25, 0.5, 0.75, 1.0}) add(t, evaluate(c, t, axis.ratioAt(t)));
      break;
    case CurveKind::Interval: {
      const double a = axis.timeAt(c.lo), b = axis.timeAt(c.hi), edge = 0.02;
      if (a > edge) add(0, 0);
      add(std::max(0.0, a - edge), a > edge ? 0 : 1), add(a + edge, 1);
      add(b - edge, 1), add(std::min(1.0, b + edge), b < 1 - edge ? 0 : 1);
      if (b < 1 - 2 * edge) add(1, 0);
      break;
    }
    case CurveKind::Drawn:
      return c.knots;
    case CurveKind::Switch:
      add(0, c.late), add(1 - c.at - 0.02, c.late), add(1 - c.at + 0.02, 1), add(1, 1);
      break;
    default:
      for (double t : {0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0}) add(t, evaluate(c, t, axis.ratioAt(t)));
  }
  if (knots.size() < 2) knots = {{0, 1}, {1, 1}};
  return knots;
}

namespace {

// What the method table says, as a tooltip.
std::string helpCard(TermKind kind) {
  const MethodInfo& m = methodOf(kind);
  std::string text(m.formula);
  text += "\n" + std::string(enumHelp(kind)) + "\n";
  text += std::string(m.verdict == Verdict::Exact        ? "Exact: "
                      : m.verdict == Verdict::Asymptotic ? "In the limit: "
                      : m.verdict == Verdict::Biased     ? "Biased against: "
                                                         : "Heuristic, target: ");
  text += std::string(m.target) + ".\n";
  text += m.cost == 0      ? "No denoiser calls of its own."
          : m.more.empty() ? shortNumber(m.cost) + (m.cost == 1 ? " call a step." : " calls a step.")
                           : "Calls a step: " + methodCost(m) + ".";
  return text + "\nLook: " + std::string(m.look) + ".";
}

// Every method under the heading of its group; written once, not in every frame.
const std::vector<Choice>& methodChoices() {
  static const std::vector<Choice> kChoices = [] {
    std::vector<Choice> kinds;
    for (const EnumName& n : enumNames<TermKind>()) {
      const TermKind kind = TermKind(kinds.size());
      const bool first = kinds.empty() || methodOf(kind).group != methodOf(TermKind(kinds.size() - 1)).group;
      kinds.push_back({std::string(n.label), helpCard(kind), 0,
                       first ? std::string(groupLabel(methodOf(kind).group)) : std::string()});
    }
    return kinds;
  }();
  return kChoices;
}

// The multiplier over time in small; a click opens it in the time line.
void curvePreview(Context& c, const Curve& curve, int index) {
  const Look& l = look();
  const Box2 box = [&] {
    Box2 b = takeBox(2.6);
    b.lo.x += memory().labelWidth;
    b.lo.y += l.em * 0.15f, b.hi.y -= l.em * 0.25f;
    return b;
  }();
  const Press p = press("preview", box);
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(box.lo, box.hi, l.canvas, l.em * 0.4f);
  edge(box, p.hovered ? l.secondary : l.line, l.em * 0.4f);
  constexpr int kSamples = 48;
  double lo = 0, hi = 1;
  std::array<double, kSamples> values;
  for (int i = 0; i < kSamples; ++i) {
    const double x = double(i) / (kSamples - 1), t = c.session.view.noiseOnLeft ? 1 - x : x;
    values[std::size_t(i)] = evaluate(curve, t, c.axis.ratioAt(t), c.experiment.condition);
    lo = std::min(lo, values[std::size_t(i)]), hi = std::max(hi, values[std::size_t(i)]);
  }
  const float pad = l.em * 0.35f;
  std::array<ImVec2, kSamples> points;
  for (int i = 0; i < kSamples; ++i) {
    const float y = float((values[std::size_t(i)] - lo) / (hi - lo));
    points[std::size_t(i)] = {box.lo.x + pad + (box.width() - 2 * pad) * float(i) / (kSamples - 1),
                              box.hi.y - pad - (box.height() - 2 * pad) * y};
  }
  d->AddPolyline(points.data(), kSamples, memory().muted ? l.secondary : l.guided, 0, l.stroke(1.4));
  focusRing(p, box);
  tooltip(p.id, p.hovered, "Weight over time", "Click to edit it in the time line below the picture.");
  if (p.clicked) {
    c.state.activeTerm = index;
    c.state.timelineThin = false;
  }
}

void curveRows(Context& c, Term& t, int index) {
  Memory& m = memory();
  static const std::vector<Choice> kinds = [] {
    std::vector<Choice> all = choicesOf(enumNames<CurveKind>());
    for (std::size_t i = 0; i < all.size(); ++i) all[i].help = curveHelp(CurveKind(i));
    return all;
  }();
  int kind = int(t.curve.kind);
  const Box2 box = row(fieldOf(&Curve::kind).label);
  const std::string path = m.path;
  m.path += "curve.";
  note("kind", box);
  // The words that tell most; the list itself names the kinds.
  if (comboIn(box, "curve", t.curve.kind == CurveKind::Constant ? "always" : std::string(enumLabel(t.curve.kind)),
              kinds, kind)) {
    if (CurveKind(kind) == CurveKind::Drawn) {
      if (t.curve.kind == CurveKind::Learned && t.curve.learned.classes > 0) {
        const DrawnWeights drawn = drawnWeights(c.experiment, t.curve.learned);
        t.omega *= drawn.omega;
        t.curve.knots = drawn.knots;
      } else {
        t.curve.knots = drawnLike(t.curve, c.axis);
      }
      c.state.timelineThin = false;
    }
    t.curve.kind = CurveKind(kind);
    c.state.activeTerm = index;
  }
  switch (t.curve.kind) {
    case CurveKind::Constant:
      break;
    case CurveKind::Interval:
      fieldSlider(t.curve, &Curve::lo, "σ/α from");
      fieldSlider(t.curve, &Curve::hi, "σ/α up to");
      // Each bound pushes the other along, so that the band never turns inside out.
      if (t.curve.lo >= t.curve.hi) t.curve.hi = std::min(1000.0, std::max(t.curve.lo * 1.05, 0.001));
      if (t.curve.lo >= t.curve.hi) t.curve.lo = t.curve.hi / 1.05;
      break;
    case CurveKind::Linear:
    case CurveKind::Cosine:
      fieldSlider(t.curve, &Curve::from);
      fieldSlider(t.curve, &Curve::to);
      break;
    case CurveKind::Drawn:
      curvePreview(c, t.curve, index);
      break;
    case CurveKind::Learned:
      if (t.curve.learned.classes > 0)
        curvePreview(c, t.curve, index);
      else
        wrappedText(look().small, look().secondary,
                    "Not trained yet, so it does not push: see the card \"Learned weight\" on the right.");
      break;
    case CurveKind::Pcs:
      fieldSlider(t.curve, &Curve::power);
      break;
    case CurveKind::Beta:
      fieldSlider(t.curve, &Curve::a);
      fieldSlider(t.curve, &Curve::b);
      break;
    case CurveKind::Switch:
      fieldSlider(t.curve, &Curve::at);
      fieldSlider(t.curve, &Curve::late);
      break;
    default:
      break;
  }
  const auto shown = [&](const Field& f) {
    return f.usedBy(enumName(t.curve.kind)) && (t.curve.kind != CurveKind::Drawn || t.curve.least > f.lo);
  };
  if (shown(fieldOf(&Curve::least))) fieldSlider(t.curve, &Curve::least);
  // Only where its mean allows it; a switch that was on stays to be turned off.
  if (fieldOf(&Curve::normalise).usedBy(enumName(t.curve.kind)) &&
      (t.curve.normalise || meanOver(t.curve) >= Curve::kLeastMean))
    fieldToggle(t.curve, &Curve::normalise);
  if (meanOver(t.curve) < Curve::kLeastMean) t.curve.normalise = false;
  m.path = path;
}

// The parameters that only some methods have.
void methodRows(Context& c, Term& t) {
  const Term usual = newTerm(t.kind);
  const Value value(t);
  for (const Member& m : value.type().members)
    if (!m.field.kinds.empty() && value.uses(m.field)) memberRow(c, m.field, value[m], ConstValue(usual)[m]);
}

void term(Context& c, int index, std::optional<int>& removed) {
  const Look& l = look();
  Memory& m = memory();
  Experiment& e = c.experiment;
  Term& t = e.guidance[std::size_t(index)];
  ImGui::PushID(index);
  m.path = "guidance." + std::to_string(index) + ".";
  const float top = ImGui::GetCursorScreenPos().y, x0 = m.x0, labels = m.labelWidth;
  m.x0 += l.px(0.8);
  m.labelWidth -= l.px(0.8);
  const Box2 head = takeBox(kRow);
  const float icon = l.px(1.4);
  const Box2 closeBox{{head.hi.x - icon, head.lo.y}, head.hi};
  const Box2 switchBox{{head.lo.x, head.lo.y}, {closeBox.lo.x - l.px(0.4), head.hi.y}};
  const Press select = press("select", {head.lo, {switchBox.hi.x - l.px(2.4), head.hi.y}}, false);
  if (select.clicked) c.state.activeTerm = index;
  const std::string_view name = enumLabel(t.kind);
  textIn({head.lo, {switchBox.hi.x - l.px(2.0), head.hi.y}}, l.strong, t.enabled ? l.text : l.secondary, name);
  const float used = textWidth(l.strong, name) + l.em * 0.8f, room = switchBox.hi.x - l.px(2.3) - head.lo.x - used;
  const char* about = t.enabled ? termDescription(t.kind) : "off";
  if (textWidth(l.small, about) <= room)
    textIn({{head.lo.x + used, head.lo.y}, {head.lo.x + used + room, head.hi.y}}, l.small, l.secondary, about,
           Align::Right);
  tooltip(select.id, select.hovered, name, methodChoices()[std::size_t(t.kind)].help,
          "Click to edit its curve in the time line.");
  note("enabled", {{switchBox.hi.x - l.px(1.75), head.lo.y}, switchBox.hi});
  toggleIn(switchBox, "enabled", t.enabled, "On", fieldOf(&Term::enabled).help);
  note("remove", closeBox);
  if (iconButton("remove", closeBox, Icon::Close, "Remove this term")) removed = index;

  m.muted = !t.enabled;
  SliderSpec s = spec(fieldOf(&Term::omega), Term{}.omega);
  const bool scale = c.session.view.weights == WeightDisplay::CfgScale;
  s.bend = 2;
  // What a share is taken of has no scale.
  const MethodInfo& method = methodOf(t.kind);
  const bool share = method.omegaMost == 1;
  s.label = share ? "Strength" : scale ? (t.kind == TermKind::Cfg ? "cfg scale" : "Guidance") : "Weight ω";
  s.symbol = scale && !share ? "1 + ω" : "ω";
  s.shown = scale && !share ? 1 : 0;
  s.reset = method.omega;
  if (share) s.lo = 0, s.bend = 0;
  s.hi = std::max(method.omegaMost, t.omega);
  s.highlight = c.state.invite && index == 0 && t.enabled;
  const double before = t.omega;
  slider(s, t.omega);
  if (t.omega != before || (s.highlight && ImGui::IsItemActive())) c.state.invite = false;
  if (t.omega != before) c.state.activeTerm = index;
  curveRows(c, t, index);
  if (t.kind == TermKind::Reward) {
    const std::string path = m.path;
    m.path += "reward.";
    rewardRows(c, t);
    m.path = path;
    networkRows(c, t.network, "Reweighted", "Closed form", "The law r p / E[r] as a mixture.");
  }
  if (t.kind == TermKind::Autoguidance) {
    const std::string path = m.path;
    networkRows(c, t.network, "Weak model", "Exact, with faults", "The closed form with the faults below.");
    m.path += "weak.";
    if (!t.network) {
      fieldSlider(t.weak, &WeakModel::broaden);
      fieldSlider(t.weak, &WeakModel::leakDensity, "Leak in p");
      fieldSlider(t.weak, &WeakModel::leakDenoiser, "Leak in D");
      fieldSlider(t.weak, &WeakModel::blur, "Blur");
      fieldSlider(t.weak, &WeakModel::shift, "Noise shift");
      fieldSlider(t.weak, &WeakModel::atoms);
      fieldSlider(t.weak, &WeakModel::noise, "Score noise");
      if (t.weak.noise > 0) fieldSlider(t.weak, &WeakModel::noiseLength, "Noise length");
    }
    m.path = path;
  }
  methodRows(c, t);
  m.muted = false;
  m.x0 = x0;
  m.labelWidth = labels;
  const float bottom = ImGui::GetCursorScreenPos().y;
  const bool active = index == c.state.activeTerm;
  ImGui::GetWindowDrawList()->AddRectFilled({x0, top + l.em * 0.25f},
                                            {x0 + l.px(active ? 0.28 : 0.18), bottom - l.em * 0.2f},
                                            t.enabled ? l.guided : l.other, l.em * 0.1f);
  m.path.clear();
  ImGui::PopID();
  gap(0.35);
}

void formulaBox(Context& c) {
  const Look& l = look();
  Memory& m = memory();
  const Experiment& e = c.experiment;
  const Formula formula = guidanceFormula(e, c.session.view.weights);
  const float pad = l.px(0.65), width = m.x1 - m.x0 - 2 * pad;
  // The words below, as many on a line as fit.
  std::vector<std::string> words = weightWords(e, c.session.view.time, c.axis.ratioAt(c.session.view.time));
  const int steps = c.answer.plan ? int(c.answer.plan->grid.size()) - 1 : c.answer.frame ? c.answer.frame->steps() : 0;
  const int calls = c.answer.plan ? c.answer.plan->modelCalls : c.answer.frame ? c.answer.frame->modelCalls : 0;
  if (steps > 0 && calls > 0) {
    const int each = int(std::lround(double(calls) / steps));
    words.push_back(std::to_string(each) + (each == 1 ? " call/step" : " calls/step"));
  }
  std::vector<std::string> lines;
  for (const std::string& w : words) {
    if (!lines.empty() && textWidth(l.small, lines.back() + " · " + w) <= width)
      lines.back() += " · " + w;
    else
      lines.push_back(w);
  }
  const bool zeroPush =
      e.condition == kUnconditional && std::any_of(e.guidance.begin(), e.guidance.end(),
                                                   [](const Term& t) { return t.enabled && t.kind == TermKind::Cfg; });
  if (zeroPush) lines.push_back("no class is chosen: that push is zero");
  const float height = formulaHeight(formula, width), lineHeight = std::round(l.small->FontSize * 1.25f);
  const Box2 box = takeBox(double((height + lineHeight * float(lines.size()) + 2 * pad * 0.85f) / l.em));
  ImGui::GetWindowDrawList()->AddRectFilled(box.lo, box.hi, l.canvas, l.em * 0.4f);
  if (look().theme != Theme::Dark) edge(box, l.line, l.em * 0.4f);
  drawFormula(formula, {box.lo.x + pad, box.lo.y + pad * 0.7f}, width);
  float y = box.lo.y + pad * 0.95f + height;
  for (const std::string& line : lines) {
    textIn({{box.lo.x + pad, y}, {box.hi.x - pad, y + lineHeight}}, l.small, l.secondary, line);
    y += lineHeight;
  }
  note("formula", box);
}

}  // namespace

void guidanceCard(Context& c) {
  const Look& l = look();
  Memory& m = memory();
  Experiment& e = c.experiment;
  const bool open = beginCard("guidance", "Guidance stack");
  const float top = m.cardTop + l.px(kCardPad * 0.55);
  const float width = textWidth(l.small, "add") + l.em * 2.0f;
  const Box2 add{{m.x1 - width, top}, {m.x1, top + l.px(1.75)}};
  if (open) {
    if (int(e.guidance.size()) < Experiment::kMaxTerms) {
      const Press p = press("add", add);
      note("guidance.+", add);
      if (p.hovered) ImGui::GetWindowDrawList()->AddRectFilled(add.lo, add.hi, l.controlHover, l.em * 0.4f);
      drawIcon(ImGui::GetWindowDrawList(), Icon::Plus, {add.lo.x + l.em * 0.8f, add.center().y}, l.em * 0.5f,
               p.hovered ? l.text : l.secondary);
      textIn({{add.lo.x + l.em * 1.4f, add.lo.y}, {add.hi.x, add.hi.y}}, l.small, p.hovered ? l.text : l.secondary,
             "add");
      focusRing(p, add);
      tooltip(p.id, p.hovered, "Add a term", "One more push on top of the others; their weights are independent.");
      const int chosen = popupList("add", add, p.clicked, methodChoices(), -1);
      if (chosen >= 0) {
        Term t = newTerm(TermKind(chosen));
        // Another class than the one that is sampled.
        if (const auto law = lawOf(e.distribution)) t.label = (std::max(0, e.condition) + 1) % law->classes();
        e.guidance.push_back(t);
        c.state.activeTerm = int(e.guidance.size()) - 1;
      }
    }
    std::optional<int> removed;
    for (int i = 0; i < int(e.guidance.size()); ++i) term(c, i, removed);
    if (e.guidance.empty()) {
      wrappedText(l.body, l.secondary, "No guidance: the sampler follows the data. Add a term to push it.");
      gap(0.5);
    }
    if (removed) {
      e.guidance.erase(e.guidance.begin() + *removed);
      c.state.activeTerm = std::max(0, std::min(c.state.activeTerm, int(e.guidance.size()) - 1));
    }
    gap(0.15);
    formulaBox(c);
    gap(0.15);
  }
  endCard();
}

}  // namespace gs::ui
