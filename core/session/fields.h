// One table of fields per struct. It drives JSON, validation, --set, sliders with tooltips and reset, property-test
// generators, the parameter table of the README and the undo text. Adding a parameter is one line here plus its use.
//
//   template <class S, class V> requires Is<S, Sampler>   // S may be const
//   void fields(S& s, V&& v) { v(field("churn", "Churn").range(0, 8).symbol("kappa").help("..."), s.churn); }
//
// A visitor is called with (const Field&, member&) for every member, in the order of the file and of the panel.
#pragma once
#include <concepts>
#include <limits>
#include <string_view>
#include <type_traits>

#include "session/session.h"

namespace gs {

enum class Scale { Linear, Log };

struct Field {
  std::string_view name;    // the JSON key and the path's last part
  std::string_view label;   // words first
  std::string_view symbol;  // may be empty
  std::string_view unit;    // may be empty
  std::string_view help;    // one sentence
  double lo = -std::numeric_limits<double>::max(), hi = std::numeric_limits<double>::max();  // numbers; strings: length
  double neutral = 0;       // sliders fill from here
  Scale scale = Scale::Linear;
  // Which kinds of a flat struct use the field, as "kind kind"; empty: all. Others keep their value but are not
  // written, and are rejected when set to something else than the default.
  std::string_view kinds;

  constexpr Field range(double a, double b) const { Field f = *this; f.lo = a; f.hi = b; return f; }
  constexpr Field log() const { Field f = *this; f.scale = Scale::Log; return f; }
  constexpr Field sym(std::string_view s) const { Field f = *this; f.symbol = s; return f; }
  constexpr Field in(std::string_view u) const { Field f = *this; f.unit = u; return f; }
  constexpr Field about(std::string_view h) const { Field f = *this; f.help = h; return f; }
  constexpr Field from(double n) const { Field f = *this; f.neutral = n; return f; }
  constexpr Field only(std::string_view k) const { Field f = *this; f.kinds = k; return f; }
};
constexpr Field field(std::string_view name, std::string_view label) { Field f; f.name = name; f.label = label; return f; }

template <class S, class T>
concept Is = std::same_as<std::remove_cvref_t<S>, T>;

// Names of enumerators, in order: enumNames<SolverKind>()[int(k)]. Defined in enums.h for every enum of a session.
}  // namespace gs
