#include "render/renderer.h"

#include <algorithm>

#include "render/layers.h"
#include "render/legend.h"
#include "render/truth_layers.h"

namespace gs {
namespace {

// What this renderer needs of the context's state, whatever was left in it: nothing is assumed. ImGui's backend and Qt,
// which draw next in the same context, do the same.
void setState() {
  for (const GLenum off :
       {GL_DEPTH_TEST, GL_STENCIL_TEST, GL_CULL_FACE, GL_SCISSOR_TEST, GL_FRAMEBUFFER_SRGB, GL_COLOR_LOGIC_OP,
        GL_DITHER, GL_RASTERIZER_DISCARD, GL_SAMPLE_ALPHA_TO_COVERAGE, GL_SAMPLE_MASK, GL_PRIMITIVE_RESTART,
        GL_PRIMITIVE_RESTART_FIXED_INDEX, GL_POLYGON_OFFSET_FILL, GL_PROGRAM_POINT_SIZE, GL_BLEND, GL_DEPTH_CLAMP})
    glDisable(off);
  for (int i = 0; i < 8; ++i) glDisable(GLenum(GL_CLIP_DISTANCE0 + i));
  glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
  glPolygonMode(GL_FRONT_AND_BACK, GL_FILL);
  glClipControl(GL_LOWER_LEFT, GL_NEGATIVE_ONE_TO_ONE);
  glBlendEquation(GL_FUNC_ADD);
  glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
  for (GLuint unit = 0; unit < 2; ++unit) glBindSampler(unit, 0);
}

// The caller's viewport and scissor box, put back at the end.
struct KeptRectangles {
  GLint viewport[4], scissor[4];
  GLboolean scissorOn;
  KeptRectangles() : scissorOn(glIsEnabled(GL_SCISSOR_TEST)) {
    glGetIntegerv(GL_VIEWPORT, viewport);
    glGetIntegerv(GL_SCISSOR_BOX, scissor);
  }
  ~KeptRectangles() {
    glViewport(viewport[0], viewport[1], viewport[2], viewport[3]);
    glScissor(scissor[0], scissor[1], scissor[2], scissor[3]);
    (scissorOn ? glEnable : glDisable)(GL_SCISSOR_TEST);
  }
};

}  // namespace

struct Renderer::Impl {
  gl::VertexArray vertices;
  gl::Buffer scene;
  Text text;
  SheetPainter painter;
  CursorPositions positions;
  Background background;
  StillDrawing still;
  TargetDrawing target;
  RewardDrawing reward;
  ParticleDrawing particles;
  TruthDrawing truths;
  gl::Program bare{"shaders/screen.vert", "shaders/compose.frag"};
  gl::Program inked = gl::Program({"shaders/screen.vert", "shaders/compose.frag"}, "#define GS_INK\n");
  std::optional<gl::Program> lay;  // one picture of ink onto another
  gl::Texture mixed;               // with what moves and lies below what lies still
  gl::Framebuffer mixedTarget;
  // The finished picture in sRGB, as bytes and as light, in which blending takes place.
  gl::Texture image;
  gl::Handle<gl::detail::deleteTexture> light;
  gl::Framebuffer imageTarget, lightTarget;
  Sheet below, above;

  void drawWords(const Drawing& d) {
    const std::vector<Vec2> lost = ParticleDrawing::blownUp(d);
    if (d.view.particles.visible)
      for (const Vec2 p : lost) above.marker(p.x, p.y, d.stroke(5), GS_TRIANGLE, ink(d.palette.warning, 0.9));
    std::vector<PixelBox> taken;
    Sheet cards;
    if (const auto box = drawLabel(d, cards, text)) taken.push_back(*box);
    if (const auto box = drawLegend(d, cards, text))
      taken.push_back(*box);
    else
      drawWarning(d, cards, text, taken);
    Axes::drawNumbers(d, above, text, taken);
    drawEmptyState(d, above, text);
    above.append(cards);
  }

  void fitImage(int width, int height) {
    if (!image.ensure(GL_RGBA8, width, height, gl::Filter::Nearest)) return;
    GLuint name = 0;
    glGenTextures(1, &name);  // a view is made of a name that has no target yet
    light = gl::Handle<gl::detail::deleteTexture>(name);
    glTextureView(name, GL_TEXTURE_2D, image.id(), GL_SRGB8_ALPHA8, 0, 1, 0, 1);
    glNamedFramebufferTexture(lightTarget.id(), GL_COLOR_ATTACHMENT0, name, 0);
    imageTarget.attach(image);
  }

  static bool drawsBelow(const Drawing& d) {
    const View& v = d.view;
    return v.heat.visible || v.streams.visible || (v.target.visible && v.target.shape == LawShape::Density) ||
           (v.own.visible && v.own.shape == LawShape::Density);
  }

  // Everything between the densities and what moves on top; null: nothing.
  const gl::Texture* inkOf(const Drawing& d) {
    still.update(d, [&] {
      below.clear();
      Axes::drawGrid(d, below);
      painter.draw(below, text.atlas());
      reward.draw(d);
    });
    const gl::Texture* top = still.picture();
    if (!drawsBelow(d)) return top;
    mixed.ensure(GL_RGBA16F, d.width, d.height, gl::Filter::Nearest);
    mixedTarget.attach(mixed);
    mixedTarget.bind();
    glViewport(0, 0, d.width, d.height);
    const float none[4] = {};
    glClearBufferfv(GL_COLOR, 0, none);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    truths.drawBelow(d);
    if (top) {
      if (!lay) lay.emplace(gl::Program({"shaders/screen.vert", "shaders/compose.frag"}, "#define GS_LAY\n"));
      top->bind(1);
      lay->use();
      glDrawArrays(GL_TRIANGLES, 0, 3);
    }
    return &mixed;
  }

  void drawScene(const Drawing& d) {
    background.update(d, positions);
    const gl::Texture* on = inkOf(d);
    fitImage(d.width, d.height);
    imageTarget.bind();
    glViewport(0, 0, d.width, d.height);
    glDisable(GL_BLEND);
    const gl::Program& compose = on ? inked : bare;
    const gl::Texture& under = background.picture();
    const float reduced = float(background.reduced());
    compose.set("scale", 1 / (reduced * float(under.width())), 1 / (reduced * float(under.height())));
    under.bind(0);
    if (on) on->bind(1);
    compose.use();
    glDrawArrays(GL_TRIANGLES, 0, 3);

    lightTarget.bind();
    glEnable(GL_FRAMEBUFFER_SRGB);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    above.clear();
    still.paths().drawToCursor(d);
    particles.draw(d, positions);
    target.draw(d);
    truths.drawAbove(d, above);
    drawWords(d);
    painter.draw(above, text.atlas());
    glDisable(GL_BLEND);
    glDisable(GL_FRAMEBUFFER_SRGB);
  }
};

Renderer::Renderer() : impl_(std::make_unique<Impl>()) {}
Renderer::~Renderer() = default;

void Renderer::draw(const Target& target, const Picture& picture, const View& view, const Quality& quality) {
  if (target.width <= 0 || target.height <= 0) return;
  Impl& r = *impl_;
  const KeptRectangles kept;
  setState();
  Drawing d{.picture = picture,
            .view = view,
            .quality = quality,
            .palette = palette(view.theme),
            .width = target.width,
            .height = target.height,
            .ratio = target.pixelRatio > 0 ? target.pixelRatio : 1,
            .cursor = {}};
  d.cursor.t = view.time;
  if (picture.frame && !picture.frame->grid.empty()) d.cursor = cursorAt(picture.frame->grid, view.time);

  const shader::Scene scene{.sceneCamera = {view.camera.center.x, view.camera.center.y, d.pixelsPerUnit(), d.ratio},
                            .sceneSize = {d.width, d.height, 1.0 / d.width, 1.0 / d.height},
                            .sceneLook = {d.onDark() ? 1.3 : 0.65, 0, 0, 0}};
  r.scene.upload(std::span<const shader::Scene>(&scene, 1));
  r.scene.bindUniform(0);
  r.vertices.bind();
  r.text.trim();
  r.positions.update(d);
  r.drawScene(d);
  r.positions.done();

  r.imageTarget.copy(0, 0, target.width, target.height, target.fbo, target.x, target.y);

  glBindVertexArray(0);
  glUseProgram(0);
}

}  // namespace gs
