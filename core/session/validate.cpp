#include <algorithm>
#include <cmath>

#include "diffusion/painted_map.h"
#include "session/json.h"
#include "session/tree.h"
#include "session/type.h"

namespace gs {
namespace {

void checkRanges(Place&, ConstValue);

void checkMember(Place& place, const Field& f, ConstValue value, bool used) {
  switch (value.type().kind) {
    case Type::Kind::Flag:
      return;
    case Type::Kind::Choice:
      if (std::size_t(value.number()) >= value.type().names.size()) place.fail("is not one of its names");
      return;
    case Type::Kind::Real:
    case Type::Kind::Whole:
      if (f.form != Form::NullIsZero || value.number() != 0) checkNumber(place, f, value.number());
      return;
    case Type::Kind::Text:
      if (used) checkText(place, f, value.text());
      return;
    case Type::Kind::Pair:
      for (const int axis : {0, 1}) checkNumber(place, f, value.pair()[axis]);
      return;
    case Type::Kind::Matrix:
      for (const double v : {value.matrix().xx, value.matrix().xy, value.matrix().yy}) checkNumber(place, f, v);
      return;
    case Type::Kind::Struct:
      return checkRanges(place, value);
    case Type::Kind::Law:
      if (!*value.as<Box<Mixture>>()) return;
      used = true;
      [[fallthrough]];
    case Type::Kind::List:
      if (used) checkCount(place, f, value.count());
      for (std::size_t i = 0; i < value.count(); ++i) {
        const Place::Part part(place, i);
        checkMember(place, kNameField, value[i], used);
      }
      return;
  }
}

// Every number of the tables is in its range; lists and texts of fields that the kind does not use are not looked at.
void checkRanges(Place& place, ConstValue s) {
  for (const Member& m : s.type().members) {
    const Place::Part part(place, m.field.name);
    checkMember(place, m.field, s[m], s.uses(m.field));
  }
}

[[noreturn]] void failAt(Place& place, std::string_view name, const std::string& message) {
  const Place::Part part(place, name);
  place.fail(message);
}

void checkMixture(Place& place, const Mixture& m) {
  bool used[Mixture::kMaxClasses] = {};
  double sum = 0;
  int classes = 0;
  for (std::size_t i = 0; i < m.components.size(); ++i) {
    const Component& c = m.components[i];
    const Place::Part part(place, i);
    used[c.label] = true;
    classes = std::max(classes, c.label + 1);
    sum += c.weight;
    // The smaller eigenvalue, not the determinant: round components of any size pass, needles do not.
    const double mid = c.covariance.trace() / 2;
    const double least = mid - std::hypot((c.covariance.xx - c.covariance.yy) / 2, c.covariance.xy);
    if (!c.covariance.positiveDefinite() || least <= 1e-12 * mid)
      failAt(place, "covariance", "is not positive definite");
  }
  for (int c = 0; c < classes; ++c)
    if (!used[c])
      place.fail("class " + std::to_string(c) + " has no component, but class " + std::to_string(classes - 1) + " has");
  if (std::abs(sum - 1) > 1e-6) place.fail("the weights sum to " + numberText(sum) + ", not to 1");
}

void checkDistribution(Place& place, const Distribution& d) {
  if (d.kind == DistributionKind::Preset) return;
  if (d.kind == DistributionKind::Mixture && !d.mixture) failAt(place, "components", "missing");
  if (d.kind == DistributionKind::Points) {
    if (!d.mixture && d.file.empty()) failAt(place, "file", "missing, and no fitted mixture is embedded");
    const bool hex = d.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!d.sha256.empty() && (!hex || d.sha256.size() != 64))
      failAt(place, "sha256", "is not 64 lower-case hexadecimal digits");
  }
  if (d.mixture) {
    const Place::Part part(place, "components");
    checkMixture(place, *d.mixture);
  }
  for (std::size_t i = 0; i < d.classes.size(); ++i) {
    const Place::Part part(place, "classes"), item(place, i);
    if (d.classes[i].find_first_of("\n\t") != std::string::npos) place.fail("is more than one line");
  }
  if (d.mixture && int(d.classes.size()) > d.mixture->classes())
    failAt(place, "classes",
           "has " + std::to_string(d.classes.size()) + " names for " + std::to_string(d.mixture->classes()) +
               (d.mixture->classes() == 1 ? " class" : " classes"));
}

void checkCurve(Place& place, const Curve& c) {
  if (c.kind == CurveKind::Interval && !(c.lo < c.hi))
    failAt(place, "lo", numberText(c.lo) + " is not below hi, " + numberText(c.hi));
  if (c.kind == CurveKind::Learned) {
    const Place::Part part(place, "learned");
    if (!wellFormed(c.learned))
      failAt(place, "values",
             "is no table of base 64 for " + std::to_string(c.learned.classes) +
                 (c.learned.classes == 1 ? " class" : " classes"));
    if (!(c.learned.lo < c.learned.hi))
      failAt(place, "lo", numberText(c.learned.lo) + " is not below hi, " + numberText(c.learned.hi));
  }
  if (c.kind != CurveKind::Drawn) return;
  const Place::Part part(place, "knots");
  for (std::size_t i = 1; i < c.knots.size(); ++i)
    if (!(c.knots[i - 1].t < c.knots[i].t))
      failAt(place, std::to_string(i),
             "t = " + numberText(c.knots[i].t) + " is not above the t before, " + numberText(c.knots[i - 1].t));
}

void checkSchedule(Place& place, const Schedule& s) {
  Schedule whole = s;
  whole.sigmaMax = 0;
  const double end = ownSigmaMax(whole);
  if (s.kind != ScheduleKind::Edm && s.sigmaMax > end)
    failAt(place, "sigmaMax",
           numberText(s.sigmaMax) + " is above the end of " + std::string(enumName(s.kind)) + ", " +
               numberText(std::floor(end * 10) / 10) + "; null is the end");
  const double start = s.sigmaMax == 0 ? end : s.sigmaMax;
  if (!(s.sigmaMin < start))
    failAt(place, "sigmaMin", numberText(s.sigmaMin) + " is not below sigmaMax, " + numberText(start));
}

void checkReward(Place& place, const Reward& r) {
  if (r.kind != RewardKind::Painted) return;
  if (!(r.radius > 0)) failAt(place, "radius", "0 is no square to paint on");
  try {
    (void)PaintedMap(r.map);
  } catch (const std::invalid_argument& e) {
    failAt(place, "map", e.what());
  }
}

void checkExperiment(Place& place, const Experiment& e) {
  {
    const Place::Part part(place, "distribution");
    checkDistribution(place, e.distribution);
  }
  if (e.distribution.kind != DistributionKind::Preset && e.distribution.mixture) {
    const int classes = e.distribution.mixture->classes();
    if (e.condition >= classes)
      failAt(place, "condition",
             std::to_string(e.condition) + " is outside 0.." + std::to_string(classes - 1) + ", the mixture's classes");
  }
  for (std::size_t i = 0; i < e.guidance.size(); ++i) {
    const Place::Part list(place, "guidance"), item(place, i);
    if (e.guidance[i].kind == TermKind::Reward) {
      const Place::Part reward(place, "reward");
      checkReward(place, e.guidance[i].reward);
    }
    const Place::Part curve(place, "curve");
    checkCurve(place, e.guidance[i].curve);
  }
  {
    const Place::Part part(place, "schedule");
    checkSchedule(place, e.schedule);
  }
  if (e.sampler.kind != SolverKind::Exponential && e.sampler.churn != 0) {
    const Place::Part part(place, "sampler");
    failAt(place, "churn", "belongs to exponential, not to " + std::string(enumName(e.sampler.kind)));
  }
}

void reset(Value value) {
  switch (value.type().kind) {
    case Type::Kind::Text:
      return value.set(toUtf8(value.text()));
    case Type::Kind::List:
      for (std::size_t i = 0; i < value.count(); ++i) reset(value[i]);
      return;
    case Type::Kind::Struct:
      for (const Member& m : value.type().members) {
        if (value.uses(m.field))
          reset(value[m]);
        else
          value[m].assign(value.standard()[m]);
      }
      return;
    default:
      return;
  }
}

}  // namespace

void validate(const Session& s) {
  Place place;
  checkRanges(place, ConstValue(s));
  for (std::size_t i = 0; i < s.panes.size(); ++i) {
    const Place::Part list(place, "panes"), item(place, i);
    checkExperiment(place, s.panes[i]);
  }
}

Session canonical(Session s) {
  reset(Value(s));
  return s;
}

}  // namespace gs
