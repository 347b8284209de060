#include <algorithm>
#include <cmath>

#include "session/fields.h"
#include "session/json.h"
#include "session/tree.h"

namespace gs {
namespace {

std::string_view kindWord(const Node& n) {
  switch (n.kind) {
    case Node::Kind::Null:
      return "null";
    case Node::Kind::Bool:
      return n.flag ? "true" : "false";
    case Node::Kind::Number:
      return n.text;
    case Node::Kind::Text:
      return n.text;
    case Node::Kind::List:
      return "a list";
    case Node::Kind::Object:
      return "an object";
  }
  return {};
}

class Reader {
 public:
  Reader(std::string_view prune, bool words) : prune_(prune), words_(words) {}

  Session session(const Node& n) {
    if (!n.is(Node::Kind::Object)) place_.fail("a session is a JSON object, not " + shown(kindWord(n)));
    const Node* format = n.find("format");
    if (!format || format->text != kSessionFormat) {
      const Place::Part part(place_, "format");
      place_.fail("not a Guidescope session: expected \"" + std::string(kSessionFormat) + "\"");
    }
    const Node* version = n.find("version");
    {
      const Place::Part part(place_, "version");
      if (!version) place_.fail("missing; this program reads version " + std::to_string(kSessionVersion));
      if (!version->is(Node::Kind::Number)) expected("a number", *version);
      if (version->number > kSessionVersion)
        place_.fail(shown(version->text) + " was written by a newer program; this one reads up to " +
                    std::to_string(kSessionVersion));
      if (version->number != kSessionVersion) place_.fail(shown(version->text) + " is not a version of this format");
    }
    Session s;
    readFields(s, n);
    return s;
  }

 private:
  [[noreturn]] void expected(std::string_view what, const Node& n) const {
    const std::string_view quote = n.is(Node::Kind::Text) ? "'" : "";
    place_.fail("expected " + std::string(what) + ", found " + std::string(quote) + shown(kindWord(n)) +
                std::string(quote));
  }

  double readNumber(const Field& f, const Node& n) {
    if (!n.is(Node::Kind::Number)) expected("a number", n);
    checkNumber(place_, f, n.number);
    return n.number == 0 ? 0 : n.number;  // -0 is written as 0
  }

  template <class T>
  void read(T& out, const Field& f, const Node& n) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!n.is(Node::Kind::Bool)) expected("true or false", n);
      out = n.flag;
    } else if constexpr (std::is_enum_v<T>) {
      readEnum(out, n);
    } else if constexpr (std::is_same_v<T, double>) {
      out = f.form == Form::NullIsZero && n.is(Node::Kind::Null) ? 0 : readNumber(f, n);
    } else if constexpr (std::is_integral_v<T>) {
      readWhole(out, f, n);
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!n.is(Node::Kind::Text) && !(words_ && (n.is(Node::Kind::Number) || n.is(Node::Kind::Bool))))
        expected("text", n);
      out = kindWord(n);
      checkText(place_, f, out);
    } else if constexpr (std::is_same_v<T, Vec2>) {
      out = readPair(f, n);
    } else if constexpr (std::is_same_v<T, Sym2>) {
      readMatrix(out, f, n);
    } else if constexpr (std::is_same_v<T, Box<Mixture>>) {
      out = {};
      if (n.is(Node::Kind::Null)) return;
      Mixture m;
      readList(m.components, f, n);
      out = Box<Mixture>(withUnitSum(std::move(m)));
    } else if constexpr (HasFields<T>) {
      readFields(out, n);
    } else {
      readList(out, f, n);
    }
  }

  template <class E>
  void readEnum(E& out, const Node& n) {
    std::vector<std::string_view> names;
    for (const EnumName& e : enumNames<E>()) names.push_back(e.name);
    std::string list;
    for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
    if (!n.is(Node::Kind::Text)) expected("one of " + list, n);
    const auto found = enumFromName<E>(n.text);
    if (!found)
      place_.fail("'" + shown(n.text) + "' is none of " + list + "; the nearest is " +
                  std::string(nearest(n.text, names)));
    out = *found;
  }

  template <class I>
  void readWhole(I& out, const Field& f, const Node& n) {
    if (f.form == Form::Class && n.is(Node::Kind::Text) && n.text == "none") {
      out = I(kUnconditional);
      return;
    }
    if (!n.is(Node::Kind::Number)) expected(f.form == Form::Class ? "a class or \"none\"" : "a whole number", n);
    if (n.number != std::floor(n.number)) place_.fail(shown(n.text) + " is not a whole number");
    checkNumber(place_, f, n.number);
    if (f.form == Form::Class && n.number < 0) place_.fail(shown(n.text) + " is outside " + rangeText(f));
    out = I(n.number);
  }

  static bool onLine(const Field& f, const Node& n) {
    return f.form == Form::OnLine && n.is(Node::Kind::List) && n.items.size() == 1;
  }

  Vec2 readPair(const Field& f, const Node& n) {
    if (onLine(f, n)) {
      const Place::Part part(place_, std::size_t(0));
      return {readNumber(f, n.items[0]), 0};
    }
    if (!n.is(Node::Kind::List) || n.items.size() != 2) expected("[x, y]", n);
    Vec2 out;
    for (int i = 0; i < 2; ++i) {
      const Place::Part part(place_, std::size_t(i));
      out[i] = readNumber(f, n.items[i]);
    }
    return out;
  }

  void readMatrix(Sym2& out, const Field& f, const Node& n) {
    if (onLine(f, n) && onLine(f, n.items[0])) {
      const Place::Part row(place_, std::size_t(0)), column(place_, std::size_t(0));
      out = {readNumber(f, n.items[0].items[0]), 0, 1};
      return;
    }
    if (!n.is(Node::Kind::List) || n.items.size() != 2) expected("[[xx, xy], [xy, yy]]", n);
    Vec2 rows[2];
    for (std::size_t i = 0; i < 2; ++i) {
      const Place::Part part(place_, i);
      if (onLine(f, n.items[i])) expected("[x, y]", n.items[i]);
      rows[i] = readPair(f, n.items[i]);
    }
    if (rows[0].y != rows[1].x)
      place_.fail("not symmetric: " + numberText(rows[0].y) + " and " + numberText(rows[1].x));
    out = {rows[0].x, rows[0].y, rows[1].y};
  }

  template <class T>
  void readList(std::vector<T>& out, const Field& f, const Node& n) {
    if (!n.is(Node::Kind::List)) expected("a list", n);
    checkCount(place_, f, n.items.size());
    out.assign(n.items.size(), T{});
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Place::Part part(place_, i);
      if constexpr (std::is_same_v<T, Knot>)
        readKnot(out[i], n.items[i]);
      else if constexpr (std::is_same_v<T, std::string>)
        read(out[i], kNameField, n.items[i]);
      else
        readFields(out[i], n.items[i]);
    }
  }

  void readKnot(Knot& out, const Node& n) {
    if (!n.is(Node::Kind::List) || n.items.size() != 2) expected("[t, value]", n);
    std::size_t i = 0;
    fields(out, [&](const Field& f, double& member) {
      const Place::Part part(place_, i);
      member = readNumber(f, n.items[i++]);
    });
  }

  template <HasFields S>
  void readFields(S& out, const Node& n) {
    if (!n.is(Node::Kind::Object)) expected("an object", n);
    const S defaults{};
    const bool pruned = !prune_.empty() && place_.text() == prune_;
    std::vector<std::string_view> known;
    fieldPairs(out, defaults, [&](const Field& f, auto& member, const auto& usual) {
      known.push_back(f.name);
      const Node* value = n.find(f.name);
      const bool used = uses(out, f);
      if (!value || ((!used || pruned) && value->is(Node::Kind::List) && value->items.empty()) || (!used && pruned))
        return;
      const Place::Part part(place_, f.name);
      read(member, f, *value);
      if (!used && !(member == usual)) {
        if (f.usedBy(kindOf(out))) place_.fail("is not used by '" + shown(wordOwner(out)) + "'");
        place_.fail("belongs to " + owners(f) + ", not to " + std::string(kindOf(out)));
      }
    });
    if constexpr (std::is_same_v<S, Curve>) {  // just made a drawn one: flat, to be dragged from there
      if (pruned && out.kind == CurveKind::Drawn && out.knots.empty()) out.knots = {{0, 1}, {1, 1}};
    }
    for (const std::string& key : n.keys) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      if (std::is_same_v<S, Session> && (key == "format" || key == "version")) continue;
      const Place::Part part(place_, shown(key));
      place_.fail("unknown key; the nearest is " + std::string(nearest(key, known)));
    }
  }

  template <class S>
  static std::string_view wordOwner(const S& s) {
    if constexpr (std::is_same_v<S, Distribution>)
      return s.name;
    else if constexpr (std::is_same_v<S, NetworkFile>)
      return "no file";
    else
      return {};
  }
  static std::string owners(const Field& f) {
    std::string out;
    for (const char c : f.kinds) out += c == ' ' ? std::string(" and ") : std::string(1, c);
    return out;
  }

  // The weights of a file are shares; those that sum to 1 already are left alone, so that writing and reading again
  // changes no digit.
  static Mixture withUnitSum(Mixture m) {
    double sum = 0;
    for (const Component& c : m.components) sum += c.weight;
    if (std::abs(sum - 1) > 1e-12)
      for (Component& c : m.components) c.weight /= sum;
    return m;
  }

  Place place_;
  std::string_view prune_;
  bool words_;
};

}  // namespace

void Place::fail(const std::string& message) const {
  throw SessionError(text_.empty() ? message : text_ + ": " + message);
}

std::string rangeText(const Field& f) {
  if (f.form == Form::Class) return "0.." + numberText(f.hi) + " or none";
  return numberText(f.lo) + ".." + numberText(f.hi);
}

void checkNumber(const Place& place, const Field& f, double value) {
  if (!std::isfinite(value)) place.fail("not a finite number");
  if (value < f.lo || value > f.hi)
    place.fail(numberText(value) + " is outside " + rangeText(f) +
               (f.form != Form::NullIsZero ? ""
                : f.name == "sigmaMax"     ? "; null is the schedule's own end"
                                           : "; null is no bound"));
}

void checkCount(const Place& place, const Field& f, std::size_t count) {
  if (double(count) < f.lo) place.fail("has " + std::to_string(count) + " entries; at least " + numberText(f.lo));
  if (double(count) > f.hi) place.fail("has " + std::to_string(count) + " entries; at most " + numberText(f.hi));
}

void checkText(const Place& place, const Field& f, std::string_view value) {
  if (double(value.size()) < f.lo) place.fail("is empty");
  if (double(value.size()) > f.hi)
    place.fail("has " + std::to_string(value.size()) + " bytes; at most " + numberText(f.hi));
  if (!isUtf8(value)) place.fail("is not UTF-8 text");
  for (const char c : value)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
      place.fail("has a control character");
}

Session fromNode(const Node& n, std::string_view prune, bool words) { return Reader(prune, words).session(n); }

Session parseSession(std::string_view json) {
  Session s = fromNode(parseText(json));
  validate(s);
  return s;
}

}  // namespace gs
