#include "bench_networks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "engine/cpu_engine.h"
#include "learn/module.h"

namespace gs {
namespace {

NetworkFile untrained(std::uint32_t seed) {
  Network n;
  n.snapshots.push_back({0, std::vector<float>(weightCount(n.shape))});
  std::uint64_t state = seed;
  for (float& w : n.snapshots[0].weights) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    w = float((double(state >> 33) / 2147483648. - .5) * 3 / std::sqrt(double(n.shape.width)));
  }
  NetworkFile f;
  f.file = "untrained " + std::to_string(seed);
  f.network = Box<Network>(std::move(n));
  return f;
}

std::string milliseconds(double seconds) {
  const long tenths = std::lround(seconds * 1e4);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

Node compareNetworks(int particles, std::ostream* out) {
  constexpr int kSteps = 32;
  Experiment e;
  Mixture one;
  one.components = {{0, 1, {0, 0}, {1, 0, 1}}};
  e.condition = 0;
  e.model.network = untrained(1);
  Term weak;
  weak.kind = TermKind::Autoguidance;
  weak.network = untrained(2);
  e.guidance = {weak};
  e.schedule.steps = kSteps;
  e.sampler.kind = SolverKind::Heun;
  e.particles.count = particles;
  const Plan plan = compile(e, std::make_shared<const Mixture>(one));
  const int cores = std::max(1, int(std::thread::hardware_concurrency()));
  Node report{{"particles", particles}, {"steps", kSteps}};
  if (out) *out << "\nTwo networks of 4 layers of 64, " << particles << " particles, " << kSteps << " Heun steps; ms\n";
  // What it takes at the least, and so at which rate each does it: LibTorch's own bounds how many times faster any
  // other can be on the same cores.
  const NetworkShape& shape = e.model.network.network->shape;
  const double products = (shape.layers - 1.) * shape.width * shape.width + 4. * shape.width;
  const double work = 2 * products * plan.modelCalls * particles / 1e9;
  const auto rate = [&](double seconds) { return " (" + std::to_string(std::lround(work / seconds)) + " GFLOP/s)"; };
  report["gflop"] = work;
  const auto inf = std::numeric_limits<double>::infinity();
  double native = 0;
  for (const int threads : {1, cores}) {
    const auto engine = makeCpuEngine(simdKernels(), threads);
    double best = inf;
    for (int i = 0; i < 4; ++i) best = std::min(best, engine->sample(plan, particles, {})->seconds);
    native = threads == cores ? best : native;
    report["native"].add({{"threads", threads}, {"seconds", best}, {"gflops", work / best}});
    if (out) *out << "  " << engine->description() << ": " << milliseconds(best) << rate(best) << '\n';
    if (cores == 1) break;
  }
  try {
    EagerSeconds best{inf, inf};
    for (const int threads : {1, cores}) {
      const EagerSeconds s = learnModule().eagerSeconds(e.model.network, weak.network, particles, kSteps, threads);
      best = {std::min(best.forward, s.forward), std::min(best.byHand, s.byHand)};
      report["libtorch"].add({{"threads", threads},
                              {"seconds", s.forward},
                              {"gflops", work / s.forward},
                              {"by_hand_seconds", s.byHand},
                              {"by_hand_gflops", work / s.byHand}});
      if (out)
        *out << "  LibTorch eager, threads set to " << threads << ": D(x, sigma, class) of every particle "
             << milliseconds(s.forward) << rate(s.forward) << "; noise level and class worked out once for all "
             << milliseconds(s.byHand) << rate(s.byHand) << '\n';
      if (cores == 1 || particles < 1000) break;  // for so few it uses one anyway
    }
    report["times_faster"] = best.forward / native;
    report["times_faster_than_by_hand"] = best.byHand / native;
    const auto tenths = [](double x) { return std::lround(10 * x) / 10.; };
    if (out)
      *out << "  native on all cores is " << tenths(best.forward / native) << " and " << tenths(best.byHand / native)
           << " times as fast\n";
  } catch (const LearnError& error) {
    report["libtorch_missing"] = error.what();
    if (out) *out << "  no LibTorch: " << error.what() << '\n';
  }
  return report;
}

}  // namespace gs
