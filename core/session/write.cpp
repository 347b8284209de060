#include "session/fields.h"
#include "session/json.h"
#include "session/tree.h"

namespace gs {
namespace {

template <class T>
Node write(const T& value, const Field& f, bool everything);

template <HasFields S>
Node writeFields(const S& s, bool everything) {
  Node out = Node::object();
  fields(s, [&](const Field& f, const auto& member) {
    // Most scenes train nothing.
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, Training>)
      if (!everything && member == Training{}) return;
    if (everything || uses(s, f)) {
      Node value = write(member, f, everything);
      using Texts = std::vector<std::string>;
      const bool nothing = (value.is(Node::Kind::Null) && f.form != Form::NullIsZero) ||
                           (std::is_same_v<std::remove_cvref_t<decltype(member)>, Texts> && value.items.empty());
      if (everything || !nothing) out.add(std::string(f.name), std::move(value));
    }
  });
  return out;
}

template <class T>
Node writeList(const std::vector<T>& values, bool everything) {
  Node out = Node::list();
  out.items.reserve(values.size());
  for (const T& v : values) {
    if constexpr (std::is_same_v<T, Knot>) {
      out.items.push_back(Node::list());
      out.items.back().items = {Node::of(v.t), Node::of(v.value)};
    } else if constexpr (std::is_same_v<T, std::string>) {
      out.items.push_back(Node::of(toUtf8(v)));
    } else {
      out.items.push_back(writeFields(v, everything));
    }
  }
  return out;
}

Node pair(double a, double b) {
  Node out = Node::list();
  out.items = {Node::of(a), Node::of(b)};
  return out;
}

template <class T>
Node write(const T& value, const Field& f, bool everything) {
  if constexpr (std::is_same_v<T, bool>) {
    return Node::of(value);
  } else if constexpr (std::is_enum_v<T>) {
    return Node::of(std::string(enumName(value)));
  } else if constexpr (std::is_same_v<T, double>) {
    return f.form == Form::NullIsZero && value == 0 ? Node::null() : Node::of(value);
  } else if constexpr (std::is_integral_v<T>) {
    if (f.form == Form::Class && std::int64_t(value) == kUnconditional) return Node::of(std::string("none"));
    return Node::of(std::int64_t(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return Node::of(toUtf8(value));
  } else if constexpr (std::is_same_v<T, Vec2>) {
    return pair(value.x, value.y);
  } else if constexpr (std::is_same_v<T, Sym2>) {
    Node out = Node::list();
    out.items = {pair(value.xx, value.xy), pair(value.xy, value.yy)};
    return out;
  } else if constexpr (std::is_same_v<T, Box<Mixture>>) {
    return value ? writeList(value->components, everything) : Node::null();
  } else if constexpr (HasFields<T>) {
    return writeFields(value, everything);
  } else {
    return writeList(value, everything);
  }
}

}  // namespace

Node toNode(const Session& s, bool everything) {
  Node out = Node::object();
  out.add("format", Node::of(std::string(kSessionFormat)));
  out.add("version", Node::of(std::int64_t(kSessionVersion)));
  Node rest = writeFields(s, everything);
  for (std::size_t i = 0; i < rest.items.size(); ++i) out.add(std::move(rest.keys[i]), std::move(rest.items[i]));
  return out;
}

std::string toJson(const Session& s) { return prettyText(toNode(s, false)); }

}  // namespace gs
