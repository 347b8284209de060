#include "formula.h"

#include <algorithm>
#include <cmath>

#include "cards.h"

namespace gs::ui {
namespace {

using Place = FormulaRun::Place;
using Ink = FormulaRun::Ink;

const ImFont* fontOf(const FormulaRun& r) { return r.place == Place::Base ? look().math : look().small; }

struct Placed {
  const FormulaRun* run;
  ImVec2 at;
};
struct PlacedFormula {
  std::vector<Placed> runs;
  float height = 0;
};

PlacedFormula place(const Formula& f, float width) {
  const Look& l = look();
  const float line = l.math->FontSize * 1.12f, indent = l.em * 1.1f;
  PlacedFormula out;
  float x = 0, y = 0;
  for (std::size_t i = 0; i < f.size(); ++i) {
    // Up to the next place where a line may end, all stays together.
    if (f[i].breakable) {
      float needs = 0;
      for (std::size_t j = i; j < f.size() && (j == i || !f[j].breakable); ++j)
        needs += textWidth(fontOf(f[j]), f[j].text);
      if (x > indent && x + needs > width) x = indent, y += line;
    }
    const bool sub = f[i].place == Place::Sub;
    out.runs.push_back({&f[i], {x, y + (sub ? l.math->Ascent - l.small->Ascent + l.em * 0.28f : 0)}});
    x += textWidth(fontOf(f[i]), f[i].text) + (sub ? l.em * 0.08f : 0);
  }
  out.height = y + line;
  return out;
}

}  // namespace

float formulaHeight(const Formula& f, float width) { return place(f, width).height; }

void drawFormula(const Formula& f, ImVec2 at, float width) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const PlacedFormula layout = place(f, width);
  for (const Placed& p : layout.runs) {
    const ImFont* font = fontOf(*p.run);
    const ImVec2 pen{std::round(at.x + p.at.x), std::round(at.y + p.at.y)};
    const ImU32 c = p.run->ink == Ink::Text ? l.text : p.run->ink == Ink::Quiet ? l.secondary : l.guided;
    if (p.at.x + textWidth(font, p.run->text) > width + 1)
      memory().clipped.push_back({p.run->text, p.at.x + textWidth(font, p.run->text), width});
    d->AddText(font, font->FontSize, pen, c, p.run->text.c_str());
    if (p.run->hat) {
      const float w = textWidth(font, p.run->text), top = pen.y + font->Ascent * 0.16f;
      const ImVec2 hat[] = {{pen.x + w * 0.28f, top}, {pen.x + w * 0.5f, top - l.em * 0.19f}, {pen.x + w * 0.72f, top}};
      d->AddPolyline(hat, 3, c, 0, std::max(1.f, l.em * 0.09f));
    }
  }
}

std::vector<std::string> weightWords(const Experiment& e, double time, double ratio) {
  std::vector<std::string> words;
  for (const Term& t : e.guidance) {
    if (!t.enabled) continue;
    const std::string which = termNumber(e, t);
    const bool constant = t.curve.kind == CurveKind::Constant;
    const double now = constant ? t.omega : t.omega * evaluate(t.curve, time, ratio, e.condition);
    words.push_back("ω" + which + (constant ? " = " : "(t) = ") + fixed(now, 2) + (constant ? "" : " now"));
    if (t.kind == TermKind::Cfg || t.kind == TermKind::Autoguidance)
      words.push_back((t.kind == TermKind::Cfg ? "cfg scale = " : "guidance = ") + fixed(1 + now, 2));
  }
  return words;
}

}  // namespace gs::ui
