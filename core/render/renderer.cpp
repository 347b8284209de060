#include "render/renderer.h"

#include <algorithm>

#include "render/host_picture.h"
#include "render/layers.h"
#include "render/legend.h"
#include "render/offscreen.h"
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

struct ByShader {
  Background background;
  gl::Program inked{"shaders/screen.vert", "shaders/compose.frag"};
};

}  // namespace

struct Renderer::Impl {
  const bool onProcessor;
  gl::VertexArray vertices;
  gl::Buffer scene;
  Text text;
  SheetPainter painter;
  CursorPositions positions;
  StillDrawing still;
  TargetDrawing target;
  RewardDrawing reward;
  ParticleDrawing particles;
  TruthDrawing truths;
  HostPicture host;
  std::optional<ByShader> byShader;  // made where it is needed first
  std::optional<gl::Program> lay;    // one picture of ink onto another
  // Everything above the densities, in linear light, in which blending takes place; and the finished picture in sRGB.
  gl::Texture drawn, image;
  gl::Framebuffer drawnTarget, imageTarget;
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

  static bool drawsBelow(const Drawing& d) {
    const View& v = d.view;
    return v.heat.visible || v.streams.visible || (v.target.visible && v.target.shape == LawShape::Density) ||
           (v.own.visible && v.own.shape == LawShape::Density);
  }

  // What lies still first: fields, grid and paths; then what moves.
  void drawInk(const Drawing& d, const CursorPositions& at) {
    still.update(d, [&] {
      below.clear();
      Axes::drawGrid(d, below);
      painter.draw(below, text.atlas());
      reward.draw(d);
    });
    const gl::Texture* top = still.picture();
    if (drawn.ensure(GL_RGBA16F, d.width, d.height, gl::Filter::Nearest)) drawnTarget.attach(drawn);
    const bool fields = drawsBelow(d);
    if (top && !fields) {
      glCopyImageSubData(top->id(), GL_TEXTURE_2D, 0, 0, 0, 0, drawn.id(), GL_TEXTURE_2D, 0, 0, 0, 0, d.width, d.height,
                         1);
    } else {
      const float none[4] = {};
      glClearNamedFramebufferfv(drawnTarget.id(), GL_COLOR, 0, none);
    }
    drawnTarget.bind();
    glViewport(0, 0, d.width, d.height);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    if (fields) truths.drawBelow(d);
    if (fields && top) {
      if (!lay) lay.emplace(gl::Program({"shaders/screen.vert", "shaders/compose.frag"}, "#define GS_LAY\n"));
      top->bind(1);
      lay->use();
      glDrawArrays(GL_TRIANGLES, 0, 3);
    }
    above.clear();
    still.paths().drawToCursor(d);
    particles.draw(d, at);
    target.draw(d);
    truths.drawAbove(d, above);
    drawWords(d);
    painter.draw(above, text.atlas());
    glDisable(GL_BLEND);
  }

  void drawScene(const Drawing& d, const Target& to) {
    drawInk(d, positions);
    const bool onHost = onProcessor && HostPicture::serves(d);
    if (onHost && to.memory) return host.compose(d, drawn, to.memory, to.stride);
    if (image.ensure(GL_RGBA8, d.width, d.height, gl::Filter::Nearest)) imageTarget.attach(image);
    if (onHost)
      image.upload(GL_RGBA, GL_UNSIGNED_BYTE, host.compose(d, drawn));
    else
      composeByShader(d);
    if (!to.memory) return imageTarget.copy(0, 0, d.width, d.height, to.fbo, to.x, to.y);
    const std::vector<std::uint8_t> pixels = readPixels(imageTarget.id(), 0, 0, d.width, d.height);
    const std::size_t row = 4 * std::size_t(d.width);
    for (int j = 0; j < d.height; ++j)
      std::copy_n(pixels.data() + row * std::size_t(j), row, to.memory + 4 * std::size_t(to.stride) * std::size_t(j));
  }

  void composeByShader(const Drawing& d) {
    if (!byShader) byShader.emplace();
    Background& background = byShader->background;
    const gl::Program& inked = byShader->inked;
    background.update(d, positions);
    imageTarget.bind();
    glViewport(0, 0, d.width, d.height);
    glDisable(GL_BLEND);
    const gl::Texture& under = background.picture();
    const float reduced = float(background.reduced());
    inked.set("scale", 1 / (reduced * float(under.width())), 1 / (reduced * float(under.height())));
    under.bind(0);
    drawn.bind(1);
    inked.use();
    glDrawArrays(GL_TRIANGLES, 0, 3);
  }
};

Renderer::Renderer(Composer composer)
    : impl_(new Impl{.onProcessor = composer == Composer::Chosen && host::pixels() && drawnByProcessor()}) {}
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
  r.drawScene(d, target);
  r.positions.done();

  glBindVertexArray(0);
  glUseProgram(0);
}

}  // namespace gs
