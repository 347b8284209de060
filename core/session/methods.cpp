#include "session/methods.h"

#include <algorithm>
#include <array>

#include "session/enums.h"
#include "session/field.h"
#include "session/json.h"
#include "session/markdown.h"
#include "session/text.h"

namespace gs {
namespace {

using enum MethodGroup;
using enum Verdict;

constexpr std::array kMethods = {
    MethodInfo{TermKind::Cfg, Difference, "conditional − unconditional", "ω (D_c − D_u)", 2, Biased,
               "p(x|c)^(1+ω) p(x)^(−ω)", "2207.12598", "overshoots, drops modes, shrinks each of them", 2, 20,
               Space::Denoiser},
    MethodInfo{TermKind::Autoguidance, Difference, "model − weaker model", "ω (D_c − D_weak)", 2, Heuristic,
               "none; the right ω undoes the model's own faults", "2406.02507", "outliers vanish, shares of modes stay",
               1, 20, Space::Denoiser},
    MethodInfo{TermKind::Reward, Difference, "reweighted − plain", "ω (D_r − D)", 2, Exact, "r p / E[r] at ω = 1",
               "2512.04985", "E[r] grows with ω; beyond 1 it is extrapolation", 1, 20, Space::Denoiser},
    MethodInfo{TermKind::Classifier, Difference, "along a classifier's gradient", "ω (1 − p_T(c|x)) (D_c − D_rest) / T",
               2, Biased, "p(x|c) p(c|x)^ω; exact without a condition at ω = T = 1", "2105.05233",
               "a clean classifier pushes the wrong way at high noise", 1, 10, Space::Denoiser},
    MethodInfo{TermKind::And, Difference, "one more class", "ω (D_k − D_u)", 3, Biased, "p(x|c) (p(x|k) / p(x))^ω",
               "2206.01714", "without churn the product contracts too far", 1, 5, Space::Denoiser},
    MethodInfo{TermKind::Sum, Difference, "adds another score", "ω (D_k − y), from noise of variance σ² / (1 + ω)", 2,
               Biased, "p(x|c) p(x|k)^ω", "2302.11552",
               "without churn all falls into the middle; the more churn, the better", 1, 5, Space::Denoiser},
    MethodInfo{TermKind::Or, Difference, "one class or another", "ω (D_{c or k} − D_c)", 2, Exact,
               "p(x | c or k) at ω = 1", "2412.17762", "both classes appear, with their shares", 1, 1, Space::Denoiser},
    MethodInfo{TermKind::Negative, Difference, "away from a class", "−ω (D_k − D_u)", 3, Heuristic,
               "none; diverges for large ω", "2207.12598", "particles fly away from where nothing is", 0.5, 5,
               Space::Denoiser},
    MethodInfo{TermKind::Dynamic, Difference, "away where it is likely", "−ω p(k|x) / (1 − p(k|x)) (D_k − D_u)", 3,
               Exact, "p(x | not k) at ω = 1 without a condition", "2410.14398", "pushes only near the unwanted class",
               1, 5, Space::Denoiser},
    MethodInfo{TermKind::Perpendicular, Difference, "away, but not backwards", "−ω (n − (n·d) d / |d|²)", 3, Heuristic,
               "none", "2304.04968", "keeps the way to the condition, d = D_c − D_u; n = D_k − D_u", 1, 5,
               Space::Denoiser},
    MethodInfo{TermKind::Cads, When, "hides the condition at first", "D_c of (1−m) p(x|c) + m p(x), m = ω m(t)", 1,
               Heuristic, "none", "2310.17347", "spreads over modes that guidance would drop", 1, 1, Space::Denoiser},
    MethodInfo{TermKind::Delayed, When, "other noise levels", "(1+ω) D_c(k_c σ) − ω D_u(k_u σ)", 3, Biased,
               "p(x|c)^(1+ω) p(x)^(−ω)", "2505.21101", "d = 1 is classifier-free guidance", 2, 10, Space::Denoiser},
    MethodInfo{TermKind::PlusPlus, When, "weight of the step", "ω (λ / (1 − σ'/σ) − 1) (D_c − D_u)", 2, Heuristic,
               "none: more steps push harder", "2406.08070", "change the number of steps and watch the modes go", 1, 1,
               Space::Denoiser},
    MethodInfo{TermKind::Feedback, When, "by what the model mixed in",
               "ω r / (1 − r) (D_c − D_u), r = ε p(x) / q(x|c), known or tracked along the path", 2, Exact,
               "p(x|c) at ω = 1 for a model with that leak; tracked: in the limit of fine steps with churn 1",
               "2506.06085", "known, the push lights up at the border of the class only", 1, 3, Space::Denoiser},
    MethodInfo{TermKind::PowerLaw, When, "by the push's own length", "ω |d|^a (D_c − D_u)", 2, Heuristic, "none",
               "2502.07849", "a > 0 damps small differences; −γ with a beta curve is β-CFG (2502.10574)", 1, 5,
               Space::Score},
    MethodInfo{TermKind::Mambo, When, "damps long pushes", "ω exp(−a |d| / |R_u|) (D_c − D_u)", 2, Heuristic, "none",
               "2508.03442", "early steps, where the difference is large, push less", 3, 10, Space::Velocity},
    MethodInfo{TermKind::Adaptive, When, "until both agree", "ω (D_c − D_u) while cos(R_c, R_u) ≤ bound", 2, Heuristic,
               "none", "2312.12487", "late steps, where both agree, are left alone", 2, 10, Space::Noise},
    MethodInfo{TermKind::Zero, How, "best length first", "ω (R_c − s* R_u), s* = R_c·R_u / |R_u|²", 2, Heuristic,
               "none", "2503.18886", "steers less too far with few steps of flow matching", 2, 10, Space::Velocity},
    MethodInfo{TermKind::Tangential, How, "drops what lies across", "ω (R_c − v v·R_u), v principal", 2, Heuristic,
               "none", "2503.18137", "in the plane one direction of the unconditional answer is left", 2, 10,
               Space::Noise},
    MethodInfo{TermKind::Rectified, How, "weighed by the slope", "ω (J_c 1) × (D_c − D_u), each coordinate", 3, Biased,
               "p(x|c)^(1+ω) p(x)^(−ω)", "2501.18865", "milder overshoot at high noise", 2, 10, Space::Denoiser},
    MethodInfo{TermKind::Characteristic, How, "asks where both agree",
               "(1+ω) D_c(y + ω u) − ω D_u(y + (1+ω) u), K times u ← u + η (D_c − D_u)", 2, Biased,
               "p(x|c)^(1+ω) p(x)^(−ω); exact where both laws are Gaussian", "2312.07586",
               "the overshoot goes where one mode is alone", 2, 10, Space::Denoiser, " + 2K"},
    MethodInfo{TermKind::Apg, How, "caps and projects", "push → min(1, r/|push|) (across + η along R_c)", 0, Heuristic,
               "none", "2410.02416", "the cap (the paper's r times ω) keeps modes; the projection hangs on the centre",
               1, 1, Space::Denoiser},
    MethodInfo{TermKind::Rescale, How, "keeps the length", "R → R |R_c| / |R|, by the share ω", 0, Heuristic, "none",
               "2305.08891", "the radius comes back, the direction does not", 0.7, 1, Space::V},
    MethodInfo{TermKind::Threshold, How, "keeps within a radius", "D → no farther than the reach from the centre", 0,
               Heuristic, "none", "2205.11487", "a halo at the radius where overshoot was cut", 1, 1, Space::Denoiser},
    MethodInfo{TermKind::PredictorCorrector, Between, "Langevin steps at every level",
               "K times y ← y + c σ² s + σ √(2c) z, s with ω (D_c − D_u) in it", 1, Asymptotic,
               "p(x|c)^(1+ω) p(x)^(−ω) in K, for small c", "2408.09000",
               "more corrections undo the overshoot that a guided solver keeps", 2, 10, Space::Denoiser, " + 2K"},
    MethodInfo{TermKind::Gibbs, Between, "noise a little, guide back",
               "K times y ← x + s* z, then down to 0 with ω (D_c − D_u)", 1, Asymptotic,
               "p(x|c)^(1+ω) p(x)^(−ω) in K, for small s*", "2505.21101",
               "modes keep their shares as long as s* is narrower than the gaps", 2, 20, Space::Denoiser,
               " + 2 a step of a round"}};
static_assert(kMethods.size() == std::size_t(TermKind::Gibbs) + 1);
static_assert([] {
  for (std::size_t i = 0; i < kMethods.size(); ++i)
    if (kMethods[i].kind != TermKind(i)) return false;
  return true;
}());

}  // namespace

std::string_view groupLabel(MethodGroup g) {
  return g == Difference ? "Differences of denoisers"
         : g == When     ? "When and where"
         : g == How      ? "How the push is shaped"
                         : "Between the steps";
}

std::string_view verdictWord(Verdict v) {
  return v == Exact ? "exact" : v == Asymptotic ? "asymptotic" : v == Biased ? "biased" : "heuristic";
}

std::string methodCost(const MethodInfo& m) {
  return (m.cost == 0 ? std::string("+0") : numberText(m.cost)) + std::string(m.more);
}

const MethodInfo& methodOf(TermKind kind) { return kMethods[std::size_t(kind)]; }

Term newTerm(TermKind kind) {
  Term t;
  t.kind = kind;
  t.omega = methodOf(kind).omega;
  t.space = methodOf(kind).space;
  return t;
}

bool guides(const Experiment& e, int classes) {
  const bool conditional = e.condition != kUnconditional && classes > 1;
  const bool leaks = conditional && (e.model.leaks == kUnconditional || e.model.leaks == e.condition);
  // The weaker model is the sampled one.
  const auto same = [&](const WeakModel& w) {
    return !e.model.network && w.broaden == e.model.broaden &&
           (!conditional ||
            (w.leakDensity == (leaks ? e.model.leak : 0) && w.leakDenoiser == (leaks ? e.model.leakDenoiser : 0))) &&
           w.blur * w.shift == 1 && w.shift == 1 && w.drop < 0 && w.atoms == 0 && w.offset == Vec2(0.0) && w.noise == 0;
  };
  return std::any_of(e.guidance.begin(), e.guidance.end(), [&](const Term& t) {
    if (!t.enabled || t.omega == 0) return false;
    switch (t.kind) {
      case TermKind::Autoguidance:
        return bool(t.network) || !same(t.weak);
      case TermKind::Reward:
        return t.network                                     ? true
               : t.reward.kind == RewardKind::ClassPosterior ? classes > 1
               : t.reward.kind == RewardKind::Cost           ? conditional
                                                             : true;
      case TermKind::And:
      case TermKind::Sum:
      case TermKind::Negative:
      case TermKind::Dynamic:
        return classes > 1;
      case TermKind::Or:
        return conditional && t.label != e.condition;
      case TermKind::Feedback:
        return conditional && t.leak > 0;
      case TermKind::Apg:
      case TermKind::Rescale:
        return false;  // they change the pushes of others
      case TermKind::Threshold:
        return true;
      case TermKind::PredictorCorrector:
        return conditional && t.corrections > 0;
      case TermKind::Gibbs:
        return conditional && t.rounds > 0;
      default:
        return conditional;
    }
  });
}

std::vector<std::string> methodParameters(TermKind kind) {
  static const std::vector<ParameterInfo> all = parameters();
  constexpr std::string_view kTerm = "guidance.N.";
  std::vector<std::string> out;
  for (const ParameterInfo& p : all) {
    if (!std::string_view(p.path).starts_with(kTerm)) continue;
    const std::string_view name = std::string_view(p.path).substr(kTerm.size());
    const bool weak = name.starts_with("weak.") && kind == TermKind::Autoguidance;
    const bool reward = name.starts_with("reward.") && kind == TermKind::Reward;
    const bool own =
        name.find('.') == name.npos && !p.kinds.empty() && field("", "").only(p.kinds).usedBy(enumName(kind));
    if (weak || reward || own) out.push_back(std::string(name) + " " + p.range + " (" + p.standard + ")");
  }
  return out;
}

std::string methodTableMarkdown() {
  std::string out =
      "| term | method | formula | calls | is | of | paper | look at |\n|---|---|---|---|---|---|---|---|\n";
  for (const MethodInfo& m : kMethods) {
    out += "| `" + std::string(enumName(m.kind)) + "` | " + tableCell(enumLabel(m.kind)) + " | " +
           tableCell(m.formula) + " | " + methodCost(m) + " | " + std::string(verdictWord(m.verdict)) + " | " +
           tableCell(m.target) + " | " + std::string(m.paper) + " | " + tableCell(m.look) + " |\n";
  }
  return out;
}

}  // namespace gs
