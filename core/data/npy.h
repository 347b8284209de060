// One array of NumPy's file format (NEP 1, versions 1 to 3), read without copying.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace gs {

struct NpyArray {
  char type = 'f';       // f float, i signed, u unsigned or bool, U text (UCS-4), S bytes
  std::size_t item = 8;  // bytes
  bool fortran = false;  // first index fastest
  std::vector<std::size_t> shape;
  std::string_view data;  // item * product of shape

  bool numeric() const { return type == 'f' || type == 'i' || type == 'u'; }
  double number(std::size_t index) const;     // numeric only
  std::string text(std::size_t index) const;  // any type: how a label is called; bad UCS-4 as U+FFFD
};

// `place` begins every error ("points.npz:x"). Throws InputError.
NpyArray readNpyArray(std::string_view bytes, const std::string& place);

// "(200, 3)"
std::string shapeText(const std::vector<std::size_t>&);

}  // namespace gs
