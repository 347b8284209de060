#include "engine/stack.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "session/classes.h"
#include "session/enums.h"

namespace gs {
namespace {

std::string numberOf(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
std::string named(TermKind kind) {
  std::string name = "'";
  name += enumName(kind);
  return name += "' ";
}
[[noreturn]] void rejectAt(const std::string& path, const std::string& why) {
  throw std::invalid_argument(path + ": " + why);
}

void checkCurve(const Curve& curve, const std::string& path) {
  if (curve.kind == CurveKind::Drawn) {
    const auto& knots = curve.knots;
    if (knots.size() < 2 || knots.size() > Curve::kMaxKnots)
      rejectAt(path + ".knots", "a drawn curve has 2 to " + std::to_string(Curve::kMaxKnots) + " knots");
    for (std::size_t i = 0; i < knots.size(); ++i) {
      const std::string knot = path + ".knots." + std::to_string(i);
      if (!std::isfinite(knots[i].t) || !std::isfinite(knots[i].value)) rejectAt(knot, "is not finite");
      if (i > 0 && !(knots[i].t > knots[i - 1].t))
        rejectAt(knot + ".t", numberOf(knots[i].t) + " is not above the knot before");
    }
  }
  if (curve.kind == CurveKind::Learned && !wellFormed(curve.learned))
    rejectAt(path + ".learned.values",
             "is no table of base 64 for " + std::to_string(curve.learned.classes) + " classes");
  if (curve.normalise && !(meanOver(curve) >= Curve::kLeastMean))
    rejectAt(path + ".normalise", "the curve's mean is " + numberOf(meanOver(curve)) +
                                      "; only curves whose mean is at "
                                      "least " +
                                      numberOf(Curve::kLeastMean) + " can be brought to the same area");
}

void checkWeak(const WeakModel& w, const Mixture& m, int condition, const std::string& path) {
  if (!(w.broaden >= 0) || !std::isfinite(w.broaden)) rejectAt(path + ".broaden", numberOf(w.broaden) + " is negative");
  if (!(w.leakDensity >= 0 && w.leakDensity <= 1))
    rejectAt(path + ".leakDensity", numberOf(w.leakDensity) + " is outside 0..1");
  if (!(w.leakDenoiser >= 0 && w.leakDenoiser <= 1))
    rejectAt(path + ".leakDenoiser", numberOf(w.leakDenoiser) + " is outside 0..1");
  if (!(w.blur > 0) || !std::isfinite(w.blur)) rejectAt(path + ".blur", numberOf(w.blur) + " is not above 0");
  if (!(w.shift > 0) || !std::isfinite(w.shift)) rejectAt(path + ".shift", numberOf(w.shift) + " is not above 0");
  if (!(w.noise >= 0) || !std::isfinite(w.noise)) rejectAt(path + ".noise", numberOf(w.noise) + " is negative");
  if (!(w.noiseLength > 0) || !std::isfinite(w.noiseLength))
    rejectAt(path + ".noiseLength", numberOf(w.noiseLength) + " is not above 0");
  const int components = int(m.components.size());
  if (w.drop >= components)
    rejectAt(path + ".drop", "component " + std::to_string(w.drop) + " does not exist; the distribution has " +
                                 std::to_string(components));
  if (w.drop >= 0) {
    const int label = m.components[std::size_t(w.drop)].label;
    const auto same =
        std::count_if(m.components.begin(), m.components.end(), [&](const Component& c) { return c.label == label; });
    if (components == 1 || (label == condition && same == 1))
      rejectAt(path + ".drop", "component " + std::to_string(w.drop) + " is the only one of its class");
  }
  if (w.atoms > 0 && w.atoms * m.classes() > Mixture::kMaxComponents)
    rejectAt(path + ".atoms", std::to_string(w.atoms) + " points of each of " + std::to_string(m.classes()) +
                                  " classes are more than " + std::to_string(Mixture::kMaxComponents));
}

std::string classesOf(const NetworkFile& n, const char* does, int needed) {
  std::string text = "'";
  text += n.file;
  text += "' ";
  text += does;
  text += ' ';
  text += std::to_string(n.network->shape.classes);
  text += n.network->shape.classes == 1 ? " class" : " classes";
  text += "; the distribution has ";
  return text += std::to_string(needed);
}

// A network can be asked for this class.
void checkNetwork(const NetworkFile& n, const Mixture& m, const std::string& path) {
  if (!n) return;
  if (!n.network) rejectAt(path, "'" + n.file + "' has not been read");
  if (!n.network->problem.empty()) rejectAt(path, n.network->problem);
  const bool code = n.network->script != nullptr;  // which may answer for more classes than there are
  if (code ? n.network->shape.classes < m.classes() : n.network->shape.classes != m.classes())
    rejectAt(path, classesOf(n, code ? "knows" : "was trained for", m.classes()));
}

constexpr const char* kOneMemory = "only one term may have a momentum, a latch or a tracked posterior";

// What needs densities or slopes of the model, which a network does not give.
bool needsExactModel(const Term& t) {
  return t.kind == TermKind::Or || t.kind == TermKind::Dynamic || t.kind == TermKind::Cads ||
         (t.kind == TermKind::Feedback && !t.tracked) || t.kind == TermKind::Rectified;
}
// The term asks the model for its unconditional denoiser.
bool needsWhole(const Experiment& e, const Term& t) {
  if (t.kind == TermKind::Reward)
    return baseOf(t.reward, e.condition) == kUnconditional || t.reward.kind == RewardKind::Cost;
  return t.kind != TermKind::Autoguidance && t.kind != TermKind::Classifier && t.kind != TermKind::Apg &&
         t.kind != TermKind::Rescale && t.kind != TermKind::Threshold;
}

void checkReward(const Reward& r, const Mixture& m, int condition, const std::string& path) {
  const auto finite = [&](const char* name, double value) {
    if (!std::isfinite(value)) rejectAt(path + "." + name, "is not finite");
  };
  finite("center", r.center.x), finite("center", r.center.y);
  finite("angle", r.angle), finite("offset", r.offset), finite("strength", r.strength), finite("radius", r.radius);
  if (!(r.width > 0) || !std::isfinite(r.width)) rejectAt(path + ".width", numberOf(r.width) + " is not above 0");
  if (!(r.across >= 0) || !std::isfinite(r.across)) rejectAt(path + ".across", numberOf(r.across) + " is negative");
  if (!(r.period > 0) || !std::isfinite(r.period)) rejectAt(path + ".period", numberOf(r.period) + " is not above 0");
  rewardFunction(r, m, condition, path);
}

// Terms whose shape sees the conditional answer, not only differences of denoisers.
bool shapesAnswer(TermKind kind) {
  switch (kind) {
    case TermKind::Perpendicular:
    case TermKind::Delayed:
    case TermKind::Feedback:
    case TermKind::PowerLaw:
    case TermKind::Mambo:
    case TermKind::Sum:
    case TermKind::Adaptive:
    case TermKind::Zero:
    case TermKind::Tangential:
    case TermKind::Rectified:
    case TermKind::Characteristic:
    case TermKind::Apg:
    case TermKind::Rescale:
    case TermKind::Threshold:
      return true;
    default:
      return false;
  }
}
}  // namespace

void checkStack(const Experiment& e, const Mixture& m) {
  if (e.guidance.size() > Experiment::kMaxTerms)
    rejectAt("guidance", "more than " + std::to_string(Experiment::kMaxTerms) + " terms");
  if (!(e.model.broaden >= 0) || !std::isfinite(e.model.broaden))
    rejectAt("model.broaden", numberOf(e.model.broaden) + " is negative");
  if (!(e.model.leak >= 0 && e.model.leak < 1)) rejectAt("model.leak", numberOf(e.model.leak) + " is outside 0..1");
  if (!(e.model.leakDenoiser >= 0 && e.model.leakDenoiser < 1))
    rejectAt("model.leakDenoiser", numberOf(e.model.leakDenoiser) + " is outside 0..1");
  if (e.model.leaks >= m.classes())
    rejectAt("model.leaks", "class " + std::to_string(e.model.leaks) + " does not exist; the distribution has " +
                                std::to_string(m.classes()));
  checkNetwork(e.model.network, m, "model.network");
  const bool ofNetwork = bool(e.model.network);
  const auto conditionalOnly = [&](const NetworkFile& n) { return n && !n.network->shape.unconditional; };
  if (e.condition == kUnconditional && conditionalOnly(e.model.network))
    rejectAt("model.network", "was trained without label dropout: it knows no unconditional law");
  int memories = 0, correctors = 0, returns = 0;
  for (std::size_t i = 0; i < e.guidance.size(); ++i) {
    const Term& t = e.guidance[i];
    const std::string path = "guidance." + std::to_string(i);
    if (!std::isfinite(t.omega)) rejectAt(path + ".omega", "is not finite");
    checkCurve(t.curve, path + ".curve");
    if (!t.enabled) continue;
    if (ofNetwork && t.omega != 0) {
      if (needsExactModel(t))
        rejectAt(path + ".kind", named(t.kind) + "asks for densities of the model, and a network has none");
      if (conditionalOnly(e.model.network) && needsWhole(e, t))
        rejectAt(path + ".kind",
                 named(t.kind) + "needs an unconditional model; the network was trained without label dropout");
    }
    if (t.kind == TermKind::Autoguidance || t.kind == TermKind::Reward) {
      checkNetwork(t.network, m, path + ".network");
      const int asked = t.kind == TermKind::Reward ? baseOf(t.reward, e.condition) : e.condition;
      if (asked == kUnconditional && conditionalOnly(t.network))
        rejectAt(path + ".network", "was trained without label dropout: it knows no unconditional law");
    }
    if (!ofNetwork && e.model.leakDenoiser > 0 && t.omega != 0 && shapesAnswer(t.kind))
      rejectAt(path + ".kind", named(t.kind) +
                                   "looks at the model's answer itself, which a leak of the denoiser makes a sum of "
                                   "two; a leak of the density can be combined with it");
    if (t.curve.kind == CurveKind::Learned && t.curve.learned.classes > 0 && e.condition >= t.curve.learned.classes)
      rejectAt(path + ".curve.learned", "was learned for " + std::to_string(t.curve.learned.classes) +
                                            " classes; the condition is class " + std::to_string(e.condition));
    const auto exists = [&] {
      if (t.label < 0 || t.label >= m.classes())
        rejectAt(path + ".class", "class " + std::to_string(t.label) + " does not exist; the distribution has " +
                                      std::to_string(m.classes()) + (m.classes() == 1 ? " class" : " classes"));
    };
    switch (t.kind) {
      case TermKind::Reward:
        checkReward(t.reward, m, e.condition, path + ".reward");
        break;
      case TermKind::Autoguidance:
        checkWeak(t.weak, m, e.condition, path + ".weak");
        break;
      case TermKind::And:
      case TermKind::Sum:
      case TermKind::Or:
      case TermKind::Negative:
      case TermKind::Dynamic:
      case TermKind::Perpendicular:
        exists();
        break;
      case TermKind::Classifier:
        if (!(t.temperature > 0)) rejectAt(path + ".temperature", numberOf(t.temperature) + " is not above 0");
        break;
      case TermKind::Delayed:
        if (!(t.delay > 0)) rejectAt(path + ".delay", numberOf(t.delay) + " is not above 0");
        for (double time = 0; time <= 1; time += 1. / 64) {
          const double ratio = std::max(1e-3, levelAt(e.schedule, time).ratio());
          if (t.omega * evaluate(t.curve, time, ratio) < 0)
            rejectAt(path + ".omega", "delayed guidance needs a weight that is nowhere negative");
        }
        break;
      case TermKind::Characteristic:
        if (t.iterations < 0 || t.iterations > 20)
          rejectAt(path + ".iterations", std::to_string(t.iterations) + " is outside 0..20");
        if (!(t.relaxation > 0 && t.relaxation <= 1))
          rejectAt(path + ".relaxation", numberOf(t.relaxation) + " is not above 0 and at most 1");
        break;
      case TermKind::PredictorCorrector:
        if (t.corrections < 0 || t.corrections > 10)
          rejectAt(path + ".corrections", std::to_string(t.corrections) + " is outside 0..10");
        if (!(t.stride > 0 && t.stride <= 1))
          rejectAt(path + ".stride", numberOf(t.stride) + " is not above 0 and at most 1");
        if (t.omega != 0 && ++correctors > 1) rejectAt(path + ".kind", "only one term may correct every step");
        break;
      case TermKind::Gibbs:
        if (t.rounds < 0 || t.rounds > 20) rejectAt(path + ".rounds", std::to_string(t.rounds) + " is outside 0..20");
        if (!(t.returnTo > 0) || !std::isfinite(t.returnTo))
          rejectAt(path + ".returnTo", numberOf(t.returnTo) + " is not above 0");
        if (t.omega != 0 && ++returns > 1) rejectAt(path + ".kind", "only one term may go back");
        break;
      case TermKind::Adaptive:
        if (!t.latch) break;
        if (++memories > 1) rejectAt(path + ".latch", kOneMemory);
        if (e.sampler.kind == SolverKind::Dpmpp2m)
          rejectAt(path + ".latch", "DPM-Solver++(2M) has a memory of its own; another solver can have a latch");
        break;
      case TermKind::Feedback:
        if (!t.tracked) break;
        if (!(t.trust > 0) || !std::isfinite(t.trust)) rejectAt(path + ".trust", numberOf(t.trust) + " is not above 0");
        if (!std::isfinite(t.drift)) rejectAt(path + ".drift", "is not finite");
        if (++memories > 1) rejectAt(path + ".tracked", kOneMemory);
        if (e.sampler.kind == SolverKind::Dpmpp2m)
          rejectAt(path + ".tracked", "DPM-Solver++(2M) has a memory of its own; another solver can track a posterior");
        break;
      case TermKind::Apg:
        if (t.momentum == 0) break;
        if (++memories > 1) rejectAt(path + ".momentum", kOneMemory);
        if (e.sampler.kind == SolverKind::Dpmpp2m)
          rejectAt(path + ".momentum", "DPM-Solver++(2M) has a memory of its own; another solver can have a momentum");
        break;
      default:
        break;
    }
  }
}
}  // namespace gs
