#include <algorithm>
#include <cmath>

#include "render/layers.h"
#include "shaders/shared.h"

namespace gs {
namespace {

// The log-density at which a ramp reaches its full strength: e exp(E[log p]), the peak of the Gaussian that has the
// same entropy. A maximum would let one narrow component darken everything else. merged: of the included classes' sum;
// otherwise every class counts by itself. Sampled on a coarser lattice where the field is fine.
template <class Included>
float fullStrength(const DensityField& field, bool merged, Included included) {
  const int width = field.grid.width, height = field.grid.height, classes = field.classes;
  const std::size_t cells = std::size_t(width) * std::size_t(height);
  const int stride = std::max(1, int(std::sqrt(double(cells) * classes / 40000)));
  float top = -1e30f;
  for (int c = 0; c < classes; ++c)
    if (included(c))
      for (int j = stride / 2; j < height; j += stride)
        for (int i = stride / 2; i < width; i += stride)
          top = std::max(top,
                         field.logJoint[std::size_t(c) * cells + std::size_t(j) * std::size_t(width) + std::size_t(i)]);
  double sum = 0, sumLog = 0;
  int counted = 0;
  for (int c = 0; c < classes; ++c) counted += included(c);
  const auto count = [&](double p, double log) {
    sum += p;
    sumLog += p * log;
  };
  for (int j = stride / 2; j < height; j += stride)
    for (int i = stride / 2; i < width; i += stride) {
      double together = 0;
      for (int c = 0; c < classes; ++c) {
        if (!included(c)) continue;
        const float l =
            field.logJoint[std::size_t(c) * cells + std::size_t(j) * std::size_t(width) + std::size_t(i)] - top;
        if (l < -60) continue;
        const float p = std::exp(l);
        if (merged && counted > 1)
          together += p;
        else
          count(p, l);
      }
      if (together > 0) count(together, std::log(together));
    }
  return sum > 0 ? float(top + sumLog / sum + 1) : 0;
}

OkLab between(OkLab from, Rgb to) {
  const OkLab b = toOkLab(to);
  return {b.L - from.L, b.a - from.a, b.b - from.b};
}

}  // namespace

bool shownDensity(const Drawing& d) {
  const auto& field = d.picture.density;
  if (!field || !d.view.density.visible || d.view.density.shape != LawShape::Density || field->classes <= 0 ||
      field->grid.width <= 0 || field->grid.height <= 0)
    return false;
  const std::size_t cells = std::size_t(field->grid.width) * std::size_t(field->grid.height);
  return field->device || field->logJoint.size() >= cells * std::size_t(field->classes);
}

GroundKey groundKey(const Drawing& d) {
  return {.field = shownDensity(d) ? d.picture.density : nullptr,
          .density = d.view.density,
          .camera = d.view.camera,
          .coordinates = d.view.coordinates,
          .theme = d.view.theme,
          .condition = d.condition(),
          .width = d.width,
          .height = d.height};
}

DensityLook densityLook(const Drawing& d, const DensityField& field) {
  const bool perClass = d.view.density.perClass;
  DensityLook look;
  look.whole = !perClass;
  if (perClass && d.condition() < field.classes) look.condition = d.condition();
  const int condition = look.condition;
  const bool conditional = condition >= 0;
  const auto foundThere = [&](int set) { return field.extents[std::size_t(set)].full; };
  look.reference = field.device ? foundThere(look.whole    ? 0
                                             : conditional ? 3 + 2 * condition
                                                           : 1)
                                : fullStrength(field, look.whole || conditional,
                                               [&](int c) { return !conditional || c != condition; });
  look.referenceOwn = !conditional   ? look.reference
                      : field.device ? foundThere(2 + 2 * condition)
                                     : fullStrength(field, true, [&](int c) { return c == condition; });
  const OkLab canvas = toOkLab(d.palette.canvas);
  for (std::size_t c = 0; c < 5; ++c) {
    const OkLab r = between(canvas, d.palette.classes[c]);
    look.ramps[3 * c] = r.L;
    look.ramps[3 * c + 1] = r.a;
    look.ramps[3 * c + 2] = r.b;
  }
  const OkLab other = between(canvas, d.palette.other);
  look.other = {other.L, other.a, other.b};
  return look;
}

bool DensityDrawing::update(const Drawing& d) {
  if (!shownDensity(d)) return false;
  const auto& field = d.picture.density;
  const std::size_t cells = std::size_t(field->grid.width) * std::size_t(field->grid.height);
  const bool there = bool(field->device);
  if (!there && uploaded_ != field) {
    logJoint_.ensure(GL_R32F, field->grid.width, field->grid.height, gl::Filter::Nearest, field->classes);
    for (int c = 0; c < field->classes; ++c)
      logJoint_.upload(GL_RED, GL_FLOAT, field->logJoint.data() + std::size_t(c) * cells, c);
    uploaded_ = field;
  }
  const int condition = d.condition() < field->classes ? d.condition() : kUnconditional;
  const Made wanted{field, condition, d.view.density.perClass, d.view.theme};
  if (made_ == wanted) return true;
  made_ = wanted;

  const DensityLook look = densityLook(d, *field);
  if (there && !deviceProgram_)
    deviceProgram_.emplace(gl::Program({"shaders/screen.vert", "shaders/density.frag"}, "#define GS_ON_DEVICE\n"));
  const gl::Program& program = there ? *deviceProgram_ : program_;
  program.set("classes", field->classes);
  program.set("condition", look.condition);
  program.set("whole", look.whole ? 1 : 0);
  program.set("reference", look.reference);
  program.set("referenceOwn", look.referenceOwn);
  program.setVec3s("classRamp", look.ramps);
  program.set("otherRamp", look.other[0], look.other[1], look.other[2]);

  shade_.ensure(GL_RGBA16F, field->grid.width, field->grid.height, gl::Filter::Linear);
  target_.attach(shade_);
  target_.bind();
  glViewport(0, 0, field->grid.width, field->grid.height);
  glDisable(GL_BLEND);
  program.use();
  if (there) {
    program.set("columns", field->grid.width);
    program.set("rows", field->grid.height);
    field->device->beginUse();
    const DeviceRows::Place place = field->device->place(0);
    glBindBufferRange(GL_SHADER_STORAGE_BUFFER, GS_FIELD, place.buffer, GLintptr(place.offset),
                      GLsizeiptr(cells * std::size_t(field->classes) * sizeof(float)));
  } else {
    logJoint_.bind(0);
  }
  glDrawArrays(GL_TRIANGLES, 0, 3);
  if (there) field->device->endUse();
  return true;
}

}  // namespace gs
