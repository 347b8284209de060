// Included once for each instruction set (foreach_target). The numbers are those of the shaders named in the header.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "render/host_pixels.cpp"
// AVX2 alone (on other architectures what every processor has): shaders do the same where it is missing.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "render/host_pixels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace gs::host {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Reals = hn::CappedTag<float, 16>;
using Numbers = hn::Rebind<std::int32_t, Reals>;
using Words = hn::Rebind<std::uint32_t, Reals>;
using Real = hn::Vec<Reals>;

HWY_INLINE Real all(double x) { return hn::Set(Reals(), float(x)); }

// As in elementary.inl: 2^x, 0 below -100, and log2 of a positive number.
HWY_INLINE Real exp2Of(Real x) {
  const Words words;
  const Real magic = all(12582912.0), within = hn::Max(x, all(-100));
  const Real t = hn::Add(within, magic);
  const Real f = hn::Sub(within, hn::Sub(t, magic));
  Real p = hn::MulAdd(all(0.0013276472631950876), f, all(0.009675541343121328));
  p = hn::MulAdd(p, f, all(0.055507132718556444));
  p = hn::MulAdd(p, f, all(0.2402211972371072));
  p = hn::MulAdd(p, f, all(0.6931469670650352));
  p = hn::MulAdd(p, f, all(1.0000000716547142));
  return hn::BitCast(Reals(), hn::Add(hn::BitCast(words, p), hn::ShiftLeft<23>(hn::BitCast(words, t))));
}
HWY_INLINE Real log2Of(Real x) {
  const Words words;
  const auto b = hn::Add(hn::BitCast(words, x), hn::Set(words, 0x004AFB0Du));
  const Real n = hn::Sub(hn::ConvertTo(Reals(), hn::BitCast(Numbers(), hn::ShiftRight<23>(b))), all(127));
  const Real m = hn::BitCast(Reals(), hn::Add(hn::And(b, hn::Set(words, 0x007FFFFFu)), hn::Set(words, 0x3F3504F3u)));
  const Real s = hn::Div(hn::Sub(m, all(1)), hn::Add(m, all(1)));
  const Real s2 = hn::Mul(s, s);
  Real p = hn::MulAdd(all(0.32059889797532), s2, all(0.41219858311113));
  p = hn::MulAdd(p, s2, all(0.57707801635558));
  p = hn::MulAdd(p, s2, all(0.96179669392598));
  p = hn::MulAdd(p, s2, all(2.88539008177793));
  return hn::MulAdd(p, s, n);
}

// rampStrength of color.glsl, of the logarithm (base 2) of the relative density.
HWY_INLINE Real strengthOf(Real log2Relative) {
  const Real u = exp2Of(hn::Min(hn::Mul(all(0.62), log2Relative), all(40)));
  const Real root = exp2Of(hn::Mul(all(-1. / 3), log2Of(hn::MulAdd(hn::Mul(u, u), u, all(1)))));
  return hn::Mul(hn::Mul(u, root), all(0.95));
}

void shade(const Shading& s, const float* logJoint, std::size_t apart, int cells, float* out) {
  constexpr double kLog2e = 1.4426950408889634;
  const Reals reals;
  const int lanes = int(hn::Lanes(reals));
  for (int i = 0; i < cells; i += lanes) {
    Real offset[3] = {all(0), all(0), all(0)}, strength = all(0), rest = all(0);
    const auto add = [&](Real by, const float* ramp) HWY_ATTR {
      for (int k = 0; k < 3; ++k) offset[k] = hn::MulAdd(by, all(ramp[k]), offset[k]);
      strength = hn::Add(strength, by);
    };
    for (int c = 0; c < s.classes; ++c) {
      const Real l = hn::Mul(hn::LoadU(reals, logJoint + std::size_t(c) * apart + std::size_t(i)), all(kLog2e));
      if (s.whole || (s.condition >= 0 && c != s.condition))
        rest = hn::Add(rest, exp2Of(hn::Sub(l, all(s.reference * kLog2e))));
      else
        add(strengthOf(hn::Sub(l, all((s.condition >= 0 ? s.referenceOwn : s.reference) * kLog2e))), s.ramps[c % 5]);
    }
    if (s.whole || s.condition >= 0)
      add(hn::Mul(strengthOf(log2Of(hn::Max(rest, all(1e-35)))), all(s.whole ? 0.9 : 0.68)), s.other);
    const Real over = hn::Max(strength, all(1));
    hn::StoreInterleaved4(hn::Div(offset[0], over), hn::Div(offset[1], over), hn::Div(offset[2], over), all(0), reals,
                          out + 4 * std::size_t(i));
  }
}

void widen(const float* row, const int* first, const float* weights, int columns, float* out) {
  const hn::FixedTag<float, 4> four;
  for (int i = 0; i < columns; ++i, weights += 4, out += 4) {
    const float* from = row + 4 * std::ptrdiff_t(first[i]);
    auto sum = hn::Mul(hn::LoadU(four, from), hn::Set(four, weights[0]));
    for (int k = 1; k < 4; ++k) sum = hn::MulAdd(hn::LoadU(four, from + 4 * k), hn::Set(four, weights[k]), sum);
    hn::StoreU(sum, four, out);
  }
}

void ground(const Ground& g, const float* const rows[4], const float weights[4], int columns, float* const rgb[3]) {
  const Reals reals;
  const int lanes = int(hn::Lanes(reals));
  HWY_ALIGN float mixed[4 * 16];
  for (int i = 0; i < columns; i += lanes) {
    Real lab[3];
    for (int part = 0; part < 4; ++part) {
      const std::size_t at = 4 * std::size_t(i) + std::size_t(part * lanes);
      Real sum = all(0);
      for (int k = 0; k < 4; ++k) sum = hn::MulAdd(hn::LoadU(reals, rows[k] + at), all(weights[k]), sum);
      hn::Store(sum, reals, mixed + part * lanes);
    }
    Real last;
    hn::LoadInterleaved4(reals, mixed, lab[0], lab[1], lab[2], last);
    Real opacity = all(g.opacity);
    if (i < g.from || i + lanes > g.to) {
      const Real x = hn::Iota(reals, float(i));
      opacity = hn::IfThenElseZero(hn::And(hn::Ge(x, all(g.from)), hn::Lt(x, all(g.to))), opacity);
    }
    for (int k = 0; k < 3; ++k) lab[k] = hn::MulAdd(lab[k], opacity, all(g.canvas[k]));
    // color.glsl
    const auto cube = [](Real v) HWY_ATTR { return hn::Mul(hn::Mul(v, v), v); };
    const auto row3 = [&](const Real* v, double x, double y, double z) HWY_ATTR {
      return hn::MulAdd(v[0], all(x), hn::MulAdd(v[1], all(y), hn::Mul(v[2], all(z))));
    };
    const Real lms[3] = {cube(row3(lab, 1, 0.3963377774, 0.2158037573)),
                         cube(row3(lab, 1, -0.1055613458, -0.0638541728)),
                         cube(row3(lab, 1, -0.0894841775, -1.2914855480))};
    const Real linear[3] = {row3(lms, 4.0767416621, -3.3077115913, 0.2309699292),
                            row3(lms, -1.2684380046, 2.6097574011, -0.3413193965),
                            row3(lms, -0.0041960863, -0.7034186147, 1.7076147010)};
    for (int k = 0; k < 3; ++k) hn::StoreU(hn::Sqrt(hn::Min(hn::Max(linear[k], all(0)), all(1))), reals, rgb[k] + i);
  }
}

// srgbFromRoot of color.glsl in bytes, with the row's noise.
HWY_INLINE hn::Vec<Words> byteOf(Real r, Real noise) {
  Real curve = hn::MulAdd(r, all(0.51722395 * 255), all(-1.62339608 * 255));
  curve = hn::MulAdd(r, curve, all(2.0312683 * 255));
  curve = hn::MulAdd(r, curve, all(-1.40258319 * 255));
  curve = hn::MulAdd(r, curve, all(1.51791946 * 255));
  curve = hn::MulAdd(r, curve, all(-0.04010765 * 255));
  const Real low = hn::Mul(hn::Mul(r, r), all(12.92 * 255));
  const Real v = hn::Add(hn::IfThenElse(hn::Lt(r, all(0.05595355)), low, curve), noise);
  return hn::BitCast(Words(), hn::ConvertTo(Numbers(), hn::Min(hn::Max(v, all(0)), all(255))));
}

void compose(const Composing& c, const std::uint16_t* ink, float* scratch, std::uint8_t* rgba) {
  const Reals reals;
  const hn::Rebind<std::uint16_t, Reals> halfBits;
  const hn::Rebind<hwy::float16_t, Reals> halves;
  const hn::Repartition<std::uint16_t, Reals> bits;
  const int lanes = int(hn::Lanes(reals)), columns = (c.width + c.reduced - 1) / c.reduced;
  const float* root[3];
  for (int k = 0; k < 3; ++k) {
    // Along the columns first, one number more at each end.
    float* column = scratch + std::size_t(2 * k) * std::size_t(c.width + 2 * kSlack) + kSlack;
    const Real share = all(c.share);
    for (int i = 0; i < columns; i += lanes) {
      const Real low = hn::LoadU(reals, c.below[k] + i);
      hn::StoreU(hn::MulAdd(hn::Sub(hn::LoadU(reals, c.above[k] + i), low), share, low), reals, column + i);
    }
    root[k] = column;
    if (c.reduced == 1) continue;
    column[-1] = column[0];
    column[columns] = column[columns - 1];
    float* pixel = scratch + std::size_t(2 * k + 1) * std::size_t(c.width + 2 * kSlack);
    for (int i = 0; i < columns && i * c.reduced < c.width; i += lanes) {
      const Real here = hn::LoadU(reals, column + i);
      Real at[4] = {here, here, here, here};
      for (int p = 0; p < c.reduced; ++p) {
        const float place = (float(p) + 0.5f) / float(c.reduced) - 0.5f;  // in columns, from the middle of this one
        const Real beside = hn::LoadU(reals, column + i + (place < 0 ? -1 : 1));
        at[p] = hn::MulAdd(hn::Sub(beside, here), all(std::abs(place)), here);
      }
      HWY_ALIGN float block[4 * 16];
      if (c.reduced == 2)
        hn::StoreInterleaved2(at[0], at[1], reals, block);
      else if (c.reduced == 3)
        hn::StoreInterleaved3(at[0], at[1], at[2], reals, block);
      else
        hn::StoreInterleaved4(at[0], at[1], at[2], at[3], reals, block);
      const int first = i * c.reduced, room = c.width + kSlack - first;
      std::memcpy(pixel + first, block, sizeof(float) * std::size_t(std::min(lanes * c.reduced, room)));
    }
    root[k] = pixel;
  }
  const auto opaque = hn::Set(Words(), 0xFF000000u);
  for (int x = 0; x < c.width; x += lanes) {
    Real r = hn::LoadU(reals, root[0] + x), g = hn::LoadU(reals, root[1] + x), b = hn::LoadU(reals, root[2] + x);
    const std::uint16_t* here = ink + 4 * std::size_t(x);
    const auto any = hn::Or(hn::LoadU(bits, here), hn::LoadU(bits, here + hn::Lanes(bits)));
    if (!hn::AllTrue(bits, hn::Eq(any, hn::Zero(bits)))) {
      hn::Vec<decltype(halfBits)> ir, ig, ib, ia;
      hn::LoadInterleaved4(halfBits, here, ir, ig, ib, ia);
      const Real through = hn::Sub(all(1), hn::PromoteTo(reals, hn::BitCast(halves, ia)));
      const auto over = [&](Real under, hn::Vec<decltype(halfBits)> light) HWY_ATTR {
        const Real sum = hn::MulAdd(hn::Mul(under, under), through, hn::PromoteTo(reals, hn::BitCast(halves, light)));
        return hn::Sqrt(hn::Max(sum, all(0)));
      };
      r = over(r, ir);
      g = over(g, ig);
      b = over(b, ib);
    }
    const Real noise = hn::LoadU(reals, c.noise + (x & 63));
    const auto packed = hn::Or(hn::Or(byteOf(r, noise), hn::ShiftLeft<8>(byteOf(g, noise))),
                               hn::Or(hn::ShiftLeft<16>(byteOf(b, noise)), opaque));
    auto* to = reinterpret_cast<std::uint32_t*>(rgba) + x;
    if (x + lanes <= c.width) {
      hn::StoreU(packed, Words(), to);
    } else {
      HWY_ALIGN std::uint32_t end[16];
      hn::Store(packed, Words(), end);
      std::memcpy(to, end, sizeof(std::uint32_t) * std::size_t(c.width - x));
    }
  }
}

// `sums`: of n pixels; r, g, b as numbers. The rounding's half is in the offset.
HWY_INLINE Real lumaOf(Real r, Real g, Real b, double n) {
  constexpr double k = 219. / 255;
  return hn::MulAdd(r, all(0.2126 * k / n),
                    hn::MulAdd(g, all(0.7152 * k / n), hn::MulAdd(b, all(0.0722 * k / n), all(16.5))));
}
HWY_INLINE Real chromaOf(Real r, Real g, Real b, const double (&by)[3], double n) {
  constexpr double k = 224. / 255;
  return hn::MulAdd(r, all(by[0] * k / n),
                    hn::MulAdd(g, all(by[1] * k / n), hn::MulAdd(b, all(by[2] * k / n), all(128.5))));
}
HWY_INLINE Real channel(hn::Vec<Words> pixels, int which) {
  const auto byte = hn::And(hn::ShiftRightSame(pixels, 8 * which), hn::Set(Words(), 0xFFu));
  return hn::ConvertTo(Reals(), hn::BitCast(Numbers(), byte));
}

void yuv420(const std::uint8_t* upper, const std::uint8_t* lower, int width, std::uint8_t* upperY, std::uint8_t* lowerY,
            std::uint8_t* u, std::uint8_t* v) {
  constexpr double kU[3] = {-0.2126 / 1.8556, -0.7152 / 1.8556, 0.5}, kV[3] = {0.5, -0.7152 / 1.5748, -0.0722 / 1.5748};
  const Words words;
  const hn::Rebind<std::uint8_t, Reals> bytes;
  const int lanes = int(hn::Lanes(words)), step = 2 * lanes;
  const auto block = [&](const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* aY, std::uint8_t* bY,
                         std::uint8_t* toU, std::uint8_t* toV) HWY_ATTR {
    const auto store = [&](Real x, std::uint8_t* to)
                           HWY_ATTR { hn::StoreU(hn::DemoteTo(bytes, hn::ConvertTo(Numbers(), x)), bytes, to); };
    Real sums[3][2];
    for (int part = 0; part < 2; ++part) {
      const auto p = hn::LoadU(words, reinterpret_cast<const std::uint32_t*>(a) + part * lanes);
      const auto q = hn::LoadU(words, reinterpret_cast<const std::uint32_t*>(b) + part * lanes);
      Real above[3], below[3];
      for (int k = 0; k < 3; ++k) {
        above[k] = channel(p, k);
        below[k] = channel(q, k);
        sums[k][part] = hn::Add(above[k], below[k]);
      }
      store(lumaOf(above[0], above[1], above[2], 1), aY + part * lanes);
      store(lumaOf(below[0], below[1], below[2], 1), bY + part * lanes);
    }
    Real four[3];
    for (int k = 0; k < 3; ++k)
      four[k] =
          hn::Add(hn::ConcatEven(Reals(), sums[k][1], sums[k][0]), hn::ConcatOdd(Reals(), sums[k][1], sums[k][0]));
    store(chromaOf(four[0], four[1], four[2], kU, 4), toU);
    store(chromaOf(four[0], four[1], four[2], kV, 4), toV);
  };
  for (int x = 0; x < width; x += step) {
    if (x + step <= width) {
      block(upper + 4 * x, lower + 4 * x, upperY + x, lowerY + x, u + x / 2, v + x / 2);
      continue;
    }
    const std::size_t left = std::size_t(width - x);
    HWY_ALIGN std::uint32_t a[32] = {}, b[32] = {};
    std::uint8_t out[4][32];
    std::memcpy(a, upper + 4 * x, 4 * left);
    std::memcpy(b, lower + 4 * x, 4 * left);
    block(reinterpret_cast<const std::uint8_t*>(a), reinterpret_cast<const std::uint8_t*>(b), out[0], out[1], out[2],
          out[3]);
    std::memcpy(upperY + x, out[0], left);
    std::memcpy(lowerY + x, out[1], left);
    std::memcpy(u + x / 2, out[2], left / 2);
    std::memcpy(v + x / 2, out[3], left / 2);
  }
}

const Pixels* table() {
  static const Pixels every{shade, widen, ground, compose, yuv420};
  return &every;
}

}  // namespace HWY_NAMESPACE
}  // namespace gs::host
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace gs::host {

const Pixels* pixels() {
#if HWY_TARGETS & HWY_AVX2
  return hwy::SupportedTargets() & HWY_AVX2 ? N_AVX2::table() : nullptr;
#elif HWY_STATIC_TARGET == HWY_SCALAR
  return nullptr;
#else
  return HWY_STATIC_DISPATCH(table)();
#endif
}

}  // namespace gs::host
#endif
