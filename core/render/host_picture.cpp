#include "render/host_picture.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <thread>

#include "render/offscreen.h"

namespace gs {
namespace {

// f(first, end) over all rows, by two threads where there is much to do.
template <class F>
void overRows(int rows, bool much, F f) {
  const int middle = much ? rows / 2 : 0;
  std::exception_ptr error;
  {
    std::jthread half;
    if (middle > 0)
      half = std::jthread([&] {
        try {
          f(0, middle);
        } catch (...) {
          error = std::current_exception();
        }
      });
    f(middle, rows);
  }
  if (error) std::rethrow_exception(error);
}

// Where a cubic B-spline reads: spline.glsl.
int splineFrom(double at, float (&w)[4]) {
  const double i = std::floor(at - 0.5), f = at - 0.5 - i, f2 = f * f, f3 = f2 * f, g = 1 - f;
  w[0] = float(g * g * g / 6);
  w[1] = float((4 - 6 * f2 + 3 * f3) / 6);
  w[3] = float(f3 / 6);
  w[2] = 1 - w[0] - w[1] - w[3];
  return int(std::clamp(i, -8., 65536.));
}

// The ordered noise of compose.frag, [y][x], and the half for rounding.
const std::vector<float>& noiseTable() {
  static const std::vector<float> table = [] {
    std::vector<float> t;
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x) {
        const float inner = float(x) * 0.06711056f + float(y) * 0.00583715f;
        const float outer = 52.9829189f * (inner - std::floor(inner));
        t.push_back((outer - std::floor(outer) - 0.5f) * 0.75f + 0.5f);
      }
    return t;
  }();
  return table;
}

}  // namespace

bool HostPicture::serves(const Drawing& d) {
  return host::pixels() && !d.view.guidedDensity.visible && !(shownDensity(d) && d.picture.density->device);
}

void HostPicture::makeGround(const Drawing& d, const DensityField& field) {
  const host::Pixels& pixels = *host::pixels();
  const FieldGrid& g = field.grid;
  const DensityLook look = densityLook(d, field);
  host::Shading shading{.classes = field.classes,
                        .condition = look.condition,
                        .whole = look.whole,
                        .reference = look.reference,
                        .referenceOwn = look.referenceOwn};
  for (std::size_t k = 0; k < 15; ++k) shading.ramps[k / 3][k % 3] = look.ramps[k];
  for (std::size_t k = 0; k < 3; ++k) shading.other[k] = look.other[k];

  const double norm = shownNorm(field.level, d.view.coordinates), scale = reduced_ / d.pixelsPerUnit();
  const Vec2 lo = g.lo / norm, extent = (g.hi - g.lo) / norm;
  const Vec2 corner = d.view.camera.center - 0.5 * Vec2(d.width, d.height) / d.pixelsPerUnit();
  const auto share = [&](int i, int axis) { return (corner[axis] + (i + 0.5) * scale - lo[axis]) / extent[axis]; };
  const auto inside = [](double s) { return s >= 0 && s <= 1; };
  const OkLab canvas = toOkLab(d.palette.canvas);
  host::Ground ground{.canvas = {canvas.L, canvas.a, canvas.b}, .opacity = float(d.view.density.opacity)};
  // Where a column reads in a row that goes on beyond its ends.
  constexpr int kBeyond = 3;
  std::vector<int> first;
  std::vector<float> weights;
  ground.from = columns_;
  for (int i = 0; i < columns_; ++i) {
    float w[4];
    first.push_back(std::clamp(splineFrom(share(i, 0) * g.width, w) - 1, -kBeyond, g.width + kBeyond - 4) + kBeyond);
    weights.insert(weights.end(), w, w + 4);
    if (!inside(share(i, 0))) continue;
    ground.from = std::min(ground.from, i);
    ground.to = i + 1;
  }
  const std::size_t cells = std::size_t(g.width) * std::size_t(g.height);
  overRows(rows_, std::size_t(columns_) * std::size_t(rows_) > 100'000, [&](int from, int end) {
    // The last four rows of the field that were asked for, widened.
    const std::size_t wide = 4 * std::size_t(columns_ + host::kSlack);
    std::vector<float> kept(4 * wide), row(4 * std::size_t(g.width + 2 * kBeyond + host::kSlack));
    std::vector<float> last(std::size_t(field.classes) * std::size_t(g.width + host::kSlack));
    int holds[4] = {-1, -1, -1, -1};
    const auto widened = [&](int j) -> const float* {
      j = std::clamp(j, 0, g.height - 1);
      float* to = kept.data() + std::size_t(j & 3) * wide;
      if (holds[j & 3] == j) return to;
      holds[j & 3] = j;
      const float* numbers = field.logJoint.data() + std::size_t(j) * std::size_t(g.width);
      std::size_t apart = cells;
      if (j == g.height - 1) {  // nothing lies beyond the last class's last row
        apart = std::size_t(g.width + host::kSlack);
        for (int c = 0; c < field.classes; ++c)
          std::copy_n(numbers + std::size_t(c) * cells, g.width, last.data() + std::size_t(c) * apart);
        numbers = last.data();
      }
      float* middle = row.data() + 4 * kBeyond;
      pixels.shade(shading, numbers, apart, g.width, middle);
      for (int k = 0; k < kBeyond; ++k) {
        std::copy_n(middle, 4, row.data() + 4 * k);
        std::copy_n(middle + 4 * (g.width - 1), 4, middle + 4 * (g.width + k));
      }
      pixels.widen(row.data(), first.data(), weights.data(), columns_, to);
      return to;
    };
    for (int j = from; j < end; ++j) {
      float w[4];
      const int i = splineFrom(share(j, 1) * g.height, w);
      const float* const rows[4] = {widened(i - 1), widened(i), widened(i + 1), widened(i + 2)};
      float* const rgb[3] = {plane(j, 0), plane(j, 1), plane(j, 2)};
      host::Ground here = ground;
      if (!inside(share(j, 1))) here.opacity = 0;
      pixels.ground(here, rows, w, columns_, rgb);
    }
  });
}

void HostPicture::update(const Drawing& d) {
  GroundKey wanted = groundKey(d);
  if (columns_ > 0 && made_ == wanted) return;
  reduced_ = wanted.field ? std::clamp(d.width / (2 * std::max(wanted.field->grid.width, 1)), 1, 4) : 4;
  columns_ = (d.width + reduced_ - 1) / reduced_;
  rows_ = (d.height + reduced_ - 1) / reduced_;
  ground_.resize(std::size_t(3 * rows_) * std::size_t(columns_ + 2 * host::kSlack));
  if (wanted.field) {
    makeGround(d, *wanted.field);
  } else {
    const Linear c = toLinear(d.palette.canvas);
    const float root[3] = {std::sqrt(c.r), std::sqrt(c.g), std::sqrt(c.b)};
    for (int j = 0; j < rows_; ++j)
      for (int k = 0; k < 3; ++k) std::fill_n(plane(j, k), columns_, root[k]);
  }
  made_ = std::move(wanted);
}

void HostPicture::composeRows(const Drawing& d, const gl::Texture& ink, std::uint8_t* lowest, std::ptrdiff_t apart) {
  const host::Pixels& pixels = *host::pixels();
  glFlush();  // the driver's threads draw the ink meanwhile
  update(d);
  const std::size_t across = 4 * std::size_t(d.width), size = across * std::size_t(d.height);
  ink_.resize(size + 4 * host::kSlack);
  setTightPacking();
  glGetTextureImage(ink.id(), 0, GL_RGBA, GL_HALF_FLOAT, GLsizei(size * sizeof(std::uint16_t)), ink_.data());
  overRows(d.height, size > 2'000'000, [&](int from, int end) {
    FloatBuffer scratch(6 * std::size_t(d.width + 2 * host::kSlack));
    for (int y = from; y < end; ++y) {
      const double at = (y + 0.5) / reduced_ - 0.5, low = std::floor(at);
      const int below = std::clamp(int(low), 0, rows_ - 1), above = std::clamp(int(low) + 1, 0, rows_ - 1);
      host::Composing c{.share = float(at - low),
                        .reduced = reduced_,
                        .width = d.width,
                        .noise = noiseTable().data() + 64 * std::size_t(y & 63)};
      for (int k = 0; k < 3; ++k) {
        c.below[k] = plane(below, k);
        c.above[k] = plane(above, k);
      }
      pixels.compose(c, ink_.data() + across * std::size_t(y), scratch.data(), lowest + apart * y);
    }
  });
}

void HostPicture::compose(const Drawing& d, const gl::Texture& ink, std::uint8_t* to, int stride) {
  const std::ptrdiff_t apart = 4 * std::ptrdiff_t(stride);
  composeRows(d, ink, to + apart * (d.height - 1), -apart);
}

const std::uint8_t* HostPicture::compose(const Drawing& d, const gl::Texture& ink) {
  picture_.resize(4 * std::size_t(d.width) * std::size_t(d.height));
  composeRows(d, ink, picture_.data(), 4 * std::ptrdiff_t(d.width));
  return picture_.data();
}

}  // namespace gs
