// Trainings without a window: the same jobs, a checkpoint every few seconds, and a clean end on Ctrl+C.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <thread>

#include "commands.h"
#include "diffusion/metrics.h"
#include "interrupt.h"
#include "learn/files.h"
#include "measure/weights_compared.h"
#include "progress.h"
#include "session/json.h"
#include "session/text.h"

namespace gs::cli {
namespace {

LearnRequest requestOf(const Session& session, const TrainOptions& o) {
  LearnRequest r;
  r.kind = o.kind;
  r.experiment = paneOf(session, o.scene);
  r.omega = session.training.omega;
  r.net = session.training.denoiser;
  r.background = false;
  if (!o.resume || !std::filesystem::exists(o.output)) return r;
  LearnedFile before = readLearnedFile(o.output, o.kind);
  // As a file holds both.
  if (learnedMeta(before.request) != learnedMeta(r))
    throw BadInputError(o.output + ": belongs to another scene or other settings; without --resume it is replaced");
  r.resume = std::move(before.request.resume);
  return r;
}

// The step that a run goes on from: 0 without a checkpoint.
int firstStep(const LearnRequest& r) {
  const NamedArray* step = find(r.resume, "step");
  return step && !step->values.empty() ? int(step->values[0]) : 0;
}

Node rowsOf(const WeightsCompared& c) {
  Node rows = Node::list();
  for (const WeightChoice& w : c.choices) {
    Node row{{"name", w.name},
             {"omega", w.omega},
             {"energyDistance", w.distance},
             {"se", w.se},
             {"perClass", Node::list(w.perClass)}};
    if (w.name == "interval") row["lo"] = w.lo, row["hi"] = w.hi;
    rows.add(std::move(row));
  }
  return rows;
}

}  // namespace

int runTrain(const TrainOptions& o, std::ostream& out) {
  Session session = openScene(o.scene);
  const LearnRequest request = requestOf(session, o);
  {  // a path that cannot be written to is said before the work, not after it
    const std::filesystem::path folder = std::filesystem::absolute(o.output).parent_path();
    if (!std::filesystem::is_directory(folder)) throw BadInputError(folder.string() + ": there is no such folder");
  }
  LearnJob job([] {});
  int written = -1;
  const auto keep = [&](const LearnProgress& p) {
    if (!p.state || p.stateStep == written) return;
    const Writing writing;
    writeLearned(o.output, request, *p.state);
    written = p.stateStep;
  };
  LearnProgress p;
  const StopOnInterrupt interrupt;  // ends with the step that goes on; what is reached by then is the last checkpoint
  {
    Progress bar("training " + std::string(nameOf(o.kind)));
    job.start(request);
    using Clock = std::chrono::steady_clock;
    auto last = Clock::now();
    for (bool over = false; !over;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (interrupt.asked()) job.stop();
      p = job.progress();
      over = p.phase == LearnPhase::Done || p.phase == LearnPhase::Stopped || p.phase == LearnPhase::Failed;
      if (p.steps > 0) bar.reached(p.step, p.steps);
      if (std::chrono::duration<double>(Clock::now() - last).count() < o.checkpoint) continue;
      keep(p);
      last = Clock::now();
    }
  }
  keep(p);
  if (!p.instead.empty()) std::cerr << "guidescope-cli: learned is " << p.instead << '\n';
  if (p.phase == LearnPhase::Failed) {
    const std::string why = inPane(o.scene.pane.value_or(0), p.error);
    throw BadInputError(p.state ? why + "; the weights of step " + std::to_string(p.stateStep) + " are in " + o.output
                                : why);
  }
  const bool weight = o.kind == LearnKind::Omega, done = p.phase == LearnPhase::Done;
  if (!o.session.empty() && weight) {
    Experiment& pane = session.panes[std::size_t(o.scene.pane.value_or(0))];
    pane = withLearned(
        pane, learnedWeights(readLearnedFile(o.output, o.kind), std::filesystem::path(o.output).stem().string()));
    const Writing writing;
    saveSession(session, o.session);
  }
  WeightsCompared compared;
  if (o.compare > 0 && done && weight) {
    Progress bar("comparing weights");
    const auto engine = makeEngine(o.scene);
    compared = compareWeights(*engine, request.experiment, *p.weights, o.compare, {},
                              [&](double share) { bar.reached(int(share * 1000), 1000); });
  }
  const double loss = p.loss.empty() ? std::nan("") : double(p.loss.back());
  if (o.json) {
    Node answer{{"kind", nameOf(o.kind)}, {"file", o.output},   {"from", firstStep(request)},
                {"step", p.step},         {"steps", p.steps},   {"seconds", p.seconds},
                {"loss", loss},           {"device", p.device}, {"done", done}};
    if (!p.instead.empty()) answer["instead"] = p.instead;
    if (!compared.choices.empty())
      answer["compared"] = {
          {"particles", compared.particles}, {"floor", compared.floor}, {"weights", rowsOf(compared)}};
    out << prettyText(answer);
  } else {
    out << nameOf(o.kind) << ": " << p.step << " of " << p.steps << " steps in " << formatValue(p.seconds, 0.1, 0)
        << " s, loss " << formatValue(loss, 0, 0) << ", " << p.device << "; kept in " << o.output << '\n';
    for (const WeightChoice& w : compared.choices)
      out << formatValue(w.distance, w.se, compared.floor) << "  " << w.label << '\n';
  }
  if (done) return Ok;
  std::cerr << "guidescope-cli: stopped at step " << p.step << " of " << p.steps << "; --resume goes on from there\n";
  return StoppedByUser;
}

}  // namespace gs::cli
