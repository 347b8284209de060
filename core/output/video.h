// Moving pictures as files, by the FFmpeg libraries in this process: MP4 (H.264), WebM (VP9), GIF, APNG; and PNG
// sequences. The session lies in the file's metadata.
#pragma once
#include <memory>
#include <stop_token>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "output/animation.h"
#include "output/files.h"
#include "output/studio.h"

namespace gs {

enum class VideoFormat { Mp4, WebM, Gif, Apng, PngSequence };
// By the name's ending: .mp4, .webm, .gif, .apng, or a .png with %d or %05d in it.
std::optional<VideoFormat> videoFormat(std::string_view path);
bool hasTransparency(VideoFormat);  // not MP4

enum class VideoQuality { Draft, Good };  // quick to write; small and clean

struct VideoOptions {
  VideoFormat format = VideoFormat::Mp4;
  int width = 0, height = 0;  // even
  int fps = 30;               // 1..120; of GIF at most 50
  VideoQuality quality = VideoQuality::Draft;
  bool transparent = false;
  std::string session;                            // JSON
  std::string sessionKey = "guidescope-session";  // its name in the metadata
  std::string encoder;                            // an encoder of FFmpeg instead of the format's own
};

// Formats that can be written with the FFmpeg that is installed, as "MP4, GIF".
std::string availableFormats();

// A file that grows picture by picture, under a temporary name until finish(); without it nothing is left. Every call
// throws OutputError: no encoder (with the formats that there are), a full disk.
class VideoFile {
 public:
  // `palette`: of GIF, 256 colours from PaletteMaker. Pictures have this size.
  VideoFile(const std::string& path, const VideoOptions&, const std::vector<std::uint32_t>& palette = {});
  ~VideoFile();
  void add(const Image&);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The 256 colours that serve all pictures of a clip best; memory does not grow with their number.
class PaletteMaker {
 public:
  PaletteMaker(int width, int height, bool transparent);
  ~PaletteMaker();
  void add(const Image&);
  std::vector<std::uint32_t> finish();  // 0xAARRGGBB

 private:
  std::unique_ptr<class PaletteCodec> codec_;
};

// The text under a key in a MP4's or WebM's metadata, at most 32 MiB; empty where there is none. Throws OutputError.
std::string videoMetadata(const std::string& path, const std::string& key);

struct ExportProgress {
  int done = 0, of = 0;
  double secondsLeft = -1;  // negative: not known yet
};
struct VideoExport {
  Session session;
  Animation animation;
  Shot shot;
  VideoOptions video;  // size, transparency and session are taken from the others
  std::string path;
  std::string title;  // a card before the first frame, empty for none
  double titleSeconds = 2;
};
struct VideoResult {
  int frames = 0, skipped = 0;  // skipped: of a sequence, those that were there already
  double seconds = 0, encodeSeconds = 0;
  StudioTimes studio;
};
// Draws and writes it: frame k shows the time k / fps. Needs an OpenGL context current on this thread; the encoder has
// a thread of its own. `progress` is called on this thread. Throws SessionError, OutputError, Stopped; then nothing is
// left under the path but pictures of a sequence that are whole.
VideoResult exportVideo(const Engine&, const VideoExport&, const std::function<void(const ExportProgress&)>& progress,
                        std::stop_token stop = {});
// "frames/%05d.png" -> "frames/00012.png"
std::string sequenceName(std::string_view pattern, int number);

}  // namespace gs
