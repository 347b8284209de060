#include "session/fields.h"
#include "session/json.h"
#include "session/tree.h"

namespace gs {
namespace {

struct Change {
  std::string path;   // without "panes.0."
  std::string value;  // empty where more than one field differs
};

std::string under(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + '.' + std::string(name);
}

template <class T>
std::string valueText(const T& v, const Field& f) {
  if constexpr (std::is_same_v<T, bool>) {
    return v ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(enumName(v));
  } else if constexpr (std::is_arithmetic_v<T>) {
    if (f.form == Form::Class && double(v) < 0) return "none";
    if (f.form == Form::NullIsZero && v == 0) return "null";
    return numberText(double(v));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return shown(v);
  } else if constexpr (std::is_same_v<T, Vec2>) {
    return numberText(v.x) + ", " + numberText(v.y);
  } else {
    return {};
  }
}

// What changed between two values of the same type: the one field, or the smallest part that holds all of it.
template <HasFields S>
Change compareFields(const S& a, const S& b, const std::string& path) {
  Change only;
  int differing = 0;
  bool kindChanged = false;
  fieldPairs(a, b, [&](const Field& f, const auto& before, const auto& after) {
    using T = std::remove_cvref_t<decltype(before)>;
    if (before == after || kindChanged) return;
    ++differing;
    const std::string here = under(path, f.name);
    if (f.name == "kind") {  // the fields of the old and the new kind differ because of it
      kindChanged = true;
      only = {here, valueText(after, f)};
    } else if constexpr (HasFields<T>) {
      only = compareFields(before, after, here);
    } else if constexpr (requires { before.size(); } && !std::is_same_v<T, std::string>) {
      only = {here, {}};
      std::size_t items = 0, last = 0;
      if (before.size() == after.size()) {
        for (std::size_t i = 0; i < before.size(); ++i)
          if (!(before[i] == after[i])) {
            ++items;
            last = i;
          }
      }
      if (items == 1) {
        const std::string item = under(here, std::to_string(last));
        if constexpr (HasFields<typename T::value_type>)
          only = compareFields(before[last], after[last], item);
        else
          only = {item, valueText(after[last], f)};
      }
    } else {
      only = {here, valueText(after, f)};
    }
  });
  return differing == 1 || kindChanged ? only : Change{path, {}};
}

}  // namespace

std::string describeChange(const Session& before, const Session& after) {
  if (before == after) return {};
  Change c = compareFields(before, after, {});
  if (c.path.starts_with("panes.0.")) c.path.erase(0, 8);
  if (c.path.empty() || c.path == "panes.0") {  // several parts at once: another scene was opened
    return after.name.empty() || after.name == before.name ? "experiment" : "scene " + shown(after.name);
  }
  return c.value.empty() ? c.path : c.path + " = " + c.value;
}

}  // namespace gs
