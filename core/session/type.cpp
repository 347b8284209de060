#include "session/type.h"

#include <algorithm>

#include "session/fields.h"

namespace gs {
namespace {

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
T& at(void* p) {
  return *static_cast<T*>(p);
}
template <class T>
const T& at(const void* p) {
  return *static_cast<const T*>(p);
}

template <class T>
Type make() {
  using Kind = Type::Kind;
  static const T standard{};
  Type t;
  t.standard = &standard;
  t.equal = [](const void* a, const void* b) { return at<T>(a) == at<T>(b); };
  t.assign = [](void* a, const void* b) { at<T>(a) = at<T>(b); };
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    t.number = [](const void* p) { return double(at<T>(p)); };
    t.setNumber = [](void* p, double v) { at<T>(p) = T(v); };
    t.kind = std::is_same_v<T, bool> ? Kind::Flag : std::is_integral_v<T> ? Kind::Whole : Kind::Real;
    if constexpr (std::is_enum_v<T>) {
      t.number = [](const void* p) { return double(std::size_t(at<T>(p))); };
      t.setNumber = [](void* p, double v) { at<T>(p) = T(int(v)); };
      t.kind = Kind::Choice;
      t.names = enumNames<T>();
    }
  } else if constexpr (std::is_same_v<T, std::string>) {
    t.kind = Kind::Text;
  } else if constexpr (std::is_same_v<T, Vec2>) {
    t.kind = Kind::Pair;
  } else if constexpr (std::is_same_v<T, Sym2>) {
    t.kind = Kind::Matrix;
  } else if constexpr (std::is_same_v<T, Box<Mixture>>) {
    t.kind = Kind::Law;
    t.item = &typeOf<Component>();
    t.count = [](const void* p) { return at<T>(p) ? at<T>(p)->components.size() : 0; };
    t.itemAt = [](const void* p, std::size_t i) -> const void* { return &at<T>(p)->components[i]; };
  } else if constexpr (kIsVector<T>) {
    t.kind = Kind::List;
    t.item = &typeOf<typename T::value_type>();
    t.count = [](const void* p) { return at<T>(p).size(); };
    t.itemAt = [](const void* p, std::size_t i) -> const void* { return &at<T>(p)[i]; };
    t.resize = [](void* p, std::size_t n) { at<T>(p).resize(n); };
  } else {
    t.kind = Kind::Struct;
    fields(standard, [&](const Field& f, const auto& member) {
      const auto offset = reinterpret_cast<const char*>(&member) - reinterpret_cast<const char*>(&standard);
      t.members.push_back({f, &typeOf<std::remove_cvref_t<decltype(member)>>(), std::size_t(offset)});
    });
  }
  return t;
}

}  // namespace

// Never inlined, so that the types of what a session holds are there for others as well.
template <class T>
[[gnu::noinline]] const Type& typeOf() {
  static const Type type = make<T>();
  return type;
}
template const Type& typeOf<Session>();
template const Type& typeOf<std::vector<Component>>();

const Member* Type::find(std::string_view name) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.field.name == name; });
  return found == members.end() ? nullptr : &*found;
}

std::string_view ConstValue::kindName() const {
  const Member* kind = type_->find("kind");
  return kind && kind->type->kind == Type::Kind::Choice ? (*this)[*kind].name() : std::string_view{};
}

bool ConstValue::uses(const Field& f) const {
  if (!f.kinds.empty() && !f.usedBy(kindName())) return false;
  if (f.with.empty()) return true;
  const ConstValue other = (*this)[*type_->find(f.with)];
  if (!f.withWord.empty()) return other.text() == f.withWord;
  return other.is(Type::Kind::Text) ? !other.text().empty() : other.number() != 0;
}

const Field& fieldAt(const Type& type, std::size_t offset) {
  const auto found =
      std::find_if(type.members.begin(), type.members.end(), [&](const Member& m) { return m.offset == offset; });
  return found->field;
}

}  // namespace gs
