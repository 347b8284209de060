// Learned guidance weights: a training that is started, watched and used (2510.00815).
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "diffusion/metrics.h"
#include "plot.h"
#include "session/classes.h"

namespace gs::ui {
namespace {

// Dark to bright, as plotted weights are: the guided colour at its largest.
ImU32 weightColor(double share) {
  const Look& l = look();
  const ImU32 low = l.canvas, high = l.guided;
  return mix(low, high, std::clamp(share, 0., 1.));
}

// omega of one class over the end s (across) and the start t (upwards) of a step; what no training saw is faded.
void weightMap(const Context& c, const LearnedWeights& w, int label, const Box2& box, double largest) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  constexpr int kMapCells = 32;
  const auto ratio = [](double t) { return t < 1 ? t / (1 - t) : 1e9; };
  const auto px = [&](double s) { return box.lo.x + box.width() * float(s); };
  const auto py = [&](double t) { return box.hi.y - box.height() * float(t); };
  d->AddRectFilled(box.lo, box.hi, l.canvas);
  const ImDrawListFlags smoothed = d->Flags;
  d->Flags &= ~ImDrawListFlags_AntiAliasedFill;
  for (int i = 0; i < kMapCells; ++i)
    for (int j = 0; j <= i; ++j) {
      const double t = (i + .5) / kMapCells, s = i == j ? t - .25 / kMapCells : (j + .5) / kMapCells;
      const bool known = s >= w.lo && t <= w.hi && t - s >= w.apart;
      const double share = weightOf(w, ratio(t), ratio(s), label) / largest;
      const ImVec2 lo{px(double(j) / kMapCells), py(double(i + 1) / kMapCells)},
          hi{px(double(j + 1) / kMapCells), py(double(i) / kMapCells)};
      if (i == j)
        d->AddTriangleFilled({lo.x, hi.y}, {hi.x, lo.y}, lo, mix(weightColor(share), l.card, .55));
      else
        d->AddRectFilled(lo, hi, known ? weightColor(share) : mix(weightColor(share), l.card, .55));
    }
  d->Flags = smoothed;
  // The edge of the trained band, and the steps of the sampler.
  const ImVec2 band[] = {{px(w.lo), py(w.lo + w.apart)}, {px(w.hi - w.apart), py(w.hi)}, {px(w.lo), py(w.hi)}};
  d->AddPolyline(band, 3, l.text, ImDrawFlags_Closed, l.stroke(1));
  const std::vector<GridPoint> grid = timeGrid(c.experiment.schedule);
  const auto time = [](double r) { return std::isinf(r) ? 1 : r / (1 + r); };
  for (std::size_t k = 0; k + 1 < grid.size(); ++k)
    d->AddCircleFilled({px(time(grid[k + 1].ratio)), py(time(grid[k].ratio))}, l.stroke(1.3), classColor(label), 6);
  d->AddRect(box.lo, box.hi, l.line, 0, 0, l.stroke(1));
}

void maps(Context& c, const LearnedWeights& w, const std::vector<std::string>& names) {
  const Look& l = look();
  const int classes = w.classes, columns = std::min(classes, classes == 4 ? 2 : 3);
  const double largest = std::max(w.largest, .05);
  textIn(takeBox(1.35), l.small, l.secondary, "weight ω from t (up) to s (across)");
  for (int first = 0; first < std::min(classes, 6); first += columns) {
    const float between = l.em * 0.5f,
                side = (memory().x1 - memory().x0 - between * float(columns - 1)) / float(columns);
    const float height = std::min(side, l.em * 11);
    const Box2 row = takeBox(double(height / l.em)), below = takeBox(1.3);
    for (int i = 0; i < columns && first + i < classes; ++i) {
      const float x = row.lo.x + float(i) * (side + between);
      const Box2 box{{x, row.lo.y}, {x + height, row.lo.y + height}};
      weightMap(c, w, first + i, box, largest);
      textIn({{x, below.lo.y}, {x + side, below.hi.y}}, l.small, classColor(first + i), names[std::size_t(first + i)],
             Align::Left, true);
      ImGui::PushID(first + i);
      note("learn.map." + std::to_string(first + i), box);
      const Press p = press("map", box, false);
      const ImVec2 mouse = ImGui::GetIO().MousePos;
      if (p.hovered) {
        const double s = (mouse.x - box.lo.x) / height, t = (box.hi.y - mouse.y) / height;
        std::string words = "A step goes down in noise: s lies below t.";
        if (s < t && t < 1)
          words = "From t = " + fixed(t, 2) + " to s = " + fixed(s, 2) + " the weight is " +
                  shortNumber(weightOf(w, t / (1 - t), s / (1 - s), first + i)) +
                  (s >= w.lo && t <= w.hi && t - s >= w.apart ? "." : ", where nothing was trained.");
        tooltip(p.id, true, names[std::size_t(first + i)], words);
      }
      ImGui::PopID();
    }
  }
  // The scale.
  const Box2 scale = takeBox(0.7), numbers = takeBox(1.3);
  for (int i = 0; i < 32; ++i)
    ImGui::GetWindowDrawList()->AddRectFilled({scale.lo.x + scale.width() * float(i) / 32, scale.lo.y},
                                              {scale.lo.x + scale.width() * float(i + 1) / 32, scale.hi.y},
                                              weightColor(i / 31.));
  textIn(numbers, l.small, l.secondary, "0");
  textIn(numbers, l.small, l.secondary, "ω = " + shortNumber(largest), Align::Right);
  wrappedText(l.small, l.secondary,
              "Bright inside the line: trained steps, at least δ = " + shortNumber(w.apart) +
                  " long. Dots: this sampler's steps, which are shorter.");
}

void pathPlot(const Context& c, const LearnedWeights& w, const std::vector<std::string>& names) {
  PlotSpec p;
  p.xWords = "time t (1 noise, 0 data)";
  p.yWords = "weight ω along the sampling path";
  p.mirrored = c.session.view.noiseOnLeft;
  p.cursor = c.session.view.time;
  p.least = 0;
  const std::vector<GridPoint> grid = timeGrid(c.experiment.schedule);
  for (int label = 0; label < std::min(w.classes, 6); ++label) {
    PlotCurve curve{names[std::size_t(label)], classColor(label), false, 2, {}, {}, {}};
    for (std::size_t k = 0; k + 1 < grid.size(); ++k) {
      curve.x.push_back(grid[k].t);
      curve.y.push_back(weightOf(w, grid[k].ratio, grid[k + 1].ratio, label));
    }
    p.curves.push_back(std::move(curve));
  }
  plotIn(p, 8);
}

void comparedRows(const WeightsCompared& w) {
  const Look& l = look();
  gap(0.3);
  textIn(takeBox(1.35), l.small, l.secondary, "energy distance to p(x|c) ± s.e.");
  double least = w.choices.front().distance;
  for (const WeightChoice& v : w.choices) least = std::min(least, v.distance);
  for (const WeightChoice& v : w.choices) {
    const std::string value = formatValue(v.distance, v.se, 0);
    const float width = textWidth(l.body, value);
    const bool beside = textWidth(l.body, v.label) + width + l.em * 0.5f <= memory().x1 - memory().x0;
    const Box2 first = takeBox(1.5), b = beside ? first : takeBox(1.4);
    textIn({first.lo, {beside ? first.hi.x - width - l.em * 0.5f : first.hi.x, first.hi.y}}, l.body,
           v.name == "learned" ? l.guided : l.text, v.label, Align::Left, true);
    textIn({{b.hi.x - width - 1, b.lo.y}, b.hi}, l.body, v.distance == least ? l.guided : l.text, value, Align::Right);
  }
  wrappedText(l.small, l.secondary,
              "Mean over the classes, " + grouped(w.particles) + " samples each; exact ones show 0 ± " +
                  shortNumber(w.floor, 2) + ".");
}

}  // namespace

void learnCard(Context& c) {
  const Look& l = look();
  const LearningAnswer& a = c.state.learning;
  const LearnProgress& s = a.progress;
  const bool busy = goesOn(s.phase);
  const bool other = a.request && (a.request->experiment.distribution != c.experiment.distribution ||
                                   a.request->experiment.model != withTrained(c.experiment, c.state.training).model);
  const char* right = s.phase == LearnPhase::Opening   ? "opening LibTorch"
                      : s.phase == LearnPhase::Running ? "training"
                      : s.phase == LearnPhase::Paused  ? "paused"
                      : s.phase == LearnPhase::Stopped ? "stopped"
                      : s.phase == LearnPhase::Failed  ? "failed"
                      : other                          ? "of another model"
                                                       : "";
  if (!beginCard("learn", "Learned weight", right, s.phase == LearnPhase::Failed)) {
    endCard();
    return;
  }
  memory().path = "training.omega.";
  OmegaSettings& o = c.session.training.omega;
  fieldCombo(o, &OmegaSettings::loss);
  fieldSlider(o, &OmegaSettings::steps);
  if (o.loss == OmegaLoss::SelfConsistency || o.loss == OmegaLoss::Marginal) {
    fieldSlider(o, &OmegaSettings::beta);
    fieldSlider(o, &OmegaSettings::lambda);
  }
  fieldSlider(o, &OmegaSettings::apart);
  fieldSlider(o, &OmegaSettings::rewardWeight);
  if (ImGui::GetStateStorage()->GetBool(ImGui::GetID("more"))) {
    fieldSlider(o, &OmegaSettings::particles);
    fieldSlider(o, &OmegaSettings::batch);
    fieldSlider(o, &OmegaSettings::churn);
    fieldSlider(o, &OmegaSettings::rate);
    fieldSlider(o, &OmegaSettings::width);
    fieldSlider(o, &OmegaSettings::depth);
    fieldCombo(o, &OmegaSettings::output);
    fieldToggle(o, &OmegaSettings::sharedNoise);
    fieldSlider(o, &OmegaSettings::seed);
  }
  memory().path = "learn.";
  const auto two = [&](const Box2& box, bool first) -> Box2 {
    const float half = (box.width() - l.em * 0.4f) / 2;
    return first ? Box2{box.lo, {box.lo.x + half, box.hi.y}} : Box2{{box.hi.x - half, box.lo.y}, box.hi};
  };
  {
    gap(0.3);
    bool& more = *ImGui::GetStateStorage()->GetBoolRef(ImGui::GetID("more"));
    const Box2 box = takeBox(kControl);
    note("more", box);
    if (button("more", box, more ? "Fewer settings" : "All settings")) more = !more;
  }
  gap(0.3);
  const Box2 buttons = takeBox(kControl);
  if (busy) {
    const bool paused = s.phase == LearnPhase::Paused;
    note("pause", two(buttons, true));
    if (button("pause", two(buttons, true), paused ? "Go on" : "Pause"))
      c.result.learn = paused ? LearnAsk::Resume : LearnAsk::Pause;
    note("stop", two(buttons, false));
    if (button("stop", two(buttons, false), "Stop")) c.result.learn = LearnAsk::Stop;
  } else {
    note("start", buttons);
    if (button("start", buttons, a.request ? "Train again" : "Train", true)) c.result.learn = LearnAsk::Start;
  }
  memory().path.clear();
  trainingRows(s);
  if (!a.request) {
    gap(0.3);
    wrappedText(l.small, l.secondary,
                "Trains a network that says how hard to push at every step and for every class, so that guided steps "
                "end where the data, noised, would be (2510.00815).");
  }
  if (s.loss.size() > 1) lossPlot(s);
  if (s.weights && s.weights->classes > 0) {
    std::vector<std::string> names;
    for (int i = 0; i < s.weights->classes; ++i) names.push_back(className(a.request->experiment.distribution, i));
    gap(0.3);
    maps(c, *s.weights, names);
    pathPlot(c, *s.weights, names);
    if (a.comparedDone < 1)
      wrappedText(l.small, l.secondary,
                  "Measured beside the best constant and the best interval: " +
                      std::to_string(int(100 * a.comparedDone)) + " %");
    if (a.compared) comparedRows(*a.compared);
    gap(0.4);
    memory().path = "learn.";
    const Box2 use = takeBox(kControl);
    note("use", use);
    if (button("use", use, "Use as the weight", !busy)) c.experiment = withLearned(c.experiment, *s.weights);
    gap(0.3);
    const Box2 last = takeBox(kControl);
    note("draw", two(last, true));
    if (button("draw", two(last, true), "Use as a curve") && c.experiment.condition != kUnconditional) {
      const DrawnWeights drawn = drawnWeights(c.experiment, *s.weights);
      c.experiment = withLearned(c.experiment, *s.weights);
      for (Term& t : c.experiment.guidance)
        if (t.curve.kind == CurveKind::Learned) {
          t.omega = drawn.omega;
          t.curve = {};
          t.curve.kind = CurveKind::Drawn;
          t.curve.knots = drawn.knots;
        }
    }
    note("save", two(last, false));
    if (button("save", two(last, false), "Save...")) c.result.commands.push_back(Command::SaveWeights);
    memory().path.clear();
  }
  gap(0.2);
  endCard();
}

}  // namespace gs::ui
