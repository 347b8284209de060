// Studies of the active pane: causes, the certificate against time, and a sweep. They are begun when somebody asks.
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "diffusion/law_values.h"
#include "plot.h"
#include "engine/reward_model.h"
#include "measure/over_time.h"
#include "session/classes.h"

namespace gs::ui {
namespace {

constexpr double kPlotHeight = 10;

// The switch at the top of a study; true: it is on.
bool asked(const char* id, bool& on, const char* words, const char* help) {
  Memory& m = memory();
  const float labels = m.labelWidth;
  m.labelWidth = m.x1 - m.x0 - look().px(2.4);
  const Box2 box = row(words);
  m.labelWidth = labels;
  m.path = "study.";
  note(id, box);
  m.path.clear();
  toggleIn(box, id, on, words, help);
  return on;
}

bool other(const std::shared_ptr<const Experiment>& of, const Context& c) { return !of || *of != c.experiment; }

void waiting(const Context& c, const char* words) {
  const StudyAnswer& s = c.state.study;
  if (!s.error.empty())
    wrappedText(look().small, look().warning, s.error);
  else
    wrappedText(look().small, look().secondary, s.busy ? words : "The numbers appear when the picture rests.");
}

void causesCard(Context& c) {
  const Look& l = look();
  const StudyAnswer& s = c.state.study;
  const bool stale = c.state.wantCauses && s.causes && other(s.causesOf, c);
  if (beginCard("causes", "Guidance or solver?", stale ? "before this change" : "± s.e.")) {
    if (asked("causes", c.state.wantCauses, "Tell the causes apart",
              "Runs the same particles with 256 Runge-Kutta steps, and without guidance.")) {
      if (!s.causes) {
        waiting(c, "Three more runs are computed.");
      } else {
        // Certain to more digits than anybody reads: four decimals.
        const auto cell = [](double v, double se) {
          return se > 0 && se < 5e-5 && std::abs(v) < 1e4 ? fixed(v, 4) : formatValue(v, se, 0);
        };
        const auto line = [&](const std::string& name, const std::string& value, bool strong, const std::string& tip) {
          const float w = textWidth(l.body, value);
          ImGui::PushID(name.c_str());
          // Where both do not fit beside each other, the name gets its own line.
          const bool beside = textWidth(l.body, name) + w + l.em * 0.5f <= memory().x1 - memory().x0;
          const Box2 first = takeBox(1.5), b = beside ? first : takeBox(1.4);
          textIn({first.lo, {beside ? first.hi.x - w - l.em * 0.5f : first.hi.x, first.hi.y}}, l.body,
                 strong ? l.text : l.secondary, name);
          textIn({{b.hi.x - w - 1, b.lo.y}, b.hi}, l.body,
                 stale    ? l.secondary
                 : strong ? l.guided
                          : l.text,
                 value, Align::Right);
          const Press p = press("cause", b, false);
          tooltip(p.id, p.hovered, name, tip);
          ImGui::PopID();
        };
        for (const Cause& r : s.causes->rows) {
          line(r.label, cell(r.value, r.valueSe), true,
               "Data law " + formatLawValue(r.data, r.dataError) + "; finitely many particles and the start " +
                   cell(r.chance, r.chanceSe) + ".");
          ImGui::PushID(r.name.c_str());
          line("  by guidance", cell(r.guidance, r.guidanceSe), false,
               "Converged with guidance less converged without.");
          if (r.model != 0) line("  by the model's faults", cell(r.model, r.modelSe), false, "Both without guidance.");
          line("  by the solver's steps", cell(r.solver, r.solverSe), false, "This run less the converged one.");
          ImGui::PopID();
        }
        rule();
        const auto metric = [&](const Metric& m) {
          line(m.label, cell(m.value, std::max(m.se, m.floor)), true,
               m.note.empty() ? m.label : m.label + ": " + m.note);
        };
        for (const Metric& m : s.causes->metrics) metric(m);
        if (s.distances)
          for (const Metric& m : *s.distances)
            if (m.name != "seconds") metric(m);
        if (!s.causes->note.empty()) wrappedText(l.small, l.secondary, sentence(s.causes->note));
      }
    }
    gap(0.2);
  }
  endCard();
}

// Classifier-free guidance is the way down the cost 1/p(c|x) (2512.04985): the stack in either form.
void twoForms(const Context& c) {
  const Look& l = look();
  Experiment pushed = c.experiment, priced = c.experiment;
  bool any = false;
  for (std::size_t i = 0; i < pushed.guidance.size(); ++i) {
    Term &push = pushed.guidance[i], &price = priced.guidance[i];
    if (push.kind != TermKind::Cfg && (push.kind != TermKind::Reward || push.reward.kind != RewardKind::Cost)) continue;
    any |= push.enabled;
    push.kind = TermKind::Cfg;
    price.kind = TermKind::Reward, price.reward = {}, price.reward.kind = RewardKind::Cost;
  }
  if (!any || c.experiment.condition == kUnconditional) return;
  const std::string name = className(c.experiment.distribution, c.experiment.condition, 8);
  const float width = memory().x1 - memory().x0;
  gap(.2);
  for (const auto& [words, form] : {std::pair("As a push along log p(" + name + "|x)", &pushed),
                                    {"As a way down the cost 1/p(" + name + "|x)", &priced}}) {
    const Formula f = guidanceFormula(*form, c.session.view.weights);
    wrappedText(l.small, l.secondary, words);
    const Box2 box = takeBox(double(formulaHeight(f, width) / l.em) + .5);
    drawFormula(f, {box.lo.x, box.lo.y + l.em * .12f}, width);
  }
  gap(.2);
}

void certificateCard(Context& c) {
  const Look& l = look();
  const StudyAnswer& s = c.state.study;
  const bool stale = c.state.wantCertificate && s.certificate && other(s.certificateOf, c);
  if (beginCard("certificate", "Certificate", stale ? "before this change" : "")) {
    if (asked("certificate", c.state.wantCertificate, "Follow the mean along the paths",
              "E[r(x)] of the stack's reward, else E[1/p(c|x)], in two ways that must coincide: at every level "
              "directly, and by the integral of 2512.04985 from noise to there.")) {
      twoForms(c);
      if (!s.certificate) {
        waiting(c, "Followed along the paths.");
      } else if (!s.certificate->absent.empty()) {
        wrappedText(l.small, l.secondary, sentence(s.certificate->absent));
      } else {
        const Certificate& a = *s.certificate;
        PlotSpec p;
        p.xWords = "time t (1 noise, 0 data)";
        p.yWords = a.of + " at time t";
        p.mirrored = c.session.view.noiseOnLeft;
        p.cursor = c.session.view.time;
        PlotCurve direct{"directly, ± 2 s.e.", stale ? l.secondary : l.guided, false, 2.2f, {}, {}, {}},
            integral{"by the integral, ± 2 s.e.", l.text, true, 1.6f, {}, {}, {}},
            own{"the theorem's own term alone", l.other, true, 1.2f, {}, {}, {}};
        for (const CertificatePoint& v : a.points) {
          for (PlotCurve* curve : {&direct, &integral, &own}) curve->x.push_back(v.t);
          direct.y.push_back(v.direct), direct.error.push_back(2 * v.directSe);
          integral.y.push_back(v.integral), integral.error.push_back(2 * v.integralSe);
          own.y.push_back(v.own);
        }
        p.curves = {direct, integral};
        if (a.churn != 1) p.curves.insert(p.curves.begin(), own);
        p.levels = {{(a.baselineError > 0 ? "without guidance: " : "exact without guidance: ") +
                         formatLawValue(a.baseline, a.baselineError),
                     l.secondary, a.baseline}};
        plotIn(p, kPlotHeight);
        const CertificatePoint& end = a.points.back();
        gap(0.2);
        wrappedText(l.small, l.secondary,
                    "At the data " + formatValue(end.direct, end.directSe, 0) + " directly and " +
                        formatValue(end.integral, end.integralSe, 0) + " by the integral, of " + grouped(a.particles) +
                        " paths. What the solver's steps leave between them, which goes to 0 with more of them: " +
                        formatValue(end.gap, end.gapSe, 0) + "." +
                        (a.churn == 1 ? "" : " With a churn of 1 the theorem's own term would be all of it."));
        if (!a.note.empty()) wrappedText(l.small, l.warning, sentence(a.note));
      }
    }
    gap(0.2);
  }
  endCard();
}

void scoreErrorCard(Context& c) {
  const Look& l = look();
  const StudyAnswer& s = c.state.study;
  const bool stale = c.state.wantScoreErrors && s.scoreErrors && other(s.scoreErrorsOf, c);
  if (beginCard("score-error", "Score error", stale ? "before this change" : "")) {
    if (asked("score-error", c.state.wantScoreErrors, "Compare with the true tilt",
              "How far the guided score is from that of the noised tilted law, at every noise level: the root mean "
              "square over that law, times σ.")) {
      if (!s.scoreErrors) {
        waiting(c, "Integrated at every level.");
      } else if (!s.scoreErrors->absent.empty()) {
        wrappedText(l.small, l.secondary, sentence(s.scoreErrors->absent));
      } else {
        PlotSpec p;
        p.xWords = "noise level σ/α (logarithmic)";
        p.yWords = "σ |s − s tilted|, root mean square";
        p.logX = true;
        p.mirrored = c.session.view.noiseOnLeft;
        p.least = 0;
        PlotCurve guided{"guided score", stale ? l.secondary : l.guided, false, 2.2f, {}, {}, {}},
            base{"without guidance", l.other, true, 1.4f, {}, {}, {}};
        double nearest = 1e9;
        for (const ScoreErrorPoint& v : s.scoreErrors->points) {
          guided.x.push_back(v.ratio), guided.y.push_back(v.guided);
          base.x.push_back(v.ratio), base.y.push_back(v.base);
          if (const double d = std::abs(v.t - c.session.view.time); d < nearest) nearest = d, p.cursor = v.ratio;
        }
        p.curves = {std::move(base), std::move(guided)};
        plotIn(p, kPlotHeight);
        gap(0.2);
        wrappedText(l.small, l.secondary,
                    "0 is a sampler of the tilted law. At 1 the error is as long as the noise in the particle.");
      }
    }
    gap(0.2);
  }
  endCard();
}

void progressOf(double done) {
  if (done >= 1) return;
  progressBar(done);
  gap(0.3);
}

struct Sweepable {
  const char *name, *metric;
  bool powerLaw = false;  // of steps and of the model's error: drawn log-log, with its exponent
};
constexpr Sweepable kMetrics[] = {{"E[1/p(c|x)]", "inverse_posterior"},
                                  {"E[log p(c|x)]", "log_posterior"},
                                  {"accuracy", "accuracy"},
                                  {"shift along the push", "shift_along"},
                                  {"spread along the push", "spread_along"},
                                  {"outside 3σ", "outliers"},
                                  {"energy distance to p(x|c)", "energy_conditional"},
                                  {"MMD² to p(x|c)", "mmd"},
                                  {"sliced W2 to p(x|c)", "sliced_w2"},
                                  {"W2 to p(x|c)", "exact_w2"},
                                  {"precision", "precision"},
                                  {"recall", "recall"},
                                  {"density", "density"},
                                  {"coverage", "coverage"},
                                  {"entropy", "entropy"},
                                  {"KL to p(x|c)", "kl_conditional"},
                                  {"E[r(x)]", "mean_reward"},
                                  {"|E_N - E_∞|", "limit_error", true},
                                  {"moved by the solver", "solver_error", true},
                                  {"moved by guidance", "guidance_effect"},
                                  {"length of paths", "path_length"},
                                  {"detour of paths", "path_detour"},
                                  {"turning of paths", "path_turning"},
                                  {"model calls", "model_calls"},
                                  {"seconds", "seconds"}};
enum SweepOver { OverWeight, OverSteps, OverError, OverTime };
struct Over {
  const char *name, *words, *help;
};
constexpr Over kOver[] = {
    {"weight ω", "weight ω (logarithmic)", "24 weights of the active term from 0.01 to 10."},
    {"steps N", "steps N (logarithmic)", "4 to 256 steps."},
    {"model", "model's score error, σ |s − s exact|", "A model that is ever more blurred, by its measured error."},
    {"time", "time t (1 noise, 0 data)", "States of this run, each against the noised data law of its level."}};

void sweepCard(Context& c) {
  const Look& l = look();
  const StudyAnswer& s = c.state.study;
  const bool stale = c.state.wantSweep && s.sweep && other(s.sweepOf, c);
  if (beginCard("sweep", "Sweep", stale ? "before this change" : "")) {
    if (asked("sweep", c.state.wantSweep, "Measure along a parameter",
              "A number at every weight, number of steps, error of the model, or time.")) {
      std::vector<Choice> along, metrics;
      for (const Over& o : kOver) along.push_back({o.name, o.help, 0});
      const auto control = [](const char* id) {
        const Box2 box = takeBox(kControl);
        memory().path = "study.";
        note(id, box);
        memory().path.clear();
        return box;
      };
      segmentedIn(control("sweep-over"), "sweep-over", along, c.state.sweepOver);
      gap(0.3);
      std::vector<int> offered;  // over time only what means something at a state
      for (int i = 0; i < int(std::size(kMetrics)); ++i) {
        const Sweepable& m = kMetrics[i];
        if (c.state.sweepOver == OverTime && !measuredOverTime(m.metric)) continue;
        if (m.metric == std::string_view("mean_reward") && rewardTerm(c.experiment) < 0) continue;
        offered.push_back(i);
        metrics.push_back({m.name, sentence(metricAbout(m.metric)), 0});
      }
      const auto chosen = std::find(offered.begin(), offered.end(), c.state.sweepMetric);
      int at = chosen == offered.end() ? 0 : int(chosen - offered.begin());
      comboIn(control("sweep-metric"), "sweep-metric", kMetrics[offered[std::size_t(at)]].name, metrics, at);
      c.state.sweepMetric = offered[std::size_t(at)];
      gap(0.4);
      progressOf(s.sweepDone);
      if (!s.sweep || s.sweep->values.empty() || s.sweep->axes.empty()) {
        waiting(c, "Measured at every value.");
      } else {
        const SweepTable& t = *s.sweep;
        const SweepAxis& axis = t.axes[0];
        const SweepOver over = axis.path.ends_with("omega")   ? OverWeight
                               : axis.path.ends_with("steps") ? OverSteps
                               : axis.path == "time"          ? OverTime
                                                              : OverError;
        const auto shown = std::find_if(std::begin(kMetrics), std::end(kMetrics),
                                        [&](const Sweepable& m) { return m.metric == t.metrics[0]; });
        PlotSpec p;
        p.xWords = kOver[over].words;
        p.yWords = t.labels[0];
        p.logX = over != OverTime;
        p.logY = (over == OverSteps || over == OverError) && shown != std::end(kMetrics) && shown->powerLaw;
        p.mirrored = over == OverTime && c.session.view.noiseOnLeft;
        PlotCurve curve{"guided samples, ± 2 s.e. or floor", stale ? l.secondary : l.guided, false, 2, {}, {}, {}};
        for (std::size_t i = 0; i < t.values.size(); ++i) {
          const SweepValue& v = t.values[i][0];
          const double x = t.metrics.size() > 1 ? t.values[i][1].value : axis.number(t.at[i][0]);
          if (p.logX && !(x > 0)) continue;
          curve.x.push_back(x);
          curve.y.push_back(v.value);
          curve.error.push_back(2 * std::max(v.se, v.floor));
        }
        std::string slopeWords;
        if (p.logY) {
          std::vector<double> error;
          for (const double e : curve.error) error.push_back(e / 2);
          const LogSlope a = logSlope(curve.x, curve.y, error);
          if (a.points >= 3 && std::isfinite(a.value)) {
            PlotCurve line{"power law, exponent " + formatValue(a.value, a.se, 0), l.text, true, 1.2f, {}, {}, {}};
            for (const double x : curve.x) line.x.push_back(x), line.y.push_back(a.constant * std::pow(x, a.value));
            p.curves.push_back(std::move(line));
            slopeWords = "Slope of the logarithms " + formatValue(a.value, a.se, 0) + ", of " +
                         std::to_string(a.points) + " values above three of their errors. " +
                         (over == OverSteps ? "A solver of order k has −k until the noise of the paths or the model's "
                                              "error is reached."
                                            : "An error in proportion to the model's has 1; to the left the solver's "
                                              "steps leave a floor.");
          }
        }
        const bool any = std::any_of(curve.y.begin(), curve.y.end(), [](double y) { return std::isfinite(y); });
        p.curves.push_back(std::move(curve));
        if (std::isfinite(t.references[0]) && any) p.levels = {{"data law p(x|c)", l.secondary, t.references[0]}};
        const auto& terms = c.experiment.guidance;
        if (over == OverWeight && !terms.empty())
          p.cursor = terms[std::size_t(std::clamp(c.state.activeTerm, 0, int(terms.size()) - 1))].omega;
        if (over == OverSteps) p.cursor = c.experiment.schedule.steps;
        if (over == OverTime) p.cursor = c.session.view.time;
        if (any)
          plotIn(p, kPlotHeight);
        else
          wrappedText(l.small, l.secondary, "This number does not exist for this scene and solver.");
        if (!slopeWords.empty() && any) {
          gap(0.2);
          wrappedText(l.small, l.secondary, slopeWords);
        }
        const auto warned =
            std::find_if(t.notes.begin(), t.notes.end(), [](const std::string& n) { return !n.empty(); });
        if (warned != t.notes.end())
          wrappedText(l.small, l.secondary, "At some values: " + *warned + (warned->ends_with('.') ? "" : "."));
      }
    }
    gap(0.2);
  }
  endCard();
}

// E[r] against KL to the base: guidance beside the exact tilts and the best of n.
void frontierCard(Context& c) {
  const bool rewarded = std::any_of(c.experiment.guidance.begin(), c.experiment.guidance.end(),
                                    [](const Term& t) { return t.kind == TermKind::Reward; });
  if (!rewarded) return;
  const Look& l = look();
  const StudyAnswer& s = c.state.study;
  const bool stale = c.state.wantFrontier && s.frontier && other(s.frontierOf, c);
  if (beginCard("frontier", "Reward and its price", stale ? "before this change" : "")) {
    if (asked("frontier", c.state.wantFrontier, "Set E[r] against KL to the base",
              "Weights from 0 to 6 as deterministic samplers, beside the exact tilts r^λ p and the best of n draws. No "
              "law "
              "has more E[r] at its KL than e^(βr) p.")) {
      progressOf(s.frontierDone);
      if (!s.frontier) {
        waiting(c, "Measured at ten weights.");
      } else if (!s.frontier->absent.empty()) {
        wrappedText(l.small, l.secondary, sentence(s.frontier->absent));
      } else {
        PlotSpec p;
        p.xWords = "KL to the base, nats";
        p.yWords = "E[r(x)]";
        PlotCurve best{"best of n = 1..256", l.other, true, 1.4f, {}, {}, {}},
            most{"the most at any KL, e^(βr) p", l.text, true, 1.2f, {}, {}, {}},
            tilted{"exact tilt r^λ p", l.tilted, false, 2, {}, {}, {}},
            guided{"guided, ω = 0..6, ± 2 s.e.", stale ? l.secondary : l.guided, false, 2.2f, {}, {}, {}};
        for (const auto& [points, curve] : {std::pair(&s.frontier->best, &best),
                                            {&s.frontier->most, &most},
                                            {&s.frontier->tilted, &tilted},
                                            {&s.frontier->guided, &guided}})
          for (const FrontierPoint& v : *points) {
            curve->x.push_back(v.kl), curve->y.push_back(v.reward);
            curve->error.push_back(2 * v.rewardSe);
          }
        // A blown-up weight would leave nothing of the rest.
        double farthest = 0;
        for (const double x : most.x) farthest = std::max(farthest, x);
        for (const double x : tilted.x) farthest = std::max(farthest, x);
        for (const double x : best.x) farthest = std::max(farthest, x);
        for (std::size_t i = 0; i < guided.x.size(); ++i)
          if (!(guided.x[i] < 4 * farthest)) guided.y[i] = std::numeric_limits<double>::quiet_NaN();
        // The line: where the weight that is set now stands on the guided curve.
        for (const Term& t : c.experiment.guidance)
          if (t.enabled && t.kind == TermKind::Reward) {
            const auto& g = s.frontier->guided;
            for (std::size_t i = 1; i < g.size(); ++i)
              if (g[i - 1].at <= t.omega && t.omega <= g[i].at && std::isfinite(guided.y[i]))
                p.cursor = std::lerp(g[i - 1].kl, g[i].kl, (t.omega - g[i - 1].at) / (g[i].at - g[i - 1].at));
            break;
          }
        p.curves = {std::move(best), std::move(most), std::move(tilted), std::move(guided)};
        plotIn(p, kPlotHeight);
        if (!s.frontier->note.empty()) wrappedText(l.small, l.secondary, sentence(s.frontier->note));
      }
    }
    gap(0.2);
  }
  endCard();
}

}  // namespace

void studies(Context& c) {
  causesCard(c);
  certificateCard(c);
  scoreErrorCard(c);
  frontierCard(c);
  sweepCard(c);
}

StudyRequest studyRequest(const Experiment& e, const UiState& state) {
  StudyRequest r;
  r.experiment = e;
  if (!state.rightOpen) return r;
  r.causes = state.wantCauses;
  r.certificate = state.wantCertificate;
  r.frontier = state.wantFrontier;
  r.scoreErrors = state.wantScoreErrors;
  if (!state.wantSweep || (state.sweepOver == OverWeight && e.guidance.empty())) return r;
  const int term = std::clamp(state.activeTerm, 0, std::max(0, int(e.guidance.size()) - 1));
  SweepChoice choice;
  switch (state.sweepOver) {
    case OverWeight:
      choice.axis = parseAxis("guidance." + std::to_string(term) + ".omega=0.01..10:log:24");
      break;
    case OverSteps:
      choice.axis = parseAxis("schedule.steps=4..256:log:13");
      break;
    case OverError:
      choice.axis = parseAxis("model.broaden=0.03..1:log:9");
      choice.against = "score_error";
      break;
    default:
      choice.axis.path = "time";
  }
  choice.metric = kMetrics[std::size_t(std::clamp(state.sweepMetric, 0, int(std::size(kMetrics)) - 1))].metric;
  r.sweep = std::move(choice);
  return r;
}

}  // namespace gs::ui
