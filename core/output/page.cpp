#include "output/page.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "assets.h"
#include "data/distributions.h"
#include "truth/target.h"
#include "output/files.h"
#include "output/provenance.h"
#include "output/studio.h"
#include "render/contours.h"
#include "render/cursor.h"
#include "render/palette.h"
#include "render/renderer.h"
#include "session/caption.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

constexpr int kPageDensityWidth = 64, kPageDensityHeight = 40;
constexpr unsigned kLost = 4095;  // what 12 bits say of a particle that blew up

std::string shortNumber(double v) { return numberText(std::round(v * 1e4) / 1e4); }

void writeNumbers(std::string& out, const char* name, const std::vector<double>& values) {
  out.append("\"").append(name).append("\":[");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    out += shortNumber(values[i]);
  }
  out += "],\n";
}

std::string quotedText(const std::string& text) { return scriptEscaped(compactText(text)); }

std::string hexColor(Rgb c) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "#";
  for (const int v : {int(c.r), int(c.g), int(c.b)}) out.append({digits[v >> 4], digits[v & 15]});
  return out;
}

}  // namespace

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t v = std::uint32_t(bytes[i]) << 16;
    if (n > 1) v |= std::uint32_t(bytes[i + 1]) << 8;
    if (n > 2) v |= bytes[i + 2];
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? digits[(v >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::string pageText(const Engine& engine, const PageExport& e, std::stop_token stop) {
  const int pane = e.pane;
  if (pane < 0 || pane >= int(e.session.panes.size())) throw SessionError("there is no such pane");
  if (e.particles < 1 || e.particles > PageExport::kMostParticles)
    throw SessionError("a page shows 1 to 5000 particles");
  FigureAxis over;
  const std::string omega = "panes." + std::to_string(pane) + ".guidance.0.omega";
  if (e.over)
    over = *e.over;
  else if (!e.session.panes[std::size_t(pane)].guidance.empty())
    over = {omega, {0, 1, 2, 4, 8}};
  const std::size_t count = std::max<std::size_t>(1, over.values.size());

  std::string data, boxes, targets, labels;
  std::vector<std::uint8_t> points;
  std::vector<double> times, ratios;
  int particles = 0, rows = 0;
  const View& view = e.session.view;
  constexpr double kAspect = double(kPageDensityWidth) / kPageDensityHeight;
  for (std::size_t v = 0; v < count; ++v) {
    Session s = e.session;
    if (!over.path.empty()) setPath(s, over.path, numberText(over.values[v]));
    Experiment& experiment = s.panes[std::size_t(pane)];
    experiment.particles.count = std::min(experiment.particles.count, e.particles);
    const auto mixture = resolve(experiment.distribution);
    const Plan plan = [&] {
      try {
        return compile(experiment, mixture);
      } catch (const std::invalid_argument& why) {
        throw SessionError(inPane(pane, why.what()));
      }
    }();
    if (const Support support = engine.supports(plan); !support.ok)
      throw SessionError("the " + engine.name() + " engine cannot do this: " + support.reason);
    const auto frame = engine.sample(plan, experiment.particles.count, stop);
    if (!frame || stop.stop_requested()) throw Stopped();
    if (v == 0) {
      particles = frame->particles;
      rows = frame->rows();
    } else if (frame->rows() != rows || frame->particles != particles) {
      throw SessionError(over.path + ": a page needs the same steps and particles for every value");
    }
    boxes += v == 0 ? "[" : ",\n[";
    for (int r = 0; r < rows; ++r) {
      const GridPoint& g = frame->grid[std::size_t(frame->stepOf(r))];
      const double norm = shownNorm(g.level, view.coordinates);
      const HostRow row = frame->read(r);
      Vec2 lo(std::numeric_limits<double>::max()), hi(std::numeric_limits<double>::lowest());
      for (std::size_t i = 0; i < row.size(); i += 2)
        if (!blownUp(row[i], row[i + 1])) {
          const Vec2 x = Vec2(row[i], row[i + 1]) / norm;
          lo = glm::min(lo, x);
          hi = glm::max(hi, x);
        }
      if (!(lo.x <= hi.x)) lo = Vec2(0.0), hi = Vec2(1.0);
      hi = glm::max(hi, lo + 1e-6);
      for (std::size_t i = 0; i < row.size(); i += 2) {
        unsigned q[2] = {kLost, kLost};
        if (!blownUp(row[i], row[i + 1])) {
          const Vec2 u = (Vec2(row[i], row[i + 1]) / norm - lo) / (hi - lo);
          q[0] = unsigned(std::lround(u.x * (kLost - 1)));
          q[1] = unsigned(std::lround(u.y * (kLost - 1)));
        }
        points.push_back(std::uint8_t(q[0] >> 4));
        points.push_back(std::uint8_t((q[0] & 15) << 4 | q[1] >> 8));
        points.push_back(std::uint8_t(q[1]));
      }
      boxes += r == 0 ? "[" : ",[";
      for (const double b : {lo.x, lo.y, hi.x, hi.y}) boxes.append(shortNumber(b)).append(",");
      boxes.back() = ']';
      if (v == 0) {
        times.push_back(g.t);
        ratios.push_back(g.level.alpha > 0 ? std::min(1e9, g.level.sigma / g.level.alpha) : 1e9);
      }
    }
    boxes += "]";
    const FieldGrid grid = visibleGrid(view, NoiseLevel{}, int(640 * kAspect), 640, 240);
    const TargetField target = targetField(engine, experiment, *mixture, grid, stop);
    targets += v == 0 ? "[" : ",\n[";
    bool firstLine = true;
    if (target.absent.empty() && view.target.visible)
      for (const float level : target.contourLevels)
        for (ContourLine line : contourLines(target.grid, target.logDensity, level)) {
          if (line.closed) line.points.push_back(line.points.front());
          targets += firstLine ? "[" : ",[";
          firstLine = false;
          for (std::size_t i = 0; i < line.points.size(); ++i) {
            if (i > 0) targets += ',';
            targets.append(numberText(std::round(line.points[i].x * 1e3) / 1e3)).append(",");
            targets += numberText(std::round(line.points[i].y * 1e3) / 1e3);
          }
          targets += "]";
        }
    targets += "]";
    labels += v == 0 ? "" : ",";
    labels += quotedText(caption(experiment, mixture->classes(), view.weights));
    if (v == 0) {
      // The data law at every state as bytes of its square root, relative to its highest.
      std::vector<std::uint8_t> densities;
      for (int r = 0; r < rows && view.density.visible; ++r) {
        const NoiseLevel level = frame->grid[std::size_t(frame->stepOf(r))].level;
        FieldGrid g = visibleGrid(view, level, int(640 * kAspect), 640, kPageDensityWidth);
        g.width = kPageDensityWidth;
        g.height = kPageDensityHeight;
        const DensityField field = engine.density(*mixture, level, g, stop);
        if (stop.stop_requested()) throw Stopped();
        const std::size_t cells = std::size_t(g.width) * std::size_t(g.height);
        std::vector<double> sum(cells);
        double most = 0;
        for (std::size_t i = 0; i < cells; ++i) {
          for (int c = 0; c < field.classes; ++c)
            sum[i] += std::exp(double(field.logJoint[std::size_t(c) * cells + i]));
          most = std::max(most, sum[i]);
        }
        for (const double p : sum)
          densities.push_back(std::uint8_t(std::lround(255 * std::sqrt(most > 0 ? p / most : 0))));
      }
      data += "\"density\":{\"width\":" + std::to_string(kPageDensityWidth) +
              ",\"height\":" + std::to_string(kPageDensityHeight) + ",\"data\":\"" + base64(densities) + "\"},\n";
    }
  }

  std::string json = "{\n\"name\":" + quotedText(e.session.name) + ",\n\"path\":" + quotedText(over.path) + ",\n";
  json += "\"particles\":" + std::to_string(particles) + ",\"states\":" + std::to_string(rows) + ",\n";
  writeNumbers(json, "values", over.values);
  writeNumbers(json, "t", times);
  writeNumbers(json, "ratio", ratios);
  writeNumbers(json, "camera", {view.camera.center.x, view.camera.center.y, view.camera.height});
  json.append("\"labels\":[").append(labels).append("],\n");
  for (const Theme theme : {Theme::Dark, Theme::Light}) {
    const Palette& p = palette(theme);
    json.append(theme == Theme::Dark ? "\"dark\":{" : "\"light\":{");
    const std::pair<const char*, Rgb> inks[] = {{"canvas", p.canvas}, {"panel", p.panel},         {"text", p.text},
                                                {"line", p.line},     {"secondary", p.secondary}, {"guided", p.guided},
                                                {"tilted", p.tilted}, {"other", p.other}};
    for (const auto& [name, ink] : inks)
      json.append("\"").append(name).append("\":\"").append(hexColor(ink)).append("\",");
    json.back() = '}';
    json += ",\n";
  }
  json.append("\"startDark\":")
      .append(view.theme == Theme::Dark || view.theme == Theme::HighContrast ? "true" : "false");
  json.append(",\n").append(data);
  json.append("\"targets\":[").append(targets).append("],\n\"boxes\":[").append(boxes).append("],\n");
  json.append("\"points\":\"").append(base64(points)).append("\"\n}");

  std::string page(asset("pages/player.html"));
  const auto put = [&](std::string_view mark, const std::string& text) {
    const std::size_t at = page.find(mark);
    if (at == page.npos) throw OutputError("the page's frame lacks " + std::string(mark));
    page.replace(at, mark.size(), text);
  };
  put("@TITLE@", xmlEscaped(e.session.name.empty() ? "Guidescope" : e.session.name));
  put("@SESSION@", scriptEscaped(toJson(e.session)));
  put("@DATA@", json);
  return page;
}

void exportPage(const Engine& engine, const PageExport& e, std::stop_token stop) {
  const std::string text = pageText(engine, e, stop);
  writeFileAtomically(e.path, std::as_bytes(std::span(text)));
}

}  // namespace gs
