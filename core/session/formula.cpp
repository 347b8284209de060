#include "session/formula.h"

#include <charconv>
#include <cmath>

#include "session/classes.h"
#include "session/enums.h"

namespace gs {
namespace {

using Ink = FormulaRun::Ink;

class Writer {
 public:
  void put(std::string text, Ink ink = Ink::Text) { out_.push_back({.text = std::move(text), .ink = ink}); }
  void denoiser(std::string of) {
    put("D");
    out_.push_back({.text = std::move(of), .place = FormulaRun::Place::Sub});
  }
  void push(std::string plus, std::string minus) {
    put(" (", Ink::Quiet);
    denoiser(std::move(plus));
    put(" − ", Ink::Quiet);
    denoiser(std::move(minus));
    put(")", Ink::Quiet);
  }

  Formula write(const Experiment& e, WeightDisplay display) {
    const std::string main = className(e.distribution, e.condition, 8);
    out_.push_back({.text = "D", .hat = true});
    put(" = ", Ink::Quiet);
    denoiser(main);
    for (const Term& t : e.guidance) {
      if (!t.enabled) continue;
      weight(e, t, display);
      if (t.kind == TermKind::Cfg || t.kind == TermKind::Autoguidance) {
        push(main, t.kind == TermKind::Cfg ? "∅" : "weak");
      } else if (t.kind == TermKind::Reward) {
        const int base = baseOf(t.reward, e.condition);
        const std::string law = className(e.distribution, base, 8);
        push(t.reward.kind == RewardKind::ClassPosterior ? className(e.distribution, t.reward.label, 8)
             : t.reward.kind == RewardKind::Cost         ? law + "/p(" + law + "|x)"
                                                         : "r" + law,
             law);
      } else {  // by its name
        put(" Δ");
        out_.push_back({.text = std::string(enumName(t.kind)), .place = FormulaRun::Place::Sub});
      }
    }
    return std::move(out_);
  }

 private:
  void weight(const Experiment& e, const Term& t, WeightDisplay display) {
    const bool constant = t.curve.kind == CurveKind::Constant;
    // A cost is gone down: its form has the opposite sign (2512.04985).
    const bool cost = t.kind == TermKind::Reward && t.reward.kind == RewardKind::Cost;
    const bool negative = (constant && twoDigits(t.omega).starts_with("−") && display == WeightDisplay::Omega) != cost;
    out_.push_back({.text = negative ? " − " : " + ", .ink = Ink::Quiet, .breakable = true});
    if (!constant) return put("ω" + termNumber(e, t) + "(t)", Ink::Weight);
    if (display == WeightDisplay::Omega) return put(twoDigits(std::abs(t.omega)), Ink::Weight);
    put("(", Ink::Quiet);
    put(twoDigits(1 + t.omega), Ink::Weight);
    put(" − 1)", Ink::Quiet);
  }

  Formula out_;
};

}  // namespace

Formula guidanceFormula(const Experiment& e, WeightDisplay display) { return Writer().write(e, display); }

std::string formulaWords(const Formula& f) {
  std::string out;
  for (const FormulaRun& r : f) {
    out += r.place == FormulaRun::Place::Sub ? "_{" + r.text + "}" : r.text;
    if (r.hat) out += "\u0302";
  }
  return out;
}

std::string termNumber(const Experiment& e, const Term& term) {
  int count = 0, number = 0;
  for (const Term& t : e.guidance) {
    count += t.enabled;
    if (&t == &term) number = count;
  }
  return count > 1 ? subscript(number) : "";
}

std::string twoDigits(double value) {
  char text[400];
  const std::string digits(text,
                           std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::fixed, 2).ptr);
  return value < 0 && digits != "0.00" ? "−" + digits : digits;
}

}  // namespace gs
