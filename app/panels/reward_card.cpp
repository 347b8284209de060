// The rows of a reward term: which reward, on which law, its parameters, and what is known about the law that it tilts
// to.
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "diffusion/painted_map.h"
#include "engine/reward_model.h"
#include "session/classes.h"

namespace gs::ui {
namespace {

// Positions go over what is seen, and as far as they are set.
void overView(SliderSpec& s, double middle, double half, double value) {
  s.lo = std::min(middle - half, value), s.hi = std::max(middle + half, value);
}

// The brush of a painted map, and what acts on all of it.
void brushRows(Context& c, std::string& text) {
  UiState::RewardTool& tool = c.state.rewardTool;
  int mode = !tool.brush ? 0 : tool.erase ? 2 : 1;
  const Box2 modes = row("Mouse");
  note("map.mode", modes);
  if (segmentedIn(modes, "map-mode",
                  {{"move", "The mouse moves the picture.", 0},
                   {"paint", "Dragging over the picture paints; the reward is high where it is painted.", 0},
                   {"erase", "Dragging over the picture takes paint away.", 0}},
                  mode))
    tool.brush = mode > 0, tool.erase = mode == 2;
  if (tool.brush) {
    SliderSpec size;
    size.id = "map.size", size.label = "Brush size", size.lo = .02, size.hi = .5, size.reset = .08;
    size.help = "The brush's radius, as a share of the painted square's side.";
    slider(size, tool.radius);
    SliderSpec strength;
    strength.id = "map.strength", strength.label = "Brush strength", strength.lo = .02, strength.hi = 1;
    strength.reset = .5, strength.help = "How much one touch adds or takes away.";
    slider(strength, tool.strength);
  }
  const Box2 line = takeBox(kRow);
  const float gapWidth = look().em * .4f, width = (line.width() - 2 * gapWidth) / 3;
  const auto cell = [&](int i) {
    const float x = line.lo.x + float(i) * (width + gapWidth),
                y = std::round(line.lo.y + look().px((kRow - kControl) / 2));
    return Box2{{x, y}, {x + width, y + look().px(kControl)}};
  };
  note("map.blur", cell(0));
  if (button("map-blur", cell(0), "Blur") && !text.empty()) {
    PaintedMap map(text);
    map.blur();
    text = map.text();
  }
  note("map.clear", cell(1));
  if (button("map-clear", cell(1), "Clear")) text.clear();
  note("map.picture", cell(2));
  if (button("map-picture", cell(2), "Picture...")) c.result.commands.push_back(Command::PaintFromPicture);
  if (text.empty() && !tool.brush)
    wrappedText(look().small, look().secondary, "Nothing is painted yet: choose paint and draw on the picture.");
}

void rewardRow(Context& c, const Field& f, Value value, ConstValue usual) {
  const Camera& camera = c.session.view.camera;
  const double half = std::max(camera.height, 1e-3);
  switch (value.type().kind) {
    case Type::Kind::Pair:
      for (const int axis : {0, 1}) {
        Vec2 at = value.pair();
        SliderSpec s = spec(f, usual.pair()[axis]);
        s.id = axis == 0 ? "center.0" : "center.1";
        s.label = axis == 0 ? "Centre x" : "Centre y";
        s.unit = "";
        overView(s, camera.center[axis], half, at[axis]);
        if (slider(s, at[axis])) value.set(at);
      }
      return;
    case Type::Kind::Text: {
      if (f.name == "map") return brushRows(c, value.text());
      Box2 box = takeBox(kRow);  // the whole width: formulas are long
      box.lo.y = std::round(box.lo.y + look().px((kRow - kControl) / 2)), box.hi.y = box.lo.y + look().px(kControl);
      note(f.name, box);
      textField(f.name, box, value.text(), std::size_t(f.hi), "r(x, y) = exp(-x^2 - y^2)");
      // What is wrong with it, beside it: "guidance.1.reward.expression: missing parenthesis at position 25".
      const std::string& error = c.answer.error;
      if (const std::size_t at = error.find(memory().path + std::string(f.name) + ": "); at != error.npos)
        wrappedText(look().small, look().warning, sentence(error.substr(error.find(": ", at) + 2)));
      return;
    }
    default:
      return memberRow(c, f, value, usual, [&](SliderSpec& s, double now) {
        if (f.name == "offset") overView(s, 0, half, now);
        if (f.name == "radius") s.hi = std::max(half, now);
        if (f.name == "across") s.zeroText = "unbounded";
        s.unit = f.name == "angle" ? "°" : "";
      });
  }
}

// How good the law is that stands for r p / E[r]. While a reward is dragged or painted, that of the picture, which is a
// moment behind: without words the rows below would jump at every stroke.
std::string lawWords(const Context& c, const Reward& r) {
  if (!c.answer.plan) return "";
  const RewardModel* found = nullptr;
  for (const auto& model : c.answer.plan->rewards) {
    if (model->reward.kind != r.kind || model->condition != c.experiment.condition) continue;
    if (!found || model->reward == r) found = model.get();
  }
  if (!found) return "";
  if (found->error == 0) return "E[r] = " + shortNumber(std::exp(found->logMean)) + " · r p / E[r] in closed form";
  // The table's own E[r] is only as good as it: the numbers have one by quadrature.
  return "r p / E[r] by " + grouped(long(found->law->components.size())) + " Gaussians, within " +
         shortNumber(std::max(.01, 100 * found->error), 2) + " %";
}

}  // namespace

void rewardRows(Context& c, Term& t) {
  const Look& l = look();
  Reward& r = t.reward;
  fieldCombo(r, &Reward::kind);
  const Value value(r);
  for (const Member& m : value.type().members)
    if (m.field.name != "kind" && value.uses(m.field)) rewardRow(c, m.field, value[m], value.standard()[m]);
  const std::string name = className(c.experiment.distribution, c.experiment.condition, 8);
  std::string words = lawWords(c, r);
  if (r.kind == RewardKind::Cost)
    words = c.experiment.condition == kUnconditional
                ? "No class is chosen: there is no cost, and no push."
                : "The law " + name + " reweighted by 1 / p(" + name +
                      "|x) is the whole law: this is classifier-free guidance, ω (D_" + name + " − D_∅).";
  if (r.kind == RewardKind::ClassPosterior) words = "p(x) reweighted by p(c|x) is p(x|c), in closed form.";
  if (!words.empty()) wrappedText(l.small, l.secondary, words);
}

}  // namespace gs::ui
