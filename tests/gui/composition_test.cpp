// What the window keeps from frame to frame: the pixels are those of a window that is drawn whole every time, and a
// small change costs few of them.
#include <epoxy/gl.h>

#include <gtest/gtest.h>
#include <imgui.h>

#include "composition.h"
#include "stage.h"

namespace gs {
namespace {

constexpr int kWidth = 1280, kHeight = 800;

// A plain colour in place of a picture.
struct Plain {
  std::uint8_t grey = 60;
  bool changed = true;
  int drawn = 0;

  void fill(unsigned fbo, const PixelRect& r) {
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glEnable(GL_SCISSOR_TEST);
    glScissor(r.x, kHeight - r.y - r.height, r.width, r.height);
    glClearColor(float(grey) / 255, float(grey) / 255, .5f, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glDisable(GL_SCISSOR_TEST);
  }
};

class CompositionTest : public testing::Test {
 protected:
  Stage stage{kWidth, kHeight};
  Composition kept;
  gl::Texture texture{GL_RGBA8, kWidth, kHeight, gl::Filter::Nearest};
  gl::Framebuffer window;
  Plain plain;

  CompositionTest() {
    stage.session.panes[0].guidance.push_back({});
    stage.answers = syntheticAnswers(stage.session);
    window.attach(texture);
  }

  std::vector<std::uint8_t> pixels() {
    std::vector<std::uint8_t> p(std::size_t(kWidth) * kHeight * 4);
    window.bind();
    glReadPixels(0, 0, kWidth, kHeight, GL_RGBA, GL_UNSIGNED_BYTE, p.data());
    return p;
  }
  void drawWith(Composition& c, bool changed) {
    std::vector<ComposedPane> panes;
    for (const PixelRect& r : stage.result.panes)
      panes.push_back({r, changed, [this, r](unsigned fbo) { ++plain.drawn, plain.fill(fbo, r); },
                       [this](unsigned fbo, PixelRect part) { plain.fill(fbo, part); }});
    c.draw(*ImGui::GetDrawData(), panes, rgb(0x101014), window.id());
  }
  // The next frame, drawn by what is kept, against all of it drawn anew.
  void check(const char* what) {
    drawWith(kept, plain.changed);
    const std::vector<std::uint8_t> now = pixels();
    Composition fresh;
    drawWith(fresh, true);
    const std::vector<std::uint8_t> whole = pixels();
    long different = 0;
    for (std::size_t i = 0; i < now.size(); ++i) different += std::abs(int(now[i]) - int(whole[i])) > 1;
    EXPECT_EQ(different, 0) << what;
    plain.changed = false;
  }
};

TEST_F(CompositionTest, APersonAtWorkSeesWhatAWholeDrawingShows) {
  stage.frame(3);
  check("first");
  EXPECT_EQ(kept.drawnPixels() >= long(kWidth) * kHeight, true);
  stage.frame();
  check("nothing happened");
  EXPECT_EQ(kept.drawnPixels(), 0);

  const PixelRect slider = stage.control("guidance.0.omega");
  stage.moveTo(slider.x + slider.width * .3, slider.y + slider.height / 2.);
  stage.press();
  long most = 0;
  for (int i = 0; i < 12; ++i) {
    stage.moveTo(slider.x + slider.width * (.3 + .04 * i), slider.y + slider.height / 2.);
    check("dragging");
    most = std::max(most, kept.drawnPixels());
  }
  EXPECT_GT(most, 0);
  EXPECT_LT(most, long(kWidth) * kHeight / 8) << "the slider and what says its value, not the panels";
  stage.release();
  check("let go");

  plain.grey = 90;  // a new picture under resting panels
  plain.changed = true;
  const int before = plain.drawn;
  stage.frame();
  check("new picture");
  EXPECT_EQ(plain.drawn, before + 2) << "once kept, once fresh";
  EXPECT_LT(kept.drawnPixels(), long(kWidth) * kHeight);

  stage.state.message = "Saved as talk.json";  // over the picture, which stays
  stage.frame(2);
  check("a notice over the picture");
  stage.state.message.clear();
  stage.frame(2);
  check("it goes");

  stage.state.help = true;
  stage.frame(2);
  check("help over everything");
  stage.state.help = false;
  stage.frame(2);
  check("help closed");

  stage.state.rightOpen = false;  // the picture's place changes
  plain.changed = true;
  stage.frame(2);
  check("a panel closed");
}

TEST_F(CompositionTest, ForgettingDrawsEverything) {
  stage.frame(3);
  drawWith(kept, true);
  stage.frame();
  drawWith(kept, false);
  EXPECT_EQ(kept.drawnPixels(), 0);
  kept.forget();
  drawWith(kept, false);
  EXPECT_GE(kept.drawnPixels(), long(kWidth) * kHeight);
}

}  // namespace
}  // namespace gs
