#include "weight_curve.h"

#include <algorithm>
#include <cmath>

namespace gs::ui {
namespace {

constexpr double kKnotGap = 0.004;  // the least distance of two knots in t

double roundTo(double v, double unit) { return std::round(v / unit) * unit; }

// Three significant digits, so that the file stays readable.
double tidy(double v) {
  if (!(v > 0) || !std::isfinite(v)) return v;
  const double unit = std::pow(10.0, std::floor(std::log10(v)) - 2);
  return roundTo(v, unit);
}

}  // namespace

double amplitude(const Term& t) { return t.omega != 0 || t.curve.kind == CurveKind::Constant ? t.omega : 1; }

double weightAt(const Context& c, const Term& t, double time) {
  return amplitude(t) * evaluate(t.curve, time, c.axis.ratioAt(time), c.experiment.condition);
}

std::vector<Handle> handlesOf(const Context& c, const Term& t) {
  const double a = amplitude(t);
  std::vector<Handle> out;
  switch (t.curve.kind) {
    case CurveKind::Constant:
      out.push_back({0.5, t.omega});
      break;
    case CurveKind::Interval:
      out.push_back({c.axis.timeAt(t.curve.lo), a}), out.push_back({c.axis.timeAt(t.curve.hi), a});
      break;
    case CurveKind::Linear:
    case CurveKind::Cosine:
      out.push_back({1, a * t.curve.from}), out.push_back({0, a * t.curve.to});
      break;
    case CurveKind::Drawn:
      for (const Knot& k : t.curve.knots) out.push_back({k.t, a * k.value});
      break;
    case CurveKind::Switch:
      out.push_back({1 - t.curve.at, a * t.curve.late});
      break;
    default:  // shapes without handles
      break;
  }
  return out;
}

void moveHandle(Context& c, Term& t, int index, double time, double value) {
  Curve& curve = t.curve;
  const double multiplier = std::clamp(roundTo(value / (amplitude(t) == 0 ? 1 : amplitude(t)), 0.01), -2.0, 4.0);
  switch (curve.kind) {
    case CurveKind::Constant: {
      const Field f = fieldOf(&Term::omega);
      t.omega = std::clamp(roundTo(value, 0.01), f.lo, f.hi);
      break;
    }
    case CurveKind::Interval: {
      const double ratio = std::clamp(tidy(c.axis.ratioAt(time)), 0.0, 1000.0);
      if (index == 0)
        curve.lo = std::min(ratio, curve.hi * 0.98);
      else
        curve.hi = std::max({ratio, curve.lo * 1.02, 0.001});
      break;
    }
    case CurveKind::Linear:
    case CurveKind::Cosine:
      (index == 0 ? curve.from : curve.to) = multiplier;
      break;
    case CurveKind::Drawn: {
      const std::size_t i = std::size_t(index), n = curve.knots.size();
      const double lo = i > 0 ? curve.knots[i - 1].t + kKnotGap : 0,
                   hi = i + 1 < n ? curve.knots[i + 1].t - kKnotGap : 1;
      curve.knots[i] = {lo < hi ? std::clamp(roundTo(time, 0.001), lo, hi) : curve.knots[i].t, multiplier};
      break;
    }
    case CurveKind::Switch:
      curve.at = std::clamp(roundTo(1 - time, 0.001), 0.0, 1.0);
      curve.late = multiplier;
      break;
    default:
      break;
  }
}

void addKnot(Context& c, Term& t, double time, double value) {
  if (t.curve.kind != CurveKind::Drawn) {
    t.curve.knots = drawnLike(t.curve, c.axis);
    t.curve.kind = CurveKind::Drawn;
  }
  auto& knots = t.curve.knots;
  if (int(knots.size()) >= Curve::kMaxKnots) {
    c.state.message =
        "A curve has at most " + std::to_string(Curve::kMaxKnots) + " knots. Remove one with a right click first.";
    c.state.messageIsError = true;
    return;
  }
  const double multiplier = std::clamp(roundTo(value / (t.omega == 0 ? 1 : t.omega), 0.01), -2.0, 4.0);
  const Knot knot{std::clamp(roundTo(time, 0.001), 0.0, 1.0), multiplier};
  const auto at = std::lower_bound(knots.begin(), knots.end(), knot.t, [](const Knot& k, double x) { return k.t < x; });
  for (const Knot& k : knots)
    if (std::abs(k.t - knot.t) < kKnotGap) return;
  knots.insert(at, knot);
}

bool removeKnot(Context& c, Term& t, int index) {
  if (t.curve.knots.size() <= 2) {
    c.state.message = "A drawn curve needs two knots. Choose another kind of curve to be rid of it.";
    c.state.messageIsError = false;
    return false;
  }
  t.curve.knots.erase(t.curve.knots.begin() + index);
  return true;
}

}  // namespace gs::ui
