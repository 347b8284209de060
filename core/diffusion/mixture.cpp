#include "diffusion/mixture.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace gs {
namespace {

// Component k of the noised law at x: exponent l_k = log w_k + log N(x; alpha mu_k, C_k), its pull u_k = C_k^-1 (alpha
// mu_k - x) = grad l_k, and P_k = C_k^-1, with C_k = alpha^2 S_k + sigma^2 I.
struct Pull {
  double exponent;
  Vec2 pull;
  Sym2 precision;
  const Component* component;
};

std::vector<Pull> terms(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  const double share = m.classProbability(label);
  std::vector<Pull> out;
  out.reserve(m.components.size());
  for (const Component& c : m.components) {
    if (label != kUnconditional && c.label != label) continue;
    const Sym2 cov = l.alpha * l.alpha * c.covariance + Sym2::isotropic(l.sigma * l.sigma);
    const Sym2 precision = cov.inverse();
    const Vec2 away = l.alpha * c.mean - x;
    const Vec2 pull = precision * away;
    const double exponent = std::log(c.weight / share) - .5 * glm::dot(away, pull) - .5 * std::log(cov.determinant()) -
                            std::log(2 * std::numbers::pi);
    out.push_back({exponent, pull, precision, &c});
  }
  return out;
}

// log sum exp of the exponents; turns them into responsibilities (summing to 1).
double normaliseExponents(std::vector<Pull>& ts) {
  if (ts.empty()) throw std::invalid_argument("the mixture has no component of this class");
  double top = ts.front().exponent;
  for (const Pull& t : ts) top = std::max(top, t.exponent);
  double sum = 0;
  for (Pull& t : ts) sum += t.exponent = std::exp(t.exponent - top);
  for (Pull& t : ts) t.exponent /= sum;
  return top + std::log(sum);
}

// E[x0 | x, k] = mu_k + alpha S_k C_k^-1 (x - alpha mu_k)
Vec2 posteriorMean(const Pull& t, double alpha) {
  return t.component->mean - alpha * (t.component->covariance * t.pull);
}

std::string place(std::size_t k) { return "components." + std::to_string(k); }

}  // namespace

int Mixture::classes() const {
  int n = 0;
  for (const Component& c : components) n = std::max(n, c.label + 1);
  return n;
}

double Mixture::classProbability(int label) const {
  if (label == kUnconditional) return 1;
  double sum = 0;
  for (const Component& c : components)
    if (c.label == label) sum += c.weight;
  return sum;
}

Vec2 Mixture::mean(int label) const {
  Vec2 sum{0.0};
  for (const Component& c : components)
    if (label == kUnconditional || c.label == label) sum += c.weight * c.mean;
  return sum / classProbability(label);
}

Sym2 Mixture::covariance(int label) const {
  const Vec2 center = mean(label);
  const double share = classProbability(label);
  Sym2 sum{0, 0, 0};
  for (const Component& c : components)
    if (label == kUnconditional || c.label == label)
      sum = sum + (c.weight / share) * (c.covariance + Sym2::outer(c.mean - center));
  return sum;
}

Mixture normalised(Mixture m) {
  if (m.components.empty()) throw std::invalid_argument("components: a mixture needs at least one");
  if (m.components.size() > Mixture::kMaxComponents)
    throw std::invalid_argument("components: " + std::to_string(m.components.size()) + " are more than " +
                                std::to_string(Mixture::kMaxComponents));
  double sum = 0;
  std::vector<bool> used(Mixture::kMaxClasses, false);
  for (std::size_t k = 0; k < m.components.size(); ++k) {
    const Component& c = m.components[k];
    if (c.label < 0 || c.label >= Mixture::kMaxClasses)
      throw std::invalid_argument(place(k) + ".class: " + std::to_string(c.label) + " is outside 0.." +
                                  std::to_string(Mixture::kMaxClasses - 1));
    if (!(c.weight > 0) || !std::isfinite(c.weight))
      throw std::invalid_argument(place(k) + ".weight: must be positive and finite");
    if (!std::isfinite(c.mean.x) || !std::isfinite(c.mean.y))
      throw std::invalid_argument(place(k) + ".mean: must be finite");
    if (!std::isfinite(c.covariance.trace()) || !std::isfinite(c.covariance.xy) || !c.covariance.positiveDefinite())
      throw std::invalid_argument(place(k) + ".covariance: is not positive definite");
    used[std::size_t(c.label)] = true;
    sum += c.weight;
  }
  if (!std::isfinite(sum)) throw std::invalid_argument("components: the weights' sum is not finite");
  for (int label = 0; label < m.classes(); ++label)
    if (!used[std::size_t(label)])
      throw std::invalid_argument("components: class " + std::to_string(label) + " has none (classes are 0..n-1)");
  // A sum of 1 up to rounding is left alone, so that normalising again changes nothing.
  if (std::abs(sum - 1) > 1e-12)
    for (Component& c : m.components) c.weight /= sum;
  return m;
}

double logDensity(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  auto ts = terms(m, x, l, label);
  return normaliseExponents(ts);
}

Vec2 score(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  auto ts = terms(m, x, l, label);
  normaliseExponents(ts);
  Vec2 sum{0.0};
  for (const Pull& t : ts) sum += t.exponent * t.pull;
  return sum;
}

Sym2 logDensityHessian(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  auto ts = terms(m, x, l, label);
  normaliseExponents(ts);
  Vec2 s{0.0};
  Sym2 sum{0, 0, 0};
  for (const Pull& t : ts) {
    s += t.exponent * t.pull;
    sum = sum + t.exponent * (Sym2::outer(t.pull) - t.precision);
  }
  return sum - Sym2::outer(s);
}

Vec2 denoise(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  auto ts = terms(m, x, l, label);
  normaliseExponents(ts);
  Vec2 sum{0.0};
  for (const Pull& t : ts) sum += t.exponent * posteriorMean(t, l.alpha);
  return sum;
}

Sym2 posteriorCovariance(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  auto ts = terms(m, x, l, label);
  normaliseExponents(ts);
  Vec2 mean{0.0};
  for (const Pull& t : ts) mean += t.exponent * posteriorMean(t, l.alpha);
  Sym2 sum{0, 0, 0};
  for (const Pull& t : ts) {
    // V_k = S - alpha^2 S P S = sigma^2 S P, a product of commuting matrices, so symmetric.
    const Sym2& s = t.component->covariance;
    const Sym2& p = t.precision;
    const Sym2 v{s.xx * p.xx + s.xy * p.xy, s.xx * p.xy + s.xy * p.yy, s.xy * p.xy + s.yy * p.yy};
    sum = sum + t.exponent * (l.sigma * l.sigma * v + Sym2::outer(posteriorMean(t, l.alpha) - mean));
  }
  return sum;
}

Sym2 denoiserJacobian(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  // dD/dx = (I + sigma^2 Hess log p) / alpha, which needs no division by sigma.
  return (1 / l.alpha) * (Sym2::isotropic(1) + (l.sigma * l.sigma) * logDensityHessian(m, x, l, label));
}

std::vector<double> classPosterior(const Mixture& m, Vec2 x, NoiseLevel l) {
  auto ts = terms(m, x, l, kUnconditional);
  normaliseExponents(ts);
  std::vector<double> out(std::size_t(m.classes()), 0.);
  for (const Pull& t : ts) out[std::size_t(t.component->label)] += t.exponent;
  return out;
}

double logClassPosterior(const Mixture& m, Vec2 x, NoiseLevel l, int label) {
  return std::log(m.classProbability(label)) + logDensity(m, x, l, label) - logDensity(m, x, l);
}

Mixture noised(const Mixture& m, NoiseLevel l) {
  Mixture out = m;
  for (Component& c : out.components) {
    c.mean *= l.alpha;
    c.covariance = l.alpha * l.alpha * c.covariance + Sym2::isotropic(l.sigma * l.sigma);
  }
  return out;
}

Mixture conditioned(const Mixture& m, int label) {
  if (label == kUnconditional) return m;
  Mixture out;
  const double share = m.classProbability(label);
  for (const Component& c : m.components)
    if (c.label == label) {
      out.components.push_back(c);
      out.components.back().weight /= share;
    }
  return out;
}

std::vector<Draw> sampleExact(const Mixture& m, int count, std::uint64_t seed, int label) {
  // Own transformations on the standard's engine: the library's distributions differ between implementations.
  std::mt19937_64 bits(seed);
  const auto uniform = [&bits] { return (double(bits() >> 11) + .5) * 0x1p-53; };
  std::vector<double> cumulative;
  std::vector<int> index;
  double sum = 0;
  for (std::size_t k = 0; k < m.components.size(); ++k) {
    if (label != kUnconditional && m.components[k].label != label) continue;
    cumulative.push_back(sum += m.components[k].weight);
    index.push_back(int(k));
  }
  if (index.empty()) throw std::invalid_argument("the mixture has no component of this class");
  std::vector<Draw> out;
  out.reserve(std::size_t(count));
  for (int i = 0; i < count; ++i) {
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), uniform() * sum) - cumulative.begin();
    const int k = index[std::size_t(std::min<std::ptrdiff_t>(at, std::ptrdiff_t(index.size()) - 1))];
    const Component& c = m.components[std::size_t(k)];
    const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
    const double z0 = radius * std::cos(angle), z1 = radius * std::sin(angle);
    const double l00 = std::sqrt(c.covariance.xx), l10 = c.covariance.xy / l00;
    const double l11 = std::sqrt(c.covariance.yy - l10 * l10);
    out.push_back({c.mean + Vec2(l00 * z0, l10 * z0 + l11 * z1), k});
  }
  return out;
}

}  // namespace gs
