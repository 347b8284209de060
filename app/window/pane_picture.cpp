#include "pane_picture.h"

namespace gs {

bool samePixels(const ShownPicture& a, const ShownPicture& b) {
  return a.picture.frame == b.picture.frame && a.picture.density == b.picture.density &&
         a.picture.outside == b.picture.outside && a.picture.target == b.picture.target &&
         a.picture.points == b.picture.points && a.picture.label == b.picture.label &&
         a.picture.truths == b.picture.truths && a.picture.record == b.picture.record &&
         a.picture.group == b.picture.group && a.view == b.view && a.target.width == b.target.width &&
         a.target.height == b.target.height && a.target.pixelRatio == b.target.pixelRatio;
}

void PanePicture::drawMoving(const ShownPicture& s, const Quality& quality) {
  kept_.reset();
  renderer_.draw(s.target, s.picture, s.view, quality);
}

void PanePicture::drawResting(const ShownPicture& s) {
  if (texture_.ensure(GL_RGBA8, s.target.width, s.target.height, gl::Filter::Nearest)) framebuffer_.attach(texture_);
  Target target = s.target;
  target.fbo = framebuffer_.id();
  target.x = target.y = 0;
  renderer_.draw(target, s.picture, s.view, Quality::full());
  kept_ = s;
}

void PanePicture::copy(unsigned fbo, int left, int bottom, int x, int y, int width, int height) const {
  framebuffer_.copy(x - left, y - bottom, width, height, fbo, x, y);
}

}  // namespace gs
