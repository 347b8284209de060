#include "session/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

#include <nlohmann/json.hpp>

#include "session/json.h"

namespace gs {
namespace {

std::string describePlace(std::string_view json, std::size_t position) {
  const std::size_t at = std::min(json.size(), position > 0 ? position - 1 : 0);
  const std::string_view before = json.substr(0, at);
  const std::size_t lineStart = before.rfind('\n');
  const std::size_t column = at - (lineStart == std::string_view::npos ? 0 : lineStart + 1) + 1;
  return "line " + std::to_string(std::count(before.begin(), before.end(), '\n') + 1) + ", column " +
         std::to_string(column);
}

// "[json...] parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read: '..';
// expected ..." without the library's name and without the text read, which may be megabytes.
std::string reason(std::string_view what) {
  if (const std::size_t at = what.find("parse error at "); at != std::string_view::npos) {
    const std::size_t colon = what.find(": ", at);
    if (colon != std::string_view::npos) what.remove_prefix(colon + 2);
  } else if (const std::size_t bracket = what.find("] "); bracket != std::string_view::npos) {
    what.remove_prefix(bracket + 2);
  }
  std::string_view expected;
  if (const std::size_t at = what.rfind("; expected "); at != std::string_view::npos) {
    expected = what.substr(at);
    if (expected.size() > 100) expected = {};
  }
  const std::size_t read = what.find("; last read: ");
  if (read == std::string_view::npos) expected = {};
  what = what.substr(0, std::min<std::size_t>(read, 160));
  return toUtf8(std::string(what) + std::string(expected));
}

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(std::string_view json, int mostKeys) : json_(json), mostKeys_(mostKeys) {}
  Node take() { return std::move(root_); }

  bool null() override { return put(Node()); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t, const string_t& raw) override {
    // The library puts the locale's decimal point into its buffer and asks strtod; the digits are read again without.
    std::string digits = raw;
    for (char& c : digits)
      if ((c < '0' || c > '9') && c != '+' && c != '-' && c != 'e' && c != 'E') c = '.';
    Node n;
    n.kind = Node::Kind::Number;
    // Too large is refused by the library already, so the only error left is "smaller than the least double": 0.
    if (std::from_chars(digits.data(), digits.data() + digits.size(), n.number).ec != std::errc{}) n.number = 0;
    n.text = std::move(digits);
    return put(std::move(n));
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in JSON text
  bool start_object(std::size_t) override { return open(Node::object()); }
  bool start_array(std::size_t) override { return open(Node::list()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    Node& object = *stack_.back();
    if (std::find(object.keys.begin(), object.keys.end(), name) != object.keys.end())
      fail("the key '" + shown(name) + "' appears twice");
    if (object.keys.size() >= std::size_t(mostKeys_)) fail("more than " + std::to_string(mostKeys_) + " keys");
    object.keys.push_back(std::move(name));
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    throw SessionError(describePlace(json_, position) + ": " + reason(e.what()));
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    std::string path;
    for (const Node* n : stack_) {
      if (n == stack_.back() && n->keys.size() <= n->items.size()) break;
      if (!path.empty()) path += '.';
      path += n->is(Node::Kind::Object) ? shown(n->keys.back()) : std::to_string(n->items.size() - 1);
    }
    throw SessionError((path.empty() ? "" : path + ": ") + message);
  }
  Node& place(Node&& value) {
    if (++values_ > kMaxValues) fail("more than " + std::to_string(kMaxValues) + " values");
    if (stack_.empty()) return root_ = std::move(value);
    return stack_.back()->items.emplace_back(std::move(value));
  }
  bool put(Node value) {
    place(std::move(value));
    return true;
  }
  bool open(Node value) {
    if (stack_.size() >= kMaxDepth) fail("nested deeper than " + std::to_string(kMaxDepth));
    // Earlier siblings may move when the list grows, but only the last item of each open container is on the stack,
    // and a container does not grow while its last item is open.
    stack_.push_back(&place(std::move(value)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  std::string_view json_;
  int mostKeys_;
  Node root_;
  std::vector<Node*> stack_;
  int values_ = 0;
};

void appendQuoted(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\\u00";
          out += kHex[(c >> 4) & 15];
          out += kHex[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// Writes on one line; gives up (false) when `out` outgrows `limit`.
bool writeLine(std::string& out, const Node& n, bool blanks, std::size_t limit) {
  switch (n.kind) {
    case Node::Kind::Null:
      out += "null";
      break;
    case Node::Kind::Bool:
      out += n.flag ? "true" : "false";
      break;
    case Node::Kind::Number:
      out += n.text;
      break;
    case Node::Kind::Text:
      appendQuoted(out, isUtf8(n.text) ? n.text : toUtf8(n.text));
      break;
    case Node::Kind::List:
    case Node::Kind::Object: {
      const bool object = n.is(Node::Kind::Object);
      out += object ? '{' : '[';
      for (std::size_t i = 0; i < n.items.size(); ++i) {
        if (i > 0) out += blanks ? ", " : ",";
        if (object) {
          appendQuoted(out, n.keys[i]);
          out += blanks ? ": " : ":";
        }
        if (!writeLine(out, n.items[i], blanks, limit)) return false;
      }
      out += object ? '}' : ']';
    }
  }
  return out.size() <= limit;
}

void writePretty(std::string& out, const Node& n, int indent, std::size_t column) {
  constexpr std::size_t kWidth = 120;
  const std::size_t start = out.size();
  const bool container = n.is(Node::Kind::List) || n.is(Node::Kind::Object);
  const bool mayBreak = container && !n.items.empty();
  if (writeLine(out, n, true,
                mayBreak ? start + kWidth - 1 - std::min<std::size_t>(column, kWidth - 1) : out.max_size()))
    return;
  out.resize(start);
  const bool object = n.is(Node::Kind::Object);
  out += object ? "{\n" : "[\n";
  for (std::size_t i = 0; i < n.items.size(); ++i) {
    const std::size_t line = out.size();
    out.append(indent + 2, ' ');
    if (object) {
      appendQuoted(out, n.keys[i]);
      out += ": ";
    }
    writePretty(out, n.items[i], indent + 2, out.size() - line);
    out += i + 1 < n.items.size() ? ",\n" : "\n";
  }
  out.append(indent, ' ');
  out += object ? '}' : ']';
}

// Length of the UTF-8 sequence at `at` (Unicode 15, table 3-7); 0 when it is ill-formed.
int sequenceLength(std::string_view s, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned a = byte(0), b = byte(1);
  if (a < 0x80) return 1;
  if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
  if (a >= 0xe0 && a <= 0xef) {
    if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (a >= 0xf0 && a <= 0xf4) {
    if ((a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f)) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

Node::Node(double value) {
  if (!std::isfinite(value)) return;
  kind = Kind::Number;
  number = value;
  text = numberText(value);
}
Node::Node(std::int64_t bits, bool isUnsigned) : kind(Kind::Number) {
  char digits[24];
  char* const end = digits + sizeof digits;
  const auto whole = std::uint64_t(bits);
  number = isUnsigned ? double(whole) : double(bits);
  text.assign(digits, isUnsigned ? std::to_chars(digits, end, whole).ptr : std::to_chars(digits, end, bits).ptr);
}
Node::Node(std::initializer_list<std::pair<std::string_view, Node>> members) : kind(Kind::Object) {
  for (const auto& [key, value] : members) add(std::string(key), value);
}
Node Node::list(std::vector<Node> items) {
  Node n;
  n.kind = Kind::List;
  n.items = std::move(items);
  return n;
}
void Node::add(std::string key, Node value) {
  if (kind == Kind::Null) kind = Kind::Object;
  keys.push_back(std::move(key));
  items.push_back(std::move(value));
}
void Node::add(Node item) {
  if (kind == Kind::Null) kind = Kind::List;
  items.push_back(std::move(item));
}
const Node* Node::find(std::string_view key) const {
  const auto at = std::find(keys.begin(), keys.end(), key);
  return at == keys.end() ? nullptr : &items[at - keys.begin()];
}
const Node& Node::operator[](std::string_view key) const {
  static const Node none;
  const Node* n = find(key);
  return n ? *n : none;
}
const Node& Node::operator[](std::size_t item) const {
  static const Node none;
  return item < items.size() ? items[item] : none;
}
Node& Node::operator[](std::string_view key) {
  if (!contains(key)) add(std::string(key), Node());
  return items[find(key) - items.data()];
}
bool Node::operator==(const Node& o) const {
  if (kind == Kind::Number) return o.kind == kind && o.number == number;
  return kind == o.kind && flag == o.flag && text == o.text && keys == o.keys && items == o.items;
}

Node parseText(std::string_view json, int mostKeys) {
  if (json.size() > kMaxTextBytes) throw SessionError("more than " + std::to_string(kMaxTextBytes >> 20) + " MiB");
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) throw SessionError("line 1, column 1: no text");
  TreeBuilder builder(json, mostKeys);
  nlohmann::json::sax_parse(json.begin(), json.end(), &builder);
  return builder.take();
}

std::string prettyText(const Node& n) {
  std::string out;
  writePretty(out, n, 0, 0);
  out += '\n';
  return out;
}
std::string compactText(const Node& n) {
  std::string out;
  writeLine(out, n, false, out.max_size());
  return out;
}

std::ostream& operator<<(std::ostream& out, const Node& n) { return out << compactText(n); }

std::string numberText(double value) {
  char digits[40];
  const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
  const auto end = whole ? std::to_chars(digits, digits + sizeof digits, std::int64_t(value)).ptr
                         : std::to_chars(digits, digits + sizeof digits, value).ptr;
  return {digits, end};
}

bool isUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const int length = sequenceLength(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string toUtf8(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const int length = sequenceLength(text, i);
    if (length > 0)
      out += text.substr(i, length);
    else
      out += "\xEF\xBF\xBD";
    i += std::max(length, 1);
  }
  return out;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string out = toUtf8(text.substr(0, 4 * kLongest));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  const bool cut = out.size() > kLongest || text.size() > 4 * kLongest;
  if (cut) {
    std::size_t end = std::min(out.size(), kLongest);
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out = out.substr(0, end) + "...";
  }
  return out;
}

namespace {

// The edits from one word to the other, a swap of neighbours being one; a change of case costs nothing.
std::size_t editsBetween(std::string_view word, std::string_view candidate) {
  const auto same = [](char a, char b) {
    const auto lower = [](char x) { return x >= 'A' && x <= 'Z' ? char(x + 32) : x; };
    return lower(a) == lower(b);
  };
  const std::size_t n = candidate.size();
  std::vector<std::size_t> before(n + 1), last(n + 1), row(n + 1);  // of the distances, the rows i - 1, i and i + 1
  for (std::size_t j = 0; j <= n; ++j) last[j] = j;
  for (std::size_t i = 0; i < word.size(); ++i) {
    row[0] = i + 1;
    for (std::size_t j = 0; j < n; ++j) {
      row[j + 1] = std::min({last[j] + !same(word[i], candidate[j]), last[j + 1] + 1, row[j] + 1});
      if (i > 0 && j > 0 && same(word[i], candidate[j - 1]) && same(word[i - 1], candidate[j]))
        row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[n];
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > 64) return {};
  std::string_view best;
  std::size_t bestEdits = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view c : candidates) {
    const bool begun = word.size() >= 3 && c.starts_with(word);
    const std::size_t edits = begun ? 1 : editsBetween(word, c);
    if (edits < bestEdits && edits < word.size()) {
      bestEdits = edits;
      best = c;
    }
  }
  return best;
}

std::string nearestOrAll(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (const std::string_view near = nearest(word, candidates); !near.empty())
    return "the nearest is " + std::string(near);
  std::string all;
  for (const std::string_view c : candidates) all += (all.empty() ? "there are " : ", ") + std::string(c);
  return all.empty() ? "there are none" : all;
}

}  // namespace gs
