// What a person does without a dialog: the commands that the workbench carries out by itself, and scenes that are
// opened.
#include <algorithm>
#include <cmath>
#include <utility>

#include "data/networks.h"
#include "playback.h"
#include "session/json.h"
#include "workbench.h"

namespace gs {

bool Workbench::perform(Command command) {
  Session& s = document.session;
  View& v = s.view;
  const Schedule& schedule = s.panes[std::size_t(ui.activePane)].schedule;
  const auto cursor = [&](double time) {
    ui.playing = false;
    v.time = time;
  };
  switch (command) {
    case Command::NewFromPreset:
      ui.gallery = true;
      return true;
    case Command::Undo:
      document.undo();
      break;
    case Command::Redo:
      document.redo();
      break;
    case Command::TogglePanels:
      ui.leftOpen = ui.rightOpen = !(ui.leftOpen || ui.rightOpen);
      return true;
    case Command::ToggleTimeline:
      ui.timelineThin = !ui.timelineThin;
      return true;
    case Command::FitView:
      fitView();
      return true;
    case Command::ResetView: {
      Camera camera = document.openedCamera();
      camera.height *= breadth_ / openedBreadth_;
      moveCamera(camera);
      return true;
    }
    case Command::ThemeNext:
      v.theme = Theme((int(v.theme) + 1) % 4);
      break;
    case Command::ScaleUp:
      v.uiScale = std::min(4.0, std::round(v.uiScale * 10 + 1) / 10);
      break;
    case Command::ScaleDown:
      v.uiScale = std::max(.5, std::round(v.uiScale * 10 - 1) / 10);
      break;
    case Command::ToggleDensity:
      v.density.visible = !v.density.visible;
      break;
    case Command::ToggleTarget:
      v.target.visible = !v.target.visible;
      break;
    case Command::ToggleGuidedDensity:
      v.guidedDensity.visible = !v.guidedDensity.visible;
      break;
    case Command::ToggleTrajectories:
      v.trajectories.visible = !v.trajectories.visible;
      break;
    case Command::ToggleParticles:
      v.particles.visible = !v.particles.visible;
      break;
    case Command::ToggleAxes:
      v.axes.visible = !v.axes.visible;
      break;
    case Command::ToggleWeightDisplay:
      v.weights = v.weights == WeightDisplay::Omega ? WeightDisplay::CfgScale : WeightDisplay::Omega;
      break;
    case Command::PlayPause:
      if (!ui.playing && v.time <= 0) v.time = 1;
      ui.playing = !ui.playing;
      return true;
    case Command::StepForward:
      cursor(stepTime(schedule, v.time, 1));
      return true;
    case Command::StepBack:
      cursor(stepTime(schedule, v.time, -1));
      return true;
    case Command::StepForward10:
      cursor(stepTime(schedule, v.time, 10));
      return true;
    case Command::StepBack10:
      cursor(stepTime(schedule, v.time, -10));
      return true;
    case Command::GoToNoise:
      cursor(1);
      return true;
    case Command::GoToData:
      cursor(0);
      return true;
    case Command::NextScene:
      neighbourScene(1);
      return true;
    case Command::PreviousScene:
      neighbourScene(-1);
      return true;
    case Command::OnePane:
      document.setPanes(1, ui.activePane);
      ui.activePane = 0;
      break;
    case Command::TwoPanes:
    case Command::ThreePanes:
    case Command::FourPanes:
      document.setPanes(int(command) - int(Command::OnePane) + 1, ui.activePane);
      break;
    case Command::HoldReference:
      holdReference(!reference_);
      return true;
    case Command::ToggleOwnLaw:
      v.own.visible = !v.own.visible;
      break;
    case Command::ToggleArrows:
      v.arrows.visible = !v.arrows.visible;
      break;
    case Command::ToggleProbe:
      ui.pointing.probe = !ui.pointing.probe;
      return true;
    case Command::TogglePerformance:
      ui.performance = !ui.performance;
      return true;
    case Command::Help:
      ui.help = !ui.help;
      return true;
    case Command::Palette:
      ui.palette = !ui.palette;
      return true;
    default:
      return false;
  }
  collect();  // panes may have come or gone
  if (!gesture_ && !hand_) document.commit();
  return true;
}

void Workbench::neighbourScene(int by) {
  const auto& scenes = scenePresets();
  if (scenes.empty()) return;
  const auto at = std::find_if(scenes.begin(), scenes.end(), [this](const ScenePreset& p) { return p.name == scene_; });
  const int n = int(scenes.size());
  const int i = at == scenes.end() ? (by > 0 ? 0 : n - 1) : (int(at - scenes.begin()) + by + n) % n;
  openScene(scenes[std::size_t(i)].name);
}

void Workbench::openScene(std::string_view name) {
  // Scenes that come with the program name networks that do, too.
  Session s = scenePreset(name);
  std::vector<std::string> warnings;
  readNetworks(s, "", warnings);
  document.openScene(std::move(s));
  openedBreadth_ = 1;
  document.session.view.camera.height *= breadth_;
  scene_ = name;
  ui.activePane = 0;
  ui.gallery = false;
  transition_.reset();
  framed_ = document.session.panes[0].distribution;
  fitWhenKnown_ = false;
  collect();
}

void Workbench::opened(Session s, std::string path) {
  document.open(std::move(s), std::move(path));
  openedBreadth_ = breadth_;
  scene_.clear();
  ui.activePane = 0;
  ui.playing = false;
  transition_.reset();
  framed_ = document.session.panes[0].distribution;
  fitWhenKnown_ = false;
  collect();
}

void Workbench::holdReference(bool on) { reference_ = on; }

}  // namespace gs
