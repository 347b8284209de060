// The OpenGL window that shows the picture and, around it, the panels. It sleeps until something happens: an event, an
// answer, playback or a transition.
#pragma once
#include <QElapsedTimer>
#include <QOpenGLWindow>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "drag_meter.h"
#include "imgui_input.h"
#include "quality.h"
#include "workbench.h"

struct ImGuiContext;

namespace gs {

class Composition;
class DeviceTimer;
class PanePicture;

class Canvas : public QOpenGLWindow {
 public:
  explicit Canvas(Workbench&);
  ~Canvas() override;

  // Called outside painting. onFrame: a frame is on the screen.
  std::function<void(Command)> onCommand;
  std::function<void(const std::string&)> onScene;
  std::function<void()> onFrame;
  std::function<void(QEvent*)> onDrag;  // drag and drop arrives here when the mouse is over this window
  // Drawing is impossible: no OpenGL 4.5, a shader does not compile.
  std::function<void(QString)> onFailure;
  // The driver was reset and has taken the context along, and Qt's shared one, so that this program can make no other.
  std::function<void()> onLost;

  void requestFrame(int frames = 1);  // as soon as the screen's rate allows
  const UiStats& stats() const { return stats_; }
  // While somebody measures, a frame ends when the device is done with it.
  void finishFrames() { finish_ = true; }
  DragMeter& meter() { return meter_; }
  const UiResult& interface() const { return result_; }
  quint64 frames() const { return frames_; }
  double seconds() const { return double(clock_.nsecsElapsed()) / 1e9; }  // since it was made
  bool softwareGl() const { return software_; }
  QString glDescription() const { return glDescription_; }
  // Everything in this window is so much larger than the session says: for an audience, in no file.
  void enlarge(double factor) { larger_ = factor; }
  double interfaceScale() const;               // that of the session, enlarged
  void expectText() { input_->expectText(); }  // the command palette opens with the next frames

 protected:
  void initializeGL() override;
  void paintGL() override;
  bool event(QEvent*) override;

 private:
  void drawInterface(double seconds);
  void draw();  // the panels' triangles and the pictures among them
  // Calls a listener once painting is over.
  template <class... A>
  void tell(const std::function<void(A...)>& listener, std::type_identity_t<std::decay_t<A>>... what);
  void fail(const QString&);
  bool lost() const;
  void swapped();
  void tellStats();
  bool mouse(const QMouseEvent&);
  int paneAt(QPointF position) const;  // -1: on a panel
  double scale() const;                // physical pixels per point

  Workbench& bench_;
  ImGuiContext* imgui_ = nullptr;
  std::unique_ptr<ImGuiInput> input_;
  std::vector<std::unique_ptr<PanePicture>> panes_;
  std::unique_ptr<Composition> composition_;
  std::optional<AdaptiveQuality> quality_;
  UiResult result_;
  UiStats stats_;

  QTimer next_, rest_, hover_, resized_;
  QElapsedTimer clock_;
  qint64 frameBegin_ = 0, lastFrame_ = 0, painted_ = 0, paceTold_ = 0;  // ns of clock_
  int framesWanted_ = 0;
  quint64 frames_ = 0;
  bool wasAnimating_ = false, frameMoved_ = false, software_ = false, failed_ = false, finish_ = false;
  std::uint64_t sent_ = 0;                // bytes for the answer on the screen so far
  std::shared_ptr<const Frame> sentFor_;  // that answer
  Transfers engineSent_;                  // until it came
  FrameTimes times_;                      // of the frame that is being drawn
  DragMeter meter_{2};                    // of the last seconds, for the panel; all of them while somebody measures
  std::unique_ptr<DeviceTimer> deviceTimer_;
  Theme styledTheme_ = Theme::Dark;
  double styledScale_ = 0, larger_ = 1;
  QString glDescription_;

  struct Drag {
    int pane = -1;
    QPointF last;
  };
  std::optional<Drag> drag_;
};

}  // namespace gs
