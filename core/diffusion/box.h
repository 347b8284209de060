// Heavy immutable data inside a value type: a shared pointer that compares contents.
#pragma once
#include <memory>
#include <utility>

namespace gs {

template <class T>
class Box {
 public:
  Box() = default;
  explicit Box(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  explicit operator bool() const { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  const T* get() const { return value_.get(); }

  friend bool operator==(const Box& a, const Box& b) {
    return a.value_ == b.value_ || (a.value_ && b.value_ && *a.value_ == *b.value_);
  }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace gs
