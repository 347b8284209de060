// SHA-256 (FIPS 180-4), to tell whether a points file is still the one that was fitted.
#pragma once
#include <string>
#include <string_view>

namespace gs {

// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace gs
