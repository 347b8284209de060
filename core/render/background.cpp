#include "render/layers.h"

namespace gs {

const gl::Texture& Background::update(const Drawing& d, const CursorPositions& positions) {
  // A smooth field needs no pass at full resolution: half of it is indistinguishable and a quarter of the work.
  const bool half = d.picture.density && d.picture.density->grid.width * 2 <= d.width && !d.view.guidedDensity.visible;
  const bool amber = d.view.guidedDensity.visible && d.picture.frame;
  Made wanted{.field = d.view.density.visible ? d.picture.density : nullptr,
              .guidedFrame = amber ? d.picture.frame : nullptr,
              .guidedAt = amber ? d.cursor.at() : -1,
              .density = d.view.density,
              .guided = d.view.guidedDensity,
              .camera = d.view.camera,
              .coordinates = d.view.coordinates,
              .theme = d.view.theme,
              .condition = d.condition(),
              .width = half ? (d.width + 1) / 2 : d.width,
              .height = half ? (d.height + 1) / 2 : d.height};
  if (result_ && made_ == wanted) return result_;

  const bool field = density_.update(d), guided = guided_.update(d, positions);
  const OkLab canvas = toOkLab(d.palette.canvas), full = toOkLab(d.palette.guided);
  program_.set("canvas", canvas.L, canvas.a, canvas.b);
  program_.set("guidedRamp", full.L - canvas.L, full.a - canvas.a, full.b - canvas.b);
  program_.set("pixelScale", float(half ? 2 / d.pixelsPerUnit() : 1 / d.pixelsPerUnit()));
  program_.set("shadeOpacity", field ? float(d.view.density.opacity) : 0.0f);
  if (field) {
    const FieldGrid& g = density_.field().grid;
    const double norm = shownNorm(density_.field().level, d.view.coordinates);
    const Vec2 lo = g.lo / norm, extent = (g.hi - g.lo) / norm;
    program_.set("shadeRect", float(lo.x), float(lo.y), float(1 / extent.x), float(1 / extent.y));
    density_.shade().bind(0);
  }
  program_.set("guidedOpacity", guided ? float(d.view.guidedDensity.opacity) : 0.0f);
  if (guided) {
    const Vec2 lo = guided_.lo(), extent = guided_.extent();
    program_.set("guidedRect", float(lo.x), float(lo.y), float(1 / extent.x), float(1 / extent.y));
    program_.set("guidedTop", guided_.density().levels() - 1);
    guided_.density().bind(1);
  }
  result_.ensure(GL_RGBA16F, wanted.width, wanted.height, gl::Filter::Linear);
  target_.attach(result_);
  target_.bind();
  glViewport(0, 0, wanted.width, wanted.height);
  glDisable(GL_BLEND);
  program_.use();
  glDrawArrays(GL_TRIANGLES, 0, 3);
  made_ = std::move(wanted);
  return result_;
}

}  // namespace gs
