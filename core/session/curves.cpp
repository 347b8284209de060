#include "session/curves.h"

#include <array>

#include "session/enums.h"
#include "session/field.h"
#include "session/json.h"
#include "session/markdown.h"

namespace gs {
namespace {

constexpr std::array kCurves = {
    CurveInfo{CurveKind::Constant, "1", "1", "2207.12598", "the yardstick of all others"},
    CurveInfo{CurveKind::Interval, "1 where lo < σ/α ≤ hi, else 0", "", "2404.07724",
              "without the noisiest levels no mode is dropped; outside the interval no second denoiser is asked"},
    CurveInfo{CurveKind::Linear, "from + (to − from) τ", "(from + to) / 2", "2404.13040",
              "rising from 0 to 2 drops fewer modes than 1 throughout, falling from 2 to 0 more"},
    CurveInfo{CurveKind::Cosine, "from + (to − from) (1 − cos πτ) / 2", "(from + to) / 2", "2404.13040",
              "as linear, with more of it late"},
    CurveInfo{CurveKind::Drawn, "a monotone cubic through the knots", "Simpson's rule", "",
              "pull a knot and watch the modes"},
    CurveInfo{CurveKind::Sine, "1 + cos πτ", "1", "2404.13040", "falls: most of the push comes while modes are chosen"},
    CurveInfo{CurveKind::V, "2 |1 − 2τ|", "1", "2404.13040", "nothing half-way: early choices stay, late ones sharpen"},
    CurveInfo{CurveKind::Peak, "2 (1 − |1 − 2τ|)", "1", "2404.13040",
              "as an interval with soft ends: modes are kept, classes part"},
    CurveInfo{CurveKind::Pcs, "(1 − cos πτ^k) / 2", "Simpson's rule", "2404.13040",
              "the larger k, the later and the milder"},
    CurveInfo{CurveKind::Beta, "τ^(a−1) (1−τ)^(b−1) / B(a, b)", "1", "2502.10574",
              "with the power law at −γ it is β-CFG: no push at either end"},
    CurveInfo{CurveKind::Switch, "1 until τ = at, then late", "at + (1 − at) late", "2411.16738",
              "a negative end pushes back out what was drawn too far (2602.00716)"},
    CurveInfo{CurveKind::Learned, "ω(s, t, c) of a network, as a table", "", "2510.00815",
              "about 0 for an exact model; where the model leaks it undoes that"}};
static_assert(kCurves.size() == std::size_t(CurveKind::Learned) + 1);
static_assert([] {
  for (std::size_t i = 0; i < kCurves.size(); ++i)
    if (kCurves[i].kind != CurveKind(i)) return false;
  return true;
}());

}  // namespace

const CurveInfo& curveInfo(CurveKind kind) { return kCurves[std::size_t(kind)]; }

std::vector<std::string> curveParameters(CurveKind kind) {
  static const std::vector<ParameterInfo> all = parameters();
  constexpr std::string_view kCurve = "guidance.N.curve.";
  std::vector<std::string> out;
  for (const ParameterInfo& p : all) {
    if (!std::string_view(p.path).starts_with(kCurve) || p.kinds.empty()) continue;
    const std::string_view name = std::string_view(p.path).substr(kCurve.size());
    if (name.find('.') == name.npos && field("", "").only(p.kinds).usedBy(enumName(kind)))
      out.push_back(std::string(name) + " " + p.range + " (" + p.standard + ")");
  }
  return out;
}

std::string curveHelp(CurveKind kind) {
  const CurveInfo& c = curveInfo(kind);
  return "m = " + std::string(c.formula) + "\n" + std::string(enumHelp(kind)) + "\nLook: " + std::string(c.look) + ".";
}

std::string curveTableMarkdown() {
  std::string out =
      "| curve | shape | multiplier | mean | parameters | paper | look at |\n|---|---|---|---|---|---|---|\n";
  for (const CurveInfo& c : kCurves) {
    std::string own;
    for (const std::string& p : curveParameters(c.kind)) own += (own.empty() ? "" : ", ") + p;
    out += "| `" + std::string(enumName(c.kind)) + "` | " + tableCell(enumLabel(c.kind)) + " | " +
           tableCell(c.formula) + " | " + std::string(c.area) + " | " + tableCell(own) + " | " + std::string(c.paper) +
           " | " + tableCell(c.look) + " |\n";
  }
  return out;
}

}  // namespace gs
