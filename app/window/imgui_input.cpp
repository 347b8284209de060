#include "imgui_input.h"

#include <imgui.h>

#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <bitset>

namespace gs {
namespace {

constexpr int kFramesToText = 6;

struct KeyPair {
  int qt;
  ImGuiKey imgui;
};
constexpr std::array kKeys{
    KeyPair{Qt::Key_Tab, ImGuiKey_Tab},
    KeyPair{Qt::Key_Backtab, ImGuiKey_Tab},
    KeyPair{Qt::Key_Left, ImGuiKey_LeftArrow},
    KeyPair{Qt::Key_Right, ImGuiKey_RightArrow},
    KeyPair{Qt::Key_Up, ImGuiKey_UpArrow},
    KeyPair{Qt::Key_Down, ImGuiKey_DownArrow},
    KeyPair{Qt::Key_PageUp, ImGuiKey_PageUp},
    KeyPair{Qt::Key_PageDown, ImGuiKey_PageDown},
    KeyPair{Qt::Key_Home, ImGuiKey_Home},
    KeyPair{Qt::Key_End, ImGuiKey_End},
    KeyPair{Qt::Key_Insert, ImGuiKey_Insert},
    KeyPair{Qt::Key_Delete, ImGuiKey_Delete},
    KeyPair{Qt::Key_Backspace, ImGuiKey_Backspace},
    KeyPair{Qt::Key_Space, ImGuiKey_Space},
    KeyPair{Qt::Key_Return, ImGuiKey_Enter},
    KeyPair{Qt::Key_Enter, ImGuiKey_Enter},
    KeyPair{Qt::Key_Escape, ImGuiKey_Escape},
    KeyPair{Qt::Key_A, ImGuiKey_A},
    KeyPair{Qt::Key_C, ImGuiKey_C},
    KeyPair{Qt::Key_V, ImGuiKey_V},
    KeyPair{Qt::Key_X, ImGuiKey_X},
    KeyPair{Qt::Key_Y, ImGuiKey_Y},
    KeyPair{Qt::Key_Z, ImGuiKey_Z},
};

int imguiKey(int qtKey) {
  for (const KeyPair& k : kKeys)
    if (k.qt == qtKey) return int(k.imgui);
  return -1;
}

int buttonIndex(Qt::MouseButton b) {
  return b == Qt::LeftButton ? 0 : b == Qt::RightButton ? 1 : b == Qt::MiddleButton ? 2 : -1;
}

const char* clipboardText(void*) {
  static std::string text;  // ImGui reads it before the next call
  text = QGuiApplication::clipboard()->text().toStdString();
  return text.c_str();
}
void setClipboardText(void*, const char* text) { QGuiApplication::clipboard()->setText(QString::fromUtf8(text)); }

}  // namespace

ImGuiInput::ImGuiInput() {
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;               // the window's own settings are the only file
  io.ConfigInputTextCursorBlink = false;  // a blinking cursor would keep an idle window drawing
  io.BackendFlags |= ImGuiBackendFlags_HasMouseCursors;
  io.BackendPlatformName = "guidescope";
  io.GetClipboardTextFn = clipboardText;
  io.SetClipboardTextFn = setClipboardText;
#if IMGUI_VERSION_NUM < 18700
  for (int k = 0; k < ImGuiKey_COUNT; ++k) io.KeyMap[k] = k;
#endif
}

void ImGuiInput::take(const QEvent& event, double pixelRatio) {
  switch (event.type()) {
    case QEvent::MouseMove:
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
    case QEvent::MouseButtonRelease: {
      const auto& e = static_cast<const QMouseEvent&>(event);
      const Event move{.kind = Event::Move,
                       .x = float(e.position().x() * pixelRatio),
                       .y = float(e.position().y() * pixelRatio),
                       .modifiers = int(e.modifiers()),
                       .text = {}};
      if (!events_.empty() && events_.back().kind == Event::Move)
        events_.back() = move;
      else
        push(move);
      const int button = buttonIndex(e.button());
      if (event.type() != QEvent::MouseMove && button >= 0)
        push({.kind = Event::Button,
              .index = button,
              .down = event.type() != QEvent::MouseButtonRelease,
              .modifiers = int(e.modifiers()),
              .text = {}});
      break;
    }
    case QEvent::Leave:
      push({.kind = Event::Move, .x = -1e30f, .y = -1e30f, .text = {}});
      break;
    case QEvent::Wheel: {
      const auto& e = static_cast<const QWheelEvent&>(event);
      push({.kind = Event::Wheel,
            .x = e.angleDelta().x() / 120.f,
            .y = e.angleDelta().y() / 120.f,
            .modifiers = int(e.modifiers()),
            .text = {}});
      break;
    }
    case QEvent::KeyPress:
    case QEvent::KeyRelease: {
      const auto& e = static_cast<const QKeyEvent&>(event);
      const bool down = event.type() == QEvent::KeyPress;
      if (e.isAutoRepeat() && !down) break;  // ImGui repeats by itself
      push({.kind = Event::Key, .index = imguiKey(e.key()), .down = down, .modifiers = int(e.modifiers()), .text = {}});
      const QString text = e.text();
      if (down && !text.isEmpty() && text[0].isPrint() && !(e.modifiers() & (Qt::ControlModifier | Qt::AltModifier)))
        push({.kind = Event::Text, .text = text.toStdString()});
      break;
    }
    case QEvent::FocusIn:
    case QEvent::FocusOut:
      push({.kind = Event::Focus, .down = event.type() == QEvent::FocusIn, .text = {}});
      break;
    default:
      break;
  }
}

bool ImGuiInput::claims(const QKeyEvent& e, bool focused) const {
  const bool chord = e.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier);
  if ((e.modifiers() & Qt::ControlModifier) && (e.key() == Qt::Key_Tab || e.key() == Qt::Key_Backtab)) return true;
  if (ImGui::GetIO().WantTextInput ||
      framesToText_ > 0) {  // a number or a word is being typed: its own editing keys are the text's
    if (!chord) return e.key() < Qt::Key_F1 || e.key() > Qt::Key_F35;
    return imguiKey(e.key()) >= 0;
  }
  const bool list = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup);
  if (chord || !(focused || list)) return false;
  switch (e.key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Escape:
      return true;
    case Qt::Key_Home:
    case Qt::Key_End:  // of an open list; else of the time line
      return list;
    default:
      return false;
  }
}

void ImGuiInput::apply(const Event& e) {
  ImGuiIO& io = ImGui::GetIO();
  const auto modifiers = Qt::KeyboardModifiers(e.modifiers);
#if IMGUI_VERSION_NUM >= 18700
  if (e.kind != Event::Text && e.kind != Event::Focus) {
    io.AddKeyEvent(ImGuiMod_Ctrl, modifiers & Qt::ControlModifier);
    io.AddKeyEvent(ImGuiMod_Shift, modifiers & Qt::ShiftModifier);
    io.AddKeyEvent(ImGuiMod_Alt, modifiers & Qt::AltModifier);
  }
  switch (e.kind) {
    case Event::Move:
      io.AddMousePosEvent(e.x < -1e29f ? -FLT_MAX : e.x, e.y < -1e29f ? -FLT_MAX : e.y);
      break;
    case Event::Button:
      io.AddMouseButtonEvent(e.index, e.down);
      break;
    case Event::Wheel:
      io.AddMouseWheelEvent(e.x, e.y);
      break;
    case Event::Key:
      if (e.index >= 0) io.AddKeyEvent(ImGuiKey(e.index), e.down);
      break;
    case Event::Text:
      io.AddInputCharactersUTF8(e.text.c_str());
      break;
    case Event::Focus:
      io.AddFocusEvent(e.down);
      break;
  }
#else
  if (e.kind != Event::Text && e.kind != Event::Focus) {
    io.KeyCtrl = modifiers.testFlag(Qt::ControlModifier);
    io.KeyShift = modifiers.testFlag(Qt::ShiftModifier);
    io.KeyAlt = modifiers.testFlag(Qt::AltModifier);
  }
  switch (e.kind) {
    case Event::Move:
      io.MousePos = e.x < -1e29f ? ImVec2(-FLT_MAX, -FLT_MAX) : ImVec2(e.x, e.y);
      break;
    case Event::Button:
      io.MouseDown[e.index] = e.down;
      break;
    case Event::Wheel:
      io.MouseWheelH += e.x, io.MouseWheel += e.y;
      break;
    case Event::Key:
      if (e.index >= 0) io.KeysDown[e.index] = e.down;
      break;
    case Event::Text:
      io.AddInputCharactersUTF8(e.text.c_str());
      break;
    case Event::Focus:
      io.AddFocusEvent(e.down);
      if (!e.down) {  // a key or button let go elsewhere must not stay held
        std::fill(std::begin(io.KeysDown), std::end(io.KeysDown), false);
        std::fill(std::begin(io.MouseDown), std::end(io.MouseDown), false);
        io.KeyCtrl = io.KeyShift = io.KeyAlt = false;
      }
      break;
  }
#endif
}

void ImGuiInput::expectText() { framesToText_ = kFramesToText; }

void ImGuiInput::newFrame(int widthPx, int heightPx, double seconds) {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = ImVec2(float(widthPx), float(heightPx));
  io.DisplayFramebufferScale = ImVec2(1, 1);
  io.DeltaTime = float(std::clamp(seconds, 1e-4, 1.0));
  framesToText_ = io.WantTextInput ? 0 : std::max(0, framesToText_ - 1);
  bool button = false, text = false, wheel = false;
  std::bitset<ImGuiKey_COUNT> keys;
  int modifiers = 0;  // of the keys of this frame: Ctrl let go in the same frame would turn Ctrl+A into A
  while (!events_.empty()) {
    const Event& e = events_.front();
    const bool mapped = e.kind == Event::Key && e.index >= 0;  // others only carry modifiers
    const bool wait = (e.kind == Event::Move && (button || wheel || keys.any() || text)) ||
                      (e.kind == Event::Button && (button || wheel)) || (e.kind == Event::Wheel && button) ||
                      (e.kind == Event::Key && keys.any() && e.modifiers != modifiers) ||
                      (mapped && (text || keys[std::size_t(e.index)])) ||
                      (e.kind == Event::Text && (button || keys.any()));
    if (framesToText_ > 0 && (e.kind == Event::Key || e.kind == Event::Text)) break;
#if IMGUI_VERSION_NUM < 18700
    if (wait) break;
#else
    (void)wait;
#endif
    apply(e);
    button |= e.kind == Event::Button;
    wheel |= e.kind == Event::Wheel;
    if (mapped) {
      keys.set(std::size_t(e.index));
      modifiers = e.modifiers;
    }
    text |= e.kind == Event::Text;
    events_.pop_front();
  }
}

int ImGuiInput::cursorShape() const {
  switch (ImGui::GetMouseCursor()) {
    case ImGuiMouseCursor_TextInput:
      return Qt::IBeamCursor;
    case ImGuiMouseCursor_ResizeAll:
      return Qt::SizeAllCursor;
    case ImGuiMouseCursor_ResizeNS:
      return Qt::SizeVerCursor;
    case ImGuiMouseCursor_ResizeEW:
      return Qt::SizeHorCursor;
    case ImGuiMouseCursor_ResizeNESW:
      return Qt::SizeBDiagCursor;
    case ImGuiMouseCursor_ResizeNWSE:
      return Qt::SizeFDiagCursor;
    case ImGuiMouseCursor_Hand:
      return Qt::PointingHandCursor;
    case ImGuiMouseCursor_NotAllowed:
      return Qt::ForbiddenCursor;
    default:
      return Qt::ArrowCursor;
  }
}

}  // namespace gs
