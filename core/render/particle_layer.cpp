#include <epoxy/gl.h>

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

double originLight(Theme theme) { return toOkLab(palette(theme).canvas).L < 0.5f ? 0.72 : 0.52; }

// A closed scale through blue and purple that keeps away from the colours with a meaning.
std::uint32_t originLab(Theme theme, double angle) {
  const double hue = (285 + 62 * std::sin(angle)) * std::numbers::pi / 180;
  const double L = originLight(theme) + 0.18 * std::cos(angle);
  return packLab(L, 0.13 * std::cos(hue), 0.13 * std::sin(hue), GS_DISC);
}

// The mean of the law that particles start from.
Vec2 startCenter(const Frame& frame) {
  const GridPoint& first = frame.grid.front();
  if (frame.experiment->start != Start::Exact || !std::isfinite(first.ratio)) return Vec2(0.0);
  return first.level.alpha * frame.mixture->mean(frame.experiment->condition);
}

void byOrigin(const Drawing& d, std::vector<std::uint32_t>& out) {
  const HostRow x = d.picture.frame->read(0);
  const Vec2 center = startCenter(*d.picture.frame);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double angle = finite(&x.data()[2 * i]) ? std::atan2(x[2 * i + 1] - center.y, x[2 * i] - center.x) : 0;
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
    here_.row = next_.row = -1;
  }
  count_ = frame.particles;
  const int here = frame.rowBefore(d.cursor.step), after = std::min(here + 1, frame.rows() - 1);
  const int from = frame.stepOf(here), to = frame.stepOf(after);
  // Where steps were left out the cursor is somewhere between those around it.
  const double mix = to - from == 1 ? d.cursor.mix : to > from ? (d.cursor.at() - from) / (to - from) : 0;
  if (here_.row != here && next_.row == here) std::swap(here_, next_);  // the cursor went on by one
  for (const auto& [row, wanted] : {std::pair(&here_, here), std::pair(&next_, after)}) {
    if (row->row == wanted || (row == &next_ && mix <= 0)) continue;
    if (!frame.device) row->buffer.upload(std::span<const float>(frame.read(wanted)));
    row->row = wanted;
  }
  const auto reciprocal = [&](int s) {
    return float(1 / shownNorm(frame.grid[std::size_t(s)].level, d.view.coordinates));
  };
  norms_[0] = reciprocal(from);
  norms_[1] = reciprocal(to);
  norms_[2] = float(mix);
  if (frame.device) frame.device->beginUse();
}

void CursorPositions::done() const {
  if (frame_ && frame_->device) frame_->device->endUse();
}

void CursorPositions::bindRow(const Row& row, unsigned binding) const {
  if (!frame_ || !frame_->device) return row.buffer.bindStorage(binding);
  const DeviceRows::Place place = frame_->device->place(row.row);
  glBindBufferRange(GL_SHADER_STORAGE_BUFFER, binding, place.buffer, GLintptr(place.offset), GLsizeiptr(count_) * 8);
}

void CursorPositions::bind() const {
  bindRow(here_, GS_POSITIONS);
  bindRow(norms_[2] > 0 ? next_ : here_, GS_NEXT);
}
void CursorPositions::setNorms(const gl::Program& program) const {
  program.set("norms", norms_[0], norms_[1], norms_[2]);
}

Rgb ParticleDrawing::originColor(Theme theme, double angle) {
  const std::uint32_t c = originLab(theme, angle);
  return {std::uint8_t(c), std::uint8_t(c >> 8), std::uint8_t(c >> 16)};
}

double ParticleDrawing::pushScale(const PointValues& v) {
  if (v.device) return v.pushScale;
  // Of a million particles every fiftieth tells as much.
  const std::size_t stride = std::max<std::size_t>(1, v.push.size() / 20000);
  std::vector<float> pushes;
  for (std::size_t i = 0; i < v.push.size(); i += stride) pushes.push_back(v.push[i]);
  return pushScaleOf(pushes);
}

bool ParticleDrawing::hasOwnColors(const Picture& picture, const View& view) {
  if (!picture.frame) return false;
  const PointValues* v = picture.points.get();
  switch (view.particles.color) {
    case ParticleColor::Guided:
      return false;
    case ParticleColor::Origin:
      return picture.frame->stepOf(0) == 0;  // unless memory holds the last steps alone
    case ParticleColor::ClassPosterior:
      return v && v->classes > 0 && (v->device || v->classPosterior.size() >= std::size_t(v->classes));
    case ParticleColor::PushSize:
      return v && !v->empty();
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
      if (wanted.points ? bool(wanted.points->device) : bool(wanted.frame->device))
        colorOnDevice(d, positions.count());
      else
        colorOnHost(d, positions.count());
      made_ = wanted;
    }
  }
  // The colour buffer is bound in any case: a declared storage block without a buffer is undefined.
  if (colors_.capacity() == 0) colors_.reserve(4);
  if (positions.count() > kCrowd) return drawCrowd(d, positions, own);
  // Many particles are made more transparent, so that their density stays visible.
  const double crowd = std::clamp(std::log10(positions.count() / 2000.0), 0.0, 2.0);
  if (own && !own_)
    own_.emplace(gl::Program({"shaders/particles.vert", "shaders/particles.frag"}, "#define GS_OWN_COLORS\n"));
  const gl::Program& p = own ? *own_ : plain_;
  const Linear c = toLinear(d.palette.guided);
  positions.bind();
  positions.setNorms(p);
  colors_.bindStorage(GS_COLORS);
  p.set("diameter", float(d.stroke(layer.size)));
  p.set("ink", c.r, c.g, c.b, float((d.onDark() ? 0.9 : 1.0) - 0.25 * crowd));
  const Linear under = toLinear(d.palette.canvas);
  p.set("casing", under.r, under.g, under.b, float((d.onDark() ? 0.5 : 0.25) * (1 - 0.4 * crowd)));
  p.set("edge", float(d.stroke(0.55)));
  p.use();
  glDrawArrays(GL_TRIANGLES, 0, 3 * positions.count());
}

void ParticleDrawing::drawCrowd(const Drawing& d, const CursorPositions& positions, bool own) {
  if (!crowd_) crowd_.emplace();
  Crowd& c = *crowd_;
  GLint canvas = 0;
  glGetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &canvas);
  c.sums.ensure(GL_RGBA32F, d.width, d.height, gl::Filter::Nearest);
  c.target.attach(c.sums);
  c.target.bind();
  const float none[4] = {};
  glClearBufferfv(GL_COLOR, 0, none);
  glBlendFunc(GL_ONE, GL_ONE);
  glEnable(GL_PROGRAM_POINT_SIZE);
  positions.bind();
  positions.setNorms(c.deposit);
  colors_.bindStorage(GS_COLORS);
  const Linear ink = toLinear(d.palette.guided);
  c.deposit.set("ownColors", own ? 1 : 0);
  c.deposit.set("ink", ink.r, ink.g, ink.b, 1.0f);
  c.deposit.use();
  // A software driver keeps what the vertex shader made of a whole call.
  constexpr int kAtOnce = 1 << 19;
  for (int first = 0; first < positions.count(); first += kAtOnce)
    glDrawArrays(GL_POINTS, first, std::min(kAtOnce, positions.count() - first));
  glDisable(GL_PROGRAM_POINT_SIZE);

  glBindFramebuffer(GL_FRAMEBUFFER, GLuint(canvas));
  glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
  c.sums.bind(0);
  // Full ink where twenty times as many lie as if all were spread over the picture.
  c.tone.set("full", float(20 + 20.0 * positions.count() / (double(d.width) * d.height)));
  c.tone.set("opacity", d.onDark() ? 0.95f : 1.0f);
  c.tone.use();
  glDrawArrays(GL_TRIANGLES, 0, 3);
}

void ParticleDrawing::colorOnHost(const Drawing& d, int count) {
  const Rgb grey = d.palette.other;
  std::vector<std::uint32_t> colors(std::size_t(count), pack(grey.r / 255.0, grey.g / 255.0, grey.b / 255.0, GS_DISC));
  switch (d.view.particles.color) {
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
}

void ParticleDrawing::colorOnDevice(const Drawing& d, int count) {
  if (!colorProgram_) colorProgram_.emplace(gl::Program({"shaders/colors.comp"}));
  const gl::Program& p = *colorProgram_;
  const bool origin = d.view.particles.color == ParticleColor::Origin;
  const DeviceRows& rows = origin ? *d.picture.frame->device : *d.picture.points->device;
  const int known = origin ? count : std::min(count, d.picture.points->particles);
  p.set("count", count);
  p.set("known", known);
  p.set("by", origin ? GS_BY_ORIGIN : d.view.particles.color == ParticleColor::PushSize ? GS_BY_PUSH : GS_BY_CLASS);
  std::vector<float> hues;
  for (const Rgb c : d.palette.classes) {
    const OkLab lab = toOkLab(c);
    hues.insert(hues.end(), {lab.L, lab.a, lab.b});
  }
  p.setVec3s("hues", hues);
  const OkLab low = toOkLab(d.palette.line), high = toOkLab(d.palette.text);
  p.set("low", low.L, low.a, low.b);
  p.set("high", high.L, high.a, high.b);
  if (!origin) p.set("pushScale", float(pushScale(*d.picture.points)));
  const Vec2 center = startCenter(*d.picture.frame);
  p.set("center", float(center.x), float(center.y));
  p.set("originLight", float(originLight(d.view.theme)));
  const Rgb grey = d.palette.other;
  p.set("grey", grey.r / 255.f, grey.g / 255.f, grey.b / 255.f);
  p.use();
  rows.beginUse();
  const DeviceRows::Place place = rows.place(0);
  const auto bytes = GLsizeiptr(known) * (origin ? 8 : GLsizeiptr(sizeof(shader::DevicePoint)));
  // Both are bound: a declared storage block without a buffer is undefined.
  for (const GLuint binding : {GS_POSITIONS, GS_POINTS})
    glBindBufferRange(GL_SHADER_STORAGE_BUFFER, binding, place.buffer, GLintptr(place.offset), bytes);
  colors_.reserve(std::size_t(count) * 4);
  colors_.bindStorage(GS_COLORS);
  // Two dimensions: one of them may be as short as 65535.
  const GLuint groups = GLuint((count + 63) / 64), wide = std::min(groups, 32768u);
  glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT);  // the last picture may still be drawn in the colours of before
  glDispatchCompute(wide, (groups + wide - 1) / wide, 1);
  glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT);
  rows.endUse();
}

std::vector<Vec2> ParticleDrawing::blownUp(const Drawing& d) {
  std::vector<Vec2> border;
  if (!d.picture.frame || d.picture.frame->blownUp == 0) return border;
  const Frame& frame = *d.picture.frame;
  const Vec2 middle = 0.5 * Vec2(d.width, d.height), inner = middle - Vec2(7 * d.ratio);
  const int latest = d.cursor.mix > 0 ? d.cursor.step + 1 : d.cursor.step;
  // Nothing known of where it went: spread by number (golden angle), so that it is seen all the same.
  const auto add = [&](int particle, Vec2 direction) {
    const double length = glm::length(direction);
    direction = length > 0 && std::isfinite(length) ? direction / length
                                                    : Vec2(std::cos(particle * 2.39996), std::sin(particle * 2.39996));
    const double reach = std::min(std::abs(inner.x / direction.x), std::abs(inner.y / direction.y));
    border.push_back(middle + direction * reach);
  };
  const auto from = [&](int step, float x, float y) {
    const double norm = shownNorm(frame.grid[std::size_t(step)].level, d.view.coordinates);
    return Vec2(x, y) / norm - d.view.camera.center;
  };
  constexpr std::size_t kEnough = Frame::kMostLost;  // the border is full then; the legend counts them all
  if (frame.device) {
    for (const LostParticle& l : frame.lost)
      if (l.step <= latest) add(l.particle, l.step > 0 ? from(l.step - 1, l.x, l.y) : Vec2(0.0));
    return border;
  }
  const int row = frame.rowBefore(latest);
  const auto at = [&](int r, int i) {
    return frame.x.data() + (std::size_t(r) * std::size_t(frame.particles) + std::size_t(i)) * 2;
  };
  for (int i = 0; i < frame.particles && border.size() < kEnough; ++i) {
    if (finite(at(row, i))) continue;
    int r = row - 1;
    while (r >= 0 && !finite(at(r, i))) --r;
    add(i, r >= 0 ? from(frame.stepOf(r), at(r, i)[0], at(r, i)[1]) : Vec2(0.0));
  }
  return border;
}

}  // namespace gs
