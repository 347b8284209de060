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
  TrajectoryDrawing trajectories;
  TargetDrawing target;
  RewardDrawing reward;
  ParticleDrawing particles;
  TruthDrawing truths;
  gl::Program resolve{"shaders/screen.vert", "shaders/resolve.frag"};
  gl::Texture image;
  gl::Framebuffer imageTarget;
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

  void drawScene(const Drawing& d) {
    const gl::Texture& under = background.update(d, positions);
    image.ensure(GL_RGBA16F, d.width, d.height, gl::Filter::Nearest);
    // A copy rather than a second texture in the resolve: on a processor reading half floats is what costs.
    glCopyImageSubData(under.id(), GL_TEXTURE_2D, 0, 0, 0, 0, image.id(), GL_TEXTURE_2D, 0, 0, 0, 0, d.width, d.height,
                       1);
    imageTarget.attach(image);
    imageTarget.bind();
    glViewport(0, 0, d.width, d.height);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    below.clear();
    above.clear();
    truths.drawBelow(d);
    Axes::drawGrid(d, below);
    painter.draw(below, text.atlas());
    reward.draw(d);
    trajectories.draw(d);
    particles.draw(d, positions);
    target.draw(d);
    truths.drawAbove(d, above);
    drawWords(d);
    painter.draw(above, text.atlas());
    glDisable(GL_BLEND);
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

  glBindFramebuffer(GL_FRAMEBUFFER, target.fbo);
  glViewport(target.x, target.y, target.width, target.height);
  glScissor(target.x, target.y, target.width, target.height);
  glEnable(GL_SCISSOR_TEST);
  r.image.bind(0);
  glProgramUniform2i(r.resolve.id(), glGetUniformLocation(r.resolve.id(), "origin"), target.x, target.y);
  r.resolve.use();
  glDrawArrays(GL_TRIANGLES, 0, 3);
  glBindVertexArray(0);
  glUseProgram(0);
}

}  // namespace gs
