#include "oracle/stack.h"

#include <algorithm>
#include <cmath>

namespace oracle {
namespace {

using gs::Space;
using gs::Term;
using gs::TermKind;

// The law of the weak model: without a component, moved, or from a few points per class.
gs::Mixture faulty(const gs::Mixture& m, const gs::WeakModel& w) {
  gs::Mixture out;
  double total = 0;
  for (std::size_t k = 0; k < m.components.size(); ++k)
    if (int(k) != w.drop) out.components.push_back(m.components[k]), total += m.components[k].weight;
  for (gs::Component& c : out.components) {
    c.weight /= total;
    c.mean += w.offset;
  }
  if (w.atoms == 0) return out;
  gs::Mixture atoms;
  for (int label = 0; label < gs::Mixture::kMaxClasses; ++label) {
    const Law p = law(out, label);
    double share = 0;
    for (const gs::Component& c : out.components) share += c.label == label ? c.weight : 0;
    if (share == 0) continue;
    for (int i = 0; i < w.atoms; ++i) {
      double choice;
      const Vec2 z = normal(0x61746F6D, std::uint32_t(i), std::uint32_t(label), choice);
      std::size_t k = 0, chosen = 0;
      for (double below = 0; k < p.weights.size(); ++k) {
        if (p.weights[k] <= 0) continue;
        chosen = k;
        below += p.weights[k];
        if (choice < below) break;
      }
      const Sym2& s = p.covariances[chosen];
      const double a = std::sqrt(s.xx), b = s.xy / a, c = std::sqrt(s.yy - b * b), v = std::pow(.02, 2);
      atoms.components.push_back(
          {label, share / w.atoms, p.means[chosen] + Vec2(a * z.x, b * z.x + c * z.y), {v, 0, v}});
    }
  }
  return atoms;
}

Law ofClasses(const gs::Mixture& m, int a, int b, double broaden) {
  Law both = law(m, gs::kUnconditional, broaden);
  for (std::size_t k = 0; k < m.components.size(); ++k)
    if (m.components[k].label != a && m.components[k].label != b) both.weights[k] = 0;
  return both;
}
// All classes but one, with the weights of the mixture.
Law without(const gs::Mixture& m, int label, double broaden) {
  Law rest = law(m, gs::kUnconditional, broaden);
  for (std::size_t k = 0; k < m.components.size(); ++k)
    if (m.components[k].label == label) rest.weights[k] = 0;
  return rest;
}
Law only(const gs::Mixture& m, int label, double broaden) { return ofClasses(m, label, label, broaden); }

double dot(Vec2 a, Vec2 b) { return a.x * b.x + a.y * b.y; }
double norm(Vec2 a) { return std::hypot(a.x, a.y); }

}  // namespace

// 16 waves with the frequencies and phases of (0x77617665, wave, 0).
Vec2 smoothNoise(Vec2 u) {
  Vec2 sum{0.0};
  for (std::uint32_t k = 0; k < 16; ++k) {
    double phase;
    const Vec2 frequency = normal(0x77617665, k, 0, phase);
    const double angle = dot(frequency, u) + 2 * std::acos(-1.) * phase;
    sum += std::sqrt(2. / 16) * Vec2{std::cos(angle), std::sin(angle)};
  }
  return sum;
}

struct Field::View {
  FieldUse use;
  Vec2 y;
  double ratio, t, alpha, sigma;
  Vec2 main, whole;  // D_c, D_u
  const Law* own;    // of D_c
  double logMain;    // of the main model's density
  bool path;         // there are steps that can be remembered

  // R of a denoiser in a space, seen from a centre, and how much a step of the denoiser moves it.
  // At pure noise every rule looks at the denoisers themselves.
  Vec2 in(Space s, gs::ScheduleKind schedule, Vec2 center, Vec2 d) const {
    if (std::isinf(ratio)) return d - center;
    const Vec2 eps = (y - d) / ratio;
    switch (s) {
      case Space::Denoiser:
        return d - center;
      case Space::Noise:
        return eps;
      case Space::Score:
        return -eps / sigma;
      case Space::V:
        return alpha * eps - sigma * (d - center);
      case Space::Velocity:
        break;
    }
    if (schedule == gs::ScheduleKind::Edm) return eps;
    if (schedule == gs::ScheduleKind::Flow) return eps - (d - center);
    return alpha * eps - sigma * (d - center);
  }
  double slope(Space s, gs::ScheduleKind schedule) const {
    if (std::isinf(ratio)) return 1;
    return in(s, schedule, Vec2(0.0), y + Vec2(1, 0)).x - in(s, schedule, Vec2(0.0), y).x;
  }
};

Field::Field(const gs::Experiment& e, const gs::Mixture& m) : e_(e), m_(m), conditional_(false) {
  if (e.condition == gs::kUnconditional) return;
  for (const gs::Component& c : m.components) conditional_ = conditional_ || c.label != e.condition;
}

bool Field::rests(double ratio) const {
  for (const Term& t : e_.guidance)
    if (t.enabled && t.omega != 0 && t.kind == TermKind::Zero && conditional_ &&
        ratio > grid(e_.schedule)[std::size_t(std::min(t.still, e_.schedule.steps))].ratio)
      return true;
  return false;
}

// The table of a learned weight, read as its comment says: bilinear in the time of straight paths and the share of it.
double learned(const gs::LearnedWeights& w, double ratio, double next, int label) {
  const auto time = [](double r) { return std::isinf(r) ? 1 : r / (1 + r); };
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto value = [&](int row, int column) {
    double code = 0;
    for (int k = 0; k < 3; ++k)
      code = 64 * code + double(digits.find(w.values[std::size_t(((label * 33 + row) * 17 + column) * 3 + k)]));
    return w.largest * code / 262143;
  };
  const double t = 32 * time(ratio), share = 16 * time(next) / time(ratio);
  double sum = 0;
  for (int row = 0; row < 33; ++row)
    for (int column = 0; column < 17; ++column) {
      const double near = std::max(0., 1 - std::abs(row - t)) * std::max(0., 1 - std::abs(column - share));
      if (near > 0) sum += near * value(row, column);
    }
  return sum;
}

double Field::weight(const Term& t, double ratio, double time) const {
  if (t.curve.kind != gs::CurveKind::Learned) return t.omega * curve(t.curve, time, ratio);
  const auto steps = grid(e_.schedule);
  std::size_t next = 1;  // the end of the step that begins at or before this ratio
  while (next + 1 < steps.size() && ratio <= steps[next].ratio) ++next;
  return t.omega * learned(t.curve.learned, ratio, steps[next].ratio, e_.condition);
}

const Term* Field::between(TermKind kind) const {
  for (const Term& t : e_.guidance) {
    if (!t.enabled || t.omega == 0 || t.kind != kind || !conditional_) continue;
    if ((kind == TermKind::Gibbs ? t.rounds : t.corrections) > 0) return &t;
  }
  return nullptr;
}

double Field::summed() const {
  double all = 0;
  const Point first = grid(e_.schedule).front();
  for (const Term& t : e_.guidance)
    if (t.enabled && t.omega != 0 && t.kind == TermKind::Sum) all += weight(t, first.ratio, first.t);
  for (const gs::Component& c : m_.components)
    if (c.label != m_.components[0].label) return all;
  return 0;
}

double Field::shown(double leak, double ratio, double t) const {
  double share = 1 - leak;
  for (const Term& c : e_.guidance) {
    if (!c.enabled || c.kind != TermKind::Cads || !conditional_) continue;
    // 2310.17347, eq. 6; where both times are one, the condition is shown at that time.
    const double gamma = t <= c.to ? 1 : t >= c.from ? 0 : (c.from - t) / (c.from - c.to);
    share *= 1 - std::clamp(weight(c, ratio, t) * (1 - gamma), 0., 1.);
  }
  return share;
}

Law Field::modelled(double ratio, double t) const {
  return law(m_, e_.condition, e_.model.broaden, 1 - shown(leaks() ? e_.model.leak : 0, ratio, t));
}

bool Field::leaks() const { return conditional_ && (e_.model.leaks < 0 || e_.model.leaks == e_.condition); }

Field::View Field::viewOf(Vec2 y, double ratio, double t, Law& own) const {
  own = modelled(ratio, t);
  const Law all = law(m_, gs::kUnconditional, e_.model.broaden);
  View v;
  v.use = {};
  v.path = false;
  v.y = y, v.ratio = ratio, v.t = t;
  v.own = &own;
  v.main = denoiser(own, y, ratio);
  v.whole = denoiser(all, y, ratio);
  if (leaks() && !e_.model.network) v.main = (1 - e_.model.leakDenoiser) * v.main + e_.model.leakDenoiser * v.whole;
  if (const gs::NetworkFile& of = e_.model.network) {
    v.main = network(of, e_.condition, y, ratio);
    v.whole = network(of, gs::kUnconditional, y, ratio);
  }
  v.logMain = 0;
  v.alpha = v.sigma = 0;
  return v;
}

// The chain's own step is that of 2006.11239 whatever the solver: x' ~ N(y + (1 - r^2) (D - y), ratio'^2 (1 - r^2)).
void Field::follow(Vec2 from, const Point& a, const Point& b, Vec2 to, Vec2& memory) const {
  for (const Term& term : e_.guidance) {
    if (!term.enabled || term.omega == 0 || term.kind != TermKind::Feedback || !term.tracked || !conditional_) continue;
    if (term.leak == 0 || term.factorMost == 1 || b.ratio == 0) continue;
    Law own;
    const View v = viewOf(from, a.ratio, a.t, own);
    const double r = std::isinf(a.ratio) ? 0 : b.ratio / a.ratio, square = b.ratio * b.ratio * (1 - r * r);
    const auto logKernel = [&](Vec2 d) {
      const Vec2 mean = std::isinf(a.ratio) ? d : r * r * from + (1 - r * r) * d;
      return -dot(to - mean, to - mean) / (2 * square);
    };
    const double least = std::min(3., std::log(term.leak * term.factorMost / (term.factorMost - 1)));
    memory.x = std::clamp(memory.x, least, 3.) + term.trust * (logKernel(v.main) - logKernel(v.whole)) +
               term.drift / e_.schedule.steps;
    memory.x = std::clamp(memory.x, least, 3.);
  }
}

Vec2 Field::operator()(Vec2 y, double ratio, double t, Vec2* memory, FieldUse use) const {
  Law own;
  View v = viewOf(y, ratio, t, own);
  v.use = use;
  v.path = memory != nullptr;
  const bool edm = e_.schedule.kind == gs::ScheduleKind::Edm;
  if (std::isinf(ratio)) {
    memory = nullptr;
  } else {
    const bool flow = e_.schedule.kind == gs::ScheduleKind::Flow;
    v.alpha = edm ? 1 : flow ? 1 / (1 + ratio) : 1 / std::sqrt(1 + ratio * ratio);
    v.sigma = ratio * v.alpha;
    v.logMain = logDensity(own, y, ratio);
    if (rests(ratio)) {
      if (edm) return y;                 // eps = 0
      if (flow) return y / (1 + ratio);  // eps = x0
      return y / (1 + ratio * ratio);    // alpha eps = sigma x0
    }
  }
  Vec2 sum{0.0};
  for (const Term& term : e_.guidance)
    if (term.enabled && term.omega != 0) sum += push(term, v, sum, memory);
  return v.main + sum;
}

Vec2 Field::push(const Term& term, const View& v, Vec2 sum, Vec2* memory) const {
  const double w = weight(term, v.ratio, v.t), broaden = e_.model.broaden;
  const bool pure = std::isinf(v.ratio);
  const Vec2 d = v.main - v.whole;
  const auto at = [&](const Law& p) { return denoiser(p, v.y, v.ratio); };
  const auto logOf = [&](const Law& p) {
    if (!pure) return logDensity(p, v.y, v.ratio);
    double mass = 0;  // at pure noise all components are the same density
    for (const double share : p.weights) mass += share;
    return std::log(mass);
  };
  const bool several = [&] {
    for (const gs::Component& c : m_.components)
      if (c.label != m_.components[0].label) return true;
    return false;
  }();
  Vec2 center{0.0};
  if (term.center != gs::Center::Origin) {
    const Law p = law(m_, term.center == gs::Center::Class ? e_.condition : gs::kUnconditional);
    for (std::size_t k = 0; k < p.weights.size(); ++k) center += p.weights[k] * p.means[k];
  }
  const auto in = [&](Vec2 x) { return v.in(term.space, e_.schedule.kind, center, x); };
  const auto slope = [&] { return v.slope(term.space, e_.schedule.kind); };

  switch (term.kind) {
    case TermKind::Reward: {
      const gs::Reward& r = term.reward;
      if (term.network) {
        const bool own = r.base == gs::RewardBase::Condition && e_.condition != gs::kUnconditional;
        return w * (network(term.network, own ? e_.condition : gs::kUnconditional, v.y, v.ratio) -
                    (own ? v.main : v.whole));
      }
      if (r.kind == gs::RewardKind::ClassPosterior)
        return several ? w * (at(law(m_, r.label, broaden)) - v.whole) : Vec2(0.0);
      const Law base = law(m_, r.base == gs::RewardBase::Condition ? e_.condition : gs::kUnconditional, broaden);
      if (r.kind == gs::RewardKind::Cost)
        return conditional_ ? w * (at(law(m_, e_.condition, broaden)) - v.whole) : Vec2(0.0);
      return w * (rewarded(r, base, v.y, v.ratio) - at(base));
    }
    case TermKind::Cads:
      return Vec2(0.0);
    case TermKind::Cfg:
      return conditional_ ? w * d : Vec2(0.0);
    case TermKind::PredictorCorrector:
      return conditional_ && v.use.corrects ? w * d : Vec2(0.0);
    case TermKind::Gibbs:
      return conditional_ && v.use.again ? w * d : Vec2(0.0);
    case TermKind::Autoguidance: {
      if (term.network) return w * (v.main - network(term.network, e_.condition, v.y, v.ratio));
      const gs::WeakModel& of = term.weak;
      if (w == 0 || (pure && of.blur != 1)) return Vec2(0.0);
      const gs::Mixture base = faulty(m_, of);
      // The denoiser of another noise level, and that of the score of another one at this one.
      const auto seen = [&](const Law& p) {
        const Vec2 there = denoiser(p, v.y, v.ratio * of.shift * of.blur);
        return of.blur == 1 ? there : v.y + (there - v.y) / (of.blur * of.blur);
      };
      Vec2 minus =
          seen(law(base, e_.condition, of.broaden, conditional_ ? 1 - shown(of.leakDensity, v.ratio, v.t) : 0));
      if (conditional_ && of.leakDenoiser > 0)
        minus = (1 - of.leakDenoiser) * minus + of.leakDenoiser * seen(law(base, gs::kUnconditional, of.broaden));
      Vec2 off{0.0};
      if (of.noise > 0 && !pure) {
        double variance = 0;  // of one coordinate, in the mean of both
        Vec2 mean{0.0};
        for (const gs::Component& c : m_.components) mean += c.weight * c.mean;
        for (const gs::Component& c : m_.components)
          variance += c.weight * (c.covariance.xx + c.covariance.yy + dot(c.mean - mean, c.mean - mean)) / 2;
        const double all = std::sqrt(variance + v.ratio * v.ratio);
        off = of.noise * v.ratio * std::sqrt(variance) / all * smoothNoise((v.y - mean) / (all * of.noiseLength));
      }
      return w * (v.main - minus - off);
    }
    case TermKind::And:
      if (e_.model.network && several) return w * (network(e_.model.network, term.label, v.y, v.ratio) - v.whole);
      return several ? w * (at(law(m_, term.label, broaden)) - v.whole) : Vec2(0.0);
    case TermKind::Sum: {
      if (!several || pure) return Vec2(0.0);
      const gs::NetworkFile& of = e_.model.network;
      return w * ((of ? network(of, term.label, v.y, v.ratio) : at(law(m_, term.label, broaden))) - v.y);
    }
    case TermKind::Negative:
      return several ? -w * (at(law(m_, term.label, broaden)) - v.whole) : Vec2(0.0);
    case TermKind::Or:
      if (!conditional_ || term.label == e_.condition) return Vec2(0.0);
      return w * (at(ofClasses(m_, e_.condition, term.label, broaden)) - v.main);
    case TermKind::Delayed: {
      if (!conditional_ || w == 0) return Vec2(0.0);
      const double a = std::sqrt((1 + w) / (1 + term.delay * w)), b = std::sqrt(1 / term.delay);
      const Vec2 own = term.delay == 1 ? v.main : denoiser(modelled(v.ratio, v.t), v.y, a * v.ratio);
      return (1 + w) * own - w * denoiser(law(m_, gs::kUnconditional, broaden), v.y, b * v.ratio) - v.main;
    }
    case TermKind::PlusPlus: {
      if (!conditional_) return Vec2(0.0);
      const std::vector<Point> points = grid(e_.schedule);
      for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        if (v.ratio > points[i + 1].ratio || i + 2 == points.size()) {
          const double r = std::isinf(points[i].ratio) ? 0 : points[i + 1].ratio / points[i].ratio;
          return w * (term.lambda / (1 - r) - 1) * d;  // 2406.08070: lambda = (1 + omega) (1 - r)
        }
      }
      return Vec2(0.0);
    }
    case TermKind::Classifier: {
      if (!conditional_) return Vec2(0.0);
      if (term.clean || term.temperature != 1) {
        if (pure && term.clean) return Vec2(0.0);
      } else {
        return w * (at(law(m_, e_.condition, broaden)) - v.whole);
      }
      // grad log p_T(c|x) with the odds of the class to the 1/T.
      const Law c = only(m_, e_.condition, broaden), rest = without(m_, e_.condition, broaden);
      if (pure)
        return w / term.temperature / (1 + std::exp((logOf(c) - logOf(rest)) / term.temperature)) * (at(c) - at(rest));
      const double level = term.clean ? 0 : v.ratio;
      const double odds = (logDensity(c, v.y, level) - logDensity(rest, v.y, level)) / term.temperature;
      const Vec2 gradient = (score(c, v.y, level) - score(rest, v.y, level)) / term.temperature;
      return w * v.ratio * v.ratio / (1 + std::exp(odds)) * gradient;
    }
    default:
      break;
  }
  if (w == 0) return Vec2(0.0);
  switch (term.kind) {
    case TermKind::Dynamic: {
      if (!several) return Vec2(0.0);
      const Law n = only(m_, term.label, broaden), rest = without(m_, term.label, broaden);
      const double p = 1 / (1 + std::exp(logOf(rest) - logOf(n)));
      // lambda (D_n - D_u) with lambda = p / (1 - p), and D_n - D_u = (1 - p) (D_n - D_rest)
      const double lambda = p <= term.most ? p : term.most / (1 - term.most) / (1 + std::exp(logOf(n) - logOf(rest)));
      return -w * lambda * (at(n) - at(rest));
    }
    case TermKind::Perpendicular: {
      if (!conditional_) return Vec2(0.0);
      const Vec2 n = at(law(m_, term.label, broaden)) - v.whole;
      return -w * (n - dot(n, d) / (dot(d, d) + 1e-6) * d);  // a d that is shorter than a thousandth has no direction
    }
    case TermKind::Apg: {  // 2410.02416, algorithm 1
      Vec2 running = sum;
      if (term.momentum != 0 && memory) running += term.momentum * *memory;
      if (term.momentum != 0 && memory) *memory = running;
      Vec2 capped = running;
      const double length = std::abs(slope()) * norm(running);
      if (term.cap > 0 && length > term.cap) capped *= term.cap / length;
      const Vec2 along = in(v.main) / norm(in(v.main));
      const Vec2 parallel = dot(capped, along) * along;
      return w * (capped - parallel + term.parallel * parallel - sum);
    }
    case TermKind::Rescale: {  // 2305.08891, eq. 15, with norms in place of deviations over pixels
      const Vec2 own = in(v.main), whole = in(v.main + sum), scaled = whole * (norm(own) / norm(whole));
      return w * (scaled - whole) / slope();
    }
    case TermKind::Threshold: {
      double square = 0;
      Vec2 mean{0.0};
      for (const gs::Component& c : m_.components) mean += c.weight * c.mean;
      for (const gs::Component& c : m_.components)
        square += c.weight * (c.covariance.xx + c.covariance.yy + dot(c.mean - mean, c.mean - mean));
      const double radius = term.reach * std::sqrt(square);
      const Vec2 from = v.main + sum - center;
      return norm(from) > radius ? w * (from * (radius / norm(from)) - from) : Vec2(0.0);
    }
    default:
      break;
  }
  if (!conditional_) return Vec2(0.0);
  const Vec2 c = in(v.main), u = in(v.whole);
  switch (term.kind) {
    case TermKind::PowerLaw:
      return w * std::pow(norm(c - u), term.exponent) * d;
    case TermKind::Mambo:
      return w * std::exp(-term.damping * norm(c - u) / norm(u)) * d;
    case TermKind::Adaptive: {
      bool off = term.agreement < 1 && dot(c, u) / (norm(c) * norm(u)) > term.agreement;
      if (term.latch && memory) {
        off = off || memory->x == 1;
        *memory = {off ? 1. : 0., 0};
      }
      return off ? Vec2(0.0) : w * d;
    }
    case TermKind::Feedback: {  // 2506.06085: q_c = (1 - leak) p(x|c) + leak p(x) is what the model knows
      double known = v.logMain - logOf(law(m_, gs::kUnconditional, broaden));
      if (term.tracked && (v.path || e_.model.network)) {
        known = memory ? memory->x : 0;  // algorithm 1: log p(c|x_T) = 0
        if (term.factorMost > 1)
          known = std::clamp(known, std::min(3., std::log(term.leak * term.factorMost / (term.factorMost - 1))), 3.);
      }
      const double mixed = term.leak * std::exp(-known);
      const double factor = mixed >= 1 ? term.factorMost : std::min(term.factorMost, 1 / (1 - mixed));
      return w * (factor - 1) * d;
    }
    case TermKind::Zero: {
      const double s = term.optimise ? 1 + dot(c - u, u) / (dot(u, u) + 1e-12) : 1;
      return w * (c - s * u) / slope();
    }
    case TermKind::Tangential: {
      const double angle = std::atan2(2 * (c.x * c.y + u.x * u.y), c.x * c.x + u.x * u.x - c.y * c.y - u.y * u.y) / 2;
      const Vec2 principal{std::cos(angle), std::sin(angle)};
      return w * (c - dot(u, principal) * principal) / slope();
    }
    case TermKind::Characteristic: {  // 2312.07586, with noise predictions (y - D) / ratio in place of denoisers
      if (pure) return w * d;
      const auto noise = [&](int label, Vec2 where) {
        if (const gs::NetworkFile& of = e_.model.network) return (where - network(of, label, where, v.ratio)) / v.ratio;
        return (where - denoiser(label == gs::kUnconditional ? law(m_, label, broaden) : *v.own, where, v.ratio)) /
               v.ratio;
      };
      Vec2 offset{0.0};
      Vec2 cond = noise(e_.condition, v.y), whole = noise(gs::kUnconditional, v.y);
      for (int k = 0; k < term.iterations; ++k) {
        const Vec2 next = v.ratio * (whole - cond);
        offset = (1 - term.relaxation) * offset + term.relaxation * next;
        cond = noise(e_.condition, v.y + w * offset), whole = noise(gs::kUnconditional, v.y + (1 + w) * offset);
      }
      return v.y - v.ratio * ((1 + w) * cond - w * whole) - v.main;
    }
    case TermKind::Rectified: {  // dD/dy = Cov[x0 | y] / ratio^2
      if (pure) return Vec2(0.0);
      const Sym2 cov = posterior(*v.own, v.y, v.ratio).covariance();
      const double q = v.ratio * v.ratio;
      return w * Vec2((cov.xx + cov.xy) / q * d.x, (cov.xy + cov.yy) / q * d.y);
    }
    default:
      return Vec2(0.0);
  }
}

}  // namespace oracle
