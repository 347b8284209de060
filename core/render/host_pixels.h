// Rows of pixels computed by the processor, a SIMD vector of them at a time. Colours of several pixels lie in planes
// (r, g, b) or as [pixel][4].
#pragma once
#include <cstddef>
#include <cstdint>

namespace gs::host {

// How many numbers beyond the end of a row a call may read or write.
inline constexpr int kSlack = 16;

// density.frag: log-densities of the classes to offsets in OKLab.
struct Shading {
  int classes = 0;
  int condition = -1;  // as in the shader
  bool whole = false;
  float reference = 0, referenceOwn = 0;
  float ramps[5][3] = {};
  float other[3] = {};
};

// background.frag without a density of particles: offsets times `opacity` between the columns from and to, on the
// canvas (OKLab).
struct Ground {
  float canvas[3] = {};
  float opacity = 0;
  int from = 0, to = 0;
};

// compose.frag: what lies under the ink is `share` of the way from the row below to the row above, which have one
// number for `reduced` pixels (1..4).
struct Composing {
  const float* below[3] = {};
  const float* above[3] = {};
  float share = 0;
  int reduced = 1;
  int width = 0;
  const float* noise = nullptr;  // [64], of this row: in bytes, with the half for rounding
};

struct Pixels {
  // logJoint: of the first class; those of the next are `apart` numbers further. out: [cell][4].
  void (*shade)(const Shading&, const float* logJoint, std::size_t apart, int cells, float* out);
  // widen.frag: out[i] = sum over k < 4 of weights[i][k] row[first[i] + k], all of [..][4].
  void (*widen)(const float* row, const int* first, const float* weights, int columns, float* out);
  // The weighted sum of `rows` of offsets [column][4] to roots of linear light.
  void (*ground)(const Ground&, const float* const rows[4], const float weights[4], int columns, float* const rgb[3]);
  // A row of sRGB bytes of ink [width][4]: half floats, premultiplied linear light. scratch: 6 (width + 2 kSlack).
  void (*compose)(const Composing&, const std::uint16_t* ink, float* scratch, std::uint8_t* rgba);
  // Two rows of sRGB bytes [width][4] to BT.709 with the video range: two rows of luma, one of each chroma, which is
  // the mean of four pixels. `width` is even.
  void (*yuv420)(const std::uint8_t* upper, const std::uint8_t* lower, int width, std::uint8_t* upperY,
                 std::uint8_t* lowerY, std::uint8_t* u, std::uint8_t* v);
};
// Null where the processor lacks the instructions that this is compiled for.
const Pixels* pixels();

}  // namespace gs::host
