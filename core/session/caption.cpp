#include "session/caption.h"

#include <charconv>

namespace gs {

namespace {

std::string twoDigits(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 2).ptr};
}

std::string className(int condition, int classes) {
  if (condition == kUnconditional) return "no class";
  if (classes == 1) return "all data";
  if (condition < 26) return std::string("class ") + char('A' + condition);
  return "class " + std::to_string(condition + 1);
}

}  // namespace

std::string caption(const Experiment& e, int classes, WeightDisplay display) {
  std::string text = className(e.condition, classes);
  bool any = false;
  for (const Term& term : e.guidance) {
    if (!term.enabled || term.omega == 0) continue;
    any = true;
    text += term.kind == TermKind::Autoguidance ? ", auto " : ", ";
    text +=
        display == WeightDisplay::CfgScale ? "scale = " + twoDigits(1 + term.omega) : "ω = " + twoDigits(term.omega);
    if (term.curve.kind != CurveKind::Constant) text += "(t)";
  }
  return any ? text : text + ", no guidance";
}

std::string caption(const Session& s, int pane, int classes) {
  const std::string number = s.panes.size() > 1 ? std::to_string(pane + 1) + ": " : "";
  return number + caption(s.panes[std::size_t(pane)], classes, s.view.weights);
}

}  // namespace gs
