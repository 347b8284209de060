#include <algorithm>
#include <cmath>

#include "session/json.h"
#include "session/tree.h"
#include "session/type.h"

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
    readFields(Value(s), n);
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

  void read(Value out, const Field& f, const Node& n) {
    switch (out.type().kind) {
      case Type::Kind::Flag:
        if (!n.is(Node::Kind::Bool)) expected("true or false", n);
        return out.set(double(n.flag));
      case Type::Kind::Choice:
        return readChoice(out, n);
      case Type::Kind::Real:
        return out.set(f.form == Form::NullIsZero && n.is(Node::Kind::Null) ? 0 : readNumber(f, n));
      case Type::Kind::Whole:
        return readWhole(out, f, n);
      case Type::Kind::Text:
        if (!n.is(Node::Kind::Text) && !(words_ && (n.is(Node::Kind::Number) || n.is(Node::Kind::Bool))))
          expected("text", n);
        checkText(place_, f, kindWord(n));
        return out.set(std::string(kindWord(n)));
      case Type::Kind::Pair:
        return out.set(readPair(f, n));
      case Type::Kind::Matrix:
        return out.set(readMatrix(f, n));
      case Type::Kind::Law: {
        auto& law = *out.as<Box<Mixture>>();
        law = {};
        if (n.is(Node::Kind::Null)) return;
        Mixture m;
        readList(Value(m.components), f, n);
        law = Box<Mixture>(withUnitSum(std::move(m)));
        return;
      }
      case Type::Kind::Struct:
        return readFields(out, n);
      case Type::Kind::List:
        return readList(out, f, n);
    }
  }

  static std::string orNearest(std::string_view word, const std::vector<std::string_view>& names) {
    const std::string_view near = nearest(word, names);
    return near.empty() ? "" : "; the nearest is " + std::string(near);
  }

  void readChoice(Value out, const Node& n) {
    std::vector<std::string_view> names;
    std::string list;
    for (const EnumName& e : out.type().names) {
      names.push_back(e.name);
      list += (list.empty() ? "" : ", ") + std::string(e.name);
    }
    if (!n.is(Node::Kind::Text)) expected("one of " + list, n);
    const auto found = std::find(names.begin(), names.end(), n.text);
    if (found == names.end()) place_.fail("'" + shown(n.text) + "' is none of " + list + orNearest(n.text, names));
    out.set(double(found - names.begin()));
  }

  void readWhole(Value out, const Field& f, const Node& n) {
    if (f.form == Form::Class && n.is(Node::Kind::Text) && n.text == "none") return out.set(double(kUnconditional));
    if (!n.is(Node::Kind::Number)) expected(f.form == Form::Class ? "a class or \"none\"" : "a whole number", n);
    if (n.number != std::floor(n.number)) place_.fail(shown(n.text) + " is not a whole number");
    checkNumber(place_, f, n.number);
    if (f.form == Form::Class && n.number < 0) place_.fail(shown(n.text) + " is outside " + rangeText(f));
    out.set(n.number);
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

  Sym2 readMatrix(const Field& f, const Node& n) {
    if (onLine(f, n) && onLine(f, n.items[0])) {
      const Place::Part row(place_, std::size_t(0)), column(place_, std::size_t(0));
      return {readNumber(f, n.items[0].items[0]), 0, 1};
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
    return {rows[0].x, rows[0].y, rows[1].y};
  }

  void readList(Value out, const Field& f, const Node& n) {
    if (!n.is(Node::Kind::List)) expected("a list", n);
    checkCount(place_, f, n.items.size());
    out.resize(0);
    out.resize(n.items.size());
    for (std::size_t i = 0; i < n.items.size(); ++i) {
      const Place::Part part(place_, i);
      if (Knot* knot = out[i].as<Knot>())
        readKnot(Value(*knot), n.items[i]);
      else
        read(out[i], kNameField, n.items[i]);
    }
  }

  void readKnot(Value out, const Node& n) {
    if (!n.is(Node::Kind::List) || n.items.size() != 2) expected("[t, value]", n);
    for (std::size_t i = 0; i < 2; ++i) {
      const Place::Part part(place_, i);
      const Member& m = out.type().members[i];
      out[m].set(readNumber(m.field, n.items[i]));
    }
  }

  void readFields(Value out, const Node& n) {
    if (!n.is(Node::Kind::Object)) expected("an object", n);
    const bool pruned = !prune_.empty() && place_.text() == prune_;
    std::vector<std::string_view> known;
    for (const Member& m : out.type().members) {
      const Field& f = m.field;
      known.push_back(f.name);
      const Node* value = n.find(f.name);
      const bool used = out.uses(f);
      if (!value || ((!used || pruned) && value->is(Node::Kind::List) && value->items.empty()) || (!used && pruned))
        continue;
      const Place::Part part(place_, f.name);
      read(out[m], f, *value);
      if (!used && out[m] != out.standard()[m]) {
        // Files that were written before this field hung on another one have it beside a switch that is off.
        if (!words_ && f.usedBy(out.kindName()) && f.withWord.empty()) {
          out[m].assign(out.standard()[m]);
          continue;
        }
        if (f.usedBy(out.kindName()))
          place_.fail(f.withWord.empty() ? "is not used without " + std::string(f.with)
                                         : "is not used by '" + shown(out[*out.type().find(f.with)].text()) + "'");
        place_.fail("belongs to " + owners(f) + ", not to " + std::string(out.kindName()));
      }
    }
    // Just made a drawn one: flat, to be dragged from there.
    if (Curve* c = out.as<Curve>(); c && pruned && c->kind == CurveKind::Drawn && c->knots.empty())
      c->knots = {{0, 1}, {1, 1}};
    for (const std::string& key : n.keys) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      if (out.as<Session>() && (key == "format" || key == "version")) continue;
      const Place::Part part(place_, shown(key));
      place_.fail("unknown key; " + nearestOrAll(key, known));
    }
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
