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
  out.items = {Node::of(a), Node::of(b)};
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
      return Node::of(value.number() != 0);
    case Type::Kind::Choice:
      return Node::of(std::string(value.name()));
    case Type::Kind::Real:
      return f.form == Form::NullIsZero && value.number() == 0 ? Node::null() : Node::of(value.number());
    case Type::Kind::Whole:
      if (f.form == Form::Class && value.number() == kUnconditional) return Node::of(std::string("none"));
      return Node::of(std::int64_t(value.number()));
    case Type::Kind::Text:
      return Node::of(toUtf8(value.text()));
    case Type::Kind::Pair:
      return pair(value.pair().x, value.pair().y);
    case Type::Kind::Matrix: {
      const Sym2 m = value.matrix();
      Node out = Node::list();
      out.items = {pair(m.xx, m.xy), pair(m.xy, m.yy)};
      return out;
    }
    case Type::Kind::Law:
      return *value.as<Box<Mixture>>() ? writeList(value, everything) : Node::null();
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
  out.add("format", Node::of(std::string(kSessionFormat)));
  out.add("version", Node::of(std::int64_t(kSessionVersion)));
  Node rest = writeFields(ConstValue(s), everything);
  for (std::size_t i = 0; i < rest.items.size(); ++i) out.add(std::move(rest.keys[i]), std::move(rest.items[i]));
  return out;
}

std::string toJson(const Session& s) { return prettyText(toNode(s, false)); }

}  // namespace gs
