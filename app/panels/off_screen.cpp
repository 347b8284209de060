#include <epoxy/gl.h>

#include "off_screen.h"

#include <imgui.h>
#include <backends/imgui_impl_opengl3.h>

#include <stdexcept>

#include "layout.h"
#include "render/offscreen.h"
#include "render/palette.h"
#include "theme.h"

namespace gs {

std::vector<PixelRect> panesBesidePanels(int panes, int width, int height, double scale) {
  const ui::Layout l = ui::layOut(width, height, double(float(double(ui::Look().em) * scale)), {}, panes);
  if (l.leftIsDrawer || l.rightIsDrawer || l.picture.height < 16) return {};
  return l.panes;
}

OffScreenUi::OffScreenUi() : ui_(ImGui::CreateContext()) {
  ImGui::SetCurrentContext(ui_);
  ImGui::GetIO().IniFilename = nullptr;
  ImGui::GetIO().LogFilename = nullptr;
  applyStyle(theme_, scale_);  // the backend makes a texture of the fonts
  const bool begun = ImGui_ImplOpenGL3_Init("#version 450 core");
  if (!begun || !ImGui_ImplOpenGL3_CreateDeviceObjects()) {
    if (begun) ImGui_ImplOpenGL3_Shutdown();  // while the context that it has its data in is there
    ImGui::DestroyContext(ui_);
    throw std::runtime_error("the interface could not be set up on this OpenGL driver");
  }
  glCreateFramebuffers(1, &fbo_);
}

OffScreenUi::~OffScreenUi() {
  ImGui::SetCurrentContext(ui_);
  ImGui_ImplOpenGL3_Shutdown();
  ImGui::DestroyContext(ui_);
  glDeleteTextures(1, &texture_);
  glDeleteFramebuffers(1, &fbo_);
}

void OffScreenUi::shape(int width, int height, Theme theme, double scale) {
  ImGui::SetCurrentContext(ui_);
  applyStyle(theme, scale);
  theme_ = theme;
  if (scale != scale_) {
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
    scale_ = scale;
  }
  if (width == width_ && height == height_) return;
  glDeleteTextures(1, &texture_);
  glCreateTextures(GL_TEXTURE_2D, 1, &texture_);
  glTextureStorage2D(texture_, 1, GL_RGBA8, width, height);
  glNamedFramebufferTexture(fbo_, GL_COLOR_ATTACHMENT0, texture_, 0);
  width_ = width;
  height_ = height;
}

UiResult OffScreenUi::frame(Session& session, UiState& state, std::span<const LiveAnswer> answers,
                            const UiStats& stats) {
  ImGui::SetCurrentContext(ui_);
  ImGui::GetIO().DisplaySize = {float(width_), float(height_)};
  ImGui::GetIO().DeltaTime = 1 / 60.f;
  ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
  UiResult result = drawUi(session, state, answers, stats);
  ImGui::Render();
  return result;
}

std::vector<std::uint8_t> OffScreenUi::pixels() const {
  ImGui::SetCurrentContext(ui_);
  glBindFramebuffer(GL_FRAMEBUFFER, fbo_);
  glViewport(0, 0, width_, height_);
  glDisable(GL_SCISSOR_TEST);
  glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
  const Rgb c = palette(theme_).canvas;
  const float canvas[] = {float(c.r) / 255, float(c.g) / 255, float(c.b) / 255, 1};
  glClearNamedFramebufferfv(fbo_, GL_COLOR, 0, canvas);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  std::vector<std::uint8_t> pixels = readPixels(fbo_, 0, 0, width_, height_);
  for (std::size_t i = 3; i < pixels.size(); i += 4) pixels[i] = 255;
  return pixels;
}

std::vector<std::uint8_t> OffScreenPanels::draw(const Session& session, std::span<const LiveAnswer> answers,
                                                const UiStats& stats, int width, int height, double scale) {
  ui_.shape(width, height, session.view.theme, scale);
  ImGui::GetIO().MousePos = {-1e30f, -1e30f};
  // Sizes of what is laid out settle within two frames, thumbnails when all are made. Nothing of the frames before is
  // remembered.
  constexpr int kMost = 100;
  UiState state;
  Session shown = session;
  for (int i = 0; i < kMost; ++i)
    if (const UiResult r = ui_.frame(shown, state, answers, stats); i >= 2 && !r.animatedUntilSettled) break;
  return ui_.pixels();
}

}  // namespace gs
