// The arrays of an NPZ file by their names, for what is no set of points: trained networks.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace gs {

// Numbers as float32, or the text of a "|u1" array whose name ends in "json".
struct NamedArray {
  std::string name;
  std::vector<std::size_t> shape;  // of `values`, last index fastest
  std::vector<float> values;
  std::string text;
  bool operator==(const NamedArray&) const = default;
};
using Arrays = std::vector<NamedArray>;

// In the order of the file. Throws InputError ("model.npz:trunk.0.weight: is text") for what is no NPZ of numbers, is
// damaged, or has more than 64 MiB.
Arrays readArrays(std::string_view bytes, const std::string& name);
const NamedArray* find(const Arrays&, std::string_view name);  // nullptr where there is none

}  // namespace gs
