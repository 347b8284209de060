// The interface inside the canvas: Dear ImGui, no Qt, so that both programs can draw it. One call draws everything and
// edits the session in place; the caller compares values to learn what changed.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands.h"
#include "engine/live.h"
#include "session/session.h"

namespace gs {

// What the interface remembers and no file holds.
struct UiState {
  int activePane = 0;
  bool leftOpen = true, rightOpen = true, timelineThin = false;
  bool playing = false;
  bool help = false, palette = false, gallery = false;
  bool invite = false;            // the omega slider is highlighted until it is first touched
  std::string message;            // a notice or an error, shown until dismissed
  bool messageIsError = false;
};

// Measured by the window, shown by panels.
struct UiStats {
  std::string engine;
  double answerMs = 0, frameMs = 0, answersPerSecond = 0, particleStepsPerSecond = 0;
};

struct PixelRect { int x = 0, y = 0, width = 0, height = 0; };  // physical pixels, origin at the top left

// Where a control is on the canvas: "guidance.0.omega" (of the active pane), "view.time" (the time line's track). The
// window test aims its mouse by these, and a tour can point at them.
struct ControlRect { std::string path; PixelRect rect; };

struct UiResult {
  PixelRect picture;               // where the panes are drawn; panels, time line etc. lie outside it
  std::vector<PixelRect> panes;    // of the picture, one per pane
  std::vector<ControlRect> controls;
  bool gesture = false;            // a control is held: no undo entry yet
  std::vector<Command> commands;   // asked for by buttons inside the canvas
  std::optional<std::string> openScene;   // chosen in the gallery
  std::optional<PixelRect> animatedUntilSettled;  // not empty while a transition runs: draw another frame
};

// Fonts and style for a theme at `scale` physical pixels per point; call when either changes, between frames.
void applyStyle(Theme, double scale);
// Needs a current ImGui frame (ImGui::NewFrame called, display size in physical pixels).
UiResult drawUi(Session&, UiState&, std::span<const LiveAnswer> answers, const UiStats&);

// sRGB 0xRRGGBB values of the look, one source for Qt's style sheet, ImGui, the renderer's legend and tests.
// (render/palette.h holds the table; panels only read it.)
}  // namespace gs
