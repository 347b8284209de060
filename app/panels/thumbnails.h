// Distributions in small, drawn from exact samples of the real thing.
#pragma once
#include <memory>
#include <vector>

#include "session/experiment.h"
#include "widgets.h"

namespace gs::ui {

struct Thumbnail {
  std::shared_ptr<const Mixture> mixture;
  struct Dot {
    float x, y;
    int label;
  };  // 0..1 of a square, y down
  std::vector<Dot> dots;
};

// Remembered by content. nullptr where the distribution has no law (a bad word), or for a frame or two where this
// frame's time for making thumbnails is spent (memory().animate then asks for the next).
const Thumbnail* thumbnail(const Distribution&);
void drawThumbnail(const Box2&, const Thumbnail*, int condition = kUnconditional);
// The law of a distribution for menus (its classes and components); nullptr when there is none.
std::shared_ptr<const Mixture> lawOf(const Distribution&);
void beginThumbnails();  // once a frame

}  // namespace gs::ui
