#include <algorithm>
#include <cmath>
#include <numbers>

#include "render/layers.h"

namespace gs {
namespace {

std::uint32_t pack(double r, double g, double b, int shape) {
  const auto byte = [](double v) { return std::uint32_t(std::clamp(v, 0.0, 1.0) * 255 + 0.5); };
  return byte(r) | byte(g) << 8 | byte(b) << 16 | std::uint32_t(shape) << 24;
}

// OKLab to sRGB as drawn, out-of-gamut values clipped.
std::uint32_t packLab(double L, double a, double b, int shape) {
  const auto cube = [](double v) { return v * v * v; };
  const double l = cube(L + 0.3963377774 * a + 0.2158037573 * b), m = cube(L - 0.1055613458 * a - 0.0638541728 * b),
               s = cube(L - 0.0894841775 * a - 1.2914855480 * b);
  const auto encode = [](double v) { return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055; };
  return pack(encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
              encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
              encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s), shape);
}

bool finite(const float* p) { return !blownUp(p[0], p[1]); }

// The class colours mixed in the proportions of p(c | x), the marker of the likeliest.
void byPosterior(const Drawing& d, std::vector<std::uint32_t>& out) {
  const PointValues& v = *d.picture.points;
  OkLab lab[5];
  for (std::size_t i = 0; i < 5; ++i) lab[i] = toOkLab(d.palette.classes[i]);
  const std::size_t known = std::min(out.size(), v.classPosterior.size() / std::size_t(v.classes));
  for (std::size_t i = 0; i < known; ++i) {
    const float* p = v.classPosterior.data() + i * std::size_t(v.classes);
    double L = 0, a = 0, b = 0, sum = 0;
    int best = 0;
    for (int c = 0; c < v.classes; ++c) {
      const double w = std::isfinite(p[c]) ? p[c] : 0;
      L += w * lab[c % 5].L;
      a += w * lab[c % 5].a;
      b += w * lab[c % 5].b;
      sum += w;
      if (p[c] > p[best]) best = c;
    }
    out[i] = sum > 0 ? packLab(L / sum, a / sum, b / sum, best % GS_SHAPES) : packLab(0.6, 0, 0, GS_DISC);
  }
}

// A closed scale through blue and purple that keeps away from the colours with a meaning.
std::uint32_t originLab(Theme theme, double angle) {
  const double hue = (285 + 62 * std::sin(angle)) * std::numbers::pi / 180;
  const double L = (toOkLab(palette(theme).canvas).L < 0.5f ? 0.72 : 0.52) + 0.18 * std::cos(angle);
  return packLab(L, 0.13 * std::cos(hue), 0.13 * std::sin(hue), GS_DISC);
}

void byOrigin(const Drawing& d, std::vector<std::uint32_t>& out) {
  const std::span<const float> x = d.picture.frame->at(0);
  double cx = 0, cy = 0;
  std::size_t n = 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    if (finite(&x[2 * i])) {
      cx += x[2 * i];
      cy += x[2 * i + 1];
      ++n;
    }
  if (n > 0) {
    cx /= double(n);
    cy /= double(n);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double angle = finite(&x[2 * i]) ? std::atan2(x[2 * i + 1] - cy, x[2 * i] - cx) : 0;
    out[i] = originLab(d.view.theme, angle);
  }
}

void byPush(const Drawing& d, std::vector<std::uint32_t>& out) {
  const double scale = ParticleDrawing::pushScale(*d.picture.points);
  const OkLab low = toOkLab(d.palette.line), high = toOkLab(d.palette.text);
  const std::size_t known = std::min(out.size(), d.picture.points->push.size());
  for (std::size_t i = 0; i < known; ++i) {
    const float v = d.picture.points->push[i];
    const double s = scale > 0 && std::isfinite(v) ? 0.12 + 0.88 * std::clamp(v / scale, 0.0, 1.0) : 0.12;
    out[i] = packLab(std::lerp(low.L, high.L, s), std::lerp(low.a, high.a, s), std::lerp(low.b, high.b, s), GS_DISC);
  }
}

}  // namespace

void CursorPositions::update(const Drawing& d) {
  if (!d.picture.frame || d.picture.frame->steps() < 0) {
    count_ = 0;
    frame_ = nullptr;
    return;
  }
  const Frame& frame = *d.picture.frame;
  if (frame_ != d.picture.frame) {
    frame_ = d.picture.frame;
    here_.step = next_.step = -1;
  }
  count_ = frame.particles;
  const int step = d.cursor.step, after = std::min(step + 1, frame.steps());
  if (here_.step != step && next_.step == step) std::swap(here_, next_);  // the cursor went on by one
  for (const auto& [row, wanted] : {std::pair(&here_, step), std::pair(&next_, after)}) {
    if (row->step == wanted || (row == &next_ && d.cursor.mix <= 0)) continue;
    row->buffer.upload(frame.at(wanted));
    row->step = wanted;
  }
  const auto reciprocal = [&](int s) {
    return float(1 / shownNorm(frame.grid[std::size_t(s)].level, d.view.coordinates));
  };
  norms_[0] = reciprocal(step);
  norms_[1] = reciprocal(after);
  norms_[2] = float(d.cursor.mix);
}

void CursorPositions::bind() const {
  here_.buffer.bindStorage(GS_POSITIONS);
  (norms_[2] > 0 ? next_ : here_).buffer.bindStorage(GS_NEXT);
}
void CursorPositions::setNorms(const gl::Program& program) const {
  program.set("norms", norms_[0], norms_[1], norms_[2]);
}

Rgb ParticleDrawing::originColor(Theme theme, double angle) {
  const std::uint32_t c = originLab(theme, angle);
  return {std::uint8_t(c), std::uint8_t(c >> 8), std::uint8_t(c >> 16)};
}

double ParticleDrawing::pushScale(const PointValues& v) {
  // Of a million particles every fiftieth tells as much.
  const std::size_t stride = std::max<std::size_t>(1, v.push.size() / 20000);
  std::vector<float> pushes;
  for (std::size_t i = 0; i < v.push.size(); i += stride)
    if (std::isfinite(v.push[i])) pushes.push_back(v.push[i]);
  if (pushes.empty()) return 0;
  const auto at = pushes.begin() + std::ptrdiff_t(double(pushes.size() - 1) * 0.98);
  std::nth_element(pushes.begin(), at, pushes.end());
  return *at;
}

bool ParticleDrawing::hasOwnColors(const Picture& picture, const View& view) {
  if (!picture.frame) return false;
  const PointValues* v = picture.points.get();
  switch (view.particles.color) {
    case ParticleColor::Guided:
      return false;
    case ParticleColor::Origin:
      return true;
    case ParticleColor::ClassPosterior:
      return v && v->classes > 0 && v->classPosterior.size() >= std::size_t(v->classes);
    case ParticleColor::PushSize:
      return v && !v->push.empty();
  }
  return false;
}

void ParticleDrawing::draw(const Drawing& d, const CursorPositions& positions) {
  const ParticleLayer& layer = d.view.particles;
  const bool own = layer.visible && positions.count() > 0 && hasOwnColors(d.picture, d.view);
  if (!own) made_ = {};  // what is not drawn is not kept alive
  if (!layer.visible || positions.count() == 0) return;
  if (own) {
    const Made wanted{d.picture.frame, layer.color == ParticleColor::Origin ? nullptr : d.picture.points, layer.color,
                      d.view.theme};
    if (made_ != wanted) {
      // Values may stem from a coarser or finer answer than the frame: the same particles have the same numbers, and
      // those without a value yet are grey.
      const Rgb grey = d.palette.other;
      std::vector<std::uint32_t> colors(std::size_t(positions.count()),
                                        pack(grey.r / 255.0, grey.g / 255.0, grey.b / 255.0, GS_DISC));
      switch (layer.color) {
        case ParticleColor::ClassPosterior:
          byPosterior(d, colors);
          break;
        case ParticleColor::PushSize:
          byPush(d, colors);
          break;
        default:
          byOrigin(d, colors);
      }
      colors_.upload(std::span<const std::uint32_t>(colors));
      made_ = wanted;
    }
  }
  // Many particles are made more transparent, so that their density stays visible.
  const double crowd = std::clamp(std::log10(positions.count() / 2000.0), 0.0, 2.0);
  const Linear c = toLinear(d.palette.guided);
  positions.bind();
  positions.setNorms(program_);
  // The colour buffer is bound in any case: a declared storage block without a buffer is undefined.
  if (colors_.capacity() == 0) colors_.reserve(4);
  colors_.bindStorage(GS_COLORS);
  program_.set("ownColors", own ? 1 : 0);
  program_.set("diameter", float(d.stroke(layer.size)));
  program_.set("ink", c.r, c.g, c.b, float((d.onDark() ? 0.9 : 1.0) - 0.25 * crowd));
  const Linear under = toLinear(d.palette.canvas);
  program_.set("casing", under.r, under.g, under.b, float((d.onDark() ? 0.5 : 0.25) * (1 - 0.4 * crowd)));
  program_.set("edge", float(d.stroke(0.55)));
  program_.use();
  glDrawArrays(GL_TRIANGLES, 0, 3 * positions.count());
}

std::vector<Vec2> ParticleDrawing::blownUp(const Drawing& d) {
  std::vector<Vec2> border;
  if (!d.picture.frame || d.picture.frame->blownUp == 0) return border;
  const Frame& frame = *d.picture.frame;
  const Vec2 middle = 0.5 * Vec2(d.width, d.height), inner = middle - Vec2(7 * d.ratio);
  const int latest = d.cursor.mix > 0 ? d.cursor.step + 1 : d.cursor.step;
  constexpr std::size_t kEnough = 1500;  // the border is full then; the legend counts them all
  for (int i = 0; i < frame.particles && border.size() < kEnough; ++i) {
    const float* now = &frame.at(latest)[std::size_t(i) * 2];
    if (finite(now)) continue;
    Vec2 direction(0.0);
    for (int s = latest - 1; s >= 0; --s) {
      const float* p = &frame.at(s)[std::size_t(i) * 2];
      if (!finite(p)) continue;
      const double norm = shownNorm(frame.grid[std::size_t(s)].level, d.view.coordinates);
      direction = Vec2(p[0], p[1]) / norm - d.view.camera.center;
      break;
    }
    // Nothing known of where it went: spread by number (golden angle), so that it is seen all the same.
    const double length = glm::length(direction);
    direction =
        length > 0 && std::isfinite(length) ? direction / length : Vec2(std::cos(i * 2.39996), std::sin(i * 2.39996));
    const double reach = std::min(std::abs(inner.x / direction.x), std::abs(inner.y / direction.y));
    border.push_back(middle + direction * reach);
  }
  return border;
}

}  // namespace gs
