// JSON text as a plain tree. nlohmann-json reads it; limits are kept while reading, numbers never see a locale.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gs {

inline constexpr std::size_t kMaxTextBytes = std::size_t(32) << 20;
inline constexpr int kMaxDepth = 32;
inline constexpr int kMaxValues = 400'000;  // four panes of 4096 components are 230 000
inline constexpr int kMaxKeys = 64;         // of one object, in what people write

struct Node {
  enum class Kind : std::uint8_t { Null, Bool, Number, Text, List, Object };
  Kind kind = Kind::Null;
  bool flag = false;
  double number = 0;
  std::string text;               // Text: the value; Number: as written
  std::vector<std::string> keys;  // Object: [item]
  std::vector<Node> items;        // List, Object

  Node() = default;
  Node(std::same_as<bool> auto value) : kind(Kind::Bool), flag(value) {}  // and nothing that merely turns into one
  Node(double value);  // Null unless finite: JSON has no such numbers
  Node(float value) : Node(double(value)) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Node(T value) : Node(std::int64_t(value), std::is_unsigned_v<T>) {}
  Node(std::string value) : kind(Kind::Text), text(std::move(value)) {}
  Node(std::string_view value) : Node(std::string(value)) {}
  Node(const char* value) : Node(std::string(value)) {}
  Node(std::initializer_list<std::pair<std::string_view, Node>> members);  // an Object
  static Node list(std::vector<Node> items = {});
  template <class T>
  static Node list(const std::vector<T>& items) {
    return list(std::vector<Node>(items.begin(), items.end()));
  }
  static Node object() { return std::initializer_list<std::pair<std::string_view, Node>>(); }

  bool is(Kind k) const { return kind == k; }
  void add(std::string key, Node value);         // to an Object or Null, which becomes one
  void add(Node item);                           // to a List or Null, which becomes one
  const Node* find(std::string_view key) const;  // of an Object
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  const Node& operator[](std::string_view key) const;  // a Null where there is none
  const Node& operator[](std::size_t item) const;      // likewise
  Node& operator[](std::string_view key);              // of an Object or Null; added where there is none
  std::size_t size() const { return items.size(); }
  std::vector<Node>::const_iterator begin() const { return items.begin(); }
  std::vector<Node>::const_iterator end() const { return items.end(); }
  bool operator==(const Node&) const;  // of numbers: their values as doubles, however written

 private:
  Node(std::int64_t bits, bool isUnsigned);
};

// Throws SessionError: "line 3, column 7: ..." for syntax, the path for depth, counts and repeated keys.
Node parseText(std::string_view json, int mostKeys = kMaxKeys);
// Valid UTF-8, whatever bytes a Text has.
std::string prettyText(const Node&);                   // lines of at most 120 characters, ends with a newline
std::string compactText(const Node&);                  // one line, no blanks
std::ostream& operator<<(std::ostream&, const Node&);  // likewise

// Shortest text that reads back as the same double; whole numbers without an exponent.
std::string numberText(double value);
// Text for messages: valid UTF-8, no control characters, at most about 60 bytes.
std::string shown(std::string_view text);
bool isUtf8(std::string_view text);
std::string toUtf8(std::string_view text);  // invalid bytes become U+FFFD
// The candidate that the word is most likely a slip of: at most an edit for every three letters (one for shorter words;
// letters that changed places are one), or its beginning. Empty where none is that near: a guess would mislead.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);
// For messages: "the nearest is omega", or "there are ..." with every candidate where none is near.
std::string nearestOrAll(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace gs
