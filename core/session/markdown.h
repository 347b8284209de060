// Tables of the README.
#pragma once
#include <string>
#include <string_view>

namespace gs {

// As a cell of a table can hold it: "p(x\|c)".
inline std::string tableCell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace gs
