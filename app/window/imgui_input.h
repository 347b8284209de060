// Qt events to Dear ImGui. Events are queued and fed so that a frame sees at most one change of a button or a key:
// 1.86 loses a click that is pressed and released within one frame. Newer versions have such a queue of their own.
#pragma once
#include <deque>
#include <string>

class QEvent;
class QKeyEvent;

namespace gs {

class ImGuiInput {
 public:
  ImGuiInput();  // needs a current ImGui context: key map, clipboard
  // Takes over what concerns ImGui; positions are multiplied by the device pixel ratio.
  void take(const QEvent&, double pixelRatio);
  // Whether a key belongs to what is being typed or to the focused control, and not to a shortcut.
  bool claims(const QKeyEvent&, bool focused) const;
  // A text field is about to open: keys wait for it, for a few frames at most.
  void expectText();
  void newFrame(int widthPx, int heightPx, double seconds);  // before ImGui::NewFrame
  bool pending() const { return !events_.empty(); }          // draw another frame soon
  int cursorShape() const;                                   // a Qt::CursorShape

 private:
  struct Event {
    enum Kind { Move, Button, Wheel, Key, Text, Focus } kind;
    float x = 0, y = 0;  // Move: pixels; Wheel: notches
    int index = 0;       // Button: 0 left, 1 right, 2 middle; Key: ImGuiKey
    bool down = false;
    int modifiers = 0;  // Qt::KeyboardModifiers
    std::string text;   // UTF-8
  };
  void push(Event e) { events_.push_back(std::move(e)); }
  void apply(const Event&);
  std::deque<Event> events_;
  int framesToText_ = 0;
};

}  // namespace gs
