// The driver: which frames there are, and two threads that draw and encode them.
#include "output/video.h"

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

#include "output/ffmpeg/codecs.h"
#include "output/provenance.h"
#include "output/temporary.h"
#include "session/caption.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

using ExportClock = std::chrono::steady_clock;
double spent(ExportClock::time_point begin) {
  return std::chrono::duration<double>(ExportClock::now() - begin).count();
}

// Where the number goes in a sequence's name: "%d" or "%05d", once.
struct NumberPlace {
  std::size_t at = 0, length = 0;
  int digits = 1;
};
std::optional<NumberPlace> numberPlace(std::string_view path) {
  NumberPlace p;
  p.at = path.find('%');
  if (p.at == path.npos || path.find('%', p.at + 1) != path.npos) return std::nullopt;
  std::size_t end = p.at + 1;
  while (end < path.size() && path[end] >= '0' && path[end] <= '9') ++end;
  if (end >= path.size() || path[end] != 'd' || end - p.at > 3) return std::nullopt;
  if (end > p.at + 1) std::from_chars(path.data() + p.at + 1, path.data() + end, p.digits);
  p.length = end + 1 - p.at;
  return p;
}

// Pictures on their way from the drawing to the encoding thread: two at most.
class Belt {
 public:
  explicit Belt(VideoFile& file) : file_(file), thread_([this] { encode(); }) {}
  ~Belt() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      images_.clear();
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  void put(Image image) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return images_.size() < 2 || error_; });
    if (error_) std::rethrow_exception(error_);
    images_.push_back(std::move(image));
    changed_.notify_all();
  }
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    thread_.join();
    if (error_) std::rethrow_exception(error_);
  }
  double seconds() const { return seconds_; }

 private:
  void encode() {
    for (;;) {
      Image image;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closed_ || !images_.empty(); });
        if (images_.empty()) return;
        image = std::move(images_.front());
        images_.pop_front();
      }
      changed_.notify_all();
      const auto begin = ExportClock::now();
      try {
        file_.add(image);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        error_ = std::current_exception();
        changed_.notify_all();
        return;
      }
      seconds_ += spent(begin);
    }
  }
  VideoFile& file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Image> images_;
  std::exception_ptr error_;
  bool closed_ = false;
  double seconds_ = 0;
  std::thread thread_;
};

// What decides about the pixels of a frame beside its session: a sequence goes on only where both are the same.
std::string madeWords(const VideoExport& e) {
  const Shot& s = e.shot;
  std::string words = "scale " + numberText(s.pixelRatio) + ", supersampling " + std::to_string(s.supersampling) +
                      (s.transparent ? ", transparent" : "") + (s.caption ? ", caption" : "") +
                      (s.surround ? ", panels" : "");
  if (s.caption)
    for (const std::string& p : s.captionPaths) words += " " + p;
  return s.pane ? words + ", pane " + std::to_string(*s.pane) : words;
}

void checkExport(const VideoExport& e) {
  const VideoOptions& v = e.video;
  if (v.fps < 1 || v.fps > 120) throw SessionError("an animation has 1 to 120 frames a second");
  if (v.format == VideoFormat::Gif && v.fps > 50) throw SessionError("a GIF shows at most 50 frames a second");
  if (e.shot.supersampling < 1 || e.shot.supersampling > 4) throw SessionError("supersampling is 1 to 4");
  if (e.shot.transparent && !hasTransparency(v.format))
    throw SessionError("MP4 has no transparency; WebM, GIF, APNG and PNG sequences have");
  if (e.titleSeconds < 0 || e.titleSeconds > 600) throw SessionError("a title is shown for 0 to 600 seconds");
  for (const int side : {e.shot.width, e.shot.height})
    if (side < 16 || side * e.shot.supersampling > 16384)
      throw SessionError("a picture has 16 to 16384 pixels a side, before supersampling");
}

}  // namespace

// ---- the module ----------------------------------------------------------------------------------------------------

const CodecLibrary& codecs() {
  static const CodecLibrary& library = *[] {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    const char* const name = "guidescope-codecs.so";
    std::string words = "it is not beside the program";
    for (const auto& folder : {program, program / "..", program / ".." / "lib" / "guidescope"}) {
      if (!std::filesystem::exists(folder / name, error)) continue;
      // Deep binding is not wanted: what both link (zlib, libpng) is the same library.
      if (void* module = dlopen((folder / name).c_str(), RTLD_NOW | RTLD_LOCAL)) {
        using Get = const CodecLibrary* (*)();
        if (const auto get = reinterpret_cast<Get>(dlsym(module, "guidescopeCodecs"))) return get();
      }
      if (const char* why = dlerror()) words = why;
    }
    throw OutputError("films cannot be written or read here, guidescope-codecs.so cannot be opened: " + words);
  }();
  return library;
}

std::string availableFormats() { return codecs().available(); }

PaletteMaker::PaletteMaker(int width, int height, bool transparent)
    : codec_(codecs().palette(width, height, transparent)) {}
PaletteMaker::~PaletteMaker() = default;
void PaletteMaker::add(const Image& image) { codec_->add(image); }
std::vector<std::uint32_t> PaletteMaker::finish() { return codec_->finish(); }

std::string videoMetadata(const std::string& path, const std::string& key) { return codecs().metadata(path, key); }

struct VideoFile::Impl {
  std::string path;
  VideoOptions options;
  Temporary temporary;
  std::unique_ptr<FileCodec> codec;
};

VideoFile::VideoFile(const std::string& path, const VideoOptions& options, const std::vector<std::uint32_t>& palette) {
  if (options.format == VideoFormat::PngSequence) throw OutputError(path + ": a sequence is not one file");
  if (options.width < 2 || options.height < 2 || options.width % 2 || options.height % 2)
    throw OutputError(path + ": the size of a film must be even");
  if (isSpecialFile(path)) throw OutputError(path + ": a film cannot be written to a device or a pipe");
  const CodecLibrary& library = codecs();
  impl_.reset(new Impl{path, options, Temporary(path), nullptr});
  impl_->codec = library.file(path, impl_->temporary.path(), options, palette, host::pixels());
}
VideoFile::~VideoFile() = default;
void VideoFile::add(const Image& image) { impl_->codec->add(image); }
void VideoFile::finish() {
  Impl& v = *impl_;
  v.codec->finish();
  v.codec.reset();
  if (v.options.format == VideoFormat::Gif || v.options.format == VideoFormat::Apng)
    commitWithSession(v.temporary, v.path, v.options.session);
  else
    v.temporary.commit();
}

// ---- which frames --------------------------------------------------------------------------------------------------

std::optional<VideoFormat> videoFormat(std::string_view path) {
  const auto ends = [&](std::string_view tail) {
    return path.size() > tail.size() &&
           std::equal(tail.begin(), tail.end(), path.end() - std::ptrdiff_t(tail.size()),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  };
  if (ends(".mp4") || ends(".m4v")) return VideoFormat::Mp4;
  if (ends(".webm")) return VideoFormat::WebM;
  if (ends(".gif")) return VideoFormat::Gif;
  if (ends(".apng")) return VideoFormat::Apng;
  if (ends(".png") && numberPlace(path)) return VideoFormat::PngSequence;
  return std::nullopt;
}

bool hasTransparency(VideoFormat f) { return f != VideoFormat::Mp4; }

std::string sequenceName(std::string_view pattern, int number) {
  const auto p = numberPlace(pattern);
  if (!p) throw OutputError(std::string(pattern) + ": a sequence's name has one number, as in %05d.png");
  std::string digits = std::to_string(number);
  if (int(digits.size()) < p->digits) digits.insert(0, std::size_t(p->digits) - digits.size(), '0');
  return std::string(pattern.substr(0, p->at)) + digits + std::string(pattern.substr(p->at + p->length));
}

VideoResult exportVideo(const Engine& engine, const VideoExport& e,
                        const std::function<void(const ExportProgress&)>& progress, std::stop_token stop) {
  checkExport(e);
  const auto begin = ExportClock::now();
  const Motion motion(e.session, e.animation);
  Shot shot = e.shot;
  VideoOptions video = e.video;
  const bool sequence = video.format == VideoFormat::PngSequence;
  if (!sequence) shot.width += shot.width % 2, shot.height += shot.height % 2;
  shot.captionPaths = motion.paths();
  video.width = shot.width;
  video.height = shot.height;
  video.transparent = shot.transparent;
  video.session = toJson(motion.at(motion.seconds()));

  const int cards = e.title.empty() ? 0 : int(e.titleSeconds * video.fps + 0.5);
  const int frames = cards + motion.frames(video.fps);
  if (frames > 500'000) throw SessionError("more than 500000 frames: fewer a second, or a shorter animation");
  Studio studio(engine, shot);
  VideoResult result;
  result.frames = frames;
  Image card;
  if (cards > 0) {
    const Session first = motion.at(0);
    card = titleCard(e.title, {first.name, caption(first.panes[0], 2, first.view.weights)}, first.view.theme,
                     shot.width, shot.height, shot.pixelRatio);
    if (shot.transparent) makeTransparent(card, palette(first.view.theme).canvas);
  }
  const auto sessionAt = [&](int k) { return motion.at(double(k - cards) / video.fps); };
  int work = 0, all = frames;
  const auto report = [&](int done) {
    if (stop.stop_requested()) throw Stopped();
    work += done;
    const double used = spent(begin);
    if (progress) progress({work, all, work > 2 && used > 0.3 ? used / work * (all - work) : -1});
  };
  // Every frame of `wanted` in order, one picture ahead of the one that is fetched.
  const auto draw = [&](const std::vector<int>& wanted, const std::function<void(int, Image)>& use) {
    std::deque<int> begun;
    const auto fetch = [&] {
      const int k = begun.front();
      begun.pop_front();
      use(k, studio.fetch());
      report(1);
    };
    for (const int k : wanted) {
      if (k < cards) {
        use(k, card);
        report(1);
        continue;
      }
      studio.begin(sessionAt(k), stop);
      begun.push_back(k);
      if (begun.size() > 1) fetch();
    }
    while (!begun.empty()) fetch();
  };
  std::vector<int> every(static_cast<std::size_t>(frames));
  for (int k = 0; k < frames; ++k) every[std::size_t(k)] = k;

  if (sequence) {
    const std::string made = madeWords(e);
    const auto folder = std::filesystem::path(e.path).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) throwSystemError(folder.string(), "cannot be made", error.value());
    std::vector<int> missing;
    for (const int k : every) {
      const PngNote note = readPngNote(sequenceName(e.path, k));
      const bool there = note.width == shot.width && note.height == shot.height && note.made == made &&
                         note.session == toJson(k < cards ? motion.at(0) : sessionAt(k));
      if (!there) missing.push_back(k);
    }
    result.skipped = frames - int(missing.size());
    all = int(missing.size());
    draw(missing, [&](int k, Image image) {
      const auto clock = ExportClock::now();
      writePng(image, sequenceName(e.path, k), toJson(k < cards ? motion.at(0) : sessionAt(k)), made);
      result.encodeSeconds += spent(clock);
    });
  } else {
    std::vector<std::uint32_t> colors;
    if (video.format == VideoFormat::Gif) {
      // A hundred frames know the colours of the clip.
      std::vector<int> some;
      const int apart = std::max(1, frames / 100);
      for (int k = 0; k < frames; k += apart) some.push_back(k);
      if (some.back() != frames - 1) some.push_back(frames - 1);
      all += int(some.size());
      PaletteMaker maker(shot.width, shot.height, shot.transparent);
      draw(some, [&](int, Image image) { maker.add(image); });
      colors = maker.finish();
    }
    VideoFile file(e.path, video, colors);
    {
      Belt belt(file);
      draw(every, [&](int, Image image) { belt.put(std::move(image)); });
      belt.finish();
      result.encodeSeconds = belt.seconds();
    }
    if (stop.stop_requested()) throw Stopped();
    file.finish();
  }
  result.studio = studio.times();
  result.seconds = spent(begin);
  return result;
}

}  // namespace gs
