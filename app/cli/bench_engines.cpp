#include "bench_engines.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>

#include "engine/gl_engine.h"

namespace gs {

std::string fixed(double value, int digits) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits).ptr};
}
std::string padded(std::string text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

namespace {

Plan planOf(int particles, int components, int steps) {
  auto mixture = std::make_shared<Mixture>();
  for (int k = 0; k < components; ++k) {
    const double angle = 2 * std::numbers::pi * k / components;
    mixture->components.push_back(
        {k % 2, 1. / components, {2 * std::cos(angle), 2 * std::sin(angle)}, {.05, .01, .04}});
  }
  Experiment e;
  e.guidance = {Term{}};
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.grid = GridKind::Karras;
  e.schedule.steps = steps;
  e.particles.count = particles;
  return compile(e, std::move(mixture));
}

// The slope of log(seconds) over log(size), by least squares: 1 is a cost that grows in proportion.
double exponent(const std::vector<std::pair<double, double>>& points) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& [size, seconds] : points) {
    const double u = std::log(size), v = std::log(seconds);
    n += 1, x += u, y += v, xx += u * u, xy += u * v;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

}  // namespace

Node compareEngines(const EngineSweeps& sweeps, std::ostream* out) {
  std::vector<std::unique_ptr<Engine>> engines;
  engines.push_back(makeCpuEngine());
  Node report;
  try {
    auto made = makeGlEngine([] { return gl::Context::surfaceless(); });
    if (out && !sweeps.nearLevels.empty())
      *out << "\nThe tree on OpenGL: all its components, and without those that could not change a float\n";
    for (const double ratio : sweeps.nearLevels) {
      const NearGain g = measureNear(*made, ratio, 0, !made->software(), 128);
      report["leaving_out"].add(g.json(ratio));
      if (out) *out << g.words(ratio) << std::flush;
    }
    engines.push_back(std::move(made));
  } catch (const std::exception& e) {
    report["opengl_missing"] = e.what();
    if (out) *out << "\nNo OpenGL engine: " << e.what() << '\n';
  }
  struct Axis {
    const char* name;
    const std::vector<int>& values;
    int particles, components, steps;
  };
  const Axis axes[] = {{"particles", sweeps.particles, 0, 8, 64},
                       {"components", sweeps.components, 1000, 0, 16},
                       {"steps", sweeps.steps, 10'000, 8, 0}};
  if (out)
    *out << "\nClassifier-free guidance on each engine; ns per particle-step-component, the best of three\n"
            "  growing      engine  particles components  steps         ms        ns\n";
  for (const Axis& axis : axes)
    for (const auto& engine : engines) {
      std::vector<std::pair<double, double>> points;
      double before = 0, workBefore = 0;
      for (const int value : axis.values) {
        const int particles = axis.particles ? axis.particles : value;
        const int components = axis.components ? axis.components : value, steps = axis.steps ? axis.steps : value;
        const Plan plan = planOf(particles, components, steps);
        const double work = plan.rowEvaluations * particles;
        Node row{{"growing", axis.name},
                 {"engine", engine->name()},
                 {"particles", particles},
                 {"components", components},
                 {"steps", steps}};
        std::string said;
        if (const Support s = engine->supports(plan); !s.ok) {
          row["left_out"] = said = s.reason;
        } else if (const double expected = before * work / std::max(workBefore, 1.); expected > sweeps.mostSeconds) {
          row["left_out"] = said = "about " + fixed(expected, 0) + " s";
        } else {
          // The first run compiles and warms up.
          double best = engine->sample(plan, std::min(particles, 1000), {})->seconds;
          best = engine->sample(plan, particles, {})->seconds;
          for (int i = 0; i < 2 && best < sweeps.mostSeconds / 4; ++i)
            best = std::min(best, engine->sample(plan, particles, {})->seconds);
          before = best;
          workBefore = work;
          points.emplace_back(value, best);
          row["seconds"] = best;
          row["ns_per_component"] = best * 1e9 / work;
        }
        if (out) {
          *out << "  " << axis.name << std::string(13 - std::string(axis.name).size(), ' ') << engine->name()
               << std::string(8 - engine->name().size(), ' ') << padded(std::to_string(particles), 9)
               << padded(std::to_string(components), 11) << padded(std::to_string(steps), 7);
          if (said.empty())
            *out << padded(fixed(before * 1e3, 2), 11) << padded(fixed(before * 1e9 / work, 3), 10) << '\n';
          else
            *out << "   left out: " << said << '\n';
          out->flush();
        }
        report["runs"].add(std::move(row));
      }
      if (points.size() < 2) continue;
      const double slope = exponent(points);
      report["exponents"].add({{"growing", axis.name}, {"engine", engine->name()}, {"exponent", slope}});
      if (out) *out << "    grows as " << axis.name << "^" << fixed(slope, 2) << '\n';
    }
  return report;
}

}  // namespace gs
