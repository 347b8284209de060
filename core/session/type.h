// The field tables without their C++ types: what a struct's members are, what they are called and where they lie. What
// goes over every member of a session (files, paths, checks, lists, undo texts) is written once over these, and is
// compiled once, not once for every struct.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diffusion/mixture.h"
#include "session/enums.h"
#include "session/field.h"

namespace gs {

struct Type;

struct Member {
  Field field;
  const Type* type = nullptr;
  std::size_t offset = 0;  // in bytes from the beginning of its struct
};

struct Type {
  enum class Kind {
    Flag,    // bool
    Real,    // double
    Whole,   // int, std::uint32_t: a double holds every one of them
    Choice,  // an enum of enums.h
    Text,    // std::string
    Pair,    // Vec2
    Matrix,  // Sym2
    Struct,  // with a table of its own
    List,    // std::vector of such structs or of texts
    Law      // Box<Mixture>: a list of components that may be missing
  };
  Kind kind = Kind::Real;
  std::span<const EnumName> names;  // Choice
  std::vector<Member> members;      // Struct, in the order of the file and of the panel
  const Type* item = nullptr;       // List, Law
  const void* standard = nullptr;   // a default-constructed value

  bool (*equal)(const void*, const void*) = nullptr;
  void (*assign)(void*, const void*) = nullptr;
  double (*number)(const void*) = nullptr;  // Flag (0, 1), Real, Whole, Choice (its place among the names)
  void (*setNumber)(void*, double) = nullptr;
  std::size_t (*count)(const void*) = nullptr;                // List, Law
  const void* (*itemAt)(const void*, std::size_t) = nullptr;  // List, Law
  void (*resize)(void*, std::size_t) = nullptr;               // List

  const Member* find(std::string_view name) const;  // Struct; null: none of that name
};

// Of a struct that has a table, and of what those hold.
template <class T>
const Type& typeOf();

// A value of a session, seen through its type. Refers to it, as a pointer does.
class ConstValue {
 public:
  ConstValue(const Type& type, const void* at) : type_(&type), at_(at) {}
  template <class T>
  explicit ConstValue(const T& value) : ConstValue(typeOf<T>(), &value) {}

  const Type& type() const { return *type_; }
  const void* address() const { return at_; }
  bool is(Type::Kind kind) const { return type_->kind == kind; }
  // The value itself where it is a T, else null.
  template <class T>
  const T* as() const {
    return type_ == &typeOf<T>() ? static_cast<const T*>(at_) : nullptr;
  }

  double number() const { return type_->number(at_); }
  const std::string& text() const { return *static_cast<const std::string*>(at_); }
  Vec2 pair() const { return *static_cast<const Vec2*>(at_); }
  Sym2 matrix() const { return *static_cast<const Sym2*>(at_); }
  std::string_view name() const { return type_->names[std::size_t(number())].name; }  // Choice

  std::size_t count() const { return type_->count(at_); }  // of a law that is missing: 0
  ConstValue operator[](std::size_t i) const { return {*type_->item, type_->itemAt(at_, i)}; }
  ConstValue operator[](const Member& m) const { return {*m.type, static_cast<const char*>(at_) + m.offset}; }

  ConstValue standard() const { return {*type_, type_->standard}; }
  bool operator==(const ConstValue& other) const { return type_->equal(at_, other.at_); }

  // The name of a struct's kind ("heun"); empty for structs without one.
  std::string_view kindName() const;
  // True where this value of a flat struct, with its kind and its other members, uses the field. Other fields keep
  // their value in memory, are not written to files, and are rejected there when they are not the default.
  bool uses(const Field&) const;

 protected:
  const Type* type_;
  const void* at_;
};

class Value : public ConstValue {
 public:
  Value(const Type& type, void* at) : ConstValue(type, at) {}
  template <class T>
  explicit Value(T& value) : ConstValue(value) {}

  template <class T>
  T* as() const {
    return const_cast<T*>(ConstValue::as<T>());
  }
  std::string& text() const { return *static_cast<std::string*>(at()); }
  void set(double v) const { type_->setNumber(at(), v); }
  void set(std::string v) const { *static_cast<std::string*>(at()) = std::move(v); }
  void set(Vec2 v) const { *static_cast<Vec2*>(at()) = v; }
  void set(const Sym2& v) const { *static_cast<Sym2*>(at()) = v; }
  void assign(const ConstValue& v) const { type_->assign(at(), v.address()); }  // of the same type
  void resize(std::size_t n) const { type_->resize(at(), n); }
  Value operator[](std::size_t i) const { return {*type_->item, const_cast<void*>(type_->itemAt(at_, i))}; }
  Value operator[](const Member& m) const { return {*m.type, static_cast<char*>(at()) + m.offset}; }

 private:
  void* at() const { return const_cast<void*>(at_); }
};

// The field of one text of a list of texts.
inline constexpr Field kNameField = field("", "Name").range(0, double(Distribution::kMaxClassName));

// The field of a member: fieldOf(&Term::omega).
const Field& fieldAt(const Type&, std::size_t offset);
template <class S, class M>
const Field& fieldOf(M S::*member) {
  const S& standard = *static_cast<const S*>(typeOf<S>().standard);
  const auto* base = reinterpret_cast<const char*>(&standard);
  return fieldAt(typeOf<S>(), std::size_t(reinterpret_cast<const char*>(&(standard.*member)) - base));
}

}  // namespace gs
