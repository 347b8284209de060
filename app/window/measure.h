// guidescope --measure-drag: the real window, a slider dragged along a fixed path by synthetic mouse events, and what a
// person would have felt.
#pragma once
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <functional>
#include <string>

#include "canvas.h"
#include "options.h"

namespace gs {

class DragMeasurement : public QObject {
 public:
  // Options::parameter, seconds and json: a file for the figures as one JSON object, or empty. They are printed in any
  // case. `done` gets the program's exit code: 0; 3 where the session has no such number; 4 where its slider is not in
  // sight, or the file cannot be written.
  DragMeasurement(Canvas&, Workbench&, const Options&, std::function<void(int)> done);
  void framePainted();  // after every frame: starts as soon as the window is up and at rest

 private:
  void move();
  void mouse(QEvent::Type, double u, bool held);  // at this share of the slider's track
  void finish();
  void giveUp(int code, const std::string& why);

  Canvas& canvas_;
  Workbench& bench_;
  double seconds_;
  std::string parameter_, json_;
  std::function<void(int)> done_;
  QTimer mouse_;
  QElapsedTimer clock_;
  PixelRect slider_{};
  int moves_ = 0, calm_ = 0;
  double cores_ = 0;                       // that two spinning threads got, the worse of before and after
  qint64 lastTurn_ = 0, longestTurn_ = 0;  // ns between two turns of the window's event loop while the mouse is down
  enum class Stage { Waiting, Dragging, Over } stage_ = Stage::Waiting;
};

}  // namespace gs
