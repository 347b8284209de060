#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "commands.h"
#include "data/networks.h"
#include "data/points.h"
#include "engine/spinning.h"
#include "gl/context.h"
#include "interrupt.h"
#include "output/figure.h"
#include "output/files.h"
#include "output/page.h"
#include "output/studio.h"
#include "output/temporary.h"
#include "output/video.h"
#include "panels/off_screen.h"
#include "progress.h"
#include "session/json.h"
#include "session/text.h"
#include "truth/measured.h"

namespace gs::cli {

namespace {

// An interrupt asks the export to stop, which then leaves nothing behind; a second one waits for that as well.
class Interruptible {
 public:
  std::stop_token token() const { return stop_.get_token(); }
  void poll() {
    if (interrupt_.asked()) stop_.request_stop();
  }

 private:
  Writing writing_;
  StopOnInterrupt interrupt_;
  std::stop_source stop_;
};

struct Desk {  // what every export needs
  gl::Context context = gl::Context::surfaceless();
  std::shared_ptr<Engine> engine;
  explicit Desk(const SceneOptions& scene) : engine(makeEngine(scene, &context)) {}
};

struct NoRoomForPanels : OutputError {
  using OutputError::OutputError;
};

// The window's panels, with the answers that the window would show when it has come to rest: those of the pictures
// between them, measured.
class PanelsAround final : public Surround {
 public:
  explicit PanelsAround(std::shared_ptr<const Engine> engine) : engine_(std::move(engine)) {
    stats_.engine = engine_->description();
  }

  std::vector<Box> panes(const Session& session, int width, int height, double ratio) override {
    boxes_.clear();
    for (const PixelRect& p : panesBesidePanels(int(session.panes.size()), width, height, ratio))
      boxes_.push_back({p.x, p.y, p.width, p.height});
    if (boxes_.empty())
      throw NoRoomForPanels("a picture of " + std::to_string(width) + "x" + std::to_string(height) +
                            " pixels has no room for panels at this scale; make it wider, or the scale smaller");
    return boxes_;
  }

  std::vector<std::uint8_t> draw(const Session& session, std::span<const Developed> panes, int width, int height,
                                 double ratio) override {
    answers_.resize(panes.size());
    for (std::size_t i = 0; i < panes.size(); ++i) {
      const Picture& p = panes[i].picture;
      LiveAnswer& a = answers_[i];
      if (a.frame != p.frame) {
        Measured found = measureEnds(*engine_, *p.frame);
        a.metrics = std::make_shared<const std::vector<Metric>>(std::move(found.metrics));
        a.ends = std::make_shared<const std::vector<float>>(std::move(found.ends));
        a.metricsOf = p.frame->experiment;
      }
      a.mixture = p.frame->mixture;
      a.plan = panes[i].plan;
      a.frame = p.frame;
      a.target = p.target;
      a.points = p.points;
      a.truths = p.truths;
      a.inspected.record = p.record;
      a.framesShown = 1;
      a.settled = true;
    }
    return panels_.draw(session, answers_, stats_, width, height, ratio);
  }

 private:
  std::shared_ptr<const Engine> engine_;
  OffScreenPanels panels_;
  UiStats stats_;
  std::vector<LiveAnswer> answers_;  // [pane]
  std::vector<Box> boxes_;
};

Shot shotOf(const RenderOptions& o) {
  Shot s{.supersampling = o.supersampling, .transparent = o.transparent, .caption = o.caption, .pane = o.scene.pane};
  if (o.width > 0) s.width = o.width, s.height = o.height;
  s.pixelRatio = o.pixelRatio.value_or(1);
  return s;
}

std::string textOfFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw BadInputError(file + ": cannot be read");
  std::string text(std::size_t(32 << 20) + 1, '\0');
  in.read(text.data(), std::streamsize(text.size()));
  if (in.gcount() == std::streamsize(text.size())) throw BadInputError(file + ": has more than 32 MiB");
  text.resize(std::size_t(in.gcount()));
  return text;
}

// By the names that were asked for. As a network that no file holds, it has no checksum then.
void callNetworks(std::vector<Experiment>& panes, const RenderOptions& o) {
  for (const std::string& call : o.callNetworks) {
    const std::size_t equals = call.find('=');
    const std::string file = foundFile(call.substr(equals + 1), "");
    const auto rename = [&](NetworkFile& n) {
      if (n.file == file && n.network && n.network->problem.empty()) n.file = call.substr(0, equals), n.sha256.clear();
    };
    for (Experiment& e : panes) {
      rename(e.model.network);
      for (Term& t : e.guidance) rename(t.network);
    }
  }
}

// The networks of all keyframes, each file read once.
void readKeyframes(std::vector<Keyframe>& keyframes, const RenderOptions& o) {
  Session all;
  all.panes.clear();
  for (const Keyframe& k : keyframes) all.panes.insert(all.panes.end(), k.session.panes.begin(), k.session.panes.end());
  std::vector<std::string> problems;  // said by what asks such a network, with its place
  readNetworks(all, std::filesystem::path(o.storyboard).parent_path().string(), problems);
  callNetworks(all.panes, o);
  auto from = all.panes.begin();
  for (Keyframe& k : keyframes)
    for (Experiment& pane : k.session.panes) pane = std::move(*from++);
}

Animation animationOf(const RenderOptions& o) {
  if (!o.storyboard.empty()) {
    try {
      Animation a = parseStoryboard(textOfFile(o.storyboard));
      readKeyframes(a.keyframes, o);
      return a;
    } catch (const SessionError& e) {
      throw SessionError(o.storyboard + ": " + e.what());
    }
  }
  try {
    return parseAnimation(o.animate.empty() ? "time:1..0:4s; hold:1s" : o.animate);
  } catch (const SessionError& e) {
    throw UsageError(std::string("--animate: ") + e.what());
  }
}

int print(const RenderOptions& o, Node answer, const std::string& said, int code, std::ostream& out) {
  if (o.json)
    out << prettyText(answer);
  else
    out << said << '\n';
  return code;
}

std::string threeDigits(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 3).ptr};
}

int renderVideo(const RenderOptions& o, const Session& session, VideoFormat format, std::ostream& out) {
  std::optional<Desk> desk;  // its context outlives what the export draws with
  VideoExport e{.session = session, .animation = animationOf(o), .shot = shotOf(o), .path = o.output, .title = o.title};
  // Without a wish text grows with the picture, so that it can be read from the last row.
  if (!o.pixelRatio) e.shot.pixelRatio = std::max(0.5, std::round(std::min(e.shot.width, e.shot.height) / 180.) / 4);
  e.video.format = format;
  e.video.fps = o.fps.value_or(format == VideoFormat::Gif ? 25 : 30);
  e.video.quality = o.good ? VideoQuality::Good : VideoQuality::Draft;
  if (o.scene.pane) paneOf(session, o.scene);
  desk.emplace(o.scene);
  if (o.panels) e.shot.surround = std::make_shared<PanelsAround>(desk->engine);
  VideoResult r;
  try {
    Interruptible work;
    Progress bar("drawing " + o.output);
    int told = -1;
    r = exportVideo(
        *desk->engine, e,
        [&](const ExportProgress& p) {
          work.poll();
          bar.reached(p.done, p.of, p.secondsLeft);
          if (const int percent = 100 * p.done / std::max(p.of, 1); o.progress && percent != told) {
            told = percent;
            const std::string line = "progress " + std::to_string(p.done) + ' ' + std::to_string(p.of) + ' ' +
                                     threeDigits(p.secondsLeft) + '\n';
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
          }
        },
        work.token());
  } catch (const Stopped&) {
    return StoppedByUser;
  }
  Node answer{{"file", o.output},      {"width", e.shot.width},       {"height", e.shot.height},
              {"frames", r.frames},    {"fps", e.video.fps},          {"skipped", r.skipped},
              {"seconds", r.seconds},  {"compute", r.studio.compute}, {"draw", r.studio.draw},
              {"read", r.studio.read}, {"encode", r.encodeSeconds}};
  std::string said =
      o.output + ": " + std::to_string(r.frames) + " frames, " + std::to_string(e.video.fps) + " a second";
  if (r.skipped > 0) said += "; " + std::to_string(r.skipped) + " were there already";
  said += ". Drawn in " + threeDigits(r.seconds) + " s";
  return print(o, std::move(answer), said, Ok, out);
}

int renderFigure(const RenderOptions& o, const Session& session, std::ostream& out) {
  FigureExport e{.session = session,
                 .style = o.style == "slide" ? slideStyle() : paperStyle(),
                 .axes = {},
                 .pane = o.scene.pane,
                 .path = o.output};
  for (const std::string& axis : o.grid) e.axes.push_back(parseFigureAxis(axis));
  if (o.inches) e.style.width = *o.inches;
  if (o.font) e.style.font = *o.font;
  if (o.dpi) e.style.dpi = *o.dpi;
  if (o.aspect) e.style.aspect = *o.aspect;
  e.style.transparent = o.transparent;
  if (o.scene.pane) paneOf(session, o.scene);
  Desk desk(o.scene);
  const Progress progress("drawing " + o.output);
  const Writing writing;
  exportFigure(*desk.engine, e);
  return print(o, {{"file", o.output}, {"inches", e.style.width}}, o.output, Ok, out);
}

int renderPage(const RenderOptions& o, const Session& session, std::ostream& out) {
  PageExport e{.session = session, .pane = o.scene.pane.value_or(0), .over = std::nullopt, .path = o.output};
  if (o.grid.size() > 1) throw UsageError("--grid: a page has one choice of values");
  if (!o.grid.empty()) e.over = parseFigureAxis(o.grid[0]);
  paneOf(session, o.scene);
  const auto engine = makeEngine(o.scene);
  const Progress progress("computing " + o.output);
  const Writing writing;
  exportPage(*engine, e);
  return print(o, {{"file", o.output}}, o.output, Ok, out);
}

double processorSeconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

Image readReference(const std::string& file) {
  try {
    return readPng(file).image;
  } catch (const OutputError& e) {
    throw BadInputError(e.what());
  }
}

}  // namespace

int runExportBench(bool json, std::ostream& out) {
  Desk desk({.scene = "two-modes"});
  const auto path =
      std::filesystem::temp_directory_path() / ("guidescope-bench-" + std::to_string(::getpid()) + ".mp4");
  Node rows = Node::list();
  if (!json) out << "Film of two-modes, 1920x1080, with its encoding; shares of the time of the drawing thread\n";
  for (const bool good : {false, true}) {
    VideoExport e{
        .session = scenePreset("two-modes"), .animation = parseAnimation("time:1..0:10s"), .path = path.string()};
    e.shot.width = 1920;
    e.shot.height = 1080;
    e.shot.pixelRatio = 1.5;
    e.video.quality = good ? VideoQuality::Good : VideoQuality::Draft;
    const double before = spinningCores(), used = processorSeconds();
    const VideoResult r = exportVideo(*desk.engine, e, {});
    // Of all threads together: what other programs take is not in it. Two cores have 66.7 ms a frame at 30 a second.
    const double processor = (processorSeconds() - used) / r.frames;
    const double cores = std::min(before, spinningCores());
    std::filesystem::remove(path);
    const double rate = r.frames / r.seconds;
    rows.add({{"quality", good ? "good" : "draft"},
              {"frames_per_second", rate},
              {"processor_ms_per_frame", 1e3 * processor},
              {"compute", r.studio.compute / r.seconds},
              {"draw", r.studio.draw / r.seconds},
              {"read", r.studio.read / r.seconds},
              {"encode", r.encodeSeconds / r.seconds},
              {"spinning_cores", cores},
              {"counts", cores >= kEnoughSpinning}});
    const auto percent = [&](double seconds) {
      return std::to_string(int(std::lround(100 * seconds / r.seconds))) + " %";
    };
    if (!json)
      out << (good ? "  good   " : "  draft  ") << threeDigits(rate) << " frames/s, " << threeDigits(1e3 * processor)
          << " ms of processor time a frame: compute " << percent(r.studio.compute) << ", draw "
          << percent(r.studio.draw) << ", read " << percent(r.studio.read) << "; beside it encode "
          << percent(r.encodeSeconds) << "; two spinning threads got " << threeDigits(cores) << " cores"
          << (cores >= kEnoughSpinning ? "" : ", not counting") << '\n';
  }
  if (json) out << prettyText({{"export", rows}});
  return Ok;
}

static int renderScene(const RenderOptions& o, std::ostream& out) {
  if (o.output.empty() && o.reference.empty())
    throw UsageError("render: nothing to do; give -o FILE, --reference FILE, or both");
  Session session = openScene(o.scene);
  callNetworks(session.panes, o);
  if (o.time) session.view.time = *o.time;
  const auto video = videoFormat(o.output);
  const bool page = o.output.ends_with(".html");
  const auto figure = figureFormat(o.output);
  const bool vectors = figure == FigureFormat::Svg || figure == FigureFormat::Pdf;
  if (!video && (!o.animate.empty() || !o.storyboard.empty() || !o.title.empty() || o.fps))
    throw UsageError("--animate, --storyboard, --title and --fps are for .mp4, .webm, .gif, .apng and frames/%05d.png");
  if (!o.animate.empty() && !o.storyboard.empty()) throw UsageError("--animate and --storyboard: one of them");
  if ((video || page || vectors) && !o.reference.empty())
    throw UsageError("--reference: compares pictures (.png) only");
  if (o.panels && (page || vectors || !o.style.empty() || !o.grid.empty()))
    throw UsageError("--panels: figures and pages have none; they are for .png, .mp4, .webm, .gif and .apng");
  if (o.panels && (o.transparent || o.scene.pane))
    throw UsageError(std::string("--panels: not with ") + (o.transparent ? "--transparent" : "--pane") +
                     ", panels are opaque and show every pane");
  if (video) return renderVideo(o, session, *video, out);
  if (page) return renderPage(o, session, out);
  if (vectors || (figure && (!o.style.empty() || !o.grid.empty()))) return renderFigure(o, session, out);
  if (!o.output.empty() && !figure && !isSpecialFile(o.output))
    throw UsageError(o.output + ": the name's ending says what is made: .png, .svg, .pdf, .html, .mp4, .webm, .gif, " +
                     ".apng, or frames/%05d.png");
  Image reference;
  if (!o.reference.empty()) reference = readReference(o.reference);

  const Shot shot = shotOf(o);
  if (o.scene.pane) paneOf(session, o.scene);
  const int panes = o.scene.pane ? 1 : int(session.panes.size());
  if (shot.width < panes * (16 + int(std::lround(std::max(1., shot.pixelRatio * session.view.uiScale)))))
    throw UsageError("--size: too narrow for " + std::to_string(panes) + " panes");
  Image image;
  Node boxes = Node::list();  // of the panes among the panels
  {
    Desk desk(o.scene);
    const Progress progress("drawing");
    Shot drawn = shot;
    if (o.panels) drawn.surround = std::make_shared<PanelsAround>(desk.engine);
    image = Studio(*desk.engine, drawn).take(session);
    if (drawn.surround)
      for (const Surround::Box& b :
           drawn.surround->panes(session, image.width, image.height, shot.pixelRatio * session.view.uiScale))
        boxes.items.push_back({{"x", b.x}, {"y", b.y}, {"width", b.width}, {"height", b.height}});
  }
  if (!o.output.empty()) {
    const Writing writing;
    writePng(image, o.output, toJson(session));
  }

  Node answer{{"file", o.output}, {"width", image.width}, {"height", image.height}};
  if (o.panels) answer["panes"] = std::move(boxes);
  std::string said = o.output;
  int code = Ok;
  if (!o.reference.empty()) {
    const bool sameSize = image.width == reference.width && image.height == reference.height;
    ImageDifference difference;
    if (sameSize) difference = compare(image, reference);
    const bool same = sameSize && difference.max <= o.maxDifference && difference.mean <= o.meanDifference;
    code = same ? Ok : Difference;
    answer["reference"] = o.reference;
    answer["same"] = same;
    if (sameSize) {
      answer["max"] = difference.max;
      answer["mean"] = difference.mean;
    }
    said =
        o.reference + (same ? ": same" : ": different") + ", " +
        (sameSize ? "max " + std::to_string(difference.max) + ", mean " + threeDigits(difference.mean)
                  : "it has " + std::to_string(reference.width) + "x" + std::to_string(reference.height) + " pixels");
  }
  return print(o, std::move(answer), said, code, out);
}

int runRender(const RenderOptions& o, std::ostream& out) {
  try {
    return renderScene(o, out);
  } catch (const NoRoomForPanels& e) {
    throw UsageError(e.what());
  }
}

}  // namespace gs::cli
