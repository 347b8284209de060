// What the layers of truths and fields are called, and in which unit they are drawn.
#include <cmath>

#include "render/legend.h"
#include "render/truth_layers.h"
#include "session/classes.h"
#include "session/enums.h"

namespace gs {
namespace {

// 2, 0.5, 1e-05 without a tail of zeros.
std::string roundNumber(double v) {
  if (v >= 1) return v < 1e6 ? formatFixed(v, 0) : formatRatio(v);
  int decimals = 0;
  for (double u = v; u < .9999 && decimals < 7; u *= 10) ++decimals;
  return formatFixed(
      v, decimals + (std::abs(v * std::pow(10., decimals) - std::round(v * std::pow(10., decimals))) > 1e-6 ? 1 : 0));
}

std::string unitOf(Space space) {
  switch (space) {
    case Space::Denoiser:
      return " data units";
    case Space::Score:
      return " per data unit";
    case Space::Velocity:
      return " data units per t";
    default:
      return " noise units";
  }
}

// What an answer is in each space, and a difference of two.
std::string answerIn(Space space, const std::string& of) {
  switch (space) {
    case Space::Denoiser:
      return of + "D − x/α";
    case Space::Noise:
      return of + "noise ε";
    case Space::V:
      return of + "v";
    case Space::Score:
      return of + "score";
    case Space::Velocity:
      return of + "velocity";
  }
  return of;
}
std::string differenceIn(Space space) {
  switch (space) {
    case Space::Denoiser:
      return " of D";
    case Space::Noise:
      return " of ε";
    case Space::V:
      return " of v";
    case Space::Score:
      return " of the score";
    case Space::Velocity:
      return " of the velocity";
  }
  return {};
}

std::string arrowWords(const VectorField& f) {
  const std::string in = differenceIn(f.space);
  switch (f.what) {
    case ArrowWhat::Base:
      return answerIn(f.space, "unguided ");
    case ArrowWhat::Guided:
      return answerIn(f.space, "guided ");
    case ArrowWhat::Push:
      return "push" + in;
    case ArrowWhat::PushParts:
      return "push" + in + " along D − x/α";
    case ArrowWhat::PushClassParts:
      return "push" + in + " along ∇ log p(c|x)";
    case ArrowWhat::Missing:
      return "missing force" + in + ", tilted − guided";
    case ArrowWhat::ScoreError:
      return "error" + in + ", guided − tilted";
  }
  return in;
}

bool isCut(const VectorField& f) {
  for (const std::vector<float>* v : {&f.first, &f.second})
    for (std::size_t k = 0; k + 1 < v->size(); k += 2)
      if (std::hypot(double((*v)[k]), double((*v)[k + 1])) > kMostReferences * f.reference) return true;
  return false;
}

Swatch swatchOf(LawShape shape) {
  return shape == LawShape::Density ? Swatch::Area : shape == LawShape::Samples ? Swatch::Dot : Swatch::Dashes;
}

}  // namespace

void truthEntries(const Picture& p, const View& v, std::vector<LegendEntry>& out) {
  const Palette& colors = palette(v.theme);
  const Truths& t = p.truths;
  const auto missing = [&](const std::string& what, const std::string& why) {
    out.push_back({what + ": " + why, Swatch::Dot, {}, {}});
  };
  const auto at = [&](NoiseLevel level) -> std::string { return level.sigma > 0 ? "_{t}" : ""; };
  if (v.density.visible && v.density.shape != LawShape::Density && t.data && t.data->absent.empty()) {
    const int c = p.frame ? p.frame->experiment->condition : kUnconditional;
    const std::string law =
        "p" + at(t.data->level) +
        (c >= 0 ? "(x | " + className(p.frame->experiment->distribution, c, 14) + ")" : std::string("(x)"));
    const bool lines = v.density.shape == LawShape::Contours;
    out.push_back({law + (lines ? ", the data" : ", exact samples of the data"),
                   lines ? Swatch::Line : Swatch::Dot,
                   {c >= 0 ? classColor(v.theme, c) : colors.other},
                   lines ? std::vector<int>{} : std::vector<int>{GS_DIAMOND}});
  }
  if (v.target.visible && (v.target.shape != LawShape::Contours || v.target.atCursor) && t.tilted) {
    const std::string when = v.target.atCursor ? (v.time > 0 ? ", noised to t" : "") : (v.time > 0 ? " at t = 0" : "");
    if (!t.tilted->absent.empty())
      missing("tilted law", t.tilted->absent);
    else
      out.push_back({tiltedWords(p) + when + (v.target.shape == LawShape::Samples ? ", exact samples" : ""),
                     swatchOf(v.target.shape),
                     {colors.tilted},
                     v.target.shape == LawShape::Samples ? std::vector<int>{GS_DIAMOND} : std::vector<int>{}});
  }
  if (v.own.visible && t.own) {
    const std::string when = v.own.atCursor ? "" : (v.time > 0 ? " at t = 0" : "");
    if (!t.own->absent.empty())
      missing("sampler's own law", t.own->absent);
    else {
      const bool dots = !t.own->samples.empty();
      out.push_back(
          {"sampler's own law, ever finer steps" + when +
               (!dots                              ? ""
                : v.own.shape == LawShape::Samples ? " (256 steps)"
                                                   : " (256 steps; too many components for a grid)"),
           // As it is drawn: beside the tilted law's dashes it is told by more than its colour.
           !dots && v.own.shape == LawShape::Contours ? Swatch::Dots : swatchOf(dots ? LawShape::Samples : v.own.shape),
           {colors.text},
           dots ? std::vector<int>{GS_DIAMOND} : std::vector<int>{}});
    }
  }
  if (v.heat.visible && t.heat) {
    const ScalarField& h = *t.heat;
    const int condition = p.frame ? p.frame->experiment->condition : kUnconditional;
    const MapColors c = mapColors(v.theme, h.what, condition);
    const std::string full = roundNumber(h.scale);
    if (!h.absent.empty())
      missing("map", h.absent);
    else if (h.what == HeatWhat::Ratio)
      out.push_back(
          {"10 times more of the tilted law ... of the own law", Swatch::Ramp, {c.below, colors.canvas, c.above}, {}});
    else if (h.what == HeatWhat::DataRatio)
      out.push_back({"guided / p" + at(h.level) +
                         (condition >= 0 ? "(x | " + className(p.frame->experiment->distribution, condition, 14) + ")"
                                         : std::string("(x)")) +
                         ", 1/10 ... 10, blurred by " + roundNumber(h.kernel),
                     Swatch::Ramp,
                     {c.below, colors.canvas, c.above},
                     {}});
    else if (h.scale <= 0)
      out.push_back({h.what == HeatWhat::Divergence ? "the push has no divergence here" : "no score error here",
                     Swatch::Dot,
                     {},
                     {}});
    else if (h.what == HeatWhat::Divergence)
      out.push_back({"push gathers, −" + full + " ... spreads, +" + full + " (σ² div of its score)",
                     Swatch::Ramp,
                     {c.below, colors.canvas, c.above},
                     {}});
    else
      out.push_back({"|guided − tilted score| σ, 0 to " + full, Swatch::Ramp, {colors.canvas, c.above}, {}});
  }
  if (v.streams.visible && showsStreams(p, v))
    out.push_back({"lines along the " + answerIn(t.streams->space, "guided "), Swatch::Line, {colors.guided}, {}});
  if (v.arrows.visible && t.arrows) {
    const VectorField& f = *t.arrows;
    if (!f.absent.empty()) {
      missing("arrows", f.absent);
    } else if (f.reference <= 0) {
      missing(arrowWords(f), "none here");
    } else if (nextToNothing(f, v)) {
      missing(arrowWords(f), "under a thousandth of the picture at this noise level");
    } else {
      // A shorter one where the reference itself would be too long for the legend.
      const double part = v.arrows.spacing > 70 ? 5 : v.arrows.spacing > 34 ? 2 : 1;
      LegendEntry e{arrowWords(f) + ", this long = " + roundNumber(f.reference / part) + unitOf(f.space) +
                        (isCut(f) ? ", longer ones are cut" : ""),
                    Swatch::Arrow,
                    {arrowColor(v.theme, f.what)},
                    {}};
      e.length = referenceLength(f) / shownNorm(f.level, v.coordinates) / part;
      out.push_back(e);
      if (!f.second.empty()) {
        e.text = "and across it";
        e.colors = {colors.other};
        out.push_back(std::move(e));
      }
    }
  }
  if (v.match.visible && t.matched) {
    const MatchedPairs& m = *t.matched;
    if (!m.absent.empty()) {
      missing("matching", m.absent);
    } else {
      const int c = p.frame ? p.frame->experiment->condition : kUnconditional;
      const std::string law = "p" + std::string(v.time > 0 ? "_{t}" : "") +
                              (c >= 0 ? "(x | " + className(p.frame->experiment->distribution, c, 14) + ")" : "(x)");
      const bool chance = m.floor > 0;
      out.push_back({std::to_string(m.from.size() / 2) + " pairs of the best matching, W_{2} = " +
                         formatFixed(m.w2, 2) + (chance ? " (by chance alone " + formatFixed(m.floor, 2) + ")" : ""),
                     Swatch::Line,
                     {colors.text},
                     {}});
      out.push_back({"their exact samples of " + law,
                     Swatch::Dot,
                     {c >= 0 ? classColor(v.theme, c) : colors.other},
                     {GS_DIAMOND}});
    }
  }
  if (p.record && v.particles.marked == p.record->particle) {
    out.push_back({"particle " + std::to_string(p.record->particle), Swatch::Line, {colors.text}, {}});
    out.push_back({"its twin, the same noise without guidance", Swatch::Line, {colors.other}, {}});
  }
  if (const std::size_t n = p.group ? p.group->particles.size() : 0)
    out.push_back({std::to_string(n) + " particles outlined" +
                       (n > kMostOutlined ? ", " + std::to_string(kMostOutlined) + " of them marked" : ""),
                   Swatch::Dot,
                   {colors.text},
                   {}});
}

}  // namespace gs
