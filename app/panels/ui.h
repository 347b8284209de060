// The interface inside the canvas: Dear ImGui, no Qt, so that both programs can draw it. One call draws everything and
// edits the session in place; the caller compares values to learn what changed.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands.h"
#include "truth/live.h"
#include "frame_times.h"
#include "measure/learning.h"
#include "measure/network_training.h"
#include "measure/studies.h"
#include "session/session.h"

namespace gs {

namespace ui {
struct Memory;
}

// What the interface remembers and no file holds.
struct UiState {
  int activePane = 0;
  bool leftOpen = true, rightOpen = true, timelineThin = false;
  bool playing = false;
  bool help = false, palette = false, gallery = false;
  bool performance = false;        // the panel of frame times
  bool invite = false;             // the omega slider is highlighted until it is first touched
  std::optional<Command> pressed;  // what a key has just done, shown to an audience; see Command::Present
  std::string message;             // a notice or an error, shown until dismissed
  bool messageIsError = false;
  std::string work;     // what goes on in the background ("Fitting ..."), with a stop button; empty: nothing
  double workDone = 0;  // of it, 0..1
  int focusPanel = 0;   // 1, -1: move the keyboard to the next, the previous panel; back to 0 when done
  int activeTerm = 0;   // whose curve the time line edits
  // Studies that were asked for, and what is known of them.
  bool wantCauses = false, wantCertificate = false, wantSweep = false, wantFrontier = false, wantScoreErrors = false;
  int sweepOver = 0, sweepMetric = 0;  // of the lists in the card
  StudyAnswer study;
  LearningAnswer learning;         // the training of a weight, and what is known of it
  NetworkTrainingAnswer training;  // that of a network
  // The mouse on the picture: what it points at, and what was chosen by a click or an outline around particles.
  struct Pointing {
    bool probe = false;  // wanted
    int pane = 0;
    bool known = false;         // the mouse has been on a picture
    Vec2 at{0.0};               // of the plane that is seen
    std::vector<Vec2> drawing;  // the outline while the mouse draws it
    std::vector<Vec2> outline;  // asked about: one point is a click
    double reach = 0;
    std::uint64_t serial = 0, taken = 0;
    std::vector<int> group;  // the particles inside
  } pointing;
  // Handles and the brush of the reward whose term is active, on the picture.
  struct RewardTool {
    bool brush = false, erase = false;
    double radius = .08, strength = .5;  // of the brush: shares of the map's side, of its whole range
    bool busy = false;                   // a handle or the brush has the mouse: the picture does not pan
    int handle = -1;                     // held
    Vec2 last{0.0};                      // where the brush was, in the plane
  } rewardTool;
  bool leftDrawer = false, rightDrawer = false;  // pulled out, where the picture would get too narrow for panels
  std::shared_ptr<ui::Memory> memory;            // of the controls from frame to frame; made by drawUi
};

// Measured by the window, shown by panels.
struct UiStats {
  std::string engine, device;  // "CPU AVX2, 2 threads"; the renderer's name of OpenGL
  double answerMs = 0, frameMs = 0, particleStepsPerSecond = 0;
  Pace pace;                       // of the last two seconds
  Transfers transfers;             // of the last answer, to where it is drawn
  std::vector<FrameTimes> frames;  // oldest first; filled while the performance panel is open
};

struct PixelRect {
  int x = 0, y = 0, width = 0, height = 0;
};  // physical pixels, origin at the top left

// Where a control is on the canvas: "guidance.0.omega" (of the active pane), "view.time" (the time line's track). The
// window test aims its mouse by these, and a tour can point at them.
struct ControlRect {
  std::string path;
  PixelRect rect;
};

enum class LearnAsk { Nothing, Start, Pause, Resume, Stop };

struct UiResult {
  PixelRect picture;             // where the panes are drawn; panels, time line etc. lie outside it
  std::vector<PixelRect> panes;  // of the picture, one per pane
  std::vector<ControlRect> controls;
  bool gesture = false;                // a control is held: no undo entry yet
  bool focused = false;                // a control has the focus: arrow keys, Enter and Escape are for it
  bool stopWork = false;               // asked for by the button beside UiState::work
  bool focusLeft = false;              // UiState::focusPanel went past the last or the first panel
  LearnAsk learn = LearnAsk::Nothing;  // asked for by the card of the learned weight
  LearnAsk train = LearnAsk::Nothing;  // asked for by the card of networks
  LearnKind trainKind = LearnKind::Denoiser;
  std::vector<Command> commands;                  // asked for by buttons inside the canvas
  std::optional<std::string> openScene;           // chosen in the gallery
  std::optional<PixelRect> animatedUntilSettled;  // not empty while a transition runs: draw another frame
};

// Fonts and style for a theme at `scale` physical pixels per point; call when either changes, between frames. A new
// scale builds a new font atlas: the caller then makes its texture again (ImGui_ImplOpenGL3_DestroyFontsTexture and
// ImGui_ImplOpenGL3_CreateFontsTexture). A new theme alone does not.
void applyStyle(Theme, double scale);
// Needs a current ImGui frame (ImGui::NewFrame called, display size in physical pixels).
UiResult drawUi(Session&, UiState&, std::span<const LiveAnswer> answers, const UiStats&);

namespace ui {
// What the switches of the studies ask for; `moving` is the caller's to say.
StudyRequest studyRequest(const Experiment&, const UiState&);
}  // namespace ui

// sRGB 0xRRGGBB values of the look, one source for Qt's style sheet, ImGui, the renderer's legend and tests.
// (render/palette.h holds the table; panels only read it.)
}  // namespace gs
