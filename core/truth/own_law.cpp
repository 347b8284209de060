#include "truth/own_law.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <vector>

#include "engine/reference.h"
#include "truth/law_on_grid.h"
#include "truth/linear_field.h"
#include "truth/target.h"

namespace gs {
namespace {

constexpr double kFarthestRatio = 1e5;    // pure noise, as far as anybody can tell
constexpr double kNearestRatio = 0.002;   // of the narrowest width: from there to the data nothing moves by 1e-5
constexpr double kStepsPerUnit = 12;      // of psi, at fine = 1
constexpr double kLineStepsPerUnit = 60;  // Fokker-Planck
constexpr double kFarOfSpread = 200;      // of four widths: with churn the law is that of the noise beyond
constexpr double kMostLost = .5;          // of mass, before it is normalised: beyond, something went wrong
constexpr double kLeastCells = 2.2;       // of a grid in the plane, a width
constexpr double kNudge = 1e-9;           // of a ratio: to one side of a jump of the weight
constexpr double kRowOfLinear = 1.2;  // of LinearField, which brings the divergence along, in rows of GuidedInDouble
constexpr std::size_t kFewForLinear = 64;  // components, of which there are too few to leave any out

// Noise levels are walked in psi = ln((1 + sh / s) / (1 + sh / b)), s the narrowest width and b four times that of the
// whole: linear below s, logarithmic between, and bounded.
struct Walk {
  double s, b;
  double psi(double sh) const { return std::log1p(sh / s) - std::log1p(sh / b); }
  double ratio(double p) const { return std::expm1(p) / (1 / s - std::exp(p) / b); }
  double slope(double sh) const { return (s + sh) * (b + sh) / (b - s); }  // d sh / d psi
};

// Where the weight of a term jumps.
std::vector<double> jumps(const Experiment& e, std::span<const GridPoint> grid) {
  std::vector<double> out;
  for (const Term& t : e.guidance) {
    if (!t.enabled || t.omega == 0) continue;
    if (t.curve.kind == CurveKind::Interval) out.insert(out.end(), {t.curve.lo, t.curve.hi});
    if (t.curve.kind == CurveKind::Switch) {
      const double at = 1 - t.curve.at;
      if (e.schedule.kind != ScheduleKind::Edm) {
        out.push_back(levelAt(e.schedule, at).ratio());
        continue;
      }
      std::size_t i = 0;
      while (i + 2 < grid.size() && grid[i + 1].t > at) ++i;
      const double u = std::clamp((grid[i].t - at) / (grid[i].t - grid[i + 1].t), 0., 1.);
      out.push_back(grid[i].ratio + u * (grid[i + 1].ratio - grid[i].ratio));
    }
  }
  return out;
}

std::string stepsMatter(const Experiment& e) {
  const auto scripted = [](const NetworkFile& n) { return n && n.network && n.network->script; };
  const std::string digits = "no own law: a model that is code answers with too few digits for its slope";
  if (scripted(e.model.network)) return digits;
  for (const Term& t : e.guidance) {
    if (!t.enabled || t.omega == 0) continue;
    if (scripted(t.network)) return digits;
    if (t.kind == TermKind::PlusPlus) return "no own law: the weight of CFG++ hangs on the number of steps";
    if (t.kind == TermKind::Feedback && t.tracked) return "no own law: the posterior is tracked on the way there";
    if (t.kind == TermKind::Adaptive && t.latch) return "no own law: who is pushed hangs on the way there";
    if (t.kind == TermKind::Sum) return "no own law: a sum of scores starts from noise of its own";
    if (t.kind == TermKind::Apg && t.momentum != 0) return "no own law: the momentum hangs on the number of steps";
    if ((t.kind == TermKind::PredictorCorrector && t.corrections > 0) || (t.kind == TermKind::Gibbs && t.rounds > 0))
      return "no own law: what is done between the steps hangs on their number";
    if (t.kind == TermKind::Zero && t.still > 0) return "no own law: how long the start is still hangs on the steps";
  }
  return {};
}

// Whether the second coordinate is a standard normal one that nothing touches: asked of the guided denoiser itself, at
// a few places and levels.
bool onLine(const Mixture& m, const GuidedInDouble& guided, const std::vector<double>& ratios) {
  for (const Component& c : m.components)
    if (c.mean.y != 0 || c.covariance.xy != 0 || std::abs(c.covariance.yy - 1) > 1e-12) return false;
  for (const std::size_t level : {std::size_t(0), ratios.size() / 3, 2 * ratios.size() / 3, ratios.size() - 1}) {
    const double sh = ratios[level], reach = std::hypot(1, sh);
    for (const double x : {-1.3 * reach, .2 * reach, 1.7 * reach}) {
      const double own = guided.denoise(int(level), {x, 0}).x;
      for (const double y : {-.8 * reach, .5 * reach}) {
        const Vec2 d = guided.denoise(int(level), {x, y});
        if (std::abs(d.y - y / (1 + sh * sh)) > 1e-7 * reach || std::abs(d.x - own) > 1e-7 * reach) return false;
      }
    }
  }
  return true;
}

double bernoulli(double z) { return std::abs(z) < 1e-5 ? 1 - z / 2 : z / std::expm1(z); }

}  // namespace

double timeAt(const Schedule& schedule, std::span<const GridPoint> grid, double ratio) {
  if (schedule.kind != ScheduleKind::Edm) return timeOf(schedule, std::min(ratio, startRatio(schedule)));
  if (ratio >= grid.front().ratio) return grid.front().t;
  int i = 0;
  while (i + 2 < int(grid.size()) && grid[std::size_t(i) + 1].ratio > ratio) ++i;
  return stageTime(schedule, grid, i, ratio);
}

struct OwnLaw::Impl {
  std::string absent;
  Walk walk{};
  double first = 0, last = 0;  // ratios
  std::optional<GuidedInDouble> guided;
  std::optional<LinearField> linear;  // the same, where it can be had
  double rows = 0;
  std::optional<LawOnGrid> plane;
  bool postponed = false;
  // The start of the sampler.
  std::shared_ptr<const Mixture> mixture;
  int condition = kUnconditional;
  bool gaussian = false;

  // Steps of the ODE: three levels each, 2 k, 2 k + 1, 2 k + 2 where steps join.
  struct Step {
    int level;               // the first of three
    double width;            // in psi
    double sh[3], slope[3];  // ratios, d theta / d psi
  };
  std::vector<Step> steps;
  // The answer of the Fokker-Planck equation: log-density of x at points `from` + i `apart`.
  std::vector<double> line;
  double from = 0, apart = 0;

  double logStart(Vec2 x, double sh) const {  // x on the circle alpha = cos, sigma = sin
    const double n = std::hypot(1, sh), alpha = 1 / n, sigma = sh / n;
    if (gaussian) return -.5 * glm::dot(x, x) / (sigma * sigma) - std::log(2 * std::numbers::pi * sigma * sigma);
    return gs::logDensity(*mixture, x, {alpha, sigma}, condition);
  }

  // f = dx / dtheta = (alpha x - D) / sigma on that circle, and its divergence by forward differences.
  struct Flow {
    Vec2 f;
    double divergence = 0;
  };
  Flow flow(int level, double sh, Vec2 x, bool withDivergence) const {
    const double n = std::hypot(1, sh), alpha = 1 / n, sigma = sh / n;
    const Vec2 y = x * n;
    if (linear) {
      const LinearField::At at = linear->at(level, y);
      return {(alpha * x - at.denoiser) / sigma, (2 * alpha - at.divergence * n) / sigma};
    }
    const Vec2 d = guided->denoise(level, y);
    Flow out{(alpha * x - d) / sigma, 0};
    if (!withDivergence) return out;
    const double h = 3e-6 * std::hypot(walk.s, sh);
    const double trace =
        (guided->denoise(level, {y.x + h, y.y}).x - d.x + guided->denoise(level, {y.x, y.y + h}).y - d.y) / h;
    out.divergence = (2 * alpha - trace * n) / sigma;
    return out;
  }

  double alongOde(Vec2 y) const {
    const double n = std::hypot(1, first);
    Vec2 x = y / n;
    double sum = 0;
    for (const Step& s : steps) {
      const Flow a = flow(s.level, s.sh[0], x, true);
      const Vec2 k1 = a.f * s.slope[0];
      const Vec2 k2 = flow(s.level + 1, s.sh[1], x + .5 * s.width * k1, false).f * s.slope[1];
      const Flow m = flow(s.level + 1, s.sh[1], x + .5 * s.width * k2, true);
      const Vec2 k3 = m.f * s.slope[1];
      const Vec2 before = x + s.width * k3;
      const Flow b = flow(s.level + 2, s.sh[2], before, true);
      x += s.width / 6 * (k1 + 2. * k2 + 2. * k3 + b.f * s.slope[2]);
      sum += s.width / 6 * (a.divergence * s.slope[0] + 4 * m.divergence * s.slope[1] + b.divergence * s.slope[2]);
    }
    return logStart(x, last) + sum - 2 * std::log(n);
  }
};

// The law over a grid of the plane, with churn or without; `edges`: ratios where the weight jumps, and both ends.
void OwnLaw::carry(const Experiment& e, const std::vector<double>& edges, double kappa, const Effort& effort,
                   const Plan* previous) {
  Impl& m = *impl_;
  const Mixture& mixture = *m.mixture;
  const std::vector<GridPoint> grid = timeGrid(e.schedule);
  const double far = std::max(kFarOfSpread * m.walk.b, 2 * m.first);
  const double perUnit = (10 + 10 * effort.fine) * (1 + kappa / 4), longest = .12 / (1 + kappa / 2);
  std::vector<LawOnGrid::Step> steps;
  std::vector<double> ratios, times;
  for (std::size_t i = edges.size(); --i > 0;) {
    const double end = edges[i - 1];
    for (double sh = std::min(edges[i], far); sh > end;) {
      double next = std::max(m.walk.ratio(m.walk.psi(sh) - 1 / perUnit), sh * std::exp(-longest));
      if (sh < m.walk.s) next = m.walk.ratio(m.walk.psi(sh) - 1 / perUnit);
      if (!(next > end * (1 + 1e-9)) || m.walk.psi(next) - m.walk.psi(end) < .3 / perUnit) next = end;
      steps.push_back({sh, next, .5 * (sh + next), int(ratios.size())});
      ratios.push_back(steps.back().shMid);
      times.push_back(timeAt(e.schedule, grid, steps.back().shMid));
      sh = next;
    }
  }
  if (steps.empty()) {
    m.absent = "no own law: the cursor is at the start";
    return;
  }
  const Plan plan = compileLevels(e, m.mixture, std::move(times), ratios, previous);
  m.guided.emplace(plan);
  Vec2 lo(1e300), hi(-1e300), widest(0.0);
  for (const Component& k : mixture.components) {
    lo = glm::min(lo, k.mean), hi = glm::max(hi, k.mean);
    widest = glm::max(widest, Vec2(std::sqrt(k.covariance.xx), std::sqrt(k.covariance.yy)));
  }
  const double start = steps.front().sh;
  LawOnGrid::Setup setup{.kappa = kappa,
                         .narrow = m.walk.s,
                         .middle = .5 * (lo + hi),
                         .reach = .7 * (hi - lo) + 5.5 * widest,  // guidance pushes outwards
                         .cells = 1.5 + 2.5 * effort.fine,
                         .steps = steps,
                         .logStart = [&m, start](Vec2 x) { return m.logStart(x, start); },
                         .denoise = [&m](int level, Vec2 y) { return m.guided->denoise(level, y); }};
  const double rows = std::max(1, plan.kernelRows()) + 8;
  while (LawOnGrid::evaluations(setup) * rows > effort.mostRows && setup.cells > kLeastCells)
    setup.cells = std::max(kLeastCells, setup.cells * .85);
  if (LawOnGrid::evaluations(setup) * rows > effort.mostRows) {
    m.postponed = true;
    m.absent = kappa > 0 ? "no own law on a grid: churn, and too many components"
                         : "no own law on a grid: too many components";
    return;
  }
  m.plane.emplace(setup, effort.stop);
  m.rows = 1;
  if (!m.plane->done()) {
    m.plane.reset(), m.absent = "stopped", m.postponed = true;
  } else if (!(m.plane->lostMass() < kMostLost)) {
    m.plane.reset(), m.absent = "no own law on a grid: the field is too steep for its steps";
  }
}

OwnLaw::OwnLaw(const Experiment& e, std::shared_ptr<const Mixture> mixture, double ratio, const Effort& effort,
               const Plan* previous)
    : impl_(std::make_unique<Impl>()) {
  const double fine = effort.fine;
  Impl& m = *impl_;
  m.mixture = mixture;
  m.condition = e.condition;
  m.gaussian = e.start == Start::Gaussian;
  m.absent = stepsMatter(e);
  if (!m.absent.empty()) return;
  const bool churned = e.sampler.kind == SolverKind::Exponential && e.sampler.churn > 0;
  const std::vector<GridPoint> grid = timeGrid(e.schedule);
  const double narrowest = narrowestWidth(*mixture);
  const Sym2 spread = mixture->covariance();
  const double whole = std::sqrt(std::max(spread.xx, spread.yy));
  m.walk = {narrowest, 4 * std::max(whole, 2 * narrowest)};
  m.last = std::min(startRatio(e.schedule), kFarthestRatio);
  m.first = std::clamp(ratio, kNearestRatio * narrowest, m.last);

  std::vector<double> edges{m.first, m.last};
  for (const double j : jumps(e, grid))
    if (j > m.first * (1 + 1e-6) && j < m.last * (1 - 1e-6)) edges.push_back(j);
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<double> ratios, times;
  const auto level = [&](double sh) {
    ratios.push_back(sh);
    times.push_back(timeAt(e.schedule, grid, sh));
    return int(ratios.size()) - 1;
  };
  const auto slopeOf = [&](double sh) { return m.walk.slope(sh) / (1 + sh * sh); };
  const double perUnit = churned ? kLineStepsPerUnit * fine : kStepsPerUnit * fine;
  struct LineStep {
    double sh, width;
  };
  std::vector<LineStep> lineSteps;  // towards noise
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const double p0 = m.walk.psi(edges[i]), p1 = m.walk.psi(edges[i + 1]);
    const int n = std::max(2, int(std::ceil((p1 - p0) * perUnit)));
    const double h = (p1 - p0) / n;
    for (int k = 0; k < n; ++k) {
      if (churned) {
        const double sh = m.walk.ratio(p0 + h * (k + .5));
        level(sh);
        lineSteps.push_back({sh, h});
        continue;
      }
      Impl::Step s{};
      s.width = h;
      for (int j = 0; j < 3; ++j) {
        double sh = m.walk.ratio(p0 + h * (k + .5 * j));
        if (k == 0 && j == 0) sh = edges[i] * (1 + kNudge);
        if (k == n - 1 && j == 2) sh = edges[i + 1] * (1 - kNudge);
        s.sh[j] = sh;
        s.slope[j] = slopeOf(sh);
      }
      s.level = k > 0 ? m.steps.back().level + 2 : level(s.sh[0]);
      level(s.sh[1]);
      level(s.sh[2]);
      m.steps.push_back(s);
    }
  }
  const Plan plan = compileLevels(e, mixture, std::move(times), ratios, previous);
  m.guided.emplace(plan);
  if (churned && !onLine(*mixture, *m.guided, ratios)) {
    carry(e, edges, e.sampler.churn, effort, previous);
    return;
  }
  const double rows = std::max(1, plan.kernelRows()) + 8;
  m.rows = churned ? 1 : double(m.steps.size()) * 10 * rows;
  if (!churned && mixture->components.size() > kFewForLinear) m.linear = LinearField::of(plan);
  if (m.linear) {
    double met = 0;
    for (const Impl::Step& s : m.steps)
      met += m.linear->rows(s.level) + 2 * m.linear->rows(s.level + 1) + m.linear->rows(s.level + 2);
    m.rows = kRowOfLinear * met + 16 * double(m.steps.size());
  }
  if (!churned && m.rows > effort.mostPerPoint) carry(e, edges, 0, effort, previous);
  if (!churned) return;

  // dq/d(-theta) = -d/dx (A q) + B / 2 d2/dx2 q with A = (1 + kappa) (D - y) / sin + y sin, B = 2 kappa tan, on the
  // same circle; fluxes of Scharfetter and Gummel, in time by the trapezoidal rule.
  double reach = 0, widest = 1;
  for (const Component& c : mixture->components) {
    reach = std::max(reach, std::abs(c.mean.x));
    widest = std::max(widest, std::sqrt(c.covariance.xx));
  }
  double line = std::numeric_limits<double>::infinity();
  for (const Component& c : mixture->components) line = std::min(line, std::sqrt(c.covariance.xx));
  const double end = 1.5 * reach + 7 * widest;
  const int n = std::clamp(int(2 * end / (line / (14 * fine))), 200, 6000);
  const double h = 2 * end / n, kappa = e.sampler.churn;
  m.from = -end + h / 2;
  m.apart = h;
  std::vector<double> q(std::size_t(n), 0.), right(q), lower(q), diagonal(q), upper(q), flux0(q), flux1(q);
  {
    const double c = std::hypot(1, m.last), sigma = m.last / c;
    for (int i = 0; i < n; ++i) {
      const double x = m.from + h * i;
      // Of the plane's density the part along x: the other coordinate is N(0, 1) there.
      const double other = m.gaussian ? sigma * sigma : 1;
      q[std::size_t(i)] = std::exp(m.logStart({x, 0}, m.last) + .5 * std::log(2 * std::numbers::pi * other));
    }
  }
  for (std::size_t k = lineSteps.size(); k-- > 0;) {
    const double sh = lineSteps[k].sh, c = std::hypot(1, sh), alpha = 1 / c, sigma = sh / c;
    const double dt = lineSteps[k].width * slopeOf(sh), diffusion = kappa * sigma / alpha;
    // Flux through the face i + 1/2: flux0 q_i - flux1 q_{i+1}.
    for (int i = 0; i + 1 < n; ++i) {
      const double x = m.from + h * (i + .5), y = x * c;
      const double a = (1 + kappa) * (m.guided->denoise(int(k), {y, 0}).x - y) / sigma + y * sigma;
      const double peclet = a * h / diffusion;
      flux0[std::size_t(i)] = diffusion / h * bernoulli(-peclet);
      flux1[std::size_t(i)] = diffusion / h * bernoulli(peclet);
    }
    const double half = dt / (2 * h);
    for (std::size_t i = 0; i < std::size_t(n); ++i) {
      const bool in = i + 1 < std::size_t(n), before = i > 0;
      const double gone = (in ? flux0[i] : 0) + (before ? flux1[i - 1] : 0);
      lower[i] = before ? -half * flux0[i - 1] : 0;
      upper[i] = in ? -half * flux1[i] : 0;
      diagonal[i] = 1 + half * gone;
      right[i] = (1 - half * gone) * q[i] + (before ? half * flux0[i - 1] * q[i - 1] : 0) +
                 (in ? half * flux1[i] * q[i + 1] : 0);
    }
    for (std::size_t i = 1; i < std::size_t(n); ++i) {
      const double w = lower[i] / diagonal[i - 1];
      diagonal[i] -= w * upper[i - 1];
      right[i] -= w * right[i - 1];
    }
    q.back() = right.back() / diagonal.back();
    for (std::size_t i = std::size_t(n) - 1; i-- > 0;) q[i] = (right[i] - upper[i] * q[i + 1]) / diagonal[i];
  }
  for (const double v : q) m.line.push_back(std::log(std::max(v, 1e-290)));
}
OwnLaw::~OwnLaw() = default;
OwnLaw::OwnLaw(OwnLaw&&) noexcept = default;

const std::string& OwnLaw::absent() const { return impl_->absent; }
double OwnLaw::rowsPerPoint() const { return impl_->rows; }
bool OwnLaw::postponed() const { return impl_->postponed; }

double OwnLaw::logDensity(Vec2 y) const {
  const Impl& m = *impl_;
  if (m.plane) {
    const double c = std::hypot(1, m.first);
    return m.plane->logDensity(y / c) - 2 * std::log(c);
  }
  if (m.line.empty()) return m.alongOde(y);
  const double n = std::hypot(1, m.first), at = (y.x / n - m.from) / m.apart;
  const double last = double(m.line.size() - 1);
  const std::size_t i = std::size_t(std::clamp(at, 1., last - 2));
  const double u = at - double(i);
  // Cubic through four points; beyond the ends the parabola's fall goes on.
  const double a = m.line[i - 1], b = m.line[i], c = m.line[i + 1], d = m.line[i + 2];
  const double along =
      at < 0 || at > last ? -700. : b + .5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)));
  // density of y = density of x * dx/dy in the first coordinate, N(0, 1 + ratio^2) in the second
  return along - std::log(n) - .5 * y.y * y.y / (n * n) - .5 * std::log(2 * std::numbers::pi * n * n);
}

}  // namespace gs
