#include "session/json.h"
#include "session/tree.h"
#include "session/type.h"

namespace gs {
namespace {

Node write(ConstValue value, const Field& f, bool everything);

Node writeFields(ConstValue s, bool everything) {
  Node out = Node::object();
  for (const Member& m : s.type().members) {
    if (!everything && !s.uses(m.field)) continue;
    const ConstValue member = s[m];
    // Most scenes train nothing.
    if (!everything && member.as<Training>() && member == member.standard()) continue;
    Node value = write(member, m.field, everything);
    const bool texts = member.is(Type::Kind::List) && member.type().item->kind == Type::Kind::Text;
    const bool nothing =
        (value.is(Node::Kind::Null) && m.field.form != Form::NullIsZero) || (texts && value.items.empty());
    if (everything || !nothing) out.add(std::string(m.field.name), std::move(value));
  }
  return out;
}

Node pair(double a, double b) {
  Node out = Node::list();
  out.items = {a, b};
  return out;
}

Node writeList(ConstValue values, bool everything) {
  Node out = Node::list();
  const std::size_t count = values.count();
  out.items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Knot* knot = values[i].as<Knot>();
    out.items.push_back(knot ? pair(knot->t, knot->value) : write(values[i], kNameField, everything));
  }
  return out;
}

Node write(ConstValue value, const Field& f, bool everything) {
  switch (value.type().kind) {
    case Type::Kind::Flag:
      return value.number() != 0;
    case Type::Kind::Choice:
      return value.name();
    case Type::Kind::Real:
      return f.form == Form::NullIsZero && value.number() == 0 ? Node() : value.number();
    case Type::Kind::Whole:
      if (f.form == Form::Class && value.number() == kUnconditional) return "none";
      return std::int64_t(value.number());
    case Type::Kind::Text:
      return toUtf8(value.text());
    case Type::Kind::Pair:
      return pair(value.pair().x, value.pair().y);
    case Type::Kind::Matrix: {
      const Sym2 m = value.matrix();
      Node out = Node::list();
      out.items = {pair(m.xx, m.xy), pair(m.xy, m.yy)};
      return out;
    }
    case Type::Kind::Law:
      return *value.as<Box<Mixture>>() ? writeList(value, everything) : Node();
    case Type::Kind::Struct:
      return writeFields(value, everything);
    case Type::Kind::List:
      return writeList(value, everything);
  }
  return {};
}

}  // namespace

Node toNode(const Session& s, bool everything) {
  Node out = Node::object();
  out.add("format", kSessionFormat);
  out.add("version", std::int64_t(kSessionVersion));
  Node rest = writeFields(ConstValue(s), everything);
  for (std::size_t i = 0; i < rest.items.size(); ++i) out.add(std::move(rest.keys[i]), std::move(rest.items[i]));
  return out;
}

std::string toJson(const Session& s) { return prettyText(toNode(s, false)); }

}  // namespace gs
