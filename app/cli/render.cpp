#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "engine/live.h"
#include "gl/context.h"
#include "interrupt.h"
#include "output/files.h"
#include "progress.h"
#include "render/offscreen.h"
#include "render/palette.h"
#include "session/caption.h"
#include "session/json.h"

namespace gs::cli {

namespace {

// Columns of the density's grid; the renderer smooths between them. As in the window.
constexpr int kMaxDensityWidth = 480;

// Everything that one pane's picture needs, at full quality.
Picture compute(const Engine& engine, const Session& session, int pane, int width, int height) {
  const Experiment& experiment = session.panes[std::size_t(pane)];
  const View& view = session.view;
  const auto [plan, frame] = run(engine, experiment);
  Picture picture;
  picture.frame = frame;
  picture.label = caption(session, pane, frame->mixture->classes());
  const Progress progress("densities");
  const int columns = std::clamp(width / 2, 16, kMaxDensityWidth);
  if (view.density.visible) {
    const NoiseLevel level = cursorLevel(experiment.schedule, frame->grid, view.time);
    const FieldGrid grid = visibleGrid(view, level, width, height, columns);
    picture.density = std::make_shared<const DensityField>(engine.density(*frame->mixture, level, grid, {}));
  }
  if (view.target.visible || view.reward.visible) {
    const FieldGrid grid = visibleGrid(view, NoiseLevel{}, width, height, columns);
    picture.target = std::make_shared<const TargetField>(targetField(engine, experiment, *frame->mixture, grid, {}));
  }
  if (const ParticleColor color = view.particles.color;
      view.particles.visible && (color == ParticleColor::ClassPosterior || color == ParticleColor::PushSize)) {
    const int step = nearestStep(frame->grid, view.time);
    picture.points = std::make_shared<const PointValues>(engine.pointValues(*plan, *frame, step, {}));
  }
  return picture;
}

void paste(Image& into, const std::vector<std::uint8_t>& rgba, int left, int width) {
  for (int row = 0; row < into.height; ++row)
    std::memcpy(&into.rgba[(std::size_t(row) * into.width + left) * 4], &rgba[std::size_t(row) * width * 4],
                std::size_t(width) * 4);
}

// The chosen panes side by side, a line between them.
Image draw(const Session& session, const RenderOptions& o) {
  gl::Context context = gl::Context::surfaceless();
  const std::unique_ptr<Engine> made = makeEngine(o.scene, &context);
  const Engine& engine = *made;
  Renderer renderer;
  std::vector<int> panes;
  if (o.scene.pane) {
    paneOf(session, o.scene);
    panes.push_back(*o.scene.pane);
  } else {
    for (int i = 0; i < int(session.panes.size()); ++i) panes.push_back(i);
  }
  const double ratio = o.pixelRatio * session.view.uiScale;
  const int gap = std::max(1, int(std::lround(ratio))), count = int(panes.size());
  if (o.width < count * (16 + gap)) throw UsageError("--size: too narrow for " + std::to_string(count) + " panes");

  const Rgb line = palette(session.view.theme).line;
  Image image{o.width, o.height, {}};
  image.rgba.resize(std::size_t(o.width) * o.height * 4);
  for (std::size_t i = 0; i < image.rgba.size(); i += 4) {
    const std::uint8_t pixel[4] = {line.r, line.g, line.b, 255};
    std::memcpy(&image.rgba[i], pixel, 4);
  }
  const int room = o.width - gap * (count - 1);
  for (int i = 0; i < count; ++i) {
    const int from = room * i / count, to = room * (i + 1) / count;
    const Picture picture = compute(engine, session, panes[std::size_t(i)], to - from, o.height);
    paste(image, renderToRgba(renderer, picture, session.view, to - from, o.height, ratio), from + i * gap, to - from);
  }
  return image;
}

Image readReference(const std::string& file) {
  try {
    return readPng(file).image;
  } catch (const OutputError& e) {
    throw BadInputError(e.what());
  }
}

std::string threeDigits(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 3).ptr};
}

}  // namespace

int runRender(const RenderOptions& o, std::ostream& out) {
  if (o.output.empty() && o.reference.empty())
    throw UsageError("render: nothing to do; give -o FILE, --reference FILE, or both");
  Session session = openScene(o.scene);
  if (o.time) session.view.time = *o.time;
  Image reference;
  if (!o.reference.empty()) reference = readReference(o.reference);

  const Image image = draw(session, o);
  if (!o.output.empty()) {
    const Writing writing;
    writePng(image, o.output, toJson(session));
  }

  nlohmann::ordered_json answer{{"file", o.output}, {"width", image.width}, {"height", image.height}};
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
  if (o.json)
    out << answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  else
    out << said << '\n';
  return code;
}

}  // namespace gs::cli
