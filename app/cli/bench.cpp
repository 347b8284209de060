#include "bench.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <functional>
#include <numbers>
#include <string>
#include <thread>
#include <vector>

#include "bench_networks.h"
#include "data/distributions.h"
#include "engine/cpu_engine.h"
#include "engine/spinning.h"
#include "session/text.h"

namespace gs {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// ---- timings -----------------------------------------------------------------------------------------------------
struct Timing {
  double seconds = 0;    // the best of several runs
  double processor = 0;  // the least of one run, all threads together: what other programs take is not in it
  double cores = 0;      // of two spinning threads, the worse of before and after
  bool counts() const { return cores >= kEnoughSpinning; }
};
double processorSeconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}
Timing timeOf(const std::function<void()>& work, double seconds) {
  Timing t{1e300, 1e300, spinningCores()};
  const auto begin = Clock::now();
  for (int i = 0; i < 3 || (secondsSince(begin) < seconds && i < 200); ++i) {
    const auto start = Clock::now();
    const double used = processorSeconds();
    work();
    t.seconds = std::min(t.seconds, secondsSince(start));
    t.processor = std::min(t.processor, processorSeconds() - used);
  }
  t.cores = std::min(t.cores, spinningCores());
  return t;
}

struct Build {
  std::string name;
  const CpuKernels* kernels;
  int threads;
  std::unique_ptr<Engine> engine;
  double peak = 0;  // attainable ns per particle-component, of one core's time
};

// Two classes on a ring, as many components as asked.
std::shared_ptr<const Mixture> ring(int components) {
  Mixture m;
  for (int k = 0; k < components; ++k) {
    const double angle = 2 * std::numbers::pi * k / components;
    m.components.push_back({k % 2, 1. / components, {2 * std::cos(angle), 2 * std::sin(angle)}, {.05, .01, .04}});
  }
  return std::make_shared<const Mixture>(std::move(m));
}

Experiment guidedExperiment(SolverKind solver, int steps, int particles) {
  Experiment e;
  e.guidance = {Term{}};
  e.schedule.kind = ScheduleKind::Edm;
  e.schedule.grid = GridKind::Karras;
  e.schedule.steps = steps;
  e.sampler.kind = solver;
  e.particles.count = particles;
  return e;
}

struct Row {
  std::string scene, build;
  int components, particles, steps;
  double evaluations;  // particle-components of one run
  Timing timing;
  double ns;      // per particle-step-component, all threads together
  double ofPeak;  // attainable over used, in processor time
};

Row measure(const std::string& scene, const Build& build, const Experiment& e,
            const std::shared_ptr<const Mixture>& mixture, double seconds) {
  const Plan plan = compile(e, mixture);
  const int n = e.particles.count;
  const Timing t = timeOf([&] { build.engine->sample(plan, n, {}); }, seconds);
  Row row{scene, build.name, int(mixture->components.size()), n, e.schedule.steps, plan.rowEvaluations * n, t, 0, 0};
  row.ns = t.seconds * 1e9 / row.evaluations;
  row.ofPeak = build.peak / (t.processor * 1e9 / row.evaluations);
  return row;
}

std::shared_ptr<const Mixture> resolvedTree() {
  Distribution tree;
  tree.kind = DistributionKind::Preset;
  tree.name = "tree";
  return resolve(tree);
}

std::size_t statusKilobytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key + ":", 0) == 0) {
      const char* p = line.c_str() + key.size() + 1;
      while (*p == ' ' || *p == '\t') ++p;
      std::size_t value = 0;
      std::from_chars(p, line.c_str() + line.size(), value);
      return value;
    }
  return 0;
}

struct Memory {
  double trajectories, beside;  // MB; `beside`: what the run took at most in addition
};
Memory measureMemory(const Engine& engine, int particles) {
  const Plan plan = compile(guidedExperiment(SolverKind::Euler, 32, particles), ring(8));
  const double before = double(statusKilobytes("VmRSS")) / 1024;
  const auto frame = engine.sample(plan, particles, {});
  const double trajectories = double(frame->x.size()) * sizeof(float) / 1048576;
  return {trajectories, std::max(0., double(statusKilobytes("VmHWM")) / 1024 - before - trajectories)};
}

Node toJson(const Timing& t) {
  return {
      {"seconds", t.seconds}, {"processor_seconds", t.processor}, {"spinning_cores", t.cores}, {"counts", t.counts()}};
}

void printRow(const Row& r, std::ostream& out) {
  out << "  " << r.scene << std::string(r.scene.size() < 15 ? 15 - r.scene.size() : 1, ' ') << padded(r.build, 22)
      << padded(std::to_string(r.components), 6) << padded(std::to_string(r.particles), 8)
      << padded(std::to_string(r.steps), 6) << padded(fixed(r.timing.seconds * 1e3, 2), 11) << padded(fixed(r.ns, 3), 9)
      << padded(fixed(100 * r.ofPeak, 0), 7) << " %" << padded(fixed(r.timing.cores, 2), 8)
      << (r.timing.counts() ? "" : "  not counting") << '\n';
  out.flush();
}

}  // namespace

NearGain measureNear(const Engine& engine, double ratio, double seconds, bool byClock, int particles) {
  const auto mixture = resolvedTree();
  Experiment e = guidedExperiment(SolverKind::Euler, 8, particles);
  e.schedule.grid = GridKind::UniformLogSnr;
  e.schedule.sigmaMax = ratio;
  e.schedule.sigmaMin = 0.99 * ratio;
  const Plan near = compile(e, mixture);
  Plan all = near;
  for (PlanModel& m : all.models) m.leaves = nullptr;
  const double evaluations = double(particles) * e.schedule.steps;
  engine.sample(all, particles, {}), engine.sample(near, particles, {});  // compiles what it needs
  const Timing a = timeOf([&] { engine.sample(all, particles, {}); }, seconds);
  const Timing n = timeOf([&] { engine.sample(near, particles, {}); }, seconds);
  const auto ns = [&](const Timing& t) { return (byClock ? t.seconds : t.processor) * 1e9 / evaluations; };
  return {int(mixture->components.size()), ns(a), ns(n), std::min(a.cores, n.cores)};
}

Node NearGain::json(double ratio) const {
  return {{"ratio", ratio},  {"components", components}, {"ns_all", all},
          {"ns_near", near}, {"gain", all / near},       {"spinning_cores", cores}};
}

std::string NearGain::words(double ratio) const {
  return "  sigma/alpha " + fixed(ratio, 2) + ": " + fixed(all, 0) + " and " + fixed(near, 0) +
         " ns a particle and evaluation, a gain of " + fixed(all / near, 1) + " (" + fixed(cores, 2) + " cores)\n";
}

int runBench(bool json, std::ostream& out, const BenchSize& size) {
  const int threads = std::max(1, int(std::thread::hardware_concurrency()));
  std::vector<Build> builds;
  builds.push_back({"scalar, 1 thread", &scalarKernels(), 1, makeCpuEngine(scalarKernels(), 1)});
  const std::string simd(simdKernels().target);
  builds.push_back({simd + ", 1 thread", &simdKernels(), 1, makeCpuEngine(simdKernels(), 1)});
  if (threads > 1)
    builds.push_back({simd + ", " + std::to_string(threads) + " threads", &simdKernels(), threads,
                      makeCpuEngine(simdKernels(), threads)});

  Node report;
  report["engine"] = makeCpuEngine()->description();
  if (!json)
    out << report["engine"].text
        << "\n\nAttainable rate of a component's arithmetic (exp and FMA on registers), one thread\n";
  for (Build& b : builds) {
    constexpr long kRounds = 200'000;
    float keep = 0;
    const Timing t = timeOf([&] { keep += b.kernels->peak(kRounds); }, size.seconds);
    b.peak = t.processor * 1e9 / double(kRounds * b.kernels->peakComponents) + 0 * double(keep);
    if (b.threads > 1) {
      b.peak = builds[builds.size() - 2].peak;
      continue;
    }
    report["attainable"].add({{"build", b.name}, {"ns_per_component", b.peak}, {"timing", toJson(t)}});
    if (!json)
      out << "  " << b.name << std::string(b.name.size() < 22 ? 22 - b.name.size() : 1, ' ') << fixed(b.peak, 3)
          << " ns  (two spinning threads got " << fixed(t.cores, 2) << " cores"
          << (t.counts() ? ")\n" : "; not counting)\n");
  }

  if (!json)
    out << "\nClassifier-free guidance, whole runs with their trajectories; ns per particle-step-component by\n"
           "the clock; of peak: attainable over used processor time; cores: what two spinning threads got meanwhile\n"
           "  scene                         build components  particles steps  ms       ns  of peak   cores\n";
  std::vector<Row> rows;
  const auto add = [&](Row row) {
    if (!json) printRow(row, out);
    report["runs"].add({{"scene", row.scene},
                        {"build", row.build},
                        {"components", row.components},
                        {"particles", row.particles},
                        {"steps", row.steps},
                        {"evaluations", row.evaluations},
                        {"timing", toJson(row.timing)},
                        {"ns_per_component", row.ns},
                        {"fraction_of_attainable", row.ofPeak}});
    rows.push_back(std::move(row));
  };
  for (const int components : size.components) {
    const auto mixture = ring(components);
    const int particles = std::clamp(80'000 / components, 64, 10'000);
    for (const Build& b : builds)
      add(measure("ring", b, guidedExperiment(SolverKind::Euler, 64, particles), mixture, size.seconds));
  }
  if (size.tree) {
    const auto mixture = resolvedTree();
    for (const Build& b : builds)
      if (b.kernels != &scalarKernels())
        add(measure("tree, Heun", b, guidedExperiment(SolverKind::Heun, 32, 4096), mixture, size.seconds));
  }

  if (!size.nearLevels.empty() && !json)
    out << "\nThe tree, one thread: all its components, and without those that could not change a float (processor "
           "time)\n";
  for (const double ratio : size.nearLevels) {
    const NearGain g = measureNear(*builds[1].engine, ratio, size.seconds);
    report["leaving_out"].add(g.json(ratio));
    if (!json) out << g.words(ratio);
  }

  const Memory memory = measureMemory(*builds.back().engine, size.memoryParticles);
  report["memory"] = {{"trajectories_mb", memory.trajectories}, {"beside_mb", memory.beside}};
  const double speedup = rows[0].timing.processor / rows[1].timing.processor;
  report["ratios"] = {{"simd_over_scalar", speedup}};
  if (rows.size() > 2 && threads > 1) report["ratios"]["all_threads_over_one"] = rows[1].ns / rows[2].ns;
  report["engines"] = compareEngines(size.engines, json ? nullptr : &out);
  if (size.networkParticles > 0) report["networks"] = compareNetworks(size.networkParticles, json ? nullptr : &out);
  if (json) {
    out << report << '\n';
    return 0;
  }
  out << "\n8 components: " << simd << " is " << fixed(speedup, 1) << " times the scalar build in processor time";
  if (threads > 1) out << "; " << threads << " threads are " << fixed(rows[1].ns / rows[2].ns, 2) << " times one";
  out << ".\nMemory of " << size.memoryParticles << " particles x 32 steps: trajectories "
      << fixed(memory.trajectories, 0) << " MB, beside them " << fixed(memory.beside, 1)
      << " MB.\nTimings where two spinning threads got fewer than " << fixed(kEnoughSpinning, 1)
      << " cores do not count.\n";
  return 0;
}

}  // namespace gs
