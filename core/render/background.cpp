#include <algorithm>

#include "render/layers.h"

namespace gs {

const gl::Texture& Background::update(const Drawing& d, const CursorPositions& positions) {
  const bool amber = d.view.guidedDensity.visible && d.picture.frame;
  Made wanted{
      .field = d.view.density.visible && d.view.density.shape == LawShape::Density ? d.picture.density : nullptr,
      .guidedFrame = amber ? d.picture.frame : nullptr,
      .guidedAt = amber ? d.cursor.at() : -1,
      .density = d.view.density,
      .guided = d.view.guidedDensity,
      .camera = d.view.camera,
      .coordinates = d.view.coordinates,
      .theme = d.view.theme,
      .condition = d.condition(),
      .width = d.width,
      .height = d.height};
  if (result_ && made_ == wanted) return result_;

  const bool field = density_.update(d), guided = guided_.update(d, positions);
  const OkLab canvas = toOkLab(d.palette.canvas), full = toOkLab(d.palette.guided);
  program_.set("canvas", canvas.L, canvas.a, canvas.b);
  program_.set("guidedRamp", full.L - canvas.L, full.a - canvas.a, full.b - canvas.b);
  // A coarse field needs no cubic pass at full resolution: twice its own is as smooth and a fraction of the work.
  int reduce = 1;
  if (!guided) reduce = field ? std::clamp(d.width / (2 * std::max(density_.field().grid.width, 1)), 1, 4) : 4;
  const int width = (d.width + reduce - 1) / reduce, height = (d.height + reduce - 1) / reduce;
  program_.set("pixelScale", float(reduce / d.pixelsPerUnit()));
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
  gl::Texture& first = reduce > 1 ? small_ : result_;
  first.ensure(GL_RGBA16F, width, height, gl::Filter::Linear);
  glDisable(GL_BLEND);
  const auto pass = [](gl::Framebuffer& framebuffer, const gl::Texture& to, const gl::Program& program) {
    framebuffer.attach(to);
    framebuffer.bind();
    glViewport(0, 0, to.width(), to.height());
    program.use();
    glDrawArrays(GL_TRIANGLES, 0, 3);
  };
  pass(target_, first, program_);
  if (reduce > 1) {
    result_.ensure(GL_RGBA16F, d.width, d.height, gl::Filter::Linear);
    small_.bind(0);
    enlarge_.set("scale", 1.0f / float(reduce * width), 1.0f / float(reduce * height));
    pass(target_, result_, enlarge_);
  }
  made_ = std::move(wanted);
  return result_;
}

}  // namespace gs
