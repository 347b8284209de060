#include <algorithm>

#include "render/layers.h"

namespace gs {

void Background::update(const Drawing& d, const CursorPositions& positions) {
  const bool amber = d.view.guidedDensity.visible && d.picture.frame;
  Made wanted{.ground = groundKey(d),
              .guidedFrame = amber ? d.picture.frame : nullptr,
              .guidedAt = amber ? d.cursor.at() : -1,
              .guided = d.view.guidedDensity};
  if (result_ && made_ == wanted) return;

  const bool field = density_.update(d), guided = guided_.update(d, positions);
  std::optional<gl::Program>& made = programs_[field][guided];
  if (!made)
    made.emplace(gl::Program({"shaders/screen.vert", "shaders/background.frag"},
                             std::string(field ? "#define GS_SHADE\n" : "") + (guided ? "#define GS_GUIDED\n" : "")));
  const gl::Program& program = *made;
  const OkLab canvas = toOkLab(d.palette.canvas), full = toOkLab(d.palette.guided);
  program.set("canvas", canvas.L, canvas.a, canvas.b);
  program.set("guidedRamp", full.L - canvas.L, full.a - canvas.a, full.b - canvas.b);

  // A coarse field needs no cubic pass at full resolution: twice its own is as smooth and a fraction of the work.
  reduce_ = 1;
  if (!guided) reduce_ = field ? std::clamp(d.width / (2 * std::max(density_.field().grid.width, 1)), 1, 4) : 4;
  const int width = (d.width + reduce_ - 1) / reduce_, height = (d.height + reduce_ - 1) / reduce_;
  const auto pass = [](gl::Framebuffer& framebuffer, const gl::Texture& to, const gl::Program& by) {
    framebuffer.attach(to);
    framebuffer.bind();
    glViewport(0, 0, to.width(), to.height());
    by.use();
    glDrawArrays(GL_TRIANGLES, 0, 3);
  };
  glDisable(GL_BLEND);
  const float pixelScale = float(reduce_ / d.pixelsPerUnit());
  program.set("pixelScale", pixelScale);
  program.set("shadeOpacity", field ? float(d.view.density.opacity) : 0.0f);
  if (field) {
    const FieldGrid& g = density_.field().grid;
    const double norm = shownNorm(density_.field().level, d.view.coordinates);
    const Vec2 lo = g.lo / norm, extent = (g.hi - g.lo) / norm;
    for (const gl::Program* p : std::initializer_list<const gl::Program*>{&widen_, &program})
      p->set("shadeRect", float(lo.x), float(lo.y), float(1 / extent.x), float(1 / extent.y));
    widen_.set("pixelScale", pixelScale);
    wide_.ensure(GL_RGBA16F, width, g.height, gl::Filter::Nearest);
    density_.shade().bind(0);
    pass(target_, wide_, widen_);
    wide_.bind(0);
  }

  program.set("guidedOpacity", guided ? float(d.view.guidedDensity.opacity) : 0.0f);
  if (guided) {
    const Vec2 lo = guided_.lo(), extent = guided_.extent();
    program.set("guidedRect", float(lo.x), float(lo.y), float(1 / extent.x), float(1 / extent.y));
    program.set("guidedTop", guided_.density().levels() - 1);
    guided_.density().bind(1);
  }
  result_.ensure(GL_RGB10_A2, width, height, gl::Filter::Linear);
  pass(target_, result_, program);
  made_ = std::move(wanted);
}

}  // namespace gs
