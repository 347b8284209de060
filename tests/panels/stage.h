// The interface without a window: a surfaceless context, a mouse and a keyboard of our own, and synthetic answers.
#pragma once
#include <string>
#include <vector>

#include "gl/context.h"
#include "output/files.h"
#include "panels/off_screen.h"

namespace gs {

class Stage {
 public:
  Stage(int width, int height, Theme theme = Theme::Dark, double scale = 1);

  Session session;
  UiState state;
  UiStats stats;
  std::vector<LiveAnswer> answers;
  UiResult result;  // of the last frame

  void resize(int width, int height, Theme theme, double scale);
  void frame(int count = 1);                   // each a 60th of a second
  Image shoot();                               // what the last frame drew, over the canvas colour
  PixelRect control(const std::string& path);  // fails loudly when it is not on screen
  bool has(const std::string& path) const;

  // One change of mouse or key, then a frame.
  void moveTo(double x, double y);
  void press(int button = 0);
  void release(int button = 0);
  void click(double x, double y, int button = 0);
  void click(const std::string& path);
  void doubleClick(double x, double y);
  void dragTo(double x, double y, int steps = 8);
  void wheel(float amount);
  void key(int imguiKey, bool ctrl = false, bool shift = false);
  void hold(bool ctrl, bool shift);
  void type(const std::string& ascii);

 private:
  gl::Context gl_;
  OffScreenUi ui_;
  int width_ = 0, height_ = 0;
};

// Answers as an engine would give them, for every pane of the session.
std::vector<LiveAnswer> syntheticAnswers(const Session&);

}  // namespace gs
