#include "measure/sweep.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "data/distributions.h"
#include "diffusion/estimates.h"
#include "engine/reference.h"
#include "engine/reward_model.h"
#include "measure/causes.h"
#include "measure/certificate.h"
#include "measure/metric_family.h"
#include "session/json.h"

namespace gs {
namespace {

constexpr int kSweepPairs = 2000;      // samples that enter distances
constexpr int kSweepParticles = 4096;  // of the runs that tell causes
constexpr int kScorePaths = 256;

std::string shortest(double v) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr};
}
bool readNumber(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

void escape(std::string& out, const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

MetricFamily familyOf(const std::string& name) {
  static constexpr std::string_view kDistances[] = {"mmd",    "sliced_w2", "exact_w2", "precision",
                                                    "recall", "density",   "coverage", "entropy"};
  if (name == "inverse_posterior") return MetricFamily::Fast;
  if (name == "limit_error") return MetricFamily::Limit;
  if (name == "score_error") return MetricFamily::Score;
  if (name == "mean_reward" || name.starts_with("reward_q")) return MetricFamily::Reward;
  if (std::find(std::begin(kDistances), std::end(kDistances), name) != std::end(kDistances))
    return MetricFamily::Distances;
  if (name.starts_with("path_")) return MetricFamily::Paths;
  if (name == "model_calls" || name == "seconds") return MetricFamily::Cost;
  for (const MetricInfo& m : causeList())
    if (m.name == name) return MetricFamily::Causes;
  for (const MetricInfo& m : metricList()) {
    if (m.name == name) return MetricFamily::Sample;
    // "fraction_K", "log_posterior_qP" stand for several.
    if ((m.name.ends_with("_K") || m.name.ends_with("_qP")) &&
        name.starts_with(std::string_view(m.name).substr(0, m.name.size() - 1)) && name.size() >= m.name.size())
      return MetricFamily::Sample;
  }
  throw std::invalid_argument("metric '" + name + "' does not exist; see list metrics");
}

double SweepAxis::number(std::size_t i) const {
  double v = 0;
  return readNumber(values[i], v) ? v : std::numeric_limits<double>::quiet_NaN();
}

SweepAxis parseAxis(std::string_view text) {
  const auto fail = [&](const std::string& why) -> void {
    throw std::invalid_argument("'" + std::string(text.substr(0, 100)) + "': " + why);
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    fail("is not like guidance.0.omega=0.01..10:log:24 or sampler.kind=euler,heun");
  SweepAxis axis;
  axis.path = text.substr(0, equals);
  std::string_view rest = text.substr(equals + 1);
  const std::size_t dots = rest.find("..");
  if (dots == std::string_view::npos) {
    for (;;) {
      const std::size_t comma = rest.find(',');
      if (comma == 0 || rest.empty()) fail("has an empty value");
      axis.values.emplace_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (axis.values.size() > SweepAxis::kMost) fail("has more than " + std::to_string(SweepAxis::kMost) + " values");
    return axis;
  }
  double lo = 0, hi = 0;
  int count = 16;
  if (!readNumber(rest.substr(0, dots), lo)) fail("the range does not begin with a number");
  rest.remove_prefix(dots + 2);
  std::size_t colon = rest.find(':');
  if (!readNumber(rest.substr(0, colon), hi)) fail("the range does not end with a number");
  while (colon != std::string_view::npos) {
    rest.remove_prefix(colon + 1);
    colon = rest.find(':');
    const std::string_view part = rest.substr(0, colon);
    double n = 0;
    if (part == "log")
      axis.logarithmic = true;
    else if (readNumber(part, n) && n == std::floor(n) && n >= 2 && n <= SweepAxis::kMost)
      count = int(n);
    else if (part != "linear")
      fail("'" + std::string(part.substr(0, 40)) + "' is neither log, linear nor a number of values, 2.." +
           std::to_string(SweepAxis::kMost));
  }
  if (!(lo < hi)) fail("the range is empty");
  if (axis.logarithmic && !(lo > 0)) fail("a logarithmic range begins above 0");
  for (int i = 0; i < count; ++i) {
    const double u = double(i) / (count - 1);
    double v = axis.logarithmic ? lo * std::pow(hi / lo, u) : lo + u * (hi - lo);
    if (i == 0) v = lo;
    if (i + 1 == count) v = hi;
    // Six digits: what a person can read, and what the file says is what was computed.
    char buffer[32];
    axis.values.emplace_back(buffer,
                             std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::general, 6).ptr);
  }
  return axis;
}

SweepTable::SweepTable(std::vector<SweepAxis> over, std::vector<std::string> names)
    : axes(std::move(over)),
      metrics(std::move(names)),
      labels(metrics),
      references(metrics.size(), std::numeric_limits<double>::quiet_NaN()),
      labelled(metrics.size(), false) {}

void SweepTable::add(std::vector<std::size_t> where, std::span<const Metric> found, std::string note) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::vector<SweepValue> row;
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    const auto it = std::find_if(found.begin(), found.end(), [&](const Metric& f) { return f.name == metrics[m]; });
    row.push_back(it == found.end() ? SweepValue{kNone, 0, 0} : SweepValue{it->value, it->se, it->floor});
    if (it != found.end() && !labelled[m]) labels[m] = it->label, references[m] = it->reference, labelled[m] = true;
  }
  at.push_back(std::move(where));
  values.push_back(std::move(row));
  notes.push_back(std::move(note));
}

SweepTable sweep(const Engine& engine, const Session& session, int pane, std::vector<SweepAxis> axes,
                 const std::vector<std::string>& metrics, const std::function<void(const SweepTable&, int)>& progress,
                 std::stop_token stop) try {
  const auto begin = std::chrono::steady_clock::now();
  if (axes.empty() || axes.size() > 2) throw std::invalid_argument("a sweep goes over one or two parameters");
  if (pane < 0 || pane >= int(session.panes.size())) throw std::invalid_argument("there is no such pane");
  bool wanted[9] = {};
  for (const std::string& name : metrics) wanted[int(familyOf(name))] = true;
  const auto wants = [&](MetricFamily f) { return wanted[int(f)]; };

  const std::string own = "panes." + std::to_string(pane) + ".";
  for (SweepAxis& axis : axes)
    if (axis.path.starts_with(own))
      axis.path.erase(0, own.size());
    else if (axis.path.starts_with("panes."))
      throw SessionError("a sweep of panes." + std::to_string(pane) + ": " + axis.path + " is of another pane");
  // Every value is set once before anything is computed: a wrong one is said at once, and whole numbers are rounded.
  Session base = session;
  base.panes = {session.panes[std::size_t(pane)]};
  for (SweepAxis& axis : axes) {
    std::vector<std::string> kept;
    for (const std::string& value : axis.values) {
      Session trial = base;
      std::string taken = value;
      double number = 0;
      try {
        setPath(trial, axis.path, value);
      } catch (const SessionError&) {
        if (!readNumber(value, number) || number == std::round(number)) throw;
        taken = shortest(std::round(number));
        setPath(trial, axis.path, taken);
      }
      if (std::find(kept.begin(), kept.end(), taken) == kept.end()) kept.push_back(std::move(taken));
    }
    axis.values = std::move(kept);
  }

  SweepTable table(axes, metrics);
  const std::size_t inner = axes.size() > 1 ? axes[1].values.size() : 1, points = axes[0].values.size() * inner;
  std::shared_ptr<const Mixture> mixture;
  Distribution resolvedOf;
  std::optional<Plan> before;
  std::optional<Experiment> twinOf;
  std::vector<float> twin, limitEnds;
  std::optional<Experiment> limitOf;
  for (std::size_t point = 0; point < points; ++point) {
    std::vector<std::size_t> at{point / inner};
    if (axes.size() > 1) at.push_back(point % inner);
    Session here = base;
    for (std::size_t a = 0; a < axes.size(); ++a) setPath(here, axes[a].path, axes[a].values[at[a]]);
    const Experiment& e = here.panes[0];
    if (!mixture || resolvedOf != e.distribution) {
      mixture = resolve(e.distribution);
      resolvedOf = e.distribution;
    }
    Plan plan = compile(e, mixture, before ? &*before : nullptr);
    if (const Support s = engine.supports(plan); !s.ok) throw std::invalid_argument(s.reason);
    const auto frame = engine.sample(plan, e.particles.count, stop);
    if (!frame) break;
    const HostRow ends = frame->read(frame->rows() - 1);
    std::vector<Metric> found;
    const auto take = [&](std::vector<Metric> more) {
      for (Metric& m : more)
        if (m.name != "inverse_posterior") found.push_back(std::move(m));
    };
    std::string note = frame->blownUp > 0 ? std::to_string(frame->blownUp) + " particles blew up" : "";
    if (wants(MetricFamily::Fast) && e.condition != kUnconditional && mixture->classes() > 1) {
      Experiment plain = exactAndPlain(e);
      if (!twinOf || *twinOf != plain) {
        const auto run = engine.sample(compile(plain, mixture, &plan), plain.particles.count, stop);
        if (!run) break;
        const HostRow row = run->read(run->rows() - 1);
        twin.assign(row.begin(), row.end());
        twinOf = std::move(plain);
      }
      const InversePosterior v = inversePosterior(*mixture, e.condition, ends, twin);
      const double baseline = 1 / mixture->classProbability(e.condition);
      found.push_back({"inverse_posterior", "E[1/p(c|x)]", v.value, v.se, baseline, v.floor, ""});
      if (!v.note.empty())
        note += (note.empty() ? "" : "; ") + v.note;
      else if (v.largestShare > .2)
        note += (note.empty() ? "" : "; ") + std::string("tail: one sample carries most of E[1/p(c|x)]");
    }
    const std::uint64_t seed = e.particles.seed;
    if (wants(MetricFamily::Sample)) take(sampleMetrics(*mixture, e.condition, ends, seed, kSweepPairs, stop));
    if (wants(MetricFamily::Reward)) take(rewardMetrics(e, *mixture, ends));
    if (wants(MetricFamily::Distances)) take(distanceMetrics(*mixture, e.condition, ends, seed, kSweepPairs, stop));
    if (wants(MetricFamily::Paths)) take(pathMetrics(*frame, stop));
    if (wants(MetricFamily::Causes)) take(causes(engine, plan, *frame, kSweepParticles, stop).metrics);
    if (wants(MetricFamily::Limit)) {
      Experiment limit = converged(e, e.particles.count);
      limit.model = {};
      if (!limitOf || *limitOf != limit) {
        const auto run = engine.sample(compile(limit, mixture, &plan), limit.particles.count, stop);
        if (!run) break;
        const HostRow row = run->read(run->rows() - 1);
        limitEnds.assign(row.begin(), row.end());
        limitOf = std::move(limit);
      }
      found.push_back(limitError(e, *mixture, ends, limitEnds));
    }
    if (wants(MetricFamily::Score)) found.push_back(scoreError(plan, *frame));
    if (wants(MetricFamily::Cost)) take(costMetrics(*frame));
    if (stop.stop_requested()) break;

    table.add(std::move(at), found, std::move(note));
    before = std::move(plan);
    if (progress) progress(table, int(points));
  }
  table.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return table;
} catch (const SessionError& e) {
  throw SessionError(inPane(pane, e.what()));
} catch (const std::invalid_argument& e) {
  throw std::invalid_argument(inPane(pane, e.what()));
}

LogSlope logSlope(std::span<const double> x, std::span<const double> y, std::span<const double> error) {
  std::vector<double> u, v;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(x[i] > 0 && y[i] > 0 && std::isfinite(y[i])) || (i < error.size() && y[i] < 3 * error[i])) continue;
    u.push_back(std::log(x[i])), v.push_back(std::log(y[i]));
  }
  LogSlope out;
  out.points = int(u.size());
  if (out.points < 3) return out;
  const double n = double(u.size());
  double mu = 0, mv = 0, uu = 0, uv = 0, left = 0;
  for (std::size_t i = 0; i < u.size(); ++i) mu += u[i] / n, mv += v[i] / n;
  for (std::size_t i = 0; i < u.size(); ++i) uu += (u[i] - mu) * (u[i] - mu), uv += (u[i] - mu) * (v[i] - mv);
  if (!(uu > 0)) return out;
  out.value = uv / uu;
  out.constant = std::exp(mv - out.value * mu);
  for (std::size_t i = 0; i < u.size(); ++i) left += std::pow(v[i] - mv - out.value * (u[i] - mu), 2);
  out.se = std::sqrt(left / (n - 2) / uu);
  return out;
}

Metric scoreError(const Plan& plan, const Frame& frame) {
  Metric m{"score_error", "score error of the model, σ |s − s exact|", 0, 0, 0, 0, ""};
  Experiment exact = *plan.experiment;
  exact.model = {};
  for (Term& term : exact.guidance)
    if (term.kind == TermKind::Reward) term.network = {};
  if (exact == *plan.experiment) return m;
  if (!plan.plain() || plan.scripted()) {
    m.value = std::numeric_limits<double>::quiet_NaN();
    m.note = "of plain steps and models that are no code only";
    return m;
  }
  const Plan right = compile(exact, plan.mixture, &plan);
  const GuidedInDouble sampled(plan), known(right);
  std::vector<double> squares(std::size_t(std::min(frame.particles, kScorePaths)), 0.);
  int levels = 0;
  for (int row = 0; row < frame.rows(); ++row) {
    const std::size_t step = std::size_t(frame.stepOf(row));
    if (step >= plan.steps.size() || plan.steps[step].fromPureNoise) continue;
    const GridPoint& g = plan.grid[step];
    const HostRow x = frame.read(row, int(squares.size()));
    ++levels;
    for (std::size_t i = 0; i < squares.size(); ++i) {
      const Vec2 y = Vec2{x[2 * i], x[2 * i + 1]} / g.level.alpha;
      const Vec2 off = sampled.denoise(plan.steps[step].level, y) - known.denoise(right.steps[step].level, y);
      squares[i] += glm::dot(off, off) / (g.ratio * g.ratio);
    }
  }
  std::erase_if(squares, [](double v) { return !std::isfinite(v); });
  if (levels == 0 || squares.size() < 2) {
    m.value = std::numeric_limits<double>::quiet_NaN();
    return m;
  }
  for (double& v : squares) v /= levels;
  const Moments of = moments(squares);
  m.value = std::sqrt(of.mean);
  m.se = m.floor = of.mean > 0 ? of.se / (2 * m.value) : 0;
  return m;
}

std::string csv(const SweepTable& t) {
  std::string out;
  for (const SweepAxis& a : t.axes) escape(out, a.path), out += ',';
  for (const std::string& m : t.metrics) out += m + "," + m + "_se," + m + "_floor,";
  out += "note\n";
  for (std::size_t p = 0; p < t.values.size(); ++p) {
    for (std::size_t a = 0; a < t.axes.size(); ++a) escape(out, t.axes[a].values[t.at[p][a]]), out += ',';
    for (const SweepValue& v : t.values[p])
      for (const double x : {v.value, v.se, v.floor}) out += (std::isnan(x) ? "" : shortest(x)) + ",";
    escape(out, t.notes[p]);
    out += '\n';
  }
  return out;
}

std::string csv(const Certificate& c) {
  std::string out =
      "t,ratio,direct,direct_se,integral,integral_se,own_term,own_term_se,remainder,gap,gap_se,baseline,churn\n";
  for (const CertificatePoint& p : c.points) {
    for (const double v : {p.t, p.ratio, p.direct, p.directSe, p.integral, p.integralSe, p.own, p.ownSe, p.remainder,
                           p.gap, p.gapSe, c.baseline})
      out += shortest(v) + ",";
    out += shortest(c.churn) + "\n";
  }
  return out;
}

}  // namespace gs
