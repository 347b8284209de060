#include <cstddef>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "interrupt.h"
#include "output/files.h"
#include "progress.h"
#include "session/json.h"

namespace gs::cli {

int runSample(const SampleOptions& o, std::ostream& out) {
  const Session session = openScene(o.scene);
  const Experiment& experiment = paneOf(session, o.scene);
  const auto engine = makeEngine(o.scene);
  const auto [plan, frame] = run(*engine, experiment);
  const int steps = frame->steps();
  const std::size_t points = std::size_t(frame->rows()), particles = std::size_t(frame->particles);

  std::vector<double> sigmas, alphas, times, stored;
  for (int row = 0; row < frame->rows(); ++row) {
    const GridPoint& g = frame->grid[std::size_t(frame->stepOf(row))];
    stored.push_back(frame->stepOf(row));
    sigmas.push_back(g.level.sigma);
    alphas.push_back(g.level.alpha);
    times.push_back(g.t);
  }
  PointValues values;
  {
    const Progress progress("class posterior");
    values = engine->pointValues(*plan, *frame, steps, {});
  }
  const std::string json = toJson(session);

  const std::vector<NpzMember> members{
      {"x", "<f4", {points, particles, 2}, std::as_bytes(std::span(frame->x))},
      {"sigmas", "<f8", {points}, std::as_bytes(std::span(sigmas))},
      {"alphas", "<f8", {points}, std::as_bytes(std::span(alphas))},
      {"t", "<f8", {points}, std::as_bytes(std::span(times))},
      {"steps", "<f8", {points}, std::as_bytes(std::span(stored))},
      {"class_posterior",
       "<f4",
       {particles, std::size_t(values.classes)},
       std::as_bytes(std::span(values.classPosterior))},
      {"session", "|u1", {json.size()}, std::as_bytes(std::span(json))},
  };
  {
    const Progress progress("writing " + o.output);
    const Writing writing;
    writeNpz(o.output, members);
  }
  if (o.json) {
    nlohmann::ordered_json answer{
        {"file", o.output},          {"particles", frame->particles},   {"steps", steps},
        {"blownUp", frame->blownUp}, {"modelCalls", frame->modelCalls}, {"engine", frame->engine},
        {"seconds", frame->seconds}, {"storedSteps", frame->rows()}};
    out << answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
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
