// What happens between two frames, without Qt: time goes on, answers are collected, what the interface changed is
// committed and asked of the engine. The canvas draws what this holds; the window forwards commands to it.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "document.h"
#include "truth/live.h"
#include "measure/learning.h"
#include "measure/network_training.h"
#include "panels/ui.h"
#include "render/renderer.h"

namespace gs {

// The camera that frames a law and, of the samples that are guided away from it, all but the farthest 0.25 % on each
// side (nullptr: none are known).
Camera framing(const Mixture&, std::span<const float> ends);

class Workbench {
 public:
  // `wake` is called on workers' threads when an answer is there.
  Workbench(Session start, std::shared_ptr<const Engine>, std::function<void()> wake);

  Document document;
  UiState ui;
  double pixelRatio = 1;  // physical pixels per point, of the last frame

  // ---- one frame, in this order --------------------------------------------------------------------------------
  void advance(double seconds);              // playback and transitions
  const std::vector<LiveAnswer>& collect();  // [pane]; never waits
  void settle(const UiResult&);              // after drawUi: undo entries, refitting, requests to the engine
  Picture picture(int pane) const;
  Session exported() const;  // the document's, with the network that was trained here in it

  // ---- state ---------------------------------------------------------------------------------------------------
  const std::vector<LiveAnswer>& answers() const { return answers_; }
  const LiveAnswer& active() const;
  bool animating() const { return ui.playing || transition_.has_value(); }
  // The picture follows something at this moment: playback, or edits less than kRest ago (a held but resting hand gets
  // the full quality too).
  static constexpr double kRest = 0.2;  // seconds
  bool moving() const;
  // A frame that brings a change waits so long for its answer: mostly it is there by then, and is seen a frame earlier
  // than without (of the processor it takes nothing, since drawing would have had to share it).
  static constexpr std::chrono::milliseconds kGrace{8};
  bool settled() const;  // all that was asked for is here
  bool holdingReference() const { return reference_; }
  const std::string& scene() const { return scene_; }  // the gallery's name of what was opened last
  std::string engineDescription() const { return engine_->description(); }
  std::shared_ptr<const Engine> engine() const { return engine_; }
  void waitSettled() const;  // screenshots only: blocks

  // ---- what a person does ----------------------------------------------------------------------------------------
  // Commands that need no dialog; false: the window's business.
  bool perform(Command);
  void openScene(std::string_view name);   // throws SessionError
  void opened(Session, std::string path);  // a file was read
  void holdReference(bool);
  void hold(bool down) { hand_ = down; }        // a mouse button is held on the picture
  void pan(int pane, Vec2 pixels);              // y upwards
  void zoom(int pane, Vec2 at, double factor);  // at: pixels in the pane, origin bottom left
  void fitView();
  void recompute();  // all panes: another engine computes from now on
  void notice(std::string text) { ui.message = std::move(text), ui.messageIsError = false; }
  void fail(std::string text) { ui.message = std::move(text), ui.messageIsError = true; }

 private:
  struct Transition {
    Camera from, to;
    double elapsed = 0;
  };
  LiveRequest request(int pane) const;
  void moveCamera(const Camera&);
  void followDistribution();
  void followShape();
  void neighbourScene(int by);
  std::string label(int pane) const;

  std::shared_ptr<const Engine> engine_;
  std::function<void()> wake_;
  std::vector<std::unique_ptr<Live>> lives_;  // never shrinks: ending one would wait for its thread
  std::vector<LiveAnswer> answers_;           // [pane]
  Studies studies_;                           // of the active pane
  Learning learning_;                         // of a weight
  NetworkTraining training_;                  // of a network
  std::vector<PixelRect> panes_;              // [pane], of the last frame
  std::string scene_, shownError_;
  std::optional<Transition> transition_;
  Distribution framed_;  // what the camera was last chosen for
  bool fitWhenKnown_ = false;
  std::shared_ptr<const Mixture> before_;   // the law that fitWhenKnown_ waits to be replaced
  double breadth_ = 1, openedBreadth_ = 1;  // of the picture: what the camera's height was chosen for
  bool keepCamera_ = false;                 // a file's camera is for its first picture, whatever its shape
  Session shown_;                           // of the last frame
  std::chrono::steady_clock::time_point changed_{};
  bool gesture_ = false, hand_ = false, reference_ = false;
};

}  // namespace gs
