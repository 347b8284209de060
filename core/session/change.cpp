#include "session/json.h"
#include "session/text.h"
#include "session/type.h"

namespace gs {
namespace {

struct Change {
  std::string path;   // without "panes.0."
  std::string value;  // empty where more than one field differs
};

std::string under(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + '.' + std::string(name);
}

std::string valueText(ConstValue v, const Field& f) {
  switch (v.type().kind) {
    case Type::Kind::Flag:
      return v.number() != 0 ? "true" : "false";
    case Type::Kind::Choice:
      return std::string(v.name());
    case Type::Kind::Real:
    case Type::Kind::Whole:
      if (f.form == Form::Class && v.number() < 0) return "none";
      if (f.form == Form::NullIsZero && v.number() == 0) return "null";
      return numberText(v.number());
    case Type::Kind::Text:
      return shown(v.text());
    case Type::Kind::Pair:
      return numberText(v.pair().x) + ", " + numberText(v.pair().y);
    default:
      return {};
  }
}

Change compareFields(ConstValue a, ConstValue b, const std::string& path);

// Of two values that differ: the one field, or the smallest part that holds all of it.
Change compare(ConstValue before, ConstValue after, const Field& f, const std::string& here) {
  if (before.is(Type::Kind::Struct)) return compareFields(before, after, here);
  if (!before.is(Type::Kind::List)) return {here, valueText(after, f)};
  std::size_t items = 0, last = 0;
  if (before.count() == after.count()) {
    for (std::size_t i = 0; i < before.count(); ++i)
      if (before[i] != after[i]) {
        ++items;
        last = i;
      }
  }
  return items == 1 ? compare(before[last], after[last], f, under(here, std::to_string(last))) : Change{here, {}};
}

Change compareFields(ConstValue a, ConstValue b, const std::string& path) {
  Change only;
  int differing = 0;
  for (const Member& m : a.type().members) {
    if (a[m] == b[m]) continue;
    const std::string here = under(path, m.field.name);
    if (m.field.name == "kind") return {here, valueText(b[m], m.field)};  // others differ because of it
    only = compare(a[m], b[m], m.field, here);
    ++differing;
  }
  return differing == 1 ? only : Change{path, {}};
}

}  // namespace

std::string describeChange(const Session& before, const Session& after) {
  if (before == after) return {};
  Change c = compareFields(ConstValue(before), ConstValue(after), {});
  if (c.path.starts_with("panes.0.")) c.path.erase(0, 8);
  if (c.path.empty() || c.path == "panes.0") {  // several parts at once: another scene was opened
    return after.name.empty() || after.name == before.name ? "experiment" : "scene " + shown(after.name);
  }
  return c.value.empty() ? c.path : c.path + " = " + c.value;
}

}  // namespace gs
