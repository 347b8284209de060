#include "generate.h"

#include <algorithm>
#include <cmath>

#include "diffusion/painted_map.h"
#include "session/json.h"
#include "session/type.h"

namespace gs::test {
namespace {

double uniform(Random& r, double lo, double hi) { return std::uniform_real_distribution<>(lo, hi)(r); }
int below(Random& r, int n) { return std::uniform_int_distribution<>(0, n - 1)(r); }

// Round values, awkward ones with all their digits, and the ends of the range.
double number(Random& r, const Field& f) {
  switch (below(r, 6)) {
    case 0:
      return f.lo;
    case 1:
      return f.hi;
    case 2:
      return std::clamp(std::round(uniform(r, f.lo, f.hi)), f.lo, f.hi);
    case 3:
      if (f.scale == Scale::Log)
        return std::clamp(std::exp(uniform(r, std::log(f.logLo()), std::log(f.hi))), f.lo, f.hi);
      [[fallthrough]];
    default:
      return uniform(r, f.lo, f.hi);
  }
}

std::string text(Random& r, const Field& f) {
  if (f.name == "map") {
    PaintedMap map;
    for (int n = below(r, 4); n > 0; --n)
      map.touch({uniform(r, -.2, 1.2), uniform(r, -.2, 1.2)}, uniform(r, .01, .4), uniform(r, -.5, 1));
    return map.text();
  }
  static const char* const pieces[] = {"a", "Z", "0", " ", "\"", "\\", "\n", "\t",
                                       "/", "{", "]", ",", "ω",  "é",  "語", "😀"};
  std::string out;
  const double longest = std::min(f.hi, 24.0);
  for (int n = below(r, 12); n > 0; --n) {
    const std::string piece = pieces[below(r, int(std::size(pieces)))];
    if (double(out.size() + piece.size()) <= longest) out += piece;
  }
  while (double(out.size()) < f.lo) out += 'x';
  return out;
}

Mixture mixture(Random& r) {
  Mixture m;
  const int classes = 1 + below(r, 4), extra = below(r, 12);
  double sum = 0;
  for (int i = 0; i < classes + extra; ++i) {
    Component c;
    c.label = i < classes ? i : below(r, classes);
    c.weight = uniform(r, 0.01, 1);
    c.mean = {uniform(r, -9, 9), uniform(r, -9, 9)};
    const double a = uniform(r, 0.01, 3), b = uniform(r, 0.01, 3), turn = uniform(r, 0, 6.3);
    const double cs = std::cos(turn), sn = std::sin(turn);
    c.covariance = {a * cs * cs + b * sn * sn, (a - b) * cs * sn, a * sn * sn + b * cs * cs};
    sum += c.weight;
    m.components.push_back(c);
  }
  for (Component& c : m.components) c.weight /= sum;
  return m;
}

// The rules between fields, which the tables cannot say.
void settle(Random& r, Curve& c) {
  if (!(c.lo < c.hi)) c.lo = c.hi / 2;
  for (std::size_t i = 0; i < c.knots.size(); ++i)
    c.knots[i].t = (double(i) + uniform(r, 0, 0.9)) / double(c.knots.size());
  c.normalise = c.normalise && (c.kind != CurveKind::Drawn || c.knots.size() >= 2) && meanOver(c) >= Curve::kLeastMean;
}
void settle(Random& r, LearnedWeights& w) {
  std::vector<double> weights(std::size_t(below(r, 3) * LearnedWeights::kTimes * LearnedWeights::kShares));
  for (double& v : weights) v = uniform(r, 0, 3);
  encode(w, weights);
  if (!(w.lo < w.hi)) w.lo = w.hi / 2, w.hi = std::max(w.hi, .5);
}
void settle(Random&, Reward& w) {
  if (w.kind == RewardKind::Painted) w.radius = std::max(w.radius, .01);
}
void settle(Random&, Schedule& s) {
  if (s.kind == ScheduleKind::VpLinear && s.sigmaMax > 152) s.sigmaMax = 100;
  if (s.sigmaMax != 0 && !(s.sigmaMin < s.sigmaMax)) s.sigmaMin = s.sigmaMax / 10;
  s.sigmaMin = std::max(s.sigmaMin, fieldOf(&Schedule::sigmaMin).lo);
}
void settle(Random& r, Distribution& d) {
  d.sha256 = below(r, 2) == 0 ? "" : std::string(64, "0123456789abcdef"[below(r, 16)]);
  if (d.kind == DistributionKind::Preset && below(r, 3) == 0) d.name = "letters";
  if (d.kind == DistributionKind::Points && d.file.empty()) d.file = "points.csv";
  if (d.mixture) d.classes.resize(std::min(d.classes.size(), std::size_t(d.mixture->classes())));
  for (std::string& name : d.classes)
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
}
void settle(Random&, Sampler& s) {
  if (s.kind != SolverKind::Exponential) s.churn = 0;
}
void settle(Random& r, Experiment& e) {
  if (e.distribution.mixture) e.condition = below(r, e.distribution.mixture->classes() + 1) - 1;
}
template <class... S>
void settleAs(Random& r, Value v) {
  ((v.as<S>() ? settle(r, *v.as<S>()) : void()), ...);
}

void fill(Random& r, Value value, const Field& f) {
  switch (value.type().kind) {
    case Type::Kind::Flag:
      return value.set(double(below(r, 2)));
    case Type::Kind::Choice:
      return value.set(double(below(r, int(value.type().names.size()))));
    case Type::Kind::Real:
      return value.set(f.form == Form::NullIsZero && below(r, 2) == 0 ? 0 : number(r, f));
    case Type::Kind::Whole:
      return value.set(std::round(number(r, f)));
    case Type::Kind::Text:
      return value.set(text(r, f));
    case Type::Kind::Pair: {
      const double x = number(r, f);
      return value.set(Vec2{x, number(r, f)});
    }
    case Type::Kind::Law:
      *value.as<Box<Mixture>>() = Box<Mixture>(mixture(r));
      return;
    case Type::Kind::List:
      value.resize(std::size_t(f.lo) + std::size_t(below(r, int(std::min(f.hi, 6.0) - f.lo) + 1)));
      for (std::size_t i = 0; i < value.count(); ++i) fill(r, value[i], kNameField);
      return;
    case Type::Kind::Struct:
      for (const Member& m : value.type().members) fill(r, value[m], m.field);
      return settleAs<Curve, LearnedWeights, Reward, Schedule, Distribution, Sampler, Experiment>(r, value);
    case Type::Kind::Matrix:
      return;  // only of components, which are made as a mixture
  }
}

}  // namespace

Session randomSession(Random& r) {
  Session s;
  fill(r, Value(s), {});
  return s;
}

}  // namespace gs::test
