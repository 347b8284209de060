// A row for a member of a struct, from its field and the type that it has at run time.
#include "cards.h"
#include "session/classes.h"
#include "thumbnails.h"

namespace gs::ui {
namespace {

// Two names stand side by side, more in a list.
void nameRow(const Field& f, Value value) {
  const std::vector<Choice> choices = choicesOf(value.type().names);
  int index = int(value.number());
  const Box2 box = row(f.label);
  note(f.name, box);
  if (choices.size() == 2 ? segmentedIn(box, f.name, choices, index)
                          : comboIn(box, f.name, choices[std::size_t(index)].label, choices, index))
    value.set(index);
}

void classRow(Context& c, const Field& f, Value value) {
  // While points are fitted the law is not known: the class stays what it is.
  const auto law = lawOf(c.experiment.distribution);
  int index = int(value.number());
  if (law && index >= law->classes()) value.set(index = law->classes() - 1);
  std::vector<Choice> choices;
  for (int k = 0; k < (law ? law->classes() : index + 1); ++k)
    choices.push_back({"class " + className(c.experiment.distribution, k, 16), std::string(f.help), classColor(k)});
  const Box2 box = row(f.label);
  note(f.name, box);
  if (comboIn(box, f.name, choices[std::size_t(index)].label, choices, index)) value.set(index);
}

void flagRow(const Field& f, Value value) {
  bool on = value.number() != 0;
  if (toggleIn(toggleRow(f), f.name, on, f.label, f.help)) value.set(on);
}

}  // namespace

void memberRow(Context& c, const Field& f, Value value, ConstValue usual, const SliderWords& words) {
  switch (value.type().kind) {
    case Type::Kind::Flag:
      return flagRow(f, value);
    case Type::Kind::Choice:
      return nameRow(f, value);
    case Type::Kind::Whole:
      if (f.name == "class") return classRow(c, f, value);
      [[fallthrough]];
    case Type::Kind::Real: {
      double now = value.number();
      SliderSpec s = spec(f, usual.number());
      s.integer = value.is(Type::Kind::Whole);
      if (words) words(s, now);
      if (slider(s, now)) value.set(now);
      return;
    }
    default:
      return;
  }
}

}  // namespace gs::ui
