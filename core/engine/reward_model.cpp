#include "engine/reward_model.h"

#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "data/distributions.h"
#include "data/expression.h"
#include "diffusion/painted_map.h"
#include "diffusion/reward_forms.h"
#include "session/classes.h"

namespace gs {
namespace {

// While a parameter of the reward moves, and when it rests.
constexpr int kQuickParts = 160, kRewardParts = 768, kDetailedParts = 1536;  // of what is typed or painted

// Exact draws that a reward's numbers are held against.
constexpr int kRewardDraws = 4096;

// The base with the widths that the sampled model gives it.
Mixture widened(Mixture m, double broaden) {
  for (Component& c : m.components) c.covariance = c.covariance + Sym2::isotropic(broaden * broaden);
  return m;
}

}  // namespace

LogReward rewardFunction(const Reward& r, const Mixture& mixture, int condition, const std::string& path) {
  if (r.kind == RewardKind::ClassPosterior && r.label >= mixture.classes())
    throw std::invalid_argument(path + ".class: class " + std::to_string(r.label) +
                                " does not exist; the distribution has " + std::to_string(mixture.classes()) +
                                (mixture.classes() == 1 ? " class" : " classes"));
  if (r.kind == RewardKind::Painted) {
    try {
      return [map = PaintedMap(r.map), r](Vec2 x) { return r.strength * map.at((x - r.center) / (2 * r.radius) + .5); };
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(path + ".map: " + e.what());
    }
  }
  if (r.kind != RewardKind::Expression)
    return [r, &mixture, condition](Vec2 x) { return logReward(r, mixture, condition, x); };
  const auto named = [path](const InputError& e) { return std::invalid_argument(path + ".expression: " + e.what()); };
  try {
    return [log = parseReward(r.expression, condition), named](Vec2 x) {
      try {
        return log(x);
      } catch (const InputError& e) {
        throw named(e);
      }
    };
  } catch (const InputError& e) {
    throw named(e);
  }
}

std::shared_ptr<const RewardModel> rewardModel(const Reward& r, std::shared_ptr<const Mixture> base, int condition,
                                               double broaden, const std::string& path,
                                               std::span<const std::shared_ptr<const RewardModel>> known, bool quick) {
  const int label = baseOf(r, condition);
  for (const auto& k : known)
    if ((quick || !k->coarse) && k->reward == r && k->label == label && k->condition == condition &&
        k->broaden == broaden && (k->base == base || *k->base == *base))
      return k;
  const LogReward log = rewardFunction(r, *base, condition, path);
  try {
    const int most = quick ? kQuickParts : isDetailed(r) ? kDetailedParts : kRewardParts;
    Reweighted tilt = reweighted(broaden == 0 ? *base : widened(*base, broaden), label, r, log, most);
    // What has room for one more split was not stopped by the number of parts.
    const double wanted = r.kind == RewardKind::HalfPlane ? 1.3e-4 : 1.3e-3;
    const bool coarse = quick && int(tilt.mixture.components.size()) > most / 2 && tilt.error > wanted;
    return std::make_shared<const RewardModel>(RewardModel{r, condition, label, broaden, std::move(base),
                                                           std::make_shared<const Mixture>(std::move(tilt.mixture)),
                                                           tilt.logMean, tilt.error, coarse});
  } catch (const std::invalid_argument& e) {
    const std::string why = e.what();
    throw std::invalid_argument(why.starts_with(path) ? why : path + ": " + why);
  }
}

int rewardTerm(const Experiment& e) {
  for (std::size_t i = 0; i < e.guidance.size(); ++i) {
    const Term& t = e.guidance[i];
    if (t.enabled && t.kind == TermKind::Reward && t.reward.kind != RewardKind::Cost) return int(i);
  }
  return -1;
}

namespace {

std::optional<double> knownMeanReward(const Reward& r, const Mixture& mixture, int label) {
  if (r.kind == RewardKind::Linear || r.kind == RewardKind::Bowl || r.kind == RewardKind::HalfPlane)
    return std::exp(logMeanReward(mixture, label, r));
  if (r.kind == RewardKind::ClassPosterior && label == kUnconditional && r.label < mixture.classes())
    return mixture.classProbability(r.label);
  return std::nullopt;
}

}  // namespace

LawValue meanReward(const Reward& r, const Mixture& mixture, int label, int condition, const std::string& path) {
  if (const auto known = knownMeanReward(r, mixture, label)) return {*known, 0};
  const LogReward log = rewardFunction(r, mixture, condition, path);
  const LawPoints law = lawPoints(mixture, label);
  std::vector<double> values;
  for (const Vec2 x : law.at) values.push_back(std::exp(std::min(log(x), kMostLog)));
  return lawMean(law, values);
}

std::vector<NamedLawValue> rewardValues(const LawPoints& law, const Experiment& e, const Mixture& mixture) {
  const int term = rewardTerm(e);
  if (term < 0) return {};
  const LogReward log = rewardFunction(e.guidance[std::size_t(term)].reward, mixture, e.condition,
                                       "guidance." + std::to_string(term) + ".reward");
  std::vector<double> values;
  for (const Vec2 x : law.at) values.push_back(std::exp(std::min(log(x), kMostLog)));
  return {{"mean_reward", lawMean(law, values)},
          {"reward_q05", lawQuantile(law, values, .05)},
          {"reward_q50", lawQuantile(law, values, .5)},
          {"reward_q95", lawQuantile(law, values, .95)}};
}

std::vector<Metric> rewardMetrics(const Experiment& e, const Mixture& mixture, std::span<const float> x) {
  const int term = rewardTerm(e);
  if (term < 0) return {};
  const Reward& r = e.guidance[std::size_t(term)].reward;
  const std::string path = "guidance." + std::to_string(term) + ".reward";
  const LogReward log = rewardFunction(r, mixture, e.condition, path);
  const auto value = [&](Vec2 p) { return std::exp(std::min(log(p), kMostLog)); };
  std::vector<double> guided, exact;
  for (std::size_t i = 0; i + 1 < x.size(); i += 2)
    if (!blownUp(x[i], x[i + 1])) guided.push_back(value({x[i], x[i + 1]}));
  for (const Draw& d : sampleExact(mixture, kRewardDraws, e.particles.seed, e.condition)) exact.push_back(value(d.x));
  if (guided.size() < 2) return {};
  std::vector<NamedLawValue> law = rewardValues(lawPoints(mixture, e.condition), e, mixture);
  if (const auto known = knownMeanReward(r, mixture, e.condition)) law[0].value = {*known, 0};
  std::vector<Metric> out = rewardMetrics(guided, exact, law[0].value.value);
  for (Metric& m : out)
    if (const LawValue* const v = lawValue(law, m.name)) m.reference = v->value, m.referenceError = v->error;
  return out;
}

}  // namespace gs
