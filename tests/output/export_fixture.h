// A small scene on its way into files, and what other programs read in them.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "gl/context.h"
#include "output/provenance.h"
#include "output/studio.h"
#include "output/video.h"
#include "session/json.h"
#include "temporary_folder.h"

namespace gs::test {

// The output of a command line, for readers that are programs of their own.
inline std::string said(const std::string& command, const TemporaryFolder& folder) {
  const std::string file = folder.file("said");
  EXPECT_EQ(std::system((command + " >" + file + " 2>" + folder.file("errors")).c_str()), 0)
      << command << "\n"
      << contents(folder.file("errors"));
  return contents(file);
}

class Export : public testing::Test {
 protected:
  static constexpr int kWidth = 192, kHeight = 128, kFps = 10;
  Export() {
    session_ = scenePreset("two-modes");
    session_.panes[0].particles.count = 300;
    session_.panes[0].schedule.steps = 8;
    session_.view.trajectories.count = 40;
    session_.notes = "<ä> & \"∇\" (](";
  }
  VideoExport clip(const std::string& name, VideoFormat format) const {
    VideoExport e{.session = session_,
                  .animation = parseAnimation("time:1..0:500ms:linear, guidance.0.omega:0..3:300ms")};
    e.shot.width = kWidth;
    e.shot.height = kHeight;
    e.shot.pixelRatio = 0.6;
    e.video.format = format;
    e.video.fps = kFps;
    e.path = folder_.file(name);
    return e;
  }
  VideoResult write(const VideoExport& e) { return exportVideo(*engine_, e, {}); }
  // What `render` draws for frame k.
  Image expected(const VideoExport& e, int k) {
    if (!studio_) studio_ = std::make_unique<Studio>(*engine_, e.shot);
    return studio_->take(Motion(e.session, e.animation).at(double(k) / kFps));
  }
  std::vector<Image> decoded(const std::string& path) const {
    const std::string bytes =
        said("ffmpeg -v error -nostdin -i " + path + " -vsync passthrough -f rawvideo -pix_fmt rgba -", folder_);
    std::vector<Image> frames;
    const std::size_t size = std::size_t(kWidth) * kHeight * 4;
    for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
      Image& i = frames.emplace_back(Image{kWidth, kHeight, {}});
      i.rgba.assign(bytes.begin() + std::ptrdiff_t(at), bytes.begin() + std::ptrdiff_t(at + size));
    }
    return frames;
  }
  // Every decoded frame is the renderer's of its own time, and of no other.
  void expectFrames(const VideoExport& e, double mean) {
    const std::vector<Image> frames = decoded(e.path);
    ASSERT_EQ(frames.size(), 6u) << e.path;
    for (int k = 0; k < 6; ++k) {
      const Image own = expected(e, k);
      EXPECT_LE(compare(frames[std::size_t(k)], own).mean, mean) << e.path << ", frame " << k;
      if (mean == 0) {
        EXPECT_EQ(frames[std::size_t(k)].rgba, own.rgba);
      }
      if (k > 0) {
        EXPECT_LT(compare(frames[std::size_t(k)], own).mean, compare(frames[std::size_t(k - 1)], own).mean)
            << e.path << ", frame " << k;
      }
    }
  }
  void expectSession(const VideoExport& e) {
    const std::string text = sessionInFile(e.path);
    ASSERT_FALSE(text.empty()) << e.path;
    EXPECT_EQ(parseSession(text), canonical(Motion(e.session, e.animation).at(10))) << e.path;
  }

  TemporaryFolder folder_;
  gl::Context context_ = gl::Context::surfaceless();
  std::unique_ptr<Engine> engine_ = makeCpuEngine(1);
  std::unique_ptr<Studio> studio_;
  Session session_;
};

}  // namespace gs::test
