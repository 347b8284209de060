#include "commands.h"

#include <algorithm>
#include <array>

namespace gs {
namespace {

using enum Command;

// In menu order; menus are contiguous. Keys are the ones people know from players, presenters and image viewers.
constexpr std::array kTable{
    CommandInfo{NewFromPreset, "File", "New from scene...", "Ctrl+N", "Opens the gallery of scenes to start from."},
    CommandInfo{OpenSession, "File", "Open...", "Ctrl+O",
                "Opens a session file, or anything saved here: it has one inside."},
    CommandInfo{ImportPoints, "File", "Import points...", "Ctrl+I",
                "Fits a distribution to your own points: CSV, NPY or NPZ with two columns and an optional label."},
    CommandInfo{
        OpenNetwork, "File", "Open model...", "",
        "Reads a trained network (NPZ), or a model of your own (TorchScript), as the model of the active pane."},
    CommandInfo{OpenWeights, "File", "Open learned weights...", "",
                "Reads a trained guidance network as the weight of the classifier-free term."},
    CommandInfo{PaintFromPicture, "File", "Paint reward from picture...", "",
                "Takes the brightness of a PNG as the painted reward of the active term."},
    CommandInfo{SaveSession, "File", "Save", "Ctrl+S", "Saves the session to its file."},
    CommandInfo{SaveSessionAs, "File", "Save as...", "Ctrl+Shift+S", "Saves the session to a new file."},
    CommandInfo{SaveNetwork, "File", "Save network...", "",
                "Writes the network that was trained here, and how it was trained, as NPZ."},
    CommandInfo{SaveWeights, "File", "Save learned weights...", "",
                "Writes the trained guidance network, and how it was trained, as NPZ."},
    CommandInfo{SavePicture, "File", "Save picture...", "Ctrl+E",
                "Writes the picture as a PNG with the session inside, so that it can be opened again."},
    CommandInfo{Export, "File", "Export...", "Ctrl+Shift+E",
                "Writes a film, an interactive page or a figure of what is on the canvas."},
    CommandInfo{AddKeyframe, "File", "Add keyframe", "Ctrl+K",
                "Keeps what is on the canvas as the next picture of the export's storyboard."},
    CommandInfo{SaveCertificate, "File", "Save certificate as CSV...", "",
                "Writes E[1/p(c|x)] along the paths, directly and by its integral, as a table."},
    CommandInfo{SaveSweep, "File", "Save sweep as CSV...", "", "Writes the numbers of the sweep as a table."},
    CommandInfo{SaveFrontier, "File", "Save reward frontier as CSV...", "",
                "Writes E[r] against KL of guidance, exact tilts and the best of n."},
    CommandInfo{SaveScoreErrors, "File", "Save score error as CSV...", "",
                "Writes the error of the guided score against the noise level."},
    CommandInfo{Quit, "File", "Quit", "Ctrl+Q", "Closes the program."},

    CommandInfo{Undo, "Edit", "Undo", "Ctrl+Z", "Takes back the last gesture."},
    CommandInfo{Redo, "Edit", "Redo", "Ctrl+Shift+Z; Ctrl+Y", "Does again what was taken back."},
    CommandInfo{CopyView, "Edit", "Copy view", "Ctrl+C", "Copies the camera, time and layers as text."},
    CommandInfo{PasteView, "Edit", "Paste view", "Ctrl+V", "Takes the camera, time and layers from copied text."},

    CommandInfo{TogglePanels, "View", "Panels", "Tab", "Hides or shows the panels on both sides."},
    CommandInfo{ToggleTimeline, "View", "Weight curve", "T", "Shrinks the time line to a thin bar, or opens it."},
    CommandInfo{FitView, "View", "Fit to data", "F", "Frames the whole distribution."},
    CommandInfo{ResetView, "View", "Reset view", "R", "Brings back the camera that the scene opened with."},
    CommandInfo{FullScreen, "View", "Full screen", "F11", "Fills the screen, or leaves it."},
    CommandInfo{
        Present, "View", "Present", "F5",
        "Fills the screen with a larger picture and the time line, and shows which keys are pressed; Esc ends it."},
    CommandInfo{ThemeNext, "View", "Next theme", "Ctrl+T",
                "Goes on to the next theme: dark, light, projector, high contrast."},
    CommandInfo{ScaleUp, "View", "Larger interface", "Ctrl++; Ctrl+=", "Makes text and controls larger."},
    CommandInfo{ScaleDown, "View", "Smaller interface", "Ctrl+-", "Makes text and controls smaller."},
    CommandInfo{ToggleDensity, "View", "Density", "D", "Shows the exact density of the data at the cursor's time."},
    CommandInfo{ToggleTarget, "View", "Tilted law", "L", "Shows contours of the law that the push aims at."},
    CommandInfo{ToggleOwnLaw, "View", "Sampler's own law", "S",
                "Shows contours of what the sampler converges to with ever finer steps."},
    CommandInfo{ToggleGuidedDensity, "View", "Guided density", "G", "Shows the density of the guided particles."},
    CommandInfo{ToggleTrajectories, "View", "Paths", "P", "Shows the trajectories of some of the particles."},
    CommandInfo{ToggleParticles, "View", "Particles", "O", "Shows the particles at the cursor's time."},
    CommandInfo{ToggleArrows, "View", "Arrows", "V", "Shows the push of guidance, or another field, as arrows."},
    CommandInfo{ToggleAxes, "View", "Axes", "A", "Shows the axes and their grid."},
    CommandInfo{ToggleProbe, "View", "Probe", "I",
                "Shows what is known about the place under the mouse; a click marks the particle there."},
    CommandInfo{ToggleWeightDisplay, "View", "Weights as cfg scale", "W",
                "Shows weights as cfg scale (1 = off) or as \xCF\x89 (0 = off)."},
    CommandInfo{TogglePerformance, "View", "Performance", "F12",
                "Shows answers a second, how late they are, and where the time of a frame goes."},

    CommandInfo{PlayPause, "Time", "Play or pause", "Space", "Plays from noise to data, or stops."},
    CommandInfo{StepForward, "Time", "Step towards data", "Right",
                "Moves the cursor by one sampler step towards data."},
    CommandInfo{StepBack, "Time", "Step towards noise", "Left", "Moves the cursor by one sampler step towards noise."},
    CommandInfo{StepForward10, "Time", "Ten steps towards data", "Shift+Right",
                "Moves the cursor by ten sampler steps towards data."},
    CommandInfo{StepBack10, "Time", "Ten steps towards noise", "Shift+Left",
                "Moves the cursor by ten sampler steps towards noise."},
    CommandInfo{GoToNoise, "Time", "Go to noise", "Home", "Moves the cursor to t = 1, pure noise."},
    CommandInfo{GoToData, "Time", "Go to data", "End", "Moves the cursor to t = 0, the samples."},

    CommandInfo{NextScene, "Scenes", "Next scene", "PgDown", "Opens the next scene of the gallery."},
    CommandInfo{PreviousScene, "Scenes", "Previous scene", "PgUp", "Opens the previous scene of the gallery."},
    CommandInfo{OnePane, "Scenes", "One pane", "1", "Shows the active pane alone."},
    CommandInfo{TwoPanes, "Scenes", "Two panes", "2", "Compares two experiments side by side, with the same seed."},
    CommandInfo{ThreePanes, "Scenes", "Three panes", "3", "Compares three experiments side by side."},
    CommandInfo{FourPanes, "Scenes", "Four panes", "4", "Compares four experiments side by side."},
    CommandInfo{HoldReference, "Scenes", "Hold: without guidance", ";",
                "Shows the same particles with all guidance off while the key is held."},

    CommandInfo{Help, "Help", "Keys and gestures", "?; F1", "Shows what every key and gesture does."},
    CommandInfo{Palette, "Help", "Find a command...", "Ctrl+Shift+P", "Finds any command by a few of its letters."},
    CommandInfo{SelfCheck, "Help", "Self-check", "",
                "Checks this machine's engines against closed forms and shows the deviations."},
    CommandInfo{About, "Help", "About Guidescope", "", "Shows the version, the engine and the licences."},
};
static_assert(kTable.size() == std::size_t(Count), "every command has exactly one row");

constexpr bool everyCommandOnce() {
  for (int c = 0; c < int(Count); ++c)
    if (std::count_if(kTable.begin(), kTable.end(), [c](const CommandInfo& i) { return int(i.command) == c; }) != 1)
      return false;
  return true;
}
static_assert(everyCommandOnce());

}  // namespace

std::span<const CommandInfo> commandTable() { return kTable; }

const CommandInfo& info(Command command) {
  return *std::find_if(kTable.begin(), kTable.end(), [command](const CommandInfo& i) { return i.command == command; });
}

}  // namespace gs
