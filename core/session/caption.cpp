#include "session/caption.h"

#include <charconv>

#include "session/classes.h"
#include "session/enums.h"

namespace gs {

namespace {

std::string twoDigits(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 2).ptr};
}

constexpr int kMostOfName = 24;

std::string conditionWords(const Experiment& e, int classes) {
  if (e.condition == kUnconditional) return "no class";
  if (classes == 1) return "all data";
  return "class " + className(e.distribution, e.condition, kMostOfName);
}

std::string weightWords(const Term& term, bool scale) {
  const std::string name = scale ? "scale" : "ω";
  if (term.curve.kind == CurveKind::Constant) return name + " = " + twoDigits(term.omega + (scale ? 1 : 0));
  const std::string curve =
      term.curve.kind == CurveKind::Drawn ? "drawn curve" : std::string(enumName(term.curve.kind));
  return name + "(t) = " + (scale ? "1 + " : "") + twoDigits(term.omega) + " × " + curve;
}

}  // namespace

std::string caption(const Experiment& e, int classes, WeightDisplay display) {
  std::string text = conditionWords(e, classes);
  bool any = false;
  for (const Term& term : e.guidance) {
    if (!term.enabled || term.omega == 0) continue;
    any = true;
    text += term.kind == TermKind::Autoguidance ? ", auto "
            : term.kind == TermKind::Reward     ? ", " + std::string(enumName(term.reward.kind)) + " reward "
            : term.kind == TermKind::Cfg        ? ", "
                                                : ", " + std::string(enumName(term.kind)) + " ";
    text += weightWords(term, display == WeightDisplay::CfgScale);
  }
  return any ? text : text + ", no guidance";
}

std::string caption(const Session& s, int pane, int classes) {
  const std::string number = s.panes.size() > 1 ? std::to_string(pane + 1) + ": " : "";
  return number + caption(s.panes[std::size_t(pane)], classes, s.view.weights);
}

}  // namespace gs
