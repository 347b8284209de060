#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>

#include "commands.h"
#include "diffusion/metrics.h"
#include "interrupt.h"
#include "output/files.h"
#include "output/temporary.h"
#include "progress.h"
#include "session/json.h"
#include "session/text.h"

namespace gs::cli {

namespace {

constexpr int kSampleEnergy = 1024;  // draws that enter the energy distance of the file's metrics

// The rows that hold the chosen steps; all where none is chosen.
std::vector<int> chosenRows(const Frame& frame, const std::vector<int>& steps) {
  std::vector<int> rows;
  for (const int step : steps) {
    if (step > frame.steps())
      throw UsageError("--steps: there are steps 0.." + std::to_string(frame.steps()) + ", not " +
                       std::to_string(step));
    const int row = frame.rowNear(step);
    if (frame.stepOf(row) != step)
      throw UsageError("--steps: memory does not hold step " + std::to_string(step) + "; " + storedWords(frame));
    if (rows.empty() || rows.back() < row) rows.push_back(row);
  }
  for (int row = 0; steps.empty() && row < frame.rows(); ++row) rows.push_back(row);
  return rows;
}

double weightAt(const Term& term, const GridPoint& g) {
  const double ratio = g.level.alpha > 0 ? g.level.ratio() : INFINITY;
  return term.enabled ? term.omega * evaluate(term.curve, g.t, ratio) : 0;
}

// Text in blocks: memory does not grow with the number of particles.
class TextFile {
 public:
  explicit TextFile(const std::string& path) : path_(path) {
    if (!isSpecialFile(path)) temporary_.emplace(path);
    out_.open(temporary_ ? temporary_->path() : path, std::ios::binary | std::ios::trunc);
    block_.reserve(kBlock + 4096);
  }
  std::string& text() { return block_; }
  void number(double v) {
    char digits[40];
    block_.append(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
  }
  void number(float v) {
    char digits[40];
    block_.append(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
  }
  void endLine() {
    block_ += '\n';
    if (block_.size() > kBlock) flush();
  }
  void commit() {
    flush();
    out_.close();
    if (!out_) throw OutputError(path_ + ": cannot be written; is the disk full?");
    if (temporary_) temporary_->commit();
  }

 private:
  static constexpr std::size_t kBlock = std::size_t(1) << 20;
  void flush() {
    out_.write(block_.data(), std::streamsize(block_.size()));
    block_.clear();
    if (!out_) throw OutputError(path_ + ": cannot be written; is the disk full?");
  }
  std::string path_;
  std::optional<Temporary> temporary_;
  std::ofstream out_;
  std::string block_;
};

// One line a particle and state, state by state.
void writeCsv(const std::string& path, const Engine& engine, const Plan& plan, const Frame& frame,
              const std::vector<int>& rows) {
  const std::vector<Term>& terms = frame.experiment->guidance;
  const int classes = frame.mixture->classes();
  TextFile file(path);
  file.text() += "step,t,alpha,sigma";
  for (std::size_t i = 0; i < terms.size(); ++i) file.text() += ",weight_" + std::to_string(i);
  file.text() += ",particle,x1,x2";
  for (int c = 0; c < classes; ++c) file.text() += ",posterior_" + std::to_string(c);
  file.endLine();
  for (const int row : rows) {
    const int step = frame.stepOf(row);
    const GridPoint& g = frame.grid[std::size_t(step)];
    const PointValues values = engine.pointValues(plan, frame, step, {});
    std::string head = std::to_string(step);
    const auto add = [&](double v) {
      char digits[40];
      head.append(",").append(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
    };
    add(g.t);
    add(g.level.alpha);
    add(g.level.sigma);
    for (const Term& term : terms) add(weightAt(term, g));
    const HostRow x = frame.read(row);
    for (std::size_t i = 0; i < std::size_t(frame.particles); ++i) {
      file.text().append(head).append(",").append(std::to_string(i));
      for (const float v : {x[2 * i], x[2 * i + 1]}) {
        file.text() += ',';
        file.number(v);
      }
      for (std::size_t c = 0; c < std::size_t(classes); ++c) {
        file.text() += ',';
        file.number(values.classPosterior[i * std::size_t(classes) + c]);
      }
      file.endLine();
    }
  }
  file.commit();
}

Node metricsJson(const Frame& frame) {
  const Experiment& e = *frame.experiment;
  Node all = Node::object();
  for (const Metric& m :
       sampleMetrics(*frame.mixture, e.condition, frame.read(frame.rows() - 1), e.particles.seed, kSampleEnergy, {}))
    all[m.name] = {{"value", m.value}, {"se", m.se}, {"floor", m.floor}};
  return all;
}

}  // namespace

int runSample(const SampleOptions& o, std::ostream& out) {
  const Session session = openScene(o.scene);
  const Experiment& experiment = paneOf(session, o.scene);
  const auto engine = makeEngine(o.scene);
  const auto [plan, frame] = run(*engine, experiment);
  const int steps = frame->steps();
  const std::vector<int> rows = chosenRows(*frame, o.steps);
  const std::size_t points = rows.size(), particles = std::size_t(frame->particles);

  if (o.output.ends_with(".csv")) {
    const Progress progress("writing " + o.output);
    const Writing writing;
    writeCsv(o.output, *engine, *plan, *frame, rows);
  } else {
    std::vector<double> sigmas, alphas, times, stored, weights;
    for (const int row : rows) {
      const GridPoint& g = frame->grid[std::size_t(frame->stepOf(row))];
      stored.push_back(frame->stepOf(row));
      sigmas.push_back(g.level.sigma);
      alphas.push_back(g.level.alpha);
      times.push_back(g.t);
    }
    for (const Term& term : experiment.guidance)
      for (const int row : rows) weights.push_back(weightAt(term, frame->grid[std::size_t(frame->stepOf(row))]));
    PointValues values;
    std::string metrics;
    {
      const Progress progress("class posterior and metrics");
      values = engine->pointValues(*plan, *frame, steps, {});
      metrics = prettyText(metricsJson(*frame));
    }
    // All states are written from where they lie; some are copied together first.
    FloatBuffer some;
    std::span<const float> x(frame->x);
    if (points < std::size_t(frame->rows())) {
      some.reserve(points * particles * 2);
      for (const int row : rows) {
        const HostRow from = frame->read(row);
        some.insert(some.end(), from.begin(), from.end());
      }
      x = some;
    }
    const std::string json = toJson(session);
    const std::vector<NpzMember> members{
        {"x", "<f4", {points, particles, 2}, std::as_bytes(x)},
        {"sigmas", "<f8", {points}, std::as_bytes(std::span(sigmas))},
        {"alphas", "<f8", {points}, std::as_bytes(std::span(alphas))},
        {"t", "<f8", {points}, std::as_bytes(std::span(times))},
        {"steps", "<f8", {points}, std::as_bytes(std::span(stored))},
        {"weights", "<f8", {experiment.guidance.size(), points}, std::as_bytes(std::span(weights))},
        {"class_posterior",
         "<f4",
         {particles, std::size_t(values.classes)},
         std::as_bytes(std::span(values.classPosterior))},
        {"metrics", "|u1", {metrics.size()}, std::as_bytes(std::span(metrics))},
        {"session", "|u1", {json.size()}, std::as_bytes(std::span(json))},
    };
    const Progress progress("writing " + o.output);
    const Writing writing;
    writeNpz(o.output, members);
  }
  if (o.json) {
    Node answer{{"file", o.output},
                {"particles", frame->particles},
                {"steps", steps},
                {"blownUp", frame->blownUp},
                {"modelCalls", frame->modelCalls},
                {"engine", frame->engine},
                {"seconds", frame->seconds},
                {"storedSteps", points}};
    out << prettyText(answer);
  } else {
    out << o.output << ": " << frame->particles << " particles, " << steps << " steps, " << frame->modelCalls
        << " model calls each, " << frame->engine << '\n';
    if (!frame->stored.empty())
      out << "memory holds " << frame->rows() << " of the " << steps + 1 << " states: steps " << frame->stepOf(0)
          << (frame->rows() > 2 ? ", " + std::to_string(frame->stepOf(1)) + ", ..." : "")
          << (frame->rows() > 1 ? ", " + std::to_string(steps) : "") << '\n';
    if (frame->blownUp > 0) out << frame->blownUp << " particles blew up (they are NaN or infinite in x)\n";
  }
  return Ok;
}

}  // namespace gs::cli
