// What the cards of both kinds of training show alike.
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "plot.h"

namespace gs::ui {
namespace {

std::string secondsWords(double s) {
  if (!std::isfinite(s)) return "";
  if (s < 90) return std::to_string(int(std::ceil(s))) + " s left";
  return std::to_string(int(std::ceil(s / 60))) + " min left";
}

}  // namespace

bool goesOn(LearnPhase p) { return p == LearnPhase::Opening || p == LearnPhase::Running || p == LearnPhase::Paused; }

std::string trainingWords(const LearnProgress& s) {
  if (!goesOn(s.phase)) return "";
  if (s.phase == LearnPhase::Opening) return "training: opening LibTorch";
  std::string words = s.phase == LearnPhase::Paused ? "training paused" : "training";
  if (s.steps > 0) words += " at " + std::to_string(100LL * s.step / s.steps) + " %";
  const std::string left = s.phase == LearnPhase::Running ? secondsWords(s.secondsLeft) : "";
  return left.empty() ? words : words + ", " + left;
}

void trainingRows(const LearnProgress& s) {
  const Look& l = look();
  const Memory& m = memory();
  // Once a training: later the panel stays where a hand has scrolled it to.
  bool& broughtIntoView = *ImGui::GetStateStorage()->GetBoolRef(ImGui::GetID("brought-into-view"));
  if (!goesOn(s.phase)) broughtIntoView = false;
  if (!s.error.empty()) {
    gap(0.3);
    wrappedText(l.small, l.warning, s.error);
  }
  if (!goesOn(s.phase) || s.steps <= 0) return;
  gap(0.3);
  progressBar(double(s.step) / s.steps);
  const Box2 line = takeBox(1.35);
  textIn(line, l.small, l.secondary, grouped(s.step) + " of " + grouped(s.steps) + " steps");
  textIn(line, l.small, l.secondary, secondsWords(s.secondsLeft), Align::Right);
  if (broughtIntoView) return;
  broughtIntoView = true;
  const float above = l.em * 5, below = l.em * 9;  // the buttons, and the loss
  if (line.lo.y - above < m.panel.lo.y || line.hi.y + below > m.panel.hi.y)
    ImGui::SetScrollFromPosY(line.center().y - ImGui::GetWindowPos().y, 0.5f);
}

void lossPlot(const LearnProgress& s) {
  PlotSpec p;
  p.xWords = "steps of the training";
  p.yWords = "loss";
  PlotCurve raw{"as it is", look().other, false, 1, {}, {}, {}}, smooth{"smoothed", look().text, false, 2, {}, {}, {}};
  const std::size_t n = s.loss.size(), half = std::max<std::size_t>(1, n / 24);
  for (std::size_t i = 0; i < n; ++i) {
    const double at = (double(i) + 1) * s.stepsPerLoss;
    raw.x.push_back(at), raw.y.push_back(double(s.loss[i]));
    double sum = 0;
    const std::size_t lo = i > half ? i - half : 0, hi = std::min(n - 1, i + half);
    for (std::size_t k = lo; k <= hi; ++k) sum += double(s.loss[k]);
    smooth.x.push_back(at), smooth.y.push_back(sum / double(hi - lo + 1));
  }
  p.curves = {std::move(raw), std::move(smooth)};
  plotIn(p, 6);
}

}  // namespace gs::ui
