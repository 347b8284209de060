// Films and pictures, decoded by other programs than the one that wrote it and held against the renderer's pictures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>

#include "export_fixture.h"
#include "output/figure.h"
#include "output/page.h"
#include "output/provenance.h"
#include "output/studio.h"
#include "output/temporary.h"
#include "output/video.h"
#include "render/color.h"
#include "session/json.h"

namespace gs {
namespace {

using namespace test;

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST_F(Export, FilmsAreTheRenderersFrames) {
  const struct {
    const char* name;
    VideoFormat format;
    double mean;  // of 255: what the format loses
    const char* probed;
  } formats[] = {{"a.mp4", VideoFormat::Mp4, 4, "h264,192,128,10/1,6"},
                 {"a.webm", VideoFormat::WebM, 4, "vp9,192,128,10/1,6"},
                 {"a.gif", VideoFormat::Gif, 6, "gif,192,128,10/1,6"},
                 {"a.apng", VideoFormat::Apng, 0, "apng,192,128,10/1,6"}};
  for (const auto& f : formats) {
    const VideoExport e = clip(f.name, f.format);
    EXPECT_EQ(write(e).frames, 6);
    expectFrames(e, f.mean);
    expectSession(e);
  }
  EXPECT_EQ(said("ffprobe -v error -count_frames -select_streams v -show_entries "
                 "stream=codec_name,width,height,r_frame_rate,nb_read_frames -of csv=p=0 " +
                     folder_.file("a.mp4"),
                 folder_),
            std::string(formats[0].probed) + "\n");
  const std::string tags =
      said("ffprobe -v error -show_entries format_tags -of flat " + folder_.file("a.mp4"), folder_);
  EXPECT_THAT(tags, HasSubstr("guidescope"));
  // The same again is the same file.
  const std::string first = contents(folder_.file("a.mp4"));
  write(clip("a.mp4", VideoFormat::Mp4));
  EXPECT_TRUE(contents(folder_.file("a.mp4")) == first);
}

TEST_F(Export, SequencesGoOnWhereTheyStopped) {
  VideoExport e = clip("frames/%03d.png", VideoFormat::PngSequence);
  EXPECT_EQ(write(e).skipped, 0);
  for (int k = 0; k < 6; ++k) {
    const PngContents png = readPng(sequenceName(e.path, k));
    EXPECT_EQ(png.image.rgba, expected(e, k).rgba) << k;
    EXPECT_EQ(parseSession(png.session), canonical(Motion(e.session, e.animation).at(double(k) / kFps)));
  }
  std::filesystem::remove(sequenceName(e.path, 2));
  std::filesystem::resize_file(sequenceName(e.path, 4), 20);
  EXPECT_EQ(write(e).skipped, 4);
  EXPECT_EQ(readPng(sequenceName(e.path, 2)).image.rgba, expected(e, 2).rgba);
  EXPECT_EQ(readPng(sequenceName(e.path, 4)).image.rgba, expected(e, 4).rgba);
  e.shot.transparent = true;
  EXPECT_EQ(write(e).skipped, 0) << "other pictures than those that are there";
}

TEST_F(Export, StoppedOrFailedItLeavesNothing) {
  const int before = folder_.entries();
  std::stop_source stop;
  EXPECT_THROW(exportVideo(
                   *engine_, clip("a.mp4", VideoFormat::Mp4),
                   [&](const ExportProgress& p) {
                     EXPECT_EQ(p.of, 6);
                     if (p.done == 3) stop.request_stop();
                   },
                   stop.get_token()),
               Stopped);
  EXPECT_EQ(folder_.entries(), before);
  VideoExport e = clip("a.mp4", VideoFormat::Mp4);
  e.video.encoder = "libnothing";
  EXPECT_THAT([&] { write(e); }, ThrowsMessage<OutputError>(
                                     HasSubstr("has no encoder libnothing for MP4; formats that can be written here: "
                                               "MP4, WebM, GIF, APNG, PNG sequence")));
  e = clip("none/a.webm", VideoFormat::WebM);
  EXPECT_THAT([&] { write(e); }, ThrowsMessage<OutputError>(HasSubstr("No such file or directory")));
  e = clip("a.mp4", VideoFormat::Mp4);
  e.shot.transparent = true;
  EXPECT_THAT([&] { write(e); }, ThrowsMessage<SessionError>(HasSubstr("MP4 has no transparency")));
  e = clip("a.gif", VideoFormat::Gif);
  e.video.fps = 60;
  EXPECT_THAT([&] { write(e); }, ThrowsMessage<SessionError>(HasSubstr("at most 50 frames a second")));
  // A disk that takes 8 kB.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{8192, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::vector<std::string> words;
  for (const VideoFormat f : {VideoFormat::Mp4, VideoFormat::Apng}) {
    try {
      write(clip("a.film", f));
      words.emplace_back();
    } catch (const OutputError& error) {
      words.emplace_back(error.what());
    }
  }
  setrlimit(RLIMIT_FSIZE, &old);
  for (const std::string& w : words) EXPECT_THAT(w, HasSubstr("a.film: cannot be written: File too large"));
  EXPECT_EQ(folder_.entries(), before);
}

// SIGKILL at any moment leaves the whole file under its name, or none where there was none; never a damaged one.
TEST_F(Export, KilledItLeavesNoDamagedFile) {
  availableFormats();  // the module is opened before the processes part
  const std::string session = "{\"guidescope-session\": \"" + std::string(2000, 's') + "\"}";
  const auto picture = [](int k) {
    Image image{64, 48, std::vector<std::uint8_t>(64 * 48 * 4, 255)};
    for (std::size_t i = 0; i < image.rgba.size(); ++i) image.rgba[i] = std::uint8_t(i * std::size_t(k + 3) >> 3);
    return image;
  };
  const auto film = [&](VideoFormat format) {
    return [&, format](const std::string& path) {
      VideoOptions how{.format = format, .width = 64, .height = 48};
      how.session = session;
      std::vector<std::uint32_t> palette;
      if (format == VideoFormat::Gif) {
        PaletteMaker colors(64, 48, false);
        for (int k = 0; k < 12; ++k) colors.add(picture(k));
        palette = colors.finish();
      }
      VideoFile file(path, how, palette);
      for (int k = 0; k < 12; ++k) file.add(picture(k));
      file.finish();
    };
  };
  // What draws is done before: threads do not come along into a new process.
  session_.view.density.visible = false;
  FigureExport figure{.session = session_, .axes = {}, .pane = {}, .path = "a.svg"};
  figure.style.dpi = 72;
  const std::vector<std::byte> svg = figureBytes(*engine_, figure, FigureFormat::Svg),
                               pdf = figureBytes(*engine_, figure, FigureFormat::Pdf);
  const PageExport page{.session = session_, .over = std::nullopt, .path = folder_.file("p.html")};
  exportPage(*engine_, page);
  const std::string html = contents(page.path);
  const auto bytes = [](std::span<const std::byte> b) {
    return [b](const std::string& path) { writeFileAtomically(path, b); };
  };
  const auto npz = [](const std::string& path) {
    const std::vector<std::byte> numbers(std::size_t(1) << 18, std::byte(7));
    std::vector<NpzMember> members;
    for (const char* name : {"x", "t", "weights"}) members.push_back({name, "|u1", {numbers.size()}, numbers});
    writeNpz(path, members);
  };
  const auto csv = [](const std::string& path) {  // in blocks, as `sample` does
    Temporary file(path);
    std::ofstream out(file.path(), std::ios::binary);
    for (int k = 0; k < 40; ++k) out << std::string(16384, char('0' + k % 10)) << std::flush;
    out.close();
    file.commit();
  };
  const std::pair<const char*, std::function<void(const std::string&)>> writers[] = {
      {"mp4", film(VideoFormat::Mp4)},
      {"webm", film(VideoFormat::WebM)},
      {"gif", film(VideoFormat::Gif)},
      {"apng", film(VideoFormat::Apng)},
      {"png", [&](const std::string& path) { writePng(picture(1), path, session); }},
      {"svg", bytes(svg)},
      {"pdf", bytes(pdf)},
      {"html", bytes(std::as_bytes(std::span(html)))},
      {"npz", npz},
      {"csv", csv}};
  constexpr std::size_t kWriters = std::size(writers);
  std::string whole[kWriters];
  int micros[kWriters];  // that writing takes; killed at any moment of them, and a little after
  for (std::size_t w = 0; w < kWriters; ++w) {
    const auto begin = std::chrono::steady_clock::now();
    writers[w].second(folder_.file("whole"));
    micros[w] = int(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    whole[w] = contents(folder_.file("whole"));
    ASSERT_GT(whole[w].size(), 200u) << writers[w].first;
  }
  int there = 0;
  for (std::size_t i = 0; i < 50; ++i) {
    const std::size_t w = i % kWriters;
    const std::string path = folder_.file("killed" + std::to_string(i));
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      writers[w].second(path);
      _exit(0);
    }
    usleep(useconds_t(double(i / kWriters) / 4 * 1.2 * micros[w]));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (!std::filesystem::exists(path)) continue;
    ++there;
    EXPECT_TRUE(contents(path) == whole[w]) << writers[w].first << ", try " << i;
  }
  EXPECT_LT(there, 50);
}

TEST_F(Export, SupersamplingAveragesLight) {
  Image image{4, 2, std::vector<std::uint8_t>(32, 255)};
  for (int i = 0; i < 2; ++i)  // the left half's upper row black
    for (int c = 0; c < 3; ++c) image.rgba[std::size_t(4 * i + c)] = 0;
  const Image half = reduced(image, 2);
  ASSERT_EQ(half.width, 2);
  ASSERT_EQ(half.height, 1);
  EXPECT_EQ(half.rgba[0], 188) << "half the light of white is 188 of 255 in sRGB";
  EXPECT_EQ(half.rgba[4], 255);
  for (int v = 0; v < 256; ++v) {
    const Image flat{2, 2, std::vector<std::uint8_t>(16, std::uint8_t(v))};
    EXPECT_EQ(reduced(flat, 2).rgba[1], v);
  }
}

TEST_F(Export, TransparencyOverTheCanvasIsThePicture) {
  VideoExport e = clip("a.apng", VideoFormat::Apng);
  const Image opaque = expected(e, 3);
  Image clear = opaque;
  const Rgb canvas = palette(session_.view.theme).canvas;
  makeTransparent(clear, canvas);
  const int k[3] = {canvas.r, canvas.g, canvas.b};
  int clearPixels = 0;
  for (std::size_t i = 0; i < clear.rgba.size(); i += 4) {
    const int a = clear.rgba[i + 3];
    clearPixels += a == 0;
    for (std::size_t c = 0; c < 3; ++c)
      ASSERT_NEAR((clear.rgba[i + c] * a + k[c] * (255 - a)) / 255., opaque.rgba[i + c], 1.01);
  }
  EXPECT_GT(clearPixels, kWidth * kHeight / 10);
  e.shot.transparent = true;
  studio_.reset();
  write(e);
  expectFrames(e, 0);
  e.path = folder_.file("a.webm");
  e.video.format = VideoFormat::WebM;
  write(e);
  EXPECT_THAT(said("ffprobe -v error -show_entries stream_tags -of flat " + e.path, folder_),
              HasSubstr("ALPHA_MODE=\"1\""));
}

TEST_F(Export, CaptionAndTitleAreBesideThePicture) {
  VideoExport e = clip("t/%d.png", VideoFormat::PngSequence);
  e.title = "Guidance";
  e.titleSeconds = 0.3;
  e.shot.caption = true;
  EXPECT_EQ(write(e).frames, 9);
  const Image card = readPng(sequenceName(e.path, 2)).image, film = readPng(sequenceName(e.path, 3)).image,
              late = readPng(sequenceName(e.path, 8)).image;
  EXPECT_GT(compare(card, film).mean, 1);
  // The line below changes with the weight: it is live.
  const int bar = 22, top = kHeight - bar;
  int changed = 0, ink = 0;
  for (int j = top; j < kHeight; ++j)
    for (int i = 0; i < kWidth; ++i) {
      const std::size_t at = (std::size_t(j) * kWidth + std::size_t(i)) * 4;
      changed += film.rgba[at] != late.rgba[at];
      ink += film.rgba[at] > 100;
    }
  EXPECT_GT(changed, 20);
  EXPECT_GT(ink, 40);
}

// What surrounds a picture is drawn from what the picture itself is drawn from: nothing is computed twice.
TEST_F(Export, ASurroundGetsWhatThePanesAreDrawnFrom) {
  struct Around final : Surround {
    std::vector<Box> panes(const Session&, int width, int height, double) override {
      return {{8, 4, width / 2 - 8, height - 8}, {width / 2, 4, width / 2 - 8, height - 8}};
    }
    std::vector<std::uint8_t> draw(const Session& session, std::span<const Developed> panes, int width, int height,
                                   double) override {
      EXPECT_EQ(panes.size(), session.panes.size());
      for (std::size_t i = 0; i < panes.size(); ++i) EXPECT_EQ(*panes[i].plan->experiment, session.panes[i]);
      seen.emplace_back(panes.begin(), panes.end());
      return std::vector<std::uint8_t>(4 * std::size_t(width) * std::size_t(height), 77);
    }
    std::vector<std::vector<Developed>> seen;
  };
  session_.panes.push_back(session_.panes[0]);
  session_.panes[1].guidance[0].omega = 1;
  const auto around = std::make_shared<Around>();
  Studio studio(*engine_, Shot{.width = kWidth, .height = kHeight, .surround = around});
  const Image image = studio.take(session_);
  session_.view.time = .5;
  session_.panes[1].guidance[0].omega = 3;
  studio.take(session_);
  ASSERT_EQ(around->seen.size(), 2u);
  const std::vector<Developed>&first = around->seen[0], &second = around->seen[1];
  EXPECT_EQ(first[0].picture.frame, second[0].picture.frame);  // only the second pane has changed
  EXPECT_NE(first[1].picture.frame, second[1].picture.frame);
  EXPECT_EQ(first[1].picture.frame->experiment, first[1].plan->experiment);
  EXPECT_EQ(image.rgba[0], 77);
  EXPECT_NE(image.rgba[4 * (std::size_t(kHeight / 2) * kWidth + kWidth / 4)], 77);
}

}  // namespace
}  // namespace gs
