// Where the time goes: what a person feels, and every frame's stages as a rolling plot.
#include <algorithm>
#include <array>
#include <cmath>

#include "cards.h"

namespace gs::ui {
namespace {

struct Stage {
  const char* name;
  float FrameTimes::*ms;
  double tone;   // from the canvas (0) to the text (1): colours mean other things
  float period;  // of a line's dashes, in font sizes; 0: unbroken
  const char* help;
};
// Of the window's thread, stacked from below.
constexpr std::array kWindow{
    Stage{"interface", &FrameTimes::interface, .95, 0, "Dear ImGui turns the panels into triangles."},
    Stage{"exchange", &FrameTimes::exchange, .30, 0,
          "Requests to the engine's workers and answers from them: all that computing may keep the window waiting."},
    Stage{"upload", &FrameTimes::upload, .75, 0, "Positions and fields to the device."},
    Stage{"draw", &FrameTimes::draw, .45, 0, "Pictures and panels, as far as the window waits for the device."},
    Stage{"present", &FrameTimes::present, .60, 0, "The finished frame to the screen."},
};
// Beside it, as lines.
constexpr std::array kBeside{
    Stage{"plan", &FrameTimes::plan, 1, .45f, "Tables of the answer on the screen, on a worker."},
    Stage{"compute", &FrameTimes::compute, 1, 1.1f, "The trajectories on the screen, on workers or the device."},
    Stage{"device", &FrameTimes::device, 1, 0, "Drawing as the device's own timers see it."},
};

ImU32 colorOf(const Stage& s) { return mix(look().canvas, look().text, s.tone); }

// A line in the stage's pattern, with an edge that keeps it legible on bars of any tone.
void patterned(ImDrawList* d, const Stage& s, const std::vector<ImVec2>& points) {
  const Look& l = look();
  const float period = l.em * s.period, wide = l.stroke(3.4), thin = l.stroke(1.4);
  std::vector<ImVec2> run;
  const auto draw = [&] {
    if (run.size() < 2) return;
    d->AddPolyline(run.data(), int(run.size()), faded(l.canvas, 0.8), 0, wide);
    d->AddPolyline(run.data(), int(run.size()), colorOf(s), 0, thin);
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool pause = period > 0 && std::fmod(points[i].x - points[0].x, period) > period * 0.6f;
    if (!pause) run.push_back(points[i]);
    if (pause || i + 1 == points.size()) draw(), run.clear();
  }
}

// The next of 10, 20, 50, 100... that holds all but a few spikes.
float scaleOf(const std::vector<FrameTimes>& frames) {
  std::vector<float> tops;
  for (const FrameTimes& f : frames) tops.push_back(std::max({f.total(), f.plan, f.compute, f.device}));
  const double high = std::max(10.0, spread(std::move(tops)).p95);
  const double decade = std::pow(10.0, std::floor(std::log10(high) + 1e-9));
  for (const double m : {1.0, 2.0, 5.0, 10.0})
    if (m * decade >= high) return float(m * decade);
  return float(high);
}

std::string bytes(std::uint64_t n) {
  if (n == 0) return "nothing";
  if (n < 1000) return std::to_string(n) + " B";
  return n < 1000000 ? shortNumber(double(n) / 1e3) + " kB" : shortNumber(double(n) / 1e6) + " MB";
}

void line(const Box2& b, std::string_view name, std::string_view value) {
  const Look& l = look();
  textIn(b, l.body, l.secondary, name);
  textIn({{b.lo.x + textWidth(l.body, name) + l.em * 0.5f, b.lo.y}, b.hi}, l.body, l.text, value, Align::Right);
}

void key(const Box2& b, const Stage& s, const std::vector<FrameTimes>& frames, bool stroke) {
  const Look& l = look();
  std::vector<float> values;
  for (const FrameTimes& f : frames) values.push_back(f.*s.ms);
  ImDrawList* d = ImGui::GetWindowDrawList();
  const float y = b.center().y, half = l.em * 0.28f, wide = l.em * (stroke ? 1.7f : 0.6f),
              name = b.lo.x + wide + l.em * 0.35f;
  if (stroke) {
    std::vector<ImVec2> points;
    for (float x = 0; x <= wide; x += 1) points.push_back({b.lo.x + x, y});
    patterned(d, s, points);
  } else {
    d->AddRectFilled({b.lo.x, y - half}, {b.lo.x + wide, y + half}, colorOf(s), half * 0.4f);
  }
  const std::string median = fixed(spread(std::move(values)).median, 1) + " ms";
  textIn({{name, b.lo.y}, b.hi}, l.small, l.secondary, s.name);
  textIn(b, l.small, l.text, median, Align::Right);
  const Press p = press(s.name, b, false);
  tooltip(p.id, p.hovered, s.name, s.help, "Median of the frames in the plot.");
}

// Legible on bars of any colour.
void onPlot(ImVec2 at, const std::string& words) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const float em = l.small->FontSize;
  d->AddRectFilled({at.x - em * 0.2f, at.y}, {at.x + textWidth(l.small, words) + em * 0.2f, at.y + em * 1.15f},
                   faded(l.canvas, 0.75), em * 0.2f);
  d->AddText(l.small, em, at, l.text, words.c_str());
}

void plot(const Box2& b, const std::vector<FrameTimes>& frames) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  const float top = scaleOf(frames), bar = b.width() / 240;
  d->AddRectFilled(b.lo, b.hi, l.canvas, l.em * 0.2f);
  d->PushClipRect(b.lo, b.hi, true);
  const auto y = [&](float ms) { return b.hi.y - b.height() * ms / top; };
  const std::size_t n = std::min<std::size_t>(frames.size(), 240);
  for (std::size_t i = 0; i < n; ++i) {
    const FrameTimes& f = frames[frames.size() - n + i];
    const float x = b.hi.x - bar * float(n - i);
    float sum = 0;
    for (const Stage& s : kWindow) {
      const float from = sum;
      sum += f.*s.ms;
      if (f.*s.ms > 0) d->AddRectFilled({x, y(sum)}, {x + bar, y(from)}, colorOf(s));
    }
  }
  for (const Stage& s : kBeside) {
    std::vector<ImVec2> points;
    for (std::size_t i = 0; i < n; ++i)
      points.push_back({b.hi.x - bar * (float(n - i) - 0.5f), y(frames[frames.size() - n + i].*s.ms)});
    patterned(d, s, points);
  }
  for (const float ms : {1000.f / 60, 1000.f / 30}) {
    if (ms > top) continue;
    d->AddLine({b.lo.x, y(ms)}, {b.hi.x, y(ms)}, faded(l.text, 0.35), l.stroke(1));
    onPlot({b.lo.x + l.em * 0.3f, y(ms) - l.small->FontSize * 1.15f}, ms < 20 ? "60 a second" : "30 a second");
  }
  d->PopClipRect();
  const std::string highest = shortNumber(top) + " ms";
  onPlot({b.hi.x - l.em * 0.4f - textWidth(l.small, highest), b.lo.y + l.em * 0.1f}, highest);
}

}  // namespace

void performancePanel(Context& c, const Box2& picture) {
  const Look& l = look();
  Memory& m = memory();
  const float pad = l.em * 0.8f, width = std::min(l.em * 25, picture.width() - 2 * pad);
  const float rowHeight = l.em * 1.5f, plotHeight = l.em * 6.5f;
  const float height = std::min(picture.height() - 2 * pad, rowHeight * 11.6f + plotHeight + 1.4f * pad);
  const Box2 box{{std::round(picture.hi.x - pad - width), std::round(picture.lo.y + pad)},
                 {std::round(picture.hi.x - pad), std::round(picture.lo.y + pad + height)}};
  ImGui::SetNextWindowPos(box.lo);
  ImGui::SetNextWindowSize({box.width(), box.height()});
  ImGui::Begin("performance", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoBackground);
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(box.lo, box.hi, l.panel, l.em * kRadius);
  d->AddRect(box.lo, box.hi, l.line, l.em * kRadius, 0, l.stroke(1));
  const float x0 = box.lo.x + pad, x1 = box.hi.x - pad;
  float y = box.lo.y + pad * 0.7f;
  const auto next = [&](float h) {
    const Box2 b{{x0, y}, {x1, y + h}};
    y += h;
    return b;
  };
  const Box2 heading = next(rowHeight);
  title(heading, "Performance");
  const Box2 close{{x1 - l.em * 1.5f, heading.lo.y}, {x1, heading.hi.y}};
  m.path = "performance.";
  note("close", close);
  if (iconButton("close-performance", close, Icon::Close, "Close (F12)")) c.state.performance = false;

  const Pace& p = c.stats.pace;
  const auto number = [](double v) { return fixed(v, v < 10 ? 1 : 0); };
  line(next(rowHeight), "Answers, frames a second", number(p.answers) + ", " + number(p.frames));
  line(next(rowHeight), "From event to picture",
       p.latency.max > 0 ? number(p.latency.median) + " ms, 95 % under " + number(p.latency.p95) + " ms"
                         : std::string("nothing has changed"));
  line(next(rowHeight), "Blocked by computing", "at most " + fixed(p.longestExchange, 1) + " ms");
  line(next(rowHeight), "Sent, read back an answer",
       bytes(c.stats.transfers.uploaded) + ", " + bytes(c.stats.transfers.readBack));
  line(next(rowHeight), "Engine", c.stats.engine);
  line(next(rowHeight), "OpenGL", c.stats.device);
  y += l.em * 0.4f;
  plot(next(plotHeight), c.stats.frames);
  y += l.em * 0.3f;
  const float half = (x1 - x0 - l.em * 1.6f) / 2, top = y, keyHeight = l.em * 1.3f;
  for (std::size_t i = 0; i < kWindow.size(); ++i)
    key({{x0, top + keyHeight * float(i)}, {x0 + half, top + keyHeight * float(i + 1)}}, kWindow[i], c.stats.frames,
        false);
  for (std::size_t i = 0; i < kBeside.size(); ++i)
    key({{x1 - half, top + keyHeight * float(i)}, {x1, top + keyHeight * float(i + 1)}}, kBeside[i], c.stats.frames,
        true);
  m.path.clear();
  ImGui::End();
}

}  // namespace gs::ui
