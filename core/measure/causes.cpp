#include "measure/causes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "diffusion/estimates.h"
#include "diffusion/law_values.h"
#include "engine/reference.h"
#include "engine/thread_pool.h"
#include "measure/class_field.h"

namespace gs {
namespace {

constexpr int kMostSteps = 256;
constexpr int kPathParticles = 4096;
constexpr int kLawSteps = 96, kLawParticles = 512;  // of the KL, in double precision
constexpr double kMostLawRows = 6e7;                // component evaluations

bool deterministic(const Experiment& e) { return e.sampler.kind != SolverKind::Exponential || e.sampler.churn == 0; }

struct Statistic {
  const char* name;
  const char* label;
};
constexpr Statistic kStatistics[] = {{"mean_x", "mean x"},
                                     {"mean_y", "mean y"},
                                     {"cov_xx", "var x"},
                                     {"cov_yy", "var y"},
                                     {"log_posterior", "E[log p(c|x)]"},
                                     {"accuracy", "accuracy"}};
constexpr std::size_t kCount = std::size(kStatistics);

// [statistic][particle]: values whose means are the statistics.
using Samples = std::vector<double>[kCount];
void sampleStatistics(const Mixture& m, int condition, std::span<const float> x, const std::vector<char>& lost,
                      Samples& out) {
  double n = 0, mx = 0, my = 0;
  for (std::size_t i = 0; i < lost.size(); ++i)
    if (!lost[i]) n += 1, mx += double(x[2 * i]), my += double(x[2 * i + 1]);
  mx /= n, my /= n;
  const bool conditional = condition != kUnconditional && m.classes() > 1;
  const ClassField field(m, conditional ? condition : 0, 0);
  for (std::size_t i = 0; i < lost.size(); ++i) {
    if (lost[i]) continue;
    const double a = double(x[2 * i]), b = double(x[2 * i + 1]);
    out[0].push_back(a);
    out[1].push_back(b);
    out[2].push_back((a - mx) * (a - mx) * n / (n - 1));
    out[3].push_back((b - my) * (b - my) * n / (n - 1));
    if (!conditional) continue;
    out[4].push_back(field.at({a, b}).logPosterior);
    double likeliest = 0;
    if (m.classes() == 2) {
      likeliest = out[4].back() > -std::numbers::ln2;
    } else {
      const std::vector<double> p = classPosterior(m, {a, b}, {1, 0});
      likeliest = std::max_element(p.begin(), p.end()) - p.begin() == condition;
    }
    out[5].push_back(likeliest);
  }
}

// Of a - b, of the same particles or of independent ones.
Moments difference(const std::vector<double>& a, const std::vector<double>& b, bool paired) {
  if (!paired) {
    const Moments x = moments(a), y = moments(b);
    return {x.mean - y.mean, 0, std::hypot(x.se, y.se)};
  }
  std::vector<double> d(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) d[i] = a[i] - b[i];
  return moments(d);
}

double width(const Mixture& m, double ratio) {
  double least = std::numeric_limits<double>::infinity();
  for (const Component& c : m.components) least = std::min(least, c.covariance.determinant() / c.covariance.trace());
  return std::sqrt(least + ratio * ratio);
}

}  // namespace

Metric displacement(const char* name, const char* label, std::span<const float> a, std::span<const float> b,
                    const std::vector<char>& lost) {
  std::vector<double> squares;
  for (std::size_t i = 0; i < lost.size(); ++i)
    if (!lost[i]) {
      const double dx = double(a[2 * i]) - double(b[2 * i]), dy = double(a[2 * i + 1]) - double(b[2 * i + 1]);
      squares.push_back(dx * dx + dy * dy);
    }
  const Moments m = moments(squares);
  const double root = std::sqrt(m.mean), se = root > 0 ? m.se / (2 * root) : 0;
  return {name, label, root, se, 0, se, ""};
}

Experiment converged(const Experiment& experiment, int most) {
  Experiment e = experiment;
  e.schedule.steps = kMostSteps;
  e.particles.count = std::min(e.particles.count, most);
  if (deterministic(e)) e.sampler = {SolverKind::Rk4, 0};
  return e;
}
Experiment withoutGuidance(Experiment e) {
  e.guidance.clear();
  return e;
}

Experiment exactAndPlain(Experiment e) {
  e.guidance.clear();
  e.model = {};
  return e;
}

std::vector<MetricInfo> causeList() {
  return {
      {"guidance_effect", "moved by guidance",
       "root mean square distance of the ends to those of the same noise at omega = 0, both converged"},
      {"solver_error", "moved by the solver's steps",
       "root mean square distance of the ends to those of a converged run from the same start; deterministic solvers"},
      {"kl_conditional", "KL to p(x|c)",
       "of the law that a deterministic sampler converges to, by the instantaneous change of variables (1806.07366)"},
      {"limit_error", "|E_N - E_∞|",
       "distance of E[r(x)], else of E[1/p(c|x)], from that of finest steps with the exact model (2512.04985)"},
      {"score_error", "score error of the model",
       "root mean square along the paths of sigma |s - s_exact| of the guided scores, 0 for an exact model"},
      {"model_calls", "model calls", "evaluations of denoisers along one trajectory (NFE)"},
      {"seconds", "seconds", "computing time of all trajectories"}};
}

std::vector<Metric> pathMetrics(const Frame& frame, std::stop_token stop) {
  const int count = std::min(frame.particles, kPathParticles);
  std::vector<std::vector<float>> copies;
  std::vector<std::span<const float>> rows;
  std::vector<NoiseLevel> levels;
  for (int row = 0; row < frame.rows(); ++row) {
    const HostRow x = frame.read(row, count);
    copies.emplace_back(x.begin(), x.end());
    levels.push_back(frame.grid[std::size_t(frame.stepOf(row))].level);
  }
  rows.assign(copies.begin(), copies.end());
  return pathMetrics(rows, levels, std::move(stop));
}

std::vector<Metric> costMetrics(const Frame& frame) {
  return {{"model_calls", "model calls", double(frame.modelCalls), 0, std::numeric_limits<double>::quiet_NaN(), 0, ""},
          {"seconds", "seconds", frame.seconds, 0, std::numeric_limits<double>::quiet_NaN(), 0, ""}};
}

std::vector<FollowedLaw> followLaw(const Plan& plan, const Frame& frame, int most, bool everyStep,
                                   std::stop_token stop) {
  const Experiment& e = *plan.experiment;
  if (e.sampler.kind != SolverKind::Rk4)
    throw std::invalid_argument("the law of a sampler is followed along Runge-Kutta steps only");
  if (plan.scripted()) throw std::invalid_argument("a model that is code answers with too few digits for its slope");
  if (!plan.plain()) throw std::invalid_argument("what is done between the steps has no law along the paths");
  if (plan.startSpread != 1) throw std::invalid_argument("a sum of scores starts from noise of its own");
  if (plan.remembers) throw std::invalid_argument("a push that remembers the steps before has no law along the paths");
  if (plan.steps.front().fromPureNoise && plan.steps.front().ratioNext == 0)
    throw std::invalid_argument("one step from pure noise ends in one point, which has no density");
  const GuidedInDouble guided(plan);
  const std::size_t n = std::size_t(std::min(most, frame.particles));
  const bool pureNoise = plan.steps.front().fromPureNoise;
  const std::size_t first = pureNoise ? 1 : 0;
  const GridPoint& start = plan.grid[first];
  const HostRow x = frame.read(frame.rowBefore(int(first)), int(n));
  if (frame.stepOf(frame.rowBefore(int(first))) != int(first))
    throw std::invalid_argument("the start of the paths is not in memory");

  std::vector<FollowedLaw> out;
  for (std::size_t s = everyStep ? first : plan.steps.size(); s <= plan.steps.size(); ++s)
    out.push_back({plan.grid[s].ratio, std::vector<Vec2>(n), std::vector<double>(n)});
  const std::size_t kept = plan.steps.size() + 1 - out.size();  // the first step that is
  ThreadPool pool(0);
  constexpr std::size_t kRun = 16;
  pool.forEach(int((n + kRun - 1) / kRun), [&](int run) {
    for (std::size_t i = std::size_t(run) * kRun; i < std::min(n, (std::size_t(run) + 1) * kRun); ++i) {
      if (stop.stop_requested()) return;
      Vec2 y = Vec2{x[2 * i], x[2 * i + 1]} / start.level.alpha;
      double logQ;
      if (!pureNoise && e.start == Start::Exact) {
        logQ = logDensity(*plan.mixture, y, {1, start.ratio}, e.condition);
      } else {
        const Vec2 z = (y - (pureNoise ? plan.infiniteDenoiser : Vec2(0.0))) / start.ratio;
        logQ = -.5 * glm::dot(z, z) - std::log(2 * std::numbers::pi * start.ratio * start.ratio);
      }
      for (std::size_t s = first; s <= plan.steps.size(); ++s) {
        if (s >= kept) out[s - kept].at[i] = y, out[s - kept].logDensity[i] = logQ;
        if (s == plan.steps.size()) break;
        const PlanStep& step = plan.steps[s];
        const auto fieldAt = [&](int level, Vec2 at, Vec2& k) {  // y - D and its divergence
          k = at - guided.denoise(level, at);
          return 2 - guided.jacobian(level, at, 1e-4 * width(*plan.mixture, plan.ratios[std::size_t(level)])).trace();
        };
        if (step.firstOrder) {  // y' = D + decay (y - D)
          const auto j = guided.jacobian(step.level, y, 1e-4 * width(*plan.mixture, step.ratio));
          const double r = step.decay, q = 1 - r;
          const double det = (r + q * j.xx) * (r + q * j.yy) - q * q * j.xy * j.yx;
          logQ -= std::log(std::abs(det));
          const Vec2 d = guided.denoise(step.level, y);
          y = d + r * (y - d);
          continue;
        }
        const double h = step.logDecay;
        Vec2 k1, k2, k3, k4;
        const double t1 = fieldAt(step.level, y, k1), t2 = fieldAt(step.levelMid, y + h / 2 * k1, k2),
                     t3 = fieldAt(step.levelMid, y + h / 2 * k2, k3), t4 = fieldAt(step.levelNext, y + h * k3, k4);
        y += h / 6 * (k1 + 2. * k2 + 2. * k3 + k4);
        logQ -= h / 6 * (t1 + 2 * t2 + 2 * t3 + t4);
      }
    }
  });
  if (stop.stop_requested()) return {};
  return out;
}

Metric divergenceToConditional(const Plan& plan, const FollowedLaw& law) {
  std::vector<double> excess;
  int lost = 0;
  for (std::size_t i = 0; i < law.at.size(); ++i) {
    const double d =
        law.logDensity[i] - (blownUp(float(law.at[i].x), float(law.at[i].y))
                                 ? std::numeric_limits<double>::quiet_NaN()
                                 : logDensity(*plan.mixture, law.at[i], {1, law.ratio}, plan.experiment->condition));
    if (std::isfinite(d))
      excess.push_back(d);
    else
      ++lost;
  }
  const bool conditional = plan.experiment->condition != kUnconditional;
  Metric out{"kl_conditional",
             conditional ? "KL to p(x|c)" : "KL to p(x)",
             0,
             0,
             0,
             0,
             "of the converged law, " + std::to_string(excess.size()) + " paths"};
  if (lost > 0 || excess.size() < 2) {
    out.value = std::numeric_limits<double>::quiet_NaN();
    out.note = std::to_string(lost) + " paths have no density: no divergence can be given";
    return out;
  }
  const Moments m = moments(excess);
  out.value = m.mean;
  out.se = out.floor = m.se;
  return out;
}

// On fewer steps: the integrand is smooth, most of all on a geometric grid, and the limit depends on none.
ConvergedLaw convergedLaw(const Engine& engine, const Plan& plan, int most, bool everyStep, std::stop_token stop) {
  Experiment followed = converged(*plan.experiment, most);
  followed.schedule.grid = GridKind::UniformLogSnr;
  followed.schedule.steps = kLawSteps;
  ConvergedLaw out{compile(followed, plan.mixture), {}};
  const double cost = out.plan.rowEvaluations * 5;
  const int paths =
      std::min(followed.particles.count, int(std::clamp(kMostLawRows / cost, 32., double(kLawParticles))));
  if (const auto frame = engine.sample(out.plan, paths, stop))
    out.states = followLaw(out.plan, *frame, paths, everyStep, stop);
  return out;
}

Causes causes(const Engine& engine, const Plan& plan, const Frame& frame, int most, std::stop_token stop) {
  const Experiment& e = *plan.experiment;
  const Experiment fine = converged(e, std::min(most, frame.particles));
  const int count = fine.particles.count;
  const auto guidedPlan = compile(fine, plan.mixture), plainPlan = compile(withoutGuidance(fine), plan.mixture);
  const bool flawed = e.model != Flaws{};
  const auto guided = engine.sample(guidedPlan, count, stop);
  if (!guided) return {};
  const auto plain = engine.sample(plainPlan, count, stop);
  if (!plain) return {};
  const auto exactRun = flawed ? engine.sample(compile(exactAndPlain(fine), plan.mixture), count, stop) : plain;
  if (!exactRun) return {};
  const HostRow a = frame.read(frame.rows() - 1, count), b = guided->read(guided->rows() - 1),
                c = plain->read(plain->rows() - 1), d = exactRun->read(exactRun->rows() - 1);
  std::vector<char> lost(std::size_t(count), 0);
  int left = count;
  for (std::size_t i = 0; i < lost.size(); ++i)
    if (blownUp(a[2 * i], a[2 * i + 1]) || blownUp(b[2 * i], b[2 * i + 1]) || blownUp(c[2 * i], c[2 * i + 1]) ||
        blownUp(d[2 * i], d[2 * i + 1]))
      lost[i] = 1, --left;
  Causes out;
  if (left < 16) {
    out.note = "fewer than 16 particles stayed finite in all runs";
    return out;
  }
  const bool ode = deterministic(e), paired = ode || e.schedule.steps == kMostSteps;
  Samples sa, sb, sc, sd;
  sampleStatistics(*plan.mixture, e.condition, a, lost, sa);
  sampleStatistics(*plan.mixture, e.condition, b, lost, sb);
  sampleStatistics(*plan.mixture, e.condition, c, lost, sc);
  sampleStatistics(*plan.mixture, e.condition, d, lost, sd);
  // The data law's own numbers: closed form, or quadrature, the same that sampleMetrics refers to.
  const Vec2 mean = plan.mixture->mean(e.condition);
  const Sym2 covariance = plan.mixture->covariance(e.condition);
  const std::vector<NamedLawValue> ofData =
      lawValues(lawPoints(*plan.mixture, e.condition), *plan.mixture, e.condition);
  for (std::size_t s = 0; s < kCount; ++s) {
    if (sa[s].empty()) continue;
    Cause row{kStatistics[s].name, kStatistics[s].label};
    const Moments own = moments(sa[s]);
    row.value = own.mean;
    row.data = s == 0   ? mean.x
               : s == 1 ? mean.y
               : s == 2 ? covariance.xx
               : s == 3 ? covariance.yy
                        : lawValue(ofData, row.name)->value;
    if (s > 3) row.dataError = lawValue(ofData, row.name)->error;
    const Moments chance = moments(sd[s]), model = difference(sc[s], sd[s], true),
                  guidance = difference(sb[s], sc[s], true), solver = difference(sa[s], sb[s], paired);
    row.valueSe = std::max(own.se, chance.se);
    row.chance = chance.mean - row.data, row.chanceSe = chance.se;
    row.model = model.mean, row.modelSe = model.se;
    row.guidance = guidance.mean, row.guidanceSe = guidance.se;
    row.solver = solver.mean, row.solverSe = solver.se;
    out.rows.push_back(std::move(row));
  }
  out.metrics.push_back(displacement("guidance_effect", "moved by guidance", b, c, lost));
  if (left < count) out.note = std::to_string(count - left) + " particles blew up and are left out";
  if (!ode) {
    if (!out.note.empty()) out.note += "; ";
    out.note += "a stochastic sampler with other steps has other noise: its solver error is known for means only";
    return out;
  }
  out.metrics.push_back(displacement("solver_error", "moved by the solver's steps", a, b, lost));

  try {
    if (const ConvergedLaw law = convergedLaw(engine, plan, count, false, stop); !law.states.empty())
      out.metrics.push_back(divergenceToConditional(law.plan, law.states.back()));
  } catch (const std::invalid_argument& why) {
    out.note += (out.note.empty() ? "" : "; ") + std::string(why.what());
  }
  if (stop.stop_requested()) return {};
  return out;
}

}  // namespace gs
