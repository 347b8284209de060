#include "session/caption.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "session/classes.h"
#include "session/enums.h"
#include "session/formula.h"
#include "session/type.h"

namespace gs {

namespace {

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

std::string fourDigits(double value) {
  char text[64];
  const std::string digits(text,
                           std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::general, 4).ptr);
  return value < 0 ? "−" + digits : digits;
}

// "churn 0.5", "Heun", "clean classifier: no", "steps 200"; empty for what is not filled in.
std::string memberWords(const Field& f, ConstValue v) {
  std::string label(f.label);
  // A capital begins a name unless others follow it.
  if (label.size() > 1 && label[0] >= 'A' && label[0] <= 'Z' && !(label[1] >= 'A' && label[1] <= 'Z'))
    label[0] = char(label[0] - 'A' + 'a');
  switch (v.type().kind) {
    case Type::Kind::Flag:
      return label + (v.number() != 0 ? ": yes" : ": no");
    case Type::Kind::Choice: {
      const std::string name(v.type().names[std::size_t(v.number())].label);
      return f.name == "kind" ? name : label + " " + name;
    }
    case Type::Kind::Real:
    case Type::Kind::Whole:
      if (f.form == Form::Class && v.number() < 0) return label + " none";
      return label + " " + (f.form == Form::NullIsZero && v.number() == 0 ? "null" : fourDigits(v.number()));
    case Type::Kind::Text:
      return shortened(v.text(), kMostOfName);
    case Type::Kind::Pair:
      return label + " (" + fourDigits(v.pair().x) + ", " + fourDigits(v.pair().y) + ")";
    case Type::Kind::List:
    case Type::Kind::Law:
      return label + ": " + std::to_string(v.count());
    default:
      return {};
  }
}

// What this value has that not all of the others have, in the order of the field tables.
void addDifferences(const Field& f, ConstValue mine, std::vector<ConstValue> others, std::vector<std::string>& out) {
  std::erase_if(others, [&](const ConstValue& other) { return other == mine; });
  if (others.empty()) return;
  const auto within = [&](const Field& field, auto part) {
    std::vector<ConstValue> parts;
    for (const ConstValue& other : others) parts.push_back(other[part]);
    addDifferences(field, mine[part], std::move(parts), out);
  };
  if (mine.is(Type::Kind::Struct)) {
    for (const Member& m : mine.type().members)
      if (mine.uses(m.field) && m.field.name != "sha256") within(m.field, m);
    return;
  }
  if (mine.is(Type::Kind::List) && std::all_of(others.begin(), others.end(), [&](const ConstValue& other) {
        return other.count() == mine.count();
      })) {
    for (std::size_t i = 0; i < mine.count(); ++i) within(f, i);
    return;
  }
  const std::string words = memberWords(f, mine);
  if (!words.empty() && std::find(out.begin(), out.end(), words) == out.end()) out.push_back(words);
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
  const Experiment& mine = s.panes[std::size_t(pane)];
  std::string text = caption(mine, classes, s.view.weights);
  std::vector<ConstValue> alike;
  for (const Experiment& other : s.panes)
    if (caption(other, classes, s.view.weights) == text) alike.emplace_back(other);
  std::vector<std::string> apart;
  addDifferences({}, ConstValue(mine), std::move(alike), apart);
  for (const std::string& words : apart) text += ", " + words;
  return (s.panes.size() > 1 ? std::to_string(pane + 1) + ": " : "") + text;
}

}  // namespace gs
