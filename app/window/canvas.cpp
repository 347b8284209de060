#include <epoxy/gl.h>

#include "canvas.h"
#include "composition.h"
#include "device_timer.h"
#include "pane_picture.h"
#include "window_engine.h"

#include <imgui.h>
#include <backends/imgui_impl_opengl3.h>

#include <QCoreApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QOpenGLContext>
#include <QScreen>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <utility>

#include "gl/context.h"
#include "render/palette.h"

namespace gs {
namespace {

constexpr int kFramesAfterEvent = 3;  // hovering, pop-ups and layout settle over frames
constexpr int kHoverMs = 600;         // tooltips that wait for a resting mouse
constexpr int kResizedMs = 300;       // a driver may learn the new size after those frames
constexpr double kWheelZoom = 1.15;   // per notch
constexpr qint64 kSecond = 1'000'000'000;
constexpr double kPacePause = .25;  // seconds between two looks at the figures of a drag

float ms(qint64 ns) { return float(double(ns) / 1e6); }

}  // namespace

Canvas::Canvas(Workbench& bench) : QOpenGLWindow(NoPartialUpdate), bench_(bench) {
  clock_.start();
  imgui_ = ImGui::CreateContext();
  input_ = std::make_unique<ImGuiInput>();
  for (QTimer* t : {&next_, &rest_, &hover_, &resized_}) {
    t->setSingleShot(true);
    t->setTimerType(Qt::PreciseTimer);
  }
  connect(&next_, &QTimer::timeout, this, [this] { update(); });
  connect(&rest_, &QTimer::timeout, this, [this] { requestFrame(); });
  connect(&resized_, &QTimer::timeout, this, [this] { requestFrame(kFramesAfterEvent); });
  connect(&hover_, &QTimer::timeout, this, [this] { requestFrame(2); });
  connect(this, &QOpenGLWindow::frameSwapped, this, [this] { swapped(); });
}

Canvas::~Canvas() {
  makeCurrent();
  panes_.clear();
  composition_.reset();
  deviceTimer_.reset();
  if (ImGui::GetIO().BackendRendererUserData) ImGui_ImplOpenGL3_Shutdown();
  doneCurrent();
  input_.reset();
  ImGui::DestroyContext(imgui_);
}

void Canvas::requestFrame(int frames) {
  framesWanted_ = std::max(framesWanted_, frames);
  if (next_.isActive()) return;
  const double rate = screen() ? std::clamp(screen()->refreshRate(), 30.0, 240.0) : 60.0;
  const double sinceMs = (clock_.nsecsElapsed() - lastFrame_) / 1e6;
  next_.start(std::max(0, int(1000 / rate - sinceMs)));
}

double Canvas::interfaceScale() const {
  const double set = bench_.document.session.view.uiScale;
  return std::max(set, std::min(4., set * larger_));
}

double Canvas::scale() const { return devicePixelRatio() * interfaceScale(); }

template <class... A>
void Canvas::tell(const std::function<void(A...)>& listener, std::type_identity_t<std::decay_t<A>>... what) {
  QMetaObject::invokeMethod(
      this,
      [&listener, what...] {
        if (listener) listener(what...);
      },
      Qt::QueuedConnection);
}

void Canvas::fail(const QString& text) {
  failed_ = true;
  tell(onFailure, text);
}

void Canvas::initializeGL() {
  if (epoxy_gl_version() < 45) {
    fail(QStringLiteral("Guidescope needs OpenGL 4.5; this display offers %1.%2.")
             .arg(epoxy_gl_version() / 10)
             .arg(epoxy_gl_version() % 10));
    return;
  }
  const char* name = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
  glDescription_ = QString::fromUtf8(name ? name : "unknown");
  software_ = gl::Context::adoptCurrent().software();
  quality_.emplace(software_);
  stats_.engine = bench_.engineDescription();
  stats_.device = glDescription_.toStdString();
  if (!ImGui_ImplOpenGL3_Init("#version 450 core")) {
    fail(QStringLiteral("The interface could not be set up on this OpenGL driver."));
    return;
  }
  try {
    composition_ = std::make_unique<Composition>();
    deviceTimer_ = std::make_unique<DeviceTimer>();
    panes_.push_back(std::make_unique<PanePicture>());
  } catch (const std::exception& e) {
    fail(QString::fromStdString(e.what()));
  }
}

// ---- a frame -----------------------------------------------------------------------------------------------------

bool Canvas::lost() const {
  // Qt, too, looks when it makes a context current, and leaves none current then.
  return !isValid() || QOpenGLContext::currentContext() != context() || glGetGraphicsResetStatus() != GL_NO_ERROR ||
         lostForTests("GUIDESCOPE_LOSE_CANVAS");
}

void Canvas::paintGL() {
  frameBegin_ = clock_.nsecsElapsed();
  if (!failed_ && lost()) {  // OpenGL that is too old could not even be asked
    failed_ = true;
    tell(onLost);
    return;
  }
  // After a sleep the time that passed is nobody's: playback starts where it was.
  const double seconds = wasAnimating_ ? std::min(.1, double(frameBegin_ - lastFrame_) / kSecond) : 1. / 60;
  lastFrame_ = frameBegin_;
  if (framesWanted_ > 0) --framesWanted_;
  if (failed_) {
    const Rgb canvas = palette(bench_.document.session.view.theme).canvas;
    glBindFramebuffer(GL_FRAMEBUFFER, defaultFramebufferObject());
    glDisable(GL_SCISSOR_TEST);
    glClearColor(canvas.r / 255.f, canvas.g / 255.f, canvas.b / 255.f, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    return;
  }

  times_ = {};
  bench_.advance(seconds);
  const qint64 collecting = clock_.nsecsElapsed();
  bench_.collect();
  const qint64 collected = clock_.nsecsElapsed();
  tellStats();
  const qint64 building = clock_.nsecsElapsed();
  drawInterface(seconds);
  const qint64 requesting = clock_.nsecsElapsed();
  bench_.pixelRatio = scale();
  bench_.settle(result_);
  const qint64 drawing = clock_.nsecsElapsed();
  meter_.asked(bench_.document.session.panes[std::size_t(bench_.ui.activePane)]);
  frameMoved_ = bench_.moving();
  const gl::Uploads before = gl::uploads();
  const bool timed = deviceTimer_->begin();
  draw();
  if (timed) deviceTimer_->end();
  if (finish_) glFinish();
  const gl::Uploads after = gl::uploads();
  times_.interface = ms(requesting - building);
  times_.exchange = ms(collected - collecting + drawing - requesting);
  times_.upload = float((after.seconds - before.seconds) * 1e3);
  times_.draw = ms(clock_.nsecsElapsed() - drawing) - times_.upload;
  times_.device = deviceTimer_->ms();
  times_.plan = float(bench_.active().planSeconds * 1e3);
  times_.compute = float(bench_.active().frameSeconds * 1e3);
  sent_ += after.bytes - before.bytes;
  painted_ = clock_.nsecsElapsed();
  wasAnimating_ = bench_.animating();
}

void Canvas::drawInterface(double seconds) {
  const View& view = bench_.document.session.view;
  if (styledScale_ != scale() || styledTheme_ != view.theme) {
    styledScale_ = scale();
    styledTheme_ = view.theme;
    applyStyle(view.theme, styledScale_);
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
    composition_->forget();
  }
  ImGui_ImplOpenGL3_NewFrame();
  input_->newFrame(int(std::lround(width() * devicePixelRatio())), int(std::lround(height() * devicePixelRatio())),
                   seconds);
  ImGui::NewFrame();
  result_ = drawUi(bench_.document.session, bench_.ui, bench_.answers(), stats_);
  ImGui::Render();
  for (const Command c : result_.commands) tell(onCommand, c);
  if (result_.openScene) tell(onScene, *result_.openScene);
}

void Canvas::draw() {
  const std::size_t n = std::min(result_.panes.size(), bench_.document.session.panes.size());
  const int heightPx = int(std::lround(height() * devicePixelRatio()));
  try {
    while (panes_.size() < n) panes_.push_back(std::make_unique<PanePicture>());
    std::vector<ShownPicture> shown;
    std::vector<ComposedPane> composed;
    shown.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      const PixelRect& r = result_.panes[i];
      if (r.width <= 0 || r.height <= 0) continue;
      const ShownPicture& s = shown.emplace_back(ShownPicture{
          .picture = bench_.picture(int(i)),
          .view = bench_.document.session.view,
          .target = {
              .x = r.x, .y = heightPx - r.y - r.height, .width = r.width, .height = r.height, .pixelRatio = scale()}});
      bool& legend = shown.back().view.axes.legend;  // the same for all panes; small ones have no room
      legend = legend && i + 1 == n;
      PanePicture& pane = *panes_[i];
      const bool moving = frameMoved_;
      composed.push_back({.rect = r,
                          .changed = moving || !pane.holds(s),
                          .draw =
                              [this, &pane, &s, moving](unsigned fbo) {
                                if (!moving) {
                                  pane.drawResting(s);
                                  pane.copy(fbo, s.target.x, s.target.y, s.target.x, s.target.y, s.target.width,
                                            s.target.height);
                                  return;
                                }
                                ShownPicture here = s;
                                here.target.fbo = fbo;
                                pane.drawMoving(here, quality_->next(true));
                              },
                          .restore =
                              [&pane, &s, heightPx](unsigned fbo, PixelRect part) {
                                pane.copy(fbo, s.target.x, s.target.y, part.x, heightPx - part.y - part.height,
                                          part.width, part.height);
                              }});
    }
    composition_->draw(*ImGui::GetDrawData(), composed, palette(bench_.document.session.view.theme).canvas,
                       defaultFramebufferObject());
  } catch (const std::exception& e) {
    fail(QString::fromStdString(e.what()));
  }
  glBindFramebuffer(GL_FRAMEBUFFER, defaultFramebufferObject());
}

void Canvas::tellStats() {
  const LiveAnswer& a = bench_.active();
  stats_.answerMs = a.frameSeconds * 1e3;
  if (a.frame && a.frameSeconds > 0)
    stats_.particleStepsPerSecond = double(a.frame->particles) * a.frame->steps() / a.frameSeconds;
  if (a.frame && a.frame != sentFor_) {  // the former answer has cost what it cost
    stats_.engine = a.frame->engine;
    // What the engine sent and read for colours, fields and metrics of the former answer is there by now.
    const Transfers total = bench_.engine()->transfers(), before = std::exchange(engineSent_, total);
    stats_.transfers = {std::exchange(sent_, 0) + total.uploaded - std::min(before.uploaded, total.uploaded),
                        total.readBack - std::min(before.readBack, total.readBack)};
    sentFor_ = a.frame;
  }
  if (bench_.ui.performance) stats_.frames.assign(meter_.frames().begin(), meter_.frames().end());
  if (double(frameBegin_ - paceTold_) < kPacePause * kSecond) return;  // figures that can be read
  paceTold_ = frameBegin_;
  stats_.pace = meter_.pace();
}

void Canvas::swapped() {
  ++frames_;
  const qint64 now = clock_.nsecsElapsed();
  const double whole = double(now - frameBegin_) / 1e6;
  times_.present = ms(now - painted_);
  meter_.finished(now, bench_.active().frame ? bench_.active().frame->experiment.get() : nullptr, times_);
  // The first frames also compile shaders and fill caches.
  stats_.frameMs = frames_ < 4 ? whole : stats_.frameMs + .2 * (whole - stats_.frameMs);
  if (quality_) quality_->measured(whole, frameMoved_);
  setCursor(drag_ ? Qt::ClosedHandCursor : Qt::CursorShape(input_->cursorShape()));
  const bool more = bench_.animating() || input_->pending() || result_.animatedUntilSettled || framesWanted_ > 0;
  if (more) requestFrame();
  if (frameMoved_ && !bench_.animating()) rest_.start(int(Workbench::kRest * 1000) + 20);
  if (onFrame) onFrame();
}

// ---- input -------------------------------------------------------------------------------------------------------

int Canvas::paneAt(QPointF position) const {
  if (ImGui::GetIO().WantCaptureMouse) return -1;
  const double ratio = devicePixelRatio();
  for (std::size_t i = 0; i < result_.panes.size(); ++i) {
    const PixelRect& r = result_.panes[i];
    const double x = position.x() * ratio - r.x, y = position.y() * ratio - r.y;
    if (x >= 0 && y >= 0 && x < r.width && y < r.height) return int(i);
  }
  return -1;
}

// Dragging pans, a double click fits. True: the picture's, not a panel's.
bool Canvas::mouse(const QMouseEvent& e) {
  if (drag_) {
    const QPointF d = (e.position() - drag_->last) * devicePixelRatio();
    drag_->last = e.position();
    if (!d.isNull()) bench_.pan(drag_->pane, Vec2(d.x(), -d.y()));
    if (e.type() == QEvent::MouseButtonRelease) {
      drag_.reset();
      bench_.hold(false);
    }
    return true;
  }
  const bool pressed = e.type() == QEvent::MouseButtonPress || e.type() == QEvent::MouseButtonDblClick;
  if (!pressed || (e.button() != Qt::LeftButton && e.button() != Qt::MiddleButton)) return false;
  const int pane = paneAt(e.position());
  if (pane < 0) return false;
  if (bench_.ui.rewardTool.busy && e.button() == Qt::LeftButton) return false;  // rewardOnPicture's business
  bench_.ui.activePane = pane;
  if (e.modifiers() & Qt::ShiftModifier) return false;  // outlines particles: pointAtPicture's business
  if (e.type() == QEvent::MouseButtonDblClick) {
    bench_.fitView();
  } else {
    drag_ = Drag{pane, e.position()};
    bench_.hold(true);
  }
  return true;
}

bool Canvas::event(QEvent* e) {
  if (e->isInputEvent()) meter_.event(clock_.nsecsElapsed());
  switch (e->type()) {
    case QEvent::MouseMove:
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonRelease:
    case QEvent::MouseButtonDblClick:
      mouse(*static_cast<QMouseEvent*>(e));
      input_->take(*e, devicePixelRatio());  // a press beside the panels closes pop-ups and takes the focus from text
      hover_.start(kHoverMs);
      requestFrame(kFramesAfterEvent);
      return true;
    case QEvent::Wheel: {
      const auto* wheel = static_cast<QWheelEvent*>(e);
      const int pane = drag_ ? -1 : paneAt(wheel->position());
      if (pane >= 0) {
        const PixelRect& r = result_.panes[std::size_t(pane)];
        const QPointF at = wheel->position() * devicePixelRatio();
        bench_.ui.activePane = pane;
        bench_.zoom(pane, Vec2(at.x() - r.x, r.height - (at.y() - r.y)),
                    std::pow(kWheelZoom, wheel->angleDelta().y() / 120.));
      } else {
        input_->take(*e, devicePixelRatio());
      }
      requestFrame(kFramesAfterEvent);
      return true;
    }
    case QEvent::ShortcutOverride:
      if (input_->claims(*static_cast<QKeyEvent*>(e), result_.focused)) {
        e->accept();
        return true;
      }
      e->ignore();
      return false;
    case QEvent::KeyPress:
    case QEvent::KeyRelease: {
      const auto* key = static_cast<QKeyEvent*>(e);
      const bool down = e->type() == QEvent::KeyPress;
      if (key->key() == Qt::Key_Semicolon && !key->isAutoRepeat() && (!down || !ImGui::GetIO().WantTextInput))
        bench_.holdReference(down);
      input_->take(*e, devicePixelRatio());
      requestFrame(kFramesAfterEvent);
      return true;
    }
    case QEvent::FocusOut:
      bench_.holdReference(false);
      if (drag_) {
        drag_.reset();
        bench_.hold(false);
      }
      [[fallthrough]];
    case QEvent::FocusIn:
    case QEvent::Leave:
      input_->take(*e, devicePixelRatio());
      requestFrame(kFramesAfterEvent);
      break;
    case QEvent::DragEnter:
    case QEvent::DragMove:
    case QEvent::DragLeave:
    case QEvent::Drop:
      if (onDrag) onDrag(e);
      return true;
    case QEvent::Expose:
    case QEvent::Resize:
      requestFrame(kFramesAfterEvent);
      resized_.start(kResizedMs);
      break;
    default:
      break;
  }
  return QOpenGLWindow::event(e);
}

}  // namespace gs
