// Every command of the program in one table: menus, toolbar, shortcuts, the help overlay and the palette are made from
// it.
#pragma once
#include <span>
#include <string_view>

namespace gs {

enum class Command {
  // File
  NewFromPreset,
  OpenSession,
  ImportPoints,
  SaveSession,
  SaveSessionAs,
  SavePicture,
  Export,
  AddKeyframe,
  SaveCertificate,
  SaveSweep,
  SaveFrontier,
  SaveScoreErrors,
  OpenWeights,
  SaveWeights,
  OpenNetwork,
  SaveNetwork,
  PaintFromPicture,
  Quit,
  // Edit
  Undo,
  Redo,
  CopyView,
  PasteView,
  // View
  TogglePanels,
  ToggleTimeline,
  FitView,
  ResetView,
  FullScreen,
  Present,
  ThemeNext,
  ScaleUp,
  ScaleDown,
  ToggleDensity,
  ToggleTarget,
  ToggleGuidedDensity,
  ToggleTrajectories,
  ToggleParticles,
  ToggleAxes,
  ToggleWeightDisplay,
  TogglePerformance,
  ToggleProbe,
  ToggleOwnLaw,
  ToggleArrows,
  // Time
  PlayPause,
  StepForward,
  StepBack,
  StepForward10,
  StepBack10,
  GoToNoise,
  GoToData,
  // Scenes and panes
  NextScene,
  PreviousScene,
  OnePane,
  TwoPanes,
  ThreePanes,
  FourPanes,
  HoldReference,
  // Help
  Help,
  Palette,
  SelfCheck,
  About,
  Count
};

struct CommandInfo {
  Command command;
  std::string_view menu;      // "File", "Edit", ...
  std::string_view label;     // "Save session as..."
  std::string_view shortcut;  // as QKeySequence reads it, several separated by "; "; may be empty
  std::string_view help;      // one sentence
};
std::span<const CommandInfo> commandTable();  // in menu order
const CommandInfo& info(Command);

}  // namespace gs
