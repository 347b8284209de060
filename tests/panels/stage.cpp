#include "stage.h"

#include <imgui.h>

#include <cmath>
#include <stdexcept>

#include "data/distributions.h"
#include "truth/measured.h"

namespace gs {

Stage::Stage(int width, int height, Theme theme, double scale) : gl_(gl::Context::surfaceless()) {
  for (int k = 0; k < ImGuiKey_COUNT; ++k) ImGui::GetIO().KeyMap[k] = 400 + k;
  resize(width, height, theme, scale);
  answers = syntheticAnswers(session);
}

void Stage::resize(int width, int height, Theme theme, double scale) {
  width_ = width, height_ = height;
  session.view.theme = theme;
  session.view.uiScale = scale;
  ui_.shape(width, height, theme, scale);
}

void Stage::frame(int count) {
  for (int i = 0; i < count; ++i) {
    result = ui_.frame(session, state, answers, stats);
    ImGui::GetIO().MouseWheel = 0;
  }
}

Image Stage::shoot() { return {width_, height_, ui_.pixels()}; }

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
    auto metrics = std::make_shared<std::vector<Metric>>(sampleMetrics(*a.mixture, e.condition, x, 1, 128, {}));
    a.tiltAbsent = takeTilted(*metrics, e, a.mixture);
    a.metrics = metrics;
    a.target = std::make_shared<TargetField>();
    a.framesShown = 12;
    a.settled = true;
    out.push_back(std::move(a));
  }
  return out;
}

}  // namespace gs
