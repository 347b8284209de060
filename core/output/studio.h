// Sessions to finished pictures, in full quality and off any clock: one path for pictures, animations and figures, for
// the window and for the command line.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "output/files.h"
#include "render/palette.h"
#include "render/renderer.h"
#include "session/session.h"

namespace gs {

// What a pane's picture is drawn from, and the plan that its particles have followed.
struct Developed {
  Picture picture;
  std::shared_ptr<const Plan> plan;
};

// What is drawn around the panes of a picture: the interface, by the programs that have one (app/panels). Its calls
// come from one thread, with the context of the Studio current.
class Surround {
 public:
  struct Box {
    int x = 0, y = 0, width = 0, height = 0;  // pixels, origin at the top left
    bool operator==(const Box&) const = default;
  };
  virtual ~Surround() = default;
  // Where the panes lie in a picture of this size. Throws OutputError where there is no room.
  virtual std::vector<Box> panes(const Session&, int width, int height, double pixelRatio) = 0;
  // The whole size, sRGB [row][column][4], row 0 at the top; what lies in the panes is not used. The same session gives
  // the same bytes. `panes`: one for every pane.
  virtual std::vector<std::uint8_t> draw(const Session&, std::span<const Developed> panes, int width, int height,
                                         double pixelRatio) = 0;
};

// How pictures are taken.
struct Shot {
  int width = 1280, height = 800;
  double pixelRatio = 1;     // pixels per point, times the view's interface scale
  int supersampling = 1;     // 1..4: drawn that much larger and averaged in linear light
  bool transparent = false;  // the canvas colour becomes transparency: see makeTransparent
  bool caption = false;      // a line below the picture: formula, and the values of `captionPaths`
  std::vector<std::string> captionPaths;
  std::optional<int> pane;             // one only; all side by side otherwise
  std::shared_ptr<Surround> surround;  // null: the panes alone; with one all panes are shown
  bool operator==(const Shot&) const = default;
};

// Where the time of a picture goes, seconds.
struct StudioTimes {
  double compute = 0, draw = 0, read = 0;
};

// Computes what a picture needs; stages run again only when their own part of the session has changed. No OpenGL.
class Darkroom {
 public:
  explicit Darkroom(const Engine& engine);
  ~Darkroom();
  // One pane at this size in pixels. Throws SessionError where the engine cannot do it, what compile and resolve throw,
  // and Stopped.
  Picture develop(const Session&, int pane, int width, int height, double pixelRatio, std::stop_token = {});
  std::shared_ptr<const Plan> plan(int pane) const;  // of the last picture of that pane

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a stop ends in; nothing has been left behind.
struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("stopped") {}
};

// Needs the OpenGL context that it was made with to be current in every call.
class Studio {
 public:
  // Throws OutputError where the panes do not fit: every one needs 16 pixels.
  Studio(const Engine&, const Shot&);
  ~Studio();
  // Computes and draws a session and starts to read it back; so far taken() have not been fetched.
  void begin(const Session&, std::stop_token = {});
  int taken() const;
  Image fetch();  // the oldest; waits for it
  Image take(const Session& s) {
    begin(s);
    return fetch();
  }
  const StudioTimes& times() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The average of blocks of n x n pixels in linear light; sizes must be multiples of n.
Image reduced(const Image&, int n);

// The least opacity for which some colour, over `canvas`, gives each pixel; so that over this canvas the picture is
// what it was (within one level of 255), and over another one the canvas does not show.
void makeTransparent(Image&, Rgb canvas);

// A page of one colour with a title and smaller lines, in the theme's colours.
Image titleCard(const std::string& title, const std::vector<std::string>& lines, Theme, int width, int height,
                double pixelRatio);

}  // namespace gs
