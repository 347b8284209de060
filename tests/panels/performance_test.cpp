// The panel of frame times.
#include <algorithm>

#include "fixture.h"
#include "panels/widgets.h"

namespace gs {
namespace {

TEST_F(Panels, PerformanceOpensClosesAndCutsNothing) {
  stage.stats.engine = "CPU AVX2, 2 threads";
  stage.stats.device = "llvmpipe (LLVM 15.0.6, 256 bits)";
  stage.stats.pace = {.answers = 42, .frames = 48, .latency = {31.2, 58.9, 99}, .longestExchange = 1.25};
  stage.stats.transfers = {.uploaded = 2'100'000};
  for (int i = 0; i < 300; ++i)
    stage.stats.frames.push_back({.interface = 1.f,
                                  .exchange = .2f,
                                  .upload = .5f,
                                  .draw = 9.f + float(i % 7),
                                  .present = 1.f,
                                  .plan = .1f,
                                  .compute = 4.f,
                                  .device = 8.f});
  stage.frame();
  EXPECT_FALSE(stage.has("performance.close"));
  const Image closed = stage.shoot();
  stage.state.performance = true;
  stage.frame(3);
  ASSERT_TRUE(stage.has("performance.close"));
  const Image open = stage.shoot();
  EXPECT_NE(closed.rgba, open.rgba);
  stage.stats.transfers.readBack = 12'300;  // what crossed is among the figures
  stage.frame();
  EXPECT_NE(stage.shoot().rgba, open.rgba);
  // Stages are tones between the canvas and the text: colours mean guided, tilted and classes.
  const PixelRect corner = stage.control("performance.close");
  int colored = 0, bars = 0;
  for (int y = corner.y; y < corner.y + 22 * 13; ++y)
    for (int x = corner.x + corner.width - 22 * 13; x < corner.x + corner.width; ++x) {
      const std::uint8_t* p = &open.rgba[std::size_t(y * open.width + x) * 4];
      const auto [lo, hi] = std::minmax({p[0], p[1], p[2]});
      colored += hi - lo > 40;
      bars += p[0] > 90 && p[0] < 130;  // the tone of drawing, which takes most of a frame
    }
  EXPECT_EQ(colored, 0);
  EXPECT_GT(bars, 2000);
  for (const auto& [w, h] : {std::pair(1440, 900), std::pair(1024, 700), std::pair(3840, 2160)}) {
    stage.resize(w, h, Theme::Dark, w > 2000 ? 2 : 1);
    stage.frame(3);
    for (const ui::ClippedText& t : stage.state.memory->clipped) ADD_FAILURE() << t.text << " at " << w;
    const PixelRect close = stage.control("performance.close");
    EXPECT_LE(close.x + close.width, stage.result.picture.x + stage.result.picture.width);
  }
  stage.resize(1440, 900, Theme::Dark, 1);
  stage.frame(2);
  stage.click("performance.close");
  EXPECT_FALSE(stage.state.performance);
}

TEST_F(Panels, PerformanceHasNothingToSayAtFirst) {
  stage.state.performance = true;
  stage.frame(3);
  EXPECT_TRUE(stage.has("performance.close"));
}

}  // namespace
}  // namespace gs
