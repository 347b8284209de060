#include "output/studio.h"

#include <cairo.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>

#include "data/distributions.h"
#include "truth/probe.h"
#include "truth/target.h"
#include "truth/truths.h"
#include "output/words.h"
#include "render/color.h"
#include "render/legend.h"
#include "render/offscreen.h"
#include "session/caption.h"
#include "session/formula.h"
#include "session/classes.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

using StudioClock = std::chrono::steady_clock;

// Columns of the density's grid; the renderer smooths between them. As in the window.
constexpr int kMaxDensityWidth = 480;
constexpr double kCaptionSize = 15, kCaptionHeight = 36;  // points

double since(StudioClock::time_point begin) {
  return std::chrono::duration<double>(StudioClock::now() - begin).count();
}

void throwIf(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Stopped();
}

// "guidance.0.omega = 2.00"; numbers with three digits, so that they do not tremble.
std::string valueWords(const Session& s, const std::string& path) {
  std::string value = getPath(s, path);
  if (const Node n = parseText(value); n.is(Node::Kind::Number))
    value = n.number == std::round(n.number) && path.find("omega") == path.npos ? formatFixed(n.number, 0)
                                                                                : formatFixed(n.number, 2);
  const std::size_t dot = path.rfind('.');
  const std::string last = path.substr(dot == path.npos ? 0 : dot + 1);
  return (last == "omega" ? "ω" : last == "kappa" ? "κ" : path.starts_with("view.") ? last : path) + " = " + value;
}

cairo_surface_t* surfaceOf(std::vector<std::uint32_t>& pixels, int width, int height) {
  return cairo_image_surface_create_for_data(reinterpret_cast<unsigned char*>(pixels.data()), CAIRO_FORMAT_RGB24, width,
                                             height, width * 4);
}

std::vector<std::uint32_t> filled(Rgb c, int width, int height) {
  return std::vector<std::uint32_t>(std::size_t(width) * std::size_t(height),
                                    (std::uint32_t(c.r) << 16) | (std::uint32_t(c.g) << 8) | c.b);
}

// Everything but the boxes of `image` becomes what `around` has there.
void putAround(Image& image, const std::vector<std::uint8_t>& around, const std::vector<Surround::Box>& boxes) {
  std::vector<std::pair<int, int>> kept;  // columns of a row
  for (int y = 0; y < image.height; ++y) {
    kept.clear();
    for (const Surround::Box& b : boxes)
      if (y >= b.y && y < b.y + b.height) kept.emplace_back(b.x, b.x + b.width);
    std::sort(kept.begin(), kept.end());
    kept.emplace_back(image.width, image.width);
    int from = 0;
    for (const auto& [begin, end] : kept) {
      const std::size_t at = 4 * (std::size_t(y) * std::size_t(image.width) + std::size_t(from));
      if (begin > from) std::copy_n(around.data() + at, 4 * std::size_t(begin - from), image.rgba.data() + at);
      from = std::max(from, end);
    }
  }
}

// Into rows of an image from `top` on.
void putRows(Image& image, int top, const std::vector<std::uint32_t>& pixels) {
  std::uint8_t* to = image.rgba.data() + std::size_t(top) * std::size_t(image.width) * 4;
  for (const std::uint32_t p : pixels) {
    *to++ = std::uint8_t(p >> 16);
    *to++ = std::uint8_t(p >> 8);
    *to++ = std::uint8_t(p);
    *to++ = 255;
  }
}

}  // namespace

// ---- computing -----------------------------------------------------------------------------------------------------

struct Darkroom::Impl {
  struct Pane {
    std::optional<Distribution> distribution;
    std::shared_ptr<const Mixture> mixture;
    std::optional<Experiment> experiment;
    std::shared_ptr<const Plan> plan;
    Picture picture;
    NoiseLevel densityLevel;
    FieldGrid densityGrid, targetGrid;
    std::shared_ptr<const Mixture> densityOf;
    std::shared_ptr<const Frame> pointsOf;
    int pointsStep = -1;
    std::optional<Experiment> targetOf;  // without what a target does not depend on
  };
  const Engine& engine;
  std::vector<Pane> panes;
};

Darkroom::Darkroom(const Engine& engine) : impl_(new Impl{engine, {}}) {}
Darkroom::~Darkroom() = default;

std::shared_ptr<const Plan> Darkroom::plan(int pane) const { return impl_->panes.at(std::size_t(pane)).plan; }

Picture Darkroom::develop(const Session& session, int pane, int width, int height, double pixelRatio,
                          std::stop_token stop) {
  const Engine& engine = impl_->engine;
  if (impl_->panes.size() <= std::size_t(pane)) impl_->panes.resize(std::size_t(pane) + 1);
  Impl::Pane& made = impl_->panes[std::size_t(pane)];
  const Experiment& experiment = session.panes.at(std::size_t(pane));
  const View& view = session.view;
  if (made.distribution != experiment.distribution) {
    made.mixture = resolve(experiment.distribution);
    made.distribution = experiment.distribution;
    made.experiment.reset();
  }
  if (made.experiment != experiment) {
    made.experiment.reset();
    try {
      made.plan = std::make_shared<const Plan>(compile(experiment, made.mixture, made.plan.get()));
    } catch (const std::invalid_argument& e) {
      throw SessionError(inPane(pane, e.what()));
    }
    if (const Support support = engine.supports(*made.plan); !support.ok)
      throw SessionError("the " + engine.name() + " engine cannot do this: " + support.reason);
    made.picture.frame = engine.sample(*made.plan, experiment.particles.count, stop);
    throwIf(stop);
    made.experiment = experiment;
  }
  Picture& p = made.picture;
  p.label = caption(session, pane, made.mixture->classes());
  const int columns = std::clamp(width / 2, 16, kMaxDensityWidth);
  if (view.density.visible) {
    const NoiseLevel level = cursorLevel(experiment.schedule, p.frame->grid, view.time);
    const FieldGrid grid = visibleGrid(view, level, width, height, columns);
    if (!p.density || made.densityOf != made.mixture || !(made.densityGrid == grid) ||
        made.densityLevel.alpha != level.alpha || made.densityLevel.sigma != level.sigma) {
      p.density = std::make_shared<const DensityField>(engine.density(*made.mixture, level, grid, stop));
      throwIf(stop);
      made.densityOf = made.mixture;
      made.densityGrid = grid;
      made.densityLevel = level;
    }
  } else {
    p.density = nullptr;
  }
  p.truths = truthsOf(engine, experiment, made.mixture, view, visibleGrid(view, {}, width, height, columns),
                      view.camera.height / height * pixelRatio, p.frame);
  p.record =
      view.particles.marked >= 0 ? particleRecord(engine, *made.plan, p.frame, view.particles.marked, stop) : nullptr;
  if (view.target.visible || view.reward.visible) {
    const FieldGrid grid = visibleGrid(view, NoiseLevel{}, width, height, columns);
    Experiment of = experiment;
    of.schedule = {};
    of.sampler = {};
    of.particles = {};
    if (!p.target || made.targetOf != of || !(made.targetGrid == grid)) {
      p.target = std::make_shared<const TargetField>(targetField(engine, experiment, *made.mixture, grid, stop));
      throwIf(stop);
      made.targetOf = std::move(of);
      made.targetGrid = grid;
    }
  } else {
    p.target = nullptr;
  }
  if (const ParticleColor color = view.particles.color;
      view.particles.visible && (color == ParticleColor::ClassPosterior || color == ParticleColor::PushSize)) {
    const int step = nearestStep(p.frame->grid, view.time);
    if (!p.points || made.pointsOf != p.frame || made.pointsStep != step) {
      p.points = std::make_shared<const PointValues>(engine.pointValues(*made.plan, *p.frame, step, stop));
      throwIf(stop);
      made.pointsOf = p.frame;
      made.pointsStep = step;
    }
  } else {
    p.points = nullptr;
  }
  return p;
}

// ---- drawing -------------------------------------------------------------------------------------------------------

struct Studio::Impl {
  Shot shot;
  Darkroom darkroom;
  std::vector<std::unique_ptr<Renderer>> renderers;  // one a pane: each keeps what has not changed
  int bar = 0;                                       // rows of the caption, before reducing
  Offscreen target;
  std::unique_ptr<Words> words;
  struct Waiting {
    Session session;
    std::vector<Surround::Box> boxes;  // of the panes, with the picture of what surrounds them
    std::vector<std::uint8_t> around;
  };
  std::deque<Waiting> waiting;
  StudioTimes times;

  static int barOf(const Shot& s, double uiScale) {
    return s.caption ? int(std::lround(kCaptionHeight * s.pixelRatio * uiScale)) : 0;
  }
  Impl(const Engine& engine, const Shot& s)
      : shot(s),
        darkroom(engine),
        bar(barOf(s, 1) * s.supersampling),
        target(s.width * s.supersampling, s.height * s.supersampling - bar) {
    if (s.caption) words = std::make_unique<Words>();
  }

  std::vector<int> panesOf(const Session& s) const {
    if (shot.pane && !shot.surround) return {*shot.pane};
    std::vector<int> all;
    for (int i = 0; i < int(s.panes.size()); ++i) all.push_back(i);
    return all;
  }

  void drawCaption(Image& image, const Session& s) const {
    const int height = bar / shot.supersampling, top = image.height - height;
    const Palette& colors = palette(s.view.theme);
    const double r = shot.pixelRatio, pad = 16 * r;
    std::vector<std::uint32_t> pixels = filled(colors.canvas, image.width, height);
    cairo_surface_t* surface = surfaceOf(pixels, image.width, height);
    cairo_t* cairo = cairo_create(surface);
    WordStyle style{.size = kCaptionSize * r, .color = colors.text};
    const double baseline = 0.5 * (height + Words::capHeight(style.size));
    const Experiment& e = s.panes[std::size_t(shot.pane.value_or(0))];
    const std::string formula = formulaWords(guidanceFormula(e, s.view.weights));
    std::string values = "t = " + formatFixed(s.view.time, 2);
    for (const std::string& path : shot.captionPaths)
      if (path != "view.time" && !path.starts_with("view.camera")) values += "    " + valueWords(s, path);
    // In a narrow picture both are smaller before one is left out.
    const double room = image.width - 2 * pad;
    const double wide = words->width(formula, style) + words->width(values, style) + 2 * pad;
    if (wide > room) style.size *= std::max(0.6, room / wide);
    const double valueWidth = words->width(values, style);
    if (words->width(formula, style) + valueWidth + pad <= room) words->draw(cairo, pad, baseline, formula, style);
    style.color = colors.guided;
    words->draw(cairo, image.width - pad - valueWidth, baseline, values, style);
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    putRows(image, top, pixels);
  }
};

Studio::Studio(const Engine& engine, const Shot& shot) : impl_(std::make_unique<Impl>(engine, shot)) {}
Studio::~Studio() = default;
const StudioTimes& Studio::times() const { return impl_->times; }
int Studio::taken() const { return impl_->target.reading(); }

void Studio::begin(const Session& session, std::stop_token stop) {
  Impl& s = *impl_;
  const std::vector<int> panes = s.panesOf(session);
  const double ratio = s.shot.pixelRatio * session.view.uiScale * s.shot.supersampling;
  const int gap = std::max(1, int(std::lround(ratio))), count = int(panes.size());
  const int width = s.shot.width * s.shot.supersampling, height = s.shot.height * s.shot.supersampling - s.bar;
  if (width < count * (16 + gap) || height < 16)
    throw OutputError("the picture is too small for " + std::to_string(count) + (count == 1 ? " pane" : " panes"));
  while (s.renderers.size() < panes.size()) s.renderers.push_back(std::make_unique<Renderer>());
  Impl::Waiting taken{.session = session};
  std::vector<Surround::Box> boxes;
  if (s.shot.surround) {
    boxes = taken.boxes = s.shot.surround->panes(session, width, height, ratio);
  } else {
    const int room = width - gap * (count - 1);
    for (int i = 0; i < count; ++i) {
      const int from = room * i / count, to = room * (i + 1) / count;
      boxes.push_back({from + i * gap, 0, to - from, height});
    }
  }
  bool cleared = false;
  std::vector<Developed> developed;
  for (int i = 0; i < count; ++i) {
    const Surround::Box& b = boxes[std::size_t(i)];
    auto clock = StudioClock::now();
    const int pane = panes[std::size_t(i)];
    developed.push_back({s.darkroom.develop(session, pane, b.width, b.height, ratio, stop), s.darkroom.plan(pane)});
    s.times.compute += since(clock);
    clock = StudioClock::now();
    if (!cleared && count > 1) s.target.clear(palette(session.view.theme).line);
    cleared = true;
    s.renderers[std::size_t(i)]->draw(s.target.rectangle(b.x, b.y, b.width, b.height, ratio), developed.back().picture,
                                      session.view);
    s.times.draw += since(clock);
  }
  const auto clock = StudioClock::now();
  s.target.startReading();
  if (s.shot.surround) taken.around = s.shot.surround->draw(session, developed, width, height, ratio);
  s.times.draw += since(clock);
  s.waiting.push_back(std::move(taken));
}

Image Studio::fetch() {
  Impl& s = *impl_;
  const auto clock = StudioClock::now();
  const Impl::Waiting taken = std::move(s.waiting.front());
  const Session& session = taken.session;
  s.waiting.pop_front();
  const int n = s.shot.supersampling;
  Image image{s.shot.width * n, s.shot.height * n - s.bar, s.target.finishReading()};
  if (!taken.around.empty()) putAround(image, taken.around, taken.boxes);
  if (n > 1) image = reduced(image, n);
  if (s.bar > 0) {
    image.height = s.shot.height;
    image.rgba.resize(std::size_t(image.width) * std::size_t(image.height) * 4);
    s.drawCaption(image, session);
  }
  if (s.shot.transparent) makeTransparent(image, palette(session.view.theme).canvas);
  s.times.read += since(clock);
  return image;
}

// ---- pixels --------------------------------------------------------------------------------------------------------

Image reduced(const Image& image, int n) {
  if (n < 1 || image.width % n != 0 || image.height % n != 0)
    throw OutputError("a picture of this size cannot be reduced by " + std::to_string(n));
  if (n == 1) return image;
  std::array<float, 256> linear;
  for (int i = 0; i < 256; ++i) linear[std::size_t(i)] = linearFromSrgb(float(i) / 255);
  // The inverse as a table: fine enough that every byte comes back.
  constexpr int kFine = 1 << 14;
  static const std::vector<std::uint8_t> encoded = [] {
    std::vector<std::uint8_t> t(kFine + 1);
    for (int i = 0; i <= kFine; ++i) {
      const double v = double(i) / kFine, s = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
      t[std::size_t(i)] = std::uint8_t(std::lround(255 * s));
    }
    return t;
  }();
  Image out{image.width / n, image.height / n, {}};
  out.rgba.resize(std::size_t(out.width) * std::size_t(out.height) * 4);
  const std::size_t stride = std::size_t(image.width) * 4;
  const float scale = float(kFine) / float(n * n);
  for (int j = 0; j < out.height; ++j)
    for (int i = 0; i < out.width; ++i) {
      float sum[3] = {};
      for (int y = 0; y < n; ++y) {
        const std::uint8_t* p = image.rgba.data() + std::size_t(j * n + y) * stride + std::size_t(i * n) * 4;
        for (int x = 0; x < n; ++x, p += 4)
          for (int c = 0; c < 3; ++c) sum[c] += linear[p[c]];
      }
      std::uint8_t* to = &out.rgba[(std::size_t(j) * std::size_t(out.width) + std::size_t(i)) * 4];
      for (int c = 0; c < 3; ++c) to[c] = encoded[std::size_t(std::min(float(kFine), sum[c] * scale + 0.5f))];
      to[3] = 255;
    }
  return out;
}

void makeTransparent(Image& image, Rgb canvas) {
  const int k[3] = {canvas.r, canvas.g, canvas.b};
  for (std::size_t i = 0; i < image.rgba.size(); i += 4) {
    std::uint8_t* p = &image.rgba[i];
    double alpha = 0;
    for (int c = 0; c < 3; ++c) {
      const int d = p[c] - k[c];
      // Differences of the dithering's size are the canvas.
      if (std::abs(d) > 1) alpha = std::max(alpha, d > 0 ? double(d) / (255 - k[c]) : double(-d) / k[c]);
    }
    const int a = int(std::ceil(255 * std::min(alpha, 1.)));
    if (a > 0)
      for (int c = 0; c < 3; ++c)
        p[c] = std::uint8_t(std::clamp(std::lround(k[c] + (p[c] - k[c]) * 255. / a), 0L, 255L));
    p[3] = std::uint8_t(a);
  }
}

Image titleCard(const std::string& title, const std::vector<std::string>& lines, Theme theme, int width, int height,
                double pixelRatio) {
  const Words words;
  const Palette& colors = palette(theme);
  Image image{width, height, std::vector<std::uint8_t>(std::size_t(width) * std::size_t(height) * 4)};
  std::vector<std::uint32_t> pixels = filled(colors.canvas, width, height);
  cairo_surface_t* surface = surfaceOf(pixels, width, height);
  cairo_t* cairo = cairo_create(surface);
  const auto line = [&](const std::string& text, double y, WordStyle style) {
    const double wide = words.width(text, style);
    if (wide > 0.9 * width) style.size *= 0.9 * width / wide;
    words.draw(cairo, 0.5 * (width - words.width(text, style)), y, text, style);
  };
  const double size = std::min(0.075 * height, 60 * pixelRatio), small = 0.5 * size;
  double y = 0.5 * height - 0.5 * small * double(lines.size());
  line(title, y, {.size = size, .color = colors.text, .bold = true});
  for (const std::string& text : lines) line(text, y += 1.9 * small, {.size = small, .color = colors.secondary});
  cairo_set_source_rgb(cairo, colors.guided.r / 255., colors.guided.g / 255., colors.guided.b / 255.);
  cairo_rectangle(cairo, 0.5 * width - size, 0.5 * height - 0.5 * small * double(lines.size()) - 1.9 * size, 2 * size,
                  std::max(2., 0.07 * size));
  cairo_fill(cairo);
  cairo_destroy(cairo);
  cairo_surface_finish(surface);
  cairo_surface_destroy(surface);
  putRows(image, 0, pixels);
  return image;
}

}  // namespace gs
