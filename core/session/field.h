// What is known about one parameter: its name in files and paths, its words on screen, its range and its scale.
#pragma once
#include <concepts>
#include <cstddef>
#include <limits>
#include <string_view>
#include <type_traits>

namespace gs {

enum class Scale { Linear, Log };

// How a value looks in a file where its type alone does not say.
enum class Form {
  Plain,
  Class,       // int: a class from 0, or "none" for kUnconditional
  NullIsZero,  // double: null for 0, which stands for the schedule's own end or for no bound
  OnLine       // Vec2, Sym2: also [m] for (m, 0) and [[v]] for ((v, 0), (0, 1)): a law on the line, times a standard
               // normal second coordinate, which no guidance term pushes
};

struct Field {
  std::string_view name;    // the JSON key and the path's last part
  std::string_view label;   // words first
  std::string_view symbol;  // may be empty
  std::string_view unit;    // may be empty
  std::string_view help;    // one sentence
  // Inclusive. Numbers: the value; strings: the length in bytes; vectors: the count.
  double lo = -std::numeric_limits<double>::max(), hi = std::numeric_limits<double>::max();
  double neutral = 0;  // sliders fill from here
  Scale scale = Scale::Linear;
  Form form = Form::Plain;
  // Which kinds of a flat struct use the field, as "kind kind"; empty: all. Others keep their value but are not
  // written, and are rejected when set to something else than the default.
  std::string_view kinds;
  // A member of the same struct, before this one, that must be on (a flag), filled in (a text) or, where there is a
  // word, be that text; else the field is not used either, as by another kind. Empty: no such condition.
  std::string_view with, withWord;

  constexpr Field range(double a, double b) const {
    Field f = *this;
    f.lo = a;
    f.hi = b;
    return f;
  }
  constexpr Field log() const {
    Field f = *this;
    f.scale = Scale::Log;
    return f;
  }
  constexpr Field sym(std::string_view s) const {
    Field f = *this;
    f.symbol = s;
    return f;
  }
  constexpr Field in(std::string_view u) const {
    Field f = *this;
    f.unit = u;
    return f;
  }
  constexpr Field about(std::string_view h) const {
    Field f = *this;
    f.help = h;
    return f;
  }
  constexpr Field from(double n) const {
    Field f = *this;
    f.neutral = n;
    return f;
  }
  constexpr Field only(std::string_view k) const {
    Field f = *this;
    f.kinds = k;
    return f;
  }
  constexpr Field when(std::string_view member, std::string_view word = {}) const {
    Field f = *this;
    f.with = member;
    f.withWord = word;
    return f;
  }
  constexpr Field as(Form x) const {
    Field f = *this;
    f.form = x;
    return f;
  }

  // True where a struct of this kind uses the field.
  constexpr bool usedBy(std::string_view kind) const {
    for (std::string_view rest = kinds; !rest.empty();) {
      const std::size_t blank = rest.find(' ');
      if (rest.substr(0, blank) == kind) return true;
      rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(blank + 1);
    }
    return kinds.empty();
  }
  // Where a log slider begins: a range that includes 0 has it as its lowest place, just below this.
  constexpr double logLo() const { return lo > 0 ? lo : 1e-3; }
};
constexpr Field field(std::string_view name, std::string_view label) {
  Field f;
  f.name = name;
  f.label = label;
  return f;
}

// A table's first argument: the struct itself, const or not.
template <class S, class T>
concept Is = std::same_as<std::remove_cvref_t<S>, T>;

}  // namespace gs
