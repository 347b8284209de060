// The interface without a window, around pictures for files: no mouse, no keyboard, no clock. What is drawn depends on
// the arguments alone.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ui.h"

struct ImGuiContext;

namespace gs {

// Where the panes of a picture of this size lie between the panels, `scale` pixels a point; none where there is no room
// for the panels. From the numbers alone, anywhere.
std::vector<PixelRect> panesBesidePanels(int panes, int width, int height, double scale);

// Dear ImGui on a framebuffer. It has one current context in a program: not beside a window that draws, and from one
// thread only. Needs an OpenGL 4.5 context, the same one in every call; throws std::runtime_error where the interface
// cannot be set up on it.
class OffScreenUi {
 public:
  OffScreenUi();
  ~OffScreenUi();
  OffScreenUi(const OffScreenUi&) = delete;
  OffScreenUi& operator=(const OffScreenUi&) = delete;

  void shape(int width, int height, Theme, double scale);  // before the first frame
  // One frame, a 60th of a second after the one before. Its mouse and keys are those of ImGui::GetIO().
  UiResult frame(Session&, UiState&, std::span<const LiveAnswer>, const UiStats&);
  // What the last frame drew, over the canvas colour: [row][column][4], sRGB, opaque, row 0 at the top.
  std::vector<std::uint8_t> pixels() const;

 private:
  ImGuiContext* ui_;
  unsigned fbo_ = 0, texture_ = 0;
  int width_ = 0, height_ = 0;
  Theme theme_ = Theme::Dark;
  double scale_ = 1;
};

class OffScreenPanels {
 public:
  // The pixels of the interface at rest: all but the panes, where there is nothing.
  std::vector<std::uint8_t> draw(const Session&, std::span<const LiveAnswer>, const UiStats&, int width, int height,
                                 double scale);

 private:
  OffScreenUi ui_;
};

}  // namespace gs
