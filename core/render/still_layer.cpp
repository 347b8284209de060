#include "render/layers.h"

namespace gs {

void StillDrawing::update(const Drawing& d, const std::function<void()>& drawUnder) {
  paths_.update(d);
  Made wanted{.frame = paths_.shown() ? d.picture.frame : nullptr,
              .reward = RewardDrawing::shows(d.picture, d.view) ? d.picture.target : nullptr,
              .view = d.view,
              .quality = d.quality,
              .width = d.width,
              .height = d.height,
              .ratio = d.ratio,
              .ended = paths_.ended(d)};
  wanted.view.time = 0;
  drawn_ = wanted.frame || wanted.reward || (d.view.axes.visible && d.view.axes.grid);
  if (!drawn_) {
    made_ = {};
    return;
  }
  const bool grows = wanted.frame && !wanted.ended;
  const int segments = grows ? paths_.segments(d) : 0;
  const bool same = made_ == wanted;
  if (same && segments == segments_) return;
  glViewport(0, 0, d.width, d.height);
  glEnable(GL_BLEND);
  glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
  const auto onto = [&](gl::Texture& t) {
    t.ensure(GL_RGBA16F, d.width, d.height, gl::Filter::Nearest);
    target_.attach(t);
    target_.bind();
  };
  if (!same) {
    onto(grows ? under_ : whole_);
    const float none[4] = {};
    glClearBufferfv(GL_COLOR, 0, none);
    drawUnder();
    if (wanted.frame) paths_.drawWhole(d);
  }
  if (grows) {
    onto(whole_);
    if (!same || segments < segments_) {
      glCopyImageSubData(under_.id(), GL_TEXTURE_2D, 0, 0, 0, 0, whole_.id(), GL_TEXTURE_2D, 0, 0, 0, 0, d.width,
                         d.height, 1);
      segments_ = 0;
    }
    for (; segments_ < segments; ++segments_) paths_.drawSegment(d, segments_);
  }
  segments_ = segments;
  made_ = std::move(wanted);
}

}  // namespace gs
