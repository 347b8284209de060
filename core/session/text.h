// JSON text as a plain tree. nlohmann-json reads it; limits are kept while reading, numbers never see a locale.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gs {

inline constexpr std::size_t kMaxTextBytes = std::size_t(32) << 20;
inline constexpr int kMaxDepth = 32;
inline constexpr int kMaxValues = 400'000;  // four panes of 4096 components are 230 000
inline constexpr int kMaxKeys = 64;         // of one object

struct Node {
  enum class Kind : std::uint8_t { Null, Bool, Number, Text, List, Object };
  Kind kind = Kind::Null;
  bool flag = false;
  double number = 0;
  std::string text;               // Text: the value; Number: as written
  std::vector<std::string> keys;  // Object: [item]
  std::vector<Node> items;        // List, Object

  static Node null() { return {}; }
  static Node of(bool value);
  static Node of(double value);
  static Node of(std::int64_t value);
  static Node of(std::string value);
  static Node of(const char*) = delete;
  static Node list();
  static Node object();

  bool is(Kind k) const { return kind == k; }
  void add(std::string key, Node value);
  const Node* find(std::string_view key) const;  // of an Object
};

// Throws SessionError: "line 3, column 7: ..." for syntax, the path for depth, counts and repeated keys.
Node parseText(std::string_view json);
std::string prettyText(const Node&);   // lines of at most 120 characters, ends with a newline
std::string compactText(const Node&);  // one line, no blanks

// Shortest text that reads back as the same double; whole numbers without an exponent.
std::string numberText(double value);
// Text for messages: valid UTF-8, no control characters, at most about 60 bytes.
std::string shown(std::string_view text);
bool isUtf8(std::string_view text);
std::string toUtf8(std::string_view text);  // invalid bytes become U+FFFD
// The candidate with the fewest edits; empty when there is none.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace gs
