// One table of fields per struct. It drives JSON, validation, --set, sliders with tooltips and reset, property-test
// generators, the parameter table of the README and the undo text. Adding a parameter is one line here plus its use.
//
//   template <class S, class V> requires Is<S, Sampler>   // S may be const
//   void fields(S& s, V&& v) { v(field("churn", "Churn").range(0, 8).sym("κ").about("..."), s.churn); }
//
// A visitor is called with (const Field&, member&) for every member, in the order of the file and of the panel. Members
// are double, int, std::uint32_t, bool, std::string, enums of enums.h, Vec2, Sym2, structs with a table of their own,
// vectors of such structs or of short texts, and Box<Mixture>. Defaults are those of a default-constructed struct.
#pragma once
#include <string_view>
#include <vector>

#include "session/enums.h"
#include "session/field.h"
#include "session/fields_experiment.h"
#include "session/fields_training.h"
#include "session/fields_view.h"
#include "session/session.h"

namespace gs {

template <class S, class V>
requires Is<S, Session>
void fields(S& s, V&& v) {
  v(field("name", "Name").range(0, 200).about("The title of the scene."), s.name);
  v(field("notes", "Notes").range(0, 4000).about("Plain text that is shown with the scene."), s.notes);
  v(field("panes", "Panes").range(1, Session::kMaxPanes).about("The experiments, side by side."), s.panes);
  v(field("view", "View").about("How it is shown; nothing here changes a trajectory."), s.view);
  v(field("training", "Training").about("What is told to a training that is started; no picture hangs on it."),
    s.training);
}

// The field of one text of a list of texts.
inline constexpr Field kNameField = field("", "Name").range(0, double(Distribution::kMaxClassName));

// Structs that have a table.
template <class S>
concept HasFields = requires(S& s) {
  fields(s, [](const Field&, auto&) {});
};

// The name of a struct's kind ("heun"); empty for structs without one.
template <HasFields S>
constexpr std::string_view kindOf(const S& s) {
  if constexpr (requires { s.kind; })
    return enumName(s.kind);
  else
    return {};
}

// True where this value of a flat struct uses the field. Other fields keep their value in memory, are not written to
// files, and are rejected there when they are not the default.
template <HasFields S>
bool uses(const S& s, const Field& f) {
  if constexpr (std::is_same_v<S, Distribution>) {
    if (f.name == "word" && s.name != "letters") return false;
  }
  if constexpr (std::is_same_v<S, NetworkFile>) {
    if (f.name != "file" && s.file.empty()) return false;
  }
  return f.usedBy(kindOf(s));
}

// Visits the members of two structs side by side: v(field, member of a, member of b). Either may be const.
template <class A, class B, class V>
requires std::same_as<std::remove_const_t<A>, std::remove_const_t<B>>
void fieldPairs(A& a, B& b, V&& v) {
  std::vector<const void*> members;
  fields(b, [&](const Field&, auto& member) { members.push_back(&member); });
  std::size_t i = 0;
  fields(a, [&](const Field& f, auto& member) {
    using M = std::remove_const_t<std::remove_reference_t<decltype(member)>>;
    using Other = std::conditional_t<std::is_const_v<B>, const M, M>;
    v(f, member, *const_cast<Other*>(static_cast<const M*>(members[i++])));
  });
}

// The field of a member: fieldOf(&Term::omega).
template <class S, class M>
Field fieldOf(M S::*member) {
  const S s{};
  Field found;
  fields(s, [&](const Field& f, const auto& value) {
    if (static_cast<const void*>(&value) == static_cast<const void*>(&(s.*member))) found = f;
  });
  return found;
}

}  // namespace gs
