#include "data/npy.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>

#include "data/points.h"

namespace gs {
namespace {

// The header is a Python dictionary with three known keys; this reads just that.
class Header {
 public:
  Header(std::string_view text, const std::string& place) : rest_(text), place_(place) {}

  NpyArray parse() {
    NpyArray array;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !descr) {
        readType(array);
        descr = true;
      } else if (key == "fortran_order" && !order) {
        array.fortran = boolean();
        order = true;
      } else if (key == "shape" && !shape) {
        readShape(array);
        shape = true;
      } else {
        fail("the header's key " + inQuotes(key) + " is not expected");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (peek() != '\0') fail("text after the header's end");
    if (!descr || !order || !shape) fail("the header lacks one of 'descr', 'fortran_order', 'shape'");
    return array;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError(place_ + ": " + what); }
  // The next character that is no blank; 0 at the end.
  char peek() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r'))
      rest_.remove_prefix(1);
    return rest_.empty() ? '\0' : rest_[0];
  }
  bool accept(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("the header is damaged: '") + c + "' is missing");
  }
  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("the header is damaged: a text is missing");
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) fail("the header is damaged: a text is not closed");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    peek();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    fail("the header's 'fortran_order' is neither True nor False");
  }
  void readShape(NpyArray& array) {
    constexpr std::size_t kMaxDimensions = 32;
    expect('(');
    while (!accept(')')) {
      peek();
      std::size_t n = 0;
      const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), n);
      if (code != std::errc()) fail("the header's shape is damaged");
      rest_.remove_prefix(std::size_t(end - rest_.data()));
      accept('L');  // written by Python 2
      array.shape.push_back(n);
      if (array.shape.size() > kMaxDimensions) fail("the header's shape has more than 32 dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }
  void readType(NpyArray& array) {
    if (peek() == '[') fail("a structured array; a plain array of numbers is needed");
    const std::string_view descr = string();
    const auto unknown = [&] {
      fail("the type " + inQuotes(descr) + " cannot be read; float32, float64 and integers can");
    };
    if (descr.size() < 2) unknown();
    if (descr[0] == '>')
      fail("the type " + inQuotes(descr) + " is big-endian; save it with .astype('<" + std::string(descr.substr(1)) +
           "')");
    if (descr[1] == 'O')
      fail("an array of Python objects (pickled), which is never read; a plain array of numbers is needed");
    std::size_t size = 0;
    const auto [end, code] = std::from_chars(descr.data() + 2, descr.data() + descr.size(), size);
    if (code != std::errc() || end != descr.data() + descr.size()) unknown();
    if (descr[0] != '<' && descr[0] != '|' && descr[0] != '=') unknown();
    array.type = descr[1] == 'b' ? 'u' : descr[1];
    array.item = size;
    constexpr std::size_t kMaxText = 1024;
    bool known = false;
    switch (descr[1]) {
      case 'f':
        known = size == 4 || size == 8;
        break;
      case 'i':
      case 'u':
        known = size == 1 || size == 2 || size == 4 || size == 8;
        break;
      case 'b':
        known = size == 1;
        break;
      case 'S':
        known = size >= 1 && size <= kMaxText;
        break;
      case 'U':
        known = size >= 1 && size <= kMaxText;
        array.item = size * 4;
        break;
      default:
        break;
    }
    if (!known) unknown();
  }

  std::string_view rest_;
  const std::string& place_;
};

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::size_t littleEndian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void appendUtf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) c = 0xFFFD;
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += char(0xC0 | c >> 6);
    out += char(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += char(0xE0 | c >> 12);
    out += char(0x80 | (c >> 6 & 63));
    out += char(0x80 | (c & 63));
  } else {
    out += char(0xF0 | c >> 18);
    out += char(0x80 | (c >> 12 & 63));
    out += char(0x80 | (c >> 6 & 63));
    out += char(0x80 | (c & 63));
  }
}

template <class T>
std::string written(T value) {
  std::array<char, 32> buffer;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

}  // namespace

double NpyArray::number(std::size_t index) const {
  const char* at = data.data() + index * item;
  if (type == 'f') return item == 4 ? double(load<float>(at)) : load<double>(at);
  const bool negative = type == 'i';
  switch (item) {
    case 1:
      return negative ? double(load<std::int8_t>(at)) : double(load<std::uint8_t>(at));
    case 2:
      return negative ? double(load<std::int16_t>(at)) : double(load<std::uint16_t>(at));
    case 4:
      return negative ? double(load<std::int32_t>(at)) : double(load<std::uint32_t>(at));
    default:
      return negative ? double(load<std::int64_t>(at)) : double(load<std::uint64_t>(at));
  }
}

std::string NpyArray::text(std::size_t index) const {
  const char* at = data.data() + index * item;
  std::string out;
  switch (type) {
    case 'S':
      out.assign(at, item);
      while (!out.empty() && out.back() == '\0') out.pop_back();
      return out;
    case 'U':
      for (std::size_t i = 0; i < item; i += 4) {
        const char32_t c = load<char32_t>(at + i);
        if (c == 0) break;
        appendUtf8(out, c);
      }
      return out;
    case 'f':
      return written(number(index));
    default:
      if (item < 8) return written(std::int64_t(number(index)));
      return type == 'i' ? written(load<std::int64_t>(at)) : written(load<std::uint64_t>(at));
  }
}

std::string shapeText(const std::vector<std::size_t>& shape) {
  std::string out = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return out + (shape.size() == 1 ? ",)" : ")");
}

NpyArray readNpyArray(std::string_view bytes, const std::string& place) {
  constexpr std::size_t kMaxHeader = 1u << 16;
  const auto fail = [&](const std::string& what) { throw InputError(place + ": " + what); };
  if (!bytes.starts_with("\x93NUMPY")) fail("is not an NPY array (it does not begin with \\x93NUMPY)");
  if (bytes.size() < 8) fail("ends within its header");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) fail("has NPY version " + std::to_string(version) + "; 1 to 3 can be read");
  const std::size_t lengthBytes = version == 1 ? 2 : 4, begin = 8 + lengthBytes;
  if (bytes.size() < begin) fail("ends within its header");
  const std::size_t length = littleEndian(bytes.substr(8, lengthBytes));
  if (length > kMaxHeader) fail("has a header of " + std::to_string(length) + " bytes, more than 65536");
  if (bytes.size() < begin + length) fail("ends within its header");
  NpyArray array = Header(bytes.substr(begin, length), place).parse();
  array.data = bytes.substr(begin + length);
  std::size_t need = array.item;
  for (const std::size_t n : array.shape) {
    if (n != 0 && need > std::numeric_limits<std::size_t>::max() / n)
      fail("the shape " + shapeText(array.shape) + " is too large");
    need *= n;
  }
  if (array.data.size() != need)
    fail("the shape " + shapeText(array.shape) + " needs " + std::to_string(need) + " bytes of data, there are " +
         std::to_string(array.data.size()));
  return array;
}

}  // namespace gs
