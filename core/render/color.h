// Colour arithmetic: sRGB bytes, linear light, and OKLab, in which equal distances look equally different.
#pragma once
#include <cmath>

#include "render/palette.h"

namespace gs {

struct Linear {
  float r = 0, g = 0, b = 0;
};
struct OkLab {
  float L = 0, a = 0, b = 0;
};

inline float linearFromSrgb(float s) { return s <= 0.04045f ? s / 12.92f : std::pow((s + 0.055f) / 1.055f, 2.4f); }

inline Linear toLinear(Rgb c) {
  return {linearFromSrgb(float(c.r) / 255), linearFromSrgb(float(c.g) / 255), linearFromSrgb(float(c.b) / 255)};
}

// B. Ottosson, "A perceptual color space for image processing" (2020); the inverse is in shaders/color.glsl.
inline OkLab toOkLab(Linear c) {
  const float l = std::cbrt(0.4122214708f * c.r + 0.5363325363f * c.g + 0.0514459929f * c.b);
  const float m = std::cbrt(0.2119034982f * c.r + 0.6806995451f * c.g + 0.1073969566f * c.b);
  const float s = std::cbrt(0.0883024619f * c.r + 0.2817188376f * c.g + 0.6299787005f * c.b);
  return {0.2104542553f * l + 0.7936177850f * m - 0.0040720468f * s,
          1.9779984951f * l - 2.4285922050f * m + 0.4505937099f * s,
          0.0259040371f * l + 0.7827717662f * m - 0.8086757660f * s};
}
inline OkLab toOkLab(Rgb c) { return toOkLab(toLinear(c)); }

}  // namespace gs
