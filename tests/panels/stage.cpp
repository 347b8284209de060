#include <epoxy/gl.h>
#include "stage.h"

#include <imgui.h>
#include <backends/imgui_impl_opengl3.h>

#include <cmath>
#include <stdexcept>

#include "data/distributions.h"
#include "render/palette.h"

namespace gs {

Stage::Stage(int width, int height, Theme theme, double scale)
    : gl_(gl::Context::surfaceless()), ui_(ImGui::CreateContext()) {
  ImGui::SetCurrentContext(ui_);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  for (int k = 0; k < ImGuiKey_COUNT; ++k) io.KeyMap[k] = 400 + k;
  glCreateFramebuffers(1, &fbo_);
  applyStyle(theme, scale);
  ImGui_ImplOpenGL3_Init("#version 450");
  resize(width, height, theme, scale);
  answers = syntheticAnswers(session);
}

Stage::~Stage() {
  ImGui::SetCurrentContext(ui_);
  ImGui_ImplOpenGL3_Shutdown();
  ImGui::DestroyContext(ui_);
  glDeleteTextures(1, &texture_);
  glDeleteFramebuffers(1, &fbo_);
}

void Stage::resize(int width, int height, Theme theme, double scale) {
  ImGui::SetCurrentContext(ui_);
  width_ = width, height_ = height;
  session.view.theme = theme;
  session.view.uiScale = scale;
  applyStyle(theme, scale);
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
  glDeleteTextures(1, &texture_);
  glCreateTextures(GL_TEXTURE_2D, 1, &texture_);
  glTextureStorage2D(texture_, 1, GL_RGBA8, width, height);
  glNamedFramebufferTexture(fbo_, GL_COLOR_ATTACHMENT0, texture_, 0);
}

void Stage::frame(int count) {
  ImGui::SetCurrentContext(ui_);
  for (int i = 0; i < count; ++i) {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = {float(width_), float(height_)};
    io.DeltaTime = 1 / 60.f;
    now += io.DeltaTime;
    ImGui_ImplOpenGL3_NewFrame();
    ImGui::NewFrame();
    result = drawUi(session, state, answers, stats);
    ImGui::Render();
    io.MouseWheel = 0;
  }
}

Image Stage::shoot() {
  Image image{width_, height_, std::vector<std::uint8_t>(std::size_t(width_) * std::size_t(height_) * 4)};
  std::vector<std::uint8_t> upsideDown(image.rgba.size());
  glBindFramebuffer(GL_FRAMEBUFFER, fbo_);
  glViewport(0, 0, width_, height_);
  const Rgb c = palette(session.view.theme).canvas;
  glClearColor(float(c.r) / 255, float(c.g) / 255, float(c.b) / 255, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  glReadPixels(0, 0, width_, height_, GL_RGBA, GL_UNSIGNED_BYTE, upsideDown.data());
  const std::size_t row = std::size_t(width_) * 4;
  for (std::size_t y = 0; y < std::size_t(height_); ++y)
    std::copy_n(upsideDown.begin() + std::ptrdiff_t((std::size_t(height_) - 1 - y) * row), row,
                image.rgba.begin() + std::ptrdiff_t(y * row));
  for (std::size_t i = 3; i < image.rgba.size(); i += 4) image.rgba[i] = 255;
  return image;
}

bool Stage::has(const std::string& path) const {
  for (const ControlRect& c : result.controls)
    if (c.path == path) return true;
  return false;
}

PixelRect Stage::control(const std::string& path) {
  for (const ControlRect& c : result.controls)
    if (c.path == path) return c.rect;
  throw std::runtime_error("no control " + path + " on screen");
}

void Stage::moveTo(double x, double y) {
  ImGui::GetIO().MousePos = {float(x), float(y)};
  frame();
}
void Stage::press(int button) {
  ImGui::GetIO().MouseDown[button] = true;
  frame();
}
void Stage::release(int button) {
  ImGui::GetIO().MouseDown[button] = false;
  frame();
}
void Stage::click(double x, double y, int button) {
  moveTo(x, y);
  press(button);
  release(button);
  frame(30);  // so that two clicks are not a double click
}
void Stage::click(const std::string& path) {
  const PixelRect r = control(path);
  click(r.x + r.width / 2.0, r.y + r.height / 2.0);
}
void Stage::doubleClick(double x, double y) {
  moveTo(x, y);
  for (int i = 0; i < 2; ++i) press(), release();
  frame(30);
}
void Stage::dragTo(double x, double y, int steps) {
  const ImVec2 from = ImGui::GetIO().MousePos;
  for (int i = 1; i <= steps; ++i)
    moveTo(double(from.x) + (x - double(from.x)) * i / steps, double(from.y) + (y - double(from.y)) * i / steps);
}
void Stage::wheel(float amount) {
  ImGui::GetIO().MouseWheel = amount;
  frame();
}
void Stage::hold(bool ctrl, bool shift) {
  ImGui::GetIO().KeyCtrl = ctrl;
  ImGui::GetIO().KeyShift = shift;
}
void Stage::key(int imguiKey, bool ctrl, bool shift) {
  hold(ctrl, shift);
  ImGuiIO& io = ImGui::GetIO();
  io.KeysDown[io.KeyMap[imguiKey]] = true;
  frame();
  io.KeysDown[io.KeyMap[imguiKey]] = false;
  hold(false, false);
  frame();
}
void Stage::type(const std::string& ascii) {
  for (char ch : ascii) {
    ImGui::GetIO().AddInputCharacter(static_cast<unsigned char>(ch));
    frame();
  }
}

std::vector<LiveAnswer> syntheticAnswers(const Session& session) {
  std::vector<LiveAnswer> out;
  for (const Experiment& e : session.panes) {
    LiveAnswer a;
    a.mixture = resolve(e.distribution);
    auto plan = std::make_shared<Plan>();
    plan->experiment = std::make_shared<Experiment>(e);
    plan->mixture = a.mixture;
    plan->grid = timeGrid(e.schedule);
    plan->steps.resize(std::size_t(e.schedule.steps));
    plan->modelCalls = 2 * e.schedule.steps;
    a.plan = plan;
    auto frame = std::make_shared<Frame>();
    frame->experiment = plan->experiment;
    frame->mixture = a.mixture;
    frame->grid = plan->grid;
    frame->particles = e.particles.count;
    frame->modelCalls = plan->modelCalls;
    frame->seconds = 0.0019;
    a.frame = frame;
    std::vector<float> x;
    for (const Draw& d : sampleExact(*a.mixture, 600, 3, e.condition))
      x.insert(x.end(), {float(d.x.x * 1.2), float(d.x.y * 1.1)});
    a.metrics = std::make_shared<std::vector<Metric>>(sampleMetrics(*a.mixture, e.condition, x, 1, 128, {}));
    a.target = std::make_shared<TargetField>();
    a.framesShown = 12;
    a.settled = true;
    out.push_back(std::move(a));
  }
  return out;
}

}  // namespace gs
